//! Arguments that can be moved to a frame's locals: every keyword is known, what is missing has a default, what is too
//! much has a `*` parameter. Everything else is [`bind_arguments`](super::bind_arguments)' to do, and to complain about.
#![allow(unsafe_code, reason = "moves arguments to fresh frames")]

use pyrope_bytecode::CodeFlags;
use pyrope_object::layout::{Str, Tuple};
use pyrope_object::{PyResult, Ref, Value, Vm};

use super::Function;
use crate::code::CodeObject;
use crate::stack::{Frame, Machine, Slot};

/// Keywords of a call that are matched here at most.
const MAX_KEYWORDS: usize = 8;

/// Where each argument goes.
pub struct Plan {
    /// Arguments by position.
    all: usize,
    /// Those of them that have parameters of their own.
    positional: usize,
    /// The parameters that the named arguments are for.
    places: [u8; MAX_KEYWORDS],
    /// The parameters that have no argument: bit by bit.
    missing: u64,
}

impl Plan {
    /// Plans a call with `given` arguments, of which the last have `names`.
    #[inline(always)]
    pub fn new(function: &Function, given: &[Slot], names: &[Value]) -> Option<Plan> {
        // SAFETY: the function keeps its code.
        let code = unsafe { &*function.code_ptr() };
        let (argcount, total) = (code.argcount as usize, (code.argcount + code.kwonlyargcount) as usize);
        let positional = given.len() - names.len();
        let too_many = positional > argcount && code.flags & CodeFlags::VARARGS == 0;
        if too_many || total > 63 || names.len() > MAX_KEYWORDS {
            return None;
        }
        let (all, positional) = (positional, positional.min(argcount));
        let mut plan =
            Plan { all, positional, places: [0; MAX_KEYWORDS], missing: ((1 << total) - 1) & !((1 << positional) - 1) };
        for (name, place) in names.iter().zip(&mut plan.places) {
            let index = parameter(code, name, positional, total)?;
            if plan.missing & (1 << index) == 0 {
                return None;
            }
            plan.missing &= !(1 << index);
            *place = index as u8;
        }
        (plan.missing == 0 || plan.has_defaults(function, code)).then_some(plan)
    }

    /// Has everything that is missing a default?
    fn has_defaults(&self, function: &Function, code: &CodeObject) -> bool {
        let argcount = code.argcount as usize;
        let defaults = function.defaults.with(|defaults| defaults.as_ref().map_or(0, |defaults| defaults.len()));
        let first = argcount.saturating_sub(defaults);
        // Neither one without a default, nor one that only keywords can give.
        self.missing & ((1 << first) - 1) == 0 && self.missing >> argcount == 0
    }

    /// A fresh frame with the arguments, which are moved out of their slots.
    #[inline(always)]
    pub fn frame(&self, function: &Function, given: &mut [Slot], vm: &Vm, machine: &Machine) -> PyResult<*mut Frame> {
        let frame = match machine.quick_frame(function, vm.recursion_remaining.get()) {
            Some(frame) => {
                let _owned_by_the_frame = pyrope_object::value_of(function).into_bits();
                frame
            }
            None => machine.new_frame(Ref::from_borrowed(function), vm)?,
        };
        // SAFETY: the frame is fresh, its locals are unbound, and the parameters come first.
        let local = |index: usize, slot: Slot| unsafe { (*frame).slots().add(index).write(slot) };
        let (positional, named) = given.split_at_mut(self.all);
        let (positional, rest) = positional.split_at_mut(self.positional);
        for (index, slot) in positional.iter_mut().enumerate() {
            local(index, slot.take());
        }
        // SAFETY: as in `new`.
        let code = unsafe { &*function.code_ptr() };
        if code.flags & (CodeFlags::VARARGS | CodeFlags::VARKEYWORDS) != 0 {
            let mut index = (code.argcount + code.kwonlyargcount) as usize;
            if code.flags & CodeFlags::VARARGS != 0 {
                let rest = rest.iter_mut().map(|slot| slot.take().unwrap_or(Value::none()));
                local(index, Some(vm.tuple_from_iter(rest.len(), rest).into_value()));
                index += 1;
            }
            if code.flags & CodeFlags::VARKEYWORDS != 0 {
                local(index, Some(vm.new_dict().into_value()));
            }
        }
        for (slot, &place) in named.iter_mut().zip(&self.places) {
            local(place.into(), slot.take());
        }
        if self.missing != 0 {
            let argcount = code.argcount as usize;
            let defaults: Option<Ref<Tuple>> = function.defaults.get();
            let defaults = defaults.as_ref().map_or(&[][..], |defaults| defaults.as_slice());
            let mut missing = self.missing;
            while missing != 0 {
                let index = missing.trailing_zeros() as usize;
                missing &= missing - 1;
                local(index, defaults.get(index + defaults.len() - argcount).cloned());
            }
        }
        Ok(frame)
    }
}

/// The parameter of a name, which is usually the same object.
#[inline(always)]
fn parameter(code: &CodeObject, name: &Value, positional: usize, total: usize) -> Option<usize> {
    let first = positional.max(code.posonlyargcount as usize);
    let names: &[Ref<Str>] = code.if_loaded()?.local_names.get(first..total)?;
    names.iter().position(|known| known.as_value().is(name)).map(|index| index + first)
}
