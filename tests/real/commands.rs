//! The command line.

use crate::server::{Server, free_host, run, run_ok};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn settings_that_cannot_be_are_all_reported() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pritchel.toml"), "listen = 1\nshape = 2\n").unwrap();
    let output = run(&["serve", "--data", folder.path().to_str().unwrap()]);
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("listen:") && told.contains("shape:"), "{told}");
}

#[test]
fn loopback_beside_a_public_domain_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let output = run(&["serve", "--allow-loopback", "--domain", "forge.example", "--data", data]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("allow_loopback"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_goes_out_as_lines_and_comes_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    let mut server = Server::start(&data, &free_host(), &[]).await;
    let alice = server.person("alice");
    let (tracker, _) = alice.tracker(&server.base, "Tickets").await;
    let add = ["person", "add", "carol", "--password-stdin", "--data", data.to_str().unwrap()];
    fed(&add, "correct horse battery");
    let beside = run(&["check", "--data", data.to_str().unwrap()]);
    assert!(!beside.status.success(), "a running server keeps its store to itself");
    server.kill();
    run_ok(&["check", "--data", data.to_str().unwrap()]);
    let whole = run_ok(&["export", "--with-secrets", "--data", data.to_str().unwrap()]);
    assert!(whole.contains(&tracker), "the tracker is in it");
    import(&copy, &whole);
    assert_eq!(run_ok(&["export", "--with-secrets", "--data", copy.to_str().unwrap()]), whole);
    run_ok(&["check", "--data", copy.to_str().unwrap()]);
    let open = run_ok(&["export", "--data", data.to_str().unwrap()]);
    assert!(open.len() < whole.len(), "secrets are left out");
    // A state's password, and what is kept under the hash of a token.
    for secret in ["$argon2id$", "\0tokens\0"] {
        assert_eq!((holds(&whole, secret), holds(&open, secret)), (true, false), "{secret:?}");
    }
    assert!(holds(&open, "\"name\":\"carol\""), "the rest of the state is there");
    let bare = folder.path().join("bare");
    import(&bare, &open);
    run_ok(&["check", "--data", bare.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_looks_at_itself_as_others_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let check = ["self-check", "--data", data.to_str().unwrap()];
    let alone = run(&check);
    assert!(!alone.status.success() && String::from_utf8_lossy(&alone.stderr).contains("no server runs here"));
    let (host, ssh) = (free_host(), free_host());
    let mut server = Server::start(&data, &host, &["--ssh", &ssh]).await;
    let found = run_ok(&check);
    let address = format!("good http://{host}: is answered by this server");
    let (names, port) = (format!("good names @{host}: "), ssh.rsplit(':').next().unwrap());
    for part in
        [&address, &names, "good clock: ", &format!("good SSH at 127.0.0.1:{port}: greets as SSH-2.0-"), "disk of "]
    {
        assert!(found.contains(part), "{part}: {found}");
    }
    // A connection that waits for nothing is one in use, and so it is told.
    let in_use = |found: &str, what: &str| -> (usize, usize) {
        let line = found
            .lines()
            .find_map(|line| line.strip_prefix(&format!("good {what}: ")))
            .unwrap_or_else(|| panic!("{what}: {found}"));
        let (used, most) = line.strip_suffix(" in use").and_then(|line| line.split_once(" of ")).unwrap();
        (used.parse().unwrap(), most.parse().unwrap())
    };
    let (before, most) = in_use(&found, "connections");
    let held: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(&host).unwrap()).collect();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut now = in_use(&run_ok(&check), "connections");
    while now.0 < before.max(20) && std::time::Instant::now() < until {
        now = in_use(&run_ok(&check), "connections");
    }
    assert!(now.0 >= 20 && now.1 == most && most > 1000, "{before}, {now:?} of {most}");
    drop(held);
    for what in ["actors in memory", "lanes that deliver", "git processes for pages", "archives that are made"] {
        let (used, most) = in_use(&found, what);
        assert!(used <= most && most > 1, "{what}: {used} of {most}");
    }
    server.kill();
    // Another server at the address of the first: it is not taken for it.
    let other = folder.path().join("other");
    let listen = free_host();
    let mut first = Server::start(&folder.path().join("third"), &host, &[]).await;
    let mut second = Server::start_serving(&other, &listen, &[&host], &[]).await;
    // What answers at its address is the first one, so it may not have begun yet.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let refused = loop {
        let refused = run(&["self-check", "--data", other.to_str().unwrap()]);
        if !refused.stdout.is_empty() || std::time::Instant::now() > until {
            break refused;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let told = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(!refused.status.success() && told.contains("BAD ") && told.contains("another server"), "{told}");
    first.kill();
    second.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_set_anew_whether_the_server_runs_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start(&data, &free_host(), &[]).await;
    let at = data.to_str().unwrap();
    fed(&["person", "add", "carol", "--password-stdin", "--data", at], "correct horse battery");
    let status = async |server: &Server, password: &str| {
        let form = format!("name=carol&password={}", password.replace(' ', "+"));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        client
            .post(format!("{}/login", server.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let made_up = run_ok(&["person", "password", "carol", "--data", at]).trim().to_owned();
    assert_eq!((status(&server, &made_up).await, status(&server, "correct horse battery").await), (303, 401));
    fed(&["person", "password", "carol", "--password-stdin", "--data", at], "battery staple");
    assert_eq!((status(&server, &made_up).await, status(&server, "battery staple").await), (401, 303));
    let unknown = run(&["person", "password", "nobody", "--data", at]);
    assert!(!unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("nobody"));
    server.kill();
    let host = server.base.strip_prefix("http://").unwrap().to_owned();
    let made_up = run_ok(&["person", "password", "carol", "--data", at]).trim().to_owned();
    let server = Server::start(&data, &host, &[]).await;
    assert_eq!((status(&server, &made_up).await, status(&server, "battery staple").await), (303, 401));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_is_decided_on_the_command_line_whether_the_server_runs_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start(&data, &free_host(), &[]).await;
    let at = data.to_str().unwrap();
    let registration = |args: &[&str]| run_ok(&[&["registration"], args, &["--data", at]].concat());
    let refused = run(&["registration", "invite", "--data", at]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not take registrations"), "{refused:?}");
    registration(&["set", "approval", "--people-invite", "true", "--new-account-days", "7"]);
    let none = run(&["registration", "set", "approval", "--new-account-activities", "0", "--data", at]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("1 to 10000"), "{none:?}");
    let form = |name: &str| format!("name={name}&password=correct+horse&again=correct+horse&text=tea");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let post = async |to: String, body: String| {
        let sent = client.post(to).header("content-type", "application/x-www-form-urlencoded").body(body).send();
        sent.await.unwrap().status().as_u16()
    };
    let link = registration(&["invite", "--note", "carol"]).trim().to_owned();
    assert_eq!(post(link, form("carol")).await, 303);
    let listed = registration(&["invitations"]);
    assert!(listed.contains(" used until ") && listed.trim().ends_with("for carol"), "{listed}");
    assert_eq!(post(format!("{}/register", server.base), form("dave")).await, 200);
    let stands = registration(&["show"]);
    assert!(stands.starts_with("registration: approval\npeople may invite: yes\nnew accounts: 50 activities a day for 7 days\nwaits: dave: tea"), "{stands}");
    server.kill();
    let host = server.base.strip_prefix("http://").unwrap().to_owned();
    assert!(registration(&["let-in", "dave"]).contains("/people/"));
    assert!(!run(&["registration", "let-in", "dave", "--data", at]).status.success(), "he is in");
    let server = Server::start(&data, &host, &[]).await;
    assert_eq!(post(format!("{}/login", server.base), form("dave")).await, 303);
}

fn import(data: &std::path::Path, lines: &str) {
    fed(&["import", "--data", data.to_str().unwrap()], lines);
}

/// Runs a command that reads this text, and must succeed.
fn fed(args: &[&str], text: &str) {
    let mut command = Command::new(crate::server::BINARY);
    let mut child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{text}\n").as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{args:?}");
}

/// Whether a key or a value of an export holds this.
fn holds(lines: &str, text: &str) -> bool {
    lines.lines().any(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let coded = ["key64", "base64"].into_iter().filter_map(|part| line[part].as_str());
        let coded = coded.map(|part| String::from_utf8_lossy(&STANDARD.decode(part).unwrap()).into_owned());
        let plain = ["key", "json"].into_iter().filter_map(|part| line[part].as_str()).map(str::to_owned);
        coded.chain(plain).any(|part| part.contains(text))
    })
}

#[test]
fn a_refusal_is_explained() {
    let verified = run_ok(&["explain", "no-capability"]);
    assert!(verified.contains("capability") && verified.contains("verification of a Grant refuses"), "{verified}");
    let asked = run_ok(&["explain", "not-the-newest-version"]);
    assert!(asked.contains("SubmitReview/not-the-newest-version") && asked.contains("pt-beh-offer/4.3"), "{asked}");
    let ours = run_ok(&["explain", "fetch-setup"]);
    assert!(ours.contains("the rule is this program's own"), "{ours}");
    assert!(!run(&["explain", "nonsense"]).status.success());
}

#[test]
fn a_reader_that_has_enough_of_the_explanations_is_no_fault() {
    let mut child = Command::new(crate::server::BINARY)
        .arg("explain")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Closed before anything is read.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
