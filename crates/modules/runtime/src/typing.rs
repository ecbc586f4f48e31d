//! `_typing`: the parts of `typing` that the compiler's syntax needs.

use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Value, Vm};
use pyrope_types::model::module::module_dict;
use pyrope_types::typing;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_typing",
    doc: "Primitives and accelerators for the typing module.\n",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    let types = [
        ("TypeVar", B::TypeVar),
        ("TypeVarTuple", B::TypeVarTuple),
        ("ParamSpec", B::ParamSpec),
        ("ParamSpecArgs", B::ParamSpecArgs),
        ("ParamSpecKwargs", B::ParamSpecKwargs),
        ("Generic", B::Generic),
        ("TypeAliasType", B::TypeAlias),
        ("Union", B::Union),
    ];
    for (name, kind) in types {
        dict.set_str(name, vm.builtin(kind).to_value(), vm)?;
    }
    dict.set_str("NoDefault", typing::generic::no_default(vm), vm)
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    #[pyfunction("_idfunc(obj, /)")]
    fn idfunc(obj: &Value) -> Value {
        obj.clone()
    }
}
