//! Guards on upstream's native code: what a program does to it ends in an exception, not in the end
//! of the process or in a call that nothing can interrupt.
//!
//! Each file has one kind of guard. All interpreters of the process share native classes, so guards
//! are put in place once, before any code of a program runs. What runs, and under which limits, is
//! not known here.
//!
//! - `depth`: objects nested in one another call one another no deeper than the stack;
//! - `turns`: loops of native code over iterators without end can be interrupted;
//! - `destructors`: chains of objects are freed level by level where the stack is short;
//! - `exceptions`: an exception that has itself among its arguments is shown once;
//! - `finalizers`: what `__del__` raises is reported, whatever was done to `sys`;
//! - `buffers`: a `__buffer__` in Python is called before a `bytearray` is locked;
//! - `frames`, `locals`: frames that other threads run are read while these are stopped;
//! - `groups`: the time of long numbers with separators grows with their length;
//! - `handlers`: handlers of errors of codecs can be interrupted;
//! - `memos`: places in the memo of a pickle are bounded by its length;
//! - `construction`: no instances without contents;
//! - `sizes`: sizes are checked before memory is allocated;
//! - `lists`: elements of lists become numbers before an array is locked;
//! - `pairs`: operations that lock two objects are made one after another;
//! - `patterns`: programs for the engine of regular expressions are checked;
//! - `reentry`: methods that lock their object are not called again by what they call;
//! - `streams`: streams over one another are not nested deeply;
//! - `source`: programs whose syntax is nested too deeply are refused.

mod buffers;
mod construction;
mod depth;
mod destructors;
mod exceptions;
pub mod finalizers;
mod frames;
mod groups;
mod handlers;
mod lists;
mod locals;
mod memos;
mod methods;
mod nested;
mod nesting;
mod opcodes;
mod pairs;
mod patterns;
mod reentry;
pub mod sizes;
mod slots;
pub mod source;
pub mod stack;
mod streams;
pub mod turns;

use std::collections::BTreeMap;

use parking_lot::Mutex;
use pyt_vm::InterpreterState;
use rustpython_vm::{
    Py, PyObjectRef, VirtualMachine,
    builtins::{PyModuleDef, PyType},
};

use crate::upstream::{CHECK_SOURCE, corrections::docstrings};

/// The functions of modules that are guarded.
const FUNCTIONS: &[&[methods::Checked]] = &[sizes::FUNCTIONS, source::FUNCTIONS];

/// Those that are called with other arguments.
const REPLACED: &[&[methods::Replaced]] = &[memos::FUNCTIONS, patterns::FUNCTIONS];

/// Guards what classes of Python code and modules are made by, and the interpreter's own handlers.
/// Called for each interpreter before it makes any.
pub fn begin(vm: &VirtualMachine) {
    // The same one each time.
    let _ = CHECK_SOURCE.set(source::check_object);
    finalizers::guard_new_classes(vm.ctx.types.type_type);
    finalizers::guard_modules(vm.ctx.types.module_type);
    handlers::guard(vm);
}

/// Guards a native class, once.
pub fn guard_class(class: &Py<PyType>, vm: &VirtualMachine) {
    // By address and name: some classes are freed, and others are made in their place.
    static GUARDED: Mutex<BTreeMap<usize, String>> = Mutex::new(BTreeMap::new());
    {
        let name = class.name();
        let address = std::ptr::from_ref(class).addr();
        let mut guarded = GUARDED.lock();
        // Most classes come by again: each native module that is filled has all of them checked.
        if guarded.get(&address).is_some_and(|known| **known == *name) {
            return;
        }
        guarded.insert(address, name.to_owned());
    }
    depth::guard(class);
    turns::guard(class);
    finalizers::guard(class);
    destructors::guard(class);
    construction::guard(class, vm);
    sizes::guard(class);
    source::guard(class);
    reentry::guard(class, vm);
    frames::guard(class, vm);
    groups::guard(class, vm);
    // Before the one that reads what is in the slots.
    streams::guard(class, vm);
    pairs::guard(class, vm);
    // With `extend` as it is now.
    lists::guard(class, vm);
    buffers::guard(class, vm);
    exceptions::guard(class, vm);
    memos::guard(class, vm);
    methods::guard_class(class, sizes::METHODS, vm);
    // No guard, but each native class comes by here once, before a program can see it.
    docstrings::complete_class(class, &vm.ctx);
}

/// The definition of a native module, with guarded functions.
pub fn definition(def: &'static PyModuleDef) -> &'static PyModuleDef {
    methods::definition(def, FUNCTIONS, REPLACED)
}

/// Gives up what is kept for an interpreter, which ends.
pub(crate) fn release(state: &InterpreterState) -> Vec<PyObjectRef> {
    finalizers::release(state)
}

/// Guards what each interpreter has its own of: `sys.modules`.
pub fn guard_interpreter(vm: &VirtualMachine) {
    finalizers::keep_modules(vm);
}
