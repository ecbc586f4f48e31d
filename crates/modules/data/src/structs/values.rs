//! Python values to bytes and back.

use std::cell::OnceCell;

use pyrope_object::args::ArgName;
use pyrope_object::bind::BytesLike;
use pyrope_object::{BuiltinType as B, Bytes, FromArg, IntView, PyResult, Raised, Value, Vm};
use pyrope_types::numbers::complex::{new_complex, to_complex};

use super::format::Format;
use super::half::{from_half, to_half};
use crate::errors;

#[derive(Default)]
struct State {
    error: OnceCell<Value>,
}

/// `struct.error`
pub fn error_class(vm: &Vm) -> PyResult {
    errors::once(&vm.state::<State>().error, "struct", "error", B::Exception, vm)
}

/// Raises `struct.error`.
#[cold]
pub fn error(vm: &Vm, message: &str) -> Raised {
    errors::raise(error_class(vm), message, vm)
}

/// Packs the values, whose number is right, into `size` bytes.
pub fn pack(format: &Format, values: &[Value], vm: &Vm) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    if out.try_reserve_exact(format.size).is_err() {
        return Err(vm.memory_error());
    }
    out.resize(format.size, 0);
    for ((code, offset, size), value) in format.fields().zip(values) {
        pack_one(code, format, value, &mut out[offset..offset + size], vm)?;
    }
    Ok(out)
}

fn pack_one(code: u8, format: &Format, value: &Value, out: &mut [u8], vm: &Vm) -> PyResult<()> {
    match code {
        b'c' => match value.downcast::<Bytes>().map(Bytes::as_slice) {
            Some([byte]) => out[0] = *byte,
            _ => return Err(error(vm, "char format requires a bytes object of length 1")),
        },
        b's' => {
            let data = string(code, value, vm)?;
            let kept = data.len().min(out.len());
            out[..kept].copy_from_slice(&data[..kept]);
        }
        b'p' => {
            let data = string(code, value, vm)?;
            if let Some((length, rest)) = out.split_first_mut() {
                let kept = data.len().min(rest.len());
                rest[..kept].copy_from_slice(&data[..kept]);
                *length = kept.min(255) as u8;
            }
        }
        b'?' => out[0] = u8::from(vm.is_true(value)?),
        b'e' | b'f' | b'd' => {
            let number = vm.to_f64(value);
            let x = replaced(number, "required argument is not a float", vm)?;
            put_float(code, x, format.little, out, vm)?;
        }
        b'F' | b'D' => {
            let number = to_complex(value, vm);
            let (re, im) = replaced(number, "required argument is not a complex", vm)?;
            let part = if code == b'F' { b'f' } else { b'd' };
            let (first, second) = out.split_at_mut(out.len() / 2);
            put_float(part, re, format.little, first, vm)?;
            put_float(part, im, format.little, second, vm)?;
        }
        _ => {
            let n = integer(code, out.len(), value, vm)?;
            put_bytes(&n.to_le_bytes()[..out.len()], format.little, out);
        }
    }
    Ok(())
}

fn replaced<T>(result: PyResult<T>, message: &str, vm: &Vm) -> PyResult<T> {
    result.map_err(|raised| {
        vm.ignore(raised);
        error(vm, message)
    })
}

fn put_bytes(little_endian: &[u8], little: bool, out: &mut [u8]) {
    out.copy_from_slice(little_endian);
    if !little {
        out.reverse();
    }
}

fn put_float(code: u8, x: f64, little: bool, out: &mut [u8], vm: &Vm) -> PyResult<()> {
    let too_large = || vm.overflow_error(format!("float too large to pack with {} format", code as char));
    match code {
        b'e' => put_bytes(&to_half(x).ok_or_else(too_large)?.to_le_bytes(), little, out),
        b'f' => {
            let narrow = x as f32;
            if narrow.is_infinite() && x.is_finite() {
                return Err(too_large());
            }
            put_bytes(&narrow.to_le_bytes(), little, out);
        }
        _ => put_bytes(&x.to_le_bytes(), little, out),
    }
    Ok(())
}

/// The bytes of a `bytes` or `bytearray`.
fn string(code: u8, value: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    let is_bytes = value.downcast::<Bytes>().is_some() || value.ty(vm).is_subtype(vm.builtin(B::ByteArray));
    if !is_bytes {
        return Err(error(vm, &format!("argument for '{}' must be a bytes object", code as char)));
    }
    let view = BytesLike::from_arg(value, &ArgName { function: "pack", argument: "argument".into() }, vm)?;
    Ok(view.to_cow().into_owned())
}

/// The number, if it fits the code's range of `size` bytes.
fn integer(code: u8, size: usize, value: &Value, vm: &Vm) -> PyResult<i128> {
    if value.as_int().is_none() && value.ty(vm).slots().index.is_none() {
        return Err(error(vm, "required argument is not an integer"));
    }
    let index = vm.index(value)?;
    let n = match index.as_int() {
        Some(IntView::Small(n)) => Some(i128::from(n)),
        Some(IntView::Big(n)) => i128::try_from(n).ok(),
        None => None,
    };
    let bits = size * 8;
    if code == b'P' {
        return match n {
            Some(n) if (-(1 << 63)..1 << 64).contains(&n) => Ok(n),
            _ => Err(error(vm, "int too large to convert")),
        };
    }
    let signed = code.is_ascii_lowercase();
    let (least, most) = if signed { (-(1i128 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
    match n {
        Some(n) if (least..=most).contains(&n) => Ok(n),
        _ => Err(error(vm, &format!("'{}' format requires {least} <= number <= {most}", code as char))),
    }
}

/// Unpacks exactly `format.size` bytes.
pub fn unpack(format: &Format, data: &[u8], vm: &Vm) -> PyResult<Vec<Value>> {
    let mut values = Vec::new();
    if values.try_reserve_exact(format.values).is_err() {
        return Err(vm.memory_error());
    }
    for (code, offset, size) in format.fields() {
        values.push(unpack_one(code, format.little, &data[offset..offset + size], vm)?);
    }
    Ok(values)
}

fn unpack_one(code: u8, little: bool, data: &[u8], vm: &Vm) -> PyResult {
    Ok(match code {
        b'c' | b's' => vm.new_bytes(data)?.into_value(),
        b'p' => {
            let (length, rest) = data.split_first().map_or((0, &[][..]), |(n, rest)| (usize::from(*n), rest));
            vm.new_bytes(&rest[..length.min(rest.len())])?.into_value()
        }
        b'?' => Value::bool(data[0] != 0),
        b'e' | b'f' | b'd' => vm.float(float(code, little, data)),
        b'F' | b'D' => {
            let part = if code == b'F' { b'f' } else { b'd' };
            let (re, im) = data.split_at(data.len() / 2);
            new_complex((float(part, little, re), float(part, little, im)), vm)
        }
        _ => {
            let bits = word(little, data);
            if code.is_ascii_lowercase() {
                let shift = 64 - data.len() * 8;
                vm.int((bits << shift) as i64 >> shift)
            } else {
                vm.int_from_u64(bits)
            }
        }
    })
}

/// Up to eight bytes as a number.
fn word(little: bool, data: &[u8]) -> u64 {
    let put = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
    if little { data.iter().rev().fold(0, put) } else { data.iter().fold(0, put) }
}

fn float(code: u8, little: bool, data: &[u8]) -> f64 {
    let bits = word(little, data);
    match code {
        b'e' => from_half(bits as u16),
        b'f' => f32::from_bits(bits as u32).into(),
        _ => f64::from_bits(bits),
    }
}
