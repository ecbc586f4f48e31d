//! `StringIO`: text in memory as a stream.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{OrNone, Signature};
use pyrope_object::{Args, Guarded, Header, Object, PyResult, Ref, Slots, Str, Tuple, Value, Vm};

use super::base::TextIOBase;
use super::bytesio::{own_dict, update_dict};
use super::newline::{LineEnd, NewlineState, replace_lf};
use super::{bound, optional_size};

/// Text I/O implementation using an in-memory buffer.
///
/// The initial_value argument sets the value of object.  The newline
/// argument is like the one of TextIOWrapper's constructor.
#[pyclass(
    name = "StringIO", module = "_io", base = TextIOBase, signature = "(initial_value='', newline='\\n')",
    flags(BASETYPE, GC, DICT, WEAKREF), slots = SLOTS, methods(StringIO::METHODS), getset(StringIO::GETSETS)
)]
#[derive(Traverse)]
pub struct StringIO {
    header: Header,
    #[traverse(skip)]
    text: Guarded<Vec<u32>>,
    #[traverse(skip)]
    pos: Cell<usize>,
    #[traverse(skip)]
    ready: Cell<bool>,
    #[traverse(skip)]
    closed: Cell<bool>,
    /// The argument `newline`.
    #[traverse(skip)]
    newline: Cell<Option<&'static str>>,
    #[traverse(skip)]
    lines: Cell<LineEnd>,
    /// Line ends are looked at (and translated) as they are written.
    #[traverse(skip)]
    universal: Cell<bool>,
    #[traverse(skip)]
    state: Cell<NewlineState>,
}

static INIT: Signature = Signature::plain("StringIO", &["initial_value", "newline"], 0);

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let blank = StringIO {
            header: Header::blank(),
            text: Guarded::default(),
            pos: Cell::new(0),
            ready: Cell::new(false),
            closed: Cell::new(false),
            newline: Cell::new(Some("\n")),
            lines: Cell::default(),
            universal: Cell::new(false),
            state: Cell::default(),
        };
        let stream = Ref::new_in(vm, class, blank).into_value();
        if class.is_exactly(StringIO::def()) {
            // Nobody can see that it is closed when it goes.
            pyrope_object::lifetime::settle(&stream, vm);
        }
        Ok(stream)
    }),
    init: Some(init),
    next: Some(|slf, vm| {
        let Some(this) = slf.downcast::<StringIO>() else { return Ok(None) };
        this.open(vm)?;
        if slf.ty(vm).is_exactly(StringIO::def()) {
            let line = this.take(this.line_length(None), vm)?;
            return Ok(Some(line.into_value()).filter(|line| line.downcast::<Str>().is_some_and(|l| !l.is_empty())));
        }
        let line = vm.call_method(slf, "readline", &[])?;
        Ok(if vm.is_true(&line)? { Some(line) } else { None })
    }),
    ..Slots::EMPTY
};

/// The same line end, as a static text.
fn known_newline(text: &str) -> Option<&'static str> {
    ["", "\n", "\r", "\r\n"].into_iter().find(|known| *known == text)
}

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let [initial, newline] = bound::<2>(&INIT, args, vm)?;
    let Some(this) = slf.downcast::<StringIO>() else { return Ok(()) };
    let newline = match newline {
        None => Some("\n"),
        Some(value) if value.is_none() => None,
        Some(value) => {
            let Some(text) = value.downcast::<Str>() else {
                let kind = vm.type_name(value);
                return Err(vm.type_error(format!("newline must be str or None, not {kind}")));
            };
            match known_newline(&text.to_string_lossy()) {
                Some(known) => Some(known),
                None => return Err(vm.value_error(format!("illegal newline value: {}", vm.repr_text(value)?))),
            }
        }
    };
    let initial = match initial.filter(|v| !v.is_none()) {
        None => None,
        Some(value) => match value.cast::<Str>() {
            Some(text) => Some(text),
            None => {
                let kind = vm.type_name(value);
                return Err(vm.type_error(format!("initial_value must be str or None, not {kind}")));
            }
        },
    };
    this.newline.set(newline);
    this.universal.set(matches!(newline, None | Some("")));
    this.lines.set(match newline {
        None | Some("\n") => LineEnd::Lf,
        Some("\r") => LineEnd::Cr,
        Some("\r\n") => LineEnd::CrLf,
        Some(_) => LineEnd::Any,
    });
    this.state.set(NewlineState::default());
    this.text.set(Vec::new());
    this.pos.set(0);
    this.closed.set(false);
    this.ready.set(true);
    if let Some(initial) = initial {
        this.put(initial, vm)?;
        this.pos.set(0);
    }
    Ok(())
}

impl StringIO {
    fn initialised(&self, vm: &Vm) -> PyResult<()> {
        if self.ready.get() { Ok(()) } else { Err(vm.value_error("I/O operation on uninitialized object")) }
    }

    fn open(&self, vm: &Vm) -> PyResult<()> {
        self.initialised(vm)?;
        if self.closed.get() { Err(vm.value_error("I/O operation on closed file")) } else { Ok(()) }
    }

    fn take(&self, count: usize, vm: &Vm) -> PyResult<Ref<Str>> {
        let start = self.pos.get();
        let part = self.text.with(|text| {
            let start = start.min(text.len());
            text[start..start.saturating_add(count).min(text.len())].to_vec()
        });
        self.pos.set(start + part.len());
        vm.str_from_code_points(&part)
    }

    fn line_length(&self, limit: Option<usize>) -> usize {
        let start = self.pos.get();
        let length = self.text.with(|text| {
            let rest = text.get(start..).unwrap_or_default();
            self.lines.get().find(pyrope_object::StrView::Ucs4(rest), 0).unwrap_or(rest.len())
        });
        length.min(limit.unwrap_or(usize::MAX))
    }

    fn put(&self, text: Ref<Str>, vm: &Vm) -> PyResult<()> {
        let mut text = text;
        if self.universal.get() {
            let mut state = self.state.get();
            text = state.decode(text, self.newline.get().is_none(), true, vm)?;
            self.state.set(state);
        } else if let Some(newline @ ("\r" | "\r\n")) = self.newline.get() {
            text = replace_lf(&text, newline, vm)?;
        }
        let start = self.pos.get();
        let Some(end) = start.checked_add(text.len()).filter(|&end| end <= isize::MAX as usize / 4) else {
            return Err(vm.overflow_error("new position too large"));
        };
        let stored = self.text.with_mut(|units| {
            if end > units.len() {
                if units.try_reserve(end - units.len()).is_err() {
                    return false;
                }
                units.resize(end, 0);
            }
            for (unit, c) in units[start..end].iter_mut().zip(text.code_points()) {
                *unit = c;
            }
            true
        });
        if !stored {
            return Err(vm.memory_error());
        }
        self.pos.set(end);
        Ok(())
    }
}

#[pymethods]
impl StringIO {
    /// Close the IO object.
    ///
    /// Attempting any further operation after the object is closed
    /// will raise a ValueError.
    ///
    /// This method has no effect if the file is already closed.
    #[method("close($self, /)")]
    fn close(&self) {
        self.closed.set(true);
        self.text.set(Vec::new());
    }

    /// Retrieve the entire contents of the object.
    #[method("getvalue($self, /)")]
    fn getvalue(&self, vm: &Vm) -> PyResult {
        self.open(vm)?;
        Ok(vm.str_from_code_points(&self.text.get())?.into_value())
    }

    /// Read at most size characters, returned as a string.
    ///
    /// If the argument is negative or omitted, read until EOF
    /// is reached. Return an empty string at EOF.
    #[method("read($self, size=-1, /)")]
    fn read(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        let size = optional_size(size, vm)?;
        self.open(vm)?;
        Ok(self.take(size.unwrap_or(usize::MAX), vm)?.into_value())
    }

    /// Read until newline or EOF.
    ///
    /// Returns an empty string if EOF is hit immediately.
    #[method("readline($self, size=-1, /)")]
    fn readline(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        let limit = optional_size(size, vm)?;
        self.open(vm)?;
        Ok(self.take(self.line_length(limit), vm)?.into_value())
    }

    /// Tell the current file position.
    #[method("tell($self, /)")]
    fn tell(&self, vm: &Vm) -> PyResult<usize> {
        self.open(vm)?;
        Ok(self.pos.get())
    }

    /// Truncate size to pos.
    ///
    /// The pos argument defaults to the current file position, as
    /// returned by tell().  The current file position is unchanged.
    /// Returns the new absolute position.
    #[method("truncate($self, pos=None, /)")]
    fn truncate(&self, pos: OrNone<isize>, vm: &Vm) -> PyResult<usize> {
        self.open(vm)?;
        let size = match pos.0 {
            None => self.pos.get(),
            Some(size) => match usize::try_from(size) {
                Ok(size) => size,
                Err(_) => return Err(vm.value_error(format!("Negative size value {size}"))),
            },
        };
        self.text.with_mut(|text| text.truncate(size));
        Ok(size)
    }

    /// Change stream position.
    ///
    /// Seek to character offset pos relative to position indicated by whence:
    ///     0  Start of stream (the default).  pos should be >= 0;
    ///     1  Current position - pos must be 0;
    ///     2  End of stream - pos must be 0.
    /// Returns the new absolute position.
    #[method("seek($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32, vm: &Vm) -> PyResult<usize> {
        self.open(vm)?;
        let target = match whence {
            0 if pos < 0 => return Err(vm.value_error(format!("Negative seek position {pos}"))),
            0 => pos as usize,
            1 | 2 if pos != 0 => {
                let message = "Can't do nonzero cur-relative seeks";
                return Err(vm.raise(pyrope_object::BuiltinType::OSError, message));
            }
            1 => self.pos.get(),
            2 => self.text.with(Vec::len),
            _ => return Err(vm.value_error(format!("Invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        self.pos.set(target);
        Ok(target)
    }

    /// Write string to file.
    ///
    /// Returns the number of characters written, which is always equal to
    /// the length of the string.
    #[method("write($self, s, /)")]
    fn write(&self, s: &Value, vm: &Vm) -> PyResult<usize> {
        self.initialised(vm)?;
        let Some(text) = s.cast::<Str>() else {
            return Err(vm.type_error(format!("string argument expected, got '{}'", vm.type_name(s))));
        };
        self.open(vm)?;
        let length = text.len();
        if length > 0 {
            self.put(text, vm)?;
        }
        Ok(length)
    }

    /// Returns True if the IO object can be seeked.
    #[method("seekable($self, /)")]
    fn seekable(&self, vm: &Vm) -> PyResult<bool> {
        self.open(vm)?;
        Ok(true)
    }

    /// Returns True if the IO object can be read.
    #[method("readable($self, /)")]
    fn readable(&self, vm: &Vm) -> PyResult<bool> {
        self.open(vm)?;
        Ok(true)
    }

    /// Returns True if the IO object can be written.
    #[method("writable($self, /)")]
    fn writable(&self, vm: &Vm) -> PyResult<bool> {
        self.open(vm)?;
        Ok(true)
    }

    #[method("__getstate__($self, /)")]
    fn getstate(slf: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.downcast::<StringIO>() else { return Ok(Value::none()) };
        this.open(vm)?;
        let newline = this.newline.get().map_or(Value::none(), |text| vm.intern(text).into_value());
        let items = vec![
            vm.str_from_code_points(&this.text.get())?.into_value(),
            newline,
            vm.int_from_usize(this.pos.get()),
            own_dict(slf, vm)?,
        ];
        Ok(vm.new_tuple(items).into_value())
    }

    #[method("__setstate__($self, state, /)")]
    fn setstate(slf: &Value, state: &Value, vm: &Vm) -> PyResult<()> {
        if slf.downcast::<StringIO>().is_some_and(|this| this.closed.get()) {
            return Err(vm.value_error("I/O operation on closed file"));
        }
        let Some([text, newline, pos, dict, ..]) = state.downcast::<Tuple>().map(Tuple::as_slice) else {
            return Err(vm.type_error(format!(
                "{}.__setstate__ argument should be 4-tuple, got {}",
                vm.type_name(slf),
                vm.type_name(state)
            )));
        };
        init(slf, Args::positional_only(&[vm.empty_str().into_value(), newline.clone()]), vm)?;
        let Some(this) = slf.downcast::<StringIO>() else { return Ok(()) };
        let Some(text) = text.downcast::<Str>() else {
            return Err(vm.type_error(format!("initial_value must be str or None, not {}", vm.type_name(text))));
        };
        // The text is what was stored: not to be translated again.
        this.text.set(text.code_points().collect());
        if pos.as_int().is_none() {
            return Err(vm.type_error(format!("third item of state must be an integer, got {}", vm.type_name(pos))));
        }
        let Ok(pos) = usize::try_from(vm.index_isize(pos)?) else {
            return Err(vm.value_error("position value cannot be negative"));
        };
        this.pos.set(pos);
        update_dict(slf, dict, "fourth", vm)
    }

    #[getter("closed")]
    fn closed(&self, vm: &Vm) -> PyResult<bool> {
        self.initialised(vm)?;
        Ok(self.closed.get())
    }

    #[getter("line_buffering")]
    fn line_buffering(&self, vm: &Vm) -> PyResult<bool> {
        self.open(vm)?;
        Ok(false)
    }

    #[getter("newlines")]
    fn newlines(&self, vm: &Vm) -> PyResult {
        self.open(vm)?;
        Ok(if self.universal.get() { self.state.get().newlines(vm) } else { Value::none() })
    }
}
