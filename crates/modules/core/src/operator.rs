//! `_operator`: the operators as functions.

mod getters;

use pyrope_macros::pyfunctions;
use pyrope_object::bind::{BytesLike, full_type_name};
use pyrope_object::{Args, BuiltinType as B, CompareOp, ModuleDef, Object, PyResult, Str, Value, Vm};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_operator",
    doc: "The operators as functions.",
    functions: &[functions::FUNCTIONS, binary::FUNCTIONS, comparison::FUNCTIONS, unary::FUNCTIONS],
    types: &[
        <getters::AttrGetter as Object>::def,
        <getters::ItemGetter as Object>::def,
        <getters::MethodCaller as Object>::def,
    ],
    exec: None,
};

macro_rules! binary_operators {
    ($($name:ident $signature:literal $method:ident;)*) => {
        /// The functions that are one operation on two values.
        #[pyfunctions]
        pub mod binary {
            use super::*;
            $(
                #[doc = concat!("What the operator gives for both: ", $signature, ".")]
                #[pyfunction($signature)]
                fn $name(a: &Value, b: &Value, vm: &Vm) -> PyResult {
                    vm.$method(a, b)
                }
            )*
        }
    };
}

binary_operators! {
    add "add(a, b, /)" add;
    sub "sub(a, b, /)" subtract;
    mul "mul(a, b, /)" multiply;
    matmul "matmul(a, b, /)" matrix_multiply;
    floordiv "floordiv(a, b, /)" floor_divide;
    truediv "truediv(a, b, /)" true_divide;
    mod_ "mod(a, b, /)" remainder;
    lshift "lshift(a, b, /)" lshift;
    rshift "rshift(a, b, /)" rshift;
    and_ "and_(a, b, /)" bit_and;
    xor "xor(a, b, /)" bit_xor;
    or_ "or_(a, b, /)" bit_or;
    iadd "iadd(a, b, /)" inplace_add;
    isub "isub(a, b, /)" inplace_subtract;
    imul "imul(a, b, /)" inplace_multiply;
    imatmul "imatmul(a, b, /)" inplace_matrix_multiply;
    ifloordiv "ifloordiv(a, b, /)" inplace_floor_divide;
    itruediv "itruediv(a, b, /)" inplace_true_divide;
    imod "imod(a, b, /)" inplace_remainder;
    ilshift "ilshift(a, b, /)" inplace_lshift;
    irshift "irshift(a, b, /)" inplace_rshift;
    iand "iand(a, b, /)" inplace_bit_and;
    ixor "ixor(a, b, /)" inplace_bit_xor;
    ior "ior(a, b, /)" inplace_bit_or;
    getitem "getitem(a, b, /)" get_item;
    ipow "ipow(a, b, /)" inplace_power;
}

macro_rules! comparisons {
    ($($name:ident $signature:literal $op:ident;)*) => {
        /// The comparisons.
        #[pyfunctions]
        pub mod comparison {
            use super::*;
            $(
                #[doc = concat!("What the comparison gives for both: ", $signature, ".")]
                #[pyfunction($signature)]
                fn $name(a: &Value, b: &Value, vm: &Vm) -> PyResult {
                    vm.compare(a, b, CompareOp::$op)
                }
            )*
        }
    };
}

comparisons! {
    eq "eq(a, b, /)" Eq;
    ne "ne(a, b, /)" Ne;
    lt "lt(a, b, /)" Lt;
    le "le(a, b, /)" Le;
    gt "gt(a, b, /)" Gt;
    ge "ge(a, b, /)" Ge;
}

macro_rules! unary_operators {
    ($($name:ident $signature:literal $method:ident;)*) => {
        /// The functions that are one operation on one value.
        #[pyfunctions]
        pub mod unary {
            use super::*;
            $(
                #[doc = concat!("What the operator gives: ", $signature, ".")]
                #[pyfunction($signature)]
                fn $name(a: &Value, vm: &Vm) -> PyResult {
                    vm.$method(a)
                }
            )*
        }
    };
}

unary_operators! {
    neg "neg(a, /)" negative;
    pos "pos(a, /)" positive;
    abs "abs(a, /)" absolute;
    inv "inv(a, /)" invert;
    invert "invert(a, /)" invert;
    index "index(a, /)" index;
}

/// `iter(a)`, with the words of a search where that cannot be.
fn searched(a: &Value, vm: &Vm) -> PyResult {
    match vm.iter(a) {
        Err(raised) if vm.raised_is(B::TypeError) => {
            vm.ignore(raised);
            Err(vm.type_error(format!("argument of type '{}' is not iterable", full_type_name(a, vm))))
        }
        result => result,
    }
}

fn concatenated(a: &Value, b: &Value, inplace: bool, vm: &Vm) -> PyResult {
    let slots = a.ty(vm).slots();
    let concat = if inplace { slots.sq_inplace_concat.or(slots.sq_concat) } else { slots.sq_concat };
    if let Some(concat) = concat {
        return concat(a, b, vm);
    }
    let is_sequence = |v: &Value| v.ty(vm).slots().sq_item.is_some() && !v.ty(vm).is_subtype(vm.builtin(B::Dict));
    if is_sequence(a) && is_sequence(b) {
        return if inplace { vm.inplace_add(a, b) } else { vm.add(a, b) };
    }
    Err(vm.type_error(format!("'{}' object can't be concatenated", full_type_name(a, vm))))
}

/// Equal, in a time that does not tell where they differ.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |all, (x, y)| std::hint::black_box(all | (x ^ y)));
    a.len() == b.len() && differences == 0
}

/// The other functions of the module.
#[pyfunctions]
pub mod functions {
    use super::*;
    use pyrope_object::args::{ArgName, FromArg};

    /// True if a is true.
    #[pyfunction("truth(a, /)")]
    fn truth(a: &Value, vm: &Vm) -> PyResult<bool> {
        vm.is_true(a)
    }

    /// True if a is not true.
    #[pyfunction("not_(a, /)")]
    fn not_(a: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(!vm.is_true(a)?)
    }

    /// True if b is in a.
    #[pyfunction("contains(a, b, /)")]
    fn contains(a: &Value, b: &Value, vm: &Vm) -> PyResult<bool> {
        vm.contains(a, b)
    }

    /// The first index of b in a.
    #[pyfunction("indexOf(a, b, /)")]
    fn index_of(a: &Value, b: &Value, vm: &Vm) -> PyResult<usize> {
        let iterator = searched(a, vm)?;
        let mut index = 0;
        while let Some(item) = vm.next(&iterator)? {
            if vm.equal(&item, b)? {
                return Ok(index);
            }
            index += 1;
        }
        Err(vm.value_error("sequence.index(x): x not in sequence"))
    }

    /// How often b is in a.
    #[pyfunction("countOf(a, b, /)")]
    fn count_of(a: &Value, b: &Value, vm: &Vm) -> PyResult<usize> {
        let iterator = searched(a, vm)?;
        let mut count = 0;
        while let Some(item) = vm.next(&iterator)? {
            count += usize::from(vm.equal(&item, b)?);
        }
        Ok(count)
    }

    /// True if both are the same object.
    #[pyfunction("is_(a, b, /)")]
    fn is_(a: &Value, b: &Value) -> bool {
        a.is(b)
    }

    /// True if they are different objects.
    #[pyfunction("is_not(a, b, /)")]
    fn is_not(a: &Value, b: &Value) -> bool {
        !a.is(b)
    }

    /// True for None.
    #[pyfunction("is_none(a, /)")]
    fn is_none(a: &Value) -> bool {
        a.is_none()
    }

    /// True for anything but None.
    #[pyfunction("is_not_none(a, /)")]
    fn is_not_none(a: &Value) -> bool {
        !a.is_none()
    }

    /// a + b for sequences.
    #[pyfunction("concat(a, b, /)")]
    fn concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
        concatenated(a, b, false, vm)
    }

    /// a += b for sequences.
    #[pyfunction("iconcat(a, b, /)")]
    fn iconcat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
        concatenated(a, b, true, vm)
    }

    /// a[b] = c
    #[pyfunction("setitem(a, b, c, /)")]
    fn setitem(a: &Value, b: &Value, c: &Value, vm: &Vm) -> PyResult<()> {
        vm.set_item(a, b, Some(c))
    }

    /// del a[b]
    #[pyfunction("delitem(a, b, /)")]
    fn delitem(a: &Value, b: &Value, vm: &Vm) -> PyResult<()> {
        vm.set_item(a, b, None)
    }

    /// a ** b
    #[pyfunction("pow(a, b, /)")]
    fn pow(a: &Value, b: &Value, vm: &Vm) -> PyResult {
        vm.power(a, b, &Value::none())
    }

    /// An estimate of the number of items, or the default.
    #[pyfunction("length_hint(obj, default=0, /)")]
    fn length_hint(obj: &Value, default: isize, vm: &Vm) -> PyResult {
        const NOTHING: usize = usize::MAX;
        match vm.length_hint(obj, NOTHING)? {
            NOTHING => Ok(vm.int(default as i64)),
            hint => Ok(vm.int_from_usize(hint)),
        }
    }

    /// Call an object with the other arguments.
    #[pyfunction("call(obj, /, *args, **kwargs)")]
    fn call(args: Args<'_>, vm: &Vm) -> PyResult {
        match args.positional().first() {
            Some(object) => vm.call_args(object, Args::new(&args.values()[1..], args.kwnames())),
            None => Err(vm.type_error("call expected at least 1 argument, got 0")),
        }
    }

    /// a == b for bytes or ASCII text, in a time that does not tell where they differ.
    #[pyfunction("_compare_digest(a, b, /)")]
    fn compare_digest(a: &Value, b: &Value, vm: &Vm) -> PyResult<bool> {
        if let (Some(a), Some(b)) = (a.downcast::<Str>(), b.downcast::<Str>()) {
            return match (a.as_ascii(), b.as_ascii()) {
                (Some(a), Some(b)) => Ok(same_bytes(a.as_bytes(), b.as_bytes())),
                _ => Err(vm.type_error("comparing strings with non-ASCII characters is not supported")),
            };
        }
        let has_buffer = |v: &Value| v.ty(vm).slots().buffer.is_some();
        if !has_buffer(a) && !has_buffer(b) {
            return Err(vm.type_error(format!(
                "unsupported operand types(s) or combination of types: '{}' and '{}'",
                full_type_name(a, vm),
                full_type_name(b, vm)
            )));
        }
        let name = |argument: &'static str| ArgName { function: "_compare_digest", argument: argument.into() };
        let a = BytesLike::from_arg(a, &name("argument 1"), vm)?;
        let b = BytesLike::from_arg(b, &name("argument 2"), vm)?;
        Ok(same_bytes(&a.to_cow(), &b.to_cow()))
    }
}
