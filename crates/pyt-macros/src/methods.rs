//! `#[py_methods]`: the functions of an `impl` block as methods.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Error, FnArg, ImplItem, ImplItemFn, ItemImpl, LitStr, Pat, PathArguments, Result,
    Signature, Type, spanned::Spanned as _,
};

use crate::{class::python_name, doc};

/// What a function becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Method,
    New,
    StaticMethod,
    ClassMethod,
    Getter,
    Setter,
}

/// What the attributes of a function say.
struct Attributes {
    kind: Kind,
    name: Option<String>,
    signature: Option<String>,
    is_skipped: bool,
}

pub(crate) fn expand(arguments: &TokenStream, mut block: ItemImpl) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(
            arguments,
            "`#[py_methods]` takes no arguments",
        ));
    }
    if let Some((_, path, _)) = &block.trait_ {
        let message = "`#[py_methods]` is for the methods of a type, not for those of a trait";
        return Err(Error::new_spanned(path, message));
    }
    let mut calls = Vec::new();
    // A setter is given together with its getter.
    let mut getters: Vec<(String, TokenStream, TokenStream)> = Vec::new();
    let mut setters: Vec<(String, TokenStream, proc_macro2::Span)> = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else {
            continue;
        };
        let attributes = take_attributes(&mut function.attrs)?;
        if attributes.is_skipped {
            continue;
        }
        refuse(&function.sig)?;
        let own = &function.sig.ident;
        let path = quote!(Self::#own);
        let doc = doc::text(&function.attrs);
        match attributes.kind {
            Kind::Getter => {
                let name = attributes.name.unwrap_or_else(|| python_name(own));
                let doc = doc.map(|doc| quote!(.method_doc(#name, #doc)));
                getters.push((name, path, quote!(#doc)));
            }
            Kind::Setter => {
                let own = python_name(own);
                let stripped = own.strip_prefix("set_").unwrap_or(&own).to_owned();
                let name = attributes.name.unwrap_or(stripped);
                setters.push((name, path, function.sig.span()));
            }
            _ => calls.push(call(function, &attributes, doc.as_deref(), &path)?),
        }
    }
    for (name, getter, doc) in getters {
        let setter = setters.iter().position(|(known, ..)| *known == name);
        calls.push(match setter.map(|at| setters.remove(at)) {
            Some((_, setter, _)) => quote!(.property_mut(#name, #getter, #setter) #doc),
            None => quote!(.property(#name, #getter) #doc),
        });
    }
    if let Some((name, _, span)) = setters.first() {
        let message = format!("the property `{name}` has a setter and no getter");
        return Err(Error::new(*span, message));
    }
    let own = &block.self_ty;
    Ok(quote! {
        #block

        impl #own {
            #[doc(hidden)]
            pub fn __py_methods(
                builder: ::pyt_runtime::ClassBuilder<Self>,
            ) -> ::pyt_runtime::ClassBuilder<Self> {
                builder #(#calls)*
            }
        }
    })
}

/// The call of the builder for a method that is no property.
fn call(
    function: &ImplItemFn,
    attributes: &Attributes,
    doc: Option<&str>,
    path: &TokenStream,
) -> Result<TokenStream> {
    let signature = &function.sig;
    let receiver = signature.receiver();
    let on_value = first_is_slf(signature);
    let method = match (attributes.kind, receiver) {
        (Kind::New, None) => quote!(init),
        (Kind::StaticMethod, None) => quote!(static_method),
        (Kind::ClassMethod, None) => quote!(class_method),
        (Kind::New | Kind::StaticMethod | Kind::ClassMethod, Some(receiver)) => {
            let message = "`#[new]`, `#[staticmethod]` and `#[classmethod]` have no `self`";
            return Err(Error::new_spanned(receiver, message));
        }
        (_, Some(receiver)) if receiver.mutability.is_some() => quote!(method_mut),
        (_, Some(_)) => quote!(method),
        (_, None) if on_value => quote!(method_on_self),
        (_, None) => {
            let message = "a function without `self` needs `#[new]`, `#[staticmethod]`, \
                           `#[classmethod]`, `#[py(skip)]`, or a first parameter `slf`";
            return Err(Error::new_spanned(&signature.ident, message));
        }
    };
    let is_init = attributes.kind == Kind::New;
    let own = python_name(&signature.ident);
    let name = match &attributes.name {
        _ if is_init => "__init__".to_owned(),
        Some(name) => name.clone(),
        None => own,
    };
    let drops_first = on_value || attributes.kind == Kind::ClassMethod;
    let text = match &attributes.signature {
        Some(text) => Some(text.clone()),
        None => default_signature(signature, drops_first),
    };
    let text = text.map(|text| quote!(.signature(#name, #text)));
    let doc = doc.map(|doc| quote!(.method_doc(#name, #doc)));
    Ok(if is_init {
        quote!(.init(#path) #text #doc)
    } else {
        quote!(.#method(#name, #path) #text #doc)
    })
}

/// The names of the parameters, `None` as the default of those that are an `Option`. `None` if one
/// has no name.
fn default_signature(signature: &Signature, drops_first: bool) -> Option<String> {
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let typed = typed.skip(usize::from(drops_first));
    let mut parts = Vec::new();
    for parameter in typed {
        let last = last_segment(&parameter.ty);
        if last.as_deref() == Some("Python") {
            continue;
        }
        let name = match &*parameter.pat {
            Pat::Ident(name) => python_name(&name.ident),
            Pat::TupleStruct(pattern) => match pattern.elems.first() {
                Some(Pat::Ident(name)) => python_name(&name.ident),
                _ => return None,
            },
            _ => return None,
        };
        parts.push(match last.as_deref() {
            Some("Option") => format!("{name}=None"),
            Some("Rest") => format!("*{name}"),
            Some("Keywords") => format!("**{name}"),
            _ => name,
        });
    }
    Some(format!("({})", parts.join(", ")))
}

fn last_segment(of: &Type) -> Option<String> {
    let Type::Path(path) = of else { return None };
    let last = path.path.segments.last()?;
    let _: &PathArguments = &last.arguments;
    Some(last.ident.to_string())
}

/// Whether the first parameter has the name `slf`: the instance as a value.
fn first_is_slf(signature: &Signature) -> bool {
    let Some(FnArg::Typed(first)) = signature.inputs.first() else {
        return false;
    };
    matches!(&*first.pat, Pat::Ident(name) if name.ident == "slf")
}

fn refuse(signature: &Signature) -> Result<()> {
    if let Some(token) = &signature.asyncness {
        let message = "a method cannot be async; return `Awaitable` instead";
        return Err(Error::new_spanned(token, message));
    }
    if let Some(parameter) = signature
        .generics
        .params
        .iter()
        .find(|parameter| !matches!(parameter, syn::GenericParam::Lifetime(_)))
    {
        let message = "a method of Python's cannot have parameters of types";
        return Err(Error::new_spanned(parameter, message));
    }
    Ok(())
}

/// Takes the attributes of this macro from a function.
fn take_attributes(all: &mut Vec<Attribute>) -> Result<Attributes> {
    let mut found = Attributes {
        kind: Kind::Method,
        name: None,
        signature: None,
        is_skipped: false,
    };
    let mut others = Vec::with_capacity(all.len());
    for attribute in all.drain(..) {
        let path = attribute.path();
        let kind = match () {
            () if path.is_ident("new") => Kind::New,
            () if path.is_ident("staticmethod") => Kind::StaticMethod,
            () if path.is_ident("classmethod") => Kind::ClassMethod,
            () if path.is_ident("getter") => Kind::Getter,
            () if path.is_ident("setter") => Kind::Setter,
            () if path.is_ident("py") => {
                attribute.parse_nested_meta(|meta| {
                    let target = match () {
                        () if meta.path.is_ident("name") => &mut found.name,
                        () if meta.path.is_ident("signature") => &mut found.signature,
                        () if meta.path.is_ident("skip") => {
                            found.is_skipped = true;
                            return Ok(());
                        }
                        () => {
                            let message =
                                "expected `name = \"...\"`, `signature = \"(...)\"` or `skip`";
                            return Err(meta.error(message));
                        }
                    };
                    *target = Some(meta.value()?.parse::<LitStr>()?.value());
                    Ok(())
                })?;
                continue;
            }
            () => {
                others.push(attribute);
                continue;
            }
        };
        if found.kind != Kind::Method {
            let message = "a function has one of `#[new]`, `#[staticmethod]`, `#[classmethod]`, \
                           `#[getter]` and `#[setter]`";
            return Err(Error::new_spanned(&attribute, message));
        }
        found.kind = kind;
    }
    *all = others;
    Ok(found)
}
