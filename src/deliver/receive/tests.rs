//! Deliveries as they come: what is taken and into whose mailbox, and a table of what is not. Nothing a stranger sends is
//! answered with a 5xx, and nothing refused changes anything.

use http::{HeaderName, HeaderValue, Method};
use pritchel_actor::{ActId, Boxes, Value, What};
use serde_json::json;
use url::Url;

use super::*;
use crate::key::{KeyPair, fixture};
use crate::proof;
use crate::signature::{Scheme, sign};
use crate::testing::{FORGE, NOW, PEER, Scene, Served, actor, peer, person};

mod bodies;
mod last_word;
mod rules;

/// A delivery in the making.
struct Sent {
    target: String,
    host: &'static str,
    signer: ActorId,
    key: KeyPair,
    scheme: Scheme,
    body: Vec<u8>,
    at: Seconds,
}

impl Sent {
    /// Of a far person to `people/a`, signed as we would sign it.
    fn new(body: impl ToString) -> Self {
        Self {
            target: "/people/a/inbox".to_owned(),
            host: "forge.example",
            signer: peer("people/b"),
            key: fixture::rsa(),
            scheme: Scheme::Cavage,
            body: body.to_string().into_bytes(),
            at: NOW,
        }
    }

    fn incoming(&self) -> Incoming {
        let url = Url::parse(&format!("{FORGE}{}", self.target)).unwrap();
        let (key_id, at) = (format!("{}#main-key", self.signer), self.at as u64);
        let headers = sign(self.scheme, &self.key, &key_id, &Method::POST, &url, Some(&self.body), at).unwrap();
        Incoming {
            method: "POST".to_owned(),
            target: self.target.clone(),
            host: self.host.to_owned(),
            headers: headers.into_iter().collect(),
            body: Bytes::from(self.body.clone()),
        }
    }

    fn by(self, path: &str) -> Self {
        Self { signer: peer(path), ..self }
    }
}

struct Inbox {
    scene: Scene,
    receiver: Receiver,
}

impl Inbox {
    async fn new() -> Self {
        Self::with(crate::Settings::new("test")).await
    }

    async fn with(settings: crate::Settings) -> Self {
        let scene = Scene::with(&["people/a", "people/c"], settings).await;
        for path in ["people/b", "people/carrier"] {
            scene.net.person(&peer(path));
        }
        let receiver = scene.outside.receiver(scene.turns.clone());
        Self { scene, receiver }
    }

    async fn deliver(&self, sent: Incoming) -> Result<(), (u16, String)> {
        self.deliver_to(sent, Some(actor("people/a"))).await
    }

    async fn deliver_to(&self, sent: Incoming, inbox_of: Option<ActorId>) -> Result<(), (u16, String)> {
        match self.receiver.deliver(sent, inbox_of).await {
            Delivered::Accepted => Ok(()),
            Delivered::Refused(refused) => {
                assert!(refused.status < 500, "{refused:?}");
                assert!(!refused.detail.is_empty() && refused.detail.len() <= 1200, "{refused:?}");
                assert!(refused.accept_signature.is_none() || refused.status == 401, "{refused:?}");
                Err((refused.status, refused.code))
            }
        }
    }

    /// The acts in a near actor's mailbox, with how they came.
    async fn mail(&self, path: &str) -> Vec<(ActId, Value)> {
        let mail = self.scene.near.boxes.mail(&actor(path), None, 100).await.unwrap();
        mail.into_iter()
            .map(|mail| match mail.message.what.clone() {
                What::Act { id, how } => (id, Value::clone(&how)),
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

fn follow(id: &str) -> Value {
    json!({"id": format!("{PEER}/{id}"), "type": "Follow", "actor": peer("people/b"), "object": actor("people/a")})
}

/// An activity with the proof of its author.
fn proved(value: &Value, at: Seconds) -> Value {
    Value::Object(
        proof::create(value, &fixture::ed25519(), &format!("{}#ed25519-key", peer("people/b")), at as u64).unwrap(),
    )
}

#[tokio::test]
async fn a_signed_delivery_lies_in_the_mailbox_with_how_it_came() {
    for (scheme, name, digest) in
        [(Scheme::Cavage, "draft-cavage", "digest"), (Scheme::Rfc9421, "rfc9421", "content-digest")]
    {
        let inbox = Inbox::new().await;
        let sent = Sent { scheme, ..Sent::new(follow("1")) };
        assert_eq!(inbox.deliver(sent.incoming()).await, Ok(()));
        let mail = inbox.mail("people/a").await;
        let (id, how) = &mail[0];
        assert_eq!((mail.len(), id.as_str()), (1, "https://peer.example/1"));
        assert_eq!(how["carried"], "http");
        assert_eq!((how["scheme"].as_str(), how["verdict"].as_str()), (Some(name), Some("signed by its actor")));
        assert_eq!(how["key"], "https://peer.example/people/b#main-key");
        assert_eq!(how["created"], NOW);
        assert!(how["covered"].as_array().unwrap().iter().any(|name| name.as_str().unwrap().contains(digest)));
        assert!(how["headers"].as_array().unwrap().iter().any(|header| header[0] == "signature"));
        let act = inbox.scene.near.boxes.act(id).await.unwrap().unwrap();
        assert_eq!((&act.author, act.raw.to_vec()), (&peer("people/b"), sent.body));
        assert_eq!(*inbox.scene.turns.0.lock().unwrap(), [actor("people/a")], "its owner is woken");
        let learnt = inbox.scene.outside.origins.of(PEER).await.scheme(NOW);
        assert_eq!(learnt, scheme, "what a peer sends it understands");
    }
}

#[tokio::test]
async fn what_does_not_hold_is_refused_and_changes_nothing() {
    let inbox = Inbox::new().await;
    let changed = |change: fn(&mut Incoming)| {
        let mut incoming = Sent::new(follow("1")).incoming();
        change(&mut incoming);
        incoming
    };
    let mut foreign = follow("1");
    foreign["id"] = json!("https://evil.example/1");
    let mut impostor = follow("1");
    impostor["actor"] = json!(peer("people/victim"));
    let mut own = follow("1");
    own["actor"] = json!(actor("people/c"));
    let note = json!({"id": format!("{PEER}/1"), "type": "Create", "actor": peer("people/b"),
        "object": {"type": "Note", "id": "https://victim.example/note", "attributedTo": "https://victim.example/v"}});
    let deep = format!(r#"{{"type":"Follow","object":{}{}}}"#, "[".repeat(100), "]".repeat(100));
    let twice =
        format!(r#"{{"id":"{PEER}/1","type":"Follow","actor":"{0}","actor":"{0}","object":"x"}}"#, peer("people/b"));
    let sent = |body: String| Sent::new(body).incoming();
    #[rustfmt::skip]
    let rows = [
        ("no signature",         changed(|sent| sent.headers.clear()),                                          401, "signature-missing"),
        ("half a signature",     changed(|sent| put(sent, "signature", "keyId=\"a\"")),                         401, "signature-parameter-missing"),
        ("another body",         changed(|sent| sent.body = Bytes::from_static(b"{}")),                         401, "digest-mismatch"),
        ("another digest",       changed(|sent| put(sent, "digest", "SHA-256=AAAA")),                           401, "digest-mismatch"),
        ("no digest",            changed(|sent| drop(sent.headers.remove("digest"))),                           401, "digest-missing"),
        ("another path",         changed(|sent| sent.target = "/people/c/inbox".to_owned()),                    401, "signature-does-not-verify"),
        ("another method",       changed(|sent| sent.method = "PUT".to_owned()),                                401, "signature-does-not-verify"),
        ("another host",         changed(|sent| put(sent, "host", "evil.example")),                             401, "signature-wrong-host"),
        ("another date",         changed(|sent| put(sent, "date", "Fri, 15 Jan 2027 08:30:00 GMT")),            401, "signature-does-not-verify"),
        ("too old",              Sent { at: NOW - 3601, ..Sent::new(follow("1")) }.incoming(),                  401, "signature-too-old"),
        ("from the future",      Sent { at: NOW + 3601, ..Sent::new(follow("1")) }.incoming(),                  401, "signature-from-the-future"),
        ("another key",          Sent { key: KeyPair::generate_rsa2048().unwrap(), ..Sent::new(follow("1")) }.incoming(), 401, "signature-does-not-verify"),
        ("an unknown signer",    Sent::new(follow("1")).by("people/nobody").incoming(),                         401, "gone"),
        ("a signer of ours",     Sent { signer: actor("people/c"), ..Sent::new(follow("1")) }.incoming(),       401, "own-key"),
        ("not JSON",             sent("no".to_owned()),                                                         400, "not-a-document"),
        ("not UTF-8",            Sent { body: b"\xff".to_vec(), ..Sent::new("") }.incoming(),                   400, "not-a-document"),
        ("a list",               sent("[]".to_owned()),                                                         400, "not-a-document"),
        ("deep",                 sent(deep),                                                                    400, "not-a-document"),
        ("one key twice",        sent(twice),                                                                   400, "not-a-document"),
        ("no activity",          sent("{}".to_owned()),                                                         400, "not-an-activity"),
        ("an object that is 5",  sent(json!({"id": format!("{PEER}/1"), "type": "Follow", "actor": peer("people/b"), "object": 5}).to_string()), 400, "not-an-activity"),
        ("no actor",             sent(json!({"type": "Follow", "object": "https://a.example/"}).to_string()),   400, "not-an-activity"),
        ("two actors",           sent(json!({"type": "Follow", "actor": ["https://a.example/", "https://b.example/"]}).to_string()), 400, "not-an-activity"),
        ("a foreign id",         sent(foreign.to_string()),                                                     400, "another-origin"),
        ("an impostor",          sent(impostor.to_string()),                                                    401, "signer-is-not-actor"),
        ("an actor of ours",     sent(own.to_string()),                                                         401, "own-actor"),
        ("a foreign object",     sent(note.to_string()),                                                        400, "another-origin"),
        ("too large",            Sent { body: vec![b' '; INBOX_BODY_BYTES_MAX + 1], ..Sent::new("") }.incoming(), 413, "too-large"),
    ];
    let kept = inbox.scene.near.boxes.actors_with_mail(None, 10);
    for (what, incoming, status, code) in rows {
        assert_eq!(inbox.deliver(incoming).await, Err((status, code.to_owned())), "{what}");
        // Else the rate of what is written down would be met.
        inbox.scene.clock.set(NOW);
    }
    assert_eq!(inbox.scene.near.boxes.actors_with_mail(None, 10), kept);
    assert!(inbox.scene.near.boxes.act(&"https://peer.example/1".into()).await.unwrap().is_none());
    let seen = inbox.receiver.refused(&actor("people/a")).await.unwrap();
    assert_eq!(seen.len(), 20, "the first of them can be looked at");
    assert!(seen.iter().any(|seen| seen.code == "digest-mismatch" && !seen.headers.is_empty() && seen.status == 401));
    assert_eq!(inbox.deliver(Sent::new(follow("1")).incoming()).await, Ok(()), "and the good one is taken");
}

fn put(sent: &mut Incoming, name: &'static str, value: &str) {
    sent.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
}

#[tokio::test]
async fn inboxes_that_are_not_there_are_told() {
    let inbox = Inbox::new().await;
    let sent = || Sent::new(follow("1")).incoming();
    for (owner, status, code) in [
        (Some(actor("people/nobody")), 404, "no-such-inbox"),
        (Some("https://elsewhere.example/people/a".into()), 404, "no-such-inbox"),
    ] {
        assert_eq!(inbox.deliver_to(sent(), owner).await, Err((status, code.to_owned())));
    }
    let mut elsewhere = sent();
    elsewhere.host = "elsewhere.example".to_owned();
    assert_eq!(inbox.deliver_to(elsewhere, None).await, Err((421, "another-host".to_owned())));
    assert_eq!(inbox.scene.net.asked.lock().unwrap().len(), 0, "nobody is asked for the sake of a wrong address");
}

#[tokio::test]
async fn the_same_request_again_does_nothing_and_the_same_activity_signed_anew_comes_again() {
    let inbox = Inbox::new().await;
    let sent = Sent::new(follow("1"));
    for _ in 0..3 {
        assert_eq!(inbox.deliver(sent.incoming()).await, Ok(()));
    }
    assert_eq!(inbox.mail("people/a").await.len(), 1, "a replay is taken and does nothing");
    let anew = Sent { at: NOW + 1, ..sent };
    assert_eq!(inbox.deliver(anew.incoming()).await, Ok(()));
    assert_eq!(inbox.mail("people/a").await.len(), 2, "whoever asks again gets its answer again");
}

#[tokio::test]
async fn somebody_elses_activity_needs_its_actors_word() {
    let body = follow("1");
    let other =
        json!({"id": format!("{PEER}/1"), "type": "Follow", "actor": peer("people/b"), "object": peer("people/x")});
    let mut tampered = proved(&body, NOW);
    tampered["object"] = json!(actor("people/c"));
    let mut forged = proved(&body, NOW);
    forged["proof"]["verificationMethod"] = json!(format!("{}#ed25519-key", peer("people/carrier")));
    #[rustfmt::skip]
    let rows = [
        ("proved",                 proved(&body, NOW),                   None,                                 Ok("proved by its actor")),
        ("proved a week ago",      proved(&body, NOW - 7 * 86_400),      None,                                 Ok("proved by its actor")),
        ("proved longer ago",      proved(&body, NOW - 7 * 86_400 - 1),  Some(Served::Document(body.clone())), Err("proof-too-old")),
        ("proved, then changed",   tampered,                             Some(Served::Document(body.clone())), Err("proof-does-not-verify")),
        ("proved by the carrier",  forged,                               Some(Served::Document(body.clone())), Err("proof-key-not-of-actor")),
        ("served by its origin",   body.clone(),                         Some(Served::Document(body.clone())), Ok("fetched from its server")),
        ("nowhere to be found",    body.clone(),                         None,                                 Err("signer-is-not-actor")),
        ("another at its address", body.clone(),                         Some(Served::Document(json!({"id": format!("{PEER}/1"), "type": "Follow", "actor": peer("people/carrier"), "object": actor("people/a")}))), Err("signer-is-not-actor")),
    ];
    for (what, sent, served, expected) in rows {
        let inbox = Inbox::new().await;
        if let Some(served) = served {
            inbox.scene.net.serve(format!("{PEER}/1"), served);
        }
        let delivered = inbox.deliver(Sent::new(sent).by("people/carrier").incoming()).await;
        match expected {
            Ok(verdict) => {
                assert_eq!(delivered, Ok(()), "{what}");
                let how = &inbox.mail("people/a").await[0].1;
                assert_eq!(
                    (how["verdict"].as_str(), &how["forwarded_by"]),
                    (Some(verdict), &json!(peer("people/carrier"))),
                    "{what}"
                );
            }
            Err(code) => {
                assert_eq!(delivered, Err((401, code.to_owned())), "{what}");
                assert!(inbox.mail("people/a").await.is_empty(), "{what}");
            }
        }
    }
    // What is fetched counts, not what was carried; and what is said of it says so.
    let another = json!({"id": format!("{PEER}/1"), "type": "Create", "actor": peer("people/b"),
        "object": {"type": "Note", "id": "https://victim.example/note"}});
    for (served, code, said) in [
        (
            json!({"id": format!("{PEER}/1"), "type": "Follow"}),
            "signer-is-not-actor",
            "at that address is none: expected an",
        ),
        (another, "another-origin", "of what the server of its actor has at its address: the object's id"),
    ] {
        let inbox = Inbox::new().await;
        inbox.scene.net.serve(format!("{PEER}/1"), Served::Document(served.clone()));
        let sent = Sent::new(&body).by("people/carrier").incoming();
        let Delivered::Refused(refused) = inbox.receiver.deliver(sent, Some(actor("people/a"))).await else {
            panic!("{served} was taken")
        };
        assert_eq!(refused.code, code, "{served}");
        assert!(refused.detail.contains(said), "{}", refused.detail);
    }
    let inbox = Inbox::new().await;
    inbox.scene.net.serve(format!("{PEER}/1"), Served::Document(other.clone()));
    assert_eq!(inbox.deliver(Sent::new(body).by("people/carrier").incoming()).await, Ok(()));
    let act = inbox.scene.near.boxes.act(&"https://peer.example/1".into()).await.unwrap().unwrap();
    assert_eq!(*act.body, other);
}

#[tokio::test]
async fn a_proof_that_fails_beats_a_good_signature() {
    let inbox = Inbox::new().await;
    let mut body = proved(&follow("1"), NOW);
    assert_eq!(inbox.deliver(Sent::new(&body).incoming()).await, Ok(()));
    body["object"] = json!(actor("people/c"));
    assert_eq!(inbox.deliver(Sent::new(&body).incoming()).await, Err((401, "proof-does-not-verify".to_owned())));
}

/// A tracker passes the comment of one person of ours on to another one who follows it.
#[tokio::test]
async fn an_activity_of_ours_that_is_passed_on_reaches_who_it_is_passed_on_to_in_our_words() {
    let inbox = Inbox::new().await;
    let id = ActId::new(format!("{FORGE}/people/c/outbox/1"));
    let own = json!({"id": id, "type": "Follow", "actor": actor("people/c"), "object": peer("people/b")});
    assert_eq!(inbox.deliver(Sent::new(&own).incoming()).await, Err((401, "own-actor".to_owned())));
    let act = Arc::new(Act::made(id.clone(), actor("people/c"), own.clone()));
    inbox.scene.near.boxes.receive(act, json!({}), &[actor("people/c")], NOW).await.unwrap();
    let mut other = own.clone();
    other["object"] = json!(peer("people/x"));
    assert_eq!(inbox.deliver(Sent::new(&other).incoming()).await, Ok(()));
    assert!(inbox.mail("people/a").await.is_empty(), "other words than those said here");
    let to_author = Sent { target: "/people/c/inbox".to_owned(), ..Sent::new(&own) };
    assert_eq!(inbox.deliver_to(to_author.incoming(), Some(actor("people/c"))).await, Ok(()));
    assert_eq!(inbox.mail("people/c").await.len(), 1, "nobody is told what they said themselves");
    let mut carried = own.clone();
    carried["proof"] = json!({"type": "DataIntegrityProof"});
    assert_eq!(inbox.deliver(Sent::new(&carried).incoming()).await, Ok(()));
    let mail = inbox.mail("people/a").await;
    assert_eq!((mail.len(), &mail[0].1["forwarded_by"]), (1, &json!(peer("people/b"))));
    assert_eq!(*inbox.scene.near.boxes.act(&id).await.unwrap().unwrap().body, own);
}

#[tokio::test]
async fn a_key_that_was_changed_is_fetched_once_more() {
    let inbox = Inbox::new().await;
    assert_eq!(inbox.deliver(Sent::new(follow("1")).incoming()).await, Ok(()));
    let anew = KeyPair::generate_rsa2048().unwrap();
    let mut document = person(&peer("people/b"));
    document["publicKey"]["publicKeyPem"] = json!(anew.public_key().to_pem());
    inbox.scene.net.serve(peer("people/b").as_str(), Served::Document(document));
    assert_eq!(inbox.deliver(Sent { key: anew, ..Sent::new(follow("2")) }.incoming()).await, Ok(()));
    for n in 0..20 {
        let forger = Sent { key: fixture::rsa(), ..Sent::new(follow(&format!("f{n}"))) };
        assert_eq!(inbox.deliver(forger.incoming()).await, Err((401, "signature-does-not-verify".to_owned())));
    }
    assert_eq!(inbox.scene.net.asked(peer("people/b").as_str()), 2, "forgeries make us fetch nothing");
}

#[tokio::test]
async fn what_an_activity_is_about_is_read_again_when_it_is_next_asked_for() {
    let (bob, ticket, other) = (peer("people/b"), format!("{PEER}/t/tickets/1"), format!("{PEER}/t/tickets/2"));
    let undo = json!({"type": "Undo", "object": {"type": "Resolve", "actor": bob, "object": ticket}});
    let comment = json!({"type": "Note", "content": "x", "context": ticket, "attributedTo": bob});
    for (kind, object) in [("Resolve", json!(ticket)), ("Undo", undo["object"].clone()), ("Create", comment)] {
        let inbox = Inbox::new().await;
        for uri in [&ticket, &other] {
            inbox.scene.net.serve(uri, Served::Document(json!({"type": "Ticket", "id": uri})));
        }
        let fetch = async || {
            let mut asked = Vec::new();
            for uri in [&ticket, &other] {
                assert!(inbox.scene.outside.documents.document(uri).await.found.is_ok(), "{uri}");
                asked.push(inbox.scene.net.asked(uri));
            }
            asked
        };
        assert_eq!((fetch().await, fetch().await), (vec![1, 1], vec![1, 1]), "kept for a while");
        let activity = json!({"id": format!("{PEER}/act"), "type": kind, "actor": bob, "object": object});
        let forger = Sent { key: KeyPair::generate_rsa2048().unwrap(), ..Sent::new(activity.to_string()) };
        assert!(inbox.deliver(forger.incoming()).await.is_err());
        assert_eq!(fetch().await, [1, 1], "{kind}: nothing that was refused");
        assert_eq!(inbox.deliver(Sent::new(activity).incoming()).await, Ok(()), "{kind}");
        assert_eq!(fetch().await, [2, 1], "{kind}");
    }
}

/// ForgeFed, "SSH Key Updates". Nothing is fetched by it: what was fetched is not used any more.
#[tokio::test]
async fn what_an_actor_says_of_its_ssh_keys_outdates_what_was_fetched_of_it() {
    let (bob, key) = (peer("people/b"), format!("{PEER}/people/b/ssh-keys/1"));
    let written = json!({"type": "SshPublicKey", "id": key, "attributedTo": bob, "content": "ssh-ed25519 AAAA"});
    let bare = json!({"type": "SshPublicKey", "attributedTo": bob, "content": "ssh-ed25519 AAAA"});
    #[rustfmt::skip]
    let rows = [
        ("a new key",             "Create", written.clone(),                         [true, true]),
        ("a key with another name", "Update", written,                               [true, true]),
        ("a key without address", "Create", bare,                                    [true, false]),
        ("a key that is gone",    "Delete", json!(key),                              [true, true]),
        ("another profile",       "Update", json!(bob),                              [true, false]),
        ("a note",                "Create", json!({"type": "Note", "content": "x"}), [false, false]),
        ("what is elsewhere",     "Delete", json!(actor("people/a")),                [false, false]),
    ];
    for (what, kind, object, expected) in rows {
        let inbox = Inbox::new().await;
        inbox.scene.net.serve(&key, Served::Document(json!({"type": "SshPublicKey", "id": key, "content": "x"})));
        let fetch = async || {
            let mut asked = Vec::new();
            for uri in [bob.as_str(), &key] {
                assert!(inbox.scene.outside.documents.document(uri).await.found.is_ok(), "{uri}");
                asked.push(inbox.scene.net.asked(uri));
            }
            asked
        };
        let activity = json!({"id": format!("{PEER}/act"), "type": kind, "actor": bob, "object": object});
        // The first time its signature is checked its actor is fetched.
        let stranger =
            json!({"id": format!("{PEER}/first"), "type": "Like", "actor": bob, "object": actor("people/a")});
        assert_eq!(inbox.deliver(Sent::new(stranger).incoming()).await, Ok(()));
        let before = fetch().await;
        assert_eq!(fetch().await, before, "{what}: it is kept for a while");
        let forger = Sent { key: KeyPair::generate_rsa2048().unwrap(), ..Sent::new(activity.to_string()) };
        assert!(inbox.deliver(forger.incoming()).await.is_err(), "{what}");
        let unchanged = fetch().await;
        assert_eq!(inbox.deliver(Sent::new(activity).incoming()).await, Ok(()), "{what}");
        let after = fetch().await;
        let again = [0, 1].map(|at| after[at] > unchanged[at]);
        assert_eq!(again, expected, "{what}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_fetched_now_is_no_reason_to_give_up() {
    let inbox = Inbox::new().await;
    inbox.scene.net.serve(peer("people/b").as_str(), Served::Fails);
    let delivered = inbox.receiver.deliver(Sent::new(follow("1")).incoming(), Some(actor("people/a"))).await;
    let Delivered::Refused(refused) = delivered else { panic!("taken") };
    assert_eq!((refused.status, refused.code.as_str(), refused.retry_after_s), (429, "key-unavailable", Some(60)));
}

/// Forgejo waits 5 seconds for an answer.
#[tokio::test(start_paused = true)]
async fn a_sender_whose_host_hangs_is_answered_in_time_and_taken_when_it_comes_again() {
    let inbox = Inbox::new().await;
    let slow = Served::Slow(9, person(&peer("people/b")));
    inbox.scene.net.serve(peer("people/b").as_str(), slow.clone());
    let carried = Sent::new(proved(&follow("1"), NOW)).by("people/carrier");
    for sent in [Sent::new(follow("1")), carried] {
        let begun = tokio::time::Instant::now();
        let delivered = inbox.receiver.deliver(sent.incoming(), Some(actor("people/a"))).await;
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
        let Delivered::Refused(refused) = delivered else { panic!("taken") };
        assert_eq!((refused.status, refused.code.as_str(), refused.retry_after_s), (429, "key-unavailable", Some(60)));
        assert!(refused.detail.contains("within 4 s"), "{}", refused.detail);
    }
    assert!(inbox.mail("people/a").await.is_empty());
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    assert_eq!(
        inbox.scene.net.asked(peer("people/b").as_str()),
        1,
        "what was begun is finished, once for all who wait"
    );
    assert_eq!(inbox.deliver(Sent::new(follow("1")).incoming()).await, Ok(()));
    assert_eq!(inbox.scene.net.asked(peer("people/b").as_str()), 1);
}

#[tokio::test]
async fn a_full_mailbox_is_told_and_a_stopping_server_too() {
    let inbox = Inbox::new().await;
    for n in 0..pritchel_actor::limits::MAILBOX_PER_SENDER_MAX {
        assert_eq!(inbox.deliver(Sent::new(follow(&n.to_string())).incoming()).await, Ok(()));
    }
    let more = || Sent::new(follow("more")).incoming();
    let Delivered::Refused(refused) = inbox.receiver.deliver(more(), Some(actor("people/a"))).await else {
        panic!("taken")
    };
    assert_eq!((refused.status, refused.code.as_str(), refused.retry_after_s), (429, "quota-full", Some(60)));
    inbox.receiver.stop();
    let Delivered::Refused(refused) = inbox.receiver.deliver(more(), Some(actor("people/a"))).await else {
        panic!("taken")
    };
    assert_eq!((refused.status, refused.code.as_str()), (503, "stopping"));
}

#[tokio::test]
async fn a_shared_inbox_serves_all_it_is_addressed_to_and_the_followers_of_its_author() {
    let inbox = Inbox::new().await;
    let shared = |to: Value, n: &str| {
        let body = json!({"id": format!("{PEER}/{n}"), "type": "Create", "actor": peer("people/b"), "to": to,
            "object": {"type": "Note", "content": "hello"}});
        Sent { target: "/inbox".to_owned(), ..Sent::new(body) }.incoming()
    };
    let count = async |inbox: &Inbox| (inbox.mail("people/a").await.len(), inbox.mail("people/c").await.len());
    let both = json!([
        actor("people/a"),
        actor("people/c"),
        actor("people/nobody"),
        format!("{}/followers", actor("people/a"))
    ]);
    assert_eq!(inbox.deliver_to(shared(both, "1"), None).await, Ok(()));
    assert_eq!(count(&inbox).await, (1, 1));
    assert_eq!(inbox.deliver_to(shared(json!([]), "2"), None).await, Ok(()));
    let followers = json!(format!("{}/followers", peer("people/b")));
    assert_eq!(inbox.deliver_to(shared(followers.clone(), "3"), None).await, Ok(()));
    assert_eq!(count(&inbox).await, (1, 1), "nobody follows yet");
    let act = |kind: &str, object: Value| {
        let body = json!({"type": kind, "actor": actor("people/c"), "object": object});
        Act::made(format!("{FORGE}/{kind}").as_str().into(), actor("people/c"), body)
    };
    let routes = Routes::new(
        inbox.scene.near.boxes.clone(),
        inbox.scene.near.hosts.clone(),
        inbox.scene.outside.remote.clone(),
        inbox.scene.clock.clone(),
    );
    let follow = act("Follow", json!(peer("people/b")));
    routes.sending(&follow, &peer("people/other")).await.unwrap();
    assert_eq!(inbox.deliver_to(shared(followers.clone(), "4"), None).await, Ok(()));
    assert_eq!(count(&inbox).await, (1, 1), "told to somebody else, it is no follow");
    routes.sending(&follow, &peer("people/b")).await.unwrap();
    assert_eq!(inbox.deliver_to(shared(followers.clone(), "5"), None).await, Ok(()));
    assert_eq!(count(&inbox).await, (1, 2), "people/c follows");
    let undo = routes.taken(&act("Undo", (*follow.body).clone())).await.unwrap().unwrap();
    assert_eq!(undo.value, None);
    inbox.scene.near.boxes.remove_record(&undo.kind, &undo.key).await.unwrap();
    assert_eq!(inbox.deliver_to(shared(followers, "6"), None).await, Ok(()));
    assert_eq!(count(&inbox).await, (1, 2));
}

#[tokio::test]
async fn a_signed_get_has_a_signer_and_an_unsigned_one_has_none() {
    let inbox = Inbox::new().await;
    let get = |signer: &ActorId| {
        let url = Url::parse(&format!("{FORGE}/people/a/outbox")).unwrap();
        let headers =
            sign(Scheme::Cavage, &fixture::rsa(), &format!("{signer}#main-key"), &Method::GET, &url, None, NOW as u64);
        Incoming {
            method: "GET".to_owned(),
            target: "/people/a/outbox".to_owned(),
            host: "forge.example".to_owned(),
            headers: headers.unwrap().into_iter().collect(),
            body: Bytes::new(),
        }
    };
    assert_eq!(inbox.receiver.signer(get(&peer("people/b"))).await, Ok(Some(peer("people/b"))));
    let unsigned = Incoming { headers: HeaderMap::new(), ..get(&peer("people/b")) };
    assert_eq!(inbox.receiver.signer(unsigned).await, Ok(None));
    let mut elsewhere = get(&peer("people/b"));
    elsewhere.target = "/people/c/outbox".to_owned();
    let refused = inbox.receiver.signer(elsewhere).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (401, "signature-does-not-verify"));
    assert_eq!(inbox.receiver.signer(get(&peer("people/nobody"))).await.unwrap_err().status, 401);
}
