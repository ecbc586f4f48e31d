//! `sys.settrace` and `sys.setprofile`, told as tools of their own (CPython's `legacy_tracing.c`).

use pyrope_object::{PyResult, Value, Vm};
use pyrope_types::model::builtin_function::BuiltinFunction;
use pyrope_types::model::descriptors::MethodDescriptor;

use super::report::Report;
use super::{Callback, PROFILE_TOOL, TRACE_TOOL, event, switch, tools};
use crate::errors;
use crate::frame::{FrameObject, frame_object};
use crate::stack::{Machine, machine};

const fn set(events: &[usize]) -> u32 {
    let (mut set, mut index) = (0, 0);
    while index < events.len() {
        set |= 1 << events[index];
        index += 1;
    }
    set
}

const PROFILE_EVENTS: u32 = set(&[
    event::PY_START,
    event::PY_RESUME,
    event::PY_RETURN,
    event::PY_YIELD,
    event::CALL,
    event::PY_UNWIND,
    event::PY_THROW,
]);
const TRACE_EVENTS: u32 = set(&[
    event::PY_START,
    event::PY_RESUME,
    event::PY_RETURN,
    event::PY_YIELD,
    event::RAISE,
    event::LINE,
    event::JUMP,
    event::PY_UNWIND,
    event::PY_THROW,
    event::STOP_ITERATION,
]);

/// The thread's trace function.
pub fn trace_function(vm: &Vm) -> Option<Value> {
    machine(vm).monitor.trace.get()
}

/// The thread's profile function.
pub fn profile_function(vm: &Vm) -> Option<Value> {
    machine(vm).monitor.profile.get()
}

/// `sys.settrace`
pub fn set_trace(function: Option<Value>, vm: &Vm) {
    let machine = machine(vm);
    let thread = &machine.monitor;
    let now = function.is_some();
    let old = thread.trace.replace(function);
    count(&thread.shared.tracing_threads, old.is_some(), now);
    drop(old);
    update_trace_events(vm, machine);
}

/// A frame asks for a report of each instruction.
pub(crate) fn want_opcodes(vm: &Vm) {
    let machine = machine(vm);
    if !machine.monitor.shared.opcodes.replace(true) {
        update_trace_events(vm, machine);
    }
}

/// The tool of the trace functions gets the events that they need.
pub(super) fn update_trace_events(vm: &Vm, machine: &Machine) {
    let shared = &machine.monitor.shared;
    let mut events = if shared.tracing_threads.get() > 0 { TRACE_EVENTS } else { 0 };
    if events != 0 && shared.opcodes.get() {
        events |= 1 << event::INSTRUCTION;
    }
    install(TRACE_TOOL, events, &Callback::Trace, vm, machine);
}

/// `sys.setprofile`
pub fn set_profile(function: Option<Value>, vm: &Vm) {
    let machine = machine(vm);
    let thread = &machine.monitor;
    let now = function.is_some();
    let old = thread.profile.replace(function);
    count(&thread.shared.profiling_threads, old.is_some(), now);
    drop(old);
    let events = if thread.shared.profiling_threads.get() > 0 { PROFILE_EVENTS } else { 0 };
    install(PROFILE_TOOL, events, &Callback::Profile, vm, machine);
}

fn count(threads: &std::cell::Cell<usize>, before: bool, now: bool) {
    match (before, now) {
        (false, true) => threads.set(threads.get() + 1),
        (true, false) => threads.set(threads.get().saturating_sub(1)),
        _ => {}
    }
}

fn install(tool: usize, events: u32, callback: &Callback, vm: &Vm, machine: &Machine) {
    let shared = &machine.monitor.shared;
    {
        let mut tools = shared.tools.borrow_mut();
        tools[tool].events = events;
        tools[tool].callbacks = std::array::from_fn(|_| Some(callback.clone()));
    }
    tools::refresh(shared, vm);
    if events != 0 {
        switch::switch_running(machine);
    }
}

/// `sys.call_tracing`: calls with tracing in force although a trace function is running.
pub fn call_tracing(function: &Value, args: &[Value], vm: &Vm) -> PyResult {
    let depth = &machine(vm).monitor.depth;
    let outer = depth.replace(0);
    let result = vm.call(function, args);
    depth.set(outer);
    result
}

/// Calls without tracing.
pub fn call_untraced(function: &Value, args: &[Value], vm: &Vm) -> PyResult {
    let depth = &machine(vm).monitor.depth;
    let outer = depth.get();
    depth.set(outer + 1);
    let result = vm.call(function, args);
    depth.set(outer);
    result
}

pub(super) fn report_to_trace(report: &Report<'_>, vm: &Vm, machine: &Machine) -> PyResult {
    let Some(function) = machine.monitor.trace.get() else { return Ok(Value::none()) };
    let frame = frame_object(report.frame, vm);
    let own = || frame.trace.get();
    let last = || report.args.last().cloned().unwrap_or(Value::none());
    match report.event {
        event::PY_START | event::PY_RESUME | event::PY_THROW => {
            call_trace(Some(function), &frame, "call", Value::none(), report.event, vm, machine)
        }
        event::PY_RETURN | event::PY_YIELD => call_trace(own(), &frame, "return", last(), report.event, vm, machine),
        event::PY_UNWIND => call_trace(own(), &frame, "return", Value::none(), report.event, vm, machine),
        event::RAISE | event::STOP_ITERATION => {
            let arg = exception_triple(&last(), vm);
            call_trace(own(), &frame, "exception", arg, report.event, vm, machine)
        }
        event::LINE if frame.trace_lines.get() => {
            call_trace(own(), &frame, "line", Value::none(), event::LINE, vm, machine)
        }
        event::INSTRUCTION if frame.trace_opcodes.get() => {
            call_trace(own(), &frame, "opcode", Value::none(), report.event, vm, machine)
        }
        event::JUMP if frame.trace_lines.get() && jumps_within_line(report) => {
            call_trace(own(), &frame, "line", Value::none(), event::LINE, vm, machine)
        }
        _ => Ok(Value::none()),
    }
}

/// A loop on one line: each round counts as a line.
fn jumps_within_line(report: &Report<'_>) -> bool {
    let Some(to) = report.args.last().and_then(Value::as_i64).and_then(|to| u32::try_from(to).ok()) else {
        return false;
    };
    let quick = report.frame.quick();
    to <= report.offset && quick.line_at_offset(to) == quick.line_at_offset(report.offset)
}

fn exception_triple(exception: &Value, vm: &Vm) -> Value {
    let traceback = errors::traceback(exception).unwrap_or(Value::none());
    vm.tuple_of([exception.ty(vm).to_value(), exception.clone(), traceback]).into_value()
}

fn call_trace(
    callback: Option<Value>,
    frame: &pyrope_object::Ref<FrameObject>,
    what: &str,
    arg: Value,
    event: usize,
    vm: &Vm,
    machine: &Machine,
) -> PyResult {
    let Some(callback) = callback else { return Ok(Value::none()) };
    let outer = machine.monitor.reporting.replace(Some(event));
    let result = vm.call(&callback, &[frame.to_value(), vm.intern(what).into_value(), arg]);
    machine.monitor.reporting.set(outer);
    match result {
        Ok(next) => {
            if !next.is_none() {
                frame.trace.set(Some(next));
            }
            Ok(Value::none())
        }
        Err(raised) => {
            let exception = vm.catch(raised);
            set_trace(None, vm);
            frame.trace.set(None);
            Err(vm.reraise(exception))
        }
    }
}

pub(super) fn report_to_profile(report: &Report<'_>, vm: &Vm, machine: &Machine) -> PyResult {
    let Some(function) = machine.monitor.profile.get() else { return Ok(Value::none()) };
    let last = || report.args.last().cloned().unwrap_or(Value::none());
    let (what, arg) = match report.event {
        event::PY_START | event::PY_RESUME | event::PY_THROW => ("call", Value::none()),
        event::PY_RETURN | event::PY_YIELD => ("return", last()),
        event::PY_UNWIND => ("return", Value::none()),
        event::CALL | event::C_RETURN | event::C_RAISE => {
            let [_, callable, first] = report.args else { return Ok(Value::none()) };
            let Some(native) = native_callable(callable, first, vm, machine)? else { return Ok(Value::none()) };
            let what = match report.event {
                event::CALL => "c_call",
                event::C_RETURN => "c_return",
                _ => "c_exception",
            };
            (what, native)
        }
        _ => return Ok(Value::none()),
    };
    let frame = frame_object(report.frame, vm).into_value();
    match vm.call(&function, &[frame, vm.intern(what).into_value(), arg]) {
        Ok(_) => Ok(Value::none()),
        Err(raised) => {
            let exception = vm.catch(raised);
            set_profile(None, vm);
            Err(vm.reraise(exception))
        }
    }
}

/// A builtin function, which methods of builtin types are turned into; `None` for other callables.
fn native_callable(callable: &Value, first: &Value, vm: &Vm, machine: &Machine) -> PyResult<Option<Value>> {
    if callable.downcast_exact::<BuiltinFunction>().is_some() {
        return Ok(Some(callable.clone()));
    }
    if callable.downcast_exact::<MethodDescriptor>().is_none() || first.is(&tools::missing(&machine.monitor.shared)) {
        return Ok(None);
    }
    match callable.ty(vm).slots().descr_get {
        Some(get) => get(callable, Some(first), Some(&first.ty(vm).to_value()), vm).map(Some),
        None => Ok(None),
    }
}
