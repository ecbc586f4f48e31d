//! Templates of `str.format`: `{field!conversion:spec}` (Library Reference "Format String Syntax").
//!
//! [`Template`] serves `str.format` and `_string.formatter_parser`; [`FieldName`] and [`FieldPath`] serve
//! `str.format` and `_string.formatter_field_name_split`; [`AutoNumber`] counts empty fields.

use std::ops::Range;

use crate::units::read_integer;
use crate::{TextError, Unit};

/// A piece of a template: literal text, then perhaps a field. Ranges are of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Text to copy (doubled braces already show once in it).
    pub literal: Range<usize>,
    /// The replacement field that follows.
    pub field: Option<Field>,
}

/// A replacement field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What stands before `!` and `:`.
    pub name: Range<usize>,
    /// The code point after `!`.
    pub conversion: Option<u32>,
    /// What stands after `:`; empty where there is none.
    pub spec: Range<usize>,
    /// The specification has fields of its own.
    pub nested: bool,
}

/// The pieces of a template, in order; ends after an error.
pub struct Template<'a, U> {
    text: &'a [U],
    at: usize,
}

impl<'a, U: Unit> Template<'a, U> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'a [U]) -> Self {
        Template { text, at: 0 }
    }

    fn unit(&self, at: usize) -> u8 {
        self.text.get(at).map_or(0, |&u| u8::try_from(u.into()).unwrap_or(0))
    }

    fn piece(&mut self) -> Result<Piece, TextError> {
        let start = self.at;
        let brace = (start..self.text.len()).find(|&at| matches!(self.unit(at), b'{' | b'}'));
        let Some(brace) = brace else {
            self.at = self.text.len();
            return Ok(Piece { literal: start..self.at, field: None });
        };
        let (unit, last) = (self.unit(brace), brace + 1 == self.text.len());
        let doubled = !last && self.unit(brace + 1) == unit;
        if doubled {
            self.at = brace + 2;
            return Ok(Piece { literal: start..brace + 1, field: None });
        }
        if unit == b'}' {
            return Err(TextError::value("Single '}' encountered in format string"));
        }
        if last {
            return Err(TextError::value("Single '{' encountered in format string"));
        }
        self.at = brace + 1;
        let field = self.field()?;
        Ok(Piece { literal: start..brace, field: Some(field) })
    }

    /// Stands behind `{`.
    fn field(&mut self) -> Result<Field, TextError> {
        let start = self.at;
        let end_of = self.name_end()?;
        let name = start..self.at - 1;
        match end_of {
            b'}' => Ok(Field { name, conversion: None, spec: self.at..self.at, nested: false }),
            b':' => self.spec(name, None),
            _ => self.conversion(name),
        }
    }

    /// Moves behind the `}`, `:` or `!` that ends a field name, and returns it.
    fn name_end(&mut self) -> Result<u8, TextError> {
        while self.at < self.text.len() {
            let unit = self.unit(self.at);
            self.at += 1;
            match unit {
                b'{' => return Err(TextError::value("unexpected '{' in field name")),
                // The closing bracket itself is passed over by the next round.
                b'[' => {
                    while self.at < self.text.len() && self.unit(self.at) != b']' {
                        self.at += 1;
                    }
                }
                b'}' | b':' | b'!' => return Ok(unit),
                _ => {}
            }
        }
        Err(TextError::value("expected '}' before end of string"))
    }

    fn conversion(&mut self, name: Range<usize>) -> Result<Field, TextError> {
        let Some(&conversion) = self.text.get(self.at) else {
            return Err(TextError::value("end of string while looking for conversion specifier"));
        };
        let conversion = Some(conversion.into());
        self.at += 1;
        if self.at < self.text.len() {
            let unit = self.unit(self.at);
            self.at += 1;
            match unit {
                b'}' => return Ok(Field { name, conversion, spec: self.at..self.at, nested: false }),
                b':' => {}
                _ => return Err(TextError::value("expected ':' after conversion specifier")),
            }
        }
        self.spec(name, conversion)
    }

    fn spec(&mut self, name: Range<usize>, conversion: Option<u32>) -> Result<Field, TextError> {
        let start = self.at;
        let mut depth = 1;
        let mut nested = false;
        while self.at < self.text.len() {
            let unit = self.unit(self.at);
            self.at += 1;
            match unit {
                b'{' => {
                    nested = true;
                    depth += 1;
                }
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Field { name, conversion, spec: start..self.at - 1, nested });
                    }
                }
                _ => {}
            }
        }
        Err(TextError::value("unmatched '{' in format spec"))
    }
}

impl<U: Unit> Iterator for Template<'_, U> {
    type Item = Result<Piece, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let piece = self.piece();
        if piece.is_err() {
            self.at = self.text.len();
        }
        Some(piece)
    }
}

/// The first part of a field name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// Nothing: to be numbered.
    Empty,
    /// A position among the arguments.
    Index(usize),
    /// A keyword: a range of the name.
    Keyword(Range<usize>),
}

/// A step from an object to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `.name`
    Attribute(Range<usize>),
    /// `[3]`
    Index(usize),
    /// `[key]`
    Key(Range<usize>),
}

/// A field name taken apart.
pub struct FieldName<'a, U> {
    /// What it starts with.
    pub first: First,
    /// The range of the name that this is.
    pub first_range: Range<usize>,
    /// What follows.
    pub path: FieldPath<'a, U>,
}

/// The steps after the first part of a field name; ends after an error.
pub struct FieldPath<'a, U> {
    name: &'a [U],
    at: usize,
}

fn is<U: Unit>(unit: U, byte: u8) -> bool {
    unit.into() == u32::from(byte)
}

/// `text` as an index, if it is all digits and not empty.
fn index<U: Unit>(text: &[U]) -> Result<Option<usize>, TextError> {
    match read_integer(text) {
        None => Err(TextError::value("Too many decimal digits in format string")),
        Some((value, length)) => Ok((length == text.len() && length > 0).then_some(value)),
    }
}

impl<'a, U: Unit> FieldName<'a, U> {
    /// Takes a name apart. Ranges are of `name`.
    pub fn split(name: &'a [U]) -> Result<Self, TextError> {
        let end = name.iter().position(|&u| is(u, b'.') || is(u, b'[')).unwrap_or(name.len());
        let first = match index(&name[..end])? {
            Some(index) => First::Index(index),
            None if end == 0 => First::Empty,
            None => First::Keyword(0..end),
        };
        Ok(FieldName { first, first_range: 0..end, path: FieldPath { name, at: end } })
    }
}

impl<U: Unit> FieldPath<'_, U> {
    fn step(&mut self) -> Result<Step, TextError> {
        let opener = self.name[self.at];
        let start = self.at + 1;
        let rest = &self.name[start..];
        if is(opener, b'.') {
            let length = rest.iter().position(|&u| is(u, b'.') || is(u, b'[')).unwrap_or(rest.len());
            self.at = start + length;
            return if length == 0 { Err(empty_attribute()) } else { Ok(Step::Attribute(start..self.at)) };
        }
        if !is(opener, b'[') {
            return Err(TextError::value("Only '.' or '[' may follow ']' in format field specifier"));
        }
        let Some(length) = rest.iter().position(|&u| is(u, b']')) else {
            return Err(TextError::value("Missing ']' in format string"));
        };
        self.at = start + length + 1;
        match index(&rest[..length])? {
            Some(index) => Ok(Step::Index(index)),
            None if length == 0 => Err(empty_attribute()),
            None => Ok(Step::Key(start..start + length)),
        }
    }
}

fn empty_attribute() -> TextError {
    TextError::value("Empty attribute in format string")
}

impl<U: Unit> Iterator for FieldPath<'_, U> {
    type Item = Result<Step, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.name.len() {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.at = self.name.len();
        }
        Some(step)
    }
}

/// Numbers the fields without a name; empty and numbered fields do not mix in one template.
#[derive(Clone, Debug, Default)]
pub struct AutoNumber {
    automatic: Option<bool>,
    next: usize,
}

impl AutoNumber {
    /// The position that `first` means, or `None` for a keyword.
    pub fn position(&mut self, first: &First) -> Result<Option<usize>, TextError> {
        let empty = match first {
            First::Keyword(_) => return Ok(None),
            First::Empty => true,
            First::Index(_) => false,
        };
        if *self.automatic.get_or_insert(empty) != empty {
            return Err(TextError::value(if empty {
                "cannot switch from manual field specification to automatic field numbering"
            } else {
                "cannot switch from automatic field numbering to manual field specification"
            }));
        }
        Ok(Some(match first {
            First::Index(index) => *index,
            _ => {
                self.next += 1;
                self.next - 1
            }
        }))
    }
}

/// The error for fields nested too deep (the limit is 2: a field, and fields in its specification).
pub fn too_deep() -> TextError {
    TextError::value("Max string recursion exceeded")
}

/// The error for a conversion other than `r`, `s`, `a`.
pub fn unknown_conversion(conversion: u32) -> TextError {
    match u8::try_from(conversion) {
        Ok(byte @ 33..127) => TextError::value(format!("Unknown conversion specifier '{}'", byte as char)),
        _ => TextError::value(format!("Unknown conversion specifier '\\x{conversion:x}'")),
    }
}
