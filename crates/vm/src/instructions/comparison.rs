//! Rich comparison, alone and together with the jump that follows it.

use std::cmp::Ordering;

use pyrope_bytecode::Comparison;
use pyrope_object::layout::Str;
use pyrope_object::shape::STR_SHAPE;
use pyrope_object::{CompareOp, PyResult, Value, Vm};

use super::arithmetic::{left, on_stack, right};
use crate::eval::{Flow, Regs, check};
use crate::quicken::Instr;

#[inline(always)]
fn operator(number: u32) -> CompareOp {
    CompareOp::from_index(number as usize).unwrap_or(CompareOp::Eq)
}

#[inline(always)]
fn ints(a: &Value, b: &Value) -> Option<Ordering> {
    if a.is_small_int() && b.is_small_int() {
        // The tag is the same, so the words compare as the numbers.
        Some((a.bits() as i64).cmp(&(b.bits() as i64)))
    } else {
        None
    }
}

#[inline(always)]
pub fn compare(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (r.peek(2), r.peek(1));
    let op = operator(i.arg >> 5);
    if let Some(ordering) = ints(a, b) {
        r.forget_top(2);
        r.push(Value::bool(op.holds(ordering)));
        return Flow::Next;
    }
    Flow::Slow
}

#[inline(always)]
pub fn compare_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (r.peek(2), r.peek(1));
    let op = operator(i.arg >> 5);
    let result = if i.arg & Comparison::TO_BOOL != 0 {
        Value::bool(check!(compare_truth(a, b, op, r.vm())))
    } else {
        check!(compared(a, b, op, r.vm()))
    };
    r.finish(2, result)
}

/// A comparison whose truth decides a jump; taken if it is `WHEN`.
#[inline(always)]
pub fn compare_jump<const L: u8, const R: u8, const WHEN: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (left::<L, R>(r, i, 0xFFF), right::<R>(r, i));
    let op = operator((i.a >> 12).into());
    let truth = if let Some(ordering) = ints(a, b) {
        r.forget_top(on_stack(L, R));
        op.holds(ordering)
    } else if let (Some(x), Some(y)) = (a.as_small_float(), b.as_small_float()) {
        r.forget_top(on_stack(L, R));
        floats(x, y, op)
    } else if let Some(equal) = strs(a, b, op) {
        for _ in 0..on_stack(L, R) {
            let operand = r.pop_slot();
            r.release(operand);
        }
        equal == (op == CompareOp::Eq)
    } else {
        return Flow::Slow;
    };
    if truth == WHEN {
        r.jump(i.c() as u16 as i16 as isize);
    }
    r.flow()
}

/// Whether two strings are equal, if the operator asks for that.
#[inline(always)]
fn strs(a: &Value, b: &Value, op: CompareOp) -> Option<bool> {
    if a.shape() != STR_SHAPE || b.shape() != STR_SHAPE || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return None;
    }
    Some(a.is(b) || equal_texts(a, b))
}

#[inline(never)]
fn equal_texts(a: &Value, b: &Value) -> bool {
    matches!((a.downcast_exact::<Str>(), b.downcast_exact::<Str>()), (Some(x), Some(y)) if x.equals(y))
}

/// The same for any operands.
#[inline(always)]
pub fn compare_jump_slowly<const L: u8, const R: u8, const WHEN: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (left::<L, R>(r, i, 0xFFF), right::<R>(r, i));
    let truth = check!(compare_truth(a, b, operator((i.a >> 12).into()), r.vm()));
    r.drop_top(on_stack(L, R));
    if truth == WHEN {
        r.jump(i.c() as u16 as i16 as isize);
    }
    Flow::Next
}

#[inline(never)]
fn compared(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    vm.compare(a, b, op)
}

#[inline(never)]
fn compare_truth(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult<bool> {
    if let (Some(x), Some(y)) = (a.as_small_float(), b.as_small_float()) {
        return Ok(floats(x, y, op));
    }
    if let Some(equal) = strs(a, b, op) {
        return Ok(equal == (op == CompareOp::Eq));
    }
    let result = vm.compare(a, b, op)?;
    vm.is_true(&result)
}

#[inline(always)]
fn floats(x: f64, y: f64, op: CompareOp) -> bool {
    match op {
        CompareOp::Lt => x < y,
        CompareOp::Le => x <= y,
        CompareOp::Eq => x == y,
        CompareOp::Ne => x != y,
        CompareOp::Gt => x > y,
        CompareOp::Ge => x >= y,
    }
}
