//! Bounds of the commands.

/// Seconds the demo waits for a server to come up.
pub const START_S: u64 = 60;
/// Seconds the demo waits for something to have happened.
pub const STEP_S: u64 = 30;
/// Milliseconds between two looks.
pub const LOOK_MS: u64 = 100;
/// Bytes of a password read from standard input.
pub const PASSWORD_BYTES: u64 = 1024;
/// Bytes of one request on the administration socket.
pub const ADMIN_LINE_BYTES: u64 = 64 * 1024;
/// Seconds an administration request may take.
pub const ADMIN_S: u64 = 30;
/// Seconds a stopping server waits for what is under way.
pub const STOP_S: u64 = 10;
