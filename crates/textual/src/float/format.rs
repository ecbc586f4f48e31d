//! Floats to text: `repr` and the codes of the format mini-language and of `%`.

use std::fmt::Write;

use crate::TextError;

/// Switches of [`format`], those of CPython's `PyOS_double_to_string`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormatFlags {
    /// Put `+` before numbers that are not negative.
    pub sign: bool,
    /// Make the result look like a float: `1.0`, not `1` (codes `g` and `r`).
    pub add_dot_0: bool,
    /// `#`: always a decimal point, and `g` keeps its trailing zeros.
    pub alternate: bool,
    /// `z`: a negative zero (after rounding) loses its sign.
    pub no_negative_zero: bool,
}

/// `repr(x)`: the shortest digits that read back as `x`, an exponent below 1e-4 and from 1e16 on.
pub fn repr(x: f64) -> String {
    let flags = FormatFlags { add_dot_0: true, ..FormatFlags::default() };
    if let Some(text) = small_integer(x) {
        return text;
    }
    render(x, &shortest(x.abs()), Style { code: b'r', precision: 17, flags, upper: false })
}

/// Integers below 2^53 print as themselves: much faster than a general conversion.
fn small_integer(x: f64) -> Option<String> {
    let n = x as i64;
    (n as f64 == x && n.unsigned_abs() < 1 << 53 && n != 0).then(|| {
        let mut text = String::with_capacity(20);
        let _ = write!(text, "{n}.0");
        text
    })
}

/// `x` by a code `e E f F g G r` or `%` with `precision` digits (fraction digits; significant ones for `g`, unused for `r`).
///
/// Errors: `MemoryError` where the text could not be allocated; unknown codes are a `ValueError`.
pub fn format(x: f64, code: u8, precision: usize, flags: FormatFlags) -> Result<String, TextError> {
    let upper = code.is_ascii_uppercase();
    let lower = code.to_ascii_lowercase();
    if precision > MAX_PRECISION {
        return Err(TextError::value("precision too big"));
    }
    if lower == b'%' {
        let mut text = format(x * 100.0, b'f', precision, flags)?;
        text.push('%');
        return Ok(text);
    }
    // Room for every digit is reserved before any is made, so that a huge precision is an error and not an abort.
    String::new().try_reserve(precision.saturating_add(400)).map_err(|_| TextError::memory())?;
    let digits = match lower {
        _ if !x.is_finite() => Digits { digits: Vec::new(), point: 0 },
        b'e' => significant(x.abs(), precision.saturating_add(1)),
        b'f' => fraction(x.abs(), precision),
        b'g' => significant(x.abs(), precision.max(1)),
        b'r' => shortest(x.abs()),
        _ => return Err(TextError::value(format!("Unknown format code '{}'", code as char))),
    };
    let precision = match lower {
        b'e' => precision + 1,
        b'g' => precision.max(1),
        _ => precision,
    };
    Ok(render(x, &digits, Style { code: lower, precision, flags, upper }))
}

/// Beyond this CPython refuses (`INT_MAX` less some head-room is what its own limits amount to).
pub const MAX_PRECISION: usize = i32::MAX as usize;

/// No f64 has more digits than this, on either side of the point.
const MOST_DIGITS: usize = 1100;

/// Decimal digits (ASCII, no trailing zeros) of a number `0.DIGITS × 10^point`.
struct Digits {
    digits: Vec<u8>,
    point: i32,
}

/// Reads Rust's `d.ddde±x`.
fn from_scientific(text: &str) -> Digits {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    strip_zeros(&mut digits);
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    if digits.is_empty() { Digits { digits: vec![b'0'], point: 1 } } else { Digits { digits, point } }
}

fn strip_zeros(digits: &mut Vec<u8>) {
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
}

fn shortest(x: f64) -> Digits {
    if !x.is_finite() {
        return Digits { digits: Vec::new(), point: 0 };
    }
    let mut number = from_scientific(&format!("{x:e}"));
    settle_tie(x, &mut number);
    number
}

/// Where two shortest texts are equally near to `x`, Rust takes the one further from zero and Python the one that ends
/// in an even digit.
fn settle_tie(x: f64, number: &mut Digits) {
    // Up to 15 digits tell all doubles apart, so a tie has 15 at least. It has at most 17, and the exact value ends one
    // place after it: an odd number times 5 to the power of its binary places is below 10**18, so there are 25 at most.
    const FEWEST_DIGITS: usize = 15;
    const MOST_PLACES: i32 = 25;
    if number.digits.len() < FEWEST_DIGITS {
        return;
    }
    let Some((last, head)) = number.digits.split_last_mut() else { return };
    let is_short = |places: i32| (x * f64::powi(2.0, places)).fract() == 0.0;
    if *last % 2 == 0 || !is_short(MOST_PLACES) {
        return;
    }
    let text = format!("{x:.*}", MOST_PLACES as usize);
    let mut exact: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).skip_while(|&d| d == b'0').collect();
    strip_zeros(&mut exact);
    if let [exact_head @ .., before, b'5'] = exact.as_slice()
        && exact_head == head
        && *before + 1 == *last
    {
        *last = *before;
        // Below a power of two doubles lie twice as dense: there the even text may be another double's.
        let digits: String = number.digits.iter().copied().map(char::from).collect();
        let exponent = number.point - digits.len() as i32;
        if format!("{digits}e{exponent}").parse() != Ok(x.abs())
            && let Some(last) = number.digits.last_mut()
        {
            *last += 1;
        }
    }
}

fn significant(x: f64, count: usize) -> Digits {
    let precision = count.min(MOST_DIGITS) - 1;
    from_scientific(&format!("{x:.precision$e}"))
}

/// The digits up to `count` places after the point; none at all where `x` rounds to zero.
fn fraction(x: f64, count: usize) -> Digits {
    if let Some(number) = scaled_fraction(x, count) {
        return number;
    }
    let precision = count.min(MOST_DIGITS);
    let text = format!("{x:.precision$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(part.bytes()).collect();
    let mut point = whole.len() as i32;
    let zeros = digits.iter().take_while(|&&d| d == b'0').count();
    digits.drain(..zeros);
    point -= zeros as i32;
    strip_zeros(&mut digits);
    if digits.is_empty() { Digits { digits, point: 0 } } else { Digits { digits, point } }
}

/// [`fraction`] of a number that is an integer below 2**52 once it is scaled and rounded. The product's rounding error is
/// exact, too, so that the sum tells which way the true product rounds.
fn scaled_fraction(x: f64, count: usize) -> Option<Digits> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    /// Products below this have errors that are no normal numbers.
    const SMALLEST: f64 = 1e-200;
    const LARGEST: f64 = (1_u64 << 52) as f64;
    let power = *POWERS.get(count)?;
    let product = x * power;
    if !(product < LARGEST && (x == 0.0 || x > SMALLEST)) {
        return None;
    }
    let error = x.mul_add(power, -product);
    let floor = product.floor();
    let beyond_half = (product - floor - 0.5) + error;
    let whole = floor as u64;
    let up = beyond_half > 0.0 || beyond_half == 0.0 && whole % 2 == 1;
    let rounded = whole + u64::from(up);
    if rounded == 0 {
        return Some(Digits { digits: Vec::new(), point: 0 });
    }
    let mut digits = rounded.to_string().into_bytes();
    let point = digits.len() as i32 - count as i32;
    strip_zeros(&mut digits);
    Some(Digits { digits, point })
}

struct Style {
    code: u8,
    precision: usize,
    flags: FormatFlags,
    upper: bool,
}

/// Lays digits out: sign, digits with zeros around them, point, exponent.
fn render(x: f64, number: &Digits, style: Style) -> String {
    let Style { code, precision, flags, upper } = style;
    if !x.is_finite() {
        return special(x, flags.sign, upper);
    }
    let is_zero = number.digits.iter().all(|&d| d == b'0');
    let negative = x.is_sign_negative() && !(flags.no_negative_zero && is_zero);
    let precision = precision as i64;
    let mut point = i64::from(number.point);
    let mut use_exponent = false;
    let mut end = number.digits.len() as i64;
    match code {
        b'e' => {
            use_exponent = true;
            end = precision;
        }
        b'f' => end = point + precision,
        b'g' => {
            use_exponent = point <= -4 || point > precision - i64::from(flags.add_dot_0);
            if flags.alternate {
                end = precision;
            }
        }
        _ => use_exponent = point <= -4 || point > 16,
    }
    let exponent = point - 1;
    if use_exponent {
        point = 1;
    }
    let start = if point <= 0 { point - 1 } else { 0 };
    end = if !use_exponent && flags.add_dot_0 { end.max(point + 1) } else { end.max(point) };

    let mut out = String::with_capacity((end - start) as usize + 8);
    if negative {
        out.push('-');
    } else if flags.sign {
        out.push('+');
    }
    push_digits(&mut out, &number.digits, start, point);
    if end > point || flags.alternate {
        out.push('.');
        push_digits(&mut out, &number.digits, point, end);
    }
    if use_exponent {
        out.push(if upper { 'E' } else { 'e' });
        let _ = write!(out, "{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    out
}

/// Appends the digits at places `from..to` of the number, where places outside of `digits` hold zeros.
fn push_digits(out: &mut String, digits: &[u8], from: i64, to: i64) {
    let length = digits.len() as i64;
    let zeros_before = (0.min(to) - from).max(0);
    out.extend(std::iter::repeat_n('0', zeros_before as usize));
    let (first, last) = (from.clamp(0, length), to.clamp(0, length));
    out.extend(digits[first as usize..last.max(first) as usize].iter().map(|&d| d as char));
    let zeros_after = (to - from.max(length)).max(0);
    out.extend(std::iter::repeat_n('0', zeros_after as usize));
}

fn special(x: f64, sign: bool, upper: bool) -> String {
    let name = match (x.is_nan(), upper) {
        (true, false) => "nan",
        (true, true) => "NAN",
        (false, false) => "inf",
        (false, true) => "INF",
    };
    let prefix = if x < 0.0 {
        "-"
    } else if sign {
        "+"
    } else {
        ""
    };
    format!("{prefix}{name}")
}
