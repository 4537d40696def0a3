//! Generators and coroutines that run while other threads have them too: resuming such a generator
//! is a change of it, and so is its stop at the next `yield`. In between it "is already executing".

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use rustpython_vm::{
    PyObject, PyObjectRef, PyRef, VirtualMachine,
    builtins::{PyAsyncGen, PyCoroutine, PyGenerator, PyWeak},
    frame::current_thread_iframe,
};

/// The generators that were resumed while other threads may have had them, by their frames.
#[derive(Debug, Default)]
pub(super) struct Running {
    any: AtomicBool,
    by_frame: Mutex<HashMap<usize, PyRef<PyWeak>>>,
}

impl Running {
    /// `iterator` is about to go on. Does nothing if it is no generator, or has come to its end.
    pub(super) fn resumed(&self, iterator: &PyObject, vm: &VirtualMachine) {
        if let Some(frame) = frame_of(iterator)
            && let Ok(weak) = iterator.downgrade(None, vm)
        {
            self.by_frame.lock().insert(frame, weak);
            self.any.store(true, Ordering::Relaxed);
        }
    }

    /// The generator that the calling thread's innermost function belongs to, if other threads may
    /// have it.
    pub(super) fn current(&self) -> Option<PyObjectRef> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let frame = current_thread_iframe() as usize;
        let generator = self.by_frame.lock().get(&frame)?.upgrade()?;
        // The frame of a generator that is gone may have left its address to another.
        (frame_of(&generator) == Some(frame)).then_some(generator)
    }

    pub(super) fn clear(&self) {
        if self.any.swap(false, Ordering::Relaxed) {
            self.by_frame.lock().clear();
        }
    }
}

/// The address of the frame that a generator or coroutine has until it ends.
fn frame_of(object: &PyObject) -> Option<usize> {
    let coro = if let Some(generator) = object.downcast_ref::<PyGenerator>() {
        generator.as_coro()
    } else if let Some(coroutine) = object.downcast_ref::<PyCoroutine>() {
        coroutine.as_coro()
    } else {
        object.downcast_ref::<PyAsyncGen>()?.as_coro()
    };
    let frame = coro.frame_opt()?;
    Some(std::ptr::from_ref(frame.iframe()) as usize)
}
