//! Every bound of the store, in one place. Sizes are bytes unless the name says otherwise.

/// Longest key. Keys are built from ids and numbers, 1 KiB is far above what any of them needs.
pub const KEY_BYTES_MAX: usize = 1_024;

/// Longest value of the ordered store; what is larger is a blob. sled's pages are sized by it, see `sled.rs`.
pub const VALUE_BYTES_MAX: usize = 64 * 1_024;

/// Most operations, and most requirements, of one batch.
pub const BATCH_OPS_MAX: usize = 4_096;

/// Most bytes of one batch: keys and values of operations and requirements.
pub const BATCH_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// Most batches that share one sync.
pub const GROUP_BATCHES_MAX: usize = 256;

/// Bytes after which a group takes no further batch. A single larger batch is a group of its own.
pub const GROUP_BYTES_MAX: usize = 1_024 * 1_024;

/// Keys whose last value the committer remembers because batches required it.
pub const REQUIRED_KNOWN_MAX: usize = 16_384;

/// Largest value it remembers.
pub const REQUIRED_KNOWN_BYTES: usize = 64;

/// Most batches waiting for the committer; the next is answered `Busy`.
pub const QUEUE_BATCHES_MAX: usize = 8_192;

/// Most bytes waiting for the committer; a batch that would pass it is answered `Busy`.
pub const QUEUE_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// Most queries of one read.
pub const QUERIES_MAX: usize = 1_024;

/// Most rows one range may ask for; the caller pages on from the last key.
pub const RANGE_ROWS_MAX: usize = 1_024;

/// Most bytes one read may answer. A single range of full-sized rows always fits.
pub const READ_BYTES_MAX: usize = 128 * 1_024 * 1_024;

/// Most reads waiting for a group to end; the next is answered `Busy`.
pub const READS_WAITING_MAX: usize = 4_096;

/// Number of last syncs from which the 99th percentile is taken.
pub const SYNC_SAMPLES: usize = 1_024;

/// Smallest cache given to sled. Below it, sled pages the same leaves in and out for every batch.
pub const CACHE_BYTES_MIN: u64 = 8 * 1_024 * 1_024;

/// sled's unit of allocation, fixed for the life of a store. A page of more than a quarter of it leaves the log for a file
/// that sled does not sync, so the quarter is larger than the largest leaf.
pub const SEGMENT_BYTES: usize = 8 * 1_024 * 1_024;

/// Most rows of a leaf of sled: one of 17 is split, and one of 16 may take in a neighbour of 3.
pub const LEAF_ROWS_MAX: usize = 20;

const _: () = assert!(LEAF_ROWS_MAX * (KEY_BYTES_MAX + VALUE_BYTES_MAX) * 5 / 4 < SEGMENT_BYTES / 4);

/// Values up to this cannot fill a leaf so far that it leaves the log.
pub const SMALL_VALUE_BYTES: usize = SEGMENT_BYTES / 4 / LEAF_ROWS_MAX / 4;

/// Smallest value that is packed. What is shorter hardly gets shorter.
pub const PACKED_BYTES_MIN: usize = 64;

/// Largest blob.
pub const BLOB_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// Longest line of an export: the longest key and value, each byte escaped to six characters, and the frame.
pub const EXPORT_LINE_BYTES_MAX: usize = 6 * (KEY_BYTES_MAX + VALUE_BYTES_MAX) + 256;

/// Rows read at once while exporting.
pub const EXPORT_PAGE_ROWS: usize = 256;

/// Bytes after which an import commits what it has.
pub const IMPORT_BATCH_BYTES: usize = 512 * 1_024;

/// Rows after which an import commits what it has.
pub const IMPORT_BATCH_ROWS: usize = 1_024;

// Boxes, lanes and records.

/// Longest address of a near actor, and longest part of a key that is kept as it is.
pub const PART_BYTES_MAX: usize = 256;

/// Longest end of a key (of a row, a directory row, a record) that is kept as it is.
pub const TAIL_BYTES_MAX: usize = 600;

/// Longest name of a lane: a kind, and two parts with what is set aside of them.
pub const LANE_BYTES_MAX: usize = 640;

/// Longest kind of a lane.
pub const LANE_KIND_BYTES_MAX: usize = 32;

/// Largest value that is split over several rows.
pub const LARGE_BYTES_MAX: usize = 2 * 1_024 * 1_024;

/// Largest body of an act that comes from far.
pub const ACT_BYTES_MAX: usize = 1_024 * 1_024;

/// Most near actors one act from far is put into the mailboxes of, at once.
pub const RECEIVERS_MAX: usize = 1_000;

/// Times an act from far is tried again because another one with its id came in between.
pub const RECEIVE_TRIES: usize = 4;

/// Operations of a turn's batch above which further recipients are left to a fan-out.
pub const DIRECT_OPS_MAX: usize = 2_048;

/// Recipients of one step of a fan-out.
pub const FANOUT_PAGE: usize = 500;

/// Bytes of messages kept in memory until they are consumed; others are read from their mailbox.
pub const MAIL_KEPT_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// Acts kept in memory.
pub const ACTS_CACHED_MAX: usize = 2_048;

/// Bytes of the bodies of acts kept in memory.
pub const ACTS_CACHED_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// Actors remembered to be here.
pub const PRESENT_MAX: usize = 32_768;

/// Numbers reserved at a time: after a crash at most so many are left unused.
pub const NUMBERS_RESERVED: u64 = 65_536;

/// Seconds a lane is held by whoever claimed it. Longer than the longest step; longer work renews.
pub const LEASE_S: i64 = 120;

/// Leases given up at a time, when a store is opened.
pub const LEASES_PAGE: usize = 256;

/// Seconds after which a message is tried again whose receiver's mailbox was full; doubled each time it still is.
pub const NEAR_RETRY_S: i64 = 2;

/// Seconds above which this is no longer doubled.
pub const NEAR_RETRY_MAX_S: i64 = 60;

/// Problems a check reports one by one; the others are counted.
pub const PROBLEMS_MAX: usize = 1_000;

/// Actors named by rows of other rooms of which a check remembers whether they are there.
pub const ACTORS_ASKED_MAX: usize = 10_000;

/// Bytes of rows changed while a backup of the store is made: they stand in memory until it ends.
pub const BACKUP_CHANGED_BYTES_MAX: usize = 256 * 1_024 * 1_024;

/// Times that what has changed is read again before a backup is given up. Each takes less time than the last, in which less changes.
pub const BACKUP_PASSES_MAX: usize = 100;
