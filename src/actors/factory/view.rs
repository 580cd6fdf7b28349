//! What may be asked of a factory, beyond what all resources show.

use crate::ResourceKind;
use crate::access::view::may_see;
use crate::factory::Factory;
use pritchel_actor::{ActorId, Halt, Header, Look, View};

/// The kinds it makes, in the order that its admin gave.
#[derive(Clone, Debug)]
pub struct ViewKinds {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

impl View<Factory> for ViewKinds {
    type Answer = Vec<ResourceKind>;

    fn look(&self, factory: &Factory, _: &Header, look: &mut Look<'_, '_>) -> Result<Vec<ResourceKind>, Halt> {
        may_see(factory, look, self.viewer.as_ref())?;
        Ok(factory.available.clone())
    }
}
