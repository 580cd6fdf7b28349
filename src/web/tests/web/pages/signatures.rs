//! Who has signed a commit: a key that is known here, one that is not, and what only looks like a signature.

use super::browser::Browser;
use super::files::{git, pushed, rev_parse};
use crate::world::{ORIGIN, World};
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_web::limits::PGP_KEY_PASTED_BYTES_MAX;
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

/// A commit of the empty tree, and what was signed by GnuPG with made-up keys.
const COMMIT: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor Alice <alice@a.example> 1600000000 +0000\n\
    committer Alice <alice@a.example> 1600000000 +0000\n\nSign it\n";
const ALICE: &str = include_str!("openpgp/alice.asc");
const ALICE_REVOKED: &str = include_str!("openpgp/alice-revoked.asc");
const BY_ALICE: &str = include_str!("openpgp/alice.sig");
const BOB: &str = include_str!("openpgp/bob.asc");
const BOB_ENDED: &str = include_str!("openpgp/bob-ended.asc");
const BY_BOB: &str = include_str!("openpgp/bob.sig");
const BY_BOB_WITH_SHA1: &str = include_str!("openpgp/bob-sha1.sig");
const SIGNS_NOTHING: &str = include_str!("openpgp/carol-signs-nothing.asc");

/// A commit with this signature, pushed: the path of its page.
fn with_signature(world: &World, repo: &ActorId, commit: &str, signature: &str) -> String {
    let work = world.dir.path().join("work");
    git(&work, &["read-tree", "--empty"]);
    git(&work, &["write-tree"]);
    let (head, message) = commit.split_once("\n\n").unwrap();
    let id =
        written(world, repo, &format!("{head}\ngpgsig {}\n\n{message}", signature.trim_end().replace('\n', "\n ")));
    format!("{}/commits/{id}", repo.as_str().replace(ORIGIN, ""))
}

#[tokio::test]
async fn a_signature_by_openpgp_is_whoevers_here_who_has_added_the_key() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let repo = pushed(&world, &a).await;
    let (by_alice, by_bob) =
        (with_signature(&world, &repo, COMMIT, BY_ALICE), with_signature(&world, &repo, COMMIT, BY_BOB));
    let forged = with_signature(&world, &repo, &COMMIT.replace("Sign it", "Sign that"), BY_ALICE);
    let weak = with_signature(&world, &repo, COMMIT, BY_BOB_WITH_SHA1);
    let stranger = Browser::new(&world);
    let badge = async |path: &str| {
        let page = stranger.sees(path).await;
        let row = page.split("<dt>Signature</dt>").nth(1).unwrap().split("</dd>").next().unwrap().to_owned();
        let (_, badge) = row.split_once("<span class=\"badge").unwrap();
        (badge.split_once('>').unwrap().1.split_once("</span>").unwrap().0.to_owned(), row)
    };
    let (not_verified, row) = badge(&by_alice).await;
    assert_eq!(not_verified, "not verified");
    assert!(row.contains("D85ABFA6F25FCF7A"), "the part that signed: {row}");
    let tag = stranger.get(&by_alice).await.header("etag").to_owned();

    alice.does("/settings/pgp-key", &[("key", ALICE)]).await;
    let (verified, row) = badge(&by_alice).await;
    assert_eq!(verified, "verified");
    assert!(row.contains("alice") && row.contains("04398A782FFD0DDA60CA639C2540D6A1D676FAF3"), "{row}");
    assert_ne!(stranger.get(&by_alice).await.header("etag"), tag, "the page is another one now");
    assert_eq!(badge(&forged).await.0, "bad");
    // Whoever knows a public key can add it: the committer's own name decides.
    bob.does("/settings/pgp-key", &[("key", ALICE)]).await;
    let (_, row) = badge(&by_alice).await;
    assert!(row.contains("alice") && !row.contains("bob"), "{row}");

    bob.does("/settings/pgp-key", &[("key", BOB_ENDED)]).await;
    assert_eq!(badge(&by_bob).await.0, "not believed");
    bob.does("/settings/pgp-key", &[("key", BOB)]).await;
    assert_eq!(badge(&by_bob).await.0, "verified", "its end was put off");
    assert_eq!(badge(&weak).await.0, "not believed");

    bob.does("/settings/drop-pgp-key", &[("fingerprint", "04398a782ffd0dda60ca639c2540d6a1d676faf3")]).await;
    assert_eq!(badge(&by_alice).await.0, "verified", "alice has it still");
    alice.does("/settings/pgp-key", &[("key", ALICE_REVOKED)]).await;
    assert_eq!(badge(&by_alice).await.0, "not believed");
    alice.does("/settings/drop-pgp-key", &[("fingerprint", "04398a782ffd0dda60ca639c2540d6a1d676faf3")]).await;
    assert_eq!(badge(&by_alice).await.0, "not verified");
}

#[tokio::test]
async fn what_is_no_openpgp_key_is_refused() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    for (key, why) in [
        ("ssh-ed25519 AAAA", "expected a public key"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----", "expected a public key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA", "a secret key"),
        (BY_ALICE, "expected a public key"),
        (SIGNS_NOTHING, "a part that may sign"),
        (&"x".repeat(PGP_KEY_PASTED_BYTES_MAX + 1), "at most 262144 bytes"),
    ] {
        let page = alice.post("/settings/pgp-key", &[("key", key)]).await;
        assert!(page.text().contains(why), "{why}: {}", page.text());
    }
    assert!(!alice.sees("/settings").await.contains("drop-pgp-key"));
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
        (format!("{head}gpgsig {pgp}{rest}"), "bad"),
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
