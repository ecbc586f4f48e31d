//! Reading.

use dashu_int::{IBig, UBig};

use super::{FIELDS, Field, HEADER, INTERNED, SURROGATES, Tag};

/// A code object in an image.
#[derive(Clone, Copy)]
pub struct ImageCode {
    image: &'static [u8],
    /// Where the code begins in the image.
    start: u32,
}

/// A string of an image.
#[derive(Clone, Copy, Debug)]
pub struct ImageString {
    /// The text, WTF-8.
    pub text: &'static [u8],
    pub interned: bool,
    /// The text has lone surrogates.
    pub surrogates: bool,
}

/// A constant of a code object.
pub enum ImageConstant {
    None,
    Bool(bool),
    Ellipsis,
    Int(IBig),
    Float(f64),
    Complex { real: f64, imag: f64 },
    Str(ImageString),
    Bytes(&'static [u8]),
    Tuple(Vec<ImageConstant>),
    FrozenSet(Vec<ImageConstant>),
    Slice(Vec<ImageConstant>),
    Code(ImageCode),
}

fn number_at(image: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*image.get(at..)?.first_chunk()?))
}

impl ImageCode {
    /// The code of the module whose image this is; `None` for no image.
    pub fn of_module(image: &'static [u8]) -> Option<ImageCode> {
        let start = number_at(image, 4)?.checked_add(number_at(image, 12)?)?;
        Some(ImageCode { image, start })
    }

    /// The name of the module's file.
    pub fn filename(self) -> &'static str {
        self.string(number_at(self.image, 0).unwrap_or(u32::MAX)).as_str()
    }

    fn number(self, field: Field) -> u32 {
        number_at(self.image, self.start as usize + 4 * field as usize).unwrap_or(0)
    }

    pub fn argcount(self) -> u32 {
        self.number(Field::Argcount)
    }

    pub fn posonlyargcount(self) -> u32 {
        self.number(Field::Posonlyargcount)
    }

    pub fn kwonlyargcount(self) -> u32 {
        self.number(Field::Kwonlyargcount)
    }

    pub fn stacksize(self) -> u32 {
        self.number(Field::Stacksize)
    }

    pub fn flags(self) -> u32 {
        self.number(Field::Flags)
    }

    pub fn firstlineno(self) -> i32 {
        self.number(Field::Firstlineno) as i32
    }

    pub fn name(self) -> &'static str {
        self.string(self.number(Field::Name)).as_str()
    }

    pub fn qualname(self) -> &'static str {
        self.string(self.number(Field::Qualname)).as_str()
    }

    /// Where a table begins. The tables follow the numbers, in this order.
    fn table_at(self, field: Field) -> usize {
        let tables = [Field::Code, Field::Locals, Field::Linetable, Field::Exceptiontable];
        let before = tables.into_iter().take_while(|&one| (one as usize) < field as usize);
        self.start as usize + 4 * FIELDS + before.map(|one| self.number(one) as usize).sum::<usize>()
    }

    fn table(self, field: Field) -> &'static [u8] {
        let start = self.table_at(field);
        self.image.get(start..start + self.number(field) as usize).unwrap_or_default()
    }

    /// The instructions, as in [`crate::Code::code`].
    pub fn code(self) -> &'static [u8] {
        self.table(Field::Code)
    }

    /// One byte for each fast local, as in [`crate::Code::localspluskinds`].
    pub fn localspluskinds(self) -> &'static [u8] {
        self.table(Field::Locals)
    }

    pub fn linetable(self) -> &'static [u8] {
        self.table(Field::Linetable)
    }

    pub fn exceptiontable(self) -> &'static [u8] {
        self.table(Field::Exceptiontable)
    }

    /// Where the names begin: behind all tables.
    fn names_at(self) -> usize {
        self.table_at(Field::Names)
    }

    fn strings(self, start: usize, count: u32) -> impl ExactSizeIterator<Item = &'static str> {
        (0..count as usize)
            .map(move |index| self.string(number_at(self.image, start + 4 * index).unwrap_or(u32::MAX)).as_str())
    }

    pub fn names(self) -> impl ExactSizeIterator<Item = &'static str> {
        self.strings(self.names_at(), self.number(Field::Names))
    }

    /// Names of all fast locals.
    pub fn localsplusnames(self) -> impl ExactSizeIterator<Item = &'static str> {
        self.strings(self.names_at() + 4 * self.number(Field::Names) as usize, self.number(Field::Locals))
    }

    fn string(self, index: u32) -> ImageString {
        let empty = ImageString { text: &[], interned: false, surrogates: false };
        let entry = (HEADER + 2 * index as usize) * 4;
        let (Some(start), Some(length)) = (number_at(self.image, entry), number_at(self.image, entry + 4)) else {
            return empty;
        };
        let text = self.image.get(start as usize..start as usize + (length >> 2) as usize);
        let (interned, surrogates) = (length & INTERNED != 0, length & SURROGATES != 0);
        text.map_or(empty, |text| ImageString { text, interned, surrogates })
    }

    /// The constants.
    pub fn consts(self) -> impl Iterator<Item = ImageConstant> {
        let names = self.number(Field::Names) as usize + self.number(Field::Locals) as usize;
        let mut reader = Constants { of: self, at: self.names_at() + 4 * names };
        (0..self.number(Field::Consts)).map(move |_| reader.next().unwrap_or(ImageConstant::None))
    }
}

impl ImageString {
    /// The text of a name, which has no surrogates.
    pub fn as_str(self) -> &'static str {
        std::str::from_utf8(self.text).unwrap_or_default()
    }
}

struct Constants {
    of: ImageCode,
    at: usize,
}

impl Constants {
    fn number(&mut self) -> Option<u32> {
        self.at += 4;
        number_at(self.of.image, self.at - 4)
    }

    fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let bytes = self.of.image.get(self.at..self.at + count)?;
        self.at += count;
        Some(bytes)
    }

    /// Bytes with their length before them.
    fn bytes(&mut self) -> Option<&'static [u8]> {
        let length = self.number()?;
        self.take(length as usize)
    }

    fn float(&mut self) -> Option<f64> {
        self.take(8)?.first_chunk().map(|bytes| f64::from_le_bytes(*bytes))
    }

    fn items(&mut self) -> Option<Vec<ImageConstant>> {
        (0..self.number()?).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> Option<ImageConstant> {
        let tag = *self.take(1)?.first()?;
        Some(match *Tag::ALL.get(usize::from(tag))? {
            Tag::None => ImageConstant::None,
            Tag::False => ImageConstant::Bool(false),
            Tag::True => ImageConstant::Bool(true),
            Tag::Ellipsis => ImageConstant::Ellipsis,
            Tag::Int => ImageConstant::Int(UBig::from_le_bytes(self.bytes()?).into()),
            Tag::NegativeInt => ImageConstant::Int(-IBig::from(UBig::from_le_bytes(self.bytes()?))),
            Tag::Float => ImageConstant::Float(self.float()?),
            Tag::Complex => ImageConstant::Complex { real: self.float()?, imag: self.float()? },
            Tag::Str => ImageConstant::Str(self.number().map(|index| self.of.string(index))?),
            Tag::Bytes => ImageConstant::Bytes(self.bytes()?),
            Tag::Tuple => ImageConstant::Tuple(self.items()?),
            Tag::FrozenSet => ImageConstant::FrozenSet(self.items()?),
            Tag::Slice => ImageConstant::Slice(self.items()?),
            Tag::Code => {
                let start = self.number()?.checked_add(number_at(self.of.image, 12)?)?;
                ImageConstant::Code(ImageCode { start, ..self.of })
            }
        })
    }
}
