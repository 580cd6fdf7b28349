//! NodeInfo: what software a server runs, and how many use it.
//!
//! Source: nodeinfo.diaspora.software, schemas 2.0 and 2.1.

use crate::json::Document;
use crate::object::{Item, Obj, Wrong};
use crate::uri::Uri;
use crate::webfinger::ReadError;
use crate::write::Writer;
use serde_json::{Map, Value, json};

/// The schema, by its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Without addresses of the software.
    V2_0,
    /// With them.
    V2_1,
}

impl Version {
    /// The version as it stands in the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2_0 => "2.0",
            Self::V2_1 => "2.1",
        }
    }

    /// The relation that leads to a document of this version.
    pub const fn rel(self) -> &'static str {
        match self {
            Self::V2_0 => "http://nodeinfo.diaspora.software/ns/schema/2.0",
            Self::V2_1 => "http://nodeinfo.diaspora.software/ns/schema/2.1",
        }
    }

    /// The media type of a document of this version.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::V2_0 => "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.0#\"",
            Self::V2_1 => "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.1#\"",
        }
    }
}

/// The well-known document: where the others are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfoIndex {
    /// Relation and address, in the order given. Forgejo follows the first.
    pub links: Vec<(String, Uri)>,
}

impl NodeInfoIndex {
    /// Reads the well-known document. Links that are no web addresses are left out.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let document = Document::parse(bytes)?;
        let obj = document.obj();
        let mut links = Vec::new();
        for item in obj.many("links")? {
            let Item::Embedded(link) = item else { return Err(obj.wrong("links", "objects").into()) };
            if let Ok(href) = Uri::parse(link.need_text("href")?) {
                links.push((link.need_text("rel")?.to_owned(), href));
            }
        }
        Ok(Self { links })
    }

    /// The newest document we can read.
    pub fn best(&self) -> Option<(Version, &Uri)> {
        [Version::V2_1, Version::V2_0].into_iter().find_map(|version| {
            let (_, href) = self.links.iter().find(|(rel, _)| rel == version.rel())?;
            Some((version, href))
        })
    }

    /// The well-known document.
    pub fn to_document(&self) -> Document {
        let link = |(rel, href): &(String, Uri)| json!({ "rel": rel, "href": href });
        Document::from_map(Writer::new().list("links", self.links.iter().map(link)).finish())
    }
}

/// What a server tells about itself. Nothing of it is proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    /// Name of the software, lower case.
    pub software: String,
    /// Its version.
    pub version: String,
    /// Where its source is. Not in schema 2.0.
    pub repository: Option<Uri>,
    /// Its home page. Not in schema 2.0.
    pub homepage: Option<Uri>,
    /// Protocols spoken, such as `activitypub`.
    pub protocols: Vec<String>,
    /// Other services it reads from.
    pub inbound: Vec<String>,
    /// Other services it writes to.
    pub outbound: Vec<String>,
    /// Whether anybody may register.
    pub open_registrations: bool,
    /// People registered.
    pub users_total: Option<u64>,
    /// Of these, active within 180 days.
    pub users_half_year: Option<u64>,
    /// Of these, active within 30 days.
    pub users_month: Option<u64>,
    /// Posts written here.
    pub local_posts: Option<u64>,
    /// Comments written here.
    pub local_comments: Option<u64>,
    /// Whatever else.
    pub metadata: Map<String, Value>,
}

impl NodeInfo {
    /// Reads a document of schema 2.0 or 2.1.
    pub fn parse(bytes: &[u8]) -> Result<(Version, Self), ReadError> {
        let document = Document::parse(bytes)?;
        let obj = document.obj();
        let version = match obj.text("version")? {
            Some("2.0") => Version::V2_0,
            Some("2.1") => Version::V2_1,
            _ => return Err(obj.wrong("version", "2.0 or 2.1").into()),
        };
        Ok((version, Self::read(&obj)?))
    }

    fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        let own = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        let software = inner(obj, "software")?.ok_or_else(|| obj.wrong("software", "an object"))?;
        let mut info = Self {
            software: software.need_text("name")?.to_owned(),
            version: software.text("version")?.unwrap_or_default().to_owned(),
            repository: software.first_web("repository"),
            homepage: software.first_web("homepage"),
            protocols: own(obj.texts("protocols")?),
            open_registrations: obj.flag("openRegistrations")?.unwrap_or(false),
            metadata: obj.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default(),
            ..Self::default()
        };
        if let Some(services) = inner(obj, "services")? {
            info.inbound = own(services.texts("inbound")?);
            info.outbound = own(services.texts("outbound")?);
        }
        if let Some(usage) = inner(obj, "usage")? {
            info.local_posts = usage.count("localPosts")?;
            info.local_comments = usage.count("localComments")?;
            if let Some(users) = inner(&usage, "users")? {
                info.users_total = users.count("total")?;
                info.users_half_year = users.count("activeHalfyear")?;
                info.users_month = users.count("activeMonth")?;
            }
        }
        Ok(info)
    }

    /// The document in a schema. Schema 2.0 has no place for the addresses of the software, and refuses them.
    pub fn to_document(&self, version: Version) -> Document {
        let full = version == Version::V2_1;
        let strings = |texts: &[String]| Value::from(texts.to_vec());
        let software = Writer::new()
            .put("name", self.software.as_str())
            .put("version", self.version.as_str())
            .maybe("repository", self.repository.as_ref().filter(|_| full))
            .maybe("homepage", self.homepage.as_ref().filter(|_| full));
        let users = Writer::new()
            .maybe("total", self.users_total)
            .maybe("activeHalfyear", self.users_half_year)
            .maybe("activeMonth", self.users_month);
        let usage = Writer::new()
            .put("users", users)
            .maybe("localPosts", self.local_posts)
            .maybe("localComments", self.local_comments);
        let services = Writer::new().put("inbound", strings(&self.inbound)).put("outbound", strings(&self.outbound));
        let writer = Writer::new()
            .put("version", version.as_str())
            .put("software", software)
            .put("protocols", strings(&self.protocols))
            .put("services", services)
            .put("openRegistrations", self.open_registrations)
            .put("usage", usage)
            .put("metadata", self.metadata.clone());
        Document::from_map(writer.finish())
    }
}

/// The object written out under a term.
fn inner<'a>(obj: &Obj<'a>, term: &str) -> Result<Option<Obj<'a>>, Wrong> {
    match obj.one(term)? {
        None => Ok(None),
        Some(Item::Embedded(inner)) => Ok(Some(inner)),
        Some(_) => Err(obj.wrong(term, "an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    fn info() -> NodeInfo {
        NodeInfo {
            software: "pritchel".into(),
            version: "0.1.0".into(),
            repository: Some(uri("https://forge.example/pritchel")),
            homepage: Some(uri("https://pritchel.example/")),
            protocols: vec!["activitypub".into()],
            inbound: vec![],
            outbound: vec!["atom1.0".into()],
            open_registrations: true,
            users_total: Some(14),
            users_half_year: Some(2),
            users_month: None,
            local_posts: Some(3),
            local_comments: Some(0),
            metadata: Map::from_iter([("forge".to_owned(), json!(true))]),
        }
    }

    #[test]
    fn a_document_is_read_as_it_was_written() {
        assert_eq!(NodeInfo::parse(info().to_document(Version::V2_1).raw()), Ok((Version::V2_1, info())));
        let without = NodeInfo { repository: None, homepage: None, ..info() };
        assert_eq!(NodeInfo::parse(info().to_document(Version::V2_0).raw()), Ok((Version::V2_0, without)));
        insta::assert_json_snapshot!(info().to_document(Version::V2_1).value());
    }

    #[test]
    fn the_newest_document_we_can_read_is_chosen() {
        let link = |rel: &str, href: &str| (rel.to_owned(), uri(href));
        let index = NodeInfoIndex {
            links: vec![
                link("http://nodeinfo.diaspora.software/ns/schema/1.0", "https://a.example/1.0"),
                link(Version::V2_0.rel(), "https://a.example/2.0"),
                link(Version::V2_1.rel(), "https://a.example/2.1"),
            ],
        };
        let read = NodeInfoIndex::parse(index.to_document().raw()).unwrap();
        assert_eq!(read, index);
        assert_eq!(read.best(), Some((Version::V2_1, &uri("https://a.example/2.1"))));
        assert_eq!(NodeInfoIndex::default().best(), None);
    }

    #[test]
    fn links_that_are_no_web_addresses_are_left_out() {
        let text = json!({"links": [{"rel": Version::V2_0.rel(), "href": "./nodeinfo"}]}).to_string();
        assert_eq!(NodeInfoIndex::parse(text.as_bytes()), Ok(NodeInfoIndex::default()));
        assert!(NodeInfoIndex::parse(br#"{"links":["x"]}"#).is_err());
    }

    #[test]
    fn a_document_of_another_shape_is_refused() {
        for (term, bad) in [
            ("version", json!("1.0")),
            ("software", json!("pritchel")),
            ("software", json!({"name": ""})),
            ("protocols", json!({"inbound": []})),
            ("usage", json!({"users": {"total": -1}})),
            ("openRegistrations", json!("yes")),
        ] {
            let document = info().to_document(Version::V2_1).edit().set(term, bad).finish();
            assert!(NodeInfo::parse(document.raw()).is_err(), "{term}");
        }
    }
}
