//! The cycle collector: generations of tracked objects, and trial deletion over them.

mod collect;
mod ring;
mod trial;

pub use collect::{Collection, DebugFlags, GenerationStats, is_finalized, is_tracked, referents, refers_to};
pub use ring::Collector;
