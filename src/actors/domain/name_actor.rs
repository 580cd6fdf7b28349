//! NameActor: a resource wants an `acct:` name.

use crate::common::naming::{host, key, origin};
use crate::domain::{Domain, NAME, NAMES};
use crate::limits::{HANDLE_MAX, HANDLE_TRIES_MAX};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Private, from a resource of this domain: gives it a free name near the one wished for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NameActor {
    /// The resource.
    pub actor: ActorId,
    /// The name wished for, in any letters.
    pub wish: String,
}

impl Method<Domain> for NameActor {
    type Answer = String;

    fn turn(self, _domain: &mut Domain, turn: &mut Turn<'_>) -> Result<String, Halt> {
        let caller = turn.caller().id().clone();
        demand(caller == self.actor && origin(&caller) == origin(turn.me()), || {
            Refusal::new("not-of-this-domain", "a name is given to an actor of this domain that asks for it")
        })?;
        let wish = slug(&self.wish);
        let mut name = wish.clone();
        let mut number = 1;
        while NAMES.has(turn, &name)? {
            number += 1;
            name = if number > HANDLE_TRIES_MAX { key(&self.actor).to_owned() } else { format!("{wish}-{number}") };
        }
        NAMES.put(turn, &name, &self.actor);
        let handle = format!("{name}@{}", host(turn.me()));
        turn.directory(NAME, handle, Some(json!({"actor": self.actor})))?;
        Ok(name)
    }
}

/// Whether a text is a name: letters a to z, digits, `-` and `_`, beginning with a letter.
pub fn is_name(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    text.len() <= HANDLE_MAX && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(letters)
}

/// The nearest name to a text.
fn slug(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    let name = name.get(..HANDLE_MAX - 8).unwrap_or(name);
    if is_name(name) { name.to_owned() } else { format!("x-{name}").trim_end_matches('-').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_a_name_near_it() {
        let rows =
            [("Tea", "tea"), ("Tea & Cake!", "tea-cake"), ("2tea", "x-2tea"), ("", "x"), ("茶", "x"), ("a--b", "a-b")];
        for (text, name) in rows {
            assert_eq!(slug(text), name);
            assert!(is_name(&slug(text)), "{text}");
        }
        assert!(is_name(&slug(&"t".repeat(500))));
    }

    #[test]
    fn a_name_has_no_upper_case_dot_or_slash() {
        for text in ["Alice", "a.b", "a/b", "1a", "", "a b", "-a"] {
            assert!(!is_name(text), "{text}");
        }
    }
}
