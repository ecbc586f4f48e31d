//! Collection by trial deletion.

/// What `gc.get_stats()` tells of a generation.
#[derive(Clone, Copy, Default, Debug)]
pub struct GenerationStats {
    pub collections: usize,
    pub collected: usize,
    pub uncollectable: usize,
}

/// What one collection did.
#[derive(Clone, Copy, Default, Debug)]
pub struct Collection {
    pub collected: usize,
    pub uncollectable: usize,
}

/// `gc.DEBUG_*`
pub struct DebugFlags;

impl DebugFlags {
    pub const STATS: u32 = 1;
    pub const COLLECTABLE: u32 = 2;
    pub const UNCOLLECTABLE: u32 = 4;
    pub const SAVEALL: u32 = 32;
}
