//! Every bound of this room, in one place. The unit ends the name; `_MAX` is the largest value still taken.

/// How far the time in a signature may lie from ours, in seconds.
///
/// Source: common practice between servers (Mastodon allows an hour either way, 12 hours back with `expires`).
/// A delivery is signed anew at each attempt, so a slow queue is no reason for a wider window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockWindow {
    /// Furthest a signature without a signed expiry may lie in the past.
    pub back_s: u64,
    /// Furthest it may lie in the past when a signed expiry says that it still holds.
    pub back_with_expiry_s: u64,
    /// Furthest it may lie in the future.
    pub ahead_s: u64,
}

/// The window for HTTP signatures of both schemes.
pub const CLOCK_WINDOW: ClockWindow =
    ClockWindow { back_s: 60 * 60, back_with_expiry_s: 12 * 60 * 60, ahead_s: 60 * 60 };

/// Latest time a signature may name, seconds since 1970: the start of the year 2100. Larger numbers overflow arithmetic
/// in libraries, and no honest signer needs them.
pub const TIME_MAX_S: u64 = 4_102_444_800;

/// Bytes of a draft-cavage `Signature` header, and of `Signature-Input`.
pub const SIGNATURE_HEADER_BYTES_MAX: usize = 4 * 1024;
/// Bytes of an RFC 9421 `Signature` header: four signatures by RSA-8192 keys fit.
pub const SIGNATURE_DICTIONARY_BYTES_MAX: usize = 8 * 1024;
/// Parameters in one draft-cavage header.
pub const SIGNATURE_PARAMETERS_MAX: usize = 16;
/// Headers or components one signature may cover.
pub const COVERED_MAX: usize = 32;
/// RFC 9421 signatures looked at in one request.
pub const SIGNATURES_TRIED_MAX: usize = 4;
/// Bytes of a key id.
pub const KEY_ID_BYTES_MAX: usize = 2048;
/// Bytes of `Digest` and of `Content-Digest`.
pub const DIGEST_HEADER_BYTES_MAX: usize = 1024;

/// Bytes of a public key in PEM: an RSA-8192 key takes about 1.5 KB.
pub const KEY_PEM_BYTES_MAX: usize = 4 * 1024;
/// Characters of a `proofValue`.
pub const MULTIBASE_CHARS_MAX: usize = 128;
/// Characters of a Multikey: one of an RSA-8192 key has 1422; base58 decoding takes quadratic time.
pub const MULTIKEY_CHARS_MAX: usize = 1_450;
/// Smallest RSA modulus, bits.
pub const RSA_BITS_MIN: usize = 2048;
/// Largest RSA modulus, bits.
pub const RSA_BITS_MAX: usize = 8192;

/// Proofs looked at in one document.
pub const PROOFS_MAX: usize = 4;
/// Nesting of a signed document.
pub const PROOF_DOCUMENT_DEPTH_MAX: usize = 64;
/// Largest whole number in a signed document: beyond 2^53 - 1 two readers may see different numbers.
pub const PROOF_INTEGER_MAX: u64 = (1 << 53) - 1;
/// Age of the proof of a forwarded activity, seconds: 7 days.
pub const FORWARDED_PROOF_AGE_MAX_S: u64 = 7 * 24 * 60 * 60;

/// Bytes of a URL that is fetched or delivered to.
pub const URL_BYTES_MAX: usize = 2048;
/// Bytes of a fetched document, after decompression.
pub const FETCH_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes kept of the answer to a POST: enough for the reason of a refusal.
pub const POST_ANSWER_BYTES_MAX: usize = 4 * 1024;
/// Headers of the answer of a webhook that are kept.
pub const HOOK_HEADERS_KEPT_MAX: usize = 30;
/// Characters of each of them.
pub const HOOK_HEADER_CHARS_MAX: usize = 300;
/// Characters kept of the body of such an answer.
pub const HOOK_ANSWER_CHARS_MAX: usize = 1024;
/// Redirects followed by one GET or HEAD. A POST follows none.
pub const REDIRECTS_MAX: usize = 3;
/// Seconds for one fetch or delivery, from name lookup to last byte, redirects included.
pub const FETCH_TIMEOUT_S: u64 = 10;
/// Seconds for connecting to one address, TLS included.
pub const CONNECT_TIMEOUT_S: u64 = 5;
/// Seconds an idle connection is kept for the next request to the same host.
pub const IDLE_CONNECTION_S: u64 = 30;
/// Idle connections kept per host.
pub const IDLE_CONNECTIONS_PER_HOST_MAX: usize = 4;
/// Addresses of one name that are tried.
pub const ADDRESSES_MAX: usize = 8;
/// Bytes of response headers over HTTP/2.
pub const RESPONSE_HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Number of response headers over HTTP/1.
pub const RESPONSE_HEADERS_MAX: usize = 64;
/// Longest wait taken from a `Retry-After`, seconds: one day.
pub const RETRY_AFTER_MAX_S: u64 = 24 * 60 * 60;

/// Bytes of an `acct:` name with its host.
pub const ACCT_BYTES_MAX: usize = 512;
/// Bytes of a WebFinger answer.
pub const WEBFINGER_BODY_BYTES_MAX: usize = 64 * 1024;
/// Hosts asked at once for the names that actors give themselves: what is shown meanwhile is right too.
pub const NAMES_ASKED_MAX: usize = 8;
/// Links read in a WebFinger answer.
pub const WEBFINGER_LINKS_MAX: usize = 100;

/// Bytes of a delivered activity.
pub const INBOX_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Deliveries on their way into mailboxes at once from which on their receivers are woken together, a little later.
pub const GATHER_FROM: usize = 8;
/// Milliseconds somebody is woken later for that, at most.
pub const GATHER_MAX_MS: u64 = 1000;
/// Actors who wait for that; more are woken at once.
pub const GATHERED_MAX: usize = 10_000;
/// Milliseconds between two looks whether as many still come.
pub const GATHER_TICK_MS: u64 = 20;
/// Seconds for finding the key of a delivery and whatever else shows that it is authentic, all fetches together: the sender
/// waits, and Forgejo gives up after 5.
pub const KEY_TIMEOUT_S: u64 = 4;
/// Near actors one delivery is addressed to.
pub const ADDRESSEES_MAX: usize = 1000;
/// Signatures remembered, so that a request sent again by somebody who overheard it does nothing.
pub const REPLAYS_MAX: usize = 65_536;
/// Seconds a signature is remembered: it is refused as too old afterwards.
pub const REPLAY_S: i64 = 2 * 60 * 60;
/// Inboxes whose owner is known to be there.
pub const KNOWN_INBOXES_MAX: usize = 10_000;
/// Headers of a delivery kept for who inspects it, bytes of one value.
pub const KEPT_HEADER_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a refused body kept for who inspects it.
pub const REFUSED_BODY_BYTES_MAX: usize = 4 * 1024;
/// Refused deliveries kept per inbox.
pub const REFUSED_MAX: usize = 64;
/// Refused deliveries kept per inbox of those that name keys of one server, or none.
pub const REFUSED_PER_ORIGIN_MAX: usize = 20;
/// Seconds a refused delivery is kept.
pub const REFUSED_S: i64 = 14 * 24 * 60 * 60;
/// Refused deliveries written down per inbox and minute.
pub const REFUSED_PER_MINUTE: u32 = 20;

/// Deliveries taken per minute from one origin.
pub const INCOMING_PER_ORIGIN_PER_MINUTE: u32 = 3_000;
/// Deliveries taken per minute from one actor.
pub const INCOMING_PER_ACTOR_PER_MINUTE: u32 = 600;
/// Fetches per minute from one origin.
pub const FETCHES_PER_ORIGIN_PER_MINUTE: u32 = 120;
/// Deliveries per minute to one origin.
pub const OUTGOING_PER_ORIGIN_PER_MINUTE: u32 = 6_000;
/// Origins or actors whose rate is remembered.
pub const RATES_MAX: usize = 20_000;

/// Things that are fetched at the same time.
pub const FLIGHTS_MAX: usize = 512;
/// Failed fetches remembered.
pub const FAILURES_MAX: usize = 4_096;
/// Seconds a failed fetch is not tried again.
pub const FAILURE_S: i64 = 5 * 60;
/// How deep in an activity is looked for what it is about: an `Accept` of an `Undo` of a `Resolve` of a ticket.
pub const ABOUT_DEPTH_MAX: usize = 4;
/// Fetched documents kept in memory.
pub const DOCUMENTS_MAX: usize = 512;
/// Bytes of a fetched document that is kept in memory; larger ones are fetched again.
pub const DOCUMENT_KEPT_BYTES_MAX: usize = 64 * 1024;
/// Seconds a fetched document is kept.
pub const DOCUMENT_S: i64 = 5 * 60;
/// Answers of liveness checks kept.
pub const ALIVE_MAX: usize = 4_096;

/// Remote actors kept in memory with their parsed keys.
pub const REMOTE_ACTORS_MAX: usize = 4_096;
/// Seconds a remote actor is remembered.
pub const REMOTE_ACTOR_S: i64 = 30 * 24 * 60 * 60;
/// Seconds after which a remote actor is fetched again before something is sent to it.
pub const REMOTE_ACTOR_FRESH_S: i64 = 24 * 60 * 60;
/// Seconds between two fetches of an actor because a signature did not verify.
pub const KEY_REFETCH_S: i64 = 5 * 60;
/// Seconds after which an actor that was gone is asked for again.
pub const GONE_S: i64 = 24 * 60 * 60;

/// Origins kept in memory.
pub const ORIGINS_MAX: usize = 4_096;
/// Seconds the record of an origin is kept after it last changed, and what scheme it understands is believed.
pub const ORIGIN_S: i64 = 30 * 24 * 60 * 60;
/// Seconds between two writes that only say that an origin still answers.
pub const ORIGIN_WRITE_S: i64 = 6 * 60 * 60;

/// Own actors whose keys are kept parsed.
pub const KEYS_KEPT_MAX: usize = 1_024;
/// Key pairs made in advance.
pub const KEY_POOL_MAX: usize = 8;
/// Proved acts kept in memory.
pub const PROVED_MAX: usize = 512;
/// Bytes of a proved act that is kept in memory.
pub const PROVED_BYTES_MAX: usize = 64 * 1024;

/// Seconds until a failed delivery is tried again, by attempt; the last step repeats.
pub const BACK_OFF_S: [i64; 9] = [30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];
/// Attempts at a delivery whose signature is not taken: the peer may have failed to fetch our key.
pub const UNSIGNED_ATTEMPTS_MAX: u32 = 4;
/// Seconds after its first failure at which a delivery is given up.
pub const GIVE_UP_S: i64 = 7 * 24 * 60 * 60;
/// Seconds after its first failure at which a delivery is set aside, so that its lane goes on.
pub const ASIDE_S: i64 = 60 * 60;
/// Failures in a row after which an origin is left alone.
pub const BREAKER_FAILURES: u32 = 5;
/// Seconds over which these failures must stretch.
pub const BREAKER_S: i64 = 60;
/// Lanes of one origin that are worked on at the same time.
pub const LANES_PER_ORIGIN_MAX: u32 = 4;
/// Lanes of deliveries that are worked on at the same time.
pub const LANES_MAX: usize = 256;
/// Jobs, and acts sought, that are worked on at the same time.
pub const JOBS_MAX: usize = 16;
/// Steps that concern the boxes alone, worked on at the same time.
pub const OWN_STEPS_MAX: usize = 64;
/// Deliveries of one lane that may share one request.
pub const COALESCED_MAX: usize = 64;
/// Seconds after which a lane whose origin is busy is looked at again.
pub const BUSY_S: i64 = 2;
/// Attempts at a job whose worker fails.
pub const JOB_ATTEMPTS_MAX: u32 = 5;
/// Attempts at an act that is sought.
pub const SEEK_ATTEMPTS_MAX: u32 = 4;
/// Seconds between two renewals of a lease while a job runs.
pub const RENEW_S: u64 = 40;
/// Seconds a delivery that was given up is shown on its author's page.
pub const UNDELIVERED_S: i64 = 30 * 24 * 60 * 60;
/// Lanes looked through for the deliveries of one act.
pub const SHOWN_LANES_MAX: usize = 256;
/// Items of one lane looked through for the deliveries of one act.
pub const SHOWN_ITEMS_MAX: usize = 64;
/// Characters kept of an error, a reason or an answer.
pub const WHY_CHARS_MAX: usize = 300;
/// Milliseconds a runner with nothing to do waits at least.
pub const REST_MIN_MS: u64 = 50;
/// Milliseconds a runner with nothing to do waits at most, though nobody woke it.
pub const REST_MAX_MS: u64 = 15_000;
/// Records looked at in one step of housekeeping.
pub const SWEEP_ROWS: usize = 256;
/// Seconds between two steps of housekeeping.
pub const SWEEP_S: i64 = 60;
