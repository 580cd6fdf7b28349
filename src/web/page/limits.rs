//! Every bound of pages and forms, by name.

/// Seconds a session of a browser lasts.
pub const SESSION_S: i64 = 30 * 24 * 3600;
/// Characters of a browser's name that are kept with its session.
pub const BROWSER_CHARS_MAX: usize = 200;
/// Characters of a password, at least.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Bytes of a password, at most.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// Passwords hashed at once: each takes 19 MiB and a core for a while.
pub const PASSWORDS_AT_ONCE: usize = 2;
/// Passwords that wait to be hashed. More are told to come back.
pub const PASSWORDS_WAITING_MAX: usize = 16;
/// Tries for one account before they are slowed down to one in [`ACCOUNT_TRY_S`].
pub const ACCOUNT_TRIES: u32 = 8;
/// Seconds between two tries for one account, then.
pub const ACCOUNT_TRY_S: u64 = 60;
/// Tries from one network before they are slowed down to one in [`ADDRESS_TRY_S`].
pub const ADDRESS_TRIES: u32 = 30;
/// Seconds between two tries from one network, then.
pub const ADDRESS_TRY_S: u64 = 10;
/// Accounts, and networks, whose tries are counted at once.
pub const LIMITED_KEYS_MAX: usize = 100_000;
/// Items of a list on one page.
pub const ITEMS: usize = 30;
/// Comments of a ticket on one page.
pub const COMMENTS: usize = 100;
/// People looked through for an administrator before setting up is refused.
pub const PEOPLE_SCANNED_MAX: usize = 500;
/// Milliseconds a form waits for the outcome of what it did before the page says "sent".
pub const OUTCOME_MS: u64 = 2000;
/// Milliseconds between two looks for it.
pub const OUTCOME_LOOK_MS: u64 = 25;
/// Characters of what is looked up.
pub const LOOKED_UP_CHARS_MAX: usize = 2048;
/// Bytes of a file that are shown as text.
pub const FILE_SHOWN_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a file that are served raw.
pub const FILE_RAW_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Lines of a file that are shown.
pub const FILE_LINES_MAX: usize = 10_000;
/// Commits on a repository's first page.
pub const COMMITS_FIRST: usize = 8;
/// Branches and tags shown.
pub const REFS_SHOWN: usize = 50;
/// Bytes of an activity that are shown; the rest is in the raw document.
pub const RAW_SHOWN_BYTES_MAX: usize = 256 * 1024;
/// Characters of a token's label.
pub const LABEL_CHARS_MAX: usize = 100;
/// Repositories read at once for pages.
pub const READS_AT_ONCE: usize = 8;
