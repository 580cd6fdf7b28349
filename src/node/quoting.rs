//! Lines that reviews quote, as a job of the Repository actor: the hunk each stands in, and whether a later version has changed it.

use crate::node::fetching::place;
use crate::node::merging::{answer, commit_id};
use pritchel_actor::ActorId;
use pritchel_actors::patch_tracker::review::{self, Quote};
use pritchel_actors::repository::quotes::{QuoteRead, ReadQuotes, Span};
use pritchel_deliver::lanes::job::JobEnd;
use pritchel_git::quote::{self, Quoted, Side};
use pritchel_git::read::{ReadError, Reader};
use pritchel_web::ports::Front;

/// Looks up each quote of one review.
pub(super) async fn looked_up(front: &Front, actor: &ActorId, asked: &ReadQuotes) -> Result<JobEnd, JobEnd> {
    let failed = |why: String| JobEnd::Failed(why);
    let repo = place(&front.repos, actor)?.ok_or_else(|| failed("the repository is gone".to_owned()))?;
    let of = span(&asked.of)?;
    let now = asked.now.as_ref().map(|(_, now)| span(now)).transpose()?;
    let quotes: Vec<Quoted> = asked.quotes.iter().map(quoted).collect();
    let found = tokio::task::spawn_blocking(move || {
        let reader = Reader::open(&repo)?;
        let found = quotes.iter().map(|quoted| {
            let changed = now.map(|now| reader.is_changed(of, now, quoted)).transpose()?.unwrap_or(false);
            Ok::<_, ReadError>(QuoteRead { hunk: reader.hunk(of, quoted)?, changed })
        });
        found.collect::<Result<Vec<_>, _>>()
    });
    match found.await.map_err(|error| failed(error.to_string()))? {
        Ok(found) => answer(&found),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn span(span: &Span) -> Result<quote::Span, JobEnd> {
    Ok(quote::Span { base: span.base.as_deref().map(commit_id).transpose()?, head: commit_id(&span.head)? })
}

fn quoted(quote: &Quote) -> Quoted {
    let line = |(side, number)| match side {
        review::Side::Old => (Side::Old, number),
        review::Side::New => (Side::New, number),
    };
    Quoted { path: quote.file.clone(), lines: quote.ends().map(|(start, end)| (line(start), line(end))) }
}
