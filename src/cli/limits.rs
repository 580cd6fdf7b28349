//! Bounds of the commands.

/// Seconds the demo waits for a server to come up.
pub const START_S: u64 = 60;
/// Seconds the demo waits for something to have happened.
pub const STEP_S: u64 = 30;
/// Milliseconds between two looks.
pub const LOOK_MS: u64 = 100;
/// Seconds the probe waits for what a server is expected to do, unless it is told otherwise.
pub const PROBE_PATIENCE_S: &str = "20";
/// Seconds the probe waits to see that nothing comes of an act, unless it is told otherwise.
pub const PROBE_QUIET_S: &str = "3";
/// Seconds the probe gives a person to do something.
pub const PROBE_PERSON_S: u64 = 300;
/// Bytes of a document the probe reads.
pub const PROBE_DOCUMENT_BYTES: usize = 1024 * 1024;
/// Deliveries to the probe that are remembered; of later ones it knows nothing.
pub const PROBE_ARRIVALS_MAX: usize = 10_000;
/// Characters of a document that are shown as what was found.
pub const PROBE_SHOWN_MAX: usize = 400;
/// Bytes of a password read from standard input.
pub const PASSWORD_BYTES: u64 = 1024;
/// Bytes of one request on the administration socket: as many rules as one turn makes, with the longest reasons.
pub const ADMIN_LINE_BYTES: u64 = 1024 * 1024;
/// Bytes of a list of rules read from standard input.
pub const LIST_BYTES: u64 = 16 * 1024 * 1024;
/// Times that the objects of a repository are looked through while it is copied: git puts them in order at most once a day.
pub const COPY_PASSES_MAX: usize = 5;
/// Seconds an administration request may take.
pub const ADMIN_S: u64 = 30;
/// Bytes that a patch tracker keeps of repositories of other servers; with what one more version brings, which has a bound of its own.
pub const KEPT_ELSEWHERE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Seconds a stopping server waits for what is under way.
pub const STOP_S: u64 = 10;
/// Webhooks that are told something at once: fewer than there are places for jobs, so that slow ones hold up nothing else.
pub const HOOKS_AT_ONCE_MAX: usize = 6;
/// Addresses in a delivery that are looked at for trackers that are kept here.
pub const HINT_STRINGS_MAX: usize = 500;
/// How deep they lie in it.
pub const HINT_DEPTH_MAX: usize = 6;
/// Seconds in which a repository that is imported by a command is made; what git fetches takes longer, and is not waited for.
pub const IMPORT_S: u64 = 5;
/// Milliseconds between two looks at whether it is.
pub const IMPORT_LOOK_MS: u64 = 50;
/// Seconds that clocks may be apart before the self-check minds.
pub const CLOCK_OFF_S: i64 = 30;
/// Free megabytes below which a disk counts as full.
pub const DISK_LOW_MB: u64 = 500;
/// Parts of a hundred of a bound in use from which it counts as nearly reached.
pub const BOUND_NEAR_PERCENT: usize = 90;
/// Free parts of a hundred below which a disk counts as low.
pub const DISK_LOW_PERCENT: u64 = 10;
/// Seconds a server of SSH has to greet the self-check.
pub const GREETING_S: u64 = 5;
/// Bytes of its greeting that are read.
pub const GREETING_BYTES_MAX: usize = 255;
/// Seconds between two looks for directories of repositories that have ended.
pub const REPOS_SWEEP_S: u64 = 15 * 60;
/// Seconds between two looks for bytes of files that nothing names any more.
pub const FILES_SWEEP_S: u64 = 6 * 60 * 60;
