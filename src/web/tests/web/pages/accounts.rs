//! Signing in, registering, setting up.

use super::browser::{Browser, COOKIE};
use crate::world::World;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::domain::{ChangeSettings, DomainSettings, Register};
use pritchel_actors::limits::SESSIONS_MAX;
use pritchel_actors::person::OpenSession;
use pritchel_actors::{Domain, Person};
use pritchel_web::limits::{ACCOUNT_TRIES, KEY_SHARED_MAX};
use pritchel_web::password::Passwords;
use pritchel_web::viewer::hash_of;

const SECRET: &str = "the one-time secret";
const PASSWORD: &str = "correct horse";

async fn world_to_set_up() -> World {
    World::with(|settings| settings.setup_hash = Some(hash_of(SECRET))).await
}

async fn with_password(world: &World, name: &str) -> ActorId {
    let domain = world.front.settings.domains[0].actor.clone();
    let password = Some(Passwords::default().hash(PASSWORD.to_owned()).await.unwrap());
    let register = Register::by_operator(name, password, false);
    let made = world.front.node.call::<Domain, _>(&domain, &domain, register).await.unwrap();
    let Outcome::Done(id) = made else { panic!("{made:?}") };
    id
}

async fn registration(world: &World, open: bool) {
    let domain = world.front.settings.domains[0].actor.clone();
    let settings = DomainSettings { open_registration: open, ..DomainSettings::default() };
    let change = ChangeSettings { settings };
    assert_eq!(world.front.node.call::<Domain, _>(&domain, &domain, change).await, Ok(Outcome::Done(())));
}

fn path() -> String {
    format!("/setup/{}", SECRET.replace(' ', "%20"))
}

#[tokio::test]
async fn the_first_visitor_with_the_link_becomes_the_administrator_and_nobody_after() {
    let world = world_to_set_up().await;
    let mut first = Browser::new(&world);
    assert!(first.sees(&path()).await.contains("Set up this server"));
    let fields = [("name", "alice"), ("password", PASSWORD), ("again", PASSWORD)];
    first.does(&path(), &fields).await;
    assert!(first.sees("/settings").await.contains("Anybody may register"), "she sees what only administrators see");
    let mut second = Browser::new(&world);
    assert_eq!(second.get(&path()).await.status, 410);
    let fields = [("name", "mallory"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(second.post(&path(), &fields).await.status, 410);
    assert_eq!(second.post("/login", &fields).await.status, 401, "nobody was made");
}

#[tokio::test]
async fn two_visitors_with_the_link_at_once_make_one_administrator() {
    let world = world_to_set_up().await;
    let (mut one, mut two) = (Browser::new(&world), Browser::new(&world));
    let path = path();
    let form = |name| [("name", name), ("password", PASSWORD), ("again", PASSWORD)];
    let (a, b) = (form("alice"), form("bob"));
    let (one, two) = tokio::join!(one.post(&path, &a), two.post(&path, &b));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
}

#[tokio::test]
async fn another_secret_or_none_sets_nothing_up() {
    let world = world_to_set_up().await;
    assert_eq!(Browser::new(&world).get("/setup/another").await.status, 410);
    let never = World::new().await;
    assert_eq!(Browser::new(&never).get(&path()).await.status, 410);
}

#[tokio::test]
async fn a_mistake_while_setting_up_is_told_and_the_link_stays_good() {
    let world = world_to_set_up().await;
    let mut browser = Browser::new(&world);
    for (name, password, again) in
        [("Alice!", PASSWORD, PASSWORD), ("alice", "short", "short"), ("alice", PASSWORD, "another one")]
    {
        let answer = browser.post(&path(), &[("name", name), ("password", password), ("again", again)]).await;
        assert!(
            answer.status.is_client_error() && answer.text().contains("role=\"alert\""),
            "{name} {}",
            answer.text()
        );
    }
    browser.does(&path(), &[("name", "alice"), ("password", PASSWORD), ("again", PASSWORD)]).await;
}

#[tokio::test]
async fn who_signs_in_gets_a_cookie_no_script_and_no_other_site_can_use() {
    let world = World::new().await;
    with_password(&world, "alice").await;
    let mut browser = Browser::new(&world);
    let fields = [("name", "alice"), ("password", PASSWORD), ("back", "/desk")];
    let answer = browser.post("/login", &fields).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/desk"));
    let cookie = answer.header("set-cookie");
    for part in [&format!("{COOKIE}="), "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(browser.sees("/desk").await.contains("Sign out"));
    let old = browser.cookie.clone();
    browser.does("/logout", &[]).await;
    assert_eq!(browser.cookie, None, "the cookie is taken away");
    browser.cookie = old;
    assert_eq!(browser.get("/desk").await.status, 303, "and would be of no use");
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_are_told_alike() {
    let world = World::new().await;
    with_password(&world, "alice").await;
    world.person("bob").await;
    let mut browser = Browser::new(&world);
    let mut told = Vec::new();
    for name in ["alice", "nobody", "bob", "alice@elsewhere.example"] {
        let answer = browser.post("/login", &[("name", name), ("password", "wrong")]).await;
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (401, ""), "{name}");
        told.push(answer.text().replace(name, "NAME"));
    }
    assert!(told.iter().all(|text| *text == told[0]), "{told:?}");
}

#[tokio::test]
async fn an_account_that_was_tried_too_often_has_to_wait_even_with_the_right_password() {
    let world = World::new().await;
    with_password(&world, "alice").await;
    let mut browser = Browser::new(&world);
    for _ in 0..ACCOUNT_TRIES {
        assert_eq!(browser.post("/login", &[("name", "alice"), ("password", "wrong")]).await.status, 401);
    }
    let answer = browser.post("/login", &[("name", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 429);
    assert_ne!(answer.header("retry-after"), "");
    with_password(&world, "bob").await;
    browser.does("/login", &[("name", "bob"), ("password", PASSWORD)]).await;
}

/// Tries wrong passwords until it is told to wait.
async fn tries_wrong(browser: &mut Browser<'_>, name: &str) {
    for _ in 0..ACCOUNT_TRIES {
        assert_eq!(browser.post("/login", &[("name", name), ("password", "wrong")]).await.status, 401);
    }
    assert_eq!(browser.post("/login", &[("name", name), ("password", PASSWORD)]).await.status, 429);
}

#[tokio::test]
async fn nobody_keeps_somebody_else_from_signing_in_by_trying_wrong_passwords() {
    let world = World::new().await;
    with_password(&world, "alice").await;
    with_password(&world, "bob").await;
    let form = |name| [("name", name), ("password", PASSWORD)];
    let mut known = Browser::new(&world);
    known.from = Some("192.0.2.1");
    known.does("/login", &form("alice")).await;
    known.does("/logout", &[]).await;
    assert!(known.cookie.is_none() && known.known.is_some());
    let mut mallory = Browser::new(&world);
    mallory.from = Some("192.0.2.66");
    tries_wrong(&mut mallory, "alice").await;
    let mut elsewhere = Browser::new(&world);
    elsewhere.from = Some("198.51.100.1");
    elsewhere.does("/login", &form("alice")).await;
    known.does("/login", &form("alice")).await;

    // What makes a browser known is of one account, not of another, and nothing that anybody could make.
    mallory.known = known.known.clone();
    tries_wrong(&mut mallory, "bob").await;
    mallory.known = Some("browser.tag".to_owned());
    assert_eq!(mallory.post("/login", &form("alice")).await.status, 429);
    // And a browser that is known has no endless tries.
    known.cookie = None;
    tries_wrong(&mut known, "alice").await;
}

#[tokio::test]
async fn signing_in_counts_for_nothing() {
    let world = World::new().await;
    with_password(&world, "alice").await;
    for _ in 0..=ACCOUNT_TRIES {
        Browser::new(&world).does("/login", &[("name", "alice"), ("password", PASSWORD)]).await;
    }
}

#[tokio::test]
async fn a_session_that_has_ended_is_nobodys() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    assert_eq!(Browser::until(&world, &alice, world.front.ports.now() + 1).await.get("/desk").await.status, 200);
    let ended = Browser::until(&world, &alice, world.front.ports.now()).await;
    let answer = ended.get("/desk").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?back=%2Fdesk"));
    assert!(!ended.sees("/").await.contains("Sign out"));
}

#[tokio::test]
async fn of_too_many_sessions_the_oldest_ends_and_nobody_is_kept_out() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let first = Browser::of(&world, &alice).await;
    assert_eq!(first.get("/desk").await.status, 200);
    for n in 0..SESSIONS_MAX {
        world.ports.later.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let until = world.front.ports.now() + 1000;
        let open = OpenSession { hash: hash_of(&format!("another {n}")), until, browser: None };
        assert_eq!(world.front.node.call::<Person, _>(&alice, &alice, open).await, Ok(Outcome::Done(())), "{n}");
        let stands = if n + 1 < SESSIONS_MAX { 200 } else { 303 };
        assert_eq!(first.get("/desk").await.status, stands, "after {} more", n + 1);
    }
}

#[tokio::test]
async fn anybody_registers_where_that_is_open_and_nobody_where_it_is_closed() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let fields = [("name", "carol"), ("password", PASSWORD), ("again", PASSWORD)];
    let closed = browser.get("/register").await;
    assert_eq!(closed.status, 403);
    assert!(closed.text().contains("ask whoever runs it") && !closed.text().contains("Access"), "{}", closed.text());
    assert_eq!(browser.post("/register", &fields).await.status, 403);
    registration(&world, true).await;
    browser.does("/register", &fields).await;
    assert!(browser.sees("/").await.contains("carol"));
    assert!(!browser.sees("/settings").await.contains("Anybody may register"), "and is no administrator");
    let taken = Browser::new(&world).post("/register", &fields).await;
    assert!(taken.text().contains("carol is taken"), "{}", taken.text());
}

#[tokio::test]
async fn a_token_is_shown_once_and_works_until_it_is_dropped() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut browser = Browser::of(&world, &alice).await;
    let made = browser.post("/settings/token", &[("label", "kettle"), ("read", "on")]).await;
    let (_, rest) = made.text().split_once("class=\"secret\">").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let token = rest.split('<').next().unwrap().to_owned();
    let asks = || world.ask(http::Method::GET, &format!("{alice}/inbox")).activity().by(&token).answer();
    assert_eq!(asks().await.status, 200);
    let shown = browser.sees("/settings").await;
    assert!(shown.contains("kettle") && !shown.contains(&token));
    let hash = hash_of(&token);
    browser.does("/settings/drop-token", &[("hash", &hash)]).await;
    assert_eq!(asks().await.status, 401);
    let nothing = browser.post("/settings/token", &[("label", "kettle")]).await;
    assert_eq!(nothing.status, 422, "a token that may do nothing");
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_old_one() {
    let world = World::new().await;
    let alice = with_password(&world, "alice").await;
    let mut browser = Browser::of(&world, &alice).await;
    let new = "battery staple";
    let form = |old| [("old", old), ("password", new), ("again", new)];
    assert_eq!(browser.post("/settings/password", &form("wrong")).await.status, 403);
    let mut other = Browser::new(&world);
    other.does("/login", &[("name", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(other.get("/desk").await.status, 200);
    browser.does("/settings/password", &form(PASSWORD)).await;
    assert_eq!(other.get("/desk").await.status, 303, "every other session has ended");
    assert_eq!(browser.get("/desk").await.status, 200, "and this one goes on");
    let mut again = Browser::new(&world);
    assert_eq!(again.post("/login", &[("name", "alice"), ("password", PASSWORD)]).await.status, 401);
    again.does("/login", &[("name", "alice"), ("password", new)]).await;
}

#[tokio::test]
async fn only_an_administrator_changes_the_domain() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut browser = Browser::of(&world, &alice).await;
    let answer = browser.post("/settings/domain", &[("registration", "open")]).await;
    assert_eq!(answer.status, 403);
    assert_eq!(browser.get("/register").await.status, 403);
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";

#[tokio::test]
async fn an_ssh_key_is_added_shown_to_everybody_without_its_comment_and_removed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut browser = Browser::of(&world, &alice).await;
    for (key, why) in [("ssh-ed25519", "a single word"), ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key")] {
        let answer = browser.post("/settings/ssh-key", &[("name", "laptop"), ("key", key)]).await;
        assert!(answer.status == 422 && answer.text().contains(why), "{key}: {}", answer.text());
    }
    assert!(world.get(alice.as_str()).await.json()["sshKey"].is_null());
    let pasted = format!("{KEY} alice@secret-machine");
    browser.does("/settings/ssh-key", &[("name", "laptop"), ("key", &pasted)]).await;
    let page = browser.sees("/settings").await;
    let shown = page.split("SHA256:").nth(1).expect("a fingerprint").split('<').next().unwrap().to_owned();
    assert!(page.contains("laptop") && shown.len() == 43 && !page.contains("secret-machine"), "{page}");
    let document = world.get(alice.as_str()).await.json();
    let key = &document["sshKey"][0];
    assert_eq!((&key["type"], &key["content"]), (&"SshPublicKey".into(), &KEY.into()));
    let alone = world.get(key["id"].as_str().unwrap()).await.json();
    assert_eq!(alone["attributedTo"], alice.as_str());

    let fingerprint = shown.replace('+', "-").replace('/', "_");
    let find = || pritchel_web::git::ssh_keys::people_of(&world.front, &fingerprint);
    assert_eq!(find().await, Ok(vec![alice.clone()]));
    browser.does("/settings/drop-ssh-key", &[("fingerprint", &fingerprint)]).await;
    assert!(!browser.sees("/settings").await.contains("SHA256:"));
    assert_eq!(find().await, Ok(vec![]));
}

/// Whoever knows a public key can add it. It opens nothing for them, and cannot hide whose it is.
#[tokio::test]
async fn a_key_that_several_have_added_already_is_not_added_once_more() {
    let world = World::new().await;
    for n in 0..KEY_SHARED_MAX {
        let person = world.person(&format!("person{n}")).await;
        Browser::of(&world, &person).await.does("/settings/ssh-key", &[("key", KEY)]).await;
    }
    let late = world.person("late").await;
    let mut browser = Browser::of(&world, &late).await;
    let answer = browser.post("/settings/ssh-key", &[("key", KEY)]).await;
    assert!(answer.status == 403 && answer.text().contains("make a key of your own"), "{}", answer.text());
}
