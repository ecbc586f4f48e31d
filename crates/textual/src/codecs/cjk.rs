//! East Asian encodings of one to four bytes a character, and those that switch between character sets.

mod hz;
mod iso2022;
mod jamo;
mod tables;

use std::sync::OnceLock;

use super::{DecodeErrors, EncodeErrors, Issue, Replacement, Sink};
use crate::Unit;
use tables::Tables;

macro_rules! encodings {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// An encoding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Cjk {
            $($name),*
        }

        const ALL: &[Cjk] = &[$(Cjk::$name),*];
        /// In the order of [`Cjk`]: CPython's names.
        const NAMES: [&str; ALL.len()] = [$($text),*];
    };
}

encodings! {
    Gb2312 = "gb2312",
    Gbk = "gbk",
    Gb18030 = "gb18030",
    Hz = "hz",
    Big5 = "big5",
    Cp950 = "cp950",
    Big5Hkscs = "big5hkscs",
    EucKr = "euc_kr",
    Cp949 = "cp949",
    Johab = "johab",
    ShiftJis = "shift_jis",
    Cp932 = "cp932",
    EucJp = "euc_jp",
    EucJis2004 = "euc_jis_2004",
    EucJisx0213 = "euc_jisx0213",
    ShiftJis2004 = "shift_jis_2004",
    ShiftJisx0213 = "shift_jisx0213",
    Iso2022Kr = "iso2022_kr",
    Iso2022Jp = "iso2022_jp",
    Iso2022Jp1 = "iso2022_jp_1",
    Iso2022Jp2 = "iso2022_jp_2",
    Iso2022Jp2004 = "iso2022_jp_2004",
    Iso2022Jp3 = "iso2022_jp_3",
    Iso2022JpExt = "iso2022_jp_ext",
}

/// What an encoder or a decoder remembers between calls; the bytes are CPython's.
pub type State = [u8; 8];

const ILLEGAL: &str = "illegal multibyte sequence";
/// The reason of an issue that more bytes could have prevented.
pub const INCOMPLETE: &str = "incomplete multibyte sequence";

/// What stands at the start of input.
enum Read {
    /// One code point or two, the second 0 if there is none, and the bytes they took.
    Text([u32; 2], usize),
    /// So many bytes that stand for no text.
    Nothing(usize),
    Incomplete,
    /// So many bytes are wrong.
    Illegal(usize),
}

impl Cjk {
    /// By CPython's name of the codec (`_codecs_cn.getcodec("gb2312")` …).
    pub fn from_name(name: &str) -> Option<Cjk> {
        NAMES.iter().position(|&known| known == name).map(|at| ALL[at])
    }

    /// CPython's name.
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// Made when the encoding, or one that stands on it, is first used.
    fn tables(self) -> &'static Tables {
        static TABLES: [OnceLock<Tables>; ALL.len()] = [const { OnceLock::new() }; ALL.len()];
        TABLES[self as usize].get_or_init(|| Tables::new(self))
    }

    /// What an encoder begins with.
    pub fn encoder_start(self) -> State {
        iso2022::config(self).map_or([0; 8], |_| iso2022::ENCODER_START)
    }

    /// What a decoder begins with.
    pub fn decoder_start(self) -> State {
        iso2022::config(self).map_or([0; 8], |_| iso2022::DECODER_START)
    }

    /// Brings a decoder's state back.
    pub fn reset_decoder(self, state: &mut State) {
        match (self, iso2022::config(self)) {
            (Cjk::Hz, _) => hz::reset_decoder(state),
            (_, Some(_)) => iso2022::reset_decoder(state),
            _ => {}
        }
    }

    /// Brings an encoder's state back, and writes what says so.
    pub fn reset_encoder(self, state: &mut State, out: &mut Vec<u8>) {
        match (self, iso2022::config(self)) {
            (Cjk::Hz, _) => hz::reset_encoder(state, out),
            (_, Some(_)) => iso2022::reset_encoder(state, out),
            _ => {}
        }
    }

    /// True of the bytes in place of which JIS X 0201 has the yen sign and the overline.
    fn is_roman(self, byte: u32) -> bool {
        matches!(self, Cjk::ShiftJis2004 | Cjk::ShiftJisx0213) && matches!(byte, 0x5C | 0x7E)
    }

    fn read(self, input: &[u8], state: &mut State) -> Read {
        match (self, iso2022::config(self), input[0]) {
            (Cjk::Hz, ..) => hz::read(input, state),
            (_, Some(config), _) => iso2022::read(config, input, state),
            (_, _, byte @ 0..0x80) if self.is_roman(u32::from(byte)) => {
                Read::Text([if byte == 0x5C { 0xA5 } else { 0x203E }, 0], 1)
            }
            (_, _, byte @ 0..0x80) => Read::Text([u32::from(byte), 0], 1),
            (Cjk::Johab, ..) => jamo::read_johab(input, Cjk::Cp949.tables()),
            _ => self.tables().read(self, input),
        }
    }

    /// Writes a code point, or two; how many, or `None` if it cannot be encoded.
    fn write(self, code_point: u32, next: Option<u32>, state: &mut State, out: &mut Vec<u8>) -> Option<usize> {
        match (self, iso2022::config(self)) {
            (Cjk::Hz, _) => hz::write(code_point, state, out),
            (_, Some(config)) => iso2022::write(config, code_point, next, state, out),
            (Cjk::Johab, _) if code_point >= 0x80 => jamo::write_johab(code_point, Cjk::Cp949.tables(), out),
            _ => self.tables().write(self, code_point, next, out),
        }
    }

    /// True if a following character may join this one.
    fn may_join(self, code_point: u32) -> bool {
        match iso2022::config(self) {
            Some(config) => iso2022::may_join(config, code_point),
            None => code_point >= 0x80 && self.tables().may_join(code_point),
        }
    }

    /// Decodes. Returns the bytes consumed: all if `is_final`.
    pub fn decode<S: Sink, H: DecodeErrors<S>>(
        self,
        input: &[u8],
        state: &mut State,
        is_final: bool,
        out: &mut S,
        errors: &mut H,
    ) -> Result<usize, H::Error> {
        let mut at = 0;
        while at < input.len() {
            let (end, reason) = match self.read(&input[at..], state) {
                Read::Text(text, length) => {
                    out.push(text[0]);
                    if text[1] != 0 {
                        out.push(text[1]);
                    }
                    at += length;
                    continue;
                }
                Read::Nothing(length) => {
                    at += length;
                    continue;
                }
                Read::Incomplete if !is_final => break,
                Read::Incomplete => (input.len(), INCOMPLETE),
                Read::Illegal(length) => (at + length, ILLEGAL),
            };
            let issue = Issue { encoding: self.name(), start: at, end, reason };
            at = errors.handle(&issue, out)?.min(input.len());
        }
        Ok(at)
    }

    /// Encodes. Returns the bytes, and how much of the text they stand for: all of it if `is_final`, and then the state is
    /// the initial one again.
    pub fn encode<U: Unit, H: EncodeErrors>(
        self,
        text: &[U],
        state: &mut State,
        is_final: bool,
        errors: &mut H,
    ) -> Result<(Vec<u8>, usize), H::Error> {
        let mut out = Vec::with_capacity(text.len() * 2);
        let mut at = 0;
        while let Some(&unit) = text.get(at) {
            let next = text.get(at + 1).map(|&u| u.into());
            if next.is_none() && !is_final && self.may_join(unit.into()) {
                break;
            }
            if let Some(length) = self.write(unit.into(), next, state, &mut out) {
                at += length;
                continue;
            }
            let issue = Issue { encoding: self.name(), start: at, end: at + 1, reason: ILLEGAL };
            let (replacement, next) = errors.handle(&issue)?;
            match replacement {
                Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
                Replacement::Text(text) => {
                    let mut rest = &text[..];
                    while let [first, following @ ..] = rest {
                        let Some(length) = self.write(*first, following.first().copied(), state, &mut out) else {
                            let start = text.len() - rest.len();
                            return Err(errors.fail_within(&text, &Issue { start, end: start + 1, ..issue }));
                        };
                        rest = &rest[length..];
                    }
                }
            }
            at = next.min(text.len());
        }
        if is_final {
            self.reset_encoder(state, &mut out);
        }
        Ok((out, at))
    }
}
