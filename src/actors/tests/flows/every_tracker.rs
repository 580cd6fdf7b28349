//! What a tracker of tickets and one of merge requests do in the same words, each told of both: FL-13 to FL-20 and FL-34 to
//! FL-36. `dora` follows the tracker, `fred` the ticket.

use super::{Cast, Place, ends_the_same};
use crate::status::mutants::concerns;
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::client;
use pritchel_actors::person::rows::SentState;
use serde_json::json;

/// Who lives on a server that nobody runs here.
const FAR: &str = "https://far.example/people/far";
const FAR_TRACKER: &str = "https://far.example/trackers/far";
const EVIL: &str = "https://evil.example/trackers/evil";

/// A tracker of olga's with alice's ticket.
struct Scene {
    cast: Cast,
    it: ActorId,
    ticket: String,
    dora: Somebody,
    fred: Somebody,
}

fn of_every_tracker(story: impl Fn(&Scene)) {
    for kind in ["TicketTracker", "PatchTracker"].into_iter().filter(|kind| concerns(&[kind])) {
        ends_the_same(17, |seed, place| {
            let scene = Scene::new(kind, (seed, place));
            story(&scene);
            scene.cast.world
        });
    }
}

impl Scene {
    fn new(kind: &str, (seed, place): (u64, Place)) -> Self {
        let cast = Cast::new(seed, place);
        let it = cast.world.make(&cast.olga, &cast.factory, kind, "it");
        if kind == "PatchTracker" {
            cast.tie((&cast.olga, &cast.repo), (&cast.olga, &it), "write");
        }
        let [dora, fred] = ["dora", "fred"].map(|name| cast.world.person(&place.host(name), name));
        let mut scene = Self { cast, it, ticket: String::new(), dora, fred };
        scene.dora.does(client::follow(&scene.it));
        scene.ticket = scene.opens();
        scene.fred.does(client::follow_ticket(&scene.it, &scene.ticket));
        scene
    }

    /// Alice's new ticket, or merge request.
    fn opens(&self) -> String {
        let alice = &self.cast.alice;
        let branches = [(&self.cast.repo, "milk"), (&self.cast.repo, "main")];
        let offer = match self.it.as_str().contains("/patches/") {
            true => client::open_merge_request(alice, &self.it, "Milk", "*More*", branches, None),
            false => client::open_ticket(alice, &self.it, "Milk", "*More*", None),
        };
        alice.result(&alice.does(offer))
    }

    fn admin(&self) -> ActId {
        self.cast.olga.permit(&self.it)
    }

    /// What dora and fred hear meanwhile.
    fn news<T>(&self, happens: impl FnOnce() -> T) -> (T, [Vec<String>; 2]) {
        let (dora, fred) = (self.dora.heard().len(), self.fred.heard().len());
        let done = happens();
        (done, [self.dora.heard().split_off(dora), self.fred.heard().split_off(fred)])
    }

    fn refuses(&self, who: &Somebody, activity: Value, expected: &str) {
        self.cast.refuses(&self.it, who, activity, expected);
    }

    /// What somebody far away says, and how it ends. What is not done changes nothing.
    fn says(&self, who: &str, what: &str, mut activity: Value) -> String {
        let id = format!("{who}/outbox/{what}");
        (activity["id"], activity["actor"], activity["to"]) = (json!(id), json!(who), json!([self.it]));
        let before = self.cast.world.of(&self.it);
        self.cast.world.sends(&self.it, &activity);
        self.cast.world.settle();
        let ended = self.cast.world.ended(&self.it, &id.as_str().into());
        assert!(ended == "done" || self.cast.world.of(&self.it) == before, "{ended}, and yet something changed");
        ended
    }

    /// The ticket as it is kept.
    fn kept(&self) -> Value {
        self.cast.world.rows(self.it.as_str(), "tickets").remove(0).1
    }

    fn assignees(&self) -> Vec<String> {
        let all = self.kept()["assignees"].as_array().cloned().unwrap_or_default();
        all.iter().map(|assignment| assignment["who"].as_str().unwrap().to_owned()).collect()
    }

    fn rows(&self, table: &str) -> usize {
        self.cast.world.rows(self.it.as_str(), table).len()
    }
}

fn is_done(who: &Somebody, act: &ActId) -> bool {
    matches!(who.sent(act).state, SentState::Done { .. })
}

/// ForgeFed, "Open", "Close", "Reopen", "Delete" under "Issues" and "Merge Requests".
#[test]
fn every_tracker_opens_closes_reopens_and_deletes() {
    of_every_tracker(|scene| {
        let (olga, bob, it, ticket) = (&scene.cast.olga, &scene.cast.bob, &scene.it, &scene.ticket);
        assert_eq!(*ticket, format!("{it}/tickets/1"), "the Accept said so");
        assert_eq!(scene.kept()["author"], json!(scene.cast.alice.id));
        shows(&["Open", "Open:opens", "Open:answers"]);

        let (grant, nowhere) = (scene.admin(), format!("{it}/tickets/9"));
        scene.refuses(bob, client::close(it, ticket, Some(&grant)), "wrong-hands at step 8");
        scene.refuses(olga, client::close(it, &nowhere, Some(&grant)), "no-such-ticket");
        let (close, [dora, fred]) = scene.news(|| olga.does(client::close(it, ticket, Some(&grant))));
        assert!(is_done(olga, &close));
        assert_eq!(scene.kept()["resolved"]["act"], json!(close));
        assert_eq!((dora, fred), (vec!["Resolve".into(), "Accept".into()], vec!["Resolve".into(), "Accept".into()]));
        shows(&["Close", "Close/authority", "Close/no-such-ticket", "Close:closes", "Close:answers"]);

        scene.refuses(bob, client::reopen(it, ticket, Some(&grant)), "wrong-hands at step 8");
        let reopen = olga.does(client::reopen(it, ticket, Some(&grant)));
        assert!(is_done(olga, &reopen));
        assert_eq!(scene.kept()["resolved"], Value::Null);
        shows(&["Reopen", "Reopen/authority", "Reopen:opens", "Reopen:answers"]);

        scene.refuses(bob, client::delete_ticket(it, ticket, &grant), "wrong-hands at step 8");
        let delete = olga.does(client::delete_ticket(it, ticket, &grant));
        assert!(is_done(olga, &delete));
        assert_eq!(scene.rows("tickets"), 0);
        scene.refuses(olga, client::close(it, ticket, Some(&grant)), "no-such-ticket");
        shows(&["DeleteTicket", "DeleteTicket/authority", "DeleteTicket:ends", "DeleteTicket:answers"]);
    });
}

/// ForgeFed, "Commenting" and "Editing an Object".
#[test]
fn every_tracker_passes_comments_on_and_lets_their_authors_change_them() {
    of_every_tracker(|scene| {
        let (olga, bob, it, ticket) = (&scene.cast.olga, &scene.cast.bob, &scene.it, &scene.ticket);
        let nowhere = format!("{it}/tickets/9");
        scene.refuses(bob, client::comment(it, &nowhere, None, "x", None), "no-such-ticket");
        let (_, [dora, fred]) = scene.news(|| bob.does(client::comment(it, ticket, None, "Me *too*", None)));
        assert_eq!((dora, fred), (vec!["Create".to_owned()], vec!["Create".to_owned()]));
        let kept = || scene.cast.world.rows(it.as_str(), "comments").remove(0).1;
        let note = kept()["id"].as_str().unwrap().to_owned();
        shows(&["Comment/no-such-ticket", "Comment:forwards"]);

        scene.refuses(olga, client::edit_comment(it, &note, "forged"), "not-the-author");
        let (_, [dora, fred]) = scene.news(|| bob.does(client::edit_comment(it, &note, "Me too!")));
        assert_eq!((dora, fred), (vec!["Edit".to_owned()], vec!["Edit".to_owned()]));
        assert_eq!(kept()["content"], "<p>Me too!</p>\n");
        shows(&["EditComment", "EditComment/not-the-author", "EditComment:forwards"]);

        scene.refuses(olga, client::delete_comment(it, &note), "not-the-author");
        let (_, [dora, fred]) = scene.news(|| bob.does(client::delete_comment(it, &note)));
        assert_eq!((dora, fred), (vec!["Delete".to_owned()], vec!["Delete".to_owned()]));
        assert_eq!(kept()["deleted"], true);
        shows(&["DeleteComment", "DeleteComment/not-the-author", "DeleteComment:forwards"]);
    });
}

#[test]
fn every_tracker_lets_the_author_and_who_may_triage_edit_a_ticket() {
    of_every_tracker(|scene| {
        let (olga, alice, bob, it) = (&scene.cast.olga, &scene.cast.alice, &scene.cast.bob, &scene.it);
        let edit = |title: &str, grant: Option<&ActId>| client::edit_ticket(it, &scene.ticket, title, "Less", grant);
        scene.refuses(bob, edit("x", None), "no-capability at step 3");
        scene.refuses(bob, edit("x", Some(&scene.admin())), "wrong-hands at step 8");
        alice.does(edit("By its author", None));
        assert_eq!(scene.kept()["title"], "By its author");
        olga.does(edit("By olga", Some(&scene.admin())));
        assert_eq!((&scene.kept()["title"], &scene.kept()["source"]["content"]), (&json!("By olga"), &json!("Less")));
        shows(&["EditTicket", "EditTicket/authority", "EditTicket:keeps"]);
    });
}

/// ForgeFed, "Assign myself", "Unassign myself".
#[test]
fn every_tracker_gives_a_ticket_to_who_takes_it() {
    of_every_tracker(|scene| {
        let (olga, bob, it, ticket) = (&scene.cast.olga, &scene.cast.bob, &scene.it, &scene.ticket);
        let grant = scene.admin();
        scene.refuses(bob, client::assign(it, ticket, bob, Some(&grant)), "wrong-hands at step 8");
        scene.refuses(olga, client::assign(it, &format!("{it}/tickets/9"), olga, Some(&grant)), "no-such-ticket");
        let assign = olga.does(client::assign(it, ticket, olga, Some(&grant)));
        assert_eq!(scene.assignees(), [olga.as_str()]);
        assert_eq!(olga.result(&assign), format!("{ticket}/assignments/1"));
        let undo = |who: &Somebody, grant: Option<&ActId>| client::unassign(it, ticket, who, grant);
        scene.refuses(bob, undo(olga, None), "no-capability at step 3");
        let of_another = olga.permit(&scene.cast.repo);
        scene.refuses(olga, undo(olga, Some(&of_another)), "other-resource at step 7");
        let undone = olga.does(undo(olga, None));
        assert_eq!(olga.result(&undone), format!("{ticket}/assignments/1"));
        assert!(scene.assignees().is_empty());
        shows(&["Assign", "Assign/authority", "Assign/no-such-ticket", "Assign:listed", "Assign:answers"]);
        shows(&["Unassign", "Unassign/authority", "Unassign:ends", "Unassign:answers"]);
    });
}

/// ForgeFed, "Assign another actor", "Unassign another actor": both need the other's consent.
#[test]
fn every_tracker_asks_another_before_it_gives_or_takes_a_ticket() {
    of_every_tracker(|scene| {
        let (olga, it, ticket, far) = (&scene.cast.olga, &scene.it, &scene.ticket, ActorId::from(FAR));
        let grant = scene.admin();
        let assigns = || olga.does(client::assign(it, ticket, &far, Some(&grant)));
        let unassigns = || olga.does(client::unassign(it, ticket, &far, Some(&grant)));
        let accept = |of: &ActId| json!({"type": "Accept", "object": of});
        let (first, second) = (assigns(), assigns());
        assert!(scene.cast.world.told_outside().contains(&(FAR.to_owned(), "Accept".to_owned())), "far was asked");
        assert!(scene.assignees().is_empty());
        assert_eq!(scene.says(EVIL, "1", accept(&first)), "not-the-assignee");
        assert_eq!(scene.says(FAR, "1", accept(&first)), "done");
        assert_eq!(scene.assignees(), [FAR]);
        assert_eq!(olga.result(&first), format!("{ticket}/assignments/1"));
        assert_eq!(scene.says(FAR, "2", accept(&second)), "already-assigned");
        shows(&["Assign:asks", "AssignmentAccepted", "AssignmentAccepted/already-assigned"]);
        shows(&["AssignmentAccepted/not-the-assignee", "AssignmentAccepted:listed", "AssignmentAccepted:answers"]);

        let (first, second) = (unassigns(), unassigns());
        assert_eq!(scene.assignees(), [FAR], "it is only asked");
        assert_eq!(scene.says(EVIL, "3", accept(&first)), "not-the-assignee");
        assert_eq!(scene.says(FAR, "3", accept(&first)), "done");
        assert!(scene.assignees().is_empty());
        assert_eq!(olga.result(&first), format!("{ticket}/assignments/1"));
        assert_eq!(scene.says(FAR, "4", accept(&second)), "not-assigned");
        shows(&["Unassign:asks", "UnassignmentAccepted", "UnassignmentAccepted/not-the-assignee"]);
        shows(&["UnassignmentAccepted/not-assigned", "UnassignmentAccepted:ends", "UnassignmentAccepted:answers"]);
    });
}

/// The same, where the other is a team: a member's word is passed on, for the team to judge.
#[test]
fn every_tracker_passes_on_who_speaks_for_a_team_and_hears_a_no() {
    of_every_tracker(|scene| {
        let (olga, bob, it, ticket) = (&scene.cast.olga, &scene.cast.bob, &scene.it, &scene.ticket);
        let grant = scene.admin();
        let world = &scene.cast.world;
        let team = world.make(bob, &world.factory(bob, "mill"), "Team", "cooks");
        let assign = olga.does(client::assign(it, ticket, &team, Some(&grant)));
        let take = |of: &ActId| client::take_for_team(&team, it, of, &bob.permit(&team));
        let claim = json!({"type": "Accept", "object": assign, "capability": format!("{EVIL}/grant")});
        let (said, [dora, fred]) = scene.news(|| scene.says(EVIL, "0", claim));
        let one = vec!["Accept".to_owned()];
        assert_eq!((said.as_str(), dora, fred), ("done", one.clone(), one), "passed on, and nothing comes of it");
        assert!(scene.assignees().is_empty());
        // The team's own word may overtake bob's, which is then only noted.
        let (_, [dora, fred]) = scene.news(|| bob.does(take(&assign)));
        assert!(dora == fred && dora.iter().all(|kind| kind == "Accept") && !dora.is_empty(), "{dora:?} {fred:?}");
        assert_eq!(scene.assignees(), [team.as_str()]);
        let far = olga.does(client::assign(it, ticket, &ActorId::from(FAR), Some(&grant)));
        scene.refuses(bob, take(&far), "not-the-assignee");
        shows(&["AssignmentSeconded", "AssignmentSeconded:forwards"]);

        let reject = |of: &ActId| json!({"type": "Reject", "object": of});
        assert_eq!(scene.says(EVIL, "1", reject(&far)), "not-the-assignee");
        assert_eq!(scene.says(FAR, "1", reject(&far)), "done");
        assert_eq!(olga.refused(&far), "declined");
        assert_eq!((scene.rows("assigning"), scene.rows("waiting")), (0, 0));
    });
}

/// ForgeFed, "Issue and MR Dependencies": the tracker of the ticket that waits.
#[test]
fn every_tracker_keeps_what_its_tickets_wait_for() {
    of_every_tracker(|scene| {
        let (olga, bob, it, first) = (&scene.cast.olga, &scene.cast.bob, &scene.it, &scene.ticket);
        let (second, grant) = (scene.opens(), scene.admin());
        let add = |ticket: &str| client::add_dependency(it, ticket, it, &second, &grant);
        scene.refuses(bob, add(first), "wrong-hands at step 8");
        scene.refuses(olga, add(&format!("{it}/tickets/9")), "no-such-ticket");
        let mut other = add(first);
        other["object"]["relationship"] = json!("blocks");
        scene.refuses(olga, other, "malformed");
        let (offer, [dora, fred]) = scene.news(|| olga.does(add(first)));
        assert_eq!((dora, fred), (vec!["Offer".into(), "Accept".into()], vec!["Offer".into(), "Accept".into()]));
        assert_eq!((scene.rows("dependencies"), scene.rows("dependants")), (1, 1));
        let dependency = olga.result(&offer);
        shows(&["AddDependency", "AddDependency/authority", "AddDependency/no-such-ticket"]);
        shows(&["AddDependency/malformed", "AddDependency:listed", "AddDependency:answers"]);

        let remove = |dependency: &str| client::remove_dependency(it, dependency, it, &grant);
        scene.refuses(bob, remove(&dependency), "wrong-hands at step 8");
        scene.refuses(olga, remove(&format!("{it}/dependencies/9")), "no-such-dependency");
        let removed = olga.does(remove(&dependency));
        assert!(is_done(olga, &removed));
        assert_eq!((scene.rows("dependencies"), scene.rows("dependants")), (0, 0));
        shows(&["RemoveDependency", "RemoveDependency/authority", "RemoveDependency/no-such-dependency"]);
        shows(&["RemoveDependency:ends", "RemoveDependency:answers"]);
    });
}

/// The same: the tracker of the ticket that is waited for.
#[test]
fn every_tracker_lists_what_waits_for_its_tickets_when_the_other_tracker_says_so() {
    of_every_tracker(|scene| {
        let (it, on) = (&scene.it, &scene.ticket);
        let dependency = |on: &str, relationship: &str| {
            let subject = format!("{FAR_TRACKER}/tickets/4");
            json!({
                "type": "Offer", "target": FAR_TRACKER,
                "object": {"type": "TicketDependency", "subject": subject, "relationship": relationship, "object": on},
            })
        };
        assert_eq!(scene.says(FAR, "1", dependency(&format!("{it}/tickets/9"), "dependsOn")), "no-such-ticket");
        assert_eq!(scene.says(FAR, "2", dependency(on, "blocks")), "malformed");
        let (ended, [dora, _]) = scene.news(|| scene.says(FAR, "3", dependency(on, "dependsOn")));
        assert_eq!((ended.as_str(), dora), ("done", vec!["Offer".to_owned()]));
        let of = format!("{FAR}/outbox/3");
        let id = format!("{FAR_TRACKER}/dependencies/1");
        let accept = |of: &str| json!({"type": "Accept", "object": of, "result": id});
        let listed = || scene.cast.world.rows(it.as_str(), "dependants").iter().any(|(_, row)| row["id"] == *id);
        assert_eq!(scene.says(EVIL, "1", accept(&of)), "not-its-tracker");
        assert!(!listed());
        assert_eq!(scene.says(FAR_TRACKER, "1", accept(&of)), "done");
        assert!(listed());
        shows(&["DependencyOffered", "DependencyOffered/no-such-ticket", "DependencyOffered/malformed"]);
        shows(&["DependencyOffered:forwards", "DependencyConfirmed:listed"]);

        let removes = |dependency: &str| json!({"type": "Delete", "origin": FAR_TRACKER, "object": dependency});
        let (ended, [dora, _]) = scene.news(|| scene.says(FAR, "4", removes(&format!("{FAR_TRACKER}/dependencies/9"))));
        assert_eq!((ended.as_str(), dora), ("done", Vec::<String>::new()), "of nothing that is listed nobody is told");
        assert!(listed());
        let (ended, [dora, _]) = scene.news(|| scene.says(FAR, "5", removes(&id)));
        assert_eq!((ended.as_str(), dora), ("done", vec!["Delete".to_owned()]));
        assert!(listed(), "its tracker has not said so");
        let gone = format!("{FAR}/outbox/5");
        assert_eq!(scene.says(EVIL, "2", accept(&gone)), "not-its-tracker");
        assert_eq!(scene.says(FAR_TRACKER, "2", accept(&gone)), "done");
        assert!(!listed());
        shows(&["DependencyRemovalSeen", "DependencyRemovalSeen/no-such-dependency", "DependencyRemovalSeen:forwards"]);
        shows(&["DependencyConfirmed", "DependencyConfirmed/not-its-tracker", "DependencyConfirmed:ends"]);
    });
}
