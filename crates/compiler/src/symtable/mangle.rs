//! Private names.

use std::rc::Rc;

/// `__name` in class `Class` is `_Class__name`.
pub fn mangle(class: Option<&str>, name: &str) -> Rc<str> {
    let Some(class) = class else { return name.into() };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.into();
    }
    match class.trim_start_matches('_') {
        "" => name.into(),
        class => format!("_{class}{name}").into(),
    }
}
