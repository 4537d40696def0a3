//! Where in their Python program threads are, for a recording of them.
//!
//! A place is found by the thread itself, before it leaves the interpreter, and is remembered by
//! its code and instruction, so that only the first wait at a place reads names.

use std::{
    cell::RefCell,
    collections::HashMap,
    ops::ControlFlow,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use pyt_explore::PrimitiveName;
use pyt_pictures::{FoldMap, Places, Site};
use pyt_sched::{Activity, Thread, World};
use pyt_vm::{InterpreterState, naming, uncaught::is_library};
use rustpython_vm::{
    builtins::PyCode,
    compiler::core::OneIndexed,
    frame::{InterpreterFrame, current_thread_iframe},
    vm::thread,
};

/// So many places are remembered for each thread; then it begins anew.
const MOST_REMEMBERED: usize = 4096;
/// So many places are distinguished. At all others a wait has none.
const MOST_SITES: usize = 200_000;

/// An instruction of a piece of code, and a primitive that is used there. Code that is made at the
/// address of other code has another name, file or line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    code: usize,
    file: usize,
    function: usize,
    first_line: usize,
    instruction: u32,
    object: usize,
}

impl Key {
    fn of(frame: &InterpreterFrame, object: Option<usize>) -> Self {
        let code = frame.code();
        Self {
            code: std::ptr::from_ref::<PyCode>(code).addr(),
            file: std::ptr::from_ref(code.source_path()).addr(),
            function: std::ptr::from_ref(code.qualname).addr(),
            first_line: code.first_line_number.map_or(0, OneIndexed::get),
            instruction: frame.get_lasti(),
            object: object.unwrap_or(0),
        }
    }
}

thread_local! {
    /// The numbers of the places that this OS thread has been at, by interpreters.
    static REMEMBERED: RefCell<FoldMap<(usize, Key), u32>> = RefCell::default();
}

/// The places of one interpreter.
pub(super) struct InterpreterPlaces {
    state: Weak<InterpreterState>,
    sites: Mutex<Sites>,
    /// Threads that were in foreign code when it was looked last, and whether that was reported.
    foreign: Mutex<HashMap<u64, bool>>,
    /// Threads may be stopped to see where they are: one at a time runs anyway.
    may_stop: bool,
}

#[derive(Default)]
struct Sites {
    all: Vec<Site>,
    /// By key, for threads that are stopped.
    numbers: FoldMap<Key, u32>,
}

impl InterpreterPlaces {
    pub(super) fn new(state: &Arc<InterpreterState>, may_stop: bool) -> Self {
        Self {
            state: Arc::downgrade(state),
            sites: Mutex::default(),
            foreign: Mutex::default(),
            may_stop,
        }
    }

    fn add(&self, frame: &InterpreterFrame, object: Option<PrimitiveName>) -> u32 {
        let mut sites = self.sites.lock();
        if sites.all.len() >= MOST_SITES {
            return 0;
        }
        sites.all.push(Site {
            object,
            ..site_of(frame)
        });
        u32::try_from(sites.all.len()).unwrap_or(0)
    }

    /// What the primitive at this address is called where the calling thread is.
    fn name(object: usize) -> Option<PrimitiveName> {
        let mut frame: *const InterpreterFrame = current_thread_iframe();
        // SAFETY: frames on the calling thread's own chain live until their functions return.
        while let Some(here) = unsafe { frame.as_ref() } {
            let found = thread::with_current_vm(|vm| {
                // SAFETY: the function is the calling thread's, which is here.
                unsafe { naming::name_in(object, here, Some(vm)) }
            });
            if let Some(found) = found {
                return Some(PrimitiveName {
                    text: Some(found.text),
                    instance: found.instance,
                    function: found.function,
                    made_at: None,
                });
            }
            frame = here.previous();
        }
        None
    }
}

fn site_of(frame: &InterpreterFrame) -> Site {
    let code = frame.code();
    let at = usize::try_from(frame.get_lasti()).unwrap_or(0);
    let place = at.checked_sub(1).and_then(|at| code.locations.get(at));
    let line = place.map_or_else(
        || code.first_line_number.map_or(1, OneIndexed::get),
        |(start, _)| start.line.get(),
    );
    Site {
        file: code.source_path().to_string(),
        line,
        function: code.qualname.to_string(),
        object: None,
    }
}

/// The innermost frame that is the program's, or else the innermost of all.
fn own_frame<'a>(innermost: *const InterpreterFrame) -> Option<&'a InterpreterFrame> {
    let mut frame = innermost;
    // SAFETY: the caller's thread is at these frames, and stays while the result is used.
    while let Some(here) = unsafe { frame.as_ref() } {
        if !is_library(here.code()) {
            return Some(here);
        }
        frame = here.previous();
    }
    // SAFETY: as above.
    unsafe { innermost.as_ref() }
}

impl Places for InterpreterPlaces {
    fn here(&self, object: Option<usize>) -> u32 {
        if !thread::current_vm_is_set() {
            return 0;
        }
        let Some(frame) = own_frame(current_thread_iframe()) else {
            return 0;
        };
        let key = (std::ptr::from_ref(self).addr(), Key::of(frame, object));
        let known = REMEMBERED.try_with(|remembered| remembered.borrow().get(&key).copied());
        if let Ok(Some(known)) = known {
            return known;
        }
        // Not with the map borrowed: what this drops may run Python, and wait.
        let name = object.and_then(Self::name);
        let number = self.add(frame, name);
        let _ = REMEMBERED.try_with(|remembered| {
            let mut remembered = remembered.borrow_mut();
            if remembered.len() >= MOST_REMEMBERED {
                remembered.clear();
            }
            remembered.insert(key, number);
        });
        number
    }

    fn of_stopped(&self, stopped: &Thread) -> u32 {
        let Some(state) = self.state.upgrade() else {
            return 0;
        };
        let (mut own, mut innermost) = (None, None);
        let number = |frame: &InterpreterFrame| {
            let key = Key::of(frame, None);
            let known = self.sites.lock().numbers.get(&key).copied();
            known.unwrap_or_else(|| {
                let number = self.add(frame, None);
                self.sites.lock().numbers.insert(key, number);
                number
            })
        };
        state.world.frames_of(stopped.tag(), &mut |frame| {
            if is_library(frame.code()) {
                innermost = innermost.or_else(|| Some(number(frame)));
                return ControlFlow::Continue(());
            }
            own = Some(number(frame));
            ControlFlow::Break(())
        });
        own.or(innermost).unwrap_or(0)
    }

    fn site(&self, number: u32) -> Option<Site> {
        let index = (number as usize).checked_sub(1)?;
        self.sites.lock().all.get(index).cloned()
    }

    fn name(&self, thread: u64) -> Option<String> {
        let threads = self.state.upgrade()?.scheduler.threads();
        let found = threads.iter().find(|known| known.id().get() == thread);
        found.map(|found| found.name())
    }

    fn foreign(&self, found: &mut dyn FnMut(u64, bool, u32)) {
        let Some(state) = self.state.upgrade() else {
            return;
        };
        let threads = state.scheduler.threads();
        let is_foreign = |thread: &Thread| {
            !thread.in_wait() && state.world.activity(thread) == Activity::Detached
        };
        let mut before = self.foreign.lock();
        let mut entered = Vec::new();
        for thread in &threads {
            let id = thread.id().get();
            match (before.get(&id).copied(), is_foreign(thread)) {
                (None, true) => {
                    before.insert(id, false);
                }
                // A second time in a row: no short call.
                (Some(false), true) => {
                    before.insert(id, true);
                    entered.push(thread);
                }
                (Some(is_reported), false) => {
                    before.remove(&id);
                    if is_reported {
                        found(id, false, 0);
                    }
                }
                (Some(true), true) | (None, false) => {}
            }
        }
        if entered.is_empty() {
            return;
        }
        let mut sites = vec![0; entered.len()];
        if self.may_stop {
            state.world.stop(&mut || {
                for (site, thread) in sites.iter_mut().zip(&entered) {
                    // It may be back meanwhile.
                    if state.world.activity(thread) == Activity::Detached {
                        *site = self.of_stopped(thread);
                    }
                }
            });
        }
        for (thread, site) in entered.iter().zip(sites) {
            found(thread.id().get(), true, site);
        }
    }
}
