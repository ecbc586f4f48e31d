//! Writing what is found by its name: classes, functions, and what reduces to a name.

use pyrope_object::{BuiltinType as B, Bytes, Dict, PyResult, Raised, Ref, Str, Tuple, Value, Vm};
use pyrope_types::containers::builtin_function;

use super::opcodes as op;
use super::pickler::Pickler;
use super::state::{extension_registry, pickling_error, reverse_import_mapping, reverse_name_mapping};

impl Pickler {
    /// The types of the singletons have no name to be found by: they are calls of `type`.
    pub(super) fn save_type(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let single = [
            (B::NoneType, Value::none()),
            (B::NotImplementedType, Value::not_implemented()),
            (B::Ellipsis, Value::ellipsis()),
        ];
        for (kind, singleton) in single {
            if object.is(&vm.builtin(kind).to_value()) {
                let arguments = vm.tuple_of([singleton]).into_value();
                let parts = vm.tuple_of([vm.builtin(B::Type).to_value(), arguments]);
                return self.save_reduce(&parts, Some(object), vm);
            }
        }
        self.save_global(object, None, vm)
    }

    /// Writes a reference by module and name; `name` is `__qualname__` if not given.
    pub(super) fn save_global(&self, object: &Value, name: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let name = match name {
            Some(name) => name.clone(),
            None => match vm.find_attr(object, vm.names().__qualname__.as_value())? {
                Some(name) => name,
                None => vm.get_attr(object, vm.names().__name__.as_value())?,
            },
        };
        let path = dotted_path(&name, vm)?;
        let module = which_module(object, &name, &path, vm)?;
        if self.protocol.get() >= 2 && self.save_extension(&module, &name, vm)? {
            return Ok(());
        }
        if self.protocol.get() >= 4 {
            self.save(&module, true, vm)?;
            self.save(&name, true, vm)?;
            self.write(&[op::STACK_GLOBAL]);
        } else {
            self.save_path(&module, &path, vm)?;
        }
        self.memoize(object, vm)
    }

    /// Writes the code of the extension registry, if there is one.
    fn save_extension(&self, module: &Value, name: &Value, vm: &Vm) -> PyResult<bool> {
        let key = vm.tuple_of([module.clone(), name.clone()]).into_value();
        let Some(code) = extension_registry(vm)?.get(&key, vm)? else { return Ok(false) };
        let code = vm.index_isize(&code)?;
        if !(1..=0x7FFF_FFFF).contains(&code) {
            return Err(vm.runtime_error(format!("extension code {code} is out of range")));
        }
        let [a, b, c, d] = (code as u32).to_le_bytes();
        match code {
            ..=0xFF => self.write(&[op::EXT1, a]),
            ..=0xFFFF => self.write(&[op::EXT2, a, b]),
            _ => self.write(&[op::EXT4, a, b, c, d]),
        }
        Ok(true)
    }

    /// Before protocol 4 a dotted name is a chain of calls of `getattr`.
    fn save_path(&self, module: &Value, path: &[Ref<Str>], vm: &Vm) -> PyResult<()> {
        let Some((first, rest)) = path.split_first() else { return Ok(()) };
        let new_style = self.protocol.get() >= 2;
        if !rest.is_empty() {
            let getattr = builtin_function("getattr", vm)?;
            for _ in rest {
                self.save(&getattr, true, vm)?;
                if !new_style {
                    self.write(&[op::MARK]);
                }
            }
        }
        self.save_toplevel(module, first.as_value(), vm)?;
        for name in rest {
            self.save(name.as_value(), true, vm)?;
            self.write(&[if new_style { op::TUPLE2 } else { op::TUPLE }, op::REDUCE]);
        }
        Ok(())
    }

    fn save_toplevel(&self, module: &Value, name: &Value, vm: &Vm) -> PyResult<()> {
        let (mut module, mut name) = (module.clone(), name.clone());
        if self.fix_imports.get() {
            (module, name) = python2_names(module, name, vm)?;
        }
        self.write(&[op::GLOBAL]);
        self.write_identifier(&module, "module", vm)?;
        self.write_identifier(&name, "global", vm)
    }

    /// Names beyond ASCII came with protocol 3.
    fn write_identifier(&self, name: &Value, kind: &str, vm: &Vm) -> PyResult<()> {
        let protocol = self.protocol.get();
        let encoding = if protocol >= 3 { "utf-8" } else { "ascii" };
        let encoded = match name.cast::<Str>() {
            Some(text) => pyrope_types::text::encode(&text, encoding, "strict", vm),
            None => Err(vm.type_error(format!("expected str, got {}", vm.type_name(name)))),
        };
        match encoded {
            Ok(encoded) => {
                self.write(encoded.downcast::<Bytes>().map(Bytes::as_slice).unwrap_or_default());
                self.write(b"\n");
                Ok(())
            }
            Err(raised) if vm.raised_is(B::UnicodeEncodeError) => {
                let cause = vm.catch(raised);
                let shown = vm.repr_text(name)?;
                let message = format!("can't pickle {kind} identifier {shown} using pickle protocol {protocol}");
                Err(from_cause(pickling_error(message, vm), cause, vm))
            }
            Err(raised) => Err(raised),
        }
    }
}

/// Where Python 2 had what is `module.name` now.
fn python2_names(module: Value, name: Value, vm: &Vm) -> PyResult<(Value, Value)> {
    let key = vm.tuple_of([module.clone(), name.clone()]).into_value();
    if let Some(found) = reverse_name_mapping(vm)?.get(&key, vm)? {
        return match found.downcast::<Tuple>().map(Tuple::as_slice) {
            Some([module, name]) => Ok((module.clone(), name.clone())),
            _ => Err(vm.runtime_error(format!(
                "_compat_pickle.REVERSE_NAME_MAPPING values should be 2-tuples, not {}",
                vm.type_name(&found)
            ))),
        };
    }
    let module = reverse_import_mapping(vm)?.get(&module, vm)?.unwrap_or(module);
    Ok((module, name))
}

/// The parts of a dotted name.
pub(super) fn dotted_path(name: &Value, vm: &Vm) -> PyResult<Vec<Ref<Str>>> {
    let Some(text) = name.cast::<Str>() else {
        return Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name))));
    };
    if !text.code_points().any(|c| c == u32::from(b'.')) {
        return Ok(vec![text]);
    }
    let units: Vec<u32> = text.code_points().collect();
    units.split(|&c| c == u32::from(b'.')).map(|part| vm.str_from_code_points(part)).collect()
}

/// The attribute at the end of a path.
pub(super) fn follow_path(object: &Value, path: &[Ref<Str>], vm: &Vm) -> PyResult {
    let mut at = object.clone();
    for name in path {
        at = vm.get_attr(&at, name.as_value())?;
    }
    Ok(at)
}

/// The name of the module where `object` is found under a path: `__module__`, or a search.
fn which_module(object: &Value, name: &Value, path: &[Ref<Str>], vm: &Vm) -> PyResult {
    let stated = vm.find_attr(object, vm.names().__module__.as_value())?;
    if path.iter().any(|part| part.equals_str("<locals>")) {
        return Err(pickling_error(format!("Can't pickle local object {}", vm.repr_text(object)?), vm));
    }
    let module_name = match stated.filter(|module| !module.is_none()) {
        Some(module) => module,
        None => match search_modules(object, path, vm)? {
            Some(module) => return Ok(module),
            None => vm.names().__main__.to_value(),
        },
    };
    let module = match import_named(&module_name, vm) {
        Ok(module) => module,
        Err(raised) => return Err(cannot_import(raised, object, vm)),
    };
    let found = match follow_path(&module, path, vm) {
        Ok(found) => found,
        Err(raised) if vm.raised_is(B::AttributeError) => {
            let cause = vm.catch(raised);
            let message = misplaced(object, &module_name, name, "not found as", vm)?;
            return Err(from_cause(pickling_error(message, vm), cause, vm));
        }
        Err(raised) => return Err(raised),
    };
    if found.is(object) {
        return Ok(module_name);
    }
    Err(pickling_error(misplaced(object, &module_name, name, "not the same object as", vm)?, vm))
}

fn misplaced(object: &Value, module: &Value, name: &Value, relation: &str, vm: &Vm) -> PyResult<String> {
    let (module, name) = (vm.str(module)?, vm.str(name)?);
    let object = vm.repr_text(object)?;
    Ok(format!("Can't pickle {object}: it's {relation} {}.{}", module.to_string_lossy(), name.to_string_lossy()))
}

/// ImportError, ValueError and KeyError of the import become PicklingError with them as context.
#[cold]
fn cannot_import(raised: Raised, object: &Value, vm: &Vm) -> Raised {
    if ![B::ImportError, B::ValueError, B::KeyError].into_iter().any(|kind| vm.raised_is(kind)) {
        return raised;
    }
    let cause = vm.catch(raised);
    let shown = || -> PyResult<String> {
        Ok(format!("Can't pickle {}: {}", vm.repr_text(object)?, vm.str(&cause)?.to_string_lossy()))
    };
    match shown() {
        Ok(message) => from_cause(pickling_error(message, vm), cause, vm),
        Err(raised) => raised,
    }
}

/// The exception being raised with `context` as what it arose from.
pub(super) fn from_cause(raised: Raised, context: Value, vm: &Vm) -> Raised {
    let exception = vm.catch(raised);
    pyrope_types::exceptions::set_context(&exception, Some(context));
    vm.reraise(exception)
}

/// `sys.modules[name]` after `import name`.
pub(super) fn import_named(name: &Value, vm: &Vm) -> PyResult {
    let import = builtin_function("__import__", vm)?;
    vm.call(&import, std::slice::from_ref(name))?;
    let modules = loaded_modules(vm)?;
    vm.get_item(&modules, name)
}

fn loaded_modules(vm: &Vm) -> PyResult {
    vm.get_attr_str(&vm.import("sys")?, "modules")
}

fn search_modules(object: &Value, path: &[Ref<Str>], vm: &Vm) -> PyResult<Option<Value>> {
    let modules = loaded_modules(vm)?;
    let Some(modules) = modules.downcast::<Dict>() else {
        return Err(vm.runtime_error("unable to get sys.modules"));
    };
    for entry in modules.entries() {
        let skipped = entry
            .key
            .downcast::<Str>()
            .is_some_and(|name| name.equals_str("__main__") || name.equals_str("__mp_main__"));
        if skipped || entry.value.is_none() {
            continue;
        }
        let found = vm.suppress(follow_path(&entry.value, path, vm), B::AttributeError)?;
        if found.is_some_and(|found| found.is(object)) {
            return Ok(Some(entry.key));
        }
    }
    Ok(None)
}
