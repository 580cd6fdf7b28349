//! What may be asked about an organization, beyond what all resources show.

use crate::access::view::may_see;
use crate::link::rows::PEERS;
use crate::organization::{MEMBERS, Organization};
use pritchel_actor::{ActorId, Halt, Header, Look, View};

/// Whether whoever looks is a member.
#[derive(Clone, Debug)]
pub struct IsMember {
    /// Who looks.
    pub viewer: ActorId,
}

impl View<Organization> for IsMember {
    type Answer = bool;

    fn look(&self, organization: &Organization, _: &Header, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
        may_see(organization, look, Some(&self.viewer))?;
        PEERS.has(look, &(MEMBERS.code(), self.viewer.clone()))
    }
}
