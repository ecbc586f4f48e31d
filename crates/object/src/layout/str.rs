//! `str`: code points in the narrowest of one, two or four bytes each, inline, with a cached hash.

use std::cell::Cell;
use std::ptr::NonNull;

use crate::error::PyResult;
use crate::header::Header;
use crate::lifetime;
use crate::reference::Ref;
use crate::ty::Type;
use crate::value::Value;
use crate::vm::Vm;

/// Bytes per code point, and whether all are ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Ascii,
    Latin1,
    Ucs2,
    Ucs4,
}

/// The layout of `str`. Invariant: the kind is the narrowest that holds all code points; `chars` is their number.
#[repr(C)]
pub struct Str {
    header: Header,
    hash: Cell<i64>,
    chars: u64,
    /// `chars` times the width.
    data: [u8; 0],
}

/// The code points as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrView<'a> {
    /// All below 0x80: also valid UTF-8.
    Ascii(&'a str),
    /// All below 0x100, at least one not ASCII.
    Latin1(&'a [u8]),
    Ucs2(&'a [u16]),
    Ucs4(&'a [u32]),
}

const KIND_SHIFT: u32 = 62;
const INTERNED: u64 = 1 << 61;
const CHARS: u64 = INTERNED - 1;

impl Str {
    #[inline(always)]
    fn kind(&self) -> Kind {
        match self.chars >> KIND_SHIFT {
            0 => Kind::Ascii,
            1 => Kind::Latin1,
            2 => Kind::Ucs2,
            _ => Kind::Ucs4,
        }
    }

    /// Number of code points.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.chars & CHARS) as usize
    }

    /// True for the empty string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The stored code points.
    #[inline]
    pub fn view(&self) -> StrView<'_> {
        let bytes = self.raw();
        match self.kind() {
            // SAFETY: the kind says that every byte is ASCII.
            Kind::Ascii => StrView::Ascii(unsafe { std::str::from_utf8_unchecked(bytes) }),
            Kind::Latin1 => StrView::Latin1(bytes),
            // SAFETY: the data begins at a multiple of eight and holds whole units.
            Kind::Ucs2 => StrView::Ucs2(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), self.len()) }),
            // SAFETY: as above.
            Kind::Ucs4 => StrView::Ucs4(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), self.len()) }),
        }
    }

    /// The raw data, `len()` units of the stored width.
    #[inline(always)]
    pub fn raw(&self) -> &[u8] {
        // SAFETY: so many bytes were written behind the string when it was made.
        unsafe { std::slice::from_raw_parts(self.data(), self.bytes()) }
    }

    /// Bytes of text.
    #[inline(always)]
    fn bytes(&self) -> usize {
        // By kind: one, one, two and four bytes a code point.
        const SHIFTS: u64 = 0b10_01_00_00;
        self.len() << (SHIFTS >> (2 * (self.chars >> KIND_SHIFT)) & 0b11)
    }

    #[inline(always)]
    fn data(&self) -> *mut u8 {
        (&raw const self.data).cast_mut().cast()
    }

    /// The text, if all of it is ASCII.
    #[inline]
    pub fn as_ascii(&self) -> Option<&str> {
        match self.view() {
            StrView::Ascii(text) => Some(text),
            _ => None,
        }
    }

    /// The text as Rust's string, lone surrogates replaced by U+FFFD.
    pub fn to_string_lossy(&self) -> std::borrow::Cow<'_, str> {
        match self.view() {
            StrView::Ascii(text) => text.into(),
            _ => self.code_points().map(|c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
        }
    }

    /// The text as Rust's string, unless it has a lone surrogate.
    pub fn to_utf8(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self.view() {
            StrView::Ascii(text) => Some(text.into()),
            _ => self.code_points().map(char::from_u32).collect::<Option<String>>().map(Into::into),
        }
    }

    /// The code point at `index`.
    #[inline]
    pub fn code_point(&self, index: usize) -> Option<u32> {
        match self.view() {
            StrView::Ascii(text) => text.as_bytes().get(index).map(|&c| c.into()),
            StrView::Latin1(units) => units.get(index).map(|&c| c.into()),
            StrView::Ucs2(units) => units.get(index).map(|&c| c.into()),
            StrView::Ucs4(units) => units.get(index).copied(),
        }
    }

    /// All code points in order.
    pub fn code_points(&self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + '_ {
        let view = self.view();
        (0..self.len()).map(move |i| match view {
            StrView::Ascii(text) => u32::from(text.as_bytes()[i]),
            StrView::Latin1(units) => units[i].into(),
            StrView::Ucs2(units) => units[i].into(),
            StrView::Ucs4(units) => units[i],
        })
    }

    /// The same code points.
    #[inline]
    pub fn equals(&self, other: &Str) -> bool {
        // The kind is canonical, so equal strings have equal kinds and bytes.
        std::ptr::eq(self, other) || ((self.chars ^ other.chars) & !INTERNED == 0 && self.raw() == other.raw())
    }

    /// The same code points as Rust text.
    pub fn equals_str(&self, other: &str) -> bool {
        match self.view() {
            StrView::Ascii(text) => text == other,
            _ => other.chars().map(u32::from).eq(self.code_points()),
        }
    }

    /// The hash, computed once.
    #[inline]
    pub fn hash(&self, vm: &Vm) -> i64 {
        let hash = self.hash.get();
        if hash != -1 { hash } else { self.compute_hash(vm) }
    }

    #[cold]
    fn compute_hash(&self, vm: &Vm) -> i64 {
        self.hash.set(vm.interp().hash_bytes(self.raw()));
        self.hash.get()
    }

    /// True if this is the one interned object with its text.
    pub fn is_interned(&self) -> bool {
        self.chars & INTERNED != 0
    }

    /// True unless the string is about to die.
    pub(crate) fn is_referenced(&self) -> bool {
        self.header.refcount.get() != 0
    }

    /// Drops a string in place.
    ///
    /// # Safety
    /// `object` is a string that dies.
    pub(crate) unsafe fn end(object: *mut Header) {
        // SAFETY: the string is still whole.
        let this = unsafe { &*object.cast::<Str>() };
        if this.is_interned() {
            this.header.ty().interp().forget_interned(this);
        }
    }

    pub(crate) fn mark_interned(&self) {
        // SAFETY: only the flag bit changes, and all readers mask it; no reference to the field is held anywhere.
        unsafe { (&raw const self.chars).cast_mut().write(self.chars | INTERNED) };
    }

    /// # Safety
    /// `data` is `len` code points in the narrowest kind, which is `kind`.
    unsafe fn build(vm: &Vm, class: &Type, kind: Kind, len: usize, data: &[u8]) -> PyResult<Ref<Str>> {
        // SAFETY: the trailing bytes asked for are written at once.
        unsafe {
            let chars = (kind as u64) << KIND_SHIFT | len as u64;
            let fixed = Str { header: Header::blank(), hash: Cell::new(-1), chars, data: [] };
            let string = lifetime::allocate::<Str>(vm, class, data.len(), fixed)?;
            std::ptr::copy_nonoverlapping(data.as_ptr(), string.data(), data.len());
            if class.is_heap() {
                lifetime::track(vm, string.as_value());
            }
            Ok(string)
        }
    }

    /// A string of `class` from the text of others, all of them ASCII.
    pub(crate) fn try_concatenate_ascii(vm: &Vm, class: &Type, parts: &[&Str]) -> PyResult<Ref<Str>> {
        debug_assert!(parts.iter().all(|part| part.kind() == Kind::Ascii));
        let len = parts.iter().map(|part| part.raw().len()).sum();
        let chars = (Kind::Ascii as u64) << KIND_SHIFT | len as u64;
        // SAFETY: the trailing bytes asked for are written at once, as many as the parts have together.
        unsafe {
            let fixed = Str { header: Header::blank(), hash: Cell::new(-1), chars, data: [] };
            let string = lifetime::allocate::<Str>(vm, class, len, fixed)?;
            let mut at = string.data();
            for part in parts {
                let data = part.raw();
                std::ptr::copy_nonoverlapping(data.as_ptr(), at, data.len());
                at = at.add(data.len());
            }
            Ok(string)
        }
    }

    /// A string of `class` of `len` bytes of ASCII text in parts; `None` if a part is other text, or without memory.
    pub(crate) fn try_from_ascii_parts<'p>(
        vm: &Vm,
        class: &Type,
        len: usize,
        parts: impl Iterator<Item = &'p str>,
    ) -> Option<Ref<Str>> {
        let chars = (Kind::Ascii as u64) << KIND_SHIFT | len as u64;
        let fixed = Str { header: Header::blank(), hash: Cell::new(-1), chars, data: [] };
        // SAFETY: the trailing bytes asked for are written at once: by the parts, or with zeros behind them.
        unsafe {
            let string = lifetime::allocate::<Str>(vm, class, len, fixed).ok()?;
            let (mut written, mut ascii) = (0, true);
            for part in parts {
                let fitting = part.len().min(len - written);
                ascii &= part.is_ascii();
                std::ptr::copy_nonoverlapping(part.as_ptr(), string.data().add(written), fitting);
                written += fitting;
            }
            string.data().add(written).write_bytes(0, len - written);
            ascii.then_some(string)
        }
    }

    /// Appends to an exact `str` to which `text` is the only reference, in its own block if that can grow. `Err` gives it
    /// back as it was: it is shared, interned, too narrow, or memory is short.
    pub fn append_unshared(text: Value, more: &Str, vm: &Vm) -> Result<Value, Value> {
        let Some(this) = text.downcast_exact::<Str>() else { return Err(text) };
        let (kind, other) = (this.kind(), more.kind());
        let one_byte = [kind, other].iter().all(|kind| matches!(kind, Kind::Ascii | Kind::Latin1));
        if std::ptr::eq(this, more)
            || this.header.refcount.get() != 1
            || this.is_interned()
            || !(one_byte || kind == other)
        {
            return Err(text);
        }
        let (old, added) = (this.bytes(), more.bytes());
        let chars = this.len() as u64 + more.len() as u64;
        let kind = if kind == Kind::Ascii { other } else { kind };
        let Some(bytes) = size_of::<Str>().checked_add(old).and_then(|own| own.checked_add(added)) else {
            return Err(text);
        };
        // SAFETY: exact strings have nothing before their header; the one reference moves along with the block, whose new
        // bytes are written at once.
        unsafe {
            let block = NonNull::from(this).cast::<u8>();
            let Some(block) = vm.interp().heap.reallocate(block, size_of::<Str>() + old, bytes) else {
                return Err(text);
            };
            let _moved = text.into_bits();
            let string = block.cast::<Str>().as_ptr();
            std::ptr::copy_nonoverlapping(more.data(), (*string).data().add(old), added);
            (*string).chars = (kind as u64) << KIND_SHIFT | chars;
            (*string).hash.set(-1);
            Ok(Value::from_bits(string as u64))
        }
    }

    /// A string of `class` from Rust text.
    pub fn try_from_utf8(vm: &Vm, class: &Type, text: &str) -> PyResult<Ref<Str>> {
        if text.is_ascii() {
            // SAFETY: ASCII is the narrowest kind.
            return unsafe { Self::build(vm, class, Kind::Ascii, text.len(), text.as_bytes()) };
        }
        let widest = text.chars().map(u32::from).max().unwrap_or(0);
        let chars = text.chars().map(u32::from);
        match widest {
            0..0x100 => Self::try_from_latin1(vm, class, &chars.map(|c| c as u8).collect::<Vec<_>>()),
            0..0x1_0000 => Self::try_from_ucs2(vm, class, &chars.map(|c| c as u16).collect::<Vec<_>>()),
            _ => Self::try_from_ucs4(vm, class, &chars.collect::<Vec<_>>()),
        }
    }

    /// A string of `class` from code points below 0x100.
    pub fn try_from_latin1(vm: &Vm, class: &Type, units: &[u8]) -> PyResult<Ref<Str>> {
        let kind = if units.is_ascii() { Kind::Ascii } else { Kind::Latin1 };
        // SAFETY: the kind is the narrowest for these units.
        unsafe { Self::build(vm, class, kind, units.len(), units) }
    }

    /// A string of `class` from code points below 0x10000, narrowed if possible.
    pub fn try_from_ucs2(vm: &Vm, class: &Type, units: &[u16]) -> PyResult<Ref<Str>> {
        if units.iter().fold(0, |all, &c| all | c) < 0x100 {
            return Self::try_from_latin1(vm, class, &units.iter().map(|&c| c as u8).collect::<Vec<_>>());
        }
        // SAFETY: a plain view of the units; one of them needs two bytes.
        unsafe {
            let bytes = std::slice::from_raw_parts(units.as_ptr().cast(), size_of_val(units));
            Self::build(vm, class, Kind::Ucs2, units.len(), bytes)
        }
    }

    /// A string of `class` from any code points (each at most 0x10FFFF), narrowed if possible.
    pub fn try_from_ucs4(vm: &Vm, class: &Type, units: &[u32]) -> PyResult<Ref<Str>> {
        match units.iter().fold(0, |all, &c| all | c) {
            0..0x100 => Self::try_from_latin1(vm, class, &units.iter().map(|&c| c as u8).collect::<Vec<_>>()),
            0..0x1_0000 => Self::try_from_ucs2(vm, class, &units.iter().map(|&c| c as u16).collect::<Vec<_>>()),
            // SAFETY: a plain view of the units; one of them needs four bytes.
            _ => unsafe {
                let bytes = std::slice::from_raw_parts(units.as_ptr().cast(), size_of_val(units));
                Self::build(vm, class, Kind::Ucs4, units.len(), bytes)
            },
        }
    }

    /// A string of `class` with the content of a view.
    pub fn try_from_view(vm: &Vm, class: &Type, view: StrView<'_>) -> PyResult<Ref<Str>> {
        match view {
            StrView::Ascii(text) => Self::try_from_utf8(vm, class, text),
            StrView::Latin1(units) => Self::try_from_latin1(vm, class, units),
            StrView::Ucs2(units) => Self::try_from_ucs2(vm, class, units),
            StrView::Ucs4(units) => Self::try_from_ucs4(vm, class, units),
        }
    }

    /// Bytes of the trailing data.
    ///
    /// # Safety
    /// `object` is a live string.
    pub unsafe fn trailing(object: *const Header) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*object.cast::<Str>()).bytes() }
    }
}

impl<'a> StrView<'a> {
    /// Number of code points.
    pub fn len(&self) -> usize {
        match self {
            StrView::Ascii(text) => text.len(),
            StrView::Latin1(units) => units.len(),
            StrView::Ucs2(units) => units.len(),
            StrView::Ucs4(units) => units.len(),
        }
    }

    /// True if there are no code points.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code points `start..end`, which must be in range.
    pub fn slice(&self, start: usize, end: usize) -> StrView<'a> {
        match *self {
            StrView::Ascii(text) => StrView::Ascii(&text[start..end]),
            StrView::Latin1(units) => StrView::Latin1(&units[start..end]),
            StrView::Ucs2(units) => StrView::Ucs2(&units[start..end]),
            StrView::Ucs4(units) => StrView::Ucs4(&units[start..end]),
        }
    }
}
