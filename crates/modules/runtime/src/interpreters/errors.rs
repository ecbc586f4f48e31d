//! The exception classes of `_interpreters` and `_interpqueues`, made on first use in each interpreter.

use std::cell::OnceCell;

use pyrope_object::{BuiltinType as B, PyResult, Raised, Value, Vm};

/// The classes, by their place in [`Class`].
#[derive(Default)]
struct Classes {
    made: [OnceCell<Value>; Class::QueueNotFound as usize + 1],
}

/// One of the classes.
#[derive(Clone, Copy)]
pub enum Class {
    Interpreter,
    InterpreterNotFound,
    NotShareable,
    Queue,
    QueueNotFound,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Class::Interpreter => "InterpreterError",
            Class::InterpreterNotFound => "InterpreterNotFoundError",
            Class::NotShareable => "NotShareableError",
            Class::Queue => "QueueError",
            Class::QueueNotFound => "QueueNotFoundError",
        }
    }

    fn doc(self) -> Option<&'static str> {
        match self {
            Class::Interpreter => Some("A cross-interpreter operation failed"),
            Class::InterpreterNotFound => Some("An interpreter was not found"),
            Class::Queue => Some("Indicates that a queue-related error happened."),
            Class::NotShareable | Class::QueueNotFound => None,
        }
    }

    fn base(self, vm: &Vm) -> PyResult {
        match self {
            Class::Interpreter => Ok(vm.builtin(B::Exception).to_value()),
            Class::InterpreterNotFound => Class::Interpreter.class(vm),
            Class::NotShareable => Ok(vm.builtin(B::TypeError).to_value()),
            Class::Queue => Ok(vm.builtin(B::RuntimeError).to_value()),
            Class::QueueNotFound => Class::Queue.class(vm),
        }
    }

    /// The class of this interpreter.
    pub fn class(self, vm: &Vm) -> PyResult {
        let classes = vm.state::<Classes>();
        let place = &classes.made[self as usize];
        if let Some(class) = place.get() {
            return Ok(class.clone());
        }
        let namespace = vm.new_dict();
        namespace.set_str("__module__", vm.intern("concurrent.interpreters").into_value(), vm)?;
        if let Some(doc) = self.doc() {
            namespace.set_str("__doc__", vm.new_str(doc).into_value(), vm)?;
        }
        let bases = vm.tuple_of([self.base(vm)?]).into_value();
        let arguments = [vm.intern(self.name()).into_value(), bases, namespace.into_value()];
        let class = vm.call(&vm.builtin(B::Type).to_value(), &arguments)?;
        Ok(place.get_or_init(|| class).clone())
    }

    /// Raises it.
    pub fn raise(self, message: &str, vm: &Vm) -> Raised {
        match self.class(vm) {
            Ok(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
            Err(raised) => raised,
        }
    }
}

/// NotShareableError
pub fn not_shareable(message: &str, vm: &Vm) -> Raised {
    Class::NotShareable.raise(message, vm)
}
