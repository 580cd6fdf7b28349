//! What may be asked about hooks: by admins, since an address may hold a secret; and by the node, which sends.

use crate::access::view::{must_administer, not_shown};
use crate::common::Resource;
use crate::hooks::send::{HookDelivery, HookDetail, HookWork};
use crate::hooks::{HOOK_DELIVERIES, HOOK_DETAILS, HOOK_SECRETS, HOOKS, Hook, Hooked};
use crate::limits::{HOOK_DELIVERIES_MAX, HOOKS_MAX};
use pritchel_actor::{ActorId, Halt, Header, Look, Page, RowKey, View};

/// All hooks, for admins.
#[derive(Clone, Debug)]
pub struct ViewHooks {
    /// Who looks.
    pub viewer: Option<ActorId>,
}

impl<A: Hooked> View<A> for ViewHooks {
    type Answer = Vec<(u64, Hook)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        HOOKS.page(look, Page::first(&[], HOOKS_MAX))
    }
}

/// One hook with its deliveries, for admins.
#[derive(Clone, Debug)]
pub struct ViewHook {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Its number.
    pub hook: u64,
}

impl<A: Hooked> View<A> for ViewHook {
    /// The hook, and its deliveries by number, the newest first.
    type Answer = (Hook, Vec<(u64, HookDelivery)>);

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        let hook = HOOKS.get(look, &self.hook)?.ok_or_else(not_shown)?;
        let prefix = self.hook.encode();
        let newest = Page { prefix: &prefix, after: &[], limit: HOOK_DELIVERIES_MAX, newest_first: true };
        let deliveries = HOOK_DELIVERIES.page(look, newest)?;
        Ok((hook, deliveries.into_iter().map(|((_, number), delivery)| (number, delivery)).collect()))
    }
}

/// One delivery, for admins.
#[derive(Clone, Debug)]
pub struct ViewHookDelivery {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Which.
    pub of: HookWork,
}

impl<A: Hooked> View<A> for ViewHookDelivery {
    type Answer = (HookDelivery, HookDetail);

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        let key = (self.of.hook, self.of.delivery);
        let delivery = HOOK_DELIVERIES.get(look, &key)?.ok_or_else(not_shown)?;
        Ok((delivery, HOOK_DETAILS.get(look, &key)?.ok_or_else(not_shown)?))
    }
}

/// For the node that sends: a delivery with all that it takes.
#[derive(Clone, Debug)]
pub struct ViewHookWork(pub HookWork);

/// What it takes to send a delivery.
#[derive(Clone, Debug)]
pub struct HookToSend {
    /// Whose hook.
    pub resource: Resource,
    /// The hook.
    pub hook: Hook,
    /// What it signs with. `None`, though it is signed: an import of this store has come without secrets.
    pub secret: Option<String>,
    /// The delivery.
    pub delivery: HookDelivery,
    /// What it says.
    pub detail: HookDetail,
}

impl<A: Hooked> View<A> for ViewHookWork {
    type Answer = Option<HookToSend>;

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let key = (self.0.hook, self.0.delivery);
        let Some(hook) = HOOKS.get(look, &self.0.hook)? else { return Ok(None) };
        let Some(delivery) = HOOK_DELIVERIES.get(look, &key)? else { return Ok(None) };
        let Some(detail) = HOOK_DETAILS.get(look, &key)? else { return Ok(None) };
        let secret = HOOK_SECRETS.get(look, &self.0.hook)?;
        Ok(Some(HookToSend { resource: actor.resource().clone(), hook, secret, delivery, detail }))
    }
}
