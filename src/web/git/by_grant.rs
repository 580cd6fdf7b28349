//! Whether whoever shows a Grant may: the actor it was given to, wherever that actor lives, and shown by a key that this actor
//! publishes. What the Grant is worth is verified as everywhere; the push itself is judged by it once more, in a turn.
//!
//! Source: ForgeFed, "Remote Push".

use crate::answer::{WebError, WebResult};
use crate::git::ssh_keys::keys_of;
use crate::limits::GRANT_URI_BYTES_MAX;
use crate::ports::Front;
use crate::ssh_key::shown;
use crate::verifying::verified;
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use pritchel_actor::{ActId, ActorId, Need, Value};
use pritchel_actors::ResourceKind;
use pritchel_actors::access::Role;
use pritchel_actors::access::ground::VerifyGrant;
use pritchel_actors::access::wire::{self, LinkTarget};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Both with padding and without.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// A Grant that somebody may use: whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The actor it was given to.
    pub actor: ActorId,
    /// The Grant.
    pub grant: ActId,
}

/// The address of a Grant as the last part of a path has it.
/// - errors: it is no base64 of an address of the web
pub fn grant_in(part: &str) -> WebResult<ActId> {
    let wrong = || WebError::malformed("expected the address of a Grant in base64 for addresses behind the repository");
    if part.len() > 2 * GRANT_URI_BYTES_MAX {
        return Err(wrong());
    }
    let text = URL_SAFE.decode(part).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)?;
    let web = text.starts_with("https://") || text.starts_with("http://");
    if !web || text.len() > GRANT_URI_BYTES_MAX || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(wrong());
    }
    Ok(ActId::new(text))
}

/// Whose Grant this is, if `fingerprint` is of a key that this actor publishes and the Grant is worth `needed` on the repository.
/// - errors: what was expected and found; not found, where the repository is not shown to everybody and the Grant is about
///   something else, so that nobody learns of it by guessing
pub async fn holder(
    front: &Front,
    repository: &ActorId,
    grant: ActId,
    fingerprint: &str,
    needed: Role,
) -> WebResult<Holder> {
    let unshown = || async {
        let seen = crate::git::access::may(front, repository, None, pritchel_git::smart_http::Service::UploadPack);
        seen.await.err()
    };
    let link = match obtained(front, &grant).await {
        Ok(link) => link,
        Err(error) => return Err(unshown().await.unwrap_or(error)),
    };
    let LinkTarget::Actor(actor) = link.target else {
        let detail = format!("{grant} is for everybody: a push is by somebody");
        return Err(unshown().await.unwrap_or_else(|| WebError::forbidden("wrong-hands", detail)));
    };
    if link.context != *repository
        && let Some(hidden) = unshown().await
    {
        return Err(hidden);
    }
    let keys = keys_of(front, &actor, fingerprint).await?;
    if !keys {
        let found = shown(fingerprint);
        let detail =
            format!("expected one of the SSH keys that {actor} publishes, to whom {grant} was given, found {found}");
        return Err(WebError::forbidden("key-of-another", detail));
    }
    let (documents, alive) = (BTreeMap::new(), BTreeMap::new());
    let (viewer, caller) = (Some(actor.clone()), actor.clone());
    let view = VerifyGrant { viewer, caller, grant: grant.clone(), needed, documents, alive };
    verified(front, ResourceKind::Repository, repository, view).await?.outcome?;
    Ok(Holder { actor, grant })
}

/// The Grant: published here, or fetched from its server.
async fn obtained(front: &Front, grant: &ActId) -> WebResult<wire::Link> {
    let document: Arc<Value> = match front.ports.act(grant.clone()).await? {
        Some(act) => act.body.clone(),
        None => {
            let evidence = front.ports.evidence(Need::Document(grant.to_string())).await;
            evidence.found.map_err(|why| WebError::forbidden("grant-unavailable", why.to_string()))?
        }
    };
    let link = wire::link(&document)
        .map_err(|why| WebError::forbidden("not-a-grant", format!("expected a Grant at {grant}: {why}")))?;
    if link.id != *grant {
        return Err(WebError::forbidden("another-id", format!("the document at {grant} says it is {}", link.id)));
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

    #[test]
    fn a_grant_is_named_in_base64_for_addresses() {
        let grant = "https://a.example/repos/tea/outbox/a?b~c";
        for encoded in [URL_SAFE.encode(grant), URL_SAFE_NO_PAD.encode(grant)] {
            assert_eq!(grant_in(&encoded).unwrap().as_str(), grant, "{encoded}");
        }
        #[rustfmt::skip]
        let rows = [
            ("an address itself",  grant.to_owned()),
            ("nothing",            String::new()),
            ("another alphabet",   STANDARD.encode("https://a.example/???>>>")),
            ("no address",         URL_SAFE_NO_PAD.encode("tea")),
            ("another scheme",     URL_SAFE_NO_PAD.encode("ssh://a.example/x")),
            ("two lines",          URL_SAFE_NO_PAD.encode("https://a.example/x\ny")),
            ("no text",            URL_SAFE_NO_PAD.encode(b"https://\xff")),
            ("too long",           URL_SAFE_NO_PAD.encode(format!("https://a.example/{}", "x".repeat(GRANT_URI_BYTES_MAX)))),
        ];
        for (what, encoded) in rows {
            assert_eq!(grant_in(&encoded).unwrap_err().code, "malformed", "{what}");
        }
    }
}
