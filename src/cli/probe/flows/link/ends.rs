//! What stands at which end of which kind of link, and what is decided there: keys of rows of `docs/forgefed/probe.tsv`.

use super::begun::Comes;
use crate::cli::probe::statement::NOTHING;
use pritchel_actors::link::{End, LinkKind, Side};

/// An end as the peer's actor has it.
pub struct Played {
    /// The kind of the peer's actor.
    pub kind: &'static str,
    /// The kind of link, and the side.
    pub end: End,
    /// The kind of our actor at the other end.
    pub ours: &'static str,
    /// A kind of ours that cannot be there.
    pub stray: &'static str,
    /// The peer's side begins it and ends it, if that is not told elsewhere.
    pub begins: Option<Begins>,
    /// Our side does.
    pub agrees: Option<Agrees>,
}

/// What is decided where the peer's side begins and ends. A source decides nothing of passing on.
pub struct Begins {
    /// What cannot be at the other end; who may not ask; what is there already; the answer.
    pub add: [&'static str; 4],
    /// What comes of it.
    pub comes: Comes,
    /// Who may not end it; the other end is listed no more; how that is told; what was passed on ends.
    pub remove: [&'static str; 4],
}

/// What is decided where our side begins and ends. A source tells of an end that our side made in no certain way.
pub struct Agrees {
    /// Who may not agree; how the peer's actor itself agrees.
    pub consent: [&'static str; 2],
    /// What comes of it.
    pub comes: Comes,
    /// The other end is listed no more; how that is told; what was passed on ends.
    pub dropped: [&'static str; 3],
}

const fn source(kind: LinkKind) -> End {
    End { kind, side: Side::Source }
}

const fn destination(kind: LinkKind) -> End {
    End { kind, side: Side::Destination }
}

/// A tracker of the peer's in a project of ours, and the other way round.
pub const COMPONENTS: &[Played] = &[
    Played {
        kind: "TicketTracker",
        end: source(LinkKind::Component),
        ours: "Project",
        stray: "TicketTracker",
        begins: None,
        agrees: Some(Agrees {
            consent: ["tt-beh-accept/6.2.1", "tt-beh-accept/6.2.3"],
            comes: Comes { grant: "tt-beh-grant/1.2", listed: "tt-beh-grant/1.1", passes: NOTHING },
            dropped: ["flow/project-dropped", NOTHING, NOTHING],
        }),
    },
    Played {
        kind: "Project",
        end: destination(LinkKind::Component),
        ours: "TicketTracker",
        stray: "Project",
        begins: None,
        agrees: Some(Agrees {
            consent: ["project-beh-accept/4.2.2", "project-beh-accept/4.2.4"],
            comes: Comes { grant: NOTHING, listed: "project-beh-accept/4.2.3", passes: "project-beh-grant/1.3" },
            dropped: ["flow/component-dropped", "flow/component-let-go", "flow/component-chain-ended"],
        }),
    },
];

/// A project of the peer's below one of ours, and above.
pub const PROJECTS: &[Played] = &[
    Played {
        kind: "Project",
        end: destination(LinkKind::Child),
        ours: "Project",
        stray: "TicketTracker",
        begins: Some(Begins {
            add: ["project-beh-add/2.1", "project-beh-add/2.2", "project-beh-add/2.3", "project-beh-add/2.4"],
            comes: Comes {
                grant: "project-beh-accept/5.2.2",
                listed: "flow/child-listed",
                passes: "project-beh-grant/3.2",
            },
            remove: [
                "project-beh-remove/3.1",
                "project-beh-remove/3.3",
                "project-beh-remove/3.4",
                "project-beh-remove/3.5",
            ],
        }),
        agrees: Some(Agrees {
            consent: ["project-beh-accept/6.2.1", "project-beh-accept/6.2.2"],
            comes: Comes { grant: NOTHING, listed: "flow/child-listed", passes: "project-beh-grant/3.2" },
            dropped: ["flow/child-dropped", "project-beh-accept/9.2", "project-beh-accept/9.3"],
        }),
    },
    Played {
        kind: "Project",
        end: source(LinkKind::Child),
        ours: "Project",
        stray: "TicketTracker",
        begins: Some(Begins {
            add: ["project-beh-add/3.1", "project-beh-add/3.2", "project-beh-add/3.3", "project-beh-add/3.4"],
            comes: Comes { grant: "project-beh-grant/4.1", listed: "flow/parent-listed", passes: NOTHING },
            remove: ["project-beh-remove/4.1", "project-beh-remove/4.3", "project-beh-remove/4.4", NOTHING],
        }),
        agrees: Some(Agrees {
            consent: ["project-beh-accept/8.2.1", "project-beh-accept/8.2.2"],
            comes: Comes { grant: "project-beh-grant/4.1", listed: "flow/parent-listed", passes: NOTHING },
            dropped: ["flow/parent-dropped", NOTHING, NOTHING],
        }),
    },
];

/// A team of the peer's above one of ours, and below.
pub const TEAMS: &[Played] = &[
    Played {
        kind: "Team",
        end: source(LinkKind::Subteam),
        ours: "Team",
        stray: "Project",
        begins: Some(Begins {
            add: ["team-beh-add/1.1", "team-beh-add/1.2", "team-beh-add/1.3", "team-beh-add/1.4"],
            comes: Comes { grant: "team-beh-grant/4.1", listed: "flow/subteam-listed", passes: NOTHING },
            remove: ["team-beh-remove/3.1", "team-beh-remove/3.3", "team-beh-remove/3.4", NOTHING],
        }),
        agrees: Some(Agrees {
            consent: ["team-beh-accept/6.2.1", "team-beh-accept/6.2.2"],
            comes: Comes { grant: "team-beh-grant/4.1", listed: "flow/subteam-listed", passes: NOTHING },
            dropped: ["flow/subteam-dropped", NOTHING, NOTHING],
        }),
    },
    Played {
        kind: "Team",
        end: destination(LinkKind::Subteam),
        ours: "Team",
        stray: "Project",
        begins: Some(Begins {
            add: ["team-beh-add/2.1", "team-beh-add/2.2", "team-beh-add/2.3", "team-beh-add/2.4"],
            comes: Comes {
                grant: "team-beh-accept/3.2.2",
                listed: "flow/parent-team-listed",
                passes: "team-beh-grant/3.2",
            },
            remove: ["team-beh-remove/2.1", "team-beh-remove/2.3", "team-beh-remove/2.4", "team-beh-remove/2.5"],
        }),
        agrees: Some(Agrees {
            consent: ["team-beh-accept/4.2.1", "team-beh-accept/4.2.2"],
            comes: Comes { grant: NOTHING, listed: "flow/parent-team-listed", passes: "team-beh-grant/3.2" },
            dropped: ["team-beh-accept/7.3", "team-beh-accept/7.2", "team-beh-accept/7.4"],
        }),
    },
];

/// A team of the peer's that is overseen by one of ours, and one that oversees.
pub const OVERSIGHT: &[Played] = &[
    Played {
        kind: "Team",
        end: source(LinkKind::Oversight),
        ours: "Team",
        stray: "Project",
        begins: Some(Begins {
            add: ["team-beh-add/8.1", "team-beh-add/8.2", "team-beh-add/8.3", "team-beh-add/8.4"],
            comes: Comes { grant: "team-beh-grant/6.1", listed: "flow/overseer-listed", passes: NOTHING },
            remove: ["team-beh-remove/9.1", "team-beh-remove/9.3", "team-beh-remove/9.4", NOTHING],
        }),
        agrees: Some(Agrees {
            consent: ["team-beh-accept/16.2.1", "team-beh-accept/16.2.2"],
            comes: Comes { grant: "team-beh-grant/6.1", listed: "flow/overseer-listed", passes: NOTHING },
            dropped: ["flow/overseer-dropped", NOTHING, NOTHING],
        }),
    },
    Played {
        kind: "Team",
        end: destination(LinkKind::Oversight),
        ours: "Team",
        stray: "Project",
        begins: Some(Begins {
            add: ["team-beh-add/9.1", "team-beh-add/9.2", "team-beh-add/9.3", "team-beh-add/9.4"],
            comes: Comes {
                grant: "team-beh-accept/13.2.2",
                listed: "flow/overseen-listed",
                passes: "team-beh-grant/5.2",
            },
            remove: ["team-beh-remove/8.1", "team-beh-remove/8.3", "team-beh-remove/8.4", "team-beh-remove/8.5"],
        }),
        agrees: Some(Agrees {
            consent: ["team-beh-accept/14.2.1", "team-beh-accept/14.2.2"],
            comes: Comes { grant: NOTHING, listed: "flow/overseen-listed", passes: "team-beh-grant/5.2" },
            dropped: ["team-beh-accept/17.3", "team-beh-accept/17.2", "team-beh-accept/17.4"],
        }),
    },
];

/// A team of the peer's with access to a tracker of ours, and a tracker of the peer's to which a team of ours has access.
pub const TEAM_RESOURCES: &[Played] = &[
    Played {
        kind: "Team",
        end: destination(LinkKind::TeamResource),
        ours: "TicketTracker",
        stray: "Team",
        begins: Some(Begins {
            add: ["team-beh-add/3.1", "team-beh-add/3.2", "team-beh-add/3.3", "team-beh-add/3.4"],
            comes: Comes {
                grant: "team-beh-accept/8.2.1",
                listed: "flow/team-resource-listed",
                passes: "team-beh-grant/1.2",
            },
            remove: ["team-beh-remove/4.1", "team-beh-remove/4.3", "team-beh-remove/4.4", "team-beh-remove/4.5"],
        }),
        agrees: Some(Agrees {
            consent: ["team-beh-accept/9.2.1", "team-beh-accept/9.2.2"],
            comes: Comes { grant: NOTHING, listed: "flow/team-resource-listed", passes: "team-beh-grant/1.2" },
            dropped: ["team-beh-accept/10.3", "team-beh-accept/10.2", "team-beh-accept/10.4"],
        }),
    },
    Played {
        kind: "TicketTracker",
        end: source(LinkKind::TeamResource),
        ours: "Team",
        stray: "Project",
        begins: None,
        agrees: Some(Agrees {
            consent: ["tt-beh-accept/4.2", "tt-beh-accept/4.7"],
            comes: Comes { grant: "tt-beh-grant/2.2", listed: "tt-beh-grant/2.1", passes: NOTHING },
            dropped: ["flow/team-dropped", NOTHING, NOTHING],
        }),
    },
];

/// What a team of the peer's needs to have something to pass on to its children.
pub const TO_BE_HELD: Played = Played {
    kind: "Team",
    end: destination(LinkKind::TeamResource),
    ours: "TicketTracker",
    stray: "Team",
    begins: None,
    agrees: None,
};

/// A factory of the peer's to which a team of ours has access.
pub const TO_BE_JOINED: Played = Played {
    kind: "Factory",
    end: source(LinkKind::TeamResource),
    ours: "Team",
    stray: "Project",
    begins: None,
    agrees: None,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::probe::statement::row;

    #[test]
    fn what_is_decided_of_links_is_a_row_each() {
        let all = [COMPONENTS, PROJECTS, TEAMS, OVERSIGHT, TEAM_RESOURCES];
        for played in all.into_iter().flatten() {
            let comes = |comes: &Comes| [comes.grant, comes.listed, comes.passes];
            let begins = played.begins.iter().flat_map(|of| [&of.add[..], &comes(&of.comes), &of.remove].concat());
            let agrees = played.agrees.iter().flat_map(|of| [&of.consent[..], &comes(&of.comes), &of.dropped].concat());
            for key in begins.chain(agrees).filter(|key| *key != NOTHING) {
                let row = row(key).unwrap_or_else(|| panic!("no row has the key {key}"));
                assert!(
                    row.kind().is_none_or(|kind| kind == played.kind),
                    "{key} is of another kind than {}",
                    played.kind
                );
            }
        }
    }
}
