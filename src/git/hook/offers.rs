//! Pushes to `refs/for/<branch>`: an offer to merge, not a reference. Git's `proc-receive` hook is asked what becomes of them once
//! their objects are in the repository; like `pre-receive` it is this server's own program, which asks over the same socket under
//! the same token, and tells the pusher what is answered.
//!
//! Source: git, `githooks`, section proc-receive; git's `t/helper/test-proc-receive.c` has the order of the lines.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use super::client::{ClientError, exchange, read_update, text_of};
use super::{ENV_TOKEN, Question, printable};
use crate::limits::{PKT_BYTES_MAX, PUSH_OPTION_BYTES_MAX, PUSH_OPTIONS_MAX, PUSH_UPDATES_MAX};
use crate::names::{RefName, RefUpdate};

/// What begins the names that are offers.
pub const OFFERS: &str = "refs/for/";

/// What became of one offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// The name that was pushed to.
    #[serde(rename = "ref")]
    pub name: RefName,
    /// What the pusher reads: where it is now, or why it is refused.
    pub outcome: Result<String, String>,
}

/// The offers of one push, with its options, and what becomes of them.
pub type Offers = Box<dyn FnOnce(Vec<RefUpdate>, Vec<String>) -> OffersFuture + Send>;
/// What becomes of them.
pub type OffersFuture = Pin<Box<dyn Future<Output = Vec<Offered>> + Send>>;

/// The line that answers the hook.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct OffersAnswer {
    pub offered: Vec<Offered>,
}

impl OffersAnswer {
    /// The same, fit for a stranger's terminal.
    pub(super) fn of(offered: Vec<Offered>) -> Self {
        let clean = |offered: Offered| {
            let outcome = offered.outcome.map(|text| printable(&text)).map_err(|text| printable(&text));
            Offered { outcome, ..offered }
        };
        Self { offered: offered.into_iter().map(clean).collect() }
    }
}

/// Runs the hook on this process's input, output, environment and standard error, and returns its exit code: what
/// `git-hook proc-receive` of the command line calls.
pub fn run_offers_in_process() -> i32 {
    run_offers(io::stdin().lock(), io::stdout().lock(), |name| std::env::var_os(name), io::stderr())
}

/// Runs the hook and returns its exit code. What is refused is told as such; only what breaks the conversation fails it.
pub fn run_offers(
    mut stdin: impl Read,
    mut stdout: impl Write,
    env: impl Fn(&str) -> Option<OsString>,
    mut stderr: impl Write,
) -> i32 {
    match converse(&mut stdin, &mut stdout, &env, &mut stderr) {
        Ok(()) => 0,
        Err(error) => {
            // If nobody can read the reason, the exit code still refuses.
            let _ = writeln!(stderr, "{error}");
            1
        }
    }
}

fn converse(
    stdin: &mut impl Read,
    stdout: &mut impl Write,
    env: &impl Fn(&str) -> Option<OsString>,
    stderr: &mut impl Write,
) -> Result<(), ClientError> {
    let greeting = section(stdin, 16)?;
    let greeting = greeting.first().map(String::as_str).unwrap_or_default();
    let (version, features) = greeting.split_once('\0').unwrap_or((greeting, ""));
    if version.trim_end() != "version=1" {
        return Err(ClientError::Line(version.to_owned()));
    }
    let options = features.split_whitespace().any(|feature| feature == "push-options");
    write_pkt(stdout, &format!("version=1\0{}\n", if options { "push-options" } else { "" }))?;
    stdout.write_all(b"0000")?;
    stdout.flush()?;
    let commands = section(stdin, PUSH_UPDATES_MAX)?;
    let updates = commands.iter().map(|line| read_update(line)).collect::<Result<Vec<_>, _>>()?;
    let options = if options { section(stdin, PUSH_OPTIONS_MAX)? } else { Vec::new() };
    if options.iter().any(|option| option.len() > PUSH_OPTION_BYTES_MAX) {
        return Err(ClientError::TooManyOptions);
    }
    let token = text_of(env, ENV_TOKEN)?;
    let question = Question { token, updates: updates.clone(), quarantine: None, options, offers: true };
    let answer: OffersAnswer = exchange(&question, env)?;
    for update in &updates {
        let name = update.name.as_str();
        let offered = answer.offered.iter().find(|offered| offered.name == update.name);
        match offered.map(|offered| &offered.outcome) {
            Some(Ok(told)) => {
                writeln!(stderr, "{told}")?;
                write_pkt(stdout, &format!("ok {name}\n"))?;
            }
            Some(Err(why)) => write_pkt(stdout, &format!("ng {name} {}\n", why.replace('\n', "; ")))?,
            None => write_pkt(stdout, &format!("ng {name} the server said nothing about it\n"))?,
        }
    }
    stdout.write_all(b"0000")?;
    Ok(stdout.flush()?)
}

/// The lines up to a flush packet, without their ends; at most `most`.
fn section(stdin: &mut impl Read, most: usize) -> Result<Vec<String>, ClientError> {
    let mut lines = Vec::new();
    while let Some(line) = read_pkt(stdin)? {
        if lines.len() == most {
            return Err(ClientError::TooManyUpdates);
        }
        lines.push(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned());
    }
    Ok(lines)
}

fn read_pkt(stdin: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 4];
    stdin.read_exact(&mut head)?;
    let length = std::str::from_utf8(&head).ok().and_then(|head| usize::from_str_radix(head, 16).ok());
    match length {
        Some(0) => Ok(None),
        Some(length) if (4..=PKT_BYTES_MAX).contains(&length) => {
            let mut line = vec![0; length - 4];
            stdin.read_exact(&mut line)?;
            Ok(Some(line))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "expected a packet of git's protocol")),
    }
}

fn write_pkt(stdout: &mut impl Write, line: &str) -> io::Result<()> {
    let line: String = if line.len() + 4 > PKT_BYTES_MAX { line.chars().take(1000).collect() } else { line.to_owned() };
    write!(stdout, "{:04x}{line}", line.len() + 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::{ENV_SOCKET, ENV_TOKEN};
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixListener;

    const NEW: &str = "89abcdef0123456789abcdef0123456789abcdef";

    fn pkts(lines: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        for line in lines {
            match *line {
                "" => out.extend(b"0000"),
                line => write_pkt(&mut out, line).unwrap(),
            }
        }
        out
    }

    /// Runs the hook against a server that answers one line: its exit code, what git reads, what the pusher reads, what was asked.
    fn run(stdin: &[u8], answer: &'static str) -> (i32, String, String, String) {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut asked = String::new();
            BufReader::new(&stream).read_line(&mut asked).unwrap();
            let _ = (&stream).write_all(answer.as_bytes());
            asked
        });
        let env = |name: &str| match name {
            ENV_SOCKET => Some(socket.clone().into_os_string()),
            ENV_TOKEN => Some("secret".into()),
            _ => None,
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run_offers(stdin, &mut out, env, &mut err);
        // Lets the server go on if the hook never came.
        let _ = std::os::unix::net::UnixStream::connect(&socket);
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), server.join().unwrap())
    }

    #[test]
    fn offers_are_passed_on_with_their_options_and_what_became_of_them_is_told() {
        let (one, two) = (format!("{:040} {NEW} refs/for/main", 0), format!("{:040} {NEW} refs/for/main/topic", 0));
        let stdin = pkts(&["version=1\0push-options atomic\n", "", &one, &two, "", "title=Milk", ""]);
        let answer = concat!(
            r#"{"offered":[{"ref":"refs/for/main","outcome":{"Ok":"https://a.example/1"}},"#,
            r#"{"ref":"refs/for/main/topic","outcome":{"Err":"no\nthere"}}]}"#,
            "\n"
        );
        let (code, out, err, asked) = run(&stdin, answer);
        assert_eq!((code, err.as_str()), (0, "https://a.example/1\n"));
        let told =
            pkts(&["version=1\0push-options\n", "", "ok refs/for/main\n", "ng refs/for/main/topic no; there\n", ""]);
        assert_eq!(out, String::from_utf8(told).unwrap());
        assert!(asked.contains(r#""offers":true"#) && asked.contains(r#""options":["title=Milk"]"#), "{asked}");
    }

    #[test]
    fn what_the_server_says_nothing_about_is_refused_and_a_broken_conversation_fails() {
        let one = format!("{:040} {NEW} refs/for/main", 0);
        let stdin = pkts(&["version=1\0\n", "", &one, ""]);
        let (code, out, ..) = run(&stdin, "{\"offered\":[]}\n");
        assert!(code == 0 && out.contains("ng refs/for/main the server said nothing about it"), "{out}");
        for bad in [&pkts(&["version=2\0\n", ""])[..], b"zzzz", b"0003", b"", &stdin[..stdin.len() - 4]] {
            assert_eq!(run(bad, "").0, 1, "{}", String::from_utf8_lossy(bad));
        }
        assert_eq!(run(&stdin, "yes\n").0, 1);
    }
}
