//! The identity of each core layout. What the type can do comes from the crate `types`, which describes the same place
//! in the table of builtin types in full; see [`crate::ty::Type::behaviour`].

use crate::builtin::BuiltinType;
use crate::header::Header;
use crate::layout::{Bytes, Dict, Float, Int, List, Str, Tuple};
use crate::reference::Object;
use crate::slots::Slots;
use crate::traverse::Traverse;
use crate::ty::Type;
use crate::typedef::{Layout, TypeDef, TypeFlags};
use crate::value::Value;
use crate::weak::{WeakCallableProxy, WeakProxy, WeakRef};

unsafe fn drop_fields<T>(object: *mut Header) {
    // SAFETY: the caller (the one place that ends objects) passes an object of layout `T` that dies now.
    unsafe { std::ptr::drop_in_place(object.cast::<T>()) }
}

unsafe fn traverse_fields<T: Traverse>(object: *const Header, visit: &mut dyn FnMut(&Value)) {
    // SAFETY: the caller passes a live object of layout `T`.
    unsafe { (*object.cast::<T>()).traverse(visit) }
}

unsafe fn clear_fields<T: Traverse>(object: *const Header, out: &mut Vec<Value>) {
    // SAFETY: the caller passes a live object of layout `T`.
    unsafe { (*object.cast::<T>()).clear(out) }
}

macro_rules! core_layouts {
    ($($layout:ident: $kind:ident, $name:literal, $constant:ident, $base:expr, $flags:expr, {$($field:ident: $value:expr),*};)*) => {
        $(
            /// How instances lie in memory.
            pub const $constant: Layout = Layout {
                $($field: $value,)*
                ..Layout { size: size_of::<$layout>(), trailing: None, drop: drop_fields::<$layout>, traverse: None, clear: None }
            };

            // SAFETY: `repr(C)` with the header first, and one static.
            unsafe impl Object for $layout {
                const SHAPE: u32 = match BuiltinType::$kind {
                    // Exact instances of `type` are older than the table of shapes.
                    BuiltinType::Type => crate::shape::NO_SHAPE,
                    kind => crate::shape::builtin_shape(kind),
                };

                #[inline(always)]
                fn def() -> &'static TypeDef {
                    static DEF: TypeDef = TypeDef {
                        name: $name,
                        module: "builtins",
                        signature: "",
                        doc: "",
                        base: $base,
                        flags: $flags,
                        layout: $constant,
                        slots: Slots::EMPTY,
                        methods: &[],
                        getset: &[],
                        unhashable: false,
                        builtin: Some(BuiltinType::$kind),
                        init: None,
                    };
                    &DEF
                }
            }
        )*

        /// The layout's own description, for places in the table whose layout is defined here.
        pub(crate) fn core_def(kind: BuiltinType) -> Option<&'static TypeDef> {
            match kind {
                $(BuiltinType::$kind => Some(<$layout as Object>::def()),)*
                BuiltinType::Object | BuiltinType::Generic => Some(<Plain as Object>::def()),
                _ => None,
            }
        }
    };
}

const GC: TypeFlags = TypeFlags::GC;
const WEAK: TypeFlags = TypeFlags::GC.or(TypeFlags::EXTENSION).or(TypeFlags::WEAKREF);

core_layouts! {
    Type: Type, "type", TYPE_LAYOUT, None, WEAK, { traverse: Some(traverse_fields::<Type>), clear: Some(clear_fields::<Type>) };
    Str: Str, "str", STR_LAYOUT, None, TypeFlags(0), { trailing: Some(Str::trailing), drop: Str::end };
    Bytes: Bytes, "bytes", BYTES_LAYOUT, None, TypeFlags(0), { trailing: Some(Bytes::trailing) };
    Int: Int, "int", INT_LAYOUT, None, TypeFlags(0), {};
    Float: Float, "float", FLOAT_LAYOUT, None, TypeFlags(0), {};
    Tuple: Tuple, "tuple", TUPLE_LAYOUT, None, GC, { trailing: Some(Tuple::trailing), drop: Tuple::drop_items, traverse: Some(traverse_fields::<Tuple>) };
    List: List, "list", LIST_LAYOUT, None, GC, { traverse: Some(traverse_fields::<List>), clear: Some(clear_fields::<List>) };
    Dict: Dict, "dict", DICT_LAYOUT, None, GC, { traverse: Some(traverse_fields::<Dict>), clear: Some(clear_fields::<Dict>) };
    WeakRef: WeakRef, "ReferenceType", WEAKREF_LAYOUT, None, GC, { traverse: Some(traverse_fields::<WeakRef>), clear: Some(clear_fields::<WeakRef>) };
    WeakProxy: WeakProxy, "ProxyType", WEAKPROXY_LAYOUT, None, GC, { traverse: Some(traverse_fields::<WeakProxy>), clear: Some(clear_fields::<WeakProxy>) };
    WeakCallableProxy: WeakCallableProxy, "CallableProxyType", WEAKCALLABLEPROXY_LAYOUT, None, GC, { traverse: Some(traverse_fields::<WeakCallableProxy>), clear: Some(clear_fields::<WeakCallableProxy>) };
}

impl Traverse for Tuple {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.as_slice().iter().for_each(|item| item.traverse(visit));
    }
}

impl Traverse for List {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.items.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        self.items.clear(out);
    }
}

impl Traverse for WeakRef {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.callback.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        out.extend(self.detach());
    }
}

impl Traverse for WeakProxy {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.reference.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        self.reference.clear(out);
    }
}

impl Traverse for WeakCallableProxy {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.reference.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        self.reference.clear(out);
    }
}

/// The layout of objects without native fields: `object` itself and plain classes.
#[repr(C)]
pub struct Plain {
    pub header: Header,
}

/// How plain objects lie in memory.
pub const PLAIN_LAYOUT: Layout =
    Layout { size: size_of::<Plain>(), trailing: None, drop: drop_fields::<Plain>, traverse: None, clear: None };

// SAFETY: `repr(C)` with the header first, and one static.
unsafe impl Object for Plain {
    fn def() -> &'static TypeDef {
        static DEF: TypeDef = TypeDef {
            name: "object",
            module: "builtins",
            signature: "()",
            doc: "",
            base: None,
            flags: TypeFlags::BASETYPE,
            layout: PLAIN_LAYOUT,
            slots: Slots::EMPTY,
            methods: &[],
            getset: &[],
            unhashable: false,
            builtin: Some(BuiltinType::Object),
            init: None,
        };
        &DEF
    }
}
