//! Where an actor's document leads: its collections, and the actors it is tied to.

use crate::object::{Obj, Wrong};
use crate::uri::Uri;
use crate::write::Writer;

macro_rules! links {
    (one { $($(#[$one_doc:meta])* $one:ident = $one_term:literal,)* }
     many { $($(#[$many_doc:meta])* $many:ident = $many_term:literal,)* }) => {
        /// The links of an actor. A collection that is written out without an address is left out; read it from the document.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Links {
            $($(#[$one_doc])* pub $one: Option<Uri>,)*
            $($(#[$many_doc])* pub $many: Vec<Uri>,)*
        }

        impl Links {
            pub(super) fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
                Ok(Self {
                    $($one: obj.link($one_term)?,)*
                    $($many: links(obj, $many_term)?,)*
                })
            }

            /// Sets the link of this term to one address. A term that is no link is left alone.
            pub fn put(&mut self, term: &str, uri: Uri) {
                match term {
                    $($one_term => self.$one = Some(uri),)*
                    $($many_term => self.$many = vec![uri],)*
                    _ => {}
                }
            }

            /// Sets the links of this term: of a term for one, the first. A term that is no link is left alone.
            pub fn put_all(&mut self, term: &str, uris: Vec<Uri>) {
                match term {
                    $($one_term => self.$one = uris.into_iter().next(),)*
                    $($many_term => self.$many = uris,)*
                    _ => {}
                }
            }

            pub(super) fn write(&self, writer: Writer) -> Writer {
                writer
                    $(.maybe($one_term, self.$one.as_ref()))*
                    $(.flat($many_term, &self.$many))*
            }
        }
    };
}

links! {
    one {
        /// Who has access.
        collaborators = "collaborators",
        /// Teams that have access.
        teams = "teams",
        /// Of a Project: its components.
        components = "components",
        /// Of a Project: the projects under it.
        subprojects = "subprojects",
        /// Of a Team: the teams under it.
        subteams = "subteams",
        /// Of a Team: what it has access to.
        team_resources = "teamResources",
        /// Of a Team: the teams it oversees.
        oversees = "oversees",
        /// Of a Team: the teams that oversee it.
        overseen_by = "overseenBy",
        /// Of an Organization, in older documents of a Team: its members.
        members = "members",
        /// Of an Organization: its projects and components.
        org_assets = "orgAssets",
        /// The organizations it belongs to.
        organizations = "organizations",
        /// Its forks, newest first.
        forks = "forks",
        /// Who gave it a star.
        likes = "likes",
        /// Whom to address, in older documents.
        team = "team",
        /// What it was copied from.
        origin = "origin",
        /// The actor that decides about it, which for an actor is itself.
        managed_by = "managedBy",
        /// Its tracker of tickets.
        tickets_tracked_by = "ticketsTrackedBy",
        /// Its tracker of patches.
        send_patches_to = "sendPatchesTo",
        /// Its tracker of releases.
        releases_tracked_by = "releasesTrackedBy",
        /// Of a tracker: its workflow.
        tracker_workflow = "trackerWorkflow",
        /// Of a tracker: its roadmap.
        tracker_roadmap = "trackerRoadmap",
        /// Of a Workflow: its enums.
        workflow_enums = "workflowEnums",
        /// Of a Workflow: its fields.
        workflow_fields = "workflowFields",
        /// Of a Workflow: the trackers that use it.
        workflow_trackers = "workflowTrackers",
        /// Of a Roadmap: its milestones.
        roadmap_milestones = "roadmapMilestones",
        /// Of a Roadmap: the trackers that use it.
        roadmap_trackers = "roadmapTrackers",
        /// Of a ReleaseTracker: its releases.
        releases = "releases",
        /// Of a Repository: what it is a pull mirror of.
        mirrors = "mirrors",
        /// Of a Repository: who pushes its mirror here.
        mirrored_from = "mirroredFrom",
    }
    many {
        /// Collection of what it is part of; in older documents that itself.
        context = "context",
        /// What it tracks tickets for.
        tracks_tickets_for = "tracksTicketsFor",
        /// What it tracks patches for.
        tracks_patches_for = "tracksPatchesFor",
        /// What it tracks releases for.
        tracks_releases_for = "tracksReleasesFor",
        /// Of a Repository: its pull mirrors.
        mirrored_by = "mirroredBy",
        /// Of a Repository: its push mirrors.
        mirrors_to = "mirrorsTo",
        /// Grants that anybody may invoke.
        public_capability = "publicCapability",
        /// Other addresses of the same actor.
        also_known_as = "alsoKnownAs",
    }
}

/// Several links; what has no address is left out.
fn links(obj: &Obj<'_>, term: &str) -> Result<Vec<Uri>, Wrong> {
    let items = obj.many(term)?;
    items.iter().filter_map(|item| item.uri().transpose()).collect()
}
