//! `_types`: the builtin types that have no other name.

use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Value, Vm};
use pyrope_types::model::module::module_dict;

pub static MODULE: ModuleDef =
    ModuleDef { name: "_types", doc: "Define names for built-in types.", functions: &[], types: &[], exec: Some(exec) };

const NAMES: &[(&str, B)] = &[
    ("AsyncGeneratorType", B::AsyncGenerator),
    ("BuiltinFunctionType", B::BuiltinFunction),
    ("BuiltinMethodType", B::BuiltinFunction),
    ("CapsuleType", B::Capsule),
    ("CellType", B::Cell),
    ("ClassMethodDescriptorType", B::ClassMethodDescriptor),
    ("CodeType", B::Code),
    ("CoroutineType", B::Coroutine),
    ("EllipsisType", B::Ellipsis),
    ("FrameType", B::Frame),
    ("FunctionType", B::Function),
    ("GeneratorType", B::Generator),
    ("GenericAlias", B::GenericAlias),
    ("GetSetDescriptorType", B::GetSetDescriptor),
    ("LambdaType", B::Function),
    ("MappingProxyType", B::MappingProxy),
    ("MemberDescriptorType", B::MemberDescriptor),
    ("MethodDescriptorType", B::MethodDescriptor),
    ("MethodType", B::Method),
    ("MethodWrapperType", B::MethodWrapper),
    ("ModuleType", B::Module),
    ("NoneType", B::NoneType),
    ("NotImplementedType", B::NotImplementedType),
    ("SimpleNamespace", B::SimpleNamespace),
    ("TracebackType", B::Traceback),
    ("UnionType", B::Union),
    ("WrapperDescriptorType", B::WrapperDescriptor),
];

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    for (name, kind) in NAMES {
        dict.set_str(name, vm.builtin(*kind).to_value(), vm)?;
    }
    Ok(())
}
