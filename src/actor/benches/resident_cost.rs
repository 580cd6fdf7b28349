//! What a resident actor costs: bytes in memory, and the time of waking it.
//!
//! `cargo bench -p pritchel-actor --bench resident_cost -- 50000`
//!
//! The boxes are in memory and durable at once, so the times are the machine's alone. Memory is what the system says this
//! process has resident (`/proc/self/statm`, pages of 4 KiB), so it runs on Linux.

use pritchel_actor::sim::toy::{NoDocuments, ToyBoxes, ToyNaming};
use pritchel_actor::*;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PAGE: usize = 4096;

/// The smallest actor there is: what is measured is the machine, not the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Counter {
    count: u64,
}

methods! { Counter: CounterCall { Add private, "", Told; }}

/// Counts by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Add {}

impl Method<Counter> for Add {
    type Answer = u64;
    fn turn(self, counter: &mut Counter, _: &mut Turn<'_>) -> Result<u64, Halt> {
        counter.count += 1;
        Ok(counter.count)
    }
}

impl Actor for Counter {
    const KIND: &'static str = "Counter";
    const SCHEMA: u16 = 1;
    type Call = CounterCall;
    fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<CounterCall>, Halt> {
        Ok(Verdict::Note)
    }
}

struct CountingClock(AtomicU64);

impl Clock for CountingClock {
    fn now(&self) -> Seconds {
        0
    }
    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        seed
    }
}

fn memory_bytes() -> Result<usize, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = text.split(' ').nth(1).ok_or("statm has no second field")?.parse()?;
    Ok(pages * PAGE)
}

/// Calls every actor once, and answers how long one call took on average.
async fn round(node: &Node, actors: &[ActorId]) -> Result<Duration, Box<dyn Error>> {
    let caller = ActorId::from("edge");
    let began = Instant::now();
    for actor in actors {
        node.call::<Counter, Add>(actor, &caller, Add {}).await?;
    }
    Ok(began.elapsed() / u32::try_from(actors.len())?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // cargo adds an argument of its own, `--bench`.
    let count = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let count: usize = count.map_or(Ok(20_000), |count| count.parse())?;
    let boxes = Arc::new(ToyBoxes::new(|_| true));
    let actors: Vec<ActorId> = (0..count.max(1)).map(|n| ActorId::new(format!("https://a.example/c/{n}"))).collect();
    actors.iter().for_each(|actor| boxes.plant(actor, &Counter::default()));
    let node = Node::start(NodeParts {
        boxes,
        documents: Arc::new(NoDocuments),
        clock: Arc::new(CountingClock(AtomicU64::new(0))),
        naming: Arc::new(ToyNaming),
        kinds: Kinds::new().with::<Counter>(),
        on_left: Arc::new(|_| {}),
        settings: Settings { idle: Duration::from_secs(3600), resident_max: count + 1, background: true },
    })
    .await?;
    let before = memory_bytes()?;
    let waking = round(&node, &actors).await?;
    let after = memory_bytes()?;
    let awake = round(&node, &actors).await?;
    println!("{} resident actors", node.stats().resident);
    println!("{} bytes each", after.saturating_sub(before) / actors.len());
    println!("{:.1} µs for a call that wakes one", waking.as_secs_f64() * 1e6);
    println!("{:.1} µs for a call to one awake", awake.as_secs_f64() * 1e6);
    node.stop().await;
    Ok(())
}
