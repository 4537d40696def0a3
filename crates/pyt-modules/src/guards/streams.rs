//! Streams over one another are not nested deeply.
//!
//! A buffered stream asks the one beneath whether it is closed, readable and so on, and that one
//! asks further: natively, on the thread's stack, and again for each stream of a chain that is
//! freed. A stream with more streams beneath than any program needs is refused, and what streams of
//! a chain that was made in another way ask one another is counted.

use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyStr, PyType},
    function::FuncArgs,
};

use super::slots::{wrap, wrappers};
use crate::upstream::corrections::slots::renew_descriptors;

/// Streams over others, and the attribute that is the one beneath.
const STREAMS: [(&str, &str); 4] = [
    ("BufferedRandom", "raw"),
    ("BufferedReader", "raw"),
    ("BufferedWriter", "raw"),
    ("TextIOWrapper", "buffer"),
];

/// How many streams there may be beneath one.
const DEEPEST: usize = 50;

wrappers!(
    get_attribute =
        |original, object: &PyObject, name: &Py<PyStr>, vm: &VirtualMachine| -> PyResult {
            vm.with_recursion("while getting an attribute", || original(object, name, vm))
        }
);
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
        wrap!(class.slots.getattro, get_attribute);
        wrap!(class.slots.init, initialise);
        // SAFETY: native classes live as long as the process.
        let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
        renew_descriptors(class, &["__init__"], &vm.ctx);
    }
}
