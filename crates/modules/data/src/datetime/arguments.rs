//! Arguments as these constructors take them: counted in words of their own, numbers as C ints.

use pyrope_object::bind::full_type_name;
use pyrope_object::{Args, PyResult, Raised, Str, Value, Vm};

/// Puts the arguments in the places of their names. The first `required` must be there; the first `positional` may be
/// given by position. The required ones are C ints: a wrong one is
/// reported before a missing one behind it.
pub(super) fn parse<'a, const N: usize>(
    args: Args<'a>,
    names: [&str; N],
    required: usize,
    positional: usize,
    vm: &Vm,
) -> PyResult<[Option<&'a Value>; N]> {
    let values = args.positional();
    let given = values.len() + args.keyword_count();
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    if given > N {
        return Err(vm.type_error(format!("function takes at most {N} argument{} ({given} given)", plural(N))));
    }
    if values.len() > positional {
        let count = values.len();
        let message =
            format!("function takes at most {positional} positional argument{} ({count} given)", plural(positional));
        return Err(vm.type_error(message));
    }
    let mut places = [None; N];
    for (place, value) in places.iter_mut().zip(values) {
        *place = Some(value);
    }
    let mut unknown = None;
    for (key, value) in args.keywords() {
        let Some(name) = key.downcast::<Str>() else { return Err(vm.type_error("keywords must be strings")) };
        match names.iter().position(|known| name.equals_str(known)) {
            Some(index) if index < values.len() => {
                let message =
                    format!("argument for function given by name ('{}') and position ({})", names[index], index + 1);
                return Err(vm.type_error(message));
            }
            Some(index) => places[index] = Some(value),
            None => unknown = unknown.or(Some(name.to_string_lossy())),
        }
    }
    if let Some(index) = places.iter().take(required).position(Option::is_none) {
        for value in places[..index].iter().flatten() {
            c_int(value, vm)?;
        }
        let message = format!("function missing required argument '{}' (pos {})", names[index], index + 1);
        return Err(vm.type_error(message));
    }
    if let Some(name) = unknown {
        return Err(vm.type_error(format!("this function got an unexpected keyword argument '{name}'")));
    }
    Ok(places)
}

/// A C int.
pub(super) fn c_int(value: &Value, vm: &Vm) -> PyResult<i32> {
    match vm.index_i64(value)? {
        Some(n) => i32::try_from(n).map_err(|_| {
            let bound = if n < 0 { "less than minimum" } else { "greater than maximum" };
            vm.overflow_error(format!("signed integer is {bound}"))
        }),
        None => Err(vm.overflow_error("Python int too large to convert to C long")),
    }
}

/// A C int, or what stands for an absent argument.
pub(super) fn int_or(value: Option<&Value>, absent: i32, vm: &Vm) -> PyResult<i32> {
    value.map_or(Ok(absent), |value| c_int(value, vm))
}

/// Text, or `f() argument 1 must be str, not int`.
pub(super) fn text_argument<'a>(value: &'a Value, function: &str, position: usize, vm: &Vm) -> PyResult<&'a Str> {
    value.downcast::<Str>().ok_or_else(|| {
        let kind = pyrope_object::bind::argument_type_name(value, vm);
        vm.type_error(format!("{function}() argument {position} must be str, not {kind}"))
    })
}

/// The state of a pickle: bytes, or what Python 2's bytes become when they are read as Latin-1 text.
pub(super) fn pickled_state(value: &Value, kind: &str, length: usize, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
    if let Some(bytes) = value.downcast::<pyrope_object::Bytes>() {
        return Ok(Some(bytes.as_slice().to_vec()).filter(|bytes| bytes.len() == length));
    }
    let Some(text) = value.downcast::<Str>().filter(|text| text.len() == length) else { return Ok(None) };
    let bytes: Option<Vec<u8>> = text.code_points().map(|c| u8::try_from(c).ok()).collect();
    if bytes.is_none() {
        return Err(vm.value_error(format!(
            "Failed to encode latin1 string when unpickling a {kind} object. pickle.load(data, encoding='latin1') is \
             assumed."
        )));
    }
    Ok(bytes)
}

/// Raises what a function that wants text says of something else.
#[cold]
pub(super) fn not_text(vm: &Vm) -> Raised {
    vm.type_error("fromisoformat: argument must be str")
}

/// `Invalid isoformat string: '…'`
#[cold]
pub(super) fn bad_isoformat(text: &Value, vm: &Vm) -> Raised {
    match vm.repr_text(text) {
        Ok(shown) => vm.value_error(format!("Invalid isoformat string: {shown}")),
        Err(raised) => raised,
    }
}

/// The class's name as `repr` shows it.
pub(super) fn class_name(value: &Value, vm: &Vm) -> String {
    full_type_name(value, vm)
}
