//! `ImportError`

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{Signature, bind};
use pyrope_object::{Args, BuiltinType as B, PyResult, Ref, Slots, Str, Tuple, Value, Vm};

use super::base::{Exception, args as args_of, init_args, own_dict, reduced};
use super::carrying::{dict_with, keyword_only};
use super::members::{layout, members};

layout! {
    /// Import can't find module, or can't find name in module.
    #[pyclass(
        name = "ImportError", base = Exception, builtin = ImportError, flags(BASETYPE, GC, DICT),
        slots = SLOTS, methods(ImportError::METHODS), getset(MEMBERS)
    )]
    ImportError { msg, name, path, name_from }
}

members! {
    MEMBERS: ImportError {
        "msg" msg "exception message";
        "name" name "module name";
        "path" path "module path";
        "name_from" name_from "name imported from module";
    }
}

const SLOTS: Slots =
    Slots { new: Some(super::base::new::<ImportError>), init: Some(init), str: Some(str), ..Slots::EMPTY };

static SIGNATURE: Signature = keyword_only("ImportError", &["name", "path", "name_from"]);

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    init_args(slf, args, vm);
    let mut fields = [None; 3];
    bind(&SIGNATURE, args, &mut fields, vm)?;
    let Some(this) = slf.downcast::<ImportError>() else { return Ok(()) };
    this.name.set(fields[0].cloned());
    this.path.set(fields[1].cloned());
    this.name_from.set(fields[2].cloned());
    this.msg.set(match args.positional() {
        [message] => Some(message.clone()),
        _ => None,
    });
    Ok(())
}

fn str(slf: &Value, vm: &Vm) -> PyResult {
    match slf.downcast::<ImportError>().and_then(|e| e.msg.get()) {
        Some(message) if message.downcast_exact::<Str>().is_some() => Ok(message),
        _ => super::base::str(slf, vm),
    }
}

#[pymethods]
impl ImportError {
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult<Ref<Tuple>> {
        let fields = match slf.downcast::<ImportError>() {
            Some(this) => [this.name.get(), this.path.get(), this.name_from.get()],
            None => [None, None, None],
        };
        let state = if fields.iter().any(Option::is_some) {
            let [name, path, name_from] = fields;
            let fields = [("name", name), ("path", path), ("name_from", name_from)];
            dict_with(slf, &fields, vm)?.into_value()
        } else {
            own_dict(slf, vm)?.map_or(Value::none(), Ref::into_value)
        };
        Ok(reduced(slf, args_of(slf, vm).into_value(), state, vm))
    }
}

/// Raises `kind` (ImportError or ModuleNotFoundError) with its fields.
#[cold]
pub fn raise_import_error(
    vm: &Vm,
    kind: B,
    message: &str,
    name: Option<Value>,
    path: Option<Value>,
    name_from: Option<Value>,
) -> pyrope_object::Raised {
    let raised = vm.raise(kind, message);
    let exception = vm.catch(raised);
    if let Some(this) = exception.downcast::<ImportError>() {
        this.name.set(name);
        this.path.set(path);
        this.name_from.set(name_from);
    }
    vm.reraise(exception)
}
