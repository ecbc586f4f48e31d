//! Line numbers: every exit gets one (PEP 626), and instructions without one take their predecessor's.

use pyrope_bytecode::Location;

use super::{BlockId, Cfg};

impl Cfg {
    pub(super) fn resolve_line_numbers(&mut self) {
        self.duplicate_exits_without_lineno();
        self.propagate_line_numbers();
    }

    fn is_exit_or_eval_check_without_line(&self, id: BlockId) -> bool {
        let block = &self[id];
        block.has_no_line() && (block.exits_scope() || block.has_eval_break())
    }

    /// An exit without a line that is reached from several places is copied for each, so that each copy can have the
    /// line of its only predecessor.
    fn duplicate_exits_without_lineno(&mut self) {
        let mut next_label = self.max_label() + 1;
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            self.duplicate_exit_target(id, &mut next_label);
            current = self[id].next;
        }
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            let block = &self[id];
            current = block.next;
            let (true, Some(next), Some(last)) = (block.falls_through(), block.next, block.last()) else { continue };
            let location = last.location;
            if self.is_exit_or_eval_check_without_line(next)
                && let Some(first) = self[next].instructions.first_mut()
            {
                first.location = location;
            }
        }
    }

    fn duplicate_exit_target(&mut self, id: BlockId, next_label: &mut u32) {
        let Some(last) = self[id].last().copied() else { return };
        if !last.opcode.has_jump() {
            return;
        }
        let Some(target) = self.next_nonempty(last.target) else { return };
        if !self.is_exit_or_eval_check_without_line(target) || self[target].predecessors <= 1 {
            return;
        }
        let copy = self.new_block();
        let mut instructions = self[target].instructions.clone();
        if let Some(first) = instructions.first_mut() {
            first.location = last.location;
        }
        let next = self[target].next;
        let block = &mut self[copy];
        block.instructions = instructions;
        block.predecessors = 1;
        block.next = next;
        block.label = Some(*next_label);
        *next_label += 1;
        if let Some(jump) = self[id].instructions.last_mut() {
            jump.target = Some(copy);
        }
        self[target].predecessors -= 1;
        self[target].next = Some(copy);
    }

    fn propagate_line_numbers(&mut self) {
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            let block = &mut self[id];
            current = block.next;
            let Some(last) = block.last().copied() else { continue };
            let mut previous = Location::NONE;
            for instruction in &mut block.instructions {
                if instruction.location.line == Location::NONE.line {
                    instruction.location = previous;
                } else {
                    previous = instruction.location;
                }
            }
            let follower = self[id].next.filter(|_| self[id].falls_through());
            let target = last.target.filter(|_| last.opcode.has_jump());
            for successor in [follower, target].into_iter().flatten() {
                if self[successor].predecessors != 1 {
                    continue;
                }
                if let Some(first) = self[successor].instructions.first_mut()
                    && first.location.line == Location::NONE.line
                {
                    first.location = previous;
                }
            }
        }
    }
}
