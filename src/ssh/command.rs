//! What clients ask for: one of git's three services, and a path. Nothing of it ever reaches a shell.
//!
//! Source: git, `gitprotocol-pack`, "SSH Transport": the path stands in single quotes, as a shell would want it.

use crate::limits::COMMAND_BYTES_MAX;
use pritchel_web::git::named::Asked;

/// A service of git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `git-upload-pack`: fetch and clone.
    Fetch,
    /// `git-upload-archive`: `git archive --remote`.
    Archive,
    /// `git-receive-pack`: push.
    Push,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The service.
    pub service: Service,
    /// What it is asked of.
    pub asked: Asked,
}

/// Why a command is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// It is longer than any.
    #[error("expected a command of at most {COMMAND_BYTES_MAX} bytes")]
    TooLong,
    /// Something else is asked for.
    #[error(
        "expected `git-upload-pack`, `git-receive-pack` or `git-upload-archive` and a repository: nothing else is done here"
    )]
    Unknown,
    /// The path is of no form that is known.
    #[error("expected a repository, `<name>` or `repos/<key>`, and perhaps a Grant behind it, found `{found}`")]
    Path {
        /// The beginning of the path.
        found: String,
    },
}

impl Command {
    /// Reads a command.
    pub fn parse(bytes: &[u8]) -> Result<Self, CommandError> {
        if bytes.len() > COMMAND_BYTES_MAX {
            return Err(CommandError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| CommandError::Unknown)?.trim();
        let words = text.strip_prefix("git ").map_or_else(|| text.strip_prefix("git-"), |rest| Some(rest.trim_start()));
        let (name, path) = words.and_then(|words| words.split_once(' ')).ok_or(CommandError::Unknown)?;
        let service = match name {
            "upload-pack" => Service::Fetch,
            "upload-archive" => Service::Archive,
            "receive-pack" => Service::Push,
            _ => return Err(CommandError::Unknown),
        };
        let path = unquoted(path.trim()).ok_or(CommandError::Unknown)?;
        match Asked::of(&path) {
            Some(asked) => Ok(Self { service, asked }),
            None => Err(CommandError::Path { found: path.chars().take(100).collect() }),
        }
    }
}

/// One word as a shell would read it: bare, or in single quotes, between which `\'` and `\!` stand for themselves.
fn unquoted(word: &str) -> Option<String> {
    let mut path = String::new();
    let mut chars = word.chars();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '\'' => quoted = !quoted,
            '\\' if !quoted => path.push(chars.next()?),
            c if c.is_control() => return None,
            c if !quoted && (c.is_whitespace() || ";&|<>()$`\"*?#".contains(c)) => return None,
            c => path.push(c),
        }
    }
    (!quoted && !path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pritchel_web::git::named::Named;

    #[test]
    fn a_command_is_a_service_and_a_path() {
        let name = |name: &str| Asked { named: Named::Name { host: None, name: name.to_owned() }, grant: None };
        #[rustfmt::skip]
        let rows = [
            ("git-upload-pack 'tea.git'",              Ok((Service::Fetch, name("tea")))),
            ("git upload-pack '/tea'",                 Ok((Service::Fetch, name("tea")))),
            ("git-receive-pack tea",                   Ok((Service::Push, name("tea")))),
            ("git-upload-archive 'tea'",               Ok((Service::Archive, name("tea")))),
            ("git-receive-pack 'te'\\''a'",            Ok((Service::Push, name("te'a")))),
            ("git-receive-pack 'te'\\!'a'",            Ok((Service::Push, name("te!a")))),
            ("",                                       Err("nothing else")),
            ("ls",                                     Err("nothing else")),
            ("git-upload-pack",                        Err("nothing else")),
            ("git-shell 'tea'",                        Err("nothing else")),
            ("git-upload-pack 'tea'; ls",              Err("nothing else")),
            ("git-upload-pack tea other",              Err("nothing else")),
            ("git-upload-pack 'tea",                   Err("nothing else")),
            ("git-upload-pack $(ls)",                  Err("nothing else")),
            ("git-upload-pack 'a\nb'",                 Err("nothing else")),
            ("git-upload-pack ''",                     Err("nothing else")),
            ("git-upload-pack '/a/b/c/d'",             Err("found `/a/b/c/d`")),
        ];
        for (text, expected) in rows {
            match (Command::parse(text.as_bytes()), expected) {
                (Ok(command), Ok(expected)) => assert_eq!((command.service, command.asked), expected, "{text}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{text}: {error}"),
                (found, expected) => panic!("{text}: expected {expected:?}, found {found:?}"),
            }
        }
        assert_eq!(Command::parse(&vec![b'x'; COMMAND_BYTES_MAX + 1]), Err(CommandError::TooLong));
        assert_eq!(Command::parse(b"git-upload-pack '\xff'"), Err(CommandError::Unknown));
    }
}
