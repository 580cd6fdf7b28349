//! Every bound of the actor model, by name.

/// Messages one actor's durable mailbox holds. A near sender's next message then waits in its lane, a far one is told to come back.
pub const MAILBOX_MAX: usize = 1024;
/// Messages of one sender in one mailbox: an eighth of it, so that no sender can keep the others out.
pub const MAILBOX_PER_SENDER_MAX: usize = MAILBOX_MAX / 8;
/// Volatile calls (questions of pages, clients waiting for an answer) that wait for one resident actor.
pub const CALLS_WAITING_MAX: usize = 256;
/// Turns of one actor whose commit is not yet durable.
pub const PIPELINED_MAX: usize = 256;
/// Messages a resident actor reads from its mailbox at a time.
pub const MAIL_PAGE: usize = 64;
/// Messages for which what they will lack is looked for in one go: as many as are read at a time.
pub const AHEAD_MAX: usize = MAIL_PAGE;
/// Rows looked for in one go, after which no further message is asked what it will lack.
pub const AHEAD_NEEDS_MAX: usize = 256;
/// Documents one call may ask for before it is refused as `evidence-unavailable`.
pub const DOCUMENTS_MAX: usize = 64;
/// Seconds one call may wait for documents, all together.
pub const DOCUMENTS_S: i64 = 30;
/// Runs of one call: each must have asked for something new. A method that needs more reads in a loop it should not have.
pub const RUNS_MAX: usize = 256;
/// Attempts at a message that makes its method panic before it is quarantined.
pub const ATTEMPTS_MAX: u32 = 3;
/// Rows a single page of a table may hold.
pub const PAGE_MAX: usize = 500;
/// Rows one turn writes. What one batch of a store may hold is above it, with its effects.
pub const ROWS_MAX: usize = 1500;
/// Bytes of the rows one turn writes.
pub const ROWS_MAX_BYTES: usize = 2 * 1024 * 1024;
/// Effects of one turn.
pub const EFFECTS_MAX: usize = 1000;
/// Recipients a turn may name one by one. Larger audiences are groups, paged by a job.
pub const RECIPIENTS_MAX: usize = 200;
/// Acts kept by one actor because they answer an act it has not yet seen.
pub const EARLY_MAX: u64 = 256;
/// Acts of one sender kept early by one actor.
pub const EARLY_PER_SENDER_MAX: u64 = 16;
/// Seconds an early act is kept.
pub const EARLY_S: i64 = 24 * 3600;
/// Seconds a seen act id is remembered.
pub const SEEN_S: i64 = 30 * 24 * 3600;
/// Seconds an asker waits before it is told that the outcome is unknown.
pub const ANSWER_S: i64 = 10 * 60;
/// Promises one actor may have open.
pub const PROMISES_MAX: u64 = 10_000;
/// Timers one actor may have set.
pub const TIMERS_MAX: u64 = 1000;
/// Seconds without a message after which a resident actor is put to sleep.
pub const IDLE_S: u64 = 60;
/// Resident actors of one node; above it the longest idle are put to sleep.
pub const RESIDENT_MAX: usize = 50_000;
/// Shards of a node's directory.
pub const SHARDS: usize = 16;
/// Actors with mail that wait, by name only, until they may run. Beyond it a runner finds them by their mailboxes.
pub const WOKEN_MAX: usize = 100_000;
/// Things a resident actor does before it lets the others of its thread go on.
pub const STEPS_MAX: usize = 16;
/// Seconds an actor that cannot be opened, or has failed, is held back for the first time; each time it is doubled.
pub const HOLD_S: u64 = 1;
/// Seconds such an actor is held back at most.
pub const HOLD_MAX_S: u64 = 300;
/// Milliseconds between two looks for idle actors, at least and at most.
pub const SWEEP_MIN_MS: u64 = 20;
/// See [`SWEEP_MIN_MS`].
pub const SWEEP_MAX_MS: u64 = 5000;
/// Bytes of a state above which a warning is logged: a state is rewritten at each turn, what grows belongs in rows.
pub const STATE_WARN_BYTES: usize = 16 * 1024;
/// Bytes of a state above which the turn is refused.
pub const STATE_MAX_BYTES: usize = 1024 * 1024;
