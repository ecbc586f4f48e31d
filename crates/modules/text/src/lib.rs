//! Native modules about text: codecs, regular expressions, unicodedata, json, csv, string.

/// Runs an expression with the units of a `str`'s view: `&[u8]`, `&[u16]` or `&[u32]`.
macro_rules! with_units {
    ($view:expr, $units:ident => $body:expr) => {
        match $view {
            pyrope_object::StrView::Ascii(text) => {
                let $units = text.as_bytes();
                $body
            }
            pyrope_object::StrView::Latin1($units) => $body,
            pyrope_object::StrView::Ucs2($units) => $body,
            pyrope_object::StrView::Ucs4($units) => $body,
        }
    };
}

mod codecs;
mod csv;
mod expat;
mod json;
mod locale;
mod multibyte;
mod sre;
mod string;
mod unicode_data;

use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Value, Vm};

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &codecs::MODULE,
    &csv::MODULE,
    &expat::MODULE,
    &json::MODULE,
    &locale::MODULE,
    &multibyte::MODULE,
    &multibyte::cn::MODULE,
    &multibyte::hk::MODULE,
    &multibyte::iso2022::MODULE,
    &multibyte::jp::MODULE,
    &multibyte::kr::MODULE,
    &multibyte::tw::MODULE,
    &sre::MODULE,
    &string::MODULE,
    &unicode_data::MODULE,
];

/// A new exception class of a module.
fn new_exception(module: &str, name: &str, vm: &Vm) -> PyResult<Value> {
    let dict = vm.new_dict();
    dict.set_str("__module__", vm.intern(module).into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::Exception).to_value()]).into_value();
    let name = vm.intern(name).into_value();
    vm.call(&vm.builtin(B::Type).to_value(), &[name, bases, dict.into_value()])
}
