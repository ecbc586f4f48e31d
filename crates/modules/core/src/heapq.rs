//! `_heapq`: lists as priority queues, smallest or largest item first.

use pyrope_macros::pyfunctions;
use pyrope_object::{CompareOp, List, ModuleDef, PyResult, Raised, Value, Vm};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_heapq",
    doc: "Lists as heaps: each item is not above the two items at twice its place.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

/// Which item comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Smallest,
    Largest,
}

impl Order {
    /// True if `a` must stand above `b`.
    fn above(self, a: &Value, b: &Value, vm: &Vm) -> PyResult<bool> {
        match self {
            Order::Smallest => vm.compare_bool(a, b, CompareOp::Lt),
            Order::Largest => vm.compare_bool(b, a, CompareOp::Lt),
        }
    }
}

fn out_of_range(vm: &Vm) -> Raised {
    vm.index_error("index out of range")
}

fn at(heap: &List, index: usize, vm: &Vm) -> PyResult {
    heap.get(index).ok_or_else(|| out_of_range(vm))
}

/// Fails if a comparison changed the list's size.
fn check_size(heap: &List, size: usize, vm: &Vm) -> PyResult<()> {
    if heap.len() == size { Ok(()) } else { Err(vm.runtime_error("list changed size during iteration")) }
}

fn swap(heap: &List, a: usize, b: usize) {
    heap.items.with_mut(|items| items.swap(a, b));
}

/// Moves the item at a place up to where it belongs, not above `start`.
fn sift_down(heap: &List, start: usize, mut place: usize, order: Order, vm: &Vm) -> PyResult<()> {
    let size = heap.len();
    let item = at(heap, place, vm)?;
    while place > start {
        let parent = (place - 1) / 2;
        let above = order.above(&item, &at(heap, parent, vm)?, vm)?;
        check_size(heap, size, vm)?;
        if !above {
            break;
        }
        swap(heap, parent, place);
        place = parent;
    }
    Ok(())
}

/// Moves the item at a place to the bottom along the better children, then up to where it belongs.
fn sift_up(heap: &List, start: usize, order: Order, vm: &Vm) -> PyResult<()> {
    let size = heap.len();
    if start >= size {
        return Err(out_of_range(vm));
    }
    let mut place = start;
    while place < size / 2 {
        let mut child = 2 * place + 1;
        if child + 1 < size {
            let left = order.above(&at(heap, child, vm)?, &at(heap, child + 1, vm)?, vm)?;
            check_size(heap, size, vm)?;
            child += usize::from(!left);
        }
        swap(heap, child, place);
        place = child;
    }
    sift_down(heap, start, place, order, vm)
}

fn push(heap: &List, item: Value, order: Order, vm: &Vm) -> PyResult<()> {
    pyrope_types::containers::list::push(heap, item, vm)?;
    sift_down(heap, 0, heap.len().saturating_sub(1), order, vm)
}

fn pop(heap: &List, order: Order, vm: &Vm) -> PyResult {
    let last = heap.items.with_mut(Vec::pop).ok_or_else(|| out_of_range(vm))?;
    replace_first(heap, last, vm).map_or_else(Ok, |first| {
        sift_up(heap, 0, order, vm)?;
        Ok(first)
    })
}

/// Puts an item first; gives the former first item, or the item back as an error if the heap is empty.
fn replace_first(heap: &List, item: Value, _: &Vm) -> Result<Value, Value> {
    heap.items.with_mut(|items| match items.first_mut() {
        Some(first) => Ok(std::mem::replace(first, item)),
        None => Err(item),
    })
}

fn replace(heap: &List, item: Value, order: Order, vm: &Vm) -> PyResult {
    let first = replace_first(heap, item, vm).map_err(|_| out_of_range(vm))?;
    sift_up(heap, 0, order, vm)?;
    Ok(first)
}

fn push_pop(heap: &List, item: Value, order: Order, vm: &Vm) -> PyResult {
    let Some(first) = heap.get(0) else { return Ok(item) };
    if order.above(&first, &item, vm)? { replace(heap, item, order, vm) } else { Ok(item) }
}

fn heapify(heap: &List, order: Order, vm: &Vm) -> PyResult<()> {
    (0..heap.len() / 2).rev().try_for_each(|place| sift_up(heap, place, order, vm))
}

/// The functions of the module.
#[pyfunctions]
pub mod functions {
    use super::*;

    /// Add an item to a heap.
    #[pyfunction("heappush(heap, item, /)")]
    fn heappush(heap: &List, item: Value, vm: &Vm) -> PyResult<()> {
        push(heap, item, Order::Smallest, vm)
    }

    /// Add an item to a heap, then remove the smallest and return it.
    #[pyfunction("heappushpop(heap, item, /)")]
    fn heappushpop(heap: &List, item: Value, vm: &Vm) -> PyResult {
        push_pop(heap, item, Order::Smallest, vm)
    }

    /// Remove the smallest item of a heap and return it.
    #[pyfunction("heappop(heap, /)")]
    fn heappop(heap: &List, vm: &Vm) -> PyResult {
        pop(heap, Order::Smallest, vm)
    }

    /// Remove the smallest item of a heap and return it, after adding another.
    #[pyfunction("heapreplace(heap, item, /)")]
    fn heapreplace(heap: &List, item: Value, vm: &Vm) -> PyResult {
        replace(heap, item, Order::Smallest, vm)
    }

    /// Make a list a heap.
    #[pyfunction("heapify(heap, /)")]
    fn heapify_min(heap: &List, vm: &Vm) -> PyResult<()> {
        heapify(heap, Order::Smallest, vm)
    }

    /// Add an item to a max-heap.
    #[pyfunction("heappush_max(heap, item, /)")]
    fn heappush_max(heap: &List, item: Value, vm: &Vm) -> PyResult<()> {
        push(heap, item, Order::Largest, vm)
    }

    /// Add an item to a max-heap, then remove the largest and return it.
    #[pyfunction("heappushpop_max(heap, item, /)")]
    fn heappushpop_max(heap: &List, item: Value, vm: &Vm) -> PyResult {
        push_pop(heap, item, Order::Largest, vm)
    }

    /// Remove the largest item of a max-heap and return it.
    #[pyfunction("heappop_max(heap, /)")]
    fn heappop_max(heap: &List, vm: &Vm) -> PyResult {
        pop(heap, Order::Largest, vm)
    }

    /// Remove the largest item of a max-heap and return it, after adding another.
    #[pyfunction("heapreplace_max(heap, item, /)")]
    fn heapreplace_max(heap: &List, item: Value, vm: &Vm) -> PyResult {
        replace(heap, item, Order::Largest, vm)
    }

    /// Make a list a max-heap.
    #[pyfunction("heapify_max(heap, /)")]
    fn heapify_max(heap: &List, vm: &Vm) -> PyResult<()> {
        heapify(heap, Order::Largest, vm)
    }
}
