//! Private names.

use std::borrow::Cow;

/// `__name` in class `Class` is `_Class__name`.
pub fn mangle<'n>(class: Option<&str>, name: &'n str) -> Cow<'n, str> {
    let Some(class) = class else { return name.into() };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.into();
    }
    match class.trim_start_matches('_') {
        "" => name.into(),
        class => format!("_{class}{name}").into(),
    }
}
