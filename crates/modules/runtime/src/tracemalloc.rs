//! `_tracemalloc`: tracing of allocations, which this heap does not offer; it says so.

use pyrope_object::{ModuleDef, PyResult, Value, Vm};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_tracemalloc",
    doc: "Debug module to trace memory blocks allocated by Python.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Return True if the tracemalloc module is tracing Python memory allocations.
    #[pyfunction("is_tracing()")]
    fn is_tracing() -> bool {
        false
    }

    /// Clear traces of memory blocks allocated by Python.
    #[pyfunction("clear_traces()")]
    fn clear_traces() {}

    /// Get traces of all memory blocks allocated by Python.
    #[pyfunction("_get_traces()")]
    fn get_traces(vm: &Vm) -> Value {
        vm.new_list(Vec::new()).into_value()
    }

    /// Get the traceback where the Python object obj was allocated.
    #[pyfunction("_get_object_traceback(obj, /)")]
    fn get_object_traceback(_obj: &Value) -> Value {
        Value::none()
    }

    /// Start tracing Python memory allocations.
    #[pyfunction("start(nframe=1, /)")]
    fn start(_nframe: i32, vm: &Vm) -> PyResult<()> {
        Err(vm.not_implemented_error("tracing of memory allocations is not supported"))
    }

    /// Stop tracing Python memory allocations.
    #[pyfunction("stop()")]
    fn stop() {}

    /// Get the maximum number of frames stored in the traceback of a trace.
    #[pyfunction("get_traceback_limit()")]
    fn get_traceback_limit(vm: &Vm) -> Value {
        vm.int(1)
    }

    /// Get the memory usage in bytes of the tracemalloc module.
    #[pyfunction("get_tracemalloc_memory()")]
    fn get_tracemalloc_memory(vm: &Vm) -> Value {
        vm.int(0)
    }

    /// Get the current size and peak size of memory blocks traced by tracemalloc.
    #[pyfunction("get_traced_memory()")]
    fn get_traced_memory(vm: &Vm) -> Value {
        vm.new_tuple(vec![vm.int(0), vm.int(0)]).into_value()
    }

    /// Set the peak size of memory blocks traced by tracemalloc to the current size.
    #[pyfunction("reset_peak()")]
    fn reset_peak() {}
}
