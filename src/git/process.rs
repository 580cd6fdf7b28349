//! One running git process: its input is pumped in, its output streamed out, and it ends: by itself, or stopped when
//! the client is gone, the request breaks off, nothing moves any more, or its time is over. To stop is first a polite
//! signal, on which git removes its locks and its quarantine, and then a kill; both reach the whole process group.

use std::io;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::body::Body;
use crate::limits::{
    CHUNK_BYTES, DRAIN_BYTES_MAX, DRAIN_TIME, OUTPUT_CHUNK_BYTES, PIPE_BYTES, REPORT_BYTES_MAX, STDERR_BYTES_MAX,
    STOP_GRACE,
};
use crate::output::OutputSender;

/// How a process ended, and what it said on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// By itself or stopped.
    pub exit: Exit,
    /// The first [`STDERR_BYTES_MAX`] bytes of standard error. Meant for the log, it may hold file names.
    pub stderr: String,
}

/// By itself or stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// It ended by itself with this code. Git ends some good conversations with 128 (a shallow fetch over HTTP, say).
    Code(i32),
    /// It was stopped by this server.
    Stopped(Stop),
    /// It ended by a signal from elsewhere, or could not be waited for.
    Crashed(String),
}

/// Why a process was stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Nobody reads its output any more.
    #[error("the client has gone")]
    ClientGone,
    /// The request broke off, or its coding is broken.
    #[error("the request ended early: {0}")]
    Request(String),
    /// The request was over a bound.
    #[error("{0}")]
    TooLarge(String),
    /// Its output could not be read, or was too much to keep.
    #[error("git's output: {0}")]
    Output(String),
    /// No byte moved in either direction for this long.
    #[error("nothing moved for {idle_s} s")]
    Idle {
        /// Seconds.
        idle_s: u64,
    },
    /// It took longer than any may.
    #[error("it took longer than {limit_s} s")]
    TooLong {
        /// Seconds.
        limit_s: u64,
    },
}

impl Stop {
    /// Why a request that cannot be read on stops the process.
    fn of_request(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::FileTooLarge => Self::TooLarge(error.to_string()),
            _ => Self::Request(error.to_string()),
        }
    }
}

/// How a process is to be treated.
pub(crate) struct Terms {
    /// Stop it when nobody reads its output any more. Otherwise it goes on, unheard.
    pub stop_when_client_gone: bool,
    /// Time from start to exit.
    pub time: Duration,
    /// Time in which something must move.
    pub idle: Duration,
    /// To stop it, first end its input and give it [`STOP_GRACE`] to end by itself. For a process that takes a cut input
    /// for the error that it is, and then clears up better than after a signal.
    pub end_input_first: bool,
    /// Once this is set, output is kept back and returned in the end.
    pub keep_back: Arc<AtomicBool>,
}

/// What a process has written.
#[derive(Default)]
pub(crate) struct Heard {
    /// Whether any of it was passed on.
    pub said: bool,
    /// What was kept back.
    pub kept: Vec<Bytes>,
}

/// A process that has been started, not yet looked after.
pub(crate) struct Started {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

/// Starts a process with all three streams piped; without a body its input is empty.
pub(crate) fn start(mut command: Command, with_body: bool) -> io::Result<Started> {
    command.stdin(if with_body { Stdio::piped() } else { Stdio::null() });
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let missing = || io::Error::other("a pipe to git is missing");
    let stdout = child.stdout.take().ok_or_else(missing)?;
    widen(&stdout);
    let stderr = child.stderr.take().ok_or_else(missing)?;
    Ok(Started { stdin: child.stdin.take(), child, stdout, stderr })
}

/// Git and whoever reads from it take turns less often.
fn widen(stdout: &ChildStdout) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::pipe::fcntl_setpipe_size(stdout, PIPE_BYTES) {
        // The system has a bound for all pipes of a user.
        tracing::debug!("The pipe from git stays as it is: {error}");
    }
}

/// Looks after a process until it has ended, and returns how, with the output that was kept back.
pub(crate) async fn attend(started: Started, body: Option<Body>, out: &OutputSender, terms: Terms) -> (Ended, Heard) {
    let Started { mut child, stdin, mut stdout, stderr } = started;
    let moved = Arc::new(Moved::now());
    let noise = Arc::new(Mutex::new(Vec::new()));
    let listening = tokio::spawn(keep_first(stderr, noise.clone()));
    let (broke, mut broken) = oneshot::channel();
    let pumping = body.zip(stdin).map(|(body, stdin)| tokio::spawn(pump(body, stdin, moved.clone(), broke)));

    let mut heard = Heard::default();
    let work = async {
        forward(&mut stdout, out, &terms, &moved, &mut heard).await?;
        Ok::<_, Stopping>(child.wait().await)
    };
    let result = tokio::select! {
        result = work => result,
        // The pump only tells when the request broke; when it is simply done this branch is switched off.
        Ok((why, stdin)) = &mut broken => Err((Stop::of_request(&why), Some(stdin))),
        stop = watch(&moved, terms.time, terms.idle) => Err((stop, None)),
    };
    let exit = match result {
        Ok(Ok(status)) => status.code().map_or_else(|| Exit::Crashed(status.to_string()), Exit::Code),
        Ok(Err(error)) => Exit::Crashed(error.to_string()),
        Err((stop, stdin)) => {
            if terms.end_input_first {
                pumping.iter().for_each(JoinHandle::abort);
                drop(stdin);
                end_by_itself(&mut child, &mut stdout).await;
                end(&mut child).await;
            } else {
                end(&mut child).await;
                // Only now may the input end: a request cut short must not look complete.
                drop(stdin);
            }
            Exit::Stopped(stop)
        }
    };
    if let Some(pumping) = pumping {
        finish_pump(pumping, &exit);
    }
    // A grandchild may hold the pipe open; what was said by now is enough.
    if tokio::time::timeout(Duration::from_secs(1), listening).await.is_err() {
        tracing::debug!("Standard error of a git process stayed open after its end");
    }
    let stderr = String::from_utf8_lossy(&noise.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    (Ended { exit, stderr }, heard)
}

/// A stop, and the input that must stay open until the process has ended.
type Stopping = (Stop, Option<ChildStdin>);

/// Passes the output on until its end, or keeps it back once the terms say so.
async fn forward(
    stdout: &mut ChildStdout,
    out: &OutputSender,
    terms: &Terms,
    moved: &Moved,
    heard: &mut Heard,
) -> Result<(), Stopping> {
    let mut buffer = BytesMut::new();
    let (mut kept_bytes, mut client_gone) = (0, false);
    loop {
        buffer.reserve(OUTPUT_CHUNK_BYTES);
        let read = tokio::select! {
            read = stdout.read_buf(&mut buffer) => read,
            () = out.closed(), if terms.stop_when_client_gone => return Err((Stop::ClientGone, None)),
        };
        match read {
            Ok(0) => return Ok(()),
            Ok(_) => moved.touch(),
            Err(error) => return Err((Stop::Output(error.to_string()), None)),
        }
        let chunk = buffer.split().freeze();
        if terms.keep_back.load(Ordering::Acquire) {
            kept_bytes += chunk.len();
            if kept_bytes > REPORT_BYTES_MAX {
                let why = format!("more than {REPORT_BYTES_MAX} bytes would have to be kept");
                return Err((Stop::Output(why), None));
            }
            heard.kept.push(chunk);
        } else if !client_gone {
            heard.said = true;
            client_gone = out.send(Ok(chunk)).await.is_err();
            moved.touch();
        }
    }
}

/// Passes the request on to git. When git has stopped reading, the rest is thrown away so that the client comes to read
/// the answer. When the request breaks, git's input is handed over open, together with the reason.
async fn pump(mut body: Body, stdin: ChildStdin, moved: Arc<Moved>, broke: oneshot::Sender<(io::Error, ChildStdin)>) {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut stdin = Some(stdin);
    let mut thrown_away = 0;
    loop {
        let read = match body.read(&mut buffer).await {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) => {
                if let Some(stdin) = stdin {
                    // Fails only if the process has ended meanwhile.
                    let _ = broke.send((error, stdin));
                }
                return;
            }
        };
        moved.touch();
        match &mut stdin {
            Some(open) => {
                if open.write_all(&buffer[..read]).await.is_err() {
                    stdin = None;
                }
                moved.touch();
            }
            None => {
                thrown_away += read as u64;
                if thrown_away > DRAIN_BYTES_MAX {
                    return;
                }
            }
        }
    }
}

/// Lets the pump read on for a while if git ended by itself, so that the client is not cut off in mid-sentence.
fn finish_pump(mut pumping: JoinHandle<()>, exit: &Exit) {
    if matches!(exit, Exit::Stopped(_)) {
        pumping.abort();
        return;
    }
    tokio::spawn(async move {
        if tokio::time::timeout(DRAIN_TIME, &mut pumping).await.is_err() {
            pumping.abort();
        }
    });
}

/// Reads all of standard error and keeps its beginning.
async fn keep_first(mut stderr: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = STDERR_BYTES_MAX - kept.len();
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
}

/// Gives a process that has no more input some time to end by itself. What it still writes is read and thrown away: it
/// would die of a closed pipe.
async fn end_by_itself(child: &mut Child, stdout: &mut ChildStdout) {
    let mut nowhere = tokio::io::sink();
    let both = async { tokio::join!(tokio::io::copy(stdout, &mut nowhere), child.wait()) };
    if tokio::time::timeout(STOP_GRACE, both).await.is_err() {
        tracing::debug!("A git process did not end with its input");
    }
}

/// Stops a process and its children: politely, then not. One that has ended is left in peace.
pub(crate) async fn end(child: &mut Child) {
    if child.id().is_none() {
        return;
    }
    signal(child, Signal::TERM);
    if tokio::time::timeout(STOP_GRACE, child.wait()).await.is_err() {
        signal(child, Signal::KILL);
        if let Err(error) = child.wait().await {
            tracing::warn!(%error, "A killed git process could not be waited for");
        }
    }
}

/// Signals the process group. Until the child has been waited for, its id can belong to nobody else.
fn signal(child: &Child, signal: Signal) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(group) = group
        && let Err(error) = kill_process_group(group, signal)
    {
        tracing::warn!(%error, "A git process could not be stopped");
    }
}

/// When a byte last moved.
struct Moved {
    start: Instant,
    last_ms: AtomicU64,
}

impl Moved {
    fn now() -> Moved {
        Moved { start: Instant::now(), last_ms: AtomicU64::new(0) }
    }

    fn touch(&self) {
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.fetch_max(ms, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.last_ms.load(Ordering::Relaxed))
    }
}

/// Returns when the time is over, or when nothing has moved for too long.
async fn watch(moved: &Moved, time: Duration, idle: Duration) -> Stop {
    let end = moved.start + time;
    loop {
        let next = end.min(moved.last() + idle);
        tokio::time::sleep_until(next).await;
        if Instant::now() >= end {
            return Stop::TooLong { limit_s: time.as_secs() };
        }
        if Instant::now() >= moved.last() + idle {
            return Stop::Idle { idle_s: idle.as_secs() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::output;
    use futures_util::StreamExt;
    use std::io::Cursor;
    use tokio::io::AsyncRead;

    fn terms() -> Terms {
        let minute = Duration::from_secs(60);
        Terms {
            stop_when_client_gone: true,
            time: minute,
            idle: minute,
            end_input_first: false,
            keep_back: Arc::default(),
        }
    }

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).process_group(0).kill_on_drop(true);
        command
    }

    fn body(read: impl AsyncRead + Send + 'static) -> Option<Body> {
        Some(Box::pin(read))
    }

    async fn run(script: &str, body: Option<Body>, terms: Terms) -> (Ended, Vec<u8>, Vec<u8>) {
        let started = start(sh(script), body.is_some()).unwrap();
        let (sender, output) = output();
        let reading = tokio::spawn(output.filter_map(async |chunk| chunk.ok()).collect::<Vec<Bytes>>());
        let (ended, Heard { kept, .. }) = attend(started, body, &sender, terms).await;
        drop(sender);
        (ended, reading.await.unwrap().concat(), kept.concat())
    }

    #[tokio::test]
    async fn input_goes_in_output_comes_out_and_the_exit_is_told() {
        let (ended, out, kept) = run("cat; echo oops >&2; exit 3", body(Cursor::new(b"tea")), terms()).await;
        assert_eq!(ended, Ended { exit: Exit::Code(3), stderr: "oops\n".into() });
        assert_eq!((out, kept), (b"tea".to_vec(), vec![]));
    }

    #[tokio::test]
    async fn output_is_kept_back_once_the_terms_say_so() {
        let terms = terms();
        terms.keep_back.store(true, Ordering::Release);
        let (ended, out, kept) = run("echo report", None, terms).await;
        assert_eq!((ended.exit, out, kept), (Exit::Code(0), vec![], b"report\n".to_vec()));
    }

    #[tokio::test]
    async fn more_output_than_may_be_kept_stops_the_process() {
        let terms = terms();
        terms.keep_back.store(true, Ordering::Release);
        let (ended, _, _) = run("exec yes", None, terms).await;
        assert!(matches!(ended.exit, Exit::Stopped(Stop::Output(_))), "{ended:?}");
    }

    #[tokio::test]
    async fn a_process_whose_client_is_gone_is_stopped_politely() {
        let script = "trap 'echo bye >&2; exit 0' TERM; echo ready; sleep 1000 & wait";
        let started = start(sh(script), false).unwrap();
        let (sender, mut output) = output();
        let attending = tokio::spawn(async move { attend(started, None, &sender, terms()).await });
        output.next().await.unwrap().unwrap();
        drop(output);
        let (ended, _) = attending.await.unwrap();
        let expected = Ended { exit: Exit::Stopped(Stop::ClientGone), stderr: "bye\n".into() };
        assert_eq!(ended, expected);
    }

    #[tokio::test]
    async fn a_process_that_must_finish_goes_on_without_its_client() {
        let started = start(sh("cat"), true).unwrap();
        let (sender, output) = output();
        drop(output);
        let terms = Terms { stop_when_client_gone: false, ..terms() };
        let (ended, _) = attend(started, body(Cursor::new(vec![1; 1 << 20])), &sender, terms).await;
        assert_eq!(ended.exit, Exit::Code(0));
    }

    #[tokio::test]
    async fn a_request_that_breaks_off_never_looks_complete() {
        let broken = Cursor::new(b"half").chain(failing());
        // Would the input end first, `read` would fail and the script would claim an end.
        let (ended, out, _) = run("read a; echo end of input", body(broken), terms()).await;
        assert_eq!(ended.exit, Exit::Stopped(Stop::Request("cut off".into())));
        assert_eq!(out, b"");
    }

    #[tokio::test]
    async fn a_process_that_takes_a_cut_input_for_an_error_may_end_by_itself() {
        let broken = Cursor::new(b"half").chain(failing());
        let terms = Terms { end_input_first: true, ..terms() };
        let (ended, _, _) = run("trap 'echo signal >&2' TERM; read a || echo cut >&2", body(broken), terms).await;
        assert_eq!(ended, Ended { exit: Exit::Stopped(Stop::Request("cut off".into())), stderr: "cut\n".into() });
    }

    /// A reader that fails.
    fn failing() -> impl AsyncRead + Send + 'static {
        tokio_util::io::StreamReader::new(futures_util::stream::iter([Err::<Bytes, _>(io::Error::other("cut off"))]))
    }

    #[tokio::test]
    async fn a_process_that_ignores_its_end_of_time_is_killed() {
        let terms = Terms { time: Duration::from_millis(50), ..terms() };
        let started = start(sh("trap '' TERM; while :; do sleep 0.1; done"), false).unwrap();
        let pid = started.child.id().and_then(|id| Pid::from_raw(id as i32)).unwrap();
        let (sender, _output) = output();
        let (ended, _) = attend(started, None, &sender, terms).await;
        assert_eq!(ended.exit, Exit::Stopped(Stop::TooLong { limit_s: 0 }));
        assert!(rustix::process::test_kill_process(pid).is_err(), "it is gone");
    }

    #[tokio::test]
    async fn a_process_in_which_nothing_moves_is_stopped() {
        let terms = Terms { idle: Duration::from_millis(50), ..terms() };
        let (silent, _end) = tokio::io::duplex(1);
        let (ended, _, _) = run("cat", body(silent), terms).await;
        assert_eq!(ended.exit, Exit::Stopped(Stop::Idle { idle_s: 0 }));
    }

    #[tokio::test]
    async fn the_rest_of_a_request_is_read_when_the_process_ends_early() {
        let (mut client, server) = tokio::io::duplex(1024);
        let started = start(sh("exit 0"), true).unwrap();
        let (sender, _output) = output();
        let (ended, _) = attend(started, body(server), &sender, terms()).await;
        assert_eq!(ended.exit, Exit::Code(0));
        client.write_all(&vec![0; 1 << 20]).await.unwrap();
    }
}
