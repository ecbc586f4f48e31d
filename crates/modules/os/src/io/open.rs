//! `open`, `open_code`, `text_encoding`.

use pyrope_object::{Args, BuiltinType as B, PyResult, Value, Vm};

use super::buffered::{BufferedRandom, BufferedReader, BufferedWriter};
use super::fileio::FileIO;
use super::textio::TextIOWrapper;

/// What the letters of a mode say.
struct Mode {
    raw: String,
    creating: bool,
    reading: bool,
    writing: bool,
    appending: bool,
    updating: bool,
    text: bool,
    binary: bool,
}

fn parse_mode(mode: &str, vm: &Vm) -> PyResult<Mode> {
    let has = |c| mode.contains(c);
    let unique = mode.chars().enumerate().all(|(at, c)| !mode.chars().take(at).any(|d| c == d));
    if !unique || !mode.chars().all(|c| "xrwa+tb".contains(c)) {
        return Err(vm.value_error(format!("invalid mode: '{mode}'")));
    }
    let parsed = Mode {
        raw: mode.chars().filter(|c| "xrwa+".contains(*c)).collect(),
        creating: has('x'),
        reading: has('r'),
        writing: has('w'),
        appending: has('a'),
        updating: has('+'),
        text: has('t'),
        binary: has('b'),
    };
    if parsed.text && parsed.binary {
        return Err(vm.value_error("can't have text and binary mode at once"));
    }
    let kinds = [parsed.creating, parsed.reading, parsed.writing, parsed.appending];
    if kinds.into_iter().filter(|&kind| kind).count() > 1 {
        return Err(vm.value_error("must have exactly one of create/read/write/append mode"));
    }
    Ok(parsed)
}

/// How a file is to be opened beyond its mode.
struct Options<'a> {
    buffering: i64,
    encoding: Option<&'a Value>,
    errors: Option<&'a Value>,
    newline: Option<&'a Value>,
    closefd: bool,
    opener: Option<&'a Value>,
}

fn open_stream(file: &Value, mode_text: &str, options: &Options<'_>, vm: &Vm) -> PyResult {
    let file = if file.as_int().is_some() { file.clone() } else { crate::system::fspath(file, vm)? };
    let mode = parse_mode(mode_text, vm)?;
    for (given, name) in [(options.encoding, "encoding"), (options.errors, "errors"), (options.newline, "newline")] {
        if mode.binary && given.is_some() {
            let article = if name == "newline" { "a" } else { "an" };
            return Err(vm.value_error(format!("binary mode doesn't take {article} {name} argument")));
        }
    }
    if mode.binary && options.buffering == 1 {
        vm.warn(
            B::RuntimeWarning,
            "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
            1,
        )?;
    }
    let raw = vm.call(
        &vm.type_of::<FileIO>().to_value(),
        &[
            file,
            vm.new_str(&mode.raw).into_value(),
            Value::bool(options.closefd),
            options.opener.cloned().unwrap_or(Value::none()),
        ],
    )?;
    let mut outermost = raw.clone();
    match dress(&raw, &mut outermost, &mode, mode_text, options, vm) {
        Ok(stream) => Ok(stream),
        Err(raised) => {
            let exception = vm.catch(raised);
            let closed = vm.call_method(&outermost, "close", &[]).map(drop);
            if let Err(raised) = closed {
                let second = vm.catch(raised);
                vm.set_attr_str(&second, "__context__", &exception)?;
                return Err(vm.reraise(second));
            }
            Err(vm.reraise(exception))
        }
    }
}

/// Puts the buffer and the text layer over a raw stream. `outermost` is what to close if it fails.
fn dress(raw: &Value, outermost: &mut Value, mode: &Mode, mode_text: &str, options: &Options<'_>, vm: &Vm) -> PyResult {
    let terminal = if options.buffering < 0 {
        let answer = vm.call_method(raw, "_isatty_open_only", &[])?;
        vm.is_true(&answer)?
    } else {
        false
    };
    let (mut buffering, mut line_buffering) = (options.buffering, false);
    if buffering == 1 || terminal {
        buffering = -1;
        line_buffering = true;
    }
    if buffering < 0 {
        let block = vm.get_attr_str(raw, "_blksize")?.as_i64().unwrap_or(0);
        buffering = block.clamp(super::DEFAULT_BUFFER_SIZE as i64, 8 << 20);
    }
    if buffering == 0 {
        if !mode.binary {
            return Err(vm.value_error("can't have unbuffered text I/O"));
        }
        return Ok(raw.clone());
    }
    let class = if mode.updating {
        vm.type_of::<BufferedRandom>()
    } else if mode.reading {
        vm.type_of::<BufferedReader>()
    } else {
        vm.type_of::<BufferedWriter>()
    };
    let buffer = vm.call(&class.to_value(), &[raw.clone(), vm.int(buffering)])?;
    if mode.binary {
        return Ok(buffer);
    }
    *outermost = buffer.clone();
    let or_none = |value: Option<&Value>| value.cloned().unwrap_or(Value::none());
    let values = [
        buffer,
        or_none(options.encoding),
        or_none(options.errors),
        or_none(options.newline),
        Value::bool(line_buffering),
    ];
    let stream = vm.call_args(&vm.type_of::<TextIOWrapper>().to_value(), Args::positional_only(&values))?;
    *outermost = stream.clone();
    vm.set_attr_str(&stream, "mode", &vm.try_str(mode_text)?.into_value())?;
    Ok(stream)
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use std::borrow::Cow;

    use super::*;
    use pyrope_object::bind::OrNone;

    /// Open file and return a stream.  Raise OSError upon failure.
    ///
    /// file is either a text or byte string giving the name (and the path
    /// if the file isn't in the current working directory) of the file to
    /// be opened or an integer file descriptor of the file to be
    /// wrapped. (If a file descriptor is given, it is closed when the
    /// returned I/O object is closed, unless closefd is set to False.)
    #[pyfunction(
        "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)"
    )]
    fn open(
        file: &Value,
        mode: Option<Cow<'_, str>>,
        buffering: i32,
        encoding: OrNone<&Value>,
        errors: OrNone<&Value>,
        newline: OrNone<&Value>,
        closefd: bool,
        opener: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult {
        for (value, name) in [(encoding.0, "encoding"), (errors.0, "errors"), (newline.0, "newline")] {
            super::super::text_or_none(value, "open", name, vm)?;
        }
        let options = Options {
            buffering: buffering.into(),
            encoding: encoding.0,
            errors: errors.0,
            newline: newline.0,
            closefd,
            opener: opener.0,
        };
        open_stream(file, mode.as_deref().unwrap_or("r"), &options, vm)
    }

    /// Opens the provided file with the intent to import the contents.
    ///
    /// This may perform extra validation beyond open(), but is otherwise interchangeable
    /// with calling open(path, 'rb').
    #[pyfunction("open_code(path)")]
    fn open_code(path: &Value, vm: &Vm) -> PyResult {
        if path.downcast::<pyrope_object::Str>().is_none() {
            return Err(vm.type_error(format!(
                "open_code() argument 'path' must be str, not {}",
                pyrope_object::bind::argument_type_name(path, vm)
            )));
        }
        let options =
            Options { buffering: -1, encoding: None, errors: None, newline: None, closefd: true, opener: None };
        open_stream(path, "rb", &options, vm)
    }

    /// A helper function to choose the text encoding.
    ///
    /// When encoding is not None, this function returns it.
    /// Otherwise, this function returns the default text encoding
    /// (i.e. "locale" or "utf-8" depends on UTF-8 mode).
    ///
    /// This function emits an EncodingWarning if encoding is None and
    /// sys.flags.warn_default_encoding is true.
    ///
    /// This can be used in APIs with an encoding=None parameter.
    /// However, please consider using encoding="utf-8" for new APIs.
    #[pyfunction("text_encoding(encoding, stacklevel=2, /)")]
    fn text_encoding(encoding: &Value, stacklevel: i32, vm: &Vm) -> PyResult {
        if !encoding.is_none() {
            return Ok(encoding.clone());
        }
        if super::super::sys_flag("warn_default_encoding", vm) != 0 {
            vm.warn(B::EncodingWarning, "'encoding' argument not specified", stacklevel as isize)?;
        }
        let utf8 = super::super::sys_flag("utf8_mode", vm) != 0;
        Ok(vm.intern(if utf8 { "utf-8" } else { "locale" }).into_value())
    }
}
