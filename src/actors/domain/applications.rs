//! Applications: whoever wants to register where the administrators let people in, waits here. What they chose as name and
//! password is kept, so that they sign in with it once they are let in, and are told with it how things stand until then.

use crate::domain::register::{enrol, name_is_free};
use crate::domain::{Domain, Registration};
use crate::limits::{APPLICATION_CHARS_MAX, APPLICATION_S, APPLICATIONS_MAX};
use pritchel_actor::{ActorId, Halt, Method, Page, Refusal, Rows, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// Applications, by the name that is wanted.
pub const APPLICATIONS: Rows<String, Application> = Rows::new("applications");

/// Somebody who wants to register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// The hash of their password in PHC form.
    pub phc: String,
    /// What they say of themselves.
    pub text: String,
    /// When they asked.
    pub at: Seconds,
    /// That they were turned down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<Denied>,
}

/// That somebody was turned down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// When.
    pub at: Seconds,
    /// Why, if they are to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Private, from the node: somebody asks to be let in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Apply {
    /// The name before the `@`.
    pub name: String,
    /// The password's hash in PHC form.
    pub phc: String,
    /// What they say of themselves.
    pub text: String,
}

impl Method<Domain> for Apply {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(domain.settings.registration() == Registration::Approval, || {
            Refusal::new("registration-closed", "this domain does not take registrations that wait to be approved")
        })?;
        text_fits(&self.text)?;
        let now = turn.now();
        let mut waiting = 0;
        for (name, application) in APPLICATIONS.page(turn, Page::first(&[], APPLICATIONS_MAX))? {
            let last = application.denied.map_or(application.at, |denied| denied.at);
            if last + APPLICATION_S <= now {
                APPLICATIONS.remove(turn, &name);
            } else {
                waiting += 1;
            }
        }
        demand(waiting < APPLICATIONS_MAX, || {
            Refusal::new("too-many-applications", "too many wait to be let in already: come back later")
        })?;
        name_is_free(turn, &self.name)?;
        let application = Application { phc: self.phc, text: self.text, at: now, denied: None };
        APPLICATIONS.put(turn, &self.name, &application);
        Ok(())
    }
}

/// Refuses what is too long to be read by whoever decides.
fn text_fits(text: &str) -> Result<(), Halt> {
    demand(text.chars().count() <= APPLICATION_CHARS_MAX, || {
        Refusal::new("text-too-long", format!("expected at most {APPLICATION_CHARS_MAX} characters"))
    })
}

/// Private, from the node for an administrator: lets somebody in, or turns them down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decide {
    /// The name they want.
    pub name: String,
    /// Whether they are let in.
    pub let_in: bool,
    /// Why not, if they are to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Method<Domain> for Decide {
    /// The person who was made.
    type Answer = Option<ActorId>;

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<Option<ActorId>, Halt> {
        let by_node = turn.caller().id() == turn.me();
        demand(by_node, || Refusal::new("not-administrator", "only an administrator decides who is let in"))?;
        text_fits(self.why.as_deref().unwrap_or_default())?;
        let found = APPLICATIONS.get(turn, &self.name)?.filter(|application| application.denied.is_none());
        let Some(application) = found else {
            return Err(Refusal::new("no-application", format!("nobody waits to be let in as {}", self.name)).into());
        };
        if self.let_in {
            APPLICATIONS.remove(turn, &self.name);
            let probation = domain.settings.new_accounts.probation(turn.now());
            return enrol(domain, turn, &self.name, Some(application.phc), (false, probation)).map(Some);
        }
        let denied = Some(Denied { at: turn.now(), why: self.why });
        APPLICATIONS.put(turn, &self.name, &Application { denied, ..application });
        Ok(None)
    }
}
