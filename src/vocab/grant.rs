//! Grants: who may do what, for whom, how long, and whether it may be passed on.
//!
//! Source: ForgeFed, "Grant", "Direct Granting" and "Extending a delegation chain".

use crate::activity::draft::Draft;
use crate::activity::{ActivityType, actor};
use crate::object::{Item, Obj, Wrong};
use crate::terms::words;
use crate::time::Seconds;
use crate::uri::Uri;
use crate::uri::actor::ActorUri;
use crate::write::Writer;
use serde_json::Value;

words! {
    /// What the receiver of a Grant may do with it. A word that has no name here allows nothing.
    pub enum Usage {
        /// Use it.
        Invoke = "invoke",
        /// Pass it on to teams and members. Given to a Team.
        Distribute = "distribute",
        /// Pass it on to parent projects, teams and people. Given to a Project.
        GatherAndConvey = "gatherAndConvey",
    }
}

/// Where to ask whether a Grant still holds: 200 or 204 while it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liveness {
    /// The address to ask.
    pub uri: Uri,
    /// Seconds for which one answer may be relied on; more than 0.
    pub duration_s: Option<u64>,
}

/// A Grant as its document says it. Whether it is worth anything is for the verifier of chains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its address, by which it is used as a capability.
    pub id: Option<Uri>,
    /// Who gives.
    pub actor: ActorUri,
    /// The role by its short name; a role outside ForgeFed by its full address. See [`role`].
    pub role: String,
    /// The resource it gives access to.
    pub context: Uri,
    /// Who may use it: an actor, or everybody.
    pub target: Uri,
    /// What for. A chain needs exactly one use; older documents name none.
    pub allows: Vec<Usage>,
    /// The Grant it passes on.
    pub delegates: Option<Uri>,
    /// The delegate-Grant of its receiver, by which it is given.
    pub capability: Option<Uri>,
    /// What it carries out: an Invite, Join, Create or Add.
    pub fulfills: Vec<Uri>,
    /// Where to ask whether it still holds. Every Grant that passes on another has one.
    pub result: Option<Liveness>,
    /// From when on it holds.
    pub start: Option<Seconds>,
    /// From when on it no longer holds.
    pub end: Option<Seconds>,
}

impl Grant {
    /// Reads a Grant. Missing `allows` is read as none, since early documents leave it out.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("Grant") {
            return Err(obj.wrong("type", "a Grant"));
        }
        Ok(Self {
            id: obj.id()?,
            actor: actor(obj, "actor")?,
            role: need_role(obj, "object")?,
            context: obj.need_uri("context")?,
            target: obj.need_uri("target")?,
            allows: obj.words("allows")?.into_iter().map(Usage::from_name).collect(),
            delegates: obj.uri("delegates")?,
            capability: obj.uri("capability")?,
            fulfills: obj.uris("fulfills")?,
            result: liveness(obj)?,
            start: obj.time("startTime")?,
            end: obj.time("endTime")?,
        })
    }

    /// The activity that says it, still without audience.
    pub fn draft(&self) -> Draft {
        let mut draft = Draft::new(ActivityType::Grant, self.actor.clone())
            .object(self.role.as_str())
            .context(&self.context)
            .target(&self.target);
        draft = self.id.iter().cloned().fold(draft, Draft::id);
        draft = self.capability.iter().fold(draft, Draft::capability);
        draft = self.fulfills.iter().cloned().fold(draft, Draft::fulfills);
        draft = self.result.iter().fold(draft, |draft, result| draft.result(result));
        draft = self.start.into_iter().fold(draft, Draft::start_time);
        draft = self.end.into_iter().fold(draft, Draft::end_time);
        let own = Writer::new()
            .flat("allows", self.allows.iter().map(Usage::as_str))
            .maybe("delegates", self.delegates.as_ref())
            .finish();
        own.into_iter().fold(draft, |draft, (term, value)| draft.term(&term, value))
    }

    /// The activity as a value, without audience.
    pub fn to_value(&self) -> Value {
        self.draft().to_document().value().clone()
    }
}

impl From<&Liveness> for Value {
    fn from(liveness: &Liveness) -> Value {
        match liveness.duration_s {
            None => Value::from(&liveness.uri),
            Some(seconds) => Writer::new().put("id", &liveness.uri).put("duration", format!("PT{seconds}S")).into(),
        }
    }
}

fn liveness(obj: &Obj<'_>) -> Result<Option<Liveness>, Wrong> {
    Ok(match obj.one("result")? {
        None => None,
        Some(Item::Uri(uri)) => Some(Liveness { uri, duration_s: None }),
        Some(Item::Embedded(result)) => {
            Some(Liveness { uri: result.need_uri("id")?, duration_s: result.duration_s("duration")? })
        }
        Some(Item::Word(_)) => {
            return Err(obj.wrong("result", "an address, or an object with id and duration"));
        }
    })
}

/// The short name of a role. Documents from before the roles were settled say `develop` or `developer` for `write`.
pub fn role(name: &str) -> &str {
    match crate::terms::short(name) {
        "develop" | "developer" => "write",
        role => role,
    }
}

/// The role a term names: by a word, or by an address where it is a role of somebody else's making.
pub fn read_role(obj: &Obj<'_>, term: &str) -> Result<Option<String>, Wrong> {
    match obj.one(term)? {
        None => Ok(None),
        Some(Item::Word(word)) => Ok(Some(role(word).to_owned())),
        Some(Item::Uri(uri)) => Ok(Some(uri.into())),
        Some(Item::Embedded(_)) => Err(obj.wrong(term, "a role")),
    }
}

fn need_role(obj: &Obj<'_>, term: &str) -> Result<String, Wrong> {
    read_role(obj, term)?.ok_or_else(|| obj.wrong(term, "a role"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;
    use proptest::prelude::*;
    use serde_json::json;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    fn extension() -> Grant {
        Grant {
            id: Some(uri("https://dev.example/projects/kitchen/outbox/9")),
            actor: ActorUri::parse("https://dev.example/projects/kitchen").unwrap(),
            role: "write".into(),
            context: uri("https://forge.example/repos/tea"),
            target: uri("https://dev.example/teams/cooks"),
            allows: vec![Usage::Distribute],
            delegates: Some(uri("https://forge.example/repos/tea/outbox/4")),
            capability: Some(uri("https://dev.example/teams/cooks/outbox/1")),
            fulfills: vec![uri("https://dev.example/people/bob/outbox/7")],
            result: Some(Liveness { uri: uri("https://dev.example/live/5f"), duration_s: Some(3600) }),
            start: Some(Seconds::new(1_700_000_000)),
            end: Some(Seconds::new(1_710_000_000)),
        }
    }

    fn read(value: Value) -> Result<Grant, Wrong> {
        Grant::read(&Document::parse(value.to_string().as_bytes()).unwrap().obj())
    }

    #[test]
    fn a_grant_is_read_as_it_was_written() {
        let plain = Grant { result: None, delegates: None, allows: vec![], start: None, ..extension() };
        let public = Grant { target: Uri::public(), id: None, ..plain.clone() };
        for grant in [extension(), plain, public] {
            assert_eq!(read(grant.to_value()), Ok(grant));
        }
    }

    #[test]
    fn a_grant_is_written_in_the_newest_shape() {
        insta::assert_json_snapshot!(extension().to_value());
    }

    #[test]
    fn roles_and_uses_are_read_under_every_spelling() {
        for role in ["write", "forge:write", "https://forgefed.org/ns#write", "develop", "developer"] {
            let mut value = extension().to_value();
            value["object"] = json!(role);
            assert_eq!(read(value).unwrap().role, "write", "{role}");
        }
        let mut value = extension().to_value();
        value["object"] = json!("https://roles.example/cook");
        value["allows"] = json!(["forge:invoke", "juggle"]);
        let grant = read(value).unwrap();
        assert_eq!(grant.role, "https://roles.example/cook");
        assert_eq!(grant.allows, [Usage::Invoke, Usage::Other("juggle".into())]);
    }

    #[test]
    fn a_grant_that_names_too_little_or_too_much_is_refused() {
        let two = json!(["https://a.example/1", "https://a.example/2"]);
        #[rustfmt::skip]
        let rows = [
            ("type",      json!("Accept"),                                            "/type"),
            ("object",    Value::Null,                                                "/object"),
            ("object",    json!({"type": "Role"}),                                    "/object"),
            ("object",    json!(["write", "admin"]),                                  "/object"),
            ("context",   Value::Null,                                                "/context"),
            ("context",   two.clone(),                                                "/context"),
            ("target",    Value::Null,                                                "/target"),
            ("target",    two.clone(),                                                "/target"),
            ("delegates", two.clone(),                                                "/delegates"),
            ("result",    two,                                                        "/result"),
            ("result",    json!("live"),                                              "/result"),
            ("result",    json!({"duration": "PT5S"}),                                "/result/id"),
            ("result",    json!({"id": "https://a.example/1", "duration": "PT0S"}),   "/result/duration"),
            ("allows",    json!("https://a.example/use"),                             "/allows"),
            ("endTime",   json!("2024"),                                              "/endTime"),
        ];
        for (term, bad, at) in rows {
            let mut value = extension().to_value();
            value[term] = bad;
            assert_eq!(read(value.clone()).unwrap_err().at, at, "{value}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_grant_never_panics(
            term in prop::sample::select(vec!["object", "context", "target", "allows", "result", "fulfills", "endTime"]),
            text in ".{0,30}",
            number in any::<f64>(),
        ) {
            for bad in [json!(text), json!([text, null]), json!({"id": text}), json!(number)] {
                let mut value = extension().to_value();
                value[term] = bad;
                let _ = Grant::read(&Document::from_value(value).unwrap().obj());
            }
        }
    }
}
