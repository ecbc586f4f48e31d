//! Small programs on an interpreter with the runtime's own modules and no import system.

use pyrope_modules_runtime::{MODULES, builtins, imp, sys, thread, warnings};
use pyrope_object::hooks::Hooks;
use pyrope_object::interpreter::InterpreterConfig;
use pyrope_object::{Interpreter, Vm};
use pyrope_types::{exceptions, model};

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
        check_breaker: thread::check_breaker,
        audit: |_, _, _| Ok(()),
        frame_globals: pyrope_vm::current_globals,
        frame_builtins: pyrope_vm::current_builtins,
    }
}

/// Runs a program; an uncaught exception fails the test with its text.
fn run(source: &str) {
    let config = InterpreterConfig { hash_key: (0, 0), allocator: pyrope_alloc::Mode::Plain };
    let interp = Interpreter::new(&config, &pyrope_vm::builtin_defs(), hooks());
    let vm = Vm::new(&interp);
    interp.enter(&vm);
    pyrope_vm::install(&vm);
    let result = (|| {
        let state = vm.state::<imp::ImportState>();
        for def in MODULES {
            state.natives.borrow_mut().insert(def.name, def);
        }
        imp::create_core_modules(&vm)?;
        for name in ["gc", "_weakref", "_thread", "_contextvars", "_abc", "atexit", "_typing", "_types"] {
            imp::create_native(name, &vm)?;
        }
        let globals = vm.new_dict();
        if let Some(builtins) = interp.builtins_dict.get() {
            globals.set_str("__builtins__", builtins.to_value(), &vm)?;
        }
        globals.set_str("__name__", vm.new_str("__main__").into_value(), &vm)?;
        let code = builtins::compile_program(source.as_bytes(), vm.new_str("<test>").as_value(), &vm)?;
        pyrope_vm::run_code(&code, &globals, None, &vm)
    })();
    if let Err(raised) = result {
        let exception = vm.catch(raised);
        let text = vm.repr_text(&exception).unwrap_or_default();
        let mut lines = Vec::new();
        let mut at = vm.get_attr_str(&exception, "__traceback__").unwrap_or(pyrope_object::Value::none());
        while !at.is_none() {
            lines.push(vm.get_attr_str(&at, "tb_lineno").ok().and_then(|n| n.as_i64()).unwrap_or(0));
            at = vm.get_attr_str(&at, "tb_next").unwrap_or(pyrope_object::Value::none());
        }
        panic!("{text} at lines {lines:?}");
    }
    interp.leave();
}

macro_rules! programs {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            run(include_str!(concat!("programs/", stringify!($name), ".py")));
        }
    )*};
}

programs! { cycles weak_references threads contexts abstract_classes typing_objects templates exit_functions }
