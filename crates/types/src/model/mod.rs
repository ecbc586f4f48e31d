//! The object model as Python sees it.

pub mod builtin_function;
pub mod class;
pub mod descriptors;
pub mod instance_checks;
pub mod module;
pub mod object;
mod reduce;
pub mod singletons;
pub mod slot_table;
pub mod structseq;
pub mod super_object;
pub mod weakref;
pub mod wrappers;

use pyrope_object::Object;

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[
    object::object_def,
    class::type_def,
    <builtin_function::BuiltinFunction as Object>::def,
    <builtin_function::Method as Object>::def,
    <descriptors::MethodDescriptor as Object>::def,
    <descriptors::ClassMethodDescriptor as Object>::def,
    <descriptors::WrapperDescriptor as Object>::def,
    <descriptors::MethodWrapper as Object>::def,
    <descriptors::GetSetDescriptor as Object>::def,
    <descriptors::MemberDescriptor as Object>::def,
    <wrappers::StaticMethod as Object>::def,
    <wrappers::ClassMethod as Object>::def,
    <wrappers::Property as Object>::def,
    <super_object::Super as Object>::def,
    <module::Module as Object>::def,
    weakref::RefType::def,
    weakref::ProxyType::def,
    weakref::CallableProxyType::def,
    <singletons::NoneType as Object>::def,
    <singletons::EllipsisType as Object>::def,
    <singletons::NotImplementedType as Object>::def,
];
