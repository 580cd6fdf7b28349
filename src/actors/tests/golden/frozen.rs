//! The story whose boxes are kept, and how they are kept.

use super::{Golden, GoldenServer, hex};
use crate::flows::{Cast, Place};
use crate::world::cast::done;
use crate::world::{Parcel, World, ready};
use pritchel_actor::errbox::{INBOX, OUTBOX};
use pritchel_actor::message::What;
use pritchel_actor::{ActId, ActorId, Boxes, Message, Value};
use pritchel_actors::client;
use pritchel_actors::person::rows::Scope;
use pritchel_actors::person::{EditProfile, IssueToken, OpenSession, Person};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::{ProposePush, Repository};
use serde_json::json;
use std::collections::BTreeSet;

/// The version of every table when the file was written.
const FIRST: u16 = 1;

/// A world in which everything there can be is, and much is under way.
pub fn story() -> World {
    let cast = Cast::new(41, Place::Each);
    let (world, olga, alice, bob) = (cast.world.clone(), &cast.olga, &cast.alice, &cast.bob);
    let (tracker, repo) = (&cast.tracker, &cast.repo);
    let grant = olga.permit(tracker);
    let ticket = cast.ticket();
    private_rows(&cast);
    bob.does(client::comment(tracker, &ticket, None, "Me *too*", None));
    bob.does(client::follow_ticket(tracker, &ticket));
    bob.does(client::like(repo));
    olga.does(client::follow(alice));
    olga.lets_in(bob, tracker, "admin");
    bob.does(client::close(tracker, &ticket, Some(&bob.permit(tracker))));
    bob.does(client::reopen(tracker, &ticket, None));
    bob.does(client::join(repo, "write", None));
    olga.does(client::invite(repo, bob, "report", &olga.permit(repo)));
    dependencies(&cast, &ticket);

    let assign = olga.does(client::assign(tracker, &ticket, bob, Some(&grant)));
    bob.does(client::accept(&assign, &[tracker]));
    olga.does(client::assign(tracker, &ticket, alice, Some(&grant)));
    let mut held = Vec::new();
    olga.posts(client::unassign(tracker, &ticket, bob, Some(&grant)));
    world.rest();
    held.extend(world.hold(&bob.id, "Undo"));
    held.extend(world.hold(&bob.id, "Accept"));
    world.settle();

    // An Accept waits at the tracker for its Invite; alice has answered what her own server has not seen.
    olga.lets_in(bob, &cast.factory, "visit");
    let invite = bob.posts(client::invite(tracker, alice, "write", &bob.permit(tracker)));
    world.rest();
    held.extend(world.hold(tracker, "Invite"));
    held.extend(world.hold(&alice.id, "Invite"));
    alice.does(client::accept(&invite, &[tracker]));
    // A Revoke of what alice never had.
    let revoke = json!({"id": format!("{repo}/outbox/revoke"), "type": "Revoke", "actor": repo, "object": format!("{repo}/outbox/never")});
    world.sends(&alice.id, &revoke);
    world.settle();
    // Bob's Follow has not arrived; olga's factory has made something that has not begun.
    bob.posts(client::follow(repo));
    world.rest();
    olga.posts(client::create(&cast.factory, "Repository", "pot", None, &olga.permit(&cast.factory)));
    until_a_call_waits(&world);
    world.0.borrow_mut().wire.extend(held);
    world
}

fn private_rows(cast: &Cast) {
    let (world, alice) = (&cast.world, &cast.alice.id);
    let until = world.now() + 3600;
    let session = OpenSession { hash: "5e55".to_owned(), until, browser: Some("a browser".to_owned()) };
    done(world.call::<Person>(alice, alice, session));
    let token = IssueToken {
        hash: "70ce".to_owned(),
        label: "laptop".to_owned(),
        scopes: vec![Scope::Read, Scope::Git],
        until: Some(until),
        mark: None,
        only: Vec::new(),
    };
    done(world.call::<Person>(alice, alice, token));
    let profile = EditProfile { approves_followers: true, ..EditProfile::default() };
    done(world.call::<Person>(alice, alice, profile));
    let update = RefUpdate { name: "refs/heads/main".to_owned(), old: None, new: Some("a".repeat(40)) };
    let push = ProposePush {
        push: "push".to_owned(),
        by: cast.olga.id.clone(),
        updates: vec![update],
        capability: None,
        forced: Vec::new(),
    };
    done(world.call::<Repository>(&cast.repo, &cast.repo, push));
    world.settle();
}

/// One dependency within the tracker, one on another tracker that is about to be removed.
fn dependencies(cast: &Cast, ticket: &str) {
    let (olga, bob, tracker, world) = (&cast.olga, &cast.bob, &cast.tracker, &cast.world);
    let grant = olga.permit(tracker);
    let second = cast.ticket();
    olga.does(client::add_dependency(tracker, ticket, tracker, &second, &grant));
    let factory = world.factory(bob, "shed");
    let other = world.tracker(bob, &factory, "chores");
    let on = bob.result(&bob.does(client::open_ticket(bob, &other, "First this", "", None)));
    let offer = olga.does(client::add_dependency(tracker, ticket, &other, &on, &grant));
    olga.posts(client::remove_dependency(tracker, &olga.result(&offer), &other, &grant));
    world.rest();
    drop(world.hold(&other, "Accept"));
    world.rest();
    // The tracker's word on the removal is lost for good.
    while !world.0.borrow().wire.is_empty() {
        world.carry();
    }
    world.rest();
    drop(world.hold(&other, "Accept"));
    world.settle();
}

/// Runs olga's server until a private call lies in a mailbox.
fn until_a_call_waits(world: &World) {
    for _ in 0..1000 {
        if mail(world, "olga.example").iter().any(|(_, message)| matches!(message.what, What::Call { .. })) {
            return;
        }
        world.run("olga.example");
    }
    panic!("no call was seen");
}

fn mail(world: &World, host: &str) -> Vec<(ActorId, Message)> {
    let boxes = world.0.borrow().servers[host].boxes.clone();
    let with_mail = boxes.with_mail().into_iter();
    let of = |to: ActorId| {
        let mail = ready(boxes.mail(&to, None, 100)).unwrap();
        mail.into_iter().map(move |mail| (to.clone(), Message::clone(&mail.message))).collect::<Vec<_>>()
    };
    with_mail.flat_map(of).collect()
}

/// Everything as it is kept in a file.
pub fn freeze(world: World) -> Golden {
    let hosts: Vec<String> = world.0.borrow().servers.keys().cloned().collect();
    let servers = hosts.into_iter().map(|host| (host.clone(), server(&world, &host))).collect();
    let inner = world.0.borrow();
    let parcel = |parcel: &Parcel| (parcel.to.clone(), serde_json::from_slice(&parcel.raw).unwrap());
    Golden { servers, wire: inner.wire.iter().map(parcel).collect(), names: inner.names.clone() }
}

fn server(world: &World, host: &str) -> GoldenServer {
    let boxes = world.0.borrow().servers[host].boxes.clone();
    let mut kept = GoldenServer { states: boxes.states(), mail: mail(world, host), ..GoldenServer::default() };
    let mut acts: BTreeSet<String> = BTreeSet::new();
    for ((actor, table, key), bytes) in boxes.rows() {
        let value: Value = serde_json::from_slice(&bytes[2..]).unwrap();
        if table == INBOX.name() || table == OUTBOX.name() {
            acts.insert(value["act"].as_str().unwrap().to_owned());
        }
        if table == "~early" {
            acts.insert(value["what"]["act"]["id"].as_str().unwrap().to_owned());
        }
        kept.rows.push((actor, table, hex(&key), FIRST, value));
    }
    for (_, message) in &kept.mail {
        if let What::Act { id, .. } = &message.what {
            acts.insert(id.as_str().to_owned());
        }
    }
    let body = |id: String| boxes.act(&ActId::new(id)).map(|act| act.body.as_ref().clone());
    kept.acts = acts.into_iter().filter_map(body).collect();
    kept
}
