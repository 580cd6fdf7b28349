//! Releases by forms, their documents, and the archives of what is in a repository.

use super::browser::Browser;
use super::files::pushed;
use super::workflow::ties;
use crate::world::{ORIGIN, World};
use http::Method;
use serde_json::{Value, json};

async fn document(world: &World, uri: &str) -> Value {
    world.get(uri.strip_prefix(ORIGIN).unwrap()).await.json()
}

fn actor(path: &str) -> String {
    format!("{ORIGIN}{}", path.split('?').next().unwrap())
}

fn path(uri: &str) -> &str {
    uri.strip_prefix(ORIGIN).unwrap()
}

/// A tracker of alice's, tied to her repository with one tag.
async fn tracker(world: &World, alice: &mut Browser<'_>, repo: &str) -> String {
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let create = [("factory", kitchen.as_str()), ("kind", "ReleaseTracker"), ("name", "Tags"), ("summary", "")];
    let tracker = actor(&alice.does("/do/create", &create).await);
    assert!(alice.sees(&tracker).await.contains("A release needs a repository"));
    ties(alice, &tracker, "tracksReleasesFor", repo).await;
    let (shown, repository) = (document(world, &tracker).await, document(world, repo).await);
    assert_eq!(
        (&shown["releases"], &shown["tracksReleasesFor"]),
        (&json!(format!("{tracker}/releases")), &json!(repo))
    );
    assert_eq!(repository["releasesTrackedBy"], json!(tracker));
    tracker
}

/// What a collection lists.
async fn items(world: &World, collection: String) -> Value {
    document(world, &format!("{collection}?page=first")).await["items"].clone()
}

/// Fields of a form, as it sends them.
fn said<'f>(fields: &'f [(&'static str, String)]) -> Vec<(&'f str, &'f str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn a_release_is_made_edited_commented_on_and_deleted_by_forms() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let repo = pushed(&world, &a).await.to_string();
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let tracker = tracker(&world, &mut alice, &repo).await;
    let page = alice.sees(&tracker).await;
    assert!(page.contains("/do/open-release") && page.contains("<option value=\"v1.0\">"), "{page}");
    assert!(!bob.sees(&tracker).await.contains("/do/open-release"), "no form for those who may not");
    assert!(alice.sees(&repo).await.contains(path(&tracker)), "the repository leads to its releases");
    let open = |tag: &'static str| {
        let files = "https://files.example/tea.deb The tea";
        [
            ("resource", tracker.clone()),
            ("repository", repo.clone()),
            ("tag", tag.to_owned()),
            ("title", "Tea <1>".to_owned()),
            ("text", "It is *hot*".to_owned()),
            ("assets", files.to_owned()),
            ("pre_release", "yes".to_owned()),
        ]
    };
    let refused = bob.does("/do/open-release", &said(&open("v1.0"))).await;
    assert!(bob.sees(&refused).await.contains("role-too-small"), "everybody's Grant is not enough");
    let missing = alice.post("/do/open-release", &said(&open("v9.0"))).await;
    assert!(missing.text().contains("there is no `refs/tags/v9.0`"), "{}", missing.text());
    let release = actor(&alice.does("/do/open-release", &said(&open("v1.0"))).await);
    assert_eq!(release, format!("{tracker}/releases/1"));

    let shown = document(&world, &release).await;
    assert_eq!(
        (&shown["type"], &shown["name"], &shown["summary"]),
        (&json!("Release"), &json!("v1.0"), &json!("Tea &lt;1&gt;"))
    );
    assert_eq!((&shown["context"], &shown["isPreRelease"]), (&json!(tracker), &json!(true)));
    assert_eq!(shown["origin"]["context"], json!(repo));
    let hash = shown["origin"]["hash"].as_str().unwrap().to_owned();
    let hrefs: Vec<_> = shown["attachment"].as_array().unwrap().iter().map(|link| link["href"].clone()).collect();
    let archive = |ending: &str| format!("{repo}/archive/{hash}/v1.0.{ending}");
    assert_eq!(hrefs, [json!(archive("tar.gz")), json!(archive("zip")), json!("https://files.example/tea.deb")]);
    let all = document(&world, &format!("{tracker}/releases?page=first")).await;
    assert_eq!((&all["orderedItems"], &all["totalItems"]), (&json!([release]), &json!(1)));
    let page = bob.sees(&release).await;
    assert!(
        page.contains("<em>hot</em>") && page.contains("Tea &#60;1&#62;") && page.contains("pre-release"),
        "{page}"
    );
    assert!(page.contains(path(&archive("zip"))) && !page.contains("/do/edit-release"), "{page}");

    let on = [("resource", tracker.as_str()), ("release", release.as_str())];
    let files = "https://files.example/tea.deb Tea\nhttps://files.example/tea.deb.asc";
    alice.does("/do/edit-release", &[on[0], on[1], ("title", "Tea 1"), ("text", "Cold"), ("assets", files)]).await;
    let shown = document(&world, &release).await;
    assert_eq!((&shown["summary"], &shown["isPreRelease"]), (&json!("Tea 1"), &json!(false)));
    assert_eq!(
        (&shown["attachment"][2]["name"], &shown["attachment"][3]["mediaType"]),
        (&json!("Tea"), &json!("text/plain"))
    );
    let comment = [("tracker", tracker.as_str()), ("ticket", release.as_str()), ("text", "Nice *tea*")];
    let led = bob.does("/do/comment", &comment).await;
    assert!(led.contains("/releases/1") && led.contains("#comment-0"), "led to the comment: {led}");
    assert!(alice.sees(&release).await.contains("Nice <em>tea</em>"));
    let replies = document(&world, &format!("{release}/replies?page=first")).await;
    assert_eq!(replies["orderedItems"].as_array().unwrap().len(), 1);
    alice.does("/do/delete-release", &on).await;
    assert_eq!(world.get(path(&release)).await.status, 404);
    assert_eq!(alice.get(&release).await.status, 404);
    assert!(alice.sees(&tracker).await.contains("Nothing has been released yet"));
}

#[tokio::test]
async fn a_release_brings_milestones_by_forms_and_both_show_it() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let repo = pushed(&world, &a).await.to_string();
    let mut alice = Browser::of(&world, &a).await;
    let tracker = tracker(&world, &mut alice, &repo).await;
    let open =
        [("resource", tracker.as_str()), ("repository", repo.as_str()), ("tag", "v1.0"), ("text", ""), ("title", "")];
    let release = actor(&alice.does("/do/open-release", &open).await);
    assert!(alice.sees(&release).await.contains("Milestones come from a roadmap"));
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Plan room")]).await);
    let create = [("factory", kitchen.as_str()), ("kind", "Roadmap"), ("name", "Plans"), ("summary", "")];
    let roadmap = actor(&alice.does("/do/create", &create).await);
    let open = [("resource", roadmap.as_str()), ("name", "Hot"), ("text", ""), ("start", ""), ("end", "")];
    let milestone = actor(&alice.does("/do/open-milestone", &open).await);
    ties(&mut alice, &tracker, "trackerRoadmap", &roadmap).await;
    assert!(alice.sees(&release).await.contains(&format!("<option value=\"{milestone}\">Hot</option>")));
    let on = [("resource", tracker.as_str()), ("release", release.as_str()), ("milestone", milestone.as_str())];
    alice.does("/do/add-release-milestone", &on).await;
    let page = alice.sees(&release).await;
    assert!(page.contains(&format!("<a href=\"{}\">Hot</a>", path(&milestone))), "{page}");
    assert_eq!(document(&world, &release).await["releaseMilestones"], json!(format!("{release}/releaseMilestones")));
    assert_eq!(items(&world, format!("{release}/releaseMilestones")).await, json!([milestone]));
    assert_eq!(
        document(&world, &milestone).await["milestoneReleases"],
        json!(format!("{milestone}/milestoneReleases"))
    );
    // Groups are told by the runner, which is not here: what a milestone lists is tested where there is one.
    for part in ["milestoneReleases", "milestoneTickets"] {
        let listed = document(&world, &format!("{milestone}/{part}?page=first")).await;
        assert_eq!((&listed["items"], &listed["totalItems"]), (&json!([]), &json!(0)), "{part}");
        assert_eq!(world.get(&format!("{}9/{part}", path(&milestone))).await.status, 404);
    }
    alice.does("/do/remove-release-milestone", &on).await;
    assert_eq!(items(&world, format!("{release}/releaseMilestones")).await, json!([]));
    alice.does("/do/add-release-milestone", &on).await;
    alice
        .does(
            "/do/detach",
            &[("resource", tracker.as_str()), ("property", "trackerRoadmap"), ("provider", roadmap.as_str())],
        )
        .await;
    assert_eq!(
        items(&world, format!("{release}/releaseMilestones")).await,
        json!([]),
        "of a roadmap that is used no more"
    );
}

#[tokio::test]
async fn an_archive_is_made_for_whoever_may_see_the_repository_and_changes_nothing() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let repo = pushed(&world, &a).await.to_string();
    let (alice, nobody) = (Browser::of(&world, &a).await, Browser::new(&world));
    let page = nobody.sees(&repo).await;
    assert!(page.contains(&format!("{}/archive/main/main.zip", path(&repo))), "{page}");
    for (file, kind, magic) in
        [("v1.tar.gz", "application/gzip", &[0x1f, 0x8b][..]), ("v1.zip", "application/zip", &b"PK"[..])]
    {
        let answer = nobody.get(&format!("{repo}/archive/v1.0/{file}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
        assert!(answer.body.starts_with(magic), "{file}");
        assert!(answer.header("content-disposition").ends_with(&format!("-{file}\"")), "{file}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let tag = answer.header("etag").to_owned();
        let again = world.ask(Method::GET, &format!("{repo}/archive/v1.0/{file}")).with("if-none-match", &tag);
        assert_eq!(again.answer().await.status, 304);
        let other = world.ask(Method::GET, &format!("{repo}/archive/v1.0/other-{file}")).with("if-none-match", &tag);
        assert_eq!(other.answer().await.status, 200, "of another name it is another");
    }
    assert_eq!(nobody.get(&format!("{repo}/archive/feature%2Flid/x.zip")).await.status, 200);
    for wrong in ["v1.0/x.tar", "v1.0/.zip", "v1.0/-x.zip", "v1.0/a%22b.zip", "none/x.zip", "v1.0/a%2Fb.zip"] {
        assert_eq!(nobody.get(&format!("{repo}/archive/{wrong}")).await.status, 404, "{wrong}");
    }
    let private = world.makes(&a, "Repository", "Secret", "private").await;
    assert_eq!(nobody.get(&format!("{private}/archive/main/x.zip")).await.status, 404);
    assert_eq!(alice.get(&format!("{private}/archive/main/x.zip")).await.status, 404, "nothing has been pushed");
}
