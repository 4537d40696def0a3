//! `instance(**keywords)` calls neither `__repr__` nor `__getattr__` of the instance. Upstream
//! makes the function's name for an error before it looks for one: by both instructions of such a
//! call, `DICT_MERGE` and `CALL_FUNCTION_EX`.
//!
//! So classes that have these methods get slots that look at the instruction that the thread is at.
//! At a `DICT_MERGE`, which calls no other native function that asks for either, an instance gives
//! the name that `object` gives it. What was asked for there is asked for once more by the
//! `CALL_FUNCTION_EX` behind it: that is answered the same, once and in the same order. Whatever
//! the function that is called asks for comes later.
//!
//! A call with `*iterable` alone, or with keywords that are written out beside it, has no
//! `DICT_MERGE`, and is as it was (`docs/differences.md`).
//!
//! Can go when upstream calls `object_function_str` for errors only.

use std::{cell::RefCell, collections::VecDeque, sync::OnceLock};

use rustpython_vm::{
    Context, Py, PyObject, PyResult, VirtualMachine,
    builtins::{PyFunction, PyStr, PyStrRef, PyType},
    bytecode::Opcode,
    vm::thread::get_current_frame,
};

use super::super::instructions::opcode_at;
use super::set_only_descriptors::for_subclasses;

type Stringify = fn(&PyObject, &VirtualMachine) -> PyResult<PyStrRef>;
type GetAttribute = fn(&PyObject, &Py<PyStr>, &VirtualMachine) -> PyResult;

/// `repr` as `object` has it.
static OBJECTS_REPR: OnceLock<Stringify> = OnceLock::new();

/// Upstream's slots that call methods written in Python.
static CALL_REPR: OnceLock<Stringify> = OnceLock::new();
static CALL_GETATTR: OnceLock<GetAttribute> = OnceLock::new();

const REPR: &str = "__repr__";
const GETATTR: [&str; 2] = ["__getattr__", "__getattribute__"];
const QUALNAME: &str = "__qualname__";

pub(super) fn correct(ctx: &Context) {
    if let Some(objects) = ctx.types.object_type.slots.repr.load() {
        // Set once: `correct` is called once.
        let _ = OBJECTS_REPR.set(objects);
    }
}

/// `class` has been created, or has other methods.
pub(super) fn look_through(class: &Py<PyType>, vm: &VirtualMachine) {
    let slot = &class.slots.repr;
    if let Some(found) = slot.load() {
        if CALL_REPR.get().is_none() && defines(class, REPR, vm) {
            // Another thread may have been first, with the same function.
            let _ = CALL_REPR.set(found);
        }
        let known = CALL_REPR.get();
        if known.is_some_and(|known| std::ptr::fn_addr_eq(*known, found)) {
            slot.store(Some(repr));
        }
    }
    let slot = &class.slots.getattro;
    if let Some(found) = slot.load() {
        if CALL_GETATTR.get().is_none() && GETATTR.iter().any(|name| defines(class, name, vm)) {
            let _ = CALL_GETATTR.set(found);
        }
        let known = CALL_GETATTR.get();
        if known.is_some_and(|known| std::ptr::fn_addr_eq(*known, found)) {
            slot.store(Some(get_attribute));
        }
    }
}

/// An attribute has been stored on `class`, or deleted: upstream may have set the slots anew, those
/// of classes that derive from it, too.
pub(super) fn stored(class: &Py<PyType>, name: &Py<PyStr>, vm: &VirtualMachine) {
    let sets_slots = |name: &str| name == REPR || GETATTR.contains(&name) || name == "__bases__";
    if name.to_str().is_some_and(sets_slots) {
        for_subclasses(class, &mut |class| look_through(class, vm));
    }
}

/// Whether the class itself has this method, written in Python.
pub(super) fn defines(class: &Py<PyType>, name: &str, vm: &VirtualMachine) -> bool {
    let method = class.attributes.get(vm.ctx.intern_str(name));
    method.is_some_and(|method| method.downcast_ref::<PyFunction>().is_some())
}

fn repr(object: &PyObject, vm: &VirtualMachine) -> PyResult<PyStrRef> {
    let slot = if names_called(object, Asked::Repr) {
        &OBJECTS_REPR
    } else {
        &CALL_REPR
    };
    match slot.get() {
        Some(slot) => slot(object, vm),
        None => Err(vm.new_system_error("the interpreter lacks the slot for __repr__")),
    }
}

fn get_attribute(object: &PyObject, name: &Py<PyStr>, vm: &VirtualMachine) -> PyResult {
    if name.as_bytes() == QUALNAME.as_bytes() && names_called(object, Asked::Qualname) {
        // As far as no method of the class is needed for it.
        return object.generic_getattr(name, vm);
    }
    match CALL_GETATTR.get() {
        Some(slot) => slot(object, name, vm),
        None => object.generic_getattr(name, vm),
    }
}

/// What an object is asked for to make the name of the function that is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Qualname,
    Repr,
}

/// A call that has merged its keywords.
struct Merged {
    /// The address of the frame.
    frame: usize,
    /// Where its `DICT_MERGE` is.
    index: usize,
    /// What was asked for there, and the address of the object.
    asked: VecDeque<(Asked, usize)>,
    /// Whether the `CALL_FUNCTION_EX` has begun.
    is_called: bool,
}

thread_local! {
    /// The calls that are between the two instructions, inner ones last: reading the keywords can
    /// call functions. A call whose merge raises stays until the frame, or one that called it,
    /// comes to another.
    static MERGED: RefCell<Vec<Merged>> = const { RefCell::new(Vec::new()) };
}

/// How many calls are remembered, and how many questions of one: those of merges that raise are not
/// asked again.
const MOST: usize = 64;

/// Whether `object` is asked because the thread's instruction makes the name of what it calls.
fn names_called(object: &PyObject, asked: Asked) -> bool {
    let frame = get_current_frame();
    // SAFETY: the frame that this thread is in is alive.
    let Some(running) = (unsafe { frame.as_ref() }) else {
        return false;
    };
    // It is set to the next instruction before one is executed.
    let Some(index) = (running.get_lasti() as usize).checked_sub(1) else {
        return false;
    };
    let opcode = opcode_at(running.code(), index);
    let (frame, asked) = (frame.addr(), (asked, std::ptr::from_ref(object).addr()));
    let answer = |change: &dyn Fn(&mut Vec<Merged>) -> bool| {
        // A thread that ends has none any more.
        let found = MERGED.try_with(|merged| change(&mut merged.borrow_mut()));
        found.unwrap_or(false)
    };
    match opcode {
        Some(Opcode::DictMerge) => answer(&|merged| {
            remember(merged, frame, index, asked);
            true
        }),
        Some(Opcode::CallFunctionEx) => answer(&|merged| take(merged, frame, index, asked)),
        _ => false,
    }
}

fn remember(merged: &mut Vec<Merged>, frame: usize, index: usize, asked: (Asked, usize)) {
    if let Some(at) = merged.iter().position(|call| call.frame == frame) {
        // What is behind it was left by an exception.
        merged.truncate(at + 1);
        let call = &mut merged[at];
        if call.index != index || call.is_called || call.asked.len() == MOST {
            call.asked.clear();
        }
        call.index = index;
        call.is_called = false;
        call.asked.push_back(asked);
        return;
    }
    if merged.len() == MOST {
        merged.remove(0);
    }
    merged.push(Merged {
        frame,
        index,
        asked: VecDeque::from([asked]),
        is_called: false,
    });
}

fn take(merged: &mut Vec<Merged>, frame: usize, index: usize, asked: (Asked, usize)) -> bool {
    let is_of_this = |call: &Merged| call.frame == frame && call.index + 1 == index;
    let Some(at) = merged.iter().position(is_of_this) else {
        return false;
    };
    merged.truncate(at + 1);
    let call = &mut merged[at];
    call.is_called = true;
    // What is before it was left by an exception.
    let found = call.asked.iter().position(|one| *one == asked);
    match found {
        Some(found) => {
            call.asked.drain(..=found);
        }
        None => call.asked.clear(),
    }
    if call.asked.is_empty() {
        merged.truncate(at);
    }
    found.is_some()
}
