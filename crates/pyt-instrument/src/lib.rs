//! Decision points inside user code: before each access to something that threads can share, each
//! line, or each instruction.
//!
//! User code is looked through when it is compiled or imported, and the instruction event of
//! `sys.monitoring` is put before the chosen instructions, by hand, so that nothing else is slower.
//! At each event the step is worked out from the instruction and the values that it is about to
//! use, and offered to the scheduler, which may let other threads run first.
//!
//! # What is a step
//! - Globals that the program changes: see `shared`. Names that are bound once are no variables.
//! - Variables of closures that change after they came into being.
//! - Attributes of instances, classes and user modules, but not methods and properties: these are
//!   code of their own.
//! - Items, and containers as a whole: operators, loops, truth, methods and built-in functions.
//! - Iterators and generators that have another name: taking an item changes them. What lies
//!   beneath is read.
//! - The file system is one object, of which paths are parts; the environment is one.
//! - Other native objects (files, `print`'s stream): each method call changes them.
//! - What goes into functions of the library counts as changed, with all that can be reached from
//!   it.
//! - A loop's turn without any step is one step, so that no loop keeps the others waiting.
//!
//! # What is not seen
//! What functions of the library do to each other's data. Whatever else a run does that another
//! thread could notice and that no step says is listed: see [`Sites::take_not_seen`].
//!
//! The parts:
//! - `code`, `shared`, `plan`: reading code objects, what is shared, which instructions are steps
//! - `place`: inserting the events
//! - `copies`: copies of code objects
//! - `beneath`, `generators`: what iterators read and advance, which generators run
//! - `operands`: the values that an instruction is about to use
//! - `object_kinds`, `hash`: kinds of objects, numbers for names and keys
//! - `files`: functions that use the file system
//! - `resolve`, `access`: from an instruction and its operands to steps
//! - `table`, `user`: the code that has sites, and which code is to have them
//! - `source`, `values`: places and values as text

mod access;
mod beneath;
mod code;
mod copies;
mod files;
mod generators;
mod hash;
mod object_kinds;
mod operands;
mod place;
mod plan;
mod resolve;
mod shared;
mod source;
mod table;
mod user;
mod values;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use pyt_explore::{Granularity, SourceLocation, VariableAccess};
use pyt_sched::controlled::{self, Op, Place};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyStr},
    frame::{InterpreterFrame, current_thread_iframe},
    function::FuncArgs,
};

use access::{Access, Target};
use beneath::References;
use generators::Running;
use object_kinds::{Builtins, ObjectKinds};
use operands::Operands;
use place::Donor;
use plan::Kind;
use resolve::{Known, Resolver};
use source::Sources;
use table::{Planned, Table};
use user::UserCode;
use values::Recorder;

use pyt_vm::{abort::OrRaise, hooks, number_map::NumberSet, state, world::Locate};

/// Methods of a container that stand for an operation on it.
const OVERRIDING: [&str; 5] = [
    "__missing__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__contains__",
];

/// How many callers are searched for an operation that calls user code.
const MAX_CALLERS: usize = 16;

/// An operation that may go on after code that it calls has taken steps.
struct Begun {
    /// The function that does it, by its frame's address.
    frame: usize,
    /// The instruction.
    index: usize,
    /// How many steps there had been when it began; `None` if it takes none unless it calls user
    /// code.
    steps: Option<u64>,
    reaches_container: bool,
    ops: Vec<Op>,
}

thread_local! {
    /// How many steps there had been when this thread last went back in a loop.
    static LAST_TURN: Cell<u64> = const { Cell::new(u64::MAX) };
    /// What this thread has begun and may not have finished, outermost first.
    static BEGUN: RefCell<Vec<Begun>> = const { RefCell::new(Vec::new()) };
}

/// The calling OS thread may come to run another Python thread.
fn reset_os_thread() {
    LAST_TURN.set(u64::MAX);
    BEGUN.with_borrow_mut(Vec::clear);
}

/// The decision points of one interpreter, if it has any.
#[derive(Default)]
struct SitesSlot(OnceLock<Arc<Sites>>);

/// The decision points in the user code of `vm`'s interpreter: from the first call on, user code
/// gets them. Their granularity is that of the first call.
///
/// # Errors
/// `RuntimeError` if a debugger or the like has taken what they need of `sys.monitoring`.
pub fn sites(granularity: Granularity, vm: &VirtualMachine) -> PyResult<Arc<Sites>> {
    let state = state::of(vm);
    let mut is_new = false;
    let sites = state.slot::<SitesSlot>().0.get_or_init(|| {
        is_new = true;
        Sites::new(granularity)
    });
    if is_new {
        hooks::on_os_thread_reuse("decision points", reset_os_thread);
        state.world.locate_with(sites.clone());
        sites.install(vm)?;
    }
    Ok(sites.clone())
}

/// Gives `code` its decision points, if [`sites`] was called and it is user code.
///
/// # Errors
/// What the interpreter raises.
pub fn instrument(code: &Py<PyCode>, vm: &VirtualMachine) -> PyResult<()> {
    match state::of(vm).slot::<SitesSlot>().0.get() {
        Some(sites) => sites.instrument(code, vm),
        None => Ok(()),
    }
}

/// The decision points inside the user code of one interpreter.
pub struct Sites {
    granularity: Granularity,
    user: OnceLock<UserCode>,
    donor: OnceLock<Donor>,
    table: RwLock<Table>,
    modules: RwLock<NumberSet<usize>>,
    object_kinds: ObjectKinds,
    references: OnceLock<References>,
    running: Running,
    lent: Mutex<Vec<usize>>,
    not_seen: Mutex<BTreeSet<String>>,
    builtins: OnceLock<Builtins>,
    sources: Mutex<Sources>,
    recording: AtomicBool,
    recorder: Mutex<Recorder>,
}

/// How much user code there was: see [`Sites::mark`].
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Sites {
    /// Decision points of this granularity. Nothing happens before [`install`](Self::install).
    fn new(granularity: Granularity) -> Arc<Self> {
        Arc::new(Self {
            granularity,
            user: OnceLock::new(),
            donor: OnceLock::new(),
            table: RwLock::default(),
            modules: RwLock::default(),
            object_kinds: ObjectKinds::default(),
            references: OnceLock::new(),
            running: Running::default(),
            lent: Mutex::default(),
            not_seen: Mutex::default(),
            builtins: OnceLock::new(),
            sources: Mutex::default(),
            recording: AtomicBool::new(false),
            recorder: Mutex::default(),
        })
    }

    /// How finely user code is cut.
    #[must_use]
    pub fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// Gets ready in the interpreter of `vm`: from now on, user code that is imported, or run by
    /// `exec` and `eval`, gets its decision points. To be called once, attached.
    ///
    /// # Errors
    /// What the interpreter raises; `RuntimeError` if a debugger or the like has taken the number
    /// under which events are reported.
    fn install(self: &Arc<Self>, vm: &VirtualMachine) -> PyResult<()> {
        operands::prepare(vm)?;
        let references = References::find(vm)?;
        self.references.get_or_init(|| references);
        self.user.get_or_init(|| UserCode::new(vm));
        if let Ok(builtins) = vm.builtins.as_object().dict().ok_or(()) {
            self.builtins.get_or_init(|| Builtins::of(&builtins));
        }
        let sites = Arc::downgrade(self);
        let event = vm.new_function(
            "decision_point",
            move |arguments: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
                decision_point(&sites, &arguments, vm)
            },
        );
        {
            let mut monitoring = vm.state.monitoring.lock();
            let name = &mut monitoring.tool_names[place::TOOL];
            if name.is_some() {
                drop(monitoring);
                return Err(vm.new_runtime_error("sys.monitoring's tool number 4 is in use"));
            }
            *name = Some("pyt".to_owned());
            monitoring
                .callbacks
                .insert((place::TOOL, place::INSTRUCTION), event.into());
        }
        let donor = Donor::new(vm)?;
        self.donor.get_or_init(|| donor);
        copies::keep_whole(self, vm);
        let sites = Arc::downgrade(self);
        let hook = vm.new_function(
            "instrument_user_code",
            move |arguments: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
                match sites.upgrade() {
                    Some(sites) => sites.audit(&arguments, vm),
                    None => Ok(()),
                }
            },
        );
        vm.sys_module
            .get_attr("addaudithook", vm)?
            .call((hook,), vm)
            .map(drop)
    }

    /// Gives `code`, and all code inside it, its decision points, if it is user code. Call it for
    /// the main script before it runs. Does nothing the second time.
    ///
    /// # Errors
    /// What the interpreter raises.
    pub fn instrument(&self, code: &Py<PyCode>, vm: &VirtualMachine) -> PyResult<()> {
        if self.user.get().is_some_and(|user| user.has(code, vm)) {
            self.instrument_tree(&code::tree(code), false, vm)?;
        }
        Ok(())
    }

    /// As [`instrument`](Self::instrument), for functions of one program whose modules were run
    /// before: what one of them declares `global` is shared among all. It may be the
    /// library's code.
    ///
    /// # Errors
    /// What the interpreter raises.
    pub fn instrument_all(&self, codes: &[PyRef<PyCode>], vm: &VirtualMachine) -> PyResult<()> {
        let trees = codes.iter().flat_map(|code| code::tree(code));
        self.instrument_tree(&trees.collect::<Vec<_>>(), false, vm)
    }

    fn instrument_tree(
        &self,
        tree: &[PyRef<PyCode>],
        is_fragment: bool,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let Some(donor) = self.donor.get() else {
            return Ok(());
        };
        {
            let table = self.table.read();
            if tree.iter().all(|one| table.has(one.get_id())) {
                return Ok(());
            }
        }
        let shared = shared::Shared::among(tree, is_fragment);
        for (depth, one) in tree.iter().enumerate() {
            if self.table.read().has(one.get_id()) {
                continue;
            }
            let mut sites = plan::sites(one, &shared, self.granularity);
            let module = depth == 0 && plan::is_module(one);
            if module && self.granularity == Granularity::Access {
                plan::with_first(one, &mut sites);
            }
            // In the table first: what it does not know is no site.
            self.table.write().add(one, &sites, module);
            if !sites.is_empty() {
                place::insert(one, &sites, donor, vm)?;
            }
        }
        Ok(())
    }

    /// Code without sites reports its instructions: the program uses `sys.monitoring`, which has
    /// the interpreter put the events of all tools into every function.
    #[cold]
    fn restrict_to_user_code(&self, vm: &VirtualMachine) {
        let table = self.table.read();
        let codes = table.all().iter().filter(|planned| planned.has_sites());
        place::only_for(codes.map(|planned| &*planned.code), vm);
    }

    /// Gives a copy of user code the same sites.
    fn adopt(&self, copy: &Py<PyCode>, sites: &[plan::Site], vm: &VirtualMachine) -> PyResult<()> {
        let Some(donor) = self.donor.get() else {
            return Ok(());
        };
        self.table.write().add(copy, sites, false);
        if sites.is_empty() {
            return Ok(());
        }
        place::insert(copy, sites, donor, vm)
    }

    /// The user code so far. What comes later can be [released](Self::release) again.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.table.read().len())
    }

    /// Lets go of the user code that came after `mark`. None of it may run any more, and places in
    /// it cannot be described any more. The next code gets the same numbers again.
    pub fn release(&self, mark: Mark, vm: &VirtualMachine) {
        let dropped = self.table.write().truncate(mark.0);
        for planned in &dropped {
            place::forget(&planned.code, vm);
        }
        // Modules that are gone leave their addresses to others.
        self.modules.write().clear();
        self.running.clear();
        BEGUN.with_borrow_mut(Vec::clear);
        self.lent.lock().clear();
    }

    /// Where in user code the calling thread stands: in the innermost function that is user code;
    /// the default if it is in none.
    ///
    /// The numbers are those of a code object, in the order in which user code came to be, and of
    /// the instruction in it: the same in every run that makes the same decisions.
    #[must_use]
    pub fn here(&self) -> Place {
        let mut frame: *const InterpreterFrame = current_thread_iframe();
        let table = self.table.read();
        // SAFETY: frames on the calling thread's own chain live until their functions return.
        while let Some(here) = unsafe { frame.as_ref() } {
            if let Some(planned) = table.get(here.code().get_id()) {
                let index = u64::from(here.get_lasti()).saturating_sub(1);
                return Place(planned.number, index);
            }
            frame = here.previous();
        }
        Place::default()
    }

    /// What is at a place that [`here`](Self::here) has returned.
    #[must_use]
    pub fn describe(&self, place: Place) -> Option<SourceLocation> {
        let planned = self.table.read().numbered(place.0)?.clone();
        let index = usize::try_from(place.1).ok()?;
        Some(self.sources.lock().describe(&planned.code, index))
    }

    /// What threads did, since the last call, that other threads could notice and that no step
    /// says.
    /// If there is anything, trying all orders of the steps proves nothing.
    #[must_use]
    pub fn take_not_seen(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.not_seen.lock())
    }

    /// Begins or ends noting values. Noting costs time, and shows every variable's value as it is
    /// at each access.
    pub fn record(&self, on: bool) {
        self.recording.store(on, Ordering::Relaxed);
    }

    /// The values that were noted since the last call, by ascending step.
    pub fn take_values(&self, vm: &VirtualMachine) -> Vec<VariableAccess> {
        self.recorder.lock().take(vm)
    }

    fn audit(&self, arguments: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let [event, values, ..] = &arguments.args[..] else {
            return Ok(());
        };
        let is_exec = event
            .downcast_ref::<PyStr>()
            .is_some_and(|event| event.as_bytes() == b"exec");
        if !is_exec {
            return Ok(());
        }
        let code = values
            .downcast_ref::<rustpython_vm::builtins::PyTuple>()
            .and_then(|values| values.as_slice().first()?.downcast_ref::<PyCode>());
        let Some(code) = code else {
            return Ok(());
        };
        // The library has code of its own compiled, such as that of named tuples, and the system of
        // imports that of modules.
        // SAFETY: the calling thread's own innermost frame.
        let caller = unsafe { current_thread_iframe().as_ref() };
        let by_program = caller.is_some_and(|caller| {
            let table = self.table.read();
            table.has(caller.code().get_id())
        });
        if by_program && self.user.get().is_some_and(|user| user.has(code, vm)) {
            return self.instrument_tree(&code::tree(code), true, vm);
        }
        self.instrument(code, vm)
    }

    /// An instruction event in user code.
    fn reached(
        &self,
        planned: &Planned,
        index: usize,
        kind: Kind,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let code = &*planned.code;
        if planned.module && index == planned.first {
            // SAFETY: the calling thread's own innermost frame.
            if let Some(frame) = unsafe { current_thread_iframe().as_ref() } {
                self.modules.write().insert(frame.globals().get_id());
            }
        }
        if kind == Kind::Begin {
            return Ok(());
        }
        self.finish_access(planned, index, vm)?;
        if kind == Kind::Return {
            return Ok(());
        }
        if kind == Kind::Turn {
            return self.turn(planned, index, vm);
        }
        // SAFETY: this is the instruction event, and the operands are dropped before it ends.
        match unsafe { Operands::current(code, index) } {
            Some(operands) => {
                let resolver = Resolver {
                    known: self,
                    code,
                    operands: &operands,
                    vm,
                };
                let mut any = false;
                let mut reaches_container = false;
                let mut ops = Vec::new();
                resolver.resolve(kind, &mut |access| {
                    any = true;
                    if let Target::Whole(object) | Target::Item(object, _) = access.target {
                        reaches_container |= self.object_kinds.of(object, vm).is_container();
                    }
                    ops.push(access.op);
                    self.step(planned, index, access, vm)
                })?;
                let is_call = matches!(kind, Kind::Call { .. } | Kind::CallSpread);
                if any && (is_call || reaches_container) {
                    let begun = Begun {
                        frame: current_thread_iframe() as usize,
                        index,
                        steps: is_call.then(controlled::steps),
                        reaches_container,
                        ops,
                    };
                    BEGUN.with_borrow_mut(|all| all.push(begun));
                }
                if any {
                    Ok(())
                } else if self.granularity == Granularity::Instruction {
                    self.step(planned, index, Access::step(), vm)
                } else if kind == Kind::Next && resolver.may_never_end() {
                    self.turn(planned, index, vm)
                } else {
                    Ok(())
                }
            }
            None => {
                let access = resolve::unknown(kind, code).unwrap_or_else(Access::step);
                self.step(planned, index, access, vm)
            }
        }
    }

    /// Comes before anything else that user code does: if the operation before has taken steps
    /// meanwhile, in the library or in user code that it has called, it may have gone on with
    /// its accesses afterwards. So they are steps again, and since there may have been more in
    /// between, nothing is proven.
    fn finish_access(&self, planned: &Planned, index: usize, vm: &VirtualMachine) -> PyResult<()> {
        loop {
            let last = BEGUN.with_borrow(|all| all.last().map(|last| (last.frame, last.index)));
            let Some((caller, at)) = last else {
                return Ok(());
            };
            let is_inside = Self::is_inside(caller, at);
            let finished = BEGUN.with_borrow_mut(|all| {
                let last = all.last_mut()?;
                if is_inside {
                    last.steps = Some(u64::MAX);
                    if last.reaches_container {
                        Known::not_seen(self, resolve::CALLBACK);
                    }
                    return None;
                }
                all.pop()
            });
            let Some(finished) = finished else {
                return Ok(());
            };
            if finished
                .steps
                .is_none_or(|steps| steps == controlled::steps())
            {
                continue;
            }
            if finished.reaches_container {
                Known::not_seen(self, resolve::CALLBACK);
            }
            for &op in &finished.ops {
                let target = Target::Unknown;
                self.step(planned, index, Access { op, target }, vm)?;
            }
        }
    }

    /// Whether the calling thread's innermost function was called by instruction `index` of the
    /// one with the frame `caller`.
    fn is_inside(caller: usize, index: usize) -> bool {
        let mut frame = current_thread_iframe();
        let mut called = "";
        for _ in 0..MAX_CALLERS {
            // SAFETY: frames on the calling thread's own chain live until their functions return.
            let Some(here) = (unsafe { frame.as_ref() }) else {
                return false;
            };
            if frame as usize == caller {
                // The method of the program's class is all that the operation does.
                return !std::ptr::eq(frame, current_thread_iframe())
                    && !OVERRIDING.contains(&called)
                    && here.get_lasti() as usize == index + 1;
            }
            called = here.code().code.obj_name.as_str();
            frame = here.previous();
        }
        false
    }

    /// A loop goes on: a step, unless this thread had one since it last did.
    fn turn(&self, planned: &Planned, index: usize, vm: &VirtualMachine) -> PyResult<()> {
        let steps = controlled::steps();
        if LAST_TURN.replace(steps) != steps {
            return Ok(());
        }
        self.step(planned, index, Access::step(), vm)?;
        LAST_TURN.set(controlled::steps());
        Ok(())
    }

    fn step(
        &self,
        planned: &Planned,
        index: usize,
        access: Access<'_>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let number = controlled::point(access.op).or_raise(vm)?;
        if self.recording.load(Ordering::Relaxed) && access.op.object != 0 {
            let name = self.sources.lock().expression(&planned.code, index);
            let name = name.unwrap_or_default();
            self.recorder.lock().note(number, &access, name, vm);
        }
        Ok(())
    }
}

impl Locate for Sites {
    fn here(&self) -> Place {
        self.here()
    }
}

impl Known for Sites {
    fn is_user_code(&self, code: usize) -> bool {
        self.table.read().has(code)
    }

    fn is_user_module(&self, globals: usize) -> bool {
        self.modules.read().contains(&globals)
    }

    fn object_kinds(&self) -> &ObjectKinds {
        &self.object_kinds
    }

    fn references(&self) -> &References {
        static NONE: OnceLock<References> = OnceLock::new();
        self.references
            .get()
            .unwrap_or_else(|| NONE.get_or_init(References::default))
    }

    fn running(&self) -> &Running {
        &self.running
    }

    fn lent(&self) -> Vec<usize> {
        self.lent.lock().clone()
    }

    fn lend(&self, object: usize) {
        let mut lent = self.lent.lock();
        if !lent.contains(&object) {
            lent.push(object);
        }
    }

    fn not_seen(&self, what: &str) {
        let mut all = self.not_seen.lock();
        if !all.contains(what) {
            all.insert(what.to_owned());
        }
    }

    fn builtins(&self) -> &Builtins {
        static NONE: OnceLock<Builtins> = OnceLock::new();
        self.builtins
            .get()
            .unwrap_or_else(|| NONE.get_or_init(Builtins::default))
    }
}

impl std::fmt::Debug for Sites {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sites")
            .field("granularity", &self.granularity)
            .finish_non_exhaustive()
    }
}

/// The callback of the instruction event.
fn decision_point(sites: &Weak<Sites>, arguments: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let [code, offset, ..] = &arguments.args[..] else {
        return Ok(());
    };
    let Some(sites) = sites.upgrade() else {
        return Ok(());
    };
    let Some(index) = index_of(offset, vm) else {
        return Ok(());
    };
    let planned = sites.table.read().get(code.get_id()).cloned();
    let Some(planned) = planned else {
        sites.restrict_to_user_code(vm);
        return Ok(());
    };
    match planned.kind(index) {
        Some(kind) => sites.reached(&planned, index, kind, vm),
        // Another tool has all instructions reported.
        None => Ok(()),
    }
}

/// Monitoring counts in bytes, two for each instruction.
fn index_of(offset: &PyObjectRef, vm: &VirtualMachine) -> Option<usize> {
    let offset = hash::small_int(offset, vm)?;
    Some(usize::try_from(offset).ok()? / 2)
}
