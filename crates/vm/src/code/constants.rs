//! Constants of compiled code as runtime values, and back.

use std::rc::Rc;

use pyrope_bytecode::Constant;
use pyrope_bytecode::image::{ImageConstant, ImageString};
use pyrope_object::layout::{Bytes, Str, StrView, Tuple};
use pyrope_object::value::words;
use pyrope_object::{BuiltinType as B, PyResult, Ref, Value, Vm};
use pyrope_text::Wtf8Buf;

use super::CodeObject;

/// A `str` of WTF-8 text.
pub(super) fn wtf8_to_str(text: &Wtf8Buf, vm: &Vm) -> PyResult<Ref<Str>> {
    match text.as_str() {
        Some(text) => vm.try_str(text),
        None => vm.str_from_code_points(&text.code_points().collect::<Vec<_>>()),
    }
}

/// The text of a `str`, lone surrogates kept.
pub(super) fn str_to_wtf8(text: &Str) -> Wtf8Buf {
    if let StrView::Ascii(ascii) = text.view() {
        return Wtf8Buf::from(ascii);
    }
    let mut out = Wtf8Buf::from("");
    text.code_points().for_each(|c| out.push_code_point(c));
    out
}

/// The value of a constant.
pub fn constant_to_value(constant: &Constant, vm: &Vm) -> PyResult {
    constant_in_file(constant, &vm.empty_str(), vm)
}

/// The value of a constant; nested code shares `filename` where it has the same.
pub(super) fn constant_in_file(constant: &Constant, filename: &Ref<Str>, vm: &Vm) -> PyResult {
    let all =
        |items: &[Constant]| items.iter().map(|c| constant_in_file(c, filename, vm)).collect::<PyResult<Vec<_>>>();
    Ok(match constant {
        Constant::None => Value::none(),
        Constant::Bool(truth) => Value::bool(*truth),
        Constant::Ellipsis => Value::ellipsis(),
        Constant::Int(n) => vm.int_from_big(n.clone()),
        Constant::Float(x) => vm.float(*x),
        Constant::Complex { real, imag } => complex(*real, *imag, vm)?,
        Constant::Str { value, interned } => {
            let text = wtf8_to_str(value, vm)?;
            if *interned { vm.intern_str(&text).into_value() } else { text.into_value() }
        }
        Constant::Bytes(data) => vm.new_bytes(data)?.into_value(),
        Constant::Tuple(items) => vm.new_tuple(all(items)?).into_value(),
        Constant::FrozenSet(items) => {
            let known = items.iter().any(|item| match item {
                Constant::Str { value, interned: true } => value.as_str().is_some_and(|text| is_known_name(text, vm)),
                _ => false,
            });
            frozenset(all(items)?, known, vm)?
        }
        Constant::Slice(parts) => slice(&all(&parts[..])?, vm)?,
        Constant::Code(code) => {
            let same = code.filename.as_str().is_some_and(|name| filename.equals_str(name));
            if same {
                CodeObject::from_bytecode_named(code, filename, vm)?.into_value()
            } else {
                CodeObject::from_bytecode(code, vm)?.into_value()
            }
        }
    })
}

/// The value of a constant of the library's code; nested code has the same `filename`.
pub(super) fn image_constant(constant: ImageConstant, filename: &Ref<Str>, vm: &Vm) -> PyResult {
    let all = |items: Vec<ImageConstant>| {
        items.into_iter().map(|item| image_constant(item, filename, vm)).collect::<PyResult<Vec<_>>>()
    };
    Ok(match constant {
        ImageConstant::None => Value::none(),
        ImageConstant::Bool(truth) => Value::bool(truth),
        ImageConstant::Ellipsis => Value::ellipsis(),
        ImageConstant::Int(n) => vm.int_from_big(n),
        ImageConstant::Float(x) => vm.float(x),
        ImageConstant::Complex { real, imag } => complex(real, imag, vm)?,
        ImageConstant::Str(text) => image_string(text, vm)?.into_value(),
        ImageConstant::Bytes(data) => vm.new_bytes(data)?.into_value(),
        ImageConstant::Tuple(items) => vm.new_tuple(all(items)?).into_value(),
        ImageConstant::FrozenSet(items) => {
            let known = items.iter().any(|item| match item {
                ImageConstant::Str(text) => text.interned && !text.surrogates && is_known_name(text.as_str(), vm),
                _ => false,
            });
            frozenset(all(items)?, known, vm)?
        }
        ImageConstant::Slice(parts) => slice(&all(parts)?, vm)?,
        ImageConstant::Code(code) => CodeObject::from_image_named(code, filename.clone(), vm).into_value(),
    })
}

fn image_string(text: ImageString, vm: &Vm) -> PyResult<Ref<Str>> {
    if text.interned && !text.surrogates {
        return Ok(vm.intern(text.as_str()));
    }
    match Wtf8Buf::from_bytes(text.text) {
        Some(text) if text.as_str().is_none() => wtf8_to_str(&text, vm),
        _ => vm.try_str(text.as_str()),
    }
}

fn complex(real: f64, imag: f64, vm: &Vm) -> PyResult {
    vm.call(&vm.builtin(B::Complex).to_value(), &[vm.float(real), vm.float(imag)])
}

fn slice(parts: &[Value], vm: &Vm) -> PyResult {
    vm.call(&vm.builtin(B::Slice).to_value(), parts)
}

/// CPython makes the set again when it merges equal constants, and again when it replaces an item by an interned string
/// (`known`: an item was interned before the code was loaded). That shows in the order of iteration.
fn frozenset(items: Vec<Value>, known: bool, vm: &Vm) -> PyResult {
    let class = vm.builtin(B::FrozenSet).to_value();
    let mut items = vm.new_tuple(items);
    for _ in 0..=usize::from(known) {
        let set = vm.call(&class, &[items.into_value()])?;
        items = vm.new_tuple(vm.collect(&set)?);
    }
    vm.call(&class, &[items.into_value()])
}

/// Is this a string that another object was interned for?
fn is_known_name(text: &str, vm: &Vm) -> bool {
    vm.interp().interned_ascii(text).is_some()
}

/// The constant that a value is, if code can hold it.
pub fn to_constant(value: &Value, vm: &Vm) -> Option<Constant> {
    let all = |items: &[Value]| items.iter().map(|v| to_constant(v, vm)).collect::<Option<Vec<_>>>();
    match value.bits() {
        words::NONE => return Some(Constant::None),
        words::TRUE => return Some(Constant::Bool(true)),
        words::FALSE => return Some(Constant::Bool(false)),
        words::ELLIPSIS => return Some(Constant::Ellipsis),
        _ => {}
    }
    let ty = value.ty(vm);
    if ty.is(vm.builtin(B::Int)) {
        return value.as_int().map(|n| Constant::Int(n.to_big().into_owned()));
    }
    if ty.is(vm.builtin(B::Float)) {
        return value.as_float().map(Constant::Float);
    }
    if let Some(text) = value.downcast_exact::<Str>() {
        return Some(Constant::Str { value: Rc::new(str_to_wtf8(text)), interned: text.is_interned() });
    }
    if let Some(bytes) = value.downcast_exact::<Bytes>() {
        return Some(Constant::Bytes(bytes.as_slice().into()));
    }
    if let Some(tuple) = value.downcast_exact::<Tuple>() {
        return Some(Constant::Tuple(all(tuple.as_slice())?.into()));
    }
    if let Some(code) = value.downcast::<CodeObject>() {
        let code = code.to_bytecode(vm).map_err(|raised| vm.ignore(raised)).ok()?;
        return code.map(|code| Constant::Code(Rc::new(code)));
    }
    by_attributes(value, vm)
}

/// Kinds whose parts are reached by their Python interface.
fn by_attributes(value: &Value, vm: &Vm) -> Option<Constant> {
    let ty = value.ty(vm);
    let float = |name: &str| vm.get_attr_str(value, name).map_err(|raised| vm.ignore(raised)).ok()?.as_float();
    let part = |name: &str| {
        let part = vm.get_attr_str(value, name).map_err(|raised| vm.ignore(raised)).ok()?;
        to_constant(&part, vm)
    };
    if ty.is(vm.builtin(B::Complex)) {
        return Some(Constant::Complex { real: float("real")?, imag: float("imag")? });
    }
    if ty.is(vm.builtin(B::Slice)) {
        return Some(Constant::Slice(Rc::new([part("start")?, part("stop")?, part("step")?])));
    }
    if ty.is(vm.builtin(B::FrozenSet)) {
        let items = vm.collect(value).map_err(|raised| vm.ignore(raised)).ok()?;
        let items = items.iter().map(|v| to_constant(v, vm)).collect::<Option<Vec<_>>>()?;
        return Some(Constant::FrozenSet(items.into()));
    }
    None
}

/// Equality of constants that tells types apart, as code objects compare.
pub(super) fn same_constants(a: &[Value], b: &[Value], vm: &Vm) -> PyResult<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (x, y) in a.iter().zip(b) {
        if x.is(y) {
            continue;
        }
        if !x.ty(vm).is(y.ty(vm)) {
            return Ok(false);
        }
        let same = match (x.downcast_exact::<Tuple>(), y.downcast_exact::<Tuple>()) {
            (Some(x), Some(y)) => same_constants(x.as_slice(), y.as_slice(), vm)?,
            _ => match (x.as_float(), y.as_float()) {
                (Some(x), Some(y)) => x.to_bits() == y.to_bits(),
                _ => vm.equal(x, y)?,
            },
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}
