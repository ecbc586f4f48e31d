//! Jumps, loops, entering and leaving frames.

use pyrope_object::{PyResult, Value, Vm};
use pyrope_types::containers::range::iterators::RangeIterator;
use pyrope_types::iterators::sequence::{ListIterator, TupleIterator};

use crate::call;
use crate::eval::{Flow, Regs, check};
use crate::instructions::trace::look_up;
use crate::quicken::Instr;
use crate::stack::OnReturn;

#[inline(always)]
pub fn jump(r: &mut Regs<'_>, i: Instr) -> Flow {
    r.jump(i.jump());
    Flow::Next
}

#[inline(always)]
pub fn jump_backward(r: &mut Regs<'_>, i: Instr) -> Flow {
    if r.machine.interrupted(r.quiet_vm()) {
        let here = r.ip;
        if let Flow::Raise = look_up(r, true) {
            return Flow::Raise;
        }
        if !std::ptr::eq(here, r.ip) {
            return Flow::Next;
        }
    }
    r.jump(i.jump());
    Flow::Next
}

#[inline(always)]
pub fn resume(r: &mut Regs<'_>, i: Instr) -> Flow {
    r.mark_complete();
    if r.machine.interrupted(r.quiet_vm()) { look_up(r, i.arg & 3 < 2) } else { Flow::Next }
}

#[inline(never)]
fn truth(value: &Value, vm: &Vm) -> PyResult<bool> {
    vm.is_true(value)
}

/// Pops the truth of the top; the compiler makes it a bool.
#[inline(always)]
fn pop_truth(r: &mut Regs<'_>) -> Result<bool, pyrope_object::Raised> {
    match r.peek(1).as_bool() {
        Some(truth) => {
            r.forget_top(1);
            Ok(truth)
        }
        None => {
            let truth = truth(r.peek(1), r.vm())?;
            r.drop_top(1);
            Ok(truth)
        }
    }
}

#[inline(always)]
pub fn pop_jump_if_false(r: &mut Regs<'_>, i: Instr) -> Flow {
    if !check!(pop_truth(r)) {
        r.jump(i.jump());
    }
    Flow::Next
}

#[inline(always)]
pub fn pop_jump_if_true(r: &mut Regs<'_>, i: Instr) -> Flow {
    if check!(pop_truth(r)) {
        r.jump(i.jump());
    }
    Flow::Next
}

#[inline(always)]
pub fn pop_jump_if_none(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.pop();
    if value.is_none() {
        r.jump(i.jump());
    }
    r.release(Some(value));
    r.flow()
}

#[inline(always)]
pub fn pop_jump_if_not_none(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.pop();
    if !value.is_none() {
        r.jump(i.jump());
    }
    r.release(Some(value));
    r.flow()
}

#[inline(never)]
fn iterator_of(iterable: &Value, vm: &Vm) -> PyResult {
    vm.iter(iterable)
}

#[inline(always)]
pub fn get_iter(r: &mut Regs<'_>, _: Instr) -> Flow {
    let iterator = check!(iterator_of(r.peek(1), r.vm()));
    r.finish(1, iterator)
}

/// The next item of the commonest iterators, as long as there is one.
#[inline(always)]
pub fn for_iter(r: &mut Regs<'_>, _: Instr) -> Flow {
    let iterator = r.peek(1);
    let item = if let Some(range) = iterator.downcast_exact::<RangeIterator>() {
        range.advance_small()
    } else if let Some(list) = iterator.downcast_exact::<ListIterator>() {
        list.advance_within()
    } else if let Some(tuple) = iterator.downcast_exact::<TupleIterator>() {
        tuple.advance_within()
    } else {
        None
    };
    match item {
        Some(item) => {
            r.push(item);
            Flow::Next
        }
        None => Flow::Slow,
    }
}

#[inline(always)]
pub fn for_iter_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    let iterator = r.peek(1);
    if let Some(core) = crate::generator::resumable(iterator)
        && let Some(frame) = crate::generator::begin_resume(core, pyrope_object::Value::none(), r.vm())
    {
        if let Err(_raised) = r.enter(frame, OnReturn::ForIter) {
            crate::generator::abandon_resume(frame, r.quiet_vm());
            return Flow::Raise;
        }
        return Flow::Next;
    }
    match check!(call::next_item(iterator, r.vm())) {
        Some(item) => r.push(item),
        None => r.jump(i.jump()),
    }
    Flow::Next
}

#[inline(always)]
pub fn return_value(r: &mut Regs<'_>, _: Instr) -> Flow {
    r.leave_quickly()
}

#[inline(always)]
pub fn return_value_slowly(r: &mut Regs<'_>, _: Instr) -> Flow {
    let value = r.pop();
    r.leave(value)
}

#[inline(always)]
pub fn invalid_code(r: &mut Regs<'_>, _: Instr) -> Flow {
    let _raised = r.vm().system_error("code ran off its end");
    Flow::Raise
}
