//! String prefixes and literals without replacement fields.

use super::{Source, Step, Tokenizer, TokenizerError};
use crate::token::TokenKind;

/// The letters before a quote.
#[derive(Clone, Copy, Default)]
pub(super) struct Prefix(u8);

impl Prefix {
    const B: u8 = 1;
    const U: u8 = 2;
    const R: u8 = 4;
    const F: u8 = 8;
    const T: u8 = 16;

    pub(super) fn is_raw(self) -> bool {
        self.0 & Self::R != 0
    }

    pub(super) fn is_format(self) -> bool {
        self.0 & Self::F != 0
    }

    pub(super) fn is_template(self) -> bool {
        self.0 & Self::T != 0
    }

    /// The letters of a pair that cannot stand together, if there is one.
    fn conflict(self) -> Option<(char, char)> {
        let pairs = [
            (Self::U | Self::B, ('u', 'b')),
            (Self::U | Self::R, ('u', 'r')),
            (Self::U | Self::F, ('u', 'f')),
            (Self::U | Self::T, ('u', 't')),
            (Self::B | Self::F, ('b', 'f')),
            (Self::B | Self::T, ('b', 't')),
            (Self::F | Self::T, ('f', 't')),
        ];
        pairs.into_iter().find(|(both, _)| self.0 & both == *both).map(|(_, letters)| letters)
    }
}

impl<S: Source> Tokenizer<S> {
    /// The string prefix at `pos`, if letters of prefixes, each once, and then a quote stand there; `pos` goes to the quote.
    #[inline]
    pub(super) fn string_prefix(&mut self) -> Result<Option<Prefix>, TokenizerError> {
        let mut prefix = Prefix::default();
        let mut length = 0;
        loop {
            let letter = match self.peek_at(length) | 0x20 {
                b'b' => Prefix::B,
                b'u' => Prefix::U,
                b'r' => Prefix::R,
                b'f' => Prefix::F,
                b't' => Prefix::T,
                _ => return Ok(None),
            };
            if prefix.0 & letter != 0 {
                return Ok(None);
            }
            prefix.0 |= letter;
            length += 1;
            if matches!(self.peek_at(length), b'\'' | b'"') {
                break;
            }
        }
        self.pos += length;
        if let Some((one, other)) = prefix.conflict() {
            let message = format!("'{one}' and '{other}' prefixes are incompatible");
            return Err(self.raise_columns(message, self.start + 1, self.pos + 1));
        }
        Ok(Some(prefix))
    }

    /// Skips the opening quotes at `pos`: 1 or 3, and the quote itself. An empty literal `''` counts as one quote.
    pub(super) fn opening_quotes(&mut self) -> (u8, usize) {
        let quote = self.peek();
        let size = if self.peek_at(1) == quote && self.peek_at(2) == quote { 3 } else { 1 };
        self.pos += size;
        (quote, size)
    }

    /// A string literal whose quote is at `pos` and whose prefix starts at the mark.
    pub(super) fn string(&mut self) -> Step {
        let (quote, size) = self.opening_quotes();
        let mut escaped_quote = false;
        loop {
            let rest = &self.source.bytes()[self.pos..];
            let Some(at) = memchr::memchr3(quote, b'\\', b'\n', rest) else {
                self.pos = self.source.bytes().len();
                return Err(self.unterminated_string(quote, size, escaped_quote, true));
            };
            let found = rest[at];
            self.pos += at + 1;
            if found == quote {
                if size == 1 {
                    return Ok(self.token(TokenKind::String));
                }
                if self.peek() == quote && self.peek_at(1) == quote {
                    self.pos += 2;
                    return Ok(self.token(TokenKind::String));
                }
            } else if found == b'\n' {
                if size == 1 {
                    return Err(self.unterminated_string(quote, size, escaped_quote, false));
                }
                self.enter_line(true)?;
            } else {
                escaped_quote |= self.peek() == quote;
                self.skip_escaped()?;
            }
        }
    }

    /// Skips the byte after a backslash; a line end counts.
    pub(super) fn skip_escaped(&mut self) -> Result<(), TokenizerError> {
        if self.peek() == b'\r' {
            self.pos += 1;
        }
        if self.at_end() {
            return Ok(());
        }
        self.pos += 1;
        if self.source.bytes()[self.pos - 1] == b'\n' {
            self.enter_line(true)?;
        }
        Ok(())
    }

    fn unterminated_string(&self, quote: u8, size: usize, escaped_quote: bool, at_eof: bool) -> TokenizerError {
        let raise = |message: String| self.raise_at(message, self.start_line, self.start_line_begin, self.start + 1);
        if let Some(mode) = self.modes.last()
            && (mode.quote, mode.quote_size) == (quote, size)
        {
            return raise(format!("{}-string: expecting '}}'", mode.letter()));
        }
        let detected = format!("(detected at line {})", self.line);
        let mut failure = raise(match (size, escaped_quote) {
            (3, _) => format!("unterminated triple-quoted string literal {detected}"),
            (_, true) => format!("unterminated string literal {detected}; perhaps you escaped the end quote?"),
            _ => format!("unterminated string literal {detected}"),
        });
        failure.error.incomplete = at_eof;
        failure
    }
}
