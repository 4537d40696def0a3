//! Jumps back over more than 255 units, which have a prefix: giving them back.
//!
//! The first of the instructions that enter the tier lies in the place of the prefix, the second in
//! that of the jump. Both have to be put back, and no thread may stand at either meanwhile: it would
//! take the jump without its prefix. So the other threads are stopped, and looked at.

use std::{sync::atomic::Ordering, time::Duration};

use pyt_vm::state;
use rustpython_vm::{AsObject, VirtualMachine, bytecode::Opcode, frame::InterpreterFrame};

use super::sites::{CodeSites, Site};

/// How often it is tried again while a thread stands at such an instruction.
const ATTEMPTS: u32 = 1000;
/// How long threads run between two attempts.
const PAUSE: Duration = Duration::from_micros(100);

/// Puts a jump and its prefix back. The caller holds no lock. If threads stand there each time,
/// what was patched stays, and the loop is never entered from it again.
pub(super) fn put_back(code: &CodeSites, site: &Site, vm: &VirtualMachine) {
    let Some(prefix) = site.edge.prefix else {
        return;
    };
    let prefix = u16::from_ne_bytes([u8::from(Opcode::ExtendedArg), prefix]);
    for _ in 0..ATTEMPTS {
        let mut is_done = false;
        state::of(vm).world.with_others_stopped(&mut |frames| {
            if frames.iter().any(|frame| stands_at(frame, code, site)) {
                return;
            }
            // A copy may not be patched.
            let [first, second] = site.entry.units();
            let (at, jump) = (code.unit(site.edge.at), code.unit(site.edge.jump()));
            if at.load(Ordering::Acquire) == first && jump.load(Ordering::Acquire) == second {
                jump.store(site.jump_unit(vm), Ordering::Release);
                at.store(prefix, Ordering::Release);
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
fn stands_at(frame: &InterpreterFrame, code: &CodeSites, site: &Site) -> bool {
    let next = frame.get_lasti() as usize;
    frame.code().is(&code.code) && (site.edge.at + 1..=site.edge.jump() + 1).contains(&next)
}
