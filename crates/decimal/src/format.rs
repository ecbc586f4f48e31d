//! Format specifications: those that `libmpdec` knows.

use crate::coefficient::{digits, rounded_right};
use crate::number::{Context, MAX_PREC, Number};
use crate::text::split_at_dot;

/// Where the padding goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Right,
    Centre,
    /// Between the sign and the digits.
    AfterSign,
}

/// What separates the parts of a number.
#[derive(Clone, Debug)]
pub struct Locale {
    pub decimal_point: String,
    pub thousands_sep: String,
    /// Sizes of groups from the right, as `localeconv` has them.
    pub grouping: Vec<u8>,
}

impl Locale {
    /// No separators.
    pub fn plain() -> Locale {
        Locale { decimal_point: ".".to_owned(), thousands_sep: String::new(), grouping: Vec::new() }
    }
}

/// A format specification taken apart.
pub struct FormatSpec {
    fill: char,
    align: Align,
    /// `-`, `+` or a space.
    sign: u8,
    no_negative_zero: bool,
    zero_padded: bool,
    width: i64,
    precision: Option<i64>,
    /// One of `eEfFgG%`.
    kind: u8,
    /// The specification asks for the current locale (`n`, `N`).
    pub uses_locale: bool,
    pub locale: Locale,
}

/// Why there is no text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormatError {
    /// Not a specification of this form.
    Unknown,
    /// The width or the precision is larger than the largest precision.
    BeyondLimits,
    /// The text would be too long.
    TooLarge,
}

/// Takes a number from the front.
fn take_number(rest: &mut &str) -> Result<Option<i64>, FormatError> {
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at(count);
    *rest = after;
    match number.parse::<i64>() {
        Ok(n) if n > MAX_PREC => Err(FormatError::BeyondLimits),
        Ok(n) => Ok(Some(n)),
        Err(_) if count == 0 => Ok(None),
        Err(_) => Err(FormatError::Unknown),
    }
}

fn take_one(rest: &mut &str, wanted: char) -> bool {
    let after = rest.strip_prefix(wanted);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

impl FormatSpec {
    /// `[[fill]align][sign][z][0][width][,|_][.precision][type]`.
    pub fn parse(text: &str, capitals: bool) -> Result<FormatSpec, FormatError> {
        let mut rest = text;
        let (fill, align) = take_alignment(&mut rest);
        let sign = match rest.as_bytes().first() {
            Some(&sign @ (b'+' | b'-' | b' ')) => {
                rest = &rest[1..];
                sign
            }
            _ => b'-',
        };
        let no_negative_zero = take_one(&mut rest, 'z');
        let zero_padded = rest.starts_with('0');
        if zero_padded && align.is_some() {
            return Err(FormatError::Unknown);
        }
        let width = take_number(&mut rest)?.unwrap_or(0);
        let mut locale = Locale::plain();
        for separator in [',', '_'] {
            if locale.thousands_sep.is_empty() && take_one(&mut rest, separator) {
                locale.thousands_sep = separator.to_string();
                locale.grouping = vec![3];
            }
        }
        let precision =
            if take_one(&mut rest, '.') { Some(take_number(&mut rest)?.ok_or(FormatError::Unknown)?) } else { None };
        let (kind, uses_locale) = match rest.as_bytes() {
            [] => (if capitals { b'G' } else { b'g' }, false),
            [b'n'] if locale.grouping.is_empty() => (b'g', true),
            [b'N'] if locale.grouping.is_empty() => (b'G', true),
            [kind @ (b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%')] => (*kind, false),
            _ => return Err(FormatError::Unknown),
        };
        let align = align.unwrap_or(if zero_padded { Align::AfterSign } else { Align::Right });
        let fill = if zero_padded { '0' } else { fill };
        Ok(FormatSpec { fill, align, sign, no_negative_zero, zero_padded, width, precision, kind, uses_locale, locale })
    }

    /// The text of a number.
    pub fn render(&self, number: &Number, cx: &Context) -> Result<String, FormatError> {
        if !number.is_finite() {
            let fits = self.width <= i64::from(u32::MAX);
            return if fits { Ok(self.render_special(number)) } else { Err(FormatError::TooLarge) };
        }
        let number = self.rounded(number, cx)?;
        let text = number.digits_text();
        let left = number.exponent + text.len() as i64;
        let dot = self.dot_place(&number, left);
        if dot.abs().max(self.width) > i64::from(u32::MAX) {
            return Err(FormatError::TooLarge);
        }
        let (whole, fraction) = split_at_dot(&text, dot);
        let negative = number.negative && !(self.no_negative_zero && number.coefficient.is_zero());
        let sign = self.sign_text(negative);
        let mut tail = String::new();
        if !fraction.is_empty() {
            tail.push_str(&self.locale.decimal_point);
            tail.push_str(&fraction);
        }
        if left != dot || matches!(self.kind, b'e' | b'E') {
            let mark = if self.kind.is_ascii_uppercase() { 'E' } else { 'e' };
            tail.push_str(&format!("{mark}{:+}", left - dot));
        }
        if self.kind == b'%' {
            tail.push('%');
        }
        let least = if self.zero_padded { self.width - tail.chars().count() as i64 - sign.len() as i64 } else { 0 };
        Ok(self.aligned(sign, &(self.grouped(&whole, least) + &tail)))
    }

    fn render_special(&self, number: &Number) -> String {
        let mut body = number.copy_abs().to_text(true, false);
        if self.kind == b'%' {
            body.push('%');
        }
        let sign = self.sign_text(number.negative);
        if self.zero_padded {
            let spaced = FormatSpec { fill: ' ', align: Align::Right, locale: self.locale.clone(), ..*self };
            return spaced.aligned(sign, &body);
        }
        self.aligned(sign, &body)
    }

    fn sign_text(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, b'+') => "+",
            (false, b' ') => " ",
            _ => "",
        }
    }

    /// The number with the digits that the precision asks for.
    fn rounded(&self, number: &Number, cx: &Context) -> Result<Number, FormatError> {
        let mut number = number.clone();
        if self.kind == b'%' {
            number.exponent += 2;
        }
        let fixed = matches!(self.kind, b'f' | b'F' | b'%');
        if let Some(precision) = self.precision {
            let exponent = match self.kind {
                _ if fixed => Some(-precision),
                b'e' | b'E' => significant(&number, precision + 1),
                _ => significant(&number, precision.max(1)).filter(|_| digits(&number.coefficient) > precision.max(1)),
            };
            if let Some(exponent) = exponent {
                number = scaled(&number, exponent, cx)?;
            }
            // A carry may have brought one digit more.
            let most = if fixed { i64::MAX } else { (precision + i64::from(self.kind | 32 == b'e')).max(1) };
            if digits(&number.coefficient) > most {
                number = scaled(&number, number.exponent + 1, cx)?;
            }
        }
        if number.coefficient.is_zero() && number.exponent > 0 && fixed {
            number.exponent = 0;
        }
        Ok(number)
    }

    fn dot_place(&self, number: &Number, left: i64) -> i64 {
        match self.kind {
            b'e' | b'E' => match self.precision {
                Some(precision) if number.coefficient.is_zero() => 1 - precision,
                _ => 1,
            },
            b'f' | b'F' | b'%' => left,
            _ if number.exponent <= 0 && left > -6 => left,
            _ => 1,
        }
    }

    /// The digits before the point, in groups, with zeros up to a least width.
    fn grouped(&self, whole: &str, mut least: i64) -> String {
        let zeros = |n: i64| "0".repeat(n.max(0) as usize);
        let separator = self.locale.thousands_sep.as_str();
        if separator.is_empty() || self.locale.grouping.is_empty() {
            return zeros(least - whole.len() as i64) + whole;
        }
        let separator_width = separator.chars().count() as i64;
        let mut digits = whole;
        let mut groups: Vec<String> = Vec::new();
        let mut sizes = GroupSizes { sizes: &self.locale.grouping, last: 0 };
        loop {
            let rest = (digits.len() as i64).max(least).max(1);
            let size = sizes.next_size().map_or(rest, |size| size.min(rest));
            let from = digits.len().saturating_sub(size as usize);
            groups.push(zeros(size - (digits.len() - from) as i64) + &digits[from..]);
            digits = &digits[..from];
            least -= size;
            if digits.is_empty() && least <= 0 {
                break;
            }
            least -= separator_width;
        }
        groups.reverse();
        groups.join(separator)
    }

    fn aligned(&self, sign: &str, body: &str) -> String {
        let missing = (self.width - sign.len() as i64 - body.chars().count() as i64).max(0) as usize;
        let padding = |n: usize| self.fill.to_string().repeat(n);
        match self.align {
            Align::Left => format!("{sign}{body}{}", padding(missing)),
            Align::Right => format!("{}{sign}{body}", padding(missing)),
            Align::Centre => format!("{}{sign}{body}{}", padding(missing / 2), padding(missing - missing / 2)),
            Align::AfterSign => format!("{sign}{}{body}", padding(missing)),
        }
    }
}

/// Sizes of groups: 0 and the end repeat the last one, 127 ends the grouping.
struct GroupSizes<'a> {
    sizes: &'a [u8],
    last: i64,
}

impl GroupSizes<'_> {
    fn next_size(&mut self) -> Option<i64> {
        match self.sizes.split_first() {
            Some((127, _)) => return None,
            None | Some((0, _)) => {}
            Some((size, rest)) => {
                self.last = i64::from(*size);
                self.sizes = rest;
            }
        }
        (self.last > 0).then_some(self.last)
    }
}

fn take_alignment(rest: &mut &str) -> (char, Option<Align>) {
    let align_of = |c: char| match c {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Centre),
        '=' => Some(Align::AfterSign),
        _ => None,
    };
    let mut chars = rest.chars();
    let (first, second) = (chars.next(), chars.next());
    if let (Some(fill), Some(align)) = (first, second.and_then(align_of)) {
        *rest = chars.as_str();
        return (fill, Some(align));
    }
    if let Some(align) = first.and_then(align_of) {
        *rest = &rest[1..];
        return (' ', Some(align));
    }
    (' ', None)
}

/// The exponent at which a number has so many digits; 0 keeps its own.
fn significant(number: &Number, count: i64) -> Option<i64> {
    let have = digits(&number.coefficient);
    (have != 0).then(|| number.exponent + have - count)
}

fn scaled(number: &Number, exponent: i64, cx: &Context) -> Result<Number, FormatError> {
    if number.exponent > exponent || number.coefficient.is_zero() {
        return match number.rescaled(exponent, cx.rounding) {
            Some((rescaled, _)) if digits(&rescaled.coefficient) < i64::from(i32::MAX) => Ok(rescaled),
            _ => Err(FormatError::TooLarge),
        };
    }
    let cut = number.exponent.abs_diff(exponent);
    let (coefficient, _) = rounded_right(&number.coefficient, cut, cx.rounding, number.negative);
    Ok(Number::new(number.negative, coefficient, exponent))
}
