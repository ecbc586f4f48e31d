//! Subjects: strings of one, two or four bytes a character.

/// What is searched: Python's three representations of `str`, the first also for bytes.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    Latin1(&'a [u8]),
    Ucs2(&'a [u16]),
    Ucs4(&'a [u32]),
}

impl Subject<'_> {
    /// Length in characters.
    pub fn len(&self) -> usize {
        match self {
            Subject::Latin1(text) => text.len(),
            Subject::Ucs2(text) => text.len(),
            Subject::Ucs4(text) => text.len(),
        }
    }

    /// Whether there is no character.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A character of a subject.
pub(crate) trait Unit: Copy + Eq + Into<u32> + 'static {
    /// Whether every character lies in the 256 of the tables.
    const NARROW: bool;

    fn narrow(c: u32) -> Option<Self>;

    fn find(text: &[Self], c: Self) -> Option<usize> {
        // Whole chunks are compared without a branch per character, which the compiler turns into vector code.
        let mut chunks = text.chunks_exact(16);
        let mut at = 0;
        for chunk in &mut chunks {
            if chunk.iter().fold(false, |found, &unit| found | (unit == c)) {
                break;
            }
            at += 16;
        }
        text[at..].iter().position(|&unit| unit == c).map(|offset| at + offset)
    }

    fn rfind(text: &[Self], c: Self) -> Option<usize> {
        text.iter().rposition(|&unit| unit == c)
    }

    fn as_bytes(_text: &[Self]) -> Option<&[u8]> {
        None
    }
}

impl Unit for u8 {
    const NARROW: bool = true;

    fn narrow(c: u32) -> Option<u8> {
        u8::try_from(c).ok()
    }

    fn find(text: &[u8], c: u8) -> Option<usize> {
        memchr::memchr(c, text)
    }

    fn rfind(text: &[u8], c: u8) -> Option<usize> {
        memchr::memrchr(c, text)
    }

    fn as_bytes(text: &[u8]) -> Option<&[u8]> {
        Some(text)
    }
}

impl Unit for u16 {
    const NARROW: bool = false;

    fn narrow(c: u32) -> Option<u16> {
        u16::try_from(c).ok()
    }
}

impl Unit for u32 {
    const NARROW: bool = false;

    fn narrow(c: u32) -> Option<u32> {
        Some(c)
    }
}
