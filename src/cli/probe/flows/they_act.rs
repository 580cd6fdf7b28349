//! What the peer's person does with actors of the probe, beside following, opening tickets and being invited: stars, tickets, plans and
//! membership. Each act has to come as it was said and signed, and to be what our actor can act on.

use super::{Flow, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::{Value, json};

/// Stars.
pub const STAR: Flow = Flow {
    ids: &["FL-08b", "FL-09b"],
    title: "the peer's person stars a repository of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(starred(scene)),
};

/// Tickets.
pub const TICKET: Flow = Flow {
    ids: &["FL-14b", "FL-15b", "FL-16b", "FL-17b", "FL-18b", "FL-19b", "FL-20b", "FL-36b", "FL-79b"],
    title: "the peer's person works on a ticket of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(worked(scene)),
};

/// Access that is asked for and given back, and what is done with it.
pub const ROADMAP: Flow = Flow {
    ids: &["FL-40b", "FL-42b", "FL-71b"],
    title: "the peer's person joins a roadmap of ours, plans, and leaves",
    kinds: &["Person"],
    play: |scene| Box::pin(planned(scene)),
};

/// Membership of an organization.
pub const MEMBER: Flow = Flow {
    ids: &["FL-76b"],
    title: "the peer's person becomes a member of an organization of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(belongs(scene)),
};

/// An act of the peer's person.
pub struct Said<'a> {
    /// What is decided.
    pub key: &'a str,
    /// What a person without a token is asked to do.
    pub please: String,
    /// What one with a token says.
    pub activity: Value,
    /// To which actor of ours.
    pub to: &'a ActorId,
    /// Whether that answers it.
    pub answered: bool,
}

/// They say something: it comes signed, with what it was said with, and is answered by an Accept. The act, and the answer's result.
pub async fn they(scene: &mut Scene, said: Said<'_>) -> Result<(ActId, Option<String>), Stop> {
    let Said { key, please, activity, to, answered } = said;
    let person = scene.about("Person")?;
    let kind = activity["type"].as_str().unwrap_or_default().to_owned();
    let about = |term: &Value| address_of(term).map(str::to_owned);
    let (object, target) = (about(&activity["object"]), about(&activity["target"]));
    let is_it = |came: &Value| {
        let same =
            |term: &str, wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| names(&came[term], wanted));
        has_type(came, &kind)
            && names(&came["actor"], person.as_str())
            && same("object", &object)
            && same("target", &target)
    };
    let act = scene.they_say(&please, &activity, is_it).await?;
    let came = scene.arrives(|came| came["id"] == act.as_str()).await;
    let good = is_a(&came, &kind) && came.as_ref().is_some_and(|came| is_it(&came.activity));
    if !good || !answered {
        let expected = format!("a signed {kind} by {person} at {to}, about {}", told(&activity["object"]));
        scene.holds(key, good, &expected, &told_of(&came));
        return if good { Ok((act, None)) } else { Err(Stop(format!("no {kind} that could be believed came"))) };
    }
    // Without a token nobody can tell whether the answer has come; what could be acted on is enough.
    let answer = match &scene.peer.client {
        Some(client) => client.answered(&act).await?,
        None => json!({"type": "Accept"}),
    };
    let expected = format!("a {kind} that {to} accepts, and the Accept in the inbox of {person}");
    scene.holds(key, has_type(&answer, "Accept"), &expected, &told(&answer));
    Ok((act, address_of(&answer["result"]).map(str::to_owned)))
}

async fn starred(scene: &mut Scene) -> Ended {
    let repository = scene.home.owned("Repository").await?.id;
    let please = format!("give {repository} a star");
    let activity = posts::like(&repository);
    let said = Said { key: "wire/star-sent", please, activity, to: &repository, answered: false };
    let (like, _) = they(scene, said).await?;
    let please = format!("take the star of {repository} back");
    let activity = posts::unlike(&repository, &like);
    let said = Said { key: "wire/unstar-sent", please, activity, to: &repository, answered: false };
    they(scene, said).await.map(drop)
}

/// The peer's person is given a role on an actor of ours, if none was given yet: the Grant, as it came to the person.
pub async fn let_in(scene: &mut Scene, to: &Owned, role: &str) -> Result<ActId, Stop> {
    let person = scene.about("Person")?;
    let name = their_grant(&to.id);
    if let Some(known) = scene.props.get(&name) {
        return Ok(ActId::new(known.as_str()));
    }
    let invite = posts::invite(&to.id, &person, role, &to.grant);
    let invite = scene.says(Who::Ann, &invite).await?;
    if let Some(client) = &scene.peer.client {
        client.receives("the Invite", |activity| activity["id"] == invite.as_str()).await?;
    }
    let is_yes = |activity: &Value| has_type(activity, "Accept") && names(&activity["object"], invite.as_str());
    let please = format!("as {person}, accept the invitation to {}", to.id);
    scene.they_say(&please, &posts::accept(&invite, &[&to.id]), is_yes).await?;
    let grant = given(scene, &to.id, &invite).await?;
    scene.props.insert(name, grant.as_str().to_owned());
    Ok(grant)
}

/// The name among the props of the Grant that an actor of ours gave the peer's person.
fn their_grant(on: &ActorId) -> String {
    format!("their grant of {on}")
}

/// The Grant that fulfils an act, as it came to the peer's person. Whoever does it by hand needs none of us.
pub async fn given(scene: &mut Scene, by: &ActorId, of: &ActId) -> Result<ActId, Stop> {
    let Some(client) = &scene.peer.client else { return Ok(ActId::new("")) };
    let is_it = |activity: &Value| {
        has_type(activity, "Grant")
            && names(&activity["context"], by.as_str())
            && names(&activity["fulfills"], of.as_str())
    };
    let grant = client.receives(&format!("a Grant of {by}"), is_it).await?;
    grant["id"].as_str().map(ActId::new).ok_or_else(|| Stop("a Grant without id".into()))
}

/// A ticket of ours that ann opened, and the Grant of admin that the peer's person has on its tracker.
pub async fn ticket(scene: &mut Scene, title: &str) -> Result<(ActorId, String, ActId), Stop> {
    let tracker = scene.home.owned("TicketTracker").await?;
    let grant = let_in(scene, &tracker, "admin").await?;
    let ann = scene.home.client(Who::Ann);
    let offer = posts::open_ticket(&ann.id, &tracker.id, title, "To be worked on.", None);
    let offer = ann.post(&offer).await?;
    let ticket = ann.accepted(&offer).await?;
    let ticket = address_of(&ticket["result"]).map(str::to_owned);
    let ticket = ticket.ok_or_else(|| Stop("our own tracker opened no ticket".into()))?;
    Ok((tracker.id, ticket, grant))
}

async fn worked(scene: &mut Scene) -> Ended {
    let person = scene.about("Person")?;
    let (tracker, ticket, grant) = ticket(scene, "For the other side").await?;
    let (to, by) = (&tracker, Some(&grant));
    let comment = props::addressed(posts::comment(to, &ticket, None, "From the other side.", None), to);
    #[rustfmt::skip]
    let acts = [
        ("wire/comment-sent",  "comment on",            comment,                                                      false),
        ("wire/edit-sent",     "change the text of",    posts::edit_ticket(to, &ticket, "Changed", "There.", by),     true),
        ("wire/assign-sent",   "assign yourself to",    posts::assign(to, &ticket, &person, by),                      true),
        ("wire/unassign-sent", "unassign yourself of",  posts::unassign(to, &ticket, &person, by),                    true),
        ("wire/close-sent",    "close",                 props::addressed(posts::close(to, &ticket, by), to),          true),
        ("wire/reopen-sent",   "open once more",        posts::reopen(to, &ticket, by),                               true),
    ];
    for (key, what, activity, answered) in acts {
        let please = format!("{what} the ticket {ticket}");
        they(scene, Said { key, please, activity, to, answered }).await?;
    }
    given_to_dora(scene, to, &ticket, &grant).await?;
    given_to_them(scene, to, &ticket).await?;
    let (please, activity) = (format!("delete the ticket {ticket}"), posts::delete_ticket(to, &ticket, &grant));
    they(scene, Said { key: "wire/ticket-delete-sent", please, activity, to, answered: true }).await.map(drop)
}

/// The peer's person gives a ticket of ours to dora, and takes it from her.
async fn given_to_dora(scene: &mut Scene, to: &ActorId, ticket: &str, grant: &ActId) -> Ended {
    let dora = scene.home.id(Who::Dora).clone();
    let please = format!("assign {dora} to the ticket {ticket}");
    let activity = posts::assign(to, ticket, &dora, Some(grant));
    let said = Said { key: "wire/assign-other-sent", please, activity, to, answered: true };
    let (assign, _) = they(scene, said).await?;
    let client = scene.home.client(Who::Dora);
    client.receives("the Assign", |activity| activity["id"] == assign.as_str()).await?;
    client.post(&posts::accept(&assign, &[to])).await?;
    let assignments = format!("{ticket}/assignments");
    let (listed, found) = scene.collects(&assignments, |found| found.lists(dora.as_str())).await?;
    if !listed {
        return Err(Stop(format!("our own tracker did not assign dora: {}", found.told())));
    }
    let please = format!("unassign {dora} of the ticket {ticket}");
    let activity = posts::unassign(to, ticket, &dora, Some(grant));
    let said = Said { key: "wire/unassign-other-sent", please, activity, to, answered: true };
    they(scene, said).await.map(drop)
}

/// Ann gives a ticket of ours to the peer's person, who agrees.
async fn given_to_them(scene: &mut Scene, to: &ActorId, ticket: &str) -> Ended {
    let person = scene.about("Person")?;
    let grant = scene.home.owned("TicketTracker").await?.grant;
    let assign = scene.says(Who::Ann, &posts::assign(to, ticket, &person, Some(&grant))).await?;
    let (ann, patience) = (scene.home.id(Who::Ann).clone(), scene.patience);
    scene.home.client(Who::Ann).accepted(&assign).await?;
    scene.home.delivered(&assign, &ann, patience).await?;
    let please = format!("agree to be assigned to the ticket {ticket}");
    let activity = posts::accept(&assign, &[to]);
    they(scene, Said { key: "wire/assign-agreed", please, activity, to, answered: false }).await?;
    let assignments = format!("{ticket}/assignments");
    let (listed, found) = scene.collects(&assignments, |found| found.lists(person.as_str())).await?;
    let expected = format!("our ticket is assigned to {person}: it was agreed to");
    scene.holds("wire/assign-agreed", listed, &expected, &found.told());
    Ok(())
}

async fn planned(scene: &mut Scene) -> Ended {
    let roadmap = scene.home.owned("Roadmap").await?;
    let to = &roadmap.id;
    let please = format!("ask to join {to} with the role write");
    let activity = posts::join(to, "write", None);
    let said = Said { key: "wire/join-sent", please, activity, to, answered: false };
    let (join, _) = they(scene, said).await?;
    scene.says(Who::Ann, &posts::approve_join(to, &join, &roadmap.grant)).await?;
    let grant = given(scene, to, &join).await?;
    let please = format!("make a milestone of {to}");
    let activity = posts::open_milestone(to, "From the other side", "x", (None, None), &grant);
    let said = Said { key: "wire/milestone-sent", please, activity, to, answered: true };
    let (_, milestone) = they(scene, said).await?;
    if let Some(milestone) = milestone {
        let activity = props::addressed(posts::close(to, &milestone, Some(&grant)), to);
        let please = format!("close the milestone {milestone}");
        they(scene, Said { key: "wire/milestone-close-sent", please, activity, to, answered: true }).await?;
    }
    let please = format!("leave {to}");
    they(scene, Said { key: "wire/leave-sent", please, activity: posts::leave(to), to, answered: false })
        .await
        .map(drop)
}

async fn belongs(scene: &mut Scene) -> Ended {
    let person = scene.about("Person")?;
    let organization = scene.home.owned("Organization").await?;
    let to = &organization.id;
    let add = scene.says(Who::Ann, &posts::list(to, "members", &person, &organization.grant)).await?;
    let accept = scene.home.client(Who::Ann).accepted(&add).await?;
    let accept = ActId::new(accept["id"].as_str().unwrap_or_default());
    let (ann, patience) = (scene.home.id(Who::Ann).clone(), scene.patience);
    scene.home.delivered(&add, &ann, patience).await?;
    scene.home.delivered(&accept, to, patience).await?;
    let please = format!("agree to be a member of {to}");
    let activity = posts::accept(&add, &[to]);
    they(scene, Said { key: "wire/membership-sent", please, activity, to, answered: false }).await?;
    let members = format!("{to}/members");
    let (listed, found) = scene.collects(&members, |found| found.lists(person.as_str())).await?;
    scene.holds(
        "flow/membership",
        listed,
        &format!("our organization lists {person}: it was agreed to"),
        &found.told(),
    );
    Ok(())
}
