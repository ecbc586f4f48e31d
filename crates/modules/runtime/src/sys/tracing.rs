//! `sys.settrace`, `sys.setprofile` and `sys.monitoring`, as programs see them; the machine delivers the events.

use pyrope_object::{Args, BuiltinType as B, ModuleDef, PyResult, Ref, Value, Vm};
use pyrope_types::model::module::{module_dict, native_module};
use pyrope_vm::CodeObject;
use pyrope_vm::monitor::{self, event};

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
    let mut events: Vec<(&str, Value)> =
        event::NAMES.iter().enumerate().map(|(number, name)| (*name, vm.int(1 << number))).collect();
    events.push(("NO_EVENTS", vm.int(0)));
    dict.set_str("events", plain_object(&events, vm)?, vm)?;
    dict.set_str("DISABLE", monitor::disable_object(vm)?, vm)?;
    dict.set_str("MISSING", monitor::missing_object(vm)?, vm)?;
    for (name, id) in [("DEBUGGER_ID", 0), ("COVERAGE_ID", 1), ("PROFILER_ID", 2), ("OPTIMIZER_ID", 5)] {
        dict.set_str(name, vm.int(id), vm)?;
    }
    Ok(())
}

fn valid_tool(id: i64, vm: &Vm) -> PyResult<usize> {
    match usize::try_from(id) {
        Ok(id) if id < monitor::TOOLS => Ok(id),
        _ => Err(vm.value_error(format!("invalid tool {id} (must be between 0 and 5)"))),
    }
}

fn tool_in_use(id: i64, vm: &Vm) -> PyResult<usize> {
    let tool = valid_tool(id, vm)?;
    match monitor::tool_name(tool, vm) {
        Some(_) => Ok(tool),
        None => Err(vm.value_error(format!("tool {id} is not in use"))),
    }
}

const C_ENDS: i64 = 1 << event::C_RETURN | 1 << event::C_RAISE;

/// The set of events that a tool gets when it asks for one; `limit` is the first number that is no event.
fn event_set(asked: i64, limit: usize, what: &str, vm: &Vm) -> PyResult<u32> {
    let mut events = asked;
    if !(0..1 << event::COUNT).contains(&events) {
        return Err(vm.value_error(format!("invalid {what} set 0x{:x}", asked as i32)));
    }
    if events & C_ENDS != 0 && events & 1 << event::CALL == 0 {
        return Err(vm.value_error("cannot set C_RETURN or C_RAISE events independently"));
    }
    events &= !C_ENDS;
    if events & 1 << event::BRANCH != 0 {
        events &= !(1 << event::BRANCH);
        events |= 1 << event::BRANCH_LEFT | 1 << event::BRANCH_RIGHT;
    }
    match u32::try_from(events) {
        Ok(events) if events < 1 << limit => Ok(events),
        _ => Err(vm.value_error(format!("invalid {what} set 0x{:x}", asked as i32))),
    }
}

fn code_argument(code: &Value, vm: &Vm) -> PyResult<Ref<CodeObject>> {
    code.cast::<CodeObject>().ok_or_else(|| vm.type_error("code must be a code object"))
}

#[pyrope_macros::pyfunctions]
mod monitoring {
    use super::*;

    #[pyfunction("use_tool_id(tool_id, name, /)")]
    fn use_tool_id(tool_id: i64, name: &Value, vm: &Vm) -> PyResult<()> {
        let tool = valid_tool(tool_id, vm)?;
        if name.downcast::<pyrope_object::Str>().is_none() {
            return Err(vm.value_error("tool name must be a str"));
        }
        match monitor::use_tool(tool, name, vm) {
            true => Ok(()),
            false => Err(vm.value_error(format!("tool {tool_id} is already in use"))),
        }
    }

    #[pyfunction("clear_tool_id(tool_id, /)")]
    fn clear_tool_id(tool_id: i64, vm: &Vm) -> PyResult<()> {
        monitor::clear_tool(valid_tool(tool_id, vm)?, vm);
        Ok(())
    }

    #[pyfunction("free_tool_id(tool_id, /)")]
    fn free_tool_id(tool_id: i64, vm: &Vm) -> PyResult<()> {
        monitor::free_tool(valid_tool(tool_id, vm)?, vm);
        Ok(())
    }

    #[pyfunction("get_tool(tool_id, /)")]
    fn get_tool(tool_id: i64, vm: &Vm) -> PyResult {
        Ok(monitor::tool_name(valid_tool(tool_id, vm)?, vm).unwrap_or(Value::none()))
    }

    #[pyfunction("register_callback(tool_id, event, func, /)")]
    fn register_callback(tool_id: i64, event: i64, func: &Value, vm: &Vm) -> PyResult {
        let tool = valid_tool(tool_id, vm)?;
        if event <= 0 || event & (event - 1) != 0 {
            return Err(vm.value_error("The callback can only be set for one event at a time"));
        }
        let number = event.trailing_zeros() as usize;
        if number >= event::COUNT {
            return Err(vm.value_error(format!("invalid event {event}")));
        }
        vm.audit("sys.monitoring.register_callback", || [func.clone()])?;
        let function = (!func.is_none()).then(|| func.clone());
        Ok(monitor::register_callback(tool, number, function, vm).unwrap_or(Value::none()))
    }

    #[pyfunction("get_events(tool_id, /)")]
    fn get_events(tool_id: i64, vm: &Vm) -> PyResult<i64> {
        Ok(monitor::global_events(valid_tool(tool_id, vm)?, vm).into())
    }

    #[pyfunction("set_events(tool_id, event_set, /)")]
    fn set_events(tool_id: i64, event_set: i64, vm: &Vm) -> PyResult<()> {
        let tool = valid_tool(tool_id, vm)?;
        let events = super::event_set(event_set, event::COUNT, "event", vm)?;
        tool_in_use(tool_id, vm)?;
        monitor::set_global_events(tool, events, vm);
        Ok(())
    }

    #[pyfunction("get_local_events(tool_id, code, /)")]
    fn get_local_events(tool_id: i64, code: &Value, vm: &Vm) -> PyResult<i64> {
        let code = code_argument(code, vm)?;
        Ok(monitor::local_events(valid_tool(tool_id, vm)?, &code, vm).into())
    }

    #[pyfunction("set_local_events(tool_id, code, event_set, /)")]
    fn set_local_events(tool_id: i64, code: &Value, event_set: i64, vm: &Vm) -> PyResult<()> {
        let code = code_argument(code, vm)?;
        let tool = valid_tool(tool_id, vm)?;
        let events = super::event_set(event_set, event::LOCAL_COUNT, "local event", vm)?;
        tool_in_use(tool_id, vm)?;
        monitor::set_local_events(tool, &code, events, vm);
        Ok(())
    }

    #[pyfunction("restart_events()")]
    fn restart_events(vm: &Vm) {
        monitor::restart_events(vm);
    }

    /// The tools (as bits) that want each event of all code.
    #[pyfunction("_all_events()")]
    fn _all_events(vm: &Vm) -> PyResult {
        let dict = vm.new_dict();
        for (name, tools) in monitor::wanted_events(vm) {
            dict.set_str(name, vm.int(tools.into()), vm)?;
        }
        Ok(dict.into_value())
    }
}

fn some(function: &Value) -> Option<Value> {
    (!function.is_none()).then(|| function.clone())
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Set the global debug tracing function.
    ///
    /// It will be called on each function call.  See the debugger chapter
    /// in the library manual.
    #[pyfunction("settrace(function, /)")]
    fn settrace(function: &Value, vm: &Vm) {
        monitor::set_trace(some(function), vm);
    }

    /// Set the global debug tracing function in all running threads belonging to the current interpreter.
    ///
    /// It will be called on each function call. See the debugger chapter
    /// in the library manual.
    #[pyfunction("_settraceallthreads(function, /)")]
    fn settraceallthreads(function: &Value, vm: &Vm) {
        // What is replaced must not die while the threads are gone through.
        let mut old = Vec::new();
        vm.interp().for_each_thread(|thread| old.extend(monitor::trace_function(thread)));
        vm.interp().for_each_thread(|thread| monitor::set_trace(some(function), thread));
    }

    /// Set the profiling function in all running threads belonging to the current interpreter.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    #[pyfunction("_setprofileallthreads(function, /)")]
    fn setprofileallthreads(function: &Value, vm: &Vm) {
        let mut old = Vec::new();
        vm.interp().for_each_thread(|thread| old.extend(monitor::profile_function(thread)));
        vm.interp().for_each_thread(|thread| monitor::set_profile(some(function), thread));
    }

    /// Return the global debug tracing function set with sys.settrace.
    ///
    /// See the debugger chapter in the library manual.
    #[pyfunction("gettrace()")]
    fn gettrace(vm: &Vm) -> Value {
        monitor::trace_function(vm).unwrap_or(Value::none())
    }

    /// Set the profiling function.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    #[pyfunction("setprofile(function, /)")]
    fn setprofile(function: &Value, vm: &Vm) {
        monitor::set_profile(some(function), vm);
    }

    /// Return the profiling function set with sys.setprofile.
    ///
    /// See the profiler chapter in the library manual.
    #[pyfunction("getprofile()")]
    fn getprofile(vm: &Vm) -> Value {
        monitor::profile_function(vm).unwrap_or(Value::none())
    }

    /// Call func(*args), while tracing is enabled.
    ///
    /// The tracing state is saved, and restored afterwards.  This is intended
    /// to be called from a debugger from a checkpoint, to recursively debug
    /// some other code.
    #[pyfunction("call_tracing(func, args, /)")]
    fn call_tracing(func: &Value, args: &pyrope_object::Tuple, vm: &Vm) -> PyResult {
        monitor::call_tracing(func, args.as_slice(), vm)
    }
}
