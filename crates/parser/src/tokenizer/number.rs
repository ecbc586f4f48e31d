//! Number literals: where they end, and what is wrong with them.

use super::bytes::is_identifier_byte;
use super::{Source, Step, Tokenizer, TokenizerError};
use crate::token::TokenKind;

type Checked = Result<(), TokenizerError>;

impl<S: Source> Tokenizer<S> {
    /// A number that starts, with a digit or a point before a digit, at `pos`.
    pub(super) fn number(&mut self) -> Step {
        if self.peek() == b'0' {
            match self.peek_at(1) | 0x20 {
                b'x' => return self.radix_number("hexadecimal", 16),
                b'o' => return self.radix_number("octal", 8),
                b'b' => return self.radix_number("binary", 2),
                _ => {}
            }
            return self.zeros();
        }
        if self.peek() != b'.' {
            self.decimal_tail()?;
        }
        self.fraction_and_exponent()
    }

    /// `0x`, `0o` or `0b` and digits, each run of which may be preceded by one underscore.
    fn radix_number(&mut self, name: &str, radix: u32) -> Step {
        self.pos += 2;
        let is_digit = |byte: u8| (byte as char).is_digit(radix);
        loop {
            if self.peek() == b'_' {
                self.pos += 1;
            }
            if !is_digit(self.peek()) {
                self.wrong_digit(name, radix)?;
                return Err(self.raise(format!("invalid {name} literal")));
            }
            while is_digit(self.peek()) {
                self.pos += 1;
            }
            if self.peek() != b'_' {
                break;
            }
        }
        self.wrong_digit(name, radix)?;
        self.verify_end(name)?;
        Ok(self.token(TokenKind::Number))
    }

    /// A decimal digit too large for the radix.
    fn wrong_digit(&mut self, name: &str, radix: u32) -> Checked {
        let byte = self.peek();
        if radix < 10 && byte.is_ascii_digit() {
            self.pos += 1;
            return Err(self.raise(format!("invalid digit '{}' in {name} literal", byte as char)));
        }
        Ok(())
    }

    /// A decimal number that starts with `0`.
    fn zeros(&mut self) -> Step {
        self.pos += 1;
        loop {
            if self.peek() == b'_' {
                self.pos += 1;
                if !self.peek().is_ascii_digit() {
                    return Err(self.raise("invalid decimal literal"));
                }
            }
            if self.peek() != b'0' {
                break;
            }
            self.pos += 1;
        }
        // CPython has read one more character here.
        let zeros_end = (self.pos + 1).min(self.source.bytes().len().max(self.pos));
        let nonzero = self.peek().is_ascii_digit();
        if nonzero {
            self.decimal_tail()?;
        }
        match self.peek() {
            b'.' | b'e' | b'E' | b'j' | b'J' => self.fraction_and_exponent(),
            _ if nonzero && !self.options.extra_tokens => {
                let message = "leading zeros in decimal integer literals are not permitted; \
                               use an 0o prefix for octal integers";
                Err(self.raise_columns(message, self.start + 1, zeros_end))
            }
            _ => {
                self.verify_end("decimal")?;
                Ok(self.token(TokenKind::Number))
            }
        }
    }

    /// Digits with single underscores between them.
    fn decimal_tail(&mut self) -> Checked {
        loop {
            while self.peek().is_ascii_digit() {
                self.pos += 1;
            }
            if self.peek() != b'_' {
                return Ok(());
            }
            self.pos += 1;
            if !self.peek().is_ascii_digit() {
                return Err(self.raise("invalid decimal literal"));
            }
        }
    }

    /// What may follow the integer part.
    fn fraction_and_exponent(&mut self) -> Step {
        if self.peek() == b'.' {
            self.pos += 1;
            if self.peek().is_ascii_digit() {
                self.decimal_tail()?;
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek_at(1), b'+' | b'-'));
            if self.peek_at(1 + sign).is_ascii_digit() {
                self.pos += 1 + sign;
                self.decimal_tail()?;
            } else if sign == 1 {
                self.pos += 2;
                return Err(self.raise("invalid decimal literal"));
            } else {
                self.verify_end("decimal")?;
                return Ok(self.token(TokenKind::Number));
            }
        }
        if matches!(self.peek(), b'j' | b'J') {
            self.pos += 1;
            self.verify_end("imaginary")?;
        } else {
            self.verify_end("decimal")?;
        }
        Ok(self.token(TokenKind::Number))
    }

    /// What directly follows a number: some keywords with a warning, other letters not at all.
    fn verify_end(&mut self, name: &str) -> Checked {
        let next = self.peek();
        if self.options.extra_tokens || next >= 0x80 || !is_identifier_byte(next) {
            return Ok(());
        }
        let keyword = |word: &[u8]| {
            let rest = &self.source.bytes()[self.pos..];
            rest.starts_with(word) && !rest.get(word.len()).is_some_and(|byte| is_identifier_byte(*byte))
        };
        let allowed = match next {
            b'a' => keyword(b"and"),
            b'e' => keyword(b"else"),
            b'f' => keyword(b"for"),
            b'i' => matches!(self.peek_at(1), b'f' | b'n' | b's'),
            b'n' => keyword(b"not"),
            b'o' => keyword(b"or"),
            _ => false,
        };
        let message = format!("invalid {name} literal");
        if !allowed {
            return Err(self.raise(message));
        }
        self.warn(message);
        Ok(())
    }
}
