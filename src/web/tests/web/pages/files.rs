//! A repository's pages over a real repository.

use super::browser::Browser;
use crate::world::World;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_git::names::RefName;
use std::path::Path;
use std::process::Command;

fn git(dir: &Path, args: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=Alice <script>", "-c", "user.email=a@a.example", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A repository with a README, a directory, a picture, a page of HTML, a branch with a slash and a tag.
pub(super) async fn pushed(world: &World, alice: &ActorId) -> ActorId {
    let id = world.makes(alice, "Repository", "Pot", "public").await;
    let key = key(&id).parse().unwrap();
    let repo = match world.front.repos.find(&key) {
        Ok(repo) => repo,
        Err(_) => world.front.repos.create(&key, &RefName::branch("main").unwrap()).unwrap(),
    };
    let work = world.dir.path().join("work");
    std::fs::create_dir_all(work.join("docs")).unwrap();
    let readme = "# A pot\n\n![picture](pot.png) and [more](docs/more.md)\n\n<script>alert(1)</script>\n";
    std::fs::write(work.join("README.md"), readme).unwrap();
    std::fs::write(work.join("docs/more.md"), "More of it.\n").unwrap();
    std::fs::write(work.join("page.html"), "<script>alert(1)</script>\n").unwrap();
    std::fs::write(work.join("pot.png"), [0x89, b'P', b'N', b'G', 0, 1, 2]).unwrap();
    git(&work, &["init", "-q"]);
    git(&work, &["add", "."]);
    git(&work, &["commit", "-q", "-m", "The first <b>pot</b>\n\nWith a lid."]);
    git(&work, &["branch", "feature/lid"]);
    git(&work, &["tag", "v1.0"]);
    git(&work, &["push", "-q", repo.path().to_str().unwrap(), "main", "feature/lid", "v1.0"]);
    id
}

#[tokio::test]
async fn a_repository_shows_its_files_its_readme_and_its_history() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = pushed(&world, &alice).await;
    let browser = Browser::new(&world);
    let page = browser.sees(id.as_str()).await;
    let tree = format!("{}/tree/main", id.as_str());
    for text in [
        "<h1>A pot</h1>",
        ">docs/</a>",
        "The first &#60;b&#62;pot&#60;/b&#62;",
        "feature%2Flid",
        &format!("{id}.git"),
        &format!("{tree}/docs/more.md"),
        &format!("{tree}/pot.png"),
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("<script"), "{page}");
    assert!(browser.sees(&format!("{tree}/docs")).await.contains("more.md"));
    assert!(browser.sees(&format!("{tree}/docs/more.md")).await.contains("More of it."));
    assert!(browser.sees(&format!("{id}/tree/feature%2Flid")).await.contains("README.md"));
    let log = browser.sees(&format!("{id}/log")).await;
    let (_, rest) = log.split_once("/commits/").unwrap();
    let commit = browser.sees(&format!("{id}/commits/{}", rest.split('"').next().unwrap())).await;
    assert!(commit.contains("With a lid.") && commit.contains("page.html"), "{commit}");
    let branch = browser.get(&format!("{id}/refs/heads/feature/lid")).await;
    assert!(branch.header("location").ends_with("/tree/feature%2Flid"), "{}", branch.header("location"));
}

#[tokio::test]
async fn a_raw_file_is_nothing_a_browser_runs_and_a_picture_on_a_page_is_a_picture() {
    let world = World::new().await;
    let id = pushed(&world, &world.person("alice").await).await;
    let browser = Browser::new(&world);
    let page = browser.get(&format!("{id}/raw/main/page.html")).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/plain; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("sandbox"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let picture = world.ask(http::Method::GET, &format!("{id}/tree/main/pot.png")).with("sec-fetch-dest", "image");
    assert_eq!(picture.answer().await.header("content-type"), "image/png");
    assert!(browser.sees(&format!("{id}/tree/main/pot.png")).await.contains("not shown here"));
}

#[tokio::test]
async fn what_is_not_in_a_repository_is_not_found() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = pushed(&world, &alice).await;
    let browser = Browser::new(&world);
    for path in [
        "/tree/none",
        "/tree/main/none",
        "/tree/main/docs/..%2f..%2fHEAD",
        "/raw/main/docs",
        "/log?at=none",
        "/commits/abcdef0",
    ] {
        assert_eq!(browser.get(&format!("{id}{path}")).await.status, 404, "{path}");
    }
    let empty = world.makes(&alice, "Repository", "Empty", "public").await;
    assert!(browser.sees(empty.as_str()).await.contains("Nothing has been pushed yet"));
    assert_eq!(browser.get(&format!("{empty}/log")).await.status, 404);
}
