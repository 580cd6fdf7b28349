//! What is private is, for whoever may not see it, not there: not by any view, not by the words of a refusal, not in the
//! audience of an act. Beside each of them stands who is shown it.

use crate::world::World;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, Actor, ActorId, Outcome, Value, View, ViewError};
use pritchel_actors::access::view::{ViewAccess, ViewFollowers, ViewInbox, ViewOutbox, ViewResource};
use pritchel_actors::common::audience::ViewStanding;
use pritchel_actors::common::like::ViewLikes;
use pritchel_actors::limits::SWEPT_MAX;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::person::view::{ViewFollowing, ViewFollowingQuietly};
use pritchel_actors::repository::ReportPush;
use pritchel_actors::repository::propose_push::ProposePush;
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::ticket_tracker::view::{ViewDependency, ViewTicket, ViewTicketFollowers, ViewTracker};
use pritchel_actors::{Person, Repository, TicketTracker, client};
use serde_json::json;

/// Olga made a private repository and a private tracker with a ticket. Vera may visit both, and so may rosa, who lives
/// elsewhere; fred follows the factory; eve has an account.
struct Scene {
    world: World,
    olga: Somebody,
    vera: Somebody,
    rosa: Somebody,
    fred: Somebody,
    eve: Somebody,
    factory: ActorId,
    repo: ActorId,
    tracker: ActorId,
    ticket: String,
}

fn privately(owner: &Somebody, factory: &ActorId, kind: &str, name: &str) -> ActorId {
    let mut create = client::create(factory, kind, name, Some("Hush"), &owner.permit(factory));
    create["object"]["visibility"] = "private".into();
    let create = owner.does(create);
    let made = ActorId::new(owner.result(&create));
    owner.world.name(&made, name);
    made
}

fn by(grant: &ActId, mut activity: Value) -> Value {
    activity["capability"] = grant.as_str().into();
    activity
}

impl Scene {
    fn new(seed: u64) -> Self {
        let world = World::new(seed);
        let near = |name: &str| world.person("one.example", name);
        let (olga, vera, fred, eve) = (near("olga"), near("vera"), near("fred"), near("eve"));
        let rosa = world.person("far.example", "rosa");
        let factory = world.factory(&olga, "workshop");
        fred.does(client::follow(&factory));
        let repo = privately(&olga, &factory, "Repository", "secret");
        let tracker = privately(&olga, &factory, "TicketTracker", "plans");
        let offer = client::open_ticket(&olga, &tracker, "Hush", "x", Some(&olga.permit(&tracker)));
        let offer = olga.does(offer);
        let ticket = olga.result(&offer);
        for (who, role) in [(&vera, "visit"), (&rosa, "report")] {
            for resource in [&repo, &tracker] {
                olga.lets_in(who, resource, role);
            }
        }
        Self { world, olga, vera, rosa, fred, eve, factory, repo, tracker, ticket }
    }

    fn sees<A: Actor, V: View<A>>(&self, id: &ActorId, view: &V) -> Result<(), String> {
        match self.world.see::<A, V>(id, view) {
            Ok(_) => Ok(()),
            Err(ViewError::Refused(why)) => Err(why.code),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn pushes(&self) {
        let update = RefUpdate { name: "refs/heads/main".into(), old: None, new: Some("a".repeat(40)) };
        let by = self.olga.id.clone();
        let propose = ProposePush {
            push: "p".into(),
            by: by.clone(),
            updates: vec![update.clone()],
            capability: None,
            forced: Vec::new(),
        };
        assert!(matches!(self.world.call::<Repository>(&self.repo, &self.repo, propose), Outcome::Done(_)));
        let proposed = vec![update.name.clone()];
        let moved = vec![MovedRef { update, newest: Vec::new(), total: Some(0), forced: false }];
        let report = ReportPush { push: "p".into(), by, moved, proposed, closes: Vec::new() };
        assert!(matches!(self.world.call::<Repository>(&self.repo, &self.repo, report), Outcome::Done(_)));
        self.world.settle();
    }
}

/// Each view of a private resource and each viewer: members see it, near and far, its inbox its admin; to everybody else the
/// answer is the same, and the same as for what is not there.
#[test]
fn every_view_of_something_private_is_for_its_members_only() {
    let scene = Scene::new(71);
    let (repo, tracker) = (&scene.repo, &scene.tracker);
    type Look<'l> = Box<dyn Fn(Option<ActorId>) -> Result<(), String> + 'l>;
    let limit = 10;
    macro_rules! of {
        ($kind:ident, $id:expr, $view:ident { $($field:ident: $value:expr),* }) => {{
            let scene = &scene;
            Box::new(move |viewer: Option<ActorId>| scene.sees::<$kind, _>($id, &$view { viewer, $($field: $value),* })) as Look<'_>
        }};
    }
    #[rustfmt::skip]
    let rows: Vec<(&str, bool, Look<'_>)> = vec![
        ("repository",            false, of!(Repository, repo, ViewRepository {})),
        ("its profile",           false, of!(Repository, repo, ViewResource {})),
        ("its collaborators",     false, of!(Repository, repo, ViewAccess { after: None, limit: limit })),
        ("its followers",         false, of!(Repository, repo, ViewFollowers { after: None, limit: limit })),
        ("its stars",             false, of!(Repository, repo, ViewLikes { after: None, limit: limit })),
        ("its outbox",            false, of!(Repository, repo, ViewOutbox { before: None, limit: limit })),
        ("its inbox",             true,  of!(Repository, repo, ViewInbox { before: None, limit: limit })),
        ("tracker",               false, of!(TicketTracker, tracker, ViewTracker { before: None, limit: limit })),
        ("its profile",           false, of!(TicketTracker, tracker, ViewResource {})),
        ("its collaborators",     false, of!(TicketTracker, tracker, ViewAccess { after: None, limit: limit })),
        ("its followers",         false, of!(TicketTracker, tracker, ViewFollowers { after: None, limit: limit })),
        ("its outbox",            false, of!(TicketTracker, tracker, ViewOutbox { before: None, limit: limit })),
        ("its inbox",             true,  of!(TicketTracker, tracker, ViewInbox { before: None, limit: limit })),
        ("a ticket",              false, of!(TicketTracker, tracker, ViewTicket { number: 1, after: None, limit: limit })),
        ("the ticket's followers", false, of!(TicketTracker, tracker, ViewTicketFollowers { number: 1, after: None, limit: limit })),
    ];
    let hidden = Err("not-shown".to_owned());
    for (what, for_admins, look) in rows {
        #[rustfmt::skip]
        let viewers = [
            ("a stranger",               None,                         false),
            ("a person of this server",  Some(scene.eve.id.clone()),   false),
            ("who follows the factory",  Some(scene.fred.id.clone()),  false),
            ("a member",                 Some(scene.vera.id.clone()),  !for_admins),
            ("a member from elsewhere",  Some(scene.rosa.id.clone()),  !for_admins),
            ("its admin",                Some(scene.olga.id.clone()),  true),
        ];
        for (who, viewer, shown) in viewers {
            let expected = if shown { Ok(()) } else { hidden.clone() };
            assert_eq!(look(viewer), expected, "{what} to {who}");
        }
    }
    // What is not there, in something private and to a stranger, is refused in no other words.
    let missing = ViewTicket { viewer: Some(scene.eve.id.clone()), number: 99, after: None, limit };
    assert_eq!(scene.sees::<TicketTracker, _>(tracker, &missing), hidden);
    let missing = ViewDependency { viewer: Some(scene.eve.id.clone()), number: 99 };
    assert_eq!(scene.sees::<TicketTracker, _>(tracker, &missing), hidden);
}

/// A stranger who tries tells from no refusal whether a ticket or a comment is there.
#[test]
fn no_refusal_by_something_private_tells_what_is_there() {
    let scene = Scene::new(72);
    let (olga, vera, eve, tracker, ticket) = (&scene.olga, &scene.vera, &scene.eve, &scene.tracker, &scene.ticket);
    let comment =
        olga.does(client::not_public(client::comment(tracker, ticket, None, "x", Some(&olga.permit(tracker)))));
    let note = scene.world.rows(tracker.as_str(), "comment_places")[0].0.clone();
    assert_eq!(scene.world.ended(tracker, &comment), "done");
    let nowhere = format!("{tracker}/tickets/99");
    let none = format!("{}/notes/none", olga.id);
    let dependency = |on: &str| {
        let object = json!({"type": "TicketDependency", "subject": format!("{}/tickets/1", eve.id), "relationship": "dependsOn", "object": on});
        json!({"type": "Offer", "to": [tracker], "target": eve.id, "object": object})
    };
    type Ask<'a> = Box<dyn Fn(&str) -> Value + 'a>;
    #[rustfmt::skip]
    let rows: Vec<(&str, Ask<'_>, &str, &str)> = vec![
        ("follow",       Box::new(|at| client::follow_ticket(tracker, at)),               ticket, &nowhere),
        ("edit",         Box::new(|at| client::edit_ticket(tracker, at, "t", "x", None)), ticket, &nowhere),
        ("close",        Box::new(|at| client::close(tracker, at, None)),                 ticket, &nowhere),
        ("reopen",       Box::new(|at| client::reopen(tracker, at, None)),                ticket, &nowhere),
        ("comment",      Box::new(|at| client::comment(tracker, at, None, "x", None)),    ticket, &nowhere),
        ("assign",       Box::new(|at| client::assign(tracker, at, eve, None)),           ticket, &nowhere),
        ("unassign",     Box::new(|at| client::unassign(tracker, at, eve, None)),         ticket, &nowhere),
        ("depend on",    Box::new(dependency),                                            ticket, &nowhere),
        ("edit note",    Box::new(|at| client::edit_comment(tracker, at, "x")),           &note,  &none),
    ];
    for (what, ask, there, not_there) in rows {
        for at in [there, not_there] {
            let act = eve.does(ask(at));
            assert_eq!(scene.world.ended(tracker, &act), "no-capability at step 3", "{what} {at}");
        }
    }
    // A delete of what is not known here is only noted, as everywhere; of a comment it is refused as anything else is.
    let act = eve.does(client::delete_comment(tracker, &note));
    assert_eq!(scene.world.ended(tracker, &act), "no-capability at step 3");
    // A member is told what is wrong.
    let act = vera.does(by(&vera.permit(tracker), client::edit_comment(tracker, &note, "x")));
    assert_eq!(scene.world.ended(tracker, &act), "not-the-author");
}

/// The followers of a factory are anybody.
#[test]
fn making_something_private_is_told_to_whoever_asked_and_to_nobody_else() {
    let scene = Scene::new(73);
    assert_eq!(scene.fred.heard(), ["Accept"], "the answer to the follow, and nothing since");
    for made in [&scene.repo, &scene.tracker] {
        let secret = [made.as_str(), "secret", "plans", "Hush"];
        for who in [&scene.fred, &scene.eve] {
            let state = scene.world.of(&who.id);
            assert!(state.iter().all(|line| secret.iter().all(|word| !line.contains(word))), "{state:#?}");
        }
    }
    let open = scene.world.repository(&scene.olga, &scene.factory, "open");
    assert_eq!(scene.fred.heard(), ["Accept", "Create", "Accept"], "of {open} they hear");
}

/// Every act in the outbox of something private names its members only: not everybody, and no collection of others.
#[test]
fn nothing_that_something_private_says_is_for_everybody() {
    let scene = Scene::new(74);
    let (olga, vera, repo, tracker, ticket) = (&scene.olga, &scene.vera, &scene.repo, &scene.tracker, &scene.ticket);
    for resource in [repo, tracker] {
        vera.does(by(&vera.permit(resource), client::follow(resource)));
    }
    scene.pushes();
    let grant = olga.permit(tracker);
    olga.does(client::not_public(client::comment(tracker, ticket, None, "x", Some(&grant))));
    olga.does(client::assign(tracker, ticket, vera, Some(&grant)));
    olga.does(client::close(tracker, ticket, Some(&grant)));
    olga.does(client::edit_resource(tracker, "Plans", "Hush", &grant));
    olga.does(client::remove(tracker, &scene.rosa, &grant));
    assert!(vera.heard().contains(&"Push".to_owned()), "{:?}", vera.heard());
    let members = [&olga.id, &vera.id, &scene.rosa.id].map(|id| id.as_str().to_owned());
    for resource in [repo, tracker] {
        let acts = scene.said(resource);
        assert!(acts.len() > 4, "{acts:?}");
        for act in acts {
            for named in ["to", "cc"].iter().filter_map(|term| act[*term].as_array()).flatten() {
                let named = named.as_str().unwrap();
                let own = named.starts_with(&format!("{resource}/"));
                assert!(own || members.iter().any(|member| member == named), "{named} in {act}");
            }
        }
    }
}

impl Scene {
    /// The acts in the outbox of an actor.
    fn said(&self, by: &ActorId) -> Vec<Value> {
        let items = self.world.rows(by.as_str(), "~outbox");
        let inner = self.world.0.borrow();
        let boxes = &inner.servers[crate::world::host(by)].boxes;
        let act = |item: &Value| boxes.act(&item["act"].as_str().unwrap().into()).unwrap().body.as_ref().clone();
        items.iter().map(|(_, item)| act(item)).collect()
    }
}

/// What a person follows by a Grant is shown to the person only.
#[test]
fn what_somebody_follows_by_a_grant_is_shown_to_nobody_else() {
    let scene = Scene::new(75);
    let (olga, vera, repo) = (&scene.olga, &scene.vera, &scene.repo);
    let follow = vera.does(by(&vera.permit(repo), client::follow(repo)));
    assert!(matches!(vera.sent(&follow).state, SentState::Done { .. }));
    for (who, openly, quietly) in [(vera, vec![], vec![repo]), (olga, vec![&scene.factory], vec![repo, &scene.tracker])]
    {
        let (total, shown) = scene.world.see::<Person, _>(&who.id, &ViewFollowing { after: None, limit: 10 }).unwrap();
        let shown: Vec<&ActorId> = shown.iter().map(|(id, _)| id).collect();
        assert_eq!((total, &shown), (openly.len() as u64, &openly), "{}", who.id);
        let own = |viewer: &Somebody| {
            let view = ViewFollowingQuietly { viewer: Some(viewer.id.clone()), after: None, limit: 10 };
            scene.world.see::<Person, _>(&who.id, &view)
        };
        let mut seen: Vec<ActorId> = own(who).unwrap().into_iter().map(|(id, _)| id).collect();
        let mut quietly: Vec<ActorId> = quietly.into_iter().cloned().collect();
        seen.sort();
        quietly.sort();
        assert_eq!(seen, quietly, "whoever makes something private follows it: {}", who.id);
        assert!(matches!(own(&scene.eve), Err(ViewError::Refused(_))), "{}", who.id);
    }
    vera.does(by(&vera.permit(repo), client::unfollow(repo, &follow)));
    assert_eq!(scene.world.rows(vera.as_str(), "following_quietly"), []);
}

/// Whoever loses access to something private is told nothing more of it, by whichever way they lost it; when they are let in
/// again, they can follow again.
#[test]
fn whoever_loses_access_to_something_private_is_told_no_more() {
    type Loses<'a> = Box<dyn Fn(&Scene, &Somebody, &ActorId) + 'a>;
    let ways: Vec<(&str, Loses<'_>)> = vec![
        (
            "removed",
            Box::new(|scene, who, from| drop(scene.olga.does(client::remove(from, who, &scene.olga.permit(from))))),
        ),
        ("left", Box::new(|_, who, from| drop(who.does(client::leave(from))))),
        (
            "undone",
            Box::new(|scene, who, from| {
                let theirs = who.permit(from);
                scene.olga.does(client::undo_grants(from, &[theirs], Some(&scene.olga.permit(from))));
            }),
        ),
    ];
    for (way, loses) in ways {
        for far in [false, true] {
            let scene = Scene::new(76);
            let (olga, repo, tracker, ticket) = (&scene.olga, &scene.repo, &scene.tracker, &scene.ticket);
            let who = if far { &scene.rosa } else { &scene.vera };
            let mut follow = client::follow_ticket(tracker, ticket);
            follow["capability"] = who.permit(tracker).as_str().into();
            for act in
                [by(&who.permit(repo), client::follow(repo)), by(&who.permit(tracker), client::follow(tracker)), follow]
            {
                let act = who.does(act);
                assert!(matches!(who.sent(&act).state, SentState::Done { .. }), "{way}: {act}");
            }
            let standing = ViewStanding { viewer: who.id.clone() };
            assert!(scene.world.see::<Repository, _>(repo, &standing).unwrap().follows);
            loses(&scene, who, repo);
            loses(&scene, who, tracker);
            assert!(!scene.world.see::<Repository, _>(repo, &standing).unwrap().follows, "{way}");
            let before = who.heard().len();
            scene.pushes();
            let comment = client::comment(tracker, ticket, None, "x", Some(&olga.permit(tracker)));
            olga.does(client::not_public(comment));
            olga.does(client::close(tracker, ticket, Some(&olga.permit(tracker))));
            assert_eq!(who.heard().split_off(before), Vec::<String>::new(), "{way}, far: {far}");
            let shown = ViewTicket { viewer: Some(olga.id.clone()), number: 1, after: None, limit: 1 };
            assert_eq!(
                scene.world.see::<TicketTracker, _>(tracker, &shown).unwrap().ticket.followers,
                1,
                "{way}: olga"
            );
            olga.lets_in(who, repo, "visit");
            let again = who.does(by(&who.permit(repo), client::follow(repo)));
            assert!(matches!(who.sent(&again).state, SentState::Done { .. }), "{way}, far: {far}");
        }
    }
}

/// What everybody could see is made private: whoever has no role is from then on a stranger, told nothing, and shown nothing. The
/// followers of its tickets and of a roadmap's milestones go with it, however many they are.
#[test]
fn what_was_open_and_is_private_now_is_told_to_members_only() {
    let scene = Scene::new(78);
    let (olga, vera, eve, world) = (&scene.olga, &scene.vera, &scene.eve, &scene.world);
    let open = world.tracker(olga, &scene.factory, "bugs");
    let roadmap = world.make(olga, &scene.factory, "Roadmap", "way");
    let ticket = eve.result(&eve.does(client::open_ticket(eve, &open, "Crash", "", None)));
    let (nothing, admin) = ((None, None), olga.permit(&roadmap));
    let milestone = olga.result(&olga.does(client::open_milestone(&roadmap, "One", "", nothing, &admin)));
    olga.lets_in(vera, &open, "visit");
    olga.lets_in(vera, &roadmap, "visit");
    for who in [eve, vera] {
        for follow in [client::follow(&open), client::follow_ticket(&open, &ticket)] {
            who.does(follow);
        }
        who.does(client::follow_ticket(&roadmap, &milestone));
    }
    for n in 0..=SWEPT_MAX {
        let (by, of) = (format!("https://crowd.example/people/{n}"), [open.as_str(), ticket.as_str()][n % 2]);
        let follow = json!({"id": format!("{by}/outbox/1"), "type": "Follow", "actor": by, "to": [open], "object": of});
        world.sends(&open, &follow);
    }
    world.settle();
    let rows = |of: &ActorId, table: &str| world.rows(of.as_str(), table).len();
    let all = |table| rows(&open, table);
    assert_eq!((all("followers") + all("ticket_followers")) as u64, SWEPT_MAX as u64 + 1 + 5, "and olga follows it");
    assert_eq!((rows(&roadmap, "milestone_followers"), rows(&roadmap, "milestones_followed")), (2, 2));
    for resource in [&open, &roadmap] {
        let act = olga.does(client::set_visibility(resource, "private", &olga.permit(resource)));
        assert!(matches!(olga.sent(&act).state, SentState::Done { .. }));
    }
    assert_eq!((all("followers"), all("ticket_followers")), (2, 1), "olga and vera are left");
    assert_eq!((rows(&roadmap, "milestone_followers"), rows(&roadmap, "milestones_followed")), (1, 1));
    let viewed = |who: &Somebody| {
        let view = ViewTicket { viewer: Some(who.id.clone()), number: 1, after: None, limit: 1 };
        world.see::<TicketTracker, _>(&open, &view).map(|seen| seen.ticket.followers).ok()
    };
    assert_eq!((viewed(vera), viewed(eve)), (Some(1), None), "nor is who wrote it");
    let resource = world.see::<TicketTracker, _>(&open, &ViewResource { viewer: Some(olga.id.clone()) });
    assert_eq!(resource.unwrap().resource.followers, 2);
    let before = (eve.heard().len(), vera.heard().len());
    olga.does(client::close(&open, &ticket, Some(&olga.permit(&open))));
    olga.does(client::close(&roadmap, &milestone, Some(&olga.permit(&roadmap))));
    assert_eq!(eve.heard().len(), before.0);
    assert!(vera.heard().len() > before.1);
}

/// A ticket of a private tracker that waits for one elsewhere is listed with its own only; that of a public tracker which
/// waits for a private one names its address, and nothing else of it.
#[test]
fn a_private_ticket_is_not_listed_by_what_it_waits_for() {
    let scene = Scene::new(77);
    let (olga, tracker, ticket) = (&scene.olga, &scene.tracker, &scene.ticket);
    let open = scene.world.tracker(olga, &scene.factory, "bugs");
    scene.fred.does(client::follow(&open));
    let offer = olga.does(client::open_ticket(olga, &open, "Crash", "", None));
    let bug = olga.result(&offer);
    let heard = scene.fred.heard().len();
    let quietly = |mut offer: Value| {
        offer["to"] = json!([tracker]);
        offer
    };
    let grant = olga.permit(tracker);
    let offer = olga.does(quietly(client::add_dependency(tracker, ticket, &open, &bug, &grant)));
    let dependency = olga.result(&offer);
    let seen = ViewTicket { viewer: None, number: 1, after: None, limit: 1 };
    let shown = |tracker: &ActorId, who: Option<&Somebody>| {
        let view = ViewTicket { viewer: who.map(|who| who.id.clone()), ..seen.clone() };
        scene.world.see::<TicketTracker, _>(tracker, &view).unwrap()
    };
    assert_eq!(shown(tracker, Some(olga)).depends_on, [(bug.clone(), 1)]);
    assert_eq!(shown(&open, None).depended_on_by, []);
    olga.does(quietly(client::remove_dependency(tracker, &dependency, &open, &grant)));
    assert_eq!(shown(tracker, Some(olga)).depends_on, []);
    assert_eq!(scene.fred.heard().len(), heard, "nothing of it is told to who follows the other");
    // Named to the other by its author all the same, it is not confirmed: nothing is listed.
    olga.does(client::add_dependency(tracker, ticket, &open, &bug, &grant));
    assert_eq!(shown(&open, None).depended_on_by, []);
    // The other way round: the private tracker lists what waits for it, to its members.
    let offer = olga.does(client::add_dependency(&open, &bug, tracker, ticket, &olga.permit(&open)));
    assert_eq!(shown(&open, None).depends_on, [(ticket.clone(), 1)]);
    assert_eq!(shown(tracker, Some(&scene.vera)).depended_on_by, [(bug, olga.result(&offer))]);
}

/// A comment on a ticket of a private tracker is for those who are named, wherever its author lives.
#[test]
fn a_comment_on_something_private_is_not_for_everybody() {
    let tracker = ActorId::from("https://one.example/trackers/t");
    let comment = client::comment(&tracker, &format!("{tracker}/tickets/1"), None, "x", None);
    assert!(comment.to_string().contains("#Public"), "elsewhere it is");
    let quiet = client::not_public(comment);
    assert!(!quiet.to_string().contains("#Public"), "{quiet}");
    assert_eq!((&quiet["to"], &quiet["object"]["to"]), (&json!([tracker]), &json!([tracker])));
}
