//! Tickets of a tracker of another server, as they are kept here: filtered and searched like our own, and readable while that server is
//! away. Only what everybody is shown there is kept; what is shown to some alone is read there, one by one, by whoever may.

use crate::answer::WebResult;
use crate::limits::{FAR_WAITING_LOOKED_AT, SHOWN_ITEMS, TICKETS_SCANNED_MAX};
use crate::page::parts::{Badge, Pages, When, Who, Why};
use crate::page::sent;
use crate::page::shell::with;
use crate::page::veil;
use crate::page::visit::Visit;
use crate::page::who::{Names, named};
use crate::ports::Standing;
use pritchel_actor::{ActorId, Seconds, ViewError};
use pritchel_actors::domain::shelf::Shelves;
use pritchel_actors::far_tracker::ticket::{FarKey, FarTicket};
use pritchel_actors::far_tracker::view::{FarShown, FarTicketAt, FindFar, ViewFar, WantedFar};
use pritchel_actors::limits::FAR_USED_S;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::person::view::ViewOutbox;
use pritchel_actors::{Domain, FarTracker, Person};

/// A line of the list.
pub struct FarRow {
    /// The page of the ticket here.
    pub href: String,
    /// Its title, as far as that is shown.
    pub title: String,
    /// Open or closed.
    pub badge: Badge,
    /// Who is said to have opened it.
    pub author: Who,
    /// When.
    pub at: When,
    /// Its number there, where its address ends with one.
    pub number: Option<String>,
}

/// How far it is read, in a sentence's parts.
pub struct Progress {
    /// Whether it is just being read.
    pub runs: bool,
    /// Tickets that are here, and how many there are.
    pub here: u64,
    /// How many there are, as its server says.
    pub total: Option<u64>,
    /// As of when the list is known.
    pub as_of: Option<When>,
    /// Why the last try failed, when that was, and when the next one is.
    pub wrong: Option<(Why, When, Option<When>)>,
    /// Whether only the newest are kept.
    pub cut: bool,
}

/// The tickets of a tracker of another server.
pub struct FarTickets {
    /// The tracker.
    pub of: String,
    /// What people call a ticket there.
    pub noun: &'static str,
    /// How many of those kept are open, and closed.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// How far it is read.
    pub progress: Progress,
    /// `open`, `closed` or `all`.
    pub state: &'static str,
    /// What is looked for in titles and texts.
    pub text: String,
    /// Whose tickets are looked for.
    pub author: String,
    /// Whether the oldest come first.
    pub oldest_first: bool,
    /// Nobody was found as that author.
    pub nobody: Option<Why>,
    /// The page of tickets.
    pub rows: Vec<FarRow>,
    /// Where the next ones are.
    pub pages: Pages,
}

impl FarTickets {
    /// Where the same search is in this state.
    pub fn path(&self, state: &str) -> String {
        path(&self.of, state, (&self.author, &self.text, self.oldest_first), None)
    }

    /// Whether more is asked than a state.
    pub fn narrows(&self) -> bool {
        !self.author.is_empty() || !self.text.is_empty()
    }
}

fn path(of: &str, state: &str, (author, text, oldest): (&str, &str, bool), after: Option<&FarKey>) -> String {
    let after = after.map(|(at, uri)| format!("{at} {uri}")).unwrap_or_default();
    let fields = [
        ("q", of),
        ("state", if state == "open" { "" } else { state }),
        ("author", author),
        ("words", text),
        ("sort", if oldest { "oldest" } else { "" }),
        ("after", &after),
    ];
    with(&fields.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>(), "/look")
}

/// The place after which a page goes on, as [`path`] writes it.
fn after(visit: &Visit) -> Option<FarKey> {
    let (at, uri) = visit.asked("after")?.split_once(' ')?;
    Some((at.parse().ok()?, uri.to_owned()))
}

/// What is kept of a tracker; `None` where it is not to be shown, or nobody is signed in. What is not kept is from now on, and what is
/// old is read again: nobody waits for that.
/// - `noun`: what people call a ticket there
pub async fn of(visit: &Visit, of: &ActorId, noun: &'static str) -> WebResult<Option<Result<FarTickets, Why>>> {
    if visit.me.is_none() || visit.front.ports.standing(of) == Standing::Blocked {
        return Ok(None);
    }
    let kept = match known(visit, of).await? {
        Some((at, shown)) if !is_due(visit, &shown) => Some((at, shown)),
        _ => match visit.front.ports.far_tracker(visit.site.actor.clone(), of.clone()).await {
            // Its turn that makes room for this tracker may be yet to come.
            Ok(_) => known(visit, of).await?,
            Err(why) => return Ok(Some(Err(Why::of(&why.code, &why.detail)))),
        },
    };
    let Some((at, shown)) = kept else {
        let nothing = Progress { runs: true, here: 0, total: None, as_of: None, wrong: None, cut: false };
        return Ok(Some(Ok(FarTickets { progress: nothing, ..blank(visit, of, noun) })));
    };
    Ok(Some(Ok(listed(visit, of, &at, shown, noun).await?)))
}

/// Where a tracker is kept, and how it stands there.
async fn known(visit: &Visit, of: &ActorId) -> WebResult<Option<(ActorId, FarShown)>> {
    let shelves = Shelves { uri: of.to_string() };
    let found = match visit.front.node.look::<Domain, _>(&visit.site.actor, &shelves).await {
        Ok(found) => found,
        Err(ViewError::NoActor) => None,
        Err(error) => return Err(error.into()),
    };
    let Some((_, shelved)) = found.filter(|(kept, _)| kept == of) else { return Ok(None) };
    match visit.front.node.look::<FarTracker, _>(&shelved.at, &ViewFar { of: of.clone() }).await {
        Ok(shown) => Ok(Some((shelved.at, shown))),
        Err(ViewError::Refused(_) | ViewError::NoActor) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the far tracker is to be told that it is looked at.
fn is_due(visit: &Visit, shown: &FarShown) -> bool {
    let now = visit.front.ports.now();
    now.saturating_sub(shown.used) >= FAR_USED_S || shown.reading.wants(now, shown.open + shown.closed).is_some()
}

fn blank(visit: &Visit, of: &ActorId, noun: &'static str) -> FarTickets {
    let text = |name| visit.asked(name).unwrap_or_default().trim().to_owned();
    let state = ["closed", "all"].into_iter().find(|state| *state == text("state")).unwrap_or("open");
    FarTickets {
        of: of.to_string(),
        noun,
        open: 0,
        closed: 0,
        progress: Progress { runs: false, here: 0, total: None, as_of: None, wrong: None, cut: false },
        state,
        text: text("words"),
        author: text("author"),
        oldest_first: text("sort") == "oldest",
        nobody: None,
        rows: Vec::new(),
        pages: Pages::default(),
    }
}

async fn listed(
    visit: &Visit,
    of: &ActorId,
    at: &ActorId,
    shown: FarShown,
    noun: &'static str,
) -> WebResult<FarTickets> {
    let mut list = blank(visit, of, noun);
    let author = match list.author.as_str() {
        "" => None,
        uri if uri.contains("://") => Some(ActorId::new(uri)),
        name => match named(visit, name).await {
            Ok(author) => Some(author),
            Err(why) => {
                list.nobody = Some(Why::of(&why.code, &why.detail));
                None
            }
        },
    };
    let after = after(visit);
    let find = FindFar {
        of: of.clone(),
        wanted: WantedFar {
            open: match list.state {
                "open" => Some(true),
                "closed" => Some(false),
                _ => None,
            },
            author,
            text: Some(list.text.clone()).filter(|text| !text.is_empty()),
        },
        oldest_first: list.oldest_first,
        after: after.clone(),
        limit: if list.nobody.is_some() { 0 } else { SHOWN_ITEMS },
        scan: TICKETS_SCANNED_MAX,
    };
    let (tickets, next) = match visit.front.node.look::<FarTracker, _>(at, &find).await {
        Ok(found) => found,
        Err(ViewError::Refused(_)) => Default::default(),
        Err(error) => return Err(error.into()),
    };
    let next = next.filter(|_| list.nobody.is_none());
    let search = (list.author.as_str(), list.text.as_str(), list.oldest_first);
    list.pages = Pages {
        first: after.map(|_| path(&list.of, list.state, search, None)),
        next: next.map(|next| path(&list.of, list.state, search, Some(&next))),
    };
    (list.open, list.closed, list.progress) = (shown.open, shown.closed, progress(&shown));
    let mut names = Names::new(visit);
    for (key, ticket) in tickets {
        list.rows.push(row(visit, &mut names, key, &ticket).await);
    }
    Ok(list)
}

async fn row(visit: &Visit, names: &mut Names<'_>, (at, uri): FarKey, ticket: &FarTicket) -> FarRow {
    let last = uri.rsplit('/').next().unwrap_or_default();
    FarRow {
        title: veil::title(visit, &ticket.author, &ticket.title),
        badge: Badge::open(!ticket.closed),
        author: names.who(&ticket.author).await,
        at: When(Seconds::try_from(at).unwrap_or_default()),
        number: (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())).then(|| last.to_owned()),
        href: with(&[("q", &uri)], "/look"),
    }
}

fn progress(shown: &FarShown) -> Progress {
    let reading = &shown.reading;
    let wrong = reading
        .error
        .as_ref()
        .map(|why| (Why::of(&why.code, &why.summary), When(reading.failed_at), reading.next.map(|(_, at)| When(at))));
    Progress {
        // What was told of single tickets is read in passing.
        runs: reading.runs && reading.lists && wrong.is_none(),
        here: shown.open + shown.closed,
        total: reading.total,
        as_of: reading.as_of.map(When),
        wrong,
        cut: reading.cut,
    }
}

/// What is kept of something whose server does not answer.
pub struct Kept {
    /// The tracker.
    pub tracker: ActorId,
    /// What it is called.
    pub name: Option<String>,
    /// The ticket, if it is one, with the time at which it was opened.
    pub ticket: Option<(Seconds, FarTicket)>,
}

/// What is kept of a tracker or ticket at an address.
pub async fn kept(visit: &Visit, uri: &str) -> WebResult<Option<Kept>> {
    if visit.me.is_none() || visit.front.ports.standing(&ActorId::new(uri)) == Standing::Blocked {
        return Ok(None);
    }
    let shelves = Shelves { uri: uri.to_owned() };
    let found = visit.front.node.look::<Domain, _>(&visit.site.actor, &shelves).await;
    let Some((of, shelved)) = found.ok().flatten() else { return Ok(None) };
    let looked = visit.front.node.look::<FarTracker, _>(&shelved.at, &ViewFar { of: of.clone() }).await;
    let Ok(shown) = looked else { return Ok(None) };
    // That somebody tried to read it tells nothing of it, not even that it is there.
    if shown.reading.as_of.is_none() && shown.open + shown.closed == 0 {
        return Ok(None);
    }
    if of.as_str() == uri {
        return Ok(Some(Kept { tracker: of, name: shown.name, ticket: None }));
    }
    let at = FarTicketAt { of: of.clone(), uri: uri.to_owned() };
    let ticket = visit.front.node.look::<FarTracker, _>(&shelved.at, &at).await.ok().flatten();
    Ok(ticket.map(|ticket| Kept { tracker: of, name: shown.name, ticket: Some(ticket) }))
}

/// Something the visitor has sent there, which waits.
pub struct Waiting {
    /// What it is, in words.
    pub what: &'static str,
    /// Its page.
    pub href: String,
    /// How it stands.
    pub badge: Badge,
    /// When it was sent.
    pub at: When,
}

/// What the visitor has lately sent to a tracker, as far as nobody there has answered it and it could not be delivered.
pub async fn waiting(visit: &Visit, tracker: &ActorId) -> WebResult<Vec<Waiting>> {
    let Some(me) = &visit.me else { return Ok(Vec::new()) };
    let view = ViewOutbox { before: None, limit: FAR_WAITING_LOOKED_AT };
    let (_, items) = visit.front.node.look::<Person, _>(&me.id, &view).await?;
    let mut waiting = Vec::new();
    for (_, item, sent) in items {
        let open = sent.is_none_or(|sent| matches!(sent.state, SentState::Sent | SentState::Unknown));
        if !open || !item.to.contains(tracker) {
            continue;
        }
        let Some(act) = visit.front.ports.act(item.act.clone()).await? else { continue };
        let Some(shown) = sent::waits(visit, me, &act).await? else { continue };
        waiting.push(Waiting { what: shown.0, href: shown.1, badge: shown.2, at: When(item.at) });
    }
    Ok(waiting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_was_looked_for_and_leaves_out_what_goes_without_saying() {
        let of = "https://b.example/t";
        assert_eq!(path(of, "open", ("", "", false), None), "/look?q=https%3A%2F%2Fb.example%2Ft");
        let key = (7, "https://b.example/t/1".to_owned());
        assert_eq!(
            path(of, "all", ("bob", "a & b", true), Some(&key)),
            "/look?q=https%3A%2F%2Fb.example%2Ft&state=all&author=bob&words=a+%26+b&sort=oldest&after=7+https%3A%2F%2Fb.example%2Ft%2F1"
        );
    }
}
