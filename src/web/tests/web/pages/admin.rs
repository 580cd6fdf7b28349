//! Pages of administrators: rules about other servers and the log; and that for all others they are not there.

use super::browser::Browser;
use crate::world::World;
use http::Method;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::Domain;
use pritchel_actors::client;
use pritchel_actors::domain::Register;
use pritchel_web::csrf;
use pritchel_web::ports::Standing;
use std::sync::atomic::Ordering;

async fn admin(world: &World) -> ActorId {
    let domain = world.front.settings.domains[0].actor.clone();
    let register = Register { name: "root".into(), password: None, admin: true, by_operator: true, invitation: None };
    let made = world.front.node.call::<Domain, _>(&domain, &domain, register).await.unwrap();
    let Outcome::Done(id) = made else { panic!("{made:?}") };
    id
}

#[tokio::test]
async fn an_administrator_makes_and_drops_rules_and_the_log_says_so() {
    let world = World::new().await;
    let root = admin(&world).await;
    let mut browser = Browser::of(&world, &root).await;
    assert!(browser.sees("/desk").await.contains("href=\"/admin\""));
    assert!(browser.sees("/admin/rules").await.contains("No rules"));
    let rule = [("target", "Evil.example"), ("severity", "block"), ("reason", "<b>spam</b>"), ("note", "see mail")];
    assert_eq!(browser.does("/admin/rules/set", &rule).await, "/admin/rules");
    let page = browser.sees("/admin/rules").await;
    for part in ["<code>evil.example</code>", "blocked", "&#60;b&#62;spam&#60;/b&#62;", "see mail"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    browser.does("/admin/rules/set", &[("target", "böse.example"), ("severity", "limit"), ("no_reports", "on")]).await;
    assert!(browser.sees("/admin/rules").await.contains("xn--bse-sna.example"));
    let list = browser.get("/admin/rules.csv").await;
    assert_eq!(list.header("content-type"), "text/csv; charset=utf-8");
    assert!(list.text().contains("\nevil.example,suspend,false,false,<b>spam</b>,false\n"), "{}", list.text());
    assert!(!list.text().contains("see mail"), "notes stay here");
    browser.does("/admin/rules/drop", &[("target", "evil.example")]).await;
    assert!(!browser.sees("/admin/rules").await.contains("<code>evil.example</code>"));
    browser.does("/admin/rules/settings", &[("only_allowed", "on"), ("audit_days", "30")]).await;
    assert!(browser.sees("/admin/rules").await.contains("name=\"only_allowed\" checked"));
    let log = browser.sees("/admin/audit").await;
    for part in ["blocked <code>evil.example</code>", "dropped the rule about", "limited", "root"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert_eq!(world.ports.rules_changed.load(Ordering::Relaxed), 4, "whoever enforces them is told each time");
}

#[tokio::test]
async fn a_list_is_read_and_what_cannot_be_is_told() {
    let world = World::new().await;
    let mut browser = Browser::of(&world, &admin(&world).await).await;
    let list = "#domain,#severity,#public_comment\none.test,suspend,spam\nb*.test,suspend,\ntwo.test,silence,\na.example,suspend,\n";
    let answer = browser.post("/admin/rules/import", &[("list", list)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.text();
    for part in ["2 new, 0 there already, 1 about this server itself, 1 left out", "Line 3:", "<code>one.test</code>"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn what_is_no_rule_is_refused_and_told() {
    let world = World::new().await;
    let mut browser = Browser::of(&world, &admin(&world).await).await;
    let rows = [("a.example", "burn"), ("a b", "block"), ("b.example", "block"), ("a.example", "limit"), ("", "block")];
    for (target, severity) in rows {
        let answer = browser.post("/admin/rules/set", &[("target", target), ("severity", severity)]).await;
        assert!(answer.status.is_client_error(), "{target} {severity}: {}", answer.status);
    }
    assert!(browser.sees("/admin/rules").await.contains("No rules"), "the two domains of this server are no others");
}

#[tokio::test]
async fn for_whoever_is_no_administrator_nothing_of_it_is_there() {
    let world = World::new().await;
    admin(&world).await;
    let bob = world.person("bob").await;
    let (mut visitor, mut person) = (Browser::new(&world), Browser::of(&world, &bob).await);
    for page in ["/admin", "/admin/rules", "/admin/rules.csv", "/admin/audit", "/admin/reports", "/admin/people"] {
        assert_eq!(visitor.get(page).await.status, 404, "{page}");
        assert_eq!(person.get(page).await.status, 404, "{page}");
    }
    for (form, fields) in [
        ("/admin/rules/set", vec![("target", "evil.example"), ("severity", "block")]),
        ("/admin/rules/drop", vec![("target", "evil.example")]),
        ("/admin/rules/import", vec![("list", "evil.example")]),
        ("/admin/rules/settings", vec![("only_allowed", "on"), ("audit_days", "1")]),
        ("/admin/people/suspend", vec![("name", "root")]),
        ("/admin/people/reinstate", vec![("name", "root")]),
        ("/admin/reports/resolve", vec![("number", "1")]),
        ("/admin/reports/note", vec![("number", "1"), ("text", "x")]),
    ] {
        assert_eq!(visitor.post(form, &fields).await.status, 404, "{form}");
        assert_eq!(person.post(form, &fields).await.status, 404, "{form}");
    }
    assert!(!person.sees("/desk").await.contains("/admin"));
    assert_eq!(world.ports.rules_changed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_form_of_another_site_or_without_the_token_changes_no_rule() {
    let world = World::new().await;
    let browser = Browser::of(&world, &admin(&world).await).await;
    let token = csrf::token_of(browser.cookie.as_deref().unwrap());
    let rule = [("target", "evil.example"), ("severity", "block")];
    let with_token = [rule[0], rule[1], (csrf::FIELD, token.as_str())];
    assert_eq!(browser.send("/admin/rules/set", &rule, Some("same-origin")).await.status, 403);
    assert_eq!(browser.send("/admin/rules/set", &with_token, Some("cross-site")).await.status, 403);
    assert!(browser.sees("/admin/rules").await.contains("No rules"));
    let json = world.ask(Method::GET, "/admin/rules").with("accept", "application/activity+json").answer().await;
    assert_eq!(json.status, 404, "nor is there a document");
}

#[tokio::test]
async fn what_somebody_blocked_has_said_is_shown_to_nobody_and_of_somebody_limited_to_people_here() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&alice, "TicketTracker", "Tea", "public").await;
    world.publishes(&bob, &client::open_ticket(&bob, &tracker, "Buy tonic", "Cheap *tonic*.", None)).await;
    let ticket = format!("{tracker}/tickets/1");
    world.publishes(&bob, &client::comment(&tracker, &ticket, None, "More tonic", None)).await;
    let (visitor, person) = (Browser::new(&world), Browser::of(&world, &alice).await);
    let path = ticket.strip_prefix("https://a.example").unwrap();
    let list = path.strip_suffix("/tickets/1").unwrap();
    let sees = async |browser: &Browser<'_>| {
        let pages = [browser.sees(path).await, browser.sees(list).await];
        pages.map(|page| page.to_lowercase().contains("tonic"))
    };
    for (standing, of_visitor, of_person) in
        [(Standing::Open, true, true), (Standing::Limited, false, true), (Standing::Blocked, false, false)]
    {
        world.ports.standings.lock().unwrap().insert(bob.clone(), standing);
        assert_eq!(sees(&visitor).await, [of_visitor; 2], "{standing:?}");
        assert_eq!(sees(&person).await, [of_person; 2], "{standing:?}");
    }
    assert!(visitor.sees(path).await.contains("its author is blocked or suspended here"));
}

#[tokio::test]
async fn a_person_reports_something_and_an_administrator_finds_it_and_is_done_with_it() {
    let world = World::new().await;
    let root = admin(&world).await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&alice, "TicketTracker", "Tea", "public").await;
    world.publishes(&bob, &client::open_ticket(&bob, &tracker, "Buy tonic", "Cheap.", None)).await;
    let ticket = format!("{tracker}/tickets/1");
    let mut person = Browser::of(&world, &alice).await;
    let page = person.sees(ticket.strip_prefix("https://a.example").unwrap()).await;
    let link = page.split("href=\"/report?").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let form = person.sees(&format!("/report?{link}")).await;
    assert!(form.contains(&format!("name=\"of\" value=\"{ticket}\"")), "{form}");
    assert!(!form.contains("name=\"forward\""), "its server is this one");
    let fields = [("of", ticket.as_str()), ("about", bob.as_str()), ("text", "<b>spam</b>")];
    assert_eq!(Browser::new(&world).post("/report", &fields).await.status, 303, "a visitor is sent to sign in");
    assert_eq!(person.send("/report", &fields, Some("same-origin")).await.status, 403, "without the token");
    let thanks = person.post("/report", &fields).await;
    assert!(thanks.status == 200 && thanks.text().contains("Thank you"), "{}", thanks.text());
    let far = person.sees("/report?of=https://far.example/notes/1&about=https://far.example/eve").await;
    assert!(far.contains("name=\"forward\"") && far.contains("administrators of far.example"), "{far}");
    let mut browser = Browser::of(&world, &root).await;
    let queue = browser.sees("/admin/reports").await;
    for part in ["Waiting 1", "&#60;b&#62;spam&#60;/b&#62;", &ticket, "/admin/people?name="] {
        assert!(queue.contains(part), "{part}: {queue}");
    }
    browser.does("/admin/reports/note", &[("number", "1"), ("text", "it is")]).await;
    browser.does("/admin/reports/resolve", &[("number", "1")]).await;
    assert!(browser.sees("/admin/reports").await.contains("No report waits"));
    let all = browser.sees("/admin/reports?state=all").await;
    assert!(all.contains("it is") && all.contains("done with by"), "{all}");
    browser.does("/admin/reports/reopen", &[("number", "1")]).await;
    assert_eq!(browser.post("/admin/reports/resolve", &[("number", "7")]).await.status, 403);
}

#[tokio::test]
async fn somebody_suspended_is_signed_out_and_their_page_says_so_until_they_are_reinstated() {
    let world = World::new().await;
    let root = admin(&world).await;
    let bob = world.person("bob").await;
    let (mut browser, person) = (Browser::of(&world, &root).await, Browser::of(&world, &bob).await);
    let path = bob.as_str().strip_prefix("https://a.example").unwrap();
    assert_eq!(person.get("/desk").await.status, 200);
    browser.does("/admin/people/suspend", &[("name", "bob"), ("why", "spam"), ("hidden", "on")]).await;
    assert_eq!(person.get("/desk").await.status, 303, "signed out");
    assert!(browser.sees(path).await.contains("This account is suspended"));
    let list = browser.sees("/admin/people").await;
    assert!(list.contains("spam") && list.contains("hidden"), "{list}");
    browser.does("/admin/people/reinstate", &[("name", bob.as_str())]).await;
    assert_eq!(person.get("/desk").await.status, 200);
    assert!(!browser.sees(path).await.contains("This account is suspended"));
    browser.does("/admin/people/suspend", &[("name", "bob"), ("delete", "on")]).await;
    let list = browser.sees("/admin/people").await;
    assert!(list.contains("deleted on "), "{list}");
    assert!(browser.sees("/admin/audit").await.contains("deleted"));
    browser.does("/admin/people/reinstate", &[("name", "bob")]).await;
    assert_eq!(person.get("/desk").await.status, 200, "within the time in which that is undone");
    for name in ["nobody", "root", "bob@far.example", "https://far.example/eve"] {
        let answer = browser.post("/admin/people/suspend", &[("name", name)]).await;
        assert!(answer.status.is_client_error(), "{name}: {}", answer.status);
    }
}

#[tokio::test]
async fn an_administrator_sees_what_the_server_finds_of_itself_and_nobody_else_does() {
    let world = World::new().await;
    let root = admin(&world).await;
    let page = Browser::of(&world, &root).await.at("192.0.2.7").sees("/admin/check").await;
    for part in ["the address", "does not work", "See to it.", "&#60;b&#62;found&#60;/b&#62;", "<code>192.0.2.7</code>"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let bob = world.person("bob").await;
    for browser in [Browser::of(&world, &bob).await, Browser::new(&world)] {
        assert_eq!(browser.get("/admin/check").await.status, 404);
    }
}
