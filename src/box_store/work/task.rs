//! What the items of this room's own lanes say. Other rooms may have lanes of their own with data of their own.

use pritchel_actor::message::{Due, Message, PromiseId};
use pritchel_actor::{ActId, ActorId, Group, Value};
use serde::{Deserialize, Serialize};

/// Version of all tasks written here.
const VERSION: u64 = 1;

/// The data of an item, by kind: `{"kind": …, "v": 1, …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Lane `delivery/<origin>\0<sender>`: an act is to go to a far actor.
    Delivery {
        /// The act.
        act: ActId,
        /// The near actor that sends it: its author, or who forwards it.
        sender: ActorId,
        /// The far receiver.
        to: ActorId,
    },
    /// Lane `fanout/<owner>`: an act is to go to many. Done by [`crate::BoxStore::advance`], a page a step.
    Fanout {
        /// The act.
        act: ActId,
        /// Its author, who need not be told his own act.
        author: ActorId,
        /// The near actor whose groups they are.
        sender: ActorId,
        /// Receivers named one by one that did not fit the turn's batch.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        to: Vec<ActorId>,
        /// Groups still to be gone through.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<Group>,
        /// Receivers that have been told already.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        except: Vec<ActorId>,
        /// The last key of the first group that is done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<Vec<u8>>,
    },
    /// Lane `near/<receiver>\0<sender>`: a message waits for room in a mailbox. Done by [`crate::BoxStore::advance`].
    Near {
        /// The receiver.
        to: ActorId,
        /// The message.
        message: Message,
    },
    /// Lane `remind/<actor>\0<what>`. Done by [`crate::BoxStore::advance`].
    Remind {
        /// Who wants to be reminded.
        actor: ActorId,
        /// Of what.
        due: Due,
    },
    /// Lane `job/<actor>\0<promise>`: work outside turns. Its result is posted to the actor as the promise's answer.
    Job {
        /// Whose job.
        actor: ActorId,
        /// Under which promise its result is awaited.
        promise: PromiseId,
        /// Which worker does it.
        job: String,
        /// What it is to do.
        args: Value,
    },
    /// Lane `seek/<origin>\0<act>`: an act is to be fetched once and put into this actor's mailbox.
    Seek {
        /// Whose early act waits for it.
        actor: ActorId,
        /// The act.
        act: ActId,
    },
}

/// Why the data of an item is none of the tasks known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// Written by a later program.
    #[error("a task of version {found}, this program knows {VERSION}")]
    Newer {
        /// Its version.
        found: u64,
    },
    /// Something else.
    #[error("not a task: {0}")]
    Other(String),
}

impl Task {
    /// As the data of an item.
    pub fn to_value(&self) -> Result<Value, TaskError> {
        let mut value = serde_json::to_value(self).map_err(|e| TaskError::Other(e.to_string()))?;
        if let Value::Object(fields) = &mut value {
            fields.insert("v".to_owned(), VERSION.into());
        }
        Ok(value)
    }

    /// The task of an item's data.
    pub fn from_value(data: &Value) -> Result<Self, TaskError> {
        match data["v"].as_u64() {
            Some(found) if found > VERSION => Err(TaskError::Newer { found }),
            Some(_) => serde_json::from_value(data.clone()).map_err(|e| TaskError::Other(e.to_string())),
            None => Err(TaskError::Other("no version".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_task_carries_its_kind_and_version() {
        let task = Task::Seek { actor: "a".into(), act: "b".into() };
        let value = task.to_value().unwrap();
        assert_eq!(value, json!({"kind": "seek", "v": 1, "actor": "a", "act": "b"}));
        assert_eq!(Task::from_value(&value), Ok(task));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let newer = json!({"kind": "seek", "v": 2, "actor": "a", "act": "b"});
        assert_eq!(Task::from_value(&newer), Err(TaskError::Newer { found: 2 }));
        for other in
            [json!({"kind": "seek"}), json!({"kind": "dance", "v": 1}), json!(7), json!({"kind": "seek", "v": 1})]
        {
            assert!(matches!(Task::from_value(&other), Err(TaskError::Other(_))), "{other}");
        }
    }
}
