//! Writing an activity: newest shape, fixed order, right context.

use super::{Activity, ActivityType};
use crate::context;
use crate::json::Document;
use crate::object::Wrong;
use crate::time::Seconds;
use crate::uri::Uri;
use crate::uri::actor::ActorUri;
use crate::write::Writer;
use serde_json::{Map, Value};

/// An activity being written. It has no blind audience: `bto` and `bcc` never leave this server.
#[derive(Clone, Debug)]
pub struct Draft {
    kind: ActivityType,
    actor: ActorUri,
    id: Option<Uri>,
    object: Vec<Value>,
    single: Vec<(&'static str, Value)>,
    result: Vec<Value>,
    fulfills: Vec<Uri>,
    to: Vec<Uri>,
    cc: Vec<Uri>,
    terms: Map<String, Value>,
    proof: bool,
}

/// Terms with one value, in the order they are written.
const SINGLE: [&str; 10] = [
    "target",
    "origin",
    "instrument",
    "context",
    "capability",
    "startTime",
    "endTime",
    "published",
    "summary",
    "content",
];

impl Draft {
    /// Begins an activity of an actor.
    pub fn new(kind: ActivityType, actor: ActorUri) -> Self {
        let (object, single, result, fulfills) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (to, cc, terms) = (Vec::new(), Vec::new(), Map::new());
        Self { kind, actor, id: None, object, single, result, fulfills, to, cc, terms, proof: false }
    }

    /// Its address.
    pub fn id(mut self, id: Uri) -> Self {
        self.id = Some(id);
        self
    }

    /// One more thing it is done to: an address, a word or an object.
    pub fn object(mut self, object: impl Into<Value>) -> Self {
        self.object.push(object.into());
        self
    }

    /// Where to, or for whom.
    pub fn target(self, target: impl Into<Value>) -> Self {
        self.single("target", target)
    }

    /// Where from.
    pub fn origin(self, origin: impl Into<Value>) -> Self {
        self.single("origin", origin)
    }

    /// By what means.
    pub fn instrument(self, instrument: impl Into<Value>) -> Self {
        self.single("instrument", instrument)
    }

    /// What it belongs to.
    pub fn context(self, context: impl Into<Value>) -> Self {
        self.single("context", context)
    }

    /// The Grant it invokes.
    pub fn capability(self, grant: &Uri) -> Self {
        self.single("capability", grant)
    }

    /// One more thing that came of it.
    pub fn result(mut self, result: impl Into<Value>) -> Self {
        self.result.push(result.into());
        self
    }

    /// One more activity it carries out.
    pub fn fulfills(mut self, activity: Uri) -> Self {
        self.fulfills.push(activity);
        self
    }

    /// Further addressees.
    pub fn to(mut self, to: impl IntoIterator<Item = Uri>) -> Self {
        self.to.extend(to);
        self
    }

    /// Further secondary addressees.
    pub fn cc(mut self, cc: impl IntoIterator<Item = Uri>) -> Self {
        self.cc.extend(cc);
        self
    }

    /// When it begins to hold.
    pub fn start_time(self, time: Seconds) -> Self {
        self.single("startTime", time.to_string())
    }

    /// When it ends to hold.
    pub fn end_time(self, time: Seconds) -> Self {
        self.single("endTime", time.to_string())
    }

    /// When it is published.
    pub fn published(self, time: Seconds) -> Self {
        self.single("published", time.to_string())
    }

    /// One line of HTML.
    pub fn summary(self, html: impl Into<String>) -> Self {
        self.single("summary", html.into())
    }

    /// HTML.
    pub fn content(self, html: impl Into<String>) -> Self {
        self.single("content", html.into())
    }

    /// Any other term. Terms that have a method here keep the value given there, and a blind audience is not taken.
    pub fn term(mut self, term: &str, value: impl Into<Value>) -> Self {
        if !super::blind::is_blind(term) {
            self.terms.insert(term.to_owned(), value.into());
        }
        self
    }

    /// Gives it the context of proofs. Needed when one will be added, since a proof covers the context.
    pub fn to_be_proved(mut self) -> Self {
        self.proof = true;
        self
    }

    fn single(mut self, term: &'static str, value: impl Into<Value>) -> Self {
        self.single.retain(|(written, _)| *written != term);
        self.single.push((term, value.into()));
        self
    }

    /// The activity as a document.
    pub fn to_document(&self) -> Document {
        let context = if self.proof { context::forge_with_proof() } else { context::forge() };
        let single = |writer: Writer, terms: &[&str]| {
            let found = terms.iter().filter_map(|term| self.single.iter().find(|(written, _)| written == term));
            found.fold(writer, |writer, (term, value)| writer.put(term, value.clone()))
        };
        let (before, after) = SINGLE.split_at(3);
        let writer = Writer::with_context(context)
            .maybe("id", self.id.as_ref())
            .put("type", self.kind.as_str())
            .put("actor", &self.actor)
            .flat("object", self.object.iter().cloned());
        let writer = single(writer, before).flat("result", self.result.iter().cloned());
        let writer = single(writer, after)
            .flat("fulfills", &self.fulfills)
            .rest(&self.terms)
            .list("to", &self.to)
            .list("cc", &self.cc);
        Document::from_map(writer.finish())
    }

    /// The activity as its receiver will read it. Refused is what a receiver would refuse.
    pub fn finish(&self) -> Result<Activity, Wrong> {
        Activity::read(&self.to_document())
    }
}
