//! Durability: private boxes, turn records in, bytes out.
