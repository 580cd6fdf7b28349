//! A Grant's page: its chain, drawn and told, and its verification step by step.

use super::browser::Browser;
use super::links::{actor, between, make};
use super::safety::{EVIL, check};
use crate::world::{ORIGIN, World};
use http::Method;
use serde_json::json;

/// The path of the page of a Grant that a page links to, the first that is about what is called so.
fn grant_in(page: &str, on: &str) -> String {
    let row = page.split("<tr").find(|row| row.contains("/grant?id=") && row.contains(on));
    let row = row.unwrap_or_else(|| panic!("no Grant on {on} in {page}"));
    format!("/grant?id={}", between(row, "/grant?id=", "\""))
}

/// Alice's tracker belongs to bob's project, of which carol is a member: her Grant passes one on that alice's tracker gave.
#[tokio::test]
async fn a_grant_that_was_passed_on_is_drawn_verified_and_dead_when_its_link_ends() {
    let world = World::new().await;
    let (a, b, c) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let mut carol = Browser::of(&world, &c).await;
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let house = actor(&bob.does("/do/open-factory", &[("name", "House")]).await);
    let tracker = make(&mut alice, &kitchen, "TicketTracker", "Tea").await;
    let project = make(&mut bob, &house, "Project", "Meals").await;
    bob.does("/do/invite", &[("resource", project.as_str()), ("invitee", c.as_str()), ("role", "triage")]).await;
    let of = between(&carol.sees("/desk").await, "name=\"of\" value=\"", "\"").to_owned();
    carol.does("/do/accept", &[("of", of.as_str()), ("to", project.as_str())]).await;
    let ask =
        [("resource", tracker.as_str()), ("collection", "context"), ("peer", project.as_str()), ("role", "maintain")];
    alice.does("/do/link", &ask).await;
    let add = between(&bob.sees(&format!("{project}/links")).await, "name=\"add\" value=\"", "\"").to_owned();
    let agree = [("resource", project.as_str()), ("peer", tracker.as_str()), ("add", add.as_str())];
    bob.does("/do/agree", &agree).await;
    world.settle().await;

    let path = grant_in(&carol.sees("/desk").await, "Tea");
    let page = carol.sees(&path).await;
    assert!(page.contains("A chain of 2 Grants"), "{page}");
    assert!(page.contains("Tea gave maintain to Meals; it is live. Meals gave triage to carol; it is live."), "{page}");
    assert_eq!((page.matches("<rect").count(), page.matches("<line").count()), (3, 2), "three actors, two Grants");
    assert!(page.contains("gatherAndConvey") && page.contains("Verify now") && !page.contains(">passed<"), "{page}");
    let verified = carol.sees(&format!("{path}&verify=triage")).await;
    assert!(verified.contains("holds, worth triage") && !verified.contains("failed here"), "{verified}");
    for step in ["5", "6", "7", "8", "9", "10", "11", "12", "14", "15", "16", "17"] {
        assert!(verified.contains(&format!("<tr><td>{step}</td>")), "step {step}: {verified}");
    }
    let more = carol.sees(&format!("{path}&verify=write")).await;
    assert!(more.contains("role-too-small") && more.contains("<tr><td>17</td>"), "{more}");
    assert_eq!(more.matches("failed here").count(), 1, "{more}");
    let held = grant_in(&bob.sees(&format!("{project}/links")).await, "Tea");
    assert!(bob.sees(&held).await.contains("A chain of 1 Grant"), "the project holds the Grant that is passed on");

    let end = [("resource", tracker.as_str()), ("collection", "context"), ("peer", project.as_str())];
    alice.does("/do/unlink", &end).await;
    world.settle().await;
    let page = carol.sees(&format!("{path}&verify=triage")).await;
    assert!(page.contains("Meals gave triage to carol; it is revoked."), "{page}");
    assert!(page.contains("does not hold") && page.contains("Step 11 of the verification"), "{page}");
    assert_eq!(page.matches("failed here").count(), 1, "{page}");
    assert!(!page.contains("<tr><td>14</td>"), "nothing was looked at after the step that failed: {page}");
}

#[tokio::test]
async fn what_is_private_or_no_grant_has_no_page_and_strangers_make_the_server_ask_nobody() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (alice, bob, nobody) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await, Browser::new(&world));
    let secret = world.makes(&a, "TicketTracker", "Plans", "private").await;
    let path = grant_in(&alice.sees("/desk").await, "Plans");
    let page = alice.sees(&path).await;
    assert!(page.contains("Plans gave admin to alice; it is live."), "{page}");
    assert!(alice.sees(&format!("{path}&verify=admin")).await.contains("holds, worth admin"));
    for verify in ["", "&verify=visit"] {
        assert_eq!(bob.get(&format!("{path}{verify}")).await.status, 404, "{secret}{verify}");
        assert_eq!(nobody.get(&format!("{path}{verify}")).await.status, 404, "{secret}{verify}");
    }
    let invite = alice.get(&format!("/grant?id={ORIGIN}/people/alice/outbox/nothing")).await;
    assert_eq!((invite.status.as_u16(), alice.get("/grant").await.status.as_u16()), (404, 404));

    let far = "https://far.example/r/outbox/1";
    let grant = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"], "id": far, "type": "Grant",
        "actor": "https://far.example/r", "object": "write", "context": "https://far.example/r", "target": a,
        "allows": "invoke",
    });
    world.ports.documents.lock().unwrap().insert(far.to_owned(), grant);
    let path = format!("/grant?id={far}");
    let page = alice.sees(&path).await;
    assert!(page.contains("it is not known") && page.contains("of another server, which has the last word"), "{page}");
    let verified = alice.sees(&format!("{path}&verify=write")).await;
    assert!(verified.contains("holds, worth write") && verified.contains("names no address that tells"), "{verified}");
    assert_eq!(bob.get(&format!("{path}&verify=write")).await.status, 404);
    assert_eq!(bob.get(&path).await.status, 404, "it does not concern bob");
    assert_eq!(nobody.get(&path).await.status, 404);

    let public = world.makes(&a, "TicketTracker", "Open", "public").await;
    let path = grant_in(&alice.sees(&format!("{public}/collaborators")).await, "everybody");
    assert!(nobody.sees(&path).await.contains("to everybody"));
    let answer = nobody.get(&format!("{path}&verify=report")).await;
    assert!(answer.status.is_redirection() && answer.header("location").starts_with("/login"), "sign in first");
    assert_eq!(world.ask(Method::POST, &path).answer().await.status, 405);
}

/// Of three servers: the repository gave a project what that passed on to alice.
#[tokio::test]
async fn a_grant_of_other_servers_is_verified_from_its_page_with_each_step() {
    let world = World::new().await;
    let (a, e) = (world.person("alice").await, world.person("eve").await);
    let (alice, eve, nobody) = (Browser::of(&world, &a).await, Browser::of(&world, &e).await, Browser::new(&world));
    let (repo, project) = ("https://red.example/repos/tea", "https://blue.example/projects/meals");
    let (root, passed_on) = (format!("{repo}/outbox/1"), format!("{project}/outbox/1"));
    let keep = |uri: &str, document: serde_json::Value| {
        world.ports.documents.lock().unwrap().insert(uri.to_owned(), document);
    };
    let context = json!(["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"]);
    for (id, giver, target, role, allows, of) in [
        (&root, repo, project, "maintain", "gatherAndConvey", None),
        (&passed_on, project, a.as_str(), "triage", "invoke", Some(&root)),
    ] {
        let result = format!("{id}/result");
        let grant = json!({
            "@context": context, "id": id, "type": "Grant", "actor": giver, "object": role, "context": repo,
            "target": target, "allows": allows, "delegates": of, "result": result,
        });
        keep(id, grant);
        keep(&result, json!(null));
    }
    for (id, kind, name) in [(repo, "Repository", "Tea"), (project, "Project", "Meals")] {
        keep(id, json!({"@context": context, "id": id, "type": kind, "name": name, "inbox": format!("{id}/inbox")}));
    }
    let path = format!("/grant?id={passed_on}");
    let page = alice.sees(&path).await;
    assert!(page.contains("Verify now") && !page.contains("<tr><td>5</td>"), "nobody is asked yet: {page}");
    let verified = alice.sees(&format!("{path}&verify=triage")).await;
    assert!(verified.contains("holds, worth triage") && !verified.contains("failed here"), "{verified}");
    for step in ["5", "6", "7", "8", "9", "10", "11", "12", "14", "15", "16", "17"] {
        assert!(verified.contains(&format!("<tr><td>{step}</td>")), "step {step}: {verified}");
    }
    let more = alice.sees(&format!("{path}&verify=write")).await;
    assert!(more.contains("role-too-small") && more.contains("<tr><td>17</td>"), "{more}");
    for verify in ["", "&verify=triage"] {
        assert_eq!(eve.get(&format!("{path}{verify}")).await.status, 404, "it does not concern eve");
        assert_eq!(nobody.get(&format!("{path}{verify}")).await.status, 404);
    }
    world.ports.documents.lock().unwrap().remove(&format!("{root}/result"));
    let dead = alice.sees(&format!("{path}&verify=triage")).await;
    assert!(dead.contains("does not hold") && dead.contains("Step 11 of the verification"), "{dead}");
    assert_eq!(dead.matches("failed here").count(), 1, "{dead}");
}

#[tokio::test]
async fn names_that_others_chose_are_text_in_the_picture_of_a_chain_and_in_its_trace() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    alice.does("/settings/profile", &[("display_name", EVIL), ("summary", EVIL)]).await;
    let factory = actor(&alice.does("/do/open-factory", &[("name", EVIL)]).await);
    make(&mut alice, &factory, "TicketTracker", EVIL).await;
    let mut paths: Vec<(String, u16)> = Vec::new();
    for (far, role, status) in [("https://far.example/r/1", "write", 200), ("https://far.example/r/2", EVIL, 404)] {
        let grant = json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"], "id": far,
            "type": "Grant", "actor": "https://far.example/r", "object": role, "context": "https://far.example/r",
            "target": a, "allows": "invoke", "published": EVIL, "summary": EVIL,
        });
        world.ports.documents.lock().unwrap().insert(far.to_owned(), grant);
        paths.push((far.to_owned(), status));
    }
    let desk = alice.sees("/desk").await;
    let held = desk.split("\"/grant?id=").skip(1).filter_map(|rest| rest.split('"').next());
    paths.extend(held.map(|path| (path.to_owned(), 200)));
    assert_eq!(paths.len(), 4, "the factory's and the tracker's: {desk}");
    for (path, status) in paths {
        for verify in ["", "&verify=write", "&verify=%3Cscript%3E"] {
            let target = format!("/grant?id={path}{verify}");
            let answer = alice.get(&target).await;
            check(&target, &answer.text());
            assert_eq!(answer.status, status, "{target}: {}", answer.text());
            assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        }
    }
}

/// A form says from when on, until when, and for how long each Grant holds; the pages of both sides show it.
#[tokio::test]
async fn access_for_some_time_is_offered_by_a_form_and_shown_with_its_times() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", "public").await;
    let invite = [("resource", tracker.as_str()), ("invitee", b.as_str()), ("role", "triage")];
    let page = alice.sees(&format!("{tracker}/collaborators")).await;
    assert!(page.contains("name=\"term_until\"") && page.contains("name=\"term_lasts\""), "{page}");
    for (what, term) in [("a day", ("term_until", "soon")), ("seconds", ("term_lasts", "long"))] {
        let refused = alice.post("/do/invite", &[invite.as_slice(), &[term]].concat()).await;
        assert_eq!(refused.status, 422, "{what}");
    }
    let past = alice.does("/do/invite", &[invite.as_slice(), &[("term_until", "1999-12-31")]].concat()).await;
    let past = alice.sees(&past).await;
    assert!(past.contains("impossible-term"), "{past}");
    let term = [("term_from", "2090-02-01"), ("term_until", "2099-01-31"), ("term_lasts", "2592000")];
    alice.does("/do/invite", &[invite.as_slice(), &term].concat()).await;
    let times = "from 1 Feb 2090, until 31 Jan 2099, Grants for 30 days, given anew";
    let desk = bob.sees("/desk").await;
    assert!(desk.contains(times), "{desk}");
    let of = between(&desk, "name=\"of\" value=\"", "\"").to_owned();
    bob.does("/do/accept", &[("of", of.as_str()), ("to", tracker.as_str())]).await;
    world.settle().await;
    let page = alice.sees(&format!("{tracker}/collaborators")).await;
    assert!(page.matches(times).count() == 2 && page.contains("3 Mar 2090"), "invited and collaborating: {page}");
    let desk = bob.sees("/desk").await;
    assert!(desk.contains("triage</span> not yet</td>") && desk.contains("3 Mar 2090"), "{desk}");
    let page = bob.sees(&grant_in(&desk, "Tea")).await;
    assert!(page.contains("from") && page.contains("until") && page.contains("not yet</span>"), "{page}");
}
