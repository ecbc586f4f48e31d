//! Static descriptions: what Rust code says of a type, a method, an attribute, a module. The same for all interpreters.

use crate::args::Args;
use crate::builtin::BuiltinType;
use crate::error::PyResult;
use crate::header::Header;
use crate::slots::Slots;
use crate::value::Value;
use crate::vm::Vm;

/// How a native function is entered. Functions of fixed arity keep a direct entry, so call sites skip argument parsing.
/// The first argument is `self`, the class, or the module.
#[derive(Clone, Copy)]
pub enum NativeFn {
    /// `f(self)`
    NoArgs(fn(&Value, &Vm) -> PyResult),
    /// `f(self, one)`
    One(fn(&Value, &Value, &Vm) -> PyResult),
    /// Anything else.
    Any(fn(&Value, Args<'_>, &Vm) -> PyResult),
}

/// What a function is bound to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    Instance,
    Class,
    Static,
}

/// A native function or method.
pub struct MethodDef {
    pub name: &'static str,
    pub function: NativeFn,
    pub binding: Binding,
    /// `__text_signature__`, such as `($self, object, /)`; empty if there is none.
    pub signature: &'static str,
    /// What [`accepts_keywords`](crate::bind::accepts_keywords) says of the signature.
    pub keywords: bool,
    /// `__doc__` without the signature.
    pub doc: &'static str,
}

/// An attribute computed by functions.
pub struct GetSetDef {
    pub name: &'static str,
    pub get: fn(&Value, &Vm) -> PyResult,
    /// Sets, or deletes when there is no value; absent for a read-only attribute.
    pub set: Option<fn(&Value, Option<&Value>, &Vm) -> PyResult<()>>,
    pub doc: &'static str,
    /// Shown as a `member_descriptor` (a field of the object) instead of a `getset_descriptor`.
    pub member: bool,
}

/// What a type allows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TypeFlags(pub u32);

impl TypeFlags {
    /// Can be subclassed from Python.
    pub const BASETYPE: TypeFlags = TypeFlags(1 << 10);
    /// Created by a `class` statement or `type()`: mutable, instances hold a reference to it.
    pub const HEAP: TypeFlags = TypeFlags(1 << 9);
    /// Attributes of the type cannot be set.
    pub const IMMUTABLE: TypeFlags = TypeFlags(1 << 8);
    /// Cannot be instantiated by calling it.
    pub const DISALLOW_INSTANTIATION: TypeFlags = TypeFlags(1 << 7);
    /// Instances are linked for the collector.
    pub const GC: TypeFlags = TypeFlags(1 << 14);
    /// Instances have the [`Extension`](crate::header::Extension) words (implies `GC`).
    pub const EXTENSION: TypeFlags = TypeFlags(1 << 0);
    /// Instances have a `__dict__`.
    pub const DICT: TypeFlags = TypeFlags(1 << 1);
    /// Instances can be weakly referenced.
    pub const WEAKREF: TypeFlags = TypeFlags(1 << 2);
    /// Rust code reaches instances as a struct of this type's own, be it no larger than the base's.
    pub const STRUCT: TypeFlags = TypeFlags(1 << 3);
    /// Has no `__new__` of its own to show: `object.__new__` makes its instances, through its slot.
    pub const PLAIN_NEW: TypeFlags = TypeFlags(1 << 4);
    /// Matches sequence patterns.
    pub const SEQUENCE: TypeFlags = TypeFlags(1 << 5);
    /// Matches mapping patterns.
    pub const MAPPING: TypeFlags = TypeFlags(1 << 6);
    /// Positional class patterns of one argument match the subject itself (int, str …).
    pub const MATCH_SELF: TypeFlags = TypeFlags(1 << 22);
    /// Its `__get__` makes bound methods of functions: method calls can skip the bound method.
    pub const METHOD_DESCRIPTOR: TypeFlags = TypeFlags(1 << 17);
    /// Abstract: has `__abstractmethods__`.
    pub const ABSTRACT: TypeFlags = TypeFlags(1 << 20);

    #[inline(always)]
    pub const fn or(self, other: TypeFlags) -> TypeFlags {
        TypeFlags(self.0 | other.0)
    }

    #[inline(always)]
    pub const fn has(self, other: TypeFlags) -> bool {
        self.0 & other.0 == other.0
    }

    pub const fn without(self, other: TypeFlags) -> TypeFlags {
        TypeFlags(self.0 & !other.0)
    }
}

/// How instances lie in memory.
pub struct Layout {
    /// Bytes from the header on, without trailing items.
    pub size: usize,
    /// Bytes of trailing items of this object (tuples, strings …); `None` for fixed size.
    pub trailing: Option<unsafe fn(*const Header) -> usize>,
    /// Drops the Rust fields in place.
    pub drop: unsafe fn(*mut Header),
    /// Calls back with each value that the object owns.
    pub traverse: Option<unsafe fn(*const Header, &mut dyn FnMut(&Value))>,
    /// Moves the values that may close a cycle out of the object.
    pub clear: Option<unsafe fn(*const Header, &mut Vec<Value>)>,
}

/// A native type.
pub struct TypeDef {
    /// `__name__`
    pub name: &'static str,
    /// `__module__`
    pub module: &'static str,
    /// Constructor's text signature, such as `(iterable=(), /)`; empty if none.
    pub signature: &'static str,
    pub doc: &'static str,
    /// Base type; `None` means `object` (or nothing, for `object` itself).
    pub base: Option<fn() -> &'static TypeDef>,
    pub flags: TypeFlags,
    pub layout: Layout,
    pub slots: Slots,
    /// Tables of methods (several `impl` blocks may each contribute one).
    pub methods: &'static [&'static [MethodDef]],
    /// Tables of computed attributes.
    pub getset: &'static [&'static [GetSetDef]],
    /// `hash()` is refused: `__hash__` is None.
    pub unhashable: bool,
    /// The place in the interpreter's table of builtin types.
    pub builtin: Option<BuiltinType>,
    /// Adds further attributes to the type's dict when it is made.
    pub init: Option<fn(&crate::ty::Type, &Vm) -> PyResult<()>>,
}

/// A native module.
pub struct ModuleDef {
    pub name: &'static str,
    pub doc: &'static str,
    pub functions: &'static [&'static [MethodDef]],
    /// Types to expose under their `name`.
    pub types: &'static [fn() -> &'static TypeDef],
    /// Adds constants and other attributes; `module` is the new module object.
    pub exec: Option<fn(module: &Value, &Vm) -> PyResult<()>>,
}
