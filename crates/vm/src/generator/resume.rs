//! `send`, `throw`, `close`, and what happens to a generator nobody finished.

use pyrope_object::slots::Sent;
use pyrope_object::{BuiltinType as B, PyResult, Raised, Value, Vm};

use super::{GenCore, Kind, State, core_of};
use crate::errors;
use crate::eval::{Flow, Outcome, enter_frame, run};
use crate::stack::{OnReturn, machine};
use crate::traceback::Traceback;

/// Resumes with a value (`None` for `next()`), or with the exception that is set on the thread.
pub(super) fn resume(core: &GenCore, value: Option<Value>, throwing: bool, closing: bool, vm: &Vm) -> PyResult<Sent> {
    match core.state() {
        State::Created if !throwing && value.as_ref().is_some_and(|v| !v.is_none()) => {
            let noun = core.kind.noun();
            return Err(vm.type_error(format!("can't send non-None value to a just-started {noun}")));
        }
        State::Running => {
            drop(vm.take_exception());
            return Err(vm.value_error(format!("{} already executing", core.kind.noun())));
        }
        State::Finished if core.kind == Kind::Coroutine && !closing => {
            drop(vm.take_exception());
            return Err(vm.runtime_error("cannot reuse already awaited coroutine"));
        }
        State::Finished if throwing => return Err(vm.raised()),
        State::Finished => return Ok(Sent::Returned(Value::none())),
        _ => {}
    }
    let keep_alive = core.object();
    let pending = if throwing { vm.take_exception() } else { None };
    vm.check_stack("")?;
    let frame = match core.state() {
        // A frame that never ran expects None.
        State::Created => super::begin_resume(core, Value::none(), vm),
        _ => super::begin_resume(core, value.unwrap_or(Value::none()), vm),
    };
    let Some(frame) = frame else { return Err(vm.system_error("generator without frame")) };
    let machine = machine(vm);
    if let Err(raised) = enter_frame(frame, OnReturn::Exit, vm, machine) {
        super::abandon_resume(frame, vm);
        return Err(raised);
    }
    let start = if throwing {
        let pending = pending.map(|exception| crate::monitor::thrown(super::frame_ref(frame), exception, vm));
        raise_inside(pending, vm);
        Flow::Raise
    } else {
        Flow::Next
    };
    let outcome = run(frame, start, vm, machine);
    drop(keep_alive);
    match outcome? {
        Outcome::Yielded(value) => Ok(Sent::Yielded(value)),
        Outcome::Returned(value) => Ok(Sent::Returned(value)),
    }
}

/// Sets the exception that comes out of the `yield`. What the generator itself is handling becomes its context.
fn raise_inside(pending: Option<Value>, vm: &Vm) {
    let handling = vm.handled.with(|stack| stack.last().is_some_and(Option::is_some));
    match pending {
        Some(exception) if handling => {
            let _raised = vm.raise_value(exception);
        }
        pending => vm.restore_exception(pending),
    }
}

/// What `next()` and `send()` give: a value, or StopIteration with the returned one.
pub(super) fn value_or_stop(core: &GenCore, sent: Sent, vm: &Vm) -> PyResult {
    match sent {
        Sent::Yielded(value) => Ok(value),
        Sent::Returned(_) if core.kind == Kind::AsyncGenerator => Err(vm.raise_with(B::StopAsyncIteration, &[])),
        Sent::Returned(value) => Err(stop_iteration(value, vm)),
    }
}

/// StopIteration with a value; a tuple or exception is not taken apart.
pub(crate) fn stop_iteration(value: Value, vm: &Vm) -> Raised {
    vm.stop_iteration(value)
}

/// The `next` slot.
pub(super) fn next(value: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let sent = match super::resumable(value) {
        Some(core) if !matches!(core.state(), State::Running | State::Finished) => go_on(core, value, vm)?,
        Some(core) => resume(core, None, false, false, vm)?,
        None => return Ok(None),
    };
    match sent {
        Sent::Yielded(value) => Ok(Some(value)),
        Sent::Returned(value) if value.is_none() => Ok(None),
        Sent::Returned(value) => Err(stop_iteration(value, vm)),
    }
}

/// `resume` for a generator that waits and is sent None.
#[inline(always)]
fn go_on(core: &GenCore, generator: &Value, vm: &Vm) -> PyResult<Sent> {
    vm.check_stack("")?;
    let keep_alive = generator.clone();
    let Some(frame) = super::begin_resume(core, Value::none(), vm) else {
        return Err(vm.system_error("generator without frame"));
    };
    let machine = machine(vm);
    if let Err(raised) = enter_frame(frame, OnReturn::Exit, vm, machine) {
        super::abandon_resume(frame, vm);
        return Err(raised);
    }
    let outcome = run(frame, Flow::Next, vm, machine);
    drop(keep_alive);
    match outcome? {
        Outcome::Yielded(value) => Ok(Sent::Yielded(value)),
        Outcome::Returned(value) => Ok(Sent::Returned(value)),
    }
}

/// The `send` slot.
pub(super) fn am_send(receiver: &Value, value: &Value, vm: &Vm) -> PyResult<Sent> {
    match core_of(receiver) {
        Some(core) => resume(core, Some(value.clone()), false, false, vm),
        None => Err(vm.type_error("not a generator")),
    }
}

/// SEND's general case: resumes anything iterable by `send` or `next`.
pub fn send_value(receiver: &Value, value: &Value, vm: &Vm) -> PyResult<Sent> {
    if let Some(send) = receiver.ty(vm).slots().am_send {
        return send(receiver, value, vm);
    }
    let result = if value.is_none() && receiver.ty(vm).slots().next.is_some() {
        match receiver.ty(vm).slots().next {
            Some(next) => match next(receiver, vm) {
                Ok(Some(value)) => return Ok(Sent::Yielded(value)),
                Ok(None) => return Ok(Sent::Returned(Value::none())),
                Err(raised) => Err(raised),
            },
            None => Err(vm.type_error("not an iterator")),
        }
    } else {
        vm.call_method(receiver, "send", std::slice::from_ref(value))
    };
    match result {
        Ok(value) => Ok(Sent::Yielded(value)),
        Err(raised) => {
            if vm.raised_is(B::StopIteration) {
                crate::monitor::stopped(vm)?;
            }
            stop_value(raised, vm).map(Sent::Returned)
        }
    }
}

/// The value of a StopIteration that is set; other exceptions pass.
pub(crate) fn stop_value(raised: Raised, vm: &Vm) -> PyResult {
    if !vm.raised_is(B::StopIteration) {
        return Err(raised);
    }
    let stop = vm.catch(raised);
    vm.get_attr(&stop, vm.names().value.as_value())
}

/// `generator.throw(type, value, traceback)`. With `close_on_exit`, GeneratorExit closes the delegate first.
pub fn throw(core: &GenCore, args: &[Value], close_on_exit: bool, vm: &Vm) -> PyResult {
    if let Some(delegate) = core.delegate() {
        return throw_to_delegate(core, &delegate, args, close_on_exit, vm);
    }
    throw_here(core, args, vm)
}

fn throw_to_delegate(core: &GenCore, delegate: &Value, args: &[Value], close_on_exit: bool, vm: &Vm) -> PyResult {
    if close_on_exit && is_generator_exit(&args[0], vm) {
        return match while_running(core, vm, || close_delegate(delegate, vm))? {
            Ok(()) => throw_here(core, args, vm),
            Err(_raised) => resume_raising(core, false, vm),
        };
    }
    let result = match core_of(delegate).filter(|inner| inner.kind != Kind::AsyncGenerator) {
        Some(inner) => while_running(core, vm, || throw(inner, args, close_on_exit, vm))?,
        None => {
            let Some(method) = vm.find_attr(delegate, vm.names().throw.as_value())? else {
                return throw_here(core, args, vm);
            };
            while_running(core, vm, || vm.call(&method, args))?
        }
    };
    match result {
        Ok(value) => Ok(value),
        Err(_raised) => resume_raising(core, false, vm),
    }
}

/// Does something to the delegate as if the generator itself ran: its frame is the innermost meanwhile.
fn while_running<T>(core: &GenCore, vm: &Vm, act: impl FnOnce() -> PyResult<T>) -> PyResult<PyResult<T>> {
    vm.check_stack("")?;
    let Some(frame) = core.frame() else { return Err(vm.system_error("generator without frame")) };
    let machine = machine(vm);
    core.set_running(true);
    let outer = super::link(frame, machine);
    let result = act();
    super::unlink(frame, outer, machine);
    core.set_running(false);
    Ok(result)
}

fn is_generator_exit(value: &Value, vm: &Vm) -> bool {
    let class = vm.builtin(B::GeneratorExit);
    value.downcast::<pyrope_object::Type>().is_some_and(|t| t.is_subtype(class)) || value.ty(vm).is_subtype(class)
}

/// Goes on with the exception that is set.
pub(super) fn resume_raising(core: &GenCore, closing: bool, vm: &Vm) -> PyResult {
    let sent = resume(core, None, true, closing, vm)?;
    value_or_stop(core, sent, vm)
}

fn throw_here(core: &GenCore, args: &[Value], vm: &Vm) -> PyResult {
    let exception = exception_of(args, vm)?;
    vm.restore_exception(Some(exception));
    resume_raising(core, false, vm)
}

/// The exception instance that `throw`'s arguments mean.
fn exception_of(args: &[Value], vm: &Vm) -> PyResult {
    let none = Value::none();
    let (class, value) = (&args[0], args.get(1).unwrap_or(&none));
    let traceback = args.get(2).filter(|tb| !tb.is_none());
    if traceback.is_some_and(|tb| tb.downcast::<Traceback>().is_none()) {
        return Err(vm.type_error("throw() third argument must be a traceback object"));
    }
    let exception = if vm.is_exception_class(class) {
        // A class that cannot be called raises in the generator too.
        made_exception(class, value, vm).unwrap_or_else(|raised| vm.catch(raised))
    } else if errors::is_exception(class, vm) {
        if !value.is_none() {
            return Err(vm.type_error("instance exception may not have a separate value"));
        }
        class.clone()
    } else {
        return Err(vm.type_error(format!(
            "exceptions must be classes or instances deriving from BaseException, not {}",
            vm.type_name(class)
        )));
    };
    if let Some(traceback) = traceback {
        errors::set_traceback(&exception, Some(traceback.clone()));
    }
    Ok(exception)
}

/// The instance that a class and a value mean.
fn made_exception(class: &Value, value: &Value, vm: &Vm) -> PyResult {
    if class.downcast::<pyrope_object::Type>().is_some_and(|class| value.ty(vm).is_subtype(class)) {
        return Ok(value.clone());
    }
    let exception = if value.is_none() {
        vm.call(class, &[])?
    } else if let Some(tuple) = value.downcast::<pyrope_object::Tuple>() {
        vm.call(class, tuple.as_slice())?
    } else {
        vm.call(class, std::slice::from_ref(value))?
    };
    if !errors::is_exception(&exception, vm) {
        let (class, kind) = (vm.repr_text(class)?, vm.type_name(&exception));
        return Err(
            vm.type_error(format!("calling {class} should have returned an instance of BaseException, not {kind}"))
        );
    }
    Ok(exception)
}

/// Closes what a generator delegates to.
fn close_delegate(delegate: &Value, vm: &Vm) -> PyResult<()> {
    if let Some(inner) = core_of(delegate).filter(|inner| inner.kind != Kind::AsyncGenerator) {
        return close(inner, vm).map(drop);
    }
    match vm.find_attr(delegate, vm.names().close.as_value()) {
        Ok(Some(method)) => vm.call(&method, &[]).map(drop),
        Ok(None) => Ok(()),
        Err(_raised) => {
            vm.write_unraisable(None, delegate);
            Ok(())
        }
    }
}

/// `generator.close()`
pub fn close(core: &GenCore, vm: &Vm) -> PyResult {
    match core.state() {
        State::Created => {
            core.finish();
            return Ok(Value::none());
        }
        State::Finished => return Ok(Value::none()),
        _ => {}
    }
    if core.waits_outside_try() && !crate::monitor::active(vm) {
        core.finish();
        return Ok(Value::none());
    }
    let mut delegate_failed = false;
    if let Some(delegate) = core.delegate() {
        delegate_failed = while_running(core, vm, || close_delegate(&delegate, vm))?.is_err();
    }
    if !delegate_failed {
        let _raised = vm.raise_with(B::GeneratorExit, &[]);
    }
    match resume_raising(core, true, vm) {
        Ok(_) => Err(vm.runtime_error(format!("{} ignored GeneratorExit", core.kind.noun()))),
        Err(raised) if vm.raised_is(B::GeneratorExit) => {
            vm.ignore(raised);
            Ok(Value::none())
        }
        Err(raised) => stop_value(raised, vm),
    }
}

/// The finalizer: what is left unfinished is closed; a coroutine that never ran is complained of.
pub fn finalize(value: &Value, vm: &Vm) {
    let Some(core) = core_of(value) else { return };
    if core.state() == State::Finished {
        return;
    }
    if core.kind == Kind::AsyncGenerator
        && !core.closed.get()
        && let Some(hook) = core.extra.get()
    {
        if vm.call(&hook, std::slice::from_ref(value)).is_err() {
            let text = format!("Exception ignored while calling async generator finalizer {}", repr_or_type(&hook, vm));
            vm.write_unraisable(Some(&text), &hook);
        }
        return;
    }
    if core.kind == Kind::Coroutine && core.state() == State::Created {
        super::awaiting::warn_never_awaited(value, core, vm);
        return;
    }
    if core.state() == State::Running {
        return;
    }
    if close(core, vm).is_err() {
        let text = format!("Exception ignored while closing {} {}", core.kind.noun(), repr_or_type(value, vm));
        vm.write_unraisable(Some(&text), &Value::none());
    }
}

pub(super) fn repr_or_type(value: &Value, vm: &Vm) -> String {
    let pending = vm.take_exception();
    let text = vm.repr_text(value).unwrap_or_else(|raised| {
        vm.ignore(raised);
        vm.type_name(value).to_string()
    });
    vm.restore_exception(pending);
    text
}
