//! Opcodes that fill containers, find globals, and make and restore objects.

use pyrope_object::protocol::generic_getattr;
use pyrope_object::{Args, BuiltinType as B, Dict, List, Object, OwnedArgs, PyResult, Str, Tuple, Type, Value, Vm};
use pyrope_types::containers::set::Set;
use pyrope_types::text::decode_utf8;

use super::find_class::find_class;
use super::load::Loader;
use super::state::{extension_cache, inverted_registry, unpickling_error};
use super::unpickler::{Unpickler, no_persistent_load};

type GetattrFn = fn(&Value, &Value, &Vm) -> PyResult;

impl Loader<'_, '_> {
    /// The items from `start` on, and the container below them; `None` if there are no items.
    fn items_above(&mut self, start: usize, vm: &Vm) -> PyResult<Option<(Value, Vec<Value>)>> {
        if start > self.stack.len() || start <= self.fence {
            return Err(self.underflow(vm));
        }
        if start == self.stack.len() {
            return Ok(None);
        }
        let container = self.stack[start - 1].clone();
        Ok(Some((container, self.pop_from(start))))
    }

    pub(super) fn append_from(&mut self, start: usize, vm: &Vm) -> PyResult<()> {
        if start <= self.fence || start > self.stack.len() {
            return Err(self.underflow(vm));
        }
        if let Some(list) = self.stack[start - 1].cast::<List>()
            && list.as_value().ty(vm).is(vm.builtin(B::List))
        {
            let Loader { stack, .. } = self;
            list.items.with_mut(|items| items.extend(stack.drain(start..)));
            return Ok(());
        }
        let Some((container, items)) = self.items_above(start, vm)? else { return Ok(()) };
        if let Some(extend) = vm.find_attr_str(&container, "extend")? {
            vm.call(&extend, &[vm.new_list(items).into_value()])?;
            return Ok(());
        }
        let append = vm.get_attr_str(&container, "append")?;
        for item in items {
            vm.call(&append, &[item])?;
        }
        Ok(())
    }

    pub(super) fn set_items_from(&mut self, start: usize, vm: &Vm) -> PyResult<()> {
        let Some((container, items)) = self.items_above(start, vm)? else { return Ok(()) };
        if items.len() % 2 != 0 {
            return Err(unpickling_error("odd number of items for SETITEMS", vm));
        }
        let mut items = items.into_iter();
        let dict = container.downcast_exact::<Dict>();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            match dict {
                Some(dict) => dict.set(key, value, vm)?,
                None => vm.set_item(&container, &key, Some(&value))?,
            }
        }
        Ok(())
    }

    pub(super) fn load_dict(&mut self, vm: &Vm) -> PyResult<()> {
        let items = self.pop_mark(vm)?;
        if items.len() % 2 != 0 {
            return Err(unpickling_error("odd number of items for DICT", vm));
        }
        let dict = vm.new_dict();
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            dict.set(key, value, vm)?;
        }
        self.stack.push(dict.into_value());
        Ok(())
    }

    pub(super) fn load_additems(&mut self, vm: &Vm) -> PyResult<()> {
        let mark = self.marker(vm)?;
        let Some((container, items)) = self.items_above(mark, vm)? else { return Ok(()) };
        if let Some(set) = container.downcast::<Set>() {
            for item in items {
                set.add(item, vm)?;
            }
            return Ok(());
        }
        let add = vm.get_attr_str(&container, "add")?;
        for item in items {
            vm.call(&add, &[item])?;
        }
        Ok(())
    }

    /// Calls `find_class`, the method that subclasses may override.
    fn find(&mut self, module: &Value, name: &Value, vm: &Vm) -> PyResult {
        let slf = self.unpickler.as_value();
        if slf.ty(vm).is_exactly(Unpickler::def()) {
            return find_class(self.unpickler, module, name, vm);
        }
        vm.call_method(slf, "find_class", &[module.clone(), name.clone()])
    }

    fn push_global(&mut self, module: &Value, name: &Value, vm: &Vm) -> PyResult<()> {
        let found = self.find(module, name, vm)?;
        self.stack.push(found);
        Ok(())
    }

    pub(super) fn load_stack_global(&mut self, vm: &Vm) -> PyResult<()> {
        let name = self.pop(vm)?;
        let module = self.pop(vm)?;
        if module.downcast_exact::<Str>().is_none() || name.downcast_exact::<Str>().is_none() {
            return Err(unpickling_error("STACK_GLOBAL requires str", vm));
        }
        self.push_global(&module, &name, vm)
    }

    /// A line as text; empty lines are cut off data.
    fn text_line(&mut self, vm: &Vm) -> PyResult {
        let line = self.input.line(vm)?;
        if line.len() < 2 {
            return Err(unpickling_error("pickle data was truncated", vm));
        }
        let body = line[..line.len() - 1].to_vec();
        Ok(decode_utf8(&body, "strict", vm)?.into_value())
    }

    pub(super) fn load_global(&mut self, vm: &Vm) -> PyResult<()> {
        let module = self.text_line(vm)?;
        let name = self.text_line(vm)?;
        self.push_global(&module, &name, vm)
    }

    pub(super) fn load_inst(&mut self, vm: &Vm) -> PyResult<()> {
        let mark = self.marker(vm)?;
        let module = self.text_line(vm)?;
        let name = self.text_line(vm)?;
        let class = self.find(&module, &name, vm)?;
        let arguments = self.pop_from(mark);
        let object = instantiate(&class, arguments, vm)?;
        self.stack.push(object);
        Ok(())
    }

    pub(super) fn load_obj(&mut self, vm: &Vm) -> PyResult<()> {
        let mark = self.marker(vm)?;
        if self.stack.len() <= mark {
            return Err(self.underflow(vm));
        }
        let arguments = self.pop_from(mark + 1);
        let class = self.pop(vm)?;
        let object = instantiate(&class, arguments, vm)?;
        self.stack.push(object);
        Ok(())
    }

    pub(super) fn load_newobj(&mut self, with_kwargs: bool, vm: &Vm) -> PyResult<()> {
        let what = if with_kwargs { "NEWOBJ_EX" } else { "NEWOBJ" };
        let kwargs = if with_kwargs { Some(self.pop(vm)?) } else { None };
        let args = self.pop(vm)?;
        let class = self.pop(vm)?;
        let wrong = |part: &str, expected: &str, found: &Value| {
            let kind = vm.type_name(found);
            unpickling_error(format!("{what} {part} argument must be a {expected}, not {kind}"), vm)
        };
        let Some(class) = class.downcast::<Type>() else { return Err(wrong("class", "type", &class)) };
        let Some(new) = class.slots().new else {
            let name = class.name();
            return Err(unpickling_error(format!("{what} class argument '{name}' doesn't have __new__"), vm));
        };
        let Some(positional) = args.downcast::<Tuple>() else { return Err(wrong("args", "tuple", &args)) };
        let object = match &kwargs {
            None => new(class, Args::positional_only(positional.as_slice()), vm)?,
            Some(kwargs) => {
                let Some(named) = kwargs.downcast::<Dict>() else { return Err(wrong("kwargs", "dict", kwargs)) };
                new(class, with_keywords(positional, named).as_args(), vm)?
            }
        };
        self.stack.push(object);
        Ok(())
    }

    pub(super) fn load_reduce(&mut self, vm: &Vm) -> PyResult<()> {
        let arguments = self.pop(vm)?;
        let callable = self.pop(vm)?;
        let Some(arguments) = arguments.downcast::<Tuple>() else {
            return Err(vm.type_error("argument list must be a tuple"));
        };
        let object = vm.call(&callable, arguments.as_slice())?;
        self.stack.push(object);
        Ok(())
    }

    pub(super) fn load_build(&mut self, vm: &Vm) -> PyResult<()> {
        if self.stack.len() < self.fence + 2 {
            return Err(self.underflow(vm));
        }
        let state = self.pop(vm)?;
        let object = self.top(vm)?;
        if let Some(setstate) = vm.find_attr(&object, vm.names().__setstate__.as_value())? {
            vm.call(&setstate, &[state])?;
            return Ok(());
        }
        let (state, slots) = match state.downcast::<Tuple>().map(Tuple::as_slice) {
            Some([state, slots]) => (state.clone(), Some(slots.clone())),
            _ => (state, None),
        };
        if !state.is_none() {
            let Some(dict) = state.downcast::<Dict>() else {
                return Err(unpickling_error("state is not a dictionary", vm));
            };
            restore_attributes(&object, dict, vm)?;
        }
        if let Some(slots) = slots {
            let Some(slots) = slots.downcast::<Dict>() else {
                return Err(unpickling_error("slot state is not a dictionary", vm));
            };
            for entry in slots.entries() {
                vm.set_attr(&object, &entry.key, Some(&entry.value))?;
            }
        }
        Ok(())
    }

    pub(super) fn load_persid(&mut self, vm: &Vm) -> PyResult<()> {
        let line = self.input.line(vm)?;
        let body = &line[..line.len() - 1];
        let Some(id) = std::str::from_utf8(body).ok().filter(|id| id.is_ascii()) else {
            return Err(unpickling_error("persistent IDs in protocol 0 must be ASCII strings", vm));
        };
        let id = vm.try_str(id)?.into_value();
        self.load_persistent(id, vm)
    }

    pub(super) fn load_persistent(&mut self, id: Value, vm: &Vm) -> PyResult<()> {
        let Some(persistent_load) = self.unpickler.persistent_load.get() else { return Err(no_persistent_load(vm)) };
        let object = vm.call(&persistent_load, &[id])?;
        self.stack.push(object);
        Ok(())
    }

    pub(super) fn load_extension(&mut self, code: i64, vm: &Vm) -> PyResult<()> {
        if code <= 0 {
            return Err(unpickling_error("EXT specifies code <= 0", vm));
        }
        let key = vm.int(code);
        if let Some(known) = extension_cache(vm)?.get(&key, vm)? {
            self.stack.push(known);
            return Ok(());
        }
        let Some(pair) = inverted_registry(vm)?.get(&key, vm)? else {
            return Err(vm.value_error(format!("unregistered extension code {code}")));
        };
        let (module, name) = match pair.downcast::<Tuple>().map(Tuple::as_slice) {
            Some([module, name]) if module.downcast::<Str>().is_some() && name.downcast::<Str>().is_some() => {
                (module.clone(), name.clone())
            }
            _ => return Err(vm.value_error(format!("_inverted_registry[{code}] isn't a 2-tuple of strings"))),
        };
        let object = self.find(&module, &name, vm)?;
        extension_cache(vm)?.set(key, object.clone(), vm)?;
        self.stack.push(object);
        Ok(())
    }
}

fn with_keywords(positional: &Tuple, named: &Dict) -> OwnedArgs {
    let mut call = OwnedArgs { values: positional.as_slice().to_vec(), kwnames: Vec::new() };
    for entry in named.entries() {
        call.kwnames.push(entry.key);
        call.values.push(entry.value);
    }
    call
}

/// Makes an object as Python 2's classes were made: without arguments and `__getinitargs__`, by `__new__` alone.
fn instantiate(class: &Value, arguments: Vec<Value>, vm: &Vm) -> PyResult {
    if arguments.is_empty()
        && class.downcast::<Type>().is_some()
        && vm.find_attr(class, vm.names().__getinitargs__.as_value())?.is_none()
    {
        return vm.call_method(class, "__new__", std::slice::from_ref(class));
    }
    vm.call(class, &arguments)
}

/// `object.__dict__.update(state)` with names interned. An ordinary instance gets its attributes without a dict.
fn restore_attributes(object: &Value, state: &Dict, vm: &Vm) -> PyResult<()> {
    let ordinary = object.has_instance_attributes()
        && object.ty(vm).slots().getattr.is_some_and(|f| std::ptr::fn_addr_eq(f, generic_getattr as GetattrFn))
        && has_plain_dict(object, vm);
    let interned = |key: Value| match key.cast::<Str>() {
        Some(text) if text.as_value().ty(vm).is(vm.builtin(B::Str)) => vm.intern_str(&text).into_value(),
        _ => key,
    };
    if ordinary {
        for entry in state.entries() {
            object.set_instance_attribute(&interned(entry.key), entry.value, vm)?;
        }
        return Ok(());
    }
    let dict = vm.get_attr(object, vm.names().__dict__.as_value())?;
    for entry in state.entries() {
        vm.set_item(&dict, &interned(entry.key), Some(&entry.value))?;
    }
    Ok(())
}

/// True if `__dict__` is the native one, which no class of the object's replaces.
fn has_plain_dict(object: &Value, vm: &Vm) -> bool {
    let found = object.ty(vm).lookup(&vm.names().__dict__, vm);
    found.is_some_and(|found| found.ty(vm).is(vm.builtin(B::GetSetDescriptor)))
}
