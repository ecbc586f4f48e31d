//! Type codes, and values to machine words and back.

use pyrope_object::bind::full_type_name;
use pyrope_object::{IntView, PyResult, Raised, Str, Value, Vm};

/// All type codes, as `array.typecodes`… shows them.
pub const TYPECODES: &str = "bBuwhHiIlLqQfd";

/// Bytes of an item; 0 for an unknown code.
pub const fn item_size(code: u8) -> usize {
    match code {
        b'b' | b'B' => 1,
        b'h' | b'H' => 2,
        b'u' | b'w' | b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'd' => 8,
        _ => 0,
    }
}

/// True for arrays of characters.
pub fn is_text(code: u8) -> bool {
    matches!(code, b'u' | b'w')
}

/// An item's bytes in the machine's order; the first `item_size` count.
pub type Word = [u8; 8];

fn word(n: i128) -> Word {
    (n as u64).to_le_bytes()
}

/// The item that a value becomes.
pub fn encode(code: u8, value: &Value, vm: &Vm) -> PyResult<Word> {
    let word = match code {
        b'u' | b'w' => word(character(value, vm)?.into()),
        b'f' => {
            let x = vm.to_f64(value)? as f32;
            word(x.to_bits().into())
        }
        b'd' => word(vm.to_f64(value)?.to_bits().into()),
        _ => word(integer(code, value, vm)?),
    };
    Ok(word)
}

fn character(value: &Value, vm: &Vm) -> PyResult<u32> {
    let Some(text) = value.downcast::<Str>() else {
        let kind = full_type_name(value, vm);
        return Err(vm.type_error(format!("array item must be a unicode character, not {kind}")));
    };
    match text.code_point(0) {
        Some(point) if text.len() == 1 => Ok(point),
        _ => {
            Err(vm.type_error(format!("array item must be a unicode character, not a string of length {}", text.len())))
        }
    }
}

/// A range with the names of what lies beyond it.
struct Range {
    least: i128,
    most: i128,
    name: &'static str,
}

fn range(code: u8) -> Option<Range> {
    let (least, most, name) = match code {
        b'b' => (i8::MIN.into(), i8::MAX.into(), "signed char"),
        b'B' => (0, u8::MAX.into(), "unsigned byte integer"),
        b'h' => (i16::MIN.into(), i16::MAX.into(), "signed short integer"),
        b'H' => (0, u16::MAX.into(), "unsigned short"),
        b'i' => (i32::MIN.into(), i32::MAX.into(), "signed integer"),
        _ => return None,
    };
    Some(Range { least, most, name })
}

fn integer(code: u8, value: &Value, vm: &Vm) -> PyResult<i128> {
    let index = vm.index(value)?;
    let n = match index.as_int() {
        Some(IntView::Small(n)) => Some(i128::from(n)),
        Some(IntView::Big(n)) => i128::try_from(n).ok(),
        None => None,
    };
    let negative = index.as_int().is_some_and(|n| n.is_negative());
    match range(code) {
        Some(range) => within(code, n, range, vm),
        None => wide(code, n, negative, vm),
    }
}

fn within(code: u8, n: Option<i128>, range: Range, vm: &Vm) -> PyResult<i128> {
    let Some(n) = n.filter(|&n| i64::try_from(n).is_ok()) else {
        return Err(vm.overflow_error("Python int too large to convert to C long"));
    };
    // Narrow codes are converted through a wider C type first, which has its own words.
    let wider = match code {
        b'b' => Some(Range { least: i16::MIN.into(), most: i16::MAX.into(), name: "signed short integer" }),
        b'H' => Some(Range { least: i32::MIN.into(), most: i32::MAX.into(), name: "signed integer" }),
        _ => None,
    };
    for range in wider.into_iter().chain([range]) {
        if n < range.least {
            return Err(vm.overflow_error(format!("{} is less than minimum", range.name)));
        }
        if n > range.most {
            return Err(vm.overflow_error(format!("{} is greater than maximum", range.name)));
        }
    }
    Ok(n)
}

fn wide(code: u8, n: Option<i128>, negative: bool, vm: &Vm) -> PyResult<i128> {
    let signed = n.filter(|&n| i64::try_from(n).is_ok());
    let unsigned = n.filter(|&n| u64::try_from(n).is_ok());
    match code {
        b'l' => signed.ok_or_else(|| vm.overflow_error("Python int too large to convert to C long")),
        b'q' => signed.ok_or_else(|| vm.overflow_error("int too big to convert")),
        b'Q' if negative => Err(vm.overflow_error("can't convert negative int to unsigned")),
        b'Q' => unsigned.ok_or_else(|| vm.overflow_error("int too big to convert")),
        _ if negative => Err(vm.overflow_error("can't convert negative value to unsigned int")),
        _ => match unsigned {
            None => Err(vm.overflow_error("Python int too large to convert to C unsigned long")),
            Some(n) if code == b'I' && n > u32::MAX.into() => {
                Err(vm.overflow_error("unsigned int is greater than maximum"))
            }
            Some(n) => Ok(n),
        },
    }
}

/// The value of an item; `data` is its bytes.
pub fn decode(code: u8, data: &[u8], vm: &Vm) -> PyResult {
    let mut bytes = [0; 8];
    bytes[..data.len()].copy_from_slice(data);
    let bits = u64::from_ne_bytes(bytes);
    Ok(match code {
        b'u' | b'w' => {
            let point = bits as u32;
            if point > 0x10_FFFF {
                return Err(not_a_character(point, vm));
            }
            vm.str_from_code_points(&[point])?.into_value()
        }
        b'f' => vm.float(f32::from_bits(bits as u32).into()),
        b'd' => vm.float(f64::from_bits(bits)),
        b'B' | b'H' | b'I' | b'L' | b'Q' => vm.int_from_u64(bits),
        _ => {
            let shift = 64 - data.len() * 8;
            vm.int((bits << shift) as i64 >> shift)
        }
    })
}

#[cold]
fn not_a_character(point: u32, vm: &Vm) -> Raised {
    vm.value_error(format!("character U+{point:x} is not in range [U+0000; U+10ffff]"))
}
