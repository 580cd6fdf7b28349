//! Other servers: delivery, signatures, guarded fetching.
