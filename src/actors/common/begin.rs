//! Begin: what a new resource does first.

use crate::access::{Role, Term, enrol, issue};
use crate::common::resource::ResourceActor;
use crate::domain::{Domain, NameActor};
use pritchel_actor::{ActId, ActorId, Halt, Method, Outcome, Ref, Turn};
use serde::{Deserialize, Serialize};

/// Private, called by the factory in the turn that launches the resource. Gives its creator the admin role, publishes
/// the roles everybody has, and asks the domain for a name.
///
/// Source: ForgeFed, "Initial Grant upon resource creation".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// Who asked for the resource.
    pub creator: ActorId,
    /// The `Create` that the first Grant fulfils.
    pub create: ActId,
    /// The domain, which gives names.
    pub domain: Ref<Domain>,
    /// The name wished for, from which the `acct:` name is made.
    pub wish: String,
}

impl<A: ResourceActor> Method<A> for Begin
where
    A::Call: From<Named>,
{
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        enrol(actor, turn, &self.creator, (Role::Admin, Term::default()), &self.create)?;
        for role in actor.resource().visibility.implicit_roles() {
            let grant = issue::public(turn, *role)?;
            actor.resource_mut().public_grants.push((*role, grant));
        }
        let me = turn.me().clone();
        turn.call_and::<A, Domain, NameActor>(&self.domain, NameActor { actor: me, wish: self.wish }, Named {})
    }
}

/// The domain has given a name, or has not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {}

impl<A: ResourceActor> Method<A> for Named {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        if let Outcome::Done(handle) = turn.outcome::<String>()? {
            actor.resource_mut().handle = Some(handle);
        }
        Ok(())
    }
}
