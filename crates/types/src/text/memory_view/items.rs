//! Items of a buffer as values: the native formats of one letter.

use pyrope_object::{BuiltinType as B, Bytes, PyResult, Raised, Value, Vm};

/// A native format of one letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemFormat(u8);

impl ItemFormat {
    /// Reads `X` or `@X`.
    pub fn parse(format: &str) -> Option<ItemFormat> {
        match format.strip_prefix('@').unwrap_or(format).as_bytes() {
            [letter] if b"cbB?hHiIlLqQnNfdeP".contains(letter) => Some(ItemFormat(*letter)),
            _ => None,
        }
    }

    /// The format of a view whose items are wanted: NotImplementedError for others.
    pub(super) fn of_view(format: &str, vm: &Vm) -> PyResult<ItemFormat> {
        Self::parse(format)
            .ok_or_else(|| vm.not_implemented_error(format!("memoryview: format {format} not supported")))
    }

    /// Bytes of an item.
    pub fn size(self) -> usize {
        match self.0 {
            b'c' | b'b' | b'B' | b'?' => 1,
            b'h' | b'H' | b'e' => 2,
            b'i' | b'I' | b'f' => 4,
            _ => 8,
        }
    }

    /// A single byte as it is: `b`, `B`, `c`.
    pub fn is_byte(self) -> bool {
        matches!(self.0, b'b' | b'B' | b'c')
    }

    /// Items are equal exactly if their bytes are.
    pub(super) fn is_whole(self) -> bool {
        !matches!(self.0, b'f' | b'd' | b'e' | b'?')
    }

    fn is_signed(self) -> bool {
        matches!(self.0, b'b' | b'h' | b'i' | b'l' | b'q' | b'n')
    }
}

/// A half-precision float (IEEE 754 binary16).
fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = ((bits >> 10) & 0x1F, f64::from(bits & 0x3FF));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1F if fraction == 0.0 => f64::INFINITY,
        0x1F => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(i32::from(exponent) - 15),
    }
}

/// Rounds to half precision, ties to even; `None` if it is too large.
fn f64_to_half(x: f64) -> Option<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let magnitude = x.abs();
    if x.is_nan() {
        return Some(sign | 0x7E00);
    }
    if magnitude.is_infinite() {
        return Some(sign | 0x7C00);
    }
    if magnitude < 2f64.powi(-14) {
        return Some(sign | (magnitude * 2f64.powi(24)).round_ties_even() as u16);
    }
    let exponent = (magnitude.to_bits() >> 52) as i32 - 1023;
    let fraction = (magnitude / 2f64.powi(exponent) * 1024.0).round_ties_even() as u32;
    let bits = ((exponent + 15) as u32 * 1024 + fraction).checked_sub(1024)?;
    (bits < 0x7C00).then_some(sign | bits as u16)
}

fn padded(data: &[u8], fill: u8) -> [u8; 8] {
    let mut bytes = [fill; 8];
    let size = data.len().min(8);
    if cfg!(target_endian = "big") {
        bytes[8 - size..].copy_from_slice(&data[..size]);
    } else {
        bytes[..size].copy_from_slice(&data[..size]);
    }
    bytes
}

fn is_negative(data: &[u8]) -> bool {
    let top = if cfg!(target_endian = "big") { data.first() } else { data.last() };
    top.is_some_and(|&byte| byte >= 0x80)
}

/// The value of an item's bytes.
pub fn unpack_item(format: ItemFormat, data: &[u8], vm: &Vm) -> PyResult {
    let unsigned = || u64::from_ne_bytes(padded(data, 0));
    Ok(match format.0 {
        b'c' => vm.new_bytes(data)?.into_value(),
        b'?' => Value::bool(data.iter().any(|&byte| byte != 0)),
        b'f' => vm.float(f32::from_bits(unsigned() as u32).into()),
        b'd' => vm.float(f64::from_bits(unsigned())),
        b'e' => vm.float(half_to_f64(unsigned() as u16)),
        _ if format.is_signed() => {
            let fill = if is_negative(data) { 0xFF } else { 0 };
            vm.int(i64::from_ne_bytes(padded(data, fill)))
        }
        _ => vm.int_from_u64(unsigned()),
    })
}

/// The bytes of a value as an item.
pub fn pack_item(format: ItemFormat, value: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    let letter = format.0 as char;
    let wrong_value = || vm.value_error(format!("memoryview: invalid value for format '{letter}'"));
    let wrong_type = || vm.type_error(format!("memoryview: invalid type for format '{letter}'"));
    match format.0 {
        b'c' => {
            let Some(bytes) = value.downcast::<Bytes>() else { return Err(wrong_type()) };
            match bytes.as_slice() {
                [byte] => Ok(vec![*byte]),
                _ => Err(wrong_value()),
            }
        }
        b'?' => Ok(vec![u8::from(vm.is_true(value)?)]),
        b'f' | b'd' | b'e' => {
            let x = vm.to_f64(value).map_err(|raised| reworded(raised, &wrong_type, &wrong_value, vm))?;
            match format.0 {
                b'f' => Ok((x as f32).to_ne_bytes().to_vec()),
                b'd' => Ok(x.to_ne_bytes().to_vec()),
                _ => f64_to_half(x).map(|bits| bits.to_ne_bytes().to_vec()).ok_or_else(wrong_value),
            }
        }
        _ => {
            let index = vm.index(value).map_err(|raised| reworded(raised, &wrong_type, &wrong_value, vm))?;
            let number = index.as_int().and_then(|n| match n.to_i64() {
                Some(n) => Some(i128::from(n)),
                None => i128::try_from(&*n.to_big()).ok(),
            });
            let number = number.ok_or_else(wrong_value)?;
            let bits = 8 * format.size() as u32;
            let (low, high) = if format.is_signed() {
                (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
            } else {
                (0, (1i128 << bits) - 1)
            };
            if number < low || number > high {
                return Err(wrong_value());
            }
            let bytes = (number as u64).to_ne_bytes();
            let size = format.size();
            Ok(if cfg!(target_endian = "big") { bytes[8 - size..].to_vec() } else { bytes[..size].to_vec() })
        }
    }
}

/// A conversion's TypeError and OverflowError in the view's words.
fn reworded(raised: Raised, wrong_type: &dyn Fn() -> Raised, wrong_value: &dyn Fn() -> Raised, vm: &Vm) -> Raised {
    if vm.raised_is(B::TypeError) {
        vm.ignore(raised);
        return wrong_type();
    }
    if vm.raised_is(B::OverflowError) || vm.raised_is(B::ValueError) {
        vm.ignore(raised);
        return wrong_value();
    }
    raised
}
