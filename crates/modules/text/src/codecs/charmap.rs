//! Codecs by a map from bytes to characters and back.

use std::borrow::Cow;
use std::collections::HashMap;

use pyrope_macros::{pyclass, pyfunctions, pymethods};
use pyrope_object::bind::{BytesLike, OrNone};
use pyrope_object::{BuiltinType as B, Bytes, Header, PyResult, Ref, Str, Value, Vm};
use pyrope_textual::codecs::{self as algorithms, Mapped};
use pyrope_types::text::TextBuilder;
use pyrope_types::text::codec::{PyDecodeErrors, PyEncodeErrors};

use super::{decoded, encoded, strict};

/// Which byte a character is encoded as: made of a decoding table.
#[pyclass(name = "EncodingMap", module = "builtins", flags(DISALLOW_INSTANTIATION), methods(EncodingMap::METHODS))]
pub struct EncodingMap {
    header: Header,
    bytes: HashMap<u32, u8>,
}

#[pymethods]
impl EncodingMap {
    /// Bytes that the map takes in memory.
    #[method("size($self, /)")]
    fn size(&self) -> usize {
        size_of::<EncodingMap>() + self.bytes.capacity() * size_of::<(u32, u8)>()
    }
}

fn decode_by(mapping: &Value, byte: u8, vm: &Vm) -> PyResult<Mapped<u32>> {
    let found = vm.get_item(mapping, &vm.int(byte.into()));
    let Some(found) = vm.suppress(found, B::LookupError)? else { return Ok(Mapped::Undefined) };
    if found.is_none() {
        return Ok(Mapped::Undefined);
    }
    if let Some(number) = found.as_int() {
        return match number.to_i64() {
            Some(0xFFFE) => Ok(Mapped::Undefined),
            Some(n @ 0..0x11_0000) => Ok(Mapped::One(n as u32)),
            _ => Err(vm.type_error("character mapping must be in range(0x110000)")),
        };
    }
    match found.downcast::<Str>() {
        Some(text) if text.equals_str("\u{FFFE}") => Ok(Mapped::Undefined),
        Some(text) => Ok(Mapped::Many(text.code_points().collect())),
        None => Err(vm.type_error("character mapping must return integer, None or str")),
    }
}

fn encode_by(mapping: &Value, c: u32, vm: &Vm) -> PyResult<Mapped<u8>> {
    if let Some(map) = mapping.downcast::<EncodingMap>() {
        return Ok(map.bytes.get(&c).map_or(Mapped::Undefined, |&byte| Mapped::One(byte)));
    }
    let found = vm.get_item(mapping, &vm.int(c.into()));
    let Some(found) = vm.suppress(found, B::LookupError)? else { return Ok(Mapped::Undefined) };
    if found.is_none() {
        return Ok(Mapped::Undefined);
    }
    if let Some(number) = found.as_int() {
        return match number.to_i64().and_then(|n| u8::try_from(n).ok()) {
            Some(byte) => Ok(Mapped::One(byte)),
            None => Err(vm.type_error("character mapping must be in range(256)")),
        };
    }
    match found.downcast::<Bytes>() {
        Some(bytes) => Ok(Mapped::Many(bytes.as_slice().to_vec())),
        None => {
            let kind = vm.type_name(&found);
            Err(vm.type_error(format!("character mapping must return integer, bytes or None, not {kind}")))
        }
    }
}

#[pyfunctions]
pub mod functions {
    use super::*;

    #[pyfunction("charmap_decode(data, errors=None, mapping=None, /)")]
    fn charmap_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, mapping: Option<&Value>, vm: &Vm) -> PyResult {
        let bytes = data.to_cow();
        let mut out = TextBuilder::with_capacity(bytes.len());
        let mut handler = PyDecodeErrors::new(&bytes, strict(&errors), vm);
        match mapping.filter(|mapping| !mapping.is_none()) {
            None => algorithms::decode_latin1(&bytes, &mut out),
            Some(mapping) => match mapping.downcast_exact::<Str>() {
                Some(table) => {
                    with_units!(table.view(), units => algorithms::decode_table(&bytes, units, &mut out, &mut handler))?;
                }
                None => {
                    algorithms::decode_charmap(&bytes, |byte| decode_by(mapping, byte, vm), &mut out, &mut handler)?;
                }
            },
        }
        decoded(out, bytes.len(), vm)
    }

    #[pyfunction("charmap_encode(str, errors=None, mapping=None, /)")]
    fn charmap_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, mapping: Option<&Value>, vm: &Vm) -> PyResult {
        let mut handler = PyEncodeErrors::new(&text, strict(&errors), vm);
        let data = with_units!(text.view(), units => match mapping.filter(|mapping| !mapping.is_none()) {
            None => algorithms::encode_latin1(units, &mut handler),
            Some(mapping) => algorithms::encode_charmap(units, |c| encode_by(mapping, c, vm), &mut handler),
        })?;
        encoded(&data, text.len(), vm)
    }

    #[pyfunction("charmap_build(map, /)")]
    fn charmap_build(map: &Str, vm: &Vm) -> PyResult {
        let bytes = map.code_points().take(256).enumerate().map(|(byte, c)| (c, byte as u8));
        let bytes = bytes.filter(|&(c, _)| c != 0xFFFE).collect();
        Ok(Ref::new(vm, EncodingMap { header: Header::blank(), bytes }).into_value())
    }
}
