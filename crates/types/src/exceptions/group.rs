//! `BaseExceptionGroup` and `ExceptionGroup`; what `except*` is made of.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{
    Args, BuiltinType as B, GetSetDef, Header, List, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm,
};

use super::base::{self, BaseException, ExceptionState, refuse_keywords, state};
use super::text::concat;

/// A combination of multiple unrelated exceptions.
#[pyclass(
    name = "BaseExceptionGroup", base = BaseException, builtin = BaseExceptionGroup, flags(BASETYPE, GC, DICT),
    slots = SLOTS, methods(BaseExceptionGroup::METHODS), getset(MEMBERS)
)]
#[derive(Traverse)]
pub struct BaseExceptionGroup {
    pub header: Header,
    pub state: ExceptionState,
    /// A `str`.
    pub message: Value,
    /// A tuple of exceptions, never empty.
    pub exceptions: Ref<Tuple>,
    /// The repr of the sequence that was given, where it was neither list nor tuple.
    sequence_repr: Option<Value>,
}

/// The group of exceptions that all derive from Exception. Its second base is set when the interpreter is made.
#[pyclass(
    name = "ExceptionGroup", doc = "", base = BaseExceptionGroup, builtin = ExceptionGroup,
    flags(BASETYPE, GC, DICT, WEAKREF)
)]
#[derive(Traverse)]
pub struct ExceptionGroup {
    pub header: Header,
    pub state: ExceptionState,
    message: Value,
    exceptions: Ref<Tuple>,
    sequence_repr: Option<Value>,
}

const SLOTS: Slots = Slots { new: Some(new), init: Some(init), repr: Some(repr), str: Some(str), ..Slots::EMPTY };

const MEMBERS: &[GetSetDef] = &[
    GetSetDef {
        name: "message",
        get: |slf, _| Ok(slf.downcast::<BaseExceptionGroup>().map_or(Value::none(), |g| g.message.clone())),
        set: None,
        doc: "exception message",
        member: true,
    },
    GetSetDef {
        name: "exceptions",
        get: |slf, _| Ok(slf.downcast::<BaseExceptionGroup>().map_or(Value::none(), |g| g.exceptions.to_value())),
        set: None,
        doc: "nested exceptions",
        member: true,
    },
];

fn new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let [message, sequence] = args.positional() else {
        let given = args.positional().len();
        return Err(vm.type_error(format!("BaseExceptionGroup.__new__() takes exactly 2 arguments ({given} given)")));
    };
    if message.downcast::<Str>().is_none() {
        let kind = if message.is_none() { "None".into() } else { vm.type_name(message) };
        return Err(vm.type_error(format!("BaseExceptionGroup.__new__() argument 1 must be str, not {kind}")));
    }
    if !is_sequence(sequence, vm) {
        return Err(vm.type_error("second argument (exceptions) must be a sequence"));
    }
    let sequence_repr = match (sequence.downcast::<List>(), sequence.downcast::<Tuple>()) {
        (None, None) => Some(vm.repr(sequence)?.into_value()),
        _ => None,
    };
    let exceptions = vm.new_tuple(vm.collect(sequence)?);
    if exceptions.is_empty() {
        return Err(vm.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    let mut all_ordinary = true;
    for (index, item) in exceptions.as_slice().iter().enumerate() {
        if state(item).is_none() {
            return Err(vm.value_error(format!("Item {index} of second argument (exceptions) is not an exception")));
        }
        all_ordinary &= item.ty(vm).is_subtype(vm.builtin(B::Exception));
    }
    let class = choose_class(class, all_ordinary, vm)?;
    let group = BaseExceptionGroup {
        header: Header::blank(),
        state: ExceptionState::new(vm.tuple_from_slice(args.positional()).into_value()),
        message: message.clone(),
        exceptions,
        sequence_repr,
    };
    Ok(Ref::new_in(vm, class, group).into_value())
}

fn is_sequence(value: &Value, vm: &Vm) -> bool {
    let ty = value.ty(vm);
    ty.slots().sq_item.is_some() && !ty.is_subtype(vm.builtin(B::Dict))
}

fn choose_class<'a>(class: &'a Type, all_ordinary: bool, vm: &'a Vm) -> PyResult<&'a Type> {
    if class.is(vm.builtin(B::BaseExceptionGroup)) {
        return Ok(if all_ordinary { vm.builtin(B::ExceptionGroup) } else { class });
    }
    if all_ordinary || !class.is_subtype(vm.builtin(B::Exception)) {
        return Ok(class);
    }
    if class.is(vm.builtin(B::ExceptionGroup)) {
        return Err(vm.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
    }
    Err(vm.type_error(format!("Cannot nest BaseExceptions in '{}'", class.name())))
}

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    refuse_keywords(slf.ty(vm), args, vm)?;
    base::init_args(slf, args, vm);
    Ok(())
}

fn str(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<BaseExceptionGroup>() else { return base::str(slf, vm) };
    let message = vm.str(&this.message)?;
    let count = this.exceptions.len();
    let plural = if count > 1 { "s" } else { "" };
    let tail = format!(" ({count} sub-exception{plural})");
    Ok(concat(vm, &[(&message).into(), tail.as_str().into()])?.into_value())
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<BaseExceptionGroup>() else { return base::repr(slf, vm) };
    let message = vm.repr(&this.message)?;
    let sequence = match this.sequence_repr.as_ref().and_then(|r| r.cast::<Str>()) {
        Some(text) => text,
        None => {
            let args = base::args(slf, vm);
            let as_list = args.len() == 2 && args.as_slice()[1].downcast::<List>().is_some();
            if as_list {
                vm.repr(vm.new_list(this.exceptions.as_slice().to_vec()).as_value())?
            } else {
                vm.repr(this.exceptions.as_value())?
            }
        }
    };
    let name = slf.ty(vm).name();
    let pieces = [(&*name).into(), "(".into(), (&message).into(), ", ".into(), (&sequence).into(), ")".into()];
    Ok(concat(vm, &pieces)?.into_value())
}

/// What leaves of a group are asked for.
enum Matcher<'a> {
    /// An exception class or a tuple of them.
    Class(&'a Value),
    Predicate(&'a Value),
    /// These very objects.
    Identity(&'a [u64]),
}

fn matcher<'a>(value: &'a Value, vm: &Vm) -> PyResult<Matcher<'a>> {
    let is_type = value.downcast::<Type>().is_some();
    if !is_type && value.ty(vm).slots().call.is_some() {
        return Ok(Matcher::Predicate(value));
    }
    let all_classes =
        value.downcast_exact::<Tuple>().is_some_and(|t| t.as_slice().iter().all(|c| vm.is_exception_class(c)));
    if vm.is_exception_class(value) || all_classes {
        return Ok(Matcher::Class(value));
    }
    Err(vm.type_error("expected an exception type, a tuple of exception types, or a callable (other than a class)"))
}

/// Does an exception match a class or a tuple of classes (nested tuples too), as `except` decides it?
pub fn exception_matches(exception: &Value, class: &Value, vm: &Vm) -> bool {
    match class.downcast::<Tuple>() {
        Some(classes) => classes.as_slice().iter().any(|class| exception_matches(exception, class, vm)),
        None => class.downcast::<Type>().is_some_and(|class| exception.ty(vm).is_subtype(class)),
    }
}

impl Matcher<'_> {
    fn matches(&self, exception: &Value, vm: &Vm) -> PyResult<bool> {
        match self {
            Matcher::Class(class) => Ok(exception_matches(exception, class, vm)),
            Matcher::Predicate(predicate) => {
                let answer = vm.call(predicate, std::slice::from_ref(exception))?;
                vm.is_true(&answer)
            }
            Matcher::Identity(ids) => {
                Ok(exception.downcast::<BaseExceptionGroup>().is_none() && ids.contains(&exception.id()))
            }
        }
    }
}

/// The part that matches, and the rest (where it is asked for).
type Parts = (Option<Value>, Option<Value>);

fn split(exception: &Value, matcher: &Matcher<'_>, with_rest: bool, vm: &Vm) -> PyResult<Parts> {
    if matcher.matches(exception, vm)? {
        return Ok((Some(exception.clone()), None));
    }
    let Some(group) = exception.downcast::<BaseExceptionGroup>() else {
        return Ok((None, with_rest.then(|| exception.clone())));
    };
    vm.check_stack(" in exceptiongroup_split_recursive")?;
    let (mut matching, mut others) = (Vec::new(), Vec::new());
    for item in group.exceptions.as_slice() {
        let (part, rest) = split(item, matcher, with_rest, vm)?;
        matching.extend(part);
        others.extend(rest);
    }
    let matched = subset(exception, matching, vm)?;
    let rest = if with_rest { subset(exception, others, vm)? } else { None };
    Ok((matched, rest))
}

/// A group of `exceptions` with the metadata of `original`; nothing if there are none.
fn subset(original: &Value, exceptions: Vec<Value>, vm: &Vm) -> PyResult<Option<Value>> {
    if exceptions.is_empty() {
        return Ok(None);
    }
    let group = vm.call_method(original, "derive", &[vm.new_list(exceptions).into_value()])?;
    if group.downcast::<BaseExceptionGroup>().is_none() {
        return Err(vm.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    if let Some(traceback) = base::traceback(original) {
        base::set_traceback(&group, Some(traceback));
    }
    base::set_context(&group, base::context(original));
    base::set_cause(&group, base::cause(original));
    let name = vm.names().__notes__.as_value();
    if let Some(notes) = vm.find_attr(original, name)?
        && is_sequence(&notes, vm)
    {
        let copy = vm.new_list(vm.collect(&notes)?).into_value();
        vm.set_attr(&group, name, Some(&copy))?;
    }
    Ok(Some(group))
}

#[pymethods]
impl BaseExceptionGroup {
    /// Exception groups are generic over the type of their contained exceptions
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        vm.call(&vm.builtin(B::GenericAlias).to_value(), &[cls.clone(), object.clone()])
    }

    #[method("derive($self, excs, /)")]
    fn derive(&self, excs: &Value, vm: &Vm) -> PyResult {
        vm.call(&vm.builtin(B::BaseExceptionGroup).to_value(), &[self.message.clone(), excs.clone()])
    }

    #[method("split($self, matcher_value, /)")]
    fn split(slf: &Value, matcher_value: &Value, vm: &Vm) -> PyResult<Ref<Tuple>> {
        let matcher = matcher(matcher_value, vm)?;
        let (matched, rest) = split(slf, &matcher, true, vm)?;
        Ok(vm.tuple_of([matched.unwrap_or(Value::none()), rest.unwrap_or(Value::none())]))
    }

    #[method("subgroup($self, matcher_value, /)")]
    fn subgroup(slf: &Value, matcher_value: &Value, vm: &Vm) -> PyResult {
        let matcher = matcher(matcher_value, vm)?;
        Ok(split(slf, &matcher, false, vm)?.0.unwrap_or(Value::none()))
    }
}

/// True for an exception group.
pub fn is_group(exception: &Value) -> bool {
    exception.downcast::<BaseExceptionGroup>().is_some()
}

/// `BaseExceptionGroup(message, exceptions)`
pub fn new_group(message: &str, exceptions: Vec<Value>, vm: &Vm) -> PyResult {
    let args = [vm.new_str(message).into_value(), vm.new_list(exceptions).into_value()];
    vm.call(&vm.builtin(B::BaseExceptionGroup).to_value(), &args)
}

/// The leaves that are among `keep`'s, in the structure of `group`.
fn projection(group: &Value, keep: &[Value], vm: &Vm) -> PyResult<Option<Value>> {
    let mut ids = Vec::new();
    for exception in keep {
        collect_leaves(exception, &mut ids, vm)?;
    }
    Ok(split(group, &Matcher::Identity(&ids), false, vm)?.0)
}

fn collect_leaves(exception: &Value, ids: &mut Vec<u64>, vm: &Vm) -> PyResult<()> {
    let Some(group) = exception.downcast::<BaseExceptionGroup>() else {
        ids.push(exception.id());
        return Ok(());
    };
    vm.check_stack(" in collect_exception_group_leaf_ids")?;
    group.exceptions.as_slice().iter().try_for_each(|item| collect_leaves(item, ids, vm))
}

fn same_metadata(a: &Value, b: &Value, vm: &Vm) -> PyResult<bool> {
    let same = |a: Option<Value>, b: Option<Value>| match (a, b) {
        (Some(a), Some(b)) => a.is(&b),
        (None, None) => true,
        _ => false,
    };
    let name = vm.names().__notes__.as_value();
    Ok(same(a.instance_attribute(name, vm)?, b.instance_attribute(name, vm)?)
        && same(base::traceback(a), base::traceback(b))
        && same(base::cause(a), base::cause(b))
        && same(base::context(a), base::context(b)))
}

/// What a `try … except*` raises at its end (None for nothing): `original` was caught, `raised` came out of the
/// handlers, None for each that ended normally. Reraised parts keep their place in the structure of `original`.
pub fn prepare_reraise_star(original: &Value, raised: &[Value], vm: &Vm) -> PyResult {
    let Some(first) = raised.first() else { return Ok(Value::none()) };
    if !is_group(original) {
        return Ok(first.clone());
    }
    let (mut fresh, mut again) = (Vec::new(), Vec::new());
    for exception in raised.iter().filter(|e| !e.is_none()) {
        let part = if same_metadata(exception, original, vm)? { &mut again } else { &mut fresh };
        part.push(exception.clone());
    }
    let reraised = projection(original, &again, vm)?;
    fresh.extend(reraised);
    match fresh.len() {
        0 => Ok(Value::none()),
        1 => Ok(fresh.swap_remove(0)),
        _ => new_group("", fresh, vm),
    }
}

/// `except* class`: the part of a caught exception that matches (a naked exception comes wrapped in a group, at its own
/// traceback) and the rest; None where there is none.
pub fn match_group(exception: &Value, class: &Value, vm: &Vm) -> PyResult<(Value, Value)> {
    if exception.is_none() {
        return Ok((Value::none(), Value::none()));
    }
    if exception_matches(exception, class, vm) {
        if is_group(exception) {
            return Ok((exception.clone(), Value::none()));
        }
        let sole = vm.tuple_from_slice(std::slice::from_ref(exception)).into_value();
        let args = [vm.empty_str().into_value(), sole];
        let group = vm.call(&vm.builtin(B::BaseExceptionGroup).to_value(), &args)?;
        return Ok((group, Value::none()));
    }
    if !is_group(exception) {
        return Ok((Value::none(), exception.clone()));
    }
    let pair = vm.call_method(exception, "split", std::slice::from_ref(class))?;
    let Some(pair) = pair.cast::<Tuple>() else {
        let name = vm.type_name(exception);
        return Err(vm.type_error(format!("{name}.split must return a tuple, not {}", vm.type_name(&pair))));
    };
    match pair.as_slice() {
        [matched, rest, ..] => Ok((matched.clone(), rest.clone())),
        short => {
            let name = vm.type_name(exception);
            Err(vm.type_error(format!("{name}.split must return a 2-tuple, got tuple of size {}", short.len())))
        }
    }
}
