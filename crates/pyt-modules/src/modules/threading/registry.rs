//! Which threads there are: `threading._active` and its relatives, and the thread that is
//! current.
//!
//! The dictionaries are Python objects, because the standard library and tests use them.

use std::cell::RefCell;

use parking_lot::Mutex;
use pyt_vm::state;
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyDictRef, PyWeak},
    function::FuncArgs,
    stdlib::_thread::get_ident,
};

use super::{
    dangling::{self, Watched},
    special,
    thread::PyThread,
};

/// After how many threads [`tidy`] is called, and for how many it would take too long.
const TIDY_EVERY: u64 = 256;
const MANY: usize = 64;

thread_local! {
    /// The calling thread's `Thread` object in each interpreter it is in.
    static CURRENT: RefCell<Vec<(i64, PyObjectRef)>> = const { RefCell::new(Vec::new()) };
}

/// One interpreter's state of the module.
struct ThreadingState {
    active: PyDictRef,
    limbo: PyDictRef,
    /// `_dangling`, once Python code has asked for it.
    dangling: Option<PyObjectRef>,
    /// What is yet to go into it.
    watched: Watched,
    /// The module, for when it can no longer be imported.
    module: PyObjectRef,
    main: Option<PyObjectRef>,
    /// `_start_joinable_thread` as it is here.
    start: PyObjectRef,
    atexits: Vec<(PyObjectRef, FuncArgs)>,
    /// How many threads have left `active`.
    left: u64,
    shutting_down: bool,
}

/// `None` until the module is imported, and once the interpreter has ended.
#[derive(Default)]
struct Slot(Mutex<Option<ThreadingState>>);

impl Drop for Slot {
    fn drop(&mut self) {
        // Where the process ends with the interpreter: objects can't be dropped any more.
        std::mem::forget(self.0.get_mut().take());
    }
}

/// Calls `f` with the state for `vm`'s interpreter, if there is one.
fn with<R>(vm: &VirtualMachine, f: impl FnOnce(&mut ThreadingState) -> R) -> Option<R> {
    // Destructors may ask when the interpreter has ended: that makes no new state.
    let interpreter = state::find(vm.state.interpreter_id)?;
    let mut state = interpreter.slot::<Slot>().0.lock();
    state.as_mut().map(f)
}

/// Makes the state for `vm`'s interpreter, or finds it if the module is executed again, and puts
/// what is public of it into the module.
pub(super) fn install(module: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    let known = with(vm, |state| (state.active.clone(), state.limbo.clone()));
    let first = known.is_none();
    let (active, limbo) = match known {
        Some(known) => known,
        None => {
            let state = ThreadingState {
                active: vm.ctx.new_dict(),
                limbo: vm.ctx.new_dict(),
                dangling: None,
                watched: Watched::default(),
                module: module.to_owned(),
                main: None,
                start: module.get_attr("_start_joinable_thread", vm)?,
                atexits: Vec::new(),
                left: 0,
                shutting_down: false,
            };
            let public = (state.active.clone(), state.limbo.clone());
            *state::of(vm).slot::<Slot>().0.lock() = Some(state);
            public
        }
    };
    module.set_attr("_active", active.clone(), vm)?;
    module.set_attr("_limbo", limbo, vm)?;
    let lock = module.get_attr("_CRLock", vm)?.call((), vm)?;
    module.set_attr("_active_limbo_lock", lock, vm)?;
    let main_ident = vm.state.main_thread_ident.load();
    let main = if first {
        special::make_main(main_ident, vm)?
    } else {
        active.get_item(&*vm.new_pyobj(main_ident), vm)?
    };
    set_main(&main, vm);
    module.set_attr("_main_thread", main, vm)
}

/// Forgets `vm`'s interpreter, which has ended but for the calling thread.
pub(super) fn forget(vm: &VirtualMachine) {
    let interpreter = state::find(vm.state.interpreter_id);
    let state = interpreter.and_then(|interpreter| interpreter.slot::<Slot>().0.lock().take());
    drop(state);
}

fn set_main(main: &PyObject, vm: &VirtualMachine) {
    let old = with(vm, |state| state.main.replace(main.to_owned()));
    drop(old);
}

/// The main thread's object.
pub(super) fn main(vm: &VirtualMachine) -> PyResult {
    match with(vm, |state| state.main.clone()).flatten() {
        Some(main) => Ok(main),
        None => module(vm)?.get_attr("_main_thread", vm),
    }
}

/// The module itself.
pub(super) fn module(vm: &VirtualMachine) -> PyResult {
    let known = || with(vm, |state| state.module.clone());
    match vm.import("threading", 0) {
        // The program has a module of this name.
        Ok(other) if other.get_attr("_CRLock", vm).is_err() => Ok(known().unwrap_or(other)),
        // Imports end before the last destructors have run.
        Err(failed) => known().ok_or(failed),
        found => found,
    }
}

/// The calling thread's `Thread` object; a thread that was not started here gets a dummy.
pub(super) fn current(vm: &VirtualMachine) -> PyResult {
    let id = vm.state.interpreter_id;
    let known = CURRENT.with_borrow(|current| {
        current
            .iter()
            .find(|(interpreter, _)| *interpreter == id)
            .map(|(_, thread)| thread.clone())
    });
    if let Some(thread) = known {
        return Ok(thread);
    }
    let ident = vm.new_pyobj(get_ident());
    let active = with(vm, |state| state.active.clone());
    if let Some(active) = active
        && let Some(thread) = active.get_item_opt(&*ident, vm)?
    {
        set_current(&thread, vm);
        return Ok(thread);
    }
    special::make_dummy(vm)
}

/// Makes `thread` the calling thread's object, without listing it.
pub(super) fn set_current(thread: &PyObject, vm: &VirtualMachine) {
    let id = vm.state.interpreter_id;
    let old = CURRENT.with_borrow_mut(|current| {
        // Interpreters that ended on another thread left their objects here.
        let is_old = |(other, _): &(i64, _)| *other == id || state::find(*other).is_none();
        let old: Vec<_> = current.extract_if(.., |entry| is_old(entry)).collect();
        current.push((id, thread.to_owned()));
        old
    });
    drop(old);
}

/// What the program has replaced `threading._start_joinable_thread` with, if it has.
pub(super) fn other_start(vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let Some((module, ours)) = with(vm, |state| (state.module.clone(), state.start.clone())) else {
        return Ok(None);
    };
    let stands = module.get_attr("_start_joinable_thread", vm)?;
    // A module is cleared to `None` at the end.
    Ok((!stands.is(&ours) && !vm.is_none(&stands)).then_some(stands))
}

/// Lists `thread`, which is the calling thread's, as alive.
pub(super) fn add(thread: &PyObject, ident: u64, vm: &VirtualMachine) -> PyResult<()> {
    let key: PyObjectRef = vm.new_pyobj(ident);
    with(vm, |state| {
        // Dropped unlocked, as what `leave` takes out.
        let before = state.active.get_item_opt(&*key, vm)?;
        state.active.set_item(&*key, thread.to_owned(), vm)?;
        Ok(before)
    })
    .unwrap_or(Ok(None))
    .map(drop)
}

/// Takes the calling thread off the list, if it is on it.
pub(super) fn leave(ident: u64, vm: &VirtualMachine) {
    let id = vm.state.interpreter_id;
    let old = CURRENT.with_borrow_mut(|current| {
        current
            .iter()
            .position(|(interpreter, _)| *interpreter == id)
            .map(|place| current.swap_remove(place))
    });
    if old.is_some() {
        let key: PyObjectRef = vm.new_pyobj(ident);
        let _dropped_unlocked = with(vm, |state| {
            // The entry may be gone: tests and forks clear the dictionary.
            let listed = state.active.get_item_opt(&*key, vm).ok().flatten();
            let _ = state.active.del_item(&*key, vm);
            state.left += 1;
            let tidied = state.left.is_multiple_of(TIDY_EVERY);
            (listed, tidied.then(|| tidy(&state.active, vm)))
        });
    }
    drop(old);
}

/// Rebuilds a dictionary of threads, so that it takes no more room than it needs: upstream's never
/// reuses the room of a key that was removed. Returns what is to be dropped.
fn tidy(active: &PyDictRef, vm: &VirtualMachine) -> Vec<(PyObjectRef, PyObjectRef)> {
    let entries = active.items_vec();
    // Keys of other types are the program's: to hash them may run its code.
    let are_idents = |(key, _): &(PyObjectRef, _)| key.class().is(vm.ctx.types.int_type);
    if entries.len() < MANY && entries.iter().all(are_idents) {
        active.clear();
        for (key, thread) in &entries {
            // An integer can be a key.
            let _ = active.set_item(&**key, thread.clone(), vm);
        }
    }
    entries
}

/// Remembers a `Thread` for as long as it lives, for forks and leak checks.
pub(super) fn watch(thread: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    let thread = thread.downgrade(None, vm)?;
    let _dropped_unlocked = with(vm, |state| state.watched.add(thread));
    Ok(())
}

/// `threading._dangling`, made when it is first asked for.
pub(super) fn dangling(vm: &VirtualMachine) -> PyResult {
    if let Some(known) = with(vm, |state| state.dangling.clone()).flatten() {
        return Ok(known);
    }
    let made = dangling::make(vm)?;
    // Two threads may have asked at once: one set is for both.
    let kept = with(vm, |state| {
        state.dangling.get_or_insert_with(|| made.clone()).clone()
    });
    Ok(kept.unwrap_or(made))
}

/// What is yet to go into `set`, if that is `threading._dangling`. It counts as gone there.
pub(super) fn take_watched(set: &PyObject, vm: &VirtualMachine) -> Vec<PyRef<PyWeak>> {
    let taken = with(vm, |state| {
        let known = state.dangling.as_ref();
        known
            .is_some_and(|known| known.is(set))
            .then(|| state.watched.take())
    });
    taken.flatten().unwrap_or_default()
}

/// All `Thread` objects that are alive.
pub(super) fn all(vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    let both = |state: &mut ThreadingState| [state.active.items_vec(), state.limbo.items_vec()];
    let listed = with(vm, both).into_iter().flatten().flatten();
    Ok(listed.map(|(_, thread)| thread).collect())
}

pub(super) fn is_shutting_down(vm: &VirtualMachine) -> bool {
    with(vm, |state| state.shutting_down).unwrap_or(false)
}

/// Says that the interpreter ends. True: that was said before.
pub(super) fn begin_shutdown(vm: &VirtualMachine) -> bool {
    with(vm, |state| {
        std::mem::replace(&mut state.shutting_down, true)
    })
    .unwrap_or(true)
}

pub(super) fn push_atexit(vm: &VirtualMachine, function: PyObjectRef, args: FuncArgs) {
    with(vm, |state| state.atexits.push((function, args)));
}

/// What `threading._register_atexit` was given, last first. It stays there.
pub(crate) fn atexits(vm: &VirtualMachine) -> Vec<(PyObjectRef, FuncArgs)> {
    let functions = with(vm, |state| state.atexits.clone()).unwrap_or_default();
    functions.into_iter().rev().collect()
}

/// The function registered last that was not called yet.
pub(super) fn pop_atexit(vm: &VirtualMachine) -> Option<(PyObjectRef, FuncArgs)> {
    with(vm, |state| state.atexits.pop()).flatten()
}

/// Marks the main thread as ended, for threads that join it.
pub(super) fn end_main_thread(vm: &VirtualMachine) -> PyResult<()> {
    let main = main(vm)?;
    if let Some(main) = main.downcast_ref::<PyThread>() {
        main.handle().set_done();
    }
    Ok(())
}

/// In the child of a `fork`: the calling thread is the only one, and the main thread.
pub(super) fn after_fork(vm: &VirtualMachine) -> PyResult<()> {
    let module = module(vm)?;
    let Some((active, limbo, dangling, unseen)) = with(vm, |state| {
        (
            state.active.clone(),
            state.limbo.clone(),
            state.dangling.clone(),
            state.watched.all(),
        )
    }) else {
        return Ok(());
    };
    let lock = module.get_attr("_CRLock", vm)?.call((), vm)?;
    module.set_attr("_active_limbo_lock", lock, vm)?;
    let ident = get_ident();
    let key = vm.new_pyobj(ident);
    let me = match active.get_item_opt(&*key, vm)? {
        Some(me) => me,
        None => special::make_main(ident, vm)?,
    };
    set_main(&me, vm);
    module.set_attr("_main_thread", me.clone(), vm)?;
    let mut others = all(vm)?;
    match dangling {
        Some(set) => others.extend(set.try_to_value::<Vec<_>>(vm).unwrap_or_default()),
        None => others.extend(unseen),
    }
    for other in others {
        let new_ident = if other.is(&me) {
            key.clone()
        } else {
            vm.ctx.none()
        };
        vm.call_method(&other, "_after_fork", (new_ident,))?;
    }
    vm.call_method(limbo.as_object(), "clear", ())?;
    vm.call_method(active.as_object(), "clear", ())?;
    active.set_item(&*key, me.clone(), vm)?;
    set_current(&me, vm);
    Ok(())
}
