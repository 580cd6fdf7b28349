//! Copies of repositories by forms, and what their pages and documents say of them. Git has no part in it here: nobody does the jobs.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use serde_json::{Value, json};

async fn document(world: &World, uri: &str) -> Value {
    world.get(uri.strip_prefix(ORIGIN).unwrap()).await.json()
}

fn actor(path: &str) -> String {
    format!("{ORIGIN}{}", path.split('?').next().unwrap())
}

#[tokio::test]
async fn a_repository_is_forked_and_mirrored_by_a_form_and_both_sides_say_so() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let tea = world.makes(&a, "Repository", "tea", "public").await.to_string();
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let stranger = Browser::new(&world);
    assert!(!stranger.sees(&tea).await.contains("/do/fork"), "whoever is not signed in is offered nothing");
    assert!(bob.sees(&tea).await.contains("A factory makes the copy"), "nor whoever has no factory");
    let bench = actor(&bob.does("/do/open-factory", &[("name", "Bench")]).await);
    let page = bob.sees(&tea).await;
    assert!(page.contains("/do/fork") && page.contains(&format!("value=\"{bench}\"")), "{page}");

    let form = [("factory", bench.as_str()), ("origin", tea.as_str()), ("name", "tea too"), ("visibility", "public")];
    let fork = actor(&bob.does("/do/fork", &form).await);
    let page = bob.sees(&fork).await;
    assert!(page.contains("Fork of") && page.contains("It waits to be fetched"), "{page}");
    assert_eq!(document(&world, &fork).await["origin"], json!(tea));
    assert_eq!(document(&world, &fork).await["mirrors"], Value::Null);
    let forks = document(&world, &format!("{tea}/forks?page=first")).await;
    assert_eq!((&forks["orderedItems"], &forks["totalItems"]), (&json!([fork]), &json!(1)), "{forks}");
    assert_eq!(document(&world, &tea).await["forks"], json!(format!("{tea}/forks")));
    assert!(alice.sees(&tea).await.contains("tea too"));
    assert_eq!(bob.get(&format!("{tea}/forks")).await.status, 303, "a page leads to the place on the repository's own");

    let mirror = actor(&bob.does("/do/fork", &[&form[..], &[("mirror", "on")]].concat()).await);
    assert_eq!(document(&world, &mirror).await["mirrors"], json!(tea));
    assert_eq!(document(&world, &tea).await["mirroredBy"], json!(mirror));
    let page = bob.sees(&mirror).await;
    assert!(page.contains("Mirror of") && page.contains("60 minutes") && page.contains("/do/edit-mirror"), "{page}");
    let page = alice.sees(&mirror).await;
    assert!(
        !page.contains("/do/edit-mirror") && !page.contains("/do/fetch-now"),
        "no form for those who may not: {page}"
    );
    bob.does("/do/edit-mirror", &[("resource", mirror.as_str()), ("minutes", "30")]).await;
    assert!(bob.sees(&mirror).await.contains("30 minutes"));
    for minutes in ["1", "soon", ""] {
        let answer = bob.post("/do/edit-mirror", &[("resource", mirror.as_str()), ("minutes", minutes)]).await;
        let page = match answer.status.as_u16() {
            303 => bob.sees(answer.header("location")).await,
            _ => answer.text(),
        };
        assert!(page.contains("interval-not-allowed") || page.contains("form-field"), "{minutes}: {page}");
    }
    assert_eq!(alice.post("/do/fetch-now", &[("repository", mirror.as_str())]).await.status, 403);
    bob.does("/do/end-mirror", &[("resource", mirror.as_str())]).await;
    assert!(bob.sees(&mirror).await.contains("Fork of"));
}

#[tokio::test]
async fn what_is_private_is_forked_into_nothing_else_and_is_not_there_for_others() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let tea = world.makes(&a, "Repository", "tea", "private").await.to_string();
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let bench = actor(&alice.does("/do/open-factory", &[("name", "Bench")]).await);
    let page = alice.sees(&tea).await;
    assert!(page.contains("/do/fork") && !page.contains("name=\"visibility\" value=\"public\""), "{page}");
    let form = [("factory", bench.as_str()), ("origin", tea.as_str()), ("name", "too"), ("visibility", "private")];
    let fork = actor(&alice.does("/do/fork", &form).await);
    assert!(alice.sees(&fork).await.contains("Fork of"));
    let token = world.token(&a, &[pritchel_actors::person::rows::Scope::Read]).await;
    let path = format!("{}/forks", tea.strip_prefix(ORIGIN).unwrap());
    let forks = world.ask(http::Method::GET, &path).activity().by(&token).answer().await.json();
    assert_eq!(forks["totalItems"], json!(0), "it is told to nobody: {forks}");
    for address in [&tea, &fork] {
        for path in ["/forks", "/refs/heads/main"] {
            let path = format!("{}{path}", address.strip_prefix(ORIGIN).unwrap());
            assert_eq!(world.get(&path).await.status, 404, "{path}");
        }
        assert_eq!(bob.get(address).await.status, 404, "{address}");
        let keys = document(&world, address).await;
        assert!(keys.get("origin").is_none() && keys.get("name").is_none() && keys.get("forks").is_none(), "{keys}");
        assert_eq!(bob.post("/do/fetch-now", &[("repository", address)]).await.status, 404);
    }
    let odd = [form[0], form[1], form[2], ("visibility", "hidden")];
    assert_eq!(alice.post("/do/fork", &odd).await.status, 422);
}
