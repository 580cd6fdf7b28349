//! Bodies of every kind, and another one under an id that is known.

use super::*;

/// Whatever stands in a body that is signed as it should be: it is taken or refused, by a status that says whose fault it is.
#[test]
fn no_body_makes_it_panic_or_answer_a_5xx() {
    use proptest::prelude::*;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let inbox = runtime.block_on(Inbox::with(crate::Settings {
        incoming: IncomingRates {
            per_origin: Rate { per_minute: 1_000_000 },
            per_actor: Rate { per_minute: 1_000_000 },
        },
        ..crate::Settings::new("test")
    }));
    let good = proved(&follow("1"), NOW).to_string().into_bytes();
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let changes = prop::collection::vec((0..good.len(), any::<u8>(), 0..3u8), 0..6);
    proptest!(config, |(changes in changes, shared: bool)| {
        let mut body = good.clone();
        for (at, byte, how) in changes {
            let at = at.min(body.len() - 1);
            match how {
                0 => body[at] = byte,
                1 => body.insert(at, byte),
                _ => drop(body.remove(at)),
            }
        }
        let (target, owner) = if shared { ("/inbox", None) } else { ("/people/a/inbox", Some(actor("people/a"))) };
        let sent = Sent { target: target.to_owned(), body, ..Sent::new("") }.incoming();
        // Asserts that no status is a 5xx.
        let _ = runtime.block_on(inbox.deliver_to(sent, owner));
    });
}

#[tokio::test]
async fn another_body_under_a_known_id_is_told_to_its_author_and_the_first_one_counts() {
    let inbox = Inbox::new().await;
    let mut first = follow("1");
    first["to"] = json!([actor("people/a")]);
    let (id, raw) = (ActId::new(format!("{PEER}/1")), first.to_string().into_bytes());
    let mut other = first.clone();
    other["summary"] = json!("something else");
    let mut reordered: Vec<(&String, &Value)> = first.as_object().unwrap().iter().collect();
    reordered.reverse();
    let reordered = Value::Object(reordered.into_iter().map(|(term, value)| (term.clone(), value.clone())).collect());
    let spaced = serde_json::to_string_pretty(&reordered).unwrap();
    assert_eq!(inbox.deliver(Sent::new(&first).incoming()).await, Ok(()));
    for (what, body, taken) in [
        ("the same JSON in other bytes", spaced, true),
        ("with a proof made later", proved(&first, NOW).to_string(), true),
        ("something else", other.to_string(), false),
        ("something else, proved", proved(&other, NOW).to_string(), false),
    ] {
        for inbox_of in [Some(actor("people/a")), None] {
            let mut sent = Sent::new(&body);
            if inbox_of.is_none() {
                sent.target = "/inbox".to_owned();
            }
            let expected = if taken { Ok(()) } else { Err((409, "another-body".to_owned())) };
            assert_eq!(inbox.deliver_to(sent.incoming(), inbox_of).await, expected, "{what}");
        }
        let kept = inbox.scene.near.boxes.act(&id).await.unwrap().unwrap();
        assert_eq!(kept.raw.to_vec(), raw, "{what}");
    }
    assert_eq!(inbox.mail("people/a").await.len(), 5, "what was refused changed nothing");
    let Delivered::Refused(refused) =
        inbox.receiver.deliver(Sent::new(&other).incoming(), Some(actor("people/a"))).await
    else {
        panic!("taken")
    };
    let digest = |body: &[u8]| crate::signature::digest::digest_header(body);
    for part in [digest(&raw), digest(other.to_string().as_bytes()), format!("{} bytes", raw.len())] {
        assert!(refused.detail.contains(&part), "{part}: {}", refused.detail);
    }
}

#[tokio::test]
async fn who_only_carries_another_body_of_a_known_id_is_not_to_blame_and_changes_nothing() {
    let inbox = Inbox::new().await;
    let first = follow("1");
    let mut other = first.clone();
    other["summary"] = json!("something else");
    assert_eq!(inbox.deliver(Sent::new(&first).incoming()).await, Ok(()));
    let forwarded = Sent::new(proved(&other, NOW)).by("people/carrier");
    assert_eq!(inbox.deliver(forwarded.incoming()).await, Ok(()));
    let forged = Sent::new(&other).by("people/carrier");
    assert_eq!(inbox.deliver(forged.incoming()).await, Err((401, "signer-is-not-actor".to_owned())));
    let kept = inbox.scene.near.boxes.act(&ActId::new(format!("{PEER}/1"))).await.unwrap().unwrap();
    assert_eq!(kept.raw.to_vec(), first.to_string().into_bytes());
}
