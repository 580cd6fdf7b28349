//! Relationships: members, components, children, assignments, dependencies.
//!
//! Source: ForgeFed, "Team Membership", "Ticket Dependency"; older shapes with `tag` and `hasMember` are read too.

use crate::activity::maybe_actor;
use crate::context;
use crate::grant::read_role;
use crate::json::Document;
use crate::object::{Obj, Wrong};
use crate::terms::words;
use crate::time::Seconds;
use crate::uri::Uri;
use crate::uri::actor::ActorUri;
use crate::write::Writer;
use serde_json::{Value, json};

words! {
    /// How the subject of a relationship stands to its object.
    pub enum Relation {
        /// A resource and somebody with access to it.
        HasCollaborator = "hasCollaborator",
        /// A resource and a team with access to it.
        HasRecursiveCollaborator = "hasRecursiveCollaborator",
        /// A project and a component.
        HasComponent = "hasComponent",
        /// A project or team and one under it.
        HasChild = "hasChild",
        /// A project or team and one above it.
        HasParent = "hasParent",
        /// A team and one it oversees.
        HasOverseen = "hasOverseen",
        /// A team and one that oversees it.
        HasOversight = "hasOversight",
        /// An organization and a member; before that, a team and a member.
        HasMember = "hasMember",
        /// An organization and a project or component.
        HasAsset = "hasAsset",
        /// A ticket and who works on it.
        AssignedTo = "assignedTo",
        /// A ticket and one it waits for.
        DependsOn = "dependsOn",
    }
}

/// Two things and how they stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relationship {
    /// Its address.
    pub id: Option<Uri>,
    /// The one.
    pub subject: Uri,
    /// How it stands to the other.
    pub relation: Relation,
    /// The other.
    pub object: Uri,
    /// The role it comes with, read from `instrument`, in older documents from `tag`.
    pub role: Option<String>,
}

impl Relationship {
    /// Reads a relationship.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("Relationship") {
            return Err(obj.wrong("type", "a Relationship"));
        }
        let role = match read_role(obj, "instrument")? {
            Some(role) => Some(role),
            None => read_role(obj, "tag")?,
        };
        Ok(Self {
            id: obj.id()?,
            subject: obj.need_uri("subject")?,
            relation: relation(obj)?,
            object: obj.need_uri("object")?,
            role,
        })
    }

    /// Who works on a ticket, as an item of its `assignments`.
    pub fn assignment(id: Uri, ticket: Uri, assignee: &ActorUri) -> Self {
        Self { id: Some(id), subject: ticket, relation: Relation::AssignedTo, object: assignee.into(), role: None }
    }

    fn writer(&self, writer: Writer) -> Writer {
        writer
            .maybe("id", self.id.as_ref())
            .put("type", "Relationship")
            .put("subject", &self.subject)
            .put("relationship", &self.relation)
            .put("object", &self.object)
            .maybe("instrument", self.role.as_deref())
    }

    /// As an item of a collection.
    pub fn to_value(&self) -> Value {
        self.writer(Writer::new()).into()
    }

    /// As a document of its own.
    pub fn to_document(&self) -> Document {
        Document::from_map(self.writer(Writer::with_context(context::forge())).finish())
    }
}

/// One ticket that waits for another. Hosted by the tracker of the waiting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketDependency {
    /// Its address; an offered one has none yet.
    pub id: Option<Uri>,
    /// The waiting ticket.
    pub subject: Uri,
    /// The ticket it waits for.
    pub object: Uri,
    /// Who asked for it.
    pub attributed_to: Option<ActorUri>,
    /// One line of HTML, not yet sanitised.
    pub summary: Option<String>,
    /// When it was made.
    pub published: Option<Seconds>,
}

impl TicketDependency {
    /// Reads a dependency. Its relation must be `dependsOn`.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("TicketDependency") {
            return Err(obj.wrong("type", "a TicketDependency"));
        }
        if relation(obj)? != Relation::DependsOn {
            return Err(obj.wrong("relationship", "dependsOn"));
        }
        Ok(Self {
            id: obj.id()?,
            subject: obj.need_uri("subject")?,
            object: obj.need_uri("object")?,
            attributed_to: maybe_actor(obj, "attributedTo")?,
            summary: obj.text("summary")?.map(str::to_owned),
            published: obj.time("published")?,
        })
    }

    fn writer(&self, writer: Writer) -> Writer {
        writer
            .maybe("id", self.id.as_ref())
            .put("type", json!(["Relationship", "TicketDependency"]))
            .maybe("attributedTo", self.attributed_to.as_ref())
            .put("subject", &self.subject)
            .put("relationship", "dependsOn")
            .put("object", &self.object)
            .maybe("summary", self.summary.as_deref())
            .maybe("published", self.published.map(|time| time.to_string()))
    }

    /// As the object of an activity, or an item of a collection.
    pub fn to_value(&self) -> Value {
        self.writer(Writer::new()).into()
    }

    /// As a document of its own.
    pub fn to_document(&self) -> Document {
        Document::from_map(self.writer(Writer::with_context(context::forge())).finish())
    }
}

fn relation(obj: &Obj<'_>) -> Result<Relation, Wrong> {
    match obj.words("relationship")?.as_slice() {
        [word] => Ok(Relation::from_name(word)),
        _ => Err(obj.wrong("relationship", "one word of the vocabulary")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    fn component() -> Relationship {
        Relationship {
            id: Some(uri("https://dev.example/projects/kitchen/components/1")),
            subject: uri("https://dev.example/projects/kitchen"),
            relation: Relation::HasComponent,
            object: uri("https://forge.example/repos/tea"),
            role: Some("write".into()),
        }
    }

    fn dependency() -> TicketDependency {
        TicketDependency {
            id: None,
            subject: uri("https://forge.example/trackers/tea/tickets/1"),
            object: uri("https://dev.example/trackers/pot/tickets/2"),
            attributed_to: Some(ActorUri::parse("https://forge.example/people/alice").unwrap()),
            summary: Some("first the pot".into()),
            published: Some(Seconds::new(1_700_000_000)),
        }
    }

    #[test]
    fn relationships_are_read_as_they_were_written() {
        assert_eq!(Relationship::read(&component().to_document().obj()), Ok(component()));
        let alice = ActorUri::parse("https://forge.example/people/alice").unwrap();
        let assignment = Relationship::assignment(uri("https://a.example/1"), uri("https://a.example/2"), &alice);
        assert_eq!(Relationship::read(&assignment.to_document().obj()), Ok(assignment));
        assert_eq!(TicketDependency::read(&dependency().to_document().obj()), Ok(dependency()));
    }

    #[test]
    fn a_relationship_is_written_with_its_role_as_instrument() {
        insta::assert_json_snapshot!(component().to_document().value());
        insta::assert_json_snapshot!(dependency().to_value());
    }

    #[test]
    fn an_older_role_in_tag_is_read() {
        let mut value = component().to_value();
        for (tag, role) in [("develop", "write"), ("admin", "admin"), ("https://r.example/x", "https://r.example/x")] {
            value["instrument"] = Value::Null;
            value["tag"] = json!(tag);
            let document = Document::from_value(value.clone()).unwrap();
            assert_eq!(Relationship::read(&document.obj()).unwrap().role.as_deref(), Some(role));
        }
    }

    #[test]
    fn a_relationship_without_one_of_its_parts_is_refused() {
        for term in ["type", "subject", "relationship", "object"] {
            let document = component().to_document().edit().remove(term).finish();
            assert_eq!(Relationship::read(&document.obj()).unwrap_err().at, format!("/{term}"));
            let document = dependency().to_document().edit().remove(term).finish();
            assert_eq!(TicketDependency::read(&document.obj()).unwrap_err().at, format!("/{term}"));
        }
        let other = dependency().to_document().edit().set("relationship", "hasChild").finish();
        assert_eq!(TicketDependency::read(&other.obj()).unwrap_err().at, "/relationship");
    }
}
