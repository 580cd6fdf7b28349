//! Tickets that are given to a team and to a person: what waits for whom, and the forms for it.

use super::browser::Browser;
use crate::world::World;
use pritchel_actors::client;

#[tokio::test]
async fn a_ticket_is_given_to_a_team_by_its_name_and_taken_on_the_teams_page() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", "public").await;
    let team = world.makes(&b, "Team", "Cooks", "public").await;
    let permit = world.permit(&a, &tracker).await;
    world.publishes(&a, &client::open_ticket(&a, &tracker, "Too hot", "It *is*.", Some(&permit))).await;
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let ticket = format!("{tracker}/tickets/1");
    let on = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
    let give = [&on[..], &[("assignee", "cooks")]].concat();
    alice.does("/do/assign", &give).await;
    let page = alice.sees(&ticket).await;
    assert!(page.contains("Cooks") && page.contains("is asked to take it"), "{page}");
    assert!(!page.contains("action=\"/do/accept\""), "a team is spoken for on its own page");

    let page = bob.sees(team.as_str()).await;
    assert!(page.contains("waits for a member to take it") && page.contains("action=\"/do/take-ticket\""), "{page}");
    let of = page.split_once("name=\"of\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let theirs = alice.sees(team.as_str()).await;
    assert!(theirs.contains("waits for a member") && !theirs.contains("/do/take-ticket"), "{theirs}");
    let take = [("resource", team.as_str()), ("tracker", tracker.as_str()), ("of", of.as_str()), ("back", "/desk")];
    alice.does("/do/take-ticket", &take).await;
    assert!(bob.sees(team.as_str()).await.contains("/do/take-ticket"), "all she has of the team is what everybody has");
    bob.does("/do/take-ticket", &take).await;
    let page = alice.sees(&ticket).await;
    assert!(page.contains("Cooks") && page.contains("since") && !page.contains("is asked to take it"), "{page}");
    let page = bob.sees(team.as_str()).await;
    assert!(page.contains("Tea #1") && !page.contains("/do/take-ticket"), "{page}");

    alice.does("/do/unassign", &[&on[..], &[("assignee", team.as_str())]].concat()).await;
    assert!(!bob.sees(team.as_str()).await.contains("Tea #1"));
    alice.does("/do/assign", &give).await;
    let page = bob.sees(team.as_str()).await;
    let of = page.split_once("name=\"of\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    bob.does("/do/decline-ticket", &[("resource", team.as_str()), ("of", &of)]).await;
    assert!(!alice.sees(&ticket).await.contains("is asked to take it"));
}

#[tokio::test]
async fn a_ticket_waits_on_the_desk_of_whoever_it_is_given_to() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", "public").await;
    let permit = world.permit(&a, &tracker).await;
    world.publishes(&a, &client::open_ticket(&a, &tracker, "Too hot", "", Some(&permit))).await;
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let ticket = format!("{tracker}/tickets/1");
    let give = [("tracker", tracker.as_str()), ("ticket", ticket.as_str()), ("assignee", b.as_str())];
    alice.does("/do/assign", &give).await;
    for page in [bob.sees("/desk").await, bob.sees(&ticket).await] {
        assert!(page.contains("Take it") && page.contains("Turn it down"), "{page}");
    }
    assert!(!alice.sees(&ticket).await.contains("Take it"));
    let desk = bob.sees("/desk").await;
    assert!(desk.contains("Tickets for you") && desk.contains("Tea #1"), "{desk}");
    let answer = |page: &str| {
        let of = page.split_once("name=\"of\" value=\"").unwrap().1.split('"').next().unwrap();
        [("of".to_owned(), of.to_owned()), ("to".to_owned(), tracker.to_string())]
    };
    let fields = answer(&desk);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    bob.does("/do/reject", &fields).await;
    assert!(!bob.sees("/desk").await.contains("Tickets for you"));
    alice.does("/do/assign", &give).await;
    let fields = answer(&bob.sees("/desk").await);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    bob.does("/do/accept", &fields).await;
    let page = alice.sees(&ticket).await;
    assert!(page.contains("since") && !page.contains("is asked to take it"), "{page}");
    assert!(!bob.sees("/desk").await.contains("Tickets for you"));
}
