//! `str`: what it can do.

mod case;
mod format;
mod iterators;
mod methods;
mod percent;
mod repr;
mod search;
mod translate;

pub use format::{format_str_spec, format_text, format_value};
pub use iterators::{StrAsciiIterator, StrIterator};
pub use repr::{ascii_text, push_repr};
pub(in crate::text) use search::part;

use std::cmp::Ordering;

use pyrope_macros::pyclass;
use pyrope_object::bind::{Signature, bad_argument, bind, full_type_name};
use pyrope_object::layout::STR_LAYOUT;
use pyrope_object::{Args, BuiltinType as B, CompareOp, FromArg, PyResult, Slots, Str, StrView, Type, Value, Vm};

use super::builder::{TextBuilder, char_str, code_points, slice_view};
use crate::containers::sequence::{is_index, receiver};
use crate::containers::slice::{Slice, slice_parts};

/// Text: an immutable sequence of code points.
///
/// Without an encoding, the result of `object.__str__()`, or of `repr(object)`. With an encoding or error handler, the
/// object is a buffer of bytes to decode.
#[pyclass(
    name = "str",
    layout = STR_LAYOUT,
    builtin = Str,
    flags(BASETYPE, MATCH_SELF),
    methods(
        StrType::METHODS, StrType::METHODS_SEARCH, StrType::METHODS_CASE, StrType::METHODS_FORMAT,
        StrType::METHODS_TRANSLATE
    ),
    slots = SLOTS,
    doc = "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nCreate a new string object from the given object. If encoding or\nerrors is specified, then the object must expose a data buffer\nthat will be decoded using the given encoding and error handler.\nOtherwise, returns the result of object.__str__() (if defined)\nor repr(object).\nencoding defaults to 'utf-8'.\nerrors defaults to 'strict'."
)]
pub struct StrType;

const SLOTS: Slots = Slots {
    repr: Some(str_repr),
    str: Some(str_str),
    hash: Some(str_hash),
    richcompare: Some(str_compare),
    iter: Some(str_iter),
    new: Some(str_new),
    remainder: Some(percent::str_remainder),
    sq_length: Some(str_len),
    sq_concat: Some(str_concat),
    sq_repeat: Some(str_repeat),
    sq_item: Some(str_item),
    sq_contains: Some(str_contains),
    mp_length: Some(str_len),
    mp_subscript: Some(str_subscript),
    ..Slots::EMPTY
};

static NEW: Signature = Signature::plain("str", &["object", "encoding", "errors"], 0);

fn str_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let result = new_text(args, vm)?;
    if class.is(vm.builtin(B::Str)) {
        return Ok(result);
    }
    let text = receiver!(Str, result, vm);
    Ok(Str::try_from_view(vm, class, text.view())?.into_value())
}

fn new_text(args: Args<'_>, vm: &Vm) -> PyResult {
    if args.keyword_count() == 0 {
        match args.positional() {
            [] => return Ok(vm.empty_str().into_value()),
            [object] => return Ok(vm.str(object)?.into_value()),
            values if values.len() > 3 => {
                return Err(vm.type_error(format!("str expected at most 3 arguments, got {}", values.len())));
            }
            _ => {}
        }
    }
    let mut slots = [None; 3];
    bind(&NEW, args, &mut slots, vm)?;
    let [object, encoding, errors] = slots;
    let encoding = name_argument(encoding, "encoding", vm)?;
    let errors = name_argument(errors, "errors", vm)?;
    match object {
        None => Ok(vm.empty_str().into_value()),
        Some(object) if encoding.is_none() && errors.is_none() => Ok(vm.str(object)?.into_value()),
        Some(object) => {
            let encoding = encoding.as_deref().unwrap_or("utf-8");
            super::decode(object, encoding, errors.as_deref().unwrap_or("strict"), vm)
        }
    }
}

/// An optional name of an encoding or error handler.
fn name_argument<'a>(
    value: Option<&'a Value>,
    name: &'static str,
    vm: &Vm,
) -> PyResult<Option<std::borrow::Cow<'a, str>>> {
    let argument = pyrope_object::args::ArgName { function: "str", argument: format!("argument '{name}'").into() };
    match value {
        None => Ok(None),
        Some(value) if value.downcast::<Str>().is_none() => Err(bad_argument(&argument, "str", value, vm)),
        Some(value) => std::borrow::Cow::<str>::from_arg(value, &argument, vm).map(Some),
    }
}

fn str_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Str, slf, vm);
    let plain = |c: u8| (0x20..0x7F).contains(&c) && c != b'\'' && c != b'\\';
    if let Some(text) = this.as_ascii().filter(|text| text.bytes().all(plain))
        && let Some(quoted) = vm.str_from_ascii_parts(text.len() + 2, ["'", text, "'"].into_iter())
    {
        return Ok(quoted.into_value());
    }
    let mut out = TextBuilder::with_capacity(this.len() + 2);
    push_repr(this.view(), &mut out);
    Ok(out.finish(vm)?.into_value())
}

fn str_str(slf: &Value, vm: &Vm) -> PyResult {
    exact(slf, vm)
}

/// The text as an exact `str`: itself, if it is one.
pub(crate) fn exact(value: &Value, vm: &Vm) -> PyResult {
    if value.downcast_exact::<Str>().is_some() {
        return Ok(value.clone());
    }
    let text = receiver!(Str, value, vm);
    Ok(vm.str_from_view(text.view())?.into_value())
}

fn str_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    Ok(receiver!(Str, slf, vm).hash(vm))
}

/// Order by code points.
pub(crate) fn compare_views(a: StrView<'_>, b: StrView<'_>) -> Ordering {
    match (a, b) {
        (StrView::Ascii(a), StrView::Ascii(b)) => a.cmp(b),
        (StrView::Latin1(a), StrView::Latin1(b)) => a.cmp(b),
        (StrView::Ucs2(a), StrView::Ucs2(b)) => a.cmp(b),
        (StrView::Ucs4(a), StrView::Ucs4(b)) => a.cmp(b),
        (a, b) => code_points(a).cmp(code_points(b)),
    }
}

fn str_compare(slf: &Value, other: &Value, op: CompareOp, _: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Str>(), other.downcast::<Str>()) else {
        return Ok(Value::not_implemented());
    };
    Ok(Value::bool(match op {
        CompareOp::Eq => a.equals(b),
        CompareOp::Ne => !a.equals(b),
        _ => op.holds(compare_views(a.view(), b.view())),
    }))
}

fn str_iter(slf: &Value, vm: &Vm) -> PyResult {
    let Some(text) = slf.cast::<Str>() else { return Err(crate::containers::sequence::bad_receiver(vm)) };
    Ok(match text.as_ascii() {
        Some(_) => StrAsciiIterator::over(text, vm).into_value(),
        None => StrIterator::over(text, vm).into_value(),
    })
}

fn str_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(receiver!(Str, slf, vm).len())
}

/// `a + b` where `a` is a `str`.
pub fn str_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let left = receiver!(Str, a, vm);
    let Some(right) = b.downcast::<Str>() else {
        let other = full_type_name(b, vm);
        return Err(vm.type_error(format!("can only concatenate str (not \"{other}\") to str")));
    };
    if left.is_empty() {
        return exact(b, vm);
    }
    if right.is_empty() {
        return exact(a, vm);
    }
    if let (Some(x), Some(y)) = (left.as_ascii(), right.as_ascii()) {
        return concat_ascii(x, y, vm);
    }
    let mut out = TextBuilder::with_capacity(left.len() + right.len());
    out.push_text(left);
    out.push_text(right);
    Ok(out.finish(vm)?.into_value())
}

fn concat_ascii(a: &str, b: &str, vm: &Vm) -> PyResult {
    const SMALL: usize = 128;
    if a.len() + b.len() <= SMALL {
        let mut units = [0; SMALL];
        units[..a.len()].copy_from_slice(a.as_bytes());
        units[a.len()..a.len() + b.len()].copy_from_slice(b.as_bytes());
        return Ok(vm.str_from_latin1(&units[..a.len() + b.len()])?.into_value());
    }
    let mut text = Vec::new();
    if text.try_reserve_exact(a.len() + b.len()).is_err() {
        return Err(vm.memory_error());
    }
    text.extend_from_slice(a.as_bytes());
    text.extend_from_slice(b.as_bytes());
    Ok(vm.str_from_latin1(&text)?.into_value())
}

/// `''.join(parts)` where all parts are `str`: for `BUILD_STRING`.
pub fn join_strings(parts: &[Value], vm: &Vm) -> PyResult {
    if let [a, b] = parts {
        return str_concat(a, b, vm);
    }
    let total = parts.iter().filter_map(|part| part.downcast::<Str>()).map(Str::len).fold(0, usize::saturating_add);
    let mut out = TextBuilder::with_capacity(total);
    for part in parts {
        out.push_text(receiver!(Str, part, vm));
    }
    Ok(out.finish(vm)?.into_value())
}

fn str_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Str, slf, vm);
    if count < 1 || this.is_empty() {
        return Ok(vm.empty_str().into_value());
    }
    if count == 1 {
        return exact(slf, vm);
    }
    if this.len().checked_mul(count as usize).is_none_or(|total| total > isize::MAX as usize) {
        return Err(vm.overflow_error("repeated string is too long"));
    }
    let total = this.len() * count as usize;
    let mut out = TextBuilder::new();
    if this.len() == 1 {
        out.push_many(this.code_point(0).unwrap_or(0), total);
        return Ok(out.finish(vm)?.into_value());
    }
    let mut units: Vec<u8> = Vec::new();
    match this.view() {
        StrView::Ascii(_) | StrView::Latin1(_) => {
            repeat_units(this.raw(), count as usize, &mut units, vm)?;
            Ok(vm.str_from_latin1(&units)?.into_value())
        }
        StrView::Ucs2(text) => {
            let mut units = Vec::new();
            repeat_units(text, count as usize, &mut units, vm)?;
            Ok(vm.str_from_view(StrView::Ucs2(&units))?.into_value())
        }
        StrView::Ucs4(text) => {
            let mut units = Vec::new();
            repeat_units(text, count as usize, &mut units, vm)?;
            Ok(vm.str_from_code_points(&units)?.into_value())
        }
    }
}

/// `units` so many times over, or MemoryError.
pub(crate) fn repeat_units<U: Copy>(units: &[U], count: usize, out: &mut Vec<U>, vm: &Vm) -> PyResult<()> {
    let total = units.len().checked_mul(count).filter(|&n| n <= isize::MAX as usize / size_of::<U>().max(1));
    match total {
        Some(total) if out.try_reserve_exact(total).is_ok() => {}
        _ => return Err(vm.memory_error()),
    }
    if let [unit] = units {
        out.resize(count, *unit);
        return Ok(());
    }
    if !units.is_empty() {
        (0..count).for_each(|_| out.extend_from_slice(units));
    }
    Ok(())
}

fn str_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Str, slf, vm);
    match usize::try_from(index).ok().and_then(|index| this.code_point(index)) {
        Some(c) if c < 0x100 => Ok(vm.latin1_char(c as u8).into_value()),
        Some(c) => Ok(char_str(c, vm)?.into_value()),
        None => Err(vm.index_error("string index out of range")),
    }
}

fn str_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Str, slf, vm);
    if let Some(slice) = key.downcast::<Slice>() {
        let indices = slice_parts(slice, vm)?.adjust(this.len());
        let view = this.view();
        if indices.count == 0 {
            return Ok(vm.empty_str().into_value());
        }
        if indices.step == 1 {
            if indices.count == this.len() && slf.downcast_exact::<Str>().is_some() {
                return Ok(slf.clone());
            }
            let start = indices.start as usize;
            return slice_view(view, start, start + indices.count, vm);
        }
        return stepped(view, indices.iter(), vm);
    }
    if !is_index(key, vm) {
        let kind = full_type_name(key, vm);
        return Err(vm.type_error(format!("string indices must be integers, not '{kind}'")));
    }
    let index = vm.index_isize(key)?;
    str_item(slf, if index < 0 { index.saturating_add(this.len() as isize) } else { index }, vm)
}

fn stepped(view: StrView<'_>, indices: impl ExactSizeIterator<Item = usize>, vm: &Vm) -> PyResult {
    let mut out = TextBuilder::with_capacity(indices.len());
    for at in indices {
        out.push(super::builder::code_point(view, at));
    }
    Ok(out.finish(vm)?.into_value())
}

fn str_contains(slf: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    let this = receiver!(Str, slf, vm);
    let Some(needle) = item.downcast::<Str>() else {
        let kind = full_type_name(item, vm);
        return Err(vm.type_error(format!("'in <string>' requires string as left operand, not {kind}")));
    };
    Ok(search::find(this.view(), needle.view()).is_some())
}
