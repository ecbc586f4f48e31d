//! Padding, stripping, encoding and the rest.

use std::borrow::Cow;

use pyrope_macros::pymethods;
use pyrope_object::bind::full_type_name;
use pyrope_object::{PyResult, Ref, Str, StrView, Value, Vm};
use pyrope_textual::unicode;

use super::super::builder::{TextBuilder, code_point, slice_view};
use super::{StrType, exact};

/// The one character to fill with.
fn fill_character(value: Option<&Value>, vm: &Vm) -> PyResult<u32> {
    let Some(value) = value else { return Ok(b' '.into()) };
    let Some(text) = value.downcast::<Str>() else {
        let kind = full_type_name(value, vm);
        return Err(vm.type_error(format!("The fill character must be a unicode character, not {kind}")));
    };
    match text.code_point(0) {
        Some(c) if text.len() == 1 => Ok(c),
        _ => Err(vm.type_error("The fill character must be exactly one character long")),
    }
}

fn padded(this: &Ref<Str>, left: usize, right: usize, fill: u32, vm: &Vm) -> PyResult {
    if left == 0 && right == 0 {
        return exact(this.as_value(), vm);
    }
    if left.saturating_add(right).saturating_add(this.len()) > isize::MAX as usize {
        return Err(vm.overflow_error("padded string is too long"));
    }
    let mut out = TextBuilder::with_capacity(this.len());
    out.push_many(fill, left);
    out.push_text(this);
    out.push_many(fill, right);
    Ok(out.finish(vm)?.into_value())
}

fn missing(this: &Str, width: isize) -> usize {
    usize::try_from(width).unwrap_or(0).saturating_sub(this.len())
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
    Both,
}

fn stripped(this: &Ref<Str>, chars: Option<&Value>, side: Side, name: &str, vm: &Vm) -> PyResult {
    let set = match chars.filter(|chars| !chars.is_none()) {
        None => None,
        Some(chars) => match chars.downcast::<Str>() {
            Some(chars) => Some(chars),
            None => return Err(vm.type_error(format!("{name} arg must be None or str"))),
        },
    };
    let view = this.view();
    let gone = |at: usize| {
        let c = code_point(view, at);
        match set {
            None => unicode::is_space(c),
            Some(set) => set.code_points().any(|other| other == c),
        }
    };
    let (mut start, mut end) = (0, this.len());
    if !matches!(side, Side::Right) {
        while start < end && gone(start) {
            start += 1;
        }
    }
    if !matches!(side, Side::Left) {
        while end > start && gone(end - 1) {
            end -= 1;
        }
    }
    if end - start == this.len() { exact(this.as_value(), vm) } else { slice_view(view, start, end, vm) }
}

#[pymethods]
impl StrType {
    /// The text encoded as bytes.
    ///
    ///   encoding
    ///     The encoding.
    ///   errors
    ///     What to do about characters that cannot be encoded: 'strict' (the default) raises UnicodeEncodeError; 'ignore',
    ///     'replace', 'xmlcharrefreplace' and any name registered with codecs.register_error are others.
    #[method("encode($self, /, encoding='utf-8', errors='strict')")]
    fn encode(this: &Ref<Str>, encoding: Option<Cow<'_, str>>, errors: Option<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let errors = errors.as_deref().unwrap_or("strict");
        match encoding.as_deref() {
            None => crate::text::codec::encode_as_utf8(this, errors, vm),
            Some(encoding) => crate::text::encode(this, encoding, errors, vm),
        }
    }

    /// The text in the middle of a field of a width.
    #[method("center($self, width, fillchar=' ', /)")]
    fn center(this: &Ref<Str>, width: isize, fillchar: Option<&Value>, vm: &Vm) -> PyResult {
        let fill = fill_character(fillchar, vm)?;
        let total = missing(this, width);
        let left = total / 2 + (total & width as usize & 1);
        padded(this, left, total - left, fill, vm)
    }

    /// The text at the left of a field of a width.
    #[method("ljust($self, width, fillchar=' ', /)")]
    fn ljust(this: &Ref<Str>, width: isize, fillchar: Option<&Value>, vm: &Vm) -> PyResult {
        padded(this, 0, missing(this, width), fill_character(fillchar, vm)?, vm)
    }

    /// The text at the right of a field of a width.
    #[method("rjust($self, width, fillchar=' ', /)")]
    fn rjust(this: &Ref<Str>, width: isize, fillchar: Option<&Value>, vm: &Vm) -> PyResult {
        padded(this, missing(this, width), 0, fill_character(fillchar, vm)?, vm)
    }

    /// The number in the text filled with zeros on the left; a sign stays in front.
    #[method("zfill($self, width, /)")]
    fn zfill(this: &Ref<Str>, width: isize, vm: &Vm) -> PyResult {
        let fill = missing(this, width);
        if fill == 0 {
            return exact(this.as_value(), vm);
        }
        let signed = matches!(this.code_point(0), Some(0x2B | 0x2D));
        let mut out = TextBuilder::with_capacity(this.len());
        if signed {
            out.push_view(this.view().slice(0, 1));
        }
        out.push_many(b'0'.into(), fill);
        out.push_view(this.view().slice(usize::from(signed), this.len()));
        Ok(out.finish(vm)?.into_value())
    }

    /// A copy without leading and trailing whitespace, or characters of a set.
    #[method("strip($self, chars=None, /)")]
    fn strip(this: &Ref<Str>, chars: Option<&Value>, vm: &Vm) -> PyResult {
        stripped(this, chars, Side::Both, "strip", vm)
    }

    /// A copy without leading whitespace, or characters of a set.
    #[method("lstrip($self, chars=None, /)")]
    fn lstrip(this: &Ref<Str>, chars: Option<&Value>, vm: &Vm) -> PyResult {
        stripped(this, chars, Side::Left, "lstrip", vm)
    }

    /// A copy without trailing whitespace, or characters of a set.
    #[method("rstrip($self, chars=None, /)")]
    fn rstrip(this: &Ref<Str>, chars: Option<&Value>, vm: &Vm) -> PyResult {
        stripped(this, chars, Side::Right, "rstrip", vm)
    }

    /// A copy where tabs are spaces up to the next multiple of the tab size.
    #[method("expandtabs($self, /, tabsize=8)")]
    fn expandtabs(this: &Str, tabsize: i32, vm: &Vm) -> PyResult<Ref<Str>> {
        let size = usize::try_from(tabsize).unwrap_or(0);
        let mut out = TextBuilder::with_capacity(this.len());
        let mut column = 0;
        for c in this.code_points() {
            match c {
                0x09 if size > 0 => {
                    let spaces = size - column % size;
                    column += spaces;
                    out.push_many(b' '.into(), spaces);
                }
                0x09 => {}
                _ => {
                    column = if matches!(c, 0x0A | 0x0D) { 0 } else { column + 1 };
                    out.push(c);
                }
            }
        }
        out.finish(vm)
    }

    /// Bytes that the text takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(this: &Str) -> usize {
        let terminator = match this.view() {
            StrView::Ascii(_) | StrView::Latin1(_) => 1,
            StrView::Ucs2(_) => 2,
            StrView::Ucs4(_) => 4,
        };
        let fixed = if this.as_ascii().is_some() { 40 } else { 56 };
        fixed + this.raw().len() + terminator
    }

    /// Arguments of `__new__` that make this text again.
    #[method("__getnewargs__($self, /)")]
    fn getnewargs(this: &Str, vm: &Vm) -> PyResult {
        let copy = vm.str_from_view(this.view())?.into_value();
        Ok(vm.tuple_of([copy]).into_value())
    }
}
