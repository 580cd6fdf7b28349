//! One connection: which key its client has proved to hold, and its channels, each for one command.

use crate::limits::{CHANNELS_MAX, COMMANDS_MAX, OFFERS_MAX};
use crate::serve::{greet, serve};
use pritchel_git::smart_http::Protocol;
use pritchel_web::git::ssh_keys::people_of;
use pritchel_web::ports::{Front, SSH_LOGIN};
use pritchel_web::ssh_key::SshKeyLine;
use russh::keys::{Algorithm, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// What the library says.
    #[error(transparent)]
    Ssh(#[from] russh::Error),
    /// A client that tries every key it can find.
    #[error("more than {OFFERS_MAX} keys were offered")]
    TooManyKeys,
}

/// The key whose holder is at the other end.
#[derive(Clone, Debug)]
pub struct Login {
    /// Its fingerprint, as `pritchel_web::ssh_key` has it.
    pub fingerprint: String,
}

/// A channel that waits for its command.
struct Waiting {
    channel: Channel<Msg>,
    protocol: Protocol,
}

/// One connection.
pub struct Client {
    front: Front,
    from: SocketAddr,
    login: Option<Login>,
    logged_in: watch::Sender<bool>,
    offers: usize,
    commands: usize,
    waiting: HashMap<ChannelId, Waiting>,
    /// Channels that are open: each holds one of these.
    open: Arc<()>,
}

impl Client {
    /// A connection whose client has not logged in.
    pub fn new(front: Front, from: SocketAddr, logged_in: watch::Sender<bool>) -> Self {
        Self {
            front,
            from,
            login: None,
            logged_in,
            offers: 0,
            commands: 0,
            waiting: HashMap::new(),
            open: Arc::new(()),
        }
    }

    /// Whether a key lets its holder in: one of a type and size that is taken, and, for whoever asks by the usual name, one that
    /// somebody here has added. Under any other name whoever holds a key is let in, and has to show a Grant: whose key it is,
    /// only the Grant tells.
    async fn welcome(&self, name: &str, key: &PublicKey, algorithm: &Algorithm) -> Option<Login> {
        if matches!(algorithm, Algorithm::Rsa { hash: None }) {
            return None;
        }
        let line = SshKeyLine::parse(&key.to_openssh().ok()?).ok()?;
        let known = || async {
            match people_of(&self.front, &line.fingerprint).await {
                Ok(people) => !people.is_empty(),
                Err(error) => {
                    tracing::warn!(from = %self.from, %error, "It could not be found out whose an SSH key is");
                    false
                }
            }
        };
        (name != SSH_LOGIN || known().await).then_some(Login { fingerprint: line.fingerprint })
    }
}

impl Handler for Client {
    type Error = ClientError;

    async fn auth_publickey_offered(&mut self, name: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, ClientError> {
        self.offers += 1;
        if self.offers > OFFERS_MAX {
            return Err(ClientError::TooManyKeys);
        }
        let welcome = self.welcome(name, offer.public_key, offer.algorithm).await;
        Ok(welcome.map_or_else(Auth::reject, |_| Auth::Accept))
    }

    async fn auth_publickey(&mut self, name: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, ClientError> {
        self.login = self.welcome(name, key.public_key, key.algorithm).await;
        Ok(if self.login.is_some() { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_succeeded(&mut self, _: &mut Session) -> Result<(), ClientError> {
        // Whoever waits for it has gone if the connection is ending.
        let _ = self.logged_in.send(true);
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), ClientError> {
        // One is held here, the others by commands under way.
        let under_way = Arc::strong_count(&self.open) - 1;
        if under_way + self.waiting.len() >= CHANNELS_MAX {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        self.waiting.insert(channel.id(), Waiting { channel, protocol: Protocol::default() });
        reply.accept().await;
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _: &mut Session) -> Result<(), ClientError> {
        self.waiting.remove(&channel);
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), ClientError> {
        match self.waiting.get_mut(&channel) {
            Some(waiting) if name == "GIT_PROTOCOL" => {
                waiting.protocol = Protocol::from_header(Some(value));
                session.channel_success(channel)?;
            }
            _ => session.channel_failure(channel)?,
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), ClientError> {
        self.commands += 1;
        let (Some(waiting), Some(login)) = (self.waiting.remove(&channel), self.login.clone()) else {
            session.channel_failure(channel)?;
            return Ok(());
        };
        if self.commands > COMMANDS_MAX {
            session.channel_failure(channel)?;
            session.close(channel)?;
            return Ok(());
        }
        session.channel_success(channel)?;
        let (front, command, open) = (self.front.clone(), command.to_vec(), self.open.clone());
        tokio::spawn(async move {
            serve(front, login, waiting.channel, waiting.protocol, &command).await;
            drop(open);
        });
        Ok(())
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), ClientError> {
        let (Some(waiting), Some(login)) = (self.waiting.remove(&channel), self.login.clone()) else {
            session.channel_failure(channel)?;
            return Ok(());
        };
        session.channel_success(channel)?;
        let (front, open) = (self.front.clone(), self.open.clone());
        tokio::spawn(async move {
            greet(front, login, waiting.channel).await;
            drop(open);
        });
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), ClientError> {
        Ok(session.channel_failure(channel)?)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        session: &mut Session,
    ) -> Result<(), ClientError> {
        Ok(session.channel_failure(channel)?)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        session: &mut Session,
    ) -> Result<(), ClientError> {
        Ok(session.channel_failure(channel)?)
    }
}
