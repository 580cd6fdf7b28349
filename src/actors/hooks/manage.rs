//! How an admin makes, changes, tries and takes away hooks, and has a delivery sent again.

use crate::access::administers;
use crate::hooks::send::{HookBody, HookState, go_on, queue};
use crate::hooks::{HOOK_DELIVERIES, HOOK_DETAILS, HOOK_SECRETS, HOOKS, Hook, HookEvent, Hooked, News};
use crate::limits::{HOOK_DELIVERIES_MAX, HOOK_SECRET_BYTES_MAX, HOOK_URL_BYTES_MAX, HOOKS_MAX};
use pritchel_actor::{ActId, Halt, Method, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// What an admin says of a hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookTerms {
    /// Where it is told, with http or https.
    pub url: String,
    /// What it is told.
    pub events: Vec<HookEvent>,
    /// Whether it is told anything.
    pub active: bool,
}

impl HookTerms {
    fn are_well_formed<A: Hooked>(&self) -> Result<(), Halt> {
        demand(is_address(&self.url), || {
            let why = format!(
                "expected an address with http or https, of at most {HOOK_URL_BYTES_MAX} bytes, without a user name or `#`"
            );
            Refusal::new("hook-not-allowed", why)
        })?;
        let told = HookEvent::of_type(A::TYPE);
        let distinct = self.events.iter().enumerate().all(|(at, event)| !self.events[..at].contains(event));
        demand(!self.events.is_empty() && distinct && self.events.iter().all(|event| told.contains(event)), || {
            let names: Vec<&str> = told.iter().map(|event| event.as_str()).collect();
            Refusal::new("hook-not-allowed", format!("expected one or more of the events {}", names.join(", ")))
        })
    }
}

/// Whether this has the shape of an address that can be told something. Whether it may be spoken with is found out when it is.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\');
    !host.is_empty() && !host.contains('@') && plain && url.len() <= HOOK_URL_BYTES_MAX
}

fn secret_is_well_formed(secret: &str) -> Result<(), Halt> {
    demand(secret.len() <= HOOK_SECRET_BYTES_MAX && !secret.chars().any(char::is_control), || {
        let why = format!("expected a secret of at most {HOOK_SECRET_BYTES_MAX} bytes on one line");
        Refusal::new("hook-not-allowed", why)
    })
}

/// Keeps what a hook signs with; an empty text is no secret.
fn keep_secret(turn: &mut Turn<'_>, id: u64, hook: &mut Hook, secret: &String) {
    hook.signed = !secret.is_empty();
    if hook.signed {
        HOOK_SECRETS.put(turn, &id, secret);
    } else {
        HOOK_SECRETS.remove(turn, &id);
    }
}

fn found(turn: &mut Turn<'_>, id: u64) -> Result<Hook, Halt> {
    let missing = || Halt::from(Refusal::new("no-such-hook", format!("there is no hook {id} here")));
    HOOKS.get(turn, &id)?.ok_or_else(missing)
}

fn is_on(hook: &Hook) -> Result<(), Halt> {
    demand(hook.active, || Refusal::new("hook-off", "this hook is told nothing now: switch it on first"))
}

/// Private, from a page: makes a hook. Answers its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddHook {
    /// What it is to be.
    pub terms: HookTerms,
    /// What it signs with; empty: it does not.
    pub secret: String,
    /// The Grant that the caller holds, if the resource did not give it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
}

impl<A: Hooked> Method<A> for AddHook {
    type Answer = u64;

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<u64, Halt> {
        let by = administers(turn, self.capability.as_ref())?;
        self.terms.are_well_formed::<A>()?;
        secret_is_well_formed(&self.secret)?;
        let counts = &mut actor.resource_mut().hooks;
        demand(counts.count < HOOKS_MAX as u64, || {
            Refusal::new("too-many-hooks", format!("a resource has at most {HOOKS_MAX} webhooks"))
        })?;
        counts.count += 1;
        counts.newest += 1;
        let id = counts.newest;
        let HookTerms { url, events, active } = self.terms;
        let mut hook = Hook {
            url,
            events,
            active,
            signed: false,
            by,
            at: turn.now(),
            newest: 0,
            kept: 0,
            missed: 0,
            sending: None,
            next: None,
        };
        keep_secret(turn, id, &mut hook, &self.secret);
        HOOKS.put(turn, &id, &hook);
        Ok(id)
    }
}

/// Private, from a page: changes a hook. What waited while it was off is sent when it is switched on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditHook {
    /// Its number.
    pub hook: u64,
    /// What it is to be.
    pub terms: HookTerms,
    /// What it is to sign with; empty: nothing any more; `None`: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The Grant that the caller holds, if the resource did not give it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
}

impl<A: Hooked> Method<A> for EditHook {
    type Answer = ();

    fn turn(self, _: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let by = administers(turn, self.capability.as_ref())?;
        let mut hook = found(turn, self.hook)?;
        self.terms.are_well_formed::<A>()?;
        let HookTerms { url, events, active } = self.terms;
        (hook.url, hook.events, hook.active, hook.by, hook.at) = (url, events, active, by, turn.now());
        if let Some(secret) = &self.secret {
            secret_is_well_formed(secret)?;
            keep_secret(turn, self.hook, &mut hook, secret);
        }
        go_on::<A>(turn, self.hook, &mut hook)?;
        HOOKS.put(turn, &self.hook, &hook);
        Ok(())
    }
}

/// Private, from a page: takes a hook away, with all that is kept of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropHook {
    /// Its number.
    pub hook: u64,
    /// The Grant that the caller holds, if the resource did not give it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
}

impl<A: Hooked> Method<A> for DropHook {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        administers(turn, self.capability.as_ref())?;
        let hook = found(turn, self.hook)?;
        if let Some((timer, _)) = hook.next {
            turn.cancel(timer)?;
        }
        for (key, _) in HOOK_DELIVERIES.page(turn, Page::first(&self.hook.encode(), HOOK_DELIVERIES_MAX))? {
            HOOK_DELIVERIES.remove(turn, &key);
            HOOK_DETAILS.remove(turn, &key);
        }
        HOOK_SECRETS.remove(turn, &self.hook);
        HOOKS.remove(turn, &self.hook);
        let counts = &mut actor.resource_mut().hooks;
        counts.count = counts.count.saturating_sub(1);
        Ok(())
    }
}

/// Private, from a page: tries a hook with an event of its own, `ping`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestHook {
    /// Its number.
    pub hook: u64,
    /// The Grant that the caller holds, if the resource did not give it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
}

impl<A: Hooked> Method<A> for TestHook {
    type Answer = ();

    fn turn(self, _: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let by = administers(turn, self.capability.as_ref())?;
        let mut hook = found(turn, self.hook)?;
        is_on(&hook)?;
        queue(turn, self.hook, &mut hook, HookEvent::Ping, HookBody::News(Box::new(News::Ping { by })))?;
        go_on::<A>(turn, self.hook, &mut hook)?;
        HOOKS.put(turn, &self.hook, &hook);
        Ok(())
    }
}

/// Private, from a page: has a delivery sent again, as a new one that says the same; or at once, if it still waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Redeliver {
    /// Its hook.
    pub hook: u64,
    /// Its number.
    pub delivery: u64,
    /// The Grant that the caller holds, if the resource did not give it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
}

impl<A: Hooked> Method<A> for Redeliver {
    type Answer = ();

    fn turn(self, _: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        administers(turn, self.capability.as_ref())?;
        let mut hook = found(turn, self.hook)?;
        is_on(&hook)?;
        let key = (self.hook, self.delivery);
        let missing = || Halt::from(Refusal::new("no-such-delivery", "nothing is kept of this delivery"));
        let mut delivery = HOOK_DELIVERIES.get(turn, &key)?.ok_or_else(missing)?;
        match delivery.state {
            HookState::Sending => {}
            HookState::Waiting { .. } => {
                delivery.state = HookState::Waiting { at: turn.now() };
                HOOK_DELIVERIES.put(turn, &key, &delivery);
            }
            HookState::Done | HookState::Failed => {
                let body = HOOK_DETAILS.get(turn, &key)?.ok_or_else(missing)?.body;
                queue(turn, self.hook, &mut hook, delivery.event, body)?;
            }
        }
        go_on::<A>(turn, self.hook, &mut hook)?;
        HOOKS.put(turn, &self.hook, &hook);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_no_name_of_a_user() {
        let long = format!("https://ci.example/{}", "x".repeat(HOOK_URL_BYTES_MAX));
        for (url, expected) in [
            ("https://ci.example/hook?token=1", true),
            ("http://127.0.0.1:9000/", true),
            ("https://ci.example", true),
            ("https://", false),
            ("https:///hook", false),
            ("ftp://ci.example/", false),
            ("javascript:alert(1)", false),
            ("https://a:b@ci.example/", false),
            ("https://ci.example/a b", false),
            ("https://ci.example/#a", false),
            ("https://ci.example\\@b.example/", false),
            (long.as_str(), false),
            ("", false),
        ] {
            assert_eq!(is_address(url), expected, "{url}");
        }
    }
}
