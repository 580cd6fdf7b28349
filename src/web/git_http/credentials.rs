//! Who asks git for something over HTTP.

use crate::answer::{WebError, WebResult};
use crate::domains::Site;
use crate::git::access::may;
use crate::limits::SECRET_BYTES_MAX;
use crate::ports::Front;
use crate::viewer::{Held, held, is_bearer, restricted};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::person::rows::Scope;
use pritchel_git::smart_http::Service;

/// A repository, and who asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The repository.
    pub actor: ActorId,
    /// The person, if they said who they are.
    pub by: Option<ActorId>,
    /// The Grant that a push is by, if it is by one that came over teams and projects.
    pub grant: Option<ActId>,
}

/// Whether whoever asks may have this service of the repository `{key}.git`, or `{key}` as its page has it.
pub async fn granted(
    front: &Front,
    site: &Site,
    name: &str,
    service: Service,
    headers: &HeaderMap,
) -> WebResult<Access> {
    let actor = site.actor_at("repos", name.strip_suffix(".git").unwrap_or(name)).ok_or_else(WebError::not_found)?;
    let by = person(front, site, &actor, headers).await?;
    if by.is_none() && service == Service::ReceivePack {
        return Err(credentials_wanted());
    }
    match may(front, &actor, by.as_ref(), service).await {
        Ok(grant) => Ok(Access { actor, by, grant }),
        // What whoever has not said who they are is answered for what they are not shown: the same whether or not it is there.
        Err(error) if by.is_none() && error.status.is_client_error() => Err(credentials_wanted()),
        Err(error) => Err(error),
    }
}

/// Asks for credentials, in the one way git understands.
pub fn credentials_wanted() -> WebError {
    let detail = "expected a token with the scope `git` as password; this may exist or not";
    WebError::new(StatusCode::UNAUTHORIZED, "token-wanted", detail)
        .with(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"pritchel\", charset=\"UTF-8\""))
}

/// The person whose token the request shows. A token that is wrong, or may not use git, or is for other repositories, is refused, not
/// passed over.
async fn person(front: &Front, site: &Site, repository: &ActorId, headers: &HeaderMap) -> WebResult<Option<ActorId>> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(token_in).ok_or_else(credentials_wanted)?;
    let Held { person, token, .. } = held(front, site, &token).await?.ok_or_else(credentials_wanted)?;
    if !token.scopes.contains(&Scope::Git) {
        return Err(WebError::forbidden("scope-too-small", "expected a token with the scope `git`"));
    }
    // Whether that repository is there, such a token does not find out.
    if !token.only.is_empty() && !token.only.contains(repository) {
        return Err(restricted());
    }
    Ok(Some(person))
}

/// The token in an `Authorization` header: a Basic password or a bearer token.
fn token_in(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    if is_bearer(scheme) {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") || rest.len() > 4 * SECRET_BYTES_MAX {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_the_password_whatever_the_name() {
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        #[rustfmt::skip]
        let rows = [
            (basic("alice:key.secret"),      Some("key.secret")),
            (basic(":key.secret"),           Some("key.secret")),
            (basic("a:b:c"),                 Some("b:c")),
            ("Bearer key.secret".to_owned(), Some("key.secret")),
            ("token 0123".to_owned(),        Some("0123")),
            (basic("no colon"),              None),
            ("Basic ***".to_owned(),         None),
            ("Digest x".to_owned(),          None),
            (String::new(),                  None),
            (basic(&format!("a:{}", "b".repeat(4 * SECRET_BYTES_MAX))), None),
        ];
        for (header, token) in rows {
            assert_eq!(token_in(&header).as_deref(), token, "{header}");
        }
    }
}
