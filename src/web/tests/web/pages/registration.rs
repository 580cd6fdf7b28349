//! Who joins: invitations, and people who wait to be let in.

use super::browser::Browser;
use super::links::between;
use crate::world::{ORIGIN, World};
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::Domain;
use pritchel_actors::domain::Register;
use pritchel_web::password::Passwords;

const PASSWORD: &str = "correct horse";

/// An administrator of the first domain.
async fn administrator(world: &World) -> ActorId {
    let domain = world.front.settings.domains[0].actor.clone();
    let phc = Passwords::default().hash(PASSWORD.to_owned()).await.unwrap();
    let register = Register::by_operator("root", Some(phc), true);
    let Ok(Outcome::Done(id)) = world.front.node.call::<Domain, _>(&domain, &domain, register).await else { panic!() };
    id
}

async fn rule(root: &mut Browser<'_>, registration: &str, people_invite: bool) {
    let mut fields = vec![("registration", registration)];
    fields.extend(people_invite.then_some(("people_invite", "on")));
    root.does("/settings/domain", &fields).await;
}

fn form(name: &str) -> [(&str, &str); 3] {
    [("name", name), ("password", PASSWORD), ("again", PASSWORD)]
}

/// The path of the link that was shown.
fn link(page: &str) -> String {
    between(page, "class=\"secret\">", "<").strip_prefix(ORIGIN).unwrap().to_owned()
}

#[tokio::test]
async fn an_invitation_lets_one_person_in_and_nobody_after() {
    let world = World::new().await;
    let mut root = Browser::of(&world, &administrator(&world).await).await;
    assert_eq!(root.post("/settings/invite", &[]).await.status, 403, "nobody may register at all");
    rule(&mut root, "invitation", false).await;
    let mut carol = Browser::new(&world);
    let without = carol.get("/register").await;
    assert!(without.status == 403 && without.text().contains("has an invitation"), "{}", without.text());
    assert_eq!(carol.post("/register", &form("carol")).await.status, 403);
    let made = root.post("/settings/invite", &[("note", "Carol of the choir"), ("days", "3")]).await;
    let path = link(&made.text());
    assert!(carol.sees(&path).await.contains("You are invited to a.example"));
    assert_eq!(carol.post(&format!("{path}x"), &form("carol")).await.status, 403, "another secret");
    carol.does(&path, &form("carol")).await;
    assert!(carol.sees("/").await.contains("carol"), "and is signed in");
    let listed = root.sees("/settings/registration").await;
    assert!(listed.contains("Carol of the choir") && listed.contains(">carol<"), "{listed}");
    assert!(!listed.contains("class=\"secret\""), "the link is shown once");
    let mut mallory = Browser::new(&world);
    assert_eq!(mallory.get(&path).await.status, 410);
    assert_eq!(mallory.post(&path, &form("mallory")).await.status, 403);
    assert_eq!(mallory.post("/login", &form("mallory")).await.status, 401, "nobody was made");
}

#[tokio::test]
async fn an_invitation_is_over_when_its_time_is_or_when_it_is_taken_back() {
    let world = World::new().await;
    let mut root = Browser::until(&world, &administrator(&world).await, i64::MAX).await;
    rule(&mut root, "invitation", false).await;
    let (short, long) =
        (root.post("/settings/invite", &[("days", "1")]).await, root.post("/settings/invite", &[]).await);
    let (short, long) = (link(&short.text()), link(&long.text()));
    world.ports.later.store(900, std::sync::atomic::Ordering::Relaxed);
    let listed = root.sees("/settings/registration").await;
    let hash = pritchel_web::viewer::hash_of(long.rsplit('/').next().unwrap());
    assert!(listed.contains(&hash));
    root.does("/settings/withdraw-invitation", &[("hash", &hash)]).await;
    assert_eq!(Browser::new(&world).post(&long, &form("carol")).await.status, 403, "taken back");
    world.ports.later.store(86_400, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(Browser::new(&world).post(&short, &form("carol")).await.status, 403, "a day later");
    for days in ["0", "1000", "x"] {
        assert_eq!(root.post("/settings/invite", &[("days", days)]).await.status, 422, "{days}");
    }
}

#[tokio::test]
async fn people_invite_where_they_may_see_their_own_and_take_back_only_those() {
    let world = World::new().await;
    let mut root = Browser::of(&world, &administrator(&world).await).await;
    let mut bob = Browser::of(&world, &world.person("bob").await).await;
    rule(&mut root, "invitation", false).await;
    assert_eq!(bob.get("/settings/registration").await.status, 404);
    assert_eq!(bob.post("/settings/invite", &[]).await.status, 403);
    rule(&mut root, "invitation", true).await;
    let of_root = link(&root.post("/settings/invite", &[("note", "not for bob")]).await.text());
    let of_bob = link(&bob.post("/settings/invite", &[("note", "for dave")]).await.text());
    let seen = bob.sees("/settings/registration").await;
    assert!(seen.contains("for dave") && !seen.contains("not for bob") && !seen.contains("Waiting"), "{seen}");
    let hash = pritchel_web::viewer::hash_of(of_root.rsplit('/').next().unwrap());
    assert_eq!(bob.post("/settings/withdraw-invitation", &[("hash", &hash)]).await.status, 403);
    Browser::new(&world).does(&of_root, &form("erin")).await;
    Browser::new(&world).does(&of_bob, &form("dave")).await;
    let all = root.sees("/settings/registration").await;
    assert!(all.contains("for dave") && all.contains("not for bob"), "{all}");
}

#[tokio::test]
async fn whoever_asks_to_join_waits_is_told_and_is_let_in_or_not() {
    let world = World::new().await;
    let mut root = Browser::of(&world, &administrator(&world).await).await;
    rule(&mut root, "approval", false).await;
    let mut carol = Browser::new(&world);
    assert!(carol.sees("/register").await.contains("Why you would like to join"));
    let fields = [&form("carol")[..], &[("text", "I bake <b>bread</b>.")]].concat();
    let asked = carol.post("/register", &fields).await;
    assert!(asked.status == 200 && asked.text().contains("You have asked to join"), "{}", asked.text());
    let waits = carol.post("/login", &form("carol")).await;
    assert!(waits.status == 200 && waits.text().contains("have not decided yet"), "{}", waits.text());
    assert!(carol.cookie.is_none(), "and has no session");
    let wrong = [("name", "carol"), ("password", "something else")];
    assert_eq!(carol.post("/login", &wrong).await.status, 401, "told to nobody who lacks the password");
    assert!(Browser::new(&world).post("/register", &form("carol")).await.text().contains("carol is taken"));

    let mut bob = Browser::of(&world, &world.person("bob").await).await;
    assert_eq!(bob.post("/settings/let-in", &[("name", "carol")]).await.status, 403);
    let queue = root.sees("/settings/registration").await;
    assert!(queue.contains("I bake &#60;b&#62;bread"), "{queue}");
    root.does("/settings/let-in", &[("name", "carol")]).await;
    carol.does("/login", &form("carol")).await;
    assert!(carol.sees("/").await.contains("carol"));
    assert_eq!(root.post("/settings/let-in", &[("name", "carol")]).await.status, 403, "she is in already");

    let mut eve = Browser::new(&world);
    eve.post("/register", &form("eve")).await;
    root.does("/settings/turn-down", &[("name", "eve"), ("why", "We know you.")]).await;
    let told = eve.post("/login", &form("eve")).await;
    assert!(told.text().contains("Not let in") && told.text().contains("We know you."), "{}", told.text());
    assert!(eve.cookie.is_none());
    let again = eve.post("/register", &form("eve")).await;
    assert!(again.text().contains("You have asked to join"), "the name is free again: {}", again.text());
    let mut guest = Browser::new(&world);
    let path = link(&root.post("/settings/invite", &[]).await.text());
    guest.does(&path, &form("fay")).await;
    assert!(guest.sees("/").await.contains("fay"), "who is invited does not wait");
}

/// Somebody who made their account by themselves publishes so much a day while it is new, and takes back whatever they like.
#[tokio::test]
async fn a_new_account_publishes_so_much_a_day_until_it_is_older() {
    let world = World::new().await;
    let root_id = administrator(&world).await;
    let mut root = Browser::of(&world, &root_id).await;
    for bad in [("new_days", "366"), ("new_acts", "0"), ("new_acts", "10001"), ("new_days", "-1"), ("new_acts", "many")]
    {
        let refused = root.post("/settings/domain", &[("registration", "open"), bad]).await;
        assert!([403, 422].contains(&refused.status.as_u16()), "{bad:?}: {}", refused.status);
    }
    root.does("/settings/domain", &[("registration", "open"), ("new_days", "2"), ("new_acts", "3")]).await;
    let shown = root.sees("/settings").await;
    assert!(shown.contains("name=\"new_days\" type=\"number\" min=\"0\" max=\"365\" value=\"2\""), "{shown}");
    let mut carol = Browser::new(&world);
    carol.does("/register", &form("carol")).await;
    let tracker = world.makes(&root_id, "TicketTracker", "Tea", "public").await.to_string();
    let ticket =
        |title: &'static str| [("tracker", tracker.clone()), ("title", title.to_owned()), ("text", "x".to_owned())];
    let opens = async |who: &mut Browser<'_>, title| {
        let fields = ticket(title);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        who.post("/do/open-ticket", &fields).await
    };
    for title in ["one", "two", "three"] {
        assert_eq!(opens(&mut carol, title).await.status, 303, "{title}");
    }
    let refused = opens(&mut carol, "four").await;
    assert!(refused.status == 403 && refused.text().contains("at most 3 activities a day"), "{}", refused.text());
    let path = tracker.strip_prefix(ORIGIN).unwrap();
    assert!(!carol.sees(path).await.contains(">four<"), "nothing came of it");
    let unfollow = [("actor", tracker.as_str())];
    assert_ne!(carol.post("/do/unfollow", &unfollow).await.status, 403, "what one has said can be taken back");
    for title in ["of root 1", "of root 2", "of root 3", "of root 4"] {
        assert_eq!(opens(&mut root, title).await.status, 303, "whom the operator made is not bound");
    }
    let later = |days: i64| world.ports.later.store(days * 86_400, std::sync::atomic::Ordering::Relaxed);
    later(1);
    for title in ["four", "five", "six"] {
        assert_eq!(opens(&mut carol, title).await.status, 303, "the next day: {title}");
    }
    assert_eq!(opens(&mut carol, "seven").await.status, 403);
    later(2);
    for title in ["seven", "eight", "nine", "ten"] {
        assert_eq!(opens(&mut carol, title).await.status, 303, "the account is old enough: {title}");
    }
}
