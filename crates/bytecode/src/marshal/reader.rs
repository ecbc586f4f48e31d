//! Reading. No data makes it panic, recurse without end or reserve memory that the data does not account for.

use dashu_int::{IBig, UBig};
use pyrope_text::Wtf8Buf;

use super::{Builder, CodeParts, FLAG_REF, MAX_DEPTH, MarshalError, code};

const TOO_SHORT: MarshalError = MarshalError::Eof("marshal data too short");
const NULL_OBJECT: MarshalError = MarshalError::Type("NULL object in marshal data for object");

/// Reads a value; what follows it is ignored.
pub fn read<B: Builder>(data: &[u8], builder: &mut B) -> Result<B::Value, B::Error> {
    read_prefix(data, builder).map(|(value, _)| value)
}

/// Reads a value, and tells how many bytes it took.
pub fn read_prefix<B: Builder>(data: &[u8], builder: &mut B) -> Result<(B::Value, usize), B::Error> {
    let mut reader = Reader { data, at: 0, depth: 0, refs: Vec::new(), builder };
    let value = reader.value()?;
    Ok((value, reader.at))
}

struct Reader<'a, B: Builder> {
    data: &'a [u8],
    at: usize,
    depth: usize,
    /// What can be referred to; `None` while it is being read.
    refs: Vec<Option<B::Value>>,
    builder: &'a mut B,
}

impl<'a, B: Builder> Reader<'a, B> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], MarshalError> {
        let end = self.at.checked_add(count).ok_or(TOO_SHORT)?;
        let bytes = self.data.get(self.at..end).ok_or(TOO_SHORT)?;
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MarshalError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, MarshalError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn long(&mut self) -> Result<i32, MarshalError> {
        self.array().map(i32::from_le_bytes)
    }

    fn size(&mut self, message: &'static str) -> Result<usize, MarshalError> {
        usize::try_from(self.long()?).map_err(|_| MarshalError::Value(message))
    }

    fn double(&mut self) -> Result<f64, MarshalError> {
        self.array().map(f64::from_le_bytes)
    }

    /// A float as text with its length in a byte.
    fn text_double(&mut self) -> Result<f64, MarshalError> {
        let length = self.byte()?;
        let text = self.take(usize::from(length))?;
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        number.ok_or(MarshalError::Value("could not convert string to float"))
    }

    /// A value that must be there.
    fn value(&mut self) -> Result<B::Value, B::Error> {
        match self.value_or_null()? {
            Some(value) => Ok(value),
            None => Err(NULL_OBJECT.into()),
        }
    }

    fn value_or_null(&mut self) -> Result<Option<B::Value>, B::Error> {
        let first = self.byte().map_err(|_| MarshalError::Eof("EOF read where object expected"))?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(MarshalError::Value("recursion limit exceeded").into());
        }
        let flagged = first & FLAG_REF != 0;
        let type_code = first & !FLAG_REF;
        let value = match type_code {
            code::NULL => None,
            code::NONE => Some(self.builder.none()),
            code::FALSE => Some(self.builder.bool(false)),
            code::TRUE => Some(self.builder.bool(true)),
            code::ELLIPSIS => Some(self.builder.ellipsis()),
            code::STOPITER => Some(self.builder.stop_iteration()?),
            code::REF => Some(self.reference()?),
            code::LIST | code::DICT | code::SET => Some(self.mutable(type_code, flagged)?),
            code::TUPLE | code::SMALL_TUPLE | code::FROZENSET | code::SLICE | code::CODE => {
                let slot = flagged.then(|| self.reserve());
                let value = self.container(type_code)?;
                if let Some(slot) = slot {
                    self.refs[slot] = Some(value.clone());
                }
                Some(value)
            }
            _ => {
                let value = self.scalar(type_code)?;
                if flagged {
                    self.refs.push(Some(value.clone()));
                }
                Some(value)
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    fn reserve(&mut self) -> usize {
        self.refs.push(None);
        self.refs.len() - 1
    }

    fn reference(&mut self) -> Result<B::Value, B::Error> {
        let index = usize::try_from(self.long()?).ok();
        let value = index.and_then(|index| self.refs.get(index)).cloned().flatten();
        value.ok_or_else(|| MarshalError::Value("bad marshal data (invalid reference)").into())
    }

    #[inline(never)]
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
                let bytes = self.take(size)?;
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
        let bytes = self.take(size)?;
        let text = match type_code {
            code::UNICODE | code::INTERNED => Wtf8Buf::from_bytes(bytes),
            // "ASCII" was always read as Latin-1.
            _ => Some(Wtf8Buf::from(bytes.iter().map(|&byte| char::from(byte)).collect::<String>())),
        };
        let text = text.ok_or(MarshalError::Value("bad marshal data (invalid UTF-8)"))?;
        let interned = matches!(type_code, code::INTERNED | code::ASCII_INTERNED | code::SHORT_ASCII_INTERNED);
        self.builder.str(text, interned)
    }

    /// An `int` in digits of 15 bits.
    fn big(&mut self) -> Result<IBig, MarshalError> {
        let count = self.long()?;
        if count == i32::MIN {
            return Err(MarshalError::Value("bad marshal data (long size out of range)"));
        }
        let digits = self.take(count.unsigned_abs() as usize * 2)?;
        let mut bytes = Vec::with_capacity(digits.len() + 1);
        let (mut pending, mut bits) = (0u32, 0);
        for pair in digits.chunks_exact(2) {
            let digit = u16::from_le_bytes([pair[0], pair[1]]);
            if digit >= 1 << 15 {
                return Err(MarshalError::Value("bad marshal data (digit out of range in long)"));
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
            return Err(MarshalError::Value("bad marshal data (unnormalized long data)"));
        }
        let magnitude = IBig::from(UBig::from_le_bytes(&bytes));
        Ok(if count < 0 { -magnitude } else { magnitude })
    }

    fn values(&mut self, count: usize) -> Result<Vec<B::Value>, B::Error> {
        // Each value takes a byte at least, so a count beyond the data is not believed.
        let mut values = Vec::with_capacity(count.min(self.data.len() - self.at));
        for _ in 0..count {
            values.push(self.value()?);
        }
        Ok(values)
    }

    #[inline(never)]
    fn container(&mut self, type_code: u8) -> Result<B::Value, B::Error> {
        match type_code {
            code::SLICE => {
                let parts = [self.value()?, self.value()?, self.value()?];
                self.builder.slice(parts)
            }
            code::CODE => {
                let parts = self.code_parts()?;
                self.builder.code(parts)
            }
            code::FROZENSET => {
                let count = self.size("bad marshal data (set size out of range)")?;
                let items = self.values(count)?;
                self.builder.frozenset(items)
            }
            _ => {
                let count = match type_code {
                    code::SMALL_TUPLE => usize::from(self.byte()?),
                    _ => self.size("bad marshal data (tuple size out of range)")?,
                };
                let items = self.values(count)?;
                self.builder.tuple(items)
            }
        }
    }

    #[inline(never)]
    fn code_parts(&mut self) -> Result<CodeParts<B::Value>, B::Error> {
        Ok(CodeParts {
            argcount: self.long()?,
            posonlyargcount: self.long()?,
            kwonlyargcount: self.long()?,
            stacksize: self.long()?,
            flags: self.long()?,
            code: self.value()?,
            consts: self.value()?,
            names: self.value()?,
            localsplusnames: self.value()?,
            localspluskinds: self.value()?,
            filename: self.value()?,
            name: self.value()?,
            qualname: self.value()?,
            firstlineno: self.long()?,
            linetable: self.value()?,
            exceptiontable: self.value()?,
        })
    }

    #[inline(never)]
    fn mutable(&mut self, type_code: u8, flagged: bool) -> Result<B::Value, B::Error> {
        let count = match type_code {
            code::LIST => self.size("bad marshal data (list size out of range)")?,
            code::SET => self.size("bad marshal data (set size out of range)")?,
            _ => 0,
        };
        let container = match type_code {
            code::LIST => self.builder.list()?,
            code::SET => self.builder.set()?,
            _ => self.builder.dict()?,
        };
        if flagged {
            self.refs.push(Some(container.clone()));
        }
        if type_code == code::DICT {
            while let Some(key) = self.value_or_null()? {
                let value = self.value()?;
                self.builder.dict_insert(&container, key, value)?;
            }
            return Ok(container);
        }
        for _ in 0..count {
            let item = self.value()?;
            match type_code {
                code::LIST => self.builder.list_push(&container, item)?,
                _ => self.builder.set_add(&container, item)?,
            }
        }
        Ok(container)
    }
}
