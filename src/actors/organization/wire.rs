//! An organization's own methods as activities.

use crate::gate::{self, one};
use crate::organization::{LeaveMembers, MEMBERS, Organization, OrganizationCall};
use pritchel_actor::{Act, Halt, Look, Verdict};
use pritchel_vocab::{Activity, ActivityType};

/// Finds what only an organization is asked.
pub fn gate(
    _organization: &Organization,
    activity: &Activity,
    _act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<OrganizationCall>, Halt> {
    let members = format!("{}/{}", look.me(), MEMBERS.collection());
    match &activity.kind {
        ActivityType::Leave if one(activity).is_some_and(|of| of.as_str() == members) => {
            Ok(Verdict::Call(LeaveMembers {}.into()))
        }
        _ => Ok(gate::unsupported::<Organization>(activity)),
    }
}
