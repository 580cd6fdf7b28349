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
