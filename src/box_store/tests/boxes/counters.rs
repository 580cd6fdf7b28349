//! A small domain for these tests: counters that count, ask each other to count, tell followers news, have jobs done, launch
//! others and keep notes. Every effect of the actor model is in it once.

use pritchel_actor::errbox::INBOX;
use pritchel_actor::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    pub count: u64,
    pub heard: Vec<String>,
    pub launched: Vec<ActorId>,
}

methods! { Counter: CounterCall {
    Count   wire "count",  "",  Accept;
    Push    private,       "",  Told;
    Later   private,       "",  Told;
    Follow  private,       "",  Told;
    News    private,       "",  Told;
    Work    private,       "",  Told;
    Launch  private,       "",  Told;
    Note    private,       "",  Told;
    Found   private,       "",  Told;
    Counted continuation,  "",  Told;
    Worked  continuation,  "",  Told;
}}

const FOLLOWERS: Rows<ActorId, Seconds> = Rows::new("followers");
const NOTES: Rows<String, String> = Rows::new("notes");

/// Asked by an act: counts by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Count {}

impl Method<Counter> for Count {
    type Answer = u64;
    fn turn(self, counter: &mut Counter, _: &mut Turn<'_>) -> Result<u64, Halt> {
        counter.count += 1;
        Ok(counter.count)
    }
}

/// Counts here and asks another counter to count too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Push {
    pub other: ActorId,
}

impl Method<Counter> for Push {
    type Answer = u64;
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<u64, Halt> {
        counter.count += 1;
        let other = turn.look().introduce(&self.other);
        let id = turn.act_id();
        turn.ask::<Counter>(id, json!({"type": "count"}), Audience::default(), &other, Settled::Accept, Counted {})?;
        Ok(counter.count)
    }
}

/// The other counter has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {}

impl Method<Counter> for Counted {
    type Answer = ();
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        counter.heard.push(match turn.outcome::<u64>()? {
            Outcome::Done(count) => format!("done {count}"),
            Outcome::Refused(why) => why.code,
            Outcome::Unknown => "unknown".to_owned(),
        });
        Ok(())
    }
}

/// Pushes after a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Later {
    pub seconds: Seconds,
    pub other: ActorId,
}

impl Method<Counter> for Later {
    type Answer = ();
    fn turn(self, _: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.after::<Counter>(self.seconds, Push { other: self.other }).map(drop)
    }
}

/// Somebody wants to be told news.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Follow {
    pub who: ActorId,
}

impl Method<Counter> for Follow {
    type Answer = ();
    fn turn(self, _: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let now = turn.now();
        FOLLOWERS.put(turn, &self.who, &now);
        turn.directory("follows", self.who.as_str(), Some(json!(turn.me())))
    }
}

/// Tells all followers something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct News {}

impl Method<Counter> for News {
    type Answer = u64;
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<u64, Halt> {
        counter.count += 1;
        let id = turn.act_id();
        turn.publish(id, json!({"type": "news"}), Audience::default().and_group(Group::table(FOLLOWERS.name())))?;
        Ok(counter.count)
    }
}

/// Has a job done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    pub number: u64,
}

impl Method<Counter> for Work {
    type Answer = ();
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        counter.count += 1;
        turn.job::<Counter>("double", json!(self.number), Worked {})
    }
}

/// The job is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worked {}

impl Method<Counter> for Worked {
    type Answer = ();
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Outcome::Done(number) = turn.outcome::<u64>()? else { return Ok(()) };
        counter.heard.push(format!("worked {number}"));
        Ok(())
    }
}

/// Launches a counter and has it asked to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {}

impl Method<Counter> for Launch {
    type Answer = ();
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let child = turn.launch(&Counter::default())?;
        counter.launched.push(child.id().clone());
        let me = turn.me().clone();
        turn.call(&child, Push { other: me })
    }
}

/// Launches a counter at a given address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub at: ActorId,
}

impl Method<Counter> for Found {
    type Answer = ();
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let child = turn.launch_as(self.at, &Counter::default())?;
        counter.launched.push(child.id().clone());
        Ok(())
    }
}

/// Keeps a note, however long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub name: String,
    pub len: usize,
}

impl Method<Counter> for Note {
    type Answer = ();
    fn turn(self, _: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        if self.len == 0 {
            NOTES.remove(turn, &self.name);
        } else {
            NOTES.put(turn, &self.name, &"n".repeat(self.len));
        }
        Ok(())
    }
}

impl Actor for Counter {
    const KIND: &'static str = "Counter";
    const SCHEMA: u16 = 1;
    type Call = CounterCall;

    fn gate(&self, act: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<CounterCall>, Halt> {
        Ok(match act.body["type"].as_str() {
            Some("count") => Verdict::Call(Count {}.into()),
            Some("news") => Verdict::Note,
            other => Verdict::Unsupported(format!("expected a count, found {other:?}")),
        })
    }

    fn answers(act: &Act) -> Option<Answering> {
        (act.body["type"] == "yes").then(|| Answering {
            of: ActId::from(act.body["of"].as_str().unwrap_or_default()),
            settles: vec![Settled::Accept],
            outcome: Outcome::Done(act.body["count"].clone()),
        })
    }

    fn accept(&self, act: &Act, _: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
        let body = json!({"type": "yes", "of": act.id, "count": answer});
        Some(Reply { id: turn.act_id(), body, audience: Audience::one(&act.author) })
    }
}

/// A counter as it is seen: its state, how many news it was told, the lengths of its notes by name, its open promises.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub counter: Counter,
    pub news: usize,
    pub notes: Vec<(String, usize)>,
    pub promises: u64,
}

pub struct All;

impl View<Counter> for All {
    type Answer = Seen;
    fn look(&self, counter: &Counter, header: &Header, look: &mut Look<'_, '_>) -> Result<Seen, Halt> {
        let mut news = 0;
        for (_, item) in INBOX.page(look, Page::first(&[], 400))? {
            let act = look.act(&item.act)?.expect("an act in an inbox is known");
            news += usize::from(act.body["type"] == "news");
        }
        let notes = NOTES.page(look, Page::first(&[], 100))?;
        let notes = notes.into_iter().map(|(name, note)| (name, note.len())).collect();
        Ok(Seen { counter: counter.clone(), news, notes, promises: header.promises })
    }
}
