//! `_interpqueues`: queues between interpreters.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use pyrope_object::{ModuleDef, PyResult, Raised, Type, Value, Vm};
use pyrope_types::model::module::module_dict;

use super::errors::Class;
use super::family::membership;
use super::parcel::{Fallback, Parcel};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_interpqueues",
    doc: "This module provides primitive operations to manage Python interpreters.\nThe 'interpreters' module provides a \
          more convenient interface.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    for class in [Class::Queue, Class::QueueNotFound] {
        dict.set_str(class.name(), class.class(vm)?, vm)?;
    }
    Ok(())
}

/// What becomes of an item whose interpreter is gone.
const UNBOUND_REMOVE: i64 = 1;
const UNBOUND: i64 = 3;
/// How an object goes that is not plain: not at all, or in another form.
const SHARED_ONLY: i64 = 0;
const FULL_FALLBACK: i64 = 1;

/// All queues of a family.
#[derive(Default)]
pub struct Queues {
    last: i64,
    known: BTreeMap<i64, Queue>,
}

struct Queue {
    items: VecDeque<Item>,
    /// 0 or less: no limit.
    limit: i64,
    unbound: i64,
    fallback: i64,
    references: i64,
}

struct Item {
    /// None once the interpreter that put it there is gone.
    parcel: Option<Parcel>,
    sender: i64,
    unbound: i64,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.limit > 0 && self.items.len() as i64 >= self.limit
    }
}

/// Items to be dropped where the table is free.
pub struct Leftovers(#[allow(dead_code, reason = "dropped, not read")] VecDeque<Item>);

impl Queues {
    /// Counts a reference to a queue.
    pub fn bind(&mut self, id: i64) -> bool {
        self.known.get_mut(&id).map(|queue| queue.references += 1).is_some()
    }

    /// Gives one back; the last takes the queue away.
    pub fn release(&mut self, id: i64) -> Option<Leftovers> {
        let queue = self.known.get_mut(&id)?;
        queue.references -= 1;
        if queue.references > 0 {
            return Some(Leftovers(VecDeque::new()));
        }
        self.remove(id)
    }

    fn remove(&mut self, id: i64) -> Option<Leftovers> {
        self.known.remove(&id).map(|queue| Leftovers(queue.items))
    }

    /// An interpreter ended: of what it has put into queues, place-holders are left, or nothing.
    pub fn forget_interpreter(&mut self, sender: i64) -> Leftovers {
        let mut rest = VecDeque::new();
        for queue in self.known.values_mut() {
            for mut item in std::mem::take(&mut queue.items) {
                let gone = item.sender == sender;
                if gone && item.unbound == UNBOUND_REMOVE {
                    rest.push_back(item);
                    continue;
                }
                if gone {
                    rest.push_back(Item { parcel: item.parcel.take(), sender, unbound: item.unbound });
                }
                queue.items.push_back(item);
            }
        }
        Leftovers(rest)
    }
}

/// The classes that the library has registered.
#[derive(Default)]
struct Registered {
    queue: RefCell<Option<Value>>,
    empty: RefCell<Option<Value>>,
    full: RefCell<Option<Value>>,
}

/// The class of queues that may go to other interpreters.
pub fn queue_class(vm: &Vm) -> Option<Value> {
    vm.state::<Registered>().queue.borrow().clone()
}

/// QueueNotFoundError
pub fn not_found(id: i64, vm: &Vm) -> Raised {
    Class::QueueNotFound.raise(&format!("queue {id} not found"), vm)
}

/// Raises a class that the library registered.
fn raise_registered(class: Option<Value>, message: &str, vm: &Vm) -> Raised {
    match class {
        Some(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        None => Class::Queue.raise(message, vm),
    }
}

fn check_unbound(op: i64, vm: &Vm) -> PyResult<()> {
    match op {
        UNBOUND_REMOVE..=UNBOUND => Ok(()),
        _ => Err(vm.value_error(format!("unsupported unboundop {op}"))),
    }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Looks at a queue.
    fn with_queue<R>(qid: &Value, vm: &Vm, look: impl FnOnce(&mut Queue) -> R) -> PyResult<R> {
        let id = super::super::id_of(qid, "queue", vm)?;
        let family = membership(vm).family;
        let found = family.queues().known.get_mut(&id).map(look);
        found.ok_or_else(|| not_found(id, vm))
    }

    /// create(maxsize, unboundop, fallback) -> qid
    ///
    /// Create a new cross-interpreter queue and return its unique generated ID.
    /// It is a new reference as though bind() had been called on the queue.
    ///
    /// The caller is responsible for calling destroy() for the new queue
    /// before the runtime is finalized.
    #[pyfunction("create(maxsize, unboundop=-1, fallback=-1)")]
    fn create(maxsize: i64, unboundop: i64, fallback: i64, vm: &Vm) -> PyResult<i64> {
        let unbound = if unboundop < 0 { UNBOUND } else { unboundop };
        check_unbound(unbound, vm)?;
        let fallback = match fallback {
            ..0 => FULL_FALLBACK,
            SHARED_ONLY | FULL_FALLBACK => fallback,
            _ => return Err(vm.value_error(format!("unsupported fallback {fallback}"))),
        };
        let family = membership(vm).family;
        let mut queues = family.queues();
        queues.last += 1;
        let id = queues.last;
        let queue = Queue { items: VecDeque::new(), limit: maxsize, unbound, fallback, references: 0 };
        queues.known.insert(id, queue);
        Ok(id)
    }

    /// destroy(qid)
    ///
    /// Clear and destroy the queue.  Afterward attempts to use the queue
    /// will behave as though it never existed.
    #[pyfunction("destroy(qid)")]
    fn destroy(qid: &Value, vm: &Vm) -> PyResult<()> {
        let id = super::super::id_of(qid, "queue", vm)?;
        let family = membership(vm).family;
        let rest = family.queues().remove(id);
        rest.map(drop).ok_or_else(|| not_found(id, vm))
    }

    /// list_all() -> [(qid, unboundop, fallback)]
    ///
    /// Return the list of IDs for all queues.
    /// Each corresponding default unbound op and fallback is also included.
    #[pyfunction("list_all()")]
    fn list_all(vm: &Vm) -> Value {
        let family = membership(vm).family;
        let found: Vec<[i64; 3]> =
            family.queues().known.iter().rev().map(|(&id, queue)| [id, queue.unbound, queue.fallback]).collect();
        let entries = found.into_iter().map(|entry| vm.tuple_of(entry.map(|n| vm.int(n))).into_value());
        vm.new_list(entries.collect()).into_value()
    }

    /// put(qid, obj)
    ///
    /// Add the object's data to the queue.
    #[pyfunction("put(qid, obj, unboundop=-1, fallback=-1)")]
    fn put(qid: &Value, obj: &Value, unboundop: i64, fallback: i64, vm: &Vm) -> PyResult<()> {
        let id = super::super::id_of(qid, "queue", vm)?;
        if unboundop >= 0 {
            check_unbound(unboundop, vm)?;
        }
        let (default_unbound, default_fallback) = with_queue(qid, vm, |queue| (queue.unbound, queue.fallback))?;
        let form = if fallback < 0 { default_fallback } else { fallback };
        let form = if form == SHARED_ONLY { Fallback::Refuse } else { Fallback::Pickle };
        let parcel = Parcel::pack(obj, form, vm)?;
        let unbound = if unboundop < 0 { default_unbound } else { unboundop };
        let mut item = Some(Item { parcel: Some(parcel), sender: membership(vm).id, unbound });
        let full = with_queue(qid, vm, |queue| {
            if !queue.is_full() {
                queue.items.extend(item.take());
            }
        });
        full?;
        match item {
            None => Ok(()),
            Some(_) => {
                let class = vm.state::<Registered>().full.borrow().clone();
                Err(raise_registered(class, &format!("queue {id} is full"), vm))
            }
        }
    }

    /// get(qid) -> (obj, unboundop)
    ///
    /// Return a new object from the data at the front of the queue.
    /// The unbound op is also returned.
    ///
    /// If there is nothing to receive then raise QueueEmpty.
    #[pyfunction("get(qid)")]
    fn get(qid: &Value, vm: &Vm) -> PyResult {
        let Some(item) = with_queue(qid, vm, |queue| queue.items.pop_front())? else {
            let id = super::super::id_of(qid, "queue", vm)?;
            let class = vm.state::<Registered>().empty.borrow().clone();
            return Err(raise_registered(class, &format!("queue {id} is empty"), vm));
        };
        let result = match item.parcel {
            Some(parcel) => [parcel.unpack(vm)?, Value::none()],
            None => [Value::none(), vm.int(item.unbound)],
        };
        Ok(vm.tuple_of(result).into_value())
    }

    /// bind(qid)
    ///
    /// Take a reference to the identified queue.
    /// The queue is not destroyed until there are no references left.
    #[pyfunction("bind(qid)")]
    fn bind(qid: &Value, vm: &Vm) -> PyResult<()> {
        with_queue(qid, vm, |queue| queue.references += 1)
    }

    /// release(qid)
    ///
    /// Release a reference to the queue.
    /// The queue is destroyed once there are no references left.
    #[pyfunction("release(qid)")]
    fn release(qid: &Value, vm: &Vm) -> PyResult<()> {
        let id = super::super::id_of(qid, "queue", vm)?;
        if with_queue(qid, vm, |queue| queue.references == 0)? {
            return Err(Class::Queue.raise(&format!("queue {id} not bound"), vm));
        }
        let family = membership(vm).family;
        let rest = family.queues().release(id);
        drop(rest);
        Ok(())
    }

    /// get_maxsize(qid)
    ///
    /// Return the maximum number of items in the queue.
    #[pyfunction("get_maxsize(qid)")]
    fn get_maxsize(qid: &Value, vm: &Vm) -> PyResult<i64> {
        with_queue(qid, vm, |queue| queue.limit)
    }

    /// get_queue_defaults(qid)
    ///
    /// Return the queue's default values, set when it was created.
    #[pyfunction("get_queue_defaults(qid)")]
    fn get_queue_defaults(qid: &Value, vm: &Vm) -> PyResult {
        let defaults = with_queue(qid, vm, |queue| [queue.unbound, queue.fallback])?;
        Ok(vm.tuple_of(defaults.map(|n| vm.int(n))).into_value())
    }

    /// is_full(qid)
    ///
    /// Return true if the queue has a maxsize and has reached it.
    #[pyfunction("is_full(qid)")]
    fn is_full(qid: &Value, vm: &Vm) -> PyResult<bool> {
        with_queue(qid, vm, |queue| queue.is_full())
    }

    /// get_count(qid)
    ///
    /// Return the number of items in the queue.
    #[pyfunction("get_count(qid)")]
    fn get_count(qid: &Value, vm: &Vm) -> PyResult<i64> {
        with_queue(qid, vm, |queue| queue.items.len() as i64)
    }

    #[pyfunction("_register_heap_types(queuetype, emptyerror, fullerror)")]
    fn register_heap_types(queuetype: &Type, emptyerror: &Type, fullerror: &Type, vm: &Vm) {
        let registered = vm.state::<Registered>();
        let old = [
            registered.queue.replace(Some(queuetype.to_value())),
            registered.empty.replace(Some(emptyerror.to_value())),
            registered.full.replace(Some(fullerror.to_value())),
        ];
        drop(old);
    }
}
