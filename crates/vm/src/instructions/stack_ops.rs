//! Moving operands about.

use crate::eval::{Flow, Regs};
use crate::quicken::Instr;

#[inline(always)]
pub fn nop(_: &mut Regs<'_>, _: Instr) -> Flow {
    Flow::Next
}

#[inline(always)]
pub fn pop_top(r: &mut Regs<'_>, _: Instr) -> Flow {
    let top = r.pop_slot();
    r.release(top);
    r.flow()
}

#[inline(always)]
pub fn push_null(r: &mut Regs<'_>, _: Instr) -> Flow {
    r.push_slot(None);
    Flow::Next
}

#[inline(always)]
pub fn end_send(r: &mut Regs<'_>, _: Instr) -> Flow {
    let value = r.pop_slot();
    let old = r.replace(1, value);
    r.release(old);
    r.flow()
}

#[inline(always)]
pub fn copy(r: &mut Regs<'_>, i: Instr) -> Flow {
    let slot = r.peek_slot(i.index()).clone();
    r.push_slot(slot);
    Flow::Next
}

#[inline(always)]
pub fn swap(r: &mut Regs<'_>, i: Instr) -> Flow {
    let depth = i.index();
    let top = r.replace(1, None);
    let other = r.replace(depth, top);
    if depth != 1 {
        r.replace(1, other);
    }
    Flow::Next
}
