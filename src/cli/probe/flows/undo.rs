//! FL-43: cleo, a collaborator, gives one of her Grants back by an Undo, after ben has tried to; it is revoked.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Scene, is_a, told_of};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-43"], title: "give a Grant back", kinds: &["TicketTracker"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let grant = props::member(scene, &tracker, Who::Cleo, "triage").await?;
        let is_revoke = |activity: &Value| has_type(activity, "Revoke") && names(&activity["object"], grant.as_str());
        let by_ben = posts::undo_grants(&tracker, std::slice::from_ref(&grant), None);
        let act = scene.says(Who::Ben, &by_ben).await?;
        let refused = scene.not_accepted(&act, &tracker).await;
        let came = scene.comes_anyway(is_revoke).await;
        let found = refused.as_ref().err().cloned().unwrap_or_else(|| told_of(&came));
        let expected = "no Accept and no Revoke: who asks neither holds the Grant nor is an admin";
        scene.holds("flow/undo-authority", refused.is_ok() && came.is_none(), expected, &found);

        let undo = posts::undo_grants(&tracker, std::slice::from_ref(&grant), Some(&grant));
        let undo = scene.says(Who::Cleo, &undo).await?;
        let came = scene.arrives(is_revoke).await;
        let fulfils = came.as_ref().is_some_and(|came| names(&came.activity["fulfills"], undo.as_str()));
        let expected = format!("a Revoke: object {grant}, fulfills {undo}");
        scene.holds("flow/undo-revokes", is_a(&came, "Revoke") && fulfils, &expected, &told_of(&came));
        scene.props.remove(&props::grant_of(&tracker, Who::Cleo));
        let (ticket, cleo) = (props::the_ticket(scene, &tracker).await?, scene.home.id(Who::Cleo).clone());
        let by_it = posts::assign(&tracker, &ticket, &cleo, Some(&grant));
        scene.asks_in_vain("flow/undone-grant", Who::Cleo, &by_it, &tracker, "the Grant was given back").await
    })
}
