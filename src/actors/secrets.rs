//! What actors keep that must not leave in an ordinary export: that by which somebody could try to sign in.

use crate::Person;
use crate::person::rows::{CODES, SESSIONS, TOKENS};
use pritchel_actor::{Actor, Value};

/// Whether the rows of a table are secret: each is kept under the hash of a secret.
pub fn is_secret_table(table: &str) -> bool {
    [CODES.name(), SESSIONS.name(), TOKENS.name()].contains(&table)
}

/// The state of an actor of a kind without what is secret in it; `None` if there is nothing secret.
pub fn without_secrets(kind: &str, mut state: Value) -> Option<Value> {
    if kind != Person::KIND {
        return None;
    }
    state.as_object_mut()?.remove("password")?;
    Some(state)
}

#[cfg(test)]
mod tests {
    use super::*;
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
        for (table, secret) in [("tokens", true), ("sessions", true), ("codes", true), ("following", false)] {
            assert_eq!(is_secret_table(table), secret, "{table}");
        }
    }
}
