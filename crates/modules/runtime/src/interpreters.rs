//! `_interpreters`: making other interpreters, and running code in them.

mod config;
mod errors;
mod failure;
pub mod family;
mod parcel;
mod queues;
mod script;

use pyrope_object::bind::OrNone;
use pyrope_object::layout::{Dict, Str, Tuple};
use pyrope_object::{Args, ModuleDef, PyResult, Raised, Ref, Value, Vm};
use pyrope_types::model::module::module_dict;
use pyrope_vm::Function;

use config::Config;
use errors::Class;
use failure::Failure;
use family::{Refusal, WHENCE_RUNTIME, WHENCE_STDLIB, membership};
use parcel::{Fallback, Parcel};

pub use queues::MODULE as QUEUES;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_interpreters",
    doc: "This module provides primitive operations to manage Python interpreters.\nThe 'interpreters' module provides a \
          more convenient interface.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

const WHENCES: [(&str, i64); 6] = [
    ("WHENCE_UNKNOWN", 0),
    ("WHENCE_RUNTIME", WHENCE_RUNTIME),
    ("WHENCE_LEGACY_CAPI", 2),
    ("WHENCE_CAPI", 3),
    ("WHENCE_XI", 4),
    ("WHENCE_STDLIB", WHENCE_STDLIB),
];

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    for class in [Class::Interpreter, Class::InterpreterNotFound, Class::NotShareable] {
        dict.set_str(class.name(), class.class(vm)?, vm)?;
    }
    for (name, value) in WHENCES {
        dict.set_str(name, vm.int(value), vm)?;
    }
    Ok(())
}

/// The number of an interpreter or queue.
fn id_of(value: &Value, what: &str, vm: &Vm) -> PyResult<i64> {
    if value.ty(vm).slots().index.is_none() {
        return Err(vm.type_error(format!("{what} ID must be an int, got {}", vm.type_name(value))));
    }
    match vm.index_i64(value)? {
        Some(id) if id >= 0 => Ok(id),
        Some(_) => {
            let shown = vm.repr_text(value)?;
            Err(vm.value_error(format!("{what} ID must be a non-negative int, got {shown}")))
        }
        None => Err(vm.overflow_error("max interpreter ID exceeded")),
    }
}

fn unknown(id: i64, vm: &Vm) -> Raised {
    Class::InterpreterNotFound.raise(&format!("unrecognized interpreter ID {id}"), vm)
}

/// The interpreter an argument names; with `restrict`, only one that this module has made. `purpose` is what for.
fn resolve(id: &Value, restrict: bool, purpose: &str, vm: &Vm) -> PyResult<i64> {
    let id = id_of(id, "interpreter", vm)?;
    match membership(vm).family.whence(id) {
        None => Err(unknown(id, vm)),
        Some(whence) if restrict && whence != WHENCE_STDLIB => {
            Err(Class::Interpreter.raise(&format!("cannot {purpose} unrecognized interpreter {id}"), vm))
        }
        Some(_) => Ok(id),
    }
}

fn refuse(refusal: Refusal, id: i64, busy: &str, vm: &Vm) -> Raised {
    match refusal {
        Refusal::Unknown => unknown(id, vm),
        Refusal::Busy => Class::Interpreter.raise(busy, vm),
        Refusal::Current => Class::Interpreter.raise("cannot destroy the current interpreter", vm),
        Refusal::Foreign => Class::Interpreter.raise(&format!("cannot destroy unrecognized interpreter {id}"), vm),
    }
}

/// An argument that must be a dict if it is given.
fn dict_argument<'a>(value: &'a Value, function: &str, position: u8, vm: &Vm) -> PyResult<&'a Dict> {
    value.downcast::<Dict>().ok_or_else(|| {
        let given = if value.is_none() { "None".into() } else { vm.type_name(value) };
        vm.type_error(format!("_interpreters.{function}() argument {position} must be dict, not {given}"))
    })
}

/// Names and values for `__main__` of another interpreter.
fn pack_names(names: &Dict, vm: &Vm) -> PyResult<Vec<(String, Parcel)>> {
    let mut packed = Vec::new();
    for entry in names.entries() {
        let Some(name) = entry.key.downcast::<Str>() else {
            return Err(vm.type_error("bad argument type for built-in operation"));
        };
        let Some(text) = name.to_utf8() else {
            // The codec's error says what is wrong.
            vm.call_method(&entry.key, "encode", &[])?;
            continue;
        };
        packed.push((text.into_owned(), Parcel::pack(&entry.value, Fallback::Refuse, vm)?));
    }
    Ok(packed)
}

/// `__main__.__dict__` of the interpreter that runs.
pub(crate) fn main_dict(vm: &Vm) -> PyResult<Ref<Dict>> {
    module_dict(&vm.import("__main__")?, vm)
}

/// The names of `__main__`, for native functions that another interpreter calls here: they have no calling frame.
pub(crate) fn namespace_without_frame(vm: &Vm) -> Option<Ref<Dict>> {
    if !family::is_child(vm) {
        return None;
    }
    main_dict(vm).map_err(|raised| vm.ignore(raised)).ok()
}

fn bind_names(names: Vec<(String, Parcel)>, vm: &Vm) -> PyResult<Ref<Dict>> {
    let main = main_dict(vm)?;
    for (name, parcel) in names {
        let value = parcel.unpack(vm)?;
        main.set_str(&name, value, vm)?;
    }
    Ok(main)
}

/// Runs a script there; what went wrong, if anything.
fn run_script(id: i64, code: Vec<u8>, shared: Vec<(String, Parcel)>, vm: &Vm) -> PyResult {
    let ended = family::run_in(id, vm, |vm| {
        let run = || -> PyResult<()> {
            let main = bind_names(shared, vm)?;
            let code = crate::marshal::load_code(&code, vm)?;
            pyrope_vm::run_code(&code, &main, None, vm).map(drop)
        };
        run().err().map(|raised| Failure::take(raised, vm))
    })?;
    match ended {
        Err(refusal) => Err(refuse(refusal, id, "interpreter already running", vm)),
        Ok(None) => Ok(Value::none()),
        Ok(Some(failure)) => failure.to_value(vm),
    }
}

/// A call on its way.
struct Call {
    function: Parcel,
    args: Parcel,
    kwargs: Option<Parcel>,
}

/// How a call ended.
enum Ended {
    Well(Parcel),
    /// What was sent cannot be made there; or its result cannot be sent back.
    Unsendable(&'static str, String),
    Failed(Failure),
}

impl Call {
    fn pack(callable: &Value, args: Option<&Tuple>, kwargs: Option<&Dict>, vm: &Vm) -> PyResult<Call> {
        let function =
            Parcel::pack(callable, Fallback::Pickle, vm).map_err(|raised| match callable.downcast::<Function>() {
                Some(function) => match Parcel::function(function, vm) {
                    Err(reason) => {
                        let cause = vm.catch(reason);
                        vm.ignore(raised);
                        parcel::refused("only stateless functions are shareable", vm.reraise(cause), vm)
                    }
                    Ok(_) => raised,
                },
                None => raised,
            })?;
        let args = match args {
            Some(args) => Parcel::pack(&pyrope_object::value_of(args), Fallback::Pickle, vm)?,
            None => Parcel::Tuple(Vec::new()),
        };
        let kwargs = match kwargs.filter(|kwargs| !kwargs.is_empty()) {
            Some(kwargs) => Some(Parcel::pack(&pyrope_object::value_of(kwargs), Fallback::Pickle, vm)?),
            None => None,
        };
        Ok(Call { function, args, kwargs })
    }

    /// Makes the call in the interpreter that runs.
    fn make(self, vm: &Vm) -> Ended {
        let unsendable = |what, raised| Ended::Unsendable(what, Failure::of_sending(raised, vm));
        let function = match self.function.unpack(vm) {
            Ok(function) => function,
            Err(raised) => return unsendable("func not shareable", raised),
        };
        let args = match self.args.unpack(vm) {
            Ok(args) => args,
            Err(raised) => return unsendable("args not shareable", raised),
        };
        let kwargs = match self.kwargs.map(|kwargs| kwargs.unpack(vm)).transpose() {
            Ok(kwargs) => kwargs,
            Err(raised) => return unsendable("kwargs not shareable", raised),
        };
        let mut values = args.downcast::<Tuple>().map(|args| args.as_slice().to_vec()).unwrap_or_default();
        let mut names = Vec::new();
        if let Some(kwargs) = kwargs.as_ref().and_then(|kwargs| kwargs.downcast::<Dict>()) {
            for entry in kwargs.entries() {
                names.push(entry.key);
                values.push(entry.value);
            }
        }
        let result = match vm.call_args(&function, Args::new(&values, &names)) {
            Ok(result) => result,
            Err(raised) => return Ended::Failed(Failure::take(raised, vm)),
        };
        match Parcel::pack(&result, Fallback::Pickle, vm) {
            Ok(parcel) => Ended::Well(parcel),
            Err(raised) => unsendable("object does not support cross-interpreter data", raised),
        }
    }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// new_config(name='isolated', /, **overrides) -> type.SimpleNamespace
    ///
    /// Return a representation of a new PyInterpreterConfig.
    ///
    /// The name determines the initial values of the config.  Supported named
    /// configs are: default, isolated, legacy, and empty.
    ///
    /// Any keyword arguments are set on the corresponding config fields,
    /// overriding the initial values.
    #[pyfunction("new_config($module, name='isolated', /, **overrides)")]
    fn new_config(args: Args<'_>, vm: &Vm) -> PyResult {
        Config::new(args, vm)?.to_value(vm)
    }

    /// create([config], *, reqrefs=False) -> ID
    ///
    /// Create a new interpreter and return a unique generated ID.
    ///
    /// The caller is responsible for destroying the interpreter before exiting,
    /// typically by using _interpreters.destroy().  This can be managed
    /// automatically by passing "reqrefs=True" and then using _incref() and
    /// _decref() appropriately.
    ///
    /// "config" must be a valid interpreter config or the name of a
    /// predefined config ("isolated" or "legacy").  The default
    /// is "isolated".
    #[pyfunction("create(config=None, *, reqrefs=False)")]
    fn create(config: OrNone<&Value>, reqrefs: bool, vm: &Vm) -> PyResult<i64> {
        let config = Config::of(config, vm)?;
        let made = if config.is_sound() { family::create(config, reqrefs, vm)? } else { None };
        match made {
            Some(id) => Ok(id),
            None => Err(Class::Interpreter.raise("interpreter creation failed", vm)),
        }
    }

    /// destroy(id, *, restrict=False)
    ///
    /// Destroy the identified interpreter.
    ///
    /// Attempting to destroy the current interpreter raises InterpreterError.
    /// So does an unrecognized ID.
    #[pyfunction("destroy(id, *, restrict=False)")]
    fn destroy(id: &Value, restrict: bool, vm: &Vm) -> PyResult<()> {
        let id = resolve(id, restrict, "destroy", vm)?;
        family::destroy(id, vm).map_err(|refusal| refuse(refusal, id, "interpreter running", vm))
    }

    /// list_all() -> [(ID, whence)]
    ///
    /// Return a list containing the ID of every existing interpreter.
    #[pyfunction("list_all(*, require_ready=False)")]
    fn list_all(_require_ready: bool, vm: &Vm) -> Value {
        let all = membership(vm).family.list();
        let entry = |(id, whence)| vm.tuple_of([vm.int(id), vm.int(whence)]).into_value();
        vm.new_list(all.into_iter().map(entry).collect()).into_value()
    }

    /// get_current() -> (ID, whence)
    ///
    /// Return the ID of current interpreter.
    #[pyfunction("get_current()")]
    fn get_current(vm: &Vm) -> Value {
        let place = membership(vm);
        let whence = place.family.whence(place.id).unwrap_or(0);
        vm.tuple_of([vm.int(place.id), vm.int(whence)]).into_value()
    }

    /// get_main() -> (ID, whence)
    ///
    /// Return the ID of main interpreter.
    #[pyfunction("get_main()")]
    fn get_main(vm: &Vm) -> Value {
        vm.tuple_of([vm.int(0), vm.int(WHENCE_RUNTIME)]).into_value()
    }

    /// whence(id) -> int
    ///
    /// Return an identifier for where the interpreter was created.
    #[pyfunction("whence(id)")]
    fn whence(id: &Value, vm: &Vm) -> PyResult<i64> {
        let id = id_of(id, "interpreter", vm)?;
        membership(vm).family.whence(id).ok_or_else(|| unknown(id, vm))
    }

    /// get_config(id, *, restrict=False) -> types.SimpleNamespace
    ///
    /// Return a representation of the config used to initialize the interpreter.
    #[pyfunction("get_config(id, *, restrict=False)")]
    fn get_config(id: &Value, restrict: bool, vm: &Vm) -> PyResult {
        let id = resolve(id, restrict, "get the config of", vm)?;
        match membership(vm).family.config(id) {
            Some(config) => config.to_value(vm),
            None => Err(unknown(id, vm)),
        }
    }

    /// is_running(id, *, restrict=False) -> bool
    ///
    /// Return whether or not the identified interpreter is running.
    #[pyfunction("is_running(id, *, restrict=False)")]
    fn is_running(id: &Value, restrict: bool, vm: &Vm) -> PyResult<bool> {
        let id = resolve(id, restrict, "check if running for", vm)?;
        membership(vm).family.is_running(id).ok_or_else(|| unknown(id, vm))
    }

    #[pyfunction("incref(id, *, implieslink=False, restrict=False)")]
    fn incref(id: &Value, implieslink: bool, restrict: bool, vm: &Vm) -> PyResult<()> {
        let id = resolve(id, restrict, "incref", vm)?;
        match membership(vm).family.incref(id, implieslink) {
            true => Ok(()),
            false => Err(unknown(id, vm)),
        }
    }

    #[pyfunction("decref(id, *, restrict=False)")]
    fn decref(id: &Value, restrict: bool, vm: &Vm) -> PyResult<()> {
        let id = resolve(id, restrict, "decref", vm)?;
        let place = membership(vm);
        match place.family.decref(id) {
            None => Err(unknown(id, vm)),
            Some(true) if id != place.id => {
                // One that another thread enters at this moment stays.
                let _ = family::destroy(id, vm);
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    /// is_shareable(obj) -> bool
    ///
    /// Return True if the object's data may be shared between interpreters and
    /// False otherwise.
    #[pyfunction("is_shareable(obj)")]
    fn is_shareable(obj: &Value, vm: &Vm) -> bool {
        parcel::is_shareable(obj, vm)
    }

    /// set___main___attrs(id, ns, *, restrict=False)
    ///
    /// Bind the given attributes in the interpreter's __main__ module.
    #[pyfunction("set___main___attrs(id, updates, *, restrict=False)")]
    fn set_main_attrs(id: &Value, updates: &Value, restrict: bool, vm: &Vm) -> PyResult<()> {
        let updates = dict_argument(updates, "set___main___attrs", 2, vm)?;
        let id = resolve(id, restrict, "update __main__ for", vm)?;
        if updates.is_empty() {
            return Err(vm.value_error("arg 2 must be a non-empty dict"));
        }
        let names = pack_names(updates, vm)?;
        let failed = family::run_in(id, vm, |vm| bind_names(names, vm).err().map(|raised| Failure::take(raised, vm)))?;
        match failed {
            Err(refusal) => Err(refuse(refusal, id, "interpreter already running", vm)),
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(errors::not_shareable("object does not support cross-interpreter data", vm)),
        }
    }

    /// exec(id, code, shared=None, *, restrict=False)
    ///
    /// Execute the provided code in the identified interpreter.
    /// This is equivalent to running the builtin exec() under the target
    /// interpreter, using the __dict__ of its __main__ module as both
    /// globals and locals.
    ///
    /// "code" may be a string containing the text of a Python script.
    ///
    /// Functions (and code objects) are also supported, with some restrictions.
    /// The code/function must not take any arguments or be a closure
    /// (i.e. have cell vars).  Methods and other callables are not supported.
    ///
    /// If a function is provided, its code object is used and all its state
    /// is ignored, including its __globals__ dict.
    #[pyfunction("exec(id, code, shared=<unrepresentable>, *, restrict=False)")]
    fn exec(id: &Value, code: &Value, shared: Option<&Value>, restrict: bool, vm: &Vm) -> PyResult {
        let id = resolve(id, restrict, "exec code for", vm)?;
        run("exec", id, code, shared, vm)
    }

    fn run(function: &str, id: i64, script: &Value, shared: Option<&Value>, vm: &Vm) -> PyResult {
        let shared = match shared {
            Some(shared) => pack_names(dict_argument(shared, function, 3, vm)?, vm)?,
            None => Vec::new(),
        };
        run_script(id, script::pack(script, vm)?, shared, vm)
    }

    /// run_string(id, script, shared=None, *, restrict=False)
    ///
    /// Execute the provided string in the identified interpreter.
    ///
    /// (See _interpreters.exec().
    #[pyfunction("run_string(id, script, shared=<unrepresentable>, *, restrict=False)")]
    fn run_string(id: &Value, script: &Value, shared: Option<&Value>, restrict: bool, vm: &Vm) -> PyResult {
        let id = resolve(id, restrict, "run a string for", vm)?;
        if script.downcast::<Str>().is_none() {
            let given = vm.type_name(script);
            return Err(vm.type_error(format!("_interpreters.run_string() argument 2 must be str, not {given}")));
        }
        run("run_string", id, script, shared, vm)
    }

    /// run_func(id, func, shared=None, *, restrict=False)
    ///
    /// Execute the body of the provided function in the identified interpreter.
    /// Code objects are also supported.  In both cases, closures and args
    /// are not supported.  Methods and other callables are not supported either.
    ///
    /// (See _interpreters.exec().
    #[pyfunction("run_func(id, func, shared=<unrepresentable>, *, restrict=False)")]
    fn run_func(id: &Value, func: &Value, shared: Option<&Value>, restrict: bool, vm: &Vm) -> PyResult {
        let id = resolve(id, restrict, "run a function for", vm)?;
        if !script::is_code(func) {
            let given = vm.type_name(func);
            return Err(vm.type_error(format!("_interpreters.run_func() argument 2 must be a function, not {given}")));
        }
        run("run_func", id, func, shared, vm)
    }

    /// call(id, callable, args=None, kwargs=None, *, restrict=False)
    ///
    /// Call the provided object in the identified interpreter.
    /// Pass the given args and kwargs, if possible.
    #[pyfunction("call(id, callable, args=None, kwargs=None, *, preserve_exc=False, restrict=False)")]
    fn call(
        id: &Value,
        callable: &Value,
        args: OrNone<&Tuple>,
        kwargs: OrNone<&Dict>,
        _preserve_exc: bool,
        restrict: bool,
        vm: &Vm,
    ) -> PyResult {
        let id = resolve(id, restrict, "make a call for", vm)?;
        if callable.ty(vm).slots().call.is_none() {
            let shown = vm.repr_text(callable)?;
            return Err(vm.type_error(format!("expected a callable, got {shown}")));
        }
        let call = Call::pack(callable, args.0, kwargs.0, vm)?;
        match family::run_in(id, vm, |vm| call.make(vm))? {
            Err(refusal) => Err(refuse(refusal, id, "interpreter already running", vm)),
            Ok(Ended::Well(result)) => Ok(vm.tuple_of([result.unpack(vm)?, Value::none()]).into_value()),
            Ok(Ended::Failed(failure)) => Ok(vm.tuple_of([Value::none(), failure.to_value(vm)?]).into_value()),
            Ok(Ended::Unsendable(message, reason)) => {
                let cause = vm.raise(pyrope_object::BuiltinType::Exception, reason);
                Err(parcel::refused(message, cause, vm))
            }
        }
    }

    /// capture_exception(exc=None) -> types.SimpleNamespace
    ///
    /// Return a snapshot of an exception.  If "exc" is None
    /// then the current exception, if any, is used (but not cleared).
    ///
    /// The returned snapshot is the same as what _interpreters.exec() returns.
    #[pyfunction("capture_exception(exc=None)")]
    fn capture_exception(exc: OrNone<&Value>, vm: &Vm) -> PyResult {
        let Some(exception) = exc.0 else { return Ok(Value::none()) };
        if !exception.ty(vm).is_subtype(vm.builtin(pyrope_object::BuiltinType::BaseException)) {
            let shown = vm.repr_text(exception)?;
            return Err(vm.type_error(format!("expected exception, got {shown}")));
        }
        Failure::of(exception, vm)?.to_value(vm)
    }
}
