//! Making values of the core types.

use dashu_int::IBig;

use crate::builtin::BuiltinType as B;
use crate::error::PyResult;
use crate::guarded::Guarded;
use crate::header::Header;
use crate::layout::{Bytes, Dict, Float, Int, List, Str, StrView, Tuple};
use crate::reference::Ref;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// An `int`.
    #[inline]
    pub fn int(&self, n: i64) -> Value {
        match Value::small_int(n) {
            Some(value) => value,
            None => self.boxed_i64(n),
        }
    }

    #[cold]
    #[inline(never)]
    fn boxed_i64(&self, n: i64) -> Value {
        self.boxed_int(IBig::from(n))
    }

    /// An `int` of any size.
    pub fn int_from_big(&self, n: IBig) -> Value {
        match i64::try_from(&n).ok().and_then(Value::small_int) {
            Some(value) => value,
            None => self.boxed_int(n),
        }
    }

    /// An `int` from an unsigned number.
    pub fn int_from_u64(&self, n: u64) -> Value {
        match i64::try_from(n) {
            Ok(n) => self.int(n),
            Err(_) => self.boxed_int(IBig::from(n)),
        }
    }

    /// An `int` from a size.
    pub fn int_from_usize(&self, n: usize) -> Value {
        self.int_from_u64(n as u64)
    }

    #[cold]
    fn boxed_int(&self, value: IBig) -> Value {
        Ref::new(self, Int { header: Header::blank(), value }).into_value()
    }

    /// An instance of an `int` subclass.
    pub fn int_in(&self, class: &crate::ty::Type, value: IBig) -> Value {
        Ref::new_in(self, class, Int { header: Header::blank(), value }).into_value()
    }

    /// A `float`.
    #[inline]
    pub fn float(&self, x: f64) -> Value {
        match Value::small_float(x) {
            Some(value) => value,
            None => self.boxed_float(x),
        }
    }

    #[cold]
    #[inline(never)]
    fn boxed_float(&self, value: f64) -> Value {
        Ref::new(self, Float { header: Header::blank(), value }).into_value()
    }

    /// An instance of a `float` subclass.
    pub fn float_in(&self, class: &crate::ty::Type, value: f64) -> Value {
        Ref::new_in(self, class, Float { header: Header::blank(), value }).into_value()
    }

    /// A `str` of short text that Rust code made (for user-sized text use [`Vm::try_str`]).
    pub fn new_str(&self, text: &str) -> Ref<Str> {
        self.try_str(text).unwrap_or_else(|_| crate::interpreter::out_of_memory())
    }

    /// A `str`, or MemoryError.
    pub fn try_str(&self, text: &str) -> PyResult<Ref<Str>> {
        match text.len() {
            0 => Ok(self.empty_str()),
            1 => Ok(self.latin1_char(text.as_bytes()[0])),
            _ => Str::try_from_utf8(self, self.builtin(B::Str), text),
        }
    }

    /// A `str` of the code points of a view, or MemoryError.
    pub fn str_from_view(&self, view: StrView<'_>) -> PyResult<Ref<Str>> {
        match view {
            StrView::Ascii(text) => self.try_str(text),
            StrView::Latin1(units) => self.str_from_latin1(units),
            StrView::Ucs2(units) => Str::try_from_ucs2(self, self.builtin(B::Str), units),
            StrView::Ucs4(units) => self.str_from_code_points(units),
        }
    }

    /// A `str` of code points below 0x100, or MemoryError.
    pub fn str_from_latin1(&self, units: &[u8]) -> PyResult<Ref<Str>> {
        match units {
            [] => Ok(self.empty_str()),
            [unit] => Ok(self.latin1_char(*unit)),
            _ => Str::try_from_latin1(self, self.builtin(B::Str), units),
        }
    }

    /// A `str` of any code points (surrogates included), or MemoryError.
    pub fn str_from_code_points(&self, units: &[u32]) -> PyResult<Ref<Str>> {
        match units {
            [] => Ok(self.empty_str()),
            [unit] if *unit < 0x100 => Ok(self.latin1_char(*unit as u8)),
            _ => Str::try_from_ucs4(self, self.builtin(B::Str), units),
        }
    }

    /// The concatenation of strings that are ASCII, or MemoryError.
    pub fn concatenated_ascii(&self, parts: &[&Str]) -> PyResult<Ref<Str>> {
        match parts.iter().map(|part| part.len()).sum() {
            0 => Ok(self.empty_str()),
            1 => parts
                .iter()
                .find_map(|p| p.raw().first())
                .map_or_else(|| Ok(self.empty_str()), |&c| Ok(self.latin1_char(c))),
            _ => Str::try_concatenate_ascii(self, self.builtin(B::Str), parts),
        }
    }

    /// A `str` of `len` bytes of ASCII text in parts; `None` if a part is other text, or without memory. Runs no Python
    /// code.
    pub fn str_from_ascii_parts<'p>(&self, len: usize, parts: impl Iterator<Item = &'p str>) -> Option<Ref<Str>> {
        if len < 2 {
            let mut parts = parts;
            return match parts.find(|part| !part.is_empty()) {
                Some(part) => part.is_ascii().then(|| self.latin1_char(part.as_bytes()[0])),
                None => Some(self.empty_str()),
            };
        }
        Str::try_from_ascii_parts(self, self.builtin(B::Str), len, parts)
    }

    /// The one-character `str` of a code point below 0x100.
    #[inline]
    pub fn latin1_char(&self, unit: u8) -> Ref<Str> {
        match self.interp().singletons.get() {
            Some(singletons) => singletons.latin1[unit as usize].clone(),
            None => Str::try_from_latin1(self, self.builtin(B::Str), &[unit])
                .unwrap_or_else(|_| crate::interpreter::out_of_memory()),
        }
    }

    /// `''`
    pub fn empty_str(&self) -> Ref<Str> {
        match self.interp().singletons.get() {
            Some(singletons) => singletons.empty_str.clone(),
            None => Str::try_from_utf8(self, self.builtin(B::Str), "")
                .unwrap_or_else(|_| crate::interpreter::out_of_memory()),
        }
    }

    /// The interned `str` with this text.
    pub fn intern(&self, text: &str) -> Ref<Str> {
        match self.interp().interned_ascii(text) {
            Some(known) => known,
            None => self.interp().intern(&self.new_str(text)),
        }
    }

    /// The interned `str` equal to an exact `str`.
    pub fn intern_str(&self, text: &Ref<Str>) -> Ref<Str> {
        self.interp().intern(text)
    }

    /// `bytes`, or MemoryError.
    pub fn new_bytes(&self, data: &[u8]) -> PyResult<Ref<Bytes>> {
        match self.interp().singletons.get() {
            Some(singletons) if data.is_empty() => Ok(singletons.empty_bytes.clone()),
            _ => Bytes::try_new(self, self.builtin(B::Bytes), data),
        }
    }

    /// A `tuple`.
    pub fn new_tuple(&self, items: Vec<Value>) -> Ref<Tuple> {
        match self.interp().singletons.get() {
            Some(singletons) if items.is_empty() => singletons.empty_tuple.clone(),
            _ => Tuple::try_from_iter(self, self.builtin(B::Tuple), items.len(), items.into_iter())
                .unwrap_or_else(|_| crate::interpreter::out_of_memory()),
        }
    }

    /// A `tuple` of a few items.
    pub fn tuple_of<const N: usize>(&self, items: [Value; N]) -> Ref<Tuple> {
        self.tuple_from_iter(N, items.into_iter())
    }

    /// A `tuple` of as many items as `count` says.
    pub fn tuple_from_iter(&self, count: usize, items: impl Iterator<Item = Value>) -> Ref<Tuple> {
        match self.interp().singletons.get() {
            Some(singletons) if count == 0 => singletons.empty_tuple.clone(),
            _ => Tuple::try_from_iter(self, self.builtin(B::Tuple), count, items)
                .unwrap_or_else(|_| crate::interpreter::out_of_memory()),
        }
    }

    /// A `tuple` of copies.
    pub fn tuple_from_slice(&self, items: &[Value]) -> Ref<Tuple> {
        match self.interp().singletons.get() {
            Some(singletons) if items.is_empty() => singletons.empty_tuple.clone(),
            _ => Tuple::try_new(self, self.builtin(B::Tuple), items)
                .unwrap_or_else(|_| crate::interpreter::out_of_memory()),
        }
    }

    /// A `list`.
    #[inline(always)]
    pub fn new_list(&self, items: Vec<Value>) -> Ref<List> {
        Ref::new(self, List { header: Header::blank(), items: Guarded::new(items) })
    }

    /// An empty `dict`.
    #[inline]
    pub fn new_dict(&self) -> Ref<Dict> {
        Ref::new(self, Dict::empty())
    }
}
