//! Frames can be looked at while other threads run them, without the GIL.
//!
//! Upstream refuses the variables of a function that another thread is in, but not those of a
//! generator, which it reads while they change. It reads where a frame was called from, and stops
//! the thread only afterwards. Here the other threads are stopped before anything is read. No
//! Python code runs meanwhile: what compares, hashes or is freed comes afterwards.
//!
//! With the GIL no other thread runs, and everything is upstream's.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use pyt_sched::World;
use pyt_vm::{shared_classes, state};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyAsyncGen, PyCoroutine, PyGenerator, PyGetSet, PyType},
    frame::{FrameObject, FrameObjectRef},
    function::FuncArgs,
    vm::thread::get_current_frame,
};

use super::{
    locals,
    methods::{self, Upstream},
};

/// The frames whose variables a thread is clearing, by their address.
static CLEARED: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

/// Ends the clearing of a frame.
struct Clearing(usize);

impl Clearing {
    /// None if another call is clearing it.
    fn of(frame: &PyObjectRef) -> Option<Self> {
        let address = std::ptr::from_ref(frame.as_object()).addr();
        CLEARED.lock().insert(address).then_some(Self(address))
    }
}

impl Drop for Clearing {
    fn drop(&mut self) {
        CLEARED.lock().remove(&self.0);
    }
}

/// Whether other threads run while this one does.
pub(super) fn others_run(vm: &VirtualMachine) -> bool {
    !state::of(vm).scheduler.policy().is_exclusive()
}

/// Calls `f`, which runs no Python code, while all other threads are stopped.
///
/// # Errors
/// The interpreter is about to end, and can no longer stop threads.
pub(super) fn stopped<R>(vm: &VirtualMachine, f: impl FnOnce() -> R) -> PyResult<R> {
    let world = state::of(vm).world.clone();
    let mut f = Some(f);
    let mut result = None;
    World::stop(&*world, &mut || result = f.take().map(|f| f()));
    result.ok_or_else(|| unstoppable(vm))
}

fn unstoppable(vm: &VirtualMachine) -> rustpython_vm::builtins::PyBaseExceptionRef {
    vm.new_runtime_error("frames of other threads cannot be read while the interpreter ends")
}

/// Whether the calling thread runs the frame itself.
fn runs_here(frame: &FrameObject) -> bool {
    let mut next = get_current_frame();
    // SAFETY: frames on the calling thread's own chain live until their functions return.
    while let Some(here) = unsafe { next.as_ref() } {
        if std::ptr::eq(here, frame.iframe()) {
            return true;
        }
        next = here.previous();
    }
    false
}

fn back(frame: PyRef<FrameObject>, vm: &VirtualMachine) -> PyResult<Option<FrameObjectRef>> {
    let may_run_elsewhere = |frame: &FrameObject| {
        frame.iframe().generator.load().is_some() || !frame.previous_iframe().is_null()
    };
    if !others_run(vm) || !may_run_elsewhere(&frame) || runs_here(&frame) {
        return Ok(frame.f_back(vm));
    }
    // Upstream stops the others, too: they are held while it does.
    let world = state::of(vm).world.clone();
    world
        .with_others_held(|| frame.f_back(vm))
        .ok_or_else(|| unstoppable(vm))
}

fn generator(frame: PyRef<FrameObject>, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    generator_of(&frame, vm)
}

fn generator_of(frame: &FrameObject, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let read = || frame.iframe().generator.to_owned();
    if others_run(vm) {
        stopped(vm, read)
    } else {
        Ok(read())
    }
}

/// A function that returns the frame of a generator or its like.
macro_rules! frame_of {
    ($kind:ty) => {
        |object: PyRef<$kind>, vm: &VirtualMachine| {
            let coro = object.as_coro();
            let read = || (!coro.closed()).then(|| coro.frame_opt()).flatten();
            if others_run(vm) {
                stopped(vm, read)
            } else {
                Ok(read())
            }
        }
    };
}

/// A function that returns what a generator or its like waits for. What runs waits for nothing.
macro_rules! awaited_by {
    ($kind:ty) => {
        |object: PyRef<$kind>, vm: &VirtualMachine| {
            let coro = object.as_coro();
            let read = || coro.frame_opt().and_then(|frame| frame.yield_from_target());
            if others_run(vm) {
                stopped(vm, || if coro.running() { None } else { read() })
            } else {
                Ok(read())
            }
        }
    };
}

/// Sets what reads an attribute of `class`.
macro_rules! set_getter {
    ($class:ident, $name:literal, $getter:expr, $ctx:ident) => {{
        let getter = PyGetSet::new($name, $class, $ctx).with_get($getter);
        let getter = PyRef::new_ref(getter, $ctx.types.getset_type.to_owned(), None);
        shared_classes::set_attribute($class, $ctx.intern_str($name), getter.into());
    }};
}

/// Has `call` called in the place of a method of `class`, with upstream's function, where other
/// threads run.
pub(super) fn replace_method(
    class: &'static Py<PyType>,
    name: &'static str,
    call: methods::Instead,
    vm: &VirtualMachine,
) {
    let replaced = move |upstream: Upstream<'_>, args: FuncArgs, vm: &VirtualMachine| {
        if others_run(vm) {
            call(upstream, args, vm)
        } else {
            upstream(args)
        }
    };
    methods::replace(class, name, replaced, vm);
}

fn clear(upstream: Upstream<'_>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let frame = args.args.first().cloned();
    let Some(frame) = frame.and_then(|frame| frame.downcast::<FrameObject>().ok()) else {
        return upstream(args);
    };
    // Keeps the generator alive while upstream reads it.
    let _generator = generator_of(&frame, vm)?;
    let object: PyObjectRef = frame.into();
    match Clearing::of(&object) {
        Some(_clearing) => upstream(args),
        None => Ok(vm.ctx.none()),
    }
}

/// Changes a class of frames, or of what has frames. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    // SAFETY: native classes live as long as the process.
    let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
    let ctx = &vm.ctx;
    let types = &ctx.types;
    if class.is(types.frame_type) {
        set_getter!(class, "f_back", back, ctx);
        set_getter!(class, "f_generator", generator, ctx);
        replace_method(class, "clear", clear, vm);
    } else if class.is(types.generator_type) {
        set_getter!(class, "gi_frame", frame_of!(PyGenerator), ctx);
        set_getter!(class, "gi_yieldfrom", awaited_by!(PyGenerator), ctx);
    } else if class.is(types.coroutine_type) {
        set_getter!(class, "cr_frame", frame_of!(PyCoroutine), ctx);
        set_getter!(class, "cr_await", awaited_by!(PyCoroutine), ctx);
    } else if class.is(types.async_generator) {
        set_getter!(class, "ag_frame", frame_of!(PyAsyncGen), ctx);
        set_getter!(class, "ag_await", awaited_by!(PyAsyncGen), ctx);
    } else if class.is(types.frame_locals_proxy_type) {
        locals::guard(class, vm);
    }
}
