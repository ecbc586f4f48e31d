//! Strings of parts: f-strings and t-strings.

use pyrope_bytecode::Conversion;
use pyrope_object::layout::{Str, Tuple};
use pyrope_object::shape::STR_SHAPE;
use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};

use crate::eval::{Flow, Regs, check};
use crate::quicken::Instr;

/// The concatenation of strings.
pub(crate) fn join(parts: &[&Str], vm: &Vm) -> PyResult {
    if parts.iter().all(|p| p.as_ascii().is_some()) {
        return Ok(vm.concatenated_ascii(parts)?.into_value());
    }
    let total: usize = parts.iter().map(|p| p.len()).sum();
    let mut units = Vec::new();
    if units.try_reserve_exact(total).is_err() {
        return Err(vm.memory_error());
    }
    parts.iter().for_each(|p| units.extend(p.code_points()));
    Ok(vm.str_from_code_points(&units)?.into_value())
}

#[inline(always)]
pub fn build_string(r: &mut Regs<'_>, i: Instr) -> Flow {
    let text = check!(join_values(r.top_values(i.index()), r.vm()));
    r.finish(i.index(), text)
}

#[inline(never)]
fn join_values(values: &[Value], vm: &Vm) -> PyResult {
    let parts: Vec<&Str> = values.iter().filter_map(|v| v.downcast::<Str>()).collect();
    join(&parts, vm)
}

#[inline(always)]
pub fn format_simple(r: &mut Regs<'_>, _: Instr) -> Flow {
    if r.peek(1).shape() == STR_SHAPE {
        return Flow::Next;
    }
    let text = check!(format_plainly(r.peek(1), r.vm()));
    r.finish(1, text)
}

#[inline(never)]
fn format_plainly(value: &Value, vm: &Vm) -> PyResult {
    format(value, vm.empty_str().as_value(), vm)
}

#[inline(always)]
pub fn format_with_spec(r: &mut Regs<'_>, _: Instr) -> Flow {
    let text = check!(format(r.peek(2), r.peek(1), r.vm()));
    r.finish(2, text)
}

fn format(value: &Value, spec: &Value, vm: &Vm) -> PyResult {
    let plain = spec.downcast::<Str>().is_some_and(Str::is_empty);
    if plain && (value.is_small_int() || value.is_small_float()) {
        return Ok(vm.str(value)?.into_value());
    }
    vm.format(value, spec)
}

#[inline(always)]
pub fn convert_value(r: &mut Regs<'_>, i: Instr) -> Flow {
    let text = check!(convert(r.peek(1), i.arg, r.vm()));
    r.finish(1, text)
}

#[inline(never)]
fn convert(value: &Value, conversion: u32, vm: &Vm) -> PyResult {
    match Conversion::from_number(conversion) {
        Some(Conversion::Str) => Ok(vm.str(value)?.into_value()),
        Some(Conversion::Repr) => Ok(vm.repr(value)?.into_value()),
        Some(Conversion::Ascii) => ascii(value, vm),
        _ => Err(vm.system_error("unexpected conversion flag")),
    }
}

/// `ascii(value)`
fn ascii(value: &Value, vm: &Vm) -> PyResult {
    let repr = vm.repr(value)?;
    if repr.as_ascii().is_some() {
        return Ok(repr.into_value());
    }
    let mut text = String::new();
    for c in repr.code_points() {
        match c {
            0..0x80 => text.push(c as u8 as char),
            0x80..0x100 => text.push_str(&format!("\\x{c:02x}")),
            0x100..0x1_0000 => text.push_str(&format!("\\u{c:04x}")),
            _ => text.push_str(&format!("\\U{c:08x}")),
        }
    }
    Ok(vm.try_str(&text)?.into_value())
}

#[inline(always)]
pub fn build_interpolation(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = 2 + (i.arg as usize & 1);
    let value = check!(interpolation(r.top_values(count), i.arg >> 2, r.vm()));
    r.finish(count, value)
}

/// Of value, expression text, and perhaps a format.
#[inline(never)]
fn interpolation(parts: &[Value], conversion: u32, vm: &Vm) -> PyResult {
    let conversion = match Conversion::from_number(conversion) {
        Some(Conversion::Str) => vm.intern("s").into_value(),
        Some(Conversion::Repr) => vm.intern("r").into_value(),
        Some(Conversion::Ascii) => vm.intern("a").into_value(),
        _ => Value::none(),
    };
    let spec = parts.get(2).cloned().unwrap_or_else(|| vm.empty_str().into_value());
    let class = vm.builtin(B::Interpolation).to_value();
    vm.call(&class, &[parts[0].clone(), parts[1].clone(), conversion, spec])
}

#[inline(always)]
pub fn build_template(r: &mut Regs<'_>, _: Instr) -> Flow {
    let value = check!(template(r.peek(2), r.peek(1), r.vm()));
    r.finish(2, value)
}

/// Strings and interpolations take turns, a string first and last.
#[inline(never)]
fn template(strings: &Value, interpolations: &Value, vm: &Vm) -> PyResult {
    let items = |v: &Value| v.downcast::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default();
    let mut parts = Vec::new();
    let mut between = items(interpolations).into_iter();
    for string in items(strings) {
        parts.push(string);
        parts.extend(between.next());
    }
    let class = vm.builtin(B::Template).to_value();
    vm.call(&class, &parts)
}
