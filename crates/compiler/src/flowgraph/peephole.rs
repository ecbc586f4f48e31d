//! Improvements within a basic block.

use pyrope_bytecode::{BinaryOperator, Comparison, Constant, Intrinsic1, Opcode};

use super::constants::{const_of, get_const, is_true};
use super::{BlockId, Cfg, CfgInstruction};
use crate::assemble::{AssembleError, ConstTable};

impl Cfg {
    pub(super) fn optimize_load_const(&mut self, consts: &mut ConstTable) -> Result<(), AssembleError> {
        let mut current = Some(Cfg::ENTRY);
        while let Some(id) = current {
            let block = &mut self[id];
            current = block.next;
            optimize_loads_of_block(&mut block.instructions, consts)?;
        }
        Ok(())
    }

    pub(super) fn optimize_basic_block(&mut self, id: BlockId, consts: &mut ConstTable) -> Result<(), AssembleError> {
        let mut index = 0;
        let mut has_swaps = false;
        while let Some(instruction) = self[id].instructions.get(index) {
            let opcode = instruction.opcode;
            has_swaps |= opcode == Opcode::Swap;
            let again = if opcode.has_target() {
                self.optimize_jump(id, index)
            } else {
                if is_improvable(opcode) {
                    self.optimize_instruction(id, index, consts)?;
                    has_swaps |= opcode == Opcode::BuildTuple;
                }
                false
            };
            if !again {
                index += 1;
            }
        }
        if has_swaps {
            self.optimize_swaps(id);
        }
        Ok(())
    }

    /// Jumps to jumps go on at once. True if the instruction at `index` is to be looked at again.
    fn optimize_jump(&mut self, id: BlockId, index: usize) -> bool {
        use Opcode::*;
        let instruction = self[id].instructions[index];
        let Some(target) = instruction.target else { return false };
        let Some(at_target) = self[target].instructions.first().copied() else { return false };
        let threaded = match (instruction.opcode, at_target.opcode) {
            (PopJumpIfNotNone | PopJumpIfNone | PopJumpIfFalse | PopJumpIfTrue, Jump) => instruction.opcode,
            (JumpIfFalse, Jump | JumpIfFalse) | (JumpIfTrue, Jump | JumpIfTrue) => instruction.opcode,
            (JumpIfFalse, JumpIfTrue) | (JumpIfTrue, JumpIfFalse) => {
                let Some(after) = self[target].next else { return false };
                self[id].instructions[index].target = Some(after);
                return true;
            }
            (Jump | JumpNoInterrupt, Jump) => Jump,
            (Jump | JumpNoInterrupt, JumpNoInterrupt) => instruction.opcode,
            _ => return false,
        };
        if instruction.target == at_target.target {
            return false;
        }
        // The line of the first jump may be needed, so it stays as a NOP.
        let mut jump = at_target;
        jump.opcode = threaded;
        self[id].instructions[index].set_nop();
        self[id].append(jump);
        true
    }

    fn optimize_instruction(
        &mut self,
        id: BlockId,
        index: usize,
        consts: &mut ConstTable,
    ) -> Result<(), AssembleError> {
        use Opcode::*;
        let instructions = &mut self[id].instructions;
        let (opcode, oparg) = (instructions[index].opcode, instructions[index].oparg);
        let next = instructions.get(index + 1).copied();
        let nextop = next.map_or(Cache, |next| next.opcode);
        match (opcode, nextop) {
            (BuildTuple, UnpackSequence)
                if next.is_some_and(|next| next.oparg == oparg) && (1..=3).contains(&oparg) =>
            {
                instructions[index].set_nop();
                match oparg {
                    1 => instructions[index + 1].set_nop(),
                    _ => instructions[index + 1].opcode = Swap,
                }
            }
            (BuildTuple, _) => self.fold_tuple_of_constants(id, index, consts)?,
            (BuildList | BuildSet, _) => self.optimize_lists_and_sets(id, index, nextop, consts)?,
            (StoreFast, StoreFast) => {
                let same_line = next.is_some_and(|next| next.location.line == instructions[index].location.line);
                if same_line && next.is_some_and(|next| next.oparg == oparg) {
                    instructions[index].set(PopTop, 0);
                }
            }
            (Swap, _) if oparg == 1 => instructions[index].set_nop(),
            (LoadGlobal, PushNull) if oparg & 1 == 0 => {
                instructions[index].oparg |= 1;
                instructions[index + 1].set_nop();
            }
            (CompareOp, ToBool) => {
                instructions[index].set_nop();
                instructions[index + 1].set(CompareOp, oparg | Comparison::TO_BOOL);
            }
            (ContainsOp | IsOp, ToBool) => {
                instructions[index].set_nop();
                instructions[index + 1].set(opcode, oparg);
            }
            (ContainsOp | IsOp, UnaryNot) => {
                instructions[index].set_nop();
                instructions[index + 1].set(opcode, oparg ^ 1);
            }
            (ToBool, ToBool) => instructions[index].set_nop(),
            (UnaryNot, ToBool) => {
                instructions[index].set_nop();
                instructions[index + 1].set(UnaryNot, 0);
            }
            (UnaryNot, UnaryNot) => {
                instructions[index].set_nop();
                instructions[index + 1].set_nop();
            }
            (UnaryNot | UnaryInvert | UnaryNegative, _) => self.fold_unary(id, index, consts)?,
            (CallIntrinsic1, _) if oparg == Intrinsic1::ListToTuple.number() => {
                let folded = self.fold_long_display(id, index, consts)?;
                // A list serves as well to iterate over.
                let needless = !folded && nextop == GetIter;
                needless.then(|| self[id].instructions[index].set_nop());
            }
            (ListAppend | SetAdd, GetIter | ContainsOp) if oparg == 1 => {
                self.fold_long_display(id, index, consts)?;
            }
            (CallIntrinsic1, _) if oparg == Intrinsic1::UnaryPositive.number() => self.fold_unary(id, index, consts)?,
            (BinaryOp, _) => {
                if let Some(operator) = BinaryOperator::from_number(oparg) {
                    self.fold_binary(id, index, operator, consts)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Is there a case for it in [`Cfg::optimize_instruction`]?
fn is_improvable(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(
        opcode,
        BuildTuple
            | BuildList
            | BuildSet
            | StoreFast
            | Swap
            | LoadGlobal
            | CompareOp
            | ContainsOp
            | IsOp
            | ToBool
            | UnaryNot
            | UnaryInvert
            | UnaryNegative
            | CallIntrinsic1
            | ListAppend
            | SetAdd
            | BinaryOp
    )
}

fn optimize_loads_of_block(instructions: &mut [CfgInstruction], consts: &mut ConstTable) -> Result<(), AssembleError> {
    // The last load of a constant, seen through copies of it.
    let mut loaded = (Opcode::Nop, 0);
    for index in 0..instructions.len() {
        let instruction = &mut instructions[index];
        if instruction.opcode.has_const() {
            instruction.maybe_load_small_int(const_of(instruction.oparg, consts)?);
        }
        let is_copy = loaded.0 == Opcode::LoadConst && instruction.opcode == Opcode::Copy && instruction.oparg == 1;
        if !is_copy {
            loaded = (instruction.opcode, instruction.oparg);
        }
        if matches!(loaded.0, Opcode::LoadConst | Opcode::LoadSmallInt)
            && instructions.get(index + 1).is_some_and(|next| uses_constant(next.opcode))
        {
            let constant = get_const(loaded.0, loaded.1, consts)?;
            use_constant(instructions, index, &constant, consts);
        }
    }
    Ok(())
}

/// The instruction at `index` loads or copies `constant`: improves what follows.
fn use_constant(instructions: &mut [CfgInstruction], index: usize, constant: &Constant, consts: &mut ConstTable) {
    use Opcode::*;
    let Some(next) = instructions.get(index + 1).map(|instruction| instruction.opcode) else { return };
    match next {
        PopJumpIfFalse | PopJumpIfTrue | JumpIfFalse | JumpIfTrue => {
            if matches!(next, PopJumpIfFalse | PopJumpIfTrue) {
                instructions[index].set_nop();
            }
            if is_true(constant) == matches!(next, PopJumpIfTrue | JumpIfTrue) {
                instructions[index + 1].opcode = Jump;
            } else {
                instructions[index + 1].set_nop();
            }
        }
        IsOp if *constant == Constant::None => jump_if_none(instructions, index),
        ToBool => {
            let bool_index = consts.add(Constant::Bool(is_true(constant)));
            instructions[index].set_nop();
            instructions[index + 1].set(LoadConst, bool_index);
        }
        _ => {}
    }
}

/// `LOAD_CONST None, IS_OP, [TO_BOOL], POP_JUMP_IF_*` becomes a jump on `None`.
fn jump_if_none(instructions: &mut [CfgInstruction], index: usize) {
    let mut jump = index + 2;
    if instructions.get(jump).is_some_and(|instruction| instruction.opcode == Opcode::ToBool) {
        instructions[jump].set_nop();
        jump += 1;
    }
    let Some(jump_opcode) = instructions.get(jump).map(|instruction| instruction.opcode) else { return };
    let mut invert = instructions[index + 1].oparg != 0;
    match jump_opcode {
        Opcode::PopJumpIfFalse => invert = !invert,
        Opcode::PopJumpIfTrue => {}
        _ => return,
    }
    instructions[index].set_nop();
    instructions[index + 1].set_nop();
    instructions[jump].opcode = if invert { Opcode::PopJumpIfNotNone } else { Opcode::PopJumpIfNone };
}

/// Does [`use_constant`] improve this instruction?
fn uses_constant(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(opcode, PopJumpIfFalse | PopJumpIfTrue | JumpIfFalse | JumpIfTrue | IsOp | ToBool)
}
