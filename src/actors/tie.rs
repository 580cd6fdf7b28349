//! Ties: a tracker uses what another resource provides. One protocol for all kinds, between near and far actors alike: the
//! *provider* gives the *consumer* a direct Grant, asked for by an `Invite` or a `Join`, and from then on both point at each
//! other. An admin of each side has to agree; either side alone can end it.
//! - [`kind`]: who can be tied to whom, one line a kind; [`rows`]: what is kept of it
//! - [`provide`]: what the provider does whenever somebody becomes a collaborator or is one no more
//! - [`attach`], [`attach_offered`], [`provider_agreed`], [`attach_agreed`], [`provider_declined`], [`attach_declined`],
//!   [`provided`], [`detach`]: the consumer's side, one method a file; [`form`]: what follows from two consents
//! - [`wire`]: activities, both directions; [`view`]: what may be asked
//!
//! Source: ForgeFed, "Repository-PatchTracker Links", "Linking a Tracker and a Workflow" and its two sisters, read as one
//! protocol; protocol decisions F-45 to F-48.

pub mod attach;
pub mod attach_agreed;
pub mod attach_declined;
pub mod attach_offered;
pub mod detach;
pub mod form;
pub mod kind;
pub mod provide;
pub mod provided;
pub mod provider_agreed;
pub mod provider_declined;
pub mod rows;
pub mod view;
pub mod wire;

pub use attach::Attach;
pub use attach_agreed::AttachAgreed;
pub use attach_declined::AttachDeclined;
pub use attach_offered::AttachOffered;
pub use detach::Detach;
pub use kind::{TieKind, TieSide};
pub use provided::Provided;
pub use provider_agreed::ProviderAgreed;
pub use provider_declined::ProviderDeclined;
pub use rows::{Tie, TieState};
