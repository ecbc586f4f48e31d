//! `_socket`: what the library's `socket` stands on.

mod address;
mod call;
mod constants;
mod convert;
mod message;
mod object;
mod options;
mod resolve;
mod transfer;

use std::cell::{Cell, OnceCell};

use pyrope_object::{BuiltinType as B, ModuleDef, Object, PyResult, Raised, Value, Vm};
use pyrope_types::model::module;

use object::Socket;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_socket",
    doc: "Implementation module for socket operations.\n\nSee the socket module for documentation.",
    functions: &[resolve::functions::FUNCTIONS, convert::functions::FUNCTIONS, object::functions::FUNCTIONS],
    types: &[<Socket as Object>::def],
    exec: Some(fill),
};

/// What the module keeps for an interpreter.
pub struct State {
    /// The time limit of new sockets, in nanoseconds; negative for none.
    default_timeout: Cell<i64>,
    gaierror: OnceCell<Value>,
    herror: OnceCell<Value>,
}

impl Default for State {
    fn default() -> Self {
        State { default_timeout: Cell::new(-1), gaierror: OnceCell::new(), herror: OnceCell::new() }
    }
}

fn fill(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module::module_dict(module, vm)?;
    for (name, number) in constants::CONSTANTS {
        dict.set_str(name, vm.int(*number), vm)?;
    }
    dict.set_str("has_ipv6", Value::bool(true), vm)?;
    dict.set_str("BDADDR_ANY", vm.new_str("00:00:00:00:00:00").into_value(), vm)?;
    dict.set_str("BDADDR_LOCAL", vm.new_str("00:00:00:FF:FF:FF").into_value(), vm)?;
    dict.set_str("SocketType", vm.type_of::<Socket>().to_value(), vm)?;
    dict.set_str("error", vm.builtin(B::OSError).to_value(), vm)?;
    dict.set_str("timeout", vm.builtin(B::TimeoutError).to_value(), vm)?;
    let state = vm.state::<State>();
    dict.set_str("gaierror", error_class(&state.gaierror, "gaierror", vm)?, vm)?;
    dict.set_str("herror", error_class(&state.herror, "herror", vm)?, vm)
}

/// A subclass of OSError, made on first use.
fn error_class(place: &OnceCell<Value>, name: &str, vm: &Vm) -> PyResult {
    if let Some(class) = place.get() {
        return Ok(class.clone());
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.new_str("socket").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::OSError).to_value()]).into_value();
    let arguments = [vm.new_str(name).into_value(), bases, namespace.into_value()];
    let class = vm.call(&vm.builtin(B::Type).to_value(), &arguments)?;
    Ok(place.get_or_init(|| class).clone())
}

fn raise_from(place: &OnceCell<Value>, name: &str, number: i32, text: &str, vm: &Vm) -> Raised {
    match error_class(place, name, vm) {
        Ok(class) => vm.raise_class(&class, &[vm.int(number.into()), vm.new_str(text).into_value()]),
        Err(raised) => raised,
    }
}

/// Raises `gaierror`: what `getaddrinfo` and `getnameinfo` say.
fn raise_gaierror(number: i32, text: &str, vm: &Vm) -> Raised {
    raise_from(&vm.state::<State>().gaierror, "gaierror", number, text, vm)
}

/// Raises `herror`: what `gethostbyname` and `gethostbyaddr` say.
fn raise_herror(number: i32, text: &str, vm: &Vm) -> Raised {
    raise_from(&vm.state::<State>().herror, "herror", number, text, vm)
}
