//! Streams over one another are not nested deeply.
//!
//! A buffered stream asks the one beneath whether it is closed, readable and so on, and that one
//! asks further: natively, on the thread's stack, and again for each stream of a chain that is
//! freed. A stream with more streams beneath than any program needs is refused. So is one that is
//! initialised again, over another one of its kind: that would make a chain from above.
//!
//! Reading their attributes is not guarded: that made each call of a method a fifth slower.

use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyType, function::FuncArgs,
};

use super::slots::{wrap, wrappers};
use crate::upstream::corrections::slots::renew_descriptors;

/// Streams over others, and the attribute that is the one beneath.
const STREAMS: [(&str, &str); 4] = [
    ("BufferedRandom", "raw"),
    ("BufferedReader", "raw"),
    ("BufferedWriter", "raw"),
    ("TextIOWrapper", TEXT),
];
/// What only text streams have.
const TEXT: &str = "buffer";

/// How many streams there may be beneath one.
const DEEPEST: usize = 50;

wrappers!(
    initialise =
        |original, object: &PyObject, args: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
            let given = args.args.first();
            let given = given.or_else(|| args.kwargs.get("raw"));
            let given = given.or_else(|| args.kwargs.get("buffer"));
            if given.is_some_and(|given| is_too_deep(given, vm)) {
                let message = format!("a stream over more than {DEEPEST} others");
                return Err(vm.new_recursion_error(message));
            }
            if given.is_some_and(|given| lengthens_chain(object, given, vm)) {
                let message = "a stream is not initialised again over another one";
                return Err(vm.new_value_error(message));
            }
            original(object, args, vm)
        }
);

/// Whether there are too many streams beneath a stream, itself included.
fn is_too_deep(stream: &PyObjectRef, vm: &VirtualMachine) -> bool {
    let mut stream = stream.clone();
    for _ in 0..DEEPEST {
        let Some(beneath) = beneath(&stream) else {
            return false;
        };
        // One that was detached has none.
        let Ok(next) = stream.get_attr(beneath, vm) else {
            return false;
        };
        stream = next;
    }
    true
}

/// Whether a stream that is over something is to be over another stream, which may be over others:
/// a text stream over a text stream, or a binary one over any.
fn lengthens_chain(stream: &PyObject, given: &PyObject, vm: &VirtualMachine) -> bool {
    let (Some(own), Some(other)) = (beneath(stream), beneath(given)) else {
        return false;
    };
    let is_text = |attribute| attribute == TEXT;
    let is_of_kind = !is_text(own) || is_text(other);
    is_of_kind && stream.get_attr(own, vm).is_ok()
}

/// The name of the attribute that is the stream beneath, for instances of derived classes as well.
fn beneath(stream: &PyObject) -> Option<&'static str> {
    let classes = stream.class().mro.read();
    let mut names = classes.iter().map(|class| class.name());
    names.find_map(|name| {
        let known = STREAMS.iter().find(|(known, _)| *known == &*name)?;
        Some(known.1)
    })
}

/// Changes a class of streams. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    let name = class.name();
    if STREAMS.iter().any(|(known, _)| *known == &*name) {
        wrap!(class.slots.init, initialise);
        // SAFETY: native classes live as long as the process.
        let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
        renew_descriptors(class, &["__init__"], &vm.ctx);
    }
}
