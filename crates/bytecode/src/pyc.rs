//! `.pyc` files: a header of 16 bytes, then a code object (PEP 552).

use std::rc::Rc;

use crate::marshal::{self, MarshalError};
use crate::{Code, siphash};

/// CPython 3.14's number.
pub const MAGIC_NUMBER: u16 = 3627;
/// The first four bytes of a `.pyc`.
pub const MAGIC: [u8; 4] = [MAGIC_NUMBER.to_le_bytes()[0], MAGIC_NUMBER.to_le_bytes()[1], b'\r', b'\n'];
const HEADER: usize = 16;

/// What a `.pyc` is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// Time of last change and size of the source, both modulo 2³².
    Timestamp { mtime: u32, size: u32 },
    /// [`source_hash`] of the source; `check` says whether to compare it at import.
    Hash { hash: [u8; 8], check: bool },
}

/// Why bytes are not a `.pyc`. The texts are those of `importlib`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PycError {
    /// Another version's, or no `.pyc` at all.
    BadMagic,
    /// Shorter than the header.
    Eof,
    /// Flags that mean nothing.
    BadFlags(u32),
    Marshal(MarshalError),
}

/// Makes the file.
pub fn write(code: &Code, validation: Validation) -> Vec<u8> {
    let mut file = Vec::with_capacity(1024);
    file.extend_from_slice(&header(validation));
    file.extend_from_slice(&marshal::dump_code(code));
    file
}

/// Makes the header.
pub fn header(validation: Validation) -> [u8; HEADER] {
    let (flags, rest) = match validation {
        Validation::Timestamp { mtime, size } => {
            let [a, b, c, d] = mtime.to_le_bytes();
            let [e, f, g, h] = size.to_le_bytes();
            (0u32, [a, b, c, d, e, f, g, h])
        }
        Validation::Hash { hash, check } => (1 | u32::from(check) << 1, hash),
    };
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&MAGIC);
    header[4..8].copy_from_slice(&flags.to_le_bytes());
    header[8..].copy_from_slice(&rest);
    header
}

/// Reads the header.
pub fn read_header(file: &[u8]) -> Result<Validation, PycError> {
    if file.get(..4) != Some(&MAGIC) {
        return Err(PycError::BadMagic);
    }
    let word = |at: usize| -> Option<[u8; 4]> { file.get(at..at + 4)?.try_into().ok() };
    let (Some(flags), Some(first), Some(second)) = (word(4), word(8), word(12)) else { return Err(PycError::Eof) };
    match u32::from_le_bytes(flags) {
        0 => Ok(Validation::Timestamp { mtime: u32::from_le_bytes(first), size: u32::from_le_bytes(second) }),
        flags if flags & !3 != 0 || flags & 1 == 0 => Err(PycError::BadFlags(flags)),
        flags => {
            let mut hash = [0; 8];
            hash[..4].copy_from_slice(&first);
            hash[4..].copy_from_slice(&second);
            Ok(Validation::Hash { hash, check: flags & 2 != 0 })
        }
    }
}

/// Reads the file.
pub fn read(file: &[u8]) -> Result<(Validation, Rc<Code>), PycError> {
    let validation = read_header(file)?;
    let code = marshal::load_code(&file[HEADER..]).map_err(PycError::Marshal)?;
    Ok((validation, code))
}

/// `_imp.source_hash(key, source)`.
pub fn keyed_hash(key: u64, source: &[u8]) -> [u8; 8] {
    siphash::siphash13(key, 0, source).to_le_bytes()
}

/// The hash by which a `.pyc` knows its source.
pub fn source_hash(source: &[u8]) -> [u8; 8] {
    keyed_hash(u64::from(u32::from_le_bytes(MAGIC)), source)
}
