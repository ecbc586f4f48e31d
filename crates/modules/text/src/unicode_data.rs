//! `unicodedata`: the Unicode character database.

mod old;

use std::borrow::Cow;

use pyrope_macros::pyfunctions;
use pyrope_object::bind::CodePoint;
use pyrope_object::{BuiltinType as B, ModuleDef, Object, PyResult, Ref, Str, Value, Vm};
use pyrope_textual::unicode::{self, Form, Found};

pub static MODULE: ModuleDef = ModuleDef {
    name: "unicodedata",
    doc: "This module provides access to the Unicode Character Database which\ndefines character properties for all Unicode \
          characters. The data in\nthis database is based on the UnicodeData.txt file version\n16.0.0 which is publicly \
          available from the Unicode Consortium\nat ftp://ftp.unicode.org/.\n\nThe module uses the same names and symbols \
          as defined by the\nUnicodeData File Format 16.0.0.",
    functions: &[functions::FUNCTIONS],
    types: &[<old::OldDatabase as Object>::def],
    exec: Some(exec),
};

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = pyrope_types::model::module::module_dict(module, vm)?;
    dict.set_str("unidata_version", vm.new_str(unicode::VERSION).into_value(), vm)?;
    dict.set_str("ucd_3_2_0", old::ucd_3_2_0(vm), vm)
}

/// The value, or the default, or ValueError.
fn or_default(found: Option<Value>, default: Option<&Value>, message: &str, vm: &Vm) -> PyResult {
    match (found, default) {
        (Some(found), _) => Ok(found),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(vm.value_error(message)),
    }
}

fn form(name: &str, vm: &Vm) -> PyResult<Form> {
    Form::from_name(name).ok_or_else(|| vm.value_error("invalid normalization form"))
}

/// A text as an exact `str`.
fn plain(text: &Ref<Str>, vm: &Vm) -> PyResult {
    match text.as_value().downcast_exact::<Str>() {
        Some(_) => Ok(text.to_value()),
        None => Ok(vm.str_from_view(text.view())?.into_value()),
    }
}

/// `lookup`, among what `known` accepts for a name.
fn find_by_name(name: &Value, known: impl Fn(&Found, &str) -> bool, vm: &Vm) -> PyResult {
    let text: Cow<'_, str> = match (name.downcast::<Str>(), name.downcast::<pyrope_object::Bytes>()) {
        (Some(text), _) => text.to_string_lossy(),
        (None, Some(bytes)) => String::from_utf8_lossy(bytes.as_slice()),
        (None, None) => {
            let kind = pyrope_object::bind::argument_type_name(name, vm);
            return Err(vm.type_error(format!("lookup() argument must be str or bytes-like object, not {kind}")));
        }
    };
    match unicode::lookup(&text).filter(|found| known(found, &text)) {
        Some(Found::Char(c)) => Ok(vm.str_from_code_points(&[c])?.into_value()),
        Some(Found::Sequence(points)) => Ok(vm.str_from_code_points(&points)?.into_value()),
        None => Err(vm.raise(B::KeyError, format!("undefined character name '{text}'"))),
    }
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Converts a Unicode character into its equivalent decimal value.
    ///
    /// Returns the decimal value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction("decimal($self, chr, default=<unrepresentable>, /)")]
    fn decimal(chr: CodePoint, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = unicode::decimal(chr.0).map(|digit| vm.int(digit.into()));
        or_default(found, default, "not a decimal", vm)
    }

    /// Converts a Unicode character into its equivalent digit value.
    ///
    /// Returns the digit value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction("digit($self, chr, default=<unrepresentable>, /)")]
    fn digit(chr: CodePoint, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = unicode::digit(chr.0).map(|digit| vm.int(digit.into()));
        or_default(found, default, "not a digit", vm)
    }

    /// Converts a Unicode character into its equivalent numeric value.
    ///
    /// Returns the numeric value assigned to the character chr as float.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction("numeric($self, chr, default=<unrepresentable>, /)")]
    fn numeric(chr: CodePoint, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = unicode::numeric(chr.0).map(|number| vm.float(number));
        or_default(found, default, "not a numeric character", vm)
    }

    /// Returns the general category assigned to the character chr as string.
    #[pyfunction("category($self, chr, /)")]
    fn category(chr: CodePoint) -> &'static str {
        unicode::category(chr.0)
    }

    /// Returns the bidirectional class assigned to the character chr as string.
    ///
    /// If no such value is defined, an empty string is returned.
    #[pyfunction("bidirectional($self, chr, /)")]
    fn bidirectional(chr: CodePoint) -> &'static str {
        unicode::bidirectional(chr.0)
    }

    /// Returns the canonical combining class assigned to the character chr as integer.
    ///
    /// Returns 0 if no combining class is defined.
    #[pyfunction("combining($self, chr, /)")]
    fn combining(chr: CodePoint) -> u8 {
        unicode::combining(chr.0)
    }

    /// Returns the mirrored property assigned to the character chr as integer.
    ///
    /// Returns 1 if the character has been identified as a "mirrored"
    /// character in bidirectional text, 0 otherwise.
    #[pyfunction("mirrored($self, chr, /)")]
    fn mirrored(chr: CodePoint) -> u8 {
        u8::from(unicode::is_mirrored(chr.0))
    }

    /// Returns the east asian width assigned to the character chr as string.
    #[pyfunction("east_asian_width($self, chr, /)")]
    fn east_asian_width(chr: CodePoint) -> &'static str {
        unicode::east_asian_width(chr.0)
    }

    /// Returns the character decomposition mapping assigned to the character chr as string.
    ///
    /// An empty string is returned in case no such mapping is defined.
    #[pyfunction("decomposition($self, chr, /)")]
    fn decomposition(chr: CodePoint) -> String {
        unicode::decomposition(chr.0)
    }

    /// Return whether the Unicode string unistr is in the normal form 'form'.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[pyfunction("is_normalized($self, form, unistr, /)")]
    fn is_normalized(name: &Str, unistr: &Str, vm: &Vm) -> PyResult<bool> {
        let form = form(&name.to_string_lossy(), vm)?;
        Ok(with_units!(unistr.view(), units => unicode::is_normalized(units, form)))
    }

    /// Return the normal form 'form' for the Unicode string unistr.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[pyfunction("normalize($self, form, unistr, /)")]
    fn normalize(name: &Str, unistr: Ref<Str>, vm: &Vm) -> PyResult {
        let form = form(&name.to_string_lossy(), vm)?;
        if unistr.as_ascii().is_some() {
            return plain(&unistr, vm);
        }
        match with_units!(unistr.view(), units => unicode::normalize(units, form)) {
            Some(text) => Ok(vm.str_from_code_points(&text)?.into_value()),
            None => plain(&unistr, vm),
        }
    }

    /// Returns the name assigned to the character chr as a string.
    ///
    /// If no name is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction("name($self, chr, default=<unrepresentable>, /)")]
    fn name(chr: CodePoint, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = unicode::name(chr.0).map(|name| vm.new_str(&name).into_value());
        or_default(found, default, "no such name", vm)
    }

    /// Look up character by name.
    ///
    /// If a character with the given name is found, return the
    /// corresponding character.  If not found, KeyError is raised.
    #[pyfunction("lookup($self, name, /)")]
    fn lookup(name: &Value, vm: &Vm) -> PyResult {
        find_by_name(name, |_, _| true, vm)
    }
}
