//! The format specification mini-language: `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.
//!
//! [`Spec::for_str`], [`Spec::for_int`], [`Spec::for_float`] and [`Spec::for_complex`] parse and check a specification for
//! a type; [`Spec::layout_str`], [`Spec::render_int`] … apply it.

mod grouping;
mod render;

pub use grouping::Locale;
pub use render::StrLayout;

use pyrope_text::Wtf8Buf;

use crate::units::read_integer;
use crate::{TextError, Unit};

/// What separates groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Nothing.
    None,
    /// `,` every three digits.
    Comma,
    /// `_` every three digits.
    Underscore,
    /// `_` every four digits (binary, octal, hexadecimal).
    UnderscoreFour,
}

/// A parsed specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Code point to pad with.
    pub fill: u32,
    /// One of `< > = ^`.
    pub align: u8,
    /// `+`, `-` or space, if given.
    pub sign: Option<u8>,
    /// `z`: negative zero becomes positive.
    pub no_negative_zero: bool,
    /// `#`
    pub alternate: bool,
    /// Least width in code points.
    pub width: Option<usize>,
    /// Groups of the whole part.
    pub grouping: Grouping,
    /// Groups of the fraction.
    pub fraction_grouping: Grouping,
    /// `.n`
    pub precision: Option<usize>,
    /// The presentation type, a code point; 0 where none was given and the type has no default.
    pub code: u32,
}

/// How an `int` is to be presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntPresentation {
    /// As digits in this base.
    Digits(u32),
    /// As the character of that code point.
    Char,
    /// Converted to `float` first, then [`Spec::render_float`].
    Float,
}

impl Spec {
    /// Parses for `str` (or a subclass of that name).
    pub fn for_str<U: Unit>(text: &[U], type_name: &str) -> Result<Spec, TextError> {
        let spec = parse(text, b's', b'<', type_name)?;
        spec.expect_code(b"s", type_name)?;
        Ok(spec)
    }

    /// Parses for `int`, `bool` or another subclass; see [`Spec::int_presentation`].
    pub fn for_int<U: Unit>(text: &[U], type_name: &str) -> Result<Spec, TextError> {
        let spec = parse(text, b'd', b'>', type_name)?;
        spec.expect_code(b"bcdoxXneEfFgG%", type_name)?;
        Ok(spec)
    }

    /// Parses for `float`.
    pub fn for_float<U: Unit>(text: &[U], type_name: &str) -> Result<Spec, TextError> {
        let spec = parse(text, 0, b'>', type_name)?;
        spec.expect_code(b"\0eEfFgGn%", type_name)?;
        Ok(spec)
    }

    /// Parses for `complex`.
    pub fn for_complex<U: Unit>(text: &[U], type_name: &str) -> Result<Spec, TextError> {
        let spec = parse(text, 0, b'>', type_name)?;
        spec.expect_code(b"\0eEfFgGn", type_name)?;
        Ok(spec)
    }

    /// What a specification from [`Spec::for_int`] asks for. Errors where flags do not go with it.
    pub fn int_presentation(&self) -> Result<IntPresentation, TextError> {
        if b"eEfFgG%".iter().any(|&c| u32::from(c) == self.code) {
            return Ok(IntPresentation::Float);
        }
        if self.precision.is_some() {
            return Err(TextError::value("Precision not allowed in integer format specifier"));
        }
        if self.no_negative_zero {
            return Err(TextError::value("Negative zero coercion (z) not allowed in integer format specifier"));
        }
        let code = u8::try_from(self.code).unwrap_or(0);
        if code == b'c' {
            if self.sign.is_some() {
                return Err(TextError::value("Sign not allowed with integer format specifier 'c'"));
            }
            if self.alternate {
                return Err(TextError::value("Alternate form (#) not allowed with integer format specifier 'c'"));
            }
            return Ok(IntPresentation::Char);
        }
        Ok(IntPresentation::Digits(match code {
            b'b' => 2,
            b'o' => 8,
            b'x' | b'X' => 16,
            _ => 10,
        }))
    }

    /// True if type `n` was asked for, so that the renderers want the current locale.
    pub fn uses_locale(&self) -> bool {
        self.code == u32::from(b'n')
    }

    fn expect_code(&self, known: &[u8], type_name: &str) -> Result<(), TextError> {
        if known.iter().any(|&c| u32::from(c) == self.code) {
            return Ok(());
        }
        let code = show_code(self.code);
        Err(TextError::value(format!("Unknown format code '{code}' for object of type '{type_name}'")))
    }
}

/// A presentation type as messages show it.
fn show_code(code: u32) -> String {
    match u8::try_from(code) {
        Ok(code @ 33..=127) => (code as char).to_string(),
        _ => format!("\\x{code:x}"),
    }
}

struct Scanner<'a, U> {
    text: &'a [U],
}

impl<U: Unit> Scanner<'_, U> {
    fn at(&self, index: usize) -> Option<u8> {
        self.text.get(index).and_then(|&u| u8::try_from(u.into()).ok())
    }

    fn take(&mut self, accept: &[u8]) -> Option<u8> {
        let unit = self.at(0).filter(|u| accept.contains(u))?;
        self.text = &self.text[1..];
        Some(unit)
    }

    fn integer(&mut self) -> Result<Option<usize>, TextError> {
        let (value, length) =
            read_integer(self.text).ok_or_else(|| TextError::value("Too many decimal digits in format string"))?;
        self.text = &self.text[length..];
        Ok((length > 0).then_some(value))
    }

    /// `,` or `_`, one of them only. A doubled comma is left for the type to complain about.
    fn grouping(&mut self) -> Result<Grouping, TextError> {
        let both = || Err(TextError::value("Cannot specify both ',' and '_'."));
        let mut grouping = Grouping::None;
        if self.take(b",").is_some() {
            grouping = Grouping::Comma;
        }
        if self.take(b"_").is_some() {
            if grouping != Grouping::None {
                return both();
            }
            grouping = Grouping::Underscore;
        }
        if self.at(0) == Some(b',') && grouping == Grouping::Underscore {
            return both();
        }
        Ok(grouping)
    }
}

const ALIGNMENTS: &[u8] = b"<>=^";

fn parse<U: Unit>(text: &[U], default_code: u8, default_align: u8, type_name: &str) -> Result<Spec, TextError> {
    let mut scanner = Scanner { text };
    let mut spec = Spec {
        fill: u32::from(b' '),
        align: default_align,
        sign: None,
        no_negative_zero: false,
        alternate: false,
        width: None,
        grouping: Grouping::None,
        fraction_grouping: Grouping::None,
        precision: None,
        code: u32::from(default_code),
    };
    let (mut fill_given, mut align_given) = (false, false);
    if let Some(align) = scanner.at(1).filter(|u| ALIGNMENTS.contains(u)) {
        spec.fill = text[0].into();
        spec.align = align;
        (fill_given, align_given) = (true, true);
        scanner.text = &text[2..];
    } else if let Some(align) = scanner.take(ALIGNMENTS) {
        spec.align = align;
        align_given = true;
    }
    spec.sign = scanner.take(b" +-");
    spec.no_negative_zero = scanner.take(b"z").is_some();
    spec.alternate = scanner.take(b"#").is_some();
    if !fill_given && scanner.take(b"0").is_some() {
        spec.fill = u32::from(b'0');
        if !align_given && default_align == b'>' {
            spec.align = b'=';
        }
    }
    spec.width = scanner.integer()?;
    spec.grouping = scanner.grouping()?;
    if scanner.take(b".").is_some() {
        spec.precision = scanner.integer()?;
        spec.fraction_grouping = scanner.grouping()?;
        if spec.precision.is_none() && spec.fraction_grouping == Grouping::None {
            return Err(TextError::value("Format specifier missing precision"));
        }
    }
    match scanner.text {
        [] => {}
        [code] => spec.code = (*code).into(),
        _ => {
            let mut message = Wtf8Buf::from("Invalid format specifier '");
            text.iter().for_each(|&unit| message.push_code_point(unit.into()));
            message.push_str(&format!("' for object of type '{type_name}'"));
            return Err(TextError::value(message));
        }
    }
    check_grouping(&mut spec)?;
    Ok(spec)
}

/// Which types go with which separators (PEP 378, PEP 515).
fn check_grouping(spec: &mut Spec) -> Result<(), TextError> {
    let code = u8::try_from(spec.code).unwrap_or(u8::MAX);
    match (spec.grouping, code) {
        (Grouping::None, _) | (_, b'd' | b'e' | b'f' | b'g' | b'E' | b'G' | b'%' | b'F' | 0) => {}
        (Grouping::Underscore, b'b' | b'o' | b'x' | b'X') => spec.grouping = Grouping::UnderscoreFour,
        _ => return Err(bad_grouping(spec.grouping, spec.code)),
    }
    if spec.uses_locale() && spec.fraction_grouping != Grouping::None {
        return Err(bad_grouping(spec.fraction_grouping, spec.code));
    }
    Ok(())
}

fn bad_grouping(grouping: Grouping, code: u32) -> TextError {
    let separator = if grouping == Grouping::Comma { ',' } else { '_' };
    TextError::value(format!("Cannot specify '{separator}' with '{}'.", show_code(code)))
}
