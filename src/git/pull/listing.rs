//! What `git ls-remote --symref` says.

use std::collections::BTreeMap;

use crate::names::{ObjectId, RefName};

/// The references of another repository: branches and tags, and which is the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub head: Option<RefName>,
    pub refs: BTreeMap<RefName, ObjectId>,
}

impl Listed {
    /// Reads it. What has another form, or names that cannot be kept, is passed over: the other side may have references of its own
    /// kind.
    pub fn read(out: &[u8]) -> Self {
        let mut listed = Self::default();
        for line in String::from_utf8_lossy(out).lines() {
            let Some((what, name)) = line.split_once('\t') else { continue };
            if let Some(target) = what.strip_prefix("ref: ") {
                let branch = target.parse::<RefName>().ok().filter(|branch| branch.as_branch().is_some());
                listed.head = branch.filter(|_| name == "HEAD").or(listed.head);
                continue;
            }
            let Some((id, name)) = what.parse::<ObjectId>().ok().zip(name.parse::<RefName>().ok()) else { continue };
            if name.as_branch().is_some() || name.as_tag().is_some() {
                listed.refs.insert(name, id);
            }
        }
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_tags_are_read_and_all_else_is_passed_over() {
        let id = "1".repeat(40);
        let text = format!(
            "ref: refs/heads/trunk\tHEAD\n{id}\tHEAD\n{id}\trefs/heads/trunk\n{id}\trefs/tags/v1\n{id}\trefs/tags/v1^{{}}\n\
             {id}\trefs/pull/1/head\nnonsense\nzz\trefs/heads/x\n{id}\trefs/heads/a..b\n"
        );
        let listed = Listed::read(text.as_bytes());
        assert_eq!(listed.head, Some("refs/heads/trunk".parse().unwrap()));
        let names: Vec<&str> = listed.refs.keys().map(RefName::as_str).collect();
        assert_eq!(names, ["refs/heads/trunk", "refs/tags/v1"]);
        assert_eq!(Listed::read(b"ref: refs/tags/v1\tHEAD\n").head, None);
        assert_eq!(Listed::read(b""), Listed::default());
    }
}
