//! Events of running code, for `sys.monitoring`, `sys.settrace` and `sys.setprofile`.
//!
//! While nobody wants events nothing here is reached. As soon as somebody does, the interpreter's breaker has
//! [`breaker::TRACE`] set, and frames that meet a RESUME or a backward jump go on in a second translation of their code
//! ([`instrument`]): plain instructions, each with a [`Trace`](crate::ops::Op::Trace) before it that reports. Frames that
//! are under way find a [`SwitchTraced`](crate::ops::Op::SwitchTraced) where they will go on.
#![allow(unsafe_code, reason = "moves frames from one translation to another")]
#![allow(clippy::not_unsafe_ptr_arg_deref, reason = "frame pointers are the machine's own")]

mod instrument;
mod jump;
mod legacy;
mod report;
mod switch;
mod tools;

pub(crate) use instrument::{CodeMonitor, Marks, lines, marks};
pub(crate) use jump::set_line;
pub(crate) use legacy::want_opcodes;
pub use legacy::{call_tracing, call_untraced, profile_function, set_profile, set_trace, trace_function};
pub(crate) use report::{after, before, handled, last_unit, raised, reraised, stopped, stopped_with, thrown, unwound};
pub(crate) use switch::{active, at_switch, on_breaker};
pub use tools::{
    clear_tool, disable_object, free_tool, global_events, local_events, missing_object, register_callback,
    restart_events, set_global_events, set_local_events, tool_name, use_tool, wanted_events,
};

use pyrope_object::{Guarded, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Numbers of events; an event set has their bits.
pub mod event {
    pub const PY_START: usize = 0;
    pub const PY_RESUME: usize = 1;
    pub const PY_RETURN: usize = 2;
    pub const PY_YIELD: usize = 3;
    pub const CALL: usize = 4;
    pub const LINE: usize = 5;
    pub const INSTRUCTION: usize = 6;
    pub const JUMP: usize = 7;
    pub const BRANCH_LEFT: usize = 8;
    pub const BRANCH_RIGHT: usize = 9;
    pub const STOP_ITERATION: usize = 10;
    pub const RAISE: usize = 11;
    pub const EXCEPTION_HANDLED: usize = 12;
    pub const PY_UNWIND: usize = 13;
    pub const PY_THROW: usize = 14;
    pub const RERAISE: usize = 15;
    pub const C_RETURN: usize = 16;
    pub const C_RAISE: usize = 17;
    /// Deprecated: both branch events.
    pub const BRANCH: usize = 18;
    pub const COUNT: usize = 19;
    /// Events below this belong to a place in code: they can be local, and be disabled there.
    pub const LOCAL_COUNT: usize = 11;

    /// Names of all, by number.
    pub const NAMES: [&str; COUNT] = [
        "PY_START",
        "PY_RESUME",
        "PY_RETURN",
        "PY_YIELD",
        "CALL",
        "LINE",
        "INSTRUCTION",
        "JUMP",
        "BRANCH_LEFT",
        "BRANCH_RIGHT",
        "STOP_ITERATION",
        "RAISE",
        "EXCEPTION_HANDLED",
        "PY_UNWIND",
        "PY_THROW",
        "RERAISE",
        "C_RETURN",
        "C_RAISE",
        "BRANCH",
    ];
}

/// Tools that programs can use.
pub const TOOLS: usize = 6;
/// `sys.setprofile` and `sys.settrace` are tools as well.
const PROFILE_TOOL: usize = 6;
const TRACE_TOOL: usize = 7;
const ALL_TOOLS: usize = 8;

/// What a tool has registered for an event.
#[derive(Clone)]
enum Callback {
    Python(Value),
    /// The thread's trace or profile function.
    Trace,
    Profile,
}

#[derive(Default)]
struct Tool {
    name: Option<Value>,
    /// The events it wants of all code.
    events: u32,
    callbacks: [Option<Callback>; event::COUNT],
}

/// Who wants what, in one interpreter.
#[derive(Default)]
pub(crate) struct Monitor {
    tools: RefCell<[Tool; ALL_TOOLS]>,
    /// For each event the tools (as bits) that want it of all code.
    wanted: [Cell<u8>; event::COUNT],
    /// Code objects that somebody wants local events of.
    local_users: Cell<usize>,
    /// How often each tool was cleared.
    terms: [Cell<u32>; ALL_TOOLS],
    /// Goes up when disabled events come back.
    generation: Cell<u32>,
    /// Threads with a trace or profile function.
    tracing_threads: Cell<usize>,
    profiling_threads: Cell<usize>,
    /// Somebody has asked for `f_trace_opcodes`.
    pub(crate) opcodes: Cell<bool>,
    disable: Guarded<Option<Value>>,
    missing: Guarded<Option<Value>>,
}

impl Monitor {
    /// Does anybody want anything of all code?
    fn any_global(&self) -> bool {
        self.wanted.iter().any(|tools| tools.get() != 0)
    }

    /// The tools that want an event of some code.
    fn tools_for(&self, event: usize, code: &crate::CodeObject) -> u8 {
        let local = code.monitor.get().map_or(0, |monitor| monitor.local_tools(event, self));
        self.wanted[event].get() | local
    }

    /// Does anybody want any event of some code?
    fn wants_of(&self, code: &crate::CodeObject) -> bool {
        self.any_global() || code.monitor.get().is_some_and(|monitor| monitor.any_local(self))
    }

    fn callback(&self, tool: usize, event: usize) -> Option<Callback> {
        self.tools.borrow()[tool].callbacks[event].clone()
    }
}

/// What a thread knows of tracing.
#[derive(Default)]
pub(crate) struct ThreadMonitor {
    pub(crate) shared: Rc<Monitor>,
    trace: Guarded<Option<Value>>,
    profile: Guarded<Option<Value>>,
    /// Callbacks under way: they are not traced themselves.
    depth: Cell<u32>,
    /// The event that is being reported.
    reporting: Cell<Option<usize>>,
    /// Native calls under way whose end somebody wants to know of: frame, callable, first argument.
    calls: Guarded<Vec<(usize, Value, Value)>>,
}

impl ThreadMonitor {
    /// That of a new thread.
    pub(crate) fn new(shared: Rc<Monitor>) -> ThreadMonitor {
        ThreadMonitor { shared, ..ThreadMonitor::default() }
    }
}
