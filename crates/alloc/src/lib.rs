//! Arenas, pools and blocks: the layered allocator.
