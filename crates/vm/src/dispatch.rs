//! From one instruction to the next.
//!
//! Optimised builds are threaded: each instruction is a function that ends by jumping to the next one's, with the
//! registers as its parameters. That the call in tail position becomes a jump is up to the optimiser. It does so where
//! no address of a local variable was given away before, so instructions keep values that need an address on the
//! operand stack, and leave work with larger results to functions that hand back a word or two. `tools/tail-calls`
//! looks through a binary for calls that remained. Builds with debug assertions, whose guards do have addresses, use a
//! plain loop.
#![allow(unsafe_code, reason = "reads the next instruction")]

use pyrope_object::Vm;

use crate::eval::{Flow, Regs};
use crate::instructions::*;
use crate::ops::*;
use crate::stack::{Frame, Machine};

#[cfg(debug_assertions)]
pub use looping::steps;
#[cfg(not(debug_assertions))]
pub use threaded::steps;

#[cfg(debug_assertions)]
mod looping {
    use super::*;

    /// Executes instructions from where the frame stands, until one asks for something else than the next. Then the
    /// innermost frame is the one that is left.
    pub fn steps(frame: *mut Frame, vm: &Vm, machine: &Machine) -> Flow {
        let mut r = Regs::new(std::ptr::null(), std::ptr::null_mut(), frame, vm, machine);
        r.load(frame);
        loop {
            // SAFETY: code ends with an instruction that does not fall through.
            let i = unsafe { *r.ip };
            r.ip = r.ip.wrapping_add(1);
            macro_rules! dispatch {
                ($($name:ident => $handler:path $(, $slow:path)?;)*) => {
                    match i.op {
                        $(Op::$name => match $handler(&mut r, i) {
                            $(Flow::Slow => $slow(&mut r, i),)?
                            flow => flow,
                        },)*
                    }
                };
            }
            match for_each_op!(dispatch) {
                Flow::Next => {}
                Flow::Bury => {
                    r.vm();
                    r.buried();
                    machine.bury();
                }
                flow @ (Flow::Raise | Flow::Reraise) => {
                    r.save();
                    return flow;
                }
                flow => return flow,
            }
        }
    }
}

#[cfg(not(debug_assertions))]
mod threaded {
    use super::*;
    use crate::quicken::Instr;
    use crate::stack::Slot;

    /// An instruction with the registers: where to go on, the operands' end, the frame, the thread; last its own word.
    type Step = for<'a> fn(*const Instr, *mut Slot, *mut Frame, &'a Vm, &'a Machine, u64) -> Flow;

    /// What follows an instruction's function.
    macro_rules! go_on {
        ($r:ident, $vm:ident, $machine:ident, $flow:expr $(, $slow:expr)?) => {
            match $flow {
                Flow::Next => next($r.ip, $r.sp, $r.fp, $vm, $machine),
                $(Flow::Slow => $slow,)?
                Flow::Bury => bury($r.ip, $r.sp, $r.fp, $vm, $machine),
                flow @ (Flow::Raise | Flow::Reraise) => {
                    $r.save();
                    flow
                }
                flow => flow,
            }
        };
    }

    macro_rules! define_steps {
        ($($name:ident => $handler:path $(, $slow:path)?;)*) => {
            /// The instructions as functions, in the order of [`Op`].
            static STEPS: &[Step] = &[$({
                $(
                    /// The general form.
                    #[inline(never)]
                    fn slow(
                        ip: *const Instr,
                        sp: *mut Slot,
                        fp: *mut Frame,
                        vm: &Vm,
                        machine: &Machine,
                        word: u64,
                    ) -> Flow {
                        let mut r = Regs::new(ip, sp, fp, vm, machine);
                        // SAFETY: as below.
                        let i = unsafe { Instr::from_word(word) };
                        let flow = $slow(&mut r, i);
                        go_on!(r, vm, machine, flow)
                    }
                )?


                fn step(
                    ip: *const Instr,
                    sp: *mut Slot,
                    fp: *mut Frame,
                    vm: &Vm,
                    machine: &Machine,
                    word: u64,
                ) -> Flow {
                    let mut r = Regs::new(ip, sp, fp, vm, machine);
                    // SAFETY: words come from translated code.
                    let i = unsafe { Instr::from_word(word) };
                    let flow = $handler(&mut r, i);
                    define_steps!(@end $($slow)?; r, vm, machine, flow, slow(ip, sp, fp, vm, machine, word))
                }
                step
            },)*];
        };
        (@end ; $r:ident, $vm:ident, $machine:ident, $flow:ident, $slow:expr) => {
            go_on!($r, $vm, $machine, $flow)
        };
        (@end $path:path; $r:ident, $vm:ident, $machine:ident, $flow:ident, $slow:expr) => {
            go_on!($r, $vm, $machine, $flow, $slow)
        };
    }

    for_each_op!(define_steps);

    /// Goes to the next instruction.
    #[inline(always)]
    fn next(ip: *const Instr, sp: *mut Slot, fp: *mut Frame, vm: &Vm, machine: &Machine) -> Flow {
        // SAFETY: code ends with an instruction that does not fall through; each has a step.
        let (word, step) = unsafe {
            let word = ip.cast::<u64>().read();
            (word, STEPS.get_unchecked(word as u16 as usize))
        };
        step(ip.wrapping_add(1), sp, fp, vm, machine, word)
    }

    /// Ends the objects that the last instruction left, and goes to the next one.
    #[inline(never)]
    fn bury(ip: *const Instr, sp: *mut Slot, fp: *mut Frame, vm: &Vm, machine: &Machine) -> Flow {
        // SAFETY: the running frame is live; the code that runs now may ask where it is.
        unsafe { (*fp).ip = ip };
        machine.bury();
        next(ip, sp, fp, vm, machine)
    }

    /// Executes instructions from where the frame stands, until one asks for something else than the next. Then the
    /// innermost frame is the one that is left.
    pub fn steps(frame: *mut Frame, vm: &Vm, machine: &Machine) -> Flow {
        let mut r = Regs::new(std::ptr::null(), std::ptr::null_mut(), frame, vm, machine);
        r.load(frame);
        next(r.ip, r.sp, r.fp, vm, machine)
    }
}
