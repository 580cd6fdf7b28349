//! I1, I2, I10 and I12: an act that a resource does something for was authorised at that moment, by a chain of Grants that begins with one
//! of the resource's own which it holds to, and that passes from hand to hand, unbroken and in time, to whoever asked.
//!
//! Judged from what all actors of the world have published, not by the rows of the one that decides. What is used by another's
//! Grant is not the resource's to judge: an `Add` goes to both sides of a link, and only one of them is asked for its right.

use super::{PUBLIC, Watch, role, text};
use pritchel_actor::errbox::{Ended, InboxItem};
use pritchel_actor::{Act, ActId, ActorId, Seconds, Value};
use pritchel_actors::limits::{CHAIN_MAX, CLOCK_SKEW_S};
use std::sync::Arc;

impl Watch {
    /// Takes note of what its giver takes back.
    pub fn revoke(&mut self, revoke: &Act) {
        let objects = &revoke.body["object"];
        let objects = objects.as_array().map_or(std::slice::from_ref(objects), Vec::as_slice);
        let ids = objects.iter().filter_map(|object| object.as_str().or_else(|| object["id"].as_str())).map(ActId::new);
        let own = |id: &ActId| self.acts.get(id).is_none_or(|grant| grant.author == revoke.author);
        let taken: Vec<ActId> = ids.filter(own).collect();
        self.revoked.extend(taken);
    }

    /// What is wrong with how an act ended with an actor. Called before what the turn itself has published is noted: an act may end
    /// the very Grant that authorises it.
    pub fn used_wrongly(&mut self, resource: &ActorId, item: &InboxItem) -> Vec<String> {
        let Ended::Done { .. } = item.ended else { return Vec::new() };
        let Some(asked) = self.acts.get(&item.act) else { return Vec::new() };
        let Some(shown) = self.act(text(&asked.body, "capability")) else { return Vec::new() };
        let mut chain = vec![shown];
        while let Some(parent) = chain.last().and_then(|last| self.act(text(&last.body, "delegates"))) {
            if chain.iter().any(|grant| grant.id == parent.id) || chain.len() >= CHAIN_MAX {
                return vec![format!("I12: a chain that goes in a circle or is too long: {}", asked.body)];
            }
            chain.push(parent);
        }
        chain.reverse();
        let first = chain[0];
        if first.author != *resource || text(&first.body, "delegates").is_some() {
            return Vec::new();
        }
        let mut wrong = self.broken(&chain, item.handled);
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{what}: {} did {} by {}", resource, asked.body, shown.body));
            }
        };
        must(!self.revoked.contains(&first.id), "I1: it had taken the first Grant back");
        let target = text(&shown.body, "target");
        let everybody = chain.len() == 1 && target == Some(PUBLIC);
        must(everybody || target == Some(asked.author.as_str()), "I1: the last Grant was given to another");
        must(shown.body["object"] != "delegate" || asked.body["type"] == "Grant", "I10: a delegate-Grant was used");
        self.judged += 1;
        wrong
    }

    /// What is wrong with a chain, the resource's own Grant first.
    fn broken(&self, chain: &[&Arc<Act>], now: Seconds) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, what: &str, link: &Act| {
            if !holds {
                wrong.push(format!("{what}: {}", link.body));
            }
        };
        for pair in chain.windows(2) {
            let (parent, child) = (pair[0], pair[1]);
            must(role(&child.body) <= role(&parent.body), "I2: the role grew", child);
            must(child.body["context"] == parent.body["context"], "I2: it is about something else", child);
            must(parent.body["target"] == child.author.as_str(), "I2: it was given to another", child);
            must(child.author != chain[0].author, "I12: an own Grant in the middle", child);
        }
        for link in chain {
            let begun = time(&link.body, "startTime").is_none_or(|from| from <= now + CLOCK_SKEW_S);
            let over = time(&link.body, "endTime").is_some_and(|until| until < now - CLOCK_SKEW_S);
            must(begun && !over, "I2: not at this time", link);
        }
        wrong
    }
}

/// A time in seconds.
fn time(of: &Value, term: &str) -> Option<Seconds> {
    Some(pritchel_vocab::Seconds::parse(of[term].as_str()?).ok()?.get())
}

mod tests {
    use super::super::Watch;
    use super::*;
    use crate::flows::links::{COMPONENT, Pair};
    use crate::flows::{Cast, Place};
    use pritchel_actors::client;
    use pritchel_actors::link::Side;
    use serde_json::json;

    const NOW: Seconds = 1_790_000_000;
    const BOB: &str = "https://b.example/bob";
    const OWNERS: [&str; 3] = ["https://a.example/tracker", "https://p.example/project", "https://t.example/team"];

    /// A Grant of the tracker's that its project passes to a team and that to bob; by place, from the tracker's.
    fn chain() -> Vec<Value> {
        let to = [OWNERS[1], OWNERS[2], BOB];
        let link = |at: usize| {
            let mut grant = json!({"type": "Grant", "object": "write", "context": OWNERS[0], "target": to[at]});
            if at > 0 {
                grant["delegates"] = format!("{}/g", OWNERS[at - 1]).into();
            }
            grant
        };
        (0..3).map(link).collect()
    }

    /// What is found wrong with bob's act of this type, after these Grants, of which the tracker has taken some back.
    fn found(chain: &[Value], act: &str, taken_back: &[usize]) -> Vec<String> {
        let mut watch = Watch::default();
        let mut note = |id: String, by: &str, body: Value| {
            watch.note(&Arc::new(Act::made(ActId::new(id), ActorId::from(by), body)), |_| None);
        };
        for (body, by) in chain.iter().zip(OWNERS) {
            note(format!("{by}/g"), by, body.clone());
        }
        let last = format!("{}/g", OWNERS[chain.len() - 1]);
        note(format!("{BOB}/x"), BOB, json!({"type": act, "object": OWNERS[0], "capability": last}));
        for at in taken_back {
            note(
                format!("{}/r", OWNERS[*at]),
                OWNERS[*at],
                json!({"type": "Revoke", "object": format!("{}/g", OWNERS[0])}),
            );
        }
        let item = InboxItem {
            act: ActId::new(format!("{BOB}/x")),
            from: ActorId::from(BOB),
            accepted: NOW,
            handled: NOW,
            how: Arc::new(Value::Null),
            call: None,
            ended: Ended::Done { answer: Value::Null, reply: None },
            documents: Vec::new(),
        };
        let wrong = watch.used_wrongly(&ActorId::from(OWNERS[0]), &item);
        assert!(watch.judged == 1 || !wrong.is_empty(), "not looked at");
        wrong
    }

    #[test]
    fn whatever_is_authorised_wrongly_is_noticed() {
        assert_eq!(found(&chain(), "Edit", &[]), Vec::<String>::new());
        assert_eq!(found(&chain(), "Edit", &[1]), Vec::<String>::new(), "it was not the project's to take back");
        let wrong = found(&chain(), "Edit", &[0]);
        assert!(wrong.len() == 1 && wrong[0].starts_with("I1: it had taken"), "{wrong:?}");
        #[rustfmt::skip]
        let rows = [
            (0, "startTime", json!("2026-09-21T14:15:00Z"), "I2: not at this time"),
            (1, "endTime",   json!("2026-09-21T14:12:00Z"), "I2: not at this time"),
            (1, "object",    json!("maintain"),             "I2: the role grew"),
            (2, "context",   json!(OWNERS[1]),              "I2: it is about something else"),
            (1, "target",    json!(OWNERS[0]),              "I2: it was given to another"),
            (2, "target",    json!("https://b.example/eve"), "I1: the last Grant was given to another"),
            (2, "object",    json!("delegate"),             "I10"),
            (0, "delegates", json!("https://t.example/team/g"), "I12"),
        ];
        for (at, term, value, expected) in rows {
            let mut chain = chain();
            chain[at][term] = value;
            let wrong = found(&chain, "Edit", &[]);
            assert!(wrong.iter().any(|wrong| wrong.starts_with(expected)), "{term}: {wrong:?}");
        }
        let single = |role: &str, target: &str| [json!({"type": "Grant", "object": role, "target": target})];
        assert_eq!(found(&single("visit", PUBLIC), "Edit", &[]), Vec::<String>::new());
        assert_eq!(found(&single("delegate", BOB), "Grant", &[]), Vec::<String>::new());
        assert!(found(&single("delegate", BOB), "Edit", &[])[0].starts_with("I10"));
    }

    /// What is judged is what is done: by a Grant that goes over a link, and no more once it is taken back.
    #[test]
    fn acts_by_grants_over_links_are_judged() {
        let cast = Cast::new(5, Place::Each);
        let judged = || cast.world.0.borrow().watch.judged;
        let ticket = cast.ticket();
        let before = judged();
        cast.olga.lets_in(&cast.bob, &cast.tracker, "triage");
        cast.bob.does(client::close(&cast.tracker, &ticket, Some(&cast.bob.permit(&cast.tracker))));
        assert_eq!(judged() - before, 2, "olga's Invite and bob's Resolve");
        let pair = Pair::new(&cast, COMPONENT);
        let before = judged();
        pair.links(Side::Source, "maintain");
        assert!(judged() > before, "both sides agreed by Grants");
    }
}
