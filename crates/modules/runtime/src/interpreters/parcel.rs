//! What goes from one interpreter to another: plain data, from which the other makes objects of its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use pyrope_bytecode::{Instructions, Opcode};
use pyrope_object::layout::{Bytes, Str, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Raised, Value, Vm};
use pyrope_types::model::module::module_dict;
use pyrope_vm::{CodeObject, Function};

use super::errors;
use super::family::{Family, membership};
use crate::marshal;

/// An object on its way.
pub enum Parcel {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Vec<u32>),
    Bytes(Vec<u8>),
    Tuple(Vec<Parcel>),
    Queue(QueueTicket),
    /// A function that needs nothing but builtins: its code, marshalled.
    Function(Vec<u8>),
    Pickle(Pickle),
}

/// A pickled object, and the file of the program it may name things of.
pub struct Pickle {
    data: Vec<u8>,
    main: Option<String>,
}

/// Keeps a queue while it is on its way.
pub struct QueueTicket {
    pub id: i64,
    family: Weak<Family>,
}

impl QueueTicket {
    fn new(id: i64, family: &Arc<Family>) -> Option<QueueTicket> {
        family.queues().bind(id).then(|| QueueTicket { id, family: Arc::downgrade(family) })
    }
}

impl Drop for QueueTicket {
    fn drop(&mut self) {
        let Some(family) = self.family.upgrade() else { return };
        // Its items may be tickets, too: they go after the table is free.
        let rest = family.queues().release(self.id);
        drop(rest);
    }
}

/// How far to go for an object that has no plain form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    Refuse,
    /// Functions by their code, others by `pickle`.
    Pickle,
}

/// Is the object of a type that has a plain form?
pub fn is_shareable(value: &Value, vm: &Vm) -> bool {
    let class = value.ty(vm);
    let plain = [B::NoneType, B::Bool, B::Int, B::Float, B::Str, B::Bytes, B::Tuple];
    plain.into_iter().any(|kind| class.is(vm.builtin(kind))) || queue_id(value, vm).is_some()
}

fn queue_id(value: &Value, vm: &Vm) -> Option<i64> {
    let class = super::queues::queue_class(vm)?;
    if !class.is(&value.ty(vm).to_value()) {
        return None;
    }
    match vm.get_attr_str(value, "_id") {
        Ok(id) => id.as_i64(),
        Err(raised) => {
            vm.ignore(raised);
            None
        }
    }
}

impl Parcel {
    /// Packs an object.
    pub fn pack(value: &Value, fallback: Fallback, vm: &Vm) -> PyResult<Parcel> {
        vm.check_stack(" while sharing an object")?;
        if let Some(parcel) = Self::plain(value, fallback, vm)? {
            return Ok(parcel);
        }
        let refusal = |vm: &Vm| {
            let text = vm.str(value)?;
            Ok(errors::not_shareable(
                &format!("{} does not support cross-interpreter data", text.to_string_lossy()),
                vm,
            ))
        };
        if fallback == Fallback::Refuse {
            return Err(refusal(vm)?);
        }
        if let Some(function) = value.downcast_exact::<Function>() {
            match Self::function(function, vm) {
                Ok(parcel) => return Ok(parcel),
                Err(raised) => vm.ignore(raised),
            }
        }
        match Self::pickled(value, vm) {
            Ok(parcel) => Ok(parcel),
            Err(raised) => {
                vm.ignore(raised);
                Err(refusal(vm)?)
            }
        }
    }

    fn plain(value: &Value, fallback: Fallback, vm: &Vm) -> PyResult<Option<Parcel>> {
        let class = value.ty(vm);
        let is = |kind: B| class.is(vm.builtin(kind));
        Ok(Some(if value.is_none() {
            Parcel::None
        } else if let Some(truth) = value.as_bool() {
            Parcel::Bool(truth)
        } else if is(B::Int) {
            // A larger one has no plain form.
            let Some(number) = vm.index_i64(value)? else { return Ok(None) };
            Parcel::Int(number)
        } else if is(B::Float) {
            Parcel::Float(vm.to_f64(value)?)
        } else if let Some(text) = value.downcast_exact::<Str>() {
            Parcel::Str(text.code_points().collect())
        } else if let Some(bytes) = value.downcast_exact::<Bytes>() {
            Parcel::Bytes(bytes.as_slice().to_vec())
        } else if let Some(tuple) = value.downcast_exact::<Tuple>() {
            Parcel::Tuple(
                tuple.as_slice().iter().map(|item| Parcel::pack(item, fallback, vm)).collect::<PyResult<_>>()?,
            )
        } else if let Some(id) = queue_id(value, vm) {
            match QueueTicket::new(id, &membership(vm).family) {
                Some(ticket) => Parcel::Queue(ticket),
                None => return Err(super::queues::not_found(id, vm)),
            }
        } else {
            return Ok(None);
        }))
    }

    /// A function that can be made anew from its code alone; another is refused with ValueError.
    pub fn function(function: &Function, vm: &Vm) -> PyResult<Parcel> {
        if function.has_defaults() {
            return Err(vm.value_error("defaults not supported"));
        }
        if function.closure().is_some_and(|cells| !cells.is_empty()) {
            return Err(vm.value_error("closures not supported"));
        }
        let code = function.code();
        check_globals(&code, function, vm)?;
        Ok(Parcel::Function(marshal::dump_code(&code, vm)?))
    }

    fn pickled(value: &Value, vm: &Vm) -> PyResult<Parcel> {
        let data = vm.call_method(&vm.import("pickle")?, "dumps", std::slice::from_ref(value))?;
        let Some(bytes) = data.downcast::<Bytes>() else { return Err(vm.type_error("pickle.dumps() gave no bytes")) };
        Ok(Parcel::Pickle(Pickle { data: bytes.as_slice().to_vec(), main: main_file(vm)? }))
    }

    /// Makes an object of the interpreter that receives it.
    pub fn unpack(self, vm: &Vm) -> PyResult {
        Ok(match self {
            Parcel::None => Value::none(),
            Parcel::Bool(truth) => Value::bool(truth),
            Parcel::Int(number) => vm.int(number),
            Parcel::Float(number) => vm.float(number),
            Parcel::Str(text) => vm.str_from_code_points(&text)?.into_value(),
            Parcel::Bytes(bytes) => vm.new_bytes(&bytes)?.into_value(),
            Parcel::Tuple(items) => {
                let items = items.into_iter().map(|item| item.unpack(vm)).collect::<PyResult<Vec<_>>>()?;
                vm.new_tuple(items).into_value()
            }
            Parcel::Queue(ticket) => {
                let queues = vm.import("concurrent.interpreters._queues")?;
                vm.call_method(&queues, "Queue", &[vm.int(ticket.id)])?
            }
            Parcel::Function(code) => make_function(&code, vm)?,
            Parcel::Pickle(pickle) => pickle.load(vm)?,
        })
    }
}

/// Refuses code that reads globals which are no builtins.
fn check_globals(code: &CodeObject, function: &Function, vm: &Vm) -> PyResult<()> {
    let builtins = function.builtins();
    let names = &code.load(vm)?.names;
    for instruction in Instructions::new(code.bytecode()) {
        let index = match instruction.opcode.general() {
            Opcode::LoadGlobal => instruction.oparg >> 1,
            Opcode::LoadName => instruction.oparg,
            _ => continue,
        };
        let Some(name) = names.get(index as usize) else { continue };
        let shadowed = function.globals().get(name.as_value(), vm)?.is_some();
        if shadowed || !vm.contains(builtins, name.as_value())? {
            return Err(vm.value_error("globals not supported"));
        }
    }
    Ok(())
}

/// A function with the globals of `__main__`.
fn make_function(code: &[u8], vm: &Vm) -> PyResult {
    let code = marshal::load_code(code, vm)?;
    Ok(Function::new(&code, &super::main_dict(vm)?, None, vm)?.into_value())
}

/// The file that `__main__` was run from.
fn main_file(vm: &Vm) -> PyResult<Option<String>> {
    let Some(modules) = vm.interp().modules.get() else { return Ok(None) };
    let Some(main) = modules.get_str("__main__", vm)? else { return Ok(None) };
    let file = vm.find_attr_str(&main, "__file__")?;
    Ok(file.and_then(|file| file.downcast::<Str>().and_then(|file| file.to_utf8().map(|file| file.into_owned()))))
}

/// The programs whose files stood in for a sender's `__main__`.
#[derive(Default)]
struct StandIns {
    made: RefCell<HashMap<String, Value>>,
}

impl Pickle {
    fn load(&self, vm: &Vm) -> PyResult {
        let loaded = match self.try_load(vm) {
            Err(raised) if vm.raised_is(B::AttributeError) && self.main.is_some() => {
                let first = vm.catch(raised);
                self.load_with_main(vm).and_then(|loaded| loaded.ok_or_else(|| vm.reraise(first)))
            }
            loaded => loaded,
        };
        loaded.map_err(|raised| refused("object could not be unpickled", raised, vm))
    }

    fn try_load(&self, vm: &Vm) -> PyResult {
        let data = vm.new_bytes(&self.data)?.into_value();
        vm.call_method(&vm.import("pickle")?, "loads", &[data])
    }

    /// The pickle may name something of the sender's `__main__`: the module made of its file stands in for `__main__`
    /// meanwhile. `None` where there is no such file.
    fn load_with_main(&self, vm: &Vm) -> PyResult<Option<Value>> {
        let (Some(file), Some(modules)) = (&self.main, vm.interp().modules.get()) else { return Ok(None) };
        let Some(stand_in) = stand_in(file, vm)? else { return Ok(None) };
        let main = vm.names().__main__.to_value();
        let real = modules.insert(main.clone(), stand_in, vm)?;
        let loaded = self.try_load(vm);
        match real {
            Some(real) => drop(modules.insert(main, real, vm)?),
            None => drop(modules.remove(&main, vm)?),
        }
        loaded.map(Some)
    }
}

/// A module in which the file was run under another name than `__main__`, once.
fn stand_in(file: &str, vm: &Vm) -> PyResult<Option<Value>> {
    let known = vm.state::<StandIns>().made.borrow().get(file).cloned();
    if known.is_some() {
        return Ok(known);
    }
    let Ok(source) = std::fs::read(file) else { return Ok(None) };
    let module = vm.call(&vm.builtin(B::Module).to_value(), &[vm.new_str("<fake __main__>").into_value()])?;
    let names = module_dict(&module, vm)?;
    let filename = vm.new_str(file).into_value();
    names.set_str("__file__", filename.clone(), vm)?;
    let code = crate::builtins::compile_program(&source, &filename, vm)?;
    pyrope_vm::run_code(&code, &names, None, vm)?;
    let old = vm.state::<StandIns>().made.borrow_mut().insert(file.to_owned(), module.clone());
    drop(old);
    Ok(Some(module))
}

/// NotShareableError with the exception that is pending as its cause.
pub fn refused(message: &str, raised: Raised, vm: &Vm) -> Raised {
    let cause = vm.catch(raised);
    let raised = errors::not_shareable(message, vm);
    let error = vm.catch(raised);
    match vm.set_attr_str(&error, "__cause__", &cause) {
        Ok(()) => vm.reraise(error),
        Err(raised) => raised,
    }
}
