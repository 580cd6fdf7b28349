//! A text in all files of a commit, and in their names.

use crate::answer::{WebError, WebResult};
use crate::budget::{Cost, Costly};
use crate::page::code::known::{Around, not_for_crawlers};
use crate::page::code::{Spot, address};
use crate::page::files::read;
use crate::page::head::Head;
use crate::page::shell::page;
use crate::page::versions::{place, unwritten};
use crate::page::visit::Frame;
use crate::page::who::Kind;
use askama::Template;
use axum::extract::Path;
use pritchel_git::grep::{Matches, Needle};
use pritchel_git::named::Named;

struct LineRow {
    number: usize,
    href: String,
    /// The line in pieces: every second one is what was looked for.
    pieces: Vec<String>,
}

struct FileRow {
    path: String,
    href: String,
    lines: Vec<LineRow>,
}

/// A file that was found by its name.
struct NameRow {
    href: String,
    /// Its path in pieces: every second one is what was looked for.
    pieces: Vec<String>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    spot: Spot,
    needle: Needle,
    /// Where in: a path as people write it.
    below: String,
    /// Whether something was asked that can be looked for.
    looked: bool,
    names: Vec<NameRow>,
    /// Whether more files are called so.
    more_names: bool,
    files: Vec<FileRow>,
    cut: bool,
}

impl SearchPage<'_> {
    fn count(&self) -> usize {
        self.files.iter().map(|file| file.lines.len()).sum()
    }
}

/// `GET /repos/{key}/search?q=…&at=…&below=…&case=exact`.
pub async fn show(costly: Costly, Path(key): Path<String>) -> WebResult {
    let visit = costly.pays(Cost::Search)?;
    let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
    let head = Head::of(&visit, Kind::REPOSITORY, &actor).await?;
    let (at, around, own) = (visit.asked("at").map(str::to_owned), Around::of(&visit, &head), head.path.clone());
    let found = read(&visit, &actor, move |reader| {
        let rev = match at.filter(|at| !at.is_empty()) {
            Some(rev) => rev,
            None => {
                let branch = reader.head()?.branch;
                branch.as_branch().unwrap_or(branch.as_str()).to_owned()
            }
        };
        let commit = reader.resolve(&rev)?.commit;
        let spot = Spot { own, rev, commit, path: Vec::new() };
        Ok((around.with((commit, "search"), spot.is_permanent()), spot))
    });
    let (tag, spot) = found.await?.ok_or_else(WebError::not_found)?;
    if tag.is_had() {
        return Ok(tag.had());
    }
    let below = visit.asked("below").unwrap_or_default().trim_matches('/').to_owned();
    let needle = Needle {
        text: visit.asked("q").unwrap_or_default().to_owned(),
        exact: visit.asked("case") == Some("exact"),
        below: below.as_bytes().to_vec(),
    };
    let looked = needle.is_good() && !below.contains('\0');
    let (named, matches) = if looked {
        let repo = place(&visit.front, &actor).await?;
        let named = visit.front.git.named(&repo, spot.commit, &needle).await.map_err(unwritten)?;
        (named, visit.front.git.grep(&repo, spot.commit, &needle).await.map_err(unwritten)?)
    } else {
        (Named::default(), Matches::default())
    };
    let shown = page(&SearchPage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "about",
        names: names(&named, &spot, &needle),
        more_names: named.cut,
        files: rows(&matches, &spot, &needle),
        cut: matches.cut,
        below,
        looked,
        needle,
        spot,
    })?;
    Ok(not_for_crawlers(tag.on(shown)))
}

fn names(named: &Named, spot: &Spot, needle: &Needle) -> Vec<NameRow> {
    let row = |path: &Vec<u8>| NameRow {
        href: address(&spot.own, "tree", &spot.rev, path),
        pieces: pieces(&String::from_utf8_lossy(path), needle),
    };
    named.paths.iter().map(row).collect()
}

fn rows(matches: &Matches, spot: &Spot, needle: &Needle) -> Vec<FileRow> {
    let file = |file: &pritchel_git::grep::FileMatches| {
        let href = address(&spot.own, "tree", &spot.rev, &file.path);
        // A file that would be rendered is shown as its source, where lines are places.
        let line = |(number, text): &(usize, String)| LineRow {
            number: *number,
            href: format!("{href}?lines={number}#L{number}"),
            pieces: pieces(text, needle),
        };
        let lines = file.lines.iter().map(line).collect();
        FileRow { path: String::from_utf8_lossy(&file.path).into_owned(), lines, href }
    };
    matches.files.iter().map(file).collect()
}

/// A line in pieces, of which every second one is what was looked for.
fn pieces(text: &str, needle: &Needle) -> Vec<String> {
    // Letters that change their length with their case would shift places: then nothing is marked.
    let fold = |text: &str| if needle.exact { text.to_owned() } else { text.to_ascii_lowercase() };
    let (line, wanted) = (fold(text), fold(&needle.text));
    let mut pieces = Vec::new();
    let mut at = 0;
    for (found, _) in line.match_indices(&wanted) {
        pieces.push(text[at..found].to_owned());
        pieces.push(text[found..found + wanted.len()].to_owned());
        at = found + wanted.len();
    }
    pieces.push(text[at..].to_owned());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_for_is_every_second_piece() {
        let needle = |exact| Needle { text: "Tea".to_owned(), exact, below: Vec::new() };
        assert_eq!(pieces("ü tea and Tea", &needle(false)), ["ü ", "tea", " and ", "Tea", ""]);
        assert_eq!(pieces("ü tea and Tea", &needle(true)), ["ü tea and ", "Tea", ""]);
        assert_eq!(pieces("nothing", &needle(true)), ["nothing"]);
    }
}
