//! The client against a small server on loopback: what comes through, and what each guard stops.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::address::AllowLoopback;
use super::super::testing::{Answer, Seen, Server, Table, answer};
use super::*;
use crate::key::fixture;
use crate::signature::{ACCEPT_ACTIVITY, PublicOrigin, RequestParts, Scheme, parse_any, sign};

const JSON: &str = "application/activity+json";
const NOW: u64 = 1_800_000_000;
const KEY_ID: &str = "https://peer.example/actor#main-key";

fn settings() -> Settings {
    let mut settings = Settings::new("pritchel-test/0");
    settings.policy.loopback = AllowLoopback::Yes;
    settings.lookup = Arc::new(Table::new(&[("inner.example", "10.0.0.1"), ("broken.example", "")]));
    settings
}

fn client() -> Client {
    Client::new(settings()).unwrap()
}

/// A client that waits so little that a test does not have to.
fn hasty() -> Client {
    Client::new(Settings { timeout: Duration::from_millis(200), ..settings() }).unwrap()
}

fn redirect(to: impl AsRef<str>) -> Answer {
    answer("302 Found", &[("Location", to.as_ref())], "")
}

async fn get(client: &Client, url: &Url) -> Result<Fetched, FetchError> {
    client.get(GetRequest::new(url, ACCEPT_ACTIVITY)).await
}

async fn finding(client: &Client, url: &Url) -> Option<&'static str> {
    get(client, url).await.err().map(|error| error.code())
}

#[tokio::test]
async fn a_document_is_fetched_with_its_type_and_place() {
    let server = Server::start(|_| answer("200 OK", &[("Content-Type", JSON)], "{}")).await;
    let fetched = get(&client(), &server.url("/people/7#main-key")).await.unwrap();
    assert_eq!((fetched.url, fetched.status, fetched.redirects), (server.url("/people/7"), 200, 0));
    assert_eq!((fetched.content_type.as_str(), &fetched.body[..]), (JSON, &b"{}"[..]));
    let seen = &server.seen()[0];
    assert_eq!((seen.method(), seen.target()), ("GET", "/people/7"));
    assert_eq!(seen.header("accept"), Some(ACCEPT_ACTIVITY));
    assert_eq!(seen.header("user-agent"), Some("pritchel-test/0"));
    assert_eq!(seen.header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(seen.header("signature"), None);
}

#[tokio::test]
async fn statuses_other_than_2xx_are_errors_of_a_get() {
    for (status, permanent) in [("404 Not Found", true), ("410 Gone", true), ("503 Busy", false), ("304 Same", false)] {
        let server = Server::start(move |_| answer(status, &[("Retry-After", "120")], "")).await;
        let error = get(&client(), &server.url("/")).await.unwrap_err();
        let code: u16 = status[..3].parse().unwrap();
        let expected = Some(RetryAfter::Seconds(120));
        assert!(
            matches!(&error, FetchError::Status { status, retry_after, .. } if *status == code && *retry_after == expected)
        );
        assert_eq!(error.is_permanent(), permanent, "{status}");
    }
}

#[tokio::test]
async fn only_activity_types_are_taken_as_activities() {
    for (kind, activity, json) in [(JSON, true, true), ("application/json", false, true), ("text/html", false, false)] {
        let server = Server::start(move |_| answer("200 OK", &[("Content-Type", kind)], "{}")).await;
        let fetched = get(&client(), &server.url("/")).await.unwrap();
        assert_eq!(
            (fetched.require_activity_json().is_ok(), fetched.require_json().is_ok()),
            (activity, json),
            "{kind}"
        );
    }
    let server = Server::start(|_| answer("200 OK", &[], "{}")).await;
    let error = get(&client(), &server.url("/")).await.unwrap().require_activity_json().unwrap_err();
    assert_eq!(error.code(), "fetch-content-type");
}

#[tokio::test]
async fn three_redirects_are_followed_and_a_fourth_is_not() {
    let server = Server::start(|seen: &Seen| match seen.target() {
        "/0" => answer("200 OK", &[], "here"),
        target => {
            let left: u32 = target[1..].parse().unwrap();
            redirect(format!("/{}", left - 1))
        }
    })
    .await;
    let fetched = get(&client(), &server.url("/3")).await.unwrap();
    assert_eq!((fetched.url, fetched.redirects), (server.url("/0"), 3));
    assert_eq!(finding(&client(), &server.url("/4")).await, Some("fetch-too-many-redirects"));
    let url = server.url("/1");
    let none = GetRequest { redirects_max: 0, ..GetRequest::new(&url, JSON) };
    assert_eq!(client().get(none).await.unwrap_err().code(), "fetch-too-many-redirects");
}

#[tokio::test]
async fn redirects_are_judged_like_first_requests() {
    let server = Server::start(|seen: &Seen| {
        let host = seen.header("host").unwrap();
        redirect(match seen.target() {
            "/self" => "/self".to_owned(),
            "/circle" => "/circle/back#x".to_owned(),
            "/circle/back" => "/circle".to_owned(),
            "/tls" => format!("https://{host}/"),
            "/file" => "file:///etc/passwd".to_owned(),
            "/metadata" => "http://169.254.169.254/latest/meta-data/".to_owned(),
            "/name" => "http://inner.example/".to_owned(),
            "/user" => format!("http://alice@{host}/"),
            "/nonsense" => "http://[".to_owned(),
            _ => String::new(),
        })
    })
    .await;
    #[rustfmt::skip]
    let rows = [
        ("/self",     "fetch-redirect-loop"),
        ("/circle",   "fetch-redirect-loop"),
        ("/tls",      "fetch-redirect-scheme"),
        ("/file",     "fetch-redirect-scheme"),
        ("/metadata", "fetch-address-not-public"),
        ("/name",     "fetch-address-not-public"),
        ("/user",     "fetch-host"),
        ("/nonsense", "fetch-redirect-location"),
        ("/empty",    "fetch-redirect-location"),
    ];
    let mut settings = settings();
    settings.policy.plain_http = true;
    let client = Client::new(settings).unwrap();
    for (target, expected) in rows {
        assert_eq!(finding(&client, &server.url(target)).await, Some(expected), "{target}");
    }
}

#[tokio::test]
async fn another_origin_is_followed_only_where_the_caller_says_so() {
    let there = Server::start(|_| answer("200 OK", &[], "there")).await;
    let to = there.url("/").to_string();
    let here = Server::start(move |_| redirect(&to)).await;
    let url = here.url("/");
    assert_eq!(get(&client(), &url).await.unwrap().url, there.url("/"));
    let strict = GetRequest { other_origins: false, ..GetRequest::new(&url, JSON) };
    assert_eq!(client().get(strict).await.unwrap_err().code(), "fetch-redirect-origin");
    assert_eq!(there.seen().len(), 1);
}

#[tokio::test]
async fn each_hop_is_admitted_and_signed_for_itself() {
    let server = Server::start(|seen: &Seen| match seen.target() {
        "/old" => redirect("/new?x=1"),
        _ => answer("200 OK", &[], "{}"),
    })
    .await;
    let url = server.url("/old");
    let key = fixture::ed25519();
    let signer = |method: &Method, url: &Url| sign(Scheme::Cavage, &key, KEY_ID, method, url, None, NOW);
    let signed = GetRequest { sign: Some(&signer), ..GetRequest::new(&url, "text/plain") };
    client().get(signed).await.unwrap();
    let origin = PublicOrigin::parse(&format!("http://{}", server.address)).unwrap();
    for (seen, target) in server.seen().iter().zip(["/old", "/new?x=1"]) {
        let headers: HeaderMap = seen
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
            .collect();
        let request = RequestParts {
            method: "GET",
            target: seen.target(),
            origin: &origin,
            authority: None,
            headers: &headers,
            body: b"",
        };
        assert_eq!(seen.target(), target);
        let claims = parse_any(&request, NOW).unwrap();
        assert!(claims[0].verify(key.public_key()).is_ok(), "{target}");
    }

    let not_new = |url: &Url| url.path() != "/new";
    let admitted = GetRequest { admit: Some(&not_new), ..GetRequest::new(&url, JSON) };
    assert_eq!(client().get(admitted).await.unwrap_err().code(), "fetch-blocked");
    assert_eq!(server.seen().len(), 3, "the blocked hop was not asked for");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let server = Server::start(|seen: &Seen| match seen.target() {
        "/announced" => answer("200 OK", &[], vec![b'x'; 101]),
        "/fits" => answer("200 OK", &[], vec![b'x'; 100]),
        "/packed" => answer("200 OK", &[("Content-Encoding", "gzip")], STANDARD.decode(PACKED).unwrap()),
        _ => Answer::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 64]),
    })
    .await;
    for (target, expected) in [("/fits", None), ("/announced", Some(())), ("/endless", Some(())), ("/packed", Some(()))]
    {
        let url = server.url(target);
        let request = GetRequest { body_bytes_max: 100, ..GetRequest::new(&url, JSON) };
        let found = client().get(request).await.err().map(|error| error.code());
        assert_eq!(found, expected.map(|()| "fetch-too-large"), "{target}");
    }
}

/// 100,000 times the letter x, packed by gzip.
const PACKED: &str = "\
    H4sIAAAAAAACA+3BMQEAAADCoNqLbw0PoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIBXA3ERB/6ghgEA";

#[tokio::test]
async fn a_peer_that_stays_silent_is_left_alone_after_the_timeout() {
    let server = Server::start(|seen: &Seen| match seen.target() {
        "/no-headers" => Answer::Hang(b"HTTP/1.1 200".to_vec()),
        "/no-body" => Answer::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{".to_vec()),
        _ => Answer::Hang(Vec::new()),
    })
    .await;
    for target in ["/nothing", "/no-headers", "/no-body"] {
        let error = get(&hasty(), &server.url(target)).await.unwrap_err();
        assert_eq!(error, FetchError::Timeout { host: server.address.to_string(), limit_ms: 200 }, "{target}");
    }
}

#[tokio::test]
async fn broken_answers_and_missing_peers_are_told_apart() {
    let server = Server::start(|seen: &Seen| match seen.target() {
        "/cut" => Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec()),
        "/many" => answer("200 OK", &[("x-cup", "1"); 80], ""),
        _ => Answer::Bytes(b"SSH-2.0-tea\r\n\r\n".to_vec()),
    })
    .await;
    for target in ["/cut", "/many", "/other"] {
        assert_eq!(finding(&client(), &server.url(target)).await, Some("fetch-interrupted"), "{target}");
    }
    let tls = format!("https://{}/", server.address).parse().unwrap();
    assert_eq!(finding(&client(), &tls).await, Some("fetch-connect"), "no TLS there");
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap()
    };
    assert_eq!(finding(&client(), &closed).await, Some("fetch-connect"));
}

#[tokio::test]
async fn names_that_lead_inward_or_nowhere_are_not_connected_to() {
    let client = client();
    #[rustfmt::skip]
    let rows = [
        ("https://inner.example/",  "fetch-address-not-public"),
        ("https://broken.example/", "fetch-no-such-name"),
        ("https://other.example/",  "fetch-no-such-name"),
    ];
    for (url, expected) in rows {
        let url: Url = url.parse().unwrap();
        assert_eq!(finding(&client, &url).await, Some(expected), "{url}");
        let post = PostRequest { url: &url, headers: Vec::new(), body: Bytes::new() };
        assert_eq!(client.post(post).await.unwrap_err().code(), expected, "{url}");
    }
}

#[tokio::test]
async fn without_the_allowance_this_computer_is_not_spoken_to() {
    let server = Server::start(|_| answer("200 OK", &[], "{}")).await;
    let strict = Settings { policy: Policy { plain_http: true, ..Policy::default() }, ..settings() };
    let strict = Client::new(strict).unwrap();
    let url = server.url("/");
    assert_eq!(finding(&strict, &url).await, Some("fetch-address-not-public"));
    assert_eq!(strict.head(GetRequest::new(&url, JSON)).await.unwrap_err().code(), "fetch-address-not-public");
    let post = PostRequest { url: &url, headers: Vec::new(), body: Bytes::new() };
    assert_eq!(strict.post(post).await.unwrap_err().code(), "fetch-address-not-public");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_name_of_this_computer_is_resolved_by_ourselves() {
    let server = Server::start(|_| answer("200 OK", &[], "{}")).await;
    let url: Url = format!("http://forge.localhost:{}/", server.address.port()).parse().unwrap();
    assert_eq!(finding(&client(), &url).await, None);
    assert_eq!(server.seen()[0].header("host"), Some(format!("forge.localhost:{}", server.address.port()).as_str()));
}

#[tokio::test]
async fn a_head_answers_any_status() {
    let server = Server::start(|seen: &Seen| match seen.target() {
        "/grant" => answer("200 OK", &[], ""),
        "/moved" => redirect("/revoked"),
        _ => answer("410 Gone", &[], ""),
    })
    .await;
    for (target, status) in [("/grant", 200), ("/revoked", 410), ("/moved", 410)] {
        let url = server.url(target);
        let answer = client().head(GetRequest::new(&url, JSON)).await.unwrap();
        assert_eq!(answer.status, status, "{target}");
    }
    assert!(server.seen().iter().all(|seen| seen.method() == "HEAD"));
}

#[tokio::test]
async fn a_post_brings_its_body_and_headers_and_tells_what_came_back() {
    let long = "x".repeat(10_000);
    let server = Server::start(move |seen: &Seen| match seen.target() {
        "/inbox" => answer("202 Accepted", &[("Accept-Signature", "sig1=()")], "taken"),
        "/busy" => answer("429 Slow", &[("Retry-After", "Fri, 15 Jan 2027 08:01:00 GMT")], &long),
        "/moved" => answer("307 There", &[("Location", "/inbox")], ""),
        _ => Answer::Hang(b"HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\n{\"error\":".to_vec()),
    })
    .await;
    let client = hasty();
    let post = async |target: &str| {
        let url = server.url(target);
        let key = fixture::ed25519();
        let headers = sign(Scheme::Cavage, &key, KEY_ID, &Method::POST, &url, Some(b"{}"), NOW).unwrap();
        client.post(PostRequest { url: &url, headers, body: Bytes::from_static(b"{}") }).await.unwrap()
    };
    let taken = post("/inbox").await;
    assert_eq!(
        (taken.status, &taken.body[..], taken.accept_signature.as_deref()),
        (202, &b"taken"[..], Some("sig1=()"))
    );
    assert_eq!(taken.retry_after, None);
    let seen = &server.seen()[0];
    assert_eq!((seen.method(), &seen.body[..], seen.header("content-type")), ("POST", &b"{}"[..], Some(JSON)));
    assert!(seen.header("signature").is_some() && seen.header("digest").is_some());

    let busy = post("/busy").await;
    assert_eq!((busy.status, busy.body.len()), (429, POST_ANSWER_BYTES_MAX));
    assert_eq!(busy.retry_after.unwrap().wait_s(NOW), 60);
    assert_eq!(post("/moved").await.status, 307);
    assert_eq!(server.seen().len(), 3, "no redirect is followed");
    let silent = post("/silent").await;
    assert_eq!((silent.status, &silent.body[..]), (401, &b"{\"error\":"[..]), "the status is enough");
}

#[tokio::test]
async fn other_programs_get_checked_addresses_too() {
    let client = client();
    let ask = async |url: &str| client.addresses(&url.parse().unwrap()).await;
    let local = "http://127.0.0.1:3000/tea.git";
    assert_eq!(ask(local).await, Ok(vec!["127.0.0.1:3000".parse().unwrap()]));
    let both = ["127.0.0.1:3000", "[::1]:3000"].map(|text| text.parse().unwrap());
    assert_eq!(ask("http://forge.localhost:3000/tea.git").await, Ok(both.to_vec()));
    assert_eq!(ask("https://8.8.8.8/tea.git").await, Ok(vec!["8.8.8.8:443".parse().unwrap()]));
    for (url, code) in [
        ("https://inner.example/tea.git", "fetch-address-not-public"),
        ("https://10.0.0.1/tea.git", "fetch-address-not-public"),
        ("https://other.example/tea.git", "fetch-no-such-name"),
        ("ssh://forge.example/tea.git", "fetch-scheme"),
    ] {
        assert_eq!(ask(url).await.unwrap_err().code(), code, "{url}");
    }
}

#[test]
fn cryptography_may_be_installed_any_number_of_times() {
    install_crypto();
    install_crypto();
    assert!(rustls::crypto::CryptoProvider::get_default().is_some());
}
