//! Watching allocations: what `tracemalloc` stands on.

use std::ptr::NonNull;
use std::rc::Rc;

use crate::interpreter::Interpreter;
use crate::value::Value;
use crate::vm::Vm;

/// Is told of every block that an interpreter makes and frees. It must not touch any object.
pub trait AllocationTracer {
    /// A block was made by a thread.
    fn born(&self, address: usize, bytes: usize, vm: &Vm);

    /// A block is about to be freed.
    fn died(&self, address: usize);
}

/// Finds the thread that runs.
struct Relay {
    interp: NonNull<Interpreter>,
    tracer: Rc<dyn AllocationTracer>,
}

impl pyrope_alloc::Tracer for Relay {
    fn born(&self, block: NonNull<u8>, bytes: usize) {
        // SAFETY: the interpreter owns the heap that owns this.
        let interp = unsafe { self.interp.as_ref() };
        if !interp.unwatched.get()
            && let Some(vm) = interp.current()
        {
            self.tracer.born(block.addr().get(), bytes, vm);
        }
    }

    fn died(&self, block: NonNull<u8>) {
        self.tracer.died(block.addr().get());
    }
}

impl Interpreter {
    /// Begins to tell a tracer of allocations, or ends it.
    pub fn trace_allocations(&self, tracer: Option<Rc<dyn AllocationTracer>>) {
        let relay = tracer
            .map(|tracer| -> Rc<dyn pyrope_alloc::Tracer> { Rc::new(Relay { interp: NonNull::from(self), tracer }) });
        self.heap.set_tracer(relay);
    }

    /// Tells nobody of what `work` allocates: what the machine makes for itself of a program is not the program's.
    pub fn unwatched<R>(&self, work: impl FnOnce() -> R) -> R {
        let before = self.unwatched.replace(true);
        let result = work();
        self.unwatched.set(before);
        result
    }
}

/// The address of the block that holds an object; `None` for a value that needs no memory.
pub fn block_address(value: &Value) -> Option<usize> {
    let header = value.header()?;
    Some(NonNull::from(header).addr().get() - header.ty().prefix_bytes())
}
