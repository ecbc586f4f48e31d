//! Frames change between the plain translation of their code and the one that reports.

use std::ptr::NonNull;

use pyrope_object::vm::breaker;
use pyrope_object::{PyResult, Vm};
use std::sync::atomic::Ordering;

use super::Monitor;
use crate::CodeObject;
use crate::ops::Op;
use crate::quicken::{self, Quick};
use crate::stack::{Frame, Machine};

/// Sets or clears the bit that makes the loop look here.
pub(super) fn refresh_breaker(monitor: &Monitor, vm: &Vm) {
    let word = &vm.interp().breaker;
    if monitor.any_global() || monitor.local_users.get() > 0 {
        word.fetch_or(breaker::TRACE, Ordering::Relaxed);
    } else {
        word.fetch_and(!breaker::TRACE, Ordering::Relaxed);
    }
}

/// Does anybody want events?
pub(crate) fn active(vm: &Vm) -> bool {
    vm.interp().breaker.load(Ordering::Relaxed) & breaker::TRACE != 0
}

/// A frame looks up from its work at a RESUME or backward jump: if its code is watched, that instruction is done again
/// in the translation that reports.
#[cold]
#[inline(never)]
pub(crate) fn on_breaker(frame: *mut Frame, check: bool, vm: &Vm, machine: &Machine) -> PyResult<()> {
    if check {
        crate::call::check_breaker(vm)?;
    }
    if !active(vm) || machine.monitor.depth.get() > 0 {
        return Ok(());
    }
    // SAFETY: the running frame is live and saved.
    let running = unsafe { &mut *frame };
    let code = running.code();
    if is_traced(running) || !machine.monitor.shared.wants_of(code) {
        return Ok(());
    }
    let position = running.position();
    running.ip = running.quick().at(position);
    // Nothing was executed before a RESUME that could be on the same line.
    enter(running, -1, vm)
}

/// A frame goes on at a handler: if its code is watched, in the translation that reports.
pub(super) fn on_handler(frame: *mut Frame, last: i32, vm: &Vm, machine: &Machine) -> PyResult<()> {
    // SAFETY: the frame is live and saved.
    let running = unsafe { &mut *frame };
    if machine.monitor.depth.get() > 0 || is_traced(running) || !machine.monitor.shared.wants_of(running.code()) {
        return Ok(());
    }
    enter(running, last, vm)
}

fn is_traced(frame: &Frame) -> bool {
    !std::ptr::eq(frame.quick, frame.code().quick.get())
}

/// The frame goes on in the translation that reports; `before` is the offset of the instruction that it did last.
fn enter(frame: &mut Frame, before: i32, vm: &Vm) -> PyResult<()> {
    let traced = traced_of(frame.code(), vm)?;
    let starts = quicken::starts(frame.code(), vm)?;
    // SAFETY: `ip` points into the instructions of the frame's translation.
    let index = unsafe { frame.ip.offset_from(frame.quick().start()) } as usize;
    let offset = starts.get(index).copied().unwrap_or(0);
    crate::frame::frame_object(frame, vm).last_traced.set(before);
    // SAFETY: the code keeps the translation while the frame keeps the code.
    let at = unsafe { traced.as_ref() };
    frame.ip = at.at(at.first_at(offset));
    frame.quick = traced.as_ptr();
    Ok(())
}

fn traced_of(code: &CodeObject, vm: &Vm) -> PyResult<NonNull<Quick>> {
    let monitor = code.monitor();
    if let Some(known) = monitor.traced.get() {
        return Ok(known);
    }
    let made = NonNull::from(Box::leak(Box::new(quicken::translate_traced(code, vm)?)));
    monitor.traced.set(Some(made));
    Ok(made)
}

/// Makes the frames of this thread report from their next instruction on.
pub(super) fn switch_running(machine: &Machine) {
    let mut at = machine.current.get();
    // SAFETY: linked frames are live, and saved: this is a call from the innermost.
    while let Some(frame) = unsafe { at.as_ref() } {
        at = frame.previous;
        if is_traced(frame) {
            continue;
        }
        // SAFETY: as in `enter`.
        let index = unsafe { frame.ip.offset_from(frame.quick().start()) } as usize;
        let Some(next) = frame.quick().op_at(index) else { continue };
        if next.op != Op::SwitchTraced && next.op != Op::InvalidCode {
            frame.code().monitor().patched.borrow_mut().insert(index, next.op);
            frame.quick().patch(index, Op::SwitchTraced);
        }
    }
}

/// A frame met a switch. It goes on in the translation that reports, or, if nobody watches any more, with what was there.
#[cold]
#[inline(never)]
pub(crate) fn at_switch(frame: *mut Frame, vm: &Vm, machine: &Machine) -> PyResult<()> {
    // SAFETY: the running frame is live and saved.
    let running = unsafe { &mut *frame };
    let position = running.position();
    running.ip = running.quick().at(position);
    let watched = active(vm) && machine.monitor.shared.wants_of(running.code());
    if watched && machine.monitor.depth.get() == 0 {
        let starts = quicken::starts(running.code(), vm)?;
        let before = position.checked_sub(1).and_then(|index| starts.get(index)).map_or(-1, |&offset| offset as i32);
        return enter(running, before, vm);
    }
    let original = running.code().monitor().patched.borrow_mut().remove(&position);
    match original {
        Some(op) => {
            running.quick().patch(position, op);
            Ok(())
        }
        None => Err(vm.system_error("switch without an instruction")),
    }
}
