//! Every bound of this room, with its unit and its reason. Those an operator or a test may wish to change are
//! gathered in [`Bounds`]; the others are fixed.

use std::time::Duration;

/// Characters in a repository key.
pub const KEY_LENGTH_MAX: usize = 64;
/// Bytes in a full reference name such as `refs/heads/main`. File systems end a name component at 255.
pub const REF_NAME_BYTES_MAX: usize = 1024;
/// Reference updates in one push. The whole proposal is decided in one turn.
pub const PUSH_UPDATES_MAX: usize = 1000;
/// Push options in one push, and bytes in each.
pub const PUSH_OPTIONS_MAX: usize = 32;
/// Bytes in one push option.
pub const PUSH_OPTION_BYTES_MAX: usize = 1024;

/// Bytes in one packet of git's protocol, with its length.
pub const PKT_BYTES_MAX: usize = 65520;
/// Bytes in the line a hook sends: [`PUSH_UPDATES_MAX`] updates with usual names fit several times.
pub const HOOK_LINE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes in one line that git writes to a hook: two ids, two spaces, a name, a line feed.
pub const HOOK_UPDATE_BYTES_MAX: u64 = 83 + REF_NAME_BYTES_MAX as u64;
/// Bytes in the line a hook gets back.
pub const HOOK_ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Characters of a refusal's reason that the pusher is shown.
pub const REASON_LENGTH_MAX: usize = 2000;
/// Hooks that may be connected at once. More wait in the socket's backlog.
pub const HOOK_CONNECTIONS_MAX: usize = 64;
/// A hook sends its line at once; one that does not is dropped after this time.
pub const HOOK_LINE_TIME: Duration = Duration::from_secs(10);
/// What a hook waits beyond the time a decision may take.
pub const HOOK_ANSWER_MARGIN: Duration = Duration::from_secs(15);
/// Bytes in the path of a Unix socket (Linux allows 107).
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Bytes read from or written to a process at a time.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of git's output read at a time.
pub const OUTPUT_CHUNK_BYTES: usize = 128 * 1024;
/// Bytes that may wait in the pipe from git, where the kernel allows that.
pub const PIPE_BYTES: usize = 256 * 1024;
/// Chunks of output that may wait for a slow client.
pub const CHUNKS_WAITING_MAX: usize = 4;
/// Bytes of a process's standard error that are kept for the log.
pub const STDERR_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a push's report that are kept until its references are on disk.
pub const REPORT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// From a polite signal to a process until it is killed: git removes its lock files in this time. Also from the end of a
/// push's input to that signal.
pub const STOP_GRACE: Duration = Duration::from_secs(2);
/// How long and how far the rest of a request is read and thrown away once git has ended early, so that the client
/// gets to read the answer that says why.
pub const DRAIN_TIME: Duration = Duration::from_secs(30);
/// Bytes of such a rest.
pub const DRAIN_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Bytes of a file that is changed without a client of git.
pub const EDITED_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Bytes of its path.
pub const EDITED_PATH_BYTES_MAX: usize = 1024;
/// Names in its path.
pub const EDITED_PATH_NAMES_MAX: usize = 64;

/// Decoded bytes in a fetch request: some 300,000 `have` lines.
pub const FETCH_REQUEST_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes in which an archive is asked for: names and options.
pub const ARCHIVE_REQUEST_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of commands and options before the pack of a push.
pub const PUSH_COMMANDS_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How often larger than its encoded form a gzip request may be, once it is over [`GZIP_FREE_BYTES`].
pub const GZIP_EXPANSION_MAX: u64 = 100;
/// Decoded bytes for which the expansion is not judged.
pub const GZIP_FREE_BYTES: u64 = 1024 * 1024;

/// References in one page.
pub const REFS_PAGE_MAX: usize = 1000;
/// References that are looked through to make a page.
pub const REFS_SCAN_MAX: usize = 200_000;
/// Characters an abbreviated commit id needs at least.
pub const ID_PREFIX_MIN: usize = 7;
/// Commits read for one history question.
pub const COMMITS_WALK_MAX: usize = 20_000;
/// Commits that may be named as known in one history question.
pub const COMMITS_KNOWN_MAX: usize = 1000;
/// Commits read to find out what the references of one push brought.
pub const COMMITS_PUSHED_MAX: usize = 5 * COMMITS_WALK_MAX;
/// Commits described in one answer.
pub const COMMITS_PAGE_MAX: usize = 200;
/// Commits read on after nothing new is in sight, to bear with clocks that were wrong.
pub const CLOCK_SLOP_COMMITS: usize = 16;
/// Bytes of a commit object that is read at all.
pub const COMMIT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a commit's signature.
pub const SIGNATURE_BYTES_MAX: usize = 16 * 1024;
/// Characters of a commit's title.
pub const TITLE_LENGTH_MAX: usize = 300;
/// Characters of the rest of a commit's message.
pub const BODY_LENGTH_MAX: usize = 16 * 1024;
/// Characters of an author's name and of an e-mail address.
pub const PERSON_LENGTH_MAX: usize = 200;
/// Files named for one commit.
pub const COMMIT_FILES_MAX: usize = 300;
/// Trees read to find the files of one commit.
pub const COMMIT_TREES_MAX: usize = 2000;
/// Bytes of a tree object that is read at all.
pub const TREE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Entries in one listing of a directory.
pub const TREE_ENTRIES_MAX: usize = 5000;
/// Bytes in a path inside a repository.
pub const PATH_BYTES_MAX: usize = 4096;
/// Directories one inside the other.
pub const PATH_DEPTH_MAX: usize = 128;
/// Bytes of a file that is read into memory for a page, unless the caller wants fewer.
pub const BLOB_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes in which a NUL makes a file binary. Git looks as far.
pub const BINARY_SNIFF_BYTES: usize = 8000;
/// Files counted for the size of a repository.
pub const SIZE_FILES_MAX: usize = 1_000_000;

/// Packs from which on a repository is repacked.
pub const PACKS_BEFORE_REPACK: usize = 20;

/// Commits made anew by one rebase: each is a merge of its own.
pub const COMMITS_REMADE_MAX: usize = 250;
/// People named by a commit that stands for several.
pub const AUTHORS_NAMED_MAX: usize = 20;

/// Bytes brought from another repository for a merge: as many as one push may have.
pub const MERGE_PACK_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Time for one step of a merge into a repository of another server: the fetch, or the push.
pub const ELSEWHERE_TIME: Duration = Duration::from_secs(600);
/// How often it is looked at how much has come: [`MERGE_PACK_BYTES_MAX`] is the bound.
pub const ELSEWHERE_LOOK: Duration = Duration::from_millis(500);

/// Bytes of a patch or a difference that is held in memory to be served.
pub const TEXT_BYTES_MAX: u64 = 1024 * 1024;
/// Time for git to write it.
pub const TEXT_TIME: Duration = Duration::from_secs(30);
/// Time for `git am` with all patches of one version.
pub const APPLY_TIME: Duration = Duration::from_secs(60);
/// Characters of what git says to patches that do not fit.
pub const GIT_SAID_LENGTH_MAX: usize = 600;
/// References of kept versions that are removed at once.
pub const VERSIONS_REMOVED_MAX: usize = 200;

/// Lines of a comparison of two branches. What is longer is read with git.
pub const DIFF_LINES_MAX: usize = 3000;

/// Bytes of a file that is compared line by line.
pub const DIFF_FILE_BYTES_MAX: usize = 256 * 1024;

/// Lines of a hunk that is kept with what is said of some of its lines: of a longer one it is those and [`HUNK_CONTEXT_LINES`] around.
pub const HUNK_LINES_MAX: usize = 40;
/// Lines shown before and after those.
pub const HUNK_CONTEXT_LINES: usize = 3;
/// Bytes of such a hunk: a review may have fifty.
pub const HUNK_BYTES_MAX: usize = 8 * 1024;

/// Branches and tags taken from another repository. Each is a file that is synced.
pub const PULLED_REFS_MAX: usize = 20_000;
/// Bytes of the list of what another repository has: as many references with usual names fit several times.
pub const LISTED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How often it is looked how much a fetch has brought. What comes in between may go beyond its bound.
pub const PULL_LOOK_TIME: Duration = Duration::from_millis(200);
/// Time for git to move the references that a fetch has brought.
pub const MOVE_TIME: Duration = Duration::from_secs(600);

/// Bytes of memory for the last commits of directories.
pub const LAST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Commits visited to find the last commit of each entry of a directory.
pub const LAST_COMMITS_MAX: usize = 200_000;
/// Time for that: whoever looks at the page waits.
pub const LAST_TIME: Duration = Duration::from_secs(3);
/// Tips of a directory that are remembered to go on from.
pub const LAST_TIPS: usize = 4;
/// Characters of a commit's title beside an entry.
pub const LAST_TITLE_LENGTH_MAX: usize = 100;
/// Bytes of the target of a symbolic link, and of the list of submodules, that are read.
pub const LINK_BYTES_MAX: usize = 4096;
/// Bytes of the list of submodules that are read.
pub const SUBMODULES_BYTES_MAX: usize = 64 * 1024;
/// Submodules that are told of.
pub const SUBMODULES_MAX: usize = 200;

/// Time for git to say who wrote the lines of a file.
pub const BLAME_TIME: Duration = Duration::from_secs(20);
/// Bytes in which it says so: a line in each run of lines, and some lines for each commit.
pub const BLAME_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Time for git to list the commits of a path.
pub const PATH_LOG_TIME: Duration = Duration::from_secs(10);
/// Bytes of that list.
pub const PATH_LOG_BYTES_MAX: usize = 1024 * 1024;
/// Time for a search in the files of a commit. What was found by then is shown.
pub const GREP_TIME: Duration = Duration::from_secs(5);
/// Bytes of what it finds.
pub const GREP_BYTES_MAX: usize = 512 * 1024;
/// Lines that are shown of it.
pub const GREP_LINES_MAX: usize = 200;
/// Lines that are shown of one file.
pub const GREP_FILE_LINES_MAX: usize = 10;
/// Bytes of the names of a commit's files that are looked through: a hundred thousand and more.
pub const NAMED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Names that are shown of those that fit.
pub const NAMED_MAX: usize = 100;
/// Characters of a line that was found.
pub const GREP_LINE_LENGTH_MAX: usize = 300;
/// Bytes of what is looked for.
pub const GREP_NEEDLE_BYTES_MAX: usize = 200;

/// The bounds that may be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Git processes serving clients at once (each may start one child that does the work). Default 8.
    pub processes: usize,
    /// Git processes that answer pages at once: blame, history of a path, search. Default 3.
    pub pages: usize,
    /// Requests that may wait for a process. Default 64.
    pub queue: usize,
    /// How long a request waits for a process before it is told to come back. Default 10 s.
    pub queue_wait: Duration,
    /// Time for one fetch, from start to exit. Default 1 h.
    pub fetch_time: Duration,
    /// Time for one push, from start to exit. Default 1 h.
    pub push_time: Duration,
    /// Time in which at least one byte must move in one of the two directions. Default 2 min.
    pub idle_time: Duration,
    /// Time for the decision about a push. A call may fetch documents for 30 s; default 45 s.
    pub decide_time: Duration,
    /// Time a pusher waits for the server to have heard of the end of the push. Default 20 s.
    pub told_time: Duration,
    /// Bytes in the pack of one push. Default 1 GiB.
    pub pack_bytes: u64,
    /// Bytes of an archive of a commit's files, by a page and over SSH: who wants more clones. Default 512 MiB.
    pub archive_bytes: u64,
    /// Maintenance runs at once. Default 1.
    pub maintenance: usize,
    /// Fetches from other repositories at once. Default 2.
    pub pulls: usize,
    /// Time for one step of maintenance. Default 30 min.
    pub maintenance_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            processes: 8,
            pages: 3,
            queue: 64,
            queue_wait: Duration::from_secs(10),
            fetch_time: Duration::from_secs(3600),
            push_time: Duration::from_secs(3600),
            idle_time: Duration::from_secs(120),
            decide_time: Duration::from_secs(45),
            told_time: Duration::from_secs(20),
            pack_bytes: 1024 * 1024 * 1024,
            archive_bytes: 512 * 1024 * 1024,
            maintenance: 1,
            pulls: 2,
            maintenance_time: Duration::from_secs(1800),
        }
    }
}
