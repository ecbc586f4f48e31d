//! The evaluation loop and the registers that instructions work on.
#![allow(unsafe_code, reason = "the machine's operand stack")]

use pyrope_object::layout::Str;
use pyrope_object::{PyResult, Ref, Type, Value, Vm};

use crate::dispatch;
use crate::function::Function;
use crate::inline_cache::Cache;
use crate::ops::Op;
use crate::quicken::{Instr, Quick};
use crate::stack::{Frame, MAX_DOOMED, Machine, OnReturn, Owner, Slot, machine};
use crate::unwind;

/// How a run of the loop ended.
pub enum Outcome {
    Returned(Value),
    /// A generator's frame gave a value and waits.
    Yielded(Value),
}

/// What the loop does after an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Next,
    /// An exception was raised by this instruction.
    Raise,
    /// An exception goes on; this instruction adds no traceback entry.
    Reraise,
    /// The frame that the loop began with returned; the machine holds the result.
    Return,
    /// It is a generator's and yielded; the machine holds the value.
    Yield,
    /// Nothing was done yet: the instruction's general form must do it.
    Slow,
    /// Done, but for objects that are to be ended; the machine holds them.
    Bury,
}

/// The registers of the loop. Their address never leaves inlined code, so that they stay in the processor's.
pub struct Regs<'v> {
    /// The next instruction.
    pub ip: *const Instr,
    /// One past the top operand.
    pub sp: *mut Slot,
    /// The running frame.
    pub fp: *mut Frame,
    thread: &'v Vm,
    pub machine: &'v Machine,
    /// How many objects this instruction left to be ended.
    doomed: usize,
}

/// Unpacks a result or raises.
macro_rules! check {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(_raised) => return $crate::eval::Flow::Raise,
        }
    };
}
pub(crate) use check;

impl<'v> Regs<'v> {
    /// Registers before they are loaded with a frame's.
    #[inline(always)]
    pub fn new(ip: *const Instr, sp: *mut Slot, fp: *mut Frame, thread: &'v Vm, machine: &'v Machine) -> Self {
        Regs { ip, sp, fp, thread, machine, doomed: 0 }
    }

    /// The thread, after the frame was told where it is: for everything that may run Python code or raise.
    #[inline(always)]
    pub fn vm(&self) -> &'v Vm {
        // SAFETY: the running frame is live.
        unsafe { (*self.fp).ip = self.ip };
        self.thread
    }

    /// The thread, for what can neither raise nor run Python code.
    #[inline(always)]
    pub fn quiet_vm(&self) -> &'v Vm {
        self.thread
    }

    /// The running frame.
    #[inline(always)]
    pub fn frame(&self) -> &'v Frame {
        // SAFETY: the running frame is live; it is only left through `leave`.
        unsafe { &*self.fp }
    }

    /// Its code.
    #[inline(always)]
    pub fn quick(&self) -> &'v Quick {
        // SAFETY: a frame's code lives as long as the frame.
        unsafe { &*self.frame().quick }
    }

    /// Pushes a slot.
    #[inline(always)]
    pub fn push_slot(&mut self, slot: Slot) {
        // SAFETY: translation checked that the code stays within the stack it asked for.
        unsafe {
            self.sp.write(slot);
            self.sp = self.sp.add(1);
        }
    }

    /// Pushes a value.
    #[inline(always)]
    pub fn push(&mut self, value: Value) {
        self.push_slot(Some(value));
    }

    /// Pops a slot.
    #[inline(always)]
    pub fn pop_slot(&mut self) -> Slot {
        // SAFETY: translation checked the depth.
        unsafe {
            self.sp = self.sp.sub(1);
            self.sp.read()
        }
    }

    /// Pops a value. (A null, which only hand-made code can bring here, is None.)
    #[inline(always)]
    pub fn pop(&mut self) -> Value {
        self.pop_slot().unwrap_or(Value::none())
    }

    /// The slot at a depth, 1 being the top.
    #[inline(always)]
    pub fn peek_slot(&self, depth: usize) -> &'v Slot {
        // SAFETY: translation checked the depth; the value stays until it is popped, after its last use.
        unsafe { &*self.sp.sub(depth) }
    }

    /// The value at a depth.
    #[inline(always)]
    pub fn peek(&self, depth: usize) -> &'v Value {
        match self.peek_slot(depth) {
            Some(value) => value,
            None => &MISSING.0,
        }
    }

    /// Replaces the slot at a depth; gives the old one.
    #[inline(always)]
    pub fn replace(&mut self, depth: usize, slot: Slot) -> Slot {
        // SAFETY: as in `peek_slot`.
        unsafe { std::ptr::replace(self.sp.sub(depth), slot) }
    }

    /// Gives a reference up. An object that dies by it is ended after the instruction, so that hot ones call nothing;
    /// the instruction must end with [`Regs::flow`]. Up to [`MAX_DOOMED`](crate::stack::MAX_DOOMED) of them.
    #[inline(always)]
    pub fn release(&mut self, slot: Slot) {
        if let Some(value) = slot
            && let Some(doomed) = value.release()
        {
            self.machine.doom(self.doomed, doomed);
            self.doomed += 1;
        }
    }

    /// The objects that were left are ended.
    #[cfg(debug_assertions)]
    pub fn buried(&mut self) {
        self.doomed = 0;
    }

    /// How to go on after an instruction that released references.
    #[inline(always)]
    pub fn flow(&self) -> Flow {
        if self.doomed == 0 { Flow::Next } else { Flow::Bury }
    }

    /// Replaces the top `count` operands by a value: they are dropped after it is in place.
    #[inline(always)]
    pub fn finish(&mut self, count: usize, value: Value) -> Flow {
        match count {
            0 => self.push(value),
            1 => {
                let old = self.replace(1, Some(value));
                self.release(old);
            }
            2 => {
                let top = self.pop_slot();
                let old = self.replace(1, Some(value));
                self.release(top);
                self.release(old);
            }
            _ => {
                for _ in 1..count {
                    drop(self.pop_slot());
                }
                drop(self.replace(1, Some(value)));
            }
        }
        self.flow()
    }

    /// Drops the top `count` operands.
    #[inline(always)]
    pub fn drop_top(&mut self, count: usize) {
        for _ in 0..count {
            drop(self.pop_slot());
        }
    }

    /// The top `count` operands, deepest first. None of them is null.
    #[inline(always)]
    pub fn top_values(&self, count: usize) -> &'v [Value] {
        // SAFETY: the depth was checked; a slot that is not null is a value.
        unsafe { std::slice::from_raw_parts(self.sp.sub(count).cast::<Value>(), count) }
    }

    /// The slots of the top `count` operands, deepest first, for a function that empties them before they are forgotten.
    #[inline(always)]
    pub fn top_slots(&mut self, count: usize) -> &'v mut [Slot] {
        // SAFETY: the depth was checked; nothing else refers to the slots while the function works.
        unsafe { std::slice::from_raw_parts_mut(self.sp.sub(count), count) }
    }

    /// The slots above the top for `count` more operands, all null; they are on the stack from now on.
    #[inline(always)]
    pub fn grow(&mut self, count: usize) {
        for _ in 0..count {
            self.push_slot(None);
        }
    }

    /// Sets the top pointer `count` lower without dropping: the slots are immediates or were moved out.
    #[inline(always)]
    pub fn forget_top(&mut self, count: usize) {
        // SAFETY: the depth was checked.
        self.sp = unsafe { self.sp.sub(count) };
    }

    /// A fast local.
    #[inline(always)]
    pub fn local(&self, index: usize) -> &'v Slot {
        self.frame().local(index)
    }

    /// A fast local that is known to be bound.
    #[inline(always)]
    pub fn bound_local(&self, index: usize) -> &'v Value {
        match self.local(index) {
            Some(value) => value,
            None => &MISSING.0,
        }
    }

    /// Binds a fast local; the old value is released.
    #[inline(always)]
    pub fn set_local(&mut self, index: usize, slot: Slot) {
        let old = self.frame().replace_local(index, slot);
        self.release(old);
    }

    /// A constant.
    #[inline(always)]
    pub fn constant(&self, index: usize) -> &'v Value {
        self.quick().constant(index)
    }

    /// A name of the code.
    #[inline(always)]
    pub fn name(&self, index: usize) -> &'v Ref<Str> {
        // SAFETY: the code lives as long as the frame.
        unsafe { &(*self.frame().code).loaded().names[index] }
    }

    /// A cache.
    #[inline(always)]
    pub fn cache(&self, index: usize) -> &'v Cache {
        self.quick().cache(index)
    }

    /// Index of the instruction being executed.
    #[inline(always)]
    pub fn position(&self) -> usize {
        // SAFETY: `ip` points into the instructions, behind the one being executed.
        unsafe { self.ip.offset_from(self.quick().start()) as usize - 1 }
    }

    /// Rewrites the instruction being executed.
    #[inline(always)]
    pub fn respecialise(&self, op: Op) {
        self.quick().patch(self.position(), op);
    }

    /// Jumps from the next instruction.
    #[inline(always)]
    pub fn jump(&mut self, distance: isize) {
        self.ip = self.ip.wrapping_offset(distance);
    }

    /// The frame shows in tracebacks from now on.
    #[inline(always)]
    pub fn mark_complete(&mut self) {
        self.frame().incomplete.set(false);
    }

    /// Moves the top `count` operands to the first locals of a fresh frame.
    #[inline(always)]
    pub fn move_arguments(&mut self, frame: *mut Frame, count: usize) {
        // SAFETY: the caller has tested that the function takes so many; the locals are unbound.
        unsafe {
            let (source, locals) = (self.sp.sub(count), (*frame).slots());
            match count {
                0 => {}
                1 => locals.write(source.read()),
                2 => locals.cast::<[Slot; 2]>().write(source.cast::<[Slot; 2]>().read()),
                3 => locals.cast::<[Slot; 3]>().write(source.cast::<[Slot; 3]>().read()),
                _ => std::ptr::copy_nonoverlapping(source, locals, count),
            }
        }
    }

    /// Saves what the frame must know to be continued later.
    #[inline(always)]
    pub fn save(&self) {
        // SAFETY: the running frame is live.
        unsafe {
            (*self.fp).ip = self.ip;
            (*self.fp).sp = self.sp;
        }
    }

    /// Goes on in a frame that is saved.
    #[inline(always)]
    pub fn load(&mut self, frame: *mut Frame) {
        // SAFETY: the caller passes a live frame.
        unsafe {
            self.fp = frame;
            self.ip = (*frame).ip;
            self.sp = (*frame).sp;
        }
    }

    /// Calls a function whose arguments, the top `given` of `operands`, move to its locals as they are. `Slow` if the
    /// frame needs more than a few words: then nothing is done.
    #[inline(always)]
    pub fn enter_quickly(&mut self, function: &Function, given: usize, operands: usize) -> Flow {
        let remaining = self.thread.recursion_remaining.get();
        let Some(frame) = self.machine.quick_frame(function, remaining) else { return Flow::Slow };
        self.thread.recursion_remaining.set(remaining - 1);
        self.move_arguments(frame, given);
        // The operands below are the callable, whose reference the frame takes over, and perhaps a null.
        self.forget_top(operands);
        self.save();
        self.machine.current.set(frame);
        self.load(frame);
        self.pass_resume();
        Flow::Next
    }

    /// The same for a function whose last parameters, `missing` of them, take their defaults.
    #[inline(always)]
    pub fn enter_with_defaults(&mut self, function: &Function, given: usize, missing: usize, operands: usize) -> Flow {
        let remaining = self.thread.recursion_remaining.get();
        let Some(frame) = self.machine.quick_frame(function, remaining) else { return Flow::Slow };
        self.thread.recursion_remaining.set(remaining - 1);
        self.move_arguments(frame, given);
        function.defaults.with(|defaults| {
            let defaults = defaults.as_ref().map_or(&[][..], |defaults| defaults.as_slice());
            for (index, default) in defaults[defaults.len() - missing..].iter().enumerate() {
                // SAFETY: the function has so many parameters; the locals of the fresh frame are unbound.
                unsafe { (*frame).slots().add(given + index).write(Some(default.clone())) };
            }
        });
        self.forget_top(operands);
        self.save();
        self.machine.current.set(frame);
        self.load(frame);
        self.pass_resume();
        Flow::Next
    }

    /// Goes over the RESUME that a fresh frame mostly begins with.
    #[inline(always)]
    fn pass_resume(&mut self) {
        if self.next_instr().op == Op::Resume && !self.machine.interrupted() {
            self.mark_complete();
            self.skip();
        }
    }

    /// Goes over the RESUME behind a `yield`, and over the POP_TOP of one whose result, None here, nobody wants.
    #[inline(always)]
    pub fn pass_resume_after_yield(&mut self) {
        if self.next_instr().op == Op::Resume && !self.machine.interrupted() {
            self.skip();
            if self.next_instr().op == Op::PopTop {
                self.skip();
                self.forget_top(1);
            }
        }
    }

    /// Calls the `__init__` of a plain class for a new instance, which takes the place of the class among the operands.
    /// `Slow` if the frame needs more than a few words: then nothing is done.
    #[inline(always)]
    pub fn enter_init_quickly(&mut self, class: &Type, init: &Function, count: usize) -> Flow {
        let remaining = self.thread.recursion_remaining.get();
        let Some(frame) = self.machine.quick_frame(init, remaining) else { return Flow::Slow };
        self.thread.recursion_remaining.set(remaining - 1);
        let _owned_by_the_frame = pyrope_object::value_of(init).into_bits();
        let instance = crate::call::new_plain(class, self.thread);
        // SAFETY: `init` takes so many arguments; the locals of the fresh frame are unbound.
        unsafe {
            (*frame).on_return = OnReturn::Init;
            let locals = (*frame).slots();
            locals.write(Some(instance.clone()));
            std::ptr::copy_nonoverlapping(self.sp.sub(count), locals.add(1), count);
        }
        self.forget_top(count + 1);
        let class = self.replace(1, Some(instance));
        self.save();
        self.machine.current.set(frame);
        self.load(frame);
        self.pass_resume();
        // The instance keeps its class.
        self.release(class);
        Flow::Next
    }

    /// The instruction after this one.
    #[inline(always)]
    pub fn next_instr(&self) -> Instr {
        // SAFETY: code ends with an instruction that does not fall through.
        unsafe { *self.ip }
    }

    /// Goes over the next instruction.
    #[inline(always)]
    pub fn skip(&mut self) {
        self.ip = self.ip.wrapping_add(1);
    }

    /// Enters a fresh or suspended frame; the present one is saved first. Fails at the recursion limit: the frame is
    /// then not entered.
    #[inline(always)]
    pub fn enter(&mut self, frame: *mut Frame, on_return: OnReturn) -> PyResult<()> {
        self.save();
        enter_frame(frame, on_return, self.thread, self.machine)?;
        self.load(frame);
        Ok(())
    }

    /// Leaves the loop with a value.
    #[inline(always)]
    pub fn exit(&mut self, flow: Flow, value: Value) -> Flow {
        self.machine.result.set(Some(value));
        flow
    }

    /// Returns the top operand to a Python caller. What dies with the frame ends after the instruction, if that is not
    /// too much; otherwise nothing is done.
    #[inline(always)]
    pub fn leave_quickly(&mut self) -> Flow {
        let frame = self.fp;
        // SAFETY: the running frame is live until it is given back here; its slots up to `sp` are initialised.
        unsafe {
            let header = &*frame;
            let value = self.sp.sub(1);
            let pushes = header.on_return == OnReturn::Push;
            let initialises = header.on_return == OnReturn::Init && matches!(&*value, Some(value) if value.is_none());
            let plain = header.owner == Owner::Thread && (pushes || initialises);
            if !plain || header.object.get().is_some() || header.locals.is_some() || !self.machine.gives_back(frame) {
                return Flow::Slow;
            }
            let (first, mut slot) = (header.slots(), value);
            // Each slot may leave an object to be ended, and so may the function.
            if value.offset_from(first) >= MAX_DOOMED as isize {
                return Flow::Slow;
            }
            let result = value.read();
            while slot > first {
                slot = slot.sub(1);
                self.release(slot.read());
            }
            self.release(Some(Value::from_bits((*frame).function as u64)));
            let previous = header.previous;
            self.machine.current.set(previous);
            self.thread.recursion_remaining.set(self.thread.recursion_remaining.get() + 1);
            self.machine.pop_frame(frame);
            self.load(previous);
            if pushes {
                self.push_slot(result);
            } else {
                // The None of an `__init__`.
                std::mem::forget(result);
            }
        }
        self.flow()
    }

    /// Leaves the running frame with its result.
    #[inline(always)]
    pub fn leave(&mut self, value: Value) -> Flow {
        let frame = self.fp;
        // SAFETY: the running frame is live until it is dropped here.
        unsafe {
            let (on_return, previous) = ((*frame).on_return, (*frame).previous);
            (*frame).sp = self.sp;
            (*frame).ip = self.ip;
            self.machine.current.set(previous);
            self.thread.recursion_remaining.set(self.thread.recursion_remaining.get() + 1);
            if (*frame).owner != Owner::Thread {
                return self.leave_generator(frame, value);
            }
            self.machine.drop_frame(frame);
            match on_return {
                OnReturn::Push => {
                    self.load(previous);
                    self.push(value);
                    Flow::Next
                }
                OnReturn::Exit => self.exit(Flow::Return, value),
                _ => self.leave_rarely(previous, on_return, value),
            }
        }
    }

    #[inline(always)]
    fn leave_rarely(&mut self, previous: *mut Frame, on_return: OnReturn, value: Value) -> Flow {
        self.load(previous);
        if on_return == OnReturn::Init && !value.is_none() {
            return crate::call::bad_init(value, self.vm());
        }
        Flow::Next
    }

    /// The generator's frame ends: its owner learns of it.
    #[inline(always)]
    fn leave_generator(&mut self, frame: *mut Frame, value: Value) -> Flow {
        // SAFETY: the generator owns the frame's memory and lives until `finish_frame` has ended it.
        let (on_return, previous) = unsafe { ((*frame).on_return, (*frame).previous) };
        crate::generator::finish_frame(frame, self.thread);
        match on_return {
            OnReturn::Exit => self.exit(Flow::Return, value),
            OnReturn::ForIter => {
                self.load(previous);
                if !value.is_none()
                    && let Err(_raised) = crate::monitor::stopped_with(value, self.vm())
                {
                    return Flow::Raise;
                }
                // SAFETY: the instruction before is the FOR_ITER that resumed the generator.
                let jump = unsafe { (*self.ip.sub(1)).jump() };
                self.jump(jump);
                Flow::Next
            }
            _ => {
                self.load(previous);
                // SAFETY: the instruction before is the SEND that resumed the generator.
                let jump = unsafe { (*self.ip.sub(1)).jump() };
                self.push(value);
                self.jump(jump);
                Flow::Next
            }
        }
    }
}

/// Stands for a null where only hand-made code can bring one.
static MISSING: Shared = Shared(Value::none());

/// A value that threads share because nothing ever changes it.
struct Shared(Value);
// SAFETY: only ever holds the word of None.
unsafe impl Sync for Shared {}

/// Links a frame to the thread.
#[inline(always)]
pub fn enter_frame(frame: *mut Frame, on_return: OnReturn, vm: &Vm, machine: &Machine) -> PyResult<()> {
    let remaining = vm.recursion_remaining.get();
    if remaining <= 0 {
        return Err(too_deep(vm));
    }
    vm.recursion_remaining.set(remaining - 1);
    // SAFETY: the caller passes a live frame that does not run.
    unsafe {
        (*frame).previous = machine.current.get();
        (*frame).on_return = on_return;
    }
    machine.current.set(frame);
    Ok(())
}

#[cold]
#[inline(never)]
fn too_deep(vm: &Vm) -> pyrope_object::Raised {
    // Making the exception must not hit the limit again.
    let remaining = vm.recursion_remaining.get();
    vm.recursion_remaining.set(remaining + 50);
    let raised = vm.recursion_error("maximum recursion depth exceeded");
    vm.recursion_remaining.set(vm.recursion_remaining.get() - 50);
    raised
}

/// Runs a fresh frame to its end. On failure the frame is gone as well.
pub fn run_frame(frame: *mut Frame, vm: &Vm) -> PyResult {
    let machine = machine(vm);
    if let Err(raised) = vm.check_stack("").and_then(|()| enter_frame(frame, OnReturn::Exit, vm, machine)) {
        machine.drop_frame(frame);
        return Err(raised);
    }
    match run(frame, Flow::Next, vm, machine)? {
        Outcome::Returned(value) | Outcome::Yielded(value) => Ok(value),
    }
}

/// Runs a frame that was entered until it returns, yields or fails.
pub fn run(mut frame: *mut Frame, start: Flow, vm: &Vm, machine: &Machine) -> PyResult<Outcome> {
    let mut flow = start;
    loop {
        match flow {
            Flow::Next => {}
            Flow::Return => return Ok(Outcome::Returned(machine.take_result())),
            Flow::Yield => return Ok(Outcome::Yielded(machine.take_result())),
            Flow::Raise => frame = unwind::unwind(frame, true, vm, machine)?,
            Flow::Reraise => frame = unwind::unwind(frame, false, vm, machine)?,
            Flow::Slow | Flow::Bury => unreachable!("the steps deal with these themselves"),
        }
        flow = dispatch::steps(frame, vm, machine);
        frame = machine.current.get();
    }
}
