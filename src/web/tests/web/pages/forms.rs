//! Forms that must not be done, and forms that go wrong.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use pritchel_web::csrf;

#[tokio::test]
async fn a_form_another_site_sends_does_nothing() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let browser = Browser::of(&world, &alice).await;
    let token = csrf::token_of(browser.cookie.as_deref().unwrap());
    let follow = [("actor", bob.as_str())];
    let with_token = [("actor", bob.as_str()), (csrf::FIELD, token.as_str())];
    for (fields, site) in [
        (&follow[..], Some("same-origin")),
        (&follow[..], None),
        (&with_token[..], Some("cross-site")),
        (&with_token[..], Some("same-site")),
    ] {
        assert_eq!(browser.send("/do/follow", fields, site).await.status, 403, "{fields:?} {site:?}");
    }
    assert!(browser.sees(&format!("{bob}")).await.contains("0 followers"));
    assert_eq!(browser.send("/do/follow", &with_token, Some("same-origin")).await.status, 303);
    assert!(browser.sees(&format!("{bob}")).await.contains("1 follower"));
}

#[tokio::test]
async fn no_other_form_is_done_without_its_token_either() {
    let world = World::new().await;
    let browser = Browser::of(&world, &world.person("alice").await).await;
    for target in ["/logout", "/settings/profile", "/settings/token", "/settings/password", "/do/open-factory"] {
        let answer = browser.send(target, &[("name", "x"), ("label", "x"), ("read", "on")], Some("same-origin")).await;
        assert_eq!(answer.status, 403, "{target}");
    }
    for target in ["/login", "/register"] {
        let answer = Browser::new(&world).send(target, &[("name", "x"), ("password", "x")], Some("cross-site")).await;
        assert_eq!(answer.status, 403, "{target}");
    }
    assert!(browser.sees("/desk").await.contains("Sign out"), "still signed in");
}

#[tokio::test]
async fn nobody_acts_without_signing_in() {
    let world = World::new().await;
    let bob = world.person("bob").await;
    let answer = Browser::new(&world).send("/do/follow", &[("actor", bob.as_str())], Some("same-origin")).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").starts_with("/login"));
    assert!(Browser::new(&world).sees(bob.as_str()).await.contains("0 followers"));
}

#[tokio::test]
async fn a_form_with_a_wrong_field_says_which_and_does_nothing() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut browser = Browser::of(&world, &alice).await;
    let tracker = format!("{ORIGIN}/trackers/t");
    type Form<'f> = &'f [(&'f str, &'f str)];
    let rows: [(&str, Form<'_>, &str); 7] = [
        ("/do/follow", &[], "actor"),
        ("/do/follow", &[("actor", "javascript:alert(1)")], "actor"),
        ("/do/open-ticket", &[("tracker", &tracker)], "title"),
        ("/do/comment", &[("tracker", &tracker), ("ticket", "not an address")], "ticket"),
        ("/do/create", &[("factory", &tracker), ("kind", "Person")], "Person"),
        ("/do/invite", &[("resource", &tracker), ("invitee", "nobody"), ("capability", "other")], "capability_other"),
        ("/settings/token", &[], "label"),
    ];
    for (target, fields, names) in rows {
        let answer = browser.post(target, fields).await;
        assert_eq!(answer.status, 422, "{target} {fields:?}: {}", answer.text());
        assert!(answer.text().contains(names), "{target} {fields:?}: {}", answer.text());
    }
    assert_eq!(browser.post("/do/nonsense", &[("resource", &tracker), ("capability", &tracker)]).await.status, 404);
    assert!(browser.sees(&format!("{alice}/outbox")).await.contains("Nothing that you may see"));
}

#[tokio::test]
async fn a_form_leads_back_to_a_page_of_ours_only() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let mut browser = Browser::of(&world, &alice).await;
    let to = browser.does("/do/follow", &[("actor", bob.as_str()), ("back", "//evil.example")]).await;
    assert!(to.starts_with("/?item="), "{to}");
}
