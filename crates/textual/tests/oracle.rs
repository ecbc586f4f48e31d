//! Compares with tables of what CPython 3.14 answers (`tools/textual_oracle.py` writes them).
//!
//! `TEXTUAL_DATA` names another folder of tables, for long runs.

mod common;

use common::{check, escape, unescape};
use dashu_int::IBig;
use pyrope_text::Wtf8Buf;
use pyrope_textual::format_spec::{IntPresentation, Locale, Spec};
use pyrope_textual::percent_format::{self, Directive, Flavour, Handler, Star};
use pyrope_textual::str_format::{FieldName, First, Step, Template};
use pyrope_textual::{ErrorKind, TextError, float, int_text};

fn string(text: &str) -> String {
    unescape(text).into_iter().map(|c| char::from_u32(c).expect("no surrogate")).collect()
}

fn real(bits: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(bits, 16).expect("bits"))
}

fn bits(x: f64) -> String {
    // All NaNs are one but for the sign.
    format!("{:016x}", x.to_bits())
}

fn error_text(error: &TextError) -> Wtf8Buf {
    let name = match error.kind {
        ErrorKind::Value => "ValueError",
        ErrorKind::Type => "TypeError",
        ErrorKind::Overflow => "OverflowError",
        ErrorKind::Memory => "MemoryError",
    };
    let mut text = Wtf8Buf::from(format!("!{name}:"));
    text.push_wtf8(&error.message);
    text
}

fn show(result: Result<Wtf8Buf, TextError>) -> String {
    match result {
        Ok(text) => escape(text.code_points()),
        Err(error) => escape(error_text(&error).code_points()),
    }
}

fn invalid<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or("!ValueError".to_owned(), show)
}

#[test]
fn floats() {
    check("float.tsv", |row| match row[0] {
        "repr" => float::repr(real(row[1])),
        "hex" => float::to_hex(real(row[1])),
        "hash" => float::hash_f64(real(row[1])).expect("not a NaN").to_string(),
        "round" => match float::round_to_digits(real(row[1]), row[2].parse().expect("a number")) {
            Ok(x) => bits(x),
            Err(_) => format!("!OverflowError:{}", float::RoundError::MESSAGE),
        },
        "parse" => invalid(float::parse(&string(row[1])), bits),
        "complex" => invalid(float::parse_complex(&string(row[1])), |(re, im)| bits(re) + &bits(im)),
        "complex_repr" => float::complex_repr(real(row[1]), real(row[2])),
        "fromhex" => match float::from_hex(&string(row[1])) {
            Ok(x) => bits(x),
            Err(error @ float::HexError::Invalid) => format!("!ValueError:{}", error.message()),
            Err(error @ float::HexError::TooLarge) => format!("!OverflowError:{}", error.message()),
        },
        other => panic!("unknown operation {other}"),
    });
}

fn format_str(value: &[u32], text: &[u32]) -> Result<Wtf8Buf, TextError> {
    let layout = Spec::for_str(text, "str")?.layout_str(value.len())?;
    let mut out = Wtf8Buf::new();
    let fill = |out: &mut Wtf8Buf, count| (0..count).for_each(|_| out.push_code_point(layout.fill));
    fill(&mut out, layout.left);
    value[..layout.take].iter().for_each(|&c| out.push_code_point(c));
    fill(&mut out, layout.right);
    Ok(out)
}

fn format_int(value: &str, text: &[u32], kind: &str) -> Result<Wtf8Buf, TextError> {
    let locale = Locale::c();
    let spec = Spec::for_int(text, kind)?;
    let number: IBig = value.parse().expect("an integer");
    let negative = value.starts_with('-');
    match spec.int_presentation()? {
        IntPresentation::Digits(base) => {
            let (_, magnitude) = number.into_parts();
            spec.render_int(negative, &int_text::magnitude_to_base(&magnitude, base), &locale)
        }
        IntPresentation::Char => match i64::try_from(&number) {
            Ok(c @ 0..0x110000) => spec.render_char(c as u32),
            Ok(_) => Err(TextError::overflow("%c arg not in range(0x110000)")),
            Err(_) => Err(TextError::overflow("Python int too large to convert to C long")),
        },
        IntPresentation::Float => spec.render_float(value.parse().expect("a float"), &locale),
    }
}

#[test]
fn format_specs() {
    check("spec.tsv", |row| {
        let (kind, value, text) = (row[1], row[2], unescape(row[3]));
        let locale = Locale::c();
        // An empty specification is `str(value)`, which is not this crate's business.
        match kind {
            "str" => show(format_str(&unescape(value), &text)),
            "float" => show(Spec::for_float(&text, kind).and_then(|spec| spec.render_float(real(value), &locale))),
            "complex" => show(
                Spec::for_complex(&text, kind)
                    .and_then(|spec| spec.render_complex(real(&value[..16]), real(&value[16..]), &locale)),
            ),
            "bool" if text.is_empty() => "True".to_owned(),
            _ => show(format_int(value, &text, kind)),
        }
    });
}

struct Percent<'a> {
    template: &'a [u32],
    kind: &'a str,
    value: &'a str,
    used: bool,
    out: Wtf8Buf,
}

impl Percent<'_> {
    fn text(&self, directive: &Directive) -> Vec<u32> {
        match self.kind {
            "str" if directive.ascii_code() == b'r' => {
                let mut quoted = vec![u32::from(b'\'')];
                quoted.extend(unescape(self.value));
                quoted.push(u32::from(b'\''));
                quoted
            }
            "str" => unescape(self.value),
            "float" => float::repr(real(self.value)).chars().map(u32::from).collect(),
            _ => self.value.chars().map(u32::from).collect(),
        }
    }
}

impl Handler for Percent<'_> {
    type Error = TextError;

    fn literal(&mut self, range: std::ops::Range<usize>) -> Result<(), TextError> {
        self.template[range].iter().for_each(|&c| self.out.push_code_point(c));
        Ok(())
    }

    fn key(&mut self, _: Option<std::ops::Range<usize>>) -> Result<(), TextError> {
        Err(TextError::type_error(percent_format::NEEDS_MAPPING))
    }

    fn star(&mut self, _: Star) -> Result<isize, TextError> {
        Err(TextError::type_error(percent_format::STAR_WANTS_INT))
    }

    fn convert(&mut self, directive: &Directive) -> Result<(), TextError> {
        if std::mem::replace(&mut self.used, true) {
            return Err(TextError::type_error(percent_format::NOT_ENOUGH));
        }
        match directive.ascii_code() {
            b's' | b'r' => {
                let text = self.text(directive);
                let layout = directive.layout_str(text.len());
                (0..layout.left).for_each(|_| self.out.push_char(' '));
                text[..layout.take].iter().for_each(|&c| self.out.push_code_point(c));
                (0..layout.right).for_each(|_| self.out.push_char(' '));
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let x = if self.kind == "float" { real(self.value) } else { self.value.parse().expect("a float") };
                self.out.push_str(&directive.render_float(x)?);
            }
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
                let whole = match self.kind {
                    "str" => return Err(directive.number_required("str")),
                    "int" => self.value.parse().expect("an integer"),
                    _ if directive.base() != 10 => return Err(directive.number_required("float")),
                    _ => match IBig::try_from(real(self.value).trunc()) {
                        Ok(whole) => whole,
                        Err(_) => return Err(TextError::overflow("cannot convert float infinity to integer")),
                    },
                };
                let (sign, magnitude) = whole.into_parts();
                let digits = int_text::magnitude_to_base(&magnitude, directive.base());
                self.out.push_str(&directive.render_int(sign == dashu_int::Sign::Negative, &digits)?);
            }
            _ => return Err(directive.unsupported()),
        }
        Ok(())
    }
}

#[test]
fn percent() {
    check("percent.tsv", |row| {
        let template = unescape(row[1]);
        let mut handler =
            Percent { template: &template, kind: row[2], value: row[3], used: false, out: Wtf8Buf::new() };
        let result = percent_format::format(&template, Flavour::Str, &mut handler);
        show(match result {
            Ok(()) if !handler.used => Err(TextError::type_error(percent_format::NOT_ALL_STR)),
            Ok(()) => Ok(handler.out),
            Err(error) => Err(error),
        })
    });
}

fn walk(text: &[u32]) -> Result<Wtf8Buf, TextError> {
    let mut out = Wtf8Buf::new();
    for piece in Template::new(text) {
        let piece = piece?;
        if !out.is_empty() {
            out.push_char('/');
        }
        let mut put = |part: &[u32]| {
            part.iter().for_each(|&c| out.push_code_point(c));
            out.push_char('|');
        };
        put(&text[piece.literal]);
        if let Some(field) = piece.field {
            put(&text[field.name]);
            put(&text[field.spec]);
            put(field.conversion.as_slice());
        }
    }
    Ok(out)
}

fn split(name: &[u32]) -> Result<Wtf8Buf, TextError> {
    let mut out = Wtf8Buf::new();
    let text = |range: std::ops::Range<usize>| -> String {
        name[range].iter().map(|&c| char::from_u32(c).expect("no surrogate")).collect()
    };
    let field = FieldName::split(name)?;
    out.push_str(&match field.first {
        First::Empty => "''".to_owned(),
        First::Index(index) => format!("<{index}>"),
        First::Keyword(range) => format!("'{}'", text(range)),
    });
    for step in field.path {
        out.push_str(&match step? {
            Step::Attribute(range) => format!(".'{}'", text(range)),
            Step::Index(index) => format!("[<{index}>"),
            Step::Key(range) => format!("['{}'", text(range)),
        });
    }
    Ok(out)
}

#[test]
fn templates() {
    check("template.tsv", |row| {
        let text = unescape(row[1]);
        show(if row[0] == "template" { walk(&text) } else { split(&text) })
    });
}

fn hexadecimal(text: &str) -> IBig {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let magnitude = IBig::from_str_radix(&digits[2..], 16).expect("hexadecimal");
    if negative { -magnitude } else { magnitude }
}

#[test]
fn ints() {
    check("int.tsv", |row| match row[0] {
        "int" => match int_text::parse(string(row[1]).as_bytes(), row[2].parse().expect("a base"), 700) {
            Ok(int_text::Parsed::Small(n)) => n.to_string(),
            Ok(int_text::Parsed::Big(n)) => n.to_string(),
            Err(int_text::ParseError::Invalid) => "!ValueError".to_owned(),
            Err(int_text::ParseError::TooManyDigits(error)) => error_text(&error).to_string_lossy().into_owned(),
        },
        "str" => int_text::to_decimal(&hexadecimal(row[1]), 700)
            .unwrap_or_else(|error| error_text(&error).to_string_lossy().into_owned()),
        "hash_int" => {
            let (sign, magnitude) = hexadecimal(row[1]).into_parts();
            let bytes = magnitude.to_le_bytes();
            let limbs: Vec<u64> = bytes
                .chunks(8)
                .map(|chunk| chunk.iter().rev().fold(0, |limb, &byte| limb << 8 | u64::from(byte)))
                .collect();
            float::hash_limbs(sign == dashu_int::Sign::Negative, &limbs).to_string()
        }
        // The last field is octal; the binary one is compared here.
        "bases" => {
            let (_, magnitude) = hexadecimal(row[1]).into_parts();
            assert_eq!(int_text::magnitude_to_base(&magnitude, 2), row[2]);
            if let Ok(small) = u64::try_from(&magnitude) {
                assert_eq!(int_text::small_magnitude_to_base(small, 2), row[2]);
            }
            int_text::magnitude_to_base(&magnitude, 8)
        }
        other => panic!("unknown operation {other}"),
    });
}
