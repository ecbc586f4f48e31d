//! Calls, and making functions.

use pyrope_bytecode::FunctionAttribute;
use pyrope_object::layout::{Dict, List, Tuple};
use pyrope_object::{NativeFn, PyResult, Value, Vm};
use pyrope_types::model::builtin_function::BuiltinFunction;
use pyrope_types::model::descriptors::MethodDescriptor;

use crate::call::{self, Called};
use crate::code::CodeObject;
use crate::eval::{Flow, Regs, check};
use crate::function::Function;
use crate::ops::Op;
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

/// A Python function that takes its last arguments' defaults.
#[inline(always)]
pub fn call_defaults(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = usize::from(i.a);
    let Some(function) = call::as_function(r.peek(count + 2), r.machine) else { return Flow::Slow };
    let with_receiver = count + usize::from(r.peek_slot(count + 1).is_some());
    match function.completed_by_defaults(with_receiver) {
        Some(missing) => r.enter_with_defaults(function, with_receiver, missing, count + 2),
        None => Flow::Slow,
    }
}

/// Calls what needs more than a frame, or more of a frame.
#[inline(always)]
pub fn call_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = usize::from(i.a);
    let cache = r.cache(i.index());
    if cache.missed() {
        let op = call::specialised(r.top_slots(count + 2), cache, r.machine, r.vm());
        r.respecialise(op);
    }
    let called = call::call_operands(r.top_slots(count + 2), cache, r.vm(), r.machine);
    go_on(r, count + 2, called)
}

/// A native method and its receiver, an object of exactly its type, `count` operands deep.
#[inline(always)]
fn method_at<'a>(r: &Regs<'a>, count: usize) -> Option<(&'a MethodDescriptor, &'a Value)> {
    let method = r.peek(count + 2).downcast_exact::<MethodDescriptor>()?;
    let receiver = r.peek_slot(count + 1).as_ref()?;
    std::ptr::eq(receiver.header()?.ty(), &*method.owner).then_some((method, receiver))
}

#[inline(always)]
pub fn call_method_no_args(r: &mut Regs<'_>, _: Instr) -> Flow {
    let Some((method, receiver)) = method_at(r, 0) else { return Flow::Slow };
    let NativeFn::NoArgs(function) = method.def.function else { return Flow::Slow };
    let result = check!(function(receiver, r.vm()));
    r.finish(2, result)
}

#[inline(always)]
pub fn call_method_one(r: &mut Regs<'_>, _: Instr) -> Flow {
    let Some((method, receiver)) = method_at(r, 1) else { return Flow::Slow };
    let NativeFn::One(function) = method.def.function else { return Flow::Slow };
    let result = check!(function(receiver, r.peek(1), r.vm()));
    let argument = r.pop_slot();
    r.release(argument);
    r.finish(2, result)
}

/// `list.append`, most often for its effect alone.
#[inline(always)]
pub fn call_list_append(r: &mut Regs<'_>, i: Instr) -> Flow {
    if r.peek(3).bits() != r.cache(i.index()).way.word.get() {
        return Flow::Slow;
    }
    let Some(list) = r.peek_slot(2).as_ref().and_then(Value::downcast_exact::<List>) else { return Flow::Slow };
    if list.items.with(|items| items.len() == items.capacity()) {
        return Flow::Slow;
    }
    let item = r.pop();
    list.push(item);
    if r.next_instr().op == Op::PopTop {
        let list = r.pop_slot();
        let method = r.pop_slot();
        r.skip();
        r.release(list);
        r.release(method);
        return r.flow();
    }
    r.finish(2, Value::none())
}

/// `type(object)`
#[inline(always)]
pub fn call_type(r: &mut Regs<'_>, _: Instr) -> Flow {
    let is_type =
        r.peek(3).header().is_some_and(|header| std::ptr::eq(std::ptr::from_ref(header).cast(), r.machine.type_type));
    if !is_type || r.peek_slot(2).is_some() {
        return Flow::Slow;
    }
    let class = r.peek(1).ty(r.quiet_vm()).to_value();
    let object = r.pop_slot();
    r.forget_top(1);
    r.release(object);
    r.finish(1, class)
}

/// A native function of one argument.
#[inline(always)]
pub fn call_native_one(r: &mut Regs<'_>, _: Instr) -> Flow {
    let Some(native) = r.peek(3).downcast_exact::<BuiltinFunction>() else { return Flow::Slow };
    let NativeFn::One(function) = native.def.function else { return Flow::Slow };
    if r.peek_slot(2).is_some() {
        return Flow::Slow;
    }
    let result = check!(function(&native.slf, r.peek(1), r.vm()));
    let argument = r.pop_slot();
    r.forget_top(1);
    r.release(argument);
    r.finish(1, result)
}

/// Any native function, method or type.
#[inline(always)]
pub fn call_native(r: &mut Regs<'_>, i: Instr) -> Flow {
    let operands = usize::from(i.a) + 2;
    if !call::is_native(r.peek(operands), r.machine) {
        return Flow::Slow;
    }
    let result = check!(call::call_natively(r.top_slots(operands), r.vm()));
    r.forget_top(operands);
    r.push(result);
    look_around(r)
}

/// A call is over and its result pushed: signals, other threads and the collector get their turn.
#[inline(always)]
fn look_around(r: &mut Regs<'_>) -> Flow {
    if !r.machine.interrupted() {
        return Flow::Next;
    }
    r.save();
    check!(call::check_breaker(r.quiet_vm()));
    Flow::Next
}

/// A plain class whose `__init__` takes the arguments as they are.
#[inline(always)]
pub fn call_class(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = usize::from(i.a);
    let callable = r.peek(count + 2);
    let Some((class, init)) = call::remembered_class(callable, r.cache(i.index()), r.machine) else {
        return Flow::Slow;
    };
    if !init.accepts_exactly(count + 1) || r.peek_slot(count + 1).is_some() {
        return Flow::Slow;
    }
    r.enter_init_quickly(class, init, count)
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
            look_around(r)
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
