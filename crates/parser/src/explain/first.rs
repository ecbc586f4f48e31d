//! Which tokens each alternative can begin with, so that hopeless ones are not tried.
//!
//! Leaving out an alternative that cannot match the next token changes nothing that can be seen: it would have looked at
//! that token only.

use super::grammar::{Alternative, Item, Rule};
use crate::parser::kind::Kind;

/// A set of kinds, one bit for each.
pub(super) type Kinds = u128;

/// The set of one kind.
pub(super) fn only(kind: Kind) -> Kinds {
    1 << kind as u8
}

/// What is known of a production or a part of one.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct First {
    kinds: Kinds,
    /// It can match without a token.
    empty: bool,
}

/// Fills in `first` of all alternatives.
pub(super) fn fill(rules: &mut [Rule]) {
    let mut known = vec![First::default(); rules.len()];
    loop {
        let next: Vec<First> = rules.iter().map(|rule| any(&rule.alternatives, &known)).collect();
        if next == known {
            break;
        }
        known = next;
    }
    for rule in rules {
        fill_alternatives(&mut rule.alternatives, &known);
    }
}

fn any(alternatives: &[Alternative], known: &[First]) -> First {
    alternatives.iter().fold(First::default(), |sum, alternative| {
        let first = sequence(alternative, known);
        First { kinds: sum.kinds | first.kinds, empty: sum.empty | first.empty }
    })
}

fn sequence(alternative: &Alternative, known: &[First]) -> First {
    let mut sum = First { kinds: 0, empty: true };
    for (_, item) in &alternative.items {
        let first = one(item, known);
        sum.kinds |= first.kinds;
        if !first.empty {
            sum.empty = false;
            break;
        }
    }
    sum
}

fn one(item: &Item, known: &[First]) -> First {
    match item {
        Item::Token(kind) => First { kinds: only(*kind), empty: false },
        Item::Soft(_) | Item::AnySoft => First { kinds: only(Kind::Name), empty: false },
        Item::Rule(rule) => known[*rule],
        Item::Group(alternatives) => any(alternatives, known),
        Item::Optional(alternatives) => First { empty: true, ..any(alternatives, known) },
        Item::Repeat(inner, once) => {
            let first = one(inner, known);
            First { empty: first.empty || !once, ..first }
        }
        Item::Separated(_, inner) => one(inner, known),
        // What must come raises an error at anything else.
        Item::Must(..) => First { kinds: Kinds::MAX, empty: false },
        Item::Look(..) | Item::Cut => First { kinds: 0, empty: true },
    }
}

fn fill_alternatives(alternatives: &mut [Alternative], known: &[First]) {
    for alternative in alternatives {
        let first = sequence(alternative, known);
        alternative.first = if first.empty { Kinds::MAX } else { first.kinds };
        for (_, item) in &mut alternative.items {
            fill_item(item, known);
        }
    }
}

fn fill_item(item: &mut Item, known: &[First]) {
    match item {
        Item::Group(alternatives) | Item::Optional(alternatives) => fill_alternatives(alternatives, known),
        Item::Repeat(inner, _) | Item::Separated(_, inner) | Item::Look(inner, _) => fill_item(inner, known),
        _ => {}
    }
}
