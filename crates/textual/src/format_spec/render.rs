//! Applying a specification.

use pyrope_text::Wtf8Buf;

use super::grouping::{Locale, group, group_fraction};
use super::{Grouping, Spec};
use crate::TextError;
use crate::float::{self, FormatFlags};

/// Where a string goes: `left` fills, its first `take` code points, `right` fills. The fills may be more than memory holds:
/// whoever builds the string checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrLayout {
    /// How many code points of the string to keep.
    pub take: usize,
    /// Fills before.
    pub left: usize,
    /// Fills after.
    pub right: usize,
    /// The code point to fill with.
    pub fill: u32,
}

/// Bytes of working memory for a digit that fills, when they are grouped.
const GROUP_COST: usize = 12;

/// The parts of a number, laid out as `<pad> sign prefix <pad> whole point fraction rest <pad>`.
struct Number<'a> {
    negative: bool,
    prefix: &'a str,
    whole: &'a str,
    fraction: String,
    has_point: bool,
    rest: &'a str,
}

impl Spec {
    /// Lays out a string of `length` code points.
    pub fn layout_str(&self, length: usize) -> Result<StrLayout, TextError> {
        match self.sign {
            Some(b' ') => return Err(TextError::value("Space not allowed in string format specifier")),
            Some(_) => return Err(TextError::value("Sign not allowed in string format specifier")),
            None => {}
        }
        if self.no_negative_zero {
            return Err(TextError::value("Negative zero coercion (z) not allowed in string format specifier"));
        }
        if self.alternate {
            return Err(TextError::value("Alternate form (#) not allowed in string format specifier"));
        }
        if self.align == b'=' {
            return Err(TextError::value("'=' alignment not allowed in string format specifier"));
        }
        let take = self.precision.map_or(length, |precision| precision.min(length));
        let (left, right) = self.padding(take);
        Ok(StrLayout { take, left, right, fill: self.fill })
    }

    /// Renders an integer: its sign, the digits of its magnitude in the base asked for (lower case), and the locale for type `n`.
    pub fn render_int(&self, negative: bool, digits: &str, locale: &Locale) -> Result<Wtf8Buf, TextError> {
        let code = u8::try_from(self.code).unwrap_or(0);
        let upper = code == b'X';
        let prefix = match code {
            b'b' if self.alternate => "0b",
            b'o' if self.alternate => "0o",
            b'x' if self.alternate => "0x",
            b'X' if self.alternate => "0X",
            _ => "",
        };
        let upper_digits;
        let whole = if upper {
            upper_digits = digits.to_ascii_uppercase();
            &upper_digits
        } else {
            digits
        };
        let number = Number { negative, prefix, whole, fraction: String::new(), has_point: false, rest: "" };
        self.lay_out(&number, &self.locale(locale))
    }

    /// Renders an integer as the character it numbers (type `c`).
    pub fn render_char(&self, code_point: u32) -> Result<Wtf8Buf, TextError> {
        let mut text = Wtf8Buf::new();
        text.push_code_point(code_point);
        let padding = self.width.unwrap_or(0).saturating_sub(1);
        let (left, right) = match self.align {
            b'<' => (0, padding),
            b'^' => (padding / 2, padding - padding / 2),
            _ => (padding, 0),
        };
        let mut out = Output::new(padding, self.fill)?;
        out.pad(left);
        out.text.push_wtf8(&text);
        out.pad(right);
        Ok(out.text)
    }

    /// Renders a float.
    pub fn render_float(&self, x: f64, locale: &Locale) -> Result<Wtf8Buf, TextError> {
        let (code, precision, flags) = self.float_style(0)?;
        let text = float::format(x, code, precision, flags)?;
        let plain = self.sign.is_none_or(|sign| sign == b'-') && self.width.is_none();
        let groups = self.grouping != Grouping::None || self.fraction_grouping != Grouping::None;
        if plain && !groups && !self.uses_locale() {
            return Ok(text.into());
        }
        self.lay_out(&self.split(&text), &self.locale(locale))
    }

    /// Renders a complex number.
    pub fn render_complex(&self, re: f64, im: f64, locale: &Locale) -> Result<Wtf8Buf, TextError> {
        if self.fill == u32::from(b'0') {
            return Err(TextError::value("Zero padding is not allowed in complex format specifier"));
        }
        if self.align == b'=' {
            return Err(TextError::value("'=' alignment flag is not allowed in complex format specifier"));
        }
        let (code, precision, mut flags) = self.float_style(0)?;
        flags.add_dot_0 = false;
        let like_str = self.code == 0;
        let skip_re = like_str && re == 0.0 && re.is_sign_positive();
        let parentheses = like_str && !skip_re;
        let locale = self.locale(locale);
        let part = |x: f64, sign: Option<u8>| {
            let unpadded = Spec { fill: 0, align: b'<', width: None, sign, ..self.clone() };
            let text = float::format(x, code, precision, flags)?;
            unpadded.lay_out(&unpadded.split(&text), &locale)
        };
        let mut text = Wtf8Buf::new();
        if parentheses {
            text.push_char('(');
        }
        if !skip_re {
            text.push_wtf8(&part(re, self.sign)?);
        }
        text.push_wtf8(&part(im, if skip_re { self.sign } else { Some(b'+') })?);
        text.push_str(if parentheses { "j)" } else { "j" });
        let (left, right) = self.padding(text.code_points().count());
        let mut out = Output::new(left + right, self.fill)?;
        out.pad(left);
        out.text.push_wtf8(&text);
        out.pad(right);
        Ok(out.text)
    }

    /// The code, precision and flags for [`float::format`].
    fn float_style(&self, default_precision: usize) -> Result<(u8, usize, FormatFlags), TextError> {
        if self.precision.is_some_and(|p| p > float::MAX_PRECISION) {
            return Err(TextError::value("precision too big"));
        }
        let mut flags = FormatFlags {
            alternate: self.alternate,
            no_negative_zero: self.no_negative_zero,
            ..FormatFlags::default()
        };
        let code = match u8::try_from(self.code).unwrap_or(0) {
            0 => {
                flags.add_dot_0 = true;
                let code = if self.precision.is_some() { b'g' } else { b'r' };
                return Ok((code, self.precision.unwrap_or(default_precision), flags));
            }
            b'n' => b'g',
            code => code,
        };
        Ok((code, self.precision.unwrap_or(6), flags))
    }

    /// Takes apart what [`float::format`] made.
    fn split<'a>(&self, text: &'a str) -> Number<'a> {
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text),
        };
        let run = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = body.split_at(run(body));
        let (has_point, fraction, rest) = match rest.strip_prefix('.') {
            None => (false, "", rest),
            Some(rest) => {
                let (fraction, rest) = rest.split_at(run(rest));
                (true, fraction, rest)
            }
        };
        let fraction = group_fraction(fraction, self.fraction_grouping);
        Number { negative, prefix: "", whole, fraction, has_point, rest }
    }

    fn locale(&self, current: &Locale) -> Locale {
        if self.uses_locale() { current.clone() } else { Locale::of(self.grouping) }
    }

    fn lay_out(&self, number: &Number<'_>, locale: &Locale) -> Result<Wtf8Buf, TextError> {
        let sign = match (number.negative, self.sign) {
            (true, _) => "-",
            (false, Some(b'+')) => "+",
            (false, Some(b' ')) => " ",
            _ => "",
        };
        let point = if number.has_point { locale.decimal_point.as_str() } else { "" };
        let others =
            sign.len() + number.prefix.len() + point.chars().count() + number.fraction.len() + number.rest.len();
        let width = self.width.unwrap_or(0);
        let zero_filled = self.fill == u32::from(b'0') && self.align == b'=';
        let least = if zero_filled { width.saturating_sub(others) } else { 0 };
        if zero_filled {
            String::new().try_reserve(least.saturating_mul(GROUP_COST)).map_err(|_| TextError::memory())?;
        }
        let whole = match number.whole {
            "" => String::new(),
            whole => group(whole, least, locale),
        };
        let (left, inner, right) = self.number_padding(others + whole.chars().count());
        let mut out = Output::new(left + inner + right, self.fill)?;
        out.pad(left);
        out.text.push_str(sign);
        out.text.push_str(number.prefix);
        out.pad(inner);
        for piece in [&whole, point, &number.fraction, number.rest] {
            out.text.push_str(piece);
        }
        out.pad(right);
        Ok(out.text)
    }

    /// Fills before and after `length` code points.
    fn padding(&self, length: usize) -> (usize, usize) {
        let (left, inner, right) = self.number_padding(length);
        (left + inner, right)
    }

    /// Fills before, after the sign, and at the end.
    fn number_padding(&self, length: usize) -> (usize, usize, usize) {
        let padding = self.width.unwrap_or(0).saturating_sub(length);
        match self.align {
            b'<' => (0, 0, padding),
            b'^' => (padding / 2, 0, padding - padding / 2),
            b'=' => (0, padding, 0),
            _ => (padding, 0, 0),
        }
    }
}

/// Text under construction, for which the padding was reserved.
struct Output {
    text: Wtf8Buf,
    fill: u32,
}

impl Output {
    fn new(padding: usize, fill: u32) -> Result<Self, TextError> {
        let mut text = Wtf8Buf::new();
        text.try_reserve(padding.saturating_mul(if fill < 0x80 { 1 } else { 4 })).map_err(|_| TextError::memory())?;
        Ok(Output { text, fill })
    }

    fn pad(&mut self, count: usize) {
        for _ in 0..count {
            self.text.push_code_point(self.fill);
        }
    }
}
