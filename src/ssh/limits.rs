//! Every bound of this room, with its unit and its reason.

use std::time::Duration;

/// Connections open at once. Git's own pool bounds how many are served; this bounds what waits.
pub const CONNECTIONS_MAX: usize = 256;
/// Connections of one address at once. An IPv6 address counts by its first 64 bits, which one household or machine has to itself.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 32;
/// Connections at once whose client has not logged in: strangers leave room for those who are known.
pub const UNKNOWN_MAX: usize = 64;
/// Connections at once that are told why they are not taken: more are just ended.
pub const FULL_TOLD_MAX: usize = 16;
/// How long that may take.
pub const FULL_TIME: Duration = Duration::from_secs(2);
/// Bytes that such a client may have sent meanwhile.
pub const FULL_READ_BYTES_MAX: u64 = 16 * 1024;
/// From the first byte to the login.
pub const LOGIN_TIME: Duration = Duration::from_secs(30);
/// Keys a client may offer on one connection. A usual agent holds fewer.
pub const OFFERS_MAX: usize = 20;
/// Failed logins on one connection.
pub const LOGINS_FAILED_MAX: usize = 10;
/// How long a failed login waits at least: whoever guesses takes his time.
pub const LOGIN_FAILED_TIME: Duration = Duration::from_millis(50);
/// Channels open at once on one connection: a client that shares a connection opens one for each command.
pub const CHANNELS_MAX: usize = 4;
/// Commands on one connection, one after the other. Each may have documents fetched from other servers.
pub const COMMANDS_MAX: usize = 64;
/// Bytes of a command: a path with a Grant in it.
pub const COMMAND_BYTES_MAX: usize = 8 * 1024;
/// Bytes a client may send on a channel before it has to wait for git to take them.
pub const WINDOW_BYTES: u32 = 1024 * 1024;
/// Bytes of one packet.
pub const PACKET_BYTES: u32 = 32 * 1024;
/// Packets of a channel that wait for git. With [`WINDOW_BYTES`] and [`CHANNELS_MAX`] it bounds what a connection holds.
pub const PACKETS_WAITING_MAX: usize = 32;
/// How long a client may leave what it is sent untaken.
pub const SEND_TIME: Duration = Duration::from_secs(120);
/// After so long without a word a client is asked whether it is still there.
pub const ALIVE_TIME: Duration = Duration::from_secs(30);
/// How often it may leave that unanswered.
pub const ALIVE_UNANSWERED_MAX: usize = 4;
/// A connection on which nothing happens ends.
pub const IDLE_TIME: Duration = Duration::from_secs(600);
/// What is under way has so long to end when the server stops.
pub const STOP_TIME: Duration = Duration::from_secs(10);
/// How long nothing is taken when a connection could not be: there are no more file descriptors, most likely.
pub const ACCEPT_FAILED_TIME: Duration = Duration::from_millis(200);
/// Bytes of a host key's file.
pub const HOST_KEY_BYTES_MAX: u64 = 64 * 1024;
/// Characters of a reason that a client is shown.
pub const REASON_CHARS_MAX: usize = 1000;
