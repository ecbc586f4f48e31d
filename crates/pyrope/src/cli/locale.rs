//! The process's locale, and what PEP 538 makes of a C locale.
#![allow(unsafe_code, reason = "OS calls")]

use std::ffi::CStr;

/// What the locale says about text.
pub struct Locale {
    /// The locale of the environment is C, or one that the system does not have.
    pub was_c: bool,
    /// The locale in force.
    name: String,
    /// Its encoding, as a codec is named.
    pub encoding: String,
}

impl Locale {
    /// Takes the environment's locale for characters, and replaces the C locale by C.UTF-8 unless `coerce`
    /// (`PYTHONCOERCECLOCALE`) or `LC_ALL` forbids.
    pub fn install(coerce: Option<&str>) -> Locale {
        let mut name = set(c"").unwrap_or_else(|| "C".into());
        let was_c = matches!(name.as_str(), "C" | "POSIX");
        let is_forced = std::env::var_os("LC_ALL").is_some_and(|v| !v.is_empty());
        if was_c
            && !is_forced
            && coerce != Some("0")
            && let Some(coerced) = set(c"C.UTF-8")
        {
            // SAFETY: no other thread runs yet.
            unsafe { std::env::set_var("LC_CTYPE", "C.UTF-8") };
            if coerce == Some("warn") {
                eprintln!(
                    "Python detected LC_CTYPE=C: LC_CTYPE coerced to C.UTF-8 (set another locale or \
                     PYTHONCOERCECLOCALE=0 to disable this locale coercion behavior)."
                );
            }
            name = coerced;
        } else if was_c && coerce == Some("warn") {
            eprintln!(
                "Python runtime initialized with LC_CTYPE=C (a locale with default ASCII encoding), which may cause \
                 Unicode compatibility problems. Using C.UTF-8, C.utf8, or UTF-8 (if available) as alternative \
                 Unicode-compatible locales is recommended."
            );
        }
        Locale { was_c, name, encoding: encoding() }
    }

    /// A locale in which undecodable bytes are kept as surrogates.
    pub fn is_c_or_coerced(&self) -> bool {
        matches!(self.name.as_str(), "C" | "POSIX" | "C.UTF-8" | "C.utf8" | "UTF-8")
    }
}

/// Sets the locale for characters; gives its name.
fn set(name: &CStr) -> Option<String> {
    // SAFETY: a terminated name; the answer is a terminated string of the C library, copied at once.
    unsafe {
        let answer = libc::setlocale(libc::LC_CTYPE, name.as_ptr());
        (!answer.is_null()).then(|| CStr::from_ptr(answer).to_string_lossy().into_owned())
    }
}

fn encoding() -> String {
    // SAFETY: the answer is a terminated string of the C library, copied at once.
    let name = unsafe { CStr::from_ptr(libc::nl_langinfo(libc::CODESET)).to_string_lossy().into_owned() };
    match name.as_str() {
        "UTF-8" => "utf-8".into(),
        "ANSI_X3.4-1968" | "" => "ascii".into(),
        _ => name,
    }
}
