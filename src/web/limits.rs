//! Every bound of the web, by name.

/// Bytes of a delivery to an inbox.
pub const DELIVERY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an activity a client posts to an outbox: what the person's own gate takes, and some white space.
pub const POSTED_BYTES_MAX: usize = 2 * pritchel_actors::limits::POSTED_BYTES_MAX;
/// Bytes of a form.
pub const FORM_BYTES_MAX: usize = 256 * 1024;
/// Seconds until a request is answered that does not stream: longer than a verification that fetches a key.
pub const REQUEST_S: u64 = 30;
/// Seconds a client has for the head of a request.
pub const HEAD_S: u64 = 15;
/// Bytes of the head of a request over HTTP/1.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers of a request.
pub const HEADERS_MAX: usize = 100;
/// Connections open at once. Later ones wait to be taken.
pub const CONNECTIONS_MAX: usize = 4096;
/// Requests under way at once on one HTTP/2 connection.
pub const STREAMS_MAX: u32 = 64;
/// Seconds that requests under way have to end when the server stops.
pub const STOP_S: u64 = 20;
/// Items on one page of a collection.
pub const PAGE_ITEMS: usize = 20;
/// Bytes of an access token or a session's secret, as text.
pub const SECRET_BYTES_MAX: usize = 200;
/// Media ranges of an `Accept` header that are looked at.
pub const ACCEPT_RANGES_MAX: usize = 32;
/// Bytes of the `resource` of a WebFinger question.
pub const RESOURCE_BYTES_MAX: usize = 2048;
/// Milliseconds a pump may take, however many it is given.
pub const PUMP_MS_MAX: u64 = 25_000;
/// Milliseconds a pump takes if it is not told.
pub const PUMP_MS: u64 = 5_000;
/// Bytes of the activities written out on one page of a collection; beyond it they are named by address.
pub const PAGE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of the place in a collection that a page is asked for by.
pub const CURSOR_BYTES_MAX: usize = 2048;
/// Fields of a form or a query.
pub const FIELDS_MAX: usize = 100;
/// Bytes of what a client says of itself when it registers.
pub const CLIENT_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a client's id, which holds what it said of itself.
pub const CLIENT_ID_BYTES_MAX: usize = 4 * 1024;
/// Characters of a client's name.
pub const CLIENT_NAME_CHARS_MAX: usize = 80;
/// Addresses a client may have codes sent to.
pub const REDIRECTS_MAX: usize = 10;
/// Bytes of the `state` a client wants back.
pub const STATE_BYTES_MAX: usize = 1024;
/// Bytes of a PKCE verifier, at least: RFC 7636, 4.1.
pub const VERIFIER_BYTES_MIN: usize = 43;
/// Bytes of a PKCE verifier, at most.
pub const VERIFIER_BYTES_MAX: usize = 128;
/// Seconds a client's token holds: 90 days.
pub const TOKEN_S: i64 = 90 * 24 * 3600;
/// Seconds a document that everybody sees may be kept by whoever stands between.
pub const DOCUMENT_KEPT_S: u32 = 60;
/// Tries to tell a Repository actor of a push before that is left to the next start.
pub const PUSH_TOLD_TRIES: u32 = 5;
/// Milliseconds before the second such try; each later one waits twice as long.
pub const PUSH_TOLD_WAIT_MS: u64 = 200;
