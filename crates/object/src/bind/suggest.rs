//! "Did you mean": the nearest of some names, by CPython's measure (`Python/suggestions.c`).

/// Cost of inserting, deleting or exchanging a byte.
const MOVE: usize = 2;
/// Cost of exchanging the case of a letter.
const CASE: usize = 1;
/// Longer differing parts are not compared.
const MAX_LENGTH: usize = 40;
/// More candidates than this are not looked at.
const MAX_CANDIDATES: usize = 750;

/// The candidate that is nearest to `name`, if one is near enough: not more than about a third of both may differ.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let mut best: Option<(&str, usize)> = None;
    for (index, candidate) in candidates.into_iter().enumerate() {
        if index >= MAX_CANDIDATES {
            return None;
        }
        if candidate == name {
            continue;
        }
        let mut limit = (name.len() + candidate.len() + 3) * MOVE / 6;
        if let Some((_, distance)) = best {
            limit = limit.min(distance.saturating_sub(1));
        }
        if let Some(distance) = distance(name.as_bytes(), candidate.as_bytes(), limit)
            && best.is_none_or(|(_, least)| distance < least)
        {
            best = Some((candidate, distance));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// The weighted edit distance, unless it is above `limit`.
pub fn distance(left: &[u8], right: &[u8], limit: usize) -> Option<usize> {
    let prefix = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    let (left, right) = (&left[prefix..], &right[prefix..]);
    let suffix = left.iter().rev().zip(right.iter().rev()).take_while(|(l, r)| l == r).count();
    let (left, right) = (&left[..left.len() - suffix], &right[..right.len() - suffix]);
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let within = |distance: usize| (distance <= limit).then_some(distance);
    if short.is_empty() {
        return within(long.len() * MOVE);
    }
    if long.len() > MAX_LENGTH || (long.len() - short.len()) * MOVE > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=short.len()).map(|n| n * MOVE).collect();
    for (done, &byte) in long.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (done + 1) * MOVE;
        let mut least = usize::MAX;
        for (index, &other) in short.iter().enumerate() {
            let exchanged = diagonal + exchange_cost(byte, other);
            diagonal = row[index + 1];
            row[index + 1] = exchanged.min(row[index].min(diagonal) + MOVE);
            least = least.min(row[index + 1]);
        }
        if least > limit {
            return None;
        }
    }
    within(row[short.len()])
}

fn exchange_cost(left: u8, right: u8) -> usize {
    if left == right {
        0
    } else if left.eq_ignore_ascii_case(&right) {
        CASE
    } else {
        MOVE
    }
}
