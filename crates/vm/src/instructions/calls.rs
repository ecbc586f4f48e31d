//! Calls, and making functions.

use pyrope_bytecode::FunctionAttribute;
use pyrope_object::layout::{Dict, Tuple};
use pyrope_object::{Args, Ref, Value};

use crate::call;
use crate::code::CodeObject;
use crate::eval::{Flow, Regs, check};
use crate::function::Function;
use crate::quicken::Instr;
use crate::stack::OnReturn;

#[inline(always)]
pub fn call(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = usize::from(i.a);
    let callable = r.peek(count + 2);
    if let Some(function) = call::as_function(callable, r.machine) {
        let with_receiver = count + usize::from(r.peek_slot(count + 1).is_some());
        if function.accepts_exactly(with_receiver) {
            return enter_exact(r, count, with_receiver);
        }
    } else if call::is_native(callable) {
        let result = check!(call::call_value(callable, receiver_and_values(r, count), r.vm()));
        return r.finish(count + 2, result);
    }
    call_slowly(r, count, i)
}

/// Pushes the frame of a function whose arguments need no binding: they move.
#[inline(always)]
fn enter_exact(r: &mut Regs<'_>, count: usize, given: usize) -> Flow {
    let Some(function) = r.take_function(count + 2) else { return Flow::Raise };
    let frame = check!(r.machine.new_frame(function, r.vm()));
    r.move_arguments(frame, given);
    // The callable's and, if it is null, the receiver's slot.
    r.forget_top(count + 2);
    if let Err(_raised) = r.enter(frame, OnReturn::Push) {
        r.machine.drop_frame(frame);
        return Flow::Raise;
    }
    Flow::Next
}

/// Everything else: bound methods, classes, native functions, arguments that need binding.
#[inline(always)]
fn call_slowly(r: &mut Regs<'_>, count: usize, i: Instr) -> Flow {
    if call::unwrap_method(r.peek(count + 2)).is_some() && r.peek_slot(count + 1).is_none() {
        unwrap_bound(r, count);
        if let Some(function) = call::as_function(r.peek(count + 2), r.machine)
            && function.accepts_exactly(count + 1)
        {
            return enter_exact(r, count, count + 1);
        }
    }
    if let Some(function) = call::as_function(r.peek(count + 2), r.machine) {
        let values = receiver_and_values(r, count);
        let frame = check!(call::bound_frame(function, Args::positional_only(values), r.vm(), r.machine));
        r.drop_top(count + 2);
        if let Err(_raised) = r.enter(frame, OnReturn::Push) {
            r.machine.drop_frame(frame);
            return Flow::Raise;
        }
        return Flow::Next;
    }
    // A decorator's only argument lies where the receiver would: such calls are rare.
    if r.peek_slot(count + 1).is_none()
        && let Some(init) = call::plain_init(r.peek(count + 2), r.cache(i.index()), r.machine, r.vm())
    {
        return enter_init(r, count, init);
    }
    let result = check!(call::call_value(r.peek(count + 2), receiver_and_values(r, count), r.vm()));
    r.finish(count + 2, result)
}

/// Replaces a bound method by its function and instance.
fn unwrap_bound(r: &mut Regs<'_>, count: usize) {
    let Some((function, instance)) = call::unwrap_method(r.peek(count + 2)) else { return };
    let (function, instance) = (function.clone(), instance.clone());
    drop(r.replace(count + 1, Some(instance)));
    drop(r.replace(count + 2, Some(function)));
}

/// The arguments on the stack, the receiver first if there is one.
#[inline(always)]
fn receiver_and_values<'a>(r: &Regs<'a>, count: usize) -> &'a [Value] {
    r.top_values(count + usize::from(r.peek_slot(count + 1).is_some()))
}

/// A class whose `__init__` is Python's: its frame runs in this loop, over the instance.
#[inline(always)]
fn enter_init(r: &mut Regs<'_>, count: usize, init: Value) -> Flow {
    let instance = check!(call::plain_instance(r.peek(count + 2), r.vm()));
    let Some(function) = call::as_function(&init, r.machine) else { return Flow::Raise };
    drop(r.replace(count + 1, Some(instance.clone())));
    let frame = if function.accepts_exactly(count + 1) {
        let frame = check!(r.machine.new_frame(Ref::from_borrowed(function), r.vm()));
        r.move_arguments(frame, count + 1);
        r.forget_top(count + 1);
        frame
    } else {
        let args = Args::positional_only(r.top_values(count + 1));
        let frame = check!(call::bound_frame(function, args, r.vm(), r.machine));
        r.drop_top(count + 1);
        frame
    };
    drop(r.replace(1, Some(instance)));
    if let Err(_raised) = r.enter(frame, OnReturn::Init) {
        r.machine.drop_frame(frame);
        return Flow::Raise;
    }
    Flow::Next
}

#[inline(always)]
pub fn call_kw(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = i.index();
    let names = r.peek(1).cast::<Tuple>();
    let kwnames = names.as_ref().map_or(&[][..], |n| n.as_slice());
    let values = r.values_below(1, count + usize::from(r.peek_slot(count + 2).is_some()));
    let callable = r.peek(count + 3);
    let args = Args::new(values, kwnames);
    if let Some(function) = call::as_function(callable, r.machine) {
        let frame = check!(call::bound_frame(function, args, r.vm(), r.machine));
        r.drop_top(count + 3);
        if let Err(_raised) = r.enter(frame, OnReturn::Push) {
            r.machine.drop_frame(frame);
            return Flow::Raise;
        }
        return Flow::Next;
    }
    let result = check!(call::call_args(callable, args, r.vm()));
    r.finish(count + 3, result)
}

#[inline(always)]
pub fn call_function_ex(r: &mut Regs<'_>, _: Instr) -> Flow {
    let callable = r.peek(4);
    let mapping = r.peek_slot(1).as_ref();
    let args = check!(call::spread_arguments(callable, r.peek(2), mapping, r.vm()));
    if let Some(function) = call::as_function(callable, r.machine) {
        let frame = check!(call::bound_frame(function, args.as_args(), r.vm(), r.machine));
        drop(args);
        r.drop_top(4);
        if let Err(_raised) = r.enter(frame, OnReturn::Push) {
            r.machine.drop_frame(frame);
            return Flow::Raise;
        }
        return Flow::Next;
    }
    let result = check!(call::call_args(callable, args.as_args(), r.vm()));
    r.finish(4, result)
}

#[inline(always)]
pub fn make_function(r: &mut Regs<'_>, _: Instr) -> Flow {
    let Some(code) = r.peek(1).cast::<CodeObject>() else {
        let _raised = r.vm().system_error("MAKE_FUNCTION without code");
        return Flow::Raise;
    };
    let running = r.frame().function();
    let function =
        Function::with_builtins(&code, running.globals(), running.builtins().clone(), None, r.vm()).into_value();
    r.finish(1, function)
}

#[inline(always)]
pub fn set_function_attribute(r: &mut Regs<'_>, i: Instr) -> Flow {
    let function = r.pop();
    let value = r.pop();
    let function = check!(attach(function, value, i.arg, r));
    r.push(function);
    Flow::Next
}

#[inline(never)]
fn attach(function: Value, value: Value, which: u32, r: &Regs<'_>) -> pyrope_object::PyResult {
    let Some(target) = function.downcast::<Function>() else {
        return Err(r.vm().system_error("SET_FUNCTION_ATTRIBUTE without function"));
    };
    match FunctionAttribute::from_number(which) {
        Some(FunctionAttribute::Defaults) => target.defaults.set(value.cast::<Tuple>()),
        Some(FunctionAttribute::KwDefaults) => target.kwdefaults.set(value.cast::<Dict>()),
        Some(FunctionAttribute::Annotations) => target.set_annotations_value(value),
        Some(FunctionAttribute::Closure) => {
            if let Some(cells) = value.cast::<Tuple>() {
                target.set_closure(cells);
            }
        }
        Some(FunctionAttribute::Annotate) => target.set_annotate_function(value),
        None => return Err(r.vm().system_error("unknown function attribute")),
    }
    Ok(function)
}

#[inline(always)]
pub fn call_intrinsic_1(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = check!(crate::intrinsics::unary(i.arg, r.peek(1), r.frame(), r.vm()));
    r.finish(1, value)
}

#[inline(always)]
pub fn call_intrinsic_2(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = check!(crate::intrinsics::binary(i.arg, r.peek(2), r.peek(1), r.vm()));
    r.finish(2, value)
}
