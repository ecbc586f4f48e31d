//! What a heap holds, in numbers and in the form of CPython's `sys._debugmallocstats()`.

use crate::arena::{ARENA_SIZE, POOLS};
use crate::pool::{HEADER, POOL_SIZE};
use crate::size_class::{CLASSES, SMALL_LIMIT};
use std::fmt;

/// One size class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassStats {
    /// Bytes a block.
    pub size: usize,
    /// Pools that serve the class.
    pub pools: usize,
    /// Blocks in use.
    pub used: usize,
    /// Blocks that those pools could still hand out.
    pub available: usize,
}

/// A heap's numbers at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// By size class, smallest first.
    pub classes: [ClassStats; CLASSES],
    /// Arenas held now.
    pub arenas: usize,
    /// Arenas ever taken from the system.
    pub arenas_made: usize,
    /// Arenas given back to the system.
    pub arenas_given_back: usize,
    /// The most arenas held at a time.
    pub arenas_highwater: usize,
    /// Pools of the arenas held that serve no class.
    pub unused_pools: usize,
    /// Blocks from the system allocator.
    pub large_blocks: usize,
    /// Their bytes.
    pub large_bytes: usize,
    /// Bytes that callers hold elsewhere and charged to this heap.
    pub charged_bytes: usize,
    /// The budget in bytes, if there is one.
    pub budget: Option<usize>,
}

impl Stats {
    /// Bytes in small blocks in use.
    pub fn small_bytes(&self) -> usize {
        self.classes.iter().map(|class| class.used * class.size).sum()
    }

    /// Bytes in small blocks that could be handed out without another pool.
    pub fn available_bytes(&self) -> usize {
        self.classes.iter().map(|class| class.available * class.size).sum()
    }

    fn pools(&self) -> usize {
        self.classes.iter().map(|class| class.pools).sum()
    }
}

/// `n` with commas between thousands.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, n: usize) -> fmt::Result {
    writeln!(f, "{label:<35}={:>21}", grouped(n))
}

impl Stats {
    fn write_classes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "class   size   num pools   blocks in use  avail blocks")?;
        writeln!(f, "-----   ----   ---------   -------------  ------------")?;
        for (i, class) in self.classes.iter().enumerate().filter(|(_, class)| class.pools > 0) {
            writeln!(f, "{i:>5} {:>6} {:>11} {:>15} {:>13}", class.size, class.pools, class.used, class.available)?;
        }
        Ok(())
    }

    fn write_arenas(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "# arenas allocated total", self.arenas_made)?;
        line(f, "# arenas reclaimed", self.arenas_given_back)?;
        line(f, "# arenas highwater mark", self.arenas_highwater)?;
        line(f, "# arenas allocated current", self.arenas)?;
        line(f, &format!("{} arenas * {ARENA_SIZE} bytes/arena", self.arenas), self.arenas * ARENA_SIZE)
    }

    fn write_bytes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (used, available, pools) = (self.small_bytes(), self.available_bytes(), self.pools());
        line(f, "# bytes in allocated blocks", used)?;
        line(f, "# bytes in available blocks", available)?;
        line(f, &format!("{} unused pools * {POOL_SIZE} bytes", self.unused_pools), self.unused_pools * POOL_SIZE)?;
        line(f, "# bytes lost to pool headers", pools * HEADER)?;
        line(f, "# bytes lost to quantization", pools * (POOL_SIZE - HEADER) - used - available)?;
        line(f, "# bytes lost to arena alignment", 0)?;
        line(f, "Total", (pools + self.unused_pools) * POOL_SIZE)
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_assert!(self.pools() + self.unused_pools == self.arenas * POOLS);
        writeln!(f, "Small block threshold = {SMALL_LIMIT}, in {CLASSES} size classes.\n")?;
        self.write_classes(f)?;
        writeln!(f)?;
        self.write_arenas(f)?;
        writeln!(f)?;
        self.write_bytes(f)?;
        writeln!(f)?;
        line(f, "# large blocks", self.large_blocks)?;
        line(f, "# bytes in large blocks", self.large_bytes)?;
        line(f, "# bytes charged by containers", self.charged_bytes)?;
        match self.budget {
            Some(bytes) => line(f, "# bytes allowed", bytes),
            None => Ok(()),
        }
    }
}
