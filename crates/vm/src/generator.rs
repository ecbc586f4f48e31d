//! Generators, coroutines and asynchronous generators: frames that wait in memory of their own.
#![allow(unsafe_code, reason = "owns frames and finds the object around a generator's core")]
#![allow(clippy::not_unsafe_ptr_arg_deref, reason = "frame pointers are the machine's own")]

mod asyncgen;
mod awaiting;
mod objects;
mod resume;

use std::cell::Cell;

use pyrope_bytecode::CodeFlags;
use pyrope_object::layout::Str;
use pyrope_object::shape::builtin_shape;
use pyrope_object::{BuiltinType as B, Guarded, Header, Ref, Traverse, Value, Vm};

use crate::code::CodeObject;
use crate::stack::{Frame, Machine, Owner, clear_heap_frame};

pub use asyncgen::{AsyncGenAsend, AsyncGenAthrow, AsyncGenWrappedValue};
pub use awaiting::{
    AnextAwaitable, CoroutineWrapper, async_iterator, async_next, awaitable_for, awaitable_iterator,
    may_delegate_to_coroutine, new_anext_awaitable,
};
pub use objects::{AsyncGenerator, Coroutine, Generator};
pub use resume::{close, finalize, send_value, throw};

/// Where a generator's frame stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Created,
    /// At a `yield`.
    Suspended,
    /// At a `yield from` or `await`: the delegate is on top of its stack.
    Delegating,
    Running,
    Finished,
}

/// Which of the three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Generator,
    Coroutine,
    AsyncGenerator,
}

impl Kind {
    /// What messages call it.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Generator => "generator",
            Kind::Coroutine => "coroutine",
            Kind::AsyncGenerator => "async generator",
        }
    }
}

/// What the three have in common; it follows the header in each.
#[repr(C)]
pub struct GenCore {
    /// The frame's words; empty once it finished.
    memory: Guarded<Box<[u64]>>,
    state: Cell<State>,
    pub(crate) kind: Kind,
    /// `(name, qualname)`
    names: Guarded<(Ref<Str>, Ref<Str>)>,
    pub(crate) code: Ref<CodeObject>,
    /// The exception that the frame was handling when it was suspended.
    handled: Guarded<Option<Value>>,
    /// `cr_origin`, or an asynchronous generator's finalizer hook.
    pub(crate) extra: Guarded<Option<Value>>,
    /// Asynchronous generators: somebody awaits a step; the first-iteration hook was called; `aclose` was called.
    pub(crate) running_async: Cell<bool>,
    pub(crate) hooks_called: Cell<bool>,
    pub(crate) closed: Cell<bool>,
}

impl Traverse for GenCore {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.code.traverse(visit);
        self.handled.traverse(visit);
        self.extra.traverse(visit);
        // A running frame's operands are not known: what it holds counts as held from outside.
        if self.state.get() != State::Running {
            self.memory.with(|memory| {
                if !memory.is_empty() {
                    // SAFETY: the words are this generator's suspended frame.
                    unsafe { &*memory.as_ptr().cast::<Frame>() }.traverse(visit);
                }
            });
        }
    }

    fn clear(&self, out: &mut Vec<Value>) {
        self.handled.clear(out);
        self.extra.clear(out);
        if self.state.get() != State::Running {
            self.state.set(State::Finished);
            let mut memory = self.memory.take();
            clear_heap_frame(&mut memory);
        }
    }
}

impl Drop for GenCore {
    fn drop(&mut self) {
        let mut memory = self.memory.take();
        clear_heap_frame(&mut memory);
    }
}

impl GenCore {
    pub(crate) fn state(&self) -> State {
        self.state.get()
    }

    /// A coroutine that nobody awaits yet.
    #[inline(always)]
    pub(crate) fn is_fresh_coroutine(&self) -> bool {
        self.kind == Kind::Coroutine && self.state.get() == State::Created
    }

    /// The frame, unless it finished.
    #[inline(always)]
    pub(crate) fn frame(&self) -> Option<*mut Frame> {
        self.memory.with(|memory| (!memory.is_empty()).then(|| memory.as_ptr().cast_mut().cast()))
    }

    pub(crate) fn name(&self) -> Ref<Str> {
        self.names.with(|n| n.0.clone())
    }

    pub(crate) fn qualname(&self) -> Ref<Str> {
        self.names.with(|n| n.1.clone())
    }

    pub(crate) fn set_name(&self, name: Ref<Str>) {
        drop(self.names.with_mut(|n| std::mem::replace(&mut n.0, name)));
    }

    pub(crate) fn set_qualname(&self, name: Ref<Str>) {
        drop(self.names.with_mut(|n| std::mem::replace(&mut n.1, name)));
    }

    /// The object around the core.
    pub(crate) fn object(&self) -> Value {
        // SAFETY: the core follows the header in each of the three layouts (asserted in `objects`).
        let value = unsafe { Value::from_bits(std::ptr::from_ref(self).byte_sub(size_of::<Header>()) as u64) };
        let counted = value.clone();
        let _ = value.into_bits();
        counted
    }

    /// What the generator delegates to.
    pub(crate) fn delegate(&self) -> Option<Value> {
        if self.state.get() != State::Delegating {
            return None;
        }
        let frame = self.frame()?;
        // SAFETY: a delegating frame's top operand is its delegate.
        unsafe { (*(*frame).sp.sub(1)).clone() }
    }

    /// Does the frame wait at a `yield` that no handler of the program surrounds? Then nothing in it would notice an
    /// exception.
    pub(crate) fn waits_outside_try(&self) -> bool {
        /// The flag of RESUME that says so.
        const OUTERMOST: u32 = 4;
        let Some(frame) = self.frame().filter(|_| self.state.get() == State::Suspended) else { return false };
        // SAFETY: a waiting frame's `ip` points to the instruction behind its YIELD_VALUE.
        let next = unsafe { *(*frame).ip };
        next.op == crate::ops::Op::Resume && next.arg & OUTERMOST != 0
    }

    /// The frame is over: its values die.
    pub(crate) fn finish(&self) {
        self.state.set(State::Finished);
        let mut memory = self.memory.take();
        clear_heap_frame(&mut memory);
    }

    /// What finished needs no finalizer.
    fn settle(&self, vm: &Vm) {
        // SAFETY: as in `object`; the value is not dropped.
        let value = std::mem::ManuallyDrop::new(unsafe {
            Value::from_bits(std::ptr::from_ref(self).byte_sub(size_of::<Header>()) as u64)
        });
        pyrope_object::lifetime::settle(&value, vm);
    }

    fn set_running(&self, running: bool) {
        self.state.set(if running { State::Running } else { State::Delegating });
    }
}

/// Makes the generator of a frame that reached RETURN_GENERATOR; the frame leaves the thread's stack.
#[inline(never)]
pub fn from_frame(frame: *mut Frame, vm: &Vm, machine: &Machine) -> Value {
    let memory = machine.move_to_heap(frame);
    let moved = memory.as_ptr().cast_mut().cast::<Frame>();
    // SAFETY: the frame just moved there.
    let running = unsafe { &*moved };
    let code = Ref::from_borrowed(running.code());
    let kind = match code.flags {
        flags if flags & CodeFlags::COROUTINE != 0 => Kind::Coroutine,
        flags if flags & CodeFlags::ASYNC_GENERATOR != 0 => Kind::AsyncGenerator,
        _ => Kind::Generator,
    };
    let origin = if kind == Kind::Coroutine { awaiting::origin(vm) } else { None };
    let function = running.function();
    let core = GenCore {
        memory: Guarded::new(memory),
        state: Cell::new(State::Created),
        kind,
        names: Guarded::new((function.name(), function.qualname())),
        code,
        handled: Guarded::default(),
        extra: Guarded::new(origin),
        running_async: Cell::new(false),
        hooks_called: Cell::new(false),
        closed: Cell::new(false),
    };
    let value = objects::wrap(core, vm);
    if let Some(core) = core_of(&value) {
        // SAFETY: as above; the object has its final place now.
        unsafe {
            (*moved).generator = core;
            (*moved).previous = std::ptr::null_mut();
            (*moved).incomplete.set(false);
        }
    }
    value
}

/// The core of any of the three.
pub fn core_of(value: &Value) -> Option<&GenCore> {
    let shape = value.shape();
    let known = [B::Generator, B::Coroutine, B::AsyncGenerator].iter().any(|&kind| shape == builtin_shape(kind));
    // SAFETY: the fixed shapes say that the type is exactly one of the three, where the core follows the header.
    known.then(|| unsafe { &*(value.bits() as *const u8).add(size_of::<Header>()).cast::<GenCore>() })
}

/// The core of a generator or coroutine that the loop can resume itself.
#[inline(always)]
pub fn resumable(value: &Value) -> Option<&GenCore> {
    let shape = value.shape();
    if shape != builtin_shape(B::Generator) && shape != builtin_shape(B::Coroutine) {
        return None;
    }
    // SAFETY: as in `core_of`.
    Some(unsafe { &*(value.bits() as *const u8).add(size_of::<Header>()).cast::<GenCore>() })
}

/// Readies a waiting frame to go on with `value` as the result of its `yield`. `None` if it cannot go on so.
#[inline(always)]
pub fn begin_resume(core: &GenCore, value: Value, vm: &Vm) -> Option<*mut Frame> {
    match core.state.get() {
        State::Suspended | State::Delegating => {}
        State::Created if value.is_none() => {}
        _ => return None,
    }
    let frame = core.frame()?;
    core.state.set(State::Running);
    let handled = core.handled.take();
    vm.handled.with_mut(|stack| stack.push(handled));
    // SAFETY: the frame waits; a yield left room for its result.
    unsafe {
        (*frame).sp.write(Some(value));
        (*frame).sp = (*frame).sp.add(1);
    }
    Some(frame)
}

/// The frame could not be entered after all: it is over.
#[cold]
pub fn abandon_resume(frame: *mut Frame, vm: &Vm) {
    fail_frame(frame, vm);
}

/// The frame yields: it waits.
#[inline(always)]
pub fn suspend(frame: &Frame, delegating: bool, vm: &Vm) {
    // SAFETY: only generators' frames yield, and the generator lives while its frame runs.
    let core = unsafe { &*frame.generator };
    let handled = vm.handled.with_mut(Vec::pop).flatten();
    if handled.is_some() {
        core.handled.set(handled);
    }
    core.state.set(if delegating { State::Delegating } else { State::Suspended });
    let frame = std::ptr::from_ref(frame).cast_mut();
    // SAFETY: frames are reached through raw pointers that may write.
    unsafe { (*frame).previous = std::ptr::null_mut() };
}

/// Makes a waiting frame the thread's innermost; gives the one that was.
pub(crate) fn link(frame: *mut Frame, machine: &Machine) -> *mut Frame {
    let outer = machine.current.replace(frame);
    // SAFETY: the frame waits, and its owner keeps it until `unlink`.
    unsafe { (*frame).previous = outer };
    outer
}

/// Undoes `link`.
pub(crate) fn unlink(frame: *mut Frame, outer: *mut Frame, machine: &Machine) {
    machine.current.set(outer);
    // SAFETY: as in `link`.
    unsafe { (*frame).previous = std::ptr::null_mut() };
}

/// The frame returned.
pub fn finish_frame(frame: *mut Frame, vm: &Vm) {
    // SAFETY: as in `suspend`.
    let core = unsafe { &*(*frame).generator };
    drop(vm.handled.with_mut(Vec::pop));
    // SAFETY: the frame is over; a frame object that takes it over has no caller to show.
    unsafe { (*frame).previous = std::ptr::null_mut() };
    core.finish();
    core.settle(vm);
}

/// The frame failed; the exception is set on the thread.
pub fn fail_frame(frame: *mut Frame, vm: &Vm) {
    finish_frame(frame, vm);
}

/// What a generator's frame is that keeps it from being cleared.
pub fn why_not_clear(frame: &Frame) -> Option<&'static str> {
    // SAFETY: a generator's frame knows its generator, which owns it.
    match unsafe { frame.generator.as_ref() }?.state.get() {
        State::Running => Some("an executing"),
        State::Suspended | State::Delegating => Some("a suspended"),
        State::Created | State::Finished => None,
    }
}

/// The generator that owns a frame.
pub fn generator_of(frame: &Frame) -> Option<Value> {
    if frame.owner != Owner::Generator {
        return None;
    }
    // SAFETY: as above.
    unsafe { frame.generator.as_ref() }.map(GenCore::object)
}

/// Does a running generator hold one of the targets in its fast locals, which the collector does not look at?
pub fn runs_with(value: &Value, targets: &[Value]) -> bool {
    let Some(core) = core_of(value).filter(|core| core.state.get() == State::Running) else { return false };
    let Some(frame) = core.frame().map(frame_ref) else { return false };
    (0..frame.code().local_count())
        .filter_map(|index| frame.local(index).as_ref())
        .any(|held| targets.iter().any(|target| target.is(held)))
}

/// A frame of a generator that lives.
pub(crate) fn frame_ref<'a>(frame: *mut Frame) -> &'a Frame {
    // SAFETY: callers pass the frame of a generator that they hold, and use the reference at once.
    unsafe { &*frame }
}
