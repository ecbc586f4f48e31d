//! The module: its constants and what it keeps.

use pyrope_decimal::{MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY};
use pyrope_modules_runtime::contextvars::new_variable;
use pyrope_object::{ModuleDef, Object, PyResult, Value, Vm};

use crate::context::{Context, ROUNDINGS, templates};
use crate::current::{Parts, functions, keep};
use crate::decimal::Decimal;
use crate::signal_dict;
use crate::signals::Classes;

/// The module.
pub(crate) static MODULE: ModuleDef = ModuleDef {
    name: "_decimal",
    doc: "C decimal arithmetic module",
    functions: &[functions::FUNCTIONS],
    types: &[<Decimal as Object>::def, <Context as Object>::def],
    exec: Some(exec),
};

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let numbers = vm.import("numbers")?;
    let decimal = vm.type_of::<Decimal>().to_value();
    vm.call_method(&vm.get_attr_str(&numbers, "Number")?, "register", &[decimal])?;
    let parts = Parts {
        classes: Classes::make(vm)?,
        signal_dict: signal_dict::make_class(vm)?,
        tuple: tuple_class(vm)?,
        rational: vm.get_attr_str(&numbers, "Rational")?,
        templates: templates(vm),
        variable: new_variable("decimal_context", vm),
    };
    let set = |name: &str, value: &Value| vm.set_attr_str(module, name, value);
    set("DecimalException", &parts.classes.base)?;
    for class in parts.classes.signals.iter().chain(&parts.classes.conditions) {
        vm.set_attr(module, &vm.get_attr_str(class, "__name__")?, Some(class))?;
    }
    set("DecimalTuple", &parts.tuple)?;
    for (name, template) in ["DefaultContext", "BasicContext", "ExtendedContext"].into_iter().zip(&parts.templates) {
        set(name, template.as_value())?;
    }
    for (name, n) in [
        ("MAX_PREC", MAX_PREC),
        ("MAX_EMAX", MAX_EMAX),
        ("MIN_EMIN", MIN_EMIN),
        ("MIN_ETINY", MIN_ETINY),
        ("IEEE_CONTEXT_MAX_BITS", 512),
    ] {
        set(name, &vm.int(n))?;
    }
    for name in ROUNDINGS {
        set(name, vm.intern(name).as_value())?;
    }
    set("HAVE_THREADS", &Value::bool(true))?;
    set("HAVE_CONTEXTVAR", &Value::bool(true))?;
    set("__version__", vm.new_str("1.70").as_value())?;
    // The version whose behaviour this follows.
    set("__libmpdec_version__", vm.new_str("2.5.1").as_value())?;
    keep(parts, vm);
    Ok(())
}

fn tuple_class(vm: &Vm) -> PyResult {
    let collections = vm.import("collections")?;
    let name = vm.new_str("DecimalTuple").into_value();
    let class = vm.call_method(&collections, "namedtuple", &[name, vm.new_str("sign digits exponent").into_value()])?;
    vm.set_attr_str(&class, "__module__", vm.intern("decimal").as_value())?;
    Ok(class)
}
