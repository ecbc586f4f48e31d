//! Reading. No data makes it panic, recurse without end or reserve memory that the data does not account for.

use dashu_int::{IBig, UBig};
use pyrope_text::Wtf8Buf;

use super::{Builder, CodeParts, FLAG_REF, INVALID_REFERENCE, MAX_DEPTH, MarshalError, code};

const TOO_SHORT: MarshalError = MarshalError::Eof("marshal data too short");

/// Nothing stands where a part of this is expected.
fn null_in(type_code: u8) -> MarshalError {
    MarshalError::Type(match type_code {
        code::TUPLE | code::SMALL_TUPLE => "NULL object in marshal data for tuple",
        code::LIST => "NULL object in marshal data for list",
        code::SET | code::FROZENSET => "NULL object in marshal data for set",
        code::CODE => "NULL object in marshal data for code object",
        _ => "NULL object in marshal data for object",
    })
}

/// Reads a value; what follows it is ignored.
pub fn read<B: Builder>(data: &[u8], builder: &mut B) -> Result<B::Value, B::Error> {
    read_prefix(data, builder).map(|(value, _)| value)
}

/// Reads a value, and tells how many bytes it took.
pub fn read_prefix<B: Builder>(data: &[u8], builder: &mut B) -> Result<(B::Value, usize), B::Error> {
    let mut source = Slice { data, at: 0 };
    let value = read_from(&mut source, builder)?;
    Ok((value, source.at))
}

/// Reads a value from where bytes are to be had as they are needed.
pub fn read_from<B: Builder, S: Source<B::Error>>(source: &mut S, builder: &mut B) -> Result<B::Value, B::Error> {
    Reader { source, refs: Vec::new(), builder }.value()
}

/// Where marshalled bytes come from.
pub trait Source<E> {
    /// The next bytes, exactly so many; [`MarshalError::Eof`] if there are fewer.
    fn take(&mut self, count: usize) -> Result<&[u8], E>;
}

/// Bytes that are all there.
struct Slice<'a> {
    data: &'a [u8],
    at: usize,
}

impl<E: From<MarshalError>> Source<E> for Slice<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], E> {
        let end = self.at.checked_add(count).ok_or(TOO_SHORT)?;
        let bytes = self.data.get(self.at..end).ok_or(TOO_SHORT)?;
        self.at = end;
        Ok(bytes)
    }
}

/// More values than this are not believed before they are there.
const MAX_RESERVED: usize = 4096;

/// A tuple larger than this is not believed to contain itself.
const MAX_BLANK: usize = 1 << 20;

/// What a reference stands for.
#[derive(Clone)]
enum Referred<V> {
    Value(V),
    /// A tuple of that many items that is being read.
    Tuple(usize),
    /// Something else that is being read, to which nothing can refer.
    Incomplete,
}

/// A container whose contents are being read. A stack of these takes the place of recursion.
struct Frame<V> {
    type_code: u8,
    /// How many values are still to come; a dict ends otherwise.
    expected: usize,
    /// What was read: all of an immutable container, a dict's key.
    items: Vec<V>,
    /// The list, dict or set itself.
    container: Option<V>,
    /// Where a reference to it goes.
    slot: Option<usize>,
    /// The numbers of a code object.
    numbers: [i32; 6],
}

/// What a type code begins.
enum Begun<V> {
    Null,
    Value(V),
    Container(Frame<V>),
}

struct Reader<'a, B: Builder, S> {
    source: &'a mut S,
    refs: Vec<Referred<B::Value>>,
    builder: &'a mut B,
}

impl<B: Builder, S: Source<B::Error>> Reader<'_, B, S> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], B::Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.source.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, B::Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn long(&mut self) -> Result<i32, B::Error> {
        self.array().map(i32::from_le_bytes)
    }

    fn size(&mut self, message: &'static str) -> Result<usize, B::Error> {
        usize::try_from(self.long()?).map_err(|_| MarshalError::Value(message).into())
    }

    fn double(&mut self) -> Result<f64, B::Error> {
        self.array().map(f64::from_le_bytes)
    }

    /// A float as text with its length in a byte.
    fn text_double(&mut self) -> Result<f64, B::Error> {
        let length = self.byte()?;
        let text = self.source.take(usize::from(length))?;
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        number.ok_or_else(|| MarshalError::Value("could not convert string to float").into())
    }

    fn value(&mut self) -> Result<B::Value, B::Error> {
        let mut frames: Vec<Frame<B::Value>> = Vec::new();
        loop {
            if frames.len() >= MAX_DEPTH {
                return Err(MarshalError::Value("recursion limit exceeded").into());
            }
            let mut value = match self.begin()? {
                Begun::Null => None,
                Begun::Value(value) => Some(value),
                Begun::Container(frame) if frame.expected > 0 => {
                    frames.push(frame);
                    continue;
                }
                Begun::Container(frame) => Some(self.finish(frame)?),
            };
            // A value may complete its container, and that another.
            loop {
                let Some(frame) = frames.last_mut() else {
                    return value.ok_or_else(|| null_in(code::NULL).into());
                };
                if !self.accept(frame, value)? {
                    break;
                }
                let Some(frame) = frames.pop() else { break };
                value = Some(self.finish(frame)?);
            }
        }
    }

    fn begin(&mut self) -> Result<Begun<B::Value>, B::Error> {
        let first = self.byte().map_err(|error| self.builder.nothing(error))?;
        let flagged = first & FLAG_REF != 0;
        let type_code = first & !FLAG_REF;
        Ok(Begun::Value(match type_code {
            code::NULL => return Ok(Begun::Null),
            code::NONE => self.builder.none(),
            code::FALSE => self.builder.bool(false),
            code::TRUE => self.builder.bool(true),
            code::ELLIPSIS => self.builder.ellipsis(),
            code::STOPITER => self.builder.stop_iteration()?,
            code::REF => self.reference()?,
            code::TUPLE | code::SMALL_TUPLE | code::FROZENSET | code::SLICE | code::CODE => {
                return self.begin_immutable(type_code, flagged);
            }
            code::LIST | code::DICT | code::SET => return self.begin_mutable(type_code, flagged),
            _ => {
                let value = self.scalar(type_code)?;
                if flagged {
                    self.refs.push(Referred::Value(value.clone()));
                }
                value
            }
        }))
    }

    fn reference(&mut self) -> Result<B::Value, B::Error> {
        let index = usize::try_from(self.long()?).map_err(|_| INVALID_REFERENCE)?;
        let referred = self.refs.get(index).ok_or(INVALID_REFERENCE)?;
        match *referred {
            Referred::Value(ref value) => Ok(value.clone()),
            Referred::Tuple(size) if size <= MAX_BLANK => {
                let blank = self.builder.blank_tuple(size)?;
                self.refs[index] = Referred::Value(blank.clone());
                Ok(blank)
            }
            Referred::Tuple(_) | Referred::Incomplete => Err(INVALID_REFERENCE.into()),
        }
    }

    fn scalar(&mut self, type_code: u8) -> Result<B::Value, B::Error> {
        match type_code {
            code::INT => {
                let value = self.long()?;
                self.builder.int(IBig::from(value))
            }
            code::INT64 => {
                let value = i64::from_le_bytes(self.array()?);
                self.builder.int(IBig::from(value))
            }
            code::LONG => {
                let value = self.big()?;
                self.builder.int(value)
            }
            code::FLOAT => {
                let value = self.text_double()?;
                self.builder.float(value)
            }
            code::BINARY_FLOAT => {
                let value = self.double()?;
                self.builder.float(value)
            }
            code::COMPLEX => {
                let (real, imag) = (self.text_double()?, self.text_double()?);
                self.builder.complex(real, imag)
            }
            code::BINARY_COMPLEX => {
                let (real, imag) = (self.double()?, self.double()?);
                self.builder.complex(real, imag)
            }
            code::STRING => {
                let size = self.size("bad marshal data (bytes object size out of range)")?;
                let bytes = self.source.take(size)?;
                self.builder.bytes(bytes)
            }
            _ => self.string(type_code),
        }
    }

    fn string(&mut self, type_code: u8) -> Result<B::Value, B::Error> {
        let size = match type_code {
            code::SHORT_ASCII | code::SHORT_ASCII_INTERNED => usize::from(self.byte()?),
            code::ASCII | code::ASCII_INTERNED | code::UNICODE | code::INTERNED => {
                self.size("bad marshal data (string size out of range)")?
            }
            _ => return Err(MarshalError::Value("bad marshal data (unknown type code)").into()),
        };
        let bytes = self.source.take(size)?;
        let text = match type_code {
            code::UNICODE | code::INTERNED => Wtf8Buf::from_bytes(bytes),
            _ if bytes.is_ascii() => Wtf8Buf::from_bytes(bytes),
            // "ASCII" was always read as Latin-1.
            _ => Some(Wtf8Buf::from(bytes.iter().map(|&byte| char::from(byte)).collect::<String>())),
        };
        let text = text.ok_or(MarshalError::Value("bad marshal data (invalid UTF-8)"))?;
        let interned = matches!(type_code, code::INTERNED | code::ASCII_INTERNED | code::SHORT_ASCII_INTERNED);
        self.builder.str(text, interned)
    }

    /// An `int` in digits of 15 bits.
    fn big(&mut self) -> Result<IBig, B::Error> {
        let count = self.long()?;
        if count == i32::MIN {
            return Err(MarshalError::Value("bad marshal data (long size out of range)").into());
        }
        let digits = self.source.take(count.unsigned_abs() as usize * 2)?;
        let mut bytes = Vec::with_capacity(digits.len() + 1);
        let (mut pending, mut bits) = (0u32, 0);
        for pair in digits.chunks_exact(2) {
            let digit = u16::from_le_bytes([pair[0], pair[1]]);
            if digit >= 1 << 15 {
                return Err(MarshalError::Value("bad marshal data (digit out of range in long)").into());
            }
            pending |= u32::from(digit) << bits;
            bits += 15;
            while bits >= 8 {
                bytes.push(pending as u8);
                pending >>= 8;
                bits -= 8;
            }
        }
        bytes.push(pending as u8);
        if digits.ends_with(&[0, 0]) {
            return Err(MarshalError::Value("bad marshal data (unnormalized long data)").into());
        }
        let magnitude = IBig::from(UBig::from_le_bytes(&bytes));
        Ok(if count < 0 { -magnitude } else { magnitude })
    }

    fn begin_immutable(&mut self, type_code: u8, flagged: bool) -> Result<Begun<B::Value>, B::Error> {
        let slot = flagged.then_some(self.refs.len());
        if flagged {
            self.refs.push(Referred::Incomplete);
        }
        let mut numbers = [0; 6];
        let expected = match type_code {
            code::SLICE => 3,
            code::SMALL_TUPLE => usize::from(self.byte()?),
            code::TUPLE => self.size("bad marshal data (tuple size out of range)")?,
            code::FROZENSET => self.size("bad marshal data (set size out of range)")?,
            _ => {
                for number in &mut numbers[..5] {
                    *number = self.long()?;
                }
                10
            }
        };
        if let (Some(slot), code::TUPLE | code::SMALL_TUPLE) = (slot, type_code) {
            self.refs[slot] = Referred::Tuple(expected);
        }
        let items = Vec::with_capacity(expected.min(MAX_RESERVED));
        Ok(Begun::Container(Frame { type_code, expected, items, container: None, slot, numbers }))
    }

    fn begin_mutable(&mut self, type_code: u8, flagged: bool) -> Result<Begun<B::Value>, B::Error> {
        let (expected, container) = match type_code {
            code::LIST => (self.size("bad marshal data (list size out of range)")?, self.builder.list()?),
            code::SET => (self.size("bad marshal data (set size out of range)")?, self.builder.set()?),
            _ => (1, self.builder.dict()?),
        };
        if flagged {
            self.refs.push(Referred::Value(container.clone()));
        }
        let container = Some(container);
        Ok(Begun::Container(Frame { type_code, expected, items: Vec::new(), container, slot: None, numbers: [0; 6] }))
    }

    /// Puts a value where it belongs. True if the container is complete.
    fn accept(&mut self, frame: &mut Frame<B::Value>, value: Option<B::Value>) -> Result<bool, B::Error> {
        if let (code::DICT, Some(dict)) = (frame.type_code, &frame.container) {
            match (frame.items.pop(), value) {
                (_, None) => return Ok(true),
                (None, Some(key)) => frame.items.push(key),
                (Some(key), Some(value)) => self.builder.dict_insert(dict, key, value)?,
            }
            return Ok(false);
        }
        let value = value.ok_or_else(|| null_in(frame.type_code))?;
        match &frame.container {
            Some(list) if frame.type_code == code::LIST => self.builder.list_push(list, value)?,
            Some(set) => self.builder.set_add(set, value)?,
            None => frame.items.push(value),
        }
        frame.expected -= 1;
        if frame.type_code == code::CODE && frame.items.len() == 8 {
            frame.numbers[5] = self.long()?;
        }
        Ok(frame.expected == 0)
    }

    fn finish(&mut self, frame: Frame<B::Value>) -> Result<B::Value, B::Error> {
        let Frame { type_code, items, container, slot, numbers, .. } = frame;
        let value = match (container, type_code) {
            (Some(container), _) => return Ok(container),
            (None, code::FROZENSET) => self.builder.frozenset(items)?,
            (None, code::SLICE) => {
                let parts = <[B::Value; 3]>::try_from(items).map_err(|_| TOO_SHORT)?;
                self.builder.slice(parts)?
            }
            (None, code::CODE) => {
                let parts = <[B::Value; 10]>::try_from(items).map_err(|_| TOO_SHORT)?;
                self.builder.code(code_parts(numbers, parts))?
            }
            (None, _) => {
                if let Some(Referred::Value(blank)) = slot.map(|slot| &self.refs[slot]) {
                    self.builder.fill_tuple(blank, items);
                    return Ok(blank.clone());
                }
                self.builder.tuple(items)?
            }
        };
        if let Some(slot) = slot {
            self.refs[slot] = Referred::Value(value.clone());
        }
        Ok(value)
    }
}

fn code_parts<V>(numbers: [i32; 6], values: [V; 10]) -> CodeParts<V> {
    let [argcount, posonlyargcount, kwonlyargcount, stacksize, flags, firstlineno] = numbers;
    let [code, consts, names, localsplusnames, localspluskinds, filename, name, qualname, linetable, exceptiontable] =
        values;
    CodeParts {
        argcount,
        posonlyargcount,
        kwonlyargcount,
        stacksize,
        flags,
        code,
        consts,
        names,
        localsplusnames,
        localspluskinds,
        filename,
        name,
        qualname,
        firstlineno,
        linetable,
        exceptiontable,
    }
}
