//! A backup made of a server under load, and the server made of it.

use crate::git::must;
use crate::server::{Server, free_host, http, run, run_ok};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_backed_up_under_load_is_restored_whole_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (data, kept, again) = (folder.path().join("data"), folder.path().join("kept"), folder.path().join("again"));
    let mut server = Server::start(&data, &free_host(), &[]).await;
    let alice = server.person("alice");
    let (tracker, grant) = alice.tracker(&server.base, "Bugs").await;
    let (repo, _) = alice.makes(&server.base, "Repository", "tea").await;
    let (stop, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let busy = {
        let (alice, tracker, grant) = (alice.clone(), ActorId::new(tracker.clone()), ActId::new(grant));
        let (stop, taken) = (stop.clone(), taken.clone());
        tokio::spawn(async move {
            let (me, http) = (ActorId::new(alice.id.clone()), http());
            while !stop.load(Ordering::SeqCst) {
                let offer = client::open_ticket(&me, &tracker, "Too hot", "It is.", Some(&grant));
                if let Some((201, _)) = alice.try_post(&http, &offer).await {
                    taken.fetch_add(1, Ordering::SeqCst);
                }
            }
        })
    };
    // Pushes go on, too: as many as fit in between.
    let work = folder.path().join("work");
    std::fs::create_dir(&work).unwrap();
    must(&work, &["init", "-q", "-b", "main"]);
    let remote = format!("{repo}.git").replace("http://", &format!("http://alice:{}@", alice.token));
    for n in 0..3 {
        std::fs::write(work.join("a"), n.to_string()).unwrap();
        must(&work, &["add", "a"]);
        must(&work, &["commit", "-q", "-m", "a"]);
        must(&work, &["push", "-q", &remote, "main"]);
    }
    let before = taken.load(Ordering::SeqCst);
    assert!(before > 0, "there is a load");
    let (from, to) = (data.to_str().unwrap(), kept.to_str().unwrap());
    let (from, to) = (from.to_owned(), to.to_owned());
    let told = tokio::task::spawn_blocking(move || run_ok(&["backup", &to, "--data", &from])).await.unwrap();
    assert!(told.contains("1 repositories"), "{told}");
    stop.store(true, Ordering::SeqCst);
    busy.await.unwrap();
    let after = taken.load(Ordering::SeqCst);
    let twice = run(&["backup", kept.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    assert!(!twice.status.success() && String::from_utf8_lossy(&twice.stderr).contains("empty"));
    let host = server.base.strip_prefix("http://").unwrap().to_owned();
    server.kill();
    let (kept, again) = (kept.to_str().unwrap(), again.to_str().unwrap());
    run_ok(&["restore", kept, "--data", again]);
    let over = run(&["restore", kept, "--data", again]);
    assert!(!over.status.success(), "what is there is not written over");
    run_ok(&["check", "--data", again]);
    let server = Server::start(std::path::Path::new(again), &host, &[]).await;
    // What was asked for and not yet done at that moment is done now.
    alice.sees(&format!("{tracker}/tickets"), |tickets| tickets["totalItems"].as_u64() >= Some(before)).await;
    let (_, tickets) = alice.get(&format!("{tracker}/tickets")).await;
    assert!(tickets["totalItems"].as_u64() <= Some(after), "{tickets}");
    let clone = folder.path().join("clone");
    must(folder.path(), &["clone", "-q", &remote, clone.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(clone.join("a")).unwrap(), "2");
    must(&clone, &["fsck", "--strict"]);
    drop(server);
}

#[test]
fn what_is_no_backup_made_to_its_end_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::create_dir(&from).unwrap();
    for manifest in
        [None, Some("{}"), Some(r#"{"format":"pritchel-backup","version":2,"at":0,"rows":0,"repositories":0}"#)]
    {
        if let Some(manifest) = manifest {
            std::fs::write(from.join("backup.json"), manifest).unwrap();
        }
        let output = run(&["restore", from.to_str().unwrap(), "--data", to.to_str().unwrap()]);
        assert!(!output.status.success(), "{manifest:?}");
        assert!(!to.exists(), "{manifest:?}");
    }
}
