//! FL-73 to FL-75: a tracker makes releases of the repositories it serves, edits and deletes them, takes comments on them, and
//! says which milestones of its roadmap they bring.

use super::{Cast, everywhere};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::limits::{ASSETS_MAX, RELEASE_MILESTONES_MAX, SWEPT_MAX};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::roadmap::view::ViewPlanned;
use pritchel_actors::{Roadmap, client};
use serde_json::{Value, json};

const HASH: &str = "1111111111111111111111111111111111111111";
const ASSET: [&str; 3] = ["https://files.example/tea.deb", "application/vnd.debian.binary-package", "tea.deb"];

/// Olga's tracker of the releases of her repository, where alice may write and bob may triage. `dora` follows it.
struct Scene<'c> {
    cast: &'c Cast,
    it: ActorId,
    dora: Somebody,
}

impl<'c> Scene<'c> {
    fn new(cast: &'c Cast) -> Self {
        let it = cast.world.make(&cast.olga, &cast.factory, "ReleaseTracker", "tags");
        cast.tie((&cast.olga, &cast.repo), (&cast.olga, &it), "visit");
        cast.olga.lets_in(&cast.alice, &it, "write");
        cast.olga.lets_in(&cast.bob, &it, "triage");
        let dora = cast.world.person(&cast.place.host("dora"), "dora");
        dora.does(client::follow(&it));
        Self { cast, it, dora }
    }

    fn offers(&self, who: &Somebody, tag: &str) -> Value {
        let texts = [tag, "Tea <1>", "It is *hot*"];
        client::open_release(&self.it, texts, (&self.cast.repo, HASH), true, &[ASSET], &who.permit(&self.it))
    }

    /// Alice's release of this tag.
    fn releases(&self, tag: &str) -> String {
        let alice = &self.cast.alice;
        alice.result(&alice.does(self.offers(alice, tag)))
    }

    fn kept(&self) -> Value {
        self.cast.world.rows(self.it.as_str(), "releases").pop().unwrap().1
    }

    fn rows(&self, table: &str) -> usize {
        self.cast.world.rows(self.it.as_str(), table).len()
    }

    /// What dora hears meanwhile.
    fn news<T>(&self, happens: impl FnOnce() -> T) -> (T, Vec<String>) {
        let before = self.dora.heard().len();
        let done = happens();
        (done, self.dora.heard().split_off(before))
    }

    fn refuses(&self, who: &Somebody, activity: Value, expected: &str) {
        self.cast.refuses(&self.it, who, activity, expected);
    }
}

fn done(who: &Somebody, act: &ActId) {
    assert!(matches!(who.sent(act).state, SentState::Done { .. }), "{:?}", who.sent(act));
}

/// ForgeFed, "Create release".
#[test]
fn who_may_write_releases_a_commit_of_a_repository_that_is_tracked() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (alice, bob, olga, it) = (&cast.alice, &cast.bob, &cast.olga, &scene.it);
        let (offer, news) = scene.news(|| alice.does(scene.offers(alice, "v1.0")));
        assert_eq!(alice.result(&offer), format!("{it}/releases/1"));
        assert_eq!(news, ["Offer", "Accept"]);
        let release = scene.kept();
        assert_eq!((&release["tag"], &release["title"]), (&json!("v1.0"), &json!("Tea <1>")));
        assert_eq!(release["content"], "<p>It is <em>hot</em></p>\n");
        assert_eq!(release["origin"], json!({"repository": cast.repo, "hash": HASH}));
        assert_eq!((&release["pre_release"], &release["assets"][0]["href"]), (&json!(true), &json!(ASSET[0])));
        // Protocol decision F-61: a commit is named, and nothing is pushed.
        assert_eq!(cast.world.job(&cast.repo, |work| panic!("{work}")), None);
        shows(&["OpenRelease", "OpenRelease:opens", "OpenRelease:answers"]);

        scene.refuses(bob, scene.offers(bob, "v2.0"), "role-too-small at step 17");
        scene.refuses(bob, scene.offers(alice, "v2.0"), "wrong-hands at step 8");
        let other = cast.world.repository(olga, &cast.factory, "coffee");
        let may = alice.permit(it);
        let stray = client::open_release(it, ["v1.0", "x", "y"], (&other, HASH), false, &[], &may);
        scene.refuses(alice, stray, "repository-not-tracked");
        scene.refuses(alice, scene.offers(alice, "v1.0"), "already-released");
        shows(&["OpenRelease/authority", "OpenRelease/repository-not-tracked"]);

        let changed = |terms: Value| {
            let mut offer = scene.offers(alice, "v2.0");
            for (term, value) in terms.as_object().unwrap() {
                offer["object"][term] = value.clone();
            }
            offer
        };
        let link = json!({"type": "Link", "href": ASSET[0], "mediaType": ASSET[1], "name": ASSET[2]});
        scene.refuses(alice, changed(json!({"id": format!("{it}/releases/9")})), "has-an-id");
        for strange in [
            json!({"name": "a b"}),
            json!({"name": ""}),
            json!({"context": cast.tracker}),
            json!({"summary": "x".repeat(201)}),
            json!({"origin": cast.repo}),
            json!({"origin": {"type": "Commit", "context": cast.repo}}),
            json!({"origin": {"type": "Commit", "hash": HASH}}),
            json!({"origin": {"type": "Commit", "context": cast.repo, "hash": "main"}}),
            json!({"attachment": [ASSET[0]]}),
            json!({"attachment": vec![link; ASSETS_MAX + 1]}),
            json!({"isPreRelease": "yes"}),
        ] {
            scene.refuses(alice, changed(strange), "malformed");
        }
        // A release of another repository that is tracked has the same tag; one without a title is called as its tag.
        cast.tie((olga, &other), (olga, it), "visit");
        let mut plain = client::open_release(it, ["v1.0", "", ""], (&other, HASH), false, &[], &may);
        plain["object"] = json!({"type": "Release", "name": "v1.0", "origin": plain["object"]["origin"]});
        let second = alice.does(plain);
        assert_eq!(alice.result(&second), format!("{it}/releases/2"));
        assert_eq!(scene.kept()["title"], "v1.0");
    });
}

/// Protocol decision F-50.
#[test]
fn a_release_is_edited_term_by_term() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (alice, bob, olga, it) = (&cast.alice, &cast.bob, &cast.olga, &scene.it);
        let release = scene.releases("v1.0");
        let edit = |terms: Value, who: &Somebody| client::edit_release(it, &release, terms, &who.permit(it));
        let (edited, news) = scene.news(|| alice.does(edit(json!({"summary": "Tea &amp; milk"}), alice)));
        done(alice, &edited);
        assert_eq!(news, ["Edit", "Accept"]);
        let now = scene.kept();
        assert_eq!((&now["title"], &now["pre_release"]), (&json!("Tea & milk"), &json!(true)));
        assert_eq!(now["content"], "<p>It is <em>hot</em></p>\n", "what is not named stays");
        assert_eq!(now["assets"].as_array().unwrap().len(), 1);
        alice.does(edit(json!({"isPreRelease": false, "attachment": [], "content": "<p>cold</p>"}), alice));
        let now = scene.kept();
        assert_eq!((&now["pre_release"], &now["content"]), (&json!(false), &json!("<p>cold</p>")));
        assert_eq!((&now["source"], &now["assets"]), (&Value::Null, &Value::Null));
        scene.refuses(bob, edit(json!({"summary": "x"}), bob), "role-too-small at step 17");
        scene.refuses(alice, edit(json!({}), alice), "nothing-to-edit");
        scene.refuses(alice, edit(json!({"name": "v2.0"}), alice), "not-editable");
        scene.refuses(alice, edit(json!({"attachment": [{"type": "Link"}]}), alice), "malformed");
        let other = format!("{it}/releases/2");
        let other = client::edit_release(it, &other, json!({"summary": "x"}), &alice.permit(it));
        scene.refuses(alice, other, "no-such-release");
        let named = |who: &Somebody| client::edit_resource(it, "Tags", "", &who.permit(it));
        scene.refuses(alice, named(alice), "role-too-small at step 17");
        let named = olga.does(named(olga));
        done(olga, &named);
    });
}

/// ForgeFed, "Delete release".
#[test]
fn a_release_is_deleted_with_its_comments_and_its_tag_can_be_released_anew() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (alice, bob, it) = (&cast.alice, &cast.bob, &scene.it);
        let release = scene.releases("v1.0");
        let delete = |who: &Somebody| client::delete_release(it, &release, &who.permit(it));
        bob.does(client::comment(it, &release, None, "Nice", None));
        scene.refuses(bob, delete(bob), "role-too-small at step 17");
        let (deleted, news) = scene.news(|| alice.does(delete(alice)));
        done(alice, &deleted);
        assert_eq!(news, ["Delete", "Accept"]);
        for table in ["releases", "release_tags", "comments", "comment_places"] {
            assert_eq!(scene.rows(table), 0, "{table}");
        }
        scene.refuses(alice, delete(alice), "no-such-release");
        assert_eq!(scene.releases("v1.0"), format!("{it}/releases/2"), "a number is used once");
        shows(&["DeleteRelease", "DeleteRelease/authority", "DeleteRelease:ends", "DeleteRelease:answers"]);
    });
}

/// Many comments go in several turns.
#[test]
fn what_hangs_on_a_deleted_release_goes_however_much_it_is() {
    let cast = Cast::new(31, super::Place::One);
    let scene = Scene::new(&cast);
    let release = scene.releases("v1.0");
    for _ in 0..=SWEPT_MAX {
        cast.bob.posts(client::comment(&scene.it, &release, None, "x", None));
    }
    cast.world.settle();
    assert_eq!(scene.rows("comments"), SWEPT_MAX + 1);
    cast.alice.does(client::delete_release(&scene.it, &release, &cast.alice.permit(&scene.it)));
    assert_eq!((scene.rows("comments"), scene.rows("comment_places")), (0, 0));
}

/// ForgeFed, "Commenting" and "Editing an Object".
#[test]
fn comments_on_a_release_are_passed_on_and_changed_by_their_authors() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (olga, bob, it) = (&cast.olga, &cast.bob, &scene.it);
        let release = scene.releases("v1.0");
        scene.refuses(bob, client::comment(it, &format!("{it}/releases/9"), None, "x", None), "no-such-release");
        let (_, news) = scene.news(|| bob.does(client::comment(it, &release, None, "Nice *tea*", None)));
        assert_eq!(news, ["Create"]);
        let kept = || cast.world.rows(it.as_str(), "comments").remove(0).1;
        let note = kept()["id"].as_str().unwrap().to_owned();
        let (_, news) = scene.news(|| olga.does(client::comment(it, &release, Some(&note), "Indeed", None)));
        assert_eq!(news, ["Create"]);
        assert_eq!(scene.kept()["comments"], 2);
        shows(&["Comment/no-such-release", "rt-beh-create/2"]);

        scene.refuses(olga, client::edit_comment(it, &note, "forged"), "not-the-author");
        let (_, news) = scene.news(|| bob.does(client::edit_comment(it, &note, "Nice")));
        assert_eq!((news, kept()["content"].clone()), (vec!["Edit".to_owned()], json!("<p>Nice</p>\n")));
        shows(&["rt-beh-edit/2", "rt-beh-edit/2.1", "rt-beh-edit/2.2"]);

        scene.refuses(olga, client::delete_comment(it, &note), "not-the-author");
        let (_, news) = scene.news(|| bob.does(client::delete_comment(it, &note)));
        assert_eq!((news, kept()["deleted"].clone()), (vec!["Delete".to_owned()], json!(true)));
        scene.refuses(bob, client::delete_comment(it, &note), "no-such-comment");
        shows(&["rt-beh-delete/1", "rt-beh-delete/1.1", "rt-beh-delete/1.2"]);
    });
}

/// Source: ForgeFed, the handlers of `Accept` and `Remove` of Repository, and of `Revoke` of ReleaseTracker.
#[test]
fn a_repository_has_one_tracker_of_releases_until_the_tie_ends() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (olga, alice, it, repo) = (&cast.olga, &cast.alice, &scene.it, &cast.repo);
        scene.releases("v1.0");
        let (upper, points) = (olga.permit(repo), || cast.world.rows(repo.as_str(), "consumers"));
        assert!(points().len() == 1 && points()[0].0.ends_with(it.as_str()), "{:?}", points());
        shows(&["InvitationAccepted:releases"]);
        // Another tracker that is invited, or asks, finds the place taken: nothing is given.
        let other = cast.world.make(olga, &cast.factory, "ReleaseTracker", "other");
        let lower = olga.permit(&other);
        let refused = |kind: &str| {
            let rows = cast.world.rows(repo.as_str(), "~inbox");
            let of = |item: &Value| item["call"]["method"] == kind && item["ended"]["refused"].is_object();
            rows.iter().rfind(|(_, item)| of(item)).map(|(_, item)| item["ended"]["refused"]["why"]["code"].clone())
        };
        let invite = olga.does(client::invite(repo, &other, "visit", &upper));
        olga.does(client::agree_to_tie(&other, &invite, &lower));
        assert_eq!(refused("InvitationAccepted"), Some(json!("already-tied")));
        olga.does(client::attach(&other, "tracksReleasesFor", repo, &lower));
        let join = cast.world.rows(repo.as_str(), "joins").pop().unwrap().0;
        cast.refuses(repo, olga, client::approve_join(repo, &ActId::from(join.as_str()), &upper), "already-tied");
        assert_eq!((points().len(), cast.world.rows(other.as_str(), "providers")), (1, Vec::new()));
        shows(&["InvitationAccepted/already-tied", "JoinApproved/already-tied"]);

        olga.does(client::remove(repo, it, &upper));
        assert_eq!((points().len(), scene.rows("providers")), (0, 0));
        scene.refuses(alice, scene.offers(alice, "v2.0"), "repository-not-tracked");
        assert_eq!(scene.rows("releases"), 1, "what was released, was released");
        shows(&["Remove:releases", "TakenBack:unties"]);
        let anew = olga.does(client::attach(it, "tracksReleasesFor", repo, &olga.permit(it)));
        done(olga, &anew);
        let join = cast
            .world
            .rows(repo.as_str(), "joins")
            .into_iter()
            .find(|(of, asked)| asked["approved"].is_null() && *of != join);
        olga.does(client::approve_join(repo, &ActId::from(join.unwrap().0.as_str()), &upper));
        assert_eq!((points().len(), scene.rows("providers")), (1, 1));
        scene.releases("v2.0");
        shows(&["JoinApproved:releases"]);
    });
}

/// Bob's roadmap with two milestones, to which olga's tracker is tied. `fred` follows the roadmap.
struct Planned<'c> {
    scene: Scene<'c>,
    roadmap: ActorId,
    milestones: [String; 2],
    release: String,
    fred: Somebody,
}

impl<'c> Planned<'c> {
    fn new(cast: &'c Cast) -> Self {
        let (scene, bob) = (Scene::new(cast), &cast.bob);
        let roadmap = cast.world.make(bob, &cast.world.factory(bob, "bobs workshop"), "Roadmap", "plans");
        cast.tie((bob, &roadmap), (&cast.olga, &scene.it), "visit");
        let milestones = ["one", "two"].map(|name| {
            let open = client::open_milestone(&roadmap, name, "x", (None, None), &bob.permit(&roadmap));
            bob.result(&bob.does(open))
        });
        let fred = cast.world.person(&cast.place.host("fred"), "fred");
        fred.does(client::follow(&roadmap));
        let release = scene.releases("v1.0");
        Self { scene, roadmap, milestones, release, fred }
    }

    fn add(&self, who: &Somebody, milestone: &str) -> Value {
        client::add_milestone(&self.scene.it, &self.release, milestone, &who.permit(&self.scene.it))
    }

    fn remove(&self, who: &Somebody, milestone: &str) -> Value {
        client::remove_milestone(&self.scene.it, &self.release, milestone, &who.permit(&self.scene.it))
    }

    /// The milestones that the release brings.
    fn brings(&self) -> Vec<Value> {
        let kept = self.scene.kept()["milestones"].as_array().cloned().unwrap_or_default();
        kept.into_iter().map(|planned| planned["milestone"].clone()).collect()
    }

    /// How many releases each milestone lists.
    fn lists(&self) -> Vec<u64> {
        let rows = self.scene.cast.world.rows(self.roadmap.as_str(), "milestones");
        rows.iter().map(|(_, milestone)| milestone["releases"].as_u64().unwrap()).collect()
    }

    fn roadmap_rows(&self, table: &str) -> usize {
        self.scene.cast.world.rows(self.roadmap.as_str(), table).len()
    }

    /// What fred hears meanwhile.
    fn news<T>(&self, happens: impl FnOnce() -> T) -> (T, Vec<String>) {
        let before = self.fred.heard().len();
        let done = happens();
        (done, self.fred.heard().split_off(before))
    }

    /// The same addressed to the roadmap as well, as anybody can, and how it ends there.
    fn tells(&self, who: &Somebody, mut activity: Value) -> String {
        activity["to"] = json!([self.scene.it, self.roadmap]);
        let act = who.does(activity);
        self.scene.cast.world.ended(&self.roadmap, &act)
    }
}

/// ForgeFed, "Associate milestone", "Unassociate milestone".
#[test]
fn a_release_brings_milestones_which_list_it() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (alice, bob, it) = (&cast.alice, &cast.bob, &plan.scene.it);
        let [one, two] = &plan.milestones;
        plan.scene.refuses(bob, plan.add(bob, one), "role-too-small at step 17");
        plan.scene.refuses(alice, plan.add(alice, &format!("{}/milestones/9", plan.roadmap)), "not-of-the-provider");
        plan.scene.refuses(alice, plan.add(alice, &plan.release), "not-of-the-provider");
        let nowhere = client::add_milestone(it, &format!("{it}/releases/9"), one, &alice.permit(it));
        plan.scene.refuses(alice, nowhere, "no-such-release");
        let ((added, dora), fred) = plan.news(|| plan.scene.news(|| alice.does(plan.add(alice, one))));
        done(alice, &added);
        assert_eq!((dora, fred), (vec!["Add".into(), "Accept".into()], vec!["Add".into(), "Accept".into()]));
        assert_eq!((plan.brings(), plan.lists()), (vec![json!(one)], vec![1, 0]));
        shows(&["AddMilestone", "AddMilestone/authority", "AddMilestone/not-of-the-provider"]);
        shows(&["AddMilestone:keeps", "AddMilestone:answers", "roadmap-beh-add/5", "roadmap-beh-add/5.2"]);
        shows(&["roadmap-beh-accept/9", "roadmap-beh-accept/9.3"]);

        let listed = |tickets, after| {
            let view = ViewPlanned { viewer: None, number: 1, tickets, after, limit: 5 };
            cast.world.see::<Roadmap, _>(&plan.roadmap, &view).unwrap()
        };
        assert_eq!(listed(false, None), (1, vec![plan.release.clone()]));
        assert_eq!((listed(false, Some(plan.release.clone())), listed(true, None)), ((1, Vec::new()), (0, Vec::new())));
        alice.does(plan.add(alice, two));
        alice.does(plan.add(alice, two));
        assert_eq!((plan.brings().len(), plan.lists()), (2, vec![1, 1]), "told twice, listed once");
        plan.scene.refuses(bob, plan.remove(bob, one), "role-too-small at step 17");
        let ((removed, dora), fred) = plan.news(|| plan.scene.news(|| alice.does(plan.remove(alice, one))));
        done(alice, &removed);
        assert_eq!((dora, fred), (vec!["Remove".into(), "Accept".into()], vec!["Remove".into(), "Accept".into()]));
        assert_eq!((plan.brings(), plan.lists()), (vec![json!(two)], vec![0, 1]));
        plan.scene.refuses(alice, plan.remove(alice, one), "not-planned");
        shows(&["RemoveMilestone", "RemoveMilestone/authority", "RemoveMilestone/not-planned"]);
        shows(&["RemoveMilestone:keeps", "RemoveMilestone:answers", "roadmap-beh-remove/6", "roadmap-beh-remove/6.3"]);
        shows(&["roadmap-beh-accept/10", "roadmap-beh-accept/10.4"]);

        let delete = client::delete_release(it, &plan.release, &alice.permit(it));
        let (_, fred) = plan.news(|| alice.does(delete));
        assert_eq!(fred, ["Delete", "Accept"]);
        assert_eq!((plan.lists(), plan.roadmap_rows("release_places")), (vec![0, 0], 0));
        shows(&["roadmap-beh-delete/4", "roadmap-beh-delete/4.3", "roadmap-beh-accept/11", "roadmap-beh-accept/11.4"]);
    });
}

/// The same handlers: what they verify.
#[test]
fn a_roadmap_hears_of_releases_from_its_trackers_only() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (alice, olga, bob, roadmap) = (&cast.alice, &cast.olga, &cast.bob, &plan.roadmap);
        let [one, two] = &plan.milestones;
        let other = cast.world.make(olga, &cast.factory, "ReleaseTracker", "other");
        let stray = format!("{other}/releases/1");
        let by_olga = |activity: Value| client::with_capability(activity, Some(&olga.permit(&other)));
        let add = client::add_milestone(&other, &stray, one, &olga.permit(&other));
        let before = cast.world.of(roadmap);
        assert_eq!(plan.tells(olga, by_olga(add)), "not-its-tracker");
        let remove = client::remove_milestone(&other, &stray, one, &olga.permit(&other));
        assert_eq!(plan.tells(olga, remove), "not-its-tracker");
        let delete = client::delete_release(&other, &stray, &olga.permit(&other));
        assert_eq!(plan.tells(olga, delete), "noted", "nothing of a tracker of this roadmap's");
        let unplanned = client::delete_release(
            &plan.scene.it,
            &format!("{}/releases/9", plan.scene.it),
            &alice.permit(&plan.scene.it),
        );
        assert_eq!(plan.tells(alice, unplanned), "not-planned");
        let ended = plan.tells(alice, plan.remove(alice, two));
        assert_eq!(ended, "not-planned");
        assert_eq!(cast.world.of(roadmap), before);
        shows(&["roadmap-beh-add/5.1", "roadmap-beh-remove/6.1", "roadmap-beh-remove/6.2"]);
        shows(&["roadmap-beh-delete/3.1", "roadmap-beh-delete/4.1", "roadmap-beh-delete/4.2"]);

        // Nobody says it in the tracker's place, nor does a tracker say it of what is another's.
        let added = alice.does(plan.add(alice, one));
        cast.refuses(roadmap, bob, client::accept(&added, &[roadmap]), "not-its-tracker");
        let removes = alice.does(plan.remove(alice, one));
        cast.refuses(roadmap, bob, client::accept(&removes, &[roadmap]), "not-its-tracker");
        alice.does(plan.add(alice, one));
        let mut delete = client::delete_release(&plan.scene.it, &plan.release, &bob.permit(&plan.scene.it));
        delete["to"] = json!([plan.scene.it, roadmap]);
        let refused = bob.does(delete);
        cast.refuses(roadmap, bob, client::accept(&refused, &[roadmap]), "not-its-tracker");
        assert_eq!(plan.lists(), [1, 0]);
        shows(&["ReleasePlanned/not-its-tracker"]);
    });
}

/// The tracker's own word of its own release, when the roadmap is the tracker's no more.
#[test]
fn a_roadmap_hears_nothing_of_the_releases_of_a_tracker_that_has_left() {
    for statement in ["roadmap-beh-accept/9.1", "roadmap-beh-accept/10.1", "roadmap-beh-accept/11.1"] {
        let cast = Cast::new(31, super::Place::Each);
        let plan = Planned::new(&cast);
        let (alice, bob, it, roadmap) = (&cast.alice, &cast.bob, &plan.scene.it, &plan.roadmap);
        let [one, _] = &plan.milestones;
        let added = alice.does(plan.add(alice, one));
        let asked = match statement {
            "roadmap-beh-accept/9.1" => added,
            "roadmap-beh-accept/10.1" => alice.does(plan.remove(alice, one)),
            _ => alice.does(client::delete_release(it, &plan.release, &alice.permit(it))),
        };
        bob.does(client::remove(roadmap, it, &bob.permit(roadmap)));
        let before = cast.world.of(roadmap);
        let late = json!({
            "id": format!("{it}/outbox/late"), "type": "Accept", "actor": it, "to": [roadmap], "object": asked,
        });
        cast.world.sends(roadmap, &late);
        cast.world.settle();
        let late = late["id"].as_str().unwrap().into();
        assert_eq!(cast.world.ended(roadmap, &late), "not-its-tracker", "{statement}");
        assert_eq!(cast.world.of(roadmap), before, "{statement}");
        assert_eq!((plan.lists(), plan.roadmap_rows("release_places")), (vec![0, 0], 0), "{statement}");
    }
    shows(&["roadmap-beh-accept/9.1", "roadmap-beh-accept/10.1", "roadmap-beh-accept/11.1"]);
}

/// ForgeFed, "Deleting Resource Actors": what it kept is gone with it.
#[test]
fn the_releases_of_a_deleted_tracker_are_gone() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (it, alice, net) = (&plan.scene.it, &cast.alice, |uri: &str| cast.world.0.borrow().net.document(uri));
        assert!(net(&plan.release).is_ok());
        let delete = client::delete_resource(it, &cast.olga.permit(it));
        done(&cast.olga, &cast.olga.does(delete));
        assert!(net(&plan.release).is_err() && net(it.as_str()).is_err());
        assert!(alice.may(it).is_none(), "a collaborator is told");
    });
    shows(&["DeleteResource:ends"]);
}

/// What a tracker tells too late, or twice: the milestone has forgotten it.
#[test]
fn a_roadmap_takes_off_only_what_it_lists() {
    let cast = Cast::new(29, super::Place::Each);
    let plan = Planned::new(&cast);
    let (alice, bob, it, roadmap) = (&cast.alice, &cast.bob, &plan.scene.it, &plan.roadmap);
    let [one, _] = &plan.milestones;
    let last = |author: &ActorId| {
        let rows = cast.world.rows(roadmap.as_str(), "~inbox");
        let item = rows.into_iter().rfind(|(_, item)| item["from"] == author.as_str()).unwrap().1;
        item["ended"]["refused"]["why"]["code"].clone()
    };
    // The tie ends and begins anew: the roadmap has forgotten what the tracker has not.
    alice.does(plan.add(alice, one));
    bob.does(client::remove(roadmap, it, &bob.permit(roadmap)));
    assert_eq!((plan.lists(), plan.roadmap_rows("milestone_releases")), (vec![0, 0], 0));
    cast.tie((bob, roadmap), (&cast.olga, it), "visit");
    alice.does(plan.remove(alice, one));
    assert_eq!(last(it), "not-planned");
    shows(&["ReleasePlanned/not-planned"]);
    alice.does(plan.add(alice, one));
    bob.does(client::remove(roadmap, it, &bob.permit(roadmap)));
    cast.tie((bob, roadmap), (&cast.olga, it), "visit");
    alice.does(client::delete_release(it, &plan.release, &alice.permit(it)));
    assert_eq!(last(it), "not-planned");
    shows(&["roadmap-beh-accept/11.3", "roadmap-beh-accept/7.2"]);
}

/// Source: ForgeFed, the handlers of `Delete` and `Accept` of ReleaseTracker.
#[test]
fn a_milestone_that_is_deleted_is_unset_at_its_releases() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (alice, bob, roadmap) = (&cast.alice, &cast.bob, &plan.roadmap);
        let [one, two] = &plan.milestones;
        for milestone in [one, two] {
            alice.does(plan.add(alice, milestone));
        }
        let forged = alice.does(client::delete_milestone(roadmap, one, &alice.permit(&plan.scene.it)));
        assert_eq!(cast.world.ended(roadmap, &forged), "other-resource at step 7");
        assert_eq!(plan.brings().len(), 2);
        let delete = client::delete_milestone(roadmap, one, &bob.permit(roadmap));
        let (_, dora) = plan.scene.news(|| bob.does(delete));
        assert_eq!(dora, ["Delete"], "and what comes of it, the roadmap tells its own");
        assert_eq!((plan.brings(), plan.scene.rows("planned")), (vec![json!(two)], 1));
        shows(&["MilestoneDeletion", "MilestoneDeletion:forwards"]);
        shows(&["rt-beh-accept/8", "rt-beh-accept/8.1"]);
        cast.world.pass(3600);
        assert_eq!((plan.roadmap_rows("milestone_releases"), plan.roadmap_rows("release_places")), (1, 1));
        // Only the roadmap says that a milestone is gone.
        let mut strange = client::delete_milestone(roadmap, two, &bob.permit(roadmap));
        strange["to"] = json!([plan.scene.it]);
        let strange = bob.does(strange);
        plan.scene.refuses(alice, client::accept(&strange, &[&plan.scene.it]), "not-the-roadmap");
    });
}

/// Past the bound nothing is added, and a tracker without a roadmap adds none.
#[test]
fn a_release_brings_only_so_many_milestones_and_none_without_a_roadmap() {
    let cast = Cast::new(29, super::Place::One);
    let plan = Planned::new(&cast);
    let (alice, bob, olga, it, roadmap) = (&cast.alice, &cast.bob, &cast.olga, &plan.scene.it, &plan.roadmap);
    let milestone = || {
        let open = client::open_milestone(roadmap, "x", "x", (None, None), &bob.permit(roadmap));
        bob.result(&bob.does(open))
    };
    for _ in 0..RELEASE_MILESTONES_MAX {
        done(alice, &alice.does(plan.add(alice, &milestone())));
    }
    assert_eq!(plan.brings().len(), RELEASE_MILESTONES_MAX);
    plan.scene.refuses(alice, plan.add(alice, &milestone()), "too-many-milestones");
    olga.does(client::detach(it, "trackerRoadmap", roadmap, &olga.permit(it)));
    assert_eq!(plan.lists().iter().sum::<u64>(), 0);
    plan.scene.refuses(alice, plan.add(alice, &plan.milestones[0]), "no-roadmap");
    // Those of a roadmap that is used no more make room for those of the next.
    let next = cast.world.make(bob, &cast.world.factory(bob, "annexe"), "Roadmap", "next");
    cast.tie((bob, &next), (olga, it), "visit");
    let open = client::open_milestone(&next, "x", "x", (None, None), &bob.permit(&next));
    let first = bob.result(&bob.does(open));
    done(alice, &alice.does(plan.add(alice, &first)));
    assert_eq!((plan.brings(), plan.scene.rows("planned")), (vec![json!(first)], 1));
}
