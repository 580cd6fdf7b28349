//! The actor model: typed methods, turns as values, promises, durable mailboxes.
