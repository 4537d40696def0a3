//! `#[derive(PyClass)]` and `#[py_methods]`: Python classes of Rust types, by the builder of
//! `pyt-runtime`, which re-exports both and documents them.
//!
//! What the builder does is not known here: the macros write the calls that one would write by
//! hand.

mod class;
mod doc;
mod methods;

use proc_macro::TokenStream;

/// Implements `PyClass` for a struct or an enum. See `pyt_runtime::PyClass`.
#[proc_macro_derive(PyClass, attributes(pyclass, py))]
pub fn derive_py_class(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    class::expand(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes the functions of an `impl` block the methods of a `PyClass`. See `pyt_runtime::PyClass`.
#[proc_macro_attribute]
pub fn py_methods(arguments: TokenStream, input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::ItemImpl);
    methods::expand(&arguments.into(), input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
