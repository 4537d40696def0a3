//! `#[derive(PyClass)]`: the class's name, docstring, and properties of its fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Result};

use crate::doc;

/// What `#[pyclass(...)]` says.
#[derive(Default)]
struct Arguments {
    name: Option<String>,
    module: Option<String>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if let Some(parameter) = input.generics.params.first() {
        let message = "a Python class cannot have parameters of types or lifetimes";
        return Err(Error::new_spanned(parameter, message));
    }
    let arguments = arguments(input)?;
    let own = &input.ident;
    let name = arguments.name.unwrap_or_else(|| own.to_string());
    let module = arguments.module.map(|module| quote!(.module(#module)));
    let doc = doc::text(&input.attrs).map(|doc| quote!(.doc(#doc)));
    let fields = match &input.data {
        Data::Struct(data) => properties(&data.fields)?,
        Data::Enum(_) => Vec::new(),
        Data::Union(data) => {
            let message = "a union cannot be a Python class";
            return Err(Error::new_spanned(data.union_token, message));
        }
    };
    Ok(quote! {
        impl ::pyt_runtime::PyClass for #own {
            const NAME: &'static str = #name;

            fn class_builder() -> ::pyt_runtime::ClassBuilder<Self> {
                // Found unless `#[py_methods]` has defined a function of this name on the type.
                #[allow(unused_imports, reason = "a type may have methods of its own")]
                use ::pyt_runtime::__private::WithoutMethods as _;
                let builder = ::pyt_runtime::ClassBuilder::<Self>::new(#name) #module #doc #(#fields)*;
                <#own>::__py_methods(builder)
            }
        }
    })
}

fn arguments(input: &DeriveInput) -> Result<Arguments> {
    let mut arguments = Arguments::default();
    for attribute in &input.attrs {
        if !attribute.path().is_ident("pyclass") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            let target = match () {
                () if meta.path.is_ident("name") => &mut arguments.name,
                () if meta.path.is_ident("module") => &mut arguments.module,
                () => return Err(meta.error("expected `name = \"...\"` or `module = \"...\"`")),
            };
            *target = Some(meta.value()?.parse::<LitStr>()?.value());
            Ok(())
        })?;
    }
    Ok(arguments)
}

fn properties(fields: &Fields) -> Result<Vec<TokenStream>> {
    let properties = fields.iter().map(property);
    Ok(properties
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// The property of a field with `#[py(get)]` or `#[py(get, set)]`.
fn property(field: &Field) -> Result<Option<TokenStream>> {
    let (mut get, mut set) = (false, false);
    for attribute in &field.attrs {
        if !attribute.path().is_ident("py") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            match () {
                () if meta.path.is_ident("get") => get = true,
                () if meta.path.is_ident("set") => set = true,
                () => return Err(meta.error("expected `get` or `set`")),
            }
            Ok(())
        })?;
    }
    if !get && !set {
        return Ok(None);
    }
    let Some(own) = &field.ident else {
        let message = "a field without a name cannot be a property";
        return Err(Error::new_spanned(field, message));
    };
    if !get {
        let message = "a property that can be set can be read: `#[py(get, set)]`";
        return Err(Error::new_spanned(field, message));
    }
    let (name, of) = (python_name(own), &field.ty);
    let getter = quote!(|this: &Self| ::core::clone::Clone::clone(&this.#own));
    let doc = doc::text(&field.attrs).map(|doc| quote!(.method_doc(#name, #doc)));
    Ok(Some(if set {
        quote!(.property_mut(#name, #getter, |this: &mut Self, value: #of| this.#own = value) #doc)
    } else {
        quote!(.property(#name, #getter) #doc)
    }))
}

/// The name without the `r#` of an identifier that is a keyword of Rust's.
pub(crate) fn python_name(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}
