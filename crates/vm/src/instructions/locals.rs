//! Fast locals, cells and constants.

use pyrope_bytecode::{CommonConstant, FastKind};
use pyrope_object::layout::Tuple;
use pyrope_object::{BuiltinType as B, Dict, Guarded, PyResult, Value, Vm};

use crate::cell::Cell;
use crate::errors;
use crate::eval::{Flow, Regs, check};
use crate::quicken::Instr;

#[inline(always)]
pub fn load_fast(r: &mut Regs<'_>, i: Instr) -> Flow {
    let slot = r.local(i.index()).clone();
    r.push_slot(slot);
    Flow::Next
}

#[inline(always)]
pub fn load_fast_check(r: &mut Regs<'_>, i: Instr) -> Flow {
    match r.local(i.index()).clone() {
        Some(value) => {
            r.push(value);
            Flow::Next
        }
        None => {
            let _raised = errors::unbound_local(r.frame(), i.index(), r.vm());
            Flow::Raise
        }
    }
}

#[inline(always)]
pub fn load_fast_and_clear(r: &mut Regs<'_>, i: Instr) -> Flow {
    let slot = r.frame().replace_local(i.index(), None);
    r.push_slot(slot);
    Flow::Next
}

#[inline(always)]
pub fn load_fast_load_fast(r: &mut Regs<'_>, i: Instr) -> Flow {
    let first = r.local(i.a.into()).clone();
    r.push_slot(first);
    let second = r.local(i.index()).clone();
    r.push_slot(second);
    Flow::Next
}

#[inline(always)]
pub fn store_fast(r: &mut Regs<'_>, i: Instr) -> Flow {
    let slot = r.pop_slot();
    r.set_local(i.index(), slot);
    r.flow()
}

#[inline(always)]
pub fn store_fast_load_fast(r: &mut Regs<'_>, i: Instr) -> Flow {
    let slot = r.pop_slot();
    r.set_local(i.a.into(), slot);
    let slot = r.local(i.index()).clone();
    r.push_slot(slot);
    r.flow()
}

#[inline(always)]
pub fn store_fast_store_fast(r: &mut Regs<'_>, i: Instr) -> Flow {
    let slot = r.pop_slot();
    r.set_local(i.a.into(), slot);
    let slot = r.pop_slot();
    r.set_local(i.index(), slot);
    r.flow()
}

#[inline(always)]
pub fn delete_fast(r: &mut Regs<'_>, i: Instr) -> Flow {
    if r.local(i.index()).is_none() {
        let _raised = errors::unbound_local(r.frame(), i.index(), r.vm());
        return Flow::Raise;
    }
    r.set_local(i.index(), None);
    r.flow()
}

#[inline(always)]
pub fn load_const(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.constant(i.index()).clone();
    r.push(value);
    Flow::Next
}

#[inline(always)]
pub fn load_small_int(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.quiet_vm().int(i.arg.into());
    r.push(value);
    Flow::Next
}

#[inline(always)]
pub fn load_common_constant(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = check!(common_constant(i.arg, r.vm()));
    r.push(value);
    Flow::Next
}

/// The functions that the compiler's unrolled calls of `all` and `any` compare names with.
#[derive(Default)]
pub struct CommonFunctions {
    all: Guarded<Option<Value>>,
    any: Guarded<Option<Value>>,
}

impl CommonFunctions {
    /// Remembers what the module `builtins` has at first.
    pub fn remember(builtins: &Dict, vm: &Vm) -> PyResult<()> {
        let state = vm.state::<CommonFunctions>();
        state.all.set(builtins.get_str("all", vm)?);
        state.any.set(builtins.get_str("any", vm)?);
        Ok(())
    }
}

#[inline(never)]
fn common_constant(number: u32, vm: &Vm) -> PyResult {
    let builtin = |known: &Guarded<Option<Value>>| -> PyResult {
        known.get().ok_or_else(|| vm.system_error("a builtin function is missing"))
    };
    let state = vm.state::<CommonFunctions>();
    match CommonConstant::from_number(number) {
        Some(CommonConstant::AssertionError) => Ok(vm.builtin(B::AssertionError).to_value()),
        Some(CommonConstant::NotImplementedError) => Ok(vm.builtin(B::NotImplementedError).to_value()),
        Some(CommonConstant::BuiltinTuple) => Ok(vm.builtin(B::Tuple).to_value()),
        Some(CommonConstant::BuiltinAll) => builtin(&state.all),
        Some(CommonConstant::BuiltinAny) => builtin(&state.any),
        None => Err(vm.system_error("unknown common constant")),
    }
}

/// The cell in a local.
#[inline(always)]
pub(super) fn cell<'a>(r: &Regs<'a>, index: usize) -> Option<&'a Cell> {
    r.local(index).as_ref().and_then(|v| v.downcast_exact::<Cell>())
}

#[inline(always)]
pub fn load_deref(r: &mut Regs<'_>, i: Instr) -> Flow {
    match cell(r, i.index()).and_then(Cell::get) {
        Some(value) => {
            r.push(value);
            Flow::Next
        }
        None => {
            let _raised = errors::unbound_cell(r.frame(), i.index(), r.vm());
            Flow::Raise
        }
    }
}

#[inline(always)]
pub fn store_deref(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.pop_slot();
    if let Some(cell) = cell(r, i.index()) {
        let old = cell.replace(value);
        r.release(old);
    }
    r.flow()
}

#[inline(always)]
pub fn delete_deref(r: &mut Regs<'_>, i: Instr) -> Flow {
    r.vm();
    match cell(r, i.index()).and_then(|cell| cell.replace(None)) {
        Some(old) => {
            drop(old);
            Flow::Next
        }
        None => {
            let _raised = errors::unbound_cell(r.frame(), i.index(), r.vm());
            Flow::Raise
        }
    }
}

#[inline(always)]
pub fn make_cell(r: &mut Regs<'_>, i: Instr) -> Flow {
    let contents = r.frame().replace_local(i.index(), None);
    let cell = Cell::new(contents, r.quiet_vm()).into_value();
    r.frame().replace_local(i.index(), Some(cell));
    Flow::Next
}

#[inline(always)]
pub fn copy_free_vars(r: &mut Regs<'_>, i: Instr) -> Flow {
    let frame = r.frame();
    let cells = frame.function().closure().map_or(&[][..], |closure| Tuple::as_slice(closure));
    let first = frame.code().local_count() - i.index().min(frame.code().local_count());
    debug_assert_eq!(frame.code().count_of_kind(FastKind::FREE), i.index());
    for (offset, cell) in cells.iter().take(i.index()).enumerate() {
        frame.replace_local(first + offset, Some(cell.clone()));
    }
    Flow::Next
}
