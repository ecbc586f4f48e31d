//! Arithmetic, truth, identity, membership. Integers and floats in the value word are done here; the rest is called.
//!
//! `L` and `R` say where the operands come from (see [`crate::ops`]); `STORE` that the result goes to a local.

use pyrope_bytecode::BinaryOperator;
use pyrope_object::layout::{Dict, List, Str, Tuple};
use pyrope_object::shape::{STR_SHAPE, builtin_shape};
use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};
use pyrope_types::containers::set;

use crate::eval::{Flow, Regs, check};
use crate::ops::{CONST, LOCAL, STACK};
use crate::quicken::Instr;
use crate::stack::{Frame, Slot};

/// The left operand.
#[inline(always)]
pub(super) fn left<'a, const L: u8, const R: u8>(r: &Regs<'a>, i: Instr, mask: u16) -> &'a Value {
    match L {
        LOCAL => r.bound_local((i.a & mask).into()),
        _ if R == STACK => r.peek(2),
        _ => r.peek(1),
    }
}

/// The right operand.
#[inline(always)]
pub(super) fn right<'a, const R: u8>(r: &Regs<'a>, i: Instr) -> &'a Value {
    match R {
        LOCAL => r.bound_local(i.b()),
        CONST => r.constant(i.b()),
        _ => r.peek(1),
    }
}

/// How many operands lie on the stack.
#[inline(always)]
pub(super) const fn on_stack(l: u8, r: u8) -> usize {
    (l == STACK) as usize + (r == STACK) as usize
}

/// Puts the result in place of immediate operands.
#[inline(always)]
fn done<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr, result: Value) -> Flow {
    r.forget_top(on_stack(L, R));
    if STORE {
        r.set_local(i.c(), Some(result));
    } else {
        r.push(result);
    }
    r.flow()
}

/// Puts the result in place of operands that must die.
#[inline(always)]
fn done_counted<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr, result: Value) -> Flow {
    if STORE {
        r.drop_top(on_stack(L, R));
        r.set_local(i.c(), Some(result));
        r.flow()
    } else {
        r.finish(on_stack(L, R), result)
    }
}

/// Any operator on any operands.
#[inline(always)]
pub fn slowly<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let operator = r.quick().oparg(r.position());
    if STORE && appends::<L, R>(r, i, operator) {
        let depth = on_stack(L, R);
        let text = if L == STACK { r.top_slots(depth).first_mut() } else { None };
        if append_to_local(r.frame(), i.c(), text, right::<R>(r, i), r.vm()) {
            if R == STACK {
                let added = r.pop_slot();
                r.release(added);
            }
            // The text itself moved to the local.
            r.forget_top(usize::from(L == STACK));
            return r.flow();
        }
    }
    let result = binary(operator, left::<L, R>(r, i, u16::MAX), right::<R>(r, i), r.vm());
    done_counted::<L, R, STORE>(r, i, check!(result))
}

/// Is this `text += more` or `text = text + more` for strings, where nobody but the local (and the stack) knows `text`?
#[inline(always)]
fn appends<const L: u8, const R: u8>(r: &Regs<'_>, i: Instr, operator: u32) -> bool {
    let (text, more) = (left::<L, R>(r, i, u16::MAX), right::<R>(r, i));
    (operator == BinaryOperator::Add.number() || operator == BinaryOperator::InplaceAdd.number())
        && text.shape() == STR_SHAPE
        && more.shape() == STR_SHAPE
        && matches!(r.local(i.c()), Some(local) if local.is(text))
        && !more.is(text)
        && text.refcount() == 1 + u32::from(L == STACK)
}

/// Appends to the string in a local, whose further reference on the stack goes if there is one. False if that cannot be
/// done: then nothing has changed.
#[inline(never)]
fn append_to_local(frame: &Frame, local: usize, mut on_stack: Option<&mut Slot>, more: &Value, vm: &Vm) -> bool {
    let Some(more) = more.downcast_exact::<Str>().filter(|more| !more.is_empty()) else { return false };
    let Some(text) = frame.replace_local(local, None) else { return false };
    if let Some(slot) = &mut on_stack {
        drop(slot.take());
    }
    match Str::append_unshared(text, more, vm) {
        Ok(longer) => {
            drop(frame.replace_local(local, Some(longer)));
            true
        }
        Err(text) => {
            if let Some(slot) = on_stack {
                *slot = Some(text.clone());
            }
            drop(frame.replace_local(local, Some(text)));
            false
        }
    }
}

#[inline(always)]
pub fn add<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (left::<L, R>(r, i, u16::MAX), right::<R>(r, i));
    let result = if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        Value::small_int(x + y)
    } else if let (Some(x), Some(y)) = (a.as_small_float(), b.as_small_float()) {
        Value::small_float(x + y)
    } else {
        None
    };
    match result {
        Some(result) => done::<L, R, STORE>(r, i, result),
        None => Flow::Slow,
    }
}

#[inline(always)]
pub fn subtract<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (left::<L, R>(r, i, u16::MAX), right::<R>(r, i));
    let result = if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        Value::small_int(x - y)
    } else if let (Some(x), Some(y)) = (a.as_small_float(), b.as_small_float()) {
        Value::small_float(x - y)
    } else {
        None
    };
    match result {
        Some(result) => done::<L, R, STORE>(r, i, result),
        None => Flow::Slow,
    }
}

#[inline(always)]
pub fn multiply<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (left::<L, R>(r, i, u16::MAX), right::<R>(r, i));
    let result = if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        x.checked_mul(y).and_then(Value::small_int)
    } else if let (Some(x), Some(y)) = (a.as_small_float(), b.as_small_float()) {
        Value::small_float(x * y)
    } else {
        None
    };
    match result {
        Some(result) => done::<L, R, STORE>(r, i, result),
        None => Flow::Slow,
    }
}

#[inline(always)]
pub fn subscript<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let Some(result) = quick_item(left::<L, R>(r, i, u16::MAX), right::<R>(r, i), r.quiet_vm()) else {
        return Flow::Slow;
    };
    if L == STACK {
        // The index is an immediate, so the container is all that must be released.
        r.forget_top((R == STACK) as usize);
        let container = r.pop_slot();
        r.release(container);
    }
    if STORE {
        r.set_local(i.c(), Some(result));
    } else {
        r.push(result);
    }
    r.flow()
}

/// The same for any operands.
#[inline(always)]
pub fn subscript_slowly<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let result = item(left::<L, R>(r, i, u16::MAX), right::<R>(r, i), r.vm());
    done_counted::<L, R, STORE>(r, i, check!(result))
}

#[inline(always)]
pub fn other<const L: u8, const R: u8, const STORE: bool>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (left::<L, R>(r, i, u16::MAX), right::<R>(r, i));
    let result = if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        small_ints(i.c() as u32, x, y)
    } else if let (Some(x), Some(y)) = (a.as_small_float(), b.as_small_float())
        && divides(i.c() as u32)
        && y != 0.0
    {
        Value::small_float(x / y)
    } else {
        None
    };
    match result {
        Some(result) => done::<L, R, STORE>(r, i, result),
        None => Flow::Slow,
    }
}

#[inline(always)]
fn divides(operator: u32) -> bool {
    use BinaryOperator as O;
    operator == O::TrueDivide.number() || operator == O::InplaceTrueDivide.number()
}

#[inline(always)]
pub fn other_slowly<const L: u8, const R: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (a, b) = (left::<L, R>(r, i, u16::MAX), right::<R>(r, i));
    let result = binary_rare(i.c() as u32, a, b, r.vm());
    done_counted::<L, R, false>(r, i, check!(result))
}

/// The item of a list, tuple or ASCII string at an index that it has.
#[inline(always)]
fn quick_item(container: &Value, key: &Value, vm: &Vm) -> Option<Value> {
    let index = key.as_small_int()?;
    if let Some(list) = container.downcast_exact::<List>() {
        list.items.with(|items| {
            let index = if index < 0 { index + items.len() as i64 } else { index };
            items.get(index as usize).cloned()
        })
    } else if let Some(tuple) = container.downcast_exact::<Tuple>() {
        let index = if index < 0 { index + tuple.len() as i64 } else { index };
        tuple.as_slice().get(index as usize).cloned()
    } else if container.shape() == STR_SHAPE {
        character(container, index, vm)
    } else {
        None
    }
}

/// The character of an ASCII string at an index that it has.
#[inline(never)]
fn character(text: &Value, index: i64, vm: &Vm) -> Option<Value> {
    let text = text.downcast_exact::<Str>()?.as_ascii()?.as_bytes();
    let index = if index < 0 { index + text.len() as i64 } else { index };
    text.get(index as usize).map(|&unit| vm.latin1_char(unit).into_value())
}

/// `container[key]`
#[inline(never)]
fn item(container: &Value, key: &Value, vm: &Vm) -> PyResult {
    if container.shape() == builtin_shape(B::Dict)
        && let Some(dict) = container.downcast_exact::<Dict>()
    {
        return dict.get(key, vm)?.ok_or_else(|| vm.key_error(key));
    }
    vm.get_item(container, key)
}

/// Any binary operator.
#[inline(never)]
fn binary(operator: u32, a: &Value, b: &Value, vm: &Vm) -> PyResult {
    use BinaryOperator as O;
    match O::from_number(operator) {
        Some(O::Add | O::InplaceAdd) if a.shape() == STR_SHAPE && b.shape() == STR_SHAPE => concat(a, b, vm),
        Some(O::Add) => vm.add(a, b),
        Some(O::Subtract) => vm.subtract(a, b),
        Some(O::Multiply) => vm.multiply(a, b),
        Some(O::InplaceAdd) => vm.inplace_add(a, b),
        Some(O::InplaceSubtract) => vm.inplace_subtract(a, b),
        Some(O::InplaceMultiply) => vm.inplace_multiply(a, b),
        Some(O::Subscr) => item(a, b, vm),
        _ => binary_rare(operator, a, b, vm),
    }
}

fn concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    match (a.downcast::<Str>(), b.downcast::<Str>()) {
        (Some(x), Some(_)) if x.is_empty() => Ok(b.clone()),
        (Some(_), Some(y)) if y.is_empty() => Ok(a.clone()),
        (Some(x), Some(y)) => super::strings::join(&[x, y], vm),
        _ => vm.add(a, b),
    }
}

/// Integer operators that stay within the word.
#[inline(always)]
fn small_ints(operator: u32, x: i64, y: i64) -> Option<Value> {
    use BinaryOperator as O;
    match O::from_number(operator)? {
        O::And | O::InplaceAnd => Value::small_int(x & y),
        O::Or | O::InplaceOr => Value::small_int(x | y),
        O::Xor | O::InplaceXor => Value::small_int(x ^ y),
        O::FloorDivide | O::InplaceFloorDivide if y > 0 => Value::small_int(x.div_euclid(y)),
        O::Remainder | O::InplaceRemainder if y > 0 => Value::small_int(x.rem_euclid(y)),
        O::Lshift | O::InplaceLshift if (0..32).contains(&y) && x.unsigned_abs() < 1 << 29 => Value::small_int(x << y),
        O::Rshift | O::InplaceRshift if (0..64).contains(&y) => Value::small_int(x >> y),
        O::TrueDivide | O::InplaceTrueDivide if y != 0 && x.unsigned_abs() < 1 << 53 && y.unsigned_abs() < 1 << 53 => {
            Value::small_float(x as f64 / y as f64)
        }
        _ => None,
    }
}

#[inline(never)]
fn binary_rare(operator: u32, a: &Value, b: &Value, vm: &Vm) -> PyResult {
    use BinaryOperator as O;
    let Some(operator) = O::from_number(operator) else { return Err(vm.system_error("unknown binary operator")) };
    if matches!(operator, O::TrueDivide | O::InplaceTrueDivide)
        && let (Some(x), Some(y)) = (a.as_small_float(), b.as_small_float())
        && y != 0.0
    {
        return Ok(vm.float(x / y));
    }
    match operator {
        O::Add => vm.add(a, b),
        O::And => vm.bit_and(a, b),
        O::FloorDivide => vm.floor_divide(a, b),
        O::Lshift => vm.lshift(a, b),
        O::MatrixMultiply => vm.matrix_multiply(a, b),
        O::Multiply => vm.multiply(a, b),
        O::Remainder => vm.remainder(a, b),
        O::Or => vm.bit_or(a, b),
        O::Power => vm.power(a, b, &Value::none()),
        O::Rshift => vm.rshift(a, b),
        O::Subtract => vm.subtract(a, b),
        O::TrueDivide => vm.true_divide(a, b),
        O::Xor => vm.bit_xor(a, b),
        O::InplaceAdd => vm.inplace_add(a, b),
        O::InplaceAnd => vm.inplace_bit_and(a, b),
        O::InplaceFloorDivide => vm.inplace_floor_divide(a, b),
        O::InplaceLshift => vm.inplace_lshift(a, b),
        O::InplaceMatrixMultiply => vm.inplace_matrix_multiply(a, b),
        O::InplaceMultiply => vm.inplace_multiply(a, b),
        O::InplaceRemainder => vm.inplace_remainder(a, b),
        O::InplaceOr => vm.inplace_bit_or(a, b),
        O::InplacePower => vm.inplace_power(a, b),
        O::InplaceRshift => vm.inplace_rshift(a, b),
        O::InplaceSubtract => vm.inplace_subtract(a, b),
        O::InplaceTrueDivide => vm.inplace_true_divide(a, b),
        O::InplaceXor => vm.inplace_bit_xor(a, b),
        O::Subscr => vm.get_item(a, b),
    }
}

#[inline(always)]
pub fn unary_negative(r: &mut Regs<'_>, _: Instr) -> Flow {
    let value = r.peek(1);
    let result = match value.as_small_int().and_then(|n| Value::small_int(-n)) {
        Some(result) => result,
        None => match value.as_small_float().and_then(|x| Value::small_float(-x)) {
            Some(result) => result,
            None => check!(r.vm().negative(value)),
        },
    };
    r.finish(1, result)
}

#[inline(always)]
pub fn unary_invert(r: &mut Regs<'_>, _: Instr) -> Flow {
    let result = check!(r.vm().invert(r.peek(1)));
    r.finish(1, result)
}

#[inline(always)]
pub fn unary_not(r: &mut Regs<'_>, _: Instr) -> Flow {
    let truth = r.peek(1).as_bool().unwrap_or(true);
    r.finish(1, Value::bool(!truth))
}

#[inline(always)]
pub fn to_bool(r: &mut Regs<'_>, _: Instr) -> Flow {
    let value = r.peek(1);
    let truth = if value.as_bool().is_some() {
        return Flow::Next;
    } else if let Some(n) = value.as_small_int() {
        n != 0
    } else if value.is_none() {
        false
    } else if let Some(list) = value.downcast_exact::<List>() {
        !list.is_empty()
    } else {
        return Flow::Slow;
    };
    r.finish(1, Value::bool(truth))
}

#[inline(always)]
pub fn to_bool_slowly(r: &mut Regs<'_>, _: Instr) -> Flow {
    let truth = check!(truth(r.peek(1), r.vm()));
    r.finish(1, Value::bool(truth))
}

#[inline(never)]
fn truth(value: &Value, vm: &Vm) -> PyResult<bool> {
    vm.is_true(value)
}

#[inline(always)]
pub fn is_op(r: &mut Regs<'_>, i: Instr) -> Flow {
    let same = r.peek(2).is(r.peek(1));
    r.finish(2, Value::bool(same != (i.arg == 1)))
}

#[inline(always)]
pub fn contains_op(r: &mut Regs<'_>, i: Instr) -> Flow {
    let found = check!(contains(r.peek(1), r.peek(2), r.vm()));
    r.finish(2, Value::bool(found != (i.arg == 1)))
}

#[inline(never)]
fn contains(container: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    if container.shape() == builtin_shape(B::Dict)
        && let Some(dict) = container.downcast_exact::<Dict>()
    {
        return Ok(dict.get(item, vm)?.is_some());
    }
    if container.shape() == builtin_shape(B::Set) || container.shape() == builtin_shape(B::FrozenSet) {
        return set::contains(container, item, vm);
    }
    let quickly = if let Some(list) = container.downcast_exact::<List>() {
        list.items.with(|items| quickly_among(items, item))
    } else if let Some(tuple) = container.downcast_exact::<Tuple>() {
        quickly_among(tuple.as_slice(), item)
    } else {
        None
    };
    match quickly {
        Some(found) => Ok(found),
        None => vm.contains(container, item),
    }
}

/// Is an integer or a string among others of its kind? `None` at the first that is of another.
fn quickly_among(items: &[Value], wanted: &Value) -> Option<bool> {
    if wanted.is_small_int() {
        for item in items {
            if item.is(wanted) {
                return Some(true);
            }
            if !item.is_small_int() {
                return None;
            }
        }
        return Some(false);
    }
    let text = wanted.downcast_exact::<Str>()?;
    for item in items {
        if item.is(wanted) || item.downcast_exact::<Str>()?.equals(text) {
            return Some(true);
        }
    }
    Some(false)
}
