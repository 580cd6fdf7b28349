//! What a repository tells: pushes, commits, branches.
//!
//! Source: ForgeFed, "Push", "Commit", "Branch".

use crate::activity::draft::Draft;
use crate::activity::{ActivityType, Thing, actor, maybe_actor};
use crate::context;
use crate::json::Document;
use crate::limits::HASH_MAX_BYTES;
use crate::object::{Item, Obj, Wrong, quote};
use crate::ticket::media_type;
use crate::time::Seconds;
use crate::uri::Uri;
use crate::uri::actor::ActorUri;
use crate::write::Writer;
use serde_json::Value;

/// Who made a commit: an actor, or a mail address where no actor is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// An actor.
    Actor(ActorUri),
    /// A mail address, on the wire with `mailto:`.
    Mail(String),
}

impl Author {
    /// A commit's author by mail address, if that is one: git takes any text.
    pub fn mail(text: &str) -> Option<Self> {
        let is_mail = text.contains('@') && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        is_mail.then(|| Self::Mail(text.to_owned()))
    }

    fn read(obj: &Obj<'_>, term: &str) -> Result<Option<Self>, Wrong> {
        let mail = obj.get(term).and_then(Value::as_str).and_then(|text| text.strip_prefix("mailto:"));
        match mail {
            Some(mail) => Self::mail(mail).map(Some).ok_or_else(|| obj.wrong(term, "an actor or a mail address")),
            None => Ok(maybe_actor(obj, term)?.map(Self::Actor)),
        }
    }
}

impl From<&Author> for Value {
    fn from(author: &Author) -> Value {
        match author {
            Author::Actor(actor) => actor.into(),
            Author::Mail(mail) => Value::from(format!("mailto:{mail}")),
        }
    }
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its address.
    pub id: Option<Uri>,
    /// Its repository, in older documents under `repository`.
    pub context: Option<Uri>,
    /// Who wrote it.
    pub attributed_to: Option<Author>,
    /// When it was written.
    pub created: Option<Seconds>,
    /// Who committed it.
    pub committed_by: Option<Author>,
    /// When it was committed.
    pub committed: Option<Seconds>,
    /// Its hash, lower-case hexadecimal.
    pub hash: String,
    /// First line of its message, as HTML, not yet sanitised.
    pub summary: Option<String>,
    /// The rest of its message, plain text.
    pub description: Option<String>,
    /// Paths it adds.
    pub files_added: Vec<String>,
    /// Paths it changes.
    pub files_modified: Vec<String>,
    /// Paths it removes.
    pub files_removed: Vec<String>,
}

impl Commit {
    /// Reads a commit.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("Commit") {
            return Err(obj.wrong("type", "a Commit"));
        }
        let own = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        let hash = read_hash(obj, "hash")?.ok_or_else(|| obj.wrong("hash", "a hash"))?;
        Ok(Self {
            id: obj.id()?,
            context: if obj.get("context").is_some() { obj.uri("context")? } else { obj.uri("repository")? },
            attributed_to: Author::read(obj, "attributedTo")?,
            created: obj.time("created")?,
            committed_by: Author::read(obj, "committedBy")?,
            committed: obj.time("committed")?,
            hash,
            summary: obj.text("summary")?.map(str::to_owned),
            description: description(obj)?,
            files_added: own(obj.texts("filesAdded")?),
            files_modified: own(obj.texts("filesModified")?),
            files_removed: own(obj.texts("filesRemoved")?),
        })
    }

    fn writer(&self, writer: Writer) -> Writer {
        let time = |time: Option<Seconds>| time.map(|time| time.to_string());
        let description = self.description.as_deref();
        let description = description.map(|text| Writer::new().put("mediaType", "text/plain").put("content", text));
        writer
            .maybe("id", self.id.as_ref())
            .put("type", "Commit")
            .maybe("context", self.context.as_ref())
            .maybe("attributedTo", self.attributed_to.as_ref())
            .maybe("created", time(self.created))
            .maybe("committedBy", self.committed_by.as_ref())
            .maybe("committed", time(self.committed))
            .put("hash", self.hash.as_str())
            .maybe("summary", self.summary.as_deref())
            .maybe("description", description)
            .list("filesAdded", self.files_added.iter().map(String::as_str))
            .list("filesModified", self.files_modified.iter().map(String::as_str))
            .list("filesRemoved", self.files_removed.iter().map(String::as_str))
    }

    /// As an item of a push.
    pub fn to_value(&self) -> Value {
        self.writer(Writer::new()).into()
    }

    /// As a document of its own.
    pub fn to_document(&self) -> Document {
        Document::from_map(self.writer(Writer::with_context(context::forge())).finish())
    }
}

/// The plain text of `description`: an object with `content`, or a bare text.
fn description(obj: &Obj<'_>) -> Result<Option<String>, Wrong> {
    if let Some(Value::String(text)) = obj.get("description") {
        return Ok(Some(text.clone()));
    }
    match obj.one("description")? {
        None => Ok(None),
        Some(Item::Embedded(inner)) => match media_type(&inner)?.as_deref() {
            None | Some("text/plain") => Ok(inner.text("content")?.map(str::to_owned)),
            Some(_) => Err(inner.wrong("mediaType", "text/plain")),
        },
        Some(_) => Err(obj.wrong("description", "an object with content")),
    }
}

/// A hash in hexadecimal, brought to lower case. Which length fits is for the repository to say.
fn read_hash(obj: &Obj<'_>, term: &str) -> Result<Option<String>, Wrong> {
    let Some(text) = obj.text(term)? else { return Ok(None) };
    let fits = !text.is_empty() && text.len() <= HASH_MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits { Ok(Some(text.to_ascii_lowercase())) } else { Err(obj.wrong(term, "a hash in hexadecimal")) }
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its address.
    pub id: Option<Uri>,
    /// Its repository.
    pub context: Uri,
    /// Its name for people.
    pub name: Option<String>,
    /// Its full name in version control, such as `refs/heads/main`.
    pub ref_name: String,
}

impl Branch {
    /// Reads a branch. A slash before `refs` is left out, as one example of the specification has it.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("Branch") {
            return Err(obj.wrong("type", "a Branch"));
        }
        let text = obj.need_text("ref")?;
        let ref_name = text.strip_prefix('/').unwrap_or(text);
        if !is_ref_name(ref_name) {
            return Err(obj.wrong("ref", "a full name such as refs/heads/main"));
        }
        Ok(Self {
            id: obj.id()?,
            context: obj.need_uri("context")?,
            name: obj.text("name")?.map(str::to_owned),
            ref_name: ref_name.to_owned(),
        })
    }

    fn writer(&self, writer: Writer) -> Writer {
        writer
            .maybe("id", self.id.as_ref())
            .put("type", "Branch")
            .put("context", &self.context)
            .maybe("name", self.name.as_deref())
            .put("ref", self.ref_name.as_str())
    }

    /// As the target of an activity.
    pub fn to_value(&self) -> Value {
        self.writer(Writer::new()).into()
    }

    /// As a document of its own.
    pub fn to_document(&self) -> Document {
        Document::from_map(self.writer(Writer::with_context(context::forge())).finish())
    }
}

/// Whether a name is one that git takes, and no option or path out of the repository.
///
/// Source: git-check-ref-format(1).
fn is_ref_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    let part_fits = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    name.len() <= 255
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.chars().any(forbidden)
        && name.split('/').all(part_fits)
}

/// A commit in a list: written out, or by its address alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// By its address. A push keeps within 64 KiB by listing commits so.
    Uri(Uri),
    /// Written out.
    Commit(Box<Commit>),
}

impl Listed {
    fn read_all(obj: &Obj<'_>, items: Vec<Item<'_>>) -> Result<Vec<Self>, Wrong> {
        let read = |item: Item<'_>| match item {
            Item::Uri(uri) => Ok(Self::Uri(uri)),
            Item::Embedded(commit) => Ok(Self::Commit(Box::new(Commit::read(&commit)?))),
            Item::Word(word) => Err(Wrong::new(obj.at(), "commits", quote(word))),
        };
        items.into_iter().map(read).collect()
    }
}

impl From<&Listed> for Value {
    fn from(listed: &Listed) -> Value {
        match listed {
            Listed::Uri(uri) => uri.into(),
            Listed::Commit(commit) => commit.to_value(),
        }
    }
}

/// The report of a repository that a branch has moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// Its address.
    pub id: Option<Uri>,
    /// The repository. In an older shape the pusher, with the repository in `context`.
    pub actor: ActorUri,
    /// The pusher.
    pub attributed_to: Option<ActorUri>,
    /// The repository in the older shape; the newest one leaves it out.
    pub context: Option<Uri>,
    /// What it carries out: the `Apply` of a merge.
    pub fulfills: Vec<Uri>,
    /// The branch by address or written out, or the repository itself if it has no branches.
    pub target: Thing,
    /// Hash of the branch before, if it was there.
    pub hash_before: Option<String>,
    /// Hash of the branch after, if it is there.
    pub hash_after: Option<String>,
    /// How many commits were pushed, as the sender says.
    pub total: Option<u64>,
    /// All commits, or the latest, newest first.
    pub commits: Vec<Listed>,
    /// Where `commits` are the latest only: the earliest, newest first.
    pub early: Vec<Listed>,
    /// The list by its address, where it is not written out.
    pub list: Option<Uri>,
}

impl Push {
    /// Reads a push.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("Push") {
            return Err(obj.wrong("type", "a Push"));
        }
        let target = Thing::read_one(obj, "target")?.ok_or_else(|| obj.wrong("target", "a branch or repository"))?;
        let mut push = Self {
            id: obj.id()?,
            actor: actor(obj, "actor")?,
            attributed_to: maybe_actor(obj, "attributedTo")?,
            context: obj.uri("context")?,
            fulfills: obj.uris("fulfills")?,
            target,
            hash_before: read_hash(obj, "hashBefore")?,
            hash_after: read_hash(obj, "hashAfter")?,
            total: None,
            commits: Vec::new(),
            early: Vec::new(),
            list: None,
        };
        match obj.one("object")? {
            None => {}
            Some(Item::Uri(uri)) => push.list = Some(uri),
            Some(Item::Word(_)) => return Err(obj.wrong("object", "a list of commits")),
            Some(Item::Embedded(list)) => {
                push.list = list.id()?;
                push.total = list.count("totalItems")?;
                push.commits = Listed::read_all(&list, list.items()?)?;
                push.early = Listed::read_all(&list, list.many("earlyItems")?)?;
            }
        }
        Ok(push)
    }

    /// The activity that says it, still without audience.
    pub fn draft(&self) -> Draft {
        let mut draft = Draft::new(ActivityType::Push, self.actor.clone()).target(&self.target);
        draft = self.id.iter().cloned().fold(draft, Draft::id);
        draft = self.context.iter().fold(draft, Draft::context);
        draft = self.fulfills.iter().cloned().fold(draft, Draft::fulfills);
        let written_out = self.total.is_some() || !self.commits.is_empty() || !self.early.is_empty();
        if written_out || self.list.is_none() {
            let list = Writer::new()
                .maybe("id", self.list.as_ref())
                .put("type", "OrderedCollection")
                .maybe("totalItems", self.total)
                .list("orderedItems", &self.commits)
                .list("earlyItems", &self.early);
            draft = draft.object(list);
        } else {
            draft = self.list.iter().fold(draft, Draft::object);
        }
        let own = Writer::new()
            .maybe("attributedTo", self.attributed_to.as_ref())
            .maybe("hashBefore", self.hash_before.as_deref())
            .maybe("hashAfter", self.hash_after.as_deref())
            .finish();
        own.into_iter().fold(draft, |draft, (term, value)| draft.term(&term, value))
    }
}

#[cfg(test)]
mod tests;
