//! Acts that an actor of the world is made to have published, for what the forge cannot do by itself yet.

use super::{World, host};
use pritchel_actor::effect::RowWrite;
use pritchel_actor::errbox::OutboxItem;
use pritchel_actor::need::{RowBytes, Table};
use pritchel_actor::{
    Act, ActId, ActorId, Audience, Boxes, Effect, Halt, Page, Reads, Stored, TurnRecord, Value, Writes,
};
use pritchel_actors::access::{GRANTS, Issued};
use std::sync::Arc;

#[derive(Default)]
struct Written(Vec<RowWrite>);

impl Reads for Written {
    fn raw_row(&mut self, _: Table, _: &[u8]) -> Result<Option<RowBytes>, Halt> {
        Ok(None)
    }
    fn raw_page(&mut self, _: Table, _: Page<'_>) -> Result<Vec<(Vec<u8>, RowBytes)>, Halt> {
        Ok(Vec::new())
    }
}

impl Writes for Written {
    fn raw_write(&mut self, table: Table, key: Vec<u8>, bytes: Option<RowBytes>) {
        self.0.push(RowWrite { table: table.to_owned(), key, bytes });
    }
}

impl World {
    /// Makes the state of an actor another, as a turn of its own would: for what would take too many to reach.
    pub fn edit(&self, actor: &ActorId, change: impl FnOnce(&mut Value)) {
        {
            let inner = self.0.borrow();
            let boxes = &inner.servers[host(actor)].boxes;
            let stored = boxes.state(actor).unwrap();
            let mut value = serde_json::to_value(&stored).unwrap();
            change(&mut value["state"]);
            let mut stored: Stored = serde_json::from_value(value).unwrap();
            stored.header.turn += 1;
            let (actor, at) = (actor.clone(), inner.now);
            let record = TurnRecord { actor, stored, rows: Vec::new(), consumed: None, effects: Vec::new(), at };
            drop(boxes.commit(record));
        }
        self.restart(host(actor));
    }

    /// Writes rows of an actor, as a turn of its own would.
    pub fn plant_rows(&self, actor: &ActorId, write: impl FnOnce(&mut dyn FnMut(Table, Vec<u8>, RowBytes))) {
        let mut rows = Vec::new();
        write(&mut |table, key, bytes| rows.push(RowWrite { table: table.to_owned(), key, bytes: Some(bytes) }));
        let inner = self.0.borrow();
        let boxes = &inner.servers[host(actor)].boxes;
        let mut stored = boxes.state(actor).unwrap();
        stored.header.turn += 1;
        let (actor, at) = (actor.clone(), inner.now);
        drop(boxes.commit(TurnRecord { actor, stored, rows, consumed: None, effects: Vec::new(), at }));
    }

    /// Makes a resource have published this Grant, and hold to it as `issued` says.
    pub fn plant(&self, resource: &ActorId, grant: &Value, issued: Option<&Issued>) {
        let id = ActId::from(grant["id"].as_str().unwrap());
        let mut rows = Written::default();
        if let Some(issued) = issued {
            GRANTS.put(&mut rows, &id, issued);
        }
        {
            let inner = self.0.borrow();
            let boxes = &inner.servers[host(resource)].boxes;
            let mut stored = boxes.state(resource).unwrap();
            stored.header.turn += 1;
            let act = Arc::new(Act::made(id.clone(), resource.clone(), grant.clone()));
            let item = OutboxItem { act: id, at: inner.now, to: Vec::new(), cause: None };
            let effects = vec![Effect::Publish { act, item, audience: Audience::default() }];
            let record =
                TurnRecord { actor: resource.clone(), stored, rows: rows.0, consumed: None, effects, at: inner.now };
            // These boxes are durable when they are called.
            drop(boxes.commit(record));
        }
        self.restart(host(resource));
    }
}
