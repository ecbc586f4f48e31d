//! Telling tools what happens.

use pyrope_bytecode::Opcode;
use pyrope_object::layout::{List, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};

use super::instrument::is_local;
use super::switch::active;
use super::{ALL_TOOLS, Callback, Marks, Monitor, event, legacy};
use crate::call;
use crate::function::Function;
use crate::quicken::Instr;
use crate::stack::{Frame, Machine, Slot, machine};

/// What an event says besides the code: where, and what.
pub(super) struct Report<'a> {
    pub event: usize,
    pub frame: &'a Frame,
    /// The byte offset of the instruction.
    pub offset: u32,
    /// The callback's arguments behind the code.
    pub args: &'a [Value],
}

/// Calls every tool that wants the event. An error is a callback's.
fn fire(report: &Report<'_>, vm: &Vm, machine: &Machine) -> PyResult<()> {
    let thread = &machine.monitor;
    let shared = &thread.shared;
    if thread.depth.get() > 0 {
        return Ok(());
    }
    let code = report.frame.code();
    // The ends of native calls go to those who want to hear of calls.
    let wanted = match report.event {
        event::C_RETURN | event::C_RAISE => event::CALL,
        event => event,
    };
    let mut tools = shared.tools_for(wanted, code);
    if tools != 0 && is_local(report.event) {
        tools &= !code.monitor().disabled(report.offset, report.event, shared.generation.get());
    }
    for tool in (0..ALL_TOOLS).rev().filter(|tool| tools >> tool & 1 != 0) {
        let Some(callback) = shared.callback(tool, report.event) else { continue };
        thread.depth.set(thread.depth.get() + 1);
        let outer = thread.reporting.replace(Some(report.event));
        let result = notify(&callback, report, vm, machine);
        thread.reporting.set(outer);
        thread.depth.set(thread.depth.get() - 1);
        if !super::tools::is_disable(&result?, shared) {
            continue;
        }
        if !is_local(report.event) {
            shared.tools.borrow_mut()[tool].callbacks[report.event] = None;
            let name = event::NAMES[report.event];
            return Err(vm.value_error(format!("Cannot disable {name} events. Callback removed.")));
        }
        for side in sides(report.event, tool, shared) {
            code.monitor().disable(report.offset, side, tool, shared.generation.get());
        }
    }
    Ok(())
}

/// The events that a tool has had enough of with this one: who listens to BRANCH hears of both sides.
fn sides(event: usize, tool: usize, shared: &Monitor) -> Vec<usize> {
    match event {
        event::BRANCH_LEFT | event::BRANCH_RIGHT if shared.callback(tool, event::BRANCH).is_some() => {
            vec![event::BRANCH_LEFT, event::BRANCH_RIGHT]
        }
        event => vec![event],
    }
}

fn notify(callback: &Callback, report: &Report<'_>, vm: &Vm, machine: &Machine) -> PyResult {
    match callback {
        Callback::Trace => legacy::report_to_trace(report, vm, machine),
        Callback::Profile => legacy::report_to_profile(report, vm, machine),
        Callback::Python(function) => {
            let mut args = Vec::with_capacity(report.args.len() + 1);
            args.push(pyrope_object::value_of(report.frame.code()));
            args.extend_from_slice(report.args);
            vm.call(function, &args)
        }
    }
}

fn number(n: u32, vm: &Vm) -> Value {
    vm.int(n.into())
}

/// Fires an event whose arguments are the offset and more.
fn at(event: usize, frame: &Frame, offset: u32, more: &[Value], vm: &Vm, machine: &Machine) -> PyResult<()> {
    let mut args = vec![number(offset, vm)];
    args.extend_from_slice(more);
    fire(&Report { event, frame, offset, args: &args }, vm, machine)
}

/// The operand at a depth, 1 being the top.
fn operand(frame: &Frame, depth: usize) -> &Slot {
    // SAFETY: the frame is saved, and the instruction that follows pops at least so many operands.
    unsafe { &*frame.sp.sub(depth) }
}

fn value(frame: &Frame, depth: usize) -> Value {
    operand(frame, depth).clone().unwrap_or(Value::none())
}

/// A `Trace` instruction: reports what the instruction behind it is about to do. The frame is saved; a callback may move it.
#[cold]
#[inline(never)]
pub(crate) fn before(frame: *mut Frame, trace: Instr, vm: &Vm, machine: &Machine) -> PyResult<()> {
    // SAFETY: the running frame is live and saved.
    let running = unsafe { &*frame };
    let quick = running.quick();
    let position = running.position();
    let offset = quick.offset_of(position);
    let object = crate::frame::frame_object(running, vm);
    let shared = &machine.monitor.shared;
    let code = running.code();
    // A RESUME that somebody hears of does not hide the beginning of a line.
    let loud = || shared.tools_for(event::PY_START, code) | shared.tools_for(event::PY_RESUME, code) != 0;
    let now = if trace.a & Marks::RESUME != 0 && loud() { -1 } else { offset as i32 };
    let last = object.last_traced.replace(now);
    if !active(vm) || machine.monitor.depth.get() > 0 {
        return Ok(());
    }
    let resumes_at = running.ip;
    if trace.a & Marks::LINE != 0 {
        let line = quick.line_of(position);
        if last < 0 || quick.line_at_offset(last as u32) != line {
            let args = [vm.int(line.into())];
            fire(&Report { event: event::LINE, frame: running, offset, args: &args }, vm, machine)?;
        }
        if !std::ptr::eq(running.ip, resumes_at) {
            return Ok(());
        }
    }
    if trace.a & Marks::RESUME == 0 {
        at(event::INSTRUCTION, running, offset, &[], vm, machine)?;
    }
    match trace.a & !Marks::LINE {
        Marks::RESUME => {
            let event = if trace.index() & 3 == 0 { event::PY_START } else { event::PY_RESUME };
            at(event, running, offset, &[], vm, machine)
        }
        Marks::RETURN => at(event::PY_RETURN, running, offset, &[value(running, 1)], vm, machine),
        Marks::YIELD => at(event::PY_YIELD, running, offset, &[value(running, 1)], vm, machine),
        Marks::CALL => call_begins(running, offset, position, vm, machine),
        Marks::SUPER => super_called(running, offset, trace.arg, vm, machine),
        Marks::JUMP => at(event::JUMP, running, offset, &[number(trace.arg, vm)], vm, machine),
        Marks::BRANCH if jumps(running, position) => {
            at(event::BRANCH_RIGHT, running, offset, &[number(trace.arg, vm)], vm, machine)
        }
        Marks::LEFT => branch(event::BRANCH_LEFT, running, trace.arg, offset + 2, vm, machine),
        Marks::RIGHT => branch(event::BRANCH_RIGHT, running, trace.arg, offset + 2, vm, machine),
        Marks::END_SEND if is_generator(&value(running, 2)) => {
            let raised = vm.stop_iteration(value(running, 1));
            let stop = vm.catch(raised);
            at(event::STOP_ITERATION, running, offset, &[stop], vm, machine)
        }
        Marks::END_ASYNC_FOR if value(running, 1).ty(vm).is_subtype(vm.builtin(B::StopAsyncIteration)) => {
            branch(event::BRANCH_RIGHT, running, trace.arg, offset + 2, vm, machine)
        }
        _ => Ok(()),
    }
}

/// Its end is no exception, so that one is made up for those who want to hear of it.
fn is_generator(value: &Value) -> bool {
    crate::generator::resumable(value).is_some()
}

/// A branch that another instruction has taken.
fn branch(event: usize, frame: &Frame, from: u32, to: u32, vm: &Vm, machine: &Machine) -> PyResult<()> {
    at(event, frame, from, &[number(to, vm)], vm, machine)
}

/// The instruction behind a `Trace`.
fn traced_opcode(frame: &Frame, position: usize) -> Option<Opcode> {
    let byte = *frame.code().bytecode().get(frame.quick().offset_of(position) as usize)?;
    Opcode::from_byte(byte).map(|opcode| opcode.general())
}

/// Will the conditional jump behind a `Trace` be taken?
fn jumps(frame: &Frame, position: usize) -> bool {
    let condition = value(frame, 1);
    match traced_opcode(frame, position) {
        Some(Opcode::PopJumpIfFalse) => condition.as_bool() == Some(false),
        Some(Opcode::PopJumpIfTrue) => condition.as_bool() == Some(true),
        Some(Opcode::PopJumpIfNone) => condition.is_none(),
        Some(Opcode::PopJumpIfNotNone) => !condition.is_none(),
        _ => false,
    }
}

/// What a call instruction is about to call, and its first argument.
fn callee(frame: &Frame, position: usize) -> Option<(Value, Option<Value>)> {
    let count = frame.quick().oparg(position) as usize;
    let (count, extra) = match traced_opcode(frame, position)? {
        Opcode::Call => (count, 0),
        Opcode::CallKw => (count, 1),
        Opcode::CallFunctionEx => {
            let args = value(frame, 2);
            let first = match args.downcast_exact::<Tuple>() {
                Some(args) => args.as_slice().first().cloned(),
                None => args.downcast_exact::<List>().and_then(|args| args.to_vec().first().cloned()),
            };
            return Some((value(frame, 4), first));
        }
        _ => return None,
    };
    let callable = value(frame, count + extra + 2);
    let receiver = operand(frame, count + extra + 1).clone();
    if receiver.is_none()
        && let Some((function, instance)) = call::unwrap_method(&callable)
    {
        return Some((function.clone(), Some(instance.clone())));
    }
    let first = receiver.or_else(|| (count > 0).then(|| value(frame, count + extra)));
    Some((callable, first))
}

fn call_begins(frame: &Frame, offset: u32, position: usize, vm: &Vm, machine: &Machine) -> PyResult<()> {
    let shared = &machine.monitor.shared;
    if shared.tools_for(event::CALL, frame.code()) == 0 {
        return Ok(());
    }
    let Some((callable, first)) = callee(frame, position) else { return Ok(()) };
    let first = first.unwrap_or_else(|| super::tools::missing(shared));
    at(event::CALL, frame, offset, &[callable.clone(), first.clone()], vm, machine)?;
    if callable.downcast_exact::<Function>().is_none() {
        let frame = std::ptr::from_ref(frame).addr();
        machine.monitor.calls.with_mut(|calls| calls.push((frame, callable, first)));
    }
    Ok(())
}

/// The call of `super` in a LOAD_SUPER_ATTR. As nobody else can see it, its end is told before it is done.
fn super_called(frame: &Frame, offset: u32, oparg: u32, vm: &Vm, machine: &Machine) -> PyResult<()> {
    if machine.monitor.shared.tools_for(event::CALL, frame.code()) == 0 {
        return Ok(());
    }
    let (callable, class, object) = (value(frame, 3), value(frame, 2), value(frame, 1));
    let first = if oparg & 2 != 0 { class.clone() } else { super::tools::missing(&machine.monitor.shared) };
    let parts = [callable.clone(), first];
    at(event::CALL, frame, offset, &parts, vm, machine)?;
    let fails = callable.is(&vm.builtin(B::Super).to_value())
        && match vm.call(&callable, &[class, object]) {
            Ok(_) => false,
            Err(raised) => {
                vm.ignore(raised);
                true
            }
        };
    at(if fails { event::C_RAISE } else { event::C_RETURN }, frame, offset, &parts, vm, machine)
}

/// The native call of a frame that ends now.
fn ended_call(frame: &Frame, machine: &Machine) -> Option<(Value, Value)> {
    let at = std::ptr::from_ref(frame).addr();
    machine.monitor.calls.with_mut(|calls| {
        let ended = calls.pop_if(|(frame, ..)| *frame == at)?;
        Some((ended.1, ended.2))
    })
}

/// Behind a call (was it a native one?) or a FOR_ITER that gave an item.
#[cold]
#[inline(never)]
pub(crate) fn after(frame: *mut Frame, trace: Instr, vm: &Vm, machine: &Machine) -> PyResult<()> {
    // SAFETY: the running frame is live and saved.
    let running = unsafe { &*frame };
    if trace.a & Marks::LOOP != 0 {
        let offset = running.quick().offset_of(running.position());
        return branch(event::BRANCH_LEFT, running, offset, trace.arg, vm, machine);
    }
    match ended_call(running, machine) {
        Some((callable, first)) => {
            let offset = running.quick().offset_of(running.position());
            at(event::C_RETURN, running, offset, &[callable, first], vm, machine)
        }
        None => Ok(()),
    }
}

/// Fires an event about an exception, which waits meanwhile. Gives the exception that goes on: a callback's own, if it
/// failed.
fn about(event: usize, frame: &Frame, offset: u32, exception: Value, vm: &Vm) -> Value {
    let machine = machine(vm);
    match at(event, frame, offset, std::slice::from_ref(&exception), vm, machine) {
        Ok(()) => exception,
        Err(raised) => vm.catch(raised),
    }
}

/// An exception was raised in a frame, or came to it from a call.
#[cold]
pub(crate) fn raised(frame: &Frame, exception: Value, vm: &Vm) -> Value {
    if !active(vm) {
        return exception;
    }
    let mut exception = exception;
    if let Some((callable, first)) = ended_call(frame, machine(vm)) {
        let offset = frame.lasti().max(0) as u32;
        if let Err(raised) = at(event::C_RAISE, frame, offset, &[callable, first], vm, machine(vm)) {
            exception = vm.catch(raised);
        }
    }
    about(event::RAISE, frame, last_unit(frame), exception, vm)
}

/// The offset of the last unit of the instruction being executed, behind which CPython's machine stands when it fails.
pub(crate) fn last_unit(frame: &Frame) -> u32 {
    let offset = frame.lasti().max(0) as usize;
    let opcode = frame.code().bytecode().get(offset).and_then(|&byte| Opcode::from_byte(byte));
    (offset + 2 * opcode.map_or(0, |opcode| opcode.general().caches())) as u32
}

/// An exception goes on behind a handler.
#[cold]
pub(crate) fn reraised(frame: &Frame, exception: Value, vm: &Vm) -> Value {
    if active(vm) { about(event::RERAISE, frame, last_unit(frame), exception, vm) } else { exception }
}

/// A frame ends by an exception.
#[cold]
pub(crate) fn unwound(frame: &Frame, offset: u32, exception: Value, vm: &Vm) -> Value {
    if active(vm) { about(event::PY_UNWIND, frame, offset, exception, vm) } else { exception }
}

fn is_yield(frame: &Frame, offset: i32) -> bool {
    let byte = usize::try_from(offset).ok().and_then(|offset| frame.code().bytecode().get(offset));
    byte.and_then(|&byte| Opcode::from_byte(byte)).is_some_and(|opcode| opcode.general() == Opcode::YieldValue)
}

/// A handler was found, and the frame is there; `last` is the offset at which it failed. Fails with a callback's
/// exception.
#[cold]
pub(crate) fn handled(frame: *mut Frame, last: i32, exception: &Value, vm: &Vm) -> PyResult<()> {
    if !active(vm) {
        return Ok(());
    }
    let machine = machine(vm);
    // SAFETY: the frame is live and saved.
    let running = unsafe { &*frame };
    let last = if is_yield(running, last) {
        // Thrown in: the frame stood at the RESUME behind, which does not hide the beginning of a line.
        crate::frame::frame_object(running, vm).last_traced.set(-1);
        -1
    } else {
        last
    };
    super::switch::on_handler(frame, last, vm, machine)?;
    // SAFETY: the frame is live; it goes on at its handler.
    let running = unsafe { &*frame };
    let offset = running.quick().offset_of(running.position() + 1);
    at(event::EXCEPTION_HANDLED, running, offset, std::slice::from_ref(exception), vm, machine)
}

/// An exception is thrown into a generator.
#[cold]
pub(crate) fn thrown(frame: &Frame, exception: Value, vm: &Vm) -> Value {
    if !active(vm) {
        return exception;
    }
    // It stands at the RESUME behind its yield.
    let offset = frame.quick().offset_of(frame.position() + 1);
    about(event::PY_THROW, frame, offset, exception, vm)
}

/// A generator ends a loop of the running frame with a value, which only those who watch get to see.
#[inline(never)]
pub(crate) fn stopped_with(value: Value, vm: &Vm) -> PyResult<()> {
    if !active(vm) {
        return Ok(());
    }
    let raised = vm.stop_iteration(value);
    stopped(vm)?;
    vm.ignore(raised);
    Ok(())
}

/// The StopIteration that is set ends a loop of the running frame.
pub(crate) fn stopped(vm: &Vm) -> PyResult<()> {
    if !active(vm) {
        return Ok(());
    }
    let Some(exception) = vm.take_exception() else { return Ok(()) };
    // SAFETY: the innermost frame is live; it is saved, as this is a call from it.
    let Some(frame) = (unsafe { machine(vm).current.get().as_ref() }) else { return Ok(()) };
    let after = about(event::RAISE, frame, frame.lasti().max(0) as u32, exception.clone(), vm);
    let replaced = !after.is(&exception);
    vm.restore_exception(Some(after));
    if replaced { Err(vm.raised()) } else { Ok(()) }
}
