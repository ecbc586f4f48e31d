//! Raising, catching, `with`, `except*`.

use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};

use crate::errors;
use crate::eval::{Flow, Regs, check};
use crate::quicken::Instr;

/// Makes `exception` the one being handled; gives the one before.
fn exchange_handled(exception: Option<Value>, vm: &Vm) -> Option<Value> {
    vm.handled.with_mut(|stack| match stack.last_mut() {
        Some(top) => std::mem::replace(top, exception),
        None => exception,
    })
}

#[inline(always)]
pub fn push_exc_info(r: &mut Regs<'_>, _: Instr) -> Flow {
    let exception = r.pop();
    let before = exchange_handled(Some(exception.clone()), r.quiet_vm());
    r.push(before.unwrap_or(Value::none()));
    r.push(exception);
    Flow::Next
}

#[inline(always)]
pub fn pop_except(r: &mut Regs<'_>, _: Instr) -> Flow {
    let before = r.pop();
    let before = if before.is_none() { None } else { Some(before) };
    let handled = exchange_handled(before, r.vm());
    drop(handled);
    Flow::Next
}

#[inline(always)]
pub fn check_exc_match(r: &mut Regs<'_>, _: Instr) -> Flow {
    let matches = check!(crate::matching::exception_matches(r.peek(2), r.peek(1), r.vm()));
    r.finish(1, Value::bool(matches))
}

#[inline(always)]
pub fn check_eg_match(r: &mut Regs<'_>, _: Instr) -> Flow {
    let (rest, matched) = check!(crate::matching::split_group(r.peek(2), r.peek(1), r.vm()));
    if !matched.is_none() {
        let before = exchange_handled(Some(matched.clone()), r.vm());
        drop(before);
    }
    drop(r.replace(2, Some(rest)));
    r.finish(1, matched)
}

#[inline(always)]
pub fn raise_varargs(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cause = if i.arg > 1 { r.pop_slot() } else { None };
    let exception = if i.arg > 0 { r.pop_slot() } else { None };
    let reraised = raise(exception, cause, r.vm());
    if reraised { Flow::Reraise } else { Flow::Raise }
}

/// Raises; true if the exception is the one being handled, raised again.
#[inline(never)]
fn raise(exception: Option<Value>, cause: Option<Value>, vm: &Vm) -> bool {
    let Some(exception) = exception else {
        let Some(handled) = vm.handled_exception() else {
            let _raised = vm.runtime_error("No active exception to reraise");
            return false;
        };
        let _raised = vm.reraise(handled);
        return true;
    };
    let _raised = match make_exception(exception, cause, vm) {
        Ok(exception) => vm.raise_value(exception),
        Err(raised) => raised,
    };
    false
}

fn make_exception(exception: Value, cause: Option<Value>, vm: &Vm) -> PyResult {
    let instance = if vm.is_exception_class(&exception) {
        let instance = vm.call(&exception, &[])?;
        if !errors::is_exception(&instance, vm) {
            let class = vm.repr_text(&exception)?;
            let kind = vm.type_name(&instance);
            return Err(
                vm.type_error(format!("calling {class} should have returned an instance of BaseException, not {kind}"))
            );
        }
        instance
    } else if errors::is_exception(&exception, vm) {
        exception
    } else {
        return Err(vm.type_error("exceptions must derive from BaseException"));
    };
    if let Some(cause) = cause {
        let cause = if vm.is_exception_class(&cause) {
            let made = vm.call(&cause, &[])?;
            if !errors::is_exception(&made, vm) {
                let class = vm.repr_text(&cause)?;
                let kind = vm.type_name(&made);
                return Err(vm.type_error(format!(
                    "calling {class} should have returned an instance of BaseException, not {kind}"
                )));
            }
            made
        } else if cause.is_none() || errors::is_exception(&cause, vm) {
            cause
        } else {
            return Err(vm.type_error("exception causes must derive from BaseException"));
        };
        vm.set_attr(&instance, vm.names().__cause__.as_value(), Some(&cause))?;
    }
    Ok(instance)
}

#[inline(always)]
pub fn reraise(r: &mut Regs<'_>, i: Instr) -> Flow {
    let exception = r.pop();
    let first = if i.arg > 0 { r.peek(i.index()).as_i64().and_then(|offset| u32::try_from(offset).ok()) } else { None };
    r.machine.reraised.set(first);
    let _raised = r.quiet_vm().reraise(exception);
    Flow::Reraise
}

#[inline(always)]
pub fn with_except_start(r: &mut Regs<'_>, _: Instr) -> Flow {
    let exception = r.peek(1).clone();
    let receiver = r.peek_slot(4).clone();
    let result = check!(call_exit(r.peek(5), receiver, exception, r.vm()));
    r.push(result);
    Flow::Next
}

/// `exit(type, exception, traceback)`
#[inline(never)]
fn call_exit(exit: &Value, receiver: Option<Value>, exception: Value, vm: &Vm) -> PyResult {
    let class = exception.ty(vm).to_value();
    let traceback = vm.get_attr(&exception, vm.names().__traceback__.as_value())?;
    let mut args: Vec<Value> = receiver.into_iter().collect();
    args.extend([class, exception, traceback]);
    vm.call(exit, &args)
}

#[inline(always)]
pub fn cleanup_throw(r: &mut Regs<'_>, _: Instr) -> Flow {
    let vm = r.vm();
    if is_of(r.peek(1), B::StopIteration, vm) {
        let value = check!(stop_value(r.peek(1), vm));
        r.drop_top(3);
        r.push(Value::none());
        r.push(value);
        return Flow::Next;
    }
    let _raised = vm.reraise(r.pop());
    Flow::Reraise
}

#[inline(always)]
pub fn end_async_for(r: &mut Regs<'_>, _: Instr) -> Flow {
    let vm = r.vm();
    if is_of(r.peek(1), B::StopAsyncIteration, vm) {
        r.drop_top(2);
        return Flow::Next;
    }
    let _raised = vm.reraise(r.pop());
    Flow::Reraise
}

#[inline(never)]
fn stop_value(exception: &Value, vm: &Vm) -> PyResult {
    vm.get_attr(exception, vm.names().value.as_value())
}

#[inline(never)]
fn is_of(exception: &Value, kind: B, vm: &Vm) -> bool {
    exception.ty(vm).is_subtype(vm.builtin(kind))
}

#[inline(always)]
pub fn exit_init_check(r: &mut Regs<'_>, _: Instr) -> Flow {
    let value = r.pop();
    if value.is_none() { Flow::Next } else { crate::call::bad_init(value, r.vm()) }
}
