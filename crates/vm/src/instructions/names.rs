//! Names of globals, builtins and namespaces; imports.

use pyrope_object::layout::{Dict, Str};
use pyrope_object::{PyResult, Ref, Value, Vm};

use crate::cell::Cell;
use crate::errors;
use crate::eval::{Flow, Regs, check};
use crate::inline_cache::Cache;
use crate::ops::Op;
use crate::quicken::Instr;
use crate::stack::Frame;

/// Pushes a global, and the null that a call asks for.
#[inline(always)]
fn push_global(r: &mut Regs<'_>, i: Instr, value: Value) -> Flow {
    r.push(value);
    if i.a != 0 {
        r.push_slot(None);
    }
    Flow::Next
}

#[inline(always)]
pub fn load_global(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let name = r.name(cache.name as usize);
    if cache.missed()
        && let Some(op) = specialise_global(cache, r.frame(), name, r.quiet_vm())
    {
        r.respecialise(op);
    }
    let value = check!(global(r.frame(), name, r.vm()));
    push_global(r, i, value)
}

/// Remembers where a global is: key version of one or both dicts, and the position.
#[inline(never)]
fn specialise_global(cache: &Cache, frame: &Frame, name: &Ref<Str>, vm: &Vm) -> Option<Op> {
    let globals = frame.globals();
    if let Some(position) = globals.position_of_str(name.as_value(), vm) {
        cache.way.version.set(globals.keys_version(vm));
        cache.way.word.set(position as u64);
        return Some(Op::LoadGlobalModule);
    }
    if !globals.has_only_str_keys() || !is_plain(globals) {
        return None;
    }
    let builtins = frame.builtins()?;
    let position = builtins.position_of_str(name.as_value(), vm)?;
    cache.way.version.set(globals.keys_version(vm));
    cache.way.shape.set(builtins.keys_version(vm));
    cache.way.word.set(position as u64);
    Some(Op::LoadGlobalBuiltin)
}

#[inline(always)]
pub fn load_global_module(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let globals = r.frame().globals();
    if globals.current_version() == cache.way.version.get()
        && let Some(value) = globals.value_at(cache.way.word.get() as usize)
    {
        return push_global(r, i, value);
    }
    Flow::Slow
}

#[inline(always)]
pub fn load_global_builtin(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let frame = r.frame();
    if frame.globals().current_version() == cache.way.version.get()
        && let Some(builtins) = frame.builtins()
        && builtins.current_version() == cache.way.shape.get()
        && let Some(value) = builtins.value_at(cache.way.word.get() as usize)
    {
        return push_global(r, i, value);
    }
    Flow::Slow
}

/// A global or builtin, or NameError.
#[inline(never)]
fn global(frame: &Frame, name: &Ref<Str>, vm: &Vm) -> PyResult {
    match find_global(frame, name.as_value(), vm)? {
        Some(value) => Ok(value),
        None => Err(errors::undefined_name(name, vm)),
    }
}

fn find_global(frame: &Frame, name: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let globals = frame.globals();
    let found = match is_plain(globals) {
        true => globals.get(name, vm)?,
        false => mapping_get(&pyrope_object::value_of(globals), name, vm)?,
    };
    if found.is_some() {
        return Ok(found);
    }
    match frame.builtins() {
        Some(builtins) => builtins.get(name, vm),
        None => mapping_get(frame.function().builtins(), name, vm),
    }
}

/// Exactly a `dict`: one of a subclass may have a `__missing__` or `__getitem__` to ask.
fn is_plain(dict: &Dict) -> bool {
    pyrope_object::value_of(dict).downcast_exact::<Dict>().is_some()
}

/// `mapping[name]`, `None` for KeyError.
fn mapping_get(mapping: &Value, name: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    match mapping.downcast_exact::<Dict>() {
        Some(dict) => dict.get(name, vm),
        None => {
            let result = vm.get_item(mapping, name);
            vm.suppress(result, pyrope_object::BuiltinType::KeyError)
        }
    }
}

#[inline(always)]
pub fn load_name(r: &mut Regs<'_>, i: Instr) -> Flow {
    let name = r.name(r.cache(i.index()).name as usize);
    let value = check!(find_name(r.frame(), name, r.vm()));
    r.push(value);
    Flow::Next
}

#[inline(never)]
fn find_name(frame: &Frame, name: &Ref<Str>, vm: &Vm) -> PyResult {
    if let Some(found) = mapping_get(&frame.namespace(), name.as_value(), vm)? {
        return Ok(found);
    }
    global(frame, name, vm)
}

#[inline(always)]
pub fn store_name(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(bind_name(r.frame(), r.name(i.index()), r.peek(1), r.vm()));
    r.drop_top(1);
    Flow::Next
}

#[inline(never)]
fn bind_name(frame: &Frame, name: &Ref<Str>, value: &Value, vm: &Vm) -> PyResult<()> {
    let locals = frame.namespace();
    match locals.downcast_exact::<Dict>() {
        Some(dict) => dict.set(name.to_value(), value.clone(), vm),
        None => vm.set_item(&locals, name.as_value(), Some(value)),
    }
}

#[inline(always)]
pub fn store_global(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.pop();
    check!(r.frame().globals().set(r.name(i.index()).to_value(), value, r.vm()));
    Flow::Next
}

#[inline(always)]
pub fn delete_name(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(unbind_name(r.frame(), r.name(i.index()), r.vm()));
    Flow::Next
}

#[inline(never)]
fn unbind_name(frame: &Frame, name: &Ref<Str>, vm: &Vm) -> PyResult<()> {
    let locals = frame.namespace();
    let result = vm.set_item(&locals, name.as_value(), None);
    match vm.suppress(result, pyrope_object::BuiltinType::KeyError)? {
        Some(()) => Ok(()),
        None => Err(errors::undefined_name(name, vm)),
    }
}

#[inline(always)]
pub fn delete_global(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(unbind_global(r.frame(), r.name(i.index()), r.vm()));
    Flow::Next
}

#[inline(never)]
fn unbind_global(frame: &Frame, name: &Ref<Str>, vm: &Vm) -> PyResult<()> {
    match frame.globals().remove(name.as_value(), vm)? {
        Some(entry) => {
            drop(entry);
            Ok(())
        }
        None => Err(errors::undefined_name(name, vm)),
    }
}

#[inline(always)]
pub fn load_locals(r: &mut Regs<'_>, _: Instr) -> Flow {
    let namespace = r.frame().namespace();
    r.push(namespace);
    Flow::Next
}

#[inline(always)]
pub fn load_from_dict_or_globals(r: &mut Regs<'_>, i: Instr) -> Flow {
    let name = r.name(i.index());
    let value = check!(in_mapping_or_globals(r.frame(), r.peek(1), name, r.vm()));
    r.finish(1, value)
}

#[inline(never)]
fn in_mapping_or_globals(frame: &Frame, mapping: &Value, name: &Ref<Str>, vm: &Vm) -> PyResult {
    match mapping_get(mapping, name.as_value(), vm)? {
        Some(found) => Ok(found),
        None => global(frame, name, vm),
    }
}

#[inline(always)]
pub fn load_from_dict_or_deref(r: &mut Regs<'_>, i: Instr) -> Flow {
    let name = r.frame().code().loaded().local_names[i.index()].as_value();
    let value = match check!(mapping_get(r.peek(1), name, r.vm())) {
        Some(value) => value,
        None => match super::locals::cell(r, i.index()).and_then(Cell::get) {
            Some(value) => value,
            None => {
                let _raised = errors::unbound_cell(r.frame(), i.index(), r.vm());
                return Flow::Raise;
            }
        },
    };
    r.finish(1, value)
}

#[inline(always)]
pub fn setup_annotations(r: &mut Regs<'_>, _: Instr) -> Flow {
    check!(make_annotations(r.frame(), r.vm()));
    Flow::Next
}

#[inline(never)]
fn make_annotations(frame: &Frame, vm: &Vm) -> PyResult<()> {
    let name = &vm.names().__annotations__;
    let locals = frame.namespace();
    if mapping_get(&locals, name.as_value(), vm)?.is_none() {
        vm.set_item(&locals, name.as_value(), Some(&vm.new_dict().into_value()))?;
    }
    Ok(())
}

#[inline(always)]
pub fn load_build_class(r: &mut Regs<'_>, _: Instr) -> Flow {
    let value = check!(builtin(r.frame(), "__build_class__", r.vm()));
    r.push(value);
    Flow::Next
}

#[inline(never)]
fn builtin(frame: &Frame, name: &str, vm: &Vm) -> PyResult {
    let name = vm.intern(name);
    let found = mapping_get(frame.function().builtins(), name.as_value(), vm)?;
    match found {
        Some(found) => Ok(found),
        None if name.equals_str("__build_class__") => Err(vm.name_error("__build_class__ not found")),
        None => Err(vm.import_error("__import__ not found")),
    }
}

#[inline(always)]
pub fn import_name(r: &mut Regs<'_>, i: Instr) -> Flow {
    let name = r.name(i.index());
    let module = check!(import(r.frame(), name, r.peek(1), r.peek(2), r.vm()));
    r.finish(2, module)
}

#[inline(never)]
fn import(frame: &Frame, name: &Ref<Str>, fromlist: &Value, level: &Value, vm: &Vm) -> PyResult {
    let function = builtin(frame, "__import__", vm)?;
    let globals = pyrope_object::value_of(frame.globals());
    let locals = frame.locals.clone().unwrap_or(Value::none());
    vm.call(&function, &[name.to_value(), globals, locals, fromlist.clone(), level.clone()])
}

#[inline(always)]
pub fn import_from(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = check!(crate::imports::import_from(r.peek(1), r.name(i.index()), r.vm()));
    r.push(value);
    Flow::Next
}
