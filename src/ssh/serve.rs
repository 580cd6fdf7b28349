//! What a command gets: git's own conversation, once it is known who asks and that they may; or the reason why not, on standard
//! error, where git's client shows it.

use crate::client::Login;
use crate::command::{Command, Service};
use crate::limits::{REASON_CHARS_MAX, SEND_TIME};
use bytes::Bytes;
use futures_util::StreamExt;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::Person;
use pritchel_actors::access::Role;
use pritchel_actors::person::view::ViewPerson;
use pritchel_git::git::ServeError;
use pritchel_git::output::Output;
use pritchel_git::smart_http::{Protocol, Service as Right};
use pritchel_web::answer::WebError;
use pritchel_web::git::access::may;
use pritchel_web::git::by_grant::{Holder, grant_in, holder};
use pritchel_web::git::named::{Asked, find};
use pritchel_web::git::ssh_keys::people_of;
use pritchel_web::git::{ensure_repo, pushed};
use pritchel_web::ports::Front;
use pritchel_web::ssh_key::shown;
use russh::server::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use std::io;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

/// The code by which SSH marks standard error.
const STDERR: u32 = 1;
/// The status of a command that was refused: git's own for a fatal error.
const REFUSED: u32 = 128;

/// Why a command was not done. Shown to whoever asked.
#[derive(Debug, thiserror::Error)]
enum Unserved {
    /// It is no command, or may not be done.
    #[error("{0}")]
    Refused(String),
    /// The client does not take what it is sent.
    #[error("what was sent was not taken")]
    NotTaken,
}

impl From<WebError> for Unserved {
    fn from(error: WebError) -> Self {
        Self::Refused(match error.status.as_u16() {
            404 | 410 => "there is no such repository here, or it is not for you".to_owned(),
            _ => error.detail,
        })
    }
}

impl From<ServeError> for Unserved {
    fn from(error: ServeError) -> Self {
        Self::Refused(match error {
            ServeError::Busy { .. } => format!("{error}: try again in a moment"),
            ServeError::Missing(_) => return WebError::not_found().into(),
            ServeError::Start(_) => WebError::broken(error).detail,
        })
    }
}

/// Does one command on one channel, and closes it.
pub async fn serve(front: Front, login: Login, channel: Channel<Msg>, protocol: Protocol, command: &[u8]) {
    let (reading, writing) = channel.split();
    let status = match done(&front, &login, (reading, &writing), protocol, command).await {
        Ok(()) => 0,
        Err(why) => {
            tracing::debug!(%why, "A command over SSH was not done");
            say(&writing, Some(STDERR), &format!("pritchel: {}\n", printable(&why.to_string()))).await;
            REFUSED
        }
    };
    end(&writing, status).await;
}

/// Greets whoever asked for a shell, and closes the channel: there is none.
pub async fn greet(front: Front, login: Login, channel: Channel<Msg>) {
    let (_reading, writing) = channel.split();
    let people = people_of(&front, &login.fingerprint).await.unwrap_or_default();
    let mut names = Vec::new();
    for person in &people {
        if let Ok(person) = front.node.look::<Person, _>(person, &ViewPerson).await {
            names.push(person.name);
        }
    }
    let who = if names.is_empty() { format!("holder of {}", shown(&login.fingerprint)) } else { names.join(", ") };
    let text = format!("Hello, {who}. This is Pritchel: git is spoken here, and there is no shell.\r\n");
    say(&writing, None, &text).await;
    end(&writing, 1).await;
}

async fn say(writing: &ChannelWriteHalf<Msg>, to: Option<u32>, text: &str) {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let said = async {
        match to {
            Some(to) => writing.extended_data_bytes(to, bytes).await,
            None => writing.data_bytes(bytes).await,
        }
    };
    if !matches!(tokio::time::timeout(SEND_TIME, said).await, Ok(Ok(()))) {
        tracing::debug!("A client over SSH did not hear its answer");
    }
}

/// Closes a channel. A client that has gone does not hear it.
async fn end(writing: &ChannelWriteHalf<Msg>, status: u32) {
    let closing = async {
        writing.exit_status(status).await?;
        writing.eof().await?;
        writing.close().await
    };
    let _ = tokio::time::timeout(SEND_TIME, closing).await;
}

/// A reason fit for a stranger's terminal: parts of it may come from other servers.
fn printable(reason: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    reason.chars().take(REASON_CHARS_MAX).map(clean).collect()
}

/// Who asks, and of what.
struct Admitted {
    actor: ActorId,
    by: Option<ActorId>,
    grant: Option<ActId>,
    /// Whether the Grant stands in the path: then whoever pushes need not be of this server.
    shown: bool,
}

async fn done(
    front: &Front,
    login: &Login,
    (reading, writing): (ChannelReadHalf, &ChannelWriteHalf<Msg>),
    protocol: Protocol,
    command: &[u8],
) -> Result<(), Unserved> {
    let Command { service, asked } = Command::parse(command).map_err(|error| Unserved::Refused(error.to_string()))?;
    let Admitted { actor, by, grant, shown } = admitted(front, login, &asked, service).await?;
    let repo = ensure_repo(front, &actor).await?;
    let input = input(reading);
    match (service, by) {
        (Service::Fetch, _) => sent(front.git.fetch_session(&repo, protocol, input).await?.body, writing).await,
        (Service::Archive, _) => sent(front.git.archive_session(&repo, input).await?.body, writing).await,
        (Service::Push, None) => Err(unknown(login)),
        (Service::Push, Some(by)) => {
            let push = pushed::Push::new(front, actor, repo.clone(), by);
            let push = match grant {
                Some(grant) if shown => push.by_grant(grant),
                grant => push.holding(grant),
            };
            sent(front.git.receive_session(&repo, protocol, input, push.handlers()).await?, writing).await
        }
    }
}

/// Whoever may: the holder of the Grant that stands in the path, or the first of the people whose key this is that may.
async fn admitted(front: &Front, login: &Login, asked: &Asked, service: Service) -> Result<Admitted, Unserved> {
    let actor = find(front, &asked.named).await?;
    let right = if service == Service::Push { Right::ReceivePack } else { Right::UploadPack };
    if let Some(part) = &asked.grant {
        let needed = if service == Service::Push { Role::Write } else { Role::Visit };
        let Holder { actor: by, grant } = holder(front, &actor, grant_in(part)?, &login.fingerprint, needed).await?;
        return Ok(Admitted { actor, by: Some(by), grant: Some(grant), shown: true });
    }
    let mut last = None;
    for by in people_of(front, &login.fingerprint).await? {
        match may(front, &actor, Some(&by), right).await {
            Ok(grant) => return Ok(Admitted { actor, by: Some(by), grant, shown: false }),
            Err(error) => last = Some(error),
        }
    }
    if let Some(error) = last {
        return Err(error.into());
    }
    may(front, &actor, None, Right::UploadPack).await?;
    if service == Service::Push {
        return Err(unknown(login));
    }
    Ok(Admitted { actor, by: None, grant: None, shown: false })
}

fn unknown(login: &Login) -> Unserved {
    Unserved::Refused(format!(
        "expected a key that somebody here has added, or a Grant behind the repository's path, found {} alone",
        shown(&login.fingerprint)
    ))
}

/// What the client says, to its end. A connection that is lost is an error, and no end.
fn input(reading: ChannelReadHalf) -> impl AsyncRead + Send + 'static {
    let chunks = futures_util::stream::unfold(Some(reading), |reading| async {
        let mut reading = reading?;
        loop {
            match reading.wait().await {
                Some(ChannelMsg::Data { data }) => return Some((Ok(data), Some(reading))),
                Some(ChannelMsg::Eof) => return None,
                Some(ChannelMsg::Close) | None => {
                    let lost = io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was lost");
                    return Some((Err(lost), None));
                }
                Some(_) => {}
            }
        }
    });
    StreamReader::new(Box::pin(chunks))
}

/// Sends what git answers, as it comes and as fast as the client takes it.
async fn sent(body: Output, writing: &ChannelWriteHalf<Msg>) -> Result<(), Unserved> {
    let mut body = body.begun().await.map_err(|error| Unserved::Refused(error.to_string()))?;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| Unserved::Refused(error.to_string()))?;
        match tokio::time::timeout(SEND_TIME, writing.data_bytes(chunk)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(Unserved::NotTaken),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_cannot_steer_a_terminal_nor_flood_it() {
        assert_eq!(printable("no\x1b[31m\nwhy"), "no\u{fffd}[31m\u{fffd}why");
        assert_eq!(printable(&"a".repeat(REASON_CHARS_MAX + 1)).len(), REASON_CHARS_MAX);
    }

    #[test]
    fn what_is_not_there_and_what_is_not_shown_sound_the_same() {
        let text = |error: WebError| Unserved::from(error).to_string();
        assert_eq!(text(WebError::not_found()), text(WebError::gone()));
        assert!(text(WebError::forbidden("role-too-small", "pushing needs more")).contains("needs more"));
    }
}
