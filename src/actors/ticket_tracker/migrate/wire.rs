//! What another server tells of a tracker, as pieces: its texts are made safe here, by the worker and outside of any turn.

use crate::common::text::Html;
use crate::limits::{MIGRATED_BYTES, MIGRATED_PIECES_MAX};
use crate::ticket_tracker::migrate::batch::{Brought, CommentPiece, Piece, Skipped, TicketPiece};
use crate::ticket_tracker::ticket::Source;
use pritchel_vocab::f3::read::{self, Item, Page};

impl Brought {
    /// The next pieces of a page, as many as one turn takes.
    /// - `done`: how many of its items were brought before
    pub fn of(page: &Page, done: u64) -> Self {
        let mut brought = Self { pieces: Vec::new(), read: 0, ended: false, next: None, more: None, total: page.total };
        let (done, mut bytes) = (usize::try_from(done).unwrap_or(usize::MAX), 0);
        for item in page.items.iter().skip(done) {
            if brought.pieces.len() >= MIGRATED_PIECES_MAX || bytes >= MIGRATED_BYTES || brought.more.is_some() {
                return brought;
            }
            brought.read += 1;
            match item {
                Item::Issue(issue) => brought.pieces.push(ticket(issue, &mut bytes)),
                Item::Comment(comment) => brought.pieces.push(self::comment(comment, &mut bytes)),
                Item::More { issue, page } => brought.more = Some((issue.clone(), page.as_str().to_owned())),
                Item::Skipped { what, why } => brought.pieces.push(Piece::Skipped(Skipped::new(what, why))),
            }
        }
        brought.ended = true;
        brought.next = page.next.as_ref().map(|next| next.as_str().to_owned());
        brought
    }
}

/// What is shown of a text and what is kept of its source; or why not.
fn text(text: &read::Text, bytes: &mut usize) -> Result<(Html, Option<Source>), String> {
    let html = text.shown().map_err(|why| why.to_string())?;
    let source = text.source().map(|source| Source { content: source.content, media_type: source.media_type });
    *bytes += html.as_str().len() + source.as_ref().map_or(0, |source| source.content.len());
    Ok((html, source))
}

fn ticket(issue: &read::Issue, bytes: &mut usize) -> Piece {
    let (content, source) = match text(&issue.text, bytes) {
        Ok(text) => text,
        Err(why) => return Piece::Skipped(Skipped::new(&format!("issue {}", issue.index), &why)),
    };
    let time = |time: pritchel_vocab::Seconds| time.get();
    let closed = issue.closed.or(issue.updated).unwrap_or(issue.created);
    Piece::Ticket(Box::new(TicketPiece {
        origin: issue.origin.clone(),
        number: issue.index.parse().ok().filter(|number: &u64| number.to_string() == issue.index),
        author: issue.author.clone(),
        title: issue.title.clone(),
        content,
        source,
        created: issue.created.get(),
        updated: issue.updated.map(time),
        closed: (!issue.open).then(|| closed.get()),
        labels: issue.labels.clone(),
        milestone: issue.milestone.clone(),
        assignees: issue.assignees.clone(),
    }))
}

fn comment(comment: &read::Comment, bytes: &mut usize) -> Piece {
    let (content, source) = match text(&comment.text, bytes) {
        Ok(text) => text,
        Err(why) => return Piece::Skipped(Skipped::new(&comment.origin, &why)),
    };
    Piece::Comment(Box::new(CommentPiece {
        origin: comment.origin.clone(),
        ticket: comment.issue.clone(),
        above: comment.above.clone(),
        author: comment.author.clone(),
        content,
        source,
        created: comment.created.get(),
        updated: comment.updated.map(|time| time.get()),
        deleted: comment.deleted,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket_tracker::migrate::batch::SKIPPED_CHARS;
    use pritchel_vocab::Uri;
    use serde_json::json;

    fn page(issues: &[serde_json::Value]) -> Page {
        let from = Uri::parse("https://old.example/trackers/tea").unwrap();
        read::read(json!({"issues": issues}).to_string().as_bytes(), &from, None).unwrap()
    }

    fn issue(index: usize, content: &str) -> serde_json::Value {
        json!({
            "index": index.to_string(), "poster_id": "bob", "title": "Tea", "content": content, "state": "closed",
            "created": "1970-01-01T00:00:01Z", "updated": "1970-01-01T00:00:05Z"
        })
    }

    #[test]
    fn a_page_comes_in_pieces_that_a_turn_can_take() {
        let many: Vec<_> = (1..=MIGRATED_PIECES_MAX + 1).map(|index| issue(index, "hot")).collect();
        let page = page(&many);
        let first = Brought::of(&page, 0);
        assert_eq!((first.read as usize, first.ended), (MIGRATED_PIECES_MAX, false));
        let last = Brought::of(&page, first.read);
        assert_eq!((last.read, last.ended, last.total), (1, true, Some(many.len() as u64)));
        let Piece::Ticket(ticket) = &last.pieces[0] else { panic!("{last:?}") };
        assert_eq!((ticket.number, ticket.closed), (Some(many.len() as u64), Some(5)), "when it was last changed");
        let beyond = Brought::of(&page, u64::MAX);
        assert_eq!((beyond.read, beyond.ended), (0, true), "there is less than there was");
    }

    #[test]
    fn long_texts_come_a_few_at_a_time() {
        let long = "x".repeat(60_000);
        let page = page(&(1..=9).map(|index| issue(index, &long)).collect::<Vec<_>>());
        let first = Brought::of(&page, 0);
        assert!((1..9).contains(&first.read), "{}", first.read);
        assert!(first.read as usize * long.len() <= MIGRATED_BYTES);
    }

    #[test]
    fn what_cannot_be_kept_is_told_in_few_words() {
        let skipped = Skipped::new(&"a\nb".repeat(1_000), "why");
        assert_eq!((skipped.what.len(), skipped.what.contains('\n')), (SKIPPED_CHARS, false));
        let bad = json!({"index": "01"});
        assert!(matches!(Brought::of(&page(&[bad]), 0).pieces[..], [Piece::Skipped(_)]));
        let odd = page(&[issue(1, "x")].map(|mut issue| {
            issue["index"] = json!("01");
            issue
        }));
        let Brought { pieces, .. } = Brought::of(&odd, 0);
        assert!(matches!(&pieces[..], [Piece::Ticket(ticket)] if ticket.number.is_none()), "one number has one form");
    }
}
