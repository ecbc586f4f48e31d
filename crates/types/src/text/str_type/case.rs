//! Case mappings and questions about all characters.
#![allow(clippy::useless_conversion, reason = "one body for units of three widths")]

use pyrope_macros::pymethods;
use pyrope_object::{PyResult, Ref, Str, StrView, Vm};
use pyrope_textual::unicode;

use super::super::builder::{TextBuilder, with_units};
use super::StrType;

/// Maps ASCII text byte by byte.
fn map_ascii(text: &str, map: impl Fn(u8) -> u8, vm: &Vm) -> PyResult<Ref<Str>> {
    let units: Vec<u8> = text.bytes().map(map).collect();
    vm.str_from_latin1(&units)
}

fn build(this: &Str, fill: impl FnOnce(&mut TextBuilder), vm: &Vm) -> PyResult<Ref<Str>> {
    let mut out = TextBuilder::with_capacity(this.len());
    fill(&mut out);
    out.finish(vm)
}

fn capitalized(this: &Str, out: &mut TextBuilder) {
    let Some(first) = this.code_point(0) else { return };
    unicode::title(first, |c| out.push(c));
    with_units!(this.view(), units => {
        // A final sigma needs to know what stands before it.
        let mut lowered = Vec::with_capacity(units.len());
        for (at, &unit) in units.iter().enumerate().skip(1) {
            let c: u32 = unit.into();
            if c == 0x3A3 { lowered.push(final_or_not(units, at)) } else { unicode::lower(c, |c| lowered.push(c)) }
        }
        lowered.into_iter().for_each(|c| out.push(c));
    });
}

/// The lower case of a sigma by its surroundings.
fn final_or_not<U: pyrope_textual::Unit>(text: &[U], at: usize) -> u32 {
    let skipped = |unit: &&U| unicode::is_case_ignorable((**unit).into());
    let cased = |unit: Option<&U>| unit.is_some_and(|&unit| unicode::is_cased(unit.into()));
    let before = cased(text[..at].iter().rev().find(|unit| !skipped(unit)));
    let after = cased(text[at + 1..].iter().find(|unit| !skipped(unit)));
    if before && !after { 0x3C2 } else { 0x3C3 }
}

fn swapped(this: &Str, out: &mut TextBuilder) {
    with_units!(this.view(), units => {
        for (at, &unit) in units.iter().enumerate() {
            let c: u32 = unit.into();
            if unicode::is_upper(c) {
                if c == 0x3A3 { out.push(final_or_not(units, at)) } else { unicode::lower(c, |c| out.push(c)) }
            } else if unicode::is_lower(c) {
                unicode::upper(c, |c| out.push(c));
            } else {
                out.push(c);
            }
        }
    });
}

fn all(this: &Str, ascii: fn(&u8) -> bool, wide: fn(u32) -> bool) -> bool {
    match this.view() {
        StrView::Ascii(text) => !text.is_empty() && text.as_bytes().iter().all(ascii),
        _ => !this.is_empty() && this.code_points().all(wide),
    }
}

#[pymethods(CASE)]
impl StrType {
    /// A copy in upper case.
    #[method("upper($self, /)")]
    fn upper(this: &Str, vm: &Vm) -> PyResult<Ref<Str>> {
        match this.as_ascii() {
            Some(text) => map_ascii(text, |c| c.to_ascii_uppercase(), vm),
            None => build(this, |out| this.code_points().for_each(|c| unicode::upper(c, |c| out.push(c))), vm),
        }
    }

    /// A copy in lower case.
    #[method("lower($self, /)")]
    fn lower(this: &Str, vm: &Vm) -> PyResult<Ref<Str>> {
        match this.as_ascii() {
            Some(text) => map_ascii(text, |c| c.to_ascii_lowercase(), vm),
            None => {
                build(this, |out| with_units!(this.view(), units => unicode::lower_text(units, |c| out.push(c))), vm)
            }
        }
    }

    /// A copy for comparisons without regard to case.
    #[method("casefold($self, /)")]
    fn casefold(this: &Str, vm: &Vm) -> PyResult<Ref<Str>> {
        match this.as_ascii() {
            Some(text) => map_ascii(text, |c| c.to_ascii_lowercase(), vm),
            None => build(this, |out| this.code_points().for_each(|c| unicode::fold(c, |c| out.push(c))), vm),
        }
    }

    /// A copy where each word begins in title case and goes on in lower case.
    #[method("title($self, /)")]
    fn title(this: &Str, vm: &Vm) -> PyResult<Ref<Str>> {
        build(this, |out| with_units!(this.view(), units => unicode::title_text(units, |c| out.push(c))), vm)
    }

    /// A copy with the first character in title case, all others in lower case.
    #[method("capitalize($self, /)")]
    fn capitalize(this: &Str, vm: &Vm) -> PyResult<Ref<Str>> {
        build(this, |out| capitalized(this, out), vm)
    }

    /// A copy with upper and lower case exchanged.
    #[method("swapcase($self, /)")]
    fn swapcase(this: &Str, vm: &Vm) -> PyResult<Ref<Str>> {
        build(this, |out| swapped(this, out), vm)
    }

    /// True if all characters are ASCII; also for the empty text.
    #[method("isascii($self, /)")]
    fn isascii(this: &Str) -> bool {
        this.as_ascii().is_some()
    }

    /// True if all cased characters are in lower case and there is at least one.
    #[method("islower($self, /)")]
    fn islower(this: &Str) -> bool {
        let mut cased = false;
        for c in this.code_points() {
            if unicode::is_upper(c) || unicode::is_title(c) {
                return false;
            }
            cased |= unicode::is_lower(c);
        }
        cased
    }

    /// True if all cased characters are in upper case and there is at least one.
    #[method("isupper($self, /)")]
    fn isupper(this: &Str) -> bool {
        let mut cased = false;
        for c in this.code_points() {
            if unicode::is_lower(c) || unicode::is_title(c) {
                return false;
            }
            cased |= unicode::is_upper(c);
        }
        cased
    }

    /// True if upper and title case only begin words, lower case only goes on in them, and there is a word.
    #[method("istitle($self, /)")]
    fn istitle(this: &Str) -> bool {
        let (mut cased, mut in_word) = (false, false);
        for c in this.code_points() {
            if unicode::is_upper(c) || unicode::is_title(c) {
                if in_word {
                    return false;
                }
                (in_word, cased) = (true, true);
            } else if unicode::is_lower(c) {
                if !in_word {
                    return false;
                }
                cased = true;
            } else {
                in_word = false;
            }
        }
        cased
    }

    /// True if all characters are whitespace and there is at least one.
    #[method("isspace($self, /)")]
    fn isspace(this: &Str) -> bool {
        all(this, |&c| unicode::is_space(c.into()), unicode::is_space)
    }

    /// True if all characters are decimal digits and there is at least one.
    #[method("isdecimal($self, /)")]
    fn isdecimal(this: &Str) -> bool {
        all(this, u8::is_ascii_digit, unicode::is_decimal)
    }

    /// True if all characters are digits and there is at least one.
    #[method("isdigit($self, /)")]
    fn isdigit(this: &Str) -> bool {
        all(this, u8::is_ascii_digit, unicode::is_digit)
    }

    /// True if all characters are numeric and there is at least one.
    #[method("isnumeric($self, /)")]
    fn isnumeric(this: &Str) -> bool {
        all(this, u8::is_ascii_digit, unicode::is_numeric)
    }

    /// True if all characters are letters and there is at least one.
    #[method("isalpha($self, /)")]
    fn isalpha(this: &Str) -> bool {
        all(this, u8::is_ascii_alphabetic, unicode::is_alpha)
    }

    /// True if all characters are letters or numbers and there is at least one.
    #[method("isalnum($self, /)")]
    fn isalnum(this: &Str) -> bool {
        all(this, u8::is_ascii_alphanumeric, unicode::is_alnum)
    }

    /// True if the text is an identifier; keywords are, too: see `keyword.iskeyword`.
    #[method("isidentifier($self, /)")]
    fn isidentifier(this: &Str) -> bool {
        crate::text::is_identifier(this)
    }

    /// True if `repr` would show all characters as they are; also for the empty text.
    #[method("isprintable($self, /)")]
    fn isprintable(this: &Str) -> bool {
        this.code_points().all(unicode::is_printable)
    }
}
