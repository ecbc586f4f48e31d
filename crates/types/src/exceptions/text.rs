//! Joining text without losing lone surrogates.

use pyrope_object::{PyResult, Ref, Str, Vm};

/// A piece of a message.
pub(super) enum Piece<'a> {
    Rust(&'a str),
    Python(&'a Str),
}

impl<'a> From<&'a str> for Piece<'a> {
    fn from(text: &'a str) -> Self {
        Piece::Rust(text)
    }
}

impl<'a> From<&'a Ref<Str>> for Piece<'a> {
    fn from(text: &'a Ref<Str>) -> Self {
        Piece::Python(text)
    }
}

/// The pieces in one `str`.
pub(super) fn concat(vm: &Vm, pieces: &[Piece<'_>]) -> PyResult<Ref<Str>> {
    let simple = |piece: &Piece<'_>| match piece {
        Piece::Rust(text) => Some((*text).to_owned()),
        Piece::Python(text) => text.to_utf8().map(|text| text.into_owned()),
    };
    if let Some(text) = pieces.iter().map(simple).collect::<Option<String>>() {
        return vm.try_str(&text);
    }
    let mut points = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Rust(text) => points.extend(text.chars().map(u32::from)),
            Piece::Python(text) => points.extend(text.code_points()),
        }
    }
    vm.str_from_code_points(&points)
}
