//! What an actor's page says of handshakes: with whom each is, what it waits for, and to whom that is told.

use super::browser::Browser;
use crate::world::World;
use pritchel_actor::{ActId, ActorId, Outcome, Value};
use pritchel_actors::person::Publish;
use pritchel_actors::{Person, ResourceKind, client};

/// Invites somebody and gives the `Invite` back.
async fn invited(world: &World, by: &ActorId, resource: &ActorId, who: &ActorId) -> ActId {
    let permit = world.permit(by, resource).await;
    world.publishes(by, &client::invite(resource, who, "triage", &permit)).await
}

#[tokio::test]
async fn the_page_of_each_kind_tells_its_admins_what_each_handshake_waits_for_and_nobody_else() {
    let world = World::new().await;
    let (a, b, c) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let (alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let nobody = Browser::new(&world);
    for kind in ResourceKind::ALL {
        let resource = world.makes(&a, kind.as_str(), "Tea", "public").await;
        assert!(!alice.sees(resource.as_str()).await.contains(">Waiting<"), "{kind:?}: nothing waits yet");
        let invite = invited(&world, &a, &resource, &b).await;
        world.publishes(&c, &client::join(&resource, "write", None)).await;
        let page = alice.sees(resource.as_str()).await;
        for waits in ["waits for bob to accept", "waits for you, or another admin, to let it join"] {
            assert!(page.contains(waits), "{kind:?}, {waits}: {page}");
        }
        for other in [&bob, &nobody] {
            assert!(!other.sees(resource.as_str()).await.contains("waits for"), "{kind:?}: handshakes are for admins");
        }
        let own = bob.sees(b.as_str()).await;
        assert!(own.contains("waits for you to accept") && own.contains("href=\"/desk\""), "{kind:?}: {own}");
        for other in [&alice, &nobody] {
            assert!(!other.sees(b.as_str()).await.contains("waits for"), "{kind:?}: what waits for bob is his affair");
        }
        world.publishes(&b, &client::accept(&invite, &[&resource])).await;
        let page = alice.sees(resource.as_str()).await;
        assert!(!page.contains("waits for bob") && page.contains("to let it join"), "{kind:?}: {page}");
        assert!(!bob.sees(b.as_str()).await.contains(">Waiting<"), "{kind:?}: he has his Grant");
    }
}

#[tokio::test]
async fn a_tracker_shows_the_grant_by_which_it_uses_a_roadmap_to_its_admins_while_it_stands() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", "public").await;
    let roadmap = world.makes(&a, "Roadmap", "Plans", "public").await;
    let (of_tracker, of_roadmap) = (world.permit(&a, &tracker).await, world.permit(&a, &roadmap).await);
    let links = format!("{tracker}/links");
    assert!(!alice.sees(&links).await.contains("Grants held"));
    let invite = client::invite(&roadmap, &tracker, "visit", &of_roadmap);
    let invite = world.publishes(&a, &invite).await;
    let page = alice.sees(roadmap.as_str()).await;
    assert!(page.contains("waits for an admin of Tea to agree"), "{page}");
    assert!(alice.sees(tracker.as_str()).await.contains("waits for you, or another admin of this side"));
    world.publishes(&a, &client::agree_to_tie(&tracker, &invite, &of_tracker)).await;
    let page = alice.sees(&links).await;
    let held = page.split_once("Grants held").map(|(_, held)| held).unwrap_or_else(|| panic!("{page}"));
    assert!(held.contains("Plans") && held.contains("/grant?id="), "{held}");
    assert!(!bob.sees(&links).await.contains("Grants held"), "that is for its admins");
    assert!(!alice.sees(roadmap.as_str()).await.contains(">Waiting<"));
    world.publishes(&a, &client::remove(&roadmap, &tracker, &of_roadmap)).await;
    assert!(!alice.sees(&links).await.contains("Grants held"), "it was taken back");
}

/// What has come to its end is kept, and what waits stands somewhere among it.
#[tokio::test]
async fn what_waits_is_found_behind_a_page_of_what_has_ended() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let alice = Browser::of(&world, &a).await;
    let team = world.makes(&a, "Team", "Cooks", "public").await;
    let permit = world.permit(&a, &team).await;
    for _ in 0..=pritchel_actor::limits::PAGE_MAX {
        let invite = says(&world, &a, client::invite(&team, &b, "triage", &permit)).await;
        says(&world, &b, client::reject(&invite, &[&team])).await;
    }
    let waiting = ["carol", "dora", "eve", "frank"];
    for who in waiting {
        let who = world.person(who).await;
        says(&world, &a, client::invite(&team, &who, "triage", &permit)).await;
    }
    let shown = alice.sees(team.as_str()).await;
    for who in waiting {
        assert!(shown.contains(&format!("waits for {who} to accept")), "{who}: {shown}");
    }
}

/// Has somebody publish something, without a token for it.
async fn says(world: &World, who: &ActorId, document: Value) -> ActId {
    let said = world.front.node.call::<Person, _>(who, who, Publish { document }).await;
    world.settle().await;
    match said {
        Ok(Outcome::Done(act)) => act,
        other => panic!("{other:?}"),
    }
}

/// Protocol decision F-49, by its form.
#[tokio::test]
async fn who_wants_not_to_be_asked_is_given_tickets_at_once_and_only_they_say_so() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", "public").await;
    let permit = world.permit(&a, &tracker).await;
    let mut tickets = Vec::new();
    for number in 1..=3 {
        says(&world, &a, client::open_ticket(&a, &tracker, "Too hot", "It is.", Some(&permit))).await;
        tickets.push(format!("{tracker}/tickets/{number}"));
    }
    let gives = async |ticket: &str| says(&world, &a, client::assign(&tracker, ticket, &b, Some(&permit))).await;
    gives(&tickets[0]).await;
    assert!(bob.sees("/desk").await.contains("Take it"), "he is asked");
    assert!(bob.sees("/settings").await.contains("name=\"unasked\" aria"), "that is how it begins");
    let nobody = Browser::new(&world).send("/settings/assignments", &[("unasked", "on")], Some("same-origin")).await;
    assert!(!nobody.status.is_success(), "{}", nobody.text());
    assert_eq!(bob.post("/settings/assignments", &[("unasked", "on")]).await.status, 303);
    assert!(bob.sees("/settings").await.contains("name=\"unasked\" checked"));
    gives(&tickets[1]).await;
    let assigned = async |ticket: &str| {
        let page = alice.sees(ticket).await;
        (page.contains("/do/unassign"), page.contains("waits for them"))
    };
    assert_eq!(assigned(&tickets[0]).await, (false, true), "what waited waits on");
    assert_eq!(assigned(&tickets[1]).await, (true, false));
    assert_eq!(bob.post("/settings/assignments", &[]).await.status, 303);
    gives(&tickets[2]).await;
    assert_eq!(assigned(&tickets[2]).await, (false, true), "he is asked again");
}
