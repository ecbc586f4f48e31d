//! `unicodedata.ucd_3_2_0`: the database as Unicode 3.2 had it.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::CodePoint;
use pyrope_object::{Header, PyResult, Ref, Str, Value, Vm};
use pyrope_textual::unicode::{Found, version_3_2 as old};

use super::{find_by_name, form, or_default, plain};

#[pyclass(
    name = "UCD",
    module = "unicodedata",
    flags(DISALLOW_INSTANTIATION),
    methods(OldDatabase::METHODS),
    getset(OldDatabase::GETSETS)
)]
pub struct OldDatabase {
    header: Header,
}

/// The object that the module shows.
pub(super) fn ucd_3_2_0(vm: &Vm) -> Value {
    Ref::new(vm, OldDatabase { header: Header::blank() }).into_value()
}

#[pymethods]
impl OldDatabase {
    /// Converts a Unicode character into its equivalent decimal value.
    ///
    /// Returns the decimal value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[method("decimal($self, chr, default=<unrepresentable>, /)")]
    fn decimal(&self, chr: CodePoint, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = old::decimal(chr.0).map(|digit| vm.int(digit.into()));
        or_default(found, default, "not a decimal", vm)
    }

    /// Converts a Unicode character into its equivalent digit value.
    ///
    /// Returns the digit value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[method("digit($self, chr, default=<unrepresentable>, /)")]
    fn digit(&self, chr: CodePoint, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = old::digit(chr.0).map(|digit| vm.int(digit.into()));
        or_default(found, default, "not a digit", vm)
    }

    /// Converts a Unicode character into its equivalent numeric value.
    ///
    /// Returns the numeric value assigned to the character chr as float.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[method("numeric($self, chr, default=<unrepresentable>, /)")]
    fn numeric(&self, chr: CodePoint, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = old::numeric(chr.0).map(|number| vm.float(number));
        or_default(found, default, "not a numeric character", vm)
    }

    /// Returns the general category assigned to the character chr as string.
    #[method("category($self, chr, /)")]
    fn category(&self, chr: CodePoint) -> &'static str {
        old::category(chr.0)
    }

    /// Returns the bidirectional class assigned to the character chr as string.
    ///
    /// If no such value is defined, an empty string is returned.
    #[method("bidirectional($self, chr, /)")]
    fn bidirectional(&self, chr: CodePoint) -> &'static str {
        old::bidirectional(chr.0)
    }

    /// Returns the canonical combining class assigned to the character chr as integer.
    ///
    /// Returns 0 if no combining class is defined.
    #[method("combining($self, chr, /)")]
    fn combining(&self, chr: CodePoint) -> u8 {
        old::combining(chr.0)
    }

    /// Returns the mirrored property assigned to the character chr as integer.
    ///
    /// Returns 1 if the character has been identified as a "mirrored"
    /// character in bidirectional text, 0 otherwise.
    #[method("mirrored($self, chr, /)")]
    fn mirrored(&self, chr: CodePoint) -> u8 {
        u8::from(old::is_mirrored(chr.0))
    }

    /// Returns the east asian width assigned to the character chr as string.
    #[method("east_asian_width($self, chr, /)")]
    fn east_asian_width(&self, chr: CodePoint) -> &'static str {
        old::east_asian_width(chr.0)
    }

    /// Returns the character decomposition mapping assigned to the character chr as string.
    ///
    /// An empty string is returned in case no such mapping is defined.
    #[method("decomposition($self, chr, /)")]
    fn decomposition(&self, chr: CodePoint) -> String {
        old::decomposition(chr.0)
    }

    /// Return whether the Unicode string unistr is in the normal form 'form'.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[method("is_normalized($self, form, unistr, /)")]
    fn is_normalized(&self, name: &Str, unistr: &Str, vm: &Vm) -> PyResult<bool> {
        let form = form(&name.to_string_lossy(), vm)?;
        Ok(with_units!(unistr.view(), units => old::is_normalized(units, form)))
    }

    /// Return the normal form 'form' for the Unicode string unistr.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[method("normalize($self, form, unistr, /)")]
    fn normalize(&self, name: &Str, unistr: Ref<Str>, vm: &Vm) -> PyResult {
        let form = form(&name.to_string_lossy(), vm)?;
        if unistr.as_ascii().is_some() {
            return plain(&unistr, vm);
        }
        match with_units!(unistr.view(), units => old::normalize(units, form)) {
            Some(text) => Ok(vm.str_from_code_points(&text)?.into_value()),
            None => plain(&unistr, vm),
        }
    }

    /// Returns the name assigned to the character chr as a string.
    ///
    /// If no name is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[method("name($self, chr, default=<unrepresentable>, /)")]
    fn name(&self, chr: CodePoint, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = old::name(chr.0).map(|name| vm.new_str(&name).into_value());
        or_default(found, default, "no such name", vm)
    }

    /// Look up character by name.
    ///
    /// If a character with the given name is found, return the
    /// corresponding character.  If not found, KeyError is raised.
    #[method("lookup($self, name, /)")]
    fn lookup(&self, name: &Value, vm: &Vm) -> PyResult {
        // Aliases and sequences came later.
        let known = |found: &Found, text: &str| match *found {
            Found::Char(c) => old::name(c).is_some_and(|name| name.eq_ignore_ascii_case(text)),
            Found::Sequence(_) => false,
        };
        find_by_name(name, known, vm)
    }

    #[getter("unidata_version")]
    #[member]
    fn unidata_version(&self) -> &'static str {
        "3.2.0"
    }
}
