//! Operators, delimiters, and the nesting of brackets.

use super::{MAX_BRACKETS, OpenBracket, Source, Step, Tokenizer, TokenizerError};
use crate::token::TokenKind;

/// The longest operator that starts with these bytes, and its length.
#[inline]
fn longest_operator(first: u8, second: u8, third: u8, barry_as_bdfl: bool) -> (TokenKind, usize) {
    use TokenKind::*;
    match (first, second, third) {
        (b'*', b'*', b'=') => (DoubleStarEqual, 3),
        (b'/', b'/', b'=') => (DoubleSlashEqual, 3),
        (b'<', b'<', b'=') => (LeftShiftEqual, 3),
        (b'>', b'>', b'=') => (RightShiftEqual, 3),
        (b'.', b'.', b'.') => (Ellipsis, 3),
        (b'*', b'*', _) => (DoubleStar, 2),
        (b'/', b'/', _) => (DoubleSlash, 2),
        (b'<', b'<', _) => (LeftShift, 2),
        (b'>', b'>', _) => (RightShift, 2),
        (b'<', b'>', _) if barry_as_bdfl => (NotEqual, 2),
        (b'-', b'>', _) => (RArrow, 2),
        (b'!', b'=', _) => (NotEqual, 2),
        (b'%', b'=', _) => (PercentEqual, 2),
        (b'&', b'=', _) => (AmperEqual, 2),
        (b'*', b'=', _) => (StarEqual, 2),
        (b'+', b'=', _) => (PlusEqual, 2),
        (b'-', b'=', _) => (MinEqual, 2),
        (b'/', b'=', _) => (SlashEqual, 2),
        (b':', b'=', _) => (ColonEqual, 2),
        (b'<', b'=', _) => (LessEqual, 2),
        (b'=', b'=', _) => (EqEqual, 2),
        (b'>', b'=', _) => (GreaterEqual, 2),
        (b'@', b'=', _) => (AtEqual, 2),
        (b'^', b'=', _) => (CircumflexEqual, 2),
        (b'|', b'=', _) => (VBarEqual, 2),
        _ => (single(first), 1),
    }
}

#[inline]
fn single(byte: u8) -> TokenKind {
    use TokenKind::*;
    match byte {
        b'!' => Exclamation,
        b'%' => Percent,
        b'&' => Amper,
        b'(' => LPar,
        b')' => RPar,
        b'*' => Star,
        b'+' => Plus,
        b',' => Comma,
        b'-' => Minus,
        b'.' => Dot,
        b'/' => Slash,
        b':' => Colon,
        b';' => Semi,
        b'<' => Less,
        b'=' => Equal,
        b'>' => Greater,
        b'@' => At,
        b'[' => LSqb,
        b']' => RSqb,
        b'^' => Circumflex,
        b'{' => LBrace,
        b'|' => VBar,
        b'}' => RBrace,
        b'~' => Tilde,
        _ => Op,
    }
}

impl<S: Source> Tokenizer<S> {
    /// The operator or delimiter whose first byte, at `pos`, is given.
    pub(super) fn operator(&mut self, first: u8) -> Step {
        match first {
            b'(' | b'[' | b'{' => {
                self.pos += 1;
                self.open_bracket(first)?;
                return Ok(self.token(single(first)));
            }
            b')' | b']' | b'}' => {
                self.pos += 1;
                self.close_bracket(first)?;
                return Ok(self.token(single(first)));
            }
            b':' if self.colon_starts_format_spec() => {
                self.pos += 1;
                return Ok(self.token(TokenKind::Colon));
            }
            _ => {}
        }
        let (kind, length) = longest_operator(first, self.peek_at(1), self.peek_at(2), self.options.barry_as_bdfl);
        self.pos += length;
        if kind == TokenKind::Op && !(0x20..0x7F).contains(&first) {
            return Err(self.raise(format!("invalid non-printable character U+{first:04X}")));
        }
        Ok(self.token(kind))
    }

    /// A `:` directly in a replacement field ends its expression and begins the format specification.
    fn colon_starts_format_spec(&mut self) -> bool {
        let Some(mode) = self.modes.last_mut() else {
            return false;
        };
        if mode.expression_depth < 0 || mode.bracket_depth - 1 != mode.expression_depth {
            return false;
        }
        mode.in_literal = true;
        mode.in_format_spec = true;
        true
    }

    fn open_bracket(&mut self, bracket: u8) -> Result<(), TokenizerError> {
        if self.open.len() >= MAX_BRACKETS {
            return Err(self.raise("too many nested parentheses"));
        }
        let col = (self.start - self.line_start) as u32;
        self.open.push(OpenBracket { bracket, line: self.line, col });
        if let Some(mode) = self.modes.last_mut() {
            mode.bracket_depth += 1;
        }
        Ok(())
    }

    fn close_bracket(&mut self, bracket: u8) -> Result<(), TokenizerError> {
        if let Some(mode) = self.modes.last()
            && mode.bracket_depth == 0
            && bracket == b'}'
        {
            return Err(self.raise(format!("{}-string: single '}}' is not allowed", mode.letter())));
        }
        match self.open.pop() {
            Some(open) if !matches(open.bracket, bracket) => self.mismatched(open, bracket)?,
            Some(_) => {}
            None if !self.options.extra_tokens => {
                return Err(self.raise(format!("unmatched '{}'", bracket as char)));
            }
            None => {}
        }
        let Some(mode) = self.modes.last_mut() else {
            return Ok(());
        };
        mode.bracket_depth -= 1;
        if mode.bracket_depth < 0 {
            let message = format!("{}-string: unmatched '{}'", mode.letter(), bracket as char);
            return Err(self.raise(message));
        }
        if bracket == b'}' && mode.bracket_depth == mode.expression_depth {
            mode.expression_depth -= 1;
            mode.in_literal = true;
            mode.in_format_spec = false;
        }
        Ok(())
    }

    fn mismatched(&self, open: OpenBracket, bracket: u8) -> Result<(), TokenizerError> {
        let (opening, closing) = (open.bracket as char, bracket as char);
        if let Some(mode) = self.modes.last()
            && open.bracket == b'{'
            && mode.bracket_depth - 1 == mode.expression_depth
        {
            return Err(self.raise(format!("{}-string: unmatched '{closing}'", mode.letter())));
        }
        if self.options.extra_tokens {
            return Ok(());
        }
        let message = format!("closing parenthesis '{closing}' does not match opening parenthesis '{opening}'");
        if open.line == self.line {
            Err(self.raise(message))
        } else {
            Err(self.raise(format!("{message} on line {}", open.line)))
        }
    }
}

fn matches(open: u8, close: u8) -> bool {
    matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}
