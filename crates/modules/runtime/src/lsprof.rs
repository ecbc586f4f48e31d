//! `_lsprof`: how often functions were called, and how long that took. `cProfile` shows it.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Instant;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, bind};
use pyrope_object::layout::Str;
use pyrope_object::{Args, Guarded, Header, MethodDef, ModuleDef, Object, PyResult, Ref, Slots, Type, Value, Vm};
use pyrope_types::model::builtin_function::BuiltinFunction;
use pyrope_types::model::descriptors::MethodDescriptor;
use pyrope_types::model::module::module_dict;
use pyrope_types::model::structseq::{StructSequence, struct_sequence, struct_sequence_type};
use pyrope_vm::monitor::{self, event};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_lsprof",
    doc: "Fast profiler",
    functions: &[],
    types: &[<Profiler as Object>::def],
    exec: Some(|module, vm| {
        let dict = module_dict(module, vm)?;
        for (name, kind) in [("profiler_entry", &ENTRY), ("profiler_subentry", &SUBENTRY)] {
            dict.set_str(name, struct_sequence_type(kind, vm)?.into_value(), vm)?;
        }
        Ok(())
    }),
};

static ENTRY: StructSequence = StructSequence {
    name: "_lsprof.profiler_entry",
    doc: "",
    fields: &[
        ("code", "code object or built-in function name"),
        ("callcount", "how many times this was called"),
        ("reccallcount", "how many times called recursively"),
        ("totaltime", "total time in this entry"),
        ("inlinetime", "inline time in this entry (not in subcalls)"),
        ("calls", "details of the calls"),
    ],
    visible: 6,
};

static SUBENTRY: StructSequence = StructSequence {
    name: "_lsprof.profiler_subentry",
    doc: "",
    fields: &[
        ("code", "called code object or built-in function name"),
        ("callcount", "how many times this is called"),
        ("reccallcount", "how many times this is called recursively"),
        ("totaltime", "total time spent in this call"),
        ("inlinetime", "inline time (not in further subcalls)"),
    ],
    visible: 5,
};

/// The tool that `sys.monitoring` reserves for profilers.
const TOOL: usize = 2;

/// What is called at which event.
const CALLBACKS: [(usize, &str); 9] = [
    (event::PY_START, "_pystart_callback"),
    (event::PY_RESUME, "_pystart_callback"),
    (event::PY_THROW, "_pythrow_callback"),
    (event::PY_RETURN, "_pyreturn_callback"),
    (event::PY_YIELD, "_pyreturn_callback"),
    (event::PY_UNWIND, "_pyreturn_callback"),
    (event::CALL, "_ccall_callback"),
    (event::C_RETURN, "_creturn_callback"),
    (event::C_RAISE, "_creturn_callback"),
];

/// Calls of a function, all or those from one caller. Times are in units of the timer.
#[derive(Clone, Copy, Default)]
struct Calls {
    total: i64,
    inline: i64,
    count: i64,
    recursive: i64,
    /// Calls under way.
    depth: i64,
}

impl Calls {
    fn ended(&mut self, total: i64, inline: i64) {
        self.depth -= 1;
        if self.depth == 0 {
            self.total = self.total.saturating_add(total);
        } else {
            self.recursive += 1;
        }
        self.inline = self.inline.saturating_add(inline);
        self.count += 1;
    }

    /// The items of its struct sequence behind `code`.
    fn show(&self, unit: f64, vm: &Vm) -> [Value; 4] {
        let seconds = |time: i64| vm.float(time as f64 * unit);
        [vm.int(self.count), vm.int(self.recursive), seconds(self.total), seconds(self.inline)]
    }
}

/// A function that was called; what it calls, by the index of that in [`Records`].
#[derive(Default)]
struct Entry {
    calls: Calls,
    callees: Vec<usize>,
    by_callee: HashMap<usize, Calls>,
}

/// A call under way.
struct Context {
    start: i64,
    /// Time spent in the calls that it made.
    inner: i64,
    entry: usize,
}

#[derive(Default)]
struct Records {
    /// The index of a function's entry; functions are known by the address of their code or definition.
    index: HashMap<u64, usize>,
    entries: Vec<Entry>,
    contexts: Vec<Context>,
}

impl Records {
    fn caller(&self, below: usize) -> Option<usize> {
        let at = self.contexts.len().checked_sub(1 + below)?;
        self.contexts.get(at).map(|context| context.entry)
    }

    fn enter(&mut self, entry: usize, subcalls: bool) {
        let caller = self.caller(0).filter(|_| subcalls);
        self.contexts.push(Context { start: 0, inner: 0, entry });
        self.entries[entry].calls.depth += 1;
        if let Some(caller) = caller {
            let caller = &mut self.entries[caller];
            if !caller.by_callee.contains_key(&entry) {
                caller.callees.push(entry);
            }
            caller.by_callee.entry(entry).or_default().depth += 1;
        }
    }

    /// Ends the innermost call, one of `entry`, at a time.
    fn leave(&mut self, entry: usize, now: i64, subcalls: bool) {
        let Some(context) = self.contexts.pop() else { return };
        let total = now.saturating_sub(context.start);
        let inline = total.saturating_sub(context.inner);
        if let Some(outer) = self.contexts.last_mut() {
            outer.inner = outer.inner.saturating_add(total);
        }
        self.entries[entry].calls.ended(total, inline);
        if let Some(caller) = self.caller(0).filter(|_| subcalls)
            && let Some(calls) = self.entries[caller].by_callee.get_mut(&entry)
        {
            calls.ended(total, inline);
        }
    }
}

/// Build a profiler object using the specified timer function.
///
/// The default timer is a fast built-in one based on real time.
/// For custom timer functions returning integers, 'timeunit' can
/// be a float specifying a scale (that is, how long each integer unit
/// is, in seconds).
#[pyclass(
    name = "Profiler", module = "_lsprof", flags(BASETYPE, GC), methods(Profiler::METHODS), slots = SLOTS
)]
#[derive(Traverse)]
pub struct Profiler {
    header: Header,
    timer: Guarded<Option<Value>>,
    /// Each entry's code object, or what describes a native function.
    functions: Guarded<Vec<Value>>,
    #[traverse(skip)]
    records: Guarded<Records>,
    #[traverse(skip)]
    epoch: Instant,
    /// Seconds of the timer's integers; 0 if it gives seconds.
    #[traverse(skip)]
    unit: Cell<f64>,
    #[traverse(skip)]
    enabled: Cell<bool>,
    #[traverse(skip)]
    subcalls: Cell<bool>,
    #[traverse(skip)]
    builtins: Cell<bool>,
    /// The timer is being called.
    #[traverse(skip)]
    in_timer: Cell<bool>,
}

const SLOTS: Slots = Slots { new: Some(profiler_new), init: Some(profiler_init), ..Slots::EMPTY };

static INIT: Signature = Signature::plain("Profiler", &["timer", "timeunit", "subcalls", "builtins"], 0);

fn profiler_new(class: &Type, _args: Args<'_>, vm: &Vm) -> PyResult {
    let profiler = Profiler {
        header: Header::blank(),
        timer: Guarded::default(),
        functions: Guarded::default(),
        records: Guarded::default(),
        epoch: Instant::now(),
        unit: Cell::new(0.0),
        enabled: Cell::new(false),
        subcalls: Cell::new(true),
        builtins: Cell::new(true),
        in_timer: Cell::new(false),
    };
    Ok(Ref::new_in(vm, class, profiler).into_value())
}

fn profiler_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let Some(this) = slf.downcast::<Profiler>() else { return Ok(()) };
    let mut slots = [None; 4];
    bind(&INIT, args, &mut slots, vm)?;
    let unit = slots[1].map_or(Ok(0.0), |unit| vm.to_f64(unit))?;
    let flag = |value: Option<&Value>| value.map_or(Ok(true), |value| vm.is_true(value));
    let (subcalls, builtins) = (flag(slots[2])?, flag(slots[3])?);
    drop(this.timer.replace(slots[0].filter(|timer| !timer.is_none()).cloned()));
    this.unit.set(unit);
    this.subcalls.set(subcalls);
    this.builtins.set(builtins);
    Ok(())
}

impl Profiler {
    /// The native function that a call is of, if those are profiled.
    fn profiled(&self, callable: &Value, first: &Value, vm: &Vm) -> PyResult<Option<Ref<BuiltinFunction>>> {
        if self.builtins.get() { native_function(callable, first, vm) } else { Ok(None) }
    }

    /// The time, in units of the timer; nanoseconds if they are not said.
    fn now(&self, vm: &Vm) -> i64 {
        let Some(timer) = self.timer.get() else {
            return i64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(i64::MAX);
        };
        self.in_timer.set(true);
        let time = vm.call(&timer, &[]).and_then(|time| self.units_of(&time, vm));
        self.in_timer.set(false);
        time.unwrap_or_else(|_raised| {
            vm.write_unraisable(None, &timer);
            0
        })
    }

    fn units_of(&self, time: &Value, vm: &Vm) -> PyResult<i64> {
        if self.unit.get() > 0.0 {
            return match time.as_int() {
                Some(_) => Ok(vm.index_i64(time)?.unwrap_or(i64::MAX)),
                None => Err(vm.type_error(format!("expect int, got {}", vm.type_name(time)))),
            };
        }
        let seconds = match time.as_float() {
            Some(seconds) => seconds,
            None => vm.index_i64(time)?.unwrap_or(i64::MAX) as f64,
        };
        if seconds.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        Ok((seconds * 1e9).floor() as i64)
    }

    /// The index of a function's entry, which is made if it is not there.
    fn entry(&self, key: u64, describe: impl FnOnce() -> PyResult, vm: &Vm) -> Option<usize> {
        if let Some(known) = self.records.with(|records| records.index.get(&key).copied()) {
            return Some(known);
        }
        let function = match describe() {
            Ok(function) => function,
            Err(raised) => {
                vm.ignore(raised);
                return None;
            }
        };
        self.functions.with_mut(|functions| functions.push(function));
        Some(self.records.with_mut(|records| {
            let index = records.entries.len();
            records.entries.push(Entry::default());
            records.index.insert(key, index);
            index
        }))
    }

    fn enter(&self, key: u64, describe: impl FnOnce() -> PyResult, vm: &Vm) {
        let Some(entry) = self.entry(key, describe, vm) else { return };
        let subcalls = self.subcalls.get();
        let place = self.records.with_mut(|records| {
            records.enter(entry, subcalls);
            records.contexts.len() - 1
        });
        let now = self.now(vm);
        self.records.with_mut(|records| {
            if let Some(context) = records.contexts.get_mut(place) {
                context.start = now;
            }
        });
    }

    fn leave(&self, key: u64, vm: &Vm) {
        if self.records.with(|records| records.contexts.is_empty()) {
            return;
        }
        match self.records.with(|records| records.index.get(&key).copied()) {
            Some(entry) => self.end(entry, vm),
            None => drop(self.records.with_mut(|records| records.contexts.pop())),
        }
    }

    fn end(&self, entry: usize, vm: &Vm) {
        let (now, subcalls) = (self.now(vm), self.subcalls.get());
        self.records.with_mut(|records| records.leave(entry, now, subcalls));
    }

    /// Ends all calls that are under way.
    fn end_all(&self, vm: &Vm) {
        let mut left = self.records.with(|records| records.contexts.len());
        while let Some(entry) = self.records.with(|records| records.caller(0)).filter(|_| left > 0) {
            self.end(entry, vm);
            left -= 1;
        }
    }

    fn stats(&self, vm: &Vm) -> PyResult<Vec<Value>> {
        let unit = if self.timer.with(Option::is_some) && self.unit.get() > 0.0 { self.unit.get() } else { 1e-9 };
        let functions = self.functions.get();
        let name = |index: usize| functions.get(index).cloned().unwrap_or(Value::none());
        // Copied, since making the sequences may run finalizers.
        let entries: Vec<(Calls, Vec<(usize, Calls)>)> = self.records.with(|records| {
            let callees = |entry: &Entry| entry.callees.iter().map(|&at| (at, entry.by_callee[&at])).collect();
            records.entries.iter().map(|entry| (entry.calls, callees(entry))).collect()
        });
        let (kind, subkind) = (struct_sequence_type(&ENTRY, vm)?, struct_sequence_type(&SUBENTRY, vm)?);
        let mut stats = Vec::new();
        for (index, (calls, callees)) in entries.into_iter().enumerate().filter(|(_, (calls, _))| calls.count > 0) {
            let mut details = Vec::with_capacity(callees.len());
            for (callee, calls) in callees {
                let items = [name(callee)].into_iter().chain(calls.show(unit, vm)).collect();
                details.push(struct_sequence(&subkind, items, vm)?);
            }
            let details = if details.is_empty() { Value::none() } else { vm.new_list(details).into_value() };
            let items = [name(index)].into_iter().chain(calls.show(unit, vm)).chain([details]).collect();
            stats.push(struct_sequence(&kind, items, vm)?);
        }
        Ok(stats)
    }
}

/// The native function that a call is of, bound to its first argument if that is how it is called.
fn native_function(callable: &Value, first: &Value, vm: &Vm) -> PyResult<Option<Ref<BuiltinFunction>>> {
    if let Some(function) = callable.cast::<BuiltinFunction>() {
        return Ok(Some(function));
    }
    if callable.downcast::<MethodDescriptor>().is_none() || first.is(&monitor::missing_object(vm)?) {
        return Ok(None);
    }
    let owner = first.ty(vm).to_value();
    let Some(get) = callable.ty(vm).slots().descr_get else { return Ok(None) };
    match get(callable, Some(first), Some(&owner), vm) {
        Ok(bound) => Ok(bound.cast::<BuiltinFunction>()),
        Err(raised) => {
            vm.ignore(raised);
            Ok(None)
        }
    }
}

/// The key of a native function.
fn definition(def: &'static MethodDef) -> u64 {
    std::ptr::from_ref(def).addr() as u64
}

/// The text that stands for a native function.
fn describe(function: &BuiltinFunction, vm: &Vm) -> PyResult {
    let name = function.def.name;
    if !function.slf.is_none() && function.slf.downcast::<pyrope_types::model::module::Module>().is_none() {
        let found = function.slf.ty(vm).lookup(&vm.intern(name), vm);
        if let Some(method) = found {
            return Ok(vm.repr(&method)?.into_value());
        }
    }
    let text = match function.module.downcast::<Str>() {
        Some(module) => format!("<built-in method {}.{name}>", module.to_string_lossy()),
        None => format!("<built-in method {name}>"),
    };
    Ok(vm.try_str(&text)?.into_value())
}

#[pymethods]
impl Profiler {
    /// Start collecting profiling information.
    ///
    ///   subcalls
    ///     If True, also records for each function
    ///     statistics separated according to its current caller.
    ///   builtins
    ///     If True, records the time spent in
    ///     built-in functions separately from their caller.
    #[method("enable($self, /, subcalls=True, builtins=True)")]
    fn enable(slf: &Value, subcalls: bool, builtins: bool, vm: &Vm) -> PyResult<()> {
        let Some(this) = slf.downcast::<Profiler>() else { return Ok(()) };
        if !monitor::use_tool(TOOL, &vm.new_str("cProfile").into_value(), vm) {
            return Err(vm.value_error(format!("tool {TOOL} is already in use")));
        }
        this.subcalls.set(subcalls);
        this.builtins.set(builtins);
        let mut events = 0;
        for (number, name) in CALLBACKS {
            let callback = vm.get_attr_str(slf, name)?;
            drop(monitor::register_callback(TOOL, number, Some(callback), vm));
            events |= 1 << number;
        }
        // The ends of native calls come with the calls.
        events &= !(1 << event::C_RETURN | 1 << event::C_RAISE);
        this.enabled.set(true);
        monitor::set_global_events(TOOL, events, vm);
        Ok(())
    }

    /// Stop collecting profiling information.
    #[method("disable($self, /)")]
    fn disable(&self, vm: &Vm) -> PyResult<()> {
        if self.in_timer.get() {
            return Err(vm.runtime_error("cannot disable profiler in external timer"));
        }
        if self.enabled.replace(false) {
            for (number, _) in CALLBACKS {
                drop(monitor::register_callback(TOOL, number, None, vm));
            }
            monitor::set_global_events(TOOL, 0, vm);
            monitor::free_tool(TOOL, vm);
            self.end_all(vm);
        }
        Ok(())
    }

    /// Clear all profiling information collected so far.
    #[method("clear($self, /)")]
    fn clear(&self, vm: &Vm) -> PyResult<()> {
        if self.in_timer.get() {
            return Err(vm.runtime_error("cannot clear profiler in external timer"));
        }
        self.records.set(Records::default());
        drop(self.functions.take());
        Ok(())
    }

    /// list of profiler_entry objects.
    ///
    /// getstats() -> list of profiler_entry objects
    ///
    /// Return all information collected by the profiler.
    /// Each profiler_entry is a tuple-like object with the
    /// following attributes:
    ///
    ///     code          code object
    ///     callcount     how many times this was called
    ///     reccallcount  how many times called recursively
    ///     totaltime     total time in this entry
    ///     inlinetime    inline time in this entry (not in subcalls)
    ///     calls         details of the calls
    ///
    /// The calls attribute is either None or a list of
    /// profiler_subentry objects:
    ///
    ///     code          called code object
    ///     callcount     how many times this is called
    ///     reccallcount  how many times this is called recursively
    ///     totaltime     total time spent in this call
    ///     inlinetime    inline time (not in further subcalls)
    #[method("getstats($self, /)")]
    fn getstats(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_list(self.stats(vm)?).into_value())
    }

    #[method("_pystart_callback($self, code, instruction_offset, /)")]
    fn _pystart_callback(&self, code: &Value, _instruction_offset: &Value, vm: &Vm) {
        self.enter(code.id(), || Ok(code.clone()), vm);
    }

    #[method("_pythrow_callback($self, code, instruction_offset, exception, /)")]
    fn _pythrow_callback(&self, code: &Value, _instruction_offset: &Value, _exception: &Value, vm: &Vm) {
        self.enter(code.id(), || Ok(code.clone()), vm);
    }

    #[method("_pyreturn_callback($self, code, instruction_offset, retval, /)")]
    fn _pyreturn_callback(&self, code: &Value, _instruction_offset: &Value, _retval: &Value, vm: &Vm) {
        self.leave(code.id(), vm);
    }

    #[method("_ccall_callback($self, code, instruction_offset, callable, self_arg, /)")]
    fn _ccall_callback(
        &self,
        _code: &Value,
        _instruction_offset: &Value,
        callable: &Value,
        self_arg: &Value,
        vm: &Vm,
    ) -> PyResult<()> {
        if let Some(function) = self.profiled(callable, self_arg, vm)? {
            self.enter(definition(function.def), || describe(&function, vm), vm);
        }
        Ok(())
    }

    #[method("_creturn_callback($self, code, instruction_offset, callable, self_arg, /)")]
    fn _creturn_callback(
        &self,
        _code: &Value,
        _instruction_offset: &Value,
        callable: &Value,
        self_arg: &Value,
        vm: &Vm,
    ) -> PyResult<()> {
        if let Some(function) = self.profiled(callable, self_arg, vm)? {
            self.leave(definition(function.def), vm);
        }
        Ok(())
    }
}
