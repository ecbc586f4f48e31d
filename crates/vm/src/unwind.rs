//! From a raised exception to its handler.
#![allow(unsafe_code, reason = "unwinds the operand stack")]

use pyrope_object::{Raised, Value, Vm};

use crate::monitor;
use crate::quicken::Handler;
use crate::stack::{Frame, Machine, OnReturn, Owner};
use crate::traceback;

/// Finds the handler of the exception that is set, ending frames on the way. Gives the frame that goes on; an error
/// when the frame that the loop began with has ended.
///
/// `raised_here` says that the instruction raised it itself, so that the traceback gets an entry.
#[cold]
#[inline(never)]
pub fn unwind(mut frame: *mut Frame, mut raised_here: bool, vm: &Vm, machine: &Machine) -> Result<*mut Frame, Raised> {
    let Some(mut exception) = vm.take_exception() else {
        return Err(vm.system_error("error return without exception set"));
    };
    loop {
        // SAFETY: the frame is live until it is ended below.
        let running = unsafe { &*frame };
        // Where an exception that is raised again was raised at first.
        let first = if raised_here { None } else { machine.reraised.take() };
        if raised_here {
            if !running.incomplete.get() {
                traceback::add_entry(&exception, running, vm);
            }
            exception = monitor::raised(running, exception, vm);
        } else {
            exception = monitor::reraised(running, exception, vm);
        }
        while let Some(handler) = running.quick().handler_of(running.position()) {
            let last = running.lasti();
            enter_handler(frame, handler, exception.clone(), first);
            match monitor::handled(frame, last, &exception, vm) {
                Ok(()) => return Ok(frame),
                Err(raised) => exception = vm.catch(raised),
            }
        }
        let offset = monitor::last_unit(running);
        if let Some(first) = first {
            // SAFETY: the frame is live; it is not continued.
            unsafe { (*frame).ip = running.quick().at(running.quick().index_of_offset(first) + 1) };
        }
        exception = monitor::unwound(running, offset, exception, vm);
        let (on_return, previous) = (running.on_return, running.previous);
        machine.current.set(previous);
        vm.recursion_remaining.set(vm.recursion_remaining.get() + 1);
        // Values that die with the frame may run code: the exception waits on the thread meanwhile.
        if running.owner == Owner::Thread {
            vm.restore_exception(Some(exception));
            machine.drop_frame(frame);
        } else {
            vm.restore_exception(Some(exception));
            crate::generator::fail_frame(frame, vm);
        }
        if on_return == OnReturn::Exit {
            return Err(vm.raised());
        }
        exception = match vm.take_exception() {
            Some(exception) => exception,
            None => return Err(vm.system_error("error return without exception set")),
        };
        frame = previous;
        raised_here = true;
    }
}

/// Brings the operand stack to the handler's depth and goes there.
fn enter_handler(frame: *mut Frame, handler: Handler, exception: Value, first: Option<u32>) {
    // SAFETY: translation checked the handler's depth against the stack that the code asks for.
    unsafe {
        let position = (*frame).position();
        let bottom = (*frame).slots().add((*frame).code().local_count() + handler.depth as usize);
        while (*frame).sp > bottom {
            (*frame).sp = (*frame).sp.sub(1);
            let slot = std::ptr::replace((*frame).sp, None);
            drop(slot);
        }
        // Compiled code never asks for more than there is.
        let missing = bottom.offset_from((*frame).sp);
        for _ in 0..missing {
            push(frame, Value::none());
        }
        if handler.lasti {
            let offset = first.unwrap_or_else(|| (*frame).quick().offset_of(position));
            push(frame, Value::small_int(offset.into()).unwrap_or(Value::none()));
        }
        push(frame, exception);
        (*frame).ip = (*frame).quick().at(handler.target as usize);
    }
}

unsafe fn push(frame: *mut Frame, value: Value) {
    // SAFETY: the caller knows that there is room.
    unsafe {
        (*frame).sp.write(Some(value));
        (*frame).sp = (*frame).sp.add(1);
    }
}
