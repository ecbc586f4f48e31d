//! Locals that may be unbound, and instructions for pairs of locals.

use pyrope_bytecode::Opcode;

use super::{BlockId, Cfg, CfgInstruction};

/// So many locals are followed from block to block, as bits of a word.
const TRACKED: usize = 64;

impl Cfg {
    /// Makes `LOAD_FAST` of a local that may be unbound `LOAD_FAST_CHECK`.
    pub(super) fn add_checks_for_loads_of_uninitialized_variables(&mut self, nlocals: usize, nparams: usize) {
        if nlocals == 0 {
            return;
        }
        if nlocals > TRACKED {
            self.scan_many_locals(nlocals);
        }
        let nlocals = nlocals.min(TRACKED);
        self.clear_visited();
        let mut stack = Vec::new();
        let start = (nparams..nlocals).fold(0, |mask, local| mask | 1u64 << local);
        self.push_unsafe(Cfg::ENTRY, start, &mut stack);
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            self.scan_block_for_locals(id, &mut stack);
            current = self[id].next;
        }
        while let Some(id) = stack.pop() {
            self[id].visited = false;
            self.scan_block_for_locals(id, &mut stack);
        }
    }

    fn push_unsafe(&mut self, id: BlockId, mask: u64, stack: &mut Vec<BlockId>) {
        let block = &mut self[id];
        let both = block.unsafe_locals | mask;
        if block.unsafe_locals != both {
            block.unsafe_locals = both;
            if !std::mem::replace(&mut block.visited, true) {
                stack.push(id);
            }
        }
    }

    fn scan_block_for_locals(&mut self, id: BlockId, stack: &mut Vec<BlockId>) {
        let mut mask = self[id].unsafe_locals;
        let mut instructions = std::mem::take(&mut self[id].instructions);
        for instruction in &mut instructions {
            let CfgInstruction { opcode, oparg, except, .. } = *instruction;
            if let Some(handler) = except {
                self.push_unsafe(handler, mask, stack);
            }
            if oparg >= TRACKED as u32 {
                continue;
            }
            let bit = 1u64 << oparg;
            match opcode {
                Opcode::DeleteFast | Opcode::LoadFastAndClear | Opcode::StoreFastMaybeNull => mask |= bit,
                Opcode::StoreFast | Opcode::LoadFastCheck => mask &= !bit,
                Opcode::LoadFast => {
                    if mask & bit != 0 {
                        instruction.opcode = Opcode::LoadFastCheck;
                    }
                    mask &= !bit;
                }
                _ => {}
            }
        }
        self[id].instructions = instructions;
        if let (true, Some(next)) = (self[id].falls_through(), self[id].next) {
            self.push_unsafe(next, mask, stack);
        }
        if let Some(CfgInstruction { opcode, target: Some(target), .. }) = self[id].last().copied()
            && opcode.has_jump()
        {
            self.push_unsafe(target, mask, stack);
        }
    }

    /// Locals from [`TRACKED`] on are followed within a block only.
    fn scan_many_locals(&mut self, nlocals: usize) {
        let mut bound_in = vec![0usize; nlocals - TRACKED];
        for (number, id) in (1..).zip(self.order()) {
            for instruction in &mut self[id].instructions {
                let local = (instruction.oparg as usize).checked_sub(TRACKED);
                let Some(state) = local.and_then(|local| bound_in.get_mut(local)) else { continue };
                match instruction.opcode {
                    Opcode::DeleteFast | Opcode::LoadFastAndClear | Opcode::StoreFastMaybeNull => *state = number - 1,
                    Opcode::StoreFast => *state = number,
                    Opcode::LoadFast => {
                        if *state != number {
                            instruction.opcode = Opcode::LoadFastCheck;
                        }
                        *state = number;
                    }
                    _ => {}
                }
            }
        }
    }

    /// Joins neighbouring loads and stores of the first 16 locals.
    pub(super) fn insert_superinstructions(&mut self) {
        self.for_each(|block| {
            for index in 1..block.instructions.len() {
                let [first, second] = &mut block.instructions[index - 1..=index] else { continue };
                let joined = match (first.opcode, second.opcode) {
                    (Opcode::LoadFast, Opcode::LoadFast) => Opcode::LoadFastLoadFast,
                    (Opcode::StoreFast, Opcode::LoadFast) => Opcode::StoreFastLoadFast,
                    (Opcode::StoreFast, Opcode::StoreFast) => Opcode::StoreFastStoreFast,
                    _ => continue,
                };
                let (line1, line2) = (first.location.line, second.location.line);
                if line1 >= 0 && line2 >= 0 && line1 != line2 || first.oparg >= 16 || second.oparg >= 16 {
                    continue;
                }
                first.set(joined, first.oparg << 4 | second.oparg);
                second.set_nop();
            }
        });
        self.remove_redundant_nops();
    }
}
