//! The heap under random work, in every mode, against a model of what it should hold.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks)] // the tests hand blocks back, which is unsafe

use pyrope_alloc::{ALIGNMENT, Heap, Mode, SMALL_LIMIT};
use std::collections::HashMap;
use std::ptr::NonNull;

/// A small generator of numbers (xorshift), so that runs repeat.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn size(&mut self) -> usize {
        match self.roll(10) {
            0 => self.roll(6000),
            1 => SMALL_LIMIT - 2 + self.roll(5),
            2 => self.roll(3),
            _ => self.roll(SMALL_LIMIT),
        }
    }
}

const STEPS: usize = if cfg!(miri) { 600 } else { 60_000 };

fn fill(block: NonNull<u8>, bytes: usize, tag: u8) {
    unsafe { block.write_bytes(tag, bytes) };
}

fn assert_filled(block: NonNull<u8>, bytes: usize, tag: u8) {
    let content = unsafe { std::slice::from_raw_parts(block.as_ptr(), bytes) };
    assert!(content.iter().all(|&byte| byte == tag), "a block of {bytes} bytes was overwritten");
}

fn random_work(mode: Mode, seed: u64) {
    let heap = Heap::new(mode);
    let mut dice = Dice(seed);
    let mut live: Vec<(NonNull<u8>, usize, u8)> = Vec::new();
    for step in 0..STEPS {
        let tag = step as u8;
        let growing = (step / 5000) % 2 == 0;
        let choice = dice.roll(10);
        if live.is_empty() || choice < if growing { 6 } else { 3 } {
            let bytes = dice.size();
            let block = heap.allocate(bytes).unwrap();
            assert_eq!(block.addr().get() % ALIGNMENT, 0);
            fill(block, bytes, tag);
            live.push((block, bytes, tag));
        } else if choice < 9 {
            let (block, bytes, tag) = live.swap_remove(dice.roll(live.len()));
            assert_filled(block, bytes, tag);
            unsafe { heap.free(block, bytes) };
        } else {
            let at = dice.roll(live.len());
            let (block, old, old_tag) = live[at];
            let new = dice.size();
            let moved = unsafe { heap.reallocate(block, old, new) }.unwrap();
            assert_filled(moved, old.min(new), old_tag);
            fill(moved, new, tag);
            live[at] = (moved, new, tag);
        }
    }
    assert_eq!(heap.allocated_blocks(), live.len());
    for (block, bytes, tag) in live.drain(..) {
        assert_filled(block, bytes, tag);
        unsafe { heap.free(block, bytes) };
    }
    assert_eq!(heap.allocated_blocks(), 0);
    heap.trim();
    assert_eq!((heap.held(), heap.stats().arenas), (0, 0));
    assert!(heap.peak() > 0);
}

#[test]
fn random_work_in_every_mode() {
    for mode in [Mode::Plain, Mode::System, Mode::Debug, Mode::SystemDebug] {
        for seed in [1, 0x9E37_79B9] {
            random_work(mode, seed);
        }
    }
}

#[test]
fn live_blocks_never_overlap() {
    let heap = Heap::new(Mode::Plain);
    let mut bytes_of: HashMap<usize, usize> = HashMap::new();
    for i in 0..if cfg!(miri) { 200 } else { 20_000 } {
        let bytes = i % (SMALL_LIMIT + 1);
        bytes_of.insert(heap.allocate(bytes).unwrap().addr().get(), bytes);
    }
    let mut spans: Vec<(usize, usize)> = bytes_of.into_iter().collect();
    spans.sort();
    assert!(spans.windows(2).all(|pair| pair[0].0 + pair[0].1.max(1) <= pair[1].0));
}

#[test]
fn empty_arenas_go_back_but_one() {
    let heap = Heap::new(Mode::Plain);
    let count = if cfg!(miri) { 5_000 } else { 20_000 };
    let blocks: Vec<_> = (0..count).map(|_| heap.allocate(512).unwrap()).collect();
    let full = heap.stats();
    assert!(full.arenas > 1 && full.classes[31].used == count);
    for block in blocks {
        unsafe { heap.free(block, 512) };
    }
    let after = heap.stats();
    assert!(after.arenas <= 2, "{after}");
    assert_eq!(after.arenas_given_back, after.arenas_made - after.arenas);
    assert_eq!(after.arenas_highwater, full.arenas);
}

#[test]
fn the_budget_refuses_and_recovers() {
    let heap = Heap::new(Mode::Plain);
    heap.set_budget(Some(64 * 1024));
    assert!(heap.allocate(100_000).is_none());
    let large = heap.allocate(40_000).unwrap();
    assert!(unsafe { heap.reallocate(large, 40_000, 70_000) }.is_none());
    let mut small = Vec::new();
    while let Some(block) = heap.allocate(64) {
        small.push(block);
    }
    assert!(small.len() > 200 && heap.held() <= 64 * 1024);
    assert!(!heap.charge(16 * 1024));
    unsafe { heap.free(large, 40_000) };
    assert!(heap.charge(16 * 1024));
    heap.discharge(16 * 1024);
    heap.set_budget(None);
    assert!(heap.allocate(64).is_some());
    assert_eq!(heap.budget(), None);
}

#[test]
fn sizes_beyond_all_memory_are_refused() {
    for mode in [Mode::Plain, Mode::System, Mode::Debug, Mode::SystemDebug] {
        let heap = Heap::new(mode);
        assert!(heap.allocate(usize::MAX).is_none());
        assert!(heap.allocate(isize::MAX as usize).is_none());
        let block = heap.allocate(1000).unwrap();
        assert!(unsafe { heap.reallocate(block, 1000, usize::MAX) }.is_none());
        unsafe { heap.free(block, 1000) };
    }
}

#[test]
fn debug_mode_names_leaks() {
    let heap = Heap::new(Mode::Debug);
    let first = heap.allocate(24).unwrap();
    let second = heap.allocate(4000).unwrap();
    assert_eq!(unsafe { first.read() }, 0xCD);
    unsafe { heap.free(first, 24) };
    let leaks = heap.leaks();
    assert_eq!(leaks.iter().map(|leak| (leak.bytes, leak.serial)).collect::<Vec<_>>(), [(4000, 2)]);
    assert_eq!(leaks[0].address, second.addr().get());
}

#[test]
#[should_panic(expected = "is not in use")]
fn debug_mode_stops_a_double_free() {
    let heap = Heap::new(Mode::Debug);
    let block = heap.allocate(48).unwrap();
    let _other = heap.allocate(48).unwrap();
    unsafe {
        heap.free(block, 48);
        heap.free(block, 48);
    }
}

#[test]
#[should_panic(expected = "was freed as one of 32")]
fn debug_mode_stops_a_wrong_size() {
    let heap = Heap::new(Mode::Debug);
    let block = heap.allocate(48).unwrap();
    unsafe { heap.free(block, 32) };
}

#[test]
#[should_panic(expected = "was written to at offset 20")]
fn debug_mode_stops_a_write_after_free() {
    let heap = Heap::new(Mode::Debug);
    let block = heap.allocate(48).unwrap();
    let _other = heap.allocate(48).unwrap();
    unsafe {
        heap.free(block, 48);
        block.add(20).write(1);
    }
    heap.allocate(48);
}

#[test]
fn the_report_reads_like_cpythons() {
    let heap = Heap::new(Mode::Plain);
    for _ in 0..300 {
        heap.allocate(48).unwrap();
    }
    heap.allocate(1000).unwrap();
    let report = heap.stats().to_string();
    let expected = [
        "Small block threshold = 512, in 32 size classes.",
        "class   size   num pools   blocks in use  avail blocks",
        "    2     48           1             300            40",
        "# arenas allocated current         =                    1",
        "1 arenas * 1048576 bytes/arena     =            1,048,576",
        "63 unused pools * 16384 bytes      =            1,032,192",
        "# large blocks                     =                    1",
    ];
    for line in expected {
        assert!(report.lines().any(|found| found == line), "{line:?} is not in\n{report}");
    }
}
