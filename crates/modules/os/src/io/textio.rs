//! `TextIOWrapper`: text over a buffered stream of bytes.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{OrNone, Signature};
use pyrope_object::{
    Args, BuiltinType as B, Bytes, FromArg, Guarded, Header, Object, PyResult, Ref, Slots, Str, StrView, Value, Vm,
};

use super::base::TextIOBase;
use super::buffered;
use super::codec::{Decoder, Encoder, find_codec};
use super::cookie::Cookie;
use super::newline::{LineEnd, NewlineState, find_unit, join, replace_lf};
use super::{ask, base, bound, optional_size, text_or_none, unsupported};

const CHUNK_SIZE: usize = 8192;

/// The decoder's state before the last chunk, and the bytes that it was given: what `tell` starts from.
#[derive(Clone)]
struct Snapshot {
    flags: u64,
    input: Rc<[u8]>,
}

/// Character and line based layer over a BufferedIOBase object, buffer.
///
/// encoding gives the name of the encoding that the stream will be
/// decoded or encoded with. It defaults to locale.getencoding().
///
/// errors determines the strictness of encoding and decoding (see
/// help(codecs.Codec) or the documentation for codecs.register) and
/// defaults to "strict".
///
/// newline controls how line endings are handled. It can be None, '',
/// '\n', '\r', and '\r\n'.  It works as follows:
///
/// * On input, if newline is None, universal newlines mode is
///   enabled. Lines in the input can end in '\n', '\r', or '\r\n', and
///   these are translated into '\n' before being returned to the
///   caller. If it is '', universal newline mode is enabled, but line
///   endings are returned to the caller untranslated. If it has any of
///   the other legal values, input lines are only terminated by the given
///   string, and the line ending is returned to the caller untranslated.
///
/// * On output, if newline is None, any '\n' characters written are
///   translated to the system default line separator, os.linesep. If
///   newline is '' or '\n', no translation takes place. If newline is any
///   of the other legal values, any '\n' characters written are translated
///   to the given string.
///
/// If line_buffering is True, a call to flush is implied when a call to
/// write contains a newline character.
#[pyclass(
    name = "TextIOWrapper", module = "_io", base = TextIOBase,
    signature = "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)",
    flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW), slots = SLOTS, methods(TextIOWrapper::METHODS),
    getset(TextIOWrapper::GETSETS)
)]
#[derive(Traverse)]
pub struct TextIOWrapper {
    header: Header,
    buffer: Guarded<Option<Value>>,
    #[traverse(skip)]
    detached: Cell<bool>,
    encoding: Guarded<Option<Value>>,
    errors: Guarded<Option<Value>>,
    /// Codec objects do not refer back to the stream.
    #[traverse(skip)]
    encoder: Guarded<Option<Encoder>>,
    #[traverse(skip)]
    decoder: RefCell<Option<Rc<Decoder>>>,
    /// The argument `newline`.
    #[traverse(skip)]
    newline: Cell<Option<&'static str>>,
    #[traverse(skip)]
    lines: Cell<LineEnd>,
    #[traverse(skip)]
    universal: Cell<bool>,
    #[traverse(skip)]
    newline_state: Cell<NewlineState>,
    #[traverse(skip)]
    line_buffering: Cell<bool>,
    #[traverse(skip)]
    write_through: Cell<bool>,
    #[traverse(skip)]
    seekable: Cell<bool>,
    #[traverse(skip)]
    telling: Cell<bool>,
    #[traverse(skip)]
    has_read1: Cell<bool>,
    #[traverse(skip)]
    chunk_size: Cell<usize>,
    /// Encoded, not handed to the buffer yet.
    #[traverse(skip)]
    pending: Guarded<Vec<u8>>,
    /// Decoded text, of which `used` characters are given out.
    decoded: Guarded<Option<Ref<Str>>>,
    #[traverse(skip)]
    used: Cell<usize>,
    #[traverse(skip)]
    snapshot: RefCell<Option<Snapshot>>,
    /// Bytes per character in the last chunk.
    #[traverse(skip)]
    ratio: Cell<f64>,
    #[traverse(skip)]
    finalizing: Cell<bool>,
}

static INIT: Signature = Signature::plain(
    "TextIOWrapper",
    &["buffer", "encoding", "errors", "newline", "line_buffering", "write_through"],
    1,
);

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let blank = TextIOWrapper {
            header: Header::blank(),
            buffer: Guarded::default(),
            detached: Cell::new(false),
            encoding: Guarded::default(),
            errors: Guarded::default(),
            encoder: Guarded::default(),
            decoder: RefCell::default(),
            newline: Cell::new(None),
            lines: Cell::default(),
            universal: Cell::new(false),
            newline_state: Cell::default(),
            line_buffering: Cell::new(false),
            write_through: Cell::new(false),
            seekable: Cell::new(false),
            telling: Cell::new(false),
            has_read1: Cell::new(false),
            chunk_size: Cell::new(CHUNK_SIZE),
            pending: Guarded::default(),
            decoded: Guarded::default(),
            used: Cell::new(0),
            snapshot: RefCell::default(),
            ratio: Cell::new(0.0),
            finalizing: Cell::new(false),
        };
        Ok(Ref::new_in(vm, class, blank).into_value())
    }),
    init: Some(init),
    repr: Some(repr),
    next: Some(next_line),
    ..Slots::EMPTY
};

fn newline_of(value: Option<&Value>, vm: &Vm) -> PyResult<Option<&'static str>> {
    let Some(text) = text_or_none(value, "TextIOWrapper", "newline", vm)? else { return Ok(None) };
    match ["", "\n", "\r", "\r\n"].into_iter().find(|known| *known == text) {
        Some(known) => Ok(Some(known)),
        None => Err(vm.value_error(format!("illegal newline value: {text}"))),
    }
}

/// In development mode, a name that no error handler has is found out at once.
fn check_handler(errors: &str, vm: &Vm) -> PyResult<()> {
    if super::sys_flag("dev_mode", vm) != 0 {
        pyrope_types::text::codec::lookup_error(errors, vm)?;
    }
    Ok(())
}

fn flag(value: Option<&Value>, vm: &Vm) -> PyResult<bool> {
    value.map_or(Ok(false), |value| vm.is_true(value))
}

/// The encoding that the locale asks for.
fn locale_encoding(vm: &Vm) -> &'static str {
    if super::sys_flag("utf8_mode", vm) != 0 { "utf-8" } else { "UTF-8" }
}

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let [buffer, encoding, errors, newline, line_buffering, write_through] = bound::<6>(&INIT, args, vm)?;
    let (Some(this), Some(buffer)) = (slf.cast::<TextIOWrapper>(), buffer) else { return Ok(()) };
    // Until all went well it is as if it had never been made.
    drop(this.buffer.replace(None));
    drop(this.encoding.replace(None));
    this.detached.set(false);
    let encoding = text_or_none(encoding, "TextIOWrapper", "encoding", vm)?;
    let newline = newline_of(newline, vm)?;
    let errors = match errors.filter(|e| !e.is_none()) {
        None => None,
        Some(value) => {
            if value.downcast::<Str>().is_none() {
                return Err(vm.type_error(format!(
                    "TextIOWrapper() argument 'errors' must be str or None, not {}",
                    vm.type_name(value)
                )));
            }
            text_or_none(Some(value), "TextIOWrapper", "errors", vm)?
        }
    };
    let (line_buffering, write_through) = (flag(line_buffering, vm)?, flag(write_through, vm)?);
    if encoding.is_none() && super::sys_flag("warn_default_encoding", vm) != 0 {
        vm.warn(B::EncodingWarning, "'encoding' argument not specified", 1)?;
    }
    let encoding: Cow<'_, str> = match encoding {
        None => locale_encoding(vm).into(),
        Some(name) if name == "locale" => locale_encoding(vm).into(),
        Some(name) => name,
    };
    let errors = errors.unwrap_or(Cow::Borrowed("strict"));
    check_handler(&errors, vm)?;
    this.forget_decoded();
    this.pending.set(Vec::new());
    this.set_newline(newline);
    this.line_buffering.set(line_buffering);
    this.write_through.set(write_through);
    this.chunk_size.set(CHUNK_SIZE);
    this.set_codec(buffer, &encoding, &errors, vm)?;
    this.has_read1.set(vm.find_attr_str(buffer, "read1")?.is_some());
    let seekable = ask(buffer, "seekable", vm)?;
    this.seekable.set(seekable);
    this.telling.set(seekable);
    this.buffer.set(Some(buffer.clone()));
    this.start_encoder(buffer, vm)
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
    this.initialised(vm)?;
    let shown = buffered::type_shown(slf, vm);
    if !vm.enter_repr(slf) {
        return Err(vm.runtime_error(format!("reentrant call inside {shown}.__repr__")));
    }
    let text = repr_text(slf, &this, &shown, vm);
    vm.leave_repr(slf);
    Ok(vm.try_str(&text?)?.into_value())
}

fn repr_text(slf: &Value, this: &TextIOWrapper, shown: &str, vm: &Vm) -> PyResult<String> {
    let mut text = format!("<{shown}");
    for part in ["name", "mode"] {
        let found = match vm.get_attr_str(slf, part) {
            Ok(found) => Some(found),
            Err(raised) if vm.raised_is(B::AttributeError) || vm.raised_is(B::ValueError) => {
                vm.ignore(raised);
                None
            }
            Err(raised) => return Err(raised),
        };
        if let Some(found) = found {
            text.push_str(&format!(" {part}={}", vm.repr_text(&found)?));
        }
    }
    let encoding = this.encoding.get().unwrap_or(Value::none());
    text.push_str(&format!(" encoding={}>", vm.repr_text(&encoding)?));
    Ok(text)
}

fn next_line(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(None) };
    this.attached(vm)?;
    this.telling.set(false);
    let line = if slf.ty(vm).is_exactly(TextIOWrapper::def()) {
        this.read_line(slf, None, vm)?.into_value()
    } else {
        let line = vm.call_method(slf, "readline", &[])?;
        if line.downcast::<Str>().is_none() {
            return Err(vm.raise(
                B::OSError,
                format!("readline() should have returned a str object, not '{}'", vm.type_name(&line)),
            ));
        }
        line
    };
    if line.downcast::<Str>().is_some_and(Str::is_empty) {
        *this.snapshot.borrow_mut() = None;
        this.telling.set(this.seekable.get());
        return Ok(None);
    }
    Ok(Some(line))
}

impl TextIOWrapper {
    fn initialised(&self, vm: &Vm) -> PyResult<()> {
        if self.encoding.with(Option::is_none) {
            return Err(vm.value_error("I/O operation on uninitialized object"));
        }
        Ok(())
    }

    /// The buffer; ValueError if there is none.
    fn attached(&self, vm: &Vm) -> PyResult {
        match self.buffer.get() {
            Some(buffer) => Ok(buffer),
            None if self.detached.get() => Err(vm.value_error("underlying buffer has been detached")),
            None => Err(vm.value_error("I/O operation on uninitialized object")),
        }
    }

    fn check_open(&self, slf: &Value, vm: &Vm) -> PyResult {
        let buffer = self.attached(vm)?;
        let closed = if slf.ty(vm).is_exactly(TextIOWrapper::def()) {
            vm.get_attr_str(&buffer, "closed")?
        } else {
            vm.get_attr_str(slf, "closed")?
        };
        if vm.is_true(&closed)? { Err(vm.value_error("I/O operation on closed file.")) } else { Ok(buffer) }
    }

    fn set_newline(&self, newline: Option<&'static str>) {
        self.newline.set(newline);
        self.universal.set(matches!(newline, None | Some("")));
        self.lines.set(match newline {
            None | Some("\n") => LineEnd::Lf,
            Some("\r") => LineEnd::Cr,
            Some("\r\n") => LineEnd::CrLf,
            Some(_) => LineEnd::Any,
        });
        self.newline_state.set(NewlineState::default());
    }

    fn set_codec(&self, buffer: &Value, encoding: &str, errors: &str, vm: &Vm) -> PyResult<()> {
        let codec = find_codec(encoding, errors, vm)?;
        let decoder = if ask(buffer, "readable", vm)? { Some(Rc::new(codec.decoder(errors, vm)?)) } else { None };
        let encoder = if ask(buffer, "writable", vm)? { Some(codec.encoder(errors, vm)?) } else { None };
        let old = self.decoder.replace(decoder);
        drop(old);
        self.encoder.set(encoder);
        self.encoding.set(Some(vm.try_str(encoding)?.into_value()));
        self.errors.set(Some(vm.try_str(errors)?.into_value()));
        Ok(())
    }

    /// An encoder in the middle of a stream writes no mark.
    fn start_encoder(&self, buffer: &Value, vm: &Vm) -> PyResult<()> {
        let Some(encoder) = self.encoder.get() else { return Ok(()) };
        if !self.seekable.get() || matches!(encoder, Encoder::Native(..)) {
            return Ok(());
        }
        let at = vm.call_method(buffer, "tell", &[])?;
        if at.as_i64() != Some(0) {
            encoder.set_start(false, vm)?;
        }
        Ok(())
    }

    fn forget_decoded(&self) {
        self.decoded.set(None);
        self.used.set(0);
        *self.snapshot.borrow_mut() = None;
    }

    fn set_decoded(&self, text: Ref<Str>) {
        self.decoded.set(Some(text));
        self.used.set(0);
    }

    /// At most `limit` decoded characters.
    fn take_decoded(&self, limit: usize, vm: &Vm) -> PyResult<Ref<Str>> {
        let Some(text) = self.decoded.get() else { return Ok(vm.empty_str()) };
        let start = self.used.get();
        let end = start.saturating_add(limit).min(text.len());
        self.used.set(end);
        if start == 0 && end == text.len() { Ok(text) } else { vm.str_from_view(text.view().slice(start, end)) }
    }

    fn decoder(&self, vm: &Vm) -> PyResult<Rc<Decoder>> {
        match &*self.decoder.borrow() {
            Some(decoder) => Ok(decoder.clone()),
            None => Err(unsupported("not readable", vm)),
        }
    }

    fn encoder(&self, vm: &Vm) -> PyResult<Encoder> {
        self.encoder.get().ok_or_else(|| unsupported("not writable", vm))
    }

    fn decode(&self, decoder: &Decoder, input: &[u8], last: bool, vm: &Vm) -> PyResult<Ref<Str>> {
        let text = decoder.decode(input, last, vm)?;
        if !self.universal.get() {
            return Ok(text);
        }
        let mut state = self.newline_state.get();
        let text = state.decode(text, self.newline.get().is_none(), last, vm)?;
        self.newline_state.set(state);
        Ok(text)
    }

    /// The decoder's state, a waiting carriage return included.
    fn decoder_state(&self, decoder: &Decoder, vm: &Vm) -> PyResult<(Vec<u8>, u64)> {
        let (buffer, flags) = decoder.state(vm)?;
        if !self.universal.get() {
            return Ok((buffer, flags));
        }
        Ok((buffer, flags << 1 | u64::from(self.newline_state.get().pending_cr)))
    }

    fn set_decoder_state(&self, decoder: &Decoder, buffer: &[u8], flags: u64, vm: &Vm) -> PyResult<()> {
        if !self.universal.get() {
            return decoder.set_state(buffer, flags, vm);
        }
        let mut state = self.newline_state.get();
        state.pending_cr = flags & 1 != 0;
        self.newline_state.set(state);
        decoder.set_state(buffer, flags >> 1, vm)
    }

    fn reset_decoder(&self, decoder: &Decoder, vm: &Vm) -> PyResult<()> {
        self.newline_state.set(NewlineState::default());
        decoder.reset(vm)
    }

    /// Hands what was encoded to the buffer.
    fn write_pending(&self, vm: &Vm) -> PyResult<()> {
        let data = self.pending.take();
        if data.is_empty() {
            return Ok(());
        }
        let buffer = self.attached(vm)?;
        if buffered::write_native(&buffer, &data, vm)? {
            return Ok(());
        }
        let data = vm.new_bytes(&data)?.into_value();
        vm.call_method(&buffer, "write", &[data]).map(drop)
    }

    /// Decodes a further chunk. False at the end.
    fn read_chunk(&self, hint: usize, vm: &Vm) -> PyResult<bool> {
        let decoder = self.decoder(vm)?;
        let buffer = self.attached(vm)?;
        let before = if self.telling.get() { Some(self.decoder_state(&decoder, vm)?) } else { None };
        let hint = if self.ratio.get() > 0.0 { (self.ratio.get() * hint as f64) as usize } else { hint };
        let size = self.chunk_size.get().max(hint.min(1 << 30));
        let input: Rc<[u8]> = match buffered::read1_native(&buffer, size, vm)? {
            Some(input) => input.into(),
            None => {
                let method = if self.has_read1.get() { "read1" } else { "read" };
                let data = vm.call_method(&buffer, method, &[vm.int_from_usize(size)])?;
                bytes_of(&data, method, vm)?.into()
            }
        };
        let last = input.is_empty();
        let text = self.decode(&decoder, &input, last, vm)?;
        let (bytes, chars) = (input.len(), text.len());
        self.ratio.set(if chars > 0 { bytes as f64 / chars as f64 } else { 0.0 });
        self.set_decoded(text);
        if let Some((mut waiting, flags)) = before {
            let input = if waiting.is_empty() {
                input
            } else {
                waiting.extend_from_slice(&input);
                waiting.into()
            };
            *self.snapshot.borrow_mut() = Some(Snapshot { flags, input });
        }
        Ok(!last || chars > 0)
    }

    /// The next line, at most `limit` characters of it.
    fn read_line(&self, slf: &Value, limit: Option<usize>, vm: &Vm) -> PyResult<Ref<Str>> {
        self.check_open(slf, vm)?;
        self.write_pending(vm)?;
        let ends = self.lines.get();
        let mut parts: Vec<Ref<Str>> = Vec::new();
        let mut length = 0;
        loop {
            let text = match self.decoded.get() {
                Some(text) if self.used.get() < text.len() => text,
                _ => {
                    if self.read_chunk(0, vm)? {
                        continue;
                    }
                    self.forget_decoded();
                    break;
                }
            };
            let start = self.used.get();
            let split = ends == LineEnd::CrLf
                && text.code_point(start) == Some(10)
                && parts.last().is_some_and(|part| part.code_point(part.len() - 1) == Some(13));
            let found = if split { Some(start + 1) } else { ends.find(text.view(), start) };
            let room = limit.map_or(usize::MAX, |limit| limit - length);
            let end = found.unwrap_or(text.len());
            let cut = end - start > room;
            let end = if cut { start + room } else { end };
            let part =
                if start == 0 && end == text.len() { text } else { vm.str_from_view(text.view().slice(start, end))? };
            self.used.set(end);
            length += part.len();
            if parts.is_empty() && (found.is_some() || cut) {
                return Ok(part);
            }
            parts.push(part);
            if found.is_some() || cut || limit.is_some_and(|limit| length >= limit) {
                break;
            }
        }
        match parts.len() {
            0 => Ok(vm.empty_str()),
            1 => Ok(parts.swap_remove(0)),
            _ => join(&parts.iter().map(|part| part.view()).collect::<Vec<_>>(), vm),
        }
    }

    fn read_to_end(&self, vm: &Vm) -> PyResult<Ref<Str>> {
        let decoder = self.decoder(vm)?;
        let buffer = self.attached(vm)?;
        let data = vm.call_method(&buffer, "read", &[])?;
        let rest = match data.downcast::<Bytes>() {
            Some(bytes) => self.decode(&decoder, bytes.as_slice(), true, vm)?,
            None if data.is_none() => {
                return Err(vm.raise(B::BlockingIOError, "Read returned None."));
            }
            None => self.decode(&decoder, &bytes_of(&data, "read", vm)?, true, vm)?,
        };
        let first = self.take_decoded(usize::MAX, vm)?;
        self.forget_decoded();
        if first.is_empty() { Ok(rest) } else { join(&[first.view(), rest.view()], vm) }
    }

    /// Bytes and decoder as they were before the decoded text that is left.
    fn position(&self, slf: &Value, vm: &Vm) -> PyResult<Cookie> {
        let buffer = self.check_open(slf, vm)?;
        if !self.seekable.get() {
            return Err(unsupported("underlying stream is not seekable", vm));
        }
        if !self.telling.get() {
            return Err(vm.raise(B::OSError, "telling position disabled by next() call"));
        }
        self.write_pending(vm)?;
        vm.call_method(slf, "flush", &[])?;
        let at = vm.call_method(&buffer, "tell", &[])?;
        let at = vm.index_i64(&at)?.ok_or_else(|| vm.overflow_error("int too big to convert"))?;
        let snapshot = self.snapshot.borrow().clone();
        let (Ok(decoder), Some(snapshot)) = (self.decoder_if_any(vm), snapshot) else {
            return Ok(Cookie { start: at, ..Cookie::default() });
        };
        let Some(decoder) = decoder else { return Ok(Cookie { start: at, ..Cookie::default() }) };
        let start = at - snapshot.input.len() as i64;
        if self.used.get() == 0 || self.decoded.with(Option::is_none) {
            return Ok(Cookie { start, flags: snapshot.flags as u32, ..Cookie::default() });
        }
        let saved = self.decoder_state(&decoder, vm)?;
        let found = self.search_position(&decoder, &snapshot, start, vm);
        let restored = self.set_decoder_state(&decoder, &saved.0, saved.1, vm);
        let cookie = found?;
        restored?;
        Ok(cookie)
    }

    fn decoder_if_any(&self, _: &Vm) -> PyResult<Option<Rc<Decoder>>> {
        Ok(self.decoder.borrow().clone())
    }

    /// Decodes the last chunk anew up to the place in question, from the last point where no bytes wait.
    fn search_position(&self, decoder: &Decoder, snapshot: &Snapshot, start: i64, vm: &Vm) -> PyResult<Cookie> {
        let input = &snapshot.input;
        let mut flags = snapshot.flags;
        let mut to_skip = self.used.get();
        let mut skip = ((self.ratio.get() * to_skip as f64) as usize).min(input.len());
        let mut back = 1;
        while skip > 0 {
            self.set_decoder_state(decoder, b"", snapshot.flags, vm)?;
            let chars = self.decode(decoder, &input[..skip], false, vm)?.len();
            if chars <= to_skip {
                let (waiting, new_flags) = self.decoder_state(decoder, vm)?;
                if waiting.is_empty() {
                    flags = new_flags;
                    to_skip -= chars;
                    break;
                }
                skip = skip.saturating_sub(waiting.len());
                back = 1;
            } else {
                skip = skip.saturating_sub(back);
                back *= 2;
            }
        }
        if skip == 0 {
            self.set_decoder_state(decoder, b"", snapshot.flags, vm)?;
        }
        let mut cookie = Cookie { start: start + skip as i64, flags: flags as u32, ..Cookie::default() };
        if to_skip == 0 {
            return Ok(cookie);
        }
        let (mut fed, mut chars, mut need_eof) = (0u32, 0, true);
        for at in skip..input.len() {
            fed += 1;
            chars += self.decode(decoder, &input[at..=at], false, vm)?.len();
            let (waiting, new_flags) = self.decoder_state(decoder, vm)?;
            if waiting.is_empty() && chars <= to_skip {
                cookie.start += i64::from(fed);
                cookie.flags = new_flags as u32;
                to_skip -= chars;
                (fed, chars) = (0, 0);
            }
            if chars >= to_skip {
                need_eof = false;
                break;
            }
        }
        if need_eof {
            chars += self.decode(decoder, b"", true, vm)?.len();
            if chars < to_skip {
                return Err(vm.raise(B::OSError, "can't reconstruct logical file position"));
            }
        }
        cookie.bytes_to_feed = fed;
        cookie.chars_to_skip = to_skip as u32;
        cookie.need_eof = need_eof;
        Ok(cookie)
    }

    fn restart_encoder(&self, at_start: bool, vm: &Vm) -> PyResult<()> {
        match self.encoder.get() {
            Some(encoder) => encoder.set_start(at_start, vm),
            None => Ok(()),
        }
    }
}

fn is_text(value: &Value, text: &str) -> bool {
    value.downcast::<Str>().is_some_and(|value| value.as_ascii() == Some(text))
}

/// `text.replace('\n', newline)`, by the method that a subclass may have.
fn replace_by_method(text: &Value, newline: &str, vm: &Vm) -> PyResult<Ref<Str>> {
    let replaced =
        vm.call_method(text, "replace", &[vm.new_str("\n").into_value(), vm.new_str(newline).into_value()])?;
    replaced
        .cast::<Str>()
        .ok_or_else(|| vm.type_error(format!("replace() should return a str, not {}", vm.type_name(&replaced))))
}

fn bytes_of(data: &Value, method: &str, vm: &Vm) -> PyResult<Vec<u8>> {
    static READ: pyrope_object::args::ArgName<'static> =
        pyrope_object::args::ArgName { function: "read", argument: Cow::Borrowed("argument") };
    if data.ty(vm).slots().buffer.is_none() {
        return Err(vm.type_error(format!(
            "underlying {method}() should have returned a bytes-like object, not '{}'",
            vm.type_name(data)
        )));
    }
    Ok(pyrope_object::bind::BytesLike::from_arg(data, &READ, vm)?.to_cow().into_owned())
}

/// A text argument of `reconfigure`, which ends at a NUL.
fn text_to_nul<'a>(value: Option<&'a Value>, name: &str, vm: &Vm) -> PyResult<Option<Cow<'a, str>>> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(None) };
    let Some(text) = value.downcast::<Str>() else {
        let kind = vm.type_name(value);
        return Err(vm.type_error(format!("reconfigure() argument '{name}' must be str or None, not {kind}")));
    };
    let text = pyrope_object::bind::utf8(value, text, vm)?;
    match text.split_once('\0') {
        None => Ok(Some(text)),
        Some((head, _)) => Ok(Some(Cow::Owned(head.to_owned()))),
    }
}

/// An option of `reconfigure` that may be None, meaning "as it was".
fn optional_flag(value: Option<&Value>, now: bool, vm: &Vm) -> PyResult<bool> {
    match value.filter(|v| !v.is_none()) {
        Some(value) => match vm.index_i64(value)? {
            Some(number) => Ok(number != 0),
            None => Err(vm.overflow_error("Python int too large to convert to C long")),
        },
        None => Ok(now),
    }
}

#[pymethods]
impl TextIOWrapper {
    #[method("detach($self, /)")]
    fn detach(slf: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
        this.attached(vm)?;
        vm.call_method(slf, "flush", &[])?;
        this.detached.set(true);
        Ok(this.buffer.take().unwrap_or(Value::none()))
    }

    /// Reconfigure the text stream with new parameters.
    ///
    /// This also does an implicit stream flush.
    #[method(
        "reconfigure($self, /, *, encoding=None, errors=None, newline=<unrepresentable>, line_buffering=None, write_through=None)"
    )]
    fn reconfigure(
        slf: &Value,
        encoding: OrNone<&Value>,
        errors: OrNone<&Value>,
        newline: Option<&Value>,
        line_buffering: OrNone<&Value>,
        write_through: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(()) };
        let buffer = this.attached(vm)?;
        let changes_decoding = encoding.0.is_some() || errors.0.is_some() || newline.is_some();
        if this.decoded.with(Option::is_some) && this.snapshot.borrow().is_some() && changes_decoding {
            return Err(unsupported(
                "It is not possible to set the encoding or newline of stream after the first read",
                vm,
            ));
        }
        let new_newline = match newline {
            Some(newline) => Some(newline_of(Some(newline), vm)?),
            None => None,
        };
        let line_buffering = optional_flag(line_buffering.0, this.line_buffering.get(), vm)?;
        let write_through = optional_flag(write_through.0, this.write_through.get(), vm)?;
        vm.call_method(slf, "flush", &[])?;
        let encoding_text = text_to_nul(encoding.0, "encoding", vm)?;
        let errors_text = text_to_nul(errors.0, "errors", vm)?;
        if let Some(newline) = new_newline {
            this.set_newline(newline);
        }
        if encoding_text.is_some() || errors_text.is_some() {
            let old = |value: Option<Value>| {
                value.and_then(|v| v.downcast::<Str>().map(|s| s.to_string_lossy().into_owned())).unwrap_or_default()
            };
            let errors = match (&errors_text, &encoding_text) {
                (Some(errors), _) => errors.to_string(),
                (None, Some(_)) => "strict".to_owned(),
                _ => old(this.errors.get()),
            };
            let encoding = match encoding_text {
                Some(name) if name == "locale" && encoding.0.is_some_and(|given| is_text(given, "locale")) => {
                    locale_encoding(vm).to_owned()
                }
                Some(name) => name.into_owned(),
                None => old(this.encoding.get()),
            };
            this.set_codec(&buffer, &encoding, &errors, vm)?;
            this.start_encoder(&buffer, vm)?;
        }
        this.line_buffering.set(line_buffering);
        this.write_through.set(write_through);
        Ok(())
    }

    #[method("write($self, text, /)")]
    fn write(slf: &Value, text: &Value, vm: &Vm) -> PyResult<usize> {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(0) };
        let Some(string) = text.downcast::<Str>() else {
            let kind = pyrope_object::bind::argument_type_name(text, vm);
            return Err(vm.type_error(format!("write() argument must be str, not {kind}")));
        };
        let buffer = this.check_open(slf, vm)?;
        this.encoder(vm)?;
        let length = string.len();
        let translate = matches!(this.newline.get(), Some("\r" | "\r\n"));
        let has_lf = (translate || this.line_buffering.get()) && find_unit(string.view(), 10, 0).is_some();
        let replaced = match this.newline.get() {
            Some(newline) if translate && has_lf => Some(match text.downcast_exact::<Str>() {
                Some(string) => replace_lf(string, newline, vm)?,
                None => replace_by_method(text, newline, vm)?,
            }),
            _ => None,
        };
        // The method may have changed the stream.
        let buffer = if replaced.is_some() { this.check_open(slf, vm)? } else { buffer };
        let data = this.encoder(vm)?.encode(replaced.as_ref().map_or(text, |text| text.as_value()), vm)?;
        let flush = this.line_buffering.get() && (has_lf || find_unit(string.view(), 13, 0).is_some());
        let through = this.write_through.get();
        // Writing may come back here and leave something pending again.
        loop {
            let waiting = this.pending.with(Vec::len);
            if waiting == 0 || waiting + data.len() <= this.chunk_size.get() {
                break;
            }
            this.write_pending(vm)?;
        }
        this.pending.with_mut(
            |pending| {
                if pending.is_empty() { *pending = data } else { pending.extend_from_slice(&data) }
            },
        );
        if this.pending.with(Vec::len) >= this.chunk_size.get() || flush || through {
            this.write_pending(vm)?;
        }
        if flush {
            vm.call_method(&buffer, "flush", &[])?;
        }
        if this.snapshot.borrow().is_some() {
            this.forget_decoded();
        }
        if let Some(decoder) = this.decoder_if_any(vm)? {
            this.reset_decoder(&decoder, vm)?;
        }
        Ok(length)
    }

    #[method("read($self, size=-1, /)")]
    fn read(slf: &Value, size: Option<&Value>, vm: &Vm) -> PyResult {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
        let size = optional_size(size, vm)?;
        this.check_open(slf, vm)?;
        this.decoder(vm)?;
        this.write_pending(vm)?;
        let Some(size) = size else { return Ok(this.read_to_end(vm)?.into_value()) };
        let mut parts = vec![this.take_decoded(size, vm)?];
        let mut left = size - parts[0].len();
        while left > 0 {
            if !this.read_chunk(left, vm)? {
                break;
            }
            let part = this.take_decoded(left, vm)?;
            left -= part.len();
            parts.push(part);
        }
        let views: Vec<StrView<'_>> = parts.iter().filter(|part| !part.is_empty()).map(|part| part.view()).collect();
        Ok(join(&views, vm)?.into_value())
    }

    #[method("readline($self, size=-1, /)")]
    fn readline(slf: &Value, size: isize, vm: &Vm) -> PyResult {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
        this.attached(vm)?;
        match usize::try_from(size) {
            Ok(0) => {
                this.check_open(slf, vm)?;
                Ok(vm.empty_str().into_value())
            }
            size => Ok(this.read_line(slf, size.ok(), vm)?.into_value()),
        }
    }

    #[method("flush($self, /)")]
    fn flush(slf: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
        let buffer = this.check_open(slf, vm)?;
        this.telling.set(this.seekable.get());
        this.write_pending(vm)?;
        vm.call_method(&buffer, "flush", &[])
    }

    #[method("close($self, /)")]
    fn close(slf: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
        let buffer = this.attached(vm)?;
        // Asking may have taken the buffer away.
        if base::is_closed(slf, vm)? || this.buffer.with(Option::is_none) {
            return Ok(Value::none());
        }
        if this.finalizing.get()
            && let Err(raised) = vm.call_method(&buffer, "_dealloc_warn", std::slice::from_ref(slf))
        {
            vm.ignore(raised);
        }
        let flushed = vm.call_method(slf, "flush", &[]).map(drop);
        base::then(flushed, vm, || vm.call_method(&buffer, "close", &[]).map(drop))?;
        Ok(Value::none())
    }

    #[method("fileno($self, /)")]
    fn fileno(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.attached(vm)?, "fileno", &[])
    }

    #[method("seekable($self, /)")]
    fn seekable(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.attached(vm)?, "seekable", &[])
    }

    #[method("readable($self, /)")]
    fn readable(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.attached(vm)?, "readable", &[])
    }

    #[method("writable($self, /)")]
    fn writable(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.attached(vm)?, "writable", &[])
    }

    #[method("isatty($self, /)")]
    fn isatty(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.attached(vm)?, "isatty", &[])
    }

    /// Set the stream position, and return the new stream position.
    #[method("seek($self, cookie, whence=os.SEEK_SET, /)")]
    fn seek(slf: &Value, cookie: &Value, whence: Option<i32>, vm: &Vm) -> PyResult {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
        let buffer = this.check_open(slf, vm)?;
        if !this.seekable.get() {
            return Err(unsupported("underlying stream is not seekable", vm));
        }
        let whence = whence.unwrap_or(0);
        let zero = !vm.is_true(cookie)?;
        let cookie = match whence {
            0 => cookie.clone(),
            1 if !zero => return Err(unsupported("can't do nonzero cur-relative seeks", vm)),
            1 => vm.call_method(slf, "tell", &[])?,
            2 if !zero => return Err(unsupported("can't do nonzero end-relative seeks", vm)),
            2 => {
                vm.call_method(slf, "flush", &[])?;
                this.forget_decoded();
                if let Some(decoder) = this.decoder_if_any(vm)? {
                    this.reset_decoder(&decoder, vm)?;
                }
                let at = vm.call_method(&buffer, "seek", &[vm.int(0), vm.int(2)])?;
                this.restart_encoder(at.as_i64() == Some(0), vm)?;
                return Ok(at);
            }
            _ => return Err(vm.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        let number = vm.index_big(&cookie)?;
        if number < dashu_int::IBig::ZERO {
            return Err(vm.value_error(format!("negative seek position {}", vm.repr_text(&cookie)?)));
        }
        vm.call_method(slf, "flush", &[])?;
        let target = Cookie::unpack(&cookie, vm)?;
        vm.call_method(&buffer, "seek", &[vm.int(target.start)])?;
        this.forget_decoded();
        if let Some(decoder) = this.decoder_if_any(vm)? {
            if target.start == 0 && target.flags == 0 {
                this.reset_decoder(&decoder, vm)?;
            } else {
                this.set_decoder_state(&decoder, b"", target.flags.into(), vm)?;
            }
            let mut input: Rc<[u8]> = Rc::from([]);
            if target.chars_to_skip > 0 {
                let data = vm.call_method(&buffer, "read", &[vm.int(target.bytes_to_feed.into())])?;
                input = bytes_of(&data, "read", vm)?.into();
                let text = this.decode(&decoder, &input, target.need_eof, vm)?;
                let enough = text.len() >= target.chars_to_skip as usize;
                this.set_decoded(text);
                if !enough {
                    return Err(vm.raise(B::OSError, "can't restore logical file position"));
                }
                this.used.set(target.chars_to_skip as usize);
            }
            *this.snapshot.borrow_mut() = Some(Snapshot { flags: target.flags.into(), input });
        }
        this.restart_encoder(target.start == 0 && target.flags == 0, vm)?;
        Ok(cookie)
    }

    /// Return the stream position as an opaque number.
    ///
    /// The return value of tell() can be given as input to seek(), to restore a
    /// previous stream position.
    #[method("tell($self, /)")]
    fn tell(slf: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
        Ok(this.position(slf, vm)?.pack(vm))
    }

    #[method("truncate($self, pos=None, /)")]
    fn truncate(slf: &Value, pos: OrNone<&Value>, vm: &Vm) -> PyResult {
        let Some(this) = slf.cast::<TextIOWrapper>() else { return Ok(Value::none()) };
        let buffer = this.attached(vm)?;
        vm.call_method(slf, "flush", &[])?;
        vm.call_method(&buffer, "truncate", &[pos.0.cloned().unwrap_or(Value::none())])
    }

    #[method("__getstate__($self, /)")]
    fn getstate(slf: &Value, vm: &Vm) -> PyResult {
        Err(vm.type_error(format!("cannot pickle '{}' instances", vm.type_name(slf))))
    }

    #[getter("encoding")]
    #[member]
    fn encoding(&self) -> Value {
        self.encoding.get().unwrap_or(Value::none())
    }

    #[getter("line_buffering")]
    #[member]
    fn line_buffering(&self) -> bool {
        self.line_buffering.get()
    }

    #[getter("write_through")]
    #[member]
    fn write_through(&self) -> bool {
        self.write_through.get()
    }

    #[getter("_finalizing")]
    #[member]
    fn finalizing(&self) -> bool {
        self.finalizing.get()
    }

    #[setter("_finalizing")]
    fn set_finalizing(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.finalizing.set(base::flag_of(value, vm)?);
        Ok(())
    }

    #[getter("name")]
    fn name(&self, vm: &Vm) -> PyResult {
        vm.get_attr_str(&self.attached(vm)?, "name")
    }

    #[getter("closed")]
    fn closed(&self, vm: &Vm) -> PyResult {
        vm.get_attr_str(&self.attached(vm)?, "closed")
    }

    #[getter("newlines")]
    fn newlines(&self, vm: &Vm) -> PyResult {
        self.attached(vm)?;
        Ok(if self.universal.get() { self.newline_state.get().newlines(vm) } else { Value::none() })
    }

    #[getter("errors")]
    fn errors(&self, vm: &Vm) -> PyResult {
        self.initialised(vm)?;
        Ok(self.errors.get().unwrap_or(Value::none()))
    }

    #[getter("_CHUNK_SIZE")]
    fn chunk_size(&self, vm: &Vm) -> PyResult<usize> {
        self.attached(vm)?;
        Ok(self.chunk_size.get())
    }

    #[setter("_CHUNK_SIZE")]
    fn set_chunk_size(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.attached(vm)?;
        let Some(value) = value else {
            return Err(vm.attribute_error("attribute '_CHUNK_SIZE' of '_io.TextIOWrapper' objects cannot be deleted"));
        };
        let Some(size) = vm.index_i64(value)? else {
            return Err(vm.value_error("cannot fit 'int' into an index-sized integer"));
        };
        match usize::try_from(size) {
            Ok(size) if size > 0 => {
                self.chunk_size.set(size);
                Ok(())
            }
            _ => Err(vm.value_error("a strictly positive integer is required")),
        }
    }

    #[getter("buffer")]
    fn buffer(&self, vm: &Vm) -> PyResult {
        self.attached(vm)
    }
}
