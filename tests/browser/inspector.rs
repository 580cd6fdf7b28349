//! The inspector of what was no call of a method: in which words it says so, and that nothing came of it.

use crate::driver::{Browser, Scripts, http};
use crate::server::{Server, make, make_factory};
use crate::story;
use serde_json::{Value, json};

#[test]
fn the_inspector_says_why_no_call_was_made_of_an_act() {
    story(async {
        let server = Server::start().await;
        let alice = server.visited_by("alice", Browser::start("inspector", Scripts::Off).await).await;
        let factory = make_factory(&alice, &server, "Kitchen").await;
        let tracker = make(&alice, &factory, "TicketTracker", "Kettles").await;
        let me = alice.property("a.me", "href").await;
        let token = may_publish(&alice, &server).await;
        let posts = async |activity: Value| {
            let request = http().post(format!("{me}/outbox")).bearer_auth(&token);
            let answer = request.header("content-type", "application/activity+json").body(activity.to_string());
            let answer = answer.send().await.unwrap();
            assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
        };
        posts(json!({"type": "Like", "to": [tracker], "object": tracker})).await;
        inspects(&alice, &tracker, "Like", "No call: this kind of actor has no method for it.").await;
        assert!(alice.text("section[aria-labelledby=outcome]").await.contains("no method"));
        posts(json!({"type": "Invite", "to": [tracker], "target": tracker, "object": me})).await;
        inspects(&alice, &tracker, "Invite", "No call could be made of it.").await;
        assert!(alice.text("section[aria-labelledby=outcome]").await.contains("malformed"));
        // What is told of something else.
        posts(json!({"type": "Update", "to": [tracker], "object": me})).await;
        inspects(&alice, &tracker, "Update", "No call: it asks nothing of this actor.").await;
        let raw = alice.text("section[aria-labelledby=raw]").await;
        assert!(raw.contains("\"Update\""), "{raw}");
        // And what is one says which.
        alice.visit(&tracker).await;
        alice.fill("form[action='/do/open-ticket'] input[name=title]", "Too loud").await;
        alice.press("form[action='/do/open-ticket'] button").await;
        alice.visit(&format!("{tracker}/inbox")).await;
        alice.press(".lines li:has(.good.badge) .what a").await;
        let call = alice.text("section[aria-labelledby=call]").await;
        assert!(call.contains("Open") && call.contains("Too loud") && !call.contains("No call"), "{call}");
        alice.ends_quietly(&[]).await;
    });
}

/// A token by which a program publishes as alice.
async fn may_publish(alice: &Browser, server: &Server) -> String {
    alice.visit(&format!("{}/settings", server.base)).await;
    alice.tick("details:has(form[action='/settings/token']) > summary").await;
    let form = "form[action='/settings/token']";
    alice.fill(&format!("{form} input[name=label]"), "a program").await;
    alice.tick(&format!("{form} input[name=write]")).await;
    alice.press(&format!("{form} button")).await;
    alice.text("code.secret").await
}

/// Opens the newest act of a kind in an inbox: what was made of it is this.
async fn inspects(alice: &Browser, actor: &str, kind: &str, expected: &str) {
    let inbox = format!("{actor}/inbox");
    alice.sees(&inbox, ".lines .what", kind).await;
    alice.follow(".lines", kind).await;
    assert!(alice.text("h2.item").await.starts_with(kind));
    assert_eq!(alice.text("section[aria-labelledby=call] .empty").await, expected);
}
