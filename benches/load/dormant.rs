//! A store of many actors that sleep: what starting on it costs in time and memory, and what waking one of them costs.
//!
//! The actors are copies of a person, made by `import`: a state, the number of the last turn, and two rows each. They have no
//! keys: a pair is made when it is first needed.

use crate::server::{Server, command, free_host, import};
use crate::wire::Wire;
use crate::{load_average, median};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const STARTS: usize = 5;
const WOKEN: usize = 1000;
/// Version of a row, then its JSON.
const ROW: &[u8] = b"\0\x01{\"text\":\"something that an actor keeps\",\"at\":1800000000}";
const MEGABYTE: f64 = 1024.0 * 1024.0;

/// Measures.
pub async fn run(actors: usize) {
    let folder = tempfile::tempdir().unwrap();
    let host = free_host();
    let model = folder.path().join("model");
    let server = Server::start(&model, &host).await;
    let person = server.person("alice").id;
    server.stop();
    let rows = rows(&model);
    let state = rows.get(&state_key(&person)).expect("the person's state").len();
    let lines = folder.path().join("lines");
    write_copies(&lines, rows, &person, actors);
    let data = folder.path().join("data");
    let began = Instant::now();
    import(&data, &lines);
    println!(
        "{actors} actors of {state} bytes and two rows, imported in {:.1} s; load {}",
        began.elapsed().as_secs_f64(),
        load_average()
    );
    std::fs::write(data.join("pritchel.toml"), "store_cache_mb = 32\n").unwrap();
    let (mut starts, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let server = Server::start(&data, &host).await;
        starts.push(server.started_in.as_secs_f64() * 1e3);
        // What it does by itself after the start is part of what it costs.
        tokio::time::sleep(Duration::from_secs(1)).await;
        resident.push(server.process.resident_bytes() / MEGABYTE);
        server.stop();
    }
    println!("start: median {:.0} ms of {starts:.0?}", median(starts.clone()));
    println!("resident after it: median {:.0} MB of {resident:.0?}", median(resident.clone()));
    wake(&Server::start(&data, &host).await, &person, actors).await;
}

/// Asks actors from all over the store for a collection, twice each: the first question wakes them.
async fn wake(server: &Server, person: &str, actors: usize) {
    let mut wire = Wire::connect(&server.host).await.unwrap();
    let before = server.process.resident_bytes();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for number in 0..WOKEN {
        let actor = copy_of(person, (number * 7919) % actors);
        let path = actor.strip_prefix(&server.base()).unwrap();
        let request = format!(
            "GET {path}/followers HTTP/1.1\r\nHost: {}\r\nAccept: application/activity+json\r\n\r\n",
            server.host
        );
        for times in [&mut first, &mut second] {
            let began = Instant::now();
            assert_eq!(wire.ask(request.as_bytes()).await.unwrap(), 200, "{actor}");
            times.push(began.elapsed().as_secs_f64() * 1e6);
        }
    }
    let each = (server.process.resident_bytes() - before) / WOKEN as f64;
    first.sort_by(f64::total_cmp);
    let p99 = first[first.len() * 99 / 100];
    let (first, second) = (median(first), median(second));
    println!("a request that wakes: median {first:.0} µs, p99 {p99:.0} µs; one to an actor awake: {second:.0} µs");
    println!("{:.1} KB more resident for each, the store's cache included", each / 1024.0);
}

/// The rows of a data directory, by the command that exports them.
fn rows(data: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let text = command(&["export", "--with-secrets", "--data", data.to_str().unwrap()]);
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line.get("format").is_none() && line.get("end").is_none()).map(|line| row(&line)).collect()
}

fn row(line: &Value) -> (Vec<u8>, Vec<u8>) {
    let part = |text: &str, base64: &str| match line[text].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => STANDARD.decode(line[base64].as_str().unwrap()).unwrap(),
    };
    (part("key", "key64"), part("json", "base64"))
}

fn state_key(actor: &str) -> Vec<u8> {
    format!("s{actor}").into_bytes()
}

/// The address of a copy: as long as the model's.
fn copy_of(person: &str, number: usize) -> String {
    let (head, tail) = person.split_at(person.len() - 8);
    assert!(!tail.contains('/'), "expected a longer key in {person}");
    format!("{head}{number:08}")
}

/// Writes the rows and those of the copies as an export, in the order of their keys.
fn write_copies(path: &Path, mut rows: BTreeMap<Vec<u8>, Vec<u8>>, person: &str, actors: usize) {
    let state = String::from_utf8(rows[&state_key(person)].clone()).unwrap();
    let turn = rows[&format!("t{person}").into_bytes()].clone();
    for number in 0..actors {
        let copy = copy_of(person, number);
        rows.insert(state_key(&copy), state.replace(person, &copy).into_bytes());
        rows.insert(format!("t{copy}").into_bytes(), turn.clone());
        for key in ["a", "b"] {
            rows.insert(format!("r{copy}\0bench\0{key}").into_bytes(), ROW.to_vec());
        }
    }
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(out, "{}", json!({"format": "pritchel-store", "version": 1})).unwrap();
    for (key, value) in &rows {
        let line = json!({"key64": STANDARD.encode(key), "base64": STANDARD.encode(value)});
        writeln!(out, "{line}").unwrap();
    }
    writeln!(out, "{}", json!({"end": rows.len()})).unwrap();
    out.into_inner().unwrap().sync_all().unwrap();
}
