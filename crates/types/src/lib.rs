//! The builtin types.
