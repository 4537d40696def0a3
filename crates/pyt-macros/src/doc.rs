//! Documentation comments, as text.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of the documentation comments among `attributes`. `None` if there are none.
pub(crate) fn text(attributes: &[Attribute]) -> Option<String> {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &pair.value
        else {
            return None;
        };
        let text = text.value();
        // The space after the slashes.
        let line = text.strip_prefix(' ').unwrap_or(&text).to_owned();
        pair.path.is_ident("doc").then_some(line)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    (!text.is_empty()).then_some(text)
}
