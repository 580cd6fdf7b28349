//! What we tell of a tracker: pages of bounded size. A comment stands among the `children` of the one that it answers, if that is on the
//! same page and no deeper than [`F3_NESTED_MAX`]; else it stands at the top, and names the other by `in_reply_to`.

use crate::limits::F3_NESTED_MAX;
use crate::time::Seconds;
use crate::uri::Uri;
use crate::write::Writer;
use serde_json::Value;

/// A tracker with a page of its issues, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct IssueTracker {
    /// Its address.
    pub id: Uri,
    /// What it is called.
    pub name: String,
    /// How many issues it has in all.
    pub total: u64,
    /// This page of them.
    pub issues: Vec<Issue>,
    /// Where the next page is.
    pub next: Option<Uri>,
}

/// An issue with a page of its comments, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// Its address.
    pub id: Uri,
    /// Its number.
    pub index: u64,
    /// Who wrote it.
    pub poster: Poster,
    /// One line.
    pub title: String,
    /// What it says.
    pub text: Text,
    /// When it was closed, if it is.
    pub closed: Option<Seconds>,
    /// When it was opened.
    pub created: Seconds,
    /// When it was last changed.
    pub updated: Seconds,
    /// Its labels.
    pub labels: Vec<String>,
    /// What its milestone is called.
    pub milestone: Option<String>,
    /// Whose it is.
    pub assignees: Vec<String>,
    /// The threads of this page, as [`threads`] makes them.
    pub comments: Vec<Comment>,
    /// Where the next page of its comments is.
    pub next: Option<Uri>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// Its address on the server of the tracker.
    pub id: Uri,
    /// Its place among the comments.
    pub index: u64,
    /// Who wrote it.
    pub poster: Poster,
    /// What it says.
    pub text: Text,
    /// When it came.
    pub created: Seconds,
    /// When it was last changed.
    pub updated: Seconds,
    /// Whether it was taken back or away: its place stays for the thread's sake.
    pub deleted: bool,
    /// The address of what it answers, where it is not among the `children` of that.
    pub in_reply_to: Option<Uri>,
    /// What answers it.
    pub children: Vec<Comment>,
}

/// Somebody who wrote something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poster {
    /// Their address, or whatever tells them from others.
    pub id: String,
    /// What people call them.
    pub name: String,
}

/// Text as its author wrote it, or as HTML where that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub content: String,
    /// Its media type.
    pub media_type: String,
}

impl IssueTracker {
    /// As a document.
    pub fn to_value(&self) -> Value {
        Writer::new()
            .put("type", "IssueTracker")
            .put("id", &self.id)
            .put("name", self.name.as_str())
            .put("total", self.total)
            .put("issues", self.issues.iter().map(Issue::to_value).collect::<Vec<_>>())
            .maybe("next", self.next.as_ref())
            .into()
    }
}

impl Issue {
    /// As a document, or as a part of that of its tracker.
    pub fn to_value(&self) -> Value {
        let writer = Writer::new().put("type", "Issue").put("id", &self.id).put("index", self.index.to_string());
        let writer = said(writer, &self.poster, &self.text)
            .put("title", self.title.as_str())
            .put("state", if self.closed.is_some() { "closed" } else { "open" })
            .put("is_locked", false)
            .maybe("closed", self.closed.map(|at| at.to_string()))
            .maybe("milestone", self.milestone.as_deref())
            .put("labels", self.labels.clone())
            .put("assignees", self.assignees.clone());
        dated(writer, self.created, self.updated)
            .put("comments", self.comments.iter().map(Comment::to_value).collect::<Vec<_>>())
            .maybe("comments_next", self.next.as_ref())
            .into()
    }
}

impl Comment {
    /// As a document, or as a part of that of its issue.
    pub fn to_value(&self) -> Value {
        let writer = Writer::new().put("type", "Comment").put("id", &self.id).put("index", self.index.to_string());
        let writer = dated(said(writer, &self.poster, &self.text), self.created, self.updated)
            .maybe("deleted", self.deleted.then_some(true))
            .maybe("in_reply_to", self.in_reply_to.as_ref());
        writer.put("children", self.children.iter().map(Self::to_value).collect::<Vec<_>>()).into()
    }
}

fn said(writer: Writer, poster: &Poster, text: &Text) -> Writer {
    writer
        .put("poster_id", poster.id.as_str())
        .put("poster_name", poster.name.as_str())
        .put("content", text.content.as_str())
        .put("media_type", text.media_type.as_str())
}

fn dated(writer: Writer, created: Seconds, updated: Seconds) -> Writer {
    writer.put("created", created.to_string()).put("updated", updated.to_string())
}

/// Comments in the order they came as threads. Each comes with the address of what it answers, if that is another comment.
pub fn threads(comments: Vec<Comment>) -> Vec<Comment> {
    let place = |of: &Uri, before: usize| comments[..before].iter().rposition(|comment| comment.id == *of);
    let above: Vec<Option<usize>> = comments
        .iter()
        .enumerate()
        .map(|(at, comment)| comment.in_reply_to.as_ref().and_then(|of| place(of, at)))
        .collect();
    let mut level = vec![0; comments.len()];
    for at in 0..comments.len() {
        level[at] = above[at].map_or(0, |above| (level[above] + 1) % F3_NESTED_MAX);
    }
    let (mut left, mut roots) = (comments, Vec::new());
    for at in (0..left.len()).rev() {
        let Some(mut comment) = left.pop() else { break };
        comment.children.reverse();
        match above[at].filter(|_| level[at] > 0).and_then(|above| left.get_mut(above)) {
            Some(above) => {
                comment.in_reply_to = None;
                above.children.push(comment);
            }
            None => roots.push(comment),
        }
    }
    roots.reverse();
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(&format!("https://a.example/{text}")).unwrap()
    }

    fn comment(index: u64, of: Option<&str>) -> Comment {
        Comment {
            id: uri(&index.to_string()),
            index,
            poster: Poster { id: "u".to_owned(), name: "bob".to_owned() },
            text: Text { content: "tea".to_owned(), media_type: "text/plain".to_owned() },
            created: Seconds::new(1),
            updated: Seconds::new(1),
            deleted: false,
            in_reply_to: of.map(uri),
            children: Vec::new(),
        }
    }

    /// Indices as a tree.
    fn tree(comments: &[Comment]) -> String {
        let one = |comment: &Comment| {
            let of = comment.in_reply_to.as_ref().map(|of| format!("^{}", of.path().trim_start_matches('/')));
            format!("{}{}{}", comment.index, of.unwrap_or_default(), tree(&comment.children))
        };
        let all: Vec<_> = comments.iter().map(one).collect();
        if all.is_empty() { String::new() } else { format!("({})", all.join(" ")) }
    }

    #[test]
    fn answers_stand_below_what_they_answer_in_the_order_they_came() {
        let comments = [(0, None), (1, None), (2, Some("0")), (3, Some("2")), (4, Some("0")), (5, Some("elsewhere"))];
        let comments = comments.map(|(index, of)| comment(index, of));
        assert_eq!(tree(&threads(comments.to_vec())), "(0(2(3) 4) 1 5^elsewhere)");
        let circle = [comment(0, Some("1")), comment(1, Some("0"))];
        assert_eq!(tree(&threads(circle.to_vec())), "(0^1(1))", "an answer comes after what it answers");
    }

    #[test]
    fn a_deep_thread_is_told_in_pieces_that_name_what_they_answer() {
        let most = F3_NESTED_MAX as u64;
        let deep = (0..=most).map(|index| comment(index, index.checked_sub(1).map(|of| of.to_string()).as_deref()));
        let told = threads(deep.collect());
        assert_eq!(told.len(), 2);
        assert_eq!((told[1].index, told[1].in_reply_to.clone()), (most, Some(uri(&(most - 1).to_string()))));
        assert_eq!(tree(&told).matches(')').count(), F3_NESTED_MAX);
    }

    #[test]
    fn an_issue_has_all_that_the_format_demands() {
        let issue = Issue {
            id: uri("tickets/7"),
            index: 7,
            poster: Poster { id: "https://b.example/people/b".to_owned(), name: "bob@b.example".to_owned() },
            title: "Tea".to_owned(),
            text: Text { content: "*hot*".to_owned(), media_type: "text/markdown".to_owned() },
            closed: Some(Seconds::new(3)),
            created: Seconds::new(1),
            updated: Seconds::new(2),
            labels: Vec::new(),
            milestone: None,
            assignees: vec!["carol".to_owned()],
            comments: vec![comment(0, None)],
            next: None,
        };
        let value = issue.to_value();
        for term in ["index", "poster_id", "title", "content", "state", "created", "updated", "closed"] {
            assert!(value[term].is_string(), "{term}: {value}");
        }
        assert_eq!(
            (&value["index"], &value["state"], &value["is_locked"]),
            (&"7".into(), &"closed".into(), &false.into())
        );
        assert_eq!(value["comments"][0]["content"], "tea");
        assert_eq!(value.get("comments_next"), None);
    }
}
