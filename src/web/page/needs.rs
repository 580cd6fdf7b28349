//! What each form needs: the one table from which every form says it. A form names its operation, which is the last part of its
//! address, and [`Needs::of`] has the role; by which Grant the visitor acts stands beside it.
//!
//! The test compares each row with what the method itself demands.

use crate::page::grant;
use crate::page::look::Choice;
use pritchel_actor::ActId;
use pritchel_actors::access::Role;

/// What whoever posts a form needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// This role on what is acted on.
    Is(Role),
    /// This role, or something else, in words.
    Or(Role, &'static str),
    /// The role by which things of this kind are named.
    Edits,
    /// Nothing: it is their own.
    Own,
    /// That the domain lets them.
    Domain,
}

use Needs::{Domain, Edits, Is, Or, Own};

/// Each operation, what it needs, and where the method stands that demands it.
#[rustfmt::skip]
const ROWS: &[(&str, Needs, &str)] = &[
    ("accept", Own, ""),
    ("reject", Own, ""),
    ("follow", Is(Role::Visit), "common/follow.rs"),
    ("unfollow", Own, ""),
    ("follow-ticket", Is(Role::Visit), "ticket_tracker/follow_ticket.rs"),
    ("unfollow-ticket", Own, ""),
    ("star", Is(Role::Visit), "common/like.rs"),
    ("unstar", Own, ""),
    ("open-factory", Domain, ""),
    ("leave", Own, ""),
    ("leave-members", Own, ""),
    ("join", Is(Role::Visit), "access/join.rs"),
    ("create", Is(Role::Write), "factory/create.rs"),
    ("migrate", Is(Role::Write), "factory/create.rs"),
    ("fork", Is(Role::Write), "factory/create.rs"),
    ("open-ticket", Is(Role::Report), "ticket_tracker/open.rs"),
    ("open-merge-request", Is(Role::Report), "ticket_tracker/open.rs"),
    ("open-patches", Is(Role::Report), "ticket_tracker/open.rs"),
    ("comment", Is(Role::Report), "ticket_tracker/comment.rs"),
    ("thread-comment", Is(Role::Report), "ticket_tracker/comment.rs"),
    ("edit-comment", Own, ""),
    ("delete-comment", Own, ""),
    ("remove-comment", Is(Role::Maintain), "ticket_tracker/delete_comment.rs"),
    ("edit-ticket", Or(Role::Triage, "be its author"), "ticket_tracker/edit_ticket.rs"),
    ("close", Is(Role::Triage), "ticket_tracker/close.rs"),
    ("reopen", Is(Role::Triage), "ticket_tracker/reopen.rs"),
    ("delete-ticket", Is(Role::Admin), "ticket_tracker/delete_ticket.rs"),
    ("assign", Is(Role::Triage), "ticket_tracker/assign.rs"),
    ("unassign", Or(Role::Triage, "be the one it is given to"), "ticket_tracker/unassign.rs"),
    ("depend", Is(Role::Triage), "ticket_tracker/add_dependency.rs"),
    ("undepend", Is(Role::Triage), "ticket_tracker/remove_dependency.rs"),
    ("set-field", Is(Role::Triage), "ticket_tracker/edit_fields.rs"),
    ("set-milestone", Is(Role::Triage), "ticket_tracker/set_milestone.rs"),
    ("apply", Is(Role::Write), "patch_tracker/apply.rs"),
    ("add-version", Is(Role::Report), "patch_tracker/add_version.rs"),
    ("review", Is(Role::Report), "patch_tracker/submit_review.rs"),
    ("ask-review", Is(Role::Triage), "patch_tracker/approvals.rs"),
    ("announce-review", Is(Role::Report), "patch_tracker/approvals.rs"),
    ("dismiss-review", Is(Role::Write), "patch_tracker/approvals.rs"),
    ("settle-thread", Is(Role::Write), "patch_tracker/approvals.rs"),
    ("reopen-thread", Is(Role::Write), "patch_tracker/approvals.rs"),
    ("require-approvals", Is(Role::Admin), "patch_tracker/approvals.rs"),
    ("list-for-team", Is(Role::Write), "team/list_approval.rs"),
    ("approve-for-team", Is(Role::Write), "team/approve_request.rs"),
    ("take-ticket", Is(Role::Triage), "team/assignment_agreed.rs"),
    ("decline-ticket", Is(Role::Triage), "team/assignment_declined.rs"),
    ("edit-filter", Is(Role::Admin), "team/edit_filter.rs"),
    ("edit-kinds", Is(Role::Admin), "factory/edit_kinds.rs"),
    ("edit-resource", Edits, ""),
    ("set-tracker", Is(Role::Admin), "project/set_tracker.rs"),
    ("archive", Is(Role::Admin), "common/set_archived.rs"),
    ("unarchive", Is(Role::Admin), "common/set_archived.rs"),
    ("default-branch", Is(Role::Admin), "repository/default_branch.rs"),
    ("set-visibility", Is(Role::Admin), "common/set_visibility.rs"),
    ("move", Is(Role::Admin), "common/relocate.rs"),
    ("delete-resource", Is(Role::Admin), "common/delete.rs"),
    ("invite", Is(Role::Admin), "access/invite.rs"),
    ("approve-join", Is(Role::Admin), "access/join_approved.rs"),
    ("deny-join", Is(Role::Admin), "access/join_denied.rs"),
    ("remove", Is(Role::Admin), "access/remove.rs"),
    ("change-role", Is(Role::Admin), "access/remove.rs"),
    ("undo-grant", Or(Role::Admin, "be its holder"), "access/undo_grants.rs"),
    ("link", Is(Role::Admin), "link/propose.rs"),
    ("unlink", Is(Role::Admin), "link/unlink.rs"),
    ("agree", Is(Role::Admin), "link/admin_agreed.rs"),
    ("disagree", Is(Role::Admin), "link/admin_declined.rs"),
    ("attach", Is(Role::Admin), "tie/attach.rs"),
    ("detach", Is(Role::Admin), "tie/detach.rs"),
    ("agree-tie", Is(Role::Admin), "tie/attach_agreed.rs"),
    ("disagree-tie", Is(Role::Admin), "tie/attach_declined.rs"),
    ("open-milestone", Is(Role::Write), "roadmap/open_milestone.rs"),
    ("edit-milestone", Is(Role::Write), "roadmap/edit_milestone.rs"),
    ("close-milestone", Is(Role::Write), "roadmap/close_milestone.rs"),
    ("reopen-milestone", Is(Role::Write), "roadmap/reopen_milestone.rs"),
    ("delete-milestone", Is(Role::Write), "roadmap/delete_milestone.rs"),
    ("open-release", Is(Role::Write), "release_tracker/open_release.rs"),
    ("edit-release", Is(Role::Write), "release_tracker/edit_release.rs"),
    ("delete-release", Is(Role::Write), "release_tracker/delete_release.rs"),
    ("add-release-milestone", Is(Role::Write), "release_tracker/add_milestone.rs"),
    ("remove-release-milestone", Is(Role::Write), "release_tracker/remove_milestone.rs"),
    ("make-field", Is(Role::Maintain), "workflow/make_field.rs"),
    ("edit-field", Is(Role::Maintain), "workflow/edit_field.rs"),
    ("make-enum", Is(Role::Maintain), "workflow/make_enum.rs"),
    ("edit-enum", Is(Role::Maintain), "workflow/edit_enum.rs"),
    ("add-value", Is(Role::Maintain), "workflow/add_value.rs"),
    ("edit-value", Is(Role::Maintain), "workflow/edit_value.rs"),
    ("remove-value", Is(Role::Maintain), "workflow/remove_value.rs"),
    ("move-part", Is(Role::Maintain), "workflow/move_field.rs"),
    ("delete-part", Is(Role::Maintain), "workflow/delete_field.rs"),
    ("edit-mirror", Is(Role::Admin), "repository/mirror.rs"),
    ("end-mirror", Is(Role::Admin), "repository/mirror.rs"),
    ("fetch-now", Is(Role::Maintain), ""),
    ("stop-migration", Is(Role::Maintain), ""),
    ("resume-migration", Is(Role::Maintain), ""),
];

/// What is done on something else than what the page is about: the Grant for that is another one.
const ELSEWHERE: [&str; 7] =
    ["fork", "migrate", "open-merge-request", "list-for-team", "approve-for-team", "follow", "star"];

impl Needs {
    /// What an operation needs. An operation that is not in the table needs nothing that is known.
    pub fn of(operation: &str) -> Self {
        ROWS.iter().find(|(name, ..)| *name == operation).map_or(Own, |(_, needs, _)| *needs)
    }
}

/// By what the visitor acts on what the page is about.
#[derive(Clone, Debug, Default)]
pub struct Acting {
    /// The best Grant they hold on it.
    pub grant: Option<(ActId, Role)>,
    /// The role by which things of its kind are named.
    pub edits: Option<Role>,
    /// Whether they want to say by which Grant each thing is done, whatever they hold.
    pub tester: bool,
    /// The Grants they may choose from then.
    pub choices: Vec<Choice>,
}

/// What a form says of it.
#[derive(askama::Template)]
#[template(path = "needs.html")]
pub struct Said<'a> {
    role: Option<&'static str>,
    or: Option<&'static str>,
    /// The page of the Grant by which it is done, and its role.
    by: Option<(String, &'static str)>,
    tester: bool,
    choices: &'a [Choice],
}

impl askama::filters::HtmlSafe for Said<'_> {}

impl Acting {
    /// What the form for this operation says.
    pub fn said(&self, operation: &str) -> Said<'_> {
        let (role, or) = match Needs::of(operation) {
            Is(role) => (Some(role), None),
            Or(role, or) => (Some(role), Some(or)),
            Edits => (self.edits, None),
            Own | Domain => (None, None),
        };
        let held = self.grant.as_ref().filter(|(_, held)| role.is_some_and(|role| *held >= role));
        let by = held.filter(|_| !ELSEWHERE.contains(&operation));
        Said {
            role: role.map(Role::as_str),
            or,
            by: by.map(|(grant, role)| (grant::path(grant), role.as_str())),
            tester: self.tester && role.is_some(),
            choices: &self.choices,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn each_row_is_what_the_method_demands() {
        let actors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../actors");
        let mut compared = 0;
        for (operation, needs, source) in ROWS.iter().filter(|(.., source)| !source.is_empty()) {
            let (Is(role) | Or(role, _)) = needs else { panic!("{operation} is demanded by a method") };
            let text = read(&actors.join(source));
            let demanded = text
                .lines()
                .filter(|line| line.contains("require(") || line.contains("Role::"))
                .any(|line| line.contains(&format!("Role::{role:?})")) || line.contains(&format!("Role::{role:?} }}")));
            assert!(demanded, "{operation} is said to need {role}, which {source} does not demand");
            compared += 1;
        }
        assert!(compared > 70, "{compared} rows were compared");
    }

    #[test]
    fn every_form_of_every_page_names_an_operation_of_the_table() {
        let known: BTreeSet<&str> = ROWS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(known.len(), ROWS.len(), "each stands once");
        let mut forms = 0;
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")).unwrap() {
            let path = entry.unwrap().path();
            let text = read(&path);
            for form in text.split("action=\"/do/").skip(1) {
                // A second button of a form has what the form has.
                let Some((tag, rest)) = form.split_once('>') else { continue };
                if text.contains(&format!("formaction=\"/do/{tag}>")) {
                    continue;
                }
                let rest = if tag.contains("{%") { form } else { rest };
                let named = rest.split_once("frame.acts").and_then(|(_, rest)| rest.split('"').nth(1));
                let named = named.unwrap_or_else(|| panic!("{}: a form without `frame.acts`: {tag}", path.display()));
                assert!(known.contains(named), "{}: {named} is not in the table", path.display());
                let posted = tag.split('"').next().unwrap_or_default();
                assert!(posted.contains(named), "{}: {posted} says it is {named}", path.display());
                forms += 1;
            }
        }
        assert!(forms > 100, "{forms} forms were looked at");
    }

    #[test]
    fn a_form_says_the_role_it_needs_and_by_which_grant() {
        use askama::Template;
        let grant = Some((ActId::new("https://a.example/repos/r/outbox/g"), Role::Write));
        let acting = Acting { grant, edits: Some(Role::Maintain), ..Acting::default() };
        let text = |operation: &str| acting.said(operation).render().unwrap();
        assert!(text("close").contains("triage") && text("close").contains("/grant?id="), "{}", text("close"));
        assert!(text("edit-ticket").contains("be its author"));
        assert!(text("edit-resource").contains("maintain") && !text("edit-resource").contains("/grant?id="));
        assert!(text("fork").contains("write") && !text("fork").contains("/grant?id="), "it is on another resource");
        assert_eq!(text("accept").trim(), "");
        assert!(!text("close").contains("capability_other"));
        let tester = Acting { tester: true, ..acting.clone() };
        assert!(tester.said("close").render().unwrap().contains("capability_other"));
        assert!(!tester.said("accept").render().unwrap().contains("capability_other"));
    }
}
