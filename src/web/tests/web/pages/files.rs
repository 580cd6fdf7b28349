//! A repository's pages over a real repository.

use super::browser::Browser;
use crate::world::World;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_git::names::RefName;
use pritchel_web::limits::REFS_SHOWN;
use std::path::Path;
use std::process::Command;

pub(super) fn git(dir: &Path, args: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=Alice <script>", "-c", "user.email=a@a.example", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

pub(super) fn rev_parse(dir: &Path, rev: &str) -> String {
    let done = Command::new("git").args(["rev-parse", rev]).current_dir(dir).output().unwrap();
    String::from_utf8(done.stdout).unwrap()
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
    let readme =
        "# A pot\n\n![picture](pot.png) <img src=\"pot.png\"> and [more](docs/more.md)\n\n<script>alert(1)</script>\n";
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
        "<h2>A pot</h2>",
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
    assert_eq!(page.matches("<h1").count(), 1, "the page has one title");
    assert!(page.contains("/tree/main/pot.png\" alt=\"picture\">") && page.contains("<img alt=\"\" src="), "{page}");
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
    assert_eq!(page.header("cache-control"), "private, no-cache");
    assert_eq!(page.header("vary"), "accept, cookie, sec-fetch-dest");
    let picture = world.ask(http::Method::GET, &format!("{id}/tree/main/pot.png")).with("sec-fetch-dest", "image");
    assert_eq!(picture.answer().await.header("content-type"), "image/png");
    let shown = browser.sees(&format!("{id}/tree/main/pot.png")).await;
    assert!(shown.contains("/raw/main/pot.png\" alt=\"pot.png\">"), "{shown}");
}

#[tokio::test]
async fn every_branch_and_tag_is_reached_however_many_there_are() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = pushed(&world, &alice).await;
    let work = world.dir.path().join("work");
    let repo = world.front.repos.find(&key(&id).parse().unwrap()).unwrap();
    for n in 0..2 * REFS_SHOWN {
        std::fs::write(repo.path().join(format!("refs/tags/t{n:03}")), rev_parse(&work, "main")).unwrap();
    }
    let browser = Browser::new(&world);
    let front = browser.sees(id.as_str()).await;
    assert!(front.contains(">2 branches<") && front.contains(">all 201 tags<"), "{front}");
    assert!(front.contains("t000<") && !front.contains("t199<"), "{front}");
    let mut names = Vec::new();
    let mut next = Some(format!("{id}/tags"));
    while let Some(at) = next {
        let page = browser.sees(&at).await;
        assert!(page.contains(">201 tags<"), "{page}");
        names.extend(page.split("/tree/").skip(1).map(|link| link.split('"').next().unwrap().to_owned()));
        let more = page.split("<a href=\"").find(|link| link.contains("rel=\"next\""));
        next = more.map(|link| link.split('"').next().unwrap().to_owned());
    }
    assert_eq!(names, (0..200).map(|n| format!("t{n:03}")).chain(["v1.0".to_owned()]).collect::<Vec<_>>());
    assert!(browser.sees(&format!("{id}/branches")).await.contains("feature%2Flid"));
    assert_eq!(browser.get("/repos/none/tags").await.status, 404);
}

#[tokio::test]
async fn a_branch_and_a_tag_of_one_name_are_told_apart() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = pushed(&world, &alice).await;
    let work = world.dir.path().join("work");
    let repo = world.front.repos.find(&key(&id).parse().unwrap()).unwrap();
    git(&work, &["tag", "t1"]);
    std::fs::write(work.join("later.txt"), "Later.\n").unwrap();
    git(&work, &["add", "."]);
    git(&work, &["commit", "-q", "-m", "Later"]);
    git(&work, &["branch", "t1"]);
    git(&work, &["push", "-q", repo.path().to_str().unwrap(), "refs/heads/t1", "refs/tags/t1"]);
    let browser = Browser::new(&world);
    let front = browser.sees(id.as_str()).await;
    let path = id.as_str().strip_prefix("https://a.example").unwrap();
    let links = [format!("href=\"{path}/tree/t1\""), format!("href=\"{path}/tree/refs%2Ftags%2Ft1\"")];
    assert!(links.iter().all(|link| front.matches(link.as_str()).count() == 1), "{front}");
    assert!(browser.sees(&format!("{id}/tree/t1")).await.contains("later.txt"), "a branch comes first");
    assert!(!browser.sees(&format!("{id}/tree/refs%2Ftags%2Ft1")).await.contains("later.txt"));
    let tag = browser.get(&format!("{id}/refs/tags/t1")).await;
    assert_eq!(tag.header("location"), format!("{path}/tree/refs%2Ftags%2Ft1"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_whose_name_is_no_text_is_shown_and_served() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = pushed(&world, &alice).await;
    let work = world.dir.path().join("work");
    let dir = work.join(std::ffi::OsStr::from_bytes(b"d\xfe"));
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join(std::ffi::OsStr::from_bytes(b"bad\xff.txt")), "Still here.\n").unwrap();
    git(&work, &["add", "."]);
    git(&work, &["commit", "-q", "-m", "A name"]);
    let repo = world.front.repos.find(&key(&id).parse().unwrap()).unwrap();
    git(&work, &["push", "-q", repo.path().to_str().unwrap(), "main"]);
    let browser = Browser::new(&world);
    let path = id.as_str().strip_prefix("https://a.example").unwrap();
    let (root, file) = (browser.sees(&format!("{id}/tree/main")).await, format!("{path}/tree/main/d%FE/bad%FF.txt"));
    assert!(root.contains(&format!("\"{path}/tree/main/d%FE\"")), "{root}");
    let listed = browser.sees(&format!("{path}/tree/main/d%FE")).await;
    assert!(listed.contains(&format!("\"{file}\"")), "{listed}");
    let shown = browser.sees(&file).await;
    let raw = format!("{path}/raw/main/d%FE/bad%FF.txt");
    assert!(shown.contains("Still here.") && shown.contains(&raw), "{shown}");
    assert_eq!(browser.sees(&raw).await, "Still here.\n");
    assert_eq!(browser.get(&format!("{path}/tree/main/d%FE/bad%FE.txt")).await.status, 404);
}

#[tokio::test]
async fn the_address_to_clone_and_one_with_a_slash_too_many_lead_to_the_page() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let id = pushed(&world, &alice).await;
    let browser = Browser::new(&world);
    let path = id.as_str().strip_prefix("https://a.example").unwrap();
    let leads = |from: String| {
        let browser = &browser;
        async move {
            let answer = browser.get(&from).await;
            (answer.status.as_u16(), answer.header("location").to_owned())
        }
    };
    for from in [".git", ".git/", "/", "//"] {
        assert_eq!(leads(format!("{path}{from}")).await, (303, path.to_owned()), "{from}");
    }
    assert_eq!(leads(format!("{path}/outbox/?page=2")).await, (303, format!("{path}/outbox?page=2")));
    assert_eq!(leads("/login/".to_owned()).await, (303, "/login".to_owned()));
    for nowhere in ["//evil.example/", "/\\evil.example/", "/%5Cevil.example/", "/repos/none.git/x", "/repos/.git"] {
        let (status, location) = leads(nowhere.to_owned()).await;
        assert!(status == 404 || !location.starts_with("//"), "{nowhere}: {status} {location}");
    }
    let posted = world.ask(http::Method::POST, &format!("{path}/")).with("accept", "text/html").answer().await;
    assert!(posted.status.is_client_error(), "{}", posted.status);
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
