//! Jumps, loops, entering and leaving frames.

use pyrope_object::BuiltinType as B;
use pyrope_object::shape::builtin_shape;
use pyrope_types::containers::range::iterators::RangeIterator;
use pyrope_types::iterators::sequence::{ListIterator, TupleIterator};

use crate::call;
use crate::eval::{Flow, Regs, check};
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
        check!(call::check_breaker(r.vm()));
    }
    r.jump(i.jump());
    Flow::Next
}

#[inline(always)]
pub fn resume(r: &mut Regs<'_>, i: Instr) -> Flow {
    r.mark_complete();
    if i.arg & 3 < 2 && r.machine.interrupted(r.quiet_vm()) {
        check!(call::check_breaker(r.vm()));
    }
    Flow::Next
}

/// Pops the truth of the top; the compiler makes it a bool.
#[inline(always)]
fn pop_truth(r: &mut Regs<'_>) -> Result<bool, pyrope_object::Raised> {
    let value = r.pop();
    match value.as_bool() {
        Some(truth) => Ok(truth),
        None => r.vm().is_true(&value),
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
    Flow::Next
}

#[inline(always)]
pub fn pop_jump_if_not_none(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.pop();
    if !value.is_none() {
        r.jump(i.jump());
    }
    Flow::Next
}

#[inline(always)]
pub fn get_iter(r: &mut Regs<'_>, _: Instr) -> Flow {
    let iterator = check!(r.vm().iter(r.peek(1)));
    r.finish(1, iterator)
}

#[inline(always)]
pub fn for_iter(r: &mut Regs<'_>, i: Instr) -> Flow {
    let iterator = r.peek(1);
    let shape = iterator.shape();
    if shape == builtin_shape(B::RangeIterator)
        && let Some(range) = iterator.downcast_exact::<RangeIterator>()
    {
        match range.advance() {
            Some(n) => {
                let n = r.quiet_vm().int(n);
                r.push(n);
            }
            None => r.jump(i.jump()),
        }
        return Flow::Next;
    }
    if shape == builtin_shape(B::ListIterator)
        && let Some(list) = iterator.downcast_exact::<ListIterator>()
    {
        match list.advance() {
            Some(item) => r.push(item),
            None => r.jump(i.jump()),
        }
        return Flow::Next;
    }
    if shape == builtin_shape(B::TupleIterator)
        && let Some(tuple) = iterator.downcast_exact::<TupleIterator>()
    {
        match tuple.advance() {
            Some(item) => r.push(item),
            None => r.jump(i.jump()),
        }
        return Flow::Next;
    }
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
    let value = r.pop();
    r.leave(value)
}

#[inline(always)]
pub fn invalid_code(r: &mut Regs<'_>, _: Instr) -> Flow {
    let _raised = r.vm().system_error("code ran off its end");
    Flow::Raise
}
