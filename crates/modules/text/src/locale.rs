//! `_locale`: the C library's locale.
#![allow(unsafe_code, reason = "the locale is reached through the C library")]

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char, c_int};

use pyrope_macros::pyfunctions;
use pyrope_object::bind::OrNone;
use pyrope_object::{Guarded, ModuleDef, PyResult, Raised, Ref, Str, Value, Vm};
use pyrope_textual::format_spec::Locale;
use pyrope_types::model::module::module_dict;
use pyrope_types::text::{self, set_numeric_locale};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_locale",
    doc: "Support for POSIX locales.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

#[derive(Default)]
struct LocaleState {
    error: Guarded<Option<Value>>,
}

macro_rules! numbers {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

/// Keys of `nl_langinfo`.
const LANGINFO: &[(&str, i64)] = numbers![
    DAY_1 DAY_2 DAY_3 DAY_4 DAY_5 DAY_6 DAY_7 ABDAY_1 ABDAY_2 ABDAY_3 ABDAY_4 ABDAY_5 ABDAY_6 ABDAY_7
    MON_1 MON_2 MON_3 MON_4 MON_5 MON_6 MON_7 MON_8 MON_9 MON_10 MON_11 MON_12
    ABMON_1 ABMON_2 ABMON_3 ABMON_4 ABMON_5 ABMON_6 ABMON_7 ABMON_8 ABMON_9 ABMON_10 ABMON_11 ABMON_12
    RADIXCHAR THOUSEP CRNCYSTR D_FMT D_T_FMT T_FMT AM_STR PM_STR CODESET T_FMT_AMPM ERA ERA_D_FMT ERA_D_T_FMT
    ERA_T_FMT ALT_DIGITS YESEXPR NOEXPR
];

const CATEGORIES: &[(&str, i64)] = numbers![LC_CTYPE LC_TIME LC_COLLATE LC_MONETARY LC_MESSAGES LC_NUMERIC LC_ALL];

/// `CHAR_MAX`: "not available" in `localeconv`.
const CHAR_MAX: i64 = 127;

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    for &(name, number) in LANGINFO.iter().chain(CATEGORIES) {
        dict.set_str(name, vm.int(number), vm)?;
    }
    dict.set_str("CHAR_MAX", vm.int(CHAR_MAX), vm)?;
    let error = crate::new_exception("locale", "Error", vm)?;
    vm.state::<LocaleState>().error.set(Some(error.clone()));
    // The types of characters are the environment's from the start; all else is C's.
    // SAFETY: the argument is a C string.
    unsafe { libc::setlocale(libc::LC_CTYPE, c"".as_ptr()) };
    dict.set_str("Error", error, vm)
}

fn fail(message: &str, vm: &Vm) -> Raised {
    match vm.state::<LocaleState>().error.get() {
        Some(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        None => vm.value_error(message),
    }
}

/// Text that the C library lent.
fn c_text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the C library gives a string that stays as it is until the next call; it is copied at once.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

fn query(category: c_int, name: Option<&CStr>) -> Option<String> {
    // SAFETY: the name is a C string or null, which asks.
    let answer = unsafe { libc::setlocale(category, name.map_or(std::ptr::null(), CStr::as_ptr)) };
    (!answer.is_null()).then(|| c_text(answer))
}

/// Sizes of groups of digits.
fn grouping(pointer: *const c_char) -> Vec<u8> {
    c_bytes(pointer)
}

fn c_bytes(pointer: *const c_char) -> Vec<u8> {
    if pointer.is_null() {
        return Vec::new();
    }
    // SAFETY: as in `c_text`.
    unsafe { CStr::from_ptr(pointer) }.to_bytes().to_vec()
}

fn grouping_list(sizes: &[u8], vm: &Vm) -> Value {
    let mut items: Vec<Value> = sizes.iter().map(|&n| vm.int(n.into())).collect();
    if !items.is_empty() && !sizes.contains(&(CHAR_MAX as u8)) {
        items.push(vm.int(0));
    }
    vm.new_list(items).into_value()
}

fn conventions() -> Option<libc::lconv> {
    // SAFETY: the C library gives a pointer to its own structure, of which a copy is made.
    unsafe { libc::localeconv().as_ref().map(|lconv| std::ptr::read(lconv)) }
}

/// Tells the formatting of numbers about the new locale.
fn publish(vm: &Vm) {
    if let Some(lconv) = conventions() {
        set_numeric_locale(
            Locale {
                decimal_point: c_text(lconv.decimal_point),
                thousands_sep: c_text(lconv.thousands_sep),
                grouping: grouping(lconv.grouping),
            },
            vm,
        );
    }
}

fn c_string(text: &Ref<Str>, vm: &Vm) -> PyResult<CString> {
    let bytes = text::encode_utf8(text, "surrogateescape", vm)?;
    CString::new(bytes).map_err(|_| vm.value_error("embedded null character"))
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Activates/queries locale processing.
    #[pyfunction("setlocale(category, locale=None, /)")]
    fn setlocale(category: i32, locale: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult<String> {
        if !CATEGORIES.iter().any(|&(_, number)| number == i64::from(category)) && locale.0.is_some() {
            return Err(fail("unsupported locale setting", vm));
        }
        match locale.0 {
            None => query(category, None).ok_or_else(|| fail("locale query failed", vm)),
            Some(name) => {
                let name = CString::new(name.as_bytes()).map_err(|_| vm.value_error("embedded null character"))?;
                let answer = query(category, Some(&name)).ok_or_else(|| fail("unsupported locale setting", vm))?;
                publish(vm);
                Ok(answer)
            }
        }
    }

    /// Returns numeric and monetary locale-specific parameters.
    #[pyfunction("localeconv()")]
    fn localeconv(vm: &Vm) -> PyResult {
        let dict = vm.new_dict();
        let Some(lconv) = conventions() else { return Ok(dict.into_value()) };
        let texts = [
            ("int_curr_symbol", lconv.int_curr_symbol),
            ("currency_symbol", lconv.currency_symbol),
            ("mon_decimal_point", lconv.mon_decimal_point),
            ("mon_thousands_sep", lconv.mon_thousands_sep),
        ];
        for (name, text) in texts {
            dict.set_str(name, vm.new_str(&c_text(text)).into_value(), vm)?;
        }
        dict.set_str("mon_grouping", grouping_list(&c_bytes(lconv.mon_grouping), vm), vm)?;
        dict.set_str("positive_sign", vm.new_str(&c_text(lconv.positive_sign)).into_value(), vm)?;
        dict.set_str("negative_sign", vm.new_str(&c_text(lconv.negative_sign)).into_value(), vm)?;
        let numbers = [
            ("int_frac_digits", lconv.int_frac_digits),
            ("frac_digits", lconv.frac_digits),
            ("p_cs_precedes", lconv.p_cs_precedes),
            ("p_sep_by_space", lconv.p_sep_by_space),
            ("n_cs_precedes", lconv.n_cs_precedes),
            ("n_sep_by_space", lconv.n_sep_by_space),
            ("p_sign_posn", lconv.p_sign_posn),
            ("n_sign_posn", lconv.n_sign_posn),
        ];
        for (name, number) in numbers {
            dict.set_str(name, vm.int(number.into()), vm)?;
        }
        dict.set_str("decimal_point", vm.new_str(&c_text(lconv.decimal_point)).into_value(), vm)?;
        dict.set_str("thousands_sep", vm.new_str(&c_text(lconv.thousands_sep)).into_value(), vm)?;
        dict.set_str("grouping", grouping_list(&c_bytes(lconv.grouping), vm), vm)?;
        Ok(dict.into_value())
    }

    /// Compares two strings according to the locale.
    #[pyfunction("strcoll(os1, os2, /)")]
    fn strcoll(os1: Ref<Str>, os2: Ref<Str>, vm: &Vm) -> PyResult<i32> {
        let (a, b) = (c_string(&os1, vm)?, c_string(&os2, vm)?);
        // SAFETY: both are C strings.
        Ok(unsafe { libc::strcoll(a.as_ptr(), b.as_ptr()) }.signum())
    }

    /// Return a string that can be used as a key for locale-aware comparisons.
    #[pyfunction("strxfrm(string, /)")]
    fn strxfrm(string: Ref<Str>, vm: &Vm) -> PyResult {
        let text = c_string(&string, vm)?;
        let current = query(libc::LC_COLLATE, None).unwrap_or_default();
        if matches!(current.as_str(), "" | "C" | "POSIX" | "C.UTF-8" | "C.utf8") {
            return Ok(string.into_value());
        }
        // SAFETY: a C string, and no room for an answer: the length is told.
        let length = unsafe { libc::strxfrm(std::ptr::null_mut(), text.as_ptr(), 0) };
        let mut key = vec![0u8; length + 1];
        // SAFETY: the answer has room for `length` bytes and the terminator.
        unsafe { libc::strxfrm(key.as_mut_ptr().cast(), text.as_ptr(), key.len()) };
        key.truncate(length);
        Ok(vm.str_from_latin1(&key)?.into_value())
    }

    /// Return the value for the locale information associated with key.
    #[pyfunction("nl_langinfo(key, /)")]
    fn nl_langinfo(key: i32, vm: &Vm) -> PyResult<String> {
        if !LANGINFO.iter().any(|&(_, number)| number == i64::from(key)) {
            return Err(vm.value_error("unsupported langinfo constant"));
        }
        // SAFETY: the key is one of the C library's own.
        Ok(c_text(unsafe { libc::nl_langinfo(key) }))
    }

    /// Get the current locale encoding.
    #[pyfunction("getencoding()")]
    fn getencoding() -> String {
        // SAFETY: the key is one of the C library's own.
        match c_text(unsafe { libc::nl_langinfo(libc::CODESET) }) {
            name if name.is_empty() => "UTF-8".to_owned(),
            name => name,
        }
    }
}
