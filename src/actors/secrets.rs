//! What actors keep that must not leave in an ordinary export: that by which somebody could try to sign in.

use crate::Person;
use crate::domain::{APPLICATIONS, INVITATIONS};
use crate::hooks::HOOK_SECRETS;
use crate::person::rows::{CODES, SESSIONS, TOKENS};
use pritchel_actor::{Actor, Value};

/// Whether the rows of a table are secret: each is kept under the hash of a secret, or holds one.
pub fn is_secret_table(table: &str) -> bool {
    [CODES.name(), SESSIONS.name(), TOKENS.name(), INVITATIONS.name(), APPLICATIONS.name(), HOOK_SECRETS.name()]
        .contains(&table)
}

/// The state of an actor of a kind without what is secret in it; `None` if there is nothing secret.
pub fn without_secrets(kind: &str, mut state: Value) -> Option<Value> {
    if kind != Person::KIND {
        return None;
    }
    state.as_object_mut()?.remove("password")?;
    Some(state)
}

/// Private calls by their names on disk whose arguments are, or are kept under, the hash of a secret: without it they call
/// for nothing.
const SECRET_CALLS: [&str; 14] = [
    "SetPassword",
    "OpenSession",
    "CloseSession",
    "CloseSessions",
    "NoteUse",
    "IssueToken",
    "DropToken",
    "AuthorizeClient",
    "RedeemCode",
    "MakeInvitation",
    "WithdrawInvitation",
    "Apply",
    "AddHook",
    "EditHook",
];
/// The private call that can do without its `password`, but not without its invitation.
const REGISTER: &str = "Register";

/// Whether a private call that waits in a mailbox is secret as a whole.
/// - `call`: `{"method": …, "args": …}`
pub fn is_secret_call(call: &Value) -> bool {
    let invited = call["args"]["invitation"].is_string();
    call["method"].as_str().is_some_and(|method| SECRET_CALLS.contains(&method) || (method == REGISTER && invited))
}

/// A private call that waits in a mailbox without what is secret in it; `None` if there is nothing secret.
pub fn call_without_secrets(mut call: Value) -> Option<Value> {
    if call["method"].as_str() != Some(REGISTER) {
        return None;
    }
    call.get_mut("args")?.as_object_mut()?.remove("password")?;
    Some(call)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DomainCall, Register};
    use crate::person::{EditProfile, OpenSession, PersonCall, SetPassword};
    use crate::repository::RepositoryCall;
    use pritchel_actor::Calls;
    use serde_json::json;

    #[test]
    fn a_password_is_taken_out_of_a_person_and_of_nobody_else() {
        let person = Person::new("alice", &"https://a.example/actor".into(), 0, Some("$argon2id$".to_owned()), false);
        let state = serde_json::to_value(&person).unwrap();
        let left = without_secrets(Person::KIND, state.clone()).unwrap();
        assert_eq!(serde_json::from_value::<Person>(left.clone()).unwrap(), Person { password: None, ..person });
        assert_eq!(without_secrets(Person::KIND, left), None, "there is none left");
        assert_eq!(without_secrets("Project", state), None);
        assert_eq!(without_secrets(Person::KIND, json!([])), None);
    }

    #[test]
    fn what_is_kept_under_the_hash_of_a_secret_is_secret() {
        let secret = ["tokens", "sessions", "codes", "invitations", "applications", "hook_secrets"];
        for table in secret.into_iter().chain(["following", "names"]) {
            assert_eq!(is_secret_table(table), secret.contains(&table), "{table}");
        }
    }

    #[test]
    fn a_call_with_the_hash_of_a_secret_is_secret_and_a_registration_can_do_without_it() {
        let value = |call: PersonCall| serde_json::to_value(call).unwrap();
        let open = OpenSession { hash: "h".to_owned(), until: 1, browser: None };
        let set = SetPassword { phc: "$argon2id$".to_owned(), keep: None };
        assert!(is_secret_call(&value(open.into())) && is_secret_call(&value(set.into())));
        let profile = EditProfile { approves_followers: true, ..EditProfile::default() };
        assert!(!is_secret_call(&value(profile.into())));
        let tables =
            [PersonCall::TABLE.iter(), DomainCall::TABLE.iter(), RepositoryCall::TABLE.iter()].into_iter().flatten();
        let names: Vec<&str> = tables.map(|method| method.name).collect();
        assert!(SECRET_CALLS.iter().all(|name| names.contains(name)), "{names:?}");
        let register = |password: Option<&str>| {
            let password = password.map(str::to_owned);
            let register = Register::by_operator("alice", password, false);
            serde_json::to_value(DomainCall::from(register)).unwrap()
        };
        let mut invited = register(None);
        invited["args"]["invitation"] = "h".into();
        assert!(!is_secret_call(&register(Some("$argon2id$"))) && is_secret_call(&invited));
        assert_eq!(call_without_secrets(register(Some("$argon2id$"))), Some(register(None)));
        assert_eq!(call_without_secrets(register(None)), None);
        assert_eq!(call_without_secrets(json!({"method": "Publish", "args": {"password": "x"}})), None);
    }
}
