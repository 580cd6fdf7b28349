//! Bounds of what a node does by itself, beside those of its rooms.

/// Seconds that clocks may be apart before the self-check minds.
pub const CLOCK_OFF_S: i64 = 30;
/// Free megabytes below which a disk counts as full.
pub const DISK_LOW_MB: u64 = 500;
/// Free parts of a hundred below which a disk counts as low.
pub const DISK_LOW_PERCENT: u64 = 10;
/// Seconds a server of SSH has to greet the self-check.
pub const GREETING_S: u64 = 5;
/// Bytes of its greeting that are read.
pub const GREETING_BYTES_MAX: usize = 255;
