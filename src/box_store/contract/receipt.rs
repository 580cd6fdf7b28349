//! The receipt of a commit: a future that says when a batch is durable, and its other end for the store.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::CommitError;

/// Resolves when the batch is durable, or says why it is not. Dropping it does not cancel the batch.
#[derive(Debug)]
#[must_use = "a batch is durable only when its receipt has resolved to Ok"]
pub struct Receipt(State);

#[derive(Debug)]
enum State {
    Ready(Result<(), CommitError>),
    Waiting(oneshot::Receiver<Result<(), CommitError>>),
}

impl Receipt {
    /// A receipt whose outcome is known.
    pub fn ready(outcome: Result<(), CommitError>) -> Self {
        Self(State::Ready(outcome))
    }

    /// A receipt and its other end.
    pub fn pending() -> (Settle, Self) {
        let (sender, receiver) = oneshot::channel();
        (Settle(sender), Self(State::Waiting(receiver)))
    }
}

impl Future for Receipt {
    type Output = Result<(), CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = match &mut self.0 {
            State::Ready(outcome) => outcome.clone(),
            State::Waiting(receiver) => match Pin::new(receiver).poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(outcome)) => outcome,
                // The store went away without a word, for instance with a thread that died.
                Poll::Ready(Err(_)) => {
                    Err(CommitError::Failed("the store was closed before the batch was durable".into()))
                }
            },
        };
        // Kept, so that a second poll gives the same answer.
        self.0 = State::Ready(outcome.clone());
        Poll::Ready(outcome)
    }
}

/// The store's end of a receipt. Dropping it fails the receipt.
#[derive(Debug)]
pub struct Settle(oneshot::Sender<Result<(), CommitError>>);

impl Settle {
    /// Tells the outcome. A receipt that was dropped is no error.
    pub fn with(self, outcome: Result<(), CommitError>) {
        // An error only means that nobody is waiting.
        let _ = self.0.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_receipt_gives_the_same_answer_twice() {
        let (settle, mut receipt) = Receipt::pending();
        settle.with(Err(CommitError::EmptyKey));
        assert_eq!((&mut receipt).await, Err(CommitError::EmptyKey));
        assert_eq!(receipt.await, Err(CommitError::EmptyKey));
    }

    #[tokio::test]
    async fn a_receipt_whose_store_died_fails() {
        let (settle, receipt) = Receipt::pending();
        drop(settle);
        assert!(matches!(receipt.await, Err(CommitError::Failed(_))));
    }
}
