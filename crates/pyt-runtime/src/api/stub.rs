//! Text of `.pyi` stubs, with which editors and type checkers know what a host's module has.

use crate::Function;

/// Names of annotations, and where they are imported from.
const IMPORTS: &[(&str, &[&str])] = &[
    (
        "collections.abc",
        &[
            "Awaitable",
            "Buffer",
            "Callable",
            "Collection",
            "Mapping",
            "Sequence",
        ],
    ),
    ("typing", &["Any"]),
];

/// A stub of what `members` says, with the imports that it needs.
pub(super) fn module(doc: Option<&str>, members: &[String]) -> String {
    let body = members.join("\n");
    let mut text = doc.map_or_else(String::new, |doc| docstring(doc) + "\n");
    let has = |name: &str| {
        let is_other = |c: char| !(c.is_alphanumeric() || c == '_');
        body.split(is_other).any(|word| word == name)
    };
    if body.contains("os.PathLike") {
        text += "import os\n";
    }
    for (module, names) in IMPORTS {
        let used: Vec<_> = names.iter().copied().filter(|name| has(name)).collect();
        if !used.is_empty() {
            text += &format!("from {module} import {}\n", used.join(", "));
        }
    }
    if !text.is_empty() && !body.is_empty() {
        text += "\n";
    }
    text + &body
}

/// A function, or a method whose first parameter has the name `receiver` and is none of the
/// closure's.
pub(super) fn function(function: &Function, receiver: Option<&str>) -> String {
    block(&function.stub(receiver), function.docstring(), "")
}

/// A line that ends with a colon, and what is below it.
pub(super) fn block(head: &str, doc: Option<&str>, body: &str) -> String {
    if doc.is_none() && body.is_empty() {
        return format!("{head} ...\n");
    }
    let below = doc.map_or_else(String::new, docstring) + body;
    let lines = below.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("    {line}\n"),
    });
    format!("{head}\n{}", lines.collect::<String>())
}

fn docstring(doc: &str) -> String {
    let doc = doc.replace('\\', "\\\\").replace("\"\"\"", "\\\"\"\"");
    format!("\"\"\"{doc}\"\"\"\n")
}
