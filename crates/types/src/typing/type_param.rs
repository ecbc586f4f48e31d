//! `TypeVar`, `ParamSpec` with its `args` and `kwargs`, `TypeVarTuple`.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Rest, Signature, bind, check_positional};
use pyrope_object::layout::{Str, Tuple};
use pyrope_object::{Args, CompareOp, Header, Object, PyResult, Ref, Slots, Type, Value, Vm};

use super::evaluator::Lazy;
use super::generic::no_default;
use super::union::union_of_args;
use super::{call_typing, caller_module, type_check};
use crate::containers::sequence::receiver;

/// The marks of a type variable.
#[derive(Clone, Copy, Default)]
struct Variance {
    covariant: bool,
    contravariant: bool,
    inferred: bool,
}

impl Variance {
    fn check(self, vm: &Vm) -> PyResult<()> {
        if self.covariant && self.contravariant {
            return Err(vm.value_error("Bivariant types are not supported."));
        }
        if self.inferred && (self.covariant || self.contravariant) {
            return Err(vm.value_error("Variance cannot be specified with infer_variance."));
        }
        Ok(())
    }

    fn sign(self) -> &'static str {
        match self {
            Variance { inferred: true, .. } => "",
            Variance { covariant: true, .. } => "+",
            Variance { contravariant: true, .. } => "-",
            _ => "~",
        }
    }
}

/// Type variable.
///
/// The preferred way to construct a type variable is via the dedicated
/// syntax for generic functions, classes, and type aliases::
///
///     class Sequence[T]:  # T is a TypeVar
///         ...
#[pyclass(
    name = "TypeVar", module = "typing", builtin = TypeVar, flags(DICT, WEAKREF, MUTABLE), slots = TYPEVAR_SLOTS,
    methods(TypeVar::METHODS, TypeVar::METHODS_SHARED),
    getset(TypeVar::GETSETS, TypeVar::GETSETS_SHARED, TypeVar::GETSETS_VARIANCE),
    signature = "(name, *constraints, bound=None, default=typing.NoDefault,\n        covariant=False, contravariant=False, infer_variance=False)"
)]
#[derive(Traverse)]
pub struct TypeVar {
    header: Header,
    name: Ref<Str>,
    bound: Lazy,
    constraints: Lazy,
    default: Lazy,
    #[traverse(skip)]
    variance: Variance,
}

/// Parameter specification variable.
///
/// The preferred way to construct a parameter specification is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where the use of '**' creates a parameter specification::
///
///     type IntFunc[**P] = Callable[P, int]
#[pyclass(
    name = "ParamSpec", module = "typing", builtin = ParamSpec, flags(DICT, WEAKREF, MUTABLE), slots = PARAMSPEC_SLOTS,
    methods(ParamSpec::METHODS, ParamSpec::METHODS_SHARED),
    getset(ParamSpec::GETSETS, ParamSpec::GETSETS_SHARED, ParamSpec::GETSETS_VARIANCE),
    signature = "(name, *, bound=None, default=typing.NoDefault,\n          covariant=False, contravariant=False, infer_variance=False)"
)]
#[derive(Traverse)]
pub struct ParamSpec {
    header: Header,
    name: Ref<Str>,
    bound: Option<Value>,
    default: Lazy,
    #[traverse(skip)]
    variance: Variance,
}

/// The args for a ParamSpec object.
///
/// Given a ParamSpec object P, P.args returns an instance of ParamSpecArgs.
#[pyclass(
    name = "ParamSpecArgs", module = "typing", builtin = ParamSpecArgs, flags(WEAKREF, MUTABLE), slots = ARGS_SLOTS,
    methods(ParamSpecArgs::METHODS), getset(ParamSpecArgs::GETSETS), signature = "(origin)"
)]
#[derive(Traverse)]
pub struct ParamSpecArgs {
    header: Header,
    origin: Value,
}

/// The kwargs for a ParamSpec object.
///
/// Given a ParamSpec object P, P.kwargs returns an instance of ParamSpecKwargs.
#[pyclass(
    name = "ParamSpecKwargs", module = "typing", builtin = ParamSpecKwargs, flags(WEAKREF, MUTABLE),
    slots = KWARGS_SLOTS, methods(ParamSpecKwargs::METHODS), getset(ParamSpecKwargs::GETSETS), signature = "(origin)"
)]
#[derive(Traverse)]
pub struct ParamSpecKwargs {
    header: Header,
    origin: Value,
}

/// Type variable tuple. A specialized form of type variable that enables
/// variadic generics.
///
/// The preferred way to construct a type variable tuple is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where a single '*' indicates a type variable tuple::
///
///     def move_first_element_to_last[T, *Ts](tup: tuple[T, *Ts]) -> tuple[*Ts, T]:
///         return (*tup[1:], tup[0])
#[pyclass(
    name = "TypeVarTuple", module = "typing", builtin = TypeVarTuple, flags(DICT, WEAKREF, MUTABLE),
    slots = TUPLE_SLOTS, methods(TypeVarTuple::METHODS, TypeVarTuple::METHODS_SHARED),
    getset(TypeVarTuple::GETSETS, TypeVarTuple::GETSETS_SHARED),
    signature = "(name, *, default=typing.NoDefault)"
)]
#[derive(Traverse)]
pub struct TypeVarTuple {
    header: Header,
    name: Ref<Str>,
    default: Lazy,
}

// ---- construction

/// Enters the caller's `__module__` (`None` if it has no name), and gives the finished object.
fn finish<T: Object>(object: Ref<T>, vm: &Vm) -> PyResult {
    let object = object.into_value();
    object.set_instance_attribute(vm.names().__module__.as_value(), caller_module(vm)?, vm)?;
    Ok(object)
}

fn name_argument(function: &str, value: &Value, vm: &Vm) -> PyResult<Ref<Str>> {
    value.cast::<Str>().ok_or_else(|| {
        let kind = pyrope_object::bind::argument_type_name(value, vm);
        vm.type_error(format!("{function}() argument 'name' must be str, not {kind}"))
    })
}

fn flag(value: Option<&Value>, vm: &Vm) -> PyResult<bool> {
    value.map_or(Ok(false), |value| vm.is_true(value))
}

/// The name, and what stands in the slots behind it: bound, default and the variance.
struct Parsed {
    name: Ref<Str>,
    bound: Option<Value>,
    default: Lazy,
    variance: Variance,
}

fn parse(function: &str, slots: [Option<&Value>; 6], vm: &Vm) -> PyResult<Parsed> {
    let [name, bound, default, covariant, contravariant, inferred] = slots;
    let Some(name) = name else { return Err(pyrope_object::bind::unbound(function, vm)) };
    let name = name_argument(function, name, vm)?;
    let variance = Variance {
        covariant: flag(covariant, vm)?,
        contravariant: flag(contravariant, vm)?,
        inferred: flag(inferred, vm)?,
    };
    variance.check(vm)?;
    let bound = bound.filter(|bound| !bound.is_none()).cloned();
    let default = Lazy::known(Some(default.cloned().unwrap_or_else(|| no_default(vm))));
    Ok(Parsed { name, bound, default, variance })
}

const NAMES: &[&str] = &["name", "bound", "default", "covariant", "contravariant", "infer_variance"];

fn typevar_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = Signature {
        function: "typevar",
        names: NAMES,
        posonly: 0,
        minpos: 1,
        maxpos: 1,
        minkw: 0,
        varargs: true,
        kwargs: false,
    };
    let mut slots = [None; 6];
    let Rest { varargs, .. } = bind(&SIGNATURE, args, &mut slots, vm)?;
    let mut parsed = parse("typevar", slots, vm)?;
    if let Some(bound) = &parsed.bound {
        parsed.bound = Some(type_check(bound, "Bound must be a type.", vm)?);
    }
    if varargs.len() == 1 {
        return Err(vm.type_error("A single constraint is not allowed"));
    }
    if !varargs.is_empty() && parsed.bound.is_some() {
        return Err(vm.type_error("Constraints cannot be combined with bound=..."));
    }
    let constraints = match varargs {
        [] => None,
        given => {
            let message = "TypeVar(name, constraint, ...): constraints must be types.";
            let checked = given.iter().map(|c| type_check(c, message, vm)).collect::<PyResult<Vec<_>>>()?;
            Some(vm.new_tuple(checked).into_value())
        }
    };
    let typevar = TypeVar {
        header: Header::blank(),
        name: parsed.name,
        bound: Lazy::known(parsed.bound),
        constraints: Lazy::known(constraints),
        default: parsed.default,
        variance: parsed.variance,
    };
    finish(Ref::new_in(vm, class, typevar), vm)
}

/// A type variable of the syntax `[T: bound]`: a function computes the bound or the constraints; variance is inferred.
pub fn new_typevar(name: &Value, bound: Option<&Value>, constraints: Option<&Value>, vm: &Vm) -> PyResult {
    let lazy = |evaluate: Option<&Value>| evaluate.map_or_else(|| Lazy::known(None), |e| Lazy::computed(e.clone()));
    let typevar = TypeVar {
        header: Header::blank(),
        name: name_argument("typevar", name, vm)?,
        bound: lazy(bound),
        constraints: lazy(constraints),
        default: Lazy::known(Some(no_default(vm))),
        variance: Variance { inferred: true, ..Variance::default() },
    };
    Ok(Ref::new(vm, typevar).into_value())
}

/// A parameter specification of the syntax `[**P]`.
pub fn new_paramspec(name: &Value, vm: &Vm) -> PyResult {
    let paramspec = ParamSpec {
        header: Header::blank(),
        name: name_argument("paramspec", name, vm)?,
        bound: None,
        default: Lazy::known(Some(no_default(vm))),
        variance: Variance { inferred: true, ..Variance::default() },
    };
    Ok(Ref::new(vm, paramspec).into_value())
}

/// A type variable tuple of the syntax `[*Ts]`.
pub fn new_typevartuple(name: &Value, vm: &Vm) -> PyResult {
    let name = name_argument("typevartuple", name, vm)?;
    let new = TypeVarTuple { header: Header::blank(), name, default: Lazy::known(Some(no_default(vm))) };
    Ok(Ref::new(vm, new).into_value())
}

/// Gives a type parameter the function that computes its default.
pub fn set_default(param: &Value, evaluate: &Value, vm: &Vm) -> PyResult<()> {
    match default_of(param) {
        Some(default) => {
            default.compute_by(evaluate.clone());
            Ok(())
        }
        None => Err(vm.type_error(format!("Expected a type param, got {}", vm.repr_text(param)?))),
    }
}

/// The default of a type parameter of any kind.
pub(crate) fn default_of(param: &Value) -> Option<&Lazy> {
    if let Some(param) = param.downcast::<TypeVar>() {
        return Some(&param.default);
    }
    if let Some(param) = param.downcast::<ParamSpec>() {
        return Some(&param.default);
    }
    param.downcast::<TypeVarTuple>().map(|param| &param.default)
}

fn default_value(default: &Lazy, vm: &Vm) -> PyResult {
    Ok(default.get(vm)?.unwrap_or_else(|| no_default(vm)))
}

fn has_default(default: &Lazy, vm: &Vm) -> PyResult<bool> {
    // A default that is yet to be computed is one.
    let evaluator = default.evaluator(vm);
    let given = evaluator.downcast::<super::evaluator::ConstEvaluator>().is_none();
    Ok(given || !default_value(default, vm)?.is(&no_default(vm)))
}

/// `a | b` where one is a type parameter: strings become forward references.
fn param_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    union_of_args(&[a.clone(), b.clone()], vm)
}

#[cold]
fn cannot_subclass(what: &str, vm: &Vm) -> PyResult {
    Err(vm.type_error(format!("Cannot subclass an instance of {what}")))
}

// ---- what they share

macro_rules! shared_attributes {
    ($($ty:ident $name:literal;)*) => {$(
        #[pymethods(SHARED)]
        impl $ty {
            #[getter("__name__")]
            #[member]
            fn name(&self) -> Value {
                self.name.to_value()
            }

            #[getter("__default__")]
            fn default(&self, vm: &Vm) -> PyResult {
                default_value(&self.default, vm)
            }

            #[getter("evaluate_default")]
            fn evaluate_default(&self, vm: &Vm) -> Value {
                self.default.evaluator(vm)
            }

            #[method("has_default($self, /)")]
            fn has_default(&self, vm: &Vm) -> PyResult<bool> {
                has_default(&self.default, vm)
            }

            #[method("__mro_entries__($self, bases, /)")]
            fn mro_entries(&self, _bases: &Value, vm: &Vm) -> PyResult {
                cannot_subclass($name, vm)
            }

            #[method("__reduce__($self, /)")]
            fn reduce(&self) -> Value {
                self.name.to_value()
            }
        }
    )*};
}

shared_attributes! {
    TypeVar "TypeVar";
    ParamSpec "ParamSpec";
    TypeVarTuple "TypeVarTuple";
}

macro_rules! variance_attributes {
    ($($ty:ident)*) => {$(
        #[pymethods(VARIANCE)]
        impl $ty {
            #[getter("__covariant__")]
            #[member]
            fn covariant(&self) -> bool {
                self.variance.covariant
            }

            #[getter("__contravariant__")]
            #[member]
            fn contravariant(&self) -> bool {
                self.variance.contravariant
            }

            #[getter("__infer_variance__")]
            #[member]
            fn infer_variance(&self) -> bool {
                self.variance.inferred
            }
        }
    )*};
}

variance_attributes! { TypeVar ParamSpec }

// ---- TypeVar

const TYPEVAR_SLOTS: Slots = Slots {
    new: Some(typevar_new),
    repr: Some(|slf, vm| {
        let this = receiver!(TypeVar, slf, vm);
        signed_name(this.variance, &this.name, vm)
    }),
    or: Some(param_or),
    ..Slots::EMPTY
};

fn signed_name(variance: Variance, name: &Ref<Str>, vm: &Vm) -> PyResult {
    if variance.inferred {
        return Ok(name.to_value());
    }
    Ok(vm.try_str(&format!("{}{}", variance.sign(), name.to_string_lossy()))?.into_value())
}

#[pymethods]
impl TypeVar {
    #[getter("__bound__")]
    fn bound(&self, vm: &Vm) -> PyResult {
        Ok(self.bound.get(vm)?.unwrap_or(Value::none()))
    }

    #[getter("__constraints__")]
    fn constraints(&self, vm: &Vm) -> PyResult {
        Ok(self.constraints.get(vm)?.unwrap_or_else(|| vm.new_tuple(Vec::new()).into_value()))
    }

    #[getter("evaluate_bound")]
    fn evaluate_bound(&self, vm: &Vm) -> Value {
        self.bound.evaluator(vm)
    }

    #[getter("evaluate_constraints")]
    fn evaluate_constraints(&self, vm: &Vm) -> Value {
        self.constraints.evaluator(vm)
    }

    #[method("__typing_subst__($self, arg, /)")]
    fn subst(slf: &Value, arg: &Value, vm: &Vm) -> PyResult {
        call_typing("_typevar_subst", &[slf.clone(), arg.clone()], vm)
    }

    #[method("__typing_prepare_subst__($self, alias, args, /)")]
    fn prepare_subst(slf: &Value, alias: &Value, args: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(TypeVar, slf, vm);
        let params = vm.collect(&vm.get_attr(alias, vm.names().__parameters__.as_value())?)?;
        let given = vm.collect(args)?;
        let Some(index) = params.iter().position(|param| param.is(slf)) else { return Ok(args.clone()) };
        if index < given.len() {
            return Ok(args.clone());
        }
        let default = default_value(&this.default, vm)?;
        if index == given.len() && !default.is(&no_default(vm)) {
            let mut items = given;
            items.push(default);
            return Ok(vm.new_tuple(items).into_value());
        }
        let mut least = 0;
        for param in &params {
            let has = match default_of(param) {
                Some(default) => has_default(default, vm)?,
                None => false,
            };
            least += usize::from(!has);
        }
        Err(vm.type_error(format!(
            "Too few arguments for {}; actual {}, expected at least {least}",
            vm.str(alias)?.to_string_lossy(),
            given.len()
        )))
    }
}

// ---- ParamSpec

const PARAMSPEC_SLOTS: Slots = Slots {
    new: Some(paramspec_new),
    repr: Some(|slf, vm| {
        let this = receiver!(ParamSpec, slf, vm);
        signed_name(this.variance, &this.name, vm)
    }),
    or: Some(param_or),
    ..Slots::EMPTY
};

fn paramspec_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = Signature {
        function: "paramspec",
        names: NAMES,
        posonly: 0,
        minpos: 1,
        maxpos: 1,
        minkw: 0,
        varargs: false,
        kwargs: false,
    };
    let mut slots = [None; 6];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let Parsed { name, bound, default, variance } = parse("paramspec", slots, vm)?;
    finish(Ref::new_in(vm, class, ParamSpec { header: Header::blank(), name, bound, default, variance }), vm)
}

#[pymethods]
impl ParamSpec {
    #[getter("__bound__")]
    #[member]
    fn bound(&self) -> Value {
        self.bound.clone().unwrap_or(Value::none())
    }

    /// Represents positional arguments.
    #[getter("args")]
    fn args(slf: &Value, vm: &Vm) -> Value {
        Ref::new(vm, ParamSpecArgs { header: Header::blank(), origin: slf.clone() }).into_value()
    }

    /// Represents keyword arguments.
    #[getter("kwargs")]
    fn kwargs(slf: &Value, vm: &Vm) -> Value {
        Ref::new(vm, ParamSpecKwargs { header: Header::blank(), origin: slf.clone() }).into_value()
    }

    #[method("__typing_subst__($self, arg, /)")]
    fn subst(slf: &Value, arg: &Value, vm: &Vm) -> PyResult {
        call_typing("_paramspec_subst", &[slf.clone(), arg.clone()], vm)
    }

    #[method("__typing_prepare_subst__($self, alias, args, /)")]
    fn prepare_subst(slf: &Value, alias: &Value, args: &Value, vm: &Vm) -> PyResult {
        call_typing("_paramspec_prepare_subst", &[slf.clone(), alias.clone(), args.clone()], vm)
    }
}

// ---- the parts of a ParamSpec

macro_rules! part {
    ($ty:ident $slots:ident $function:literal $suffix:literal $name:literal) => {
        const $slots: Slots = Slots {
            new: Some(|class, args, vm| {
                if args.keyword_count() > 0 {
                    return Err(pyrope_object::bind::no_keywords($function, vm));
                }
                let values = check_positional($function, args, 1, 1, vm)?;
                Ok(Ref::new_in(vm, class, $ty { header: Header::blank(), origin: values[0].clone() }).into_value())
            }),
            repr: Some(|slf, vm| {
                let origin = &receiver!($ty, slf, vm).origin;
                let name = match origin.downcast::<ParamSpec>() {
                    Some(spec) => spec.name.to_string_lossy().into_owned(),
                    None => vm.repr_text(origin)?,
                };
                Ok(vm.try_str(&format!("{name}{}", $suffix))?.into_value())
            }),
            richcompare: Some(|slf, other, op, vm| {
                let (Some(a), Some(b)) = (slf.downcast::<$ty>(), other.downcast::<$ty>()) else {
                    return Ok(Value::not_implemented());
                };
                match op {
                    CompareOp::Eq | CompareOp::Ne => vm.compare(&a.origin, &b.origin, op),
                    _ => Ok(Value::not_implemented()),
                }
            }),
            ..Slots::EMPTY
        };

        #[pymethods]
        impl $ty {
            #[getter("__origin__")]
            #[member]
            fn origin(&self) -> Value {
                self.origin.clone()
            }

            #[method("__mro_entries__($self, bases, /)")]
            fn mro_entries(&self, _bases: &Value, vm: &Vm) -> PyResult {
                cannot_subclass($name, vm)
            }
        }
    };
}

part!(ParamSpecArgs ARGS_SLOTS "paramspecargs" ".args" "ParamSpecArgs");
part!(ParamSpecKwargs KWARGS_SLOTS "paramspeckwargs" ".kwargs" "ParamSpecKwargs");

// ---- TypeVarTuple

const TUPLE_SLOTS: Slots = Slots {
    new: Some(|class, args, vm| {
        static SIGNATURE: Signature = Signature {
            function: "typevartuple",
            names: &["name", "default"],
            posonly: 0,
            minpos: 1,
            maxpos: 1,
            minkw: 0,
            varargs: false,
            kwargs: false,
        };
        let mut slots = [None; 2];
        bind(&SIGNATURE, args, &mut slots, vm)?;
        let [Some(name), default] = slots else { return Err(pyrope_object::bind::unbound("typevartuple", vm)) };
        let name = name_argument("typevartuple", name, vm)?;
        let default = Lazy::known(Some(default.cloned().unwrap_or_else(|| no_default(vm))));
        finish(Ref::new_in(vm, class, TypeVarTuple { header: Header::blank(), name, default }), vm)
    }),
    repr: Some(|slf, vm| Ok(receiver!(TypeVarTuple, slf, vm).name.to_value())),
    iter: Some(|slf, vm| vm.iter(vm.tuple_of([unpack(slf, vm)?]).as_value())),
    ..Slots::EMPTY
};

/// `typing.Unpack[item]`
pub(crate) fn unpack(item: &Value, vm: &Vm) -> PyResult {
    let typing = vm.import("typing")?;
    vm.get_item(&vm.get_attr_str(&typing, "Unpack")?, item)
}

#[pymethods]
impl TypeVarTuple {
    #[method("__typing_subst__($self, arg, /)")]
    fn subst(&self, _arg: &Value, vm: &Vm) -> PyResult {
        Err(vm.type_error("Substitution of bare TypeVarTuple is not supported"))
    }

    #[method("__typing_prepare_subst__($self, alias, args, /)")]
    fn prepare_subst(slf: &Value, alias: &Value, args: &Value, vm: &Vm) -> PyResult {
        call_typing("_typevartuple_prepare_subst", &[slf.clone(), alias.clone(), args.clone()], vm)
    }
}

/// The type parameters of a tuple, type variable tuples unpacked.
pub(crate) fn unpacked_params(params: &Tuple, vm: &Vm) -> PyResult {
    let items = params.as_slice().iter().map(|param| match param.downcast::<TypeVarTuple>() {
        Some(_) => unpack(param, vm),
        None => Ok(param.clone()),
    });
    Ok(vm.new_tuple(items.collect::<PyResult<Vec<_>>>()?).into_value())
}
