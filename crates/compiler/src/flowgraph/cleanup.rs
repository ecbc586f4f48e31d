//! Removal of what does nothing: unreachable blocks, `NOP`s, jumps to the next instruction, small jump targets.

use pyrope_bytecode::Opcode;

use super::{BlockId, Cfg};
use crate::assemble::AssembleError;

/// Exit blocks of at most this many instructions are copied into the blocks that jump to them.
const MAX_COPY_SIZE: usize = 4;

impl Cfg {
    /// Counts predecessors and empties the blocks that have none.
    pub(super) fn remove_unreachable(&mut self) {
        self.clear_visited();
        self.all_mut().for_each(|block| block.predecessors = 0);
        self[Cfg::ENTRY].predecessors = 1;
        self.visit(Cfg::ENTRY);
        let mut stack = vec![Cfg::ENTRY];
        while let Some(id) = stack.pop() {
            if let (Some(next), true) = (self[id].next, self[id].falls_through()) {
                if self.visit(next) {
                    stack.push(next);
                }
                self[next].predecessors += 1;
            }
            let instructions = std::mem::take(&mut self[id].instructions);
            for instruction in instructions.iter().filter(|instruction| instruction.opcode.has_target()) {
                let Some(target) = instruction.target else { continue };
                if self.visit(target) {
                    stack.push(target);
                }
                self[target].predecessors += 1;
            }
            self[id].instructions = instructions;
        }
        self.for_each(|block| {
            if block.predecessors == 0 {
                block.truncate(0);
                block.except_handler = false;
            }
        });
    }

    /// Removes the `NOP`s of a block that no line needs; tells how many.
    fn remove_block_nops(&mut self, id: BlockId) -> usize {
        if !self[id].has_nops() {
            return 0;
        }
        let mut previous_line = -1;
        let mut kept = 0;
        let count = self[id].instructions.len();
        for index in 0..count {
            let line = self[id].instructions[index].location.line;
            if self[id].instructions[index].opcode == Opcode::Nop && self.is_nop_redundant(id, index, previous_line) {
                continue;
            }
            self[id].instructions[kept] = self[id].instructions[index];
            kept += 1;
            previous_line = line;
        }
        self[id].truncate(kept);
        count - kept
    }

    fn is_nop_redundant(&mut self, id: BlockId, index: usize, previous_line: i32) -> bool {
        let location = self[id].instructions[index].location;
        if location.line < 0 || previous_line == location.line {
            return true;
        }
        if let Some(next) = self[id].instructions.get_mut(index + 1) {
            if next.location.line < 0 {
                next.location = location;
                return true;
            }
            return next.location.line == location.line;
        }
        let Some(next) = self.next_nonempty(self[id].next) else { return false };
        let next_line = self[next]
            .instructions
            .iter()
            .find(|instruction| instruction.opcode != Opcode::Nop || instruction.location.line >= 0)
            .map_or(-1, |instruction| instruction.location.line);
        next_line == location.line
    }

    pub(super) fn remove_redundant_nops(&mut self) -> usize {
        let mut removed = 0;
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            removed += self.remove_block_nops(id);
            current = self[id].next;
        }
        removed
    }

    /// Removes loads and copies that are popped at once.
    pub(super) fn remove_redundant_nops_and_pairs(&mut self) {
        while !self.remove_pairs_once() {}
    }

    fn remove_pairs_once(&mut self) -> bool {
        let mut done = true;
        let mut place: Option<(BlockId, usize)> = None;
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            current = self[id].next;
            self.remove_block_nops(id);
            if self[id].label.is_some() {
                place = None;
            }
            let count = self[id].instructions.len();
            for index in 0..count {
                if self[id].instructions[index].opcode != Opcode::PopTop {
                    continue;
                }
                let previous = index.checked_sub(1).map(|before| (id, before)).or(place);
                let Some((previous_block, previous_index)) = previous else { continue };
                let before = &mut self[previous_block].instructions[previous_index];
                let is_pure = matches!(before.opcode, Opcode::LoadConst | Opcode::LoadSmallInt)
                    || before.opcode == Opcode::Copy && before.oparg == 1;
                if is_pure {
                    before.set_nop();
                    self[id].instructions[index].set_nop();
                    done = false;
                }
            }
            place = count.checked_sub(1).map(|last| (id, last)).or(place);
            let ends_in_jump = place.is_some_and(|(block, index)| self[block].instructions[index].opcode.has_jump());
            if ends_in_jump || !self[id].falls_through() {
                place = None;
            }
        }
        done
    }

    /// Makes jumps to the next instruction `NOP`s; tells how many.
    fn remove_redundant_jumps(&mut self) -> Result<usize, AssembleError> {
        let mut changes = 0;
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            current = self[id].next;
            let Some(last) = self[id].last().copied() else { continue };
            if !last.opcode.is_unconditional_jump() {
                continue;
            }
            let target = self.next_nonempty(last.target);
            if target.is_none() {
                return Err(AssembleError::System("jump with NULL target".into()));
            }
            if target == self.next_nonempty(self[id].next) {
                changes += 1;
                if let Some(last) = self[id].instructions.last_mut() {
                    last.set_nop();
                }
            }
        }
        Ok(changes)
    }

    pub(super) fn remove_redundant_nops_and_jumps(&mut self) -> Result<(), AssembleError> {
        while self.remove_redundant_nops() + self.remove_redundant_jumps()? > 0 {}
        Ok(())
    }

    /// Replaces jumps to small exit blocks, or to blocks without lines, by copies of them.
    pub(super) fn inline_small_or_no_lineno_blocks(&mut self) {
        loop {
            let mut changed = false;
            let mut current = Some(Cfg::ENTRY);
            while let Some(id) = current {
                changed |= self.inline_target(id);
                current = self[id].next;
            }
            if !changed {
                return;
            }
        }
    }

    fn inline_target(&mut self, id: BlockId) -> bool {
        let Some(last) = self[id].last().copied() else { return false };
        let (true, Some(target)) = (last.opcode.is_unconditional_jump(), last.target) else { return false };
        let small_exit = self[target].exits_scope() && self[target].instructions.len() <= MAX_COPY_SIZE;
        let no_line_no_fallthrough = self[target].has_no_line() && !self[target].falls_through();
        if !small_exit && !no_line_no_fallthrough || target == id {
            return false;
        }
        let copied = self[target].instructions.clone();
        let block = &mut self[id];
        if let Some(jump) = block.instructions.last_mut() {
            jump.set_nop();
        }
        block.extend(&copied);
        if let (true, Some(end)) = (no_line_no_fallthrough, block.instructions.last_mut()) {
            // A check for interrupts must not get lost.
            if end.opcode.is_unconditional_jump() && last.opcode == Opcode::Jump {
                end.opcode = Opcode::Jump;
            }
        }
        self[target].predecessors -= 1;
        true
    }
}
