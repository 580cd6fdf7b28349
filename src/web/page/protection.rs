//! `GET` and `POST /repos/{key}/protection`: the rules that protect branches and tags. Whoever sees the repository sees them; its admins
//! change them.

use crate::answer::{WebError, WebResult, of_change};
use crate::page::acts::somebody;
use crate::page::fields::{Fields, Posted, wrong};
use crate::page::head::Head;
use crate::page::parts::{When, Who};
use crate::page::shell::{error, page};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use crate::powers::bring_for;
use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_actor::{ActId, ActorId, Method};
use pritchel_actors::Repository;
use pritchel_actors::access::Role;
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::limits::{PATTERN_BYTES_MAX, PROTECTED_PEOPLE_MAX, REQUIRED_APPROVALS_MAX, REQUIRED_STATUSES_MAX};
use pritchel_actors::repository::pattern::Pattern;
use pritchel_actors::repository::protection::{Protected, Protection, ViewProtections};
use pritchel_actors::repository::{Protect, RepositoryCall, Unprotect};

/// Roles that a rule can ask for, the one that forms begin with first: less than to write pushes nowhere.
const ROLES: [Role; 3] = [Role::Admin, Role::Maintain, Role::Write];

struct Row {
    pattern: Pattern,
    rule: Protection,
    people: Vec<Who>,
    /// Addresses of the people, one a line.
    addresses: String,
    by: Who,
    at: When,
}

impl Row {
    fn asks_for(&self, role: &Role) -> bool {
        self.rule.role.as_ref() == Some(role)
    }
}

#[derive(Template)]
#[template(path = "protection.html")]
struct Rules<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    rows: Vec<Row>,
    roles: [Role; 3],
    approvals_max: u32,
    people_max: usize,
    statuses_max: usize,
    pattern_max: usize,
}

/// `GET /repos/{key}/protection`.
pub async fn show(visit: Visit, Path(key): Path<String>) -> Response {
    listed(&visit, &key).await.unwrap_or_else(|refused| error(&visit, refused))
}

fn repository(visit: &Visit, key: &str) -> WebResult<ActorId> {
    visit.site.actor_at("repos", key).ok_or_else(WebError::not_found)
}

async fn listed(visit: &Visit, key: &str) -> WebResult {
    let actor = repository(visit, key)?;
    let head = Head::of(visit, Kind::REPOSITORY, &actor).await?;
    let rules = visit.front.node.look::<Repository, _>(&actor, &ViewProtections { viewer: visit.viewer() }).await?;
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (pattern, Protected { rule, by, at }) in rules {
        rows.push(Row {
            pattern,
            people: names.all(&rule.people).await,
            addresses: rule.people.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            rule,
            by: names.who(&by).await,
            at: When(at),
        });
    }
    let frame = visit.frame().await?;
    page(&Rules {
        frame: &frame,
        head: &head,
        tab: "about",
        rows,
        roles: ROLES,
        approvals_max: REQUIRED_APPROVALS_MAX,
        people_max: PROTECTED_PEOPLE_MAX,
        statuses_max: REQUIRED_STATUSES_MAX,
        pattern_max: PATTERN_BYTES_MAX,
    })
}

/// `POST /repos/{key}/protection`.
pub async fn change(visit: Visit, Path(key): Path<String>, Posted(body): Posted) -> Response {
    let changed = async {
        let fields = Fields::checked(&visit, &body)?;
        let actor = repository(&visit, &key)?;
        // To whom the repository is not shown it is not there.
        Head::of(&visit, Kind::REPOSITORY, &actor).await?;
        let pattern = format!("{}{}", prefix(&fields)?, fields.need("pattern")?);
        if fields.ticked("drop") {
            ask(&visit, &actor, |capability| Unprotect { pattern, capability }).await?;
        } else {
            let rule = rule(&visit, &fields).await?;
            ask(&visit, &actor, |capability| Protect { pattern, rule, capability }).await?;
        }
        Ok(Redirect::to(&format!("/repos/{key}/protection")).into_response())
    };
    changed.await.unwrap_or_else(|refused| error(&visit, refused))
}

/// Has the repository do something in the visitor's name, by what they hold on it.
async fn ask<M>(visit: &Visit, repository: &ActorId, method: impl FnOnce(Option<ActId>) -> M) -> WebResult<()>
where
    M: Method<Repository, Answer = ()>,
    RepositoryCall: From<M>,
{
    let me = visit.signed_in()?;
    let view = ViewResource { viewer: Some(me.id.clone()) };
    let own = visit.front.node.look::<Repository, _>(repository, &view).await?.own.map(|own| own.role);
    let capability = match own {
        Some(Role::Admin) => None,
        _ => bring_for(&visit.front, &me.id, repository).await?,
    };
    of_change(visit.front.node.call::<Repository, M>(repository, &me.id, method(capability)).await)
}

fn prefix(fields: &Fields) -> WebResult<&'static str> {
    match fields.need("of")? {
        "branches" => Ok("refs/heads/"),
        "tags" => Ok("refs/tags/"),
        other => Err(wrong(format!("expected `branches` or `tags`, found {other:?}"))),
    }
}

async fn rule(visit: &Visit, fields: &Fields) -> WebResult<Protection> {
    let role = match fields.text("role") {
        None | Some("nobody") => None,
        Some(word) => Some(Role::from_word(word).ok_or_else(|| wrong(format!("expected a role, found {word:?}")))?),
    };
    let typed = fields.text("people").unwrap_or_default();
    let typed: Vec<&str> = typed.split_whitespace().collect();
    if typed.len() > PROTECTED_PEOPLE_MAX {
        return Err(wrong(format!("a rule names at most {PROTECTED_PEOPLE_MAX} people")));
    }
    let mut people = Vec::new();
    for one in typed {
        people.push(somebody(visit, one).await?);
    }
    let approvals = fields.text("approvals").unwrap_or("0");
    let approvals =
        approvals.parse().map_err(|_| wrong(format!("expected a number of approvals, found {approvals:?}")))?;
    let statuses = fields.exact("statuses");
    let statuses = statuses.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    Ok(Protection { role, people, statuses, force: fields.ticked("force"), delete: fields.ticked("delete"), approvals })
}
