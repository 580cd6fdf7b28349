//! Rules about other servers between two processes, made on the command line while a server runs and while it does not.

use crate::server::{Server, free_host, run, run_ok};
use std::io::Write;
use std::process::{Command, Stdio};

/// What a command prints that reads this text.
fn fed(args: &[&str], text: &str) -> String {
    let mut command = Command::new(crate::server::BINARY);
    let mut child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_blocked_and_let_in_again_by_commands_that_count_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("a"), folder.path().join("b"));
    let mut a = Server::start(&here, &free_host(), &[]).await;
    let other = format!("localhost:{}", free_host().rsplit(':').next().unwrap());
    let listen = other.replace("localhost", "127.0.0.1");
    let b = Server::start_serving(&there, &listen, &[&other], &[]).await;
    let bob = b.person("bob").id;
    let at = here.to_str().unwrap();
    let sees = async |a: &Server| a.look(bob.trim()).await.contains("blocked");
    assert!(!sees(&a).await);
    run_ok(&["domain", "block", "localhost", "--reason", "spam", "--note", "see mail", "--data", at]);
    assert!(sees(&a).await, "at once");
    let host = a.base.strip_prefix("http://").unwrap().to_owned();
    a.kill();
    let mut a = Server::start(&here, &host, &[]).await;
    assert!(sees(&a).await, "after a restart");
    assert_eq!(run_ok(&["domain", "rules", "--data", at]).trim(), "block  localhost  spam; see mail");
    let list = run_ok(&["domain", "export", "--data", at]);
    assert!(list.contains("localhost,suspend,false,false,spam,false") && !list.contains("see mail"), "{list}");
    a.kill();
    run_ok(&["domain", "drop", "localhost", "--data", at]);
    let twice = run(&["domain", "drop", "localhost", "--data", at]);
    assert!(!twice.status.success() && String::from_utf8_lossy(&twice.stderr).contains("no-such-rule"));
    let own = run(&["domain", "limit", "127.0.0.1", "--data", at]);
    assert!(!own.status.success() && String::from_utf8_lossy(&own.stderr).contains("own-server"));
    let told = fed(
        &["domain", "import", "--data", at],
        &format!("{list}\nevil.example,silence,,true,,\nno*.example,suspend\n"),
    );
    assert_eq!(told.trim(), "2 new, 0 there already, 1 left out");
    run_ok(&["domain", "drop", "localhost", "--data", at]);
    let a = Server::start(&here, &host, &[]).await;
    assert!(!sees(&a).await);
    run_ok(&["domain", "settings", "--only-allowed", "true", "--data", at]);
    assert!(sees(&a).await, "only allowed servers are spoken with");
    run_ok(&["domain", "allow", "localhost", "--data", at]);
    assert!(!sees(&a).await);
    let log = run_ok(&["audit", "--lines", "3", "--data", at]);
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines.len() == 3 && lines[0].contains("allowed localhost"), "{log}");
    assert!(lines[1].contains("changed the settings of moderation") && lines[2].contains("dropped"), "{log}");
}
