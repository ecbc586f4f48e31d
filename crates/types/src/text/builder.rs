//! Building text, and the units of text that exists.

use std::borrow::Cow;

use pyrope_object::{BuiltinType as B, PyResult, Raised, Ref, Str, StrView, Value, Vm};
use pyrope_text::Wtf8Buf;
use pyrope_textual::codecs::Sink;
use pyrope_textual::search::Searchable;
use pyrope_textual::{ErrorKind, TextError, Unit};

/// Runs an expression with the units of a view: `&[u8]`, `&[u16]` or `&[u32]`.
macro_rules! with_units {
    ($view:expr, $units:ident => $body:expr) => {
        match $view {
            pyrope_object::StrView::Ascii(text) => {
                let $units = text.as_bytes();
                $body
            }
            pyrope_object::StrView::Latin1($units) => $body,
            pyrope_object::StrView::Ucs2($units) => $body,
            pyrope_object::StrView::Ucs4($units) => $body,
        }
    };
}
pub(crate) use with_units;

/// A unit whose runs can be seen as text.
pub trait Viewed: Sized {
    /// The units as text; it need not be the narrowest view.
    fn view(units: &[Self]) -> StrView<'_>;
}

impl Viewed for u8 {
    fn view(units: &[u8]) -> StrView<'_> {
        StrView::Latin1(units)
    }
}

impl Viewed for u16 {
    fn view(units: &[u16]) -> StrView<'_> {
        StrView::Ucs2(units)
    }
}

impl Viewed for u32 {
    fn view(units: &[u32]) -> StrView<'_> {
        StrView::Ucs4(units)
    }
}

/// A unit that texts of narrower or equal units can be widened to.
pub(crate) trait Width: Searchable {
    /// The view's units in this width; `None` if it has wider ones.
    fn units(view: StrView<'_>) -> Option<Cow<'_, [Self]>>;
}

impl Width for u8 {
    fn units(view: StrView<'_>) -> Option<Cow<'_, [u8]>> {
        match view {
            StrView::Ascii(text) => Some(text.as_bytes().into()),
            StrView::Latin1(units) => Some(units.into()),
            _ => None,
        }
    }
}

impl Width for u16 {
    fn units(view: StrView<'_>) -> Option<Cow<'_, [u16]>> {
        match view {
            StrView::Ascii(text) => Some(text.bytes().map(u16::from).collect()),
            StrView::Latin1(units) => Some(units.iter().map(|&c| c.into()).collect()),
            StrView::Ucs2(units) => Some(units.into()),
            StrView::Ucs4(_) => None,
        }
    }
}

impl Width for u32 {
    fn units(view: StrView<'_>) -> Option<Cow<'_, [u32]>> {
        match view {
            StrView::Ucs4(units) => Some(units.into()),
            view => Some(code_points(view).collect()),
        }
    }
}

/// The view's units as `haystack` has them; `None` if the text cannot occur there.
pub(crate) fn widened<'n, U: Width>(_: &[U], needle: StrView<'n>) -> Option<Cow<'n, [U]>> {
    U::units(needle)
}

/// All code points of a view.
pub(crate) fn code_points(view: StrView<'_>) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + '_ {
    (0..view.len()).map(move |at| code_point(view, at))
}

/// The code point at an index in range.
#[inline]
pub(crate) fn code_point(view: StrView<'_>, at: usize) -> u32 {
    match view {
        StrView::Ascii(text) => text.as_bytes()[at].into(),
        StrView::Latin1(units) => units[at].into(),
        StrView::Ucs2(units) => units[at].into(),
        StrView::Ucs4(units) => units[at],
    }
}

enum Units {
    /// Latin-1.
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

/// Text under construction, in the narrowest units so far. Running out of memory is remembered and told at the end.
pub struct TextBuilder {
    units: Units,
    failed: bool,
}

impl Default for TextBuilder {
    fn default() -> Self {
        TextBuilder { units: Units::One(Vec::new()), failed: false }
    }
}

impl TextBuilder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing yet, with room for so many units.
    pub fn with_capacity(capacity: usize) -> Self {
        let mut builder = Self::default();
        builder.reserve(capacity);
        builder
    }

    /// Number of code points so far.
    pub fn len(&self) -> usize {
        match &self.units {
            Units::One(units) => units.len(),
            Units::Two(units) => units.len(),
            Units::Four(units) => units.len(),
        }
    }

    /// True if there is nothing yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn reserve(&mut self, more: usize) -> bool {
        let done = !self.failed
            && match &mut self.units {
                Units::One(units) => units.try_reserve(more).is_ok(),
                Units::Two(units) => units.try_reserve(more).is_ok(),
                Units::Four(units) => units.try_reserve(more).is_ok(),
            };
        self.failed |= !done;
        done
    }

    fn widen_to_two(&mut self) {
        if let Units::One(units) = &self.units {
            let mut wide = Vec::new();
            if wide.try_reserve(units.capacity()).is_err() {
                self.failed = true;
                return;
            }
            wide.extend(units.iter().map(|&c| u16::from(c)));
            self.units = Units::Two(wide);
        }
    }

    fn widen_to_four(&mut self) {
        let mut wide: Vec<u32> = Vec::new();
        if wide.try_reserve(self.len() + 16).is_err() {
            self.failed = true;
            return;
        }
        match &self.units {
            Units::One(units) => wide.extend(units.iter().map(|&c| u32::from(c))),
            Units::Two(units) => wide.extend(units.iter().map(|&c| u32::from(c))),
            Units::Four(_) => return,
        }
        self.units = Units::Four(wide);
    }

    fn fit(&mut self, widest: u32) {
        match (&self.units, widest) {
            (_, 0..0x100) | (Units::Two(_), 0x100..0x1_0000) | (Units::Four(_), _) => {}
            (Units::One(_), 0x100..0x1_0000) => self.widen_to_two(),
            _ => self.widen_to_four(),
        }
    }

    /// Appends a code point, at most 0x10FFFF.
    #[inline]
    pub fn push(&mut self, code_point: u32) {
        match (&mut self.units, u8::try_from(code_point)) {
            (Units::One(units), Ok(unit)) if units.len() < units.capacity() => units.push(unit),
            _ => self.push_many(code_point, 1),
        }
    }

    /// Appends a code point several times.
    pub fn push_many(&mut self, code_point: u32, count: usize) {
        self.fit(code_point);
        if count == 0 || !self.reserve(count) {
            return;
        }
        match &mut self.units {
            Units::One(units) if count == 1 => units.push(code_point as u8),
            Units::One(units) => units.resize(units.len() + count, code_point as u8),
            Units::Two(units) => units.resize(units.len() + count, code_point as u16),
            Units::Four(units) => units.resize(units.len() + count, code_point),
        }
    }

    /// Appends the text of a view.
    #[inline]
    pub fn push_view(&mut self, view: StrView<'_>) {
        match (&mut self.units, view) {
            (Units::One(units), StrView::Ascii(text)) if text.len() <= units.capacity() - units.len() => {
                units.extend_from_slice(text.as_bytes());
            }
            _ => self.push_view_slowly(view),
        }
    }

    #[inline(never)]
    fn push_view_slowly(&mut self, view: StrView<'_>) {
        match view {
            StrView::Ascii(_) | StrView::Latin1(_) => {}
            StrView::Ucs2(_) => self.fit(0xFFFF),
            StrView::Ucs4(_) => self.fit(0x10_FFFF),
        }
        if !self.reserve(view.len()) {
            return;
        }
        match (&mut self.units, view) {
            (Units::One(units), StrView::Ascii(text)) => units.extend_from_slice(text.as_bytes()),
            (Units::One(units), StrView::Latin1(text)) => units.extend_from_slice(text),
            (Units::Two(units), StrView::Ucs2(text)) => units.extend_from_slice(text),
            (Units::Two(units), view) => units.extend(code_points(view).map(|c| c as u16)),
            (Units::Four(units), StrView::Ucs4(text)) => units.extend_from_slice(text),
            (Units::Four(units), view) => units.extend(code_points(view)),
            (Units::One(_), _) => {}
        }
    }

    /// Appends units of any width.
    pub fn push_units<U: Unit>(&mut self, text: &[U]) {
        self.fit(text.iter().fold(0, |all, &c| all | c.into()));
        if !self.reserve(text.len()) {
            return;
        }
        let points = text.iter().map(|&c| Into::<u32>::into(c));
        match &mut self.units {
            Units::One(units) => units.extend(points.map(|c| c as u8)),
            Units::Two(units) => units.extend(points.map(|c| c as u16)),
            Units::Four(units) => units.extend(points),
        }
    }

    /// Appends a Python string.
    pub fn push_text(&mut self, text: &Str) {
        self.push_view(text.view());
    }

    /// Appends Rust text.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_view(StrView::Ascii(text));
        } else {
            text.chars().for_each(|c| self.push(c.into()));
        }
    }

    /// Appends text with lone surrogates.
    pub fn push_wtf8(&mut self, text: &Wtf8Buf) {
        match text.as_str() {
            Some(text) => self.push_str(text),
            None => text.code_points().for_each(|c| self.push(c)),
        }
    }

    /// The finished string, or MemoryError.
    pub fn finish(self, vm: &Vm) -> PyResult<Ref<Str>> {
        if self.failed {
            return Err(vm.memory_error());
        }
        match &self.units {
            Units::One(units) => vm.str_from_latin1(units),
            Units::Two(units) => str_from_ucs2(units, vm),
            Units::Four(units) => vm.str_from_code_points(units),
        }
    }
}

fn str_from_ucs2(units: &[u16], vm: &Vm) -> PyResult<Ref<Str>> {
    match units {
        [unit] if *unit < 0x100 => Ok(vm.latin1_char(*unit as u8)),
        _ => Str::try_from_ucs2(vm, vm.builtin(B::Str), units),
    }
}

impl Sink for TextBuilder {
    fn push(&mut self, code_point: u32) {
        TextBuilder::push(self, code_point);
    }

    fn push_str(&mut self, text: &str) {
        TextBuilder::push_str(self, text);
    }

    fn push_latin1(&mut self, text: &[u8]) {
        self.push_view(StrView::Latin1(text));
    }
}

/// The `str` of one code point.
#[inline]
pub fn char_str(code_point: u32, vm: &Vm) -> PyResult<Ref<Str>> {
    match u16::try_from(code_point) {
        Ok(unit) => str_from_ucs2(&[unit], vm),
        Err(_) => vm.str_from_code_points(&[code_point]),
    }
}

/// The part `start..end` (in range) of a text.
#[inline]
pub fn slice_view(view: StrView<'_>, start: usize, end: usize, vm: &Vm) -> PyResult<Value> {
    if end == start + 1 {
        return Ok(char_str(code_point(view, start), vm)?.into_value());
    }
    match view.slice(start, end) {
        StrView::Ucs2(units) => Ok(str_from_ucs2(units, vm)?.into_value()),
        part => Ok(vm.str_from_view(part)?.into_value()),
    }
}

/// A `str` of text with lone surrogates.
pub fn str_from_wtf8(text: &Wtf8Buf, vm: &Vm) -> PyResult<Ref<Str>> {
    match text.as_str() {
        Some(text) => vm.try_str(text),
        None => vm.str_from_code_points(&text.code_points().collect::<Vec<_>>()),
    }
}

/// Raises the exception that an algorithm's error stands for.
#[cold]
pub fn raise_text_error(error: &TextError, vm: &Vm) -> Raised {
    let kind = match error.kind {
        ErrorKind::Value => B::ValueError,
        ErrorKind::Type => B::TypeError,
        ErrorKind::Overflow => B::OverflowError,
        ErrorKind::Memory => return vm.memory_error(),
    };
    match str_from_wtf8(&error.message, vm) {
        Ok(message) => vm.raise_with(kind, &[message.into_value()]),
        Err(raised) => raised,
    }
}
