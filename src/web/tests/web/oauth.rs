//! How a client gets its token, and how nobody else does.

use crate::world::{Answer, HOST, ORIGIN, World};
use http::Method;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::Person;
use pritchel_actors::person::OpenSession;
use pritchel_web::viewer::hash_of;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

const BACK: &str = "https://kettle.example/back";
const FORM: &str = "application/x-www-form-urlencoded";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The fields of the query of an address; values as they stand there.
fn query(location: &str) -> BTreeMap<String, String> {
    let query = location.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|field| field.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

async fn session(world: &World, person: &ActorId) -> String {
    let secret = pritchel_web::session::secret(&world.front);
    let open = OpenSession { hash: hash_of(&secret), until: i64::MAX, browser: None };
    assert_eq!(world.front.node.call::<Person, _>(person, person, open).await, Ok(Outcome::Done(())));
    format!("{}.{secret}", person.as_str().rsplit('/').next().unwrap())
}

async fn register(world: &World, metadata: Value) -> Answer {
    world.ask(Method::POST, "/oauth/register").body("application/json", metadata.to_string()).answer().await
}

async fn client_id(world: &World) -> String {
    let made = register(world, json!({"client_name": "Kettle", "redirect_uris": [BACK]})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["client_id"].as_str().unwrap().to_owned()
}

/// What the consent page asks, answered.
async fn answered(world: &World, cookie: &str, client: &str, answer: &str, change: (&str, &str)) -> Answer {
    let csrf = pritchel_web::csrf::token_of(cookie);
    let mut fields = vec![
        ("csrf", csrf.as_str()),
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", BACK),
        ("scope", "read write"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "s t"),
        ("answer", answer),
    ];
    fields.iter_mut().filter(|(name, _)| *name == change.0).for_each(|field| field.1 = change.1);
    let ask = world.ask(Method::POST, "/oauth/authorize").with("cookie", &format!("__Host-pritchel={cookie}"));
    ask.with("origin", ORIGIN).body(FORM, form(&fields)).answer().await
}

async fn redeem(world: &World, code: &str, client: &str, change: (&str, &str)) -> Answer {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("client_id", client),
        ("code_verifier", VERIFIER),
    ];
    fields.iter_mut().filter(|(name, _)| *name == change.0).for_each(|field| field.1 = change.1);
    world.ask(Method::POST, "/oauth/token").body(FORM, form(&fields)).answer().await
}

async fn code(world: &World, cookie: &str, client: &str) -> String {
    let back = answered(world, cookie, client, "yes", ("", "")).await;
    assert_eq!(back.status, 303, "{}", back.text());
    query(back.header("location"))["code"].clone()
}

#[tokio::test]
async fn a_client_that_a_person_agrees_to_gets_a_token_that_works_until_it_is_given_back() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (client, cookie) = (client_id(&world).await, session(&world, &alice).await);
    let back = answered(&world, &cookie, &client, "yes", ("", "")).await;
    let location = back.header("location");
    assert!(back.status == 303 && location.starts_with(BACK), "{}", back.text());
    let fields = query(location);
    assert_eq!((fields["state"].as_str(), fields["iss"].as_str()), ("s+t", encoded(ORIGIN).as_str()));
    let redeemed = redeem(&world, &fields["code"], &client, ("", "")).await;
    assert_eq!((redeemed.status.as_u16(), redeemed.header("cache-control")), (200, "no-store"), "{}", redeemed.text());
    let token = redeemed.json();
    assert_eq!(
        (&token["token_type"], &token["scope"], &token["me"]),
        (&json!("Bearer"), &json!("read write"), &json!(alice))
    );
    let token = token["access_token"].as_str().unwrap();
    let posted =
        world.post(&alice, token, &json!({"type": "Note", "content": "tea", "to": ["https://b.example/x"]})).await;
    assert_eq!(posted.status, 201);
    let given_back = world.ask(Method::POST, "/oauth/revoke").body(FORM, form(&[("token", token)])).answer().await;
    assert_eq!(given_back.status, 200);
    let unknown = world.ask(Method::POST, "/oauth/revoke").body(FORM, form(&[("token", "x.y")])).answer().await;
    assert_eq!(unknown.status, 200, "the same for a token nobody knows");
    assert_eq!(world.post(&alice, token, &json!({"type": "Note", "content": "more"})).await.status, 401);
}

#[tokio::test]
async fn a_code_is_good_once_for_its_client_its_address_and_its_verifier() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (client, cookie) = (client_id(&world).await, session(&world, &alice).await);
    let other = register(&world, json!({"client_name": "Eve", "redirect_uris": [BACK]})).await.json();
    let other = other["client_id"].as_str().unwrap();
    let wrong = "w".repeat(43);
    for change in [("code_verifier", wrong.as_str()), ("client_id", other), ("redirect_uri", "https://kettle.example/")]
    {
        let code = code(&world, &cookie, &client).await;
        let refused = redeem(&world, &code, &client, change).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]), (400, &json!("invalid_grant")), "{change:?}");
        let late = redeem(&world, &code, &client, ("", "")).await;
        assert_eq!(late.status, 400, "a wrong try spends the code: {change:?}");
    }
    let late = code(&world, &cookie, &client).await;
    world.ports.later.store(60, Ordering::Relaxed);
    assert_eq!(redeem(&world, &late, &client, ("", "")).await.status, 400, "a minute later");
    let code = code(&world, &cookie, &client).await;
    let token = redeem(&world, &code, &client, ("", "")).await.json();
    let token = token["access_token"].as_str().unwrap().to_owned();
    assert_eq!(redeem(&world, &code, &client, ("", "")).await.json()["error"], "invalid_grant");
    let posted = world.post(&alice, &token, &json!({"type": "Note", "content": "tea"})).await;
    assert_eq!(posted.status, 401, "a code shown twice was stolen: its token is dropped");
}

/// OAuth 2.1, 4.1.3: the verifier shows already who asked for the code.
#[tokio::test]
async fn where_a_code_was_sent_need_not_be_said_again() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (client, cookie) = (client_id(&world).await, session(&world, &alice).await);
    let code = code(&world, &cookie, &client).await;
    let fields =
        [("grant_type", "authorization_code"), ("code", &code), ("client_id", &client), ("code_verifier", VERIFIER)];
    let answer = world.ask(Method::POST, "/oauth/token").body(FORM, form(&fields)).answer().await;
    assert_eq!((answer.status.as_u16(), &answer.json()["token_type"]), (200, &json!("Bearer")));
}

#[tokio::test]
async fn only_the_person_at_their_own_browser_agrees() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (client, cookie) = (client_id(&world).await, session(&world, &alice).await);
    let forged = answered(&world, &cookie, &client, "yes", ("csrf", "x")).await;
    assert_eq!((forged.status.as_u16(), forged.code()), (403, "form-token".to_owned()));
    let nobody = answered(&world, "nobody.x", &client, "yes", ("", "")).await;
    assert_eq!((nobody.status.as_u16(), nobody.code()), (401, "sign-in".to_owned()));
    let token = world.token(&alice, &[pritchel_actors::person::rows::Scope::Write]).await;
    let by_token = world.ask(Method::POST, "/oauth/authorize").by(&token).body(FORM, form(&[("client_id", &client)]));
    assert_eq!(by_token.answer().await.status, 401, "a token does not beget another");
    let refused = answered(&world, &cookie, &client, "no", ("", "")).await;
    assert_eq!(query(refused.header("location"))["error"], "access_denied");
    let elsewhere = answered(&world, &cookie, &client, "yes", ("redirect_uri", "https://evil.example/")).await;
    assert_eq!(
        (elsewhere.status.as_u16(), elsewhere.header("location")),
        (400, ""),
        "never sent to an unknown address"
    );
    let plain = answered(&world, &cookie, &client, "yes", ("code_challenge_method", "plain")).await;
    assert_eq!(query(plain.header("location"))["error"], "invalid_request");
}

#[tokio::test]
async fn the_person_is_asked_with_every_field_the_client_sent() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (client, cookie) = (client_id(&world).await, session(&world, &alice).await);
    let fields = [
        ("response_type", "code"),
        ("client_id", &client),
        ("scope", "read"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "<b>"),
    ];
    let target = format!("/oauth/authorize?{}", form(&fields));
    let asked = world
        .ask(Method::GET, &target)
        .with("accept", "text/html")
        .with("cookie", &format!("__Host-pritchel={cookie}"));
    let page = asked.answer().await;
    assert_eq!(page.status, 200, "{}", page.text());
    for part in [CHALLENGE, client.as_str(), BACK, "csrf"] {
        assert!(page.text().contains(part), "{part}");
    }
    let anybody = world.ask(Method::GET, &target).answer().await;
    assert_eq!(anybody.status, 401, "{}", anybody.text());
}

#[tokio::test]
async fn a_client_says_what_it_is_within_bounds() {
    let world = World::new().await;
    for (metadata, error) in [
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["http://kettle.example/"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri"),
        (json!({"client_name": "x".repeat(100), "redirect_uris": [BACK]}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_basic"}),
            "invalid_client_metadata",
        ),
        (json!({"redirect_uris": [BACK], "grant_types": ["implicit"]}), "invalid_client_metadata"),
    ] {
        let refused = register(&world, metadata.clone()).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]), (400, &json!(error)), "{metadata}");
    }
    let twice = form(&[("grant_type", "authorization_code"), ("grant_type", "x")]);
    let twice = world.ask(Method::POST, "/oauth/token").body(FORM, twice).answer().await;
    assert_eq!(twice.json()["error"], "invalid_request");
    let metadata = world.ask(Method::GET, "/.well-known/oauth-authorization-server").answer().await.json();
    assert_eq!(metadata["issuer"], format!("https://{HOST}"));
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
}
