//! What is said to a tracker of tickets, with ties, which are the same for all that use what others provide.

use super::*;

#[test]
fn what_is_said_to_a_tracker_is_understood_as_it_was_meant() {
    let law = Law::new();
    let (olga, alice, bob, tracker) = (&law.cast.olga, &law.cast.alice, &law.cast.bob, &law.cast.tracker);
    type T = TicketTracker;
    let grant = olga.permit(tracker);
    let mut open = client::open_ticket(alice, tracker, "A & B", "*x*", None);
    open["object"]["x:area"] = json!("kettle");
    let meant = Open {
        author: alice.id.clone(),
        title: line("A & B"),
        content: html("<p><em>x</em></p>\n"),
        source: markdown("*x*"),
        id: None,
        fields: Vec::new(),
        milestone: None,
        merge: None,
        further: serde_json::Map::from_iter([("x:area".to_owned(), json!("kettle"))]),
    };
    let first = alice.result(&law.says::<T>(alice, tracker, open.clone(), meant));
    let second = alice.result(&alice.does(open));
    let comment = client::comment(tracker, &first, None, "*x*", None);
    let comment = alice.does(comment);
    let note = law.cast.world.rows(tracker.as_str(), "comments")[0].1["id"].as_str().unwrap().to_owned();
    let said = |in_reply_to| Comment {
        topic: 1,
        thread: None,
        suggestions: Vec::new(),
        attachments: Vec::new(),
        id: note.clone(),
        author: alice.id.clone(),
        in_reply_to,
        content: html("<p><em>x</em></p>\n"),
        source: markdown("*x*"),
    };
    law.is::<T>(tracker, &comment, said(None));
    let content = html("<p>y</p>\n");
    let edited = EditComment { id: note.clone(), content: content.clone(), source: markdown("y"), attachments: None };
    law.says::<T>(alice, tracker, client::edit_comment(tracker, &note, "y"), edited);
    law.says::<T>(alice, tracker, client::delete_comment(tracker, &note), DeleteComment { id: note.clone() });
    let edit = client::edit_ticket(tracker, &first, "C", "y", Some(&grant));
    let meant = EditTicket {
        ticket: 1,
        title: Some(line("C")),
        content: Some(content),
        source: markdown("y"),
        attachments: None,
        mentions: None,
        others: vec![],
    };
    law.says::<T>(olga, tracker, edit, meant);
    law.says::<T>(olga, tracker, client::close(tracker, &first, Some(&grant)), Close { ticket: 1 });
    law.says::<T>(olga, tracker, client::reopen(tracker, &first, Some(&grant)), Reopen { ticket: 1 });
    let assign = client::assign(tracker, &first, bob, Some(&grant));
    let assign = law.says::<T>(olga, tracker, assign, Assign { ticket: 1, assignee: bob.id.clone() });
    law.says::<T>(bob, tracker, client::accept(&assign, &[tracker]), AssignmentAccepted { assign });
    let undo = client::unassign(tracker, &first, bob, Some(&grant));
    let undo = law.says::<T>(olga, tracker, undo, Unassign { ticket: 1, assignee: bob.id.clone() });
    law.is::<Person>(bob, &consented(&law, tracker), BeUnassigned { undo: undo.clone() });
    law.is::<T>(tracker, &law_last_accept(&law, bob, tracker), UnassignmentAccepted { undo });
    let follow = law.says::<T>(alice, tracker, client::follow_ticket(tracker, &second), FollowTicket { ticket: 2 });
    law.says::<T>(alice, tracker, client::unfollow(tracker, &follow), UnfollowTicket { ticket: 2 });
    dependencies(&law, &first);
    law.says::<T>(olga, tracker, client::delete_ticket(tracker, &second, &grant), DeleteTicket { ticket: 2 });
    ties(&law);
    plans::of_tickets(&law, &first);
    teams::to_tracker(&law, &first);
    shared::<T>(&law, tracker);
    law.covers::<T>(&[]);
}

/// Ties are said in the same words to all that use what others provide: here a workflow.
fn ties(law: &Law) {
    type T = TicketTracker;
    let (world, olga, bob, tracker) = (&law.cast.world, &law.cast.olga, &law.cast.bob, &law.cast.tracker);
    let workflow = world.make(bob, &world.factory(bob, "mill"), "Workflow", "steps");
    let (mine, theirs) = (olga.permit(tracker), bob.permit(&workflow));
    let (kind, role, provider) = (TieKind::Workflow, Role::Visit, workflow.clone());
    let invite = || client::invite(&workflow, tracker, "visit", &theirs);
    let offered = AttachOffered { target: format!("{workflow}/collaborators"), role };
    let of = law.says::<T>(bob, tracker, invite(), offered);
    law.is::<T>(tracker, &by(law, tracker, &workflow, "Accept"), ProviderAgreed { of: of.clone() });
    law.says::<T>(olga, tracker, client::disagree_to_tie(tracker, &of, &mine), AttachDeclined { of: of.clone() });
    law.is::<Workflow>(&workflow, &by(law, &workflow, tracker, "Reject"), InvitationRejected { invite: of });
    let of = bob.does(invite());
    law.says::<T>(olga, tracker, client::agree_to_tie(tracker, &of, &mine), AttachAgreed { of: of.clone() });
    law.is::<Workflow>(&workflow, &by(law, &workflow, tracker, "Accept"), InvitationAccepted { invite: of.clone() });
    let grant = by(law, tracker, &workflow, "Grant");
    law.is::<T>(
        tracker,
        &grant,
        Provided { of, grant: grant.clone(), context: workflow.clone(), role, span: Span::default() },
    );
    law.is::<Workflow>(&workflow, &by(law, &workflow, tracker, "Follow"), Follow {});
    let detach = client::detach(tracker, "trackerWorkflow", &workflow, &mine);
    law.says::<T>(olga, tracker, detach, Detach { kind, provider: provider.clone() });
    law.is::<Workflow>(&workflow, &by(law, &workflow, tracker, "Leave"), Leave {});
    let attach = client::attach(tracker, "trackerWorkflow", &workflow, &mine);
    law.says::<T>(olga, tracker, attach, Attach { kind, provider });
    let join = by(law, &workflow, tracker, "Join");
    law.is::<Workflow>(&workflow, &join, Join { role, term: Term::default() });
    let mut deny = client::reject(&join, &[&workflow]);
    deny["capability"] = json!(theirs);
    bob.does(deny);
    law.is::<T>(tracker, &by(law, tracker, &workflow, "Reject"), ProviderDeclined { of: join });
}

/// The act by which the tracker told bob that he may be unassigned.
fn consented(law: &Law, tracker: &ActorId) -> ActId {
    let items = law.cast.bob.inbox();
    let item = items.iter().rfind(|item| item.call.as_ref().is_some_and(|call| call["method"] == "BeUnassigned"));
    let item = item.unwrap();
    assert_eq!(item.from, *tracker);
    item.act.clone()
}

/// The last act of somebody's that a tracker received.
fn law_last_accept(law: &Law, who: &Somebody, tracker: &ActorId) -> ActId {
    let rows = law.cast.world.rows(tracker.as_str(), "~inbox");
    let by = rows.iter().rfind(|(_, item)| item["from"].as_str() == Some(who.as_str())).unwrap();
    ActId::from(by.1["act"].as_str().unwrap())
}

fn dependencies(law: &Law, first: &str) {
    type T = TicketTracker;
    let (olga, tracker) = (&law.cast.olga, &law.cast.tracker);
    let grant = olga.permit(tracker);
    let factory = law.cast.world.factory(&law.cast.bob, "shed");
    let other = law.cast.world.tracker(&law.cast.bob, &factory, "chores");
    let on = olga.result(&olga.does(client::open_ticket(olga, &other, "x", "y", None)));
    let add = client::add_dependency(tracker, first, &other, &on, &grant);
    let told = vec![other.clone()];
    let offer = law.says::<T>(olga, tracker, add, AddDependency { ticket: 1, on, told: told.clone() });
    law.is::<T>(&other, &offer, DependencyOffered { ticket: 1, of: first.to_owned(), tracker: tracker.clone() });
    let id = olga.result(&offer);
    let accept = law.last(olga, "Accept");
    law.is::<T>(&other, &accept, DependencyConfirmed { of: offer, id: Some(id.clone()) });
    let remove = client::remove_dependency(tracker, &id, &other, &grant);
    let remove = law.says::<T>(olga, tracker, remove, RemoveDependency { dependency: 2, told });
    law.is::<T>(&other, &remove, DependencyRemovalSeen { dependency: id });
}
