//! `git http-backend` behind the smallest server that can run it: what a clone is compared with.

use crate::prototype::spawn;
use crate::server::Process;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use futures_util::stream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// Bytes handed on at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Starts it in a process of its own, over the repositories below `root`: its address.
pub fn start(root: &Path) -> (String, Process) {
    spawn(Command::new(std::env::current_exe().unwrap()).arg("cgi").arg(root))
}

/// What the child does: `words` is the folder.
pub async fn serve(words: &[&str]) {
    let [root] = words else { panic!("expected a folder") };
    let router = Router::new().fallback(run).with_state(PathBuf::from(root));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, router).await.unwrap();
}

async fn run(State(root): State<PathBuf>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut command = tokio::process::Command::new("git");
    command.arg("http-backend").stdin(Stdio::piped()).stdout(Stdio::piped());
    command.env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1").env("REQUEST_METHOD", method.as_str());
    command.env("PATH_INFO", uri.path()).env("QUERY_STRING", uri.query().unwrap_or_default());
    command.env("CONTENT_TYPE", header("content-type")).env("CONTENT_LENGTH", body.len().to_string());
    command.env("HTTP_CONTENT_ENCODING", header("content-encoding")).env("GIT_PROTOCOL", header("git-protocol"));
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    tokio::spawn(async move { input.write_all(&body).await });
    let mut output = BufReader::with_capacity(PIECE_BYTES, child.stdout.take().unwrap());
    let mut response = Response::builder();
    loop {
        let mut line = String::new();
        output.read_line(&mut line).await.unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        response = match name {
            "Status" => response.status(value.split(' ').next().unwrap()),
            name => response.header(name, value),
        };
    }
    let pieces = stream::unfold((output, child), |(mut output, mut child)| async move {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        match output.read_buf(&mut piece).await {
            Ok(0) | Err(_) => {
                // Waited for, so that its CPU counts.
                let _ = child.wait().await;
                None
            }
            Ok(_) => Some((Ok::<_, std::io::Error>(piece), (output, child))),
        }
    });
    response.body(Body::from_stream(pieces)).unwrap()
}
