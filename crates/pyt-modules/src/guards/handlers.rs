//! Handlers of errors of codecs can be interrupted.
//!
//! A text of which every second character cannot be encoded has its handler called for each of
//! them, and each call goes through the text to its place: with `namereplace`, twelve seconds for
//! 80,000 characters, in which no Python code runs.

use std::sync::OnceLock;

use rustpython_vm::{
    PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::PyStr,
    function::{ItemDoc, PyMethodFlags},
};

use super::turns::look;

/// The handlers that there are at the start.
const HANDLERS: [&str; 8] = [
    "backslashreplace",
    "ignore",
    "namereplace",
    "replace",
    "strict",
    "surrogateescape",
    "surrogatepass",
    "xmlcharrefreplace",
];

/// The name of a function, and its documentation with the signature.
type Words = (&'static str, &'static str);

/// Has the interpreter's handlers look whether they are to stop, in each call.
pub(super) fn guard(vm: &VirtualMachine) {
    static WORDS: [OnceLock<Option<Words>>; HANDLERS.len()] =
        [const { OnceLock::new() }; HANDLERS.len()];
    let registry = &vm.state.codec_registry;
    for (handler, words) in HANDLERS.iter().zip(&WORDS) {
        let Some(known) = registry.lookup_error_opt(handler) else {
            continue;
        };
        let Some((name, doc)) = *words.get_or_init(|| words_of(&known, vm)) else {
            continue;
        };
        let looking = move |error: PyObjectRef, vm: &VirtualMachine| -> PyResult {
            look(vm)?;
            known.call((error,), vm)
        };
        let doc = ItemDoc::static_text(doc);
        let def = vm.ctx.new_method_def(name, looking, PyMethodFlags::O, doc);
        let ours = def.build_function(vm, None);
        registry.register_error((*handler).to_owned(), ours.into());
    }
}

fn words_of(function: &PyObject, vm: &VirtualMachine) -> Option<Words> {
    let text = |name| {
        let text = function.get_attr(name, vm).ok()?;
        Some(text.downcast_ref::<PyStr>()?.to_str()?.to_owned())
    };
    let name = text("__name__")?;
    let doc = text("__doc__").unwrap_or_default();
    let doc = format!("{name}($self, object, /)\n--\n\n{doc}");
    Some((name.leak(), doc.leak()))
}
