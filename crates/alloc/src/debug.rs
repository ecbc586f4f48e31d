//! The debug layer: fills blocks, remembers the live ones, and stops at the first misuse.

use std::collections::HashMap;
use std::ptr::NonNull;

/// What fresh blocks are filled with.
pub(crate) const FRESH: u8 = 0xCD;
/// What freed blocks are filled with.
pub(crate) const FREED: u8 = 0xDD;

/// A block that is still in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Its address.
    pub address: usize,
    /// The bytes asked for.
    pub bytes: usize,
    /// The how-manieth allocation of the heap made it, from 1.
    pub serial: u64,
}

/// What the debug mode knows: every live block.
pub(crate) struct Ledger {
    live: HashMap<usize, (usize, u64)>,
    serial: u64,
}

impl Ledger {
    pub(crate) fn new() -> Ledger {
        Ledger { live: HashMap::new(), serial: 0 }
    }

    /// Notes a block and fills it.
    ///
    /// # Safety
    /// `block` is `bytes` long and nobody's yet.
    pub(crate) unsafe fn born(&mut self, block: NonNull<u8>, bytes: usize) {
        self.serial += 1;
        self.live.insert(block.addr().get(), (bytes, self.serial));
        // SAFETY: by the caller's promise.
        unsafe { block.write_bytes(FRESH, bytes) };
    }

    /// Strikes a block off and fills it.
    ///
    /// # Panics
    /// When the block is not live, or is of another size: the caller freed it twice or lied about it.
    ///
    /// # Safety
    /// `block` is a block of a heap and is not used again.
    pub(crate) unsafe fn died(&mut self, block: NonNull<u8>, bytes: usize) {
        match self.live.remove(&block.addr().get()) {
            Some((size, _)) if size == bytes => {
                // SAFETY: it is live, so it is still `bytes` long and the caller's.
                unsafe { block.write_bytes(FREED, bytes) }
            }
            Some((size, serial)) => {
                panic!("block {block:p} (allocation {serial}) of {size} bytes was freed as one of {bytes}")
            }
            None => panic!("block {block:p} of {bytes} bytes was freed but is not in use"),
        }
    }

    /// The live blocks, oldest first.
    pub(crate) fn leaks(&self) -> Vec<Leak> {
        let mut leaks: Vec<Leak> =
            self.live.iter().map(|(&address, &(bytes, serial))| Leak { address, bytes, serial }).collect();
        leaks.sort_by_key(|leak| leak.serial);
        leaks
    }
}

/// Checks that nobody wrote into a free block since it was filled; its first word, the link, is not looked at.
///
/// # Panics
/// When somebody did.
///
/// # Safety
/// `block` is a free block of `bytes` bytes, all initialised.
pub(crate) unsafe fn check_untouched(block: *const u8, bytes: usize) {
    let link = size_of::<*const u8>();
    // SAFETY: by the caller's promise.
    let rest = unsafe { std::slice::from_raw_parts(block.add(link), bytes - link) };
    if let Some(at) = rest.iter().position(|&byte| byte != FREED) {
        panic!("free block {block:p} was written to at offset {}", at + link);
    }
}
