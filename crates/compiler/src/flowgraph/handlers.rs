//! Jump targets and exception handlers.

use crate::collections::HashMap;

use pyrope_bytecode::{Opcode, ResumeAt};

use super::{BlockId, Cfg};
use crate::assemble::AssembleError;

/// The handlers in force, innermost last.
type ExceptStack = Vec<BlockId>;

impl Cfg {
    /// Makes the labels in jumps into blocks.
    pub(super) fn translate_jump_labels_to_targets(&mut self) -> Result<(), AssembleError> {
        let order = self.order();
        let targets: HashMap<u32, BlockId> =
            order.iter().filter_map(|&id| self[id].label.map(|label| (label, id))).collect();
        for id in order {
            for instruction in self[id].instructions.iter_mut().filter(|i| i.opcode.has_target()) {
                let target = targets.get(&instruction.oparg).copied();
                instruction.target = Some(target.ok_or_else(|| AssembleError::System("jump with NULL target".into()))?);
            }
        }
        Ok(())
    }

    pub(super) fn mark_except_handlers(&mut self) {
        for id in self.order() {
            for index in 0..self[id].instructions.len() {
                let instruction = self[id].instructions[index];
                if let (true, Some(target)) = (instruction.opcode.is_block_push(), instruction.target) {
                    self[target].except_handler = true;
                }
            }
        }
    }

    /// Tells each instruction its handler; `POP_BLOCK` has done its duty then.
    pub(super) fn label_exception_targets(&mut self) -> Result<(), AssembleError> {
        self.clear_visited();
        self.visit(Cfg::ENTRY);
        let mut todo: Vec<(BlockId, ExceptStack)> = vec![(Cfg::ENTRY, Vec::new())];
        while let Some((id, mut stack)) = todo.pop() {
            self.label_block(id, &mut stack, &mut todo)?;
            if let (true, Some(next)) = (self[id].falls_through(), self[id].next)
                && self.visit(next)
            {
                todo.push((next, stack));
            }
        }
        Ok(())
    }

    fn label_block(
        &mut self,
        id: BlockId,
        stack: &mut ExceptStack,
        todo: &mut Vec<(BlockId, ExceptStack)>,
    ) -> Result<(), AssembleError> {
        let mut last_yield_depth = None;
        for index in 0..self[id].instructions.len() {
            let instruction = self[id].instructions[index];
            let handler = stack.last().copied();
            match (instruction.opcode, instruction.target) {
                (opcode, Some(target)) if opcode.is_block_push() => {
                    self.enter(target, stack, todo);
                    if matches!(opcode, Opcode::SetupWith | Opcode::SetupCleanup) {
                        self[target].preserve_lasti = true;
                    }
                    stack.push(target);
                    continue;
                }
                (Opcode::PopBlock, _) => {
                    stack.pop().ok_or_else(|| AssembleError::System("POP_BLOCK without a block".into()))?;
                    self[id].instructions[index].set_nop();
                    continue;
                }
                (opcode, Some(target)) if opcode.has_jump() => self.enter(target, stack, todo),
                (Opcode::YieldValue, _) => last_yield_depth = Some(stack.len()),
                (Opcode::Resume, _) if instruction.oparg != ResumeAt::FuncStart.number() => {
                    let only_one = last_yield_depth.take() == Some(1);
                    self[id].instructions[index].oparg |= if only_one { ResumeAt::DEPTH1_MASK } else { 0 };
                }
                _ => {}
            }
            self[id].instructions[index].except = handler;
        }
        Ok(())
    }
    /// A block is reached with these handlers in force.
    fn enter(&mut self, id: BlockId, stack: &ExceptStack, todo: &mut Vec<(BlockId, ExceptStack)>) {
        if self.visit(id) {
            todo.push((id, stack.clone()));
        }
    }
}
