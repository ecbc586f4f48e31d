//! `OSError`: errors of the system, which choose their class by number.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::no_keywords;
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, PyResult, Raised, Ref, Slots, Tuple, Type, Value, Vm};

use super::base::{Exception, ExceptionLayout, ExceptionState, args as args_of, own_dict, reduced};
use super::members::members;
use super::text::concat;

/// Base class for I/O related errors.
#[pyclass(
    name = "OSError", base = Exception, builtin = OSError, flags(BASETYPE, GC, DICT), slots = SLOTS,
    methods(OSError::METHODS), getset(MEMBERS, OSError::GETSETS)
)]
#[derive(Traverse)]
pub struct OSError {
    pub header: Header,
    pub state: ExceptionState,
    pub errno: Guarded<Option<Value>>,
    pub strerror: Guarded<Option<Value>>,
    pub filename: Guarded<Option<Value>>,
    pub filename2: Guarded<Option<Value>>,
    /// `characters_written`; -1 while unset.
    #[traverse(skip)]
    pub written: Cell<isize>,
}

impl ExceptionLayout for OSError {
    fn fresh(state: ExceptionState) -> Self {
        OSError {
            header: Header::blank(),
            state,
            errno: Guarded::default(),
            strerror: Guarded::default(),
            filename: Guarded::default(),
            filename2: Guarded::default(),
            written: Cell::new(-1),
        }
    }
}

members! {
    MEMBERS: OSError {
        "errno" errno "POSIX exception code";
        "strerror" strerror "exception strerror";
        "filename" filename "exception filename";
        "filename2" filename2 "second exception filename";
    }
}

const SLOTS: Slots = Slots { new: Some(new), init: Some(init), str: Some(str), ..Slots::EMPTY };

/// The class that stands for an error number.
pub fn class_of_errno(errno: i32) -> B {
    match errno {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => B::BlockingIOError,
        libc::EPIPE | libc::ESHUTDOWN => B::BrokenPipeError,
        libc::ECHILD => B::ChildProcessError,
        libc::ECONNABORTED => B::ConnectionAbortedError,
        libc::ECONNREFUSED => B::ConnectionRefusedError,
        libc::ECONNRESET => B::ConnectionResetError,
        libc::EEXIST => B::FileExistsError,
        libc::ENOENT => B::FileNotFoundError,
        libc::EISDIR => B::IsADirectoryError,
        libc::ENOTDIR => B::NotADirectoryError,
        libc::EINTR => B::InterruptedError,
        libc::EACCES | libc::EPERM => B::PermissionError,
        libc::ESRCH => B::ProcessLookupError,
        libc::ETIMEDOUT => B::TimeoutError,
        _ => B::OSError,
    }
}

/// A subclass that defines `__init__` but not `__new__` takes its arguments in `__init__` only.
fn uses_init(class: &Type) -> bool {
    let slots = class.slots();
    let own_init = slots.init.is_none_or(|f| !std::ptr::fn_addr_eq(f, init as fn(_, _, _) -> _));
    let own_new = slots.new.is_none_or(|f| !std::ptr::fn_addr_eq(f, new as fn(_, _, _) -> _));
    own_init && !own_new
}

fn new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if uses_init(class) {
        let empty = vm.new_tuple(Vec::new()).into_value();
        return Ok(Ref::new_in(vm, class, OSError::fresh(ExceptionState::new(empty))).into_value());
    }
    if args.keyword_count() > 0 {
        return Err(no_keywords(&class.name(), vm));
    }
    let values = args.positional();
    let chosen = match values {
        [errno, _] | [errno, _, _] | [errno, _, _, _] | [errno, _, _, _, _] if class.is(vm.builtin(B::OSError)) => {
            errno.as_i64().and_then(|n| i32::try_from(n).ok()).map_or(B::OSError, class_of_errno)
        }
        _ => B::OSError,
    };
    let class = if matches!(chosen, B::OSError) { class } else { vm.builtin(chosen) };
    let this = Ref::new_in(vm, class, OSError::fresh(ExceptionState::new(Value::none())));
    fill(&this, values, vm)?;
    Ok(this.into_value())
}

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let class = slf.ty(vm);
    if !uses_init(class) {
        return Ok(());
    }
    if args.keyword_count() > 0 {
        return Err(no_keywords(&class.name(), vm));
    }
    match slf.cast::<OSError>() {
        Some(this) => fill(&this, args.positional(), vm),
        None => Ok(()),
    }
}

fn fill(this: &Ref<OSError>, values: &[Value], vm: &Vm) -> PyResult<()> {
    let parsed = (2..=5).contains(&values.len());
    let field = |index: usize| values.get(index).filter(|_| parsed).cloned();
    let given = |index: usize| field(index).filter(|v| !v.is_none());
    let mut kept = values;
    if let Some(filename) = given(2) {
        let blocking = this.as_value().ty(vm).is(vm.builtin(B::BlockingIOError));
        if blocking && is_number(&filename, vm) {
            this.written.set(written_count(&filename, vm)?);
        } else {
            this.filename.set(Some(filename));
            this.filename2.set(given(4));
            kept = &values[..2];
        }
    }
    this.errno.set(field(0));
    this.strerror.set(field(1));
    this.state.args.set(vm.tuple_from_slice(kept).into_value());
    Ok(())
}

fn is_number(value: &Value, vm: &Vm) -> bool {
    let slots = value.ty(vm).slots();
    slots.index.is_some() || slots.int.is_some() || slots.float.is_some()
}

fn written_count(value: &Value, vm: &Vm) -> PyResult<isize> {
    match vm.index_i64(value)? {
        Some(n) => Ok(n as isize),
        None => Err(vm.value_error(format!("cannot fit '{}' into an index-sized integer", vm.type_name(value)))),
    }
}

fn str(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<OSError>() else { return super::base::str(slf, vm) };
    let text = |field: Option<Value>| vm.str(&field.unwrap_or(Value::none()));
    let (errno, strerror) = (this.errno.get(), this.strerror.get());
    let (filename, filename2) = (this.filename.get(), this.filename2.get());
    let message = match (filename, filename2) {
        (Some(filename), Some(second)) => {
            let (errno, strerror) = (text(errno)?, text(strerror)?);
            let (first, second) = (vm.repr(&filename)?, vm.repr(&second)?);
            concat(
                vm,
                &[
                    "[Errno ".into(),
                    (&errno).into(),
                    "] ".into(),
                    (&strerror).into(),
                    ": ".into(),
                    (&first).into(),
                    " -> ".into(),
                    (&second).into(),
                ],
            )?
        }
        (Some(filename), None) => {
            let (errno, strerror, first) = (text(errno)?, text(strerror)?, vm.repr(&filename)?);
            concat(
                vm,
                &["[Errno ".into(), (&errno).into(), "] ".into(), (&strerror).into(), ": ".into(), (&first).into()],
            )?
        }
        _ if errno.is_some() && strerror.is_some() => {
            let (errno, strerror) = (text(errno)?, text(strerror)?);
            concat(vm, &["[Errno ".into(), (&errno).into(), "] ".into(), (&strerror).into()])?
        }
        _ => return super::base::str(slf, vm),
    };
    Ok(message.into_value())
}

#[pymethods]
impl OSError {
    #[getter("characters_written")]
    fn characters_written(&self, vm: &Vm) -> PyResult<isize> {
        match self.written.get() {
            -1 => Err(vm.attribute_error("characters_written")),
            n => Ok(n),
        }
    }

    #[setter("characters_written")]
    fn set_characters_written(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        match value {
            Some(value) => self.written.set(written_count(value, vm)?),
            None if self.written.get() == -1 => return Err(vm.attribute_error("characters_written")),
            None => self.written.set(-1),
        }
        Ok(())
    }

    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult<Ref<Tuple>> {
        let mut args = args_of(slf, vm);
        if let Some(this) = slf.downcast::<OSError>()
            && let ([errno, strerror], Some(filename)) = (args.as_slice(), this.filename.get())
        {
            let mut parts = vec![errno.clone(), strerror.clone(), filename];
            if let Some(second) = this.filename2.get() {
                parts.extend([Value::none(), second]);
            }
            args = vm.new_tuple(parts);
        }
        let dict = own_dict(slf, vm)?.map_or(Value::none(), Ref::into_value);
        Ok(reduced(slf, args.into_value(), dict, vm))
    }
}

/// What the system calls an error number (`os.strerror`).
pub fn strerror(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Raises the class that stands for `errno`, with the system's text and the file names concerned.
#[cold]
pub fn os_error_from_errno(vm: &Vm, errno: i32, filename: Option<&Value>, filename2: Option<&Value>) -> Raised {
    let mut args = vec![vm.int(errno.into()), vm.new_str(&strerror(errno)).into_value()];
    if let Some(filename) = filename {
        args.push(filename.clone());
        if let Some(second) = filename2 {
            args.extend([Value::none(), second.clone()]);
        }
    }
    vm.raise_with(B::OSError, &args)
}

/// Raises what a failed operation of Rust's standard library stands for.
#[cold]
pub fn os_error_from_io(vm: &Vm, error: &std::io::Error, filename: Option<&Value>) -> Raised {
    match error.raw_os_error() {
        Some(errno) => os_error_from_errno(vm, errno, filename, None),
        None => vm.raise(B::OSError, error.to_string()),
    }
}
