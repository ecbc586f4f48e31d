//! `int.to_bytes` and `int.from_bytes`

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};
use pyrope_object::args::ArgName;
use pyrope_object::bind::BytesLike;
use pyrope_object::{Bytes, FromArg, IntView, PyResult, Ref, Str, Value, Vm};

/// True for `little`, false for `big`.
pub(super) fn is_little(byteorder: Option<&Str>, vm: &Vm) -> PyResult<bool> {
    match byteorder {
        None => Ok(false),
        Some(order) if order.equals_str("big") => Ok(false),
        Some(order) if order.equals_str("little") => Ok(true),
        Some(_) => Err(vm.value_error("byteorder must be either 'little' or 'big'")),
    }
}

/// The two's complement of `n` in `length` bytes.
pub(super) fn to_bytes(n: IntView<'_>, length: usize, little: bool, signed: bool, vm: &Vm) -> PyResult<Ref<Bytes>> {
    let negative = n.is_negative();
    if negative && !signed {
        return Err(vm.overflow_error("can't convert negative int to unsigned"));
    }
    let mut data: Vec<u8> = Vec::new();
    if data.try_reserve_exact(length).is_err() {
        return Err(vm.memory_error());
    }
    // For negative numbers the bits of ~n, inverted afterwards.
    let magnitude: UBig = match n {
        IntView::Small(n) => UBig::from(if n < 0 { !n as u64 } else { n as u64 }),
        IntView::Big(n) => {
            let (sign, magnitude) = n.clone().into_parts();
            if sign == Sign::Negative { magnitude - UBig::ONE } else { magnitude }
        }
    };
    let zero = !negative && magnitude.is_zero();
    let needed = if zero { 0 } else { magnitude.bit_len() + usize::from(signed) };
    if needed > length.saturating_mul(8) {
        return Err(vm.overflow_error("int too big to convert"));
    }
    let bytes = magnitude.to_le_bytes();
    let used = bytes.len().min(length);
    data.extend_from_slice(&bytes[..used]);
    data.resize(length, 0);
    if negative {
        data.iter_mut().for_each(|byte| *byte = !*byte);
    }
    if !little {
        data.reverse();
    }
    vm.new_bytes(&data)
}

/// The integer that bytes stand for.
pub(super) fn from_bytes(data: &[u8], little: bool, signed: bool) -> IBig {
    let negative = signed && (if little { data.last() } else { data.first() }).is_some_and(|&top| top & 0x80 != 0);
    let magnitude = |data: &[u8]| if little { UBig::from_le_bytes(data) } else { UBig::from_be_bytes(data) };
    if negative {
        let inverted: Vec<u8> = data.iter().map(|byte| !byte).collect();
        -IBig::from(magnitude(&inverted)) - IBig::ONE
    } else {
        IBig::from(magnitude(data))
    }
}

/// What `bytes(value)` takes, but for numbers.
pub(super) fn bytes_argument(value: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    if let Some(bytes) = value.downcast_exact::<Bytes>() {
        return Ok(bytes.as_slice().to_vec());
    }
    if let Some(method) = vm.lookup_special(value, &vm.names().__bytes__)? {
        let result = vm.call(&method, &[])?;
        return match result.downcast::<Bytes>() {
            Some(bytes) => Ok(bytes.as_slice().to_vec()),
            None => Err(vm.type_error(format!("__bytes__ returned non-bytes (type {})", vm.type_name(&result)))),
        };
    }
    let slots = value.ty(vm).slots();
    if slots.buffer.is_some() {
        let what = ArgName { function: "from_bytes", argument: "argument 'bytes'".into() };
        return Ok(BytesLike::from_arg(value, &what, vm)?.to_cow().into_owned());
    }
    if value.downcast::<Str>().is_some() || (slots.iter.is_none() && slots.sq_item.is_none()) {
        return Err(vm.type_error(format!("cannot convert '{}' object to bytes", vm.type_name(value))));
    }
    let mut data = Vec::new();
    vm.for_each(value, |item| {
        match vm.index_i64(&item)? {
            Some(byte @ 0..=255) => data.push(byte as u8),
            _ => return Err(vm.value_error("bytes must be in range(0, 256)")),
        }
        Ok(())
    })?;
    Ok(data)
}
