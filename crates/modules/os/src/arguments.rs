//! Arguments of functions without a text signature, which count as `PyArg_ParseTuple` does.

use std::borrow::Cow;

use dashu_int::IBig;
use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::{Args, PyResult, Value, Vm};

/// Positional arguments, counted.
#[derive(Clone, Copy)]
pub struct Positional<'a> {
    function: &'static str,
    values: &'a [Value],
}

impl<'a> Positional<'a> {
    /// At least `least` and at most `most` arguments, none by name.
    pub fn count(function: &'static str, args: Args<'a>, least: usize, most: usize, vm: &Vm) -> PyResult<Self> {
        if args.keyword_count() > 0 {
            return Err(vm.type_error(format!("{function}() takes no keyword arguments")));
        }
        let values = args.positional();
        let (word, bound) = match values.len() {
            n if (least..=most).contains(&n) => return Ok(Positional { function, values }),
            _ if least == most => ("exactly", least),
            n if n < least => ("at least", least),
            _ => ("at most", most),
        };
        let plural = if bound == 1 { "" } else { "s" };
        let given = values.len();
        Err(vm.type_error(format!("{function}() takes {word} {bound} argument{plural} ({given} given)")))
    }

    /// An argument as it is.
    pub fn get(&self, index: usize) -> Option<&'a Value> {
        self.values.get(index)
    }

    /// An argument that is known to be there.
    pub fn required<T: FromArg<'a>>(&self, index: usize, vm: &Vm) -> PyResult<T> {
        match self.optional(index, vm)? {
            Some(value) => Ok(value),
            None => Err(vm.system_error("a required argument is missing")),
        }
    }

    /// An argument that may be absent.
    pub fn optional<T: FromArg<'a>>(&self, index: usize, vm: &Vm) -> PyResult<Option<T>> {
        let what = ArgName { function: self.function, argument: Cow::Owned(format!("argument {}", index + 1)) };
        self.values.get(index).map(|value| T::from_arg(value, &what, vm)).transpose()
    }

    /// An argument that may be absent, or its default.
    pub fn or<T: FromArg<'a>>(&self, index: usize, default: T, vm: &Vm) -> PyResult<T> {
        Ok(self.optional(index, vm)?.unwrap_or(default))
    }
}

/// A part of a compound argument: no name is shown in its messages.
pub fn part<'a, T: FromArg<'a>>(value: &'a Value, vm: &Vm) -> PyResult<T> {
    T::from_arg(value, &ArgName { function: "", argument: Cow::Borrowed("argument") }, vm)
}

/// A C `unsigned int` of which only the low bits are kept, as the format `I` takes it.
pub fn masked_u32(value: &Value, vm: &Vm) -> PyResult<u32> {
    let low = vm.index_big(value)? & IBig::from(u32::MAX);
    Ok(u32::try_from(low).unwrap_or_default())
}
