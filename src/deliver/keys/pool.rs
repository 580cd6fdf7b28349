//! RSA pairs made in advance, on threads that may block.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::key::{KeyError, KeyPair};
use crate::limits::KEY_POOL_MAX;

/// Pairs nobody has yet.
#[derive(Default)]
pub(super) struct Pool {
    ready: Mutex<Vec<KeyPair>>,
    taken: Notify,
}

impl Pool {
    /// A pair: a ready one, or one made now.
    pub async fn take(&self) -> Result<KeyPair, KeyError> {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match ready {
            Some(pair) => {
                self.taken.notify_one();
                Ok(pair)
            }
            None => make().await,
        }
    }

    /// Makes one pair if the pool is not full. Answers whether it did.
    pub async fn refill(&self) -> Result<bool, KeyError> {
        if self.ready.lock().unwrap_or_else(PoisonError::into_inner).len() >= KEY_POOL_MAX {
            return Ok(false);
        }
        let pair = make().await?;
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        // Others may have filled it meanwhile.
        if ready.len() < KEY_POOL_MAX {
            ready.push(pair);
        }
        Ok(true)
    }

    /// Resolves when a pair was taken.
    pub async fn wanted(&self) {
        self.taken.notified().await;
    }
}

async fn make() -> Result<KeyPair, KeyError> {
    let made = tokio::task::spawn_blocking(KeyPair::generate_rsa2048).await;
    made.map_err(|_| KeyError::Library { doing: "make an RSA key" })?
}
