//! Jumps, loops, entering and leaving frames.

use pyrope_object::shape::builtin_shape;
use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};
use pyrope_types::containers::range::iterators::RangeIterator;
use pyrope_types::iterators::sequence::{ListIterator, TupleIterator};

use crate::call;
use crate::eval::{Flow, Regs, check};
use crate::generator;
use crate::instructions::trace::look_up;
use crate::ops::Op;
use crate::quicken::Instr;
use crate::stack::OnReturn;

#[inline(always)]
pub fn jump(r: &mut Regs<'_>, i: Instr) -> Flow {
    r.jump(i.jump());
    Flow::Next
}

#[inline(always)]
pub fn jump_backward(r: &mut Regs<'_>, i: Instr) -> Flow {
    if r.machine.interrupted() {
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
    if r.machine.interrupted() { look_up(r, i.arg & 3 < 2) } else { Flow::Next }
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
    if r.peek(1).shape() == builtin_shape(B::Generator) {
        return Flow::Next;
    }
    let iterator = check!(iterator_of(r.peek(1), r.vm()));
    r.finish(1, iterator)
}

/// The next item of a loop. What follows is mostly a loop's variable, and then done as well.
#[inline(always)]
pub(super) fn deliver(r: &mut Regs<'_>, item: Option<Value>) -> Flow {
    if item.is_none() {
        return Flow::Slow;
    }
    match r.next_instr() {
        Instr { op: Op::StoreFast, arg, .. } => {
            r.skip();
            r.set_local(arg as usize, item);
            r.flow()
        }
        _ => {
            r.push_slot(item);
            Flow::Next
        }
    }
}

/// An instruction that was not executed yet.
#[inline(always)]
pub fn for_iter(_: &mut Regs<'_>, _: Instr) -> Flow {
    Flow::Slow
}

#[inline(always)]
pub fn for_iter_range(r: &mut Regs<'_>, _: Instr) -> Flow {
    let item = r.peek(1).downcast_exact::<RangeIterator>().and_then(RangeIterator::advance_small);
    deliver(r, item)
}

#[inline(always)]
pub fn for_iter_list(r: &mut Regs<'_>, _: Instr) -> Flow {
    let item = r.peek(1).downcast_exact::<ListIterator>().and_then(ListIterator::advance_within);
    deliver(r, item)
}

#[inline(always)]
pub fn for_iter_tuple(r: &mut Regs<'_>, _: Instr) -> Flow {
    let item = r.peek(1).downcast_exact::<TupleIterator>().and_then(TupleIterator::advance_within);
    deliver(r, item)
}

/// The next item of the commonest iterators, as long as there is one.
#[inline(always)]
pub fn for_iter_mixed(r: &mut Regs<'_>, _: Instr) -> Flow {
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
    deliver(r, item)
}

/// A generator that waits: its frame goes on in this loop.
#[inline(always)]
pub fn for_iter_generator(r: &mut Regs<'_>, _: Instr) -> Flow {
    if let Some(core) = generator::resumable(r.peek(1))
        && let Some(frame) = generator::begin_resume(core, Value::none(), r.vm())
    {
        if let Err(_raised) = r.enter(frame, OnReturn::ForIter) {
            generator::abandon_resume(frame, r.quiet_vm());
            return Flow::Raise;
        }
        r.pass_resume_after_yield();
        return Flow::Next;
    }
    Flow::Slow
}

#[inline(always)]
pub fn for_iter_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    let op = op_for(r.peek(1), i.op);
    if op != i.op {
        r.respecialise(op);
        if op == Op::ForIterGenerator {
            return match for_iter_generator(r, i) {
                Flow::Slow => next_of(r, i),
                flow => flow,
            };
        }
    }
    next_of(r, i)
}

/// The form of the instruction for an iterator, after another form would not do.
#[inline(always)]
fn op_for(iterator: &Value, now: Op) -> Op {
    let op = if generator::resumable(iterator).is_some() {
        return Op::ForIterGenerator;
    } else if iterator.downcast_exact::<RangeIterator>().is_some() {
        Op::ForIterRange
    } else if iterator.downcast_exact::<ListIterator>().is_some() {
        Op::ForIterList
    } else if iterator.downcast_exact::<TupleIterator>().is_some() {
        Op::ForIterTuple
    } else {
        Op::ForIterMixed
    };
    // The loop's end also comes here.
    if now == Op::ForIter || now == op { op } else { Op::ForIterMixed }
}

/// The next item of any iterator.
#[inline(always)]
fn next_of(r: &mut Regs<'_>, i: Instr) -> Flow {
    let iterator = r.peek(1);
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
