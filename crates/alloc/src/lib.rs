//! The layered allocator of an interpreter: arenas hold pools hold blocks; what is larger goes to the system.
//!
//! A [`Heap`] belongs to one interpreter and is used under that interpreter's lock; it is neither `Sync` nor locked
//! inside. Callers say how large a block is when they give it back, so no block carries a header of its own.
//!
//! | level | size | found from a block by |
//! |---|---|---|
//! | arena | 1 MiB, mapped from the system, given back when empty | the pool's header |
//! | pool | 16 KiB of blocks of one size class | masking the address |
//! | block | 16 to 512 bytes in steps of 16 | |
#![allow(unsafe_code)] // this crate is one of the homes of unsafe code: it makes memory

mod arena;
pub mod bulk;
mod debug;
mod heap;
mod pool;
pub mod reserve;
mod size_class;
mod stats;
mod system;
pub mod tracer;
pub mod trim;

pub use debug::Leak;
pub use heap::{Heap, Mode};
pub use size_class::{ALIGNMENT, CLASSES, SMALL_LIMIT};
pub use stats::{ClassStats, Stats};
pub use tracer::Tracer;
