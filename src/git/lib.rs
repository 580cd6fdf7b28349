//! Repositories: git2 for reading, the system git for packs.
