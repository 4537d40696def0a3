//! Places where both instructions that enter the tier lie in those of others, and giving them back:
//! jumps over more than 255 units, whose prefix is the first, and the beginnings of functions.
//!
//! No thread may stand at either meanwhile: it would take a jump without its prefix, or load but
//! one of two values. So the other threads are stopped, and looked at.

use std::{
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use pyt_vm::state;
use rustpython_vm::{AsObject, Py, VirtualMachine, builtins::PyCode, frame::InterpreterFrame};

/// How often it is tried again while a thread stands at such an instruction.
const ATTEMPTS: u32 = 1000;
/// How long threads run between two attempts.
const PAUSE: Duration = Duration::from_micros(100);

/// Two units of code that were replaced.
pub(super) struct Pair<'a> {
    pub(super) code: &'a Py<PyCode>,
    /// The index of the first, and both.
    pub(super) at: usize,
    pub(super) places: [&'a AtomicU16; 2],
    pub(super) patched: [u16; 2],
    pub(super) original: [u16; 2],
}

impl Pair<'_> {
    /// Puts both back. The caller holds no lock. If threads stand there each time, what was patched
    /// stays, and nothing is ever entered from it again.
    pub(super) fn put_back(&self, vm: &VirtualMachine) {
        for _ in 0..ATTEMPTS {
            let mut is_done = false;
            state::of(vm).world.with_others_stopped(&mut |frames| {
                if frames.iter().any(|frame| self.has_at(frame)) {
                    return;
                }
                // A copy may not be patched.
                let now = self.places.map(|place| place.load(Ordering::Acquire));
                if now == self.patched {
                    for (place, unit) in self.places.into_iter().zip(self.original) {
                        place.store(unit, Ordering::Release);
                    }
                }
                is_done = true;
            });
            if is_done || state::of(vm).world.is_closed() {
                return;
            }
            vm.allow_threads(|| std::thread::sleep(PAUSE));
        }
    }

    /// Whether a stopped thread is about to execute one of the two, or does so just now.
    fn has_at(&self, frame: &InterpreterFrame) -> bool {
        let next = frame.get_lasti() as usize;
        frame.code().is(self.code) && (self.at + 1..=self.at + 2).contains(&next)
    }
}
