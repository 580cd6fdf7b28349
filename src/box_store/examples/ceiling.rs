//! The bare ceiling of the group commit: how many turns a second the embedded store makes durable, and what a turn costs in CPU,
//! with nothing above it. What actors reach is measured against these figures.
//!
//! A turn overwrites a state of 2 KB, one of 10,000, and adds three rows of 200, 300 and 120 bytes, as one batch; each client
//! waits for its receipt before its next turn.
//!
//! ```console
//! $ cargo run --release -p pritchel-box-store --example ceiling [seconds per line, default 3]
//! ```
//! The directory is made under `TMPDIR`: for a figure that means something it lies on the disk that will be used.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pritchel_box_store::sled::SledStore;
use pritchel_box_store::{Batch, Op, Store, Value};

const STATES: u64 = 10_000;
const CACHE: u64 = 256 * 1_024 * 1_024;
const CLIENTS: [u64; 3] = [1, 16, 256];

/// Kernel ticks a second in `/proc/self/stat`; fixed on Linux.
const TICKS: f64 = 100.0;

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(3.0), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    println!(
        "{:>8} {:>10} {:>12} {:>12} {:>12} {:>10}",
        "clients", "turns/s", "CPU us/turn", "turns/sync", "sync p99 us", "MB on disk"
    );
    for clients in CLIENTS {
        // A fresh store for each line, so that none pays for the garbage of another.
        let dir = tempfile::TempDir::new()?;
        let store = Arc::new(SledStore::open(dir.path(), CACHE)?);
        runtime.block_on(measure(&store, clients, Duration::from_secs_f64(seconds)))?;
    }
    Ok(())
}

async fn measure(store: &Arc<SledStore>, clients: u64, time: Duration) -> Result<(), Box<dyn Error>> {
    for first in (0..STATES).step_by(100) {
        let states = (first..first + 100).map(|number| Op::put(state_key(number), text(2_048, number)));
        store.commit(Batch::of(states.collect())).await?;
    }
    let before = store.health();
    let turns = Arc::new(AtomicU64::new(0));
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let running: Vec<_> = (0..clients)
        .map(|client| tokio::spawn(run_client(store.clone(), turns.clone(), client, start + time)))
        .collect();
    for client in running {
        client.await??;
    }
    let (took, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    let turns = turns.load(Ordering::Relaxed) as f64;
    let health = store.health();
    let syncs = (health.groups - before.groups) as f64;
    let megabytes = health.disk_bytes / 1_000_000;
    println!(
        "{clients:>8} {:>10.0} {:>12.0} {:>12.1} {:>12} {megabytes:>10}",
        turns / took,
        cpu * 1e6 / turns,
        turns / syncs,
        health.sync_p99_us
    );
    Ok(())
}

async fn run_client(
    store: Arc<SledStore>,
    turns: Arc<AtomicU64>,
    client: u64,
    end: Instant,
) -> Result<(), pritchel_box_store::CommitError> {
    let mut number = client;
    while Instant::now() < end {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407 + client);
        let actor = (number >> 33) % STATES;
        let turn = turns.fetch_add(1, Ordering::Relaxed);
        let ops = vec![
            Op::put(state_key(actor), text(2_048, number)),
            Op::put(row_key(b'n', actor, turn), text(200, number)),
            Op::put(row_key(b'o', actor, turn), text(300, number)),
            Op::put(row_key(b'd', actor, turn), text(120, number)),
        ];
        store.commit(Batch::of(ops)).await?;
    }
    Ok(())
}

fn state_key(actor: u64) -> Vec<u8> {
    [b"s".as_slice(), &actor.to_be_bytes()].concat()
}

fn row_key(table: u8, actor: u64, turn: u64) -> Vec<u8> {
    [[table].as_slice(), &actor.to_be_bytes(), &turn.to_be_bytes()].concat()
}

/// Text without repetition, so that no layer below finds anything to compress.
fn text(len: usize, seed: u64) -> Value {
    let mut state = seed | 1;
    let byte = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b' ' + (state % 94) as u8
    };
    (0..len).map(byte).collect::<Vec<u8>>().into()
}

/// CPU time of this process so far, in user and kernel mode.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field, the name, may hold spaces; user and system time are fields 14 and 15.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = (ticks(11), ticks(12));
    Ok((user.ok_or("no user time")? + system.ok_or("no system time")?) / TICKS)
}
