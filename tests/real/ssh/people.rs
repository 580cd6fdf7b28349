//! People of the server, with keys they added.

use super::{Ssh, commit, is_here, key, path_of, pushed, remove_key, text, work};
use crate::server::{http, run_ok};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use std::os::unix::fs::PermissionsExt;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_clone_fetch_push_and_archive_with_keys_they_added() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let red = Ssh::start(folder, "red").await;
    let alice = red.server.person("alice");
    let (repository, grant) = alice.makes(&red.server.base, "Repository", "Tea").await;
    let (laptop, desk) = (key(folder, "laptop", &["ed25519"]), key(folder, "desk", &["rsa", "-b", "3072"]));
    let shown = red.add_key("alice", &laptop);
    red.add_key("alice", &desk);
    assert!(shown.starts_with("SHA256:") && shown.ends_with(" ssh-ed25519 laptop"), "{shown}");

    let (_, document) = alice.get(&repository).await;
    let (clone, push) = (&document["cloneUri"], &document["pushUri"]);
    assert_eq!(clone[0], red.uri("git", &path_of(&repository)), "ssh comes first");
    assert_eq!(push[0], red.uri("grant", &path_of(&repository)));
    let web = serde_json::Value::from(format!("{repository}.git"));
    assert_eq!((&clone[1], &push[1]), (&web, &web));

    let tree = work(folder, "tree");
    let by_name = red.uri("git", "tea");
    red.git(&tree, &laptop, &["push", "-q", &by_name, "main"]).unwrap();
    let told = pushed(&alice, &repository, &alice.id).await;
    assert_eq!(told["actor"], repository.as_str());
    red.git(&tree, &laptop, &["push", "-q", &by_name, "main"]).unwrap();

    red.git(folder, &desk, &["clone", "-q", &red.uri("git", &path_of(&repository)), "copy"]).unwrap();
    assert!(folder.join("copy/tea.txt").exists());
    commit(&tree, "milk.txt");
    red.git(&tree, &desk, &["push", "-q", &by_name, "main"]).unwrap();
    red.git(&folder.join("copy"), &laptop, &["pull", "-q"]).unwrap();
    assert!(folder.join("copy/milk.txt").exists());
    let archive = red.git(folder, &laptop, &["archive", "--remote", &by_name, "main", "milk.txt"]).unwrap();
    assert!(archive.contains("milk.txt"));

    let archived = client::set_archived(&ActorId::new(repository.as_str()), true, &ActId::new(grant));
    assert_eq!(alice.answered(&alice.post(&archived).await).await["type"], "Accept");
    commit(&tree, "sugar.txt");
    let said = red.git(&tree, &desk, &["push", &by_name, "main"]).unwrap_err();
    assert!(said.contains("this is archived"), "{said}");
    red.git(&folder.join("copy"), &laptop, &["pull", "-q"]).unwrap();

    let mode = std::fs::metadata(red.server.data.join("ssh_host_ed25519_key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(red.server.log().contains("host key SHA256:"), "{}", red.server.log());
    red.server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_stand_in_the_persons_document_without_their_comments_until_they_are_removed() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let red = Ssh::start(folder, "red").await;
    let alice = red.server.person("alice");
    let (repository, _) = alice.makes(&red.server.base, "Repository", "Tea").await;
    let laptop = key(folder, "laptop", &["ed25519"]);
    let shown = red.add_key("alice", &laptop);
    let (_, document) = alice.get(&alice.id).await;
    let listed = &document["sshKey"][0];
    assert_eq!((&listed["type"], &listed["attributedTo"]), (&"SshPublicKey".into(), &alice.id.as_str().into()));
    assert_eq!(listed["name"], "laptop");
    let content = listed["content"].as_str().unwrap();
    let public = std::fs::read_to_string(laptop.with_extension("pub")).unwrap();
    assert!(public.starts_with(content) && !content.contains("secret@machine"), "{content}");
    let (status, alone) = alice.get(listed["id"].as_str().unwrap()).await;
    assert_eq!((status, &alone["content"]), (200, &listed["content"]));
    let list = run_ok(&["person", "key", "list", "alice", "--data", red.server.data.to_str().unwrap()]);
    assert_eq!(list, shown);

    let tree = work(folder, "tree");
    let uri = red.uri("git", &path_of(&repository));
    red.git(&tree, &laptop, &["push", "-q", &uri, "main"]).unwrap();
    remove_key(&red.server, "alice", &shown);
    let refused = red.git(&tree, &laptop, &["fetch", "-q", &uri]).unwrap_err();
    assert!(refused.contains("Permission denied (publickey)"), "{refused}");
    let (_, document) = alice.get(&alice.id).await;
    assert!(document["sshKey"].is_null(), "{document}");
    assert_eq!(alice.get(listed["id"].as_str().unwrap()).await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_not_known_or_may_not_is_refused_and_learns_nothing_of_what_is_private() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let red = Ssh::start(folder, "red").await;
    let (alice, _bob) = (red.server.person("alice"), red.server.person("bob"));
    let (tea, _) = alice.makes(&red.server.base, "Repository", "Tea").await;
    let (plans, _) = alice.makes_for(&red.server.base, "Repository", "Plans", "private").await;
    let [alices, bobs, nobodys] = ["alice", "bob", "nobody"].map(|name| key(folder, name, &["ed25519"]));
    red.add_key("alice", &alices);
    red.add_key("bob", &bobs);
    let tree = work(folder, "tree");
    for repository in [&tea, &plans] {
        red.git(&tree, &alices, &["push", "-q", &red.uri("git", &path_of(repository)), "main"]).unwrap();
    }
    let git = |key, args: &[&str]| red.git(&tree, key, args).unwrap_err();

    let refused = git(&nobodys, &["fetch", &red.uri("git", &path_of(&tea))]);
    assert!(refused.contains("Permission denied (publickey)"), "{refused}");
    // By the other name whoever holds a key is let in, but a key alone is no right.
    red.git(&tree, &nobodys, &["fetch", "-q", &red.uri("grant", &path_of(&tea))]).unwrap();
    let refused = git(&nobodys, &["push", &red.uri("grant", &path_of(&tea)), "main:other"]);
    assert!(refused.contains("expected a key that somebody here has added, or a Grant"), "{refused}");
    let refused = git(&bobs, &["push", &red.uri("git", &path_of(&tea)), "main:other"]);
    assert!(refused.contains("pushing needs the role `write`, you have none"), "{refused}");

    let none = git(&bobs, &["fetch", &red.uri("git", "repos/aaaaaaaaaaaaaaaa.git")]);
    assert!(none.contains("there is no such repository here, or it is not for you"), "{none}");
    for (key, login) in [(&bobs, "git"), (&nobodys, "grant")] {
        for path in [path_of(&plans), "plans".to_owned(), "plans.git".to_owned()] {
            assert_eq!(git(key, &["fetch", &red.uri(login, &path)]), none, "{login} {path}");
        }
        assert_eq!(git(key, &["push", &red.uri(login, &path_of(&plans)), "main:other"]), none, "{login}");
    }
    assert_eq!(git(&alices, &["fetch", &red.uri("git", "alice")]), none, "a person is no repository");
    red.server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_shell_and_nothing_is_forwarded() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let red = Ssh::start(folder, "red").await;
    red.server.person("alice");
    let laptop = key(folder, "laptop", &["ed25519"]);
    red.add_key("alice", &laptop);

    let greeted = red.ssh(&laptop, &["git@127.0.0.1"]);
    assert_eq!(greeted.status.code(), Some(1));
    let hello = "Hello, alice. This is Pritchel: git is spoken here, and there is no shell.";
    assert_eq!(text(&greeted.stdout), hello);
    let stranger = red.ssh(&key(folder, "other", &["ed25519"]), &["grant@127.0.0.1"]);
    assert!(text(&stranger.stdout).starts_with("Hello, holder of SHA256:"), "{}", text(&stranger.stdout));
    for command in ["ls", "git-shell", "git-upload-pack tea; ls", "scp -t /"] {
        let refused = red.ssh(&laptop, &["git@127.0.0.1", command]);
        assert_eq!(refused.status.code(), Some(128), "{command}");
        assert!(text(&refused.stderr).contains("nothing else is done here"), "{command}");
    }
    let here = red.server.base.trim_start_matches("http://").to_owned();
    let forwarded = red.ssh(&laptop, &["-W", &here, "git@127.0.0.1"]);
    assert!(!forwarded.status.success() && text(&forwarded.stdout).is_empty(), "{}", text(&forwarded.stdout));
    let back = format!("0:{here}");
    let bound = red.ssh(&laptop, &["-o", "ExitOnForwardFailure=yes", "-N", "-R", &back, "git@127.0.0.1"]);
    assert!(text(&bound.stderr).contains("remote port forwarding failed"), "{}", text(&bound.stderr));
    let files = red.ssh(&laptop, &["-s", "git@127.0.0.1", "sftp"]);
    assert!(text(&files.stderr).contains("subsystem request failed"), "{}", text(&files.stderr));
    assert!(http().get(format!("{}/-/health", red.server.base)).send().await.unwrap().status().is_success());
}
