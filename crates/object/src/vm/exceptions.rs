//! Raising and taking exceptions.

use crate::builtin::BuiltinType as B;
use crate::error::{PyResult, Raised};
use crate::ty::Type;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// Raises an exception instance. Its implicit `__context__` is set from the exception being handled.
    pub fn raise_value(&self, exception: Value) -> Raised {
        (self.hooks().chain_context)(&exception, self);
        self.exception.set(Some(exception));
        Raised(())
    }

    /// Raises `kind(message)`.
    pub fn raise(&self, kind: B, message: impl AsRef<str>) -> Raised {
        let message = self.new_str(message.as_ref()).into_value();
        self.raise_with(kind, &[message])
    }

    /// Raises `kind(*args)`.
    pub fn raise_with(&self, kind: B, args: &[Value]) -> Raised {
        match (self.hooks().make_exception)(kind, args, self) {
            Ok(exception) => self.raise_value(exception),
            Err(raised) => raised,
        }
    }

    /// Raises `class(*args)` for an exception class from anywhere.
    pub fn raise_class(&self, class: &Value, args: &[Value]) -> Raised {
        match self.call(class, args) {
            Ok(exception) => self.raise_value(exception),
            Err(raised) => raised,
        }
    }

    /// The proof for an exception that is set already (by [`Vm::restore_exception`]); SystemError if none is.
    pub fn raised(&self) -> Raised {
        if self.exception.with(Option::is_none) {
            return self.system_error("error return without exception set");
        }
        Raised(())
    }

    /// Takes the exception being raised.
    pub fn take_exception(&self) -> Option<Value> {
        self.exception.take()
    }

    /// Takes the exception whose proof is given.
    pub fn catch(&self, _: Raised) -> Value {
        match self.exception.take() {
            Some(exception) => exception,
            None => match (self.hooks().make_exception)(B::SystemError, &[], self) {
                Ok(exception) => exception,
                Err(_) => Value::none(),
            },
        }
    }

    /// Drops the exception whose proof is given.
    pub fn ignore(&self, raised: Raised) {
        drop(self.catch(raised));
    }

    /// Sets an exception again, untouched: no new context.
    pub fn restore_exception(&self, exception: Option<Value>) {
        self.exception.set(exception);
    }

    /// Sets an exception again, untouched, and gives its proof.
    pub fn reraise(&self, exception: Value) -> Raised {
        self.exception.set(Some(exception));
        Raised(())
    }

    /// True if the exception being raised is an instance of a builtin kind.
    pub fn raised_is(&self, kind: B) -> bool {
        let class = self.builtin(kind);
        self.exception.with(|e| e.as_ref().is_some_and(|e| e.ty(self).is_subtype(class)))
    }

    /// Turns an exception of `kind` into `None`, and passes others on.
    pub fn suppress<T>(&self, result: PyResult<T>, kind: B) -> PyResult<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(raised) if self.raised_is(kind) => {
                self.ignore(raised);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// The exception being handled (`sys.exception()`).
    pub fn handled_exception(&self) -> Option<Value> {
        self.handled.with(|stack| stack.iter().rev().find_map(Clone::clone))
    }

    /// Reports an exception that cannot be raised, through `sys.unraisablehook`, and clears it.
    pub fn write_unraisable(&self, message: Option<&str>, object: &Value) {
        (self.hooks().write_unraisable)(message, object, self);
    }

    /// The name of a value's type, for messages.
    pub fn type_name(&self, value: &Value) -> std::rc::Rc<str> {
        value.ty(self).name()
    }

    /// An instance of the exception type `class`?
    pub fn is_exception_class(&self, value: &Value) -> bool {
        value.downcast::<Type>().is_some_and(|t| t.is_subtype(self.builtin(B::BaseException)))
    }

    /// MemoryError, made without asking for much.
    #[cold]
    pub fn memory_error(&self) -> Raised {
        self.raise_with(B::MemoryError, &[])
    }
}

macro_rules! raisers {
    ($($name:ident: $kind:ident,)*) => {
        impl Vm {
            $(
                #[doc = concat!("Raises ", stringify!($kind), " with a message.")]
                #[cold]
                pub fn $name(&self, message: impl AsRef<str>) -> Raised {
                    self.raise(B::$kind, message)
                }
            )*
        }
    };
}

raisers! {
    type_error: TypeError,
    value_error: ValueError,
    index_error: IndexError,
    attribute_error: AttributeError,
    name_error: NameError,
    overflow_error: OverflowError,
    zero_division_error: ZeroDivisionError,
    runtime_error: RuntimeError,
    recursion_error: RecursionError,
    system_error: SystemError,
    buffer_error: BufferError,
    not_implemented_error: NotImplementedError,
    import_error: ImportError,
    eof_error: EOFError,
    reference_error: ReferenceError,
    assertion_error: AssertionError,
    lookup_error: LookupError,
    unbound_local_error: UnboundLocalError,
}

impl Vm {
    /// Raises KeyError with the key itself.
    pub fn key_error(&self, key: &Value) -> Raised {
        self.raise_with(B::KeyError, std::slice::from_ref(key))
    }

    /// Raises StopIteration, with a value unless it is None.
    pub fn stop_iteration(&self, value: Value) -> Raised {
        if value.is_none() {
            self.raise_with(B::StopIteration, &[])
        } else {
            self.raise_with(B::StopIteration, &[value])
        }
    }
}
