//! `#[pyclass]`: a struct that is the layout of a native type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, ItemStruct, LitStr, Path, Result, Token, Type, parenthesized};

use crate::doc_of;

/// What stands in the attribute's parentheses.
#[derive(Default)]
pub struct ClassArgs {
    name: Option<LitStr>,
    module: Option<LitStr>,
    signature: Option<LitStr>,
    doc: Option<LitStr>,
    base: Option<Type>,
    flags: Vec<Ident>,
    builtin: Option<Ident>,
    methods: Vec<Expr>,
    getset: Vec<Expr>,
    slots: Option<Expr>,
    init: Option<Path>,
    trailing: Option<Path>,
    layout: Option<Expr>,
    unhashable: bool,
}

impl Parse for ClassArgs {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = ClassArgs::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            args.one(&key, input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}

impl ClassArgs {
    fn one(&mut self, key: &Ident, input: ParseStream<'_>) -> Result<()> {
        match key.to_string().as_str() {
            "name" => self.name = Some(value(input)?),
            "module" => self.module = Some(value(input)?),
            "signature" => self.signature = Some(value(input)?),
            "doc" => self.doc = Some(value(input)?),
            "base" => self.base = Some(value(input)?),
            "builtin" => self.builtin = Some(value(input)?),
            "slots" => self.slots = Some(value(input)?),
            "init" => self.init = Some(value(input)?),
            "trailing" => self.trailing = Some(value(input)?),
            "layout" => self.layout = Some(value(input)?),
            "flags" => self.flags = list(input)?,
            "methods" => self.methods = list(input)?,
            "getset" => self.getset = list(input)?,
            "unhashable" => self.unhashable = true,
            _ => {
                return Err(Error::new(
                    key.span(),
                    "expected one of name, module, signature, doc, base, flags, builtin, methods, getset, slots, init, \
                     trailing, layout, unhashable",
                ));
            }
        }
        Ok(())
    }

    fn has_flag(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    /// The instances own collector links.
    fn is_gc(&self) -> bool {
        ["GC", "EXTENSION", "DICT", "WEAKREF"].iter().any(|flag| self.has_flag(flag))
    }
}

fn value<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn list<T: Parse>(input: ParseStream<'_>) -> Result<Vec<T>> {
    let content;
    parenthesized!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

/// The struct with `repr(C)`, and its `Object` implementation.
pub fn expand(args: ClassArgs, item: ItemStruct) -> Result<TokenStream> {
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.generics, "a Python type's layout cannot be generic"));
    }
    let first = item.fields.iter().next().and_then(|field| field.ident.as_ref());
    if args.layout.is_none() && first.is_none_or(|ident| ident != "header") {
        return Err(Error::new_spanned(&item.ident, "the first field of a Python type's layout is `header: Header`"));
    }
    if args.layout.is_some() && (!item.fields.is_empty() || args.trailing.is_some()) {
        return Err(Error::new_spanned(&item.ident, "with `layout` the struct only names the type: it has no fields"));
    }
    let ident = &item.ident;
    let name = args.name.as_ref().map_or_else(|| ident.to_string(), LitStr::value);
    let module = args.module.as_ref().map_or_else(|| "builtins".to_owned(), LitStr::value);
    let signature = args.signature.as_ref().map_or_else(String::new, LitStr::value);
    let doc = args.doc.as_ref().map_or_else(|| doc_of(&item.attrs), LitStr::value);
    let base = option(args.base.as_ref().map(|base| quote!(<#base as glue::Object>::def)));
    let builtin = option(args.builtin.as_ref().map(|builtin| quote!(glue::BuiltinType::#builtin)));
    // A base may bring attributes, and with them shapes that differ from instance to instance.
    let shape = match &args.builtin {
        Some(builtin) if args.base.is_none() && !args.has_flag("DICT") => {
            quote!(glue::builtin_shape(glue::BuiltinType::#builtin))
        }
        _ => quote!(glue::NO_SHAPE),
    };
    let init = option(args.init.as_ref().map(|init| quote!(#init)));
    let slots = args.slots.as_ref().map_or_else(|| quote!(glue::Slots::EMPTY), |slots| quote!(#slots));
    let flags = flags(&args);
    let layout = layout(&args, ident);
    let (methods, getset, unhashable) = (&args.methods, &args.getset, args.unhashable);
    let def = quote! {
        static DEF: glue::TypeDef = glue::TypeDef {
            name: #name,
            module: #module,
            signature: #signature,
            doc: #doc,
            base: #base,
            flags: #flags,
            layout: #layout,
            slots: #slots,
            methods: &[#(#methods),*],
            getset: &[#(#getset),*],
            unhashable: #unhashable,
            builtin: #builtin,
            init: #init,
        };
    };
    if args.layout.is_some() {
        return Ok(behaviour(&item, &def));
    }
    Ok(quote! {
        #[repr(C)]
        #item

        const _: () = {
            use ::pyrope_object::bind::glue;

            const _: () = assert!(::core::mem::offset_of!(#ident, header) == 0);

            #def

            // SAFETY: the struct is `repr(C)`, begins with its header (asserted above), and `DEF.layout` describes it.
            #[allow(unsafe_code)]
            unsafe impl glue::Object for #ident {
                const SHAPE: u32 = #shape;

                #[inline]
                fn def() -> &'static glue::TypeDef {
                    &DEF
                }
            }
        };
    })
}

/// A struct that stands for the behaviour of a type whose layout is defined elsewhere.
fn behaviour(item: &ItemStruct, def: &TokenStream) -> TokenStream {
    let ident = &item.ident;
    quote! {
        #item

        const _: () = {
            use ::pyrope_object::bind::glue;

            #def

            impl #ident {
                /// The type's static description.
                pub fn def() -> &'static glue::TypeDef {
                    &DEF
                }
            }
        };
    }
}

fn option(tokens: Option<TokenStream>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(::core::option::Option::Some(#tokens)),
        None => quote!(::core::option::Option::None),
    }
}

fn flags(args: &ClassArgs) -> TokenStream {
    let mut tokens = quote!(glue::TypeFlags(0));
    for flag in args.flags.iter().filter(|flag| *flag != "MUTABLE") {
        tokens.extend(quote!(.or(glue::TypeFlags::#flag)));
    }
    if !args.has_flag("MUTABLE") && !args.has_flag("HEAP") {
        tokens.extend(quote!(.or(glue::TypeFlags::IMMUTABLE)));
    }
    if args.is_gc() {
        tokens.extend(quote!(.or(glue::TypeFlags::GC)));
    }
    if args.layout.is_none() {
        tokens.extend(quote!(.or(glue::TypeFlags::STRUCT)));
    }
    if args.has_flag("DICT") || args.has_flag("WEAKREF") {
        tokens.extend(quote!(.or(glue::TypeFlags::EXTENSION)));
    }
    tokens
}

fn layout(args: &ClassArgs, ident: &Ident) -> TokenStream {
    if let Some(layout) = &args.layout {
        return quote!(#layout);
    }
    let trailing = option(args.trailing.as_ref().map(|path| quote!(#path)));
    let (traverse, clear) = if args.is_gc() {
        (option(Some(quote!(glue::traverse_object::<#ident>))), option(Some(quote!(glue::clear_object::<#ident>))))
    } else {
        (option(None), option(None))
    };
    quote! {
        glue::Layout {
            size: ::core::mem::size_of::<#ident>(),
            trailing: #trailing,
            drop: glue::drop_object::<#ident>,
            traverse: #traverse,
            clear: #clear,
        }
    }
}
