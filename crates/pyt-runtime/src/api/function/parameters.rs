//! The parameters that Python sees of a Rust function: names, kinds, defaults, as in `def`.
//!
//! What the arguments of a call become is not known here.

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

use crate::{
    api::main_module::scope_of,
    startup::source::{self, StartSymbol},
};

/// How a parameter takes its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParameterKind {
    /// Before a `/`.
    PositionOnly,
    PositionOrKeyword,
    /// After a `*` or `*args`.
    KeywordOnly,
    /// `*args`.
    Rest,
    /// `**kwargs`.
    Keywords,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) kind: ParameterKind,
    /// After a colon, as it is written.
    annotation: Option<String>,
    /// After an equals sign, as it is written.
    default: Option<String>,
}

/// What stands between the name of a function and the colon in its `def`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) parameters: Vec<Parameter>,
    /// After the arrow, as it is written.
    result: Option<String>,
    /// Whether it was written as in `def`, and so has all parameters.
    pub(super) is_written: bool,
}

impl Signature {
    /// Parameters of these names, which may be passed by position or by keyword.
    pub(super) fn of_names(names: impl Iterator<Item = String>) -> Self {
        let parameters = names.map(|name| Parameter {
            name,
            kind: ParameterKind::PositionOrKeyword,
            annotation: None,
            default: None,
        });
        Self {
            parameters: parameters.collect(),
            ..Self::default()
        }
    }

    /// Parameters without names of their own, which are passed by position.
    pub(super) fn by_position(count: usize) -> Self {
        let mut signature = Self::of_names((0..count).map(|index| format!("arg{index}")));
        for parameter in &mut signature.parameters {
            parameter.kind = ParameterKind::PositionOnly;
        }
        signature
    }

    /// With one more parameter in front.
    pub(super) fn with_first(mut self, name: &str) -> Self {
        let first = Parameter {
            name: name.to_owned(),
            kind: ParameterKind::PositionOnly,
            annotation: None,
            default: None,
        };
        self.parameters.insert(0, first);
        self
    }

    /// Reads `(a, /, b: int, *, c=1, **more) -> str`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let inner = text.strip_prefix('(').ok_or("it does not begin with `(`")?;
        let end = find(inner, &[")"]).ok_or("it has no `)`")?;
        let after = inner[end + 1..].trim();
        let result = match after.strip_prefix("->") {
            Some(result) => Some(result.trim().to_owned()),
            None if after.is_empty() => None,
            None => return Err(format!("`{after}` follows the parameters")),
        };
        let mut signature = Self {
            result,
            is_written: true,
            ..Self::default()
        };
        let mut kind = ParameterKind::PositionOrKeyword;
        for part in split(&inner[..end]) {
            signature.add(part.trim(), &mut kind)?;
        }
        Ok(signature)
    }

    fn add(&mut self, part: &str, kind: &mut ParameterKind) -> Result<(), String> {
        let has_keywords = |parameter: &Parameter| parameter.kind == ParameterKind::Keywords;
        if self.parameters.last().is_some_and(has_keywords) {
            return Err(format!("`{part}` follows the `**` parameter"));
        }
        match part {
            "/" => {
                for parameter in &mut self.parameters {
                    parameter.kind = ParameterKind::PositionOnly;
                }
                return Ok(());
            }
            "*" => {
                *kind = ParameterKind::KeywordOnly;
                return Ok(());
            }
            _ => {}
        }
        let (own_kind, rest) = if let Some(rest) = part.strip_prefix("**") {
            (ParameterKind::Keywords, rest)
        } else if let Some(rest) = part.strip_prefix('*') {
            *kind = ParameterKind::KeywordOnly;
            (ParameterKind::Rest, rest)
        } else {
            (*kind, part)
        };
        let (head, default) = match find(rest, &["="]) {
            Some(at) => (&rest[..at], Some(rest[at + 1..].trim().to_owned())),
            None => (rest, None),
        };
        let (name, annotation) = match head.split_once(':') {
            Some((name, annotation)) => (name.trim(), Some(annotation.trim().to_owned())),
            None => (head.trim(), None),
        };
        let mut chars = name.chars();
        let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !starts || !chars.all(|c| c.is_alphanumeric() || c == '_') {
            return Err(format!("`{name}` is no name of a parameter"));
        }
        if self.parameters.iter().any(|known| known.name == name) {
            return Err(format!("there are two parameters `{name}`"));
        }
        self.parameters.push(Parameter {
            name: name.to_owned(),
            kind: own_kind,
            annotation,
            default,
        });
        Ok(())
    }

    /// Its text, with `receiver` as first parameter, and with these annotations where it has none.
    pub(super) fn text(&self, receiver: Option<&str>, hints: Option<(&[String], &str)>) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut before = match receiver {
            Some(receiver) => {
                parts.push(receiver.to_owned());
                None
            }
            None => None,
        };
        for (index, parameter) in self.parameters.iter().enumerate() {
            let kind = parameter.kind;
            let was = before.replace(kind);
            if was == Some(ParameterKind::PositionOnly) && kind != ParameterKind::PositionOnly {
                parts.push("/".to_owned());
            }
            let follows_star =
                matches!(was, Some(ParameterKind::KeywordOnly | ParameterKind::Rest));
            if kind == ParameterKind::KeywordOnly && !follows_star {
                parts.push("*".to_owned());
            }
            let stars = match kind {
                ParameterKind::Rest => "*",
                ParameterKind::Keywords => "**",
                _ => "",
            };
            let hint = hints.and_then(|(hints, _)| hints.get(index));
            let hint = hint.filter(|hint| !hint.is_empty());
            let annotation = parameter.annotation.as_ref().or(hint);
            let mut part = format!("{stars}{}", parameter.name);
            if let Some(annotation) = annotation {
                part += &format!(": {annotation}");
            }
            if let Some(default) = &parameter.default {
                let equals = if annotation.is_some() { " = " } else { "=" };
                part += &format!("{equals}{default}");
            }
            parts.push(part);
        }
        if before == Some(ParameterKind::PositionOnly) {
            parts.push("/".to_owned());
        }
        let mut text = format!("({})", parts.join(", "));
        let result = self.result.as_deref();
        if let Some(result) = result.or(hints.map(|(_, result)| result)) {
            text += &format!(" -> {result}");
        }
        text
    }

    /// The values of the defaults, in the order of the parameters.
    pub(super) fn defaults(&self, vm: &VirtualMachine) -> PyResult<Vec<Option<PyObjectRef>>> {
        let values = self.parameters.iter().map(|parameter| {
            let Some(text) = &parameter.default else {
                return Ok(None);
            };
            let code = source::compile(vm, text, "<default of a parameter>", StartSymbol::Eval)?;
            let scope = scope_of(vm.ctx.new_dict(), vm)?;
            vm.run_code_obj(code, scope).map(Some)
        });
        values.collect()
    }
}

/// Where the first of `wanted` stands that is not within brackets or a string.
fn find(text: &str, wanted: &[&str]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, char) in text.char_indices() {
        if let Some(end) = quote {
            if is_escaped {
                is_escaped = false;
            } else if char == '\\' {
                is_escaped = true;
            } else if char == end {
                quote = None;
            }
            continue;
        }
        if depth == 0 && wanted.iter().any(|wanted| text[at..].starts_with(wanted)) {
            return Some(at);
        }
        match char {
            '\'' | '"' => quote = Some(char),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The parts between commas that are not within brackets or a string.
fn split(mut text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while let Some(at) = find(text, &[","]) {
        parts.push(&text[..at]);
        text = &text[at + 1..];
    }
    if !text.trim().is_empty() {
        parts.push(text);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::Signature;

    #[test]
    fn a_signature_is_read_and_written() {
        for text in [
            "()",
            "(a)",
            "(a, b=2)",
            "(a, /, b, *, c=(1, 2), **more)",
            "(*args, last=\",)\")",
            "(a: int, b: dict[str, int] = {})",
            "(*, only) -> list[int]",
            "(a, b, /)",
        ] {
            let signature = Signature::parse(text).unwrap();
            assert_eq!(signature.text(None, None), text);
        }
        let with_receiver = Signature::parse("(*, a=1)").unwrap();
        assert_eq!(with_receiver.text(Some("self"), None), "(self, *, a=1)");
        let hints = (["int".to_owned()], "str");
        let hints = Some((&hints.0[..], hints.1));
        assert_eq!(with_receiver.text(None, hints), "(*, a: int = 1) -> str");
    }

    #[test]
    fn what_is_wrong_with_a_signature_is_said() {
        for (text, message) in [
            ("a, b", "it does not begin with `(`"),
            ("(a", "it has no `)`"),
            ("(a) b", "`b` follows the parameters"),
            ("(1a)", "`1a` is no name of a parameter"),
            ("(a, a)", "there are two parameters `a`"),
            ("(**all, a)", "`a` follows the `**` parameter"),
        ] {
            assert_eq!(Signature::parse(text).unwrap_err(), message, "{text}");
        }
    }
}
