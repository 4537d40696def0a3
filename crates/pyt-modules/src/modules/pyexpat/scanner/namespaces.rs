//! Which prefix stands for which namespace.

use std::collections::HashMap;

use super::errors::{
    Code, RESERVED_NAMESPACE_URI, RESERVED_PREFIX_XML, RESERVED_PREFIX_XMLNS, UNBOUND_PREFIX,
    UNDECLARING_PREFIX,
};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

#[derive(Debug)]
pub(super) struct Namespaces {
    /// What stands between a namespace and a name.
    separator: String,
    /// Whether names that are reported have their prefix behind them.
    pub(super) with_prefix: bool,
    /// The innermost binding last. `None` for a namespace: none, for the default prefix.
    bindings: HashMap<Option<String>, Vec<Option<String>>>,
}

impl Namespaces {
    pub(super) fn new(separator: &str) -> Self {
        let xml = (Some("xml".to_owned()), vec![Some(XML.to_owned())]);
        Self {
            separator: separator.to_owned(),
            with_prefix: false,
            bindings: HashMap::from([xml]),
        }
    }

    /// As the bindings that hold at a reference to an external entity.
    pub(super) fn inherited(&self) -> Self {
        Self {
            separator: self.separator.clone(),
            with_prefix: self.with_prefix,
            bindings: self.bindings.clone(),
        }
    }

    /// The bindings, as Expat writes them before the name of an external entity.
    pub(super) fn context(&self) -> String {
        let bound = self.bindings.iter().filter_map(|(prefix, uris)| {
            let uri = uris.last()?.as_deref()?;
            Some(format!("{}={uri}\u{c}", prefix.as_deref().unwrap_or("")))
        });
        let mut bound: Vec<String> = bound.collect();
        bound.sort();
        bound.concat()
    }

    /// Binds a prefix, or the default one, until it is [unbound](Self::unbind).
    pub(super) fn bind(&mut self, prefix: Option<&str>, uri: &str) -> Result<(), Code> {
        match prefix {
            Some("xmlns") => return Err(RESERVED_PREFIX_XMLNS),
            Some("xml") if uri != XML => return Err(RESERVED_PREFIX_XML),
            Some(_) if uri.is_empty() => return Err(UNDECLARING_PREFIX),
            Some("xml") => {}
            _ if uri == XML || uri == XMLNS => return Err(RESERVED_NAMESPACE_URI),
            _ => {}
        }
        let uri = (!uri.is_empty()).then(|| uri.to_owned());
        let bindings = self.bindings.entry(prefix.map(str::to_owned)).or_default();
        bindings.push(uri);
        Ok(())
    }

    pub(super) fn unbind(&mut self, prefix: Option<&str>) {
        if let Some(bindings) = self.bindings.get_mut(&prefix.map(str::to_owned)) {
            bindings.pop();
        }
    }

    /// The name with its namespace. Attributes without a prefix have none.
    pub(super) fn expand(&self, name: &str, is_attribute: bool) -> Result<String, Code> {
        let (prefix, local) = match name.split_once(':') {
            Some((prefix, local)) => (Some(prefix.to_owned()), local),
            None if is_attribute => return Ok(name.to_owned()),
            None => (None, name),
        };
        let uri = self
            .bindings
            .get(&prefix)
            .and_then(|bindings| bindings.last());
        match (uri, prefix) {
            (Some(Some(uri)), Some(prefix)) if self.with_prefix => {
                let separator = &self.separator;
                Ok([uri, separator.as_str(), local, separator, prefix.as_str()].concat())
            }
            (Some(Some(uri)), _) => Ok([uri, self.separator.as_str(), local].concat()),
            (_, None) => Ok(local.to_owned()),
            (_, Some(_)) => Err(UNBOUND_PREFIX),
        }
    }
}
