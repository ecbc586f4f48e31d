//! Generators and coroutines: making them, yielding, delegating, awaiting.

use pyrope_object::{BuiltinType as B, Value};

use crate::eval::{Flow, Regs, check};
use crate::generator;
use crate::instructions::control::deliver;
use crate::quicken::Instr;
use crate::stack::{OnReturn, Owner};

#[inline(always)]
pub fn return_generator(r: &mut Regs<'_>, _: Instr) -> Flow {
    let frame = r.fp;
    r.save();
    let (on_return, previous) = (r.frame().on_return, r.frame().previous);
    debug_assert!(r.frame().owner == Owner::Thread);
    r.machine.current.set(previous);
    let vm = r.quiet_vm();
    vm.recursion_remaining.set(vm.recursion_remaining.get() + 1);
    let made = generator::from_frame(frame, vm, r.machine);
    match on_return {
        OnReturn::Exit => r.exit(Flow::Return, made),
        _ => {
            r.load(previous);
            r.push(made);
            Flow::Next
        }
    }
}

#[inline(always)]
pub fn yield_value(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.pop();
    r.save();
    let (on_return, previous) = (r.frame().on_return, r.frame().previous);
    r.machine.current.set(previous);
    let vm = r.quiet_vm();
    vm.recursion_remaining.set(vm.recursion_remaining.get() + 1);
    generator::suspend(r.frame(), i.arg != 0, vm);
    match on_return {
        OnReturn::Exit => r.exit(Flow::Yield, value),
        OnReturn::ForIter => {
            r.load(previous);
            deliver(r, Some(value))
        }
        _ => {
            r.load(previous);
            r.push(value);
            Flow::Next
        }
    }
}

#[inline(always)]
pub fn send(r: &mut Regs<'_>, i: Instr) -> Flow {
    if let Some(core) = generator::resumable(r.peek(2)) {
        let value = r.pop();
        return match generator::begin_resume(core, value.clone(), r.vm()) {
            Some(frame) => {
                drop(value);
                if let Err(_raised) = r.enter(frame, OnReturn::Send) {
                    generator::abandon_resume(frame, r.quiet_vm());
                    return Flow::Raise;
                }
                Flow::Next
            }
            None => {
                r.push(value);
                send_slowly(r, i)
            }
        };
    }
    send_slowly(r, i)
}

#[inline(always)]
fn send_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    use pyrope_object::slots::Sent;
    match check!(generator::send_value(r.peek(2), r.peek(1), r.vm())) {
        Sent::Yielded(value) => drop(r.replace(1, Some(value))),
        Sent::Returned(value) => {
            drop(r.replace(1, Some(value)));
            r.jump(i.jump());
        }
    }
    Flow::Next
}

#[inline(always)]
pub fn get_awaitable(r: &mut Regs<'_>, i: Instr) -> Flow {
    if generator::resumable(r.peek(1)).is_some_and(generator::GenCore::is_fresh_coroutine) {
        return Flow::Next;
    }
    let iterator = check!(generator::awaitable_for(r.peek(1), i.arg, r.vm()));
    r.finish(1, iterator)
}

#[inline(always)]
pub fn get_aiter(r: &mut Regs<'_>, _: Instr) -> Flow {
    let iterator = check!(generator::async_iterator(r.peek(1), r.vm()));
    r.finish(1, iterator)
}

#[inline(always)]
pub fn get_anext(r: &mut Regs<'_>, _: Instr) -> Flow {
    let awaitable = check!(generator::async_next(r.peek(1), r.vm()));
    r.push(awaitable);
    Flow::Next
}

#[inline(always)]
pub fn get_yield_from_iter(r: &mut Regs<'_>, _: Instr) -> Flow {
    let vm = r.vm();
    let iterable = r.peek(1);
    let ty = iterable.ty(vm);
    if ty.is(vm.builtin(B::Generator)) {
        return Flow::Next;
    }
    if ty.is(vm.builtin(B::Coroutine)) {
        if generator::may_delegate_to_coroutine(r.frame().code()) {
            return Flow::Next;
        }
        let _raised = vm.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator");
        return Flow::Raise;
    }
    let iterator: Value = check!(vm.iter(iterable));
    r.finish(1, iterator)
}
