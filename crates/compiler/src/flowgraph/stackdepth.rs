//! The depth of the operand stack.

use super::{BlockId, Cfg};
use crate::assemble::AssembleError;
use pyrope_bytecode::Opcode;

impl Cfg {
    /// The largest depth on any path; each block's depth on entry is noted in it.
    pub fn calculate_stackdepth(&mut self) -> Result<u32, AssembleError> {
        self.all_mut().for_each(|block| block.startdepth = None);
        let mut largest = 0;
        let mut stack = Vec::new();
        self.push_depth(&mut stack, Cfg::ENTRY, 0)?;
        while let Some(id) = stack.pop() {
            let mut depth = i64::from(self[id].startdepth.unwrap_or(0));
            let mut next = self[id].next;
            let instructions = std::mem::take(&mut self[id].instructions);
            for instruction in &instructions {
                let new_depth = depth + instruction.opcode.stack_effect(instruction.oparg, false);
                if new_depth < 0 {
                    return Err(AssembleError::Value("Invalid CFG, stack underflow".into()));
                }
                largest = largest.max(depth);
                if let (true, Some(target)) = (instruction.opcode.has_target(), instruction.target)
                    && instruction.opcode != Opcode::EndAsyncFor
                {
                    let at_target = depth + instruction.opcode.stack_effect(instruction.oparg, true);
                    self.push_depth(&mut stack, target, at_target)?;
                }
                depth = new_depth;
                if instruction.opcode.is_unconditional_jump() || instruction.opcode.is_scope_exit() {
                    next = None;
                    break;
                }
            }
            self[id].instructions = instructions;
            if let Some(next) = next {
                self.push_depth(&mut stack, next, depth)?;
            }
        }
        u32::try_from(largest).map_err(|_| AssembleError::Overflow("operand stack too deep".into()))
    }

    fn push_depth(&mut self, stack: &mut Vec<BlockId>, id: BlockId, depth: i64) -> Result<(), AssembleError> {
        let depth = u32::try_from(depth).map_err(|_| AssembleError::Value("Invalid CFG, stack underflow".into()))?;
        match self[id].startdepth {
            Some(known) if known != depth => Err(AssembleError::Value("Invalid CFG, inconsistent stackdepth".into())),
            Some(_) => Ok(()),
            None => {
                self[id].startdepth = Some(depth);
                stack.push(id);
                Ok(())
            }
        }
    }
}
