//! Instructions that take their operands in place: the loads before them and the store behind them are part of them.

use pyrope_bytecode::{BinaryOperator, Comparison, Opcode};

use super::Translator;
use crate::ops::Op;

/// Where an operand comes from.
#[derive(Clone, Copy, PartialEq)]
enum Source {
    Stack,
    Local(u16),
    Const(u16),
}

/// Operands of a fused instruction are below this.
const MAX_INDEX: u32 = 0xFFFF;
/// Locals that share their word with a comparison.
const MAX_PACKED: u16 = 0x1000;

/// The operand's high half is a jump.
pub(super) fn has_short_jump(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        CompareJumpFalseSS
            | CompareJumpTrueSS
            | CompareJumpFalseLL
            | CompareJumpTrueLL
            | CompareJumpFalseLC
            | CompareJumpTrueLC
            | CompareJumpFalseSL
            | CompareJumpTrueSL
            | CompareJumpFalseSC
            | CompareJumpTrueSC
    )
}

impl Translator<'_> {
    /// Tries to emit one instruction for those from `index` on; gives how many it covers.
    pub(super) fn fuse(&mut self, index: usize) -> Option<usize> {
        if self.source.get(index)?.opcode.general() == Opcode::UnpackSequence {
            return self.fuse_unpack(index);
        }
        let (left, right, loads) = self.operands(index);
        let at = index + loads;
        if (index + 1..=at).any(|i| self.entered.get(i).copied().unwrap_or(true)) {
            return None;
        }
        let instruction = *self.source.get(at)?;
        match instruction.opcode.general() {
            Opcode::BinaryOp => self.fuse_binary(at, left, right).map(|n| loads + n),
            Opcode::CompareOp => self.fuse_compare(at, left, right).map(|n| loads + n),
            Opcode::LoadAttr => self.fuse_attribute(at, index),
            _ => None,
        }
    }

    /// The loads from `index` on that can be taken in place: left, right, how many instructions they are.
    fn operands(&mut self, index: usize) -> (Source, Source, usize) {
        match (self.load_at(index), self.load_at(index + 1)) {
            (Some([Some(a), Some(b)]), _) => (a, b, 1),
            (Some([Some(a @ Source::Local(_)), None]), Some([Some(b), None])) => (a, b, 2),
            (Some([Some(a), None]), _) => (Source::Stack, a, 1),
            _ => (Source::Stack, Source::Stack, 0),
        }
    }

    fn load_at(&mut self, index: usize) -> Option<[Option<Source>; 2]> {
        let instruction = *self.source.get(index)?;
        let arg = instruction.oparg;
        if arg >= MAX_INDEX {
            return None;
        }
        match instruction.opcode.general() {
            Opcode::LoadFastBorrow | Opcode::LoadFast => Some([Some(Source::Local(arg as u16)), None]),
            Opcode::LoadConst => Some([Some(Source::Const(arg as u16)), None]),
            Opcode::LoadSmallInt => Some([Some(Source::Const(self.small_int_constant(arg)?)), None]),
            Opcode::LoadFastBorrowLoadFastBorrow | Opcode::LoadFastLoadFast => {
                Some([Some(Source::Local((arg >> 4) as u16)), Some(Source::Local((arg & 15) as u16))])
            }
            _ => None,
        }
    }

    fn fuse_binary(&mut self, at: usize, left: Source, right: Source) -> Option<usize> {
        let instruction = self.source[at];
        let operator = BinaryOperator::from_number(instruction.oparg)?;
        let store = self.store_behind(at);
        let (op, stores) = binary_op(operator, left, right, store.is_some())?;
        let a = slot(left);
        let b = u32::from(slot(right));
        let c = match store {
            Some(local) if stores => u32::from(local),
            _ => operator.number(),
        };
        self.emit(op, a, b | c << 16, instruction.offset as u32, instruction.oparg);
        Some(1 + usize::from(stores))
    }

    /// `a, b, c = …`, all of them locals.
    fn fuse_unpack(&mut self, index: usize) -> Option<usize> {
        let unpack = self.source[index];
        let count = unpack.oparg as usize;
        let mut locals = Vec::with_capacity(count);
        let mut next = index + 1;
        while locals.len() < count {
            let store = *self.source.get(next)?;
            let arg = store.oparg;
            match store.opcode.general() {
                _ if self.entered[next] => return None,
                Opcode::StoreFast if arg < MAX_INDEX => locals.push(arg as u16),
                Opcode::StoreFastStoreFast => locals.extend([(arg >> 4) as u16, (arg & 15) as u16]),
                _ => return None,
            }
            next += 1;
        }
        if locals.len() != count || count == 0 {
            return None;
        }
        let start = self.stores.len() as u32;
        self.stores.append(&mut locals);
        self.emit(Op::UnpackStore, u16::try_from(count).ok()?, start, unpack.offset as u32, unpack.oparg);
        Some(next - index)
    }

    /// The local that a STORE_FAST right behind binds.
    fn store_behind(&self, at: usize) -> Option<u16> {
        let next = self.source.get(at + 1)?;
        if next.opcode.general() != Opcode::StoreFast || next.oparg >= MAX_INDEX || self.entered[at + 1] {
            return None;
        }
        Some(next.oparg as u16)
    }

    fn fuse_compare(&mut self, at: usize, left: Source, right: Source) -> Option<usize> {
        let instruction = self.source[at];
        let comparison = Comparison::from_operand(instruction.oparg)?;
        let jump = *self.source.get(at + 1)?;
        let when = match jump.opcode.general() {
            Opcode::PopJumpIfFalse => false,
            Opcode::PopJumpIfTrue => true,
            _ => return None,
        };
        // The compiler asks for a bool where a jump follows; a short code cannot jump further than 16 bits.
        let short = self.source.len() < i16::MAX as usize;
        if instruction.oparg & Comparison::TO_BOOL == 0 || self.entered[at + 1] || !short || slot(left) >= MAX_PACKED {
            return None;
        }
        let op = compare_op(left, right, when)?;
        let target = self.target_of(at + 1)??;
        self.jumps.push((self.instrs.len(), target));
        let a = slot(left) | (comparison.number() as u16) << 12;
        self.emit(op, a, slot(right).into(), instruction.offset as u32, instruction.oparg);
        Some(2)
    }

    /// `local.name` without a push.
    fn fuse_attribute(&mut self, at: usize, index: usize) -> Option<usize> {
        let instruction = self.source[at];
        if at != index + 1 {
            return None;
        }
        let Some([Some(Source::Local(local)), None]) = self.load_at(index) else { return None };
        let cache = self.new_attribute_cache(instruction.oparg >> 1, instruction.oparg & 1 != 0);
        self.emit(Op::LoadAttrLocal, local, cache, instruction.offset as u32, instruction.oparg);
        Some(2)
    }
}

fn slot(from: Source) -> u16 {
    match from {
        Source::Stack => 0,
        Source::Local(index) | Source::Const(index) => index,
    }
}

/// The fused form of an operator, and whether it stores.
fn binary_op(operator: BinaryOperator, left: Source, right: Source, store: bool) -> Option<(Op, bool)> {
    use Source::{Const, Local, Stack};
    macro_rules! forms {
        ($ll:ident $lc:ident $sl:ident $sc:ident | $lls:ident $lcs:ident $sls:ident $scs:ident $sss:ident) => {
            match (left, right, store) {
                (Local(_), Local(_), false) => Some((Op::$ll, false)),
                (Local(_), Const(_), false) => Some((Op::$lc, false)),
                (Stack, Local(_), false) => Some((Op::$sl, false)),
                (Stack, Const(_), false) => Some((Op::$sc, false)),
                (Local(_), Local(_), true) => Some((Op::$lls, true)),
                (Local(_), Const(_), true) => Some((Op::$lcs, true)),
                (Stack, Local(_), true) => Some((Op::$sls, true)),
                (Stack, Const(_), true) => Some((Op::$scs, true)),
                (Stack, Stack, true) => Some((Op::$sss, true)),
                _ => None,
            }
        };
    }
    match operator {
        BinaryOperator::Add | BinaryOperator::InplaceAdd => {
            forms!(AddLL AddLC AddSL AddSC | AddLLStore AddLCStore AddSLStore AddSCStore AddSSStore)
        }
        BinaryOperator::Subtract | BinaryOperator::InplaceSubtract => {
            forms!(SubtractLL SubtractLC SubtractSL SubtractSC
                | SubtractLLStore SubtractLCStore SubtractSLStore SubtractSCStore SubtractSSStore)
        }
        BinaryOperator::Multiply | BinaryOperator::InplaceMultiply => {
            forms!(MultiplyLL MultiplyLC MultiplySL MultiplySC
                | MultiplyLLStore MultiplyLCStore MultiplySLStore MultiplySCStore MultiplySSStore)
        }
        BinaryOperator::Subscr => {
            forms!(SubscrLL SubscrLC SubscrSL SubscrSC
                | SubscrLLStore SubscrLCStore SubscrSLStore SubscrSCStore SubscrSSStore)
        }
        _ => match (left, right) {
            (Local(_), Local(_)) => Some((Op::OtherLL, false)),
            (Local(_), Const(_)) => Some((Op::OtherLC, false)),
            (Stack, Local(_)) => Some((Op::OtherSL, false)),
            (Stack, Const(_)) => Some((Op::OtherSC, false)),
            _ => None,
        },
    }
}

fn compare_op(left: Source, right: Source, when: bool) -> Option<Op> {
    use Source::{Const, Local, Stack};
    Some(match (left, right, when) {
        (Stack, Stack, false) => Op::CompareJumpFalseSS,
        (Stack, Stack, true) => Op::CompareJumpTrueSS,
        (Local(_), Local(_), false) => Op::CompareJumpFalseLL,
        (Local(_), Local(_), true) => Op::CompareJumpTrueLL,
        (Local(_), Const(_), false) => Op::CompareJumpFalseLC,
        (Local(_), Const(_), true) => Op::CompareJumpTrueLC,
        (Stack, Local(_), false) => Op::CompareJumpFalseSL,
        (Stack, Local(_), true) => Op::CompareJumpTrueSL,
        (Stack, Const(_), false) => Op::CompareJumpFalseSC,
        (Stack, Const(_), true) => Op::CompareJumpTrueSC,
        _ => return None,
    })
}
