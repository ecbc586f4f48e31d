//! `_local`: attributes of which each thread has its own.

use std::collections::HashMap;

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::layout::{Dict, Str};
use pyrope_object::{
    Args, BuiltinType as B, Guarded, Header, OwnedArgs, PyResult, Ref, Slots, Traverse, TraverseMut, Type, Value, Vm,
};
use pyrope_types::model::weakref;

use super::{ThreadState, ident};

/// Thread-local data
#[pyclass(name = "_local", module = "_thread", signature = "()", flags(BASETYPE, WEAKREF), slots = SLOTS)]
#[derive(Traverse)]
pub struct Local {
    header: Header,
    dicts: Guarded<Dicts>,
    /// What `__init__` is called with, again in each thread.
    args: Vec<Value>,
    kwnames: Vec<Value>,
}

/// A dict for each thread, by its ident.
#[derive(Default)]
struct Dicts(HashMap<u64, Ref<Dict>>);

impl Traverse for Dicts {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.values().for_each(|dict| dict.traverse(visit));
    }
}

impl TraverseMut for Dicts {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.extend(std::mem::take(&mut self.0).into_values().map(Ref::into_value));
    }
}

const SLOTS: Slots =
    Slots { new: Some(local_new), getattr: Some(local_getattr), setattr: Some(local_setattr), ..Slots::EMPTY };

fn local_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let init = pyrope_object::protocol::lookup_str(class, "__init__", vm);
    let plain = pyrope_object::protocol::lookup_str(vm.builtin(B::Object), "__init__", vm);
    let overridden = match (&init, &plain) {
        (Some(own), Some(plain)) => !own.is(plain),
        _ => false,
    };
    if !args.is_empty() && !overridden {
        return Err(vm.type_error("Initialization arguments are not supported"));
    }
    let local = Local {
        header: Header::blank(),
        dicts: Guarded::default(),
        args: args.values().to_vec(),
        kwnames: args.kwnames().to_vec(),
    };
    let local = Ref::new_in(vm, class, local);
    // The creating thread's `__init__` is called by the constructor itself.
    Local::add_dict(&local, vm)?;
    Ok(local.into_value())
}

impl Local {
    fn add_dict(this: &Ref<Local>, vm: &Vm) -> PyResult<Ref<Dict>> {
        let dict = vm.new_dict();
        let reference = weakref::reference(vm.builtin(B::WeakRef), this.as_value(), None, vm)?;
        let old = this.dicts.with_mut(|dicts| dicts.0.insert(ident(vm), dict.clone()));
        drop(old);
        let state = vm.state::<ThreadState>();
        state.locals.with_mut(|locals| locals.entry(ident(vm)).or_default().push(reference));
        Ok(dict)
    }

    /// This thread's dict, made and initialised on first use.
    fn dict(this: &Ref<Local>, vm: &Vm) -> PyResult<Ref<Dict>> {
        if let Some(known) = this.dicts.with(|dicts| dicts.0.get(&ident(vm)).cloned()) {
            return Ok(known);
        }
        let dict = Local::add_dict(this, vm)?;
        let class = this.as_value().ty(vm).to_value();
        if let Some(init) = class.downcast::<Type>().and_then(|t| t.slots().init) {
            let args = OwnedArgs { values: this.args.clone(), kwnames: this.kwnames.clone() };
            if let Err(raised) = init(this.as_value(), args.as_args(), vm) {
                let removed = this.dicts.with_mut(|dicts| dicts.0.remove(&ident(vm)));
                drop(removed);
                return Err(raised);
            }
        }
        Ok(dict)
    }
}

/// Drops what `_local` objects hold for the thread that ends.
pub(super) fn forget_thread(vm: &Vm) {
    let state = vm.state::<ThreadState>();
    let references = state.locals.with_mut(|locals| locals.remove(&ident(vm))).unwrap_or_default();
    for reference in references {
        let Some(local) = weakref::part(&reference).and_then(|r| r.get()) else { continue };
        if let Some(local) = local.downcast::<Local>() {
            let removed = local.dicts.with_mut(|dicts| dicts.0.remove(&ident(vm)));
            drop(removed);
        }
    }
}

fn this(slf: &Value, vm: &Vm) -> PyResult<Ref<Local>> {
    slf.cast::<Local>().ok_or_else(|| vm.system_error("bad argument to internal function"))
}

fn is_dict_name(name: &Value) -> bool {
    name.downcast::<Str>().is_some_and(|name| name.equals_str("__dict__"))
}

/// `object.__getattribute__` with this thread's dict.
fn local_getattr(slf: &Value, name: &Value, vm: &Vm) -> PyResult {
    let dict = Local::dict(&this(slf, vm)?, vm)?;
    let Some(text) = name.downcast::<Str>() else {
        return Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name))));
    };
    if is_dict_name(name) {
        return Ok(dict.into_value());
    }
    let class = slf.ty(vm).to_value();
    let found = class.downcast::<Type>().and_then(|class| class.lookup(text, vm));
    let get = found.as_ref().and_then(|found| found.ty(vm).slots().descr_get);
    if let (Some(found), Some(get)) = (&found, get)
        && found.ty(vm).slots().descr_set.is_some()
    {
        return get(found, Some(slf), Some(&class), vm);
    }
    if let Some(own) = dict.get(name, vm)? {
        return Ok(own);
    }
    match (found, get) {
        (Some(found), Some(get)) => get(&found, Some(slf), Some(&class), vm),
        (Some(found), None) => Ok(found),
        (None, _) => {
            let message = format!(
                "'{}' object has no attribute '{}'",
                pyrope_object::bind::full_type_name(slf, vm),
                text.to_string_lossy()
            );
            Err(vm.attribute_error_for(message, slf, name))
        }
    }
}

/// `object.__setattr__` with this thread's dict.
fn local_setattr(slf: &Value, name: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let kind = pyrope_object::bind::full_type_name(slf, vm);
    if is_dict_name(name) {
        let message = format!("'{kind}' object attribute '__dict__' is read-only");
        return Err(vm.attribute_error_for(message, slf, name));
    }
    let dict = Local::dict(&this(slf, vm)?, vm)?;
    let Some(text) = name.downcast::<Str>() else {
        return Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name))));
    };
    if let Some(found) = slf.ty(vm).lookup(text, vm)
        && let Some(set) = found.ty(vm).slots().descr_set
    {
        return set(&found, slf, value, vm);
    }
    match value {
        Some(value) => dict.set(name.clone(), value.clone(), vm),
        None => match dict.remove(name, vm)? {
            Some(_) => Ok(()),
            None => {
                let message = format!("'{kind}' object has no attribute '{}'", text.to_string_lossy());
                Err(vm.attribute_error_for(message, slf, name))
            }
        },
    }
}
