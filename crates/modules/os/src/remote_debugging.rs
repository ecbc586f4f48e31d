//! `_remote_debugging`: looking into other processes, which cannot be done: their memory has another shape in each
//! build. The types are there for the modules that name them.

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::{Header, ModuleDef, Object, PyResult, Slots, Value, Vm};
use pyrope_types::model::module;
use pyrope_types::model::structseq::StructSequence;

use crate::posix::sequence_type;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_remote_debugging",
    doc: "",
    functions: &[],
    types: &[<RemoteUnwinder as Object>::def],
    exec: Some(fill),
};

/// RemoteUnwinder(pid): the stacks of another process.  Always refused.
#[pyclass(name = "RemoteUnwinder", module = "_remote_debugging", slots = SLOTS)]
#[derive(Traverse)]
struct RemoteUnwinder {
    header: Header,
}

const SLOTS: Slots = Slots {
    new: Some(|_, _, vm| Err(vm.runtime_error("reading the memory of other processes is not supported"))),
    ..Slots::EMPTY
};

static FRAME: StructSequence = StructSequence {
    name: "_remote_debugging.FrameInfo",
    doc: "Information about a frame",
    fields: &[("filename", "Source code filename"), ("lineno", "Line number"), ("funcname", "Function name")],
    visible: 3,
};

static COROUTINE: StructSequence = StructSequence {
    name: "_remote_debugging.CoroInfo",
    doc: "Information about a coroutine",
    fields: &[("call_stack", "Coroutine call stack"), ("task_name", "Task name")],
    visible: 2,
};

static TASK: StructSequence = StructSequence {
    name: "_remote_debugging.TaskInfo",
    doc: "Information about an asyncio task",
    fields: &[
        ("task_id", "Task ID (memory address)"),
        ("task_name", "Task name"),
        ("coroutine_stack", "Coroutine call stack"),
        ("awaited_by", "Tasks awaiting this task"),
    ],
    visible: 4,
};

static THREAD: StructSequence = StructSequence {
    name: "_remote_debugging.ThreadInfo",
    doc: "Information about a thread",
    fields: &[("thread_id", "Thread ID"), ("frame_info", "Frame information")],
    visible: 2,
};

static AWAITED: StructSequence = StructSequence {
    name: "_remote_debugging.AwaitedInfo",
    doc: "Information about what a thread is awaiting",
    fields: &[("thread_id", "Thread ID"), ("awaited_by", "List of tasks awaited by this thread")],
    visible: 2,
};

fn fill(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module::module_dict(module, vm)?;
    dict.set_str("PROCESS_VM_READV_SUPPORTED", vm.int(0), vm)?;
    for (name, def) in [
        ("FrameInfo", &FRAME),
        ("CoroInfo", &COROUTINE),
        ("TaskInfo", &TASK),
        ("ThreadInfo", &THREAD),
        ("AwaitedInfo", &AWAITED),
    ] {
        dict.set_str(name, sequence_type(def, vm)?.into_value(), vm)?;
    }
    Ok(())
}
