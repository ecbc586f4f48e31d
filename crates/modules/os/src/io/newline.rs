//! Line ends: translating them, remembering which were seen, finding them.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::Signature;
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, PyResult, Ref, Slots, Str, StrView, Tuple, Value, Vm};

use super::bound;

const SEEN_CR: u8 = 1;
const SEEN_LF: u8 = 2;
const SEEN_CRLF: u8 = 4;

/// What was seen so far, and a carriage return whose line feed may yet come.
#[derive(Clone, Copy, Default)]
pub(super) struct NewlineState {
    pub pending_cr: bool,
    pub seen: u8,
}

impl NewlineState {
    /// `newlines`: None, a string or a tuple.
    pub fn newlines(self, vm: &Vm) -> Value {
        let kinds = [(SEEN_CR, "\r"), (SEEN_LF, "\n"), (SEEN_CRLF, "\r\n")];
        let mut seen: Vec<Value> = kinds
            .into_iter()
            .filter(|(bit, _)| self.seen & bit != 0)
            .map(|(_, text)| vm.intern(text).into_value())
            .collect();
        match seen.len() {
            0 => Value::none(),
            1 => seen.remove(0),
            _ => vm.new_tuple(seen).into_value(),
        }
    }

    /// Takes note of the line ends in a text and, if asked, makes them all `\n`. A `\r` at the very end waits for the
    /// next text, unless this is the last.
    pub fn decode(&mut self, text: Ref<Str>, translate: bool, last: bool, vm: &Vm) -> PyResult<Ref<Str>> {
        let mut text = text;
        if self.pending_cr && (last || !text.is_empty()) {
            text = join(&[StrView::Ascii("\r"), text.view()], vm)?;
            self.pending_cr = false;
        }
        if !last && !text.is_empty() && text.code_point(text.len() - 1) == Some(13) {
            text = vm.str_from_view(text.view().slice(0, text.len() - 1))?;
            self.pending_cr = true;
        }
        if find_unit(text.view(), 13, 0).is_none() {
            if self.seen & SEEN_LF == 0 && find_unit(text.view(), 10, 0).is_some() {
                self.seen |= SEEN_LF;
            }
            return Ok(text);
        }
        self.note(&text);
        if !translate {
            return Ok(text);
        }
        match text.view() {
            StrView::Ascii(ascii) => {
                let out = translated(ascii.as_bytes());
                vm.str_from_latin1(&out)
            }
            StrView::Latin1(units) => vm.str_from_latin1(&translated(units)),
            StrView::Ucs2(units) => Str::try_from_ucs2(vm, vm.builtin(B::Str), &translated(units)),
            StrView::Ucs4(units) => vm.str_from_code_points(&translated(units)),
        }
    }

    fn note(&mut self, text: &Str) {
        let mut previous_cr = false;
        for c in text.code_points() {
            match (previous_cr, c) {
                (true, 10) => self.seen |= SEEN_CRLF,
                (true, _) => self.seen |= SEEN_CR,
                (false, 10) => self.seen |= SEEN_LF,
                _ => {}
            }
            previous_cr = c == 13;
        }
        if previous_cr {
            self.seen |= SEEN_CR;
        }
    }
}

fn translated<U: Copy + PartialEq + From<u8>>(units: &[U]) -> Vec<U> {
    let (cr, lf) = (U::from(13), U::from(10));
    let mut out = Vec::with_capacity(units.len());
    let mut previous_cr = false;
    for &unit in units {
        if unit == lf && previous_cr {
            previous_cr = false;
            continue;
        }
        previous_cr = unit == cr;
        out.push(if previous_cr { lf } else { unit });
    }
    out
}

/// The first place of a unit below 0x80 from `start` on.
pub(super) fn find_unit(view: StrView<'_>, unit: u8, start: usize) -> Option<usize> {
    let found = match view {
        StrView::Ascii(text) => text.as_bytes()[start..].iter().position(|&c| c == unit),
        StrView::Latin1(units) => units[start..].iter().position(|&c| c == unit),
        StrView::Ucs2(units) => units[start..].iter().position(|&c| c == u16::from(unit)),
        StrView::Ucs4(units) => units[start..].iter().position(|&c| c == u32::from(unit)),
    };
    found.map(|at| at + start)
}

fn unit_at(view: StrView<'_>, at: usize) -> Option<u32> {
    match view {
        StrView::Ascii(text) => text.as_bytes().get(at).map(|&c| c.into()),
        StrView::Latin1(units) => units.get(at).map(|&c| c.into()),
        StrView::Ucs2(units) => units.get(at).map(|&c| c.into()),
        StrView::Ucs4(units) => units.get(at).copied(),
    }
}

/// Which ends a line has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum LineEnd {
    /// `\n` only (perhaps after translation).
    #[default]
    Lf,
    Cr,
    CrLf,
    /// Any of the three.
    Any,
}

impl LineEnd {
    /// Where the line that begins at `start` ends, behind its terminator.
    pub fn find(self, view: StrView<'_>, start: usize) -> Option<usize> {
        match self {
            LineEnd::Lf => find_unit(view, 10, start).map(|at| at + 1),
            LineEnd::Cr => find_unit(view, 13, start).map(|at| at + 1),
            LineEnd::CrLf => {
                let mut from = start;
                while let Some(at) = find_unit(view, 13, from) {
                    if unit_at(view, at + 1) == Some(10) {
                        return Some(at + 2);
                    }
                    from = at + 1;
                }
                None
            }
            LineEnd::Any => {
                let lf = find_unit(view, 10, start);
                let before = lf.map_or(view, |lf| view.slice(0, lf));
                match find_unit(before, 13, start) {
                    Some(cr) if lf == Some(cr + 1) => Some(cr + 2),
                    Some(cr) => Some(cr + 1),
                    None => lf.map(|lf| lf + 1),
                }
            }
        }
    }
}

/// The texts one after the other.
pub(super) fn join(parts: &[StrView<'_>], vm: &Vm) -> PyResult<Ref<Str>> {
    let total: usize = parts.iter().map(StrView::len).sum();
    let narrow = parts.iter().all(|part| matches!(part, StrView::Ascii(_) | StrView::Latin1(_)));
    if narrow {
        let mut out: Vec<u8> = Vec::new();
        out.try_reserve_exact(total).map_err(|_| vm.memory_error())?;
        for part in parts {
            match part {
                StrView::Ascii(text) => out.extend_from_slice(text.as_bytes()),
                StrView::Latin1(units) => out.extend_from_slice(units),
                _ => {}
            }
        }
        return vm.str_from_latin1(&out);
    }
    let mut out: Vec<u32> = Vec::new();
    out.try_reserve_exact(total).map_err(|_| vm.memory_error())?;
    for part in parts {
        match part {
            StrView::Ascii(text) => out.extend(text.bytes().map(u32::from)),
            StrView::Latin1(units) => out.extend(units.iter().map(|&c| u32::from(c))),
            StrView::Ucs2(units) => out.extend(units.iter().map(|&c| u32::from(c))),
            StrView::Ucs4(units) => out.extend_from_slice(units),
        }
    }
    vm.str_from_code_points(&out)
}

/// Replaces each `\n` of a text about to be written.
pub(super) fn replace_lf(text: &Str, with: &str, vm: &Vm) -> PyResult<Ref<Str>> {
    if let Some(ascii) = text.as_ascii() {
        return vm.try_str(&ascii.replace('\n', with));
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.code_points() {
        if c == 10 { out.extend(with.chars().map(u32::from)) } else { out.push(c) }
    }
    vm.str_from_code_points(&out)
}

/// Codec used when reading a file in universal newlines mode.
///
/// It wraps another incremental decoder, translating \r\n and \r into \n.
/// It also records the types of newlines encountered.  When used with
/// translate=False, it ensures that the newline sequence is returned in
/// one piece. When used with decoder=None, it expects unicode strings as
/// decode input and translates newlines without first invoking an external
/// decoder.
#[pyclass(
    name = "IncrementalNewlineDecoder", module = "_io", signature = "(decoder, translate, errors='strict')",
    flags(BASETYPE, GC), slots = SLOTS, methods(IncrementalNewlineDecoder::METHODS),
    getset(IncrementalNewlineDecoder::GETSETS)
)]
#[derive(Traverse)]
pub struct IncrementalNewlineDecoder {
    header: Header,
    decoder: Guarded<Option<Value>>,
    #[traverse(skip)]
    translate: Cell<bool>,
    #[traverse(skip)]
    state: Cell<NewlineState>,
}

static INIT: Signature = Signature::plain("IncrementalNewlineDecoder", &["decoder", "translate", "errors"], 2);

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let blank = IncrementalNewlineDecoder {
            header: Header::blank(),
            decoder: Guarded::default(),
            translate: Cell::new(false),
            state: Cell::default(),
        };
        Ok(Ref::new_in(vm, class, blank).into_value())
    }),
    init: Some(|slf: &Value, args: Args<'_>, vm: &Vm| {
        let [decoder, translate, _] = bound::<3>(&INIT, args, vm)?;
        let Some(this) = slf.downcast::<IncrementalNewlineDecoder>() else { return Ok(()) };
        let translate = match translate {
            Some(translate) => vm.is_true(translate)?,
            None => false,
        };
        this.decoder.set(decoder.cloned());
        this.translate.set(translate);
        this.state.set(NewlineState::default());
        Ok(())
    }),
    ..Slots::EMPTY
};

impl IncrementalNewlineDecoder {
    fn inner(&self, vm: &Vm) -> PyResult<Option<Value>> {
        match self.decoder.get() {
            None => Err(vm.value_error("IncrementalNewlineDecoder.__init__() not called")),
            Some(decoder) => Ok(Some(decoder).filter(|d| !d.is_none())),
        }
    }
}

/// The state of a Python decoder: `(bytes, flags)`.
pub(super) fn decoder_state(decoder: &Value, vm: &Vm) -> PyResult<(Value, u64)> {
    let state = vm.call_method(decoder, "getstate", &[])?;
    let Some([buffer, flags]) = state.downcast::<Tuple>().map(Tuple::as_slice) else {
        return Err(vm.type_error("illegal decoder state"));
    };
    match vm.index_i64(flags)?.map(u64::try_from) {
        Some(Ok(flags)) => Ok((buffer.clone(), flags)),
        _ => Err(vm.overflow_error("illegal decoder state: flags out of range")),
    }
}

#[pymethods]
impl IncrementalNewlineDecoder {
    #[method("decode($self, /, input, final=False)")]
    fn decode(&self, input: &Value, last: bool, vm: &Vm) -> PyResult {
        let text = match self.inner(vm)? {
            Some(decoder) => vm.call_method(&decoder, "decode", &[input.clone(), Value::bool(last)])?,
            None => input.clone(),
        };
        let Some(text) = text.cast::<Str>() else {
            return Err(vm.type_error(format!("decoder should return a string result, not '{}'", vm.type_name(&text))));
        };
        let mut state = self.state.get();
        let out = state.decode(text, self.translate.get(), last, vm)?;
        self.state.set(state);
        Ok(out.into_value())
    }

    #[method("getstate($self, /)")]
    fn getstate(&self, vm: &Vm) -> PyResult {
        let (buffer, flags) = match self.inner(vm)? {
            Some(decoder) => decoder_state(&decoder, vm)?,
            None => (vm.new_bytes(b"")?.into_value(), 0),
        };
        let flags = flags << 1 | u64::from(self.state.get().pending_cr);
        Ok(vm.tuple_of([buffer, vm.int_from_u64(flags)]).into_value())
    }

    #[method("setstate($self, state, /)")]
    fn setstate(&self, state: &Value, vm: &Vm) -> PyResult<()> {
        let Some(items) = state.downcast::<Tuple>().map(Tuple::as_slice) else {
            return Err(vm.type_error("state argument must be a tuple"));
        };
        let [buffer, flags] = items else {
            return Err(vm.type_error("IncrementalNewlineDecoder.setstate(): illegal state argument"));
        };
        let flags = vm.index_i64(flags)?.unwrap_or(0) as u64;
        let mut own = self.state.get();
        own.pending_cr = flags & 1 != 0;
        self.state.set(own);
        if let Some(decoder) = self.inner(vm)? {
            let state = vm.tuple_of([buffer.clone(), vm.int_from_u64(flags >> 1)]).into_value();
            vm.call_method(&decoder, "setstate", &[state])?;
        }
        Ok(())
    }

    #[method("reset($self, /)")]
    fn reset(&self, vm: &Vm) -> PyResult {
        self.state.set(NewlineState::default());
        match self.inner(vm)? {
            Some(decoder) => vm.call_method(&decoder, "reset", &[]),
            None => Ok(Value::none()),
        }
    }

    #[getter("newlines")]
    fn newlines(&self, vm: &Vm) -> Value {
        self.state.get().newlines(vm)
    }
}
