//! `function`: code with its globals, defaults and closure.
#![allow(unsafe_code, reason = "reads its code without counting: part of every call")]

mod bind;
pub(crate) mod plan;

use std::cell::Cell as StdCell;

use pyrope_bytecode::CodeFlags;
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::layout::{Dict, Str, Tuple};
use pyrope_object::{
    Args, BuiltinType as B, Guarded, Header, PyResult, Ref, Slots, Traverse, TraverseMut, Type, Value, Vm,
};

use crate::cell::Cell;
use crate::code::CodeObject;

pub use bind::bind_arguments;

/// Create a function object.
///
///   code
///     a code object
///   globals
///     the globals dictionary
///   name
///     a string that overrides the name from the code object
///   argdefs
///     a tuple that specifies the default argument values
///   closure
///     a tuple that supplies the bindings for free variables
///   kwdefaults
///     a dictionary that specifies the default keyword argument values
#[pyclass(
    name = "function",
    builtin = Function,
    flags(DICT, WEAKREF, METHOD_DESCRIPTOR),
    signature = "(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)",
    methods(Function::METHODS),
    getset(Function::GETSETS),
    slots = Slots {
        repr: Some(function_repr),
        call: Some(crate::call::function_call),
        descr_get: Some(function_get),
        new: Some(function_new),
        ..Slots::EMPTY
    }
)]
pub struct Function {
    header: Header,
    code: StdCell<*const CodeObject>,
    globals: Ref<Dict>,
    builtins: Value,
    closure: std::cell::OnceCell<Ref<Tuple>>,
    pub(crate) defaults: Guarded<Option<Ref<Tuple>>>,
    pub(crate) kwdefaults: Guarded<Option<Ref<Dict>>>,
    names: Guarded<(Ref<Str>, Ref<Str>)>,
    module: Guarded<Option<Value>>,
    rare: Guarded<RareParts>,
    /// The code with which it was made.
    first_code: Ref<CodeObject>,
}

/// There from the first change on.
#[derive(Default)]
struct RareParts(Option<Box<Rare>>);

/// What few functions are ever asked for.
#[derive(Default)]
struct Rare {
    /// Nothing: what the code has.
    doc: Option<Value>,
    annotations: Option<Value>,
    annotate: Option<Value>,
    type_params: Option<Value>,
    /// Every code that was ever assigned to `__code__`, the newest last: frames borrow theirs.
    later_codes: Vec<Ref<CodeObject>>,
}

impl Traverse for RareParts {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        let Some(rare) = &self.0 else { return };
        for part in [&rare.doc, &rare.annotations, &rare.annotate, &rare.type_params] {
            part.traverse(visit);
        }
        rare.later_codes.traverse(visit);
    }
}

impl TraverseMut for RareParts {
    fn drain(&mut self, out: &mut Vec<Value>) {
        let Some(rare) = &mut self.0 else { return };
        for part in [&mut rare.doc, &mut rare.annotations, &mut rare.annotate, &mut rare.type_params] {
            out.extend(part.take());
        }
    }
}

impl Traverse for Function {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.globals.traverse(visit);
        self.builtins.traverse(visit);
        if let Some(closure) = self.closure.get() {
            closure.traverse(visit);
        }
        self.defaults.traverse(visit);
        self.kwdefaults.traverse(visit);
        self.module.traverse(visit);
        self.rare.traverse(visit);
        self.first_code.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        self.defaults.clear(out);
        self.kwdefaults.clear(out);
        self.module.clear(out);
        self.rare.clear(out);
        // The closure's cells are emptied by their own.
    }
}

impl Function {
    /// A function as MAKE_FUNCTION makes it. `builtins` come from the globals, or are the interpreter's.
    pub fn new(
        code: &Ref<CodeObject>,
        globals: &Ref<Dict>,
        closure: Option<Ref<Tuple>>,
        vm: &Vm,
    ) -> PyResult<Ref<Function>> {
        let builtins = builtins_of(globals, vm)?;
        Ok(Self::with_builtins(code, globals, builtins, closure, vm))
    }

    /// The same with known builtins.
    pub fn with_builtins(
        code: &Ref<CodeObject>,
        globals: &Ref<Dict>,
        builtins: Value,
        closure: Option<Ref<Tuple>>,
        vm: &Vm,
    ) -> Ref<Function> {
        let module = globals.get(vm.names().__name__.as_value(), vm).ok().flatten();
        Ref::new(
            vm,
            Function {
                header: Header::blank(),
                code: StdCell::new(&**code),
                globals: globals.clone(),
                builtins,
                closure: closure.map_or_else(Default::default, Into::into),
                defaults: Guarded::new(None),
                kwdefaults: Guarded::new(None),
                names: Guarded::new((code.name.clone(), code.qualname.clone())),
                module: Guarded::new(module),
                rare: Guarded::default(),
                first_code: code.clone(),
            },
        )
    }

    /// Does a parameter have a default?
    pub fn has_defaults(&self) -> bool {
        self.defaults.with(|given| given.as_ref().is_some_and(|given| !given.is_empty()))
            || self.kwdefaults.with(|given| given.as_ref().is_some_and(|given| !given.is_empty()))
    }

    /// The code. Lives as long as the function, even if the function gets another.
    #[inline(always)]
    pub fn code_ptr(&self) -> *const CodeObject {
        self.code.get()
    }

    /// The code.
    pub fn code(&self) -> Ref<CodeObject> {
        let newest = |rare: &RareParts| rare.0.as_ref().and_then(|rare| rare.later_codes.last().cloned());
        self.rare.with(newest).unwrap_or_else(|| self.first_code.clone())
    }

    fn rare(&self, part: impl FnOnce(&Rare) -> &Option<Value>) -> Option<Value> {
        self.rare.with(|rare| rare.0.as_deref().and_then(|rare| part(rare).clone()))
    }

    fn change_rare<R>(&self, change: impl FnOnce(&mut Rare) -> R) -> R {
        self.rare.with_mut(|rare| change(rare.0.get_or_insert_default()))
    }

    /// The globals.
    pub fn globals(&self) -> &Ref<Dict> {
        &self.globals
    }

    #[inline(always)]
    pub(crate) fn globals_ptr(&self) -> *const Dict {
        &*self.globals
    }

    /// `__builtins__`
    pub fn builtins(&self) -> &Value {
        &self.builtins
    }

    /// The builtins as a dict, or null.
    #[inline(always)]
    pub(crate) fn builtins_ptr(&self) -> *const Dict {
        self.builtins.downcast_exact::<Dict>().map_or(std::ptr::null(), std::ptr::from_ref)
    }

    /// The closure's cells.
    #[inline]
    pub fn closure(&self) -> Option<&Ref<Tuple>> {
        self.closure.get()
    }

    /// Gives a fresh function its closure.
    pub(crate) fn set_closure(&self, cells: Ref<Tuple>) {
        let _ = self.closure.set(cells);
    }

    /// Can a call with so many positional arguments move them to the locals as they are?
    #[inline(always)]
    pub fn accepts_exactly(&self, given: usize) -> bool {
        // SAFETY: the function keeps its code.
        unsafe { (*self.code.get()).simple_args as usize == given }
    }

    /// How many parameters behind `given` positional arguments take their defaults, if that completes a call whose
    /// arguments can be moved to the locals as they are.
    #[inline(always)]
    pub fn completed_by_defaults(&self, given: usize) -> Option<usize> {
        // SAFETY: as above.
        let parameters = unsafe { (*self.code.get()).simple_args as usize };
        let missing = parameters.checked_sub(given)?;
        let defaults = self.defaults.with(|defaults| defaults.as_ref().map_or(0, |defaults| defaults.len()));
        (missing <= defaults).then_some(missing)
    }

    /// `__name__`
    pub fn name(&self) -> Ref<Str> {
        self.names.with(|n| n.0.clone())
    }

    /// `__qualname__`
    pub fn qualname(&self) -> Ref<Str> {
        self.names.with(|n| n.1.clone())
    }

    /// Sets `__annotate__`.
    pub(crate) fn set_annotate_function(&self, annotate: Value) {
        let old = self.change_rare(|r| (r.annotate.replace(annotate), r.annotations.take()));
        drop(old);
    }

    /// Sets `__annotations__`: a dict, or a tuple of names and values from older compilers.
    pub(crate) fn set_annotations_value(&self, annotations: Value) {
        drop(self.change_rare(|r| r.annotations.replace(annotations)));
    }

    /// Sets `__type_params__`.
    pub(crate) fn set_type_params_value(&self, params: Value) {
        drop(self.change_rare(|r| r.type_params.replace(params)));
    }

    fn annotations_dict(&self, vm: &Vm) -> PyResult {
        let (annotations, annotate) = (self.rare(|r| &r.annotations), self.rare(|r| &r.annotate));
        let dict = match (annotations, annotate) {
            (Some(annotations), _) => match annotations.downcast::<Tuple>() {
                None => return Ok(annotations),
                Some(pairs) => {
                    let dict = vm.new_dict();
                    for pair in pairs.as_slice().chunks_exact(2) {
                        dict.set(pair[0].clone(), pair[1].clone(), vm)?;
                    }
                    dict.into_value()
                }
            },
            (None, Some(annotate)) if !annotate.is_none() => {
                let result = vm.call(&annotate, &[vm.int(1)])?;
                if result.downcast::<Dict>().is_none() {
                    let kind = vm.type_name(&result);
                    return Err(vm.type_error(format!("__annotate__ returned non-dict of type '{kind}'")));
                }
                result
            }
            _ => vm.new_dict().into_value(),
        };
        self.set_annotations_value(dict.clone());
        Ok(dict)
    }
}

/// The builtins that code with these globals sees.
pub fn builtins_of(globals: &Ref<Dict>, vm: &Vm) -> PyResult {
    let found = globals.get(vm.names().__builtins__.as_value(), vm)?;
    match found {
        Some(builtins) if builtins.ty(vm).is_subtype(vm.builtin(B::Module)) => {
            let dict = vm.get_attr(&builtins, vm.names().__dict__.as_value())?;
            Ok(dict)
        }
        Some(builtins) => Ok(builtins),
        // As the running function sees them, or the interpreter's own.
        None => match (crate::frame::current_builtins(vm), vm.interp().builtins_dict.get()) {
            (Some(builtins), _) => Ok(builtins),
            (None, Some(dict)) => Ok(dict.to_value()),
            (None, None) => Ok(vm.new_dict().into_value()),
        },
    }
}

#[pymethods]
impl Function {
    #[getter]
    fn __code__(&self) -> Value {
        self.code().into_value()
    }

    #[setter("__code__")]
    fn set_code(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(code) = value.and_then(Value::cast::<CodeObject>) else {
            return Err(vm.type_error("__code__ must be set to a code object"));
        };
        let free = code.count_of_kind(pyrope_bytecode::FastKind::FREE);
        let cells = self.closure.get().map_or(0, |c| c.len());
        if free != cells {
            let name = self.name();
            return Err(vm.value_error(format!(
                "{}() requires a code object with {cells} free vars, not {free}",
                name.to_string_lossy()
            )));
        }
        const KINDS: u32 = CodeFlags::GENERATOR | CodeFlags::COROUTINE | CodeFlags::ASYNC_GENERATOR;
        if (self.code().flags ^ code.flags) & KINDS != 0 {
            let text = "Assigning a code object of non-matching type is deprecated (e.g., from a generator to a plain \
                        function)";
            vm.warn(B::DeprecationWarning, text, 1)?;
        }
        // The documentation stays that of the first code.
        let doc = self.__doc__(vm)?;
        drop(self.change_rare(|r| r.doc.replace(doc)));
        self.code.set(&*code);
        self.change_rare(|r| r.later_codes.push(code));
        Ok(())
    }

    #[getter]
    fn __defaults__(&self) -> Value {
        self.defaults.get().map_or(Value::none(), Ref::into_value)
    }

    #[setter("__defaults__")]
    fn set_defaults(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let new = match value {
            Some(value) if !value.is_none() => match value.cast::<Tuple>() {
                Some(tuple) => Some(tuple),
                None => return Err(vm.type_error("__defaults__ must be set to a tuple object")),
            },
            _ => None,
        };
        self.defaults.set(new);
        Ok(())
    }

    #[getter]
    fn __kwdefaults__(&self) -> Value {
        self.kwdefaults.get().map_or(Value::none(), Ref::into_value)
    }

    #[setter("__kwdefaults__")]
    fn set_kwdefaults(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let new = match value {
            Some(value) if !value.is_none() => match value.cast::<Dict>() {
                Some(dict) => Some(dict),
                None => return Err(vm.type_error("__kwdefaults__ must be set to a dict object")),
            },
            _ => None,
        };
        self.kwdefaults.set(new);
        Ok(())
    }

    #[getter]
    #[member]
    fn __closure__(&self) -> Value {
        self.closure.get().map_or(Value::none(), Ref::to_value)
    }

    #[getter]
    #[member]
    fn __globals__(&self) -> Value {
        self.globals.to_value()
    }

    #[getter]
    #[member]
    fn __builtins__(&self) -> Value {
        self.builtins.clone()
    }

    #[getter]
    fn __name__(&self) -> Value {
        self.name().into_value()
    }

    #[setter("__name__")]
    fn set_name(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(name) = value.and_then(Value::cast::<Str>) else {
            return Err(vm.type_error("__name__ must be set to a string object"));
        };
        drop(self.names.with_mut(|n| std::mem::replace(&mut n.0, name)));
        Ok(())
    }

    #[getter]
    fn __qualname__(&self) -> Value {
        self.qualname().into_value()
    }

    #[setter("__qualname__")]
    pub(crate) fn set_qualname(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(name) = value.and_then(Value::cast::<Str>) else {
            return Err(vm.type_error("__qualname__ must be set to a string object"));
        };
        drop(self.names.with_mut(|n| std::mem::replace(&mut n.1, name)));
        Ok(())
    }

    #[getter]
    #[member]
    fn __doc__(&self, vm: &Vm) -> PyResult {
        if let Some(doc) = self.rare(|r| &r.doc) {
            return Ok(doc);
        }
        let code = self.code();
        match code.load(vm)?.consts.as_slice().first() {
            Some(doc) if code.has(CodeFlags::HAS_DOCSTRING) => Ok(doc.clone()),
            _ => Ok(Value::none()),
        }
    }

    #[setter("__doc__")]
    fn set_doc(&self, value: Option<&Value>) -> PyResult<()> {
        drop(self.change_rare(|r| r.doc.replace(value.cloned().unwrap_or(Value::none()))));
        Ok(())
    }

    #[getter]
    #[member]
    fn __module__(&self) -> Value {
        self.module.get().unwrap_or(Value::none())
    }

    #[setter("__module__")]
    fn set_module(&self, value: Option<&Value>) -> PyResult<()> {
        drop(self.module.replace(value.cloned()));
        Ok(())
    }

    #[getter]
    fn __annotations__(&self, vm: &Vm) -> PyResult {
        self.annotations_dict(vm)
    }

    #[setter("__annotations__")]
    fn set_annotations(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let new = match value {
            Some(value) if !value.is_none() => {
                if value.downcast::<Dict>().is_none() {
                    return Err(vm.type_error("__annotations__ must be set to a dict object"));
                }
                Some(value.clone())
            }
            _ => None,
        };
        let old = self.change_rare(|r| (std::mem::replace(&mut r.annotations, new), r.annotate.take()));
        drop(old);
        Ok(())
    }

    #[getter("__dict__")]
    fn dict(slf: &Value, vm: &Vm) -> PyResult {
        pyrope_types::model::object::get_dict(slf, vm)
    }

    #[setter("__dict__")]
    fn set_dict(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        if value.is_none() {
            return Err(vm.type_error("cannot delete __dict__"));
        }
        pyrope_types::model::object::set_dict(slf, value, vm)
    }

    #[getter]
    fn __annotate__(&self) -> Value {
        self.rare(|r| &r.annotate).unwrap_or(Value::none())
    }

    #[setter("__annotate__")]
    fn set_annotate(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        match value {
            None => Err(vm.type_error("__annotate__ cannot be deleted")),
            Some(value) if value.is_none() => {
                drop(self.change_rare(|r| r.annotate.replace(Value::none())));
                Ok(())
            }
            Some(value) if value.ty(vm).slots().call.is_some() => {
                self.set_annotate_function(value.clone());
                Ok(())
            }
            Some(_) => Err(vm.type_error("__annotate__ must be callable or None")),
        }
    }

    #[getter]
    fn __type_params__(&self, vm: &Vm) -> Value {
        self.rare(|r| &r.type_params).unwrap_or_else(|| vm.new_tuple(Vec::new()).into_value())
    }

    #[setter("__type_params__")]
    fn set_type_params(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        match value.filter(|v| v.downcast::<Tuple>().is_some()) {
            Some(value) => {
                self.set_type_params_value(value.clone());
                Ok(())
            }
            None => Err(vm.type_error("__type_params__ must be set to a tuple")),
        }
    }
}

fn function_repr(value: &Value, vm: &Vm) -> PyResult {
    let name = value.downcast::<Function>().map(Function::qualname);
    let name = name.as_ref().map_or_else(Default::default, |n| n.to_string_lossy());
    Ok(vm.try_str(&format!("<function {name} at {:#x}>", value.id()))?.into_value())
}

fn function_get(function: &Value, instance: Option<&Value>, _: Option<&Value>, vm: &Vm) -> PyResult {
    match instance {
        Some(instance) if !instance.is_none() => Ok(crate::call::bound_method(function, instance, vm)),
        // `None.f` cannot happen by attribute access: None's type has no Python functions.
        _ => Ok(function.clone()),
    }
}

fn function_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    use pyrope_object::bind::{Signature, bind};
    static SIGNATURE: Signature =
        Signature::plain("function", &["code", "globals", "name", "argdefs", "closure", "kwdefaults"], 2);
    let mut slots = [None; 6];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let [code, globals, name, defaults, closure, kwdefaults] = slots.map(|s| s.cloned().unwrap_or(Value::none()));
    let kind = |v: &Value| pyrope_object::bind::argument_type_name(v, vm);
    let Some(code) = code.cast::<CodeObject>() else {
        return Err(vm.type_error(format!("function() argument 'code' must be code, not {}", kind(&code))));
    };
    let Some(globals) = globals.cast::<Dict>() else {
        return Err(vm.type_error(format!("function() argument 'globals' must be dict, not {}", kind(&globals))));
    };
    if !name.is_none() && name.downcast::<Str>().is_none() {
        return Err(vm.type_error("arg 3 (name) must be None or string"));
    }
    if !defaults.is_none() && defaults.downcast::<Tuple>().is_none() {
        return Err(vm.type_error("arg 4 (defaults) must be None or tuple"));
    }
    let free = code.count_of_kind(pyrope_bytecode::FastKind::FREE);
    let cells = match closure.cast::<Tuple>() {
        Some(cells) => Some(cells),
        None if closure.is_none() && free == 0 => None,
        None if closure.is_none() => return Err(vm.type_error("arg 5 (closure) must be tuple")),
        None => return Err(vm.type_error("arg 5 (closure) must be None or tuple")),
    };
    if !kwdefaults.is_none() && kwdefaults.downcast::<Dict>().is_none() {
        return Err(vm.type_error("arg 6 (kwdefaults) must be None or dict"));
    }
    let given = cells.as_ref().map_or(0, |c| c.len());
    if given != free {
        let name = code.name.to_string_lossy();
        return Err(vm.value_error(format!("{name} requires closure of length {free}, not {given}")));
    }
    for cell in cells.iter().flat_map(|c| c.as_slice()) {
        if cell.downcast::<Cell>().is_none() {
            let kind = vm.type_name(cell);
            return Err(vm.type_error(format!("arg 5 (closure) expected cell, found {kind}")));
        }
    }
    let function = Function::new(&code, &globals, cells, vm)?;
    if let Some(name) = name.cast::<Str>() {
        drop(function.names.with_mut(|n| std::mem::replace(&mut n.0, name)));
    }
    function.defaults.set(defaults.cast::<Tuple>());
    function.kwdefaults.set(kwdefaults.cast::<Dict>());
    Ok(function.into_value())
}
