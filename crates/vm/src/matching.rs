//! What `match`, `except` and `except*` test.

use pyrope_object::layout::{Dict, List, Str, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Type, TypeFlags, Value, Vm};

/// MATCH_KEYS: the values of a mapping for a tuple of keys, or None.
#[inline(never)]
pub fn keys(subject: &Value, keys: &Value, vm: &Vm) -> PyResult {
    let Some(keys) = keys.cast::<Tuple>() else { return Err(vm.system_error("MATCH_KEYS without tuple")) };
    let mut values = Vec::with_capacity(keys.len());
    let seen = vm.new_dict();
    let get = match subject.downcast_exact::<Dict>() {
        Some(_) => None,
        None => Some(vm.get_attr(subject, vm.names().get.as_value())?),
    };
    // A value that no mapping holds.
    let absent = vm.new_list(Vec::new()).into_value();
    for key in keys.as_slice() {
        if seen.insert(key.clone(), Value::none(), vm)?.is_some() {
            let text = vm.repr_text(key)?;
            return Err(vm.value_error(format!("mapping pattern checks duplicate key ({text})")));
        }
        let value = match (&get, subject.downcast_exact::<Dict>()) {
            (None, Some(dict)) => dict.get(key, vm)?,
            (Some(get), _) => Some(vm.call(get, &[key.clone(), absent.clone()])?).filter(|v| !v.is(&absent)),
            (None, None) => None,
        };
        match value {
            Some(value) => values.push(value),
            None => return Ok(Value::none()),
        }
    }
    Ok(vm.new_tuple(values).into_value())
}

/// MATCH_CLASS: the attributes that a class pattern names, or None.
#[inline(never)]
pub fn class(subject: &Value, class: &Value, positional: usize, names: &Value, vm: &Vm) -> PyResult {
    let Some(ty) = class.cast::<Type>() else {
        return Err(vm.type_error("called match pattern must be a class"));
    };
    if !pyrope_types::model::instance_checks::is_instance(subject, class, vm)? {
        return Ok(Value::none());
    }
    let mut pattern = ClassPattern { subject, ty: &ty, seen: Vec::new(), values: Vec::new(), vm };
    if !pattern.positional(class, positional)? {
        return Ok(Value::none());
    }
    let names = names.cast::<Tuple>();
    for name in names.iter().flat_map(|n| n.as_slice()) {
        if !pattern.attribute(name)? {
            return Ok(Value::none());
        }
    }
    Ok(vm.new_tuple(pattern.values).into_value())
}

struct ClassPattern<'a> {
    subject: &'a Value,
    ty: &'a Type,
    seen: Vec<Value>,
    values: Vec<Value>,
    vm: &'a Vm,
}

impl ClassPattern<'_> {
    /// Adds the subject's attribute; false if it has none.
    fn attribute(&mut self, name: &Value) -> PyResult<bool> {
        for seen in &self.seen {
            if self.vm.equal(seen, name)? {
                let text = self.vm.repr_text(name)?;
                let class = self.ty.name();
                let message = format!("{class}() got multiple sub-patterns for attribute {text}");
                return Err(self.vm.type_error(message));
            }
        }
        self.seen.push(name.clone());
        match self.vm.find_attr(self.subject, name)? {
            Some(value) => {
                self.values.push(value);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn positional(&mut self, class: &Value, count: usize) -> PyResult<bool> {
        if count == 0 {
            return Ok(true);
        }
        let vm = self.vm;
        let name = self.ty.name();
        let found = vm.find_attr(class, vm.names().__match_args__.as_value())?;
        let match_self = found.is_none() && self.ty.flags().has(TypeFlags::MATCH_SELF);
        let args = match found {
            Some(args) => match args.cast::<Tuple>().filter(|_| args.ty(vm).is(vm.builtin(B::Tuple))) {
                Some(tuple) => tuple.as_slice().to_vec(),
                None => {
                    let kind = vm.type_name(&args);
                    return Err(vm.type_error(format!("{name}.__match_args__ must be a tuple (got {kind})")));
                }
            },
            None => Vec::new(),
        };
        let allowed = if match_self { 1 } else { args.len() };
        if allowed < count {
            let plural = if allowed == 1 { "" } else { "s" };
            let message = format!("{name}() accepts {allowed} positional sub-pattern{plural} ({count} given)");
            return Err(vm.type_error(message));
        }
        if match_self {
            self.values.push(self.subject.clone());
            return Ok(true);
        }
        for arg in &args[..count] {
            if arg.downcast::<Str>().is_none() {
                let kind = vm.type_name(arg);
                return Err(vm.type_error(format!("__match_args__ elements must be strings (got {kind})")));
            }
            if !self.attribute(arg)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

const NOT_CATCHABLE: &str = "catching classes that do not inherit from BaseException is not allowed";

/// CHECK_EXC_MATCH
#[inline(never)]
pub fn exception_matches(exception: &Value, wanted: &Value, vm: &Vm) -> PyResult<bool> {
    match wanted.downcast::<Tuple>() {
        Some(tuple) => {
            for class in tuple.as_slice() {
                if !vm.is_exception_class(class) {
                    return Err(vm.type_error(NOT_CATCHABLE));
                }
            }
            let ty = exception.ty(vm);
            Ok(tuple.as_slice().iter().filter_map(|c| c.downcast::<Type>()).any(|class| ty.is_subtype(class)))
        }
        None => {
            if !vm.is_exception_class(wanted) {
                return Err(vm.type_error(NOT_CATCHABLE));
            }
            Ok(wanted.downcast::<Type>().is_some_and(|class| exception.ty(vm).is_subtype(class)))
        }
    }
}

fn check_group_types(wanted: &Value, vm: &Vm) -> PyResult<()> {
    let group = vm.builtin(B::BaseExceptionGroup);
    let classes = wanted.downcast::<Tuple>().map_or(std::slice::from_ref(wanted), |t| t.as_slice());
    for class in classes {
        if !vm.is_exception_class(class) {
            return Err(vm.type_error(NOT_CATCHABLE));
        }
        if class.downcast::<Type>().is_some_and(|t| t.is_subtype(group)) {
            return Err(vm.type_error("catching ExceptionGroup with except* is not allowed. Use except instead."));
        }
    }
    Ok(())
}

/// CHECK_EG_MATCH: what is left, and what matches (None if nothing).
#[inline(never)]
pub fn split_group(exception: &Value, wanted: &Value, vm: &Vm) -> PyResult<(Value, Value)> {
    check_group_types(wanted, vm)?;
    let (matched, rest) = pyrope_types::exceptions::match_group(exception, wanted, vm)?;
    // An exception outside of any group was put into one here.
    if rest.is_none() && !matched.is_none() && !matched.is(exception) && crate::errors::traceback(&matched).is_none() {
        crate::traceback::add_current_entry(&matched, vm);
    }
    Ok((rest, matched))
}

/// What goes on after all `except*` clauses: the exceptions that were raised in them and the unhandled rest.
pub fn prepare_reraise(original: &Value, results: &Value, vm: &Vm) -> PyResult {
    match results.cast::<List>() {
        Some(results) => pyrope_types::exceptions::prepare_reraise_star(original, &results.to_vec(), vm),
        None => Err(vm.system_error("except* results are no list")),
    }
}
