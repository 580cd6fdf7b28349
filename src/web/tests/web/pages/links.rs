//! Links by forms, and what documents say of them.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use serde_json::{Value, json};

pub fn actor(path: &str) -> String {
    format!("{ORIGIN}{}", path.split('?').next().unwrap())
}

/// What stands between two texts.
pub fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {text}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?} after {from:?}")).0
}

pub async fn make(who: &mut Browser<'_>, factory: &str, kind: &str, name: &str) -> String {
    let create = [("factory", factory), ("kind", kind), ("name", name), ("summary", "")];
    actor(&who.does("/do/create", &create).await)
}

async fn document(world: &World, uri: &str) -> Value {
    world.get(uri.strip_prefix(ORIGIN).unwrap()).await.json()
}

/// Alice's tracker becomes a component of bob's project; carol, a member of it, gets a Grant that answers at its `result`
/// until alice ends the link.
#[tokio::test]
async fn a_component_joins_a_project_by_two_forms_and_leaves_it_by_one() {
    let world = World::new().await;
    let (a, b, c) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let mut carol = Browser::of(&world, &c).await;
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let house = actor(&bob.does("/do/open-factory", &[("name", "House")]).await);
    let tracker = make(&mut alice, &kitchen, "TicketTracker", "Tea").await;
    let project = make(&mut bob, &house, "Project", "Meals").await;
    let page = bob.sees(&project).await;
    assert!(page.contains("Nothing is linked with it yet") && page.contains("Members"), "{page}");

    bob.does("/do/invite", &[("resource", project.as_str()), ("invitee", c.as_str()), ("role", "triage")]).await;
    let of = between(&carol.sees("/desk").await, "name=\"of\" value=\"", "\"").to_owned();
    carol.does("/do/accept", &[("of", of.as_str()), ("to", project.as_str())]).await;

    let ask =
        [("resource", tracker.as_str()), ("collection", "context"), ("peer", project.as_str()), ("role", "maintain")];
    alice.does("/do/link", &ask).await;
    let links = alice.sees(&format!("{tracker}/links")).await;
    assert!(links.contains("waits for an admin of Meals"), "{links}");
    let links = bob.sees(&format!("{project}/links")).await;
    assert!(links.contains("waits for you") && links.contains("Components"), "{links}");
    assert!(!carol.sees(&format!("{project}/links")).await.contains("waits for"), "handshakes are shown to admins");
    let add = between(&links, "name=\"add\" value=\"", "\"").to_owned();
    let agree = [("resource", project.as_str()), ("peer", tracker.as_str()), ("add", add.as_str())];
    bob.does("/do/agree", &agree).await;
    world.settle().await;

    let components = document(&world, &format!("{project}/components?page=first")).await;
    assert_eq!(components["items"][0]["type"], "Relationship", "{components}");
    assert_eq!(components["items"][0]["relationship"], "hasComponent");
    assert_eq!(components["items"][0]["object"], json!(tracker));
    assert_eq!(components["items"][0]["instrument"], "maintain");
    let context = document(&world, &format!("{tracker}/context")).await;
    assert_eq!(context["context"], json!(tracker), "a collection says whose it is");
    let shown = document(&world, &tracker).await;
    assert_eq!(shown["context"], json!(format!("{tracker}/context")));
    assert_eq!(shown["teams"], json!(format!("{tracker}/teams")));
    assert!(bob.sees(&project).await.contains("Tea"));

    let ticket = format!("{tracker}/tickets/1");
    let open = [("tracker", tracker.as_str()), ("title", "Too hot"), ("text", "x")];
    alice.does("/do/open-ticket", &open).await;
    let on = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
    carol.does("/do/close", &on).await;
    assert!(carol.sees(&ticket).await.contains("closed by"), "she acts with what was passed on to her");

    let end = [("resource", tracker.as_str()), ("collection", "context"), ("peer", project.as_str())];
    alice.does("/do/unlink", &end).await;
    world.settle().await;
    assert!(!bob.sees(&project).await.contains("Tea"));
    let again = carol.post("/do/reopen", &on).await;
    assert!(carol.sees(&ticket).await.contains("closed by"), "her Grant holds no more: {}", again.status);
}

#[tokio::test]
async fn a_link_is_asked_for_and_agreed_to_by_admins_only() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let project = make(&mut alice, &kitchen, "Project", "Meals").await;
    let team = make(&mut alice, &kitchen, "Team", "Cooks").await;
    let ask = [("resource", project.as_str()), ("collection", "teams"), ("peer", team.as_str()), ("role", "write")];
    let refused = bob.does("/do/link", &ask).await;
    assert!(bob.sees(&refused).await.contains("role-too-small"), "everybody's Grant is not enough");
    assert!(!alice.sees(&format!("{team}/links")).await.contains("name=\"add\""), "nothing was asked");
    let wrong = [("resource", project.as_str()), ("collection", "kettles"), ("peer", team.as_str()), ("role", "write")];
    assert_eq!(alice.post("/do/link", &wrong).await.status, 422);
    assert!(!bob.sees(&format!("{project}/links")).await.contains("/do/link"), "no forms for those who may not");
    alice.does("/do/link", &ask).await;
    let page = alice.sees(&format!("{team}/links")).await;
    let add = between(&page, "name=\"add\" value=\"", "\"").to_owned();
    let no = [("resource", team.as_str()), ("peer", project.as_str()), ("add", add.as_str())];
    alice.does("/do/disagree", &no).await;
    assert!(!alice.sees(&format!("{team}/links")).await.contains("name=\"add\""), "declined for good");
    let filter = [("resource", team.as_str()), ("Repository", "report"), ("Project", "none")];
    alice.does("/do/edit-filter", &filter).await;
    let page = alice.sees(&team).await;
    assert!(page.contains("<option selected>report</option>") && page.contains("<option selected>none</option>"));
    assert!(
        alice.get(&format!("{team}/subteams")).await.status.is_redirection(),
        "a collection's page is among the links"
    );
}

/// Alice's organization: bob becomes a member by his desk and leaves; carol's project is listed by two forms, and has a page
/// and a document that say so.
#[tokio::test]
async fn an_organization_lists_people_and_projects_who_agree() {
    let world = World::new().await;
    let (a, b, c) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let mut carol = Browser::of(&world, &c).await;
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let house = actor(&carol.does("/do/open-factory", &[("name", "House")]).await);
    let guild = make(&mut alice, &kitchen, "Organization", "Guild").await;
    let project = make(&mut carol, &house, "Project", "Meals").await;
    let shown = document(&world, &guild).await;
    assert_eq!(shown["type"], "Organization", "a plain string, as of persons");
    for name in ["members", "orgAssets"] {
        assert_eq!(shown[name], json!(format!("{guild}/{name}")));
        assert_eq!(document(&world, &format!("{guild}/{name}")).await["context"], json!(guild));
    }

    alice.does("/do/link", &[("resource", guild.as_str()), ("collection", "members"), ("peer", b.as_str())]).await;
    assert!(alice.sees(&format!("{guild}/links")).await.contains("to accept"));
    let desk = bob.sees("/desk").await;
    assert!(desk.contains("as a member"), "{desk}");
    let of = between(&desk, "name=\"of\" value=\"", "\"").to_owned();
    assert!(!bob.sees(&guild).await.contains("/do/leave-members"));
    bob.does("/do/accept", &[("of", of.as_str()), ("to", guild.as_str())]).await;
    world.settle().await;
    let members = document(&world, &format!("{guild}/members?page=first")).await;
    let (member, keys) = (&members["items"][0], ["type", "relationship", "subject", "object"]);
    let found: Vec<_> = keys.iter().map(|key| member[*key].clone()).collect();
    assert_eq!(found, [json!("Relationship"), json!("hasMember"), json!(guild), json!(b)], "{members}");
    assert_eq!(member["instrument"], Value::Null, "no role comes of it");
    let relationship = member["id"].as_str().unwrap().to_owned();
    let alone = document(&world, &relationship).await;
    assert_eq!((&alone["id"], &alone["object"]), (&member["id"], &member["object"]));
    let elsewhere = relationship.replace("/members/", "/orgAssets/");
    assert_eq!(world.get(elsewhere.strip_prefix(ORIGIN).unwrap()).await.status, 404);
    assert!(alice.sees(&guild).await.contains("Bob") || alice.sees(&guild).await.contains("bob"));

    let ask = [("resource", guild.as_str()), ("collection", "orgAssets"), ("peer", project.as_str())];
    alice.does("/do/link", &ask).await;
    let links = carol.sees(&format!("{project}/links")).await;
    assert!(links.contains("waits for you") && links.contains("Organizations"), "{links}");
    assert!(!links.contains("value=\"organizations\""), "the organization asks, not the asset");
    let add = between(&links, "name=\"add\" value=\"", "\"").to_owned();
    carol.does("/do/agree", &[("resource", project.as_str()), ("peer", guild.as_str()), ("add", add.as_str())]).await;
    world.settle().await;
    let assets = document(&world, &format!("{guild}/orgAssets?page=first")).await;
    let listing = document(&world, &format!("{project}/organizations?page=first")).await;
    assert_eq!(assets["items"][0]["relationship"], "hasAsset", "{assets}");
    assert_eq!(assets["items"], listing["items"], "both sides show the same relationship");
    assert!(alice.sees(&guild).await.contains("Meals") && carol.sees(&project).await.contains("Guild"));

    assert!(bob.sees(&guild).await.contains("/do/leave-members"));
    bob.does("/do/leave-members", &[("resource", guild.as_str())]).await;
    world.settle().await;
    assert_eq!(document(&world, &format!("{guild}/members?page=first")).await["items"], json!([]));
    assert_eq!(world.get(relationship.strip_prefix(ORIGIN).unwrap()).await.status, 404);
    let refused = bob.does("/do/leave-members", &[("resource", guild.as_str())]).await;
    assert!(bob.sees(&refused).await.contains("not-linked"));
}
