//! Methods of pyt's own classes that compiled code may call without the interpreter.
//!
//! Which methods these are, and what they do, is not known here.

use rustpython_vm::{PyObject, PyObjectRef, VirtualMachine};

/// Does what a method does without arguments, or nothing: false.
pub type DirectCall = fn(&PyObject, &VirtualMachine) -> bool;

/// A method as its class has it, what does the same, and whether it returns `True` or `None`.
pub type DirectMethod = (PyObjectRef, DirectCall, bool);
