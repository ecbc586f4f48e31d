//! Format strings of `struct`.

/// What stands for one or more values.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub code: u8,
    /// Where it begins.
    pub offset: usize,
    /// Bytes of one value; for `s` and `p` of the whole string.
    pub size: usize,
    /// How many values.
    pub repeat: usize,
}

/// A compiled format.
#[derive(Debug)]
pub struct Format {
    pub items: Vec<Item>,
    pub size: usize,
    /// How many Python values it takes.
    pub values: usize,
    pub little: bool,
    pub native: bool,
}

/// Why a format was refused: the words of `struct.error`.
pub type FormatError = &'static str;

const TOO_LONG: FormatError = "total struct size too long";
const BAD_CHAR: FormatError = "bad char in struct format";

/// Size and alignment in native mode on 64-bit systems.
fn native(code: u8) -> Option<(usize, usize)> {
    Some(match code {
        b'x' | b'b' | b'B' | b'c' | b's' | b'p' | b'?' => (1, 1),
        b'h' | b'H' | b'e' => (2, 2),
        b'i' | b'I' | b'f' => (4, 4),
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'P' | b'd' => (8, 8),
        b'F' => (8, 4),
        b'D' => (16, 8),
        _ => return None,
    })
}

fn standard(code: u8) -> Option<(usize, usize)> {
    match code {
        b'l' | b'L' => Some((4, 1)),
        b'n' | b'N' | b'P' => None,
        _ => native(code).map(|(size, _)| (size, 1)),
    }
}

impl Format {
    /// Compiles a format.
    pub fn parse(text: &[u8]) -> Result<Format, FormatError> {
        if text.contains(&0) {
            return Err("embedded null character");
        }
        let host = cfg!(target_endian = "little");
        let (native_mode, little, rest) = match text {
            [b'@', rest @ ..] => (true, host, rest),
            [b'=', rest @ ..] => (false, host, rest),
            [b'<', rest @ ..] => (false, true, rest),
            [b'>' | b'!', rest @ ..] => (false, false, rest),
            rest => (true, host, rest),
        };
        let mut format = Format { items: Vec::new(), size: 0, values: 0, little, native: native_mode };
        let mut bytes = rest.iter().copied().peekable();
        while let Some(mut code) = bytes.next() {
            if code.is_ascii_whitespace() || code == 0x0B {
                continue;
            }
            let mut repeat = 1usize;
            if code.is_ascii_digit() {
                repeat = usize::from(code - b'0');
                while let Some(digit) = bytes.next_if(u8::is_ascii_digit) {
                    repeat = repeat
                        .checked_mul(10)
                        .and_then(|n| n.checked_add(usize::from(digit - b'0')))
                        .filter(|&n| n <= isize::MAX as usize)
                        .ok_or(TOO_LONG)?;
                }
                code = bytes.next().ok_or("repeat count given without format specifier")?;
            }
            format.push(code, repeat)?;
        }
        Ok(format)
    }

    fn push(&mut self, code: u8, repeat: usize) -> Result<(), FormatError> {
        let (size, alignment) = if self.native { native(code) } else { standard(code) }.ok_or(BAD_CHAR)?;
        let bounded = |n: Option<usize>| n.filter(|&n| n <= isize::MAX as usize).ok_or(TOO_LONG);
        let offset = bounded(self.size.checked_next_multiple_of(alignment))?;
        self.size = bounded(repeat.checked_mul(size).and_then(|bytes| offset.checked_add(bytes)))?;
        match code {
            b'x' => {}
            b's' | b'p' => {
                self.values += 1;
                self.items.push(Item { code, offset, size: repeat, repeat: 1 });
            }
            _ if repeat == 0 => {}
            _ => {
                self.values = bounded(self.values.checked_add(repeat))?;
                self.items.push(Item { code, offset, size, repeat });
            }
        }
        Ok(())
    }

    /// The code, offset and size of each value in turn.
    pub fn fields(&self) -> impl Iterator<Item = (u8, usize, usize)> + '_ {
        self.items
            .iter()
            .flat_map(|item| (0..item.repeat).map(move |i| (item.code, item.offset + i * item.size, item.size)))
    }
}
