//! Reports to those who watch running code; only in translations made for them.

use pyrope_object::PyResult;

use crate::eval::{Flow, Regs};
use crate::monitor;
use crate::quicken::Instr;

/// Goes on where a report has left the frame.
#[inline(always)]
fn go_on(r: &mut Regs<'_>, result: PyResult<()>) -> Flow {
    match result {
        Ok(()) => {
            r.load(r.fp);
            Flow::Next
        }
        Err(_raised) => Flow::Raise,
    }
}

#[inline(always)]
pub fn trace(r: &mut Regs<'_>, i: Instr) -> Flow {
    r.save();
    let result = monitor::before(r.fp, i, r.quiet_vm(), r.machine);
    go_on(r, result)
}

#[inline(always)]
pub fn trace_return(r: &mut Regs<'_>, i: Instr) -> Flow {
    r.save();
    let result = monitor::after(r.fp, i, r.quiet_vm(), r.machine);
    go_on(r, result)
}

#[inline(always)]
pub fn switch_traced(r: &mut Regs<'_>, _: Instr) -> Flow {
    r.save();
    let result = monitor::at_switch(r.fp, r.quiet_vm(), r.machine);
    go_on(r, result)
}

/// The breaker is set: looks what for, and goes on in the translation that reports if somebody watches.
#[inline(always)]
pub fn look_up(r: &mut Regs<'_>, check: bool) -> Flow {
    r.save();
    let result = monitor::on_breaker(r.fp, check, r.quiet_vm(), r.machine);
    go_on(r, result)
}
