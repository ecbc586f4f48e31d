//! `super().name` without making the `super` object.

use pyrope_object::layout::Str;
use pyrope_object::{BuiltinType as B, PyResult, Ref, Type, TypeFlags, Value, Vm};

use super::attributes::{Found, remembered};
use crate::eval::{Flow, Regs, check};
use crate::inline_cache::Way;
use crate::ops::Op;
use crate::quicken::Instr;
use crate::stack::Frame;

#[inline(always)]
pub fn load_super_attr(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (frame, operands) = (r.frame(), r.top_values(3));
    let found = check!(resolve(frame, i, operands, r.vm()));
    let receiver = r.pop();
    r.drop_top(1);
    match found {
        Found::Method(method) => {
            drop(r.replace(1, Some(method)));
            r.push(receiver);
        }
        Found::Attribute(value) => {
            drop(receiver);
            drop(r.replace(1, Some(value)));
            if i.a & 1 != 0 {
                r.push_slot(None);
            }
        }
    }
    Flow::Next
}

/// Finds the attribute by the rules, and specialises the instruction if it is a method.
#[inline(never)]
fn resolve(frame: &Frame, i: Instr, operands: &[Value], vm: &Vm) -> PyResult<Found> {
    let cache = frame.quick().cache(i.index());
    let name = &frame.code().loaded().names[cache.name as usize];
    let found = super_attribute(operands, name, i.a & 2 != 0, i.a & 1 != 0, vm)?;
    if let Found::Method(method) = &found
        && cache.missed()
        && let Some(class) = operands[1].downcast::<Type>()
    {
        let ty = operands[2].ty(vm);
        cache.remember(i.op == Op::LoadSuperMethod, Way::new(ty.version(), class.version(), method.bits()));
        frame.quick().patch(frame.position(), Op::LoadSuperMethod);
    }
    Ok(found)
}

/// A method of a class behind `class` in the MRO of the object's type, both being as they were.
#[inline(always)]
pub fn load_super_method(r: &mut Regs<'_>, i: Instr) -> Flow {
    let way = &r.cache(i.index()).way;
    let vm = r.quiet_vm();
    if std::ptr::eq(r.peek(3).bits() as *const Type, vm.builtin(B::Super))
        && r.peek(2).downcast::<Type>().is_some_and(|class| class.current_version() == way.shape.get())
        && r.peek(1).ty(vm).current_version() == way.version.get()
    {
        let receiver = r.pop_slot();
        let class = r.pop_slot();
        let callable = r.replace(1, Some(remembered(way.word.get())));
        r.push_slot(receiver);
        r.release(class);
        r.release(callable);
        return r.flow();
    }
    Flow::Slow
}

/// `super(class, self).name`; `operands` are `super` itself, the class and the object.
#[inline(never)]
fn super_attribute(operands: &[Value], name: &Ref<Str>, two: bool, method: bool, vm: &Vm) -> PyResult<Found> {
    use pyrope_types::model::super_object::{super_lookup, super_start};
    let (callable, class, object) = (&operands[0], &operands[1], &operands[2]);
    if callable.is(&vm.builtin(B::Super).to_value())
        && let Some(class_ref) = class.cast::<Type>()
        && !name.equals_str("__class__")
    {
        let start = super_start(&class_ref, object, vm)?;
        let mro = start.mro();
        let found = mro.iter().position(|t| t.is(&class_ref)).and_then(|at| {
            mro[at + 1..].iter().find_map(|t| match t.dict(vm).get(name.as_value(), vm) {
                Ok(found) => found,
                Err(raised) => {
                    vm.ignore(raised);
                    None
                }
            })
        });
        if let Some(found) = &found
            && method
            && found.ty(vm).flags().has(TypeFlags::METHOD_DESCRIPTOR)
            && object.ty(vm).is_subtype(&class_ref)
            && (found.ty(vm).is(vm.builtin(B::Function)) || !crate::monitor::active(vm))
        {
            // Those who watch see native methods bound, and the object not as an argument.
            return Ok(Found::Method(found.clone()));
        }
        if let Some(value) = super_lookup(&class_ref, object, &start, name, vm)? {
            return Ok(Found::Attribute(value));
        }
    }
    let proxy = if two { vm.call(callable, &operands[1..])? } else { vm.call(callable, &[])? };
    vm.get_attr(&proxy, name.as_value()).map(Found::Attribute)
}
