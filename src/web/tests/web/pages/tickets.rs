//! Tickets by forms: comments that stand where one is led to, changes and removals, following, finding.

use super::browser::Browser;
use crate::world::World;
use pritchel_actor::ActorId;
use pritchel_actors::client;
use pritchel_web::ports::DeliveryShown;

struct Scene<'w> {
    alice: Browser<'w>,
    alice_id: ActorId,
    bob: Browser<'w>,
    tracker: ActorId,
    ticket: String,
}

/// Alice's tracker with one ticket of hers, and bob, who has no role there.
async fn scene<'w>(world: &'w World, visibility: &str) -> Scene<'w> {
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", visibility).await;
    let permit = world.permit(&a, &tracker).await;
    world.publishes(&a, &client::open_ticket(&a, &tracker, "Too hot", "It *is*.", Some(&permit))).await;
    let (alice, bob) = (Browser::of(world, &a).await, Browser::of(world, &b).await);
    Scene { alice, alice_id: a, bob, ticket: format!("{tracker}/tickets/1"), tracker }
}

impl Scene<'_> {
    fn on(&self) -> [(&'static str, String); 2] {
        [("tracker", self.tracker.to_string()), ("ticket", self.ticket.clone())]
    }
}

async fn does(browser: &mut Browser<'_>, form: &str, on: &[(&'static str, String)], more: &[(&str, &str)]) -> String {
    let mut fields: Vec<(&str, &str)> = on.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend_from_slice(more);
    browser.does(form, &fields).await
}

/// The address of the first comment on a page.
fn first_comment(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"in_reply_to\" value=\"").unwrap_or_else(|| panic!("no comment: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_comment_leads_to_a_page_on_which_it_stands() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let on = scene.on();
    for (place, text) in ["Wait *a little*.", "How long?"].into_iter().enumerate() {
        let to = does(&mut scene.bob, "/do/comment", &on, &[("text", text), ("back", "/desk")]).await;
        assert!(to.contains("/tickets/1?item=") && to.ends_with(&format!("#comment-{place}")), "{to}");
        let page = scene.bob.sees(to.split('#').next().unwrap()).await;
        assert!(page.contains(&format!("id=\"comment-{place}\"")), "{page}");
        assert!(page.contains("class=\"notice good\"") && page.contains("Your comment"), "{page}");
    }
}

#[tokio::test]
async fn a_comment_that_is_refused_leads_back_with_its_reason_and_its_text() {
    let world = World::new().await;
    let mut scene = scene(&world, "closed").await;
    let on = scene.on();
    let to = does(&mut scene.bob, "/do/comment", &on, &[("text", "Let me *in*."), ("back", &scene.ticket)]).await;
    let page = scene.bob.sees(to.split('#').next().unwrap()).await;
    assert!(page.contains("class=\"notice bad\"") && page.contains("<em>in</em>"), "{page}");
    assert!(page.contains("Step ") && !page.contains("id=\"comment-0\""), "{page}");
}

#[tokio::test]
async fn a_comment_to_another_server_is_told_as_sent_until_it_is_delivered_and_its_text_is_shown() {
    let world = World::new().await;
    let mut bob = Browser::of(&world, &world.person("bob").await).await;
    let tracker = "https://far.example/trackers/t";
    let waits = DeliveryShown { to: vec![tracker.into()], attempts: 1, next: Some(0), last_error: None };
    *world.ports.waiting.lock().unwrap() = vec![waits];
    let ticket = format!("{tracker}/tickets/1");
    let fields = [("tracker", tracker), ("ticket", &ticket), ("text", "From *afar*."), ("back", "/desk")];
    let to = bob.does("/do/comment", &fields).await;
    assert!(to.starts_with("/desk?item="), "{to}");
    let page = bob.sees(&to).await;
    assert!(page.contains("sent, not yet arrived") && page.contains("<em>afar</em>"), "{page}");
    world.ports.waiting.lock().unwrap().clear();
    let page = bob.sees(&to).await;
    assert!(page.contains(">delivered</span>") && page.contains("<em>afar</em>"), "{page}");
}

#[tokio::test]
async fn a_comment_on_a_private_ticket_is_not_shown_to_everybody() {
    let world = World::new().await;
    let mut scene = scene(&world, "private").await;
    let on = scene.on();
    let to = does(&mut scene.alice, "/do/comment", &on, &[("text", "Hush.")]).await;
    assert!(scene.alice.sees(to.split('#').next().unwrap()).await.contains("id=\"comment-0\""));
    let outbox = format!("{}/outbox", scene.alice_id);
    assert!(scene.alice.sees(&outbox).await.contains("Hush."));
    assert!(!scene.bob.sees(&outbox).await.contains("Hush."));
}

#[tokio::test]
async fn a_comment_is_changed_and_taken_back_by_its_author_only() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let on = scene.on();
    does(&mut scene.bob, "/do/comment", &on, &[("text", "Wait.")]).await;
    let comment = first_comment(&scene.bob.sees(&scene.ticket).await);
    let mine = [("tracker", scene.tracker.to_string()), ("comment", comment.clone())];
    let to = does(&mut scene.alice, "/do/edit-comment", &mine, &[("text", "Forged."), ("back", "/")]).await;
    let page = scene.alice.sees(to.split('#').next().unwrap()).await;
    assert!(page.contains("not-the-author") && page.contains("Forged."), "{page}");
    let to = does(&mut scene.bob, "/do/edit-comment", &mine, &[("text", "Wait **long**.")]).await;
    assert!(to.ends_with("#comment-0"), "{to}");
    let page = scene.bob.sees(to.split('#').next().unwrap()).await;
    assert!(page.contains("<strong>long</strong>") && page.contains("edited") && !page.contains("Forged"), "{page}");
    assert!(page.contains("class=\"notice good\""), "{page}");
    does(&mut scene.bob, "/do/delete-comment", &mine, &[]).await;
    let page = scene.alice.sees(&scene.ticket).await;
    assert!(page.contains("Taken back by its author.") && !page.contains("long"), "{page}");
    let empty = [("tracker", scene.tracker.as_str()), ("comment", comment.as_str()), ("text", "  ")];
    assert_eq!(scene.bob.post("/do/edit-comment", &empty).await.status, 422);
}

#[tokio::test]
async fn a_comment_of_another_is_taken_away_by_who_maintains_the_tracker() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let on = scene.on();
    does(&mut scene.alice, "/do/comment", &on, &[("text", "Mine.")]).await;
    does(&mut scene.bob, "/do/comment", &on, &[("text", "Buy kettles!")]).await;
    let page = scene.alice.sees(&scene.ticket).await;
    assert!(page.contains("action=\"/do/remove-comment\""), "{page}");
    let theirs = page.rsplit_once("name=\"comment\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let page = scene.bob.sees(&scene.ticket).await;
    assert!(!page.contains("/do/remove-comment") && page.contains("/do/delete-comment"), "{page}");
    let first = first_comment(&page);
    let of = |comment: &str| [("tracker", scene.tracker.to_string()), ("comment", comment.to_owned())];
    let to = does(&mut scene.bob, "/do/remove-comment", &of(&first), &[("back", "/")]).await;
    assert!(scene.bob.sees(to.split('#').next().unwrap()).await.contains("role-too-small"));
    does(&mut scene.alice, "/do/remove-comment", &of(&theirs), &[]).await;
    let page = scene.bob.sees(&scene.ticket).await;
    assert!(page.contains("Taken away by") && !page.contains("Buy kettles!") && page.contains("Mine."), "{page}");
}

#[tokio::test]
async fn one_ticket_is_followed_and_left_again() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let on = scene.on();
    assert!(scene.alice.sees(&scene.ticket).await.contains("You follow this ticket"), "she opened it");
    assert!(scene.bob.sees(&scene.ticket).await.contains("action=\"/do/follow-ticket\""));
    let none = [on[0].clone(), ("ticket", format!("{}/tickets/9", scene.tracker))];
    let to = does(&mut scene.bob, "/do/follow-ticket", &none, &[("back", "/")]).await;
    assert!(scene.bob.sees(&to).await.contains("no-such-ticket"));
    let to = does(
        &mut scene.bob,
        "/do/follow-ticket",
        &on,
        &[("back", scene.ticket.strip_prefix("https://a.example").unwrap())],
    )
    .await;
    assert!(scene.bob.sees(&to).await.contains("You follow this ticket"));
    does(&mut scene.bob, "/do/unfollow-ticket", &on, &[]).await;
    assert!(!scene.bob.sees(&scene.ticket).await.contains("You follow this ticket"));
    does(&mut scene.alice, "/do/unfollow-ticket", &on, &[]).await;
    assert!(!scene.alice.sees(&scene.ticket).await.contains("You follow this ticket"));
    assert!(!Browser::new(&world).sees(&scene.ticket).await.contains("/do/follow-ticket"));
}

#[tokio::test]
async fn what_is_told_to_those_who_follow_a_ticket_is_shown_to_them_and_to_nobody_else() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let on = scene.on();
    let (carol, dave) = (world.person("carol").await, world.person("dave").await);
    does(&mut scene.bob, "/do/follow-ticket", &on, &[]).await;
    let mut comment = client::comment(&scene.tracker, &scene.ticket, None, "Hush", None);
    comment["to"] = serde_json::json!([scene.tracker]);
    comment["object"]["to"] = comment["to"].clone();
    comment["cc"] = serde_json::json!([format!("{}/followers", scene.ticket)]);
    let act = world.publishes(&carol, &comment).await;
    let outbox = format!("{carol}/outbox");
    for target in [outbox.as_str(), act.as_str()] {
        assert!(scene.bob.sees(target).await.contains("Hush"), "{target}");
    }
    let dave = Browser::of(&world, &dave).await;
    assert!(!dave.sees(&outbox).await.contains("Hush"));
    assert_eq!(dave.get(act.as_str()).await.status, 404);
    assert_eq!(Browser::new(&world).get(act.as_str()).await.status, 404);
}

#[tokio::test]
async fn tickets_are_found_by_state_title_author_and_order() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    for title in ["Kettle leaks", "Kettle sings", "Add oolong"] {
        let open = [("tracker", scene.tracker.as_str()), ("title", title)];
        scene.bob.does("/do/open-ticket", &open).await;
    }
    let third = [("tracker", scene.tracker.to_string()), ("ticket", format!("{}/tickets/3", scene.tracker))];
    does(&mut scene.alice, "/do/close", &third, &[]).await;
    let titles = ["Too hot", "Kettle leaks", "Kettle sings", "Add oolong"];
    let rows: [(&str, &[&str]); 7] = [
        ("", &["Too hot", "Kettle leaks", "Add oolong"]),
        ("?state=closed", &["Kettle sings"]),
        ("?state=all", &titles),
        ("?state=all&text=KETTLE", &["Kettle leaks", "Kettle sings"]),
        ("?author=alice", &["Too hot"]),
        ("?author=bob@a.example&text=oolong", &["Add oolong"]),
        ("?text=coffee", &[]),
    ];
    for (query, expected) in rows {
        let page = scene.bob.sees(&format!("{}{query}", scene.tracker)).await;
        let list = page.split_once("<ul class=\"lines tickets\">").unwrap().1.split_once("</ul>").unwrap().0;
        let shown: Vec<_> = titles.into_iter().filter(|title| list.contains(title)).collect();
        assert_eq!(shown, expected, "{query}");
    }
    let oldest = scene.bob.sees(&format!("{}?sort=oldest&state=all", scene.tracker)).await;
    assert!(oldest.find("Too hot").unwrap() < oldest.find("Add oolong").unwrap());
    let nobody = scene.bob.sees(&format!("{}?author=nobody", scene.tracker)).await;
    assert!(nobody.contains("Nobody was found as") && !nobody.contains("/tickets/1\""), "{nobody}");
}

#[tokio::test]
async fn many_tickets_are_shown_page_by_page_and_the_links_keep_what_was_looked_for() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    for number in 2..=32 {
        let title = format!("Kettle {number}");
        scene.bob.does("/do/open-ticket", &[("tracker", scene.tracker.as_str()), ("title", &title)]).await;
    }
    let page = scene.bob.sees(&format!("{}?text=kettle", scene.tracker)).await;
    assert!(page.contains("Kettle 32") && page.contains("Kettle 3<") && !page.contains("Kettle 2<"), "{page}");
    let next = page.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1.split('"').next().unwrap();
    assert!(next.contains("text=kettle") && next.contains("after=0.-3"), "{next}");
    let page = scene.bob.sees(&next.replace("&#38;", "&")).await;
    assert!(page.contains("Kettle 2<") && !page.contains("Kettle 3<") && !page.contains("rel=\"next\""), "{page}");
}

#[tokio::test]
async fn a_resource_is_made_as_visible_as_its_maker_says() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let factory = alice.does("/do/open-factory", &[("name", "Kitchen")]).await;
    let factory = format!("https://a.example{}", factory.split('?').next().unwrap());
    for (visibility, seen, reports) in [("public", 200, true), ("closed", 200, false), ("private", 404, false)] {
        let create =
            [("factory", factory.as_str()), ("kind", "TicketTracker"), ("name", "Tea"), ("visibility", visibility)];
        let made = alice.does("/do/create", &create).await;
        let answer = bob.get(&made).await;
        assert_eq!(answer.status, seen, "{visibility}");
        assert_eq!(answer.text().contains("action=\"/do/open-ticket\""), reports, "{visibility}");
    }
    let create = [("factory", factory.as_str()), ("kind", "TicketTracker"), ("name", "Tea"), ("visibility", "secret")];
    assert_eq!(alice.post("/do/create", &create).await.status, 422);
}

#[tokio::test]
async fn a_refusal_is_told_in_the_same_words_and_form_wherever_it_is_shown() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let on = scene.on();
    let to = does(&mut scene.bob, "/do/close", &on, &[("capability", "none"), ("back", "/desk")]).await;
    let why = |page: &str| {
        let (_, rest) = page.split_once("<p class=\"why\">").unwrap_or_else(|| panic!("no reason in {page}"));
        rest.split_once("</p>").unwrap().0.to_owned()
    };
    let notice = scene.bob.sees(&to).await;
    let item = notice.split_once("Resolve</span> <a href=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let errbox = scene.alice.sees(&format!("{}/errbox", scene.tracker)).await;
    let received =
        errbox.split_once("<p class=\"what\">\n      <a href=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let inbox = scene.alice.sees(&format!("{}/inbox", scene.tracker)).await;
    let pages = [scene.bob.sees(&item).await, scene.alice.sees(&received).await, inbox];
    let expected = why(&errbox);
    assert!(expected.contains("Step 3 of the verification") && expected.contains("no-capability"), "{expected}");
    for page in pages.iter().chain([&notice]) {
        assert_eq!(why(page), expected);
    }
}
