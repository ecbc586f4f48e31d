//! Loads of constants: folding of what is done to them, and removal of those not used.

use std::rc::Rc;

use dashu_int::IBig;
use pyrope_bytecode::{BinaryOperator, Constant, Location, Opcode};

use super::{BlockId, Cfg, CfgInstruction, fold};
use crate::assemble::{AssembleError, ConstTable};

/// Longer displays are not collected on the operand stack, so they are not folded.
const STACK_USE_GUIDELINE: u32 = 30;
/// Shorter lists and sets of constants are built by value.
const MIN_CONST_SEQUENCE_SIZE: u32 = 3;

pub(super) fn loads_const(opcode: Opcode) -> bool {
    opcode.has_const() || opcode == Opcode::LoadSmallInt
}

/// The constant that an instruction loads.
pub(super) fn get_const(opcode: Opcode, oparg: u32, consts: &ConstTable) -> Result<Constant, AssembleError> {
    if opcode == Opcode::LoadSmallInt {
        return Ok(Constant::Int(IBig::from(oparg)));
    }
    const_of(oparg, consts).cloned()
}

/// The constant of an index.
pub(super) fn const_of(index: u32, consts: &ConstTable) -> Result<&Constant, AssembleError> {
    let constant = consts.consts().get(index as usize);
    constant.ok_or_else(|| AssembleError::System("Internal error: failed to get value of a constant".into()))
}

/// `bool(constant)`.
pub(super) fn is_true(constant: &Constant) -> bool {
    match constant {
        Constant::None => false,
        Constant::Bool(value) => *value,
        Constant::Int(value) => *value != IBig::ZERO,
        Constant::Float(value) => *value != 0.0,
        Constant::Complex { real, imag } => *real != 0.0 || *imag != 0.0,
        Constant::Str { value, .. } => !value.is_empty(),
        Constant::Bytes(value) => !value.is_empty(),
        Constant::Tuple(items) | Constant::FrozenSet(items) => !items.is_empty(),
        Constant::Ellipsis | Constant::Slice(_) | Constant::Code(_) => true,
    }
}

impl CfgInstruction {
    /// Makes it `LOAD_SMALL_INT` if the constant is an `int` from 0 to 255.
    pub(super) fn maybe_load_small_int(&mut self, constant: &Constant) -> bool {
        let Constant::Int(value) = constant else { return false };
        let Ok(value) = u8::try_from(value) else { return false };
        self.set(Opcode::LoadSmallInt, u32::from(value));
        true
    }
}

impl Cfg {
    /// The last `count` instructions before `end` that load constants, `NOP`s aside; `None` if others intervene.
    fn const_loads_before(&self, id: BlockId, end: usize, count: usize) -> Option<Vec<usize>> {
        let is_other = |opcode| opcode != Opcode::Nop && !loads_const(opcode);
        if count > 0 && end > 0 && is_other(self[id].instructions[end - 1].opcode) {
            return None;
        }
        let mut found = Vec::with_capacity(count);
        let mut index = end;
        while found.len() < count {
            index = index.checked_sub(1)?;
            match self[id].instructions[index].opcode {
                Opcode::Nop => {}
                opcode if loads_const(opcode) => found.push(index),
                _ => return None,
            }
        }
        found.reverse();
        Some(found)
    }

    fn const_at(&self, id: BlockId, index: usize, consts: &ConstTable) -> Result<Constant, AssembleError> {
        let instruction = self[id].instructions[index];
        get_const(instruction.opcode, instruction.oparg, consts)
    }

    fn consts_at(&self, id: BlockId, places: &[usize], consts: &ConstTable) -> Result<Vec<Constant>, AssembleError> {
        places.iter().map(|&index| self.const_at(id, index, consts)).collect()
    }

    fn nop_out(&mut self, id: BlockId, places: &[usize]) {
        for &index in places {
            let instruction = &mut self[id].instructions[index];
            instruction.set_nop();
            instruction.location = Location::NONE;
        }
    }

    fn make_load_const(&mut self, id: BlockId, index: usize, constant: Constant, consts: &mut ConstTable) {
        let instruction = &mut self[id].instructions[index];
        if !instruction.maybe_load_small_int(&constant) {
            instruction.set(Opcode::LoadConst, consts.add(constant));
        }
    }

    pub(super) fn fold_tuple_of_constants(
        &mut self,
        id: BlockId,
        index: usize,
        consts: &mut ConstTable,
    ) -> Result<(), AssembleError> {
        let size = self[id].instructions[index].oparg;
        if size > STACK_USE_GUIDELINE {
            return Ok(());
        }
        let Some(places) = self.const_loads_before(id, index, size as usize) else { return Ok(()) };
        let items = self.consts_at(id, &places, consts)?;
        self.nop_out(id, &places);
        self.make_load_const(id, index, Constant::Tuple(items.into()), consts);
        Ok(())
    }

    /// Folds `BUILD_LIST 0, (LOAD_CONST c, LIST_APPEND 1)…` (or the like for sets) up to `index` into a constant tuple
    /// or frozenset, loaded by the instruction at `index`: the conversion to a tuple, or the last of the appends if what
    /// follows only iterates or searches. Such sequences stand for displays too long for the operand stack.
    pub(super) fn fold_long_display(
        &mut self,
        id: BlockId,
        index: usize,
        consts: &mut ConstTable,
    ) -> Result<bool, AssembleError> {
        let opcode = self[id].instructions[index].opcode;
        let (build, append) = match opcode {
            Opcode::SetAdd => (Opcode::BuildSet, Opcode::SetAdd),
            _ => (Opcode::BuildList, Opcode::ListAppend),
        };
        let mut expect_append = true;
        let mut loads = Vec::new();
        let mut used = Vec::new();
        let end = if opcode == append { index + 1 } else { index };
        for at in (0..end).rev() {
            let instruction = self[id].instructions[at];
            match instruction.opcode {
                Opcode::Nop => continue,
                opcode if opcode == build && instruction.oparg == 0 => {
                    if !expect_append {
                        return Ok(false);
                    }
                    used.push(at);
                    loads.reverse();
                    let items = self.consts_at(id, &loads, consts)?;
                    self.nop_out(id, &used);
                    let constant = match build {
                        Opcode::BuildSet => Constant::FrozenSet(fold::distinct(items)),
                        _ => Constant::Tuple(items.into()),
                    };
                    self.make_load_const(id, index, constant, consts);
                    return Ok(true);
                }
                opcode if opcode == append && expect_append && instruction.oparg == 1 => {}
                opcode if !expect_append && loads_const(opcode) => loads.push(at),
                _ => return Ok(false),
            }
            used.push(at);
            expect_append = !expect_append;
        }
        Ok(false)
    }

    /// Lists and sets of constants become one constant: iterated over or searched directly, copied from otherwise.
    pub(super) fn optimize_lists_and_sets(
        &mut self,
        id: BlockId,
        index: usize,
        nextop: Opcode,
        consts: &mut ConstTable,
    ) -> Result<(), AssembleError> {
        let instruction = self[id].instructions[index];
        let (opcode, size) = (instruction.opcode, instruction.oparg);
        let contains_or_iter = matches!(nextop, Opcode::GetIter | Opcode::ContainsOp);
        if size > STACK_USE_GUIDELINE || size < MIN_CONST_SEQUENCE_SIZE && !contains_or_iter {
            return Ok(());
        }
        let Some(places) = self.const_loads_before(id, index, size as usize) else {
            if contains_or_iter && opcode == Opcode::BuildList {
                self[id].instructions[index].opcode = Opcode::BuildTuple;
            }
            return Ok(());
        };
        let items = self.consts_at(id, &places, consts)?;
        let constant = match opcode {
            Opcode::BuildSet => Constant::FrozenSet(fold::distinct(items)),
            _ => Constant::Tuple(Rc::from(items)),
        };
        let oparg = consts.add(constant);
        self.nop_out(id, &places);
        let instructions = &mut self[id].instructions;
        if contains_or_iter {
            instructions[index].set(Opcode::LoadConst, oparg);
        } else if let [.., first, second] = &mut instructions[..index] {
            first.location = instruction.location;
            first.set(opcode, 0);
            second.set(Opcode::LoadConst, oparg);
            let extend = if opcode == Opcode::BuildList { Opcode::ListExtend } else { Opcode::SetUpdate };
            instructions[index].set(extend, 1);
        }
        Ok(())
    }

    pub(super) fn fold_unary(
        &mut self,
        id: BlockId,
        index: usize,
        consts: &mut ConstTable,
    ) -> Result<(), AssembleError> {
        let Some(places) = self.const_loads_before(id, index, 1) else { return Ok(()) };
        let operand = self.const_at(id, places[0], consts)?;
        if let Some(result) = fold::unary(self[id].instructions[index].opcode, &operand) {
            self.nop_out(id, &places);
            self.make_load_const(id, index, result, consts);
        }
        Ok(())
    }

    pub(super) fn fold_binary(
        &mut self,
        id: BlockId,
        index: usize,
        operator: BinaryOperator,
        consts: &mut ConstTable,
    ) -> Result<(), AssembleError> {
        let Some(places) = self.const_loads_before(id, index, 2) else { return Ok(()) };
        let left = self.const_at(id, places[0], consts)?;
        let right = self.const_at(id, places[1], consts)?;
        if let Some(result) = fold::binary(operator, &left, &right) {
            self.nop_out(id, &places);
            self.make_load_const(id, index, result, consts);
        }
        Ok(())
    }

    /// Keeps the constants that are loaded, and the first, which may be the docstring.
    pub(super) fn remove_unused_consts(&mut self, consts: &mut ConstTable) -> Result<(), AssembleError> {
        let mut used = vec![false; consts.len()];
        if let Some(first) = used.first_mut() {
            *first = true;
        }
        let order = self.order();
        for &id in &order {
            for instruction in self[id].instructions.iter().filter(|instruction| instruction.opcode.has_const()) {
                let place = used.get_mut(instruction.oparg as usize);
                *place.ok_or_else(|| AssembleError::System("no such constant".into()))? = true;
            }
        }
        if used.iter().all(|used| *used) {
            return Ok(());
        }
        let mut next = 0;
        let renumbered: Vec<u32> = used
            .iter()
            .map(|&used| {
                next += u32::from(used);
                next.wrapping_sub(1)
            })
            .collect();
        for &id in &order {
            for instruction in self[id].instructions.iter_mut().filter(|instruction| instruction.opcode.has_const()) {
                instruction.oparg = renumbered[instruction.oparg as usize];
            }
        }
        let mut keep = used.into_iter();
        let mut kept = std::mem::take(consts).into_consts();
        kept.retain(|_| keep.next().unwrap_or(false));
        *consts = ConstTable::from(kept);
        Ok(())
    }
}
