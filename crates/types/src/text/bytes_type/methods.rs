//! Case, padding and questions about octets, read as ASCII.

use std::borrow::Cow;

use pyrope_macros::pymethods;
use pyrope_object::bind::full_type_name;
use pyrope_object::{Bytes, PyResult, Ref, Str, Value, Vm};

use super::search::is_space;
use super::{ByteArray, BytesType, hex, octets, pinned, same_kind, unchanged, with_octets};

fn mapped(slf: &Value, map: impl Fn(u8) -> u8, vm: &Vm) -> PyResult {
    let data = with_octets(slf, |data| data.iter().map(|&c| map(c)).collect());
    same_kind(slf, data, vm)
}

fn swap(c: u8) -> u8 {
    if c.is_ascii_alphabetic() { c ^ 0x20 } else { c }
}

fn title(data: &[u8]) -> Vec<u8> {
    let mut in_word = false;
    let letter = |&c: &u8| {
        let mapped = if in_word { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
        in_word = c.is_ascii_alphabetic();
        mapped
    };
    data.iter().map(letter).collect()
}

fn capitalize(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_ascii_lowercase();
    if let Some(first) = out.first_mut() {
        first.make_ascii_uppercase();
    }
    out
}

fn is_title(data: &[u8]) -> bool {
    let (mut cased, mut in_word) = (false, false);
    for c in data {
        if c.is_ascii_uppercase() {
            if in_word {
                return false;
            }
            (in_word, cased) = (true, true);
        } else if c.is_ascii_lowercase() {
            if !in_word {
                return false;
            }
            cased = true;
        } else {
            in_word = false;
        }
    }
    cased
}

fn all(slf: &Value, holds: impl Fn(&u8) -> bool) -> bool {
    with_octets(slf, |data| !data.is_empty() && data.iter().all(holds))
}

/// The octet to fill with.
fn fill_octet(value: Option<&Value>, function: &str, vm: &Vm) -> PyResult<u8> {
    let Some(value) = value else { return Ok(b' ') };
    let kind = if value.downcast::<Bytes>().is_some() {
        "bytes"
    } else if value.downcast::<ByteArray>().is_some() {
        "bytearray"
    } else {
        let found = full_type_name(value, vm);
        let message = format!("{function}() argument 2 must be a byte string of length 1, not {found}");
        return Err(vm.type_error(message));
    };
    with_octets(value, |data| match data {
        [octet] => Ok(*octet),
        _ => Err(data.len()),
    })
    .map_err(|len| {
        vm.type_error(format!(
            "{function}(): argument 2 must be a byte string of length 1, not a {kind} object of length {len}"
        ))
    })
}

fn padded(slf: &Value, left: usize, right: usize, fill: u8, vm: &Vm) -> PyResult {
    if left == 0 && right == 0 {
        return unchanged(slf, vm);
    }
    let made = with_octets(slf, |data| {
        let mut out = Vec::new();
        out.try_reserve_exact(left.checked_add(right)?.checked_add(data.len())?).ok()?;
        out.resize(left, fill);
        out.extend_from_slice(data);
        out.resize(out.len() + right, fill);
        Some(out)
    });
    match made {
        Some(data) => same_kind(slf, data, vm),
        None => Err(vm.memory_error()),
    }
}

fn missing(slf: &Value, width: isize) -> usize {
    usize::try_from(width).unwrap_or(0).saturating_sub(with_octets(slf, <[u8]>::len))
}

fn zero_filled(slf: &Value, width: isize, vm: &Vm) -> PyResult {
    let fill = missing(slf, width);
    if fill == 0 {
        return unchanged(slf, vm);
    }
    let made = with_octets(slf, |data| {
        let sign = usize::from(matches!(data.first(), Some(b'+' | b'-')));
        let mut out = Vec::new();
        out.try_reserve_exact(fill.checked_add(data.len())?).ok()?;
        out.extend_from_slice(&data[..sign]);
        out.resize(sign + fill, b'0');
        out.extend_from_slice(&data[sign..]);
        Some(out)
    });
    match made {
        Some(data) => same_kind(slf, data, vm),
        None => Err(vm.memory_error()),
    }
}

fn tabs_expanded(slf: &Value, size: i32, vm: &Vm) -> PyResult {
    let size = usize::try_from(size).unwrap_or(0);
    let made = with_octets(slf, |data| {
        let mut out: Vec<u8> = Vec::with_capacity(data.len());
        let mut column = 0;
        for &c in data {
            if c == b'\t' {
                if size > 0 {
                    let spaces = size - column % size;
                    out.try_reserve(spaces).ok()?;
                    out.resize(out.len() + spaces, b' ');
                    column += spaces;
                }
                continue;
            }
            column = if matches!(c, b'\n' | b'\r') { 0 } else { column + 1 };
            out.push(c);
        }
        Some(out)
    });
    match made {
        Some(data) => same_kind(slf, data, vm),
        None => Err(vm.memory_error()),
    }
}

macro_rules! shared_methods {
    ($ty:ident) => {
        #[pymethods(SHARED)]
        impl $ty {
            /// A copy in upper case.
            #[method("upper($self, /)")]
            fn upper(slf: &Value, vm: &Vm) -> PyResult {
                mapped(slf, |c| c.to_ascii_uppercase(), vm)
            }

            /// A copy in lower case.
            #[method("lower($self, /)")]
            fn lower(slf: &Value, vm: &Vm) -> PyResult {
                mapped(slf, |c| c.to_ascii_lowercase(), vm)
            }

            /// A copy with upper and lower case exchanged.
            #[method("swapcase($self, /)")]
            fn swapcase(slf: &Value, vm: &Vm) -> PyResult {
                mapped(slf, swap, vm)
            }

            /// A copy where words begin in upper case and go on in lower case.
            #[method("title($self, /)")]
            fn title(slf: &Value, vm: &Vm) -> PyResult {
                same_kind(slf, with_octets(slf, title), vm)
            }

            /// A copy with the first octet in upper case, all others in lower case.
            #[method("capitalize($self, /)")]
            fn capitalize(slf: &Value, vm: &Vm) -> PyResult {
                same_kind(slf, with_octets(slf, capitalize), vm)
            }

            /// True if all octets are ASCII; also for none.
            #[method("isascii($self, /)")]
            fn isascii(slf: &Value) -> bool {
                with_octets(slf, |data| data.is_ascii())
            }

            /// True if all octets are ASCII letters or digits and there is at least one.
            #[method("isalnum($self, /)")]
            fn isalnum(slf: &Value) -> bool {
                all(slf, u8::is_ascii_alphanumeric)
            }

            /// True if all octets are ASCII letters and there is at least one.
            #[method("isalpha($self, /)")]
            fn isalpha(slf: &Value) -> bool {
                all(slf, u8::is_ascii_alphabetic)
            }

            /// True if all octets are ASCII digits and there is at least one.
            #[method("isdigit($self, /)")]
            fn isdigit(slf: &Value) -> bool {
                all(slf, u8::is_ascii_digit)
            }

            /// True if all octets are ASCII whitespace and there is at least one.
            #[method("isspace($self, /)")]
            fn isspace(slf: &Value) -> bool {
                all(slf, |&c| is_space(c.into()))
            }

            /// True if all ASCII letters are in lower case and there is at least one.
            #[method("islower($self, /)")]
            fn islower(slf: &Value) -> bool {
                let lower =
                    |data: &[u8]| data.iter().any(u8::is_ascii_lowercase) && !data.iter().any(u8::is_ascii_uppercase);
                with_octets(slf, lower)
            }

            /// True if all ASCII letters are in upper case and there is at least one.
            #[method("isupper($self, /)")]
            fn isupper(slf: &Value) -> bool {
                let upper =
                    |data: &[u8]| data.iter().any(u8::is_ascii_uppercase) && !data.iter().any(u8::is_ascii_lowercase);
                with_octets(slf, upper)
            }

            /// True if words begin in upper case and go on in lower case and there is a word.
            #[method("istitle($self, /)")]
            fn istitle(slf: &Value) -> bool {
                with_octets(slf, is_title)
            }

            /// In the middle of a field of a width.
            #[method("center($self, width, fillchar=b' ', /)")]
            fn center(slf: &Value, width: isize, fillchar: Option<&Value>, vm: &Vm) -> PyResult {
                let fill = fill_octet(fillchar, "center", vm)?;
                let total = missing(slf, width);
                let left = total / 2 + (total & width as usize & 1);
                padded(slf, left, total - left, fill, vm)
            }

            /// At the left of a field of a width.
            #[method("ljust($self, width, fillchar=b' ', /)")]
            fn ljust(slf: &Value, width: isize, fillchar: Option<&Value>, vm: &Vm) -> PyResult {
                let fill = fill_octet(fillchar, "ljust", vm)?;
                padded(slf, 0, missing(slf, width), fill, vm)
            }

            /// At the right of a field of a width.
            #[method("rjust($self, width, fillchar=b' ', /)")]
            fn rjust(slf: &Value, width: isize, fillchar: Option<&Value>, vm: &Vm) -> PyResult {
                let fill = fill_octet(fillchar, "rjust", vm)?;
                padded(slf, missing(slf, width), 0, fill, vm)
            }

            /// Filled with zeros on the left; a sign stays in front.
            #[method("zfill($self, width, /)")]
            fn zfill(slf: &Value, width: isize, vm: &Vm) -> PyResult {
                zero_filled(slf, width, vm)
            }

            /// A copy where tabs are spaces up to the next multiple of the tab size.
            #[method("expandtabs($self, /, tabsize=8)")]
            fn expandtabs(slf: &Value, tabsize: i32, vm: &Vm) -> PyResult {
                tabs_expanded(slf, tabsize, vm)
            }

            /// Hexadecimal text, with a separator between groups if one is given.
            ///
            ///   sep
            ///     A text or bytes of length one to put between groups.
            ///   bytes_per_sep
            ///     How many octets a group has, counted from the right, or from the left if negative.
            ///
            /// >>> colour = b'\xff\x80\x00'
            /// >>> colour.hex()
            /// 'ff8000'
            /// >>> colour.hex('-')
            /// 'ff-80-00'
            /// >>> colour.hex('-', 2)
            /// 'ff-8000'
            /// >>> colour.hex('-', -2)
            /// 'ff80-00'
            #[method("hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
            fn hex(slf: &Value, sep: Option<&Value>, bytes_per_sep: i32, vm: &Vm) -> PyResult<Ref<Str>> {
                let data = octets(slf, vm)?;
                pinned(slf, || hex::hex_text(&data, sep, bytes_per_sep as isize, vm))
            }

            /// The octets decoded as text.
            ///
            ///   encoding
            ///     The encoding.
            ///   errors
            ///     What to do about octets that cannot be decoded: 'strict' (the default) raises UnicodeDecodeError;
            ///     'ignore', 'replace' and any name registered with codecs.register_error are others.
            #[method("decode($self, /, encoding='utf-8', errors='strict')")]
            fn decode(slf: &Value, encoding: Option<Cow<'_, str>>, errors: Option<Cow<'_, str>>, vm: &Vm) -> PyResult {
                let errors = errors.as_deref().unwrap_or("strict");
                crate::text::decode(slf, encoding.as_deref().unwrap_or("utf-8"), errors, vm)
            }
        }
    };
}

shared_methods!(BytesType);
shared_methods!(ByteArray);
