//! `frame.f_locals` of a module's frame that has ended. Where the module has a comprehension and
//! was watched by `sys.settrace`, upstream looks for the comprehension's variables in slots that
//! such a frame has no more, and panics: a debugger could not show where an exception came from.
//!
//! Can go when `FrameObject::has_active_hidden_locals` looks how many slots there are.

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, PyRef, PyResult, VirtualMachine,
    builtins::PyGetSet,
    bytecode::CodeFlags,
    frame::{FrameObject, InterpreterFrame},
    vm::thread::get_current_frame,
};

const NAME: &str = "f_locals";

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.frame_type;
    let getter = PyGetSet::new(NAME, class, ctx).with_get(locals_of);
    let getter = PyRef::new_ref(getter, ctx.types.getset_type.to_owned(), None);
    shared_classes::set_attribute(class, ctx.intern_str(NAME), getter.into());
}

fn locals_of(frame: PyRef<FrameObject>, vm: &VirtualMachine) -> PyResult {
    let inner = frame.iframe();
    let code = inner.code();
    // SAFETY: how many slots there are does not change while a thread looks; no slot is read.
    let slots = unsafe { frame.fastlocals() }.len();
    if slots < code.localspluskinds.len()
        && !code.flags.contains(CodeFlags::OPTIMIZED)
        && !runs_here(inner)
    {
        return Ok(inner.locals.clone_mapping(vm).into());
    }
    frame.f_locals(vm)
}

/// Whether the calling thread is in a module of the same code and globals: it may be this frame.
fn runs_here(frame: &InterpreterFrame) -> bool {
    let mut next = get_current_frame();
    // SAFETY: frames on the calling thread's own chain live until their functions return.
    while let Some(here) = unsafe { next.as_ref() } {
        if here.code().is(frame.code()) && here.globals().is(frame.globals()) {
            return true;
        }
        next = here.previous();
    }
    false
}
