//! One round over several iterators, and the errors of `strict=True`.

use pyrope_object::bind::{Signature, bind};
use pyrope_object::{Args, PyResult, Raised, Value, Vm};

/// The `strict` keyword of `zip` and `map`.
pub(crate) fn strict_keyword(signature: &'static Signature, args: Args<'_>, vm: &Vm) -> PyResult<bool> {
    if args.keyword_count() == 0 {
        return Ok(false);
    }
    let values = &args.values()[args.positional().len()..];
    let mut slots = [None];
    bind(signature, Args::new(values, args.kwnames()), &mut slots, vm)?;
    slots[0].map_or(Ok(false), |value| vm.is_true(value))
}

/// Declares the signature of a constructor whose only named parameter is `strict`.
pub(crate) const fn strict_signature(function: &'static str) -> Signature {
    Signature {
        function,
        names: &["strict"],
        posonly: 0,
        minpos: 0,
        maxpos: 0,
        minkw: 0,
        varargs: false,
        kwargs: false,
    }
}

fn uneven(function: &str, index: usize, how: &str, vm: &Vm) -> Raised {
    let others = if index == 1 { "argument ".to_owned() } else { "arguments 1-".to_owned() };
    vm.value_error(format!("{function}() argument {} is {how} than {others}{index}", index + 1))
}

/// The next item of each iterator; `None` when one has ended. With `strict` they must all end together.
pub(crate) fn next_row(
    iterators: &[Value],
    strict: bool,
    function: &str,
    row: &mut Vec<Value>,
    vm: &Vm,
) -> PyResult<bool> {
    for (index, iterator) in iterators.iter().enumerate() {
        match vm.next(iterator)? {
            Some(item) => row.push(item),
            None if strict => return check_end(iterators, index, function, vm).map(|()| false),
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn check_end(iterators: &[Value], ended: usize, function: &str, vm: &Vm) -> PyResult<()> {
    if ended > 0 {
        return Err(uneven(function, ended, "shorter", vm));
    }
    for (index, iterator) in iterators.iter().enumerate().skip(1) {
        if vm.next(iterator)?.is_some() {
            return Err(uneven(function, index, "longer", vm));
        }
    }
    Ok(())
}
