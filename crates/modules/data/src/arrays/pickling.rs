//! Pickles of arrays, which say what their machine words look like.

use pyrope_macros::pymethods;
use pyrope_object::{Bytes, PyResult, Str, Type, Value, Vm};

use super::items::{is_text, item_size};
use super::{Array, new_array};

/// What a word of a pickled array is, by its number.
#[derive(Clone, Copy)]
enum Machine {
    Integer { size: usize, signed: bool },
    Float { size: usize },
    Utf16,
    Utf32,
}

/// Kind and big-endianness of a format number 0 to 21.
fn machine(number: i32) -> Option<(Machine, bool)> {
    let integer = |size, signed| Machine::Integer { size, signed };
    Some(match number {
        0 => (integer(1, false), false),
        1 => (integer(1, true), false),
        2..14 => {
            let size = [2, 4, 8][(number as usize - 2) / 4];
            (integer(size, (number - 2) % 4 >= 2), number % 2 == 1)
        }
        14..18 => (Machine::Float { size: if number < 16 { 4 } else { 8 } }, number % 2 == 1),
        18 | 19 => (Machine::Utf16, number == 19),
        20 | 21 => (Machine::Utf32, number == 21),
        _ => return None,
    })
}

/// The number that describes this machine's words of a type code.
fn number_of(code: u8) -> i32 {
    let big = i32::from(cfg!(target_endian = "big"));
    let size = item_size(code);
    match code {
        b'u' | b'w' => 20 + big,
        b'f' => 14 + big,
        b'd' => 16 + big,
        b'B' => 0,
        b'b' => 1,
        _ => {
            let step = match size {
                2 => 2,
                4 => 6,
                _ => 10,
            };
            step + if code.is_ascii_lowercase() { 2 } else { 0 } + big
        }
    }
}

/// `_array_reconstructor`
pub(super) fn reconstruct(class: &Value, code: u32, number: i32, items: &Value, vm: &Vm) -> PyResult {
    let Some(class) = class.downcast::<Type>() else {
        return Err(vm.type_error("first argument must be a type object, not ".to_owned() + &vm.type_name(class)));
    };
    if !class.is_subtype(vm.type_of::<Array>()) {
        return Err(vm.type_error(format!("{} is not a subtype of array.array", class.name())));
    }
    let code = u8::try_from(code).ok().filter(|&code| item_size(code) > 0);
    let Some(code) = code else {
        return Err(vm.value_error("second argument must be a valid type code"));
    };
    let Some((machine, big)) = machine(number) else {
        return Err(vm.value_error("third argument must be a valid machine format code."));
    };
    let Some(bytes) = items.downcast::<Bytes>() else {
        let kind = vm.type_name(items);
        return Err(vm.type_error(format!("fourth argument should be bytes, not {kind}")));
    };
    let array = new_array(class, code, Vec::new(), vm);
    if number == number_of(code) {
        super::methods::extend_from_buffer(&array, items, vm)?;
        return Ok(array.into_value());
    }
    let bytes = bytes.as_slice();
    match machine {
        Machine::Utf16 | Machine::Utf32 => {
            let encoding = match (machine, big) {
                (Machine::Utf16, false) => "utf-16-le",
                (Machine::Utf16, true) => "utf-16-be",
                (_, false) => "utf-32-le",
                (_, true) => "utf-32-be",
            };
            let text = vm.call_method(items, "decode", &[vm.new_str(encoding).into_value()])?;
            if is_text(code)
                && let Some(text) = text.downcast::<Str>()
            {
                let words: Vec<u8> = text.code_points().flat_map(u32::to_ne_bytes).collect();
                array.extend_bytes(&words, vm)?;
            }
        }
        Machine::Integer { size, .. } | Machine::Float { size } => {
            if bytes.len() % size != 0 {
                return Err(vm.value_error("bytes length not a multiple of item size"));
            }
            for word in bytes.chunks_exact(size) {
                array.push(&value_of(machine, word, big, vm), vm)?;
            }
        }
    }
    Ok(array.into_value())
}

fn value_of(machine: Machine, word: &[u8], big: bool, vm: &Vm) -> Value {
    let put = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
    let bits = if big { word.iter().fold(0, put) } else { word.iter().rev().fold(0, put) };
    match machine {
        Machine::Float { size: 4 } => vm.float(f32::from_bits(bits as u32).into()),
        Machine::Float { .. } => vm.float(f64::from_bits(bits)),
        Machine::Integer { size, signed: true } => {
            let shift = 64 - size * 8;
            vm.int((bits << shift) as i64 >> shift)
        }
        _ => vm.int_from_u64(bits),
    }
}

#[pymethods(PICKLING)]
impl Array {
    /// Return state information for pickling.
    #[method("__reduce_ex__($self, value, /)")]
    fn reduce_ex(slf: &Value, value: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.downcast::<Array>() else { return Ok(Value::none()) };
        let protocol = vm.index_i64(value)?.unwrap_or(i64::MAX);
        let dict = match vm.find_attr(slf, vm.names().__dict__.as_value())? {
            Some(dict) => dict,
            None => Value::none(),
        };
        let code = vm.latin1_char(this.code).into_value();
        let class = slf.ty(vm).to_value();
        if protocol < 3 {
            let items = if is_text(this.code) { this.text(vm)?.into_value() } else { this.to_list(vm)? };
            let args = vm.tuple_of([code, items]).into_value();
            return Ok(vm.tuple_of([class, args, dict]).into_value());
        }
        let module = vm.import("array")?;
        let function = vm.get_attr_str(&module, "_array_reconstructor")?;
        let bytes = vm.new_bytes(&this.data.get())?.into_value();
        let args = vm.tuple_of([class, code, vm.int(number_of(this.code).into()), bytes]).into_value();
        Ok(vm.tuple_of([function, args, dict]).into_value())
    }
}
