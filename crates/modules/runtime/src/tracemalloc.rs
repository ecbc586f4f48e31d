//! `_tracemalloc`: where memory blocks were allocated.
//!
//! While it traces, the interpreter's heap and the process's allocator tell of every block (see
//! `pyrope_object::tracing`). A trace is kept by the block's address; equal tracebacks are kept once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use pyrope_object::tracing::{AllocationTracer, block_address};
use pyrope_object::{ModuleDef, PyResult, Str, Value, Vm};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_tracemalloc",
    doc: "Debug module to trace memory blocks allocated by Python.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

/// Frames of a traceback that can be asked for.
const MAX_FRAMES: i64 = 65535;
/// The domain of what Python objects are made of.
const DOMAIN: i64 = 0;

/// The stack when a block was made, innermost frame first.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Traceback {
    /// Index of the file's name, and line.
    frames: Box<[(u32, u32)]>,
    /// How deep the stack was, which may be deeper than `frames` goes.
    depth: u32,
}

#[derive(Clone, Copy)]
struct Trace {
    bytes: usize,
    traceback: u32,
}

#[derive(Default)]
struct Tables {
    traces: HashMap<usize, Trace>,
    tracebacks: Vec<Traceback>,
    known_tracebacks: HashMap<Traceback, u32>,
    /// Names of files; they stay alive, so that their addresses name them.
    files: Vec<Value>,
    known_files: HashMap<u64, u32>,
    traced: usize,
    peak: usize,
}

impl Tables {
    fn file(&mut self, name: &Value) -> u32 {
        if let Some(&known) = self.known_files.get(&name.id()) {
            return known;
        }
        let index = self.files.len() as u32;
        self.files.push(name.clone());
        self.known_files.insert(name.id(), index);
        index
    }

    fn traceback(&mut self, traceback: Traceback) -> u32 {
        if let Some(&known) = self.known_tracebacks.get(&traceback) {
            return known;
        }
        let index = self.tracebacks.len() as u32;
        self.tracebacks.push(traceback.clone());
        self.known_tracebacks.insert(traceback, index);
        index
    }

    fn forget(&mut self, address: usize) {
        if let Some(trace) = self.traces.remove(&address) {
            self.traced -= trace.bytes;
        }
    }

    /// Bytes that the tables take.
    fn own_bytes(&self) -> usize {
        let frames: usize = self.tracebacks.iter().map(|traceback| size_of_val(&*traceback.frames)).sum();
        self.traces.capacity() * size_of::<(usize, Trace)>()
            + 2 * (frames + self.tracebacks.capacity() * size_of::<Traceback>())
            + self.files.capacity() * size_of::<(Value, u64, u32)>()
    }
}

/// The tracer while it is on.
struct Tracing {
    limit: usize,
    /// The tables are being changed: what they allocate themselves does not count.
    busy: Cell<bool>,
    tables: RefCell<Tables>,
}

impl Tracing {
    /// Changes the tables, or looks at them.
    fn with<R>(&self, use_tables: impl FnOnce(&mut Tables) -> R) -> Option<R> {
        if self.busy.replace(true) {
            return None;
        }
        let result = use_tables(&mut self.tables.borrow_mut());
        self.busy.set(false);
        Some(result)
    }

    fn capture(&self, tables: &mut Tables, vm: &Vm) -> Traceback {
        let mut frames = Vec::with_capacity(self.limit.min(64));
        let mut depth = 0;
        pyrope_vm::each_line(vm, |code, line| {
            if frames.len() < self.limit {
                let name = code.filename().into_value();
                frames.push((tables.file(&name), line.unwrap_or(0).max(0) as u32));
            }
            depth += 1;
        });
        if frames.is_empty() {
            let unknown = tables.files.iter().position(|name| name.downcast::<Str>().is_some_and(is_unknown));
            frames.extend(unknown.map(|index| (index as u32, 0)));
            depth = frames.len() as u32;
        }
        Traceback { frames: frames.into_boxed_slice(), depth: depth.min(MAX_FRAMES as u32) }
    }
}

fn is_unknown(name: &Str) -> bool {
    name.as_ascii() == Some("<unknown>")
}

impl AllocationTracer for Tracing {
    fn born(&self, address: usize, bytes: usize, vm: &Vm) {
        self.with(|tables| {
            let traceback = self.capture(tables, vm);
            let traceback = tables.traceback(traceback);
            tables.forget(address);
            tables.traces.insert(address, Trace { bytes, traceback });
            tables.traced += bytes;
            tables.peak = tables.peak.max(tables.traced);
        });
    }

    fn died(&self, address: usize) {
        self.with(|tables| tables.forget(address));
    }
}

/// What this interpreter traces.
struct TraceState {
    tracing: RefCell<Option<Rc<Tracing>>>,
    limit: Cell<usize>,
}

impl Default for TraceState {
    fn default() -> TraceState {
        TraceState { tracing: RefCell::default(), limit: Cell::new(1) }
    }
}

fn tracing(vm: &Vm) -> Option<Rc<Tracing>> {
    vm.state::<TraceState>().tracing.borrow().clone()
}

/// Looks at the tables of a running tracer.
fn look<R>(vm: &Vm, use_tables: impl FnOnce(&mut Tables) -> R) -> Option<R> {
    tracing(vm)?.with(use_tables)
}

/// Begins to trace, with so many frames for each block.
pub fn start(limit: usize, vm: &Vm) {
    let state = vm.state::<TraceState>();
    if state.tracing.borrow().is_some() {
        return;
    }
    state.limit.set(limit);
    let tables = Tables::default();
    let tracing = Rc::new(Tracing { limit, busy: Cell::new(false), tables: RefCell::new(tables) });
    let unknown = vm.intern("<unknown>").into_value();
    tracing.with(|tables| tables.file(&unknown));
    *state.tracing.borrow_mut() = Some(tracing.clone());
    vm.interp().trace_allocations(Some(tracing));
}

/// Ends tracing and forgets all traces.
pub fn stop(vm: &Vm) {
    vm.interp().trace_allocations(None);
    let old = vm.state::<TraceState>().tracing.borrow_mut().take();
    drop(old);
}

/// A traceback as `tracemalloc` has it: pairs of file name and line.
fn shown(traceback: &Traceback, files: &[Value], vm: &Vm) -> Value {
    let pairs = traceback.frames.iter().map(|&(file, line)| {
        let name = files.get(file as usize).cloned().unwrap_or(Value::none());
        vm.tuple_of([name, vm.int(line.into())]).into_value()
    });
    vm.new_tuple(pairs.collect()).into_value()
}

/// All traces, as tuples of domain, size, traceback and depth of the stack.
fn all_traces(vm: &Vm) -> Vec<Value> {
    let copied = look(vm, |tables| {
        let traces: Vec<Trace> = tables.traces.values().copied().collect();
        (traces, tables.tracebacks.clone(), tables.files.clone())
    });
    let Some((traces, tracebacks, files)) = copied else { return Vec::new() };
    let mut made: Vec<Option<Value>> = vec![None; tracebacks.len()];
    let mut all = Vec::with_capacity(traces.len());
    for Trace { bytes, traceback } in traces {
        let (Some(place), Some(found)) = (made.get_mut(traceback as usize), tracebacks.get(traceback as usize)) else {
            continue;
        };
        let frames = place.get_or_insert_with(|| shown(found, &files, vm)).clone();
        let parts = vec![vm.int(DOMAIN), vm.int_from_usize(bytes), frames, vm.int(found.depth.into())];
        all.push(vm.new_tuple(parts).into_value());
    }
    all
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Return True if the tracemalloc module is tracing Python memory allocations.
    #[pyfunction("is_tracing()")]
    fn is_tracing(vm: &Vm) -> bool {
        tracing(vm).is_some()
    }

    /// Clear traces of memory blocks allocated by Python.
    #[pyfunction("clear_traces()")]
    fn clear_traces(vm: &Vm) {
        let old = look(vm, |tables| {
            let unknown = tables.files[..1].to_vec();
            let old = std::mem::take(tables);
            unknown.iter().for_each(|name| {
                tables.file(name);
            });
            old
        });
        drop(old);
    }

    /// Get traces of all memory blocks allocated by Python.
    ///
    /// Return a list of (size: int, traceback: tuple) tuples.
    /// traceback is a tuple of (filename: str, lineno: int) tuples.
    ///
    /// Return an empty list if the tracemalloc module is disabled.
    #[pyfunction("_get_traces()")]
    fn get_traces(vm: &Vm) -> Value {
        vm.new_list(all_traces(vm)).into_value()
    }

    /// Get the traceback where the Python object obj was allocated.
    ///
    /// Return a tuple of (filename: str, lineno: int) tuples.
    /// Return None if the tracemalloc module is disabled or did not
    /// trace the allocation of the object.
    #[pyfunction("_get_object_traceback(obj, /)")]
    fn get_object_traceback(obj: &Value, vm: &Vm) -> Value {
        let found = block_address(obj).and_then(|address| {
            look(vm, |tables| {
                let trace = tables.traces.get(&address)?;
                Some((tables.tracebacks.get(trace.traceback as usize)?.clone(), tables.files.clone()))
            })
        });
        match found.flatten() {
            Some((traceback, files)) => shown(&traceback, &files, vm),
            None => Value::none(),
        }
    }

    /// Start tracing Python memory allocations.
    ///
    /// Also set the maximum number of frames stored in the traceback of a
    /// trace to nframe.
    #[pyfunction("start(nframe=1, /)")]
    fn start(nframe: i32, vm: &Vm) -> PyResult<()> {
        match usize::try_from(nframe) {
            Ok(limit @ 1..) if i64::from(nframe) <= MAX_FRAMES => {
                super::start(limit, vm);
                Ok(())
            }
            _ => Err(vm.value_error(format!("the number of frames must be in range [1; {MAX_FRAMES}]"))),
        }
    }

    /// Stop tracing Python memory allocations.
    ///
    /// Also clear traces of memory blocks allocated by Python.
    #[pyfunction("stop()")]
    fn stop(vm: &Vm) {
        super::stop(vm);
    }

    /// Get the maximum number of frames stored in the traceback of a trace.
    ///
    /// By default, a trace of an allocated memory block only stores
    /// the most recent frame: the limit is 1.
    #[pyfunction("get_traceback_limit()")]
    fn get_traceback_limit(vm: &Vm) -> usize {
        vm.state::<TraceState>().limit.get()
    }

    /// Get the memory usage in bytes of the tracemalloc module.
    ///
    /// This memory is used internally to trace memory allocations.
    #[pyfunction("get_tracemalloc_memory()")]
    fn get_tracemalloc_memory(vm: &Vm) -> usize {
        look(vm, |tables| tables.own_bytes()).unwrap_or(0)
    }

    /// Get the current size and peak size of memory blocks traced by tracemalloc.
    ///
    /// Returns a tuple: (current: int, peak: int).
    #[pyfunction("get_traced_memory()")]
    fn get_traced_memory(vm: &Vm) -> Value {
        let (now, peak) = look(vm, |tables| (tables.traced, tables.peak)).unwrap_or((0, 0));
        vm.tuple_of([vm.int_from_usize(now), vm.int_from_usize(peak)]).into_value()
    }

    /// Set the peak size of memory blocks traced by tracemalloc to the current size.
    ///
    /// Do nothing if the tracemalloc module is not tracing memory allocations.
    #[pyfunction("reset_peak()")]
    fn reset_peak(vm: &Vm) {
        look(vm, |tables| tables.peak = tables.traced);
    }
}
