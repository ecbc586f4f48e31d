//! Fewer `SWAP`s.

use pyrope_bytecode::Opcode;

use super::{Block, BlockId, Cfg, CfgInstruction};

/// Deeper exchanges are left as they are.
const MAX_DEPTH: u32 = 1 << 16;

impl Cfg {
    pub(super) fn optimize_swaps(&mut self, id: BlockId) {
        let block = &mut self[id];
        let mut index = 0;
        while index < block.instructions.len() {
            if block.instructions[index].opcode == Opcode::Swap {
                index = swaptimize(block, index);
                apply_static_swaps(block, index);
            }
            index += 1;
        }
    }
}

/// Replaces a run of `SWAP`s and `NOP`s by the shortest one with the same effect; tells the index of its end.
fn swaptimize(block: &mut Block, start: usize) -> usize {
    let run_end = block.instructions[start..]
        .iter()
        .position(|instruction| !matches!(instruction.opcode, Opcode::Swap | Opcode::Nop))
        .map_or(block.instructions.len(), |length| start + length);
    let run = &mut block.instructions[start..run_end];
    let swaps = || run.iter().filter(|instruction| instruction.opcode == Opcode::Swap);
    let depth = swaps().map(|instruction| instruction.oparg).max().unwrap_or(0);
    if swaps().count() < 2 || depth > MAX_DEPTH || swaps().any(|instruction| instruction.oparg == 0) {
        return start;
    }
    let mut stack: Vec<Option<usize>> = (0..depth as usize).map(Some).collect();
    for swap in swaps() {
        stack.swap(0, swap.oparg as usize - 1);
    }
    // The permutation's cycles, each entered through the top, written from the end of the run backward.
    let mut current = run.len();
    for start in 0..stack.len() {
        if stack[start].is_none() || stack[start] == Some(start) {
            continue;
        }
        let mut at = start;
        loop {
            if at != 0 {
                current -= 1;
                run[current].set(Opcode::Swap, at as u32 + 1);
            }
            match stack[at].take() {
                Some(next) => at = next,
                None => break,
            }
        }
    }
    run[..current].iter_mut().for_each(CfgInstruction::set_nop);
    run_end - 1
}

fn is_swappable(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::StoreFast | Opcode::StoreFastMaybeNull | Opcode::PopTop)
}

fn stores_to(instruction: &CfgInstruction) -> Option<u32> {
    matches!(instruction.opcode, Opcode::StoreFast | Opcode::StoreFastMaybeNull).then_some(instruction.oparg)
}

/// The next instruction after `index` that only takes the top, on the line if one is given.
fn next_swappable(block: &Block, index: usize, line: i32) -> Option<usize> {
    for (at, instruction) in block.instructions.iter().enumerate().skip(index + 1) {
        if line >= 0 && instruction.location.line != line {
            return None;
        }
        match instruction.opcode {
            Opcode::Nop => {}
            opcode if is_swappable(opcode) => return Some(at),
            _ => return None,
        }
    }
    None
}

/// Exchanges instructions instead of values: `SWAP 2, POP_TOP, STORE_FAST x` is `STORE_FAST x, POP_TOP`.
fn apply_static_swaps(block: &mut Block, start: usize) {
    for index in (0..=start).rev() {
        let swap = block.instructions[index];
        if swap.opcode != Opcode::Swap {
            if swap.opcode == Opcode::Nop || is_swappable(swap.opcode) {
                continue;
            }
            return;
        }
        let Some(first) = next_swappable(block, index, -1) else { return };
        let line = block.instructions[first].location.line;
        let mut second = first;
        for _ in 1..swap.oparg {
            match next_swappable(block, second, line) {
                Some(next) => second = next,
                None => return,
            }
        }
        let store_first = stores_to(&block.instructions[first]);
        let store_second = stores_to(&block.instructions[second]);
        if store_first.is_some() || store_second.is_some() {
            if store_first == store_second {
                return;
            }
            let between = block.instructions.get(first + 1..second).unwrap_or(&[]);
            let conflict =
                between.iter().filter_map(stores_to).map(Some).any(|s| s == store_first || s == store_second);
            if conflict {
                return;
            }
        }
        block.instructions[index].set_nop();
        block.instructions.swap(first, second);
    }
}
