//! `#[derive(Traverse)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Result};

/// Visits each field that can own values, in order.
pub fn derive(input: DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let (generics, types, wheres) = input.generics.split_for_impl();
    let (traverse, clear) = match &input.data {
        Data::Struct(data) => {
            let (pattern, visit, clear) = fields(&data.fields)?;
            (quote!(let Self #pattern = self; #visit), quote!(let Self #pattern = self; #clear))
        }
        Data::Enum(data) => {
            let mut traverse_arms = TokenStream::new();
            let mut clear_arms = TokenStream::new();
            for variant in &data.variants {
                let ident = &variant.ident;
                let (pattern, visit, clear) = fields(&variant.fields)?;
                traverse_arms.extend(quote!(Self::#ident #pattern => { #visit }));
                clear_arms.extend(quote!(Self::#ident #pattern => { #clear }));
            }
            if data.variants.is_empty() {
                (quote!(match *self {}), quote!(match *self {}))
            } else {
                (quote!(match self { #traverse_arms }), quote!(match self { #clear_arms }))
            }
        }
        Data::Union(_) => return Err(Error::new_spanned(name, "a union cannot be traversed")),
    };
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::pyrope_object::bind::glue::Traverse for #name #types #wheres {
            #[allow(unused_variables)]
            fn traverse(&self, visit: &mut dyn ::core::ops::FnMut(&::pyrope_object::bind::glue::Value)) {
                #traverse
            }

            #[allow(unused_variables)]
            fn clear(&self, out: &mut ::std::vec::Vec<::pyrope_object::bind::glue::Value>) {
                #clear
            }
        }
    })
}

/// A pattern that binds the fields that count, and the statements that visit and clear them.
fn fields(fields: &Fields) -> Result<(TokenStream, TokenStream, TokenStream)> {
    let mut bindings = TokenStream::new();
    let mut visit = TokenStream::new();
    let mut clear = TokenStream::new();
    for (index, field) in fields.iter().enumerate() {
        let binding = format_ident!("field_{index}");
        let skip = skipped(field)?;
        match (&field.ident, skip) {
            (Some(ident), false) => bindings.extend(quote!(#ident: #binding,)),
            (Some(_), true) => {}
            (None, false) => bindings.extend(quote!(#binding,)),
            (None, true) => bindings.extend(quote!(_,)),
        }
        if !skip {
            visit.extend(quote!(::pyrope_object::bind::glue::Traverse::traverse(#binding, visit);));
            clear.extend(quote!(::pyrope_object::bind::glue::Traverse::clear(#binding, out);));
        }
    }
    let pattern = match fields {
        Fields::Named(_) => quote!({ #bindings .. }),
        Fields::Unnamed(_) => quote!((#bindings)),
        Fields::Unit => TokenStream::new(),
    };
    Ok((pattern, visit, clear))
}

fn skipped(field: &Field) -> Result<bool> {
    let mut skip = field.ident.as_ref().is_some_and(|ident| ident == "header");
    for attribute in field.attrs.iter().filter(|attribute| is_traverse(attribute)) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("skip") {
                skip = true;
                Ok(())
            } else {
                Err(meta.error("expected `skip`"))
            }
        })?;
    }
    Ok(skip)
}

fn is_traverse(attribute: &Attribute) -> bool {
    attribute.path().is_ident("traverse")
}
