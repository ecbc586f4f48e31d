//! `_contextvars`: PEP 567.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::layout::{Dict, Str};
use pyrope_object::{
    Args, BuiltinType as B, CompareOp, Guarded, Header, ModuleDef, Object, PyResult, Ref, Slots, Type, Value, Vm,
};
use pyrope_types::containers::generic_alias;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_contextvars",
    doc: "Context Variables",
    functions: &[functions::FUNCTIONS],
    types: &[<Context as Object>::def, <ContextVar as Object>::def, <Token as Object>::def],
    exec: None,
};

/// A mapping of context variables to their values.
#[pyclass(
    name = "Context", module = "_contextvars", flags(GC, WEAKREF), slots = CONTEXT_SLOTS, methods(Context::METHODS),
    unhashable, doc = ""
)]
#[derive(Traverse)]
pub struct Context {
    header: Header,
    /// Variables and values; shared between copies until one of them changes.
    vars: Guarded<SharedDict>,
    /// The context to go back to.
    previous: Guarded<Option<Value>>,
    #[traverse(skip)]
    entered: Cell<bool>,
}

/// A dict that several contexts may hold.
struct SharedDict(Ref<Dict>);

impl pyrope_object::Traverse for SharedDict {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.traverse(visit);
    }
}

impl pyrope_object::TraverseMut for SharedDict {
    fn drain(&mut self, _: &mut Vec<Value>) {}
}

/// A variable whose value depends on the context.
#[pyclass(
    name = "ContextVar", module = "_contextvars", flags(GC), slots = VAR_SLOTS, methods(ContextVar::METHODS),
    getset(ContextVar::GETSETS), doc = ""
)]
#[derive(Traverse)]
pub struct ContextVar {
    header: Header,
    name: Ref<Str>,
    default: Option<Value>,
    #[traverse(skip)]
    hash: i64,
}

/// What a variable was before `ContextVar.set`.
#[pyclass(
    name = "Token", module = "_contextvars", flags(GC), slots = TOKEN_SLOTS, methods(Token::METHODS),
    getset(Token::GETSETS), init = token_init, doc = ""
)]
#[derive(Traverse)]
pub struct Token {
    header: Header,
    context: Value,
    var: Ref<ContextVar>,
    old: Option<Value>,
    #[traverse(skip)]
    used: Cell<bool>,
}

/// The type of `Token.MISSING`.
#[pyclass(name = "Token.MISSING", slots = MISSING_SLOTS, doc = "")]
pub struct Missing {
    header: Header,
}

const MISSING_SLOTS: Slots =
    Slots { repr: Some(|_, vm| Ok(vm.intern("<Token.MISSING>").into_value())), ..Slots::EMPTY };

fn token_init(class: &Type, vm: &Vm) -> PyResult<()> {
    class.dict(vm).set_str("MISSING", missing(vm), vm)
}

#[derive(Default)]
struct ContextState {
    missing: Guarded<Option<Value>>,
}

fn missing(vm: &Vm) -> Value {
    let state = vm.state::<ContextState>();
    if let Some(known) = state.missing.get() {
        return known;
    }
    let new = Ref::new(vm, Missing { header: Header::blank() }).into_value();
    state.missing.set(Some(new.clone()));
    new
}

// ---- Context

const CONTEXT_SLOTS: Slots = Slots {
    new: Some(|class, args, vm| {
        if !args.is_empty() {
            return Err(vm.type_error("Context() does not accept any arguments"));
        }
        Ok(Context::create(class, vm.new_dict(), vm).into_value())
    }),
    richcompare: Some(context_compare),
    iter: Some(|slf, vm| vm.iter(context(slf, vm)?.vars().as_value())),
    mp_length: Some(|slf, vm| Ok(context(slf, vm)?.vars().len())),
    mp_subscript: Some(|slf, key, vm| match context(slf, vm)?.lookup(key, vm)? {
        Some(value) => Ok(value),
        None => Err(vm.key_error(key)),
    }),
    sq_contains: Some(|slf, key, vm| Ok(context(slf, vm)?.lookup(key, vm)?.is_some())),
    ..Slots::EMPTY
};

fn context<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Context> {
    slf.downcast::<Context>().ok_or_else(|| vm.type_error("an instance of Context was expected"))
}

fn context_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Context>(), other.downcast::<Context>()) else {
        return Ok(Value::not_implemented());
    };
    match op {
        CompareOp::Eq | CompareOp::Ne => vm.compare(a.vars().as_value(), b.vars().as_value(), op),
        _ => Ok(Value::not_implemented()),
    }
}

impl Context {
    fn create(class: &Type, vars: Ref<Dict>, vm: &Vm) -> Ref<Context> {
        let context = Context {
            header: Header::blank(),
            vars: Guarded::new(SharedDict(vars)),
            previous: Guarded::new(None),
            entered: Cell::new(false),
        };
        Ref::new_in(vm, class, context)
    }

    fn vars(&self) -> Ref<Dict> {
        self.vars.with(|vars| vars.0.clone())
    }

    fn lookup(&self, key: &Value, vm: &Vm) -> PyResult<Option<Value>> {
        if key.downcast::<ContextVar>().is_none() {
            let shown = vm.repr_text(key)?;
            return Err(vm.type_error(format!("a ContextVar key was expected, got {shown}")));
        }
        self.vars().get(key, vm)
    }

    /// Variables and values that no other context shares.
    fn own_vars(&self, vm: &Vm) -> PyResult<Ref<Dict>> {
        let vars = self.vars();
        // One count is this context's, one the local.
        if vars.as_value().refcount() <= 2 {
            return Ok(vars);
        }
        let copy = vm.new_dict();
        copy.copy_from(&vars, vm)?;
        self.vars.set(SharedDict(copy.clone()));
        Ok(copy)
    }
}

/// The thread's current context, made on first use.
pub fn current_context(vm: &Vm) -> Ref<Context> {
    if let Some(current) = vm.context.get().and_then(|c| c.cast::<Context>()) {
        return current;
    }
    let new = Context::create(vm.type_of::<Context>(), vm.new_dict(), vm);
    new.entered.set(true);
    vm.context.set(Some(new.to_value()));
    new
}

/// A copy of the thread's current context.
pub fn copy_context(vm: &Vm) -> Ref<Context> {
    Context::create(vm.type_of::<Context>(), current_context(vm).vars(), vm)
}

#[pymethods]
impl Context {
    /// Return the value for `key` if `key` has the value in the context object.
    ///
    /// If `key` does not exist, return `default`. If `default` is not given,
    /// return None.
    #[method("get($self, key, default=None, /)")]
    fn get(&self, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        Ok(self.lookup(key, vm)?.or(default.cloned()).unwrap_or(Value::none()))
    }

    /// Return all variables and their values in the context object.
    ///
    /// The result is returned as a list of 2-tuples (variable, value).
    #[method("items($self, /)")]
    fn items(&self, vm: &Vm) -> PyResult {
        vm.call_method(self.vars().as_value(), "items", &[])
    }

    /// Return a list of all variables in the context object.
    #[method("keys($self, /)")]
    fn keys(&self, vm: &Vm) -> PyResult {
        vm.call_method(self.vars().as_value(), "keys", &[])
    }

    /// Return a list of all variables' values in the context object.
    #[method("values($self, /)")]
    fn values(&self, vm: &Vm) -> PyResult {
        vm.call_method(self.vars().as_value(), "values", &[])
    }

    /// Return a shallow copy of the context object.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> Value {
        Context::create(vm.type_of::<Context>(), self.vars(), vm).into_value()
    }

    /// Call a function in this context.
    #[method("run")]
    fn run(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        let this = context(slf, vm)?;
        let Some((callable, _)) = args.positional().split_first() else {
            return Err(vm.type_error("run() missing 1 required positional argument"));
        };
        if this.entered.replace(true) {
            let shown = vm.repr_text(slf)?;
            return Err(vm.runtime_error(format!("cannot enter context: {shown} is already entered")));
        }
        this.previous.set(vm.context.replace(Some(slf.clone())));
        let result = vm.call_args(callable, Args::new(&args.values()[1..], args.kwnames()));
        let previous = this.previous.take();
        this.entered.set(false);
        vm.context.set(previous);
        result
    }
}

// ---- ContextVar

const VAR_SLOTS: Slots = Slots {
    new: Some(var_new),
    repr: Some(var_repr),
    hash: Some(|slf, vm| match slf.downcast::<ContextVar>() {
        Some(var) => Ok(var.hash),
        None => Err(vm.type_error("an instance of ContextVar was expected")),
    }),
    ..Slots::EMPTY
};

fn var_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let values = args.positional();
    let given = values.len();
    if given != 1 {
        let words = if given == 0 { "exactly" } else { "at most" };
        return Err(vm.type_error(format!("ContextVar() takes {words} 1 positional argument ({given} given)")));
    }
    let mut default = None;
    for (key, value) in args.keywords() {
        match key.downcast::<Str>() {
            Some(key) if key.equals_str("default") => default = Some(value.clone()),
            key => {
                let key = key.map(|k| k.to_string_lossy().into_owned()).unwrap_or_default();
                return Err(vm.type_error(format!("ContextVar() got an unexpected keyword argument '{key}'")));
            }
        }
    }
    let Some(name) = values[0].cast::<Str>() else {
        return Err(vm.type_error("context variable name must be a str"));
    };
    let name_hash = vm.hash(&values[0])?;
    // Not the address, which only the finished object has: a running number does as well.
    let hash = name_hash ^ (i64::from(vm.interp().next_version()) << 4);
    let var = ContextVar { header: Header::blank(), name, default, hash };
    Ok(Ref::new_in(vm, class, var).into_value())
}

fn var_repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(var) = slf.downcast::<ContextVar>() else { return Ok(Value::not_implemented()) };
    let name = vm.repr_text(var.name.as_value())?;
    let default = match &var.default {
        Some(default) => format!(" default={}", vm.repr_text(default)?),
        None => String::new(),
    };
    Ok(vm.try_str(&format!("<ContextVar name={name}{default} at {:#x}>", slf.id()))?.into_value())
}

/// A variable without a default, for a native module's own use.
pub fn new_variable(name: &str, vm: &Vm) -> Ref<ContextVar> {
    let name = vm.intern(name);
    let hash = i64::from(vm.interp().next_version()) << 4;
    Ref::new(vm, ContextVar { header: Header::blank(), name, default: None, hash })
}

/// What a variable has in the current context.
pub fn context_value(var: &Ref<ContextVar>, vm: &Vm) -> PyResult<Option<Value>> {
    let context = vm.context.with(|context| context.clone());
    match context.as_ref().and_then(|context| context.downcast::<Context>()) {
        Some(context) => context.vars().get_hashed(var.as_value(), var.hash, vm),
        None => Ok(None),
    }
}

/// Gives a variable a value in the current context.
pub fn set_context_value(var: &Ref<ContextVar>, value: Value, vm: &Vm) -> PyResult<()> {
    current_context(vm).own_vars(vm)?.insert(var.to_value(), value, vm).map(drop)
}

fn set_var(var: &Ref<ContextVar>, value: Value, vm: &Vm) -> PyResult<Ref<Token>> {
    let context = current_context(vm);
    let old = context.own_vars(vm)?.insert(var.to_value(), value, vm)?;
    let token =
        Token { header: Header::blank(), context: context.into_value(), var: var.clone(), old, used: Cell::new(false) };
    Ok(Ref::new(vm, token))
}

fn reset_var(var: &Ref<ContextVar>, token: &Ref<Token>, vm: &Vm) -> PyResult<()> {
    let shown = |what: &str| -> PyResult<String> { Ok(format!("{}{what}", vm.repr_text(token.as_value())?)) };
    if token.used.get() {
        return Err(vm.runtime_error(shown(" has already been used once")?));
    }
    if !token.var.is(var) {
        return Err(vm.value_error(shown(" was created by a different ContextVar")?));
    }
    let context = current_context(vm);
    if !token.context.is(context.as_value()) {
        return Err(vm.value_error(shown(" was created in a different Context")?));
    }
    token.used.set(true);
    let vars = context.own_vars(vm)?;
    match &token.old {
        Some(old) => vars.set(var.to_value(), old.clone(), vm),
        None => vars.remove(var.as_value(), vm).map(drop),
    }
}

#[pymethods]
impl ContextVar {
    /// Return a value for the context variable for the current context.
    ///
    /// If there is no value for the variable in the current context, the method will:
    ///  * return the value of the default argument of the method, if provided; or
    ///  * return the default value for the context variable, if it was created
    ///    with one; or
    ///  * raise a LookupError.
    #[method("get($self, default=<unrepresentable>, /)")]
    fn get(this: &Ref<ContextVar>, default: Option<&Value>, vm: &Vm) -> PyResult {
        if let Some(value) = context_value(this, vm)? {
            return Ok(value);
        }
        match default.or(this.default.as_ref()) {
            Some(default) => Ok(default.clone()),
            None => Err(vm.raise_with(B::LookupError, &[this.to_value()])),
        }
    }

    /// Call to set a new value for the context variable in the current context.
    ///
    /// The required *value* argument is the new value for the context variable.
    ///
    /// Returns a Token object that can be used to restore the variable to its previous
    /// value via the `ContextVar.reset()` method.
    #[method("set($self, value, /)")]
    fn set(this: &Ref<ContextVar>, value: Value, vm: &Vm) -> PyResult {
        Ok(set_var(this, value, vm)?.into_value())
    }

    /// Reset the context variable.
    ///
    /// The variable is reset to the value it had before the `ContextVar.set()` that
    /// created the token was used.
    #[method("reset($self, token, /)")]
    fn reset(this: &Ref<ContextVar>, token: &Value, vm: &Vm) -> PyResult<()> {
        match token.cast::<Token>() {
            Some(token) => reset_var(this, &token, vm),
            None => {
                let shown = vm.repr_text(token)?;
                Err(vm.type_error(format!("expected an instance of Token, got {shown}")))
            }
        }
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }

    #[getter("name")]
    #[member]
    fn name(&self) -> Value {
        self.name.to_value()
    }
}

// ---- Token

const TOKEN_SLOTS: Slots = Slots {
    new: Some(|_, _, vm| Err(vm.runtime_error("Tokens can only be created by ContextVars"))),
    repr: Some(|slf, vm| {
        let Some(token) = slf.downcast::<Token>() else { return Ok(Value::not_implemented()) };
        let used = if token.used.get() { " used" } else { "" };
        let var = vm.repr_text(token.var.as_value())?;
        Ok(vm.try_str(&format!("<Token{used} var={var} at {:#x}>", slf.id()))?.into_value())
    }),
    ..Slots::EMPTY
};

#[pymethods]
impl Token {
    #[getter("var")]
    fn var(&self) -> Value {
        self.var.to_value()
    }

    #[getter("old_value")]
    fn old_value(&self, vm: &Vm) -> Value {
        self.old.clone().unwrap_or_else(|| missing(vm))
    }

    /// Enter into Token context manager.
    #[method("__enter__($self, /)")]
    fn enter(slf: &Value) -> Value {
        slf.clone()
    }

    /// Exit from Token context manager, restore the linked ContextVar.
    #[method("__exit__($self, type, val, tb, /)")]
    fn exit(this: &Ref<Token>, r#type: &Value, val: &Value, tb: &Value, vm: &Vm) -> PyResult<()> {
        let _ = (r#type, val, tb);
        reset_var(&this.var, this, vm)
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Return a copy of the current Context.
    #[pyfunction("copy_context()")]
    fn copy_context(vm: &Vm) -> Value {
        super::copy_context(vm).into_value()
    }
}
