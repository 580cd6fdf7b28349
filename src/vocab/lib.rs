//! The words of the wire: ActivityStreams and ForgeFed documents as types.
