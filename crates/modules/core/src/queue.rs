//! `_queue`: a queue between threads.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::unexpected_keyword;
use pyrope_object::{
    Args, BuiltinType as B, Guarded, Header, ModuleDef, Object, PyResult, Raised, Ref, Slots, Type, Value, Vm,
};
use pyrope_types::containers::generic_alias;

use crate::support::given;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_queue",
    doc: "A queue between threads.",
    functions: &[],
    types: &[<SimpleQueue as Object>::def],
    exec: Some(add_exception),
};

#[derive(Default)]
struct State {
    empty: OnceCell<Value>,
}

/// `_queue.Empty`
fn empty_class(vm: &Vm) -> PyResult {
    let state = vm.state::<State>();
    if let Some(class) = state.empty.get() {
        return Ok(class.clone());
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.new_str("_queue").into_value(), vm)?;
    namespace.set_str("__doc__", vm.new_str("Raised by get where the queue is empty.").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::Exception).to_value()]).into_value();
    let arguments = [vm.new_str("Empty").into_value(), bases, namespace.into_value()];
    let class = vm.call(&vm.builtin(B::Type).to_value(), &arguments)?;
    Ok(state.empty.get_or_init(|| class).clone())
}

fn add_exception(module: &Value, vm: &Vm) -> PyResult<()> {
    vm.set_attr_str(module, "Empty", &empty_class(vm)?)
}

fn raise_empty(vm: &Vm) -> Raised {
    match empty_class(vm) {
        Ok(class) => vm.raise_class(&class, &[]),
        Err(raised) => raised,
    }
}

/// An unbounded queue, first in, first out, that threads share.
#[pyclass(name = "SimpleQueue", module = "_queue", signature = "()", flags(WEAKREF, BASETYPE), methods(SimpleQueue::METHODS), slots = SLOTS)]
#[derive(Traverse)]
pub struct SimpleQueue {
    header: Header,
    items: Guarded<VecDeque<Value>>,
    #[traverse(skip)]
    arrivals: Arc<Arrivals>,
}

const SLOTS: Slots = Slots { new: Some(queue_new), ..Slots::EMPTY };

fn queue_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if !args.positional().is_empty() {
        return Err(vm.type_error("SimpleQueue() takes no positional arguments"));
    }
    if let Some((name, _)) = args.keywords().next() {
        let name = vm.str(name)?;
        return Err(unexpected_keyword("SimpleQueue", &name.to_string_lossy(), &[], vm));
    }
    Ok(Ref::new_in(vm, class, SimpleQueue::blank()).into_value())
}

/// Counts what came in, so that a thread that looked before it let go of the interpreter's lock misses nothing.
#[derive(Default)]
struct Arrivals {
    count: Mutex<u64>,
    came: Condvar,
}

impl Arrivals {
    fn count(&self) -> MutexGuard<'_, u64> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        let mut count = self.count();
        *count = count.wrapping_add(1);
        self.came.notify_one();
    }

    /// Waits until more came in than `seen`, or the time is over.
    fn wait(&self, seen: u64, time: Duration) {
        let waiting = |count: &mut u64| *count == seen;
        drop(self.came.wait_timeout_while(self.count(), time, waiting).unwrap_or_else(PoisonError::into_inner));
    }
}

/// How long a wait goes on before it looks for signals.
const SIGNAL_SLICE: Duration = Duration::from_millis(50);

impl SimpleQueue {
    fn blank() -> SimpleQueue {
        SimpleQueue { header: Header::blank(), items: Guarded::default(), arrivals: Arc::default() }
    }

    fn take(&self) -> Option<Value> {
        self.items.with_mut(VecDeque::pop_front)
    }

    fn add(&self, item: Value) {
        self.items.with_mut(|items| items.push_back(item));
        self.arrivals.tell();
    }

    /// Waits until there is an item, letting other threads run; `None` when the time is over.
    fn wait(&self, deadline: Option<Instant>, vm: &Vm) -> PyResult<Option<Value>> {
        let arrivals = self.arrivals.clone();
        loop {
            let seen = *arrivals.count();
            if let Some(item) = self.take() {
                return Ok(Some(item));
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(None);
            }
            let slice = left.map_or(SIGNAL_SLICE, |left| left.min(SIGNAL_SLICE));
            vm.allow_threads(|| arrivals.wait(seen, slice));
            vm.check_breaker()?;
        }
    }
}

#[pymethods]
impl SimpleQueue {
    /// True if there are no items now.
    #[method("empty($self, /)")]
    fn empty(&self) -> bool {
        self.items.with(VecDeque::is_empty)
    }

    /// Remove the first item and return it, waiting for one if need be.
    #[method("get($self, /, block=True, timeout=None)")]
    fn get(&self, block: bool, timeout: Option<&Value>, vm: &Vm) -> PyResult {
        let mut deadline = None;
        if block && let Some(timeout) = given(timeout) {
            if timeout.as_float().is_none() && timeout.as_int().is_none() && timeout.ty(vm).slots().index.is_none() {
                let name = vm.type_name(&timeout);
                return Err(vm.type_error(format!("'{name}' object cannot be interpreted as an integer or float")));
            }
            let seconds = vm.to_f64(&timeout)?;
            if seconds.is_nan() || seconds < 0.0 {
                return Err(vm.value_error("'timeout' must be a non-negative number"));
            }
            let Ok(span) = Duration::try_from_secs_f64(seconds) else {
                return Err(vm.overflow_error("timeout value is too large"));
            };
            deadline = Instant::now().checked_add(span);
        }
        if let Some(item) = self.take() {
            return Ok(item);
        }
        let found = if block { self.wait(deadline, vm)? } else { None };
        found.ok_or_else(|| raise_empty(vm))
    }

    /// Remove the first item and return it; Empty if there is none.
    #[method("get_nowait($self, /)")]
    fn get_nowait(&self, vm: &Vm) -> PyResult {
        self.take().ok_or_else(|| raise_empty(vm))
    }

    /// Add an item at the end. Never waits.
    #[method("put($self, /, item, block=True, timeout=None)")]
    fn put(&self, item: Value, block: bool, timeout: Option<&Value>) {
        let _ = (block, timeout);
        self.add(item);
    }

    /// Add an item at the end.
    #[method("put_nowait($self, /, item)")]
    fn put_nowait(&self, item: Value) {
        self.add(item);
    }

    /// How many items there are now.
    #[method("qsize($self, /)")]
    fn qsize(&self) -> usize {
        self.items.with(VecDeque::len)
    }

    /// Queues are generic over their items' type.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }
}
