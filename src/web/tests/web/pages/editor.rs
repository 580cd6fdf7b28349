//! Files changed in a browser: by whoever may push, offered by whoever may not, and refused with what was typed still there.

use super::browser::Browser;
use super::files::pushed;
use crate::world::{Answer, ORIGIN, World};
use http::Method;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_web::csrf;
use std::process::Command;

/// What git says of the repository on disk.
fn told(world: &World, repo: &ActorId, args: &[&str]) -> String {
    let at = world.front.repos.find(&key(repo).parse().unwrap()).unwrap();
    let done = Command::new("git").args(args).current_dir(at.path()).output().unwrap();
    String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
}

/// The field of a form, as it stands on its page.
fn field(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Loads the form at an address, and sends it with these fields over those that it begins with.
async fn saves(browser: &mut Browser<'_>, form: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.sees(form).await;
    let seen = if page.contains("name=\"seen\"") { field(&page, "seen") } else { String::new() };
    let all: Vec<(&str, &str)> = [&[("seen", seen.as_str())], fields].concat();
    browser.parts(form, &all, None).await
}

#[tokio::test]
async fn whoever_may_push_adds_changes_renames_and_removes_files_and_each_is_a_push() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    let repo = pushed(&world, &a).await;
    let own = repo.as_str().replace(ORIGIN, "");
    let tree = alice.sees(&format!("{own}/tree/main/docs")).await;
    assert!(tree.contains(&format!("href=\"{own}/add/main/docs\"")), "{tree}");
    let form = alice.sees(&format!("{own}/add/main/docs")).await;
    assert_eq!(field(&form, "path"), "docs/");

    let add = [("path", "docs/lid <b>.md"), ("text", "A lid\r\n\r\nof clay"), ("title", "Say what the lid is")];
    let done = saves(&mut alice, &format!("{own}/add/main/docs"), &add).await;
    let place = format!("{own}/tree/main/docs/lid%20%3Cb%3E.md");
    assert_eq!((done.status.as_u16(), done.header("location")), (303, place.as_str()), "{}", done.text());
    assert_eq!(told(&world, &repo, &["cat-file", "-p", "main:docs/lid <b>.md"]), "A lid\n\nof clay");
    assert_eq!(told(&world, &repo, &["log", "-1", "--format=%an <%ae>|%s", "main"]), {
        "alice <alice@a.example>|Say what the lid is"
    });
    let file = alice.sees(&place).await;
    assert!(file.contains(&format!("href=\"{}\"", place.replace("/tree/", "/edit/"))), "{file}");
    assert!(alice.sees(&own).await.contains("Pushed lately"), "it is told as every push is");

    let edit = place.replace("/tree/", "/edit/");
    let form = alice.sees(&edit).await;
    assert!(form.contains(">\nA lid\n\nof clay\n</textarea>"), "{form}");
    let renamed = [("path", "docs/lid.md"), ("text", "A lid\r\nof iron\r\n")];
    let done = saves(&mut alice, &edit, &renamed).await;
    assert_eq!(done.header("location"), format!("{own}/tree/main/docs/lid.md"), "{}", done.text());
    assert_eq!(told(&world, &repo, &["show", "--format=%s", "--name-status", "-M01", "main"]), {
        "Change docs/lid.md\n\nR040\tdocs/lid <b>.md\tdocs/lid.md"
    });

    let remove = format!("{own}/remove/main/docs/lid.md");
    let done = saves(&mut alice, &remove, &[("body", "It was none.")]).await;
    assert_eq!(done.header("location"), own, "{}", done.text());
    assert_eq!(told(&world, &repo, &["log", "-1", "--format=%B", "main"]), "Remove docs/lid.md\n\nIt was none.");
    assert_eq!(told(&world, &repo, &["ls-tree", "--name-only", "main", "docs/"]), "docs/more.md");

    let sent = alice.parts(&format!("{own}/add/main/docs"), &[("path", "docs/")], Some(("p.png", &[0, 1, 2]))).await;
    assert_eq!(sent.header("location"), format!("{own}/tree/main/docs/p.png"), "{}", sent.text());
    assert_eq!(told(&world, &repo, &["cat-file", "-s", "main:docs/p.png"]), "3");
}

#[tokio::test]
async fn a_new_branch_leads_to_its_comparison_and_the_first_file_makes_the_first_commit() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    let empty = world.makes(&a, "Repository", "Cups", "public").await;
    let own = empty.as_str().replace(ORIGIN, "");
    assert!(alice.sees(&own).await.contains(&format!("href=\"{own}/add/main\"")));
    let done = saves(&mut alice, &format!("{own}/add/main"), &[("path", "README.md"), ("text", "# Cups")]).await;
    assert_eq!(done.header("location"), format!("{own}/tree/main/README.md"), "{}", done.text());
    assert!(alice.sees(&own).await.contains("<h2>Cups</h2>"));

    let edit = format!("{own}/edit/main/README.md");
    let new = [("path", "README.md"), ("text", "# More cups\r\n"), ("to", "new"), ("new", "more/cups")];
    let done = saves(&mut alice, &edit, &new).await;
    assert_eq!(done.header("location"), format!("{own}/compare/main...more%2Fcups"), "{}", done.text());
    assert!(alice.sees(done.header("location")).await.contains("More cups"));
    assert_eq!(told(&world, &empty, &["show", "main:README.md"]), "# Cups");
    let bad = [("path", "README.md"), ("text", "# x"), ("to", "new"), ("new", "more cups~")];
    let refused = saves(&mut alice, &edit, &bad).await;
    assert!(refused.status == 422 && refused.text().contains("# x</textarea>"), "{}", refused.text());
}

#[tokio::test]
async fn what_somebody_else_has_changed_meanwhile_is_not_lost_and_neither_is_what_was_typed() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    let repo = pushed(&world, &a).await;
    let edit = format!("{}/edit/main/docs/more.md", repo.as_str().replace(ORIGIN, ""));
    let seen = field(&alice.sees(&edit).await, "seen");
    let first = [("path", "docs/more.md"), ("text", "First\r\n")];
    assert_eq!(saves(&mut alice, &edit, &first).await.status, 303);
    let mine =
        [("seen", seen.as_str()), ("path", "docs/more.md"), ("text", "\r\n</textarea><script>alert(1)</script>")];
    let late = alice.parts(&edit, &mine, None).await;
    let page = late.text();
    assert!(late.status == 409 && page.contains("file-changed") && !page.contains("<script>alert"), "{page}");
    assert!(page.contains(">\n\n&#60;/textarea&#62;&#60;script&#62;alert"), "the first empty line stays, too: {page}");
    assert_eq!(told(&world, &repo, &["show", "main:docs/more.md"]), "First");
    let replaced = alice.parts(&edit, &[&mine[..], &[("replace", "on")]].concat(), None).await;
    assert_eq!(replaced.status, 303, "{}", replaced.text());
    assert!(told(&world, &repo, &["show", "main:docs/more.md"]).contains("</textarea>"));

    for (path, code, status) in
        [("README.md", "file-exists", 409), ("a/../b", "file-path", 422), ("", "file-path", 422)]
    {
        let add = edit.replace("/edit/main/docs/more.md", "/add/main");
        let refused = saves(&mut alice, &add, &[("path", path), ("text", "x")]).await;
        assert!(refused.status == status && refused.text().contains(code), "{path}: {}", refused.text());
    }
    let text = told(&world, &repo, &["show", "main:docs/more.md"]) + "\n";
    let same = saves(&mut alice, &edit, &[("path", "docs/more.md"), ("text", &text)]).await;
    assert!(same.status == 422 || same.status == 303, "{}", same.text());
}

#[tokio::test]
async fn whoever_may_not_push_offers_where_a_tracker_takes_it_and_is_refused_elsewhere() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let repo = pushed(&world, &a).await;
    let own = repo.as_str().replace(ORIGIN, "");
    let edit = format!("{own}/edit/main/docs/more.md");
    assert!(!bob.sees(&edit.replace("/edit/", "/tree/")).await.contains("/edit/"), "no link to what is refused");
    let refused = bob.get(&edit).await;
    assert!(refused.status == 403 && refused.text().contains("role-too-small"), "{}", refused.text());
    let typed = [("path", "docs/more.md"), ("text", "Bob's\r\n")];
    assert_eq!(bob.parts(&edit, &typed, None).await.status, 403);

    let part = [("repository", repo.as_str()), ("part", "merge-requests"), ("back", own.as_str())];
    let tracker = alice.does("/new/part", &part).await;
    world.settle().await;
    let form = bob.sees(&edit).await;
    assert!(form.contains("value=\"offer\" checked") && !form.contains("value=\"branch\""), "{form}");
    let straight = saves(&mut bob, &edit, &[&typed[..], &[("to", "branch")]].concat()).await;
    assert!(straight.status == 403 && straight.text().contains("edit-refused"), "{}", straight.text());
    assert!(straight.text().contains("Bob&#39;s"), "what was typed is still there: {}", straight.text());
    let offer = [&typed[..], &[("to", "offer"), ("new", "bobs"), ("title", "Say whose")]].concat();
    let done = saves(&mut bob, &edit, &offer).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let request = done.header("location").to_owned();
    assert!(request.starts_with(&format!("{tracker}/tickets/")), "{request}");
    let shown = alice.sees(&request).await;
    assert!(shown.contains("Say whose"), "{shown}");
    assert_eq!(told(&world, &repo, &["show", "main:docs/more.md"]), "More of it.");
}

#[tokio::test]
async fn a_rule_for_the_branch_holds_for_the_browser_too() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    let repo = pushed(&world, &a).await;
    let own = repo.as_str().replace(ORIGIN, "");
    let rule = [("of", "branches"), ("pattern", "main"), ("role", "nobody")];
    alice.does(&format!("{own}/protection"), &rule).await;
    let form = format!("{own}/add/main");
    let add = [("path", "x.md"), ("text", "typed")];
    let refused = saves(&mut alice, &form, &add).await;
    let page = refused.text();
    assert!(refused.status == 403 && page.contains("edit-refused") && page.contains("typed</textarea>"), "{page}");
    let aside = saves(&mut alice, &form, &[&add[..], &[("to", "new"), ("new", "aside")]].concat()).await;
    assert_eq!(aside.status, 303, "{}", aside.text());
}

#[tokio::test]
async fn the_editor_is_for_whoever_is_signed_in_sees_the_repository_and_comes_from_its_own_form() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let repo = pushed(&world, &a).await;
    let own = repo.as_str().replace(ORIGIN, "");
    let add = format!("{own}/add/main");
    assert_eq!(world.ask(Method::GET, &add).with("accept", "text/html").answer().await.status, 303, "sign in first");
    let fields = [("path", "x"), ("text", "x")];
    assert!(Browser::new(&world).parts(&add, &fields, None).await.header("location").starts_with("/login"));
    let wrong = [&fields[..], &[(csrf::FIELD, "of another session")]].concat();
    assert_eq!(alice.parts(&add, &wrong, None).await.status, 403);
    let bare = alice.send(&add, &fields, Some("cross-site")).await;
    assert!(bare.status.is_client_error(), "{}", bare.status);

    for (form, status) in [
        ("edit/main/none.md", 404),
        ("edit/main/docs", 404),
        ("edit/v1.0/README.md", 404),
        ("edit/nowhere/README.md", 404),
        ("add/main/README.md", 404),
        ("remove/main/docs", 404),
        ("edit/main/pot.png", 422),
    ] {
        assert_eq!(alice.get(&format!("{own}/{form}")).await.status, status, "{form}");
    }
    let secret = world.makes(&a, "Repository", "Secret", "private").await;
    let path = secret.as_str().replace(ORIGIN, "");
    for form in ["add/main", "edit/main/README.md", "remove/main/README.md"] {
        assert_eq!(bob.get(&format!("{path}/{form}")).await.status, 404, "{form}");
        assert_eq!(bob.parts(&format!("{path}/{form}"), &fields, None).await.status, 404, "{form}");
    }
    let archive = [("resource", repo.as_str())];
    alice.does("/do/archive", &archive).await;
    world.settle().await;
    let refused = alice.get(&add).await;
    assert!(refused.status == 403 && refused.text().contains("archived"), "{}", refused.text());
}
