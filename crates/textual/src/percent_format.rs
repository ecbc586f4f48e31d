//! `%`-formatting of `str` and `bytes`: the template language (printf-style, Library Reference "printf-style String
//! Formatting") and the rendering of numbers.
//!
//! [`format`] walks a template and calls a [`Handler`] for each thing in the order CPython does them, so that a handler
//! that fetches arguments and calls Python code meets errors in CPython's order.

use std::ops::Range;

use crate::float::{self, FormatFlags};
use crate::format_spec::StrLayout;
use crate::{TextError, Unit};

/// Which type is being formatted: their messages differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// `str % args`
    Str,
    /// `bytes % args`
    Bytes,
}

/// What a `*` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Star {
    /// The width: `%*d`.
    Width,
    /// The precision: `%.*d`.
    Precision,
}

/// Receives the parts of a template.
pub trait Handler {
    /// Errors of the caller.
    type Error: From<TextError>;

    /// Text to copy: a range of the template.
    fn literal(&mut self, range: Range<usize>) -> Result<(), Self::Error>;

    /// A mapping key in parentheses (without them): the value for it becomes the only argument of the directive.
    /// The error where there is no mapping is [`NEEDS_MAPPING`]; `None` is a key without an end, to be checked for that only.
    fn key(&mut self, range: Option<Range<usize>>) -> Result<(), Self::Error>;

    /// The next argument as an integer. If it is not one: [`STAR_WANTS_INT`]. For [`Star::Precision`] it must fit C's `int`.
    fn star(&mut self, star: Star) -> Result<isize, Self::Error>;

    /// A whole directive. The handler fetches the next argument ([`NOT_ENOUGH`] where there is none), and then formats it
    /// by [`Directive::code`]; codes it does not know are [`Directive::unsupported`].
    fn convert(&mut self, directive: &Directive) -> Result<(), Self::Error>;
}

/// `TypeError`: a key, but no mapping.
pub const NEEDS_MAPPING: &str = "format requires a mapping";
/// `TypeError`: `*` met something else.
pub const STAR_WANTS_INT: &str = "* wants int";
/// `TypeError`: arguments ran out.
pub const NOT_ENOUGH: &str = "not enough arguments for format string";
/// `TypeError`: arguments left over (and no mapping), for `str`; for `bytes` see [`NOT_ALL_BYTES`].
pub const NOT_ALL_STR: &str = "not all arguments converted during string formatting";
/// `TypeError`: arguments left over (and no mapping), for `bytes`.
pub const NOT_ALL_BYTES: &str = "not all arguments converted during bytes formatting";

/// One conversion, its stars resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directive {
    /// `-`: pad on the right.
    pub left: bool,
    /// `+`: a sign on all numbers.
    pub sign: bool,
    /// Space before numbers without a sign.
    pub blank: bool,
    /// `#`
    pub alternate: bool,
    /// `0`: pad numbers with zeros.
    pub zero: bool,
    /// Least width.
    pub width: Option<usize>,
    /// `.n`
    pub precision: Option<usize>,
    /// The conversion type, a code point.
    pub code: u32,
    /// Where in the template that is.
    pub code_index: usize,
}

/// Walks a template, calling `handler` for its parts in order.
pub fn format<U: Unit, H: Handler>(template: &[U], flavour: Flavour, handler: &mut H) -> Result<(), H::Error> {
    let percent = |&unit: &U| unit.into() == u32::from(b'%');
    let mut at = 0;
    while at < template.len() {
        let end = template[at..].iter().position(percent).map_or(template.len(), |found| at + found);
        if end > at {
            handler.literal(at..end)?;
        }
        if end == template.len() {
            break;
        }
        if template.get(end + 1).is_some_and(percent) {
            handler.literal(end + 1..end + 2)?;
            at = end + 2;
            continue;
        }
        let mut parser = Parser { template, at: end + 1, flavour };
        let directive = parser.directive(handler)?;
        handler.convert(&directive)?;
        at = parser.at;
    }
    Ok(())
}

struct Parser<'a, U> {
    template: &'a [U],
    at: usize,
    flavour: Flavour,
}

impl<U: Unit> Parser<'_, U> {
    fn peek(&self) -> Option<u8> {
        self.template.get(self.at).map(|&u| u8::try_from(u.into()).unwrap_or(u8::MAX))
    }

    fn directive<H: Handler>(&mut self, handler: &mut H) -> Result<Directive, H::Error> {
        let mut directive = Directive::default();
        if self.peek() == Some(b'(') {
            let key = self.key();
            handler.key(key.clone())?;
            if key.is_none() {
                return Err(TextError::value("incomplete format key").into());
            }
        }
        self.flags(&mut directive);
        self.width(&mut directive, handler)?;
        self.precision(&mut directive, handler)?;
        if matches!(self.peek(), Some(b'h' | b'l' | b'L')) {
            self.at += 1;
        }
        let Some(&code) = self.template.get(self.at) else {
            return Err(TextError::value("incomplete format").into());
        };
        directive.code = code.into();
        directive.code_index = self.at;
        self.at += 1;
        Ok(directive)
    }

    /// Balanced parentheses; stands behind them afterwards.
    fn key(&mut self) -> Option<Range<usize>> {
        let start = self.at + 1;
        let mut depth = 0;
        while let Some(unit) = self.peek() {
            match unit {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(start..self.at - 1);
            }
        }
        None
    }

    fn flags(&mut self, directive: &mut Directive) {
        while let Some(unit) = self.peek() {
            match unit {
                b'-' => directive.left = true,
                b'+' => directive.sign = true,
                b' ' => directive.blank = true,
                b'#' => directive.alternate = true,
                b'0' => directive.zero = true,
                _ => return,
            }
            self.at += 1;
        }
    }

    fn width<H: Handler>(&mut self, directive: &mut Directive, handler: &mut H) -> Result<(), H::Error> {
        if self.peek() == Some(b'*') {
            self.at += 1;
            let width = handler.star(Star::Width)?;
            directive.left |= width < 0;
            directive.width = Some(width.unsigned_abs());
            return Ok(());
        }
        directive.width = self.digits(isize::MAX as usize).ok_or_else(|| TextError::value("width too big"))?;
        Ok(())
    }

    fn precision<H: Handler>(&mut self, directive: &mut Directive, handler: &mut H) -> Result<(), H::Error> {
        if self.peek() != Some(b'.') {
            return Ok(());
        }
        self.at += 1;
        if self.peek() == Some(b'*') {
            self.at += 1;
            directive.precision = Some(usize::try_from(handler.star(Star::Precision)?).unwrap_or(0));
            return Ok(());
        }
        let digits = self.digits(i32::MAX as usize).ok_or_else(|| {
            TextError::value(match self.flavour {
                Flavour::Str => "precision too big",
                Flavour::Bytes => "prec too big",
            })
        })?;
        directive.precision = Some(digits.unwrap_or(0));
        Ok(())
    }

    /// ASCII digits, if any; the outer `None` is for more than `limit`.
    fn digits(&mut self, limit: usize) -> Option<Option<usize>> {
        let mut value = None;
        while let Some(unit @ b'0'..=b'9') = self.peek() {
            let next = value.unwrap_or(0usize).checked_mul(10)?.checked_add(usize::from(unit - b'0'))?;
            if next > limit {
                return None;
            }
            value = Some(next);
            self.at += 1;
        }
        Some(value)
    }
}

impl Directive {
    /// The code as ASCII, 0 for others.
    pub fn ascii_code(&self) -> u8 {
        u8::try_from(self.code).ok().filter(u8::is_ascii).unwrap_or(0)
    }

    /// The error for a conversion type that does not exist.
    pub fn unsupported(&self) -> TextError {
        let shown = match self.code {
            code @ 31..127 => code as u8 as char,
            _ => '?',
        };
        let (code, index) = (self.code, self.code_index);
        TextError::value(format!("unsupported format character '{shown}' (0x{code:x}) at index {index}"))
    }

    /// The error for an argument of this type where a number is needed (`d i u o x X`).
    pub fn number_required(&self, type_name: &str) -> TextError {
        let code = char::from(self.ascii_code());
        let wanted = if matches!(code, 'o' | 'x' | 'X') { "an integer" } else { "a real number" };
        TextError::type_error(format!("%{code} format: {wanted} is required, not {type_name}"))
    }

    /// The base of an integer conversion: 10 (`d i u`), 8 or 16.
    pub fn base(&self) -> u32 {
        match self.ascii_code() {
            b'o' => 8,
            b'x' | b'X' => 16,
            _ => 10,
        }
    }

    /// Lays out a string of `length` units (`s r a b c`): cut to the precision (not for `c`), padded with spaces.
    pub fn layout_str(&self, length: usize) -> StrLayout {
        let cut = self.precision.filter(|_| self.ascii_code() != b'c');
        let take = cut.map_or(length, |precision| precision.min(length));
        let padding = self.width.unwrap_or(0).saturating_sub(take);
        let (left, right) = if self.left { (0, padding) } else { (padding, 0) };
        StrLayout { take, left, right, fill: u32::from(b' ') }
    }

    /// Renders an integer: its sign and the digits of its magnitude in [`Directive::base`], in lower case.
    pub fn render_int(&self, negative: bool, digits: &str) -> Result<String, TextError> {
        let least = self.precision.unwrap_or(0);
        if least > i32::MAX as usize - 3 {
            return Err(TextError::overflow("precision too large"));
        }
        let zeros = least.saturating_sub(digits.len());
        let mut body = String::new();
        body.try_reserve(zeros + digits.len()).map_err(|_| TextError::memory())?;
        body.extend(std::iter::repeat_n('0', zeros));
        body.push_str(digits);
        let prefix = match self.ascii_code() {
            b'o' if self.alternate => "0o",
            b'x' if self.alternate => "0x",
            b'X' if self.alternate => "0X",
            _ => "",
        };
        if self.ascii_code() == b'X' {
            body.make_ascii_uppercase();
        }
        self.lay_out_number(negative, prefix, &body)
    }

    /// Renders a float (`e E f F g G`).
    pub fn render_float(&self, x: f64) -> Result<String, TextError> {
        let flags = FormatFlags { alternate: self.alternate, ..FormatFlags::default() };
        let text = float::format(x, self.ascii_code(), self.precision.unwrap_or(6), flags)?;
        match text.strip_prefix('-') {
            Some(body) => self.lay_out_number(true, "", body),
            None => self.lay_out_number(false, "", &text),
        }
    }

    fn lay_out_number(&self, negative: bool, prefix: &str, body: &str) -> Result<String, TextError> {
        let sign = if negative {
            "-"
        } else if self.sign {
            "+"
        } else if self.blank {
            " "
        } else {
            ""
        };
        let length = sign.len() + prefix.len() + body.len();
        let padding = self.width.unwrap_or(0).saturating_sub(length);
        let mut out = String::new();
        out.try_reserve(length + padding).map_err(|_| TextError::memory())?;
        let (left, inner, right) = match (self.left, self.zero) {
            (true, _) => (0, 0, padding),
            (false, true) => (0, padding, 0),
            (false, false) => (padding, 0, 0),
        };
        out.extend(std::iter::repeat_n(' ', left));
        out.push_str(sign);
        out.push_str(prefix);
        out.extend(std::iter::repeat_n('0', inner));
        out.push_str(body);
        out.extend(std::iter::repeat_n(' ', right));
        Ok(out)
    }
}
