//! One native function: its wrapper, which binds and converts arguments, and its `MethodDef`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, Pat, Path, Result, ReturnType, Signature as RustSignature, Type};

use crate::doc_of;
use crate::literal::rust_literal;
use crate::signature::{Kind, Param, Signature};

/// What a function is bound to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    Instance,
    Class,
    Static,
    /// A module's function: the receiver is passed on only to a parameter named `module`.
    Module,
}

impl Binding {
    /// What CPython's text signatures show as the first parameter.
    fn receiver(self) -> &'static str {
        match self {
            Binding::Instance => "$self",
            Binding::Class => "$type",
            Binding::Static => "",
            Binding::Module => "$module",
        }
    }

    fn variant(self) -> TokenStream {
        match self {
            Binding::Instance => quote!(glue::Binding::Instance),
            Binding::Class => quote!(glue::Binding::Class),
            Binding::Static | Binding::Module => quote!(glue::Binding::Static),
        }
    }
}

/// The generated parts of one function.
pub struct Generated {
    /// The wrapper function's item.
    pub wrapper: TokenStream,
    /// The table entry.
    pub entry: TokenStream,
}

/// Generates wrapper and table entry of `function`, called through `path` (such as `Self::append` or `len`), seen from
/// Python with the text signature `text`. `scope` is what the wrapper's own name is reached through (`Self::` or nothing).
pub fn generate(
    binding: Binding,
    text: &str,
    text_span: Span,
    attributes: &[Attribute],
    function: &RustSignature,
    (scope, path): (TokenStream, TokenStream),
) -> Result<Generated> {
    let signature = Signature::parse(text, binding.receiver(), text_span)?;
    let inputs = Inputs::of(binding, function)?;
    let body = Body::new(&signature, &inputs, function)?;
    let wrapper_name = format_ident!("__py_{}", function.ident.to_string().trim_start_matches("r#"));
    let cfgs: Vec<_> = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
    let (name, text_signature, doc) = (&signature.name, &signature.text, doc_of(attributes));
    let (variant, parameters) = body.entry_point();
    let (bind, arguments) = (&body.statements, &body.arguments);
    let (receive, receiver) = receive(&inputs, name);
    let call = into_result(&function.output, quote!(#path(#receiver #(#arguments),*)));
    let binding = binding.variant();
    let wrapper = quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(unused_variables, clippy::all, clippy::pedantic)]
        fn #wrapper_name(__slf: &::pyrope_object::bind::glue::Value, #parameters __vm: &::pyrope_object::bind::glue::Vm)
            -> ::pyrope_object::bind::glue::PyResult
        {
            use ::pyrope_object::bind::glue;
            #bind
            #receive
            #call
        }
    };
    let entry = quote! {
        #(#cfgs)*
        glue::MethodDef {
            name: #name,
            function: glue::NativeFn::#variant(#scope #wrapper_name),
            binding: #binding,
            signature: #text_signature,
            keywords: glue::accepts_keywords(#text_signature),
            doc: #doc,
        }
    };
    Ok(Generated { wrapper, entry })
}

/// A Rust parameter that is filled from Python's arguments or with the Vm.
enum Input {
    Vm,
    Python(Box<Type>),
}

/// How the first parameter is made of the value that the function is called on.
pub enum Receiver {
    None,
    /// `&self`
    This,
    Typed(Box<Type>),
}

/// The Rust parameters by role.
pub struct Inputs {
    pub receiver: Receiver,
    rest: Vec<Input>,
}

impl Inputs {
    fn of(binding: Binding, function: &RustSignature) -> Result<Inputs> {
        let mut inputs = Inputs { receiver: Receiver::None, rest: Vec::new() };
        let mut wants_receiver = matches!(binding, Binding::Instance | Binding::Class);
        for (index, input) in function.inputs.iter().enumerate() {
            match input {
                FnArg::Receiver(receiver) if binding == Binding::Instance => {
                    if receiver.reference.is_none() || receiver.mutability.is_some() {
                        return Err(Error::new_spanned(receiver, "methods take `&self`"));
                    }
                    inputs.receiver = Receiver::This;
                    wants_receiver = false;
                }
                FnArg::Receiver(receiver) => {
                    return Err(Error::new_spanned(receiver, "only methods and getters take `&self`"));
                }
                FnArg::Typed(typed) if is_named(&typed.pat, "vm") => inputs.rest.push(Input::Vm),
                FnArg::Typed(typed) => {
                    let module = binding == Binding::Module && index == 0 && is_named(&typed.pat, "module");
                    if wants_receiver || module {
                        if !inputs.rest.is_empty() {
                            return Err(Error::new_spanned(typed, "the receiver stands before `vm`"));
                        }
                        inputs.receiver = Receiver::Typed(typed.ty.clone());
                        wants_receiver = false;
                    } else {
                        inputs.rest.push(Input::Python(typed.ty.clone()));
                    }
                }
            }
        }
        if wants_receiver {
            return Err(Error::new_spanned(&function.ident, "the receiver is missing: `&self`, `slf: &Value` …"));
        }
        Ok(inputs)
    }
}

fn is_named(pattern: &Pat, name: &str) -> bool {
    matches!(pattern, Pat::Ident(pattern) if pattern.ident == name || pattern.ident == format!("_{name}"))
}

/// The statements that make the receiver, and the receiver as the call's first argument (with its comma).
pub fn receive(inputs: &Inputs, name: &str) -> (TokenStream, TokenStream) {
    match &inputs.receiver {
        Receiver::None => (TokenStream::new(), TokenStream::new()),
        Receiver::This => (quote!(let __this = glue::receiver::<Self>(__slf, #name, __vm)?;), quote!(__this,)),
        Receiver::Typed(ty) => match &**ty {
            Type::Reference(reference) => match &*reference.elem {
                elem if last_segment(elem).is_some_and(|ident| ident == "Value") => {
                    (TokenStream::new(), quote!(__slf,))
                }
                elem if last_segment(elem).is_some_and(|ident| ident == "Ref") => {
                    (quote!(let __this = glue::receiver_ref(__slf, #name, __vm)?;), quote!(&__this,))
                }
                elem => (quote!(let __this = glue::receiver::<#elem>(__slf, #name, __vm)?;), quote!(__this,)),
            },
            _ => (TokenStream::new(), quote!(::core::clone::Clone::clone(__slf),)),
        },
    }
}

/// Calls and turns the result into a Python value.
pub fn into_result(output: &ReturnType, call: TokenStream) -> TokenStream {
    let fallible = matches!(output, ReturnType::Type(_, ty)
        if last_segment(ty).is_some_and(|ident| ident == "PyResult" || ident == "Result"));
    if fallible {
        quote!(glue::IntoResult::into_result(#call?, __vm))
    } else {
        quote!(glue::IntoResult::into_result(#call, __vm))
    }
}

/// How the wrapper is entered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    NoArgs,
    One,
    Any,
}

/// What the wrapper does before the call, and the call's arguments after the receiver.
struct Body {
    entry: Entry,
    statements: TokenStream,
    arguments: Vec<TokenStream>,
}

impl Body {
    fn new(signature: &Signature, inputs: &Inputs, function: &RustSignature) -> Result<Body> {
        let types: Vec<&Type> = inputs
            .rest
            .iter()
            .filter_map(|input| match input {
                Input::Python(ty) => Some(&**ty),
                Input::Vm => None,
            })
            .collect();
        let raw = types.len() == 1 && last_segment(types[0]).is_some_and(|ident| ident == "Args");
        let (entry, statements, mut python) = if raw {
            (Entry::Any, TokenStream::new(), vec![quote!(__args)])
        } else {
            let Some(params) = &signature.params else {
                return Err(Error::new_spanned(
                    &function.inputs,
                    "without a text signature the function takes its arguments as `args: Args<'_>`",
                ));
            };
            if params.len() != types.len() {
                let message = format!(
                    "the text signature has {} parameters, the function takes {} besides receiver and vm",
                    params.len(),
                    types.len()
                );
                return Err(Error::new(function.inputs.span(), message));
            }
            bind(&signature.name, params, &types)?
        };
        python.reverse();
        let arguments = inputs
            .rest
            .iter()
            .map(|input| match input {
                Input::Vm => quote!(__vm),
                Input::Python(_) => python.pop().expect("one argument for each Python parameter"),
            })
            .collect();
        Ok(Body { entry, statements, arguments })
    }

    /// The `NativeFn` variant and the wrapper's parameters between receiver and Vm.
    fn entry_point(&self) -> (Ident, TokenStream) {
        match self.entry {
            Entry::NoArgs => (format_ident!("NoArgs"), TokenStream::new()),
            Entry::One => (format_ident!("One"), quote!(__one: &::pyrope_object::bind::glue::Value,)),
            Entry::Any => (format_ident!("Any"), quote!(__args: ::pyrope_object::bind::glue::Args<'_>,)),
        }
    }
}

/// Binds and converts by the text signature.
fn bind(function: &str, params: &[Param], types: &[&Type]) -> Result<(Entry, TokenStream, Vec<TokenStream>)> {
    if params.is_empty() {
        return Ok((Entry::NoArgs, TokenStream::new(), Vec::new()));
    }
    if let [param] = params
        && param.kind == Kind::PositionalOnly
        && param.default.is_none()
    {
        let conversion = convert(function, param, 0, types[0], quote!(__one), "argument")?;
        return Ok((Entry::One, conversion.statement, vec![conversion.argument]));
    }
    let by_position = params.iter().all(|param| matches!(param.kind, Kind::PositionalOnly | Kind::VarArgs));
    let mut statements = if by_position { positional(function, params) } else { keywords(function, params) };
    let mut arguments = Vec::new();
    let mut slot = 0usize;
    for (param, ty) in params.iter().zip(types) {
        match param.kind {
            Kind::VarArgs => arguments.push(quote!(__rest.varargs)),
            Kind::KwArgs => arguments.push(quote!(__rest.kwargs)),
            kind => {
                let shown = match kind {
                    Kind::PositionalOnly => format!("argument {}", slot + 1),
                    _ => format!("argument '{}'", param.name),
                };
                let value = if by_position { quote!(__values.get(#slot)) } else { quote!(__slots[#slot]) };
                let value = if param.default.is_some() {
                    value
                } else {
                    quote!(match #value {
                        ::core::option::Option::Some(__value) => __value,
                        ::core::option::Option::None => return ::core::result::Result::Err(glue::unbound(#function, __vm)),
                    })
                };
                let conversion = convert(function, param, slot, ty, value, &shown)?;
                statements.extend(conversion.statement);
                arguments.push(conversion.argument);
                slot += 1;
            }
        }
    }
    Ok((Entry::Any, statements, arguments))
}

/// Counts positional arguments: no parameter has a name for the caller.
fn positional(function: &str, params: &[Param]) -> TokenStream {
    let named = params.iter().filter(|param| param.kind == Kind::PositionalOnly);
    let most = named.clone().count();
    let least = named.filter(|param| param.default.is_none()).count();
    if params.iter().any(|param| param.kind == Kind::VarArgs) {
        quote! {
            let __values = glue::check_positional(#function, __args, #least, ::core::primitive::usize::MAX, __vm)?;
            let __rest = glue::Rest::varargs(__values, #most);
        }
    } else {
        quote!(let __values = glue::check_positional(#function, __args, #least, #most, __vm)?;)
    }
}

/// Binds by position and name.
fn keywords(function: &str, params: &[Param]) -> TokenStream {
    let slots: Vec<&Param> =
        params.iter().filter(|param| !matches!(param.kind, Kind::VarArgs | Kind::KwArgs)).collect();
    let names: Vec<&str> = slots.iter().map(|param| param.name.as_str()).collect();
    let count = slots.len();
    let of_kind = |kinds: &[Kind], required: bool| {
        slots.iter().filter(|param| kinds.contains(&param.kind) && !(required && param.default.is_some())).count()
    };
    let posonly = of_kind(&[Kind::PositionalOnly], false);
    let minpos = of_kind(&[Kind::PositionalOnly, Kind::Positional], true);
    let maxpos = of_kind(&[Kind::PositionalOnly, Kind::Positional], false);
    let minkw = of_kind(&[Kind::KeywordOnly], true);
    let varargs = params.iter().any(|param| param.kind == Kind::VarArgs);
    let kwargs = params.iter().any(|param| param.kind == Kind::KwArgs);
    quote! {
        static __SIGNATURE: glue::Signature = glue::Signature {
            function: #function,
            names: &[#(#names),*],
            posonly: #posonly,
            minpos: #minpos,
            maxpos: #maxpos,
            minkw: #minkw,
            varargs: #varargs,
            kwargs: #kwargs,
        };
        let mut __slots: [::core::option::Option<&glue::Value>; #count] = [::core::option::Option::None; #count];
        let __rest = glue::bind(&__SIGNATURE, __args, &mut __slots, __vm)?;
    }
}

struct Conversion {
    statement: TokenStream,
    argument: TokenStream,
}

/// Converts one argument. `value` is an expression of type `&Value`, or `Option<&Value>` if the parameter has a default.
fn convert(
    function: &str,
    param: &Param,
    index: usize,
    ty: &Type,
    value: TokenStream,
    shown: &str,
) -> Result<Conversion> {
    let name = format_ident!("__arg{index}");
    let what = quote! {{
        static __WHAT: glue::ArgName<'static> =
            glue::ArgName { function: #function, argument: ::std::borrow::Cow::Borrowed(#shown) };
        &__WHAT
    }};
    let from_arg = |value: TokenStream| quote!(glue::FromArg::from_arg(#value, #what, __vm)?);
    let shape = Shape::of(ty);
    let held = shape.held(ty);
    let expression = match (&param.default, shape.wrapper) {
        (None, _) => from_arg(value),
        (Some(_), Wrapper::Option) => {
            let inner = from_arg(quote!(__value));
            quote!(match #value {
                ::core::option::Option::Some(__value) => ::core::option::Option::Some(#inner),
                ::core::option::Option::None => ::core::option::Option::None,
            })
        }
        (Some(default), wrapper) => {
            let inner = from_arg(quote!(__value));
            let default = default_value(default, wrapper, ty)?;
            quote!(match #value {
                ::core::option::Option::Some(__value) => #inner,
                ::core::option::Option::None => #default,
            })
        }
    };
    let argument = match (shape.text, shape.wrapper) {
        (false, _) => quote!(#name),
        (true, Wrapper::Plain) => quote!(&*#name),
        (true, Wrapper::Option) => quote!(#name.as_deref()),
        (true, Wrapper::OrNone) => quote!(glue::OrNone(#name.0.as_deref())),
    };
    Ok(Conversion { statement: quote!(let #name: #held = #expression;), argument })
}

/// The Rust value of a default.
fn default_value(text: &str, wrapper: Wrapper, ty: &Type) -> Result<TokenStream> {
    let kind = last_segment(ty).map(ToString::to_string).unwrap_or_default();
    if wrapper == Wrapper::OrNone {
        if text == "None" || rust_literal(text).is_none() {
            return Ok(quote!(glue::OrNone(::core::option::Option::None)));
        }
        return Err(Error::new_spanned(ty, "an `OrNone` parameter defaults to None"));
    }
    if text == "None" && kind == "Value" && !matches!(ty, Type::Reference(_)) {
        return Ok(quote!(glue::Value::none()));
    }
    match rust_literal(text) {
        Some(literal) if kind == "String" || is_str(ty) => Ok(quote!(::core::convert::Into::into(#literal))),
        Some(literal) => Ok(literal),
        None => Err(Error::new_spanned(ty, format!("the default `{text}` is no literal: take an `Option<…>`"))),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    Plain,
    Option,
    OrNone,
}

/// What the macro must know of a parameter's type: `&str` is borrowed from a holder, since a Python string need not be
/// stored as UTF-8.
struct Shape {
    wrapper: Wrapper,
    text: bool,
}

impl Shape {
    fn of(ty: &Type) -> Shape {
        let (wrapper, inner) = match last_segment(ty).map(ToString::to_string).as_deref() {
            Some("Option") => (Wrapper::Option, inner_type(ty)),
            Some("OrNone") => (Wrapper::OrNone, inner_type(ty)),
            _ => (Wrapper::Plain, Some(ty)),
        };
        Shape { wrapper, text: inner.is_some_and(is_str) }
    }

    /// The type of the local variable that holds the converted value.
    fn held(&self, ty: &Type) -> TokenStream {
        match (self.text, self.wrapper) {
            (false, _) => ty.to_token_stream(),
            (true, Wrapper::Plain) => quote!(::std::borrow::Cow<'_, str>),
            (true, Wrapper::Option) => quote!(::core::option::Option<::std::borrow::Cow<'_, str>>),
            (true, Wrapper::OrNone) => quote!(glue::OrNone<::std::borrow::Cow<'_, str>>),
        }
    }
}

fn is_str(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("str")))
}

fn last_segment(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

fn inner_type(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The attribute's single identifier, if it is one of ours.
pub fn attribute_name(path: &Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// The receiver of a getter or setter.
pub fn accessor_inputs(function: &RustSignature) -> Result<Inputs> {
    Inputs::of(Binding::Instance, function)
}

/// The call's arguments after an accessor's receiver: `vm` and, for a setter, `__value`.
pub fn accessor_arguments(inputs: &Inputs, function: &RustSignature, setter: bool) -> Result<Vec<TokenStream>> {
    let python = inputs.rest.iter().filter(|input| matches!(input, Input::Python(_))).count();
    if python != usize::from(setter) {
        let message = if setter { "a setter takes `Option<&Value>`" } else { "a getter takes no arguments" };
        return Err(Error::new_spanned(&function.inputs, message));
    }
    let argument = |input: &Input| match input {
        Input::Vm => quote!(__vm),
        Input::Python(_) => quote!(__value),
    };
    Ok(inputs.rest.iter().map(argument).collect())
}
