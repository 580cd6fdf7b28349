//! Who may deliver, how often, and what is reported.

use super::*;

#[tokio::test]
async fn blocked_servers_deliver_nothing_whoever_carries_it() {
    let settings = crate::Settings { blocked: vec!["peer.example".to_owned()], ..crate::Settings::new("test") };
    let inbox = Inbox::with(settings).await;
    assert_eq!(inbox.deliver(Sent::new(follow("1")).incoming()).await, Err((403, "blocked".to_owned())));
    assert_eq!(inbox.scene.net.asked.lock().unwrap().len(), 0, "not even a key is fetched");
    let carrier: ActorId = "https://good.example/people/carrier".into();
    inbox.scene.net.person(&carrier);
    let carried = Sent { signer: carrier, ..Sent::new(proved(&follow("1"), NOW)) };
    assert_eq!(inbox.deliver(carried.incoming()).await, Err((403, "blocked".to_owned())));
}

#[tokio::test]
async fn who_delivers_too_often_is_told_when_to_come_back() {
    let rates = IncomingRates { per_origin: Rate { per_minute: 5 }, per_actor: Rate { per_minute: 3 } };
    let inbox = Inbox::with(crate::Settings { incoming: rates, ..crate::Settings::new("test") }).await;
    let send = async |n: usize, path: &str| {
        let mut body = follow(&n.to_string());
        body["actor"] = json!(peer(path));
        inbox.receiver.deliver(Sent::new(body).by(path).incoming(), Some(actor("people/a"))).await
    };
    for n in 0..3 {
        assert_eq!(send(n, "people/b").await, Delivered::Accepted);
    }
    let Delivered::Refused(refused) = send(3, "people/b").await else { panic!("taken") };
    assert_eq!((refused.status, refused.code.as_str(), refused.retry_after_s), (429, "too-often", Some(20)));
    assert_eq!(send(4, "people/carrier").await, Delivered::Accepted, "another one of the same server");
    let Delivered::Refused(refused) = send(5, "people/carrier").await else { panic!("taken") };
    assert_eq!(refused.status, 429, "the server as a whole");
    inbox.scene.clock.pass(60);
    let later = Sent { at: NOW + 60, ..Sent::new(follow("6")) };
    assert_eq!(inbox.deliver(later.incoming()).await, Ok(()));
}

#[tokio::test]
async fn a_rule_counts_from_the_moment_it_is_made_and_no_longer_than_it_stands() {
    use crate::peers::{Rules, Standing};
    let inbox = Inbox::new().await;
    let rule = |target: &str, standing: Standing| {
        let mut rules = Rules::default();
        rules.add(target, standing, false);
        inbox.scene.outside.peers.set_rules(rules);
    };
    let blocked = || Err((403, "blocked".to_owned()));
    rule("peer.example", Standing::Blocked);
    assert_eq!(inbox.deliver(Sent::new(follow("1")).incoming()).await, blocked());
    let mut to_all = follow("2");
    to_all["to"] = json!(actor("people/a"));
    let shared = Sent { target: "/inbox".to_owned(), ..Sent::new(to_all) };
    assert_eq!(inbox.deliver_to(shared.incoming(), None).await, blocked(), "nor at the shared inbox");
    assert_eq!(inbox.scene.net.asked.lock().unwrap().len(), 0, "not even a key is fetched");
    rule(peer("people/b").as_str(), Standing::Blocked);
    assert_eq!(inbox.deliver(Sent::new(follow("3")).incoming()).await, blocked());
    let carried = Sent::new(proved(&follow("4"), NOW)).by("people/carrier");
    assert_eq!(inbox.deliver(carried.incoming()).await, blocked(), "whoever carries it");
    assert_eq!(inbox.scene.net.asked(peer("people/b").as_str()), 0, "nor is the actor");
    assert!(inbox.mail("people/a").await.is_empty());
    rule("peer.example", Standing::Limited);
    assert_eq!(inbox.deliver(Sent::new(follow("5")).incoming()).await, Ok(()));
    rule("other.example", Standing::Blocked);
    assert_eq!(inbox.deliver(Sent::new(follow("6")).incoming()).await, Ok(()));
    let limited: Vec<Value> = inbox.mail("people/a").await.into_iter().map(|(_, how)| how["limited"].clone()).collect();
    assert_eq!(limited, [json!(true), Value::Null], "a method is told, so that it can ask first");
}

#[tokio::test]
async fn a_report_goes_to_who_keeps_them_and_never_to_whose_inbox_it_came_to() {
    use crate::peers::{Rules, Standing};
    let inbox = Inbox::new().await;
    let flag = |id: &str| {
        let object = json!([actor("people/a")]);
        json!({"id": format!("{PEER}/{id}"), "type": "Flag", "actor": peer("people/b"), "object": object, "content": "x"})
    };
    assert_eq!(inbox.deliver(Sent::new(flag("1")).incoming()).await, Ok(()));
    let shared = Sent { target: "/inbox".to_owned(), ..Sent::new(flag("2")) };
    assert_eq!(inbox.deliver_to(shared.incoming(), None).await, Ok(()));
    assert_eq!((inbox.mail("people/a").await.len(), inbox.mail("actor").await.len()), (0, 2));
    let mut rules = Rules::default();
    rules.add("peer.example", Standing::Limited, true);
    inbox.scene.outside.peers.set_rules(rules);
    let refused = Err((403, "reports-not-taken".to_owned()));
    assert_eq!(inbox.deliver(Sent::new(flag("3")).incoming()).await, refused);
}
