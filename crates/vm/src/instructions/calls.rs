//! Calls, and making functions.

use pyrope_bytecode::FunctionAttribute;
use pyrope_object::layout::{Dict, Tuple};
use pyrope_object::{PyResult, Value, Vm};

use crate::call::{self, Called};
use crate::code::CodeObject;
use crate::eval::{Flow, Regs, check};
use crate::function::Function;
use crate::quicken::Instr;
use crate::stack::{Frame, OnReturn};

#[inline(always)]
pub fn call(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = usize::from(i.a);
    if let Some(function) = call::as_function(r.peek(count + 2), r.machine) {
        let with_receiver = count + usize::from(r.peek_slot(count + 1).is_some());
        if function.accepts_exactly(with_receiver) {
            return r.enter_quickly(function, with_receiver, count + 2);
        }
    }
    Flow::Slow
}

/// Calls what needs more than a frame, or more of a frame.
#[inline(always)]
pub fn call_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = usize::from(i.a);
    let cache = r.cache(i.index());
    let called = call::call_operands(r.top_slots(count + 2), cache, r.vm(), r.machine);
    go_on(r, count + 2, called)
}

#[inline(always)]
fn enter(r: &mut Regs<'_>, frame: *mut Frame, on_return: OnReturn) -> Flow {
    match r.enter(frame, on_return) {
        Ok(()) => Flow::Next,
        Err(_raised) => {
            r.machine.drop_frame(frame);
            Flow::Raise
        }
    }
}

/// After a call of the top `operands` was begun or done.
#[inline(always)]
fn go_on(r: &mut Regs<'_>, operands: usize, called: PyResult<Called>) -> Flow {
    match check!(called) {
        Called::Done(value) => {
            r.forget_top(operands);
            r.push(value);
            Flow::Next
        }
        Called::Frame(frame) => {
            r.forget_top(operands);
            enter(r, frame, OnReturn::Push)
        }
        Called::Init(frame) => {
            // The instance lies where the callable was.
            r.forget_top(operands - 1);
            enter(r, frame, OnReturn::Init)
        }
    }
}

#[inline(always)]
pub fn call_kw(r: &mut Regs<'_>, i: Instr) -> Flow {
    let operands = i.index() + 3;
    let called = call::call_with_names(r.top_slots(operands), r.vm(), r.machine);
    go_on(r, operands, called)
}

#[inline(always)]
pub fn call_function_ex(r: &mut Regs<'_>, _: Instr) -> Flow {
    let called = call::call_spread(r.top_slots(4), r.vm(), r.machine);
    go_on(r, 4, called)
}

#[inline(always)]
pub fn make_function(r: &mut Regs<'_>, _: Instr) -> Flow {
    let function = check!(function_of(r.peek(1), r.frame().function(), r.vm()));
    r.finish(1, function)
}

/// A function with the globals and builtins of the running one.
#[inline(never)]
fn function_of(code: &Value, running: &Function, vm: &Vm) -> PyResult {
    match code.cast::<CodeObject>() {
        Some(code) => {
            let builtins = running.builtins().clone();
            Ok(Function::with_builtins(&code, running.globals(), builtins, None, vm).into_value())
        }
        None => Err(vm.system_error("MAKE_FUNCTION without code")),
    }
}

#[inline(always)]
pub fn set_function_attribute(r: &mut Regs<'_>, i: Instr) -> Flow {
    let function = r.pop();
    let value = r.pop();
    let function = check!(attach(function, value, i.arg, r.vm()));
    r.push(function);
    Flow::Next
}

#[inline(never)]
fn attach(function: Value, value: Value, which: u32, vm: &Vm) -> pyrope_object::PyResult {
    let Some(target) = function.downcast::<Function>() else {
        return Err(vm.system_error("SET_FUNCTION_ATTRIBUTE without function"));
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
        Some(FunctionAttribute::Annotate) => {
            if let Some(annotate) = value.downcast::<Function>() {
                let name = format!("{}.__annotate__", target.qualname().to_string_lossy());
                annotate.set_qualname(Some(vm.try_str(&name)?.as_value()), vm)?;
            }
            target.set_annotate_function(value);
        }
        None => return Err(vm.system_error("unknown function attribute")),
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
