//! One activity to 500 followers on 50 servers: how long until all of 40 servers have it, with and without the other ten
//! hanging. Each time the server starts anew on the same data, so that it knows nothing of who hung before.

use crate::far::Far;
use crate::server::{PATIENCE, Person, Server, free_host};
use crate::wire::Wire;
use crate::{load_average, median};
use pritchel_deliver::key::KeyPair;
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

const HOSTS: usize = 50;
const HANGING: usize = 10;
const FOLLOWERS_EACH: usize = 10;

/// Measures.
pub async fn run(pairs: usize) {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    let host = free_host();
    let key = Arc::new(KeyPair::generate_rsa2048().unwrap());
    let mut hosts = Vec::new();
    for _ in 0..HOSTS {
        hosts.push(Far::start(key.clone()).await);
    }
    let server = Server::start(&model, &host).await;
    let alice = server.person("alice");
    follow(&server, &alice, &hosts).await;
    server.stop();
    println!("{} followers on {HOSTS} servers; load {}", HOSTS * FOLLOWERS_EACH, load_average());
    let (mut calm, mut hanging, mut ratios, mut cpu) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        let mut took = [0.0; 2];
        // Which of the two comes first changes, so that neither has the warmer machine.
        for hangs in [pair % 2 == 0, pair % 2 != 0] {
            let data = folder.path().join(format!("run{pair}{hangs}"));
            copy(&model, &data);
            let (seconds, cpu_seconds) = round(&data, &host, &alice, &hosts, hangs).await;
            took[usize::from(hangs)] = seconds;
            if !hangs {
                cpu.push(cpu_seconds * 1e6 / (HOSTS * FOLLOWERS_EACH) as f64);
            }
            std::fs::remove_dir_all(&data).unwrap();
        }
        println!("all well {:.2} s, ten hang {:.2} s, ratio {:.2}", took[0], took[1], took[1] / took[0]);
        calm.push(took[0]);
        hanging.push(took[1]);
        ratios.push(took[1] / took[0]);
    }
    println!(
        "median: all well {:.2} s ({:.0} µs of CPU a delivery), ten hang {:.2} s, ratio {:.2}",
        median(calm),
        median(cpu),
        median(hanging),
        median(ratios)
    );
}

/// Everybody follows, and everybody has been told that it is accepted.
async fn follow(server: &Server, alice: &Person, hosts: &[Far]) {
    let mut wire = Wire::connect(&server.host).await.unwrap();
    let inbox = Url::parse(&format!("{}/inbox", alice.id)).unwrap();
    for far in hosts {
        for number in 0..FOLLOWERS_EACH {
            let name = format!("f{number}");
            let follower = far.person(&name);
            let follow = json!({
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": format!("{follower}/follows/1"),
                "type": "Follow",
                "actor": follower,
                "to": [alice.id],
                "object": alice.id,
            });
            assert_eq!(wire.ask(&far.delivery(&name, &inbox, &follow)).await.unwrap(), 202);
        }
    }
    wait(hosts, FOLLOWERS_EACH as u64).await;
}

/// Seconds until the hosts that never hang have everything, and the server's CPU until then.
async fn round(data: &Path, host: &str, alice: &Person, hosts: &[Far], hangs: bool) -> (f64, f64) {
    let server = Server::start(data, host).await;
    let (others, steady) = hosts.split_at(HANGING);
    others.iter().for_each(|far| far.hang(hangs));
    hosts.iter().for_each(Far::reset);
    let (began, cpu) = (Instant::now(), server.process.cpu_seconds());
    let to = [format!("{}/followers", alice.id)];
    let note = json!({"type": "Note", "content": "<p>To all of you.</p>", "to": to});
    alice.post(&json!({"type": "Create", "to": to, "object": note})).await;
    wait(steady, FOLLOWERS_EACH as u64).await;
    let took = began.elapsed().as_secs_f64();
    if !hangs {
        wait(hosts, FOLLOWERS_EACH as u64).await;
    }
    let cpu = server.process.cpu_seconds() - cpu;
    others.iter().for_each(|far| far.hang(false));
    (took, cpu)
}

async fn wait(hosts: &[Far], each: u64) {
    let until = Instant::now() + PATIENCE;
    while let Some(behind) = hosts.iter().find(|far| far.taken() < each) {
        assert!(Instant::now() < until, "expected {each} deliveries, found {}", behind.taken());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
}
