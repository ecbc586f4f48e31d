//! What the modules of this crate share: receivers and arguments of native types.

use pyrope_object::bind::{Rest, Signature, bind, check_positional, no_keywords};
use pyrope_object::{Args, PyResult, Raised, Type, Value, Vm};

/// The receiver of a slot function as its layout: the machine and the wrappers guarantee it.
macro_rules! receiver {
    ($ty:ty, $slf:expr, $vm:expr) => {
        match $slf.downcast::<$ty>() {
            Some(this) => this,
            None => return Err($crate::support::bad_receiver($vm)),
        }
    };
}
pub(crate) use receiver;

#[cold]
pub(crate) fn bad_receiver(vm: &Vm) -> Raised {
    vm.system_error("bad argument to internal function")
}

/// The signature of a function whose parameters all have names; `required` and `positional` count from the left.
pub(crate) const fn signature(
    function: &'static str,
    names: &'static [&'static str],
    required: usize,
    positional: usize,
) -> Signature {
    Signature {
        function,
        names,
        posonly: 0,
        minpos: required,
        maxpos: positional,
        minkw: 0,
        varargs: false,
        kwargs: false,
    }
}

/// Binds arguments to that many parameters.
pub(crate) fn bound<'a, const N: usize>(
    signature: &'static Signature,
    args: Args<'a>,
    vm: &Vm,
) -> PyResult<[Option<&'a Value>; N]> {
    let mut slots = [None; N];
    let Rest { .. } = bind(signature, args, &mut slots, vm)?;
    Ok(slots)
}

fn same_init(class: &Type, base: &Type) -> bool {
    match (class.slots().init, base.slots().init) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// The arguments of a constructor that takes no names. A subclass with its own `__init__` may take some.
pub(crate) fn positional<'a>(
    class: &Type,
    own: &Type,
    args: Args<'a>,
    least: usize,
    most: usize,
    vm: &Vm,
) -> PyResult<&'a [Value]> {
    let function = own.def().name;
    if args.keyword_count() > 0 && (class.is(own) || same_init(class, own)) {
        return Err(no_keywords(function, vm));
    }
    check_positional(function, Args::positional_only(args.positional()), least, most, vm)
}

/// The value, unless it is absent or None.
pub(crate) fn given(value: Option<&Value>) -> Option<Value> {
    value.filter(|value| !value.is_none()).cloned()
}

/// A size argument by the index protocol: OverflowError if it does not fit.
pub(crate) fn ssize(value: &Value, vm: &Vm) -> PyResult<isize> {
    match vm.index_i64(value)? {
        Some(n) => Ok(n as isize),
        None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}
