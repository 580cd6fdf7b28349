//! FL-65, FL-70, FL-72 and FL-73: a tracker uses what another resource provides. Each kind of which both sides exist, begun by
//! either side, ended by either side.

use super::{Cast, Place, everywhere};
use crate::status::shows;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::access::Role;
use pritchel_actors::limits::TIE_OFFERS_MAX;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{ResourceKind, client};
use serde_json::json;

/// Two who are to be tied: bob's provides, olga's consumes.
struct Pair<'c> {
    cast: &'c Cast,
    kind: TieKind,
    provider: ActorId,
    consumer: ActorId,
}

/// Every pair of types that exist here.
fn pairs() -> Vec<(TieKind, &'static str, &'static str)> {
    let made = |name: &&&'static str| ResourceKind::from_type(name).is_some();
    let mut pairs = Vec::new();
    for kind in TieKind::ALL {
        for provider in kind.types(TieSide::Provider).iter().filter(made) {
            pairs
                .extend(kind.types(TieSide::Consumer).iter().filter(made).map(|consumer| (kind, *provider, *consumer)));
        }
    }
    assert!(pairs.contains(&(TieKind::Workflow, "Workflow", "TicketTracker")));
    pairs
}

impl<'c> Pair<'c> {
    fn new(cast: &'c Cast, (kind, provider, consumer): (TieKind, &str, &str)) -> Self {
        let workshop = cast.world.factory(&cast.bob, "bobs workshop");
        let provider = cast.world.make(&cast.bob, &workshop, provider, "upper");
        let consumer = cast.world.make(&cast.olga, &cast.factory, consumer, "lower");
        Self { cast, kind, provider, consumer }
    }

    fn property(&self) -> &'static str {
        self.kind.property(TieSide::Consumer)
    }

    /// Bob invites the tracker.
    fn invited(&self) -> ActId {
        let grant = self.cast.bob.permit(&self.provider);
        self.cast.bob.does(client::invite(&self.provider, &self.consumer, self.kind.role().as_str(), &grant))
    }

    /// Olga has the tracker ask.
    fn asked(&self) -> ActId {
        let grant = self.cast.olga.permit(&self.consumer);
        let add = self.cast.olga.does(client::attach(&self.consumer, self.property(), &self.provider, &grant));
        assert!(matches!(self.cast.olga.sent(&add).state, SentState::Done { .. }), "{:?}", self.cast.olga.sent(&add));
        let joins = self.cast.world.rows(self.provider.as_str(), "joins");
        let waits = joins.iter().find(|(_, join)| join["approved"].is_null());
        ActId::from(waits.unwrap().0.as_str())
    }

    fn ties(&self, begun_by: TieSide) {
        let (bob, olga) = (&self.cast.bob, &self.cast.olga);
        match begun_by {
            TieSide::Provider => {
                let invite = self.invited();
                assert!(!self.tied(), "the provider alone ties nothing");
                olga.does(client::agree_to_tie(&self.consumer, &invite, &olga.permit(&self.consumer)));
            }
            TieSide::Consumer => {
                let join = self.asked();
                assert!(!self.tied(), "the consumer alone ties nothing");
                bob.does(client::approve_join(&self.provider, &join, &bob.permit(&self.provider)));
            }
        }
        assert!(self.tied(), "{:?} begun by {begun_by:?}", self.kind);
    }

    /// Whether both point at each other, and the consumer follows the provider.
    fn tied(&self) -> bool {
        let world = &self.cast.world;
        let here = world.rows(self.provider.as_str(), "consumers").len();
        let there = world.rows(self.consumer.as_str(), "providers").len();
        assert_eq!(here, there, "both sides see it the same");
        let collaborators = world.rows(self.provider.as_str(), "collaborators");
        assert_eq!(collaborators.iter().any(|(who, _)| who == self.consumer.as_str()), here == 1);
        let followers = world.rows(self.provider.as_str(), "followers");
        assert_eq!(followers.iter().any(|(who, _)| who == self.consumer.as_str()), here == 1);
        here == 1
    }
}

/// How a tie is ended.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// An admin of the provider removes the tracker.
    Remove,
    /// An admin of the provider undoes the Grant.
    Undo,
    /// An admin of the tracker has it leave.
    Leave,
}

const ENDINGS: [Ending; 3] = [Ending::Remove, Ending::Undo, Ending::Leave];
const SIDES: [TieSide; 2] = [TieSide::Provider, TieSide::Consumer];

/// ForgeFed, "Linking a Tracker and a Workflow" and its sisters; F-46 and F-47.
#[test]
fn a_tie_is_formed_from_either_side_and_ended_from_either_side() {
    for pair in pairs() {
        for (begun_by, ending) in SIDES.into_iter().flat_map(|side| ENDINGS.map(|ending| (side, ending))) {
            everywhere(|cast| {
                let pair = Pair::new(cast, pair);
                let (bob, olga) = (&cast.bob, &cast.olga);
                pair.ties(begun_by);
                let (provider, consumer) = (&pair.provider, &pair.consumer);
                let (upper, lower) = (bob.permit(provider), olga.permit(consumer));
                let ended = match ending {
                    Ending::Remove => bob.does(client::remove(provider, consumer, &upper)),
                    Ending::Undo => {
                        let held = cast.world.rows(consumer.as_str(), "tie_grants");
                        let grants = [ActId::from(held[0].0.as_str())];
                        bob.does(client::undo_grants(provider, &grants, Some(&upper)))
                    }
                    Ending::Leave => olga.does(client::detach(consumer, pair.property(), provider, &lower)),
                };
                let by = if matches!(ending, Ending::Leave) { olga } else { bob };
                assert!(matches!(by.sent(&ended).state, SentState::Done { .. }), "{:?}", by.sent(&ended));
                assert!(!pair.tied(), "{:?} begun by {begun_by:?}, ended by {ending:?}", pair.kind);
                cast.refuses(consumer, olga, client::detach(consumer, pair.property(), provider, &lower), "not-tied");
                // What has ended can begin anew.
                pair.ties(begun_by);
            });
        }
    }
}

/// Protocol decision F-46: the provider's word alone attaches nothing to anybody's tracker, and nor does a stranger's.
#[test]
fn a_stranger_cannot_attach_anything_to_a_tracker() {
    everywhere(|cast| {
        let pair = Pair::new(cast, (TieKind::Workflow, "Workflow", "TicketTracker"));
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let (provider, consumer) = (&pair.provider, &pair.consumer);
        let (upper, lower) = (bob.permit(provider), olga.permit(consumer));
        let invite = pair.invited();
        let agree = |grant: &ActId| client::agree_to_tie(consumer, &invite, grant);
        cast.refuses(consumer, alice, agree(&lower), "wrong-hands at step 8");
        cast.refuses(consumer, bob, agree(&upper), "other-resource at step 7");
        cast.refuses(consumer, alice, client::accept(&invite, &[consumer]), "already-decided");
        cast.refuses(provider, olga, client::accept(&invite, &[provider]), "not-the-invited");
        assert!(!pair.tied());
        // Somebody says that the workflow invites: the workflow itself says nothing.
        let forged = client::invite(provider, consumer, "visit", &upper);
        let forged = alice.does(forged);
        cast.refuses(consumer, alice, client::accept(&forged, &[consumer]), "not-the-provider");
        olga.does(client::agree_to_tie(consumer, &forged, &lower));
        assert!(!pair.tied(), "nothing comes of what the provider has not agreed to");
        olga.does(agree(&lower));
        assert!(pair.tied());
        cast.refuses(consumer, olga, agree(&lower), "already-decided");
    });
}

#[test]
fn a_tie_declined_by_either_side_is_not_formed() {
    everywhere(|cast| {
        let pair = Pair::new(cast, (TieKind::Workflow, "Workflow", "TicketTracker"));
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let (provider, consumer) = (&pair.provider, &pair.consumer);
        let (upper, lower) = (bob.permit(provider), olga.permit(consumer));
        let invite = pair.invited();
        let no = |grant: &ActId| client::disagree_to_tie(consumer, &invite, grant);
        cast.refuses(consumer, alice, no(&lower), "wrong-hands at step 8");
        cast.refuses(consumer, alice, client::reject(&invite, &[consumer]), "not-the-provider");
        olga.does(no(&lower));
        cast.refuses(consumer, olga, client::agree_to_tie(consumer, &invite, &lower), "already-decided");
        let join = pair.asked();
        let mut deny = client::reject(&join, &[provider]);
        deny["capability"] = json!(upper);
        bob.does(deny);
        assert!(!pair.tied());
        cast.refuses(provider, bob, client::approve_join(provider, &join, &upper), "already-decided");
    });
}

/// A tracker has one workflow; only an admin asks for one, and only what is one is asked.
#[test]
fn a_tracker_has_one_workflow_and_asks_no_other_kind_of_actor() {
    everywhere(|cast| {
        let pair = Pair::new(cast, (TieKind::Workflow, "Workflow", "TicketTracker"));
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let (provider, consumer) = (&pair.provider, &pair.consumer);
        let lower = olga.permit(consumer);
        let attach = |to: &ActorId| client::attach(consumer, "trackerWorkflow", to, &lower);
        cast.refuses(consumer, alice, attach(provider), "wrong-hands at step 8");
        cast.refuses(consumer, olga, attach(&cast.repo), "wrong-kind");
        let other = cast.world.make(olga, &cast.factory, "Workflow", "other");
        let late = olga.does(client::invite(&other, consumer, "visit", &olga.permit(&other)));
        let as_writer = bob.does(client::invite(provider, consumer, "write", &bob.permit(provider)));
        olga.does(client::agree_to_tie(consumer, &as_writer, &lower));
        assert!(!pair.tied(), "a workflow is only visited");
        pair.ties(TieSide::Consumer);
        cast.refuses(consumer, olga, attach(&other), "already-tied");
        cast.refuses(consumer, olga, client::agree_to_tie(consumer, &late, &lower), "already-tied");
        assert_eq!(cast.world.rows(consumer.as_str(), "providers").len(), 1);
        assert_eq!(cast.world.rows(other.as_str(), "consumers").len(), 0);
    });
}

/// A person who visits a workflow is a collaborator and no tracker of it.
#[test]
fn a_person_with_the_same_role_is_not_listed_as_a_tracker() {
    everywhere(|cast| {
        let workflow = cast.world.make(&cast.olga, &cast.factory, "Workflow", "steps");
        cast.olga.lets_in(&cast.alice, &workflow, "visit");
        assert_eq!(cast.world.rows(workflow.as_str(), "consumers"), []);
        cast.olga.does(client::remove(&workflow, &cast.alice, &cast.olga.permit(&workflow)));
        assert!(cast.alice.may(&workflow).is_none());
    });
}

/// What either side of a tie demands before it goes on, and what the followers of the tracker are told: for every two kinds.
#[test]
fn every_tie_is_offered_by_the_provider_itself_and_only_one_stands_in_a_place_for_one() {
    for (kind, provider, consumer) in pairs() {
        let cast = Cast::new(23, Place::Each);
        let pair = Pair::new(&cast, (kind, provider, consumer));
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let (provides, consumes) = (&pair.provider, &pair.consumer);
        let (upper, lower) = (bob.permit(provides), olga.permit(consumes));
        let dora = cast.world.person("dora.example", "dora");
        dora.does(client::follow(consumes));
        // A stranger says that the provider invites: it says nothing of the kind.
        let heard = dora.heard().len();
        let forged = alice.does(client::invite(provides, consumes, kind.role().as_str(), &upper));
        assert_eq!(dora.heard().split_off(heard), ["Invite"]);
        cast.refuses(consumes, alice, client::accept(&forged, &[consumes]), "not-the-provider");
        let other_role = if kind.role() == Role::Visit { "write" } else { "visit" };
        let otherwise = bob.does(client::invite(provides, consumes, other_role, &upper));
        olga.does(client::agree_to_tie(consumes, &otherwise, &lower));
        assert!(!pair.tied(), "{kind:?} is by another role");
        let heard = cast.world.rows(consumes.as_str(), "~inbox");
        let refused = |item: &serde_json::Value| item["ended"]["refused"]["why"]["code"] == "wrong-kind";
        assert!(heard.iter().any(|(_, item)| refused(item)), "the provider's word on it: {heard:?}");

        let invite = pair.invited();
        let other = cast.world.make(bob, &cast.world.factory(bob, "annexe"), provider, "other");
        let late = bob.does(client::invite(&other, consumes, kind.role().as_str(), &bob.permit(&other)));
        let join = pair.asked();
        let agrees = olga.does(client::agree_to_tie(consumes, &invite, &lower));
        assert_eq!(cast.world.ended(consumes, &agrees), "done");
        assert!(pair.tied(), "the tracker itself agreed: {kind:?}");
        // What was asked for meanwhile has been given: the Grant that comes now is one too many.
        bob.does(client::approve_join(provides, &join, &upper));
        assert!(pair.tied());
        if kind.only_one(TieSide::Consumer) {
            cast.refuses(consumes, olga, client::agree_to_tie(consumes, &late, &lower), "already-tied");
            assert_eq!(cast.world.rows(other.as_str(), "consumers"), []);
        }
    }
    shows(&["AttachOffered", "AttachOffered:forwards", "ProviderAgreed", "ProviderAgreed:answers"]);
    shows(&["ProviderAgreed/not-the-provider", "ProviderAgreed/wrong-kind", "AttachAgreed/already-tied"]);
    shows(&["Provided", "Provided:ties", "InvitationAccepted:ties", "JoinApproved:ties", "Remove:unties"]);
}

/// A tracker that asks one and agrees to another keeps the one that came first, and gives the other Grant back.
#[test]
fn a_second_grant_for_a_place_for_one_is_given_back() {
    for (kind, provider, consumer) in pairs().into_iter().filter(|(kind, ..)| kind.only_one(TieSide::Consumer)) {
        let cast = Cast::new(23, Place::Each);
        let pair = Pair::new(&cast, (kind, provider, consumer));
        let (bob, olga) = (&cast.bob, &cast.olga);
        let lower = olga.permit(&pair.consumer);
        let join = pair.asked();
        let other = cast.world.make(bob, &cast.world.factory(bob, "annexe"), provider, "other");
        let invite = bob.does(client::invite(&other, &pair.consumer, kind.role().as_str(), &bob.permit(&other)));
        olga.does(client::agree_to_tie(&pair.consumer, &invite, &lower));
        bob.does(client::approve_join(&pair.provider, &join, &bob.permit(&pair.provider)));
        let uses = cast.world.rows(pair.consumer.as_str(), "providers");
        assert_eq!(uses.len(), 1);
        assert!(uses[0].0.ends_with(other.as_str()), "{uses:?}");
        assert_eq!(cast.world.rows(pair.provider.as_str(), "consumers"), [], "the Grant was given back");
    }
    shows(&["Provided/already-tied"]);
}

/// Protocol decision F-54: what the end of either side does to a tie.
#[test]
fn the_deletion_of_either_side_ends_a_tie() {
    for pair in pairs() {
        for side in SIDES {
            everywhere(|cast| {
                let pair = Pair::new(cast, pair);
                let (bob, olga) = (&cast.bob, &cast.olga);
                pair.ties(TieSide::Provider);
                let (gone, left, table, by) = match side {
                    TieSide::Provider => (&pair.provider, &pair.consumer, "providers", bob),
                    TieSide::Consumer => (&pair.consumer, &pair.provider, "consumers", olga),
                };
                let delete = client::delete_resource(gone, &by.permit(gone));
                cast.refuses(gone, &cast.alice, delete.clone(), "wrong-hands at step 8");
                assert_eq!(cast.world.rows(left.as_str(), table).len(), 1, "nothing has happened");
                by.does(delete);
                assert_eq!(cast.world.rows(left.as_str(), table), [], "{:?}, {side:?} deleted", pair.kind);
                for other in ["tie_grants", "followers"] {
                    let of_it = cast.world.rows(left.as_str(), other);
                    assert!(!of_it.iter().any(|(key, _)| key.ends_with(gone.as_str())), "{other}: {of_it:?}");
                }
                let collaborators = cast.world.rows(left.as_str(), "collaborators");
                assert!(!collaborators.iter().any(|(who, _)| who == gone.as_str()), "{collaborators:?}");
            });
        }
    }
}

/// Anybody can invite a tracker: only so many invitations wait, the oldest makes room and can be agreed to no longer.
#[test]
fn offers_of_strangers_make_room_for_later_ones() {
    let cast = Cast::new(3, Place::Each);
    let (world, olga, tracker) = (&cast.world, &cast.olga, &cast.tracker);
    let mallory = "https://evil.example/people/mallory";
    let invite = |number: u64| {
        let id = format!("{mallory}/outbox/{number}");
        let invite = json!({
            "id": id, "type": "Invite", "actor": mallory, "to": [tracker], "object": tracker, "instrument": "visit",
            "target": format!("https://evil.example/workflows/{number}/collaborators"),
        });
        world.sends(tracker, &invite);
        ActId::new(id)
    };
    let first = invite(0);
    for number in 1..TIE_OFFERS_MAX {
        invite(number);
    }
    world.settle();
    let waits = || world.rows(tracker.as_str(), "tie_offers");
    assert_eq!(waits().len() as u64, TIE_OFFERS_MAX);
    assert!(waits().iter().any(|(_, of)| of == first.as_str()));
    let last = invite(TIE_OFFERS_MAX);
    world.settle();
    assert_eq!(waits().len() as u64, TIE_OFFERS_MAX, "one more makes room first");
    assert!(waits().iter().all(|(_, of)| of != first.as_str()) && waits().iter().any(|(_, of)| of == last.as_str()));
    let agree = |of: &ActId| client::agree_to_tie(tracker, of, &olga.permit(tracker));
    cast.refuses(tracker, olga, agree(&first), "already-decided");
    let agreed = olga.does(agree(&last));
    assert_eq!(world.ended(tracker, &agreed), "done");
}
