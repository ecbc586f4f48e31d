//! Jump targets and exception handlers.

use pyrope_bytecode::{Opcode, ResumeAt};

use super::{BlockId, Cfg};
use crate::assemble::AssembleError;

/// The handlers in force, innermost last.
type ExceptStack = Vec<BlockId>;

impl Cfg {
    /// Makes the labels in jumps into blocks.
    pub(super) fn translate_jump_labels_to_targets(&mut self) -> Result<(), AssembleError> {
        let mut places: Vec<Option<BlockId>> = vec![None; self.max_label() as usize + 1];
        for id in self.order() {
            if let Some(label) = self[id].label {
                places[label as usize] = Some(id);
            }
        }
        let mut missing = false;
        self.for_each(|block| {
            for instruction in block.instructions.iter_mut().filter(|i| i.opcode.has_target()) {
                instruction.target = places.get(instruction.oparg as usize).copied().flatten();
                missing |= instruction.target.is_none();
            }
        });
        if missing { Err(AssembleError::System("jump with NULL target".into())) } else { Ok(()) }
    }

    pub(super) fn mark_except_handlers(&mut self) {
        if !self.has_regions {
            return;
        }
        let mut handlers = Vec::new();
        self.for_each(|block| {
            let pushes = block.instructions.iter().filter(|instruction| instruction.opcode.is_block_push());
            handlers.extend(pushes.filter_map(|instruction| instruction.target));
        });
        handlers.into_iter().for_each(|handler| self[handler].except_handler = true);
    }

    /// Tells each instruction its handler; `POP_BLOCK` has done its duty then.
    pub(super) fn label_exception_targets(&mut self) -> Result<(), AssembleError> {
        if !self.has_regions {
            return Ok(());
        }
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
