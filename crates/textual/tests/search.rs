//! Searching against the obvious way to do it.

use pyrope_textual::search;

/// A small generator of numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn word(&mut self, longest: usize, letters: usize) -> Vec<u8> {
        (0..self.below(longest + 1)).map(|_| b'a' + self.below(letters) as u8).collect()
    }
}

fn naive(haystack: &[u8], needle: &[u8]) -> Vec<usize> {
    (0..=haystack.len().saturating_sub(needle.len()))
        .filter(|&at| haystack.get(at..at + needle.len()) == Some(needle))
        .collect()
}

#[test]
fn finds_what_is_there() {
    let mut random = Random(7);
    for round in 0..4000 {
        let letters = 1 + random.below(3);
        let repeats = 1 + random.below(if round % 10 == 0 { 400 } else { 3 });
        let haystack = random.word(12, letters).repeat(repeats);
        let needle = random.word(5, letters).repeat(1 + random.below(if round % 5 == 0 { 40 } else { 2 }));
        let places = naive(&haystack, &needle);
        let wide = |text: &[u8]| -> Vec<u16> { text.iter().map(|&b| u16::from(b) + 0x400).collect() };
        let (wide_haystack, wide_needle) = (wide(&haystack), wide(&needle));
        assert_eq!(search::find(&haystack, &needle), places.first().copied());
        assert_eq!(search::rfind(&haystack, &needle), places.last().copied());
        assert_eq!(search::find(&wide_haystack, &wide_needle), places.first().copied(), "{haystack:?} {needle:?}");
        assert_eq!(search::rfind(&wide_haystack, &wide_needle), places.last().copied(), "{haystack:?} {needle:?}");
        if needle.is_empty() {
            assert_eq!(search::count(&haystack, &needle, usize::MAX), haystack.len() + 1);
            continue;
        }
        let text = String::from_utf8(haystack.clone()).expect("ASCII");
        let wanted = std::str::from_utf8(&needle).expect("ASCII");
        assert_eq!(search::count(&wide_haystack, &wide_needle, usize::MAX), text.matches(wanted).count());
        let limit = random.below(4);
        let show = |pieces: Vec<std::ops::Range<usize>>| -> Vec<String> {
            pieces.into_iter().map(|piece| text[piece].to_owned()).collect()
        };
        assert_eq!(show(search::split(&haystack, &needle, limit)), text.splitn(limit + 1, wanted).collect::<Vec<_>>());
        let mut right: Vec<&str> = text.rsplitn(limit + 1, wanted).collect();
        right.reverse();
        assert_eq!(show(search::rsplit(&wide_haystack, &wide_needle, limit)), right);
    }
}

#[test]
fn splits_at_space_and_lines() {
    let text = b"  a b\t c  ";
    let space = |c: u32| matches!(c, 9..=13 | 32);
    let show = |pieces: Vec<std::ops::Range<usize>>| -> Vec<&str> {
        pieces.into_iter().map(|piece| std::str::from_utf8(&text[piece]).expect("ASCII")).collect()
    };
    assert_eq!(show(search::split_whitespace(text, usize::MAX, space)), ["a", "b", "c"]);
    assert_eq!(show(search::split_whitespace(text, 1, space)), ["a", "b\t c  "]);
    assert_eq!(show(search::rsplit_whitespace(text, 1, space)), ["  a b", "c"]);
    assert_eq!(show(search::rsplit_whitespace(text, 0, space)), ["  a b\t c"]);
    let lines = |keep| search::split_lines(b"a\r\nb\n\nc\r", keep, |c| matches!(c, 10 | 13));
    assert_eq!(lines(false), [0..1, 3..4, 5..5, 6..7]);
    assert_eq!(lines(true), [0..3, 3..5, 5..6, 6..8]);
}
