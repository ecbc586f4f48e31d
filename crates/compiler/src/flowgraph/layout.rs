//! Order of blocks: handlers go to the end, and conditional jumps go forward.

use pyrope_bytecode::{Location, Opcode};

use super::{BlockId, Cfg, CfgInstruction};
use crate::assemble::AssembleError;

impl Cfg {
    /// Follows jumps and falls from the entry, without entering handlers.
    fn mark_warm(&mut self) {
        self.clear_visited();
        self.visit(Cfg::ENTRY);
        let mut stack = vec![Cfg::ENTRY];
        while let Some(id) = stack.pop() {
            self[id].warm = true;
            for successor in self.successors(id).into_iter().flatten() {
                if self.visit(successor) {
                    stack.push(successor);
                }
            }
        }
    }

    /// Where a block goes without an exception: its follower, and where its last instruction jumps to.
    fn successors(&self, id: BlockId) -> [Option<BlockId>; 2] {
        let block = &self[id];
        let jump = block.last().filter(|last| last.opcode.has_jump());
        [block.next.filter(|_| block.falls_through()), jump.and_then(|jump| jump.target)]
    }

    fn mark_cold(&mut self) {
        self.mark_warm();
        self.clear_visited();
        let mut stack = Vec::new();
        for id in self.order() {
            if self[id].except_handler {
                stack.push(id);
                self[id].visited = true;
            }
        }
        while let Some(id) = stack.pop() {
            self[id].cold = true;
            for successor in self.successors(id).into_iter().flatten() {
                if !self[successor].warm && self.visit(successor) {
                    stack.push(successor);
                }
            }
        }
    }

    pub(super) fn push_cold_blocks_to_end(&mut self) -> Result<(), AssembleError> {
        // All that is cold is reached from handlers.
        if !self.has_regions || self[Cfg::ENTRY].next.is_none() {
            return Ok(());
        }
        self.mark_cold();
        self.jump_from_cold_to_warm();
        let (warm, cold): (Vec<_>, Vec<_>) = self.order().into_iter().partition(|&id| !self[id].cold);
        let any_cold = !cold.is_empty();
        let mut previous: Option<BlockId> = None;
        for id in warm.into_iter().chain(cold) {
            if let Some(previous) = previous {
                self[previous].next = Some(id);
            }
            self[id].next = None;
            previous = Some(id);
        }
        if any_cold {
            self.remove_redundant_nops_and_jumps()?;
        }
        Ok(())
    }

    /// A cold block that falls into a warm one gets a jump.
    fn jump_from_cold_to_warm(&mut self) {
        let mut next_label = self.max_label() + 1;
        for id in self.order() {
            let (true, true, Some(next)) = (self[id].cold, self[id].falls_through(), self[id].next) else { continue };
            if !self[next].warm {
                continue;
            }
            let label = *self[next].label.get_or_insert_with(|| {
                next_label += 1;
                next_label - 1
            });
            let jump = self.new_block();
            let mut instruction = CfgInstruction::new(Opcode::JumpNoInterrupt, label, Location::NONE);
            instruction.target = Some(next);
            let block = &mut self[jump];
            block.instructions.push(instruction);
            block.cold = true;
            block.predecessors = 1;
            block.next = Some(next);
            self[id].next = Some(jump);
        }
    }

    /// `JUMP_IF_*` keep the value: they become copy, test and jump.
    pub(super) fn convert_pseudo_conditional_jumps(&mut self) {
        self.for_each(|block| {
            let Some(jump) = block.instructions.last_mut() else { return };
            jump.opcode = match jump.opcode {
                Opcode::JumpIfFalse => Opcode::PopJumpIfFalse,
                Opcode::JumpIfTrue => Opcode::PopJumpIfTrue,
                _ => return,
            };
            let (location, except) = (jump.location, jump.except);
            let copy = CfgInstruction { opcode: Opcode::Copy, oparg: 1, location, target: None, except };
            let to_bool = CfgInstruction { opcode: Opcode::ToBool, oparg: 0, ..copy };
            block.insert(block.instructions.len() - 1, &[copy, to_bool]);
        });
    }

    /// Removes what was there for the analysis only.
    pub(super) fn convert_pseudo_ops(&mut self) -> Result<(), AssembleError> {
        self.for_each(|block| {
            for instruction in block.instructions.iter_mut().filter(|instruction| instruction.opcode.is_pseudo()) {
                match instruction.opcode {
                    opcode if opcode.is_block_push() => instruction.set_nop(),
                    Opcode::LoadClosure => instruction.opcode = Opcode::LoadFast,
                    Opcode::StoreFastMaybeNull => instruction.opcode = Opcode::StoreFast,
                    _ => {}
                }
            }
        });
        self.remove_redundant_nops_and_jumps()
    }

    /// Conditional jumps go forward only; one that goes back is turned round and followed by a jump back.
    pub(super) fn normalize_jumps(&mut self) {
        self.clear_visited();
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            self[id].visited = true;
            self.normalize_jump(id);
            current = self[id].next;
        }
    }

    fn normalize_jump(&mut self, id: BlockId) {
        let Some(last) = self[id].last().copied() else { return };
        let (true, Some(target)) = (last.opcode.is_conditional_jump(), last.target) else { return };
        let not_taken = CfgInstruction::new(Opcode::NotTaken, 0, last.location);
        if !self[target].visited {
            self[id].append(not_taken);
            return;
        }
        let reversed = match last.opcode {
            Opcode::PopJumpIfNotNone => Opcode::PopJumpIfNone,
            Opcode::PopJumpIfNone => Opcode::PopJumpIfNotNone,
            Opcode::PopJumpIfFalse => Opcode::PopJumpIfTrue,
            _ => Opcode::PopJumpIfFalse,
        };
        let jump_back = self.new_block();
        let mut jump = CfgInstruction::new(Opcode::Jump, self[target].label.unwrap_or(0), last.location);
        jump.target = Some(target);
        let (next, cold, startdepth) = (self[id].next, self[id].cold, self[target].startdepth);
        let block = &mut self[jump_back];
        block.instructions.extend([not_taken, jump]);
        block.startdepth = startdepth;
        block.cold = cold;
        block.next = next;
        self[id].next = Some(jump_back);
        if let Some(last) = self[id].instructions.last_mut() {
            last.opcode = reversed;
            last.target = next;
        }
    }
}
