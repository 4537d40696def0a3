//! Places where both instructions that enter the tier lie in those of others, and giving them back:
//! jumps over more than 255 units, whose prefix is the first, and the beginnings of functions.
//!
//! No thread may stand at either meanwhile: it would take a jump without its prefix, or load but one
//! of two values. So the other threads are stopped, and looked at.

use std::{sync::atomic::Ordering, time::Duration};

use pyt_vm::state;
use rustpython_vm::{AsObject, VirtualMachine, frame::InterpreterFrame};

use super::sites::{CodeSites, Site};

/// How often it is tried again while a thread stands at such an instruction.
const ATTEMPTS: u32 = 1000;
/// How long threads run between two attempts.
const PAUSE: Duration = Duration::from_micros(100);

/// Puts both back. The caller holds no lock. If threads stand there each time, what was patched
/// stays, and nothing is ever entered from it again.
pub(super) fn put_back(code: &CodeSites, site: &Site, pair: [u16; 2], vm: &VirtualMachine) {
    let at = site.edge.at;
    for _ in 0..ATTEMPTS {
        let mut is_done = false;
        state::of(vm).world.with_others_stopped(&mut |frames| {
            if frames.iter().any(|frame| stands_at(frame, code, at)) {
                return;
            }
            // A copy may not be patched.
            let places = [code.unit(at), code.unit(at + 1)];
            let now = places.map(|place| place.load(Ordering::Acquire));
            if now == site.entry.units() {
                for (place, unit) in places.into_iter().zip(pair) {
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
fn stands_at(frame: &InterpreterFrame, code: &CodeSites, at: usize) -> bool {
    let next = frame.get_lasti() as usize;
    frame.code().is(&code.code) && (at + 1..=at + 2).contains(&next)
}
