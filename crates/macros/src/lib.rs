//! Attribute macros that turn Rust functions into Python-visible tables.
