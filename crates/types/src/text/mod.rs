//! `str`, `bytes`, `bytearray`, `memoryview`, and turning text to bytes and back.

mod builder;
pub mod bytes_type;
pub mod codec;
mod locale;
pub mod memory_view;
mod percent_args;
pub mod str_type;

pub use builder::{TextBuilder, Viewed, char_str, raise_text_error, slice_view, str_from_wtf8};
pub use bytes_type::{ByteArray, hex_digits, hex_text};
pub use codec::{EarlyChecks, decode, decode_bytes, decode_utf8, encode, encode_utf8};
pub use locale::{numeric_locale, set_numeric_locale};
pub use memory_view::MemoryView;
pub use str_type::{ascii_text, format_text, format_value, join_strings, push_repr, str_concat};

use pyrope_object::Object;

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[
    str_type::StrType::def,
    <str_type::StrIterator as Object>::def,
    <str_type::StrAsciiIterator as Object>::def,
    bytes_type::BytesType::def,
    <bytes_type::ByteArray as Object>::def,
    <bytes_type::BytesIterator as Object>::def,
    <bytes_type::ByteArrayIterator as Object>::def,
    <memory_view::MemoryView as Object>::def,
    <memory_view::MemoryIterator as Object>::def,
];

/// `str.isidentifier()`
pub fn is_identifier(text: &pyrope_object::Str) -> bool {
    text.to_utf8().is_some_and(|text| pyrope_text::identifier::is_identifier(&text))
}

/// The type of a value with its module, as CPython's `%T` shows it: `int`, `module.Class.Inner`.
pub fn qualified_type_name(value: &pyrope_object::Value, vm: &pyrope_object::Vm) -> String {
    let class = value.ty(vm).to_value();
    let text = |name: &str| match vm.get_attr_str(&class, name) {
        Ok(found) => found.downcast::<pyrope_object::Str>().map(|text| text.to_string_lossy().into_owned()),
        Err(raised) => {
            vm.ignore(raised);
            None
        }
    };
    let name = text("__qualname__").unwrap_or_else(|| vm.type_name(value).to_string());
    match text("__module__") {
        Some(module) if module != "builtins" => format!("{module}.{name}"),
        _ => name,
    }
}
