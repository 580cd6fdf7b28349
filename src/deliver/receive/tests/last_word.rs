//! What is believed of those who are gone, and what is not.

use super::*;

/// A fork that was deleted by its admin, who is still there.
const FORK: &str = "repos/fork";

fn delete(object: &ActorId) -> Value {
    json!({"id": format!("{PEER}/d"), "type": "Delete", "actor": peer("people/b"), "object": object})
}

fn accept() -> Value {
    json!({"id": format!("{PEER}/a"), "type": "Accept", "actor": peer(FORK), "object": format!("{PEER}/d")})
}

async fn inbox(status: u16) -> Inbox {
    let inbox = Inbox::new().await;
    inbox.scene.net.serve(peer(FORK).as_str(), Served::Status(status));
    inbox
}

fn by_fork(body: &Value) -> Incoming {
    Sent::new(body).by(FORK).incoming()
}

async fn verdicts(inbox: &Inbox) -> Vec<String> {
    let mail = inbox.mail("people/a").await;
    mail.iter().map(|(_, how)| how["verdict"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_word_of_somebody_gone_that_they_are_gone_counts_where_their_address_says_so_and_no_other_does() {
    let inbox = inbox(410).await;
    let ghost = peer(FORK);
    let itself = json!({"id": format!("{PEER}/s"), "type": "Delete", "actor": ghost, "object": ghost});
    let other = json!({"id": format!("{PEER}/o"), "type": "Delete", "actor": ghost, "object": format!("{PEER}/note")});
    let undo = json!({"id": format!("{PEER}/u"), "type": "Undo", "actor": ghost, "object": ghost});
    for _ in 0..2 {
        assert_eq!(inbox.deliver(by_fork(&itself)).await, Ok(()));
        for body in [&other, &undo, &follow("1")] {
            assert_eq!(inbox.deliver(by_fork(body)).await, Err((401, "gone".to_owned())), "{body}");
        }
    }
    assert_eq!(verdicts(&inbox).await, ["its address is gone"], "once, however often it comes");
    assert_eq!(inbox.scene.net.asked(ghost.as_str()), 1);
}

#[tokio::test]
async fn of_what_may_be_there_and_not_for_us_its_last_word_does_nothing() {
    let inbox = inbox(404).await;
    let ghost = peer(FORK);
    let itself = json!({"id": format!("{PEER}/s"), "type": "Delete", "actor": ghost, "object": ghost});
    assert_eq!(inbox.deliver(by_fork(&itself)).await, Ok(()), "it is taken, as ever");
    assert_eq!(inbox.deliver(Sent::new(delete(&ghost)).incoming()).await, Ok(()), "its admin says so");
    assert_eq!(inbox.deliver(by_fork(&accept())).await, Err((401, "gone".to_owned())));
    assert_eq!(verdicts(&inbox).await, ["signed by its actor"], "that of its admin alone");
}

#[tokio::test]
async fn what_was_deleted_accepts_its_end_when_that_is_known_here() {
    let inbox = inbox(410).await;
    assert_eq!(inbox.deliver(by_fork(&accept())).await, Err((401, "gone".to_owned())), "of nothing that is known");
    assert_eq!(inbox.deliver(Sent::new(delete(&peer("repos/other"))).incoming()).await, Ok(()));
    assert_eq!(inbox.deliver(by_fork(&accept())).await, Err((401, "gone".to_owned())), "of another's end");
    let inbox = self::inbox(410).await;
    assert_eq!(inbox.deliver(Sent::new(delete(&peer(FORK))).incoming()).await, Ok(()));
    let mut forged = accept();
    forged["actor"] = json!(peer("people/carrier"));
    assert_eq!(inbox.deliver(by_fork(&forged)).await, Err((401, "gone".to_owned())), "somebody else is not gone");
    assert_eq!(inbox.deliver(by_fork(&accept())).await, Ok(()));
    assert_eq!(verdicts(&inbox).await, ["signed by its actor", "its address is gone"]);
}

#[tokio::test]
async fn what_was_deleted_passes_on_the_word_of_who_deleted_it_and_no_other() {
    let gone = delete(&peer(FORK));
    let there = delete(&peer("people/carrier"));
    let mut forged = proved(&gone, NOW);
    forged["id"] = json!(format!("{PEER}/forged"));
    #[rustfmt::skip]
    let rows = [
        ("proved",                    proved(&gone, NOW),        None,                                 Ok("proved by its actor")),
        ("served by its origin",      gone.clone(),              Some(Served::Document(gone.clone())), Ok("fetched from its server")),
        ("nowhere to be found",       gone.clone(),              None,                                 Err("signer-is-not-actor")),
        ("proved, then changed",      forged,                    None,                                 Err("proof-does-not-verify")),
        ("of what is not gone",       proved(&there, NOW),       None,                                 Err("gone")),
        ("no Delete",                 proved(&follow("1"), NOW), None,                                 Err("gone")),
    ];
    for (what, sent, served, expected) in rows {
        let inbox = inbox(410).await;
        if let Some(served) = served {
            inbox.scene.net.serve(format!("{PEER}/d"), served);
        }
        let delivered = inbox.deliver(by_fork(&sent)).await;
        assert_eq!(delivered.clone().err().map(|(_, code)| code).as_deref(), expected.err(), "{what}");
        assert_eq!(verdicts(&inbox).await, Vec::from_iter(expected.ok()), "{what}");
    }
}
