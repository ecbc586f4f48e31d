//! Is code well-formed? Indices in range, depths consistent and within the stack that the code asks for, nulls only where
//! calls expect them.

use pyrope_bytecode::{ExceptionEntry, FastKind, Opcode, Operand};

use super::Translator;

/// `None` if the code must not run.
pub(super) fn check(translator: &Translator<'_>, entries: &[ExceptionEntry]) -> Option<()> {
    for instruction in &translator.source {
        check_operand(translator, instruction.opcode.general(), instruction.oparg)?;
    }
    check_stacks(translator, entries)
}

fn check_operand(translator: &Translator<'_>, opcode: Opcode, oparg: u32) -> Option<()> {
    let code = translator.code;
    let (arg, locals, names) = (oparg as usize, code.local_count(), code.loaded().names.len());
    let valid = match opcode.operand() {
        Operand::Const => arg < code.loaded().consts.len(),
        Operand::Name => arg < names,
        Operand::AttributeName | Operand::GlobalName => arg >> 1 < names,
        Operand::SuperAttributeName => arg >> 2 < names,
        Operand::Local | Operand::Deref => arg < locals,
        Operand::LocalPair => arg >> 4 < locals && arg & 15 < locals,
        Operand::Depth => arg >= 1,
        Operand::Compare => pyrope_bytecode::Comparison::from_operand(oparg).is_some(),
        Operand::Count => match opcode {
            Opcode::CopyFreeVars => arg == code.count_of_kind(FastKind::FREE),
            Opcode::BuildSlice => arg == 2 || arg == 3,
            Opcode::RaiseVarargs => arg <= 2,
            _ => true,
        },
        _ => !opcode.is_pseudo(),
    };
    valid.then_some(())
}

/// What is on the operand stack before an instruction: its depth, and which operands may be null (a bit each).
#[derive(Clone)]
struct Stack {
    depth: usize,
    nulls: u128,
    /// The bits of operands that `nulls` has no room for, as far as one was ever null; empty in nearly all code.
    more: Vec<u64>,
}

impl Stack {
    const EMPTY: Stack = Stack { depth: 0, nulls: 0, more: Vec::new() };

    fn may_be_null(&self, at: usize) -> bool {
        match at.checked_sub(128) {
            None => self.nulls >> at & 1 != 0,
            Some(at) => self.more.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 != 0),
        }
    }

    fn set_null(&mut self, at: usize, null: bool) {
        match at.checked_sub(128) {
            None => self.nulls = (self.nulls & !(1 << at)) | (u128::from(null) << at),
            Some(at) => {
                if null && self.more.len() <= at / 64 {
                    self.more.resize(at / 64 + 1, 0);
                }
                if let Some(bits) = self.more.get_mut(at / 64) {
                    *bits = (*bits & !(1 << (at % 64))) | (u64::from(null) << (at % 64));
                }
            }
        }
    }

    /// The operand at a depth from the top, 1 being the top.
    fn peek(&self, from_top: usize) -> Option<bool> {
        Some(self.may_be_null(self.depth.checked_sub(from_top)?))
    }

    fn push(&mut self, null: bool) {
        self.set_null(self.depth, null);
        self.depth += 1;
    }

    /// Pops operands of which only those that `nullable` names (from the top, 1 being it) may be null.
    fn pop(&mut self, count: usize, nullable: impl Fn(usize) -> bool) -> Option<()> {
        for from_top in 1..=count {
            if self.peek(from_top)? && !nullable(from_top) {
                return None;
            }
        }
        self.depth -= count;
        Some(())
    }

    fn truncate(&mut self, depth: usize) {
        self.depth = depth;
    }

    /// What holds on two ways to the same place. True if that is more than was known.
    fn join(&mut self, other: &Stack) -> bool {
        let mut changed = false;
        for at in 0..self.depth {
            if other.may_be_null(at) && !self.may_be_null(at) {
                self.set_null(at, true);
                changed = true;
            }
        }
        changed
    }

    /// Does to the stack what an instruction does when it falls through.
    fn step(&mut self, opcode: Opcode, oparg: u32, limit: usize) -> Option<()> {
        let arg = oparg as usize;
        let (popped, pushed) =
            (usize::try_from(opcode.popped(oparg)).ok()?, usize::try_from(opcode.pushed(oparg)).ok()?);
        if self.depth.checked_sub(popped)? + pushed > limit {
            return None;
        }
        match opcode {
            Opcode::PushNull | Opcode::LoadFastAndClear => self.push(true),
            Opcode::LoadGlobal if arg & 1 != 0 => {
                self.push(false);
                self.push(true);
            }
            Opcode::LoadAttr | Opcode::LoadSpecial | Opcode::LoadSuperAttr => {
                self.pop(popped, |_| false)?;
                self.push(false);
                if pushed > 1 {
                    self.push(true);
                }
            }
            Opcode::Copy => {
                let null = self.peek(arg)?;
                self.push(null);
            }
            Opcode::Swap => {
                let (top, other) = (self.depth.checked_sub(1)?, self.depth.checked_sub(arg)?);
                let (a, b) = (self.may_be_null(top), self.may_be_null(other));
                self.set_null(top, b);
                self.set_null(other, a);
            }
            // Their lower operands are looked at or passed over, and stay.
            Opcode::DictMerge
            | Opcode::DictUpdate
            | Opcode::ListAppend
            | Opcode::ListExtend
            | Opcode::SetAdd
            | Opcode::SetUpdate
            | Opcode::MapAdd
            | Opcode::WithExceptStart
            | Opcode::GetLen
            | Opcode::MatchKeys
            | Opcode::MatchMapping
            | Opcode::MatchSequence => {
                self.pop(popped.saturating_sub(pushed), |_| false)?;
                (popped..pushed).for_each(|_| self.push(false));
            }
            _ => {
                self.pop(popped, |from_top| match opcode {
                    // Comprehensions put back what their variables were, if anything.
                    Opcode::StoreFast | Opcode::StoreFastStoreFast | Opcode::StoreFastLoadFast | Opcode::PopTop => true,
                    Opcode::Call => from_top == arg + 1,
                    Opcode::CallKw => from_top == arg + 2,
                    Opcode::CallFunctionEx => from_top == 1 || from_top == 3,
                    _ => false,
                })?;
                (0..pushed).for_each(|_| self.push(false));
            }
        }
        (self.depth <= limit).then_some(())
    }
}

/// Follows the code until nothing new comes up.
fn check_stacks(translator: &Translator<'_>, entries: &[ExceptionEntry]) -> Option<()> {
    let source = &translator.source;
    let limit = translator.code.operand_limit();
    let mut known: Vec<Option<Stack>> = vec![None; source.len()];
    let mut waiting = vec![(0usize, Stack::EMPTY)];
    while let Some((mut index, mut stack)) = waiting.pop() {
        loop {
            match known.get_mut(index)? {
                Some(before) if before.depth != stack.depth => return None,
                Some(before) => {
                    if !before.join(&stack) {
                        break;
                    }
                    stack.clone_from(before);
                }
                unknown => *unknown = Some(stack.clone()),
            }
            let instruction = &source[index];
            let (opcode, oparg) = (instruction.opcode.general(), instruction.oparg);
            if let Some(entry) = entries.iter().find(|e| e.start <= instruction.offset && instruction.offset < e.end) {
                let depth = entry.depth as usize;
                if depth > stack.depth || depth + usize::from(entry.lasti) + 1 > limit {
                    return None;
                }
                let mut handler = stack.clone();
                handler.truncate(depth);
                (0..=usize::from(entry.lasti)).for_each(|_| handler.push(false));
                waiting.push((translator.index_at(entry.target)?, handler));
            }
            let mut after = stack.clone();
            after.step(opcode, oparg, limit)?;
            if let Some(target) = translator.target_of(index)? {
                // An exhausted loop leaves its iterator; a finished delegation its result.
                waiting.push((target, if opcode == Opcode::ForIter { stack } else { after.clone() }));
            }
            if opcode.is_scope_exit() || opcode.is_unconditional_jump() {
                break;
            }
            stack = after;
            index += 1;
        }
    }
    Some(())
}
