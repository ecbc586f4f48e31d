//! `frame`: a running, suspended or finished frame as an object, made only when somebody asks.
#![allow(unsafe_code, reason = "refers to frames on the stack while they run")]

mod locals_proxy;

use std::cell::Cell as StdCell;

use pyrope_bytecode::{CodeFlags, FastKind};
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::layout::Dict;
use pyrope_object::{Guarded, Header, PyResult, Raised, Ref, Slots, Traverse, Value, Vm, value_of};

use crate::cell::Cell;
use crate::code::CodeObject;
use crate::stack::{Frame, Owner, machine};

pub use locals_proxy::FrameLocalsProxy;

/// A frame of a Python function's execution.
#[pyclass(
    name = "frame",
    builtin = Frame,
    flags(GC),
    doc = "",
    methods(FrameObject::METHODS),
    getset(FrameObject::GETSETS),
    slots = Slots { repr: Some(frame_repr), ..Slots::EMPTY }
)]
pub struct FrameObject {
    header: Header,
    /// The frame: on the thread's stack, in a generator, or in `memory`; null once cleared by the collector.
    frame: StdCell<*mut Frame>,
    /// A finished frame's words.
    memory: Guarded<Box<[u64]>>,
    /// The caller of a finished frame.
    back: Guarded<Option<Value>>,
    /// What was put under names that are no locals.
    extra: Guarded<Option<Ref<Dict>>>,
    /// The code, which must outlive everything else for tracebacks.
    code: Ref<CodeObject>,
    pub(crate) trace: Guarded<Option<Value>>,
    pub(crate) trace_lines: StdCell<bool>,
    pub(crate) trace_opcodes: StdCell<bool>,
    /// The offset of the instruction that was reported last, -1 for none that counts.
    pub(crate) last_traced: StdCell<i32>,
}

impl Traverse for FrameObject {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.memory.with(|memory| {
            if !memory.is_empty() {
                // SAFETY: the words are a finished frame.
                unsafe { &*memory.as_ptr().cast::<Frame>() }.traverse(visit);
            }
        });
        self.back.traverse(visit);
        self.extra.traverse(visit);
        self.code.traverse(visit);
        self.trace.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        self.take_locals(out);
        self.back.clear(out);
        self.extra.clear(out);
        self.trace.clear(out);
    }
}

impl Drop for FrameObject {
    fn drop(&mut self) {
        let mut memory = self.memory.take();
        self.frame.set(std::ptr::null_mut());
        crate::stack::clear_heap_frame(&mut memory);
    }
}

/// The object of a frame, made on first request.
pub fn frame_object(frame: &Frame, vm: &Vm) -> Ref<FrameObject> {
    if let Some(object) = frame.object.get() {
        return object.clone();
    }
    let at = std::ptr::from_ref(frame).cast_mut();
    let object = Ref::new(
        vm,
        FrameObject {
            header: Header::blank(),
            frame: StdCell::new(at),
            memory: Guarded::default(),
            back: Guarded::default(),
            extra: Guarded::default(),
            code: Ref::from_borrowed(frame.code()),
            trace: Guarded::default(),
            trace_lines: StdCell::new(true),
            trace_opcodes: StdCell::new(false),
            last_traced: StdCell::new(-1),
        },
    );
    let _ = frame.object.set(object.clone());
    object
}

/// The first frame from `at` on that shows: it has reached its start.
fn complete(mut at: *mut Frame) -> Option<&'static Frame> {
    // SAFETY: linked frames are live; the caller uses the reference before anything can end them.
    unsafe {
        while let Some(frame) = at.as_ref() {
            if !frame.incomplete.get() {
                return Some(frame);
            }
            at = frame.previous;
        }
    }
    None
}

/// Runs `look` on the running Python frame `depth` calls up; `None` if there is none.
pub fn with_frame<R>(vm: &Vm, depth: usize, look: impl FnOnce(&Frame) -> R) -> Option<R> {
    let mut frame = complete(machine(vm).current.get())?;
    for _ in 0..depth {
        frame = complete(frame.previous)?;
    }
    Some(look(frame))
}

/// Shows code and line of a thread's frames, innermost first. Makes no object.
pub fn each_line(vm: &Vm, mut look: impl FnMut(&CodeObject, Option<i32>)) {
    // A thread that has run nothing yet has no machine.
    let Some(machine) = crate::stack::machine_if_any(vm) else { return };
    let mut at = machine.current.get();
    while let Some(frame) = complete(at) {
        look(frame.code(), frame.line());
        at = frame.previous;
    }
}

/// The frame object of the innermost frame of a thread, which may be another than the running one.
pub fn frame_of_thread(thread: &Vm, vm: &Vm) -> Option<Ref<FrameObject>> {
    let machine = crate::stack::machine_if_any(thread)?;
    complete(machine.current.get()).map(|frame| frame_object(frame, vm))
}

/// The frame object `depth` calls up.
pub fn current_frame(vm: &Vm, depth: usize) -> Option<Ref<FrameObject>> {
    with_frame(vm, depth, |frame| frame_object(frame, vm))
}

/// Globals of the running function.
pub fn current_globals(vm: &Vm) -> Option<Ref<Dict>> {
    with_frame(vm, 0, |frame| Ref::from_borrowed(frame.globals()))
}

/// Builtins of the running function.
pub fn current_builtins(vm: &Vm) -> Option<Value> {
    with_frame(vm, 0, |frame| frame.function().builtins().clone())
}

/// `locals()` of the running function: a fresh dict for functions, the namespace itself elsewhere.
pub fn current_locals(vm: &Vm) -> PyResult<Option<Value>> {
    match current_frame(vm, 0) {
        None => Ok(None),
        Some(frame) if frame.shows_fast_locals() => {
            let dict = vm.new_dict();
            for (name, value) in frame.bound_locals() {
                dict.set(name, value, vm)?;
            }
            Ok(Some(dict.into_value()))
        }
        Some(frame) => Ok(frame.namespace()),
    }
}

/// Where a fast local lies: its index and kind.
pub(crate) type LocalPlace = (usize, u8);

impl FrameObject {
    pub(crate) fn frame(&self) -> Option<&Frame> {
        // SAFETY: the frame tells its object before it moves or ends.
        unsafe { self.frame.get().as_ref() }
    }

    /// The frame moved.
    pub(crate) fn relocate(&self, to: *mut Frame) {
        self.frame.set(to);
    }

    /// The frame ended and nobody else holds the object.
    pub(crate) fn detach(&self) {
        self.frame.set(std::ptr::null_mut());
    }

    /// The frame ended: its words are the object's from now on.
    pub(crate) fn own(&self, mut memory: Box<[u64]>) {
        let frame = memory.as_mut_ptr().cast::<Frame>();
        // SAFETY: the words are a frame that just ended; its caller is still live.
        let previous = unsafe { std::mem::replace(&mut (*frame).previous, std::ptr::null_mut()) };
        if let Some(previous) = complete(previous)
            && let Some(vm) = value_of(self).header().and_then(|h| h.ty().interp().current())
        {
            self.back.set(Some(frame_object(previous, vm).into_value()));
        }
        self.frame.set(frame);
        self.memory.set(memory);
    }

    /// The code.
    pub fn code(&self) -> &Ref<CodeObject> {
        &self.code
    }

    /// `f_lasti` in bytes.
    pub fn lasti(&self) -> i32 {
        self.frame().map_or(-1, Frame::lasti)
    }

    /// The line being executed.
    pub fn line(&self) -> Option<i32> {
        self.code.line_at(self.lasti().max(0) as usize)
    }

    /// The globals.
    pub fn globals(&self) -> Option<Ref<Dict>> {
        self.frame().map(|frame| Ref::from_borrowed(frame.globals()))
    }

    /// The namespace of a module or class body.
    fn namespace(&self) -> Option<Value> {
        self.frame().map(Frame::namespace)
    }

    /// The caller, if it still runs or the frame has ended.
    pub fn back(&self, vm: &Vm) -> Option<Value> {
        if let Some(back) = self.back.get() {
            return Some(back);
        }
        let previous = self.frame()?.previous;
        complete(previous).map(|frame| frame_object(frame, vm).into_value())
    }

    /// Moves the locals out.
    fn take_locals(&self, out: &mut Vec<Value>) {
        if self.memory.with(|memory| memory.is_empty()) {
            return;
        }
        if let Some(frame) = self.frame() {
            for index in 0..frame.code().local_count() {
                out.extend(frame.replace_local(index, None));
            }
        }
    }

    /// The place of a name among the fast locals that `wanted` lets pass.
    pub(crate) fn place_of(
        &self,
        name: &Value,
        vm: &Vm,
        wanted: impl Fn(&FrameObject, LocalPlace) -> bool,
    ) -> PyResult<Option<LocalPlace>> {
        let hash = vm.hash(name)?;
        for (index, (own, kind)) in
            self.code.loaded().local_names.iter().zip(self.code.localspluskinds().iter()).enumerate()
        {
            let place = (index, *kind);
            let same = own.as_value().is(name) || (own.hash(vm) == hash && vm.equal(own.as_value(), name)?);
            if same && wanted(self, place) {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Is a module's or class's comprehension under way, whose variables are fast locals?
    fn has_hidden_locals(&self) -> bool {
        let kinds = self.code.localspluskinds().iter().enumerate();
        kinds
            .filter(|(_, kind)| **kind & FastKind::HIDDEN != 0)
            .any(|(index, kind)| self.local_value((index, *kind)).is_some())
    }

    /// Are the locals shown through a proxy?
    fn shows_fast_locals(&self) -> bool {
        self.code.has(CodeFlags::OPTIMIZED) || self.has_hidden_locals()
    }

    /// The value of a fast local, seen through its cell.
    pub(crate) fn local_value(&self, (index, kind): LocalPlace) -> Option<Value> {
        let frame = self.frame()?;
        let value = frame.local(index).clone()?;
        if kind & (FastKind::CELL | FastKind::FREE) != 0
            && let Some(cell) = value.downcast_exact::<Cell>()
        {
            return cell.get();
        }
        Some(value)
    }

    /// Sets a fast local or its cell.
    pub(crate) fn set_local_value(&self, (index, kind): LocalPlace, value: Value) {
        let Some(frame) = self.frame() else { return };
        if kind & (FastKind::CELL | FastKind::FREE) != 0
            && let Some(cell) = frame.local(index).as_ref().and_then(|v| v.cast::<Cell>())
        {
            drop(cell.replace(Some(value)));
            return;
        }
        drop(frame.replace_local(index, Some(value)));
    }

    /// Bound locals in order, then the extra names.
    pub(crate) fn bound_locals(&self) -> Vec<(Value, Value)> {
        let kinds = self.code.localspluskinds().iter().enumerate();
        let mut found: Vec<(Value, Value)> = kinds
            .filter_map(|(index, kind)| {
                Some((self.code.loaded().local_names[index].to_value(), self.local_value((index, *kind))?))
            })
            .collect();
        if let Some(extra) = self.extra.get() {
            found.extend(extra.entries().into_iter().map(|e| (e.key, e.value)));
        }
        found
    }

    pub(crate) fn extra(&self) -> Option<Ref<Dict>> {
        self.extra.get()
    }

    pub(crate) fn extra_or_new(&self, vm: &Vm) -> Ref<Dict> {
        if let Some(extra) = self.extra.get() {
            return extra;
        }
        let extra = vm.new_dict();
        self.extra.set(Some(extra.clone()));
        extra
    }

    fn cannot_clear(&self, vm: &Vm) -> Option<Raised> {
        let frame = self.frame()?;
        match frame.owner {
            Owner::Thread => Some(vm.runtime_error("cannot clear an executing frame")),
            Owner::Generator => {
                let what = crate::generator::why_not_clear(frame)?;
                Some(vm.runtime_error(format!("cannot clear {what} frame")))
            }
            Owner::FrameObject => None,
        }
    }
}

#[pymethods]
impl FrameObject {
    #[getter]
    fn f_back(&self, vm: &Vm) -> Value {
        self.back(vm).unwrap_or(Value::none())
    }

    #[getter]
    fn f_code(&self) -> Value {
        self.code.to_value()
    }

    #[getter]
    fn f_globals(&self, vm: &Vm) -> Value {
        self.globals().unwrap_or_else(|| vm.new_dict()).into_value()
    }

    #[getter]
    fn f_builtins(&self) -> Value {
        self.frame().map_or(Value::none(), |frame| frame.function().builtins().clone())
    }

    #[getter]
    fn f_locals(this: &Ref<FrameObject>, vm: &Vm) -> Value {
        if this.shows_fast_locals() {
            return FrameLocalsProxy::new(this.clone(), vm).into_value();
        }
        this.namespace().unwrap_or_else(|| vm.new_dict().into_value())
    }

    #[getter]
    fn f_lasti(&self, vm: &Vm) -> Value {
        vm.int(self.lasti().into())
    }

    #[getter]
    fn f_lineno(&self, vm: &Vm) -> Value {
        self.line().map_or(Value::none(), |line| vm.int(line.into()))
    }

    #[setter("f_lineno")]
    fn set_lineno(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        crate::monitor::set_line(self, value, vm)
    }

    #[getter]
    fn f_trace(&self) -> Value {
        self.trace.get().unwrap_or(Value::none())
    }

    #[setter("f_trace")]
    fn set_trace(&self, value: Option<&Value>) -> PyResult<()> {
        self.trace.set(value.filter(|v| !v.is_none()).cloned());
        Ok(())
    }

    #[getter]
    fn f_trace_lines(&self) -> bool {
        self.trace_lines.get()
    }

    #[setter("f_trace_lines")]
    fn set_trace_lines(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.trace_lines.set(flag(value, vm)?);
        Ok(())
    }

    #[getter]
    fn f_trace_opcodes(&self) -> bool {
        self.trace_opcodes.get()
    }

    #[setter("f_trace_opcodes")]
    fn set_trace_opcodes(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        if value.is_none() {
            return Err(vm.attribute_error("attribute 'f_trace_opcodes' of 'frame' objects cannot be deleted"));
        }
        let wanted = flag(value, vm)?;
        self.trace_opcodes.set(wanted);
        if wanted {
            crate::monitor::want_opcodes(vm);
        }
        Ok(())
    }

    #[getter]
    fn f_generator(&self) -> Value {
        self.frame().and_then(crate::generator::generator_of).unwrap_or(Value::none())
    }

    /// Clear all references held by the frame.
    #[method("clear($self, /)")]
    fn clear_frame(&self, vm: &Vm) -> PyResult<()> {
        if let Some(raised) = self.cannot_clear(vm) {
            return Err(raised);
        }
        if let Some(generator) = self.frame().and_then(crate::generator::generator_of) {
            crate::generator::finalize(&generator, vm);
        }
        let mut out = Vec::new();
        self.take_locals(&mut out);
        drop(out);
        Ok(())
    }
}

/// The truth that an attribute is set to.
fn flag(value: Option<&Value>, vm: &Vm) -> PyResult<bool> {
    match value {
        None => Err(vm.type_error("can't delete numeric/char attribute")),
        Some(value) => value.as_bool().ok_or_else(|| vm.type_error("attribute value type must be bool")),
    }
}

fn frame_repr(value: &Value, vm: &Vm) -> PyResult {
    let Some(frame) = value.downcast::<FrameObject>() else { return Ok(Value::none()) };
    let file = vm.repr_text(frame.code.filename().as_value())?;
    let line = frame.line().unwrap_or(frame.code.firstlineno);
    let name = frame.code.name.to_string_lossy();
    let text = format!("<frame at {:#x}, file {file}, line {line}, code {name}>", value.id());
    Ok(vm.try_str(&text)?.into_value())
}

/// The class and first argument that a zero-argument `super()` uses.
pub fn super_arguments(vm: &Vm) -> PyResult<(Value, Value)> {
    let found = with_frame(vm, 0, |frame| {
        let code = frame.code();
        if code.argcount == 0 {
            return Err("super(): no arguments");
        }
        let first = match frame.local(0) {
            Some(value) => match value.downcast_exact::<Cell>() {
                Some(cell) if code.localspluskinds()[0] & FastKind::CELL != 0 => cell.get(),
                _ => Some(value.clone()),
            },
            None => None,
        };
        let Some(first) = first else { return Err("super(): arg[0] deleted") };
        let names = code.loaded().local_names.iter().zip(code.localspluskinds().iter()).enumerate();
        for (index, (name, kind)) in names {
            if kind & FastKind::FREE != 0 && name.equals_str("__class__") {
                let Some(cell) = frame.local(index).as_ref().and_then(|v| v.cast::<Cell>()) else {
                    return Err("super(): bad __class__ cell");
                };
                return match cell.get() {
                    Some(class) if class.downcast::<pyrope_object::Type>().is_some() => Ok((class, first)),
                    Some(_) => Err("super(): __class__ is not a type"),
                    None => Err("super(): empty __class__ cell"),
                };
            }
        }
        Err("super(): __class__ cell not found")
    });
    match found {
        Some(Ok(found)) => Ok(found),
        Some(Err(message)) => Err(vm.runtime_error(message)),
        None => Err(vm.runtime_error("super(): no current frame")),
    }
}
