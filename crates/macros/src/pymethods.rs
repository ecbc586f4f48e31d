//! `#[pymethods]` and `#[pyfunctions]`: tables of the functions in an `impl` block or a module.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Attribute, Error, Ident, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, LitStr, Meta, Result,
    Signature as RustSignature,
};

use crate::doc_of;
use crate::function::{Binding, accessor_arguments, accessor_inputs, attribute_name, generate, into_result, receive};

/// The impl unchanged, another with the wrappers, and the two tables.
pub fn methods(suffix: Option<Ident>, mut item: ItemImpl) -> Result<TokenStream> {
    if !item.generics.params.is_empty() || item.trait_.is_some() {
        return Err(Error::new_spanned(&item.self_ty, "`#[pymethods]` stands on a plain `impl Type` block"));
    }
    let mut tables = Tables::default();
    let mut errors: Option<Error> = None;
    for function in item.items.iter_mut() {
        if let ImplItem::Fn(function) = function
            && let Err(error) = tables.take(function)
        {
            match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            }
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    let suffix = suffix.map(|suffix| format!("_{suffix}")).unwrap_or_default();
    let (methods_name, getsets_name) = (format_ident!("METHODS{suffix}"), format_ident!("GETSETS{suffix}"));
    let getsets = tables.getsets()?;
    let (self_ty, wrappers, methods) = (&item.self_ty, &tables.wrappers, &tables.methods);
    Ok(quote! {
        #item

        #[allow(dead_code)]
        impl #self_ty {
            /// What Python sees of the methods above.
            pub const #methods_name: &'static [::pyrope_object::bind::glue::MethodDef] = {
                use ::pyrope_object::bind::glue;
                &[#(#methods),*]
            };

            /// What Python sees of the computed attributes above.
            pub const #getsets_name: &'static [::pyrope_object::bind::glue::GetSetDef] = {
                use ::pyrope_object::bind::glue;
                &[#(#getsets),*]
            };

            #(#wrappers)*
        }
    })
}

#[derive(Default)]
struct Tables {
    wrappers: Vec<TokenStream>,
    methods: Vec<TokenStream>,
    accessors: Vec<Accessor>,
}

/// An attribute's getter and setter, found one after the other.
struct Accessor {
    name: String,
    getter: Option<(Ident, String, bool)>,
    setter: Option<Ident>,
}

/// One of our attributes on a function.
enum Marker {
    Function(Binding, LitStr),
    Getter(Option<LitStr>),
    Setter(LitStr),
    Member,
}

impl Tables {
    fn take(&mut self, function: &mut ImplItemFn) -> Result<()> {
        let markers = take_markers(&mut function.attrs, method_marker)?;
        let member = markers.iter().any(|marker| matches!(marker, Marker::Member));
        for marker in &markers {
            match marker {
                Marker::Function(binding, text) => self.method(*binding, text, function)?,
                Marker::Getter(name) => self.getter(name.as_ref(), member, function)?,
                Marker::Setter(name) => self.setter(&name.value(), &function.sig)?,
                Marker::Member => {}
            }
        }
        Ok(())
    }

    fn method(&mut self, binding: Binding, text: &LitStr, function: &ImplItemFn) -> Result<()> {
        let ident = &function.sig.ident;
        let paths = (quote!(Self::), quote!(Self::#ident));
        let generated = generate(binding, &text.value(), text.span(), &function.attrs, &function.sig, paths)?;
        self.wrappers.push(generated.wrapper);
        self.methods.push(generated.entry);
        Ok(())
    }

    fn accessor(&mut self, name: &str) -> &mut Accessor {
        let found = self.accessors.iter().position(|accessor| accessor.name == name);
        let index = found.unwrap_or_else(|| {
            self.accessors.push(Accessor { name: name.to_owned(), getter: None, setter: None });
            self.accessors.len() - 1
        });
        &mut self.accessors[index]
    }

    fn getter(&mut self, name: Option<&LitStr>, member: bool, function: &ImplItemFn) -> Result<()> {
        let ident = &function.sig.ident;
        let name = name.map_or_else(|| ident.to_string().trim_start_matches("r#").to_owned(), LitStr::value);
        let wrapper = format_ident!("__py_get_{}", ident.to_string().trim_start_matches("r#"));
        let inputs = accessor_inputs(&function.sig)?;
        let arguments = accessor_arguments(&inputs, &function.sig, false)?;
        let (receive, receiver) = receive(&inputs, &name);
        let call = into_result(&function.sig.output, quote!(Self::#ident(#receiver #(#arguments),*)));
        self.wrappers.push(quote! {
            #[doc(hidden)]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            fn #wrapper(__slf: &::pyrope_object::bind::glue::Value, __vm: &::pyrope_object::bind::glue::Vm)
                -> ::pyrope_object::bind::glue::PyResult
            {
                use ::pyrope_object::bind::glue;
                #receive
                #call
            }
        });
        self.accessor(&name).getter = Some((wrapper, doc_of(&function.attrs), member));
        Ok(())
    }

    fn setter(&mut self, name: &str, function: &RustSignature) -> Result<()> {
        let ident = &function.ident;
        let wrapper = format_ident!("__py_set_{}", ident.to_string().trim_start_matches("r#"));
        let inputs = accessor_inputs(function)?;
        let arguments = accessor_arguments(&inputs, function, true)?;
        let (receive, receiver) = receive(&inputs, name);
        self.wrappers.push(quote! {
            #[doc(hidden)]
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            fn #wrapper(
                __slf: &::pyrope_object::bind::glue::Value,
                __value: ::core::option::Option<&::pyrope_object::bind::glue::Value>,
                __vm: &::pyrope_object::bind::glue::Vm,
            ) -> ::pyrope_object::bind::glue::PyResult<()> {
                use ::pyrope_object::bind::glue;
                #receive
                Self::#ident(#receiver #(#arguments),*)
            }
        });
        self.accessor(name).setter = Some(wrapper);
        Ok(())
    }

    fn getsets(&self) -> Result<Vec<TokenStream>> {
        self.accessors.iter().map(Accessor::entry).collect()
    }
}

impl Accessor {
    fn entry(&self) -> Result<TokenStream> {
        let name = &self.name;
        let Some((getter, doc, member)) = &self.getter else {
            return Err(Error::new(Span::call_site(), format!("the setter of `{name}` has no getter beside it")));
        };
        let set = match &self.setter {
            Some(setter) => quote!(::core::option::Option::Some(Self::#setter)),
            None => quote!(::core::option::Option::None),
        };
        Ok(quote!(glue::GetSetDef { name: #name, get: Self::#getter, set: #set, doc: #doc, member: #member }))
    }
}

/// Takes our attributes off an item.
fn take_markers(
    attributes: &mut Vec<Attribute>,
    marker: fn(&Attribute) -> Result<Option<Marker>>,
) -> Result<Vec<Marker>> {
    let mut markers = Vec::new();
    let mut kept = Vec::new();
    for attribute in attributes.drain(..) {
        match marker(&attribute)? {
            Some(marker) => markers.push(marker),
            None => kept.push(attribute),
        }
    }
    *attributes = kept;
    Ok(markers)
}

fn method_marker(attribute: &Attribute) -> Result<Option<Marker>> {
    let marker = match attribute_name(attribute.path()).as_str() {
        "method" => Marker::Function(Binding::Instance, attribute.parse_args()?),
        "classmethod" => Marker::Function(Binding::Class, attribute.parse_args()?),
        "staticmethod" => Marker::Function(Binding::Static, attribute.parse_args()?),
        "getter" if matches!(attribute.meta, Meta::Path(_)) => Marker::Getter(None),
        "getter" => Marker::Getter(Some(attribute.parse_args()?)),
        "setter" => Marker::Setter(attribute.parse_args()?),
        "member" => Marker::Member,
        _ => return Ok(None),
    };
    Ok(Some(marker))
}

fn function_marker(attribute: &Attribute) -> Result<Option<Marker>> {
    if attribute_name(attribute.path()) == "pyfunction" {
        return Ok(Some(Marker::Function(Binding::Module, attribute.parse_args()?)));
    }
    Ok(None)
}

/// The module with wrappers and the table `FUNCTIONS` (with the suffix, if one is given) inside.
pub fn functions(suffix: Option<Ident>, mut item: ItemMod) -> Result<TokenStream> {
    let Some((_, items)) = &mut item.content else {
        return Err(Error::new_spanned(&item.ident, "`#[pyfunctions]` needs the module's body in place"));
    };
    let mut wrappers = Vec::new();
    let mut entries = Vec::new();
    for function in items.iter_mut() {
        let Item::Fn(function) = function else { continue };
        for marker in take_markers(&mut function.attrs, function_marker)? {
            let Marker::Function(binding, text) = marker else { continue };
            let ident = &function.sig.ident;
            let paths = (TokenStream::new(), quote!(#ident));
            let generated = generate(binding, &text.value(), text.span(), &function.attrs, &function.sig, paths)?;
            wrappers.push(generated.wrapper);
            entries.push(generated.entry);
        }
    }
    let name = format_ident!("FUNCTIONS{}", suffix.map(|suffix| format!("_{suffix}")).unwrap_or_default());
    items.push(Item::Verbatim(quote! {
        /// What Python sees of the functions above.
        pub const #name: &[::pyrope_object::bind::glue::MethodDef] = {
            use ::pyrope_object::bind::glue;
            &[#(#entries),*]
        };
        #(#wrappers)*
    }));
    Ok(quote!(#item))
}
