//! The cycle collector: generations of tracked objects, and trial deletion over them.

mod collect;
mod ring;

pub use collect::{Collection, DebugFlags, GenerationStats};
pub use ring::Collector;
