//! Errors: a raised exception lives on the thread; its proof travels in the `Result`.

use crate::value::Value;

/// Proof that an exception is set on the current thread ([`Vm::take_exception`](crate::vm::Vm::take_exception) takes it).
/// Zero-sized, so that `PyResult` fits a register.
#[derive(Debug)]
#[must_use]
pub struct Raised(pub(crate) ());

/// What a function that may raise gives back.
pub type PyResult<T = Value> = Result<T, Raised>;

const _: () = assert!(size_of::<PyResult>() == 8);
