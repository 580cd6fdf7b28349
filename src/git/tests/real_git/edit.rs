//! A file changed as a push, checked with git itself.

use pritchel_git::edit::{Edit, EditError, packed};
use pritchel_git::limits::{EDITED_BYTES_MAX, EDITED_PATH_NAMES_MAX};
use pritchel_git::log::Person;
use pritchel_git::merge::MergeError;
use pritchel_git::names::RefName;
use pritchel_git::smart_http::Protocol;

use crate::world::{T0, World, ok, read_all};

fn edit(was: Option<(&str, &World)>, put: Option<(&str, &str)>) -> Edit {
    let main = RefName::branch("main").unwrap();
    Edit {
        branch: main.clone(),
        onto: main,
        was: was.map(|(path, world)| (path.into(), world.main_id())),
        put: put.map(|(path, text)| (path.into(), text.into())),
        message: "Say more\n".to_owned(),
        by: Person { name: "Olga".to_owned(), email: "olga@a.example".to_owned(), time_s: T0 + 1000, offset_min: 60 },
    }
}

/// Has git receive it, and gives what git answers.
async fn receive(world: &World, edit: &Edit) -> String {
    let packed = packed(&world.repo, edit).unwrap();
    let body = std::io::Cursor::new(packed.request);
    let decide = |_| async { pritchel_git::hook::Decision::Allow };
    let receiving = world.git.receive(&world.repo, Protocol::default(), body, false, decide).await.unwrap();
    let answer = read_all(receiving.body).await.unwrap();
    receiving.done.await.unwrap();
    world.bare(&["fsck", "--strict"]);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_made_changed_moved_and_removed_by_pushes() {
    let mut world = World::new().await;
    world.seeded(2).await;
    let before = world.main_id();
    let said = receive(&world, &edit(None, Some(("docs/tea/green.md", "green\n")))).await;
    assert!(said.contains("ok refs/heads/main"), "{said}");
    assert_eq!(world.bare(&["log", "-1", "--format=%an <%ae> %ad %P", "--date=raw", "main"]), {
        format!("Olga <olga@a.example> {} +0100 {before}", T0 + 1000)
    });
    assert_eq!(world.bare(&["show", "main:docs/tea/green.md"]), "green");
    receive(&world, &edit(Some(("docs/tea/green.md", &world)), Some(("docs/tea/green.md", "greener\n")))).await;
    assert_eq!(world.bare(&["show", "main:docs/tea/green.md"]), "greener");
    // A file may become a directory of its own name.
    receive(&world, &edit(Some(("docs/tea/green.md", &world)), Some(("docs/tea/green.md/x", "greener\n")))).await;
    assert_eq!(world.bare(&["ls-tree", "-r", "--name-only", "main"]), "docs/tea/green.md/x\nfile0.txt\nfile1.txt");
    receive(&world, &edit(Some(("docs/tea/green.md/x", &world)), None)).await;
    assert_eq!(world.bare(&["ls-tree", "-r", "--name-only", "main"]), "file0.txt\nfile1.txt", "no empty directories");
    for file in ["file0.txt", "file1.txt"] {
        receive(&world, &edit(Some((file, &world)), None)).await;
    }
    assert_eq!(world.bare(&["ls-tree", "main"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_keeps_its_mode_and_a_link_can_only_go() {
    let mut world = World::new().await;
    let work = world.seeded(1).await;
    work.write("run.sh", "true\n");
    work.git(&["add", "."]);
    work.git(&["update-index", "--chmod=+x", "run.sh"]);
    let link = crate::world::feed(&work.path, &["hash-object", "-w", "--stdin"], b"run.sh");
    let link = format!("120000,{},link", String::from_utf8(link.stdout).unwrap().trim());
    work.git(&["update-index", "--add", "--cacheinfo", &link]);
    work.commit_index("Add a script", T0 + 10);
    ok(&work.push(&world.url(), &["main"]).await);
    receive(&world, &edit(Some(("run.sh", &world)), Some(("bin/run.sh", "false\n")))).await;
    assert!(world.bare(&["ls-tree", "main", "bin/run.sh"]).starts_with("100755"));
    let refused = packed(&world.repo, &edit(Some(("link", &world)), Some(("link", "x"))));
    assert!(matches!(refused, Err(EditError::NoFile)), "{refused:?}");
    receive(&world, &edit(Some(("link", &world)), None)).await;
    assert_eq!(world.bare(&["ls-tree", "-r", "--name-only", "main"]), "bin/run.sh\nfile0.txt");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_file_of_an_empty_repository_is_its_first_commit() {
    let world = World::new().await;
    let said = receive(&world, &edit(None, Some(("README.md", "# Tea\n")))).await;
    assert!(said.contains("ok refs/heads/main"), "{said}");
    assert_eq!(world.bare(&["log", "--format=%s|%P", "main"]), "Say more|");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_branch_takes_it_and_the_first_stays() {
    let mut world = World::new().await;
    world.seeded(1).await;
    let before = world.main_id();
    let new = Edit { onto: RefName::branch("milk").unwrap(), ..edit(None, Some(("milk.txt", "one\n"))) };
    let said = receive(&world, &new).await;
    assert!(said.contains("ok refs/heads/milk"), "{said}");
    assert_eq!((world.main_id(), world.bare(&["show", "milk:milk.txt"]).as_str()), (before, "one"));
    // Git itself refuses a branch that is there by now.
    let again = Edit { put: Some((b"cream.txt".to_vec(), b"x".to_vec())), ..new };
    let said = receive(&world, &again).await;
    assert!(said.contains("ng refs/heads/milk"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_meanwhile_or_is_no_path_is_refused_before_anything_is_made() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let seen = edit(Some(("file0.txt", &world)), Some(("file0.txt", "mine\n")));
    let other = edit(Some(("file1.txt", &world)), Some(("file1.txt", "mine\n")));
    work.commit("file0.txt", "theirs\n", "Theirs", T0 + 30);
    ok(&work.push(&world.url(), &["main"]).await);
    assert!(matches!(packed(&world.repo, &seen), Err(EditError::Moved)));
    assert!(packed(&world.repo, &other).is_ok(), "a change of another file is no reason");

    let put = |path: &str| packed(&world.repo, &edit(None, Some((path, "x"))));
    assert!(matches!(put("file0.txt"), Err(EditError::Exists)));
    assert!(matches!(put("file0.txt/x"), Err(EditError::Exists)));
    let deep = vec!["a"; EDITED_PATH_NAMES_MAX + 1].join("/");
    for bad in ["", "/x", "x/", "a//b", ".", "../x", ".git/config", "a/.GIT/x", "a\nb", &deep] {
        assert!(matches!(put(bad), Err(EditError::Path)), "{bad:?}");
    }
    let same = edit(Some(("file1.txt", &world)), Some(("file1.txt", "content 1\n")));
    assert!(matches!(packed(&world.repo, &same), Err(EditError::Same)));
    let none = edit(Some(("none.txt", &world)), None);
    assert!(matches!(packed(&world.repo, &none), Err(EditError::NoFile)));
    let large = "x".repeat(EDITED_BYTES_MAX + 1);
    assert!(matches!(packed(&world.repo, &edit(None, Some(("large", &large)))), Err(EditError::TooLarge)));
    let nowhere = RefName::branch("nowhere").unwrap();
    let lost = packed(&world.repo, &Edit { branch: nowhere, ..edit(None, Some(("x", "x"))) });
    assert!(matches!(lost, Err(EditError::Git(MergeError::NoBranch(_)))), "{lost:?}");
}
