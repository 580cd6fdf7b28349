//! Who has signed a commit: a key that is known here, one that is not, and what only looks like a signature.

use super::browser::Browser;
use super::files::{git, pushed, rev_parse};
use crate::world::{ORIGIN, World};
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Makes a key of this type: the file of its private half.
fn make_key(dir: &Path, kind: &str) -> PathBuf {
    let file = dir.join(format!("key-{kind}"));
    let made = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-C", "", "-f"]).arg(&file).status();
    assert!(made.unwrap().success(), "ssh-keygen");
    file
}

fn public(file: &Path) -> String {
    std::fs::read_to_string(file.with_extension("pub")).unwrap()
}

/// A commit that this key signs, pushed: its id.
fn signed(world: &World, repo: &ActorId, file: &Path, name: &str) -> String {
    let work = world.dir.path().join("work");
    let signing = format!("user.signingkey={}", file.display());
    let who = format!("user.email={name}");
    let with = ["-c", "gpg.format=ssh", "-c", &signing, "-c", "user.name=Somebody", "-c", &who];
    git(&work, &[&with[..], &["commit", "-q", "-S", "--allow-empty", "-m", "Sign it"]].concat());
    pushes(world, repo, "HEAD");
    rev_parse(&work, "HEAD").trim().to_owned()
}

fn pushes(world: &World, repo: &ActorId, rev: &str) {
    let at = world.front.repos.find(&key(repo).parse().unwrap()).unwrap();
    git(
        &world.dir.path().join("work"),
        &["push", "-q", "-f", at.path().to_str().unwrap(), &format!("{rev}:refs/heads/signed")],
    );
}

/// A commit written as it stands here.
fn written(world: &World, repo: &ActorId, raw: &str) -> String {
    let work = world.dir.path().join("work");
    let mut git = Command::new("git");
    git.args(["hash-object", "-w", "-t", "commit", "--stdin"]).current_dir(&work);
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(raw.as_bytes()).unwrap();
    let id = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned();
    pushes(world, repo, &id);
    id
}

fn raw(world: &World, id: &str) -> String {
    let shown = Command::new("git").args(["cat-file", "-p", id]).current_dir(world.dir.path().join("work")).output();
    String::from_utf8(shown.unwrap().stdout).unwrap()
}

#[tokio::test]
async fn a_signature_is_whoevers_here_who_has_added_the_key() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let repo = pushed(&world, &a).await;
    let path = |id: &str| format!("{}/commits/{id}", repo.as_str().replace(ORIGIN, ""));
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let file = make_key(world.dir.path(), kind);
        let id = signed(&world, &repo, &file, "alice@a.example");
        let stranger = Browser::new(&world);
        let page = stranger.sees(&path(&id)).await;
        assert!(page.contains(">not known</span>") && page.contains("SHA256:"), "{kind}: {page}");
        let tag = stranger.get(&path(&id)).await.header("etag").to_owned();
        alice.does("/settings/ssh-key", &[("name", kind), ("key", &public(&file))]).await;
        let page = stranger.sees(&path(&id)).await;
        assert!(page.contains(">verified</span>") && page.contains("alice"), "{kind}: {page}");
        assert_ne!(stranger.get(&path(&id)).await.header("etag"), tag, "the page is another one now");
        if kind != "ed25519" {
            continue;
        }
        // Whoever knows a public key can add it: the committer's own name decides, if it is one of them.
        bob.does("/settings/ssh-key", &[("name", "hers"), ("key", &public(&file))]).await;
        let page = stranger.sees(&path(&id)).await;
        let row = page.split("<dt>Signature</dt>").nth(1).unwrap().split("</dd>").next().unwrap();
        assert!(row.contains("alice") && !row.contains("bob"), "{row}");
        let other = signed(&world, &repo, &file, "nobody@b.example");
        let page = stranger.sees(&path(&other)).await;
        let row = page.split("<dt>Signature</dt>").nth(1).unwrap().split("</dd>").next().unwrap();
        assert!(row.contains("alice") && row.contains("bob"), "{row}");
    }
    let plain = rev_parse(&world.dir.path().join("work"), "v1.0");
    assert!(!alice.sees(&path(plain.trim())).await.contains("<dt>Signature</dt>"));
}

#[tokio::test]
async fn what_only_looks_like_a_signature_is_told_as_that() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    let repo = pushed(&world, &a).await;
    let file = make_key(world.dir.path(), "ed25519");
    alice.does("/settings/ssh-key", &[("name", "mine"), ("key", &public(&file))]).await;
    let good = raw(&world, &signed(&world, &repo, &file, "alice@a.example"));
    let (head, armour) = good.split_once("gpgsig ").unwrap();
    let (armour, rest) = armour.split_once("-----END SSH SIGNATURE-----").unwrap();
    let pgp = "-----BEGIN PGP SIGNATURE-----\n \n iQ<script>\n -----END PGP SIGNATURE-----";
    for (text, badge) in [
        (good.replace("Sign it", "Sign that"), "bad"),
        (good.replace("Somebody", "Nobody"), "bad"),
        (format!("{head}gpgsig {pgp}{rest}"), "not verified"),
        (format!("{head}gpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----{rest}"), "bad"),
        (format!("{head}gpgsig {}-----END SSH SIGNATURE-----{rest}", armour.replace('A', "B")), "bad"),
        (format!("{head}gpgsig x{rest}"), "bad"),
    ] {
        let id = written(&world, &repo, &text);
        let page = alice.sees(&format!("{}/commits/{id}", repo.as_str().replace(ORIGIN, ""))).await;
        assert!(page.contains(&format!(">{badge}</span>")), "{badge}: {text}{page}");
        assert!(!page.contains("verified</span> <a"), "{page}");
    }
    // Signed by the same key, but a letter and no commit.
    let mut sign = Command::new("ssh-keygen");
    sign.args(["-q", "-Y", "sign", "-n", "file", "-f"]).arg(&file);
    let mut child = sign.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{head}{}", rest.trim_start_matches('\n')).as_bytes()).unwrap();
    let letter = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let letter = letter.trim_end().replace('\n', "\n ");
    let id = written(&world, &repo, &format!("{head}gpgsig {letter}{rest}"));
    let page = alice.sees(&format!("{}/commits/{id}", repo.as_str().replace(ORIGIN, ""))).await;
    assert!(page.contains(">bad</span>"), "{page}");
}
