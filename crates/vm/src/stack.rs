//! Frames on a contiguous stack of words per thread.
//!
//! A frame is a [`Frame`] header, the fast locals, then the operand stack. A thread's frames lie one behind the other in
//! large chunks; a generator keeps its frame in memory of its own and runs it there. All slots hold `Option<Value>`: an
//! unbound local and the null that calls push are the word zero.
#![allow(unsafe_code, reason = "the frame stack: the machine's home of unsafe code")]
#![allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "frame pointers are the machine's own and never leave the crate unchecked"
)]

use std::cell::{Cell, OnceCell};
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use pyrope_object::layout::Dict;
use pyrope_object::slots::CallFn;
use pyrope_object::{Doomed, PyResult, Ref, Type, Value, Vm};

use crate::code::CodeObject;
use crate::frame::FrameObject;
use crate::function::Function;
use crate::monitor::ThreadMonitor;
use crate::quicken::{Instr, Quick};

/// A local or operand.
pub type Slot = Option<Value>;

/// What happens with a frame's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum OnReturn {
    /// The loop that runs the frame ends with it.
    Exit,
    /// The value is pushed on the caller's stack.
    Push,
    /// It is an `__init__`: must be None; the instance already lies on the caller's stack.
    Init,
    /// A generator that a FOR_ITER resumed.
    ForIter,
    /// A generator that a SEND resumed.
    Send,
}

/// Who owns a frame's memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Owner {
    Thread,
    Generator,
    FrameObject,
}

/// The header of a frame; its slots follow.
#[repr(C)]
pub struct Frame {
    pub previous: *mut Frame,
    /// Owned.
    pub function: *const Function,
    /// Kept alive by the function.
    pub code: *const CodeObject,
    pub quick: *const Quick,
    pub globals: *const Dict,
    /// Null if `__builtins__` is not a dict.
    pub builtins: *const Dict,
    /// The namespace of a module or class body.
    pub locals: Slot,
    /// The frame object, if anybody asked for it; owned.
    pub object: OnceCell<Ref<FrameObject>>,
    /// The next instruction; brought up to date before anything that may look.
    pub ip: *const Instr,
    /// One past the top operand, while the frame does not run.
    pub sp: *mut Slot,
    /// The generator whose frame this is, or null; not counted.
    pub generator: *const crate::generator::GenCore,
    pub on_return: OnReturn,
    pub owner: Owner,
    /// The frame's function has not reached its first RESUME: it does not show in tracebacks.
    pub incomplete: Cell<bool>,
}

/// Words of the header.
pub const HEADER_WORDS: usize = size_of::<Frame>() / 8;
const _: () = assert!(size_of::<Frame>().is_multiple_of(8));
/// So many locals are cleared at once, whether the frame has them or not.
const CLEARED: usize = 8;

/// Words of a chunk, unless a frame needs more.
const CHUNK_WORDS: usize = 64 * 1024;
/// Words of the first chunk, which is enough for most programs.
const FIRST_CHUNK_WORDS: usize = 4 * 1024;
/// Chunks of a thread at most: 512 MiB, some millions of frames. A recursion limit beyond that does not help.
const MAX_CHUNKS: usize = 1024;

/// Not cleared beforehand: pages that no frame reaches cost nothing.
type ChunkMemory = Box<[MaybeUninit<u64>]>;

struct Chunk {
    memory: ChunkMemory,
    /// The top of the chunk below when this one was begun.
    below: *mut u64,
    below_limit: *mut u64,
}

/// How many objects an instruction may leave to be ended.
pub const MAX_DOOMED: usize = 16;

/// A thread's frames.
pub struct Machine {
    /// The innermost frame.
    pub current: Cell<*mut Frame>,
    /// What a frame returned or yielded, on its way out of the loop.
    pub result: pyrope_object::Guarded<Option<Value>>,
    top: Cell<*mut u64>,
    limit: Cell<*mut u64>,
    chunks: pyrope_object::Guarded<Vec<Chunk>>,
    /// The chunk that was given back last: calls at a chunk's edge come and go.
    spare: pyrope_object::Guarded<Option<ChunkMemory>>,
    /// Objects that the last instruction left to be ended.
    doomed: [Cell<Option<Doomed>>; MAX_DOOMED],
    /// The interpreter's breaker word.
    breaker: Arc<AtomicU32>,
    /// `function`, for quick tests.
    pub function_type: *const Type,
    /// `type`
    pub type_type: *const Type,
    /// `type.__call__`
    pub type_call: Option<CallFn>,
    pub(crate) monitor: ThreadMonitor,
    /// The offset at which the exception of the RERAISE under way was raised, where it says so.
    pub(crate) reraised: Cell<Option<u32>>,
}

/// The machine of a thread, made on first use.
#[inline]
pub fn machine(vm: &Vm) -> &Machine {
    match vm.machine.get() {
        // SAFETY: only `make_machine` sets it.
        Some(any) => unsafe { &*std::ptr::from_ref(&**any).cast::<Machine>() },
        None => make_machine(vm),
    }
}

/// The machine of a thread that has run something.
pub fn machine_if_any(vm: &Vm) -> Option<&Machine> {
    vm.machine.get().and_then(|any| any.downcast_ref::<Machine>())
}

#[cold]
fn make_machine(vm: &Vm) -> &Machine {
    let machine = Machine {
        current: Cell::new(std::ptr::null_mut()),
        result: Default::default(),
        top: Cell::new(std::ptr::null_mut()),
        limit: Cell::new(std::ptr::null_mut()),
        chunks: Default::default(),
        spare: Default::default(),
        doomed: Default::default(),
        breaker: vm.interp().breaker.clone(),
        function_type: vm.type_of::<Function>(),
        type_type: vm.builtin(pyrope_object::BuiltinType::Type),
        type_call: vm.builtin(pyrope_object::BuiltinType::Type).slots().call,
        monitor: ThreadMonitor::new(vm.state()),
        reraised: Cell::new(None),
    };
    match vm.machine.get_or_init(|| Box::new(machine)).downcast_ref::<Machine>() {
        Some(machine) => machine,
        None => unreachable!("only this crate sets a thread's machine"),
    }
}

impl Machine {
    /// Keeps an object that is to be ended after the instruction; `index` counts them.
    #[inline(always)]
    pub fn doom(&self, index: usize, doomed: Doomed) {
        self.doomed[index % MAX_DOOMED].set(Some(doomed));
    }

    /// Ends what the last instruction left.
    #[inline(never)]
    pub fn bury(&self) {
        // Ending an object may run code that leaves others here.
        let Some(first) = self.doomed[0].take() else { return };
        match self.doomed[1].take() {
            None => first.end(),
            Some(second) => self.bury_more(first, second),
        }
    }

    #[inline(never)]
    fn bury_more(&self, first: Doomed, second: Doomed) {
        let mut others = [const { None }; MAX_DOOMED - 2];
        for (place, doomed) in others.iter_mut().zip(&self.doomed[2..]) {
            *place = doomed.take();
            if place.is_none() {
                break;
            }
        }
        first.end();
        second.end();
        others.into_iter().map_while(|doomed| doomed).for_each(Doomed::end);
    }

    /// Should the loop look up from its work?
    #[inline(always)]
    pub fn interrupted(&self) -> bool {
        self.breaker.load(Ordering::Relaxed) != 0
    }

    /// Takes the value with which the loop was left.
    #[inline(always)]
    pub fn take_result(&self) -> Value {
        self.result.take().unwrap_or(Value::none())
    }

    /// Takes `words` from the top of the stack. Give them back in reverse order.
    #[inline(always)]
    fn take(&self, words: usize, vm: &Vm) -> PyResult<*mut u64> {
        let base = self.top.get();
        if (self.limit.get() as usize).wrapping_sub(base as usize) >= words * 8 {
            self.top.set(base.wrapping_add(words));
            return Ok(base);
        }
        self.take_from_new_chunk(words, vm)
    }

    #[cold]
    #[inline(never)]
    fn take_from_new_chunk(&self, words: usize, vm: &Vm) -> PyResult<*mut u64> {
        let depth = self.chunks.with(Vec::len);
        if depth >= MAX_CHUNKS {
            return Err(vm.memory_error());
        }
        let mut memory = match self.spare.take().filter(|spare| spare.len() >= words) {
            Some(spare) => spare,
            None => {
                let size = words.max(if depth == 0 { FIRST_CHUNK_WORDS } else { CHUNK_WORDS });
                let mut memory = Vec::new();
                if memory.try_reserve_exact(size).is_err() {
                    return Err(vm.memory_error());
                }
                // SAFETY: the capacity is there, and the items need not be initialised.
                unsafe { memory.set_len(size) };
                memory.into_boxed_slice()
            }
        };
        let size = memory.len();
        let base = memory.as_mut_ptr().cast::<u64>();
        self.chunks.with_mut(|chunks| {
            chunks.push(Chunk { memory, below: self.top.get(), below_limit: self.limit.get() });
        });
        self.top.set(base.wrapping_add(words));
        self.limit.set(base.wrapping_add(size));
        Ok(base)
    }

    /// Gives back everything from `base` on.
    #[inline(always)]
    fn give_back(&self, base: *mut u64) {
        self.top.set(base);
        if self.begins_chunk(base) {
            self.drop_chunk(base);
        }
    }

    /// A frame at the very beginning of a chunk is rare: its chunk goes with it.
    #[inline(always)]
    fn begins_chunk(&self, base: *mut u64) -> bool {
        self.limit.get() as usize - base as usize >= CHUNK_WORDS * 8
    }

    /// Can [`Machine::pop_frame`] end this frame?
    #[inline(always)]
    pub fn gives_back(&self, frame: *mut Frame) -> bool {
        !self.begins_chunk(frame.cast())
    }

    /// Gives back the words of a frame whose values are gone.
    #[inline(always)]
    pub fn pop_frame(&self, frame: *mut Frame) {
        self.top.set(frame.cast());
    }

    #[cold]
    #[inline(never)]
    fn drop_chunk(&self, base: *mut u64) {
        let gone = self.chunks.with_mut(|chunks| {
            let starts_here = chunks.last().is_some_and(|chunk| std::ptr::eq(chunk.memory.as_ptr().cast(), base));
            if starts_here && chunks.len() > 1 { chunks.pop() } else { None }
        });
        if let Some(chunk) = gone {
            self.top.set(chunk.below);
            self.limit.set(chunk.below_limit);
            self.spare.set(Some(chunk.memory));
        }
    }

    /// A new frame of `function` with all locals unbound, not yet linked.
    #[inline(always)]
    pub fn new_frame(&self, function: Ref<Function>, vm: &Vm) -> PyResult<*mut Frame> {
        let code = function.code_ptr();
        // SAFETY: a function keeps every code it ever had alive, and the reference to it is here.
        let code = unsafe { &*code };
        let quick = crate::quicken::quick_of(code, vm)?;
        let words = frame_words(code);
        let base = self.take(words, vm)?;
        let locals = code.local_count();
        if locals > CLEARED {
            // SAFETY: the words were just taken.
            unsafe { std::ptr::write_bytes(base.add(HEADER_WORDS), 0, locals) };
        }
        let function = function.into_value().into_bits() as *const Function;
        // SAFETY: the reference lives on in the frame.
        Ok(self.set_up(base, unsafe { &*function }, code, quick))
    }

    /// A new frame, if its code is translated, of few locals, and there is room on the stack and `remaining` depth. It
    /// takes over the caller's reference to the function.
    #[inline(always)]
    pub fn quick_frame(&self, function: &Function, remaining: isize) -> Option<*mut Frame> {
        // SAFETY: as in `new_frame`.
        let code = unsafe { &*function.code_ptr() };
        let quick = code.quick.get();
        let base = self.top.get();
        let words = frame_words(code);
        let room = (self.limit.get() as usize).wrapping_sub(base as usize) >= words * 8;
        if quick.is_null() || code.local_count() > CLEARED || !room || remaining <= 0 {
            return None;
        }
        self.top.set(base.wrapping_add(words));
        Some(self.set_up(base, function, code, quick))
    }

    /// Writes the header and clears the first locals.
    #[inline(always)]
    fn set_up(&self, base: *mut u64, function: &Function, code: &CodeObject, quick: *const Quick) -> *mut Frame {
        let frame = base.cast::<Frame>();
        // SAFETY: the words were just taken for this frame; every field and local is written before it is read.
        unsafe {
            let locals = base.add(HEADER_WORDS);
            let count = code.local_count();
            if count <= CLEARED {
                locals.cast::<[u64; CLEARED]>().write([0; CLEARED]);
            }
            let globals: *const Dict = function.globals_ptr();
            let builtins = function.builtins_ptr();
            frame.write(Frame {
                previous: self.current.get(),
                function,
                code,
                quick,
                globals,
                builtins,
                locals: None,
                object: OnceCell::new(),
                ip: (*quick).start(),
                sp: locals.add(count).cast(),
                generator: std::ptr::null(),
                on_return: OnReturn::Push,
                owner: Owner::Thread,
                incomplete: Cell::new(true),
            });
        }
        frame
    }

    /// Ends a frame of this thread that was not or is no longer running: its values die, its words are given back.
    #[inline(always)]
    pub fn drop_frame(&self, frame: *mut Frame) {
        // SAFETY: the caller ends the frame here; nobody refers to it afterwards but its frame object, which takes over.
        unsafe { clear_frame(frame) };
        self.give_back(frame.cast());
    }

    /// Moves a frame (the topmost of the thread) into a generator's own memory; gives the words.
    pub fn move_to_heap(&self, frame: *mut Frame) -> Box<[u64]> {
        // SAFETY: the frame is live and topmost; its words move as they are, and pointers into them are adjusted.
        unsafe {
            let code = &*(*frame).code;
            let words = HEADER_WORDS + code.frame_slots as usize;
            let used = (*frame).sp.cast::<u64>().offset_from(frame.cast::<u64>()) as usize;
            let mut memory = Vec::<u64>::with_capacity(words);
            std::ptr::copy_nonoverlapping(frame.cast::<u64>(), memory.as_mut_ptr(), used);
            memory.as_mut_ptr().add(used).write_bytes(0, words - used);
            memory.set_len(words);
            let mut memory = memory.into_boxed_slice();
            let moved = memory.as_mut_ptr().cast::<Frame>();
            (*moved).sp = memory.as_mut_ptr().add(used).cast();
            (*moved).owner = Owner::Generator;
            if let Some(object) = (*moved).object.get() {
                object.relocate(moved);
            }
            self.give_back(frame.cast());
            memory
        }
    }
}

/// Words that a frame of some code takes.
#[inline(always)]
fn frame_words(code: &CodeObject) -> usize {
    HEADER_WORDS + (code.frame_slots as usize).max(CLEARED)
}

impl Frame {
    /// The first slot.
    #[inline(always)]
    pub fn slots(&self) -> *mut Slot {
        (&raw const *self).wrapping_add(1).cast_mut().cast()
    }

    /// The function.
    #[inline(always)]
    pub fn function(&self) -> &Function {
        // SAFETY: a frame owns a reference to its function.
        unsafe { &*self.function }
    }

    /// The code.
    #[inline(always)]
    pub fn code(&self) -> &CodeObject {
        // SAFETY: the function keeps it.
        unsafe { &*self.code }
    }

    /// The translated code.
    #[inline(always)]
    pub fn quick(&self) -> &Quick {
        // SAFETY: the code keeps it.
        unsafe { &*self.quick }
    }

    /// The globals.
    #[inline(always)]
    pub fn globals(&self) -> &Dict {
        // SAFETY: the function keeps them.
        unsafe { &*self.globals }
    }

    /// Where code that is not a function's keeps its names; the globals when it was called as a function.
    pub fn namespace(&self) -> Value {
        self.locals.clone().unwrap_or_else(|| pyrope_object::value_of(self.globals()))
    }

    /// The builtins, if they are a dict.
    #[inline(always)]
    pub fn builtins(&self) -> Option<&Dict> {
        // SAFETY: the function keeps them.
        unsafe { self.builtins.as_ref() }
    }

    /// A fast local; `index` is in range.
    #[inline(always)]
    pub fn local(&self, index: usize) -> &Slot {
        debug_assert!(index < self.code().local_count());
        // SAFETY: translation checks every index against the number of locals.
        unsafe { &*self.slots().add(index) }
    }

    /// Binds or unbinds a fast local; gives the old value.
    #[inline(always)]
    pub fn replace_local(&self, index: usize, value: Slot) -> Slot {
        debug_assert!(index < self.code().local_count());
        // SAFETY: as in `local`; no reference to the slot is held across this.
        unsafe { std::ptr::replace(self.slots().add(index), value) }
    }

    /// Index of the instruction being executed (the one before `ip`).
    pub fn position(&self) -> usize {
        // SAFETY: `ip` points into the instructions of `quick`.
        let index = unsafe { self.ip.offset_from(self.quick().start()) };
        index.max(1) as usize - 1
    }

    /// `f_lasti`: byte offset of the instruction being executed, -1 before the first.
    pub fn lasti(&self) -> i32 {
        if std::ptr::eq(self.ip, self.quick().start()) {
            return -1;
        }
        self.quick().offset_of(self.position()) as i32
    }

    /// The line being executed.
    pub fn line(&self) -> Option<i32> {
        let lasti = self.lasti();
        self.code().line_at(lasti.max(0) as usize)
    }

    /// Number of operands, while the frame does not run.
    pub fn depth(&self) -> usize {
        let base = self.slots().wrapping_add(self.code().local_count());
        (self.sp as usize - base as usize) / 8
    }

    /// Calls back with all values that the frame owns, while it does not run.
    pub fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        use pyrope_object::Traverse;
        // SAFETY: the frame does not run, so `sp` is true and all slots below it are initialised.
        unsafe {
            let count = self.sp.offset_from(self.slots()) as usize;
            for slot in std::slice::from_raw_parts(self.slots(), count).iter().flatten() {
                slot.traverse(visit);
            }
            let function = std::mem::ManuallyDrop::new(Value::from_bits(self.function as u64));
            visit(&function);
        }
        self.locals.traverse(visit);
        if let Some(object) = self.object.get() {
            object.traverse(visit);
        }
    }
}

/// Drops the values of a frame, the last one first, or hands them to its frame object if somebody else still holds that.
///
/// # Safety
/// The frame does not run and will not run again; its words are not used afterwards, except by their owner to free them.
#[inline(always)]
pub unsafe fn clear_frame(frame: *mut Frame) {
    // SAFETY: the caller's promise; `sp` is true while a frame does not run.
    unsafe {
        if (*frame).object.get().is_some() {
            hand_over(frame);
            return;
        }
        let (first, mut slot) = ((*frame).slots(), (*frame).sp);
        while slot > first {
            slot = slot.sub(1);
            drop(std::ptr::replace(slot, None));
        }
        if (*frame).locals.is_some() {
            drop((*frame).locals.take());
        }
        drop(Value::from_bits((*frame).function as u64));
    }
}

#[cold]
#[inline(never)]
unsafe fn hand_over(frame: *mut Frame) {
    // SAFETY: as in `clear_frame`.
    unsafe {
        let Some(object) = (*frame).object.take() else { return };
        // Operands die with the frame; locals live on in the object.
        let locals_end = (*frame).slots().add((*frame).code().local_count());
        while (*frame).sp > locals_end {
            (*frame).sp = (*frame).sp.sub(1);
            drop(std::ptr::replace((*frame).sp, None));
        }
        if object.as_value().refcount() == 1 {
            object.detach();
            drop(object);
            clear_frame(frame);
            return;
        }
        let words = HEADER_WORDS + (*frame).code().local_count();
        let mut memory = vec![0u64; words].into_boxed_slice();
        std::ptr::copy_nonoverlapping(frame.cast::<u64>(), memory.as_mut_ptr(), words);
        let moved = memory.as_mut_ptr().cast::<Frame>();
        (*moved).sp = (*moved).slots().add((*moved).code().local_count());
        (*moved).owner = Owner::FrameObject;
        (*moved).generator = std::ptr::null();
        object.own(memory);
    }
}

/// Ends a frame that lies in its own memory.
pub fn clear_heap_frame(memory: &mut Box<[u64]>) {
    if memory.is_empty() {
        return;
    }
    let mut taken = std::mem::take(memory);
    // SAFETY: the memory holds a frame that does not run; it is dropped right after.
    unsafe { clear_frame(taken.as_mut_ptr().cast()) };
}

/// Gives a fresh frame its namespace.
pub fn set_namespace(frame: *mut Frame, namespace: Value) {
    // SAFETY: the caller has just made the frame.
    unsafe { (*frame).locals = Some(namespace) };
}
