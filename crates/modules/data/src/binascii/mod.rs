//! `binascii`

mod base64;
mod quoted;

use std::borrow::Cow;
use std::cell::OnceCell;

use pyrope_macros::pyfunctions;
use pyrope_object::args::ArgName;
use pyrope_object::bind::{BytesLike, NullableArg};
use pyrope_object::{BuiltinType as B, Bytes, FromArg, ModuleDef, PyResult, Raised, Ref, Str, Value, Vm};
use pyrope_types::text::hex_digits;

use crate::errors;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "binascii",
    doc: "Conversion between binary data and ASCII",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        vm.set_attr_str(module, "Error", &error_class(vm)?)?;
        let state = vm.state::<State>();
        vm.set_attr_str(
            module,
            "Incomplete",
            &errors::once(&state.incomplete, "binascii", "Incomplete", B::Exception, vm)?,
        )
    }),
};

#[derive(Default)]
struct State {
    error: OnceCell<Value>,
    incomplete: OnceCell<Value>,
}

fn error_class(vm: &Vm) -> PyResult {
    errors::once(&vm.state::<State>().error, "binascii", "Error", B::ValueError, vm)
}

#[cold]
fn error(message: &str, vm: &Vm) -> Raised {
    errors::raise(error_class(vm), message, vm)
}

/// Bytes, or text of ASCII characters.
struct AsciiData<'a>(BytesLike<'a>);

impl<'a> FromArg<'a> for AsciiData<'a> {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        if let Some(text) = value.downcast::<Str>() {
            return match text.as_ascii() {
                Some(text) => Ok(AsciiData(BytesLike::Bytes(text.as_bytes()))),
                None => Err(vm.value_error("string argument should contain only ASCII characters")),
            };
        }
        if value.ty(vm).slots().buffer.is_none() {
            let kind = vm.type_name(value);
            return Err(vm.type_error(format!("argument should be bytes, buffer or ASCII string, not '{kind}'")));
        }
        BytesLike::from_arg(value, what, vm).map(AsciiData)
    }
}

impl<'a> NullableArg<'a> for AsciiData<'a> {}

impl AsciiData<'_> {
    fn to_cow(&self) -> Cow<'_, [u8]> {
        self.0.to_cow()
    }
}

fn hexlify(data: &BytesLike<'_>, sep: Option<&Value>, bytes_per_sep: isize, vm: &Vm) -> PyResult<Ref<Bytes>> {
    vm.new_bytes(&hex_digits(&data.to_cow(), sep, bytes_per_sep, vm)?)
}

fn unhexlify(text: &AsciiData<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
    let text = text.to_cow();
    if !text.len().is_multiple_of(2) {
        return Err(error("Odd-length string", vm));
    }
    let mut bytes = vec![0; text.len() / 2];
    // No digit's value has one of the high bits, which are left of those that are none.
    let mut seen = 0;
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let (high, low) = (HEX_VALUES[usize::from(pair[0])], HEX_VALUES[usize::from(pair[1])]);
        *byte = high << 4 | low;
        seen |= high | low;
    }
    if seen & NO_DIGIT == 0 { vm.new_bytes(&bytes) } else { Err(error("Non-hexadecimal digit found", vm)) }
}

/// Stands for what is no hexadecimal digit.
const NO_DIGIT: u8 = 0x80;

/// The value of each character as a hexadecimal digit.
static HEX_VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 16 {
        let lower = b"0123456789abcdef"[digit];
        values[lower as usize] = digit as u8;
        values[lower.to_ascii_uppercase() as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// The low 32 bits of any integer.
fn low_bits(value: &Value, vm: &Vm) -> PyResult<u32> {
    if let Some(n) = value.as_i64() {
        return Ok(n as u32);
    }
    let n = vm.index_big(value)? & dashu_int::IBig::from(u32::MAX);
    Ok(u32::try_from(&n).unwrap_or(0))
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Decode a line of uuencoded data.
    #[pyfunction("a2b_uu(data, /)")]
    fn a2b_uu(data: AsciiData<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        match quoted::decode_uu(&data.to_cow()) {
            Ok(bytes) => vm.new_bytes(&bytes),
            Err(message) => Err(error(message, vm)),
        }
    }

    /// Uuencode line of data.
    #[pyfunction("b2a_uu(data, /, *, backtick=False)")]
    fn b2a_uu(data: BytesLike<'_>, backtick: bool, vm: &Vm) -> PyResult<Ref<Bytes>> {
        if data.len() > 45 {
            return Err(error("At most 45 bytes at once", vm));
        }
        vm.new_bytes(&quoted::encode_uu(&data.to_cow(), backtick))
    }

    /// Decode a line of base64 data.
    ///
    ///   strict_mode
    ///     When set to True, bytes that are not part of the base64 standard are not allowed.
    ///     The same applies to excess data after padding (= / ==).
    #[pyfunction("a2b_base64(data, /, *, strict_mode=False)")]
    fn a2b_base64(data: AsciiData<'_>, strict_mode: bool, vm: &Vm) -> PyResult<Ref<Bytes>> {
        match base64::decode(&data.to_cow(), strict_mode) {
            Ok(bytes) => vm.new_bytes(&bytes),
            Err(message) => Err(error(&message, vm)),
        }
    }

    /// Base64-code line of data.
    #[pyfunction("b2a_base64(data, /, *, newline=True)")]
    fn b2a_base64(data: BytesLike<'_>, newline: bool, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let mut text = base64::encode(&data.to_cow());
        if newline {
            text.push(b'\n');
        }
        vm.new_bytes(&text)
    }

    /// Compute CRC-CCITT incrementally.
    #[pyfunction("crc_hqx(data, crc, /)")]
    fn crc_hqx(data: BytesLike<'_>, crc: &Value, vm: &Vm) -> PyResult<u32> {
        let start = low_bits(crc, vm)? as u16;
        // The polynomial x^16 + x^12 + x^5 + 1.
        let step = |crc: u16, byte: &u8| {
            (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| crc << 1 ^ if crc & 0x8000 != 0 { 0x1021 } else { 0 })
        };
        Ok(data.with(|bytes| bytes.iter().fold(start, step)).into())
    }

    /// Compute CRC-32 incrementally.
    #[pyfunction("crc32(data, crc=0, /)")]
    fn crc32(data: BytesLike<'_>, crc: Option<&Value>, vm: &Vm) -> PyResult<u32> {
        let start = match crc {
            Some(crc) => low_bits(crc, vm)?,
            None => 0,
        };
        let mut hasher = crc32fast::Hasher::new_with_initial(start);
        data.with(|bytes| hasher.update(bytes));
        Ok(hasher.finalize())
    }

    /// Hexadecimal representation of binary data.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    ///
    /// The return value is a bytes object.  This function is also
    /// available as "hexlify()".
    ///
    /// Example:
    /// >>> binascii.b2a_hex(b'\xb9\x01\xef')
    /// b'b901ef'
    /// >>> binascii.hexlify(b'\xb9\x01\xef', ':')
    /// b'b9:01:ef'
    /// >>> binascii.b2a_hex(b'\xb9\x01\xef', b'_', 2)
    /// b'b9_01ef'
    #[pyfunction("b2a_hex(data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn b2a_hex(data: BytesLike<'_>, sep: Option<&Value>, bytes_per_sep: isize, vm: &Vm) -> PyResult<Ref<Bytes>> {
        super::hexlify(&data, sep, bytes_per_sep, vm)
    }

    /// Hexadecimal representation of binary data.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    ///
    /// The return value is a bytes object.  This function is also
    /// available as "b2a_hex()".
    #[pyfunction("hexlify(data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hexlify(data: BytesLike<'_>, sep: Option<&Value>, bytes_per_sep: isize, vm: &Vm) -> PyResult<Ref<Bytes>> {
        super::hexlify(&data, sep, bytes_per_sep, vm)
    }

    /// Binary data of hexadecimal representation.
    ///
    /// hexstr must contain an even number of hex digits (upper or lower case).
    /// This function is also available as "unhexlify()".
    #[pyfunction("a2b_hex(hexstr, /)")]
    fn a2b_hex(hexstr: AsciiData<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        super::unhexlify(&hexstr, vm)
    }

    /// Binary data of hexadecimal representation.
    ///
    /// hexstr must contain an even number of hex digits (upper or lower case).
    #[pyfunction("unhexlify(hexstr, /)")]
    fn unhexlify(hexstr: AsciiData<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        super::unhexlify(&hexstr, vm)
    }

    /// Decode a string of qp-encoded data.
    #[pyfunction("a2b_qp(data, header=False)")]
    fn a2b_qp(data: AsciiData<'_>, header: bool, vm: &Vm) -> PyResult<Ref<Bytes>> {
        vm.new_bytes(&quoted::decode(&data.to_cow(), header))
    }

    /// Encode a string using quoted-printable encoding.
    ///
    /// On encoding, when istext is set, newlines are not encoded, and white
    /// space at end of lines is.  When istext is not set, \r and \n (CR/LF)
    /// are both encoded.  When quotetabs is set, space and tabs are encoded.
    #[pyfunction("b2a_qp(data, quotetabs=False, istext=True, header=False)")]
    fn b2a_qp(data: BytesLike<'_>, quotetabs: bool, istext: bool, header: bool, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let options = quoted::Options { quote_tabs: quotetabs, is_text: istext, header };
        vm.new_bytes(&quoted::encode(&data.to_cow(), options))
    }
}
