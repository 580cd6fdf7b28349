//! The flows, each in a file of its own, in the order in which they are played. What one brings, later ones may use.
//! - [`props`]: what several flows need before they begin
//! - before ForgeFed: [`documents`], [`signatures`]
//! - [`follow`], [`follow_person`], [`they_follow`]: following, from both sides
//! - [`star`]: stars; [`create`], [`fork`], [`relocate`]: making and moving resources; [`push`], [`push_by_grant`]: pushes
//! - [`open`], [`comment`], [`edit`], [`close`], [`assign`], [`depend`], [`delete`], [`they_open`]: tickets
//! - [`invite`], [`remove`], [`undo`], [`join`], [`join_by_grant`], [`they_join`]: access; [`component`], [`project`], [`team`], [`link`]: links, over which it is
//!   passed on
//! - [`tie`]: trackers that use what others provide; [`milestone`], [`workflow`]: what roadmaps and workflows have
//! - [`merge`], [`review`], [`team_review`]: merge requests, and [`proposal`], what they have in common; [`release`]: releases
//! - [`organization`]: whom organizations list; [`keys`]: SSH keys that are new, or gone
//! - what else the peer's person does with actors of ours: [`they_act`], [`they_depend`], [`they_plan`], [`they_list`], [`they_admin`], [`they_make`],
//!   [`they_merge`], [`they_review`], [`they_push`]

pub mod assign;
pub mod close;
pub mod comment;
pub mod component;
pub mod create;
pub mod delete;
pub mod depend;
pub mod documents;
pub mod edit;
pub mod follow;
pub mod follow_person;
pub mod fork;
pub mod invite;
pub mod join;
pub mod join_by_grant;
pub mod keys;
pub mod link;
pub mod merge;
pub mod milestone;
pub mod open;
pub mod organization;
pub mod project;
pub mod proposal;
pub mod props;
pub mod push;
pub mod push_by_grant;
pub mod release;
pub mod relocate;
pub mod remove;
pub mod review;
pub mod signatures;
pub mod star;
pub mod team;
pub mod team_review;
pub mod they_act;
pub mod they_admin;
pub mod they_depend;
pub mod they_follow;
pub mod they_join;
pub mod they_list;
pub mod they_make;
pub mod they_merge;
pub mod they_open;
pub mod they_plan;
pub mod they_push;
pub mod they_review;
pub mod tie;
pub mod undo;
pub mod workflow;

use crate::cli::Failure;
use crate::cli::probe::scene::{Ended, Scene};
use crate::cli::probe::statement;
use std::fmt::Write;
use std::pin::Pin;

/// A flow that is being played.
pub type Playing<'s> = Pin<Box<dyn Future<Output = Ended> + 's>>;

/// A flow.
pub struct Flow {
    /// Its ids: those of ForgeFed's flows are numbered `FL-01` to `FL-80`; a `b` marks the one in which the peer's person acts.
    pub ids: &'static [&'static str],
    /// What it is called.
    pub title: &'static str,
    /// The kinds of the peer's actors it is about.
    pub kinds: &'static [&'static str],
    /// How it is played.
    pub play: for<'s> fn(&'s mut Scene) -> Playing<'s>,
}

/// All of them.
pub const ALL: &[Flow] = &[
    documents::FLOW,
    signatures::FLOW,
    follow::FLOW,
    follow_person::FLOW,
    they_follow::FLOW,
    star::FLOW,
    create::FLOW,
    push::FLOW,
    push_by_grant::FLOW,
    open::FLOW,
    they_open::FLOW,
    comment::FLOW,
    edit::FLOW,
    invite::FLOW,
    close::FLOW,
    assign::FLOW,
    depend::FLOW,
    delete::FLOW,
    remove::FLOW,
    undo::FLOW,
    join::FLOW,
    they_join::FLOW,
    component::FLOW,
    project::FLOW,
    team::FLOW,
    link::COMPONENT,
    link::PROJECT,
    link::RESOURCE,
    link::TEAM,
    link::OVERSEES,
    join_by_grant::FLOW,
    tie::FLOW,
    merge::FLOW,
    review::FLOW,
    team_review::FLOW,
    milestone::FLOW,
    release::FLOW,
    workflow::FLOW,
    organization::FLOW,
    they_act::STAR,
    they_act::TICKET,
    they_depend::FLOW,
    they_act::ROADMAP,
    they_plan::FLOW,
    they_act::MEMBER,
    they_list::FLOW,
    they_admin::ADMIN,
    they_admin::JOIN,
    they_make::FLOW,
    they_merge::MERGE,
    they_review::FLOW,
    they_merge::RELEASE,
    they_push::TOLD,
    they_push::GRANT,
    they_push::VERSION,
    keys::FLOW,
    keys::THEIRS,
    fork::FLOW,
    relocate::FLOW,
];

/// The flows of these ids; all of them if there is none.
pub fn chosen(ids: &[String]) -> Result<Vec<&'static Flow>, Failure> {
    let known = |id: &String| ALL.iter().any(|flow| flow.ids.contains(&id.as_str()));
    if let Some(unknown) = ids.iter().find(|id| !known(id)) {
        return Err(Failure(format!("--flow: there is no flow {unknown}; `pritchel probe --list` prints them")));
    }
    let wanted = |flow: &&Flow| ids.is_empty() || ids.iter().any(|id| flow.ids.contains(&id.as_str()));
    Ok(ALL.iter().filter(wanted).collect())
}

/// What a flow is called.
pub fn title(id: &str) -> &'static str {
    ALL.iter().find(|flow| flow.ids.contains(&id)).map_or("", |flow| flow.title)
}

/// The flows and what each decides.
pub fn list() -> String {
    let mut text = String::new();
    for flow in ALL {
        let _ = writeln!(text, "{}  {}", flow.ids.join(", "), flow.title);
        for row in statement::rows().filter(|row| flow.ids.contains(&row.flow)) {
            let _ = writeln!(text, "  {:<28} {}", row.key, row.says);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_are_chosen_by_their_ids() {
        assert_eq!(chosen(&[]).unwrap().len(), ALL.len());
        let some = chosen(&["FL-07".to_owned()]).unwrap();
        assert_eq!(some.iter().map(|flow| flow.title).collect::<Vec<_>>(), ["follow and unfollow a resource"]);
        assert!(chosen(&["FL-99".to_owned()]).is_err());
    }

    #[test]
    fn an_id_is_of_one_flow() {
        let mut ids: Vec<&str> = ALL.iter().flat_map(|flow| flow.ids.iter().copied()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
