//! Start-up: heap and types, `sys` and `builtins`, the import system, the standard streams, `site`.

use std::cell::Cell;

use pyrope_modules_runtime::imp::{self, ImportState};
use pyrope_modules_runtime::interpreters::family::Membership;
use pyrope_modules_runtime::{sys, thread, warnings};
use pyrope_object::hooks::Hooks;
use pyrope_object::interpreter::InterpreterConfig;
use pyrope_object::layout::Dict;
use pyrope_object::{Guarded, PyResult, Vm};
use pyrope_types::{exceptions, model};

use crate::{Interpreter, Settings, family, natives, path_config, streams};

fn hooks() -> Hooks {
    Hooks {
        object_def: model::object::object_def(),
        type_def: model::class::type_def(),
        fill_type: model::class::fill_native_type,
        make_exception: exceptions::make_exception,
        chain_context: exceptions::chain_context,
        write_unraisable: sys::write_unraisable,
        import: imp::import_hook,
        warn: warnings::warn_hook,
        check_breaker,
        audit: sys::audit,
        frame_globals: pyrope_vm::current_globals,
        frame_builtins: pyrope_vm::current_builtins,
    }
}

/// What the machine does when it looks up from its work: signals first, then other threads and the collector.
fn check_breaker(vm: &Vm) -> PyResult<()> {
    pyrope_modules_os::signal::check_signals(vm)?;
    thread::check_breaker(vm)
}

pub(crate) fn start(settings: Settings) -> Result<Interpreter, i32> {
    start_in(settings, None)
}

/// Starts an interpreter, perhaps as one more of a family.
pub(crate) fn start_in(settings: Settings, place: Option<Membership>) -> Result<Interpreter, i32> {
    let defs = pyrope_vm::builtin_defs();
    let config = InterpreterConfig { hash_key: settings.hash_key, allocator: settings.allocator };
    let interp = pyrope_object::Interpreter::new(&config, &defs, hooks());
    let vm = Box::new(Vm::new(&interp));
    let python = Interpreter {
        vm,
        interp,
        interrupted: Cell::new(false),
        allocation_statistics: settings.allocation_statistics,
        finished: Cell::new(false),
        builtins_copy: Guarded::default(),
    };
    python.interp.enter(&python.vm);
    python.interp.heap.set_budget(settings.memory_limit);
    python.interp.gc.set_stress(settings.collector_stress);
    family::enter(&python, &settings, place);
    match bring_up(&python, &settings) {
        Ok(()) => Ok(python),
        Err(raised) => Err(python.report(raised)),
    }
}

fn bring_up(python: &Interpreter, settings: &Settings) -> PyResult<()> {
    let vm = python.vm();
    pyrope_vm::install(vm);
    natives::register(vm);
    vm.state::<pyrope_modules_os::posix::PosixState>().forget_threads.set(Some(thread::after_fork_child));
    if settings.tracemalloc > 0 {
        pyrope_modules_runtime::tracemalloc::start(settings.tracemalloc, vm);
    }
    imp::create_core_modules(vm)?;
    sys::install_arguments(settings.launch.clone(), vm)?;
    sys::install_preliminary_stderr(vm)?;
    install_importlib(settings.launch.places.embedded, vm)?;
    if let Some(builtins) = vm.interp().builtins_dict.get() {
        let copy = vm.call_method(builtins.as_value(), "copy", &[])?;
        python.builtins_copy.set(copy.cast::<Dict>());
    }
    if let Err(raised) = vm.import("encodings") {
        path_config::dump(settings);
        return Err(raised);
    }
    vm.import("_signal")?;
    streams::install(vm, settings)?;
    if settings.faulthandler {
        vm.call_method(&vm.import("faulthandler")?, "enable", &[])?;
    }
    if !settings.launch.warn_options.is_empty() {
        vm.import("warnings")?;
    }
    if settings.import_site {
        vm.import("site")?;
    }
    Ok(())
}

/// As CPython does: the frozen bootstrap first, then the part that knows files, then the embedded library if it is to serve.
fn install_importlib(embedded: bool, vm: &Vm) -> PyResult<()> {
    imp::import_frozen("_frozen_importlib", vm)?;
    let bootstrap = vm.import("_frozen_importlib")?;
    *vm.state::<ImportState>().bootstrap.borrow_mut() = Some(bootstrap.clone());
    let sys = vm.import("sys")?;
    let imp = match imp::create_native("_imp", vm)? {
        Some(module) => module,
        None => return Err(vm.import_error("no module named '_imp'")),
    };
    vm.call_method(&bootstrap, "_install", &[sys.clone(), imp])?;
    vm.call_method(&bootstrap, "_install_external_importers", &[])?;
    if embedded {
        let importer = vm.import("_pyrope_importer")?;
        vm.call_method(&importer, "install", &[])?;
    }
    let zipimport = vm.import("zipimport")?;
    let hook = vm.get_attr_str(&zipimport, "zipimporter")?;
    let hooks = vm.get_attr_str(&sys, "path_hooks")?;
    vm.call_method(&hooks, "insert", &[vm.int(0), hook])?;
    Ok(())
}
