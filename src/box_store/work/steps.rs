//! Steps of lanes that concern the boxes alone.

use std::sync::Arc;

use pritchel_actor::message::{Message, What};
use pritchel_actor::need::PageWant;
use pritchel_actor::{ActorId, BoxError, Left, Seconds};

use super::finish::apply;
use super::{Extra, Lease, Next, Task, TaskError, Tell, WorkError};
use crate::boxes::BoxStore;
use crate::limits::{FANOUT_PAGE, NEAR_RETRY_MAX_S, NEAR_RETRY_S};

/// The kinds of lanes that [`BoxStore::advance`] moves.
pub const OWN_KINDS: [&str; 3] = ["remind", "near", "fanout"];

impl BoxStore {
    /// Does one step of a lane of [`OWN_KINDS`]: reminds an actor, puts a message into a mailbox that was full, tells an act to
    /// the next page of a group.
    /// - errors: [`WorkError::Task`] for another task; its lease then runs out
    pub async fn advance(&self, lease: Lease, now: Seconds) -> Result<Left, WorkError> {
        match Task::from_value(&lease.item.data)? {
            Task::Remind { actor, due } => {
                let message = Message { from: actor.clone(), at: now, what: What::Due(due) };
                self.finish(lease, Next::Done, Extra { post: vec![(actor, message)], ..Extra::default() }).await
            }
            Task::Near { to, message } => {
                let data = lease.item.data.clone();
                let wait = NEAR_RETRY_S.saturating_mul(1 << lease.item.attempt.min(16)).min(NEAR_RETRY_MAX_S);
                self.conclude(lease, |_, inside, draft| {
                    if inside.mailboxes.admit(&to, &message.from).is_err() {
                        return Ok(Next::Again { at: now.saturating_add(wait), data });
                    }
                    inside.mail(draft, &to, Arc::new(message))?;
                    Ok(Next::Done)
                })
                .await
            }
            task @ Task::Fanout { .. } => self.fan_out(lease, task, now).await,
            other => Err(TaskError::Other(format!("expected one of {OWN_KINDS:?}, found {other:?}")).into()),
        }
    }

    async fn fan_out(&self, lease: Lease, mut task: Task, now: Seconds) -> Result<Left, WorkError> {
        let page = self.next_page(&mut task).await?;
        let Task::Fanout { act, author, sender, to, groups, except, .. } = &task else {
            return Err(TaskError::Other("not a fan-out".to_owned()).into());
        };
        let wanted = page.into_iter().filter(|to| to != author && to != sender && !except.contains(to));
        let tell =
            wanted.map(|to| Tell { act: act.clone(), author: author.clone(), sender: sender.clone(), to, at: now });
        let extra = Extra { tell: tell.collect(), ..Extra::default() };
        let next = match to.is_empty() && groups.is_empty() {
            true => Next::Done,
            false => Next::On { data: task.to_value()? },
        };
        self.conclude(lease, |shared, inside, draft| {
            apply(shared, inside, draft, extra)?;
            Ok(next)
        })
        .await
    }

    /// Takes the next receivers off a fan-out: those named, then of as many groups as fit one page.
    async fn next_page(&self, task: &mut Task) -> Result<Vec<ActorId>, BoxError> {
        let Task::Fanout { sender, to, groups, cursor, .. } = task else {
            return Ok(Vec::new());
        };
        if !to.is_empty() {
            let rest = to.split_off(to.len().min(FANOUT_PAGE));
            return Ok(std::mem::replace(to, rest));
        }
        let mut members: Vec<ActorId> = Vec::new();
        while let Some(group) = groups.first().filter(|_| members.len() < FANOUT_PAGE) {
            let limit = FANOUT_PAGE - members.len();
            let want = PageWant {
                table: group.table.clone(),
                prefix: group.prefix.clone(),
                after: cursor.take().unwrap_or_default(),
                limit,
                newest_first: false,
            };
            let rows = self.page(sender, &want).await?;
            let found = rows.iter().filter_map(|(key, _)| std::str::from_utf8(&key[group.prefix.len()..]).ok());
            members.extend(found.map(ActorId::from));
            match rows.last().filter(|_| rows.len() == limit) {
                Some((last, _)) => *cursor = Some(last.clone()),
                None => drop(groups.remove(0)),
            }
        }
        // Who is in several groups is told once.
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }
}
