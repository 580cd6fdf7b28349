//! What stands at the top of every page of an actor: its name, what it is, and what the visitor may do with it as such.

use crate::answer::WebResult;
use crate::page::authority::role_on;
use crate::page::family::{self, Relative};
use crate::page::parts::{Badge, Prose, When, Who};
use crate::page::views::Follows;
use crate::page::visit::Visit;
use crate::page::who::{Kind, Names, tab, word};
use crate::powers;
use pritchel_actor::{ActorId, Seconds};
use pritchel_actors::access::Role;
use pritchel_actors::access::view::{ResourceShown, ViewResource};
use pritchel_actors::common::text::Html;
use pritchel_actors::common::{ResourceActor, Visibility};
use pritchel_actors::person::view::ViewPerson;
use pritchel_actors::{Person, ResourceKind, with_resource};

/// Asks a near actor of a kind found at run time. The view answers the same for each kind.
macro_rules! look {
    ($visit:expr, $kind:expr, $actor:expr, $view:expr) => {{
        let (node, actor, view) = (&$visit.front.node, $actor, $view);
        match $kind {
            $crate::page::who::Kind::Person => node.look::<pritchel_actors::Person, _>(actor, &view).await,
            $crate::page::who::Kind::Resource(kind) => {
                pritchel_actors::with_resource!(kind, A => node.look::<A, _>(actor, &view).await)
            }
        }
    }};
}
pub(crate) use look;

/// How the visitor stands to an actor as a follower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Nobody is signed in, or it is oneself.
    Cannot,
    /// They do not follow it.
    Not,
    /// They have asked to.
    Asked(String),
    /// They do.
    Does(String),
}

/// That a resource is archived.
#[derive(Clone, Debug)]
pub struct ArchivedShown {
    /// Since when.
    pub since: When,
    /// Where it has moved to, if it has.
    pub place: Option<Who>,
}

/// The top of an actor's page.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its address.
    pub id: ActorId,
    /// Its path.
    pub path: String,
    /// Its kind.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// Its name in `acct:` form.
    pub handle: Option<String>,
    /// What it says of itself.
    pub summary: Option<Prose>,
    /// The same as it is edited.
    pub about: String,
    /// The role by which it is named.
    pub edits: Option<Role>,
    /// Since when it is there.
    pub published: When,
    /// Who may see it, where that is not everybody.
    pub visibility: Option<Badge>,
    /// The same by its word; a person has none.
    pub shown_to: Option<&'static str>,
    /// Whether only those may see it who have a role on it.
    pub private: bool,
    /// How many follow it.
    pub followers: u64,
    /// Whether the visitor may look into its boxes.
    pub owns: bool,
    /// The visitor's role, their own or everybody's.
    pub role: Option<Role>,
    /// Whether the visitor has a role of their own.
    pub collaborates: bool,
    /// Whether the visitor is to be shown all forms.
    pub tester: bool,
    /// How the visitor stands as a follower.
    pub follow: Follow,
    /// That it is only read, if it is.
    pub archived: Option<ArchivedShown>,
    /// A repository and its trackers, of which it is one.
    pub family: Vec<Relative>,
}

impl Head {
    /// The top of the page of this actor, if the visitor may see it.
    pub async fn of(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult<Self> {
        let view = ViewResource { viewer: visit.viewer() };
        let node = &visit.front.node;
        powers::bring(visit, actor).await?;
        let shown = match kind {
            Kind::Person => {
                let person = node.look::<Person, _>(actor, &ViewPerson).await?;
                return Self::of_person(visit, actor, &person).await;
            }
            Kind::Resource(kind) => with_resource!(kind, A => node.look::<A, _>(actor, &view).await)?,
        };
        Self::of_resource(visit, kind, actor, &shown).await
    }

    async fn of_person(visit: &Visit, actor: &ActorId, person: &Person) -> WebResult<Self> {
        let name = person.display_name.as_ref().map_or(person.name.as_str(), |name| name.as_str()).to_owned();
        let owns = visit.viewer().as_ref() == Some(actor);
        Ok(Self {
            name,
            handle: Some(format!("{}@{}", person.name, visit.site.shown())),
            summary: person.summary.clone().map(Prose),
            visibility: person.admin.then(|| Badge::new("plain", "administrator")),
            followers: person.followers,
            owns,
            role: None,
            collaborates: false,
            ..Self::bare(visit, Kind::Person, actor, person.published).await?
        })
    }

    async fn of_resource(visit: &Visit, kind: Kind, actor: &ActorId, shown: &ResourceShown) -> WebResult<Self> {
        let resource = &shown.resource;
        Ok(Self {
            name: resource.name.to_string(),
            handle: resource.handle.as_ref().map(|handle| format!("{handle}@{}", visit.site.shown())),
            summary: resource.summary.clone().map(Prose),
            about: resource.summary.as_ref().map(Html::to_plain).unwrap_or_default(),
            edits: ResourceKind::of(actor).map(|kind| with_resource!(kind, A => A::EDITED_BY)),
            visibility: match resource.visibility {
                Visibility::Public => None,
                Visibility::Closed => Some(Badge::new("plain", "closed")),
                Visibility::Private => Some(Badge::new("odd", "private")),
            },
            shown_to: Some(resource.visibility.as_str()),
            private: resource.visibility == Visibility::Private,
            followers: resource.followers,
            owns: shown.role == Some(Role::Admin),
            role: role_on(shown),
            collaborates: shown.role.is_some() || visit.is_tester(),
            archived: match &resource.archived {
                Some(archived) => Some(ArchivedShown {
                    since: When(archived.since),
                    place: match &archived.moved_to {
                        Some(place) => Some(Names::new(visit).who(place).await),
                        None => None,
                    },
                }),
                None => None,
            },
            ..Self::bare(visit, kind, actor, resource.published).await?
        })
    }

    async fn bare(visit: &Visit, kind: Kind, actor: &ActorId, published: Seconds) -> WebResult<Self> {
        let path = actor.as_str().strip_prefix(visit.site.origin.as_str()).unwrap_or(actor.as_str()).to_owned();
        Ok(Self {
            id: actor.clone(),
            path,
            kind,
            name: String::new(),
            handle: None,
            summary: None,
            about: String::new(),
            edits: None,
            published: When(published),
            visibility: None,
            shown_to: None,
            private: false,
            followers: 0,
            owns: false,
            role: None,
            collaborates: false,
            tester: visit.is_tester(),
            follow: follow(visit, actor).await?,
            archived: None,
            family: family::of(visit, kind, actor).await?,
        })
    }

    /// What people call its kind.
    pub fn word(&self) -> &'static str {
        word(self.kind)
    }

    /// What its own page shows.
    pub fn tab(&self) -> &'static str {
        tab(self.kind)
    }

    /// Whether it is a person.
    pub fn is_person(&self) -> bool {
        self.kind == Kind::Person
    }

    /// Whether the visitor, who is signed in, has at least this role, and may do something with it: not with what is archived.
    pub fn may(&self, role: Role) -> bool {
        self.is_open() && self.may_end(role)
    }

    /// The same of what ends something, which is done to what is archived, too.
    pub fn may_end(&self, role: Role) -> bool {
        self.follow != Follow::Cannot && (self.tester || self.role >= Some(role))
    }

    /// Whether the visitor may name it and say what it is for.
    pub fn may_edit(&self) -> bool {
        self.edits.is_some_and(|role| self.may(role)) && (self.collaborates || self.tester)
    }

    /// Whether the visitor administers it and it is not archived.
    pub fn manages(&self) -> bool {
        (self.owns || self.tester) && self.is_open()
    }

    /// Whether it is not archived.
    pub fn is_open(&self) -> bool {
        self.archived.is_none()
    }

    /// Whether everybody may see it: then it has a feed.
    pub fn is_public(&self) -> bool {
        !self.private
    }

    /// Whether it has moved.
    pub fn has_moved(&self) -> bool {
        self.archived.as_ref().is_some_and(|archived| archived.place.is_some())
    }

    /// The address of its repository, to be cloned.
    pub fn clone_url(&self) -> String {
        format!("{}.git", self.id)
    }
}

/// How the visitor stands to an actor, near or far, as a follower.
pub async fn follow(visit: &Visit, actor: &ActorId) -> WebResult<Follow> {
    let Some(me) = visit.me.as_ref().filter(|me| me.id != *actor) else { return Ok(Follow::Cannot) };
    let view = Follows { viewer: me.id.clone(), whom: actor.clone() };
    Ok(match visit.front.node.look::<Person, _>(&me.id, &view).await? {
        None => Follow::Not,
        Some(following) if following.since.is_none() => Follow::Asked(following.follow.to_string()),
        Some(following) => Follow::Does(following.follow.to_string()),
    })
}
