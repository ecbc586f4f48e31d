//! Attribute macros that turn Rust structs and functions into Python-visible tables. They parse arguments and emit
//! static descriptions ([`TypeDef`, `MethodDef`, `GetSetDef`](../pyrope_object/typedef/index.html)); behaviour is never
//! theirs.
//!
//! # A type
//!
//! ```ignore
//! /// Built-in mutable sequence.
//! #[pyclass(
//!     name = "list",
//!     signature = "(iterable=(), /)",
//!     flags(BASETYPE, GC, SEQUENCE),
//!     builtin = List,
//!     methods(List::METHODS),
//!     getset(List::GETSETS),
//!     slots = LIST_SLOTS,
//!     unhashable
//! )]
//! #[derive(Traverse)]
//! pub struct List {
//!     header: Header,
//!     items: Guarded<Vec<Value>>,
//!     #[traverse(skip)]
//!     exports: Cell<usize>,
//! }
//!
//! #[pymethods]
//! impl List {
//!     /// Append object to the end of the list.
//!     #[method("append($self, object, /)")]
//!     fn append(&self, object: Value) {
//!         self.items.with_mut(|items| items.push(object));
//!     }
//!
//!     /// Remove and return item at index (default last).
//!     #[method("pop($self, index=-1, /)")]
//!     fn pop(&self, index: isize, vm: &Vm) -> PyResult { … }
//! }
//! ```
//!
//! The layouts that `pyrope-object` itself defines get their behaviour through a struct without fields:
//!
//! ```ignore
//! /// Built-in mutable sequence.
//! #[pyclass(name = "list", layout = LIST_LAYOUT, flags(BASETYPE, GC), builtin = List, methods(ListType::METHODS))]
//! pub struct ListType;
//!
//! #[pymethods]
//! impl ListType {
//!     /// Remove all items from list.
//!     #[method("clear($self, /)")]
//!     fn clear(this: &List) { drop(this.items.take()) }
//! }
//! // ListType::def() is the description.
//! ```
//!
//! # Functions
//!
//! ```ignore
//! #[pyfunctions]
//! mod functions {
//!     /// Return the number of items in a container.
//!     #[pyfunction("len(obj, /)")]
//!     fn len(obj: &Value, vm: &Vm) -> PyResult<usize> { vm.len(obj) }
//! }
//! // functions::FUNCTIONS is the table.
//! ```
//!
//! # Text signatures
//!
//! The string in `#[method("…")]`, `#[classmethod("…")]`, `#[staticmethod("…")]`, `#[pyfunction("…")]` is CPython's
//! `__text_signature__` behind the function's name, and the only source of names, kinds and defaults. Copy it from
//! CPython. `$self`, `$type`, `$module` are added where they are left out. Rust parameters match the signature's in
//! order:
//!
//! | in the signature | in Rust |
//! |---|---|
//! | `x` | any `T: FromArg`: `&Value`, `Value`, `i64`, `isize`, `usize`, `i32`, `u32`, `u64`, `f64`, `bool` (truth), `IBig`, `&str` (no NUL), `String`, `CodePoint`, `BytesLike<'_>`, `WritableBytes`, `&List` … |
//! | `x=anything` | `Option<T>`: absent is `None`; Python's None is `Some` of it (for `Option<&Value>`) |
//! | `x=None` | `OrNone<T>`: absent and Python's None both are `OrNone(None)` |
//! | `x=literal` | also `T`: the literal (int, float, bool, str, bytes, `sys.maxsize`), converted by Rust |
//! | `*args` | `&[Value]` |
//! | `**kwargs` | `Kwargs<'_>` |
//!
//! A parameter named `vm` receives the `Vm` wherever it stands. A function whose only other parameter is `args: Args<'_>`
//! parses its arguments itself; its attribute may then give the name alone, if CPython shows no signature.
//!
//! The receiver is `&self`, or a first parameter `slf: &Value` (unchecked), `this: &Ref<T>` or `this: &T`. Class methods
//! take the class the same way, module functions the module in a first parameter `module: &Value`.
//!
//! Results: any `T: IntoResult` or `PyResult<T>`. The Rust doc comment becomes `__doc__`.
//!
//! The call's counting errors have CPython's words: functions without parameters become `NativeFn::NoArgs`, with one
//! positional-only required parameter `NativeFn::One` (both counted by the caller, see `bind::call_native`), all others
//! `NativeFn::Any`, which count for themselves.

mod function;
mod literal;
mod pyclass;
mod pymethods;
mod signature;
mod traverse;

use proc_macro::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, parse_macro_input};

/// Implements `Traverse` field by field, for structs and enums. The field `header` and fields marked
/// `#[traverse(skip)]` are left out; every other field's type implements `Traverse`.
#[proc_macro_derive(Traverse, attributes(traverse))]
pub fn derive_traverse(input: TokenStream) -> TokenStream {
    finish(traverse::derive(parse_macro_input!(input)))
}

/// Makes a struct whose first field is `header: Header` the layout of a native type: adds `repr(C)` and implements
/// `Object` with a static `TypeDef`. All arguments are optional:
///
/// - `name = "list"` (default: the struct's name), `module = "builtins"`, `signature = "(iterable=(), /)"`,
///   `doc = "…"` (default: the doc comment)
/// - `base = Other`: the layout of the base type (default: `object`)
/// - `flags(BASETYPE, GC, WEAKREF, DICT, SEQUENCE, …)`: constants of `TypeFlags`. `EXTENSION`, `DICT` and `WEAKREF`
///   imply `GC`, which asks for `Traverse`; `DICT` and `WEAKREF` imply `EXTENSION`. The type is `IMMUTABLE` unless
///   `MUTABLE` or `HEAP` is listed.
/// - `builtin = List`: its place in `BuiltinType`
/// - `methods(List::METHODS, …)`, `getset(List::GETSETS, …)`: tables from `#[pymethods]`
/// - `slots = LIST_SLOTS`: a const expression of type `Slots`
/// - `init = path`: `fn(&Type, &Vm) -> PyResult<()>`, adds further attributes
/// - `unhashable`: `__hash__` is None
/// - `trailing = path`: `unsafe fn(*const Header) -> usize`, bytes of trailing items
/// - `layout = LIST_LAYOUT`: the layout is one that `pyrope-object` defines. The struct then has no fields and stands
///   for the type's behaviour only: it gets an inherent `def()`, and its methods take `this: &List` instead of `&self`.
#[proc_macro_attribute]
pub fn pyclass(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments);
    finish(pyclass::expand(arguments, parse_macro_input!(item)))
}

/// Stands on `impl Type { … }` and adds `Type::METHODS` and `Type::GETSETS`, the tables of the functions inside that
/// bear `#[method("…")]`, `#[classmethod("…")]`, `#[staticmethod("…")]`, `#[getter]`, `#[getter("name")]`,
/// `#[setter("name")]`. `#[member]` beside a getter makes a `member_descriptor`. A setter is
/// `fn(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()>`, where no value means delete. Further blocks of the same
/// type take a suffix: `#[pymethods(ITER)]` gives `METHODS_ITER`, `GETSETS_ITER`.
#[proc_macro_attribute]
pub fn pymethods(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let suffix = parse_macro_input!(arguments as Suffix);
    finish(pymethods::methods(suffix.0, parse_macro_input!(item)))
}

/// Stands on `mod name { … }` and adds `name::FUNCTIONS`, the table of the functions inside that bear
/// `#[pyfunction("…")]`. With `#[pyfunctions(EXTRA)]` the table is `FUNCTIONS_EXTRA`.
#[proc_macro_attribute]
pub fn pyfunctions(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let suffix = parse_macro_input!(arguments as Suffix);
    finish(pymethods::functions(suffix.0, parse_macro_input!(item)))
}

/// An optional identifier.
struct Suffix(Option<Ident>);

impl syn::parse::Parse for Suffix {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        Ok(Suffix(if input.is_empty() { None } else { Some(input.parse()?) }))
    }
}

fn finish(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result
        .unwrap_or_else(|error| {
            let errors = error.to_compile_error();
            quote!(#errors)
        })
        .into()
}

/// An expression without the group that handing it through a macro puts around it.
fn ungrouped(expression: &Expr) -> &Expr {
    match expression {
        Expr::Group(group) => ungrouped(&group.expr),
        other => other,
    }
}

/// The doc comment as Python sees it: lines joined, the leading blank of each line gone.
fn doc_of(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            // What a macro hands on stands in a group.
            Meta::NameValue(meta) if meta.path.is_ident("doc") => match ungrouped(&meta.value) {
                Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let stripped: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    stripped.join("\n").trim().to_owned()
}
