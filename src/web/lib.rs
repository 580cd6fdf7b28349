//! People and machines over HTTP: asks actors, shows answers.
