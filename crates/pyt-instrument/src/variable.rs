//! What a step touches, as the source names it: `table` where a call's text is `len(table)`.
//!
//! The text of an instruction is that of its whole expression. Only simple expressions are taken
//! apart; others keep their text.

use rustpython_vm::{PyObject, VirtualMachine};

use super::access::Target;

/// The name of what an instruction with this text touches. Of code without a source, such as the
/// `__init__` of a data class, an attribute is named by the class.
pub(super) fn named(text: String, target: Target<'_>, vm: &VirtualMachine) -> String {
    if let ("", Target::Attribute(object, name)) = (&*text, target) {
        return format!("<{}>.{name}", object.class().name());
    }
    let found = match target {
        Target::Whole(object) => whole(&text, &|name| has_method(object, name, vm)),
        Target::Attribute(_, name) => attribute(&text, name.as_str()),
        Target::Item(container, _) => item(&text, &|name| has_method(container, name, vm)),
        _ => None,
    };
    found.unwrap_or(text)
}

fn has_method(object: &PyObject, name: &str, vm: &VirtualMachine) -> bool {
    object.class().has_attr(vm.ctx.intern_str(name))
}

/// Functions that look at their only argument, or take its next item.
const OF_ONE: [&str; 18] = [
    "all",
    "any",
    "bool",
    "dict",
    "enumerate",
    "frozenset",
    "iter",
    "len",
    "list",
    "max",
    "min",
    "next",
    "reversed",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
];

/// The object as a whole: that whose method is called, or the only argument.
fn whole(text: &str, has_method: &dyn Fn(&str) -> bool) -> Option<String> {
    let (called, arguments) = call(text)?;
    if let Some((object, method)) = called.rsplit_once('.') {
        if !has_method(method) {
            return None;
        }
        return Some(match object {
            "super()" => "self".to_owned(),
            object => object.to_owned(),
        });
    }
    let is_one = OF_ONE.contains(&called) && is_simple(arguments);
    is_one.then(|| arguments.to_owned())
}

/// The attribute `name` of the first argument of `getattr` and its like.
fn attribute(text: &str, name: &str) -> Option<String> {
    let (called, arguments) = call(text)?;
    let object = arguments.split(',').next()?.trim();
    let is_known =
        ["delattr", "getattr", "hasattr", "setattr"].contains(&called) && is_simple(object);
    is_known.then(|| format!("{object}.{name}"))
}

/// The item: that which a method is called with.
fn item(text: &str, has_method: &dyn Fn(&str) -> bool) -> Option<String> {
    let (called, arguments) = call(text)?;
    let (object, method) = called.rsplit_once('.')?;
    let first = arguments.split(',').next()?.trim();
    let is_known = has_method(method) && is_simple(first);
    is_known.then(|| format!("{object}[{first}]"))
}

/// The function and the arguments of a call.
fn call(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_suffix(')')?;
    let mut open = 1;
    let mut quote = None;
    for (at, character) in inside.char_indices().rev() {
        match (quote, character) {
            (Some(begun), _) if begun == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, ')') => open += 1,
            (None, '(') => open -= 1,
            (None, _) => {}
        }
        if open == 0 {
            let called = &inside[..at];
            return (!called.is_empty()).then(|| (called, inside[at + 1..].trim()));
        }
    }
    None
}

/// Whether it is one name, attribute, item, string or number.
fn is_simple(text: &str) -> bool {
    let is_part = |character: char| {
        character.is_alphanumeric() || matches!(character, '_' | '.' | '[' | ']' | '\'' | '"')
    };
    !text.is_empty() && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_whose_method_is_called() {
        let of = |text: &str| whole(text, &|method| method != "dumps");
        for (text, expected) in [
            ("hits.get('n', 0)", Some("hits")),
            ("box.items.append(f(1))", Some("box.items")),
            ("names.add(')')", Some("names")),
            ("find(1).append(2)", Some("find(1)")),
            ("super().__init__(a=1)", Some("self")),
            ("len(table)", Some("table")),
            ("next(self.ids)", Some("self.ids")),
            ("next(ids, None)", None),
            ("json.dumps(d)", None),
            ("work(table)", None),
            ("a + b", None),
            ("(a)", None),
        ] {
            assert_eq!(of(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_item_that_a_method_is_called_with() {
        let of = |text: &str| item(text, &|_| true);
        assert_eq!(of("hits.get(\"n\", 0)").as_deref(), Some("hits[\"n\"]"));
        assert_eq!(of("d.pop(key)").as_deref(), Some("d[key]"));
        assert_eq!(of("d.pop(f(key))"), None);
        assert_eq!(of("d[key]"), None);
    }

    #[test]
    fn the_attribute_that_a_function_is_given() {
        assert_eq!(
            attribute("setattr(me, 'n', 1)", "n").as_deref(),
            Some("me.n")
        );
        assert_eq!(attribute("me.n", "n"), None);
    }
}
