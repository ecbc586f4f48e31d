//! `traceback`: the frames that an exception passed through.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Type, Value, Vm};

use crate::errors;
use crate::frame::FrameObject;
use crate::stack::Frame;

/// Create a new traceback object.
#[pyclass(
    name = "traceback",
    builtin = Traceback,
    flags(GC),
    signature = "(tb_next, tb_frame, tb_lasti, tb_lineno)",
    methods(Traceback::METHODS),
    getset(Traceback::GETSETS),
    slots = Slots { new: Some(traceback_new), ..Slots::EMPTY }
)]
#[derive(Traverse)]
pub struct Traceback {
    header: Header,
    next: Guarded<Option<Ref<Traceback>>>,
    pub frame: Ref<FrameObject>,
    /// Byte offset of the instruction.
    #[traverse(skip)]
    pub lasti: i32,
    /// -1 until asked for.
    #[traverse(skip)]
    line: Cell<i32>,
}

impl Traceback {
    /// An entry before `next`.
    pub fn new(
        next: Option<Ref<Traceback>>,
        frame: Ref<FrameObject>,
        lasti: i32,
        line: i32,
        vm: &Vm,
    ) -> Ref<Traceback> {
        let line = Cell::new(line);
        Ref::new(vm, Traceback { header: Header::blank(), next: Guarded::new(next), frame, lasti, line })
    }

    /// The entry of the frame that this one called.
    pub fn next(&self) -> Option<Ref<Traceback>> {
        self.next.get()
    }

    /// Sets [`Traceback::next`].
    pub fn set_next(&self, next: Option<Ref<Traceback>>) {
        self.next.set(next);
    }

    /// The line, if the instruction has one.
    pub fn line(&self) -> Option<i32> {
        if self.line.get() >= 0 {
            return Some(self.line.get());
        }
        let line = self.frame.code().line_at(self.lasti.max(0) as usize)?;
        self.line.set(line);
        Some(line)
    }
}

/// Puts an entry for a frame before an exception's traceback, while there is memory for it.
pub fn add_entry(exception: &Value, frame: &Frame, vm: &Vm) {
    if vm.interp().heap.is_short() {
        return;
    }
    let next = errors::traceback(exception).and_then(|tb| tb.cast::<Traceback>());
    let object = crate::frame::frame_object(frame, vm);
    let entry = Traceback::new(next, object, frame.lasti(), -1, vm);
    errors::set_traceback(exception, Some(entry.into_value()));
}

/// Puts an entry for the running frame in front of an exception's traceback.
pub fn add_current_entry(exception: &Value, vm: &Vm) {
    crate::frame::with_frame(vm, 0, |frame| add_entry(exception, frame, vm));
}

#[pymethods]
impl Traceback {
    #[getter]
    fn tb_next(&self) -> Value {
        self.next().map_or(Value::none(), Ref::into_value)
    }

    #[setter("tb_next")]
    fn set_tb_next(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let next = match value {
            None => return Err(vm.type_error("can't delete tb_next attribute")),
            Some(value) if value.is_none() => None,
            Some(value) => match value.cast::<Traceback>() {
                Some(next) => Some(next),
                None => {
                    return Err(vm.type_error(format!("expected traceback object, got '{}'", vm.type_name(value))));
                }
            },
        };
        let mut at = next.clone();
        while let Some(entry) = at {
            if std::ptr::eq(&*entry, self) {
                return Err(vm.value_error("traceback loop detected"));
            }
            at = entry.next();
        }
        self.set_next(next);
        Ok(())
    }

    #[getter]
    #[member]
    fn tb_frame(&self) -> Value {
        self.frame.to_value()
    }

    #[getter]
    #[member]
    fn tb_lasti(&self, vm: &Vm) -> Value {
        vm.int(self.lasti.into())
    }

    #[getter]
    fn tb_lineno(&self, vm: &Vm) -> Value {
        self.line().map_or(Value::none(), |line| vm.int(line.into()))
    }

    #[method("__dir__($self, /)")]
    fn __dir__(&self, vm: &Vm) -> Value {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
        vm.new_list(names.iter().map(|n| vm.intern(n).into_value()).collect()).into_value()
    }
}

fn traceback_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    use pyrope_object::bind::{Signature, bind};
    static SIGNATURE: Signature = Signature::plain("traceback", &["tb_next", "tb_frame", "tb_lasti", "tb_lineno"], 4);
    let mut slots = [None; 4];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let [Some(next), Some(frame), Some(lasti), Some(line)] = slots else {
        return Err(vm.type_error("traceback() missing required argument"));
    };
    let next = match next.cast::<Traceback>() {
        None if !next.is_none() => {
            return Err(vm.type_error(format!("expected traceback object or None, got '{}'", vm.type_name(next))));
        }
        next => next,
    };
    let Some(frame) = frame.cast::<FrameObject>() else {
        let kind = pyrope_object::bind::argument_type_name(frame, vm);
        return Err(vm.type_error(format!("traceback() argument 'tb_frame' must be frame, not {kind}")));
    };
    let number = |value: &Value| match vm.index_i64(value)?.and_then(|n| i32::try_from(n).ok()) {
        Some(n) => Ok(n),
        None => Err(vm.overflow_error("Python int too large to convert to C int")),
    };
    Ok(Traceback::new(next, frame, number(lasti)?, number(line)?, vm).into_value())
}
