//! Structural pattern matching.

use pyrope_object::{TypeFlags, Value};

use crate::eval::{Flow, Regs, check};
use crate::matching;
use crate::quicken::Instr;

#[inline(always)]
pub fn get_len(r: &mut Regs<'_>, _: Instr) -> Flow {
    let vm = r.vm();
    let len = check!(vm.len(r.peek(1)));
    r.push(vm.int_from_usize(len));
    Flow::Next
}

#[inline(always)]
pub fn match_mapping(r: &mut Regs<'_>, _: Instr) -> Flow {
    let matches = r.peek(1).ty(r.quiet_vm()).flags().has(TypeFlags::MAPPING);
    r.push(Value::bool(matches));
    Flow::Next
}

#[inline(always)]
pub fn match_sequence(r: &mut Regs<'_>, _: Instr) -> Flow {
    let matches = r.peek(1).ty(r.quiet_vm()).flags().has(TypeFlags::SEQUENCE);
    r.push(Value::bool(matches));
    Flow::Next
}

#[inline(always)]
pub fn match_keys(r: &mut Regs<'_>, _: Instr) -> Flow {
    let values = check!(matching::keys(r.peek(2), r.peek(1), r.vm()));
    r.push(values);
    Flow::Next
}

#[inline(always)]
pub fn match_class(r: &mut Regs<'_>, i: Instr) -> Flow {
    let attributes = check!(matching::class(r.peek(3), r.peek(2), i.index(), r.peek(1), r.vm()));
    r.finish(3, attributes)
}
