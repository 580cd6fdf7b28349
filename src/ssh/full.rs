//! What is said to a connection for which there is no place: why, in a packet that every client of SSH shows to whoever waits.
//!
//! Source: RFC 4253, 4.2, 6 and 11.1: a connection may be ended before there are keys, and says why.

use crate::door::Full;
use crate::limits::{FULL_READ_BYTES_MAX, FULL_TIME};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What this server calls itself.
pub const SERVER_ID: &str = "SSH-2.0-Pritchel";
/// `SSH_MSG_DISCONNECT`.
const DISCONNECT: u8 = 1;
/// `SSH_DISCONNECT_TOO_MANY_CONNECTIONS`.
const TOO_MANY_CONNECTIONS: u32 = 12;
/// What a packet without a cipher is a multiple of, in bytes; and how much of it is padding at least.
const BLOCK: usize = 8;
const PADDING_MIN: usize = 4;

/// Says why there is no place, and hangs up.
pub async fn tell(tcp: TcpStream, why: Full) {
    match tokio::time::timeout(FULL_TIME, told(tcp, why)).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => tracing::debug!(%error, "A client over SSH did not hear why it was not taken"),
    }
}

async fn told(mut tcp: TcpStream, why: Full) -> io::Result<()> {
    let packet = disconnection(&format!("{why}: end some of them, or try again later"));
    tcp.write_all(&[SERVER_ID.as_bytes(), b"\r\n", &packet].concat()).await?;
    tcp.shutdown().await?;
    // What the client has sent is taken first: were that left, the connection would be reset and the reason lost.
    let mut rest = tcp.take(FULL_READ_BYTES_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map(drop)
}

/// The packet that ends a connection.
fn disconnection(why: &str) -> Vec<u8> {
    let mut payload = vec![DISCONNECT];
    payload.extend(TOO_MANY_CONNECTIONS.to_be_bytes());
    for text in [why, "en"] {
        // Both are texts of ours.
        payload.extend((text.len() as u32).to_be_bytes());
        payload.extend(text.as_bytes());
    }
    // The lengths of the packet and of its padding count, too.
    let padding = BLOCK - (5 + payload.len() + PADDING_MIN) % BLOCK + PADDING_MIN;
    let mut packet = ((1 + payload.len() + padding) as u32).to_be_bytes().to_vec();
    packet.push(padding as u8);
    packet.extend(payload);
    packet.resize(packet.len() + padding, 0);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_ended_by_one_whole_packet() {
        for length in 0..40 {
            let why = "x".repeat(length);
            let packet = disconnection(&why);
            assert_eq!(packet.len() % BLOCK, 0, "{length}");
            let said = u32::from_be_bytes(packet[..4].try_into().unwrap()) as usize;
            assert_eq!(said, packet.len() - 4, "{length}");
            let padding = packet[4] as usize;
            assert!((PADDING_MIN..=PADDING_MIN + BLOCK).contains(&padding), "{length}: {padding}");
            let payload = &packet[5..packet.len() - padding];
            assert_eq!(payload[..9], [1, 0, 0, 0, 12, 0, 0, 0, length as u8]);
            assert_eq!(payload[9..], [why.as_bytes(), b"\0\0\0\x02en"].concat());
        }
    }
}
