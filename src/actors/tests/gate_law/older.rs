//! Older and other ways to say something: what they are understood as, and that what is said here for the same thing is the newest
//! shape. The numbers are those of `docs/forgefed/readings.tsv`; shapes of documents stand in `src/vocab/tests/older_shapes.rs`.

use super::*;

/// One row of the table.
struct Row<'r> {
    number: &'static str,
    what: &'static str,
    /// Who is told.
    to: &'r ActorId,
    /// What olga's server says for it.
    newest: Value,
    /// Where that shows which shape it has, and what stands there.
    shows: (&'static str, Value),
    /// What another server says.
    older: Vec<Value>,
}

const FAR: &str = "https://far.example/people/far";

/// The call that a tracker makes of what another server says.
fn from_far(law: &Law, to: &ActorId, mut said: Value, number: &mut u64) -> Value {
    *number += 1;
    let id = format!("{FAR}/outbox/{number}");
    (said["id"], said["actor"], said["to"]) = (json!(id), json!(FAR), json!([to]));
    law.cast.world.sends(to, &said);
    law.cast.world.settle();
    law.cast.world.call_of(to, &ActId::new(id))
}

/// The table of activities: each older shape is the same call as the newest, which is the one that is sent from here.
#[test]
fn what_is_said_in_an_older_shape_is_the_same_call_as_the_newest() {
    let law = Law::new();
    let (olga, repo) = (&law.cast.olga, &law.cast.repo);
    let patches = law.cast.world.make(olga, &law.cast.factory, "PatchTracker", "patches");
    law.cast.tie((olga, repo), (olga, &patches), "write");
    let of_patches = olga.permit(&patches);
    let request = offered(&law, &patches);
    let mut number = 0;
    let mut seen = BTreeSet::new();
    for row in access(&law).into_iter().chain(said(&law)).chain(edited(&law)).chain(merges(
        repo,
        &patches,
        &request,
        &of_patches,
    )) {
        let act = olga.does(row.newest.clone());
        let call = law.cast.world.call_of(row.to, &act);
        assert!(call["method"].is_string(), "{} {}: {}", row.number, row.what, law.cast.world.ended(row.to, &act));
        let told: Value = serde_json::from_slice(&law.cast.world.0.borrow().net.act(&act).unwrap()).unwrap();
        let (place, shape) = &row.shows;
        assert_eq!(told.pointer(place), Some(shape), "{} {}: {place} of {told}", row.number, row.what);
        for older in row.older {
            assert_eq!(
                from_far(&law, row.to, older.clone(), &mut number),
                call,
                "{} {}: {older}",
                row.number,
                row.what
            );
        }
        seen.insert(row.number);
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["F-01", "F-05", "F-07", "F-09", "F-17", "F-22", "F-23", "F-28", "F-32"]
    );
}

/// A merge request at `patches`.
fn offered(law: &Law, patches: &ActorId) -> String {
    let (alice, repo) = (&law.cast.alice, &law.cast.repo);
    let open = client::open_merge_request(alice, patches, "x", "y", [(repo, "milk"), (repo, "main")], None);
    alice.result(&alice.does(open))
}

/// Who gets access, and who loses it.
fn access(law: &Law) -> Vec<Row<'_>> {
    let (olga, bob, to) = (&law.cast.olga, &law.cast.bob, &law.cast.tracker);
    let grant = olga.permit(to);
    let all = json!(format!("{to}/collaborators"));
    let invite =
        |target: &Value, role: &str| json!({"type": "Invite", "object": bob.id, "target": target, "instrument": role});
    let roles = ["develop", "developer", "forge:write", "https://forgefed.org/ns#write", "forge:developer"];
    vec![
        Row {
            number: "F-17",
            what: "an invitation to the resource itself",
            to,
            newest: client::invite(to, bob, "write", &grant),
            shows: ("/target", all.clone()),
            older: vec![invite(&json!(to), "write"), invite(&all, "write"), invite(&json!({"id": to}), "write")],
        },
        Row {
            number: "F-17",
            what: "a wish to join the resource itself",
            to,
            newest: client::join(to, "visit", None),
            shows: ("/object", all.clone()),
            older: vec![json!({"type": "Join", "object": to, "instrument": "visit"})],
        },
        Row {
            number: "F-17",
            what: "somebody is taken out of the resource itself",
            to,
            newest: client::remove(to, bob, &grant),
            shows: ("/origin", all.clone()),
            older: vec![json!({"type": "Remove", "object": bob.id, "origin": to})],
        },
        Row {
            number: "F-05",
            what: "a role by an older name, and with its vocabulary",
            to,
            newest: client::invite(to, bob, "write", &grant),
            shows: ("/instrument", json!("write")),
            older: roles.iter().map(|role| invite(&all, role)).collect(),
        },
    ]
}

/// What is followed, closed, changed and taken back.
fn said(law: &Law) -> Vec<Row<'_>> {
    let (olga, to) = (&law.cast.olga, &law.cast.tracker);
    let (grant, ticket) = (olga.permit(to), law.cast.ticket());
    let follow = olga.posts(client::follow_ticket(to, &ticket));
    let resolve = olga.does(client::close(to, &ticket, Some(&grant)));
    let pattern = json!({"type": "Assign", "object": olga.id, "target": ticket});
    vec![
        Row {
            number: "F-01",
            what: "terms with their vocabulary",
            to,
            newest: client::close(to, &ticket, Some(&grant)),
            shows: ("/type", json!("Resolve")),
            older: vec![
                json!({"type": "forge:Resolve", "as:object": ticket}),
                json!({"type": "https://forgefed.org/ns#Resolve", "https://www.w3.org/ns/activitystreams#object": {"id": ticket}}),
            ],
        },
        Row {
            number: "F-09",
            what: "a follow that is taken back, by its address, written out, or as a pattern",
            to,
            newest: client::unfollow(to, &follow),
            shows: ("/object", json!(follow)),
            older: vec![
                json!({"type": "Undo", "object": {"id": follow, "type": "Follow", "actor": olga.id, "object": ticket}}),
                json!({"type": "Undo", "object": {"type": "Follow", "object": ticket}}),
            ],
        },
        Row {
            number: "F-09",
            what: "a closing that is taken back, the same",
            to,
            newest: client::reopen(to, &ticket, Some(&grant)),
            shows: ("/object", json!({"type": "Resolve", "object": ticket})),
            older: vec![
                json!({"type": "Undo", "object": resolve}),
                json!({"type": "Undo", "object": {"id": resolve, "type": "Resolve", "actor": olga.id, "object": ticket}}),
                json!({"type": "Undo", "object": {"type": "Resolve", "object": {"id": ticket, "type": "Ticket"}}}),
            ],
        },
        Row {
            number: "F-09",
            what: "an assignment that is taken back, as a pattern",
            to,
            newest: client::unassign(to, &ticket, olga, Some(&grant)),
            shows: ("/object", pattern.clone()),
            older: vec![json!({"type": "Undo", "object": pattern})],
        },
    ]
}

/// What is said of a tracker itself.
fn edited(law: &Law) -> Vec<Row<'_>> {
    let (olga, to) = (&law.cast.olga, &law.cast.tracker);
    let grant = olga.permit(to);
    let named = json!({"id": to, "name": "Pot", "summary": "x"});
    vec![
        Row {
            number: "F-22",
            what: "an edit by its older names",
            to,
            newest: client::edit_resource(to, "Pot", "x", &grant),
            shows: ("/type", json!("Edit")),
            older: ["Patch", "Update", "https://forgefed.org/ns#Patch"]
                .map(|kind| json!({"type": kind, "object": named}))
                .to_vec(),
        },
        Row {
            number: "F-23",
            what: "an edit that does not say what it is about",
            to,
            newest: client::edit_resource(to, "Pot", "x", &grant),
            shows: ("/context", json!(to)),
            older: vec![json!({"type": "Edit", "object": named})],
        },
    ]
}

/// Versions of a merge request, and what it is merged into.
fn merges<'r>(repo: &ActorId, to: &'r ActorId, request: &str, grant: &ActId) -> Vec<Row<'r>> {
    let text = format!(
        "From {:040} Mon Sep 17 00:00:00 2001\nFrom: A <a@a.example>\nSubject: x\n\n---\n\ndiff --git a/x b/x\n",
        1
    );
    let mut newest = client::add_version(&ActorId::from(FAR), to, request, &[text], Some(grant));
    // Said by several: each brings it as their own.
    newest["object"]["orderedItems"][0].as_object_mut().unwrap().remove("attributedTo");
    let patches = newest["object"]["orderedItems"].clone();
    let mut merge = client::apply(to, request, repo, "merge", grant);
    merge["target"] = json!({"type": "Branch", "context": repo, "ref": "refs/heads/main"});
    let target = |name: &str| json!({"type": "Branch", "context": repo, "ref": name});
    let thread = thread_uri(to, 1, 1, 1);
    vec![
        Row {
            number: "F-28",
            what: "a thread that is opened again by its own address",
            to,
            newest: client::reopen(to, &thread, Some(grant)),
            shows: ("/object", json!({"type": "Resolve", "object": thread})),
            older: vec![json!({"type": "Undo", "object": thread})],
        },
        Row {
            number: "F-07",
            what: "patches whose order is not in the name of their list",
            to,
            shows: ("/object/orderedItems", patches.clone()),
            newest,
            older: vec![
                json!({"type": "Add", "target": request, "object": {"type": "OrderedCollection", "items": patches}}),
            ],
        },
        Row {
            number: "F-32",
            what: "a branch with a slash before its name",
            to,
            newest: merge,
            shows: ("/target/ref", json!("refs/heads/main")),
            older: vec![
                json!({"type": "Apply", "object": request, "target": target("/refs/heads/main")}),
                json!({"type": "Apply", "object": {"id": request, "type": "Ticket"}, "target": target("/refs/heads/main")}),
            ],
        },
    ]
}

/// F-25: the Grant of an `Undo` may be shown in what it takes back; here the `Undo` itself shows it.
#[test]
fn the_grant_of_an_undo_may_be_shown_in_what_it_takes_back() {
    let law = Law::new();
    let (olga, tracker) = (&law.cast.olga, &law.cast.tracker);
    let (ticket, grant) = (law.cast.ticket(), olga.permit(tracker));
    let newest = client::reopen(tracker, &ticket, Some(&grant));
    assert_eq!((&newest["capability"], newest["object"].get("capability")), (&json!(grant), None));
    let none = client::reopen(tracker, &ticket, None);
    let mut older = none.clone();
    older["object"]["capability"] = json!(grant);
    for (undo, expected) in [(newest, "done"), (older, "done"), (none, "no-capability at step 3")] {
        olga.does(client::close(tracker, &ticket, Some(&grant)));
        let undo = olga.does(undo);
        assert_eq!(law.cast.world.ended(tracker, &undo), expected);
    }
}

/// F-24: whoever agrees to the end of an assignment names the `Undo`, or the `Assign` as the flow has it; here it is the `Undo`.
#[test]
fn who_agrees_to_the_end_of_an_assignment_names_the_undo_or_the_assign() {
    let law = Law::new();
    let (olga, bob, tracker) = (&law.cast.olga, &law.cast.bob, &law.cast.tracker);
    let (ticket, grant, far) = (law.cast.ticket(), olga.permit(tracker), ActorId::from(FAR));
    let given = || law.cast.world.rows(tracker.as_str(), "tickets")[0].1["assignees"].as_array().map_or(0, Vec::len);
    let mut number = 0;
    for names_undo in [true, false] {
        let assign = olga.does(client::assign(tracker, &ticket, &far, Some(&grant)));
        from_far(&law, tracker, json!({"type": "Accept", "object": assign}), &mut number);
        assert_eq!(given(), 1);
        let undo = olga.does(client::unassign(tracker, &ticket, &far, Some(&grant)));
        assert_eq!(given(), 1, "it waits for the one who has it");
        let of = if names_undo { undo } else { assign };
        from_far(&law, tracker, json!({"type": "Accept", "object": of}), &mut number);
        assert_eq!(given(), 0, "{names_undo}");
    }
    let assign = olga.does(client::assign(tracker, &ticket, bob, Some(&grant)));
    bob.does(client::accept(&assign, &[tracker]));
    let undo = olga.does(client::unassign(tracker, &ticket, bob, Some(&grant)));
    let said = by(&law, tracker, &bob.id, "Accept");
    let said: Value = serde_json::from_slice(&law.cast.world.0.borrow().net.act(&said).unwrap()).unwrap();
    assert_eq!(said["object"], json!(undo));
}

/// F-13: of a `Revoke` the Grants count that it names, whatever else it says of them.
#[test]
fn a_revoke_is_the_grants_it_names() {
    let law = Law::new();
    let (olga, bob, tracker) = (&law.cast.olga, &law.cast.bob, &law.cast.tracker);
    olga.lets_in(bob, tracker, "triage");
    let held = bob.permit(tracker);
    let older = json!({
        "type": "Revoke", "id": format!("{tracker}/outbox/older"), "actor": tracker, "to": [bob.id], "object": held,
        "instrument": "https://roles.example/developer", "context": law.cast.repo, "target": law.cast.alice.id,
    });
    law.cast.world.sends(bob, &older);
    law.cast.world.settle();
    law.is::<Person>(bob, &ActId::from(older["id"].as_str().unwrap()), DropPermits { grants: vec![held] });
    assert!(bob.may(tracker).is_none());
}

/// F-12: no role for a type lets nothing of it through, and a type that is not named is let through as it is; F-11: the null of a field is
/// told from none.
#[test]
fn null_is_not_the_same_as_nothing_said() {
    let law = Law::new();
    let (olga, tracker) = (&law.cast.olga, &law.cast.tracker);
    let team = law.cast.world.make(olga, &law.cast.factory, "Team", "cooks");
    let none = BTreeMap::from([("Repository".to_owned(), None)]);
    let edit = client::edit_filter(&team, json!({"Repository": null}), &olga.permit(&team));
    law.says::<Team>(olga, &team, edit, EditFilter { filter: none });
    let all = client::edit_filter(&team, json!({}), &olga.permit(&team));
    law.says::<Team>(olga, &team, all, EditFilter { filter: BTreeMap::new() });
    let ticket = law.cast.ticket();
    let field = "https://plans.example/workflows/w/fields/1";
    let edit = |value: Value| {
        let object = json!({"id": ticket, "customFields": [value]});
        let act =
            olga.does(json!({"type": "Edit", "to": [tracker], "object": object, "capability": olga.permit(tracker)}));
        law.cast.world.call_of(tracker, &act)
    };
    let cleared = edit(json!({"type": "FieldValue", "context": field, "fieldValue": null}));
    let bare = edit(json!({"type": "FieldValue", "context": field}));
    assert!(cleared["method"] == "EditFields" && cleared != bare, "{cleared} {bare}");
}

/// What else may be written in several ways.
#[test]
fn other_shapes_say_the_same() {
    let law = Law::new();
    let (olga, alice, bob, tracker) = (&law.cast.olga, &law.cast.alice, &law.cast.bob, &law.cast.tracker);
    type T = TicketTracker;
    let ticket = law.cast.ticket();
    let grant = olga.permit(tracker);
    let cap = |mut activity: Value| {
        activity["capability"] = json!(grant);
        activity["to"] = json!([tracker]);
        activity
    };
    let collaborators = format!("{tracker}/collaborators");
    law.says::<T>(bob, tracker, json!({"type": "Leave", "to": [tracker], "object": collaborators}), Leave {});
    let written_out = cap(json!({"type": "Resolve", "object": {"id": ticket, "type": "Ticket"}}));
    law.says::<T>(olga, tracker, written_out, Close { ticket: 1 });

    let update = |object: Value| cap(json!({"type": "Update", "object": object}));
    let more = olga.does(update(json!({"id": tracker, "name": "Pot", "preferredUsername": "evil"})));
    assert_eq!(law.cast.world.ended(tracker, &more), "noted", "an Update of more than can be edited is none");
    for archived in [true, false] {
        let said = json!({"id": tracker, "type": "TicketTracker", "isArchived": archived});
        law.says::<T>(olga, tracker, update(said), SetArchived { archived });
    }
    for visibility in [Visibility::Closed, Visibility::Public] {
        let said = json!({"id": tracker, "visibility": visibility.as_str()});
        law.says::<T>(olga, tracker, update(said), SetVisibility { visibility });
    }
    let target = alice.id.clone();
    let moved = json!({"type": "Move", "object": tracker, "origin": {"id": tracker}, "target": target});
    law.says::<T>(olga, tracker, cap(moved), Relocate { target });
    for strange in
        [json!({"id": tracker, "isArchived": "yes"}), json!({"id": tracker, "isArchived": true, "name": "x"})]
    {
        let act = olga.does(cap(json!({"type": "Edit", "object": strange})));
        assert_eq!(law.cast.world.ended(tracker, &act), "malformed", "{strange}");
    }

    bob.does(client::comment(tracker, &ticket, None, "x", None));
    let note = law.cast.world.rows(tracker.as_str(), "comments")[0].1["id"].as_str().unwrap().to_owned();
    let update =
        json!({"type": "Update", "to": [tracker], "object": {"id": note, "type": "Note", "content": "<p>y</p>"}});
    let expected = EditComment { id: note.clone(), content: html("<p>y</p>"), source: None, attachments: None };
    law.says::<T>(bob, tracker, update, expected);
    let tombstone = json!({"type": "Delete", "to": [tracker], "object": {"id": note, "type": "Tombstone"}});
    law.says::<T>(bob, tracker, tombstone, DeleteComment { id: note });
}
