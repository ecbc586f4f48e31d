//! Tests of one character: literals, sets and categories, under a folding, as a table for the first 256 characters and
//! a rule for the rest.

use crate::characters::{Characters, Fold, in_category, is_locale_category, locale_lower, locale_upper};
use crate::constants::op;

/// What a test asks, as the code says it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    /// Equal to the literal, or not when negated.
    Literal {
        c: u32,
        negated: bool,
    },
    /// In the set: its code words, without the final FAILURE. Validated by `translate`.
    Set(Box<[u32]>),
    /// In the category.
    Category(u32),
    /// Anything but a newline.
    NotNewline,
    Everything,
    Nothing,
}

/// Members of a small set of bytes, for searching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Few {
    None,
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    Many,
}

impl Few {
    /// The members of a table.
    pub(crate) fn of(table: &[bool; 256], wanted: bool) -> Few {
        let mut bytes = (0..=255u8).filter(|&byte| table[byte as usize] == wanted);
        match (bytes.next(), bytes.next(), bytes.next(), bytes.next()) {
            (None, ..) => Few::None,
            (Some(a), None, ..) => Few::One(a),
            (Some(a), Some(b), None, _) => Few::Two(a, b),
            (Some(a), Some(b), Some(c), None) => Few::Three(a, b, c),
            _ => Few::Many,
        }
    }
}

/// A test of one character.
pub(crate) struct Test {
    pub(crate) table: [bool; 256],
    /// The table answers below this: 256, or 0 when the answer depends on the locale of the moment.
    limit: u32,
    rule: Rule,
    fold: Fold,
    /// The bytes that fail the test.
    pub(crate) stops: Few,
}

impl Test {
    pub(crate) fn new(rule: Rule, fold: Fold, chars: &dyn Characters) -> Test {
        let mut test = Test { table: [false; 256], limit: 0, rule, fold, stops: Few::Many };
        if test.depends_on_locale() {
            return test;
        }
        for c in 0..256 {
            test.table[c as usize] = test.decide(c, chars);
        }
        test.limit = 256;
        test.stops = Few::of(&test.table, false);
        test
    }

    /// Whether the table says nothing.
    pub(crate) fn depends_on_locale(&self) -> bool {
        self.fold == Fold::Locale
            || match &self.rule {
                Rule::Category(category) => is_locale_category(*category),
                Rule::Set(set) => set_depends_on_locale(set),
                _ => false,
            }
    }

    /// Whether characters past the table may pass.
    pub(crate) fn may_pass_high(&self) -> bool {
        match &self.rule {
            Rule::Nothing => false,
            Rule::Literal { c, negated: false } => *c > 255 || self.fold != Fold::None,
            _ => true,
        }
    }

    /// Whether every character past the table passes.
    pub(crate) fn passes_all_high(&self) -> bool {
        match &self.rule {
            Rule::Everything | Rule::NotNewline => true,
            Rule::Literal { c, negated: true } => *c < 256 && self.fold == Fold::None,
            _ => false,
        }
    }

    #[inline(always)]
    pub(crate) fn passes(&self, c: u32, chars: &dyn Characters) -> bool {
        if c < self.limit { self.table[(c & 255) as usize] } else { self.decide(c, chars) }
    }

    #[inline(never)]
    fn decide(&self, c: u32, chars: &dyn Characters) -> bool {
        match &self.rule {
            Rule::Literal { c: literal, negated } => self.equals(c, *literal, chars) != *negated,
            Rule::Set(set) if self.fold == Fold::Locale => {
                let (lower, upper) = (locale_lower(c, chars), locale_upper(c, chars));
                // Either case is a member, or, of a negated set, neither.
                let (negated, members) = match set.split_first() {
                    Some((&op::NEGATE, members)) => (true, members),
                    _ => (false, &set[..]),
                };
                let member = in_set(members, lower, chars) || (upper != lower && in_set(members, upper, chars));
                member != negated
            }
            Rule::Set(set) => in_set(set, self.fold.lower(c, chars), chars),
            Rule::Category(category) => in_category(*category, c, chars),
            Rule::NotNewline => c != 0x0A,
            Rule::Everything => true,
            Rule::Nothing => false,
        }
    }

    fn equals(&self, c: u32, literal: u32, chars: &dyn Characters) -> bool {
        if self.fold == Fold::Locale {
            return c == literal || locale_lower(c, chars) == literal || locale_upper(c, chars) == literal;
        }
        self.fold.lower(c, chars) == literal
    }
}

/// One member rule of a set's code.
pub(crate) enum Item<'a> {
    Negate,
    Literal(u32),
    Range(u32, u32),
    RangeIgnore(u32, u32),
    Category(u32),
    /// A bitmap of 256 characters in 8 words.
    Bitmap(&'a [u32]),
    /// 64 words of block numbers, then blocks of 8 words.
    Big(&'a [u32], &'a [u32]),
}

/// Splits the first item off a set's code; `None` when it is malformed.
pub(crate) fn next_item(set: &[u32]) -> Option<(Item<'_>, &[u32])> {
    let (&operator, rest) = set.split_first()?;
    Some(match operator {
        op::NEGATE => (Item::Negate, rest),
        op::LITERAL => (Item::Literal(*rest.first()?), &rest[1..]),
        op::RANGE => (Item::Range(*rest.first()?, *rest.get(1)?), &rest[2..]),
        op::RANGE_UNI_IGNORE => (Item::RangeIgnore(*rest.first()?, *rest.get(1)?), &rest[2..]),
        op::CATEGORY => (Item::Category(*rest.first()?), &rest[1..]),
        op::CHARSET => {
            let (bitmap, rest) = rest.split_at_checked(8)?;
            (Item::Bitmap(bitmap), rest)
        }
        op::BIGCHARSET => {
            let (&count, rest) = rest.split_first()?;
            let (index, rest) = rest.split_at_checked(64)?;
            let (blocks, rest) = rest.split_at_checked((count as usize).checked_mul(8)?)?;
            (Item::Big(index, blocks), rest)
        }
        _ => return None,
    })
}

/// The block number of a big set's index for the characters `256 * page ..`.
pub(crate) fn block_number(index: &[u32], page: usize) -> usize {
    index.get(page / 4).map_or(usize::MAX, |word| word.to_ne_bytes()[page % 4].into())
}

fn bit(bitmap: &[u32], at: usize) -> bool {
    bitmap.get(at / 32).is_some_and(|word| word >> (at % 32) & 1 != 0)
}

fn in_item(item: &Item<'_>, c: u32, chars: &dyn Characters) -> bool {
    match *item {
        Item::Negate => false,
        Item::Literal(literal) => c == literal,
        Item::Range(low, high) => (low..=high).contains(&c),
        Item::RangeIgnore(low, high) => (low..=high).contains(&c) || (low..=high).contains(&chars.to_upper(c)),
        Item::Category(category) => in_category(category, c, chars),
        Item::Bitmap(bitmap) => c < 256 && bit(bitmap, c as usize),
        Item::Big(index, blocks) => {
            c < 0x10000 && {
                let block = block_number(index, (c >> 8) as usize);
                bit(blocks, block.saturating_mul(256).saturating_add((c & 255) as usize))
            }
        }
    }
}

/// Whether a folded character is in a set.
fn in_set(mut set: &[u32], c: u32, chars: &dyn Characters) -> bool {
    let mut answer = true;
    while let Some((item, rest)) = next_item(set) {
        if matches!(item, Item::Negate) {
            answer = !answer;
        } else if in_item(&item, c, chars) {
            return answer;
        }
        set = rest;
    }
    !answer
}

fn set_depends_on_locale(mut set: &[u32]) -> bool {
    while let Some((item, rest)) = next_item(set) {
        if matches!(item, Item::Category(category) if is_locale_category(category)) {
            return true;
        }
        set = rest;
    }
    false
}
