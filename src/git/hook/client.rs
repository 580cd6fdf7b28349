//! The hook's side: a small program that reads what git says on standard input, asks the server, and exits 0 or 1.
//! Whatever goes wrong, the push is refused, with a line that says why.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use super::{Answer, ENV_SOCKET, ENV_TOKEN, Question};
use crate::limits::{
    Bounds, HOOK_ANSWER_BYTES_MAX, HOOK_ANSWER_MARGIN, HOOK_LINE_BYTES_MAX, HOOK_LINE_TIME, HOOK_UPDATE_BYTES_MAX,
    PUSH_OPTION_BYTES_MAX, PUSH_OPTIONS_MAX, PUSH_UPDATES_MAX,
};
use crate::names::{NameError, ObjectId, RefName, RefUpdate, excerpt};

/// Environment of the hook: seconds to wait for the answer.
pub(crate) const ENV_WAIT: &str = "PRITCHEL_HOOK_WAIT_S";

/// Why the hook could not get an answer. The pusher reads it, so it names no paths.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("the hook was not started by the server: `{0}` is not set")]
    Environment(&'static str),
    #[error("a push may update at most {PUSH_UPDATES_MAX} references, this one updates more")]
    TooManyUpdates,
    #[error("a push may carry {PUSH_OPTIONS_MAX} options of at most {PUSH_OPTION_BYTES_MAX} bytes, this one has more")]
    TooManyOptions,
    #[error("expected `<old> <new> <reference>`, found `{0}`")]
    Line(String),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("the server could not be asked: {0}")]
    Server(#[from] std::io::Error),
    #[error("the server's answer could not be read: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Runs the hook on this process's input, environment and standard error, and returns its exit code: what
/// `git-hook pre-receive` of the command line calls.
pub fn run_client_in_process() -> i32 {
    run_client(std::io::stdin().lock(), |name| std::env::var_os(name), std::io::stderr())
}

/// Runs the hook and returns its exit code: 0 if the push is allowed, else 1.
/// - `stdin`: `<old> <new> <reference>` lines as git writes them
/// - `env`: the environment git and the server have set
/// - `stderr`: what is written here the pusher reads after `remote: `
pub fn run_client(stdin: impl Read, env: impl Fn(&str) -> Option<OsString>, mut stderr: impl Write) -> i32 {
    let reason = match ask(stdin, env) {
        Ok(Answer { allow: true, .. }) => return 0,
        Ok(Answer { reason, .. }) => reason.unwrap_or_else(|| "refused".to_owned()),
        Err(error) => error.to_string(),
    };
    // If nobody can read the reason, the exit code still refuses.
    let _ = writeln!(stderr, "{reason}");
    1
}

fn ask(stdin: impl Read, env: impl Fn(&str) -> Option<OsString>) -> Result<Answer, ClientError> {
    let question = Question {
        token: text_of(&env, ENV_TOKEN)?,
        updates: read_updates(stdin)?,
        quarantine: env("GIT_QUARANTINE_PATH").map(PathBuf::from),
        options: read_options(&env)?,
        offers: false,
    };
    exchange(&question, &env)
}

/// A text of the environment.
pub(super) fn text_of(env: &impl Fn(&str) -> Option<OsString>, name: &'static str) -> Result<String, ClientError> {
    env(name).and_then(|value| value.into_string().ok()).ok_or(ClientError::Environment(name))
}

/// Sends one line to the server and reads one back.
pub(super) fn exchange<T: serde::de::DeserializeOwned>(
    question: &Question,
    env: &impl Fn(&str) -> Option<OsString>,
) -> Result<T, ClientError> {
    let socket = PathBuf::from(env(ENV_SOCKET).ok_or(ClientError::Environment(ENV_SOCKET))?);
    let wait = text_of(env, ENV_WAIT).ok().and_then(|s| s.parse().ok()).map(Duration::from_secs);
    let mut line = serde_json::to_vec(question)?;
    line.push(b'\n');

    let mut stream = UnixStream::connect(socket)?;
    stream.set_write_timeout(Some(HOOK_LINE_TIME))?;
    stream.set_read_timeout(Some(wait.unwrap_or(Bounds::default().decide_time) + HOOK_ANSWER_MARGIN))?;
    stream.write_all(&line)?;
    let mut answer = Vec::new();
    BufReader::new(stream).take(HOOK_ANSWER_BYTES_MAX as u64).read_until(b'\n', &mut answer)?;
    Ok(serde_json::from_slice(&answer)?)
}

fn read_updates(stdin: impl Read) -> Result<Vec<RefUpdate>, ClientError> {
    let mut stdin = BufReader::new(stdin.take(HOOK_LINE_BYTES_MAX as u64));
    let mut updates = Vec::new();
    loop {
        let mut line = Vec::new();
        if stdin.by_ref().take(HOOK_UPDATE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(updates);
        }
        if updates.len() == PUSH_UPDATES_MAX {
            return Err(ClientError::TooManyUpdates);
        }
        let wrong = || ClientError::Line(excerpt(&String::from_utf8_lossy(&line)));
        let text = std::str::from_utf8(&line).map_err(|_| wrong())?.strip_suffix('\n').ok_or_else(wrong)?;
        updates.push(read_update(text)?);
    }
}

/// Reads `<old> <new> <reference>`.
pub(super) fn read_update(text: &str) -> Result<RefUpdate, ClientError> {
    let mut words = text.splitn(3, ' ');
    let (Some(old), Some(new), Some(name)) = (words.next(), words.next(), words.next()) else {
        return Err(ClientError::Line(excerpt(text)));
    };
    let name: RefName = name.parse()?;
    Ok(RefUpdate { name, old: ObjectId::parse_or_zero(old)?, new: ObjectId::parse_or_zero(new)? })
}

fn read_options(env: &impl Fn(&str) -> Option<OsString>) -> Result<Vec<String>, ClientError> {
    let count = env("GIT_PUSH_OPTION_COUNT").and_then(|n| n.to_str()?.parse::<usize>().ok()).unwrap_or(0);
    if count > PUSH_OPTIONS_MAX {
        return Err(ClientError::TooManyOptions);
    }
    let options = (0..count).filter_map(|n| env(&format!("GIT_PUSH_OPTION_{n}")));
    let options: Vec<String> = options.map(|option| option.to_string_lossy().into_owned()).collect();
    if options.iter().any(|option| option.len() > PUSH_OPTION_BYTES_MAX) {
        return Err(ClientError::TooManyOptions);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    const OLD: &str = "0123456789abcdef0123456789abcdef01234567";
    const NEW: &str = "89abcdef0123456789abcdef0123456789abcdef";

    /// Runs the hook against a server that answers one line; returns exit code, what the pusher reads, what was asked.
    fn run(stdin: &str, extra: &[(&str, &str)], answer: &'static str) -> (i32, String, String) {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut asked = String::new();
            BufReader::new(&stream).read_line(&mut asked).unwrap();
            // The hook may be gone already; that is its own test.
            let _ = (&stream).write_all(answer.as_bytes());
            asked
        });
        let env = |name: &str| match name {
            ENV_SOCKET => Some(socket.clone().into_os_string()),
            ENV_TOKEN => Some("secret".into()),
            _ => extra.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()),
        };
        let mut stderr = Vec::new();
        let code = run_client(stdin.as_bytes(), env, &mut stderr);
        // Lets the server go on if the hook never came.
        let _ = UnixStream::connect(&socket);
        (code, String::from_utf8(stderr).unwrap(), server.join().unwrap())
    }

    #[test]
    fn the_hook_asks_in_one_line_and_exits_as_it_is_told() {
        let stdin = format!("{OLD} {NEW} refs/heads/main\n");
        let extra = [("GIT_QUARANTINE_PATH", "/q"), ("GIT_PUSH_OPTION_COUNT", "1"), ("GIT_PUSH_OPTION_0", "ci.skip")];
        let (code, said, asked) = run(&stdin, &extra, "{\"allow\":true}\n");
        assert_eq!((code, said.as_str()), (0, ""));
        let expected = format!(
            r#"{{"token":"secret","updates":[{{"ref":"refs/heads/main","old":"{OLD}","new":"{NEW}"}}],"quarantine":"/q","options":["ci.skip"]}}"#
        );
        assert_eq!(asked.trim_end(), expected);
        let (code, said, _) = run(&stdin, &[], "{\"allow\":false,\"reason\":\"main is protected\"}\n");
        assert_eq!((code, said.as_str()), (1, "main is protected\n"));
    }

    #[test]
    fn without_a_clear_yes_the_push_is_refused() {
        let good = format!("{OLD} {NEW} refs/heads/main\n");
        let many = good.repeat(PUSH_UPDATES_MAX + 1);
        let no_line = format!("{OLD} {NEW}\n");
        let bad_name = format!("{OLD} {NEW} heads/main\n");
        let bad_id = format!("xyz {NEW} refs/heads/main\n");
        let cut = good.trim_end().to_owned();
        #[rustfmt::skip]
        let rows = [
            (good.as_str(), &[][..], "", "answer could not be read"),
            (&good, &[], "yes\n", "answer could not be read"),
            (&good, &[], "{\"allow\":false}\n", "refused"),
            (&many, &[], "{\"allow\":true}\n", "at most 1000 references"),
            (&no_line, &[], "{\"allow\":true}\n", "expected `<old> <new> <reference>`"),
            (&bad_name, &[], "{\"allow\":true}\n", "expected a reference name"),
            (&bad_id, &[], "{\"allow\":true}\n", "expected an object id"),
            (&cut, &[], "{\"allow\":true}\n", "expected `<old> <new> <reference>`"),
            (&good, &[("GIT_PUSH_OPTION_COUNT", "33")][..], "{\"allow\":true}\n", "at most 1024 bytes"),
        ];
        for (stdin, extra, answer, expected) in rows {
            let (code, said, _) = run(stdin, extra, answer);
            assert_eq!(code, 1, "{expected}");
            assert!(said.contains(expected), "{said} should contain {expected}");
        }
    }

    #[test]
    fn a_hook_that_the_server_did_not_start_refuses() {
        let mut stderr = Vec::new();
        assert_eq!(run_client(&b""[..], |_| None, &mut stderr), 1);
        assert!(String::from_utf8(stderr).unwrap().contains(ENV_TOKEN));
        let env = |name: &str| Some(OsString::from(if name == ENV_SOCKET { "/nowhere/at/all" } else { "x" }));
        let mut stderr = Vec::new();
        assert_eq!(run_client(&b""[..], env, &mut stderr), 1);
        assert!(String::from_utf8(stderr).unwrap().contains("could not be asked"));
    }
}
