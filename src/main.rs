//! The `pritchel` command.

fn main() {}
