//! `sys.settrace`, `sys.setprofile` and `sys.monitoring`: the names and numbers, and the registry of tools. Events are not
//! delivered yet, so asking for them is refused rather than ignored.

use std::cell::RefCell;

use pyrope_object::{Args, BuiltinType as B, ModuleDef, PyResult, Value, Vm};
use pyrope_types::model::module::{module_dict, native_module};

/// `sys.monitoring`
static MONITORING: ModuleDef =
    ModuleDef { name: "sys.monitoring", doc: "", functions: &[monitoring::FUNCTIONS], types: &[], exec: Some(fill) };

/// `sys._jit`: no machine code is made.
static JIT: ModuleDef = ModuleDef { name: "sys._jit", doc: "", functions: &[jit::FUNCTIONS], types: &[], exec: None };

/// `sys._jit`, to be put into `sys`.
pub(super) fn jit_module(vm: &Vm) -> PyResult {
    native_module(&JIT, vm)
}

#[pyrope_macros::pyfunctions]
mod jit {
    /// Return True if the current Python executable supports JIT compilation, and False otherwise.
    #[pyfunction("is_available()")]
    fn is_available() -> bool {
        false
    }

    /// Return True if JIT compilation is enabled for the current Python process, and False otherwise.
    #[pyfunction("is_enabled()")]
    fn is_enabled() -> bool {
        false
    }

    /// Return True if the topmost Python frame is currently executing JIT code, and False otherwise.
    #[pyfunction("is_active()")]
    fn is_active() -> bool {
        false
    }
}

/// Names and bits of `sys.monitoring.events`.
const EVENTS: &[(&str, i64)] = &[
    ("PY_START", 1),
    ("PY_RESUME", 1 << 1),
    ("PY_RETURN", 1 << 2),
    ("PY_YIELD", 1 << 3),
    ("CALL", 1 << 4),
    ("LINE", 1 << 5),
    ("INSTRUCTION", 1 << 6),
    ("JUMP", 1 << 7),
    ("BRANCH_LEFT", 1 << 8),
    ("BRANCH_RIGHT", 1 << 9),
    ("STOP_ITERATION", 1 << 10),
    ("RAISE", 1 << 11),
    ("EXCEPTION_HANDLED", 1 << 12),
    ("PY_UNWIND", 1 << 13),
    ("PY_THROW", 1 << 14),
    ("RERAISE", 1 << 15),
    ("C_RETURN", 1 << 16),
    ("C_RAISE", 1 << 17),
    ("BRANCH", 1 << 18),
    ("NO_EVENTS", 0),
];

/// The names of the tools in use, by number.
#[derive(Default)]
struct Tools(RefCell<[Option<Value>; 6]>);

/// `sys.monitoring`, to be put into `sys`.
pub(super) fn monitoring_module(vm: &Vm) -> PyResult {
    native_module(&MONITORING, vm)
}

fn plain_object(fields: &[(&str, Value)], vm: &Vm) -> PyResult {
    let names: Vec<Value> = fields.iter().map(|(n, _)| vm.intern(n).into_value()).collect();
    let values: Vec<Value> = fields.iter().map(|(_, v)| v.clone()).collect();
    vm.call_args(&vm.builtin(B::SimpleNamespace).to_value(), Args::new(&values, &names))
}

fn fill(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    let events: Vec<(&str, Value)> = EVENTS.iter().map(|(n, bit)| (*n, vm.int(*bit))).collect();
    dict.set_str("events", plain_object(&events, vm)?, vm)?;
    for name in ["DISABLE", "MISSING"] {
        dict.set_str(name, vm.call(&vm.builtin(B::Object).to_value(), &[])?, vm)?;
    }
    for (name, id) in [("DEBUGGER_ID", 0), ("COVERAGE_ID", 1), ("PROFILER_ID", 2), ("OPTIMIZER_ID", 5)] {
        dict.set_str(name, vm.int(id), vm)?;
    }
    Ok(())
}

fn tool(id: i64, vm: &Vm) -> PyResult<usize> {
    match usize::try_from(id) {
        Ok(id) if id < 6 => Ok(id),
        _ => Err(vm.value_error("invalid tool ID (must be between 0 and 5)")),
    }
}

#[pyrope_macros::pyfunctions]
mod monitoring {
    use super::*;

    #[pyfunction("use_tool_id(tool_id, name, /)")]
    fn use_tool_id(tool_id: i64, name: &Value, vm: &Vm) -> PyResult<()> {
        let id = tool(tool_id, vm)?;
        if name.downcast::<pyrope_object::Str>().is_none() {
            return Err(vm.value_error("tool name must be a str"));
        }
        let tools = vm.state::<Tools>();
        if tools.0.borrow()[id].is_some() {
            return Err(vm.value_error(format!("tool {id} is already in use")));
        }
        tools.0.borrow_mut()[id] = Some(name.clone());
        Ok(())
    }

    #[pyfunction("free_tool_id(tool_id, /)")]
    fn free_tool_id(tool_id: i64, vm: &Vm) -> PyResult<()> {
        let id = tool(tool_id, vm)?;
        let old = vm.state::<Tools>().0.borrow_mut()[id].take();
        drop(old);
        Ok(())
    }

    #[pyfunction("get_tool(tool_id, /)")]
    fn get_tool(tool_id: i64, vm: &Vm) -> PyResult {
        let id = tool(tool_id, vm)?;
        let name = vm.state::<Tools>().0.borrow()[id].clone();
        Ok(name.unwrap_or(Value::none()))
    }

    #[pyfunction("get_events(tool_id, /)")]
    fn get_events(tool_id: i64, vm: &Vm) -> PyResult<i64> {
        tool(tool_id, vm)?;
        Ok(0)
    }

    #[pyfunction("set_events(tool_id, event_set, /)")]
    fn set_events(tool_id: i64, event_set: i64, vm: &Vm) -> PyResult<()> {
        tool(tool_id, vm)?;
        refuse_unless(event_set == 0, "monitoring events", vm)
    }

    #[pyfunction("restart_events()")]
    fn restart_events() {}
}

fn refuse_unless(nothing_asked: bool, what: &str, vm: &Vm) -> PyResult<()> {
    if nothing_asked { Ok(()) } else { Err(vm.not_implemented_error(format!("{what} are not delivered yet"))) }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Set the global debug tracing function.
    #[pyfunction("settrace(function, /)")]
    fn settrace(function: &Value, vm: &Vm) -> PyResult<()> {
        refuse_unless(function.is_none(), "trace events", vm)
    }

    /// Return the global debug tracing function set with sys.settrace.
    #[pyfunction("gettrace()")]
    fn gettrace() -> Value {
        Value::none()
    }

    /// Set the profiling function.
    #[pyfunction("setprofile(function, /)")]
    fn setprofile(function: &Value, vm: &Vm) -> PyResult<()> {
        refuse_unless(function.is_none(), "profile events", vm)
    }

    /// Return the profiling function set with sys.setprofile.
    #[pyfunction("getprofile()")]
    fn getprofile() -> Value {
        Value::none()
    }
}
