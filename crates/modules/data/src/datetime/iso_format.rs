//! Reading ISO 8601 texts, as much of it as `fromisoformat` takes.

use super::calendar::from_iso_calendar;

/// A date as it was written, not checked but for weeks.
pub(super) type DateParts = (i32, i32, i32);

/// A time of day as it was written.
#[derive(Clone, Copy, Default)]
pub(super) struct TimeParts {
    pub(super) hour: i32,
    pub(super) minute: i32,
    pub(super) second: i32,
    pub(super) microsecond: i32,
    /// Microseconds east of UTC, if an offset was written.
    pub(super) offset: Option<i128>,
}

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |n, byte| byte.is_ascii_digit().then(|| n * 10 + i32::from(byte - b'0')))
}

/// The number of exactly `count` digits at a position, and the position behind it.
fn digits(text: &[u8], at: usize, count: usize) -> Option<(i32, usize)> {
    Some((number(text.get(at..at + count)?)?, at + count))
}

/// Reads `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]` or `YYYYWww[D]`.
pub(super) fn parse_date(text: &[u8]) -> Option<DateParts> {
    if !matches!(text.len(), 7 | 8 | 10) {
        return None;
    }
    let (year, mut at) = digits(text, 0, 4)?;
    let separated = text[at] == b'-';
    at += usize::from(separated);
    if text.get(at) == Some(&b'W') {
        let (week, mut at) = digits(text, at + 1, 2)?;
        let mut day = 1;
        if at < text.len() {
            if (text[at] == b'-') != separated {
                return None;
            }
            at += usize::from(separated);
            (day, at) = digits(text, at, 1)?;
        }
        if at != text.len() {
            return None;
        }
        return from_iso_calendar(year.into(), week.into(), day.into()).ok();
    }
    let (month, mut at) = digits(text, at, 2)?;
    if (text.get(at) == Some(&b'-')) != separated {
        return None;
    }
    at += usize::from(separated);
    let (day, at) = digits(text, at, 2)?;
    (at == text.len()).then_some((year, month, day))
}

/// Reads `HH[:MM[:SS[.f+]]]`, with colons or without.
fn parse_clock(text: &[u8]) -> Option<[i32; 4]> {
    let mut parts = [0; 4];
    let mut at = 0;
    let separated = text.get(2) == Some(&b':');
    for part in 0..3 {
        (parts[part], at) = digits(text, at, 2)?;
        match text.get(at) {
            None => return Some(parts),
            Some(_) if part == 2 => break,
            Some(b':') if separated => at += 1,
            Some(_) if separated => return None,
            Some(_) => {}
        }
    }
    if !matches!(text[at], b'.' | b',') {
        return None;
    }
    let fraction = &text[at + 1..];
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut micros = number(&fraction[..fraction.len().min(6)])?;
    for _ in fraction.len()..6 {
        micros *= 10;
    }
    parts[3] = micros;
    Some(parts)
}

/// Reads a time of day with an offset, if there is one.
pub(super) fn parse_time(text: &[u8]) -> Option<TimeParts> {
    let zone_at = text.iter().position(|byte| matches!(byte, b'+' | b'-' | b'Z'));
    let [hour, minute, second, microsecond] = parse_clock(&text[..zone_at.unwrap_or(text.len())])?;
    let offset = match zone_at {
        None => None,
        Some(at) if text[at] == b'Z' => (at + 1 == text.len()).then_some(Some(0))?,
        Some(at) => {
            let [hours, minutes, seconds, micros] = parse_clock(&text[at + 1..])?;
            let total = i128::from(hours * 3600 + minutes * 60 + seconds) * 1_000_000 + i128::from(micros);
            Some(if text[at] == b'-' { -total } else { total })
        }
    };
    Some(TimeParts { hour, minute, second, microsecond, offset })
}

/// Where the date ends in the text of a date and time of at least seven characters. `W` and digits stand for
/// themselves, any other character may be the separator.
pub(super) fn separator_position(text: &[u32]) -> usize {
    let is = |at: usize, byte: u8| text.get(at) == Some(&u32::from(byte));
    let is_digit = |at: usize| text.get(at).is_some_and(|c| (0x30..0x3A).contains(c));
    if text.len() == 7 {
        return 7;
    }
    if is(4, b'-') {
        if !is(5, b'W') {
            return 10;
        }
        if !is(8, b'-') {
            return 8;
        }
        // YYYY-Www-##: what follows is a day if one digit follows, the time if there are two.
        return if text.len() > 10 && is_digit(10) { 8 } else { 10 };
    }
    if !is(4, b'W') {
        return 8;
    }
    let end = (7..text.len()).find(|&at| !is_digit(at)).unwrap_or(text.len());
    match end {
        ..9 => end,
        end if end % 2 == 0 => 7,
        _ => 8,
    }
}
