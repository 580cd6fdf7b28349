//! Who writes a commit that is made here.

use crate::ports::Front;
use pritchel_actor::ActorId;
use pritchel_actors::Person as Actor;
use pritchel_actors::common::naming::{host, key};
use pritchel_actors::person::view::ViewPerson;
use pritchel_git::log::Person;

/// Somebody, as a commit names people. Nobody's mail address is known here: what stands in its place is the name by which they are
/// found.
pub async fn author(front: &Front, by: &ActorId) -> Person {
    let (mut name, mut handle) = (key(by).to_owned(), key(by).to_owned());
    if let Ok(person) = front.node.look::<Actor, _>(by, &ViewPerson).await {
        name = person.display_name.map_or_else(|| person.name.clone(), |name| name.to_string());
        handle = person.name;
    } else if let Some(called) = front.ports.remembered_name(by.clone()).await {
        (name, handle) = (called.name.clone(), called.name);
    }
    // git has its own use for these.
    let plain = |text: String| text.replace(['<', '>', '\n'], " ");
    let time_s = front.ports.now();
    Person { name: plain(name), email: plain(format!("{handle}@{}", host(by))), time_s, offset_min: 0 }
}
