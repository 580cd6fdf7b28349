//! The self-check: whether this server is reached as its settings say, and has what it needs. It changes nothing.

use crate::cli::limits::{CLOCK_OFF_S, DISK_LOW_MB, DISK_LOW_PERCENT, GREETING_BYTES_MAX, GREETING_S};
use crate::node::accounts::Domains;
use crate::node::bounds::Shared;
use crate::node::clock::MachineClock;
use crate::node::settings::Settings;
use crate::node::store::Hosted;
use pritchel_actor::{Clock, Seconds};
use pritchel_actors::common::naming::origin;
use pritchel_deliver::Outside;
use pritchel_deliver::reach::{Reach, Unreached};
use pritchel_web::ports::{Finding, Health};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const UNREACHED: &str = "Others find this server at that address alone: see to its name, its certificate, and the proxy, which is to \
    hand on `Host` as it is.";
const UNNAMED: &str =
    "Nobody elsewhere finds anybody here by name: `/.well-known/webfinger` of that host is to lead to this server.";
const NO_SSH: &str = "git by SSH does not work for others: see to the port, and to what lies in front of it.";

/// What is looked at.
#[derive(Clone)]
pub struct Checkup {
    /// Our own addresses, from outside.
    pub reach: Reach,
    /// The domains, and the port of SSH.
    pub domains: Domains,
    /// The port at which clients reach SSH, if it is spoken.
    pub ssh_port: Option<u16>,
    /// The data directory.
    pub data: PathBuf,
    /// What all of the server shares.
    pub shared: Shared,
}

impl Checkup {
    /// Of a server with these settings.
    pub fn of(settings: &Settings, domains: &Domains, outside: &Outside, shared: Shared) -> Self {
        Self {
            reach: outside.reach.clone(),
            domains: domains.clone(),
            ssh_port: settings.ssh_shown(),
            data: settings.data.clone(),
            shared,
        }
    }

    /// Looks at everything, one after the other.
    pub async fn run(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for domain in self.domains.iter() {
            findings.extend(self.domain(domain).await);
        }
        findings.push(self.disk());
        findings.extend(memory());
        findings.extend(self.shared.findings());
        findings
    }

    async fn domain(&self, domain: &Hosted) -> Vec<Finding> {
        let address = origin(&domain.actor);
        let mut findings = Vec::new();
        match self.reach.actor(&domain.actor).await {
            Ok(date) => {
                let said = "is answered by this server, which sees its own name: what lies in front hands on `Host`";
                findings.push(good(address, said));
                findings.extend(date.map(|date| clock(date, MachineClock.now())));
            }
            Err(why) => findings.push(bad(address, why.to_string(), UNREACHED)),
        }
        let shown = domain.display.as_deref().unwrap_or(&domain.host);
        let names = format!("names @{shown}");
        findings.push(match self.reach.webfinger(shown, &domain.actor).await {
            Ok(()) => good(&names, "are found by WebFinger"),
            Err(why) => bad(&names, why.to_string(), UNNAMED),
        });
        if let Some(port) = self.ssh_port {
            findings.push(self.ssh(domain, port).await);
        }
        findings
    }

    async fn ssh(&self, domain: &Hosted, port: u16) -> Finding {
        let host = domain.host.rsplit_once(':').map_or(domain.host.as_str(), |(host, _)| host);
        let what = format!("SSH at {host}:{port}");
        match tokio::time::timeout(Duration::from_secs(GREETING_S), self.greeting(host, port)).await {
            Ok(Ok(said)) if said.starts_with("SSH-2.0-") => good(&what, format!("greets as {}", said.trim())),
            Ok(Ok(said)) => bad(&what, format!("says {said:?}, which is no SSH"), NO_SSH),
            Ok(Err(why)) => bad(&what, why, NO_SSH),
            Err(_) => bad(&what, format!("says nothing for {GREETING_S} seconds"), NO_SSH),
        }
    }

    /// The line with which a server of SSH begins.
    async fn greeting(&self, host: &str, port: u16) -> Result<String, String> {
        let found = self.reach.addresses(host, port).await.map_err(|why: Unreached| why.to_string())?;
        let address = found.first().ok_or("the name leads to no address")?;
        let mut stream = TcpStream::connect(address).await.map_err(|why| why.to_string())?;
        let mut said = vec![0; GREETING_BYTES_MAX];
        let length = stream.read(&mut said).await.map_err(|why| why.to_string())?;
        let line = String::from_utf8_lossy(said.get(..length).unwrap_or_default()).into_owned();
        Ok(line.lines().next().unwrap_or_default().to_owned())
    }

    fn disk(&self) -> Finding {
        let what = format!("disk of {}", self.data.display());
        match rustix::fs::statvfs(&self.data) {
            Ok(found) => room(
                &what,
                found.f_bavail.saturating_mul(found.f_frsize),
                found.f_blocks.saturating_mul(found.f_frsize),
            ),
            Err(why) => {
                odd(&what, format!("cannot be looked at: {why}"), "See whether the data directory can be read.")
            }
        }
    }
}

/// What is left of a disk, in bytes.
fn room(what: &str, free: u64, all: u64) -> Finding {
    let (free_mb, percent) = (free / 1_000_000, (free / (all / 100).max(1)).min(100));
    let said = format!("{free_mb} MB are free, {percent} % of all");
    if free_mb < DISK_LOW_MB {
        return bad(what, said, "Nothing can be kept when it is full: make room.");
    }
    if percent < DISK_LOW_PERCENT { odd(what, said, "Make room before it is full.") } else { good(what, said) }
}

/// This server's clock, beside the one that stands in the answers of its address.
fn clock(shown: Seconds, now: Seconds) -> Finding {
    let (off, at) = (now.saturating_sub(shown), pritchel_vocab::Seconds::new(now));
    if off.abs() <= CLOCK_OFF_S {
        return good("clock", format!("{at}, as what answers at the address has it"));
    }
    let said = format!("{at}, which is {off} seconds from what answers at the address");
    bad("clock", said, "Other servers refuse what is signed at another time: have the clocks set by NTP.")
}

/// What the process has in memory, where the system says it.
fn memory() -> Option<Finding> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kb: u64 =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()?;
    Some(good("memory", format!("{} MB in use", kb / 1000)))
}

fn finding(what: &str, health: Health, said: impl Into<String>, advice: Option<&str>) -> Finding {
    Finding { what: what.to_owned(), health, said: said.into(), advice: advice.map(str::to_owned) }
}

fn good(what: &str, said: impl Into<String>) -> Finding {
    finding(what, Health::Good, said, None)
}

fn odd(what: &str, said: impl Into<String>, advice: &str) -> Finding {
    finding(what, Health::Odd, said, Some(advice))
}

fn bad(what: &str, said: impl Into<String>, advice: &str) -> Finding {
    finding(what, Health::Bad, said, Some(advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_said_to_be() {
        for (shown, expected) in
            [(1000, Health::Good), (1000 + CLOCK_OFF_S, Health::Good), (1001 + CLOCK_OFF_S, Health::Bad)]
        {
            assert_eq!(clock(shown, 1000).health, expected, "{shown}");
        }
        assert_eq!(clock(0, 1000).health, Health::Bad);
    }

    #[test]
    fn a_disk_is_low_by_its_part_and_full_by_what_is_left() {
        let gb = 1_000_000_000;
        for (free, all, expected) in [
            (50 * gb, 100 * gb, Health::Good),
            (4 * gb, 100 * gb, Health::Odd),
            (DISK_LOW_MB * 1_000_000 - 1, gb, Health::Bad),
            (0, 0, Health::Bad),
        ] {
            assert_eq!(room("disk", free, all).health, expected, "{free} of {all}");
        }
    }
}
