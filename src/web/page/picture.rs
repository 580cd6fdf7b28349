//! The picture of a chain of Grants: a box for each actor, an arrow for each Grant, from the resource down to the holder. It
//! is text of the page, so that the policy of pages needs no exception; what it says also stands in the table below it.

use crate::page::grant::Hop;
use crate::page::parts::{Badge, Who};
use askama::Template;
use askama::filters::HtmlSafe;

/// Letters of a name in a box.
const LABEL_CHARS: usize = 36;
/// Width of the picture, in units of its own.
const WIDTH: usize = 560;
/// From the top of one box to that of the next.
const PITCH: usize = 132;
/// Height of a box.
const BOX: usize = 48;

struct Actor {
    y: usize,
    text_y: usize,
    host_y: usize,
    href: Option<String>,
    label: String,
    host: Option<String>,
}

struct Arrow {
    from: usize,
    to: usize,
    head: usize,
    first_y: usize,
    second_y: usize,
    gives: String,
    times: String,
    state: Badge,
}

/// The picture of a chain.
#[derive(Template)]
#[template(path = "picture.html")]
pub struct Picture {
    width: usize,
    height: usize,
    title: String,
    desc: String,
    actors: Vec<Actor>,
    arrows: Vec<Arrow>,
}

impl HtmlSafe for Picture {}

impl Picture {
    /// Of these Grants, the resource's own first.
    pub fn of(hops: &[Hop]) -> Self {
        let mut actors: Vec<Actor> = hops.iter().take(1).map(|hop| actor(0, Some(&hop.giver))).collect();
        let mut arrows = Vec::new();
        let mut told = Vec::new();
        for (at, hop) in hops.iter().enumerate() {
            actors.push(actor(at + 1, hop.target.as_ref()));
            let (from, to) = (at * PITCH + BOX, (at + 1) * PITCH);
            let (gives, times, state) = (gives(hop), times(hop), hop.state.badge());
            let target = hop.target.as_ref().map_or("everybody", |who| who.label.as_str());
            told.push(format!("{} gave {} to {target}; it is {}", hop.giver.label, hop.role, state.word));
            arrows.push(Arrow { from, to, head: to - 9, first_y: from + 36, second_y: from + 58, gives, times, state });
        }
        let count = hops.len();
        let title = format!("A chain of {count} {}", if count == 1 { "Grant" } else { "Grants" });
        let height = actors.len().saturating_sub(1) * PITCH + BOX + 2;
        Self { width: WIDTH, height, title, desc: format!("{}.", told.join(". ")), actors, arrows }
    }
}

fn actor(at: usize, who: Option<&Who>) -> Actor {
    let y = at * PITCH + 1;
    let host = who.and_then(|who| who.host.as_deref()).map(cut);
    let text_y = if host.is_some() { y + 21 } else { y + 30 };
    Actor {
        y,
        text_y,
        host_y: y + 39,
        href: who.map(|who| who.href.clone()),
        label: who.map_or_else(|| "everybody".to_owned(), |who| cut(&who.label)),
        host,
    }
}

fn gives(hop: &Hop) -> String {
    if hop.allows.is_empty() { cut(&hop.role) } else { cut(&format!("{} · {}", hop.role, hop.allows)) }
}

fn times(hop: &Hop) -> String {
    let day = |seconds: i64| jiff::Timestamp::from_second(seconds).map(|at| at.strftime("%-d %b %Y").to_string());
    let named = |word: &str, when: Option<crate::page::parts::When>| {
        when.and_then(|when| day(when.0).ok()).map(|day| format!("{word} {day}"))
    };
    let all = [named("given", hop.since), named("from", hop.start), named("until", hop.end)];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A name as long as there is room for.
fn cut(text: &str) -> String {
    let mut letters = text.chars().filter(|letter| !letter.is_control());
    let mut cut: String = letters.by_ref().take(LABEL_CHARS).collect();
    if letters.next().is_some() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::grant::State;
    use crate::page::parts::When;

    const EVIL: &str = "</text><script>alert(1)</script>\"'";

    fn who(label: &str) -> Who {
        Who { href: "/x".into(), id: "https://a.example/x".into(), label: label.into(), host: None }
    }

    fn hop(giver: &str, target: Option<&str>, state: State) -> Hop {
        Hop {
            href: "/o".into(),
            id: "https://a.example/o".into(),
            short: "o".into(),
            giver: who(giver),
            target: target.map(who),
            role: "write".into(),
            allows: "invoke".into(),
            since: Some(When(0)),
            start: None,
            end: Some(When(86_400)),
            state,
        }
    }

    #[test]
    fn a_chain_is_drawn_from_the_resource_to_the_holder_and_told_in_words() {
        let picture = Picture::of(&[hop("Tea", Some("Meals"), State::Live), hop("Meals", None, State::Expired)]);
        let drawn = picture.to_string();
        assert_eq!((drawn.matches("<rect").count(), drawn.matches("<line").count()), (3, 2), "{drawn}");
        assert!(drawn.contains("<title id=\"chain-title\">A chain of 2 Grants</title>"), "{drawn}");
        assert!(drawn.contains("Tea gave write to Meals; it is live. Meals gave write to everybody; it is expired."));
        assert!(drawn.contains("given 1 Jan 1970, until 2 Jan 1970"), "{drawn}");
    }

    #[test]
    fn what_others_wrote_is_text_in_the_picture_and_as_long_as_there_is_room() {
        let mut evil = hop(EVIL, Some(&"m".repeat(500)), State::Live);
        evil.role = EVIL.into();
        let drawn = Picture::of(&[evil]).to_string();
        assert!(!drawn.contains("<script"), "{drawn}");
        assert!(drawn.contains(&format!("{}…", "m".repeat(LABEL_CHARS))), "{drawn}");
        assert!(!drawn.contains(" style="), "the policy of pages forbids it");
    }
}
