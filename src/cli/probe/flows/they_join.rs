//! FL-38 from the other side: ann invites the peer's person to a project of the probe; the person accepts, and is ready for what
//! the project passes on.

use super::{Flow, Playing};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Scene, Stop, is_a, told_of};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-38b"], title: "the peer's person joins a project of ours", kinds: &["Person"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let person = scene.about("Person")?;
        let project = scene.home.owned("Project").await?;
        let invite = posts::invite(&project.id, &person, "write", &project.grant);
        let invite = scene.says(Who::Ann, &invite).await?;
        if let Some(client) = &scene.peer.client {
            // Only what has arrived can be accepted.
            client.receives("the Invite", |activity| activity["id"] == invite.as_str()).await?;
        }
        let is_yes = |activity: &Value| has_type(activity, "Accept") && names(&activity["object"], invite.as_str());
        let by_them = |activity: &Value| is_yes(activity) && names(&activity["actor"], person.as_str());
        let please = format!("as {person}, accept the invitation to {}", project.id);
        scene.they_say(&please, &posts::accept(&invite, &[&project.id]), by_them).await?;
        let came = scene.arrives(by_them).await;
        scene.holds("wire/accept-sent", is_a(&came, "Accept"), "a signed Accept of the Invite", &told_of(&came));
        if !is_a(&came, "Accept") {
            return Err(Stop("the Invite was not accepted".into()));
        }
        let delegates = |activity: &Value| {
            has_type(activity, "Grant")
                && activity["object"] == "delegate"
                && names(&activity["target"], project.id.as_str())
        };
        let came = scene.arrives(delegates).await;
        let good = came.as_ref().is_some_and(|came| {
            let of = &came.activity;
            names(&of["actor"], person.as_str())
                && names(&of["context"], person.as_str())
                && of["capability"].is_string()
        });
        let expected =
            format!("a Grant of delegate: context {person}, target {}, by the Grant of the project", project.id);
        scene.holds("person-beh-grant/2.3", is_a(&came, "Grant") && good, &expected, &told_of(&came));
        Ok(())
    })
}
