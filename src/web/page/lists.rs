//! Lists of tickets and merge requests: what is asked stands in the address, so that a list is a link. What narrows it is shown as words that each
//! can be taken away.

use crate::answer::WebResult;
use crate::fed::near::look_at_tracker;
use crate::limits::{LIST_LABELS_MAX, SHOWN_ITEMS};
use crate::page::merge;
use crate::page::parts::{Badge, Pages, When, Who, Why};
use crate::page::plans::{self, MilestoneChoice};
use crate::page::shell::with;
use crate::page::ticket::Author;
use crate::page::veil;
use crate::page::visit::Visit;
use crate::page::who::{self, Kind, Names};
use pritchel_actor::ActorId;
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::fields::FieldData;
use pritchel_actors::ticket_tracker::list::{self, ListTickets, Order, Place, TicketList};
use pritchel_actors::ticket_tracker::listed::Term;
use pritchel_actors::ticket_tracker::ticket::Ticket;
use pritchel_actors::ticket_tracker::view::Uses;

/// The orders by the word that an address has for them, and what people are told.
const ORDERS: [(&str, &str, Order); 5] = [
    ("newest", "Newest first", Order::Newest),
    ("oldest", "Oldest first", Order::Oldest),
    ("active", "Recently active", Order::Active),
    ("quiet", "Least recently active", Order::Quiet),
    ("comments", "Most comments", Order::Comments),
];

/// The word for whoever has no tickets to do.
const NOBODY: &str = "nobody";

/// A line of a list.
pub struct TicketRow {
    /// Its number.
    pub number: TicketNo,
    /// Its title, as far as that is shown.
    pub title: String,
    /// How it stands.
    pub badge: Badge,
    /// Who opened it.
    pub author: Author,
    /// When.
    pub at: When,
    /// When something happened to it since, where the list is by that.
    pub active: Option<When>,
    /// How many comments it has.
    pub comments: u64,
    /// Whose it is.
    pub assignees: Vec<Who>,
    /// What it has of labels: each with the list that has it too.
    pub labels: Vec<(String, String)>,
}

/// Something that narrows a list.
pub struct Chip {
    /// What it is about.
    pub what: &'static str,
    /// What it is called.
    pub name: String,
    /// The list without it.
    pub without: String,
}

/// What a visitor looks for, as the query says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `open`, `closed` or `all`.
    pub state: &'static str,
    /// By whom, by name or address.
    pub author: String,
    /// For whom, by name or address; or `nobody`.
    pub assignee: String,
    /// The address or name of a milestone.
    pub milestone: String,
    /// The addresses or names of labels.
    pub labels: Vec<String>,
    /// What stands in the title.
    pub text: String,
    /// The order, by its word.
    pub sort: &'static str,
}

impl Asked {
    fn of(visit: &Visit) -> Self {
        let text = |name| visit.asked(name).unwrap_or_default().trim().to_owned();
        let mut labels = visit.all_asked("label", LIST_LABELS_MAX);
        labels.dedup();
        Self {
            state: ["closed", "all"].into_iter().find(|state| *state == text("state")).unwrap_or("open"),
            author: text("author"),
            assignee: text("assignee"),
            milestone: text("milestone"),
            labels,
            text: text("text"),
            sort: ORDERS.into_iter().find(|(word, ..)| *word == text("sort")).map_or("newest", |(word, ..)| word),
        }
    }

    fn order(&self) -> Order {
        ORDERS.into_iter().find(|(word, ..)| *word == self.sort).map(|(.., order)| order).unwrap_or_default()
    }

    /// The address of this list.
    fn path(&self, path: &str, after: Option<Place>) -> String {
        let after = after.map(|(value, number)| format!("{value}.{number}")).unwrap_or_default();
        let mut fields = vec![("state", if self.state == "open" { "" } else { self.state })];
        fields.extend(self.labels.iter().map(|label| ("label", label.as_str())));
        fields.extend([
            ("milestone", self.milestone.as_str()),
            ("assignee", &self.assignee),
            ("author", &self.author),
            ("text", &self.text),
            ("sort", if self.sort == "newest" { "" } else { self.sort }),
            ("after", &after),
        ]);
        fields.retain(|(_, value)| !value.is_empty());
        if fields.is_empty() { path.to_owned() } else { with(&fields, path) }
    }

    /// Whether more is asked than a state.
    pub fn narrows(&self) -> bool {
        [&self.author, &self.assignee, &self.milestone, &self.text].into_iter().any(|text| !text.is_empty())
            || !self.labels.is_empty()
    }
}

/// The place that an address goes on from, as [`Asked::path`] writes it.
fn place(text: &str) -> Option<Place> {
    let (value, number) = text.split_once('.')?;
    Some((value.parse().ok()?, number.parse().ok()?))
}

/// A list with all that its page shows.
pub struct List {
    /// The path of the tracker.
    pub at: String,
    /// What is asked.
    pub asked: Asked,
    /// How many tickets of the tracker are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// What narrows it.
    pub chips: Vec<Chip>,
    /// Labels that can narrow it further, by address.
    pub labels: Vec<(String, String)>,
    /// Whether a label can be named where none is known here.
    pub names_label: bool,
    /// Milestones it can be narrowed to.
    pub milestones: Vec<MilestoneChoice>,
    /// Nobody was found as somebody who was asked for.
    pub nobody: Option<(String, Why)>,
    /// The page of tickets.
    pub rows: Vec<TicketRow>,
    /// Where the next ones are.
    pub pages: Pages,
    /// How many of the newest are in this order, where that are not all.
    pub cut: Option<usize>,
    /// The workflow and the roadmap that the tracker uses.
    pub uses: Uses,
    /// The visitor's own tickets, and those they have to do.
    pub mine: Option<(String, String)>,
}

impl List {
    /// The list of a tracker that this visit asks for.
    /// - `at`: the tracker's path
    pub async fn of(visit: &Visit, tracker: &ActorId, at: &str) -> WebResult<Self> {
        let asked = Asked::of(visit);
        let (terms, nobody) = match terms(visit, &asked).await {
            Ok(terms) => (terms, None),
            Err(nobody) => (Vec::new(), Some(nobody)),
        };
        let after = visit.asked("after").and_then(place);
        let view = ListTickets {
            viewer: visit.viewer(),
            asked: list::Asked {
                open: Some(asked.state == "open").filter(|_| asked.state != "all"),
                terms,
                text: Some(asked.text.clone()).filter(|text| !text.is_empty()),
            },
            order: asked.order(),
            after,
            limit: if nobody.is_some() { 0 } else { SHOWN_ITEMS },
        };
        let found = look_at_tracker(&visit.front, tracker, &view).await?;
        let labels = match &found.uses.workflow {
            Some(workflow) => plans::labels(visit, workflow).await?,
            None => Vec::new(),
        };
        let next = found.next.filter(|_| nobody.is_none());
        let with_label = |label: &str| {
            let mut wider = Asked { labels: asked.labels.clone(), ..asked.clone() };
            if !wider.labels.iter().any(|one| one == label) {
                wider.labels.push(label.to_owned());
            }
            wider.path(at, None)
        };
        Ok(Self {
            chips: chips(visit, &asked, at, &labels, &found.uses).await?,
            rows: rows(visit, &found, &labels, matches!(view.order, Order::Active | Order::Quiet), with_label).await,
            open: found.open,
            closed: found.closed,
            names_label: labels.is_empty()
                && (found.uses.workflow.is_some() || found.tickets.iter().any(|(_, ticket)| ticket.imported.is_some())),
            labels: labels.into_iter().filter(|(uri, _)| !asked.labels.contains(uri)).collect(),
            milestones: milestones(visit, &found.uses).await?,
            nobody,
            pages: Pages {
                first: after.map(|_| asked.path(at, None)),
                next: next.map(|next| asked.path(at, Some(next))),
            },
            cut: found.cut,
            uses: found.uses,
            mine: visit.me.as_ref().map(|me| {
                let name = me.person.name.to_string();
                let author = Asked { author: name.clone(), ..asked.clone() };
                (author.path(at, None), Asked { assignee: name, ..asked.clone() }.path(at, None))
            }),
            asked,
            at: at.to_owned(),
        })
    }

    /// The same search in this state.
    pub fn path(&self, state: &'static str) -> String {
        Asked { state, ..self.asked.clone() }.path(&self.at, None)
    }

    /// The orders: the word of each, what it is called, and whether it is this one.
    pub fn orders(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        ORDERS.into_iter().map(|(word, name, _)| (word, name, word == self.asked.sort))
    }
}

/// What is asked, in the tracker's terms; or who was not found, and why.
async fn terms(visit: &Visit, asked: &Asked) -> Result<Vec<Term>, (String, Why)> {
    let mut terms: Vec<Term> = asked.labels.iter().cloned().map(Term::Label).collect();
    if !asked.milestone.is_empty() {
        terms.push(Term::Milestone(asked.milestone.clone()));
    }
    if !asked.author.is_empty() {
        terms.push(Term::Author(somebody(visit, &asked.author).await?));
    }
    match asked.assignee.as_str() {
        "" => {}
        NOBODY => terms.push(Term::Nobody),
        name => terms.push(Term::Assignee(somebody(visit, name).await?)),
    }
    Ok(terms)
}

/// Somebody by address or name.
async fn somebody(visit: &Visit, text: &str) -> Result<ActorId, (String, Why)> {
    if text.contains("://") {
        return Ok(ActorId::new(text));
    }
    who::named(visit, text).await.map_err(|why| (text.to_owned(), Why::of(&why.code, &why.detail)))
}

/// What a label or milestone is called that is known by its address or by its name alone.
fn called(text: &str, known: &[(String, String)]) -> String {
    match known.iter().find(|(uri, _)| uri == text) {
        Some((_, name)) => name.clone(),
        None if text.contains("://") => text.rsplit('/').next().unwrap_or(text).to_owned(),
        None => text.to_owned(),
    }
}

async fn chips(
    visit: &Visit,
    asked: &Asked,
    at: &str,
    labels: &[(String, String)],
    uses: &Uses,
) -> WebResult<Vec<Chip>> {
    let mut chips = Vec::new();
    for label in &asked.labels {
        let mut without = asked.clone();
        without.labels.retain(|other| other != label);
        chips.push(Chip { what: "label", name: called(label, labels), without: without.path(at, None) });
    }
    if !asked.milestone.is_empty() {
        let name = match &uses.roadmap {
            Some(roadmap) if asked.milestone.contains("://") => {
                plans::milestone_name(visit, roadmap, &asked.milestone).await?
            }
            _ => called(&asked.milestone, &[]),
        };
        let without = Asked { milestone: String::new(), ..asked.clone() };
        chips.push(Chip { what: "milestone", name, without: without.path(at, None) });
    }
    let texts = [
        ("for", &asked.assignee, Asked { assignee: String::new(), ..asked.clone() }),
        ("by", &asked.author, Asked { author: String::new(), ..asked.clone() }),
        ("in the title", &asked.text, Asked { text: String::new(), ..asked.clone() }),
    ];
    for (what, text, without) in texts.into_iter().filter(|(_, text, _)| !text.is_empty()) {
        chips.push(Chip { what, name: text.clone(), without: without.path(at, None) });
    }
    Ok(chips)
}

/// The open milestones of the roadmap that a tracker uses. Another server is not asked for its milestones for each list.
async fn milestones(visit: &Visit, uses: &Uses) -> WebResult<Vec<MilestoneChoice>> {
    match &uses.roadmap {
        Some(roadmap) if Kind::of(&visit.front.settings, roadmap).is_some() => {
            plans::open_milestones(visit, roadmap).await
        }
        _ => Ok(Vec::new()),
    }
}

/// The labels of a ticket: by what each can be looked for, and what it is called today where that is known.
fn labels_of(ticket: &Ticket, uses: &Uses, known: &[(String, String)]) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    for value in uses.fields(ticket) {
        let (uri, name) = match &value.value {
            FieldData::Enum { value: uri, name } => (uri, format!("{}: {name}", value.name)),
            FieldData::Class | FieldData::Boolean(true) => (&value.field, value.name.to_string()),
            _ => continue,
        };
        let today = known.iter().find(|(known, _)| known == uri).map(|(_, name)| name.clone());
        labels.push((uri.clone(), today.unwrap_or(name)));
    }
    let imported = ticket.imported.iter().flat_map(|from| &from.labels);
    labels.extend(imported.map(|label| (label.to_string(), label.to_string())));
    labels
}

async fn rows(
    visit: &Visit,
    found: &TicketList,
    known: &[(String, String)],
    by_activity: bool,
    with_label: impl Fn(&str) -> String,
) -> Vec<TicketRow> {
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (number, ticket) in &found.tickets {
        let assignees: Vec<_> = ticket.assignees.iter().take(3).map(|assignment| assignment.who.clone()).collect();
        let labels = labels_of(ticket, &found.uses, known);
        rows.push(TicketRow {
            number: *number,
            title: veil::title(visit, &ticket.author, &ticket.title),
            badge: merge::badge(ticket),
            author: Author::of(&mut names, &ticket.author, ticket.imported.as_deref()).await,
            at: When(ticket.published),
            active: by_activity.then(|| When(ticket.last_active())),
            comments: ticket.comments,
            assignees: names.all(&assignees).await,
            labels: labels.into_iter().map(|(uri, name)| (with_label(&uri), name)).collect(),
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_was_looked_for_and_leaves_out_what_goes_without_saying() {
        let none = String::new;
        let plain = Asked {
            state: "open",
            author: none(),
            assignee: none(),
            milestone: none(),
            labels: Vec::new(),
            text: none(),
            sort: "newest",
        };
        assert_eq!(plain.path("/t", None), "/t");
        assert_eq!(Asked { state: "all", ..plain.clone() }.path("/t", None), "/t?state=all");
        assert_eq!(plain.path("/t", Some((0, -7))), "/t?after=0.-7");
        let much = Asked {
            state: "closed",
            author: "bob@b.example".to_owned(),
            labels: vec!["bug".to_owned(), "a & b".to_owned()],
            assignee: "nobody".to_owned(),
            sort: "active",
            ..plain.clone()
        };
        let path =
            "/t?state=closed&label=bug&label=a+%26+b&assignee=nobody&author=bob%40b.example&sort=active&after=-9.7";
        assert_eq!(much.path("/t", Some((-9, 7))), path);
        assert!(much.narrows() && !plain.narrows());
    }

    #[test]
    fn a_place_is_read_as_it_is_written_and_nothing_else_is() {
        assert_eq!(place("-9.7"), Some((-9, 7)));
        for other in ["", "7", "x.7", "7.", "1.2.3"] {
            assert_eq!(place(other), None, "{other}");
        }
    }
}
