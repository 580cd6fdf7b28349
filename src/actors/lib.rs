//! The forge: one folder an actor kind, one file a method.
