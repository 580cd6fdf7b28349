//! Passwords: argon2id, on threads where it may take its time, only so many at once. How often one may be tried is for
//! [`crate::tries`].
//!
//! Source: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, 2 passes, 1 lane.

use crate::answer::WebError;
use crate::limits::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, PASSWORDS_AT_ONCE, PASSWORDS_WAITING_MAX};
use crate::tries::Tries;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use http::StatusCode;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and checks passwords. One for a server.
pub struct Passwords {
    waiting: Arc<Semaphore>,
    running: Arc<Semaphore>,
    /// What an unknown name is checked against, so that it takes as long as a known one.
    nobody: OnceLock<String>,
    /// Counts how often they are tried.
    pub tries: Tries,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE + PASSWORDS_WAITING_MAX)),
            running: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)),
            nobody: OnceLock::new(),
            tries: Tries::default(),
        }
    }
}

impl Passwords {
    /// The hash of a new password, in PHC form.
    pub async fn hash(&self, password: String) -> Result<String, WebError> {
        if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
            let detail = format!(
                "a password has at least {PASSWORD_CHARS_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes"
            );
            return Err(WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "password-length", detail));
        }
        self.aside(move || hashed(password.as_bytes())).await?.map_err(WebError::broken)
    }

    /// Whether this is the password of that hash. Without a hash it never is, and takes as long.
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<bool, WebError> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let known = phc.is_some();
        let phc = match phc {
            Some(phc) => phc,
            None => self.nobody().await?,
        };
        let fits = self.aside(move || verifies(password.as_bytes(), &phc)).await?;
        Ok(fits && known)
    }

    async fn nobody(&self) -> Result<String, WebError> {
        if let Some(phc) = self.nobody.get() {
            return Ok(phc.clone());
        }
        let phc = self.aside(|| hashed(b"nobody has this password")).await?.map_err(WebError::broken)?;
        Ok(self.nobody.get_or_init(|| phc).clone())
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, WebError> {
        let busy = || WebError::later("busy", "too many are signing in at this moment", 2);
        let _place = self.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
        let running = self.running.clone().acquire_owned().await.map_err(|_| busy())?;
        let task = tokio::task::spawn_blocking(move || {
            // Held by the work, not by who waits for it: a client that goes away must not make room for more.
            let _running = running;
            work()
        });
        task.await.map_err(WebError::broken)
    }
}

fn argon2id() -> Result<Argon2<'static>, argon2::Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY_KIB, PASSES, LANES, None)?))
}

fn hashed(password: &[u8]) -> Result<String, String> {
    let argon2id = argon2id().map_err(|e| e.to_string())?;
    let hash = argon2id.hash_password(password).map_err(|e| e.to_string())?;
    Ok(hash.to_string())
}

fn verifies(password: &[u8], phc: &str) -> bool {
    argon2id().is_ok_and(|argon2id| argon2id.verify_password(password, phc).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_hash_and_no_other_does() {
        let passwords = Passwords::default();
        let phc = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(passwords.verify("correct horse".to_owned(), Some(phc.clone())).await, Ok(true));
        assert_eq!(passwords.verify("correct mule".to_owned(), Some(phc)).await, Ok(false));
        assert_eq!(passwords.verify("x".to_owned(), Some("not a hash".to_owned())).await, Ok(false));
    }

    #[tokio::test]
    async fn nobody_signs_in_without_a_hash_even_with_the_password_of_nobody() {
        let passwords = Passwords::default();
        assert_eq!(passwords.verify("nobody has this password".to_owned(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn a_short_or_endless_password_is_refused() {
        let passwords = Passwords::default();
        for password in ["".to_owned(), "seven77".to_owned(), "x".repeat(PASSWORD_BYTES_MAX + 1)] {
            assert_eq!(passwords.hash(password).await.unwrap_err().code, "password-length");
        }
        assert_eq!(passwords.verify("x".repeat(PASSWORD_BYTES_MAX + 1), None).await, Ok(false));
    }

    #[tokio::test]
    async fn only_so_many_passwords_wait_to_be_checked() {
        let passwords = Passwords::default();
        let all = (PASSWORDS_AT_ONCE + PASSWORDS_WAITING_MAX) as u32;
        let taken = passwords.waiting.clone().try_acquire_many_owned(all).unwrap();
        assert_eq!(passwords.hash("long enough".to_owned()).await.unwrap_err().code, "busy");
        drop(taken);
        assert!(passwords.hash("long enough".to_owned()).await.is_ok());
    }
}
