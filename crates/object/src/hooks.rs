//! What the object model needs of the crates above it.

use crate::builtin::BuiltinType;
use crate::error::PyResult;
use crate::layout::Dict;
use crate::reference::Ref;
use crate::ty::Type;
use crate::typedef::TypeDef;
use crate::value::Value;
use crate::vm::Vm;

/// Entry points that `types` and `vm` provide when an interpreter is made.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// The description of `object`, and of `type`.
    pub object_def: &'static TypeDef,
    pub type_def: &'static TypeDef,
    /// Fills a native type's dict: methods, computed attributes, slot wrappers.
    pub fill_type: fn(&Type, &Ref<Dict>, &Vm),
    /// Makes an exception instance of a builtin kind.
    pub make_exception: fn(BuiltinType, &[Value], &Vm) -> PyResult,
    /// What [`Vm::raise_value`] does beyond storing: the implicit `__context__`.
    pub chain_context: fn(&Value, &Vm),
    /// `sys.unraisablehook`: message or none, object.
    pub write_unraisable: fn(Option<&str>, &Value, &Vm),
    /// `import name`: gives the module named (the last part of a dotted name).
    pub import: fn(&str, &Vm) -> PyResult,
    /// Issues a warning of a category (a type) at a stack level, about an object perhaps.
    pub warn: fn(&Value, &Value, isize, Option<&Value>, &Vm) -> PyResult<()>,
    /// Looks at [`crate::vm::breaker`] bits at a safe point: signals, lock hand-over, collection.
    pub check_breaker: fn(&Vm) -> PyResult<()>,
    /// Tells the audit hooks of an event and its arguments.
    pub audit: fn(&str, &[Value], &Vm) -> PyResult<()>,
    /// The globals of the running Python frame, if there is one.
    pub frame_globals: fn(&Vm) -> Option<Ref<Dict>>,
    /// Its builtins: any mapping.
    pub frame_builtins: fn(&Vm) -> Option<Value>,
}
