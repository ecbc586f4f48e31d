//! Subscripts and slices.

use pyrope_object::layout::{Dict, List};
use pyrope_object::shape::builtin_shape;
use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};

use crate::eval::{Flow, Regs, check};
use crate::quicken::Instr;

/// `slice(start, stop)`
pub(super) fn slice(parts: &[Value], vm: &Vm) -> PyResult {
    let class = vm.builtin(B::Slice).to_value();
    vm.call(&class, parts)
}

#[inline(always)]
pub fn binary_slice(r: &mut Regs<'_>, _: Instr) -> Flow {
    let result = check!(sliced(r.top_values(3), r.vm()));
    r.finish(3, result)
}

#[inline(never)]
fn sliced(operands: &[Value], vm: &Vm) -> PyResult {
    let slice = slice(&operands[1..], vm)?;
    vm.get_item(&operands[0], &slice)
}

#[inline(always)]
pub fn store_slice(r: &mut Regs<'_>, _: Instr) -> Flow {
    check!(assign_slice(r.top_values(4), r.vm()));
    r.drop_top(4);
    Flow::Next
}

#[inline(never)]
fn assign_slice(operands: &[Value], vm: &Vm) -> PyResult<()> {
    let slice = slice(&operands[2..], vm)?;
    vm.set_item(&operands[1], &slice, Some(&operands[0]))
}

#[inline(always)]
pub fn store_subscr(r: &mut Regs<'_>, _: Instr) -> Flow {
    let (value, container, key) = (r.peek(3), r.peek(2), r.peek(1));
    check!(assign(container, key, value, r.vm()));
    r.drop_top(3);
    Flow::Next
}

#[inline(never)]
fn assign(container: &Value, key: &Value, value: &Value, vm: &Vm) -> PyResult<()> {
    if container.shape() == builtin_shape(B::List)
        && let (Some(list), Some(index)) = (container.downcast_exact::<List>(), key.as_small_int())
    {
        let mut value = Some(value.clone());
        let done = list.items.with_mut(|items| {
            let index = if index < 0 { index + items.len() as i64 } else { index };
            match items.get_mut(index as usize) {
                Some(item) => {
                    if let Some(new) = value.take() {
                        value = Some(std::mem::replace(item, new));
                    }
                    true
                }
                None => false,
            }
        });
        if done {
            drop(value);
            return Ok(());
        }
    } else if container.shape() == builtin_shape(B::Dict)
        && let Some(dict) = container.downcast_exact::<Dict>()
    {
        return dict.set(key.clone(), value.clone(), vm);
    }
    vm.set_item(container, key, Some(value))
}

#[inline(always)]
pub fn delete_subscr(r: &mut Regs<'_>, _: Instr) -> Flow {
    check!(r.vm().set_item(r.peek(2), r.peek(1), None));
    r.drop_top(2);
    Flow::Next
}
