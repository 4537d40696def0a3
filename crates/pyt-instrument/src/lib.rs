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
//! - `begun`: operations that go on after code that they have called
//! - `attributes`, `instance_dicts`: attributes, and dictionaries that hold them
//! - `reflection`: what reads and changes what objects are
//! - `library`: what functions of the library touch beside what they are given
//! - `beneath`, `generators`: what iterators read and advance, which generators run
//! - `operands`: the values that an instruction is about to use
//! - `object_kinds`, `hash`: kinds of objects, numbers for names and keys
//! - `files`, `first_looks`: functions that use the file system
//! - `resolve`, `access`: from an instruction and its operands to steps
//! - `table`, `user`, `included`: the code that has sites, and which code is to have them
//! - `repetition`: whether a run repeats itself
//! - `source`, `values`, `record`: places, values, stacks and names as text

mod access;
mod attributes;
mod begun;
mod beneath;
mod code;
mod copies;
mod files;
mod first_looks;
mod generators;
mod hash;
mod included;
mod instance_dicts;
mod library;
mod object_kinds;
mod operands;
mod place;
mod plan;
mod record;
mod reflection;
mod repetition;
mod resolve;
mod shared;
mod source;
mod table;
mod user;
mod values;
mod variable;

use std::{
    cell::Cell,
    collections::{BTreeSet, HashSet},
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use pyt_explore::{Granularity, RecordedRun, SourceLocation};
use pyt_sched::controlled::{self, Action, Look, Op, Place};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyStr},
    frame::{InterpreterFrame, current_thread_iframe},
    function::FuncArgs,
    vm::thread,
};

pub use first_looks::FirstLooks;
pub use user::{LookInto, is_own, look_into};

use access::{Access, Lasts, Target};
use begun::{Begun, Recent};
use beneath::References;
use generators::Running;
use instance_dicts::InstanceDicts;
use object_kinds::{Builtins, ObjectKind, ObjectKinds};
use operands::Operands;
use place::Donor;
use plan::Kind;
use record::{Frame, Locals, Records};
use repetition::Changes;
use resolve::{Known, Resolver};
use source::Sources;
use table::{Begins, Planned, Table};
use values::{Held, Recorder};

use pyt_vm::{
    abort::OrRaise, hooks, naming, number_map::NumberSet, signal_handlers::SignalHandlers, state,
    world::Locate,
};

/// How often the accesses of one instruction are made again since another thread came between them.
const MAX_ROUNDS: usize = 3;
/// So many local variables of a function are recorded.
const MAX_LOCALS: usize = 20;

thread_local! {
    /// How many steps there had been when this thread last went back in a loop.
    static LAST_TURN: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// The calling OS thread may come to run another Python thread.
fn reset_os_thread() {
    LAST_TURN.set(u64::MAX);
    begun::forget();
}

/// A thread has ended: an exception may have ended an operation that had not said all.
fn leave_thread(vm: &VirtualMachine) {
    if begun::forget()
        && let Some(sites) = state::of(vm).slot::<SitesSlot>().0.get()
    {
        sites.void(resolve::CALLBACK);
    }
}

/// The decision points of one interpreter, if it has any.
#[derive(Default)]
struct SitesSlot(OnceLock<Arc<Sites>>);

/// The decision points in the user code of `vm`'s interpreter: from the first call on, user code
/// gets them. Their granularity is that of the last call: code that has decision points of another
/// gets those of this one when it is instrumented again, and modules at once.
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
        hooks::on_thread_exit("decision points", leave_thread);
        hooks::on_os_thread_reuse("decision points", reset_os_thread);
        state.world.locate_with(sites.clone());
        sites.install(vm)?;
        let before = included::codes(vm)?;
        if !before.is_empty() {
            sites.instrument_all(&before, vm)?;
        }
    } else {
        sites.cut_as(granularity, vm)?;
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
    granularity: RwLock<Granularity>,
    donor: OnceLock<Donor>,
    table: RwLock<Table>,
    modules: RwLock<NumberSet<usize>>,
    object_kinds: ObjectKinds,
    references: OnceLock<References>,
    running: Running,
    instance_dicts: InstanceDicts,
    /// Whether user code names something `modules`, as `sys.modules`.
    names_modules: AtomicBool,
    /// Names of attributes that the program sets.
    stored: RwLock<HashSet<String>>,
    recent: Mutex<Recent>,
    first_looks: Mutex<FirstLooks>,
    lent: Mutex<Vec<usize>>,
    standard_streams: RwLock<NumberSet<usize>>,
    not_seen: Mutex<BTreeSet<String>>,
    builtins: OnceLock<Builtins>,
    sources: Mutex<Sources>,
    recording: AtomicBool,
    recorder: Mutex<Recorder>,
    naming: AtomicBool,
    records: Mutex<Records>,
    /// Whether it is looked for a repetition; and what was done since.
    looking: AtomicBool,
    changes: Mutex<Changes>,
}

/// How much user code there was: see [`Sites::mark`].
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Sites {
    /// Decision points of this granularity. Nothing happens before [`install`](Self::install).
    fn new(granularity: Granularity) -> Arc<Self> {
        Arc::new(Self {
            granularity: RwLock::new(granularity),
            donor: OnceLock::new(),
            table: RwLock::default(),
            modules: RwLock::default(),
            object_kinds: ObjectKinds::default(),
            references: OnceLock::new(),
            running: Running::default(),
            instance_dicts: InstanceDicts::default(),
            names_modules: AtomicBool::new(false),
            stored: RwLock::default(),
            recent: Mutex::default(),
            first_looks: Mutex::default(),
            lent: Mutex::default(),
            standard_streams: RwLock::default(),
            not_seen: Mutex::default(),
            builtins: OnceLock::new(),
            sources: Mutex::default(),
            recording: AtomicBool::new(false),
            recorder: Mutex::default(),
            naming: AtomicBool::new(false),
            records: Mutex::default(),
            looking: AtomicBool::new(false),
            changes: Mutex::default(),
        })
    }

    /// How finely user code is cut.
    #[must_use]
    pub fn granularity(&self) -> Granularity {
        *self.granularity.read()
    }

    /// Cuts user code in this granularity from now on, and the modules that are there.
    fn cut_as(&self, granularity: Granularity, vm: &VirtualMachine) -> PyResult<()> {
        if std::mem::replace(&mut *self.granularity.write(), granularity) == granularity {
            return Ok(());
        }
        let modules: Vec<_> = {
            let table = self.table.read();
            let modules = table
                .all()
                .iter()
                .filter(|planned| planned.begins == Begins::Module);
            modules.map(|planned| planned.code.clone()).collect()
        };
        for module in modules {
            self.instrument_tree(&code::tree(&module), false, vm)?;
        }
        Ok(())
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
        if user::is_looked_into(code, vm) {
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
        let granularity = self.granularity();
        {
            let table = self.table.read();
            if tree
                .iter()
                .all(|one| table.has_as(one.get_id(), granularity))
            {
                return Ok(());
            }
        }
        let builtins = vm.builtins.as_object().dict();
        let is_builtin = |name: &str| {
            let name = vm.ctx.intern_str(name);
            builtins
                .as_ref()
                .is_some_and(|all| all.contains_key(name, vm))
        };
        let shared = shared::Shared::among(tree, is_fragment, &is_builtin);
        for (depth, one) in tree.iter().enumerate() {
            if self.table.read().has_as(one.get_id(), granularity) {
                continue;
            }
            let before = self.table.read().get(one.get_id()).cloned();
            if let Some(before) = before {
                // Its events are put in anew, into instructions as they were.
                place::suspend(one, &before.sites());
            }
            let mut sites = plan::sites(one, &shared, granularity);
            let begins = if depth == 0 && plan::is_module(one) {
                Begins::Module
            } else if one.code.obj_name.as_str() == "__del__" {
                Begins::Finalizer
            } else {
                Begins::Other
            };
            if begins != Begins::Other && granularity != Granularity::Sync {
                plan::with_first(one, &mut sites);
            }
            self.stored.write().extend(plan::stored_attributes(one));
            if one.code.names.iter().any(|name| name.as_str() == "modules") {
                self.names_modules.store(true, Ordering::Relaxed);
            }
            // In the table first: what it does not know is no site.
            self.table.write().add(one, &sites, begins, granularity);
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
        let granularity = self.granularity();
        self.table
            .write()
            .add(copy, sites, Begins::Other, granularity);
        if sites.is_empty() {
            return Ok(());
        }
        place::insert(copy, sites, donor, vm)
    }

    /// What is done to these objects is done to standard output: they are the streams that standard
    /// output and error of the next runs are made of.
    pub fn set_standard_streams(&self, streams: &[PyObjectRef]) {
        let mut known = self.standard_streams.write();
        known.clear();
        known.extend(streams.iter().map(AsObject::get_id));
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
        self.instance_dicts.clear();
        self.recent.lock().clear();
        if begun::forget() {
            self.void(resolve::CALLBACK);
        }
        self.lent.lock().clear();
        self.looking.store(false, Ordering::Relaxed);
        let changes = std::mem::take(&mut *self.changes.lock());
        drop(changes);
    }

    /// Where in user code the calling thread stands: in the innermost function that is user code;
    /// the default if it is in none.
    ///
    /// The numbers are those of a code object, in the order in which user code came to be, and of
    /// the instruction in it: the same in every run that makes the same decisions.
    #[must_use]
    pub fn here(&self) -> Place {
        let mut frame = begun::innermost();
        let table = self.table.read();
        // SAFETY: frames on the calling thread's own chain live until their functions return.
        while let Some(here) = unsafe { frame.as_ref() } {
            if let Some(planned) = table.get(here.code().get_id()) {
                let index = u64::from(here.get_lasti()).saturating_sub(1);
                return Place(planned.number, index, self.stack_number());
            }
            frame = here.previous();
        }
        Place(0, 0, self.stack_number())
    }

    /// The number of the calling thread's stack; 0 unless stacks are recorded.
    fn stack_number(&self) -> u64 {
        match self.naming.load(Ordering::Relaxed) {
            true => {
                let (stack, locals) = (self.stack(), self.locals());
                self.records.lock().number_of(stack, locals)
            }
            false => 0,
        }
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

    /// What the run has found in the file system, since the last call.
    #[must_use]
    pub fn take_first_looks(&self) -> FirstLooks {
        std::mem::take(&mut self.first_looks.lock())
    }

    /// Begins or ends recording for a report: values, stacks, names. Recording costs time, and
    /// shows every variable's value as it is at each access.
    pub fn record(&self, on: bool) {
        self.recording.store(on, Ordering::Relaxed);
        self.record_names(on);
    }

    /// As [`record`](Self::record), without values.
    pub fn record_names(&self, on: bool) {
        self.naming.store(on, Ordering::Relaxed);
    }

    /// Whether the program may look at which modules are imported: its code names something
    /// `modules`, as `sys.modules` does.
    #[must_use]
    pub fn names_modules(&self) -> bool {
        self.names_modules.load(Ordering::Relaxed)
    }

    /// What was recorded since the last call.
    pub fn take_recorded(&self, vm: &VirtualMachine) -> RecordedRun {
        let mut sources = self.sources.lock();
        let source = |file: &str, line: usize| {
            let text = sources.line(file, line).unwrap_or_default();
            text.trim().to_owned()
        };
        let (values, of_library) = self.recorder.lock().take(vm);
        RecordedRun {
            values,
            of_library,
            ..self.records.lock().take(source)
        }
    }

    /// The text of a line, without the white space around it; empty if it is not known.
    #[must_use]
    pub fn source_line(&self, file: &str, line: usize) -> String {
        let mut sources = self.sources.lock();
        sources
            .line(file, line)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    /// The local variables of the innermost function of the program's that the calling thread is
    /// in, as short text; none unless values are recorded.
    fn locals(&self) -> Locals {
        if !self.recording.load(Ordering::Relaxed) || !thread::current_vm_is_set() {
            return Locals::new();
        }
        let mut frame = begun::innermost();
        // SAFETY: frames on the calling thread's own chain live until their functions return.
        while let Some(here) = unsafe { frame.as_ref() } {
            if self.table.read().has(here.code().get_id()) {
                return thread::with_current_vm(|vm| {
                    // SAFETY: the function is the calling thread's, which is here.
                    let locals = unsafe { naming::locals(here, Some(vm)) };
                    let shown = locals.into_iter().take(MAX_LOCALS);
                    shown
                        .map(|(name, value)| (name, values::short(&value, vm)))
                        .collect()
                });
            }
            frame = here.previous();
        }
        Locals::new()
    }

    /// The functions that the calling thread is in, innermost first.
    fn stack(&self) -> Vec<Frame> {
        let mut frame = begun::innermost();
        let table = self.table.read();
        let mut stack = Vec::new();
        // SAFETY: frames on the calling thread's own chain live until their functions return.
        while let Some(here) = unsafe { frame.as_ref() } {
            let code = here.code();
            let index = (here.get_lasti() as usize).saturating_sub(1);
            stack.push(Frame {
                file: code.source_path().as_str().to_owned(),
                line: plan::line_of(code, index).unwrap_or(0),
                function: code.code.qualname.as_str().to_owned(),
                is_library: !table.has(code.get_id()),
            });
            frame = here.previous();
        }
        stack
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
        if by_program && user::is_looked_into(code, vm) {
            return self.instrument_tree(&code::tree(code), true, vm);
        }
        let is_frozen = code.source_path().as_str().starts_with("<frozen ");
        if is_generated(code) && !is_frozen && self.is_made_by_library(vm) {
            return Ok(());
        }
        self.instrument(code, vm)
    }

    /// Whether the calling thread runs a module of the library, or a function that it has called: a
    /// named tuple of `traceback`'s is no code of the program's, whose own are made by a call from
    /// the program.
    fn is_made_by_library(&self, vm: &VirtualMachine) -> bool {
        let table = self.table.read();
        // SAFETY: frames on the calling thread's own chain live until their functions return.
        let mut frame = unsafe { current_thread_iframe().as_ref() };
        while let Some(here) = frame {
            let code = here.code();
            if table.has(code.get_id()) || user::is_looked_into(code, vm) {
                return false;
            }
            if code.code.qualname.as_str() == "<module>" {
                return true;
            }
            // SAFETY: as above.
            frame = unsafe { here.previous().as_ref() };
        }
        false
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
        if index == planned.first {
            match planned.begins {
                Begins::Module => {
                    // SAFETY: the calling thread's own innermost frame.
                    if let Some(frame) = unsafe { current_thread_iframe().as_ref() } {
                        self.modules.write().insert(frame.globals().get_id());
                    }
                }
                Begins::Finalizer => Known::not_seen(self, resolve::LAST_REFERENCE),
                Begins::Other => {}
            }
        }
        if kind == Kind::Begin {
            return Ok(());
        }
        if self.looking.load(Ordering::Relaxed)
            && let Some(thread) = controlled::current_number()
        {
            self.changes.lock().begins(thread, (code.get_id(), index));
        }
        self.finish(planned, index, vm)?;
        if kind == Kind::Return {
            return self.say_again(planned, index, &[], vm);
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
                    showing: Cell::new(false),
                };
                self.resolved(planned, index, kind, &resolver, vm)
            }
            None => {
                let access = resolve::unknown(kind, code).unwrap_or_else(Access::step);
                self.step(planned, index, access, vm).map(drop)
            }
        }
    }

    /// Takes the steps of an instruction.
    fn resolved(
        &self,
        planned: &Planned,
        index: usize,
        kind: Kind,
        resolver: &Resolver<'_>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        if kind == Kind::Suspend {
            let mut own = Vec::new();
            resolver.resolve(kind, &mut |access| {
                own.push(access.op);
                Ok(())
            })?;
            return self.say_again(planned, index, &own, vm);
        }
        let mut matters = false;
        let mut goes_on = false;
        let mut steps = Vec::new();
        for round in 1..=MAX_ROUNDS {
            steps.clear();
            let announced_at = controlled::steps();
            resolver.resolve(kind, &mut |access| {
                if let Target::Whole(object) | Target::Item(object, _) = access.target
                    && access.lasts != Lasts::AtOnce
                {
                    goes_on = true;
                    let kind = self.object_kinds.of(object, vm);
                    matters |= kind.is_container() || kind.advances();
                }
                matters |= access.lasts == Lasts::Beyond;
                let number = self.step(planned, index, access, vm)?;
                steps.push((number, access.op));
                Ok(())
            })?;
            if !self.is_torn(&steps, round) {
                self.note_stale(announced_at, &steps, kind, resolver)?;
                break;
            }
        }
        let is_call = kind.is_call();
        if !steps.is_empty() {
            if is_call || goes_on || matters {
                begun::push(Begun {
                    frame: current_thread_iframe() as usize,
                    index,
                    said_at: controlled::steps(),
                    matters,
                    is_call,
                    ops: steps.into_iter().map(|(_, op)| op).collect(),
                });
            }
            Ok(())
        } else if self.granularity() == Granularity::Instruction {
            self.step(planned, index, Access::step(), vm).map(drop)
        } else if kind == Kind::Next && resolver.may_never_end() {
            self.turn(planned, index, vm)
        } else {
            Ok(())
        }
    }

    /// Whether another thread came between these steps, which belong together. In the last round,
    /// nothing is proven any more if so.
    fn is_torn(&self, steps: &[(u64, Op)], round: usize) -> bool {
        let is_torn = steps.len() > 1 && self.recent.lock().is_torn(steps);
        if is_torn && round == MAX_ROUNDS {
            Known::not_seen(self, resolve::TORN);
        }
        is_torn
    }

    /// Looks whether the operation, before which other threads took steps since `announced_at`, now
    /// touches what its own `steps` do not say: the key that it reads is gone, and a `defaultdict`
    /// adds it. Nothing is proven then.
    fn note_stale(
        &self,
        announced_at: u64,
        steps: &[(u64, Op)],
        kind: Kind,
        resolver: &Resolver<'_>,
    ) -> PyResult<()> {
        let others_came = steps
            .last()
            .is_some_and(|(last, _)| last.saturating_sub(announced_at) >= steps.len() as u64);
        if !others_came {
            return Ok(());
        }
        resolver.resolve(kind, &mut |access| {
            let now = access.op;
            let is_said = now.object == 0
                || steps.iter().any(|(_, said)| {
                    said.object == now.object
                        && (now.only_reads() || !said.only_reads())
                        && said.includes_parts_of(&now)
                });
            if !is_said {
                Known::not_seen(self, resolve::STALE);
            }
            Ok(())
        })
    }

    /// Steps that belong together, of an operation that was announced before.
    fn again(
        &self,
        planned: &Planned,
        index: usize,
        ops: &[Op],
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        for round in 1..=MAX_ROUNDS {
            let mut steps = Vec::new();
            for &op in ops {
                let number = self.step(planned, index, Access::announced(op), vm)?;
                steps.push((number, op));
            }
            if !self.is_torn(&steps, round) {
                break;
            }
        }
        Ok(())
    }

    /// The function returns, or a generator stops with the steps `own`: if that goes back to an
    /// operation which goes on, and there were steps meanwhile, it says again what it touches.
    fn say_again(
        &self,
        planned: &Planned,
        index: usize,
        own: &[Op],
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let is_user_code = |code| self.table.read().has(code);
        let Some((frame, instruction, ops)) = begun::to_return_to(is_user_code) else {
            return self.again(planned, index, own, vm);
        };
        let more = own.iter().filter(|op| !ops.contains(op)).copied();
        let ops: Vec<Op> = ops.iter().copied().chain(more).collect();
        // It is that operation that does it: the reports show it there.
        begun::saying_for(frame, instruction, || self.again(planned, index, &ops, vm))?;
        begun::said(controlled::steps());
        Ok(())
    }

    /// Comes before anything else that user code does: if the operation before has taken steps
    /// since it last said what it touches, in the library or before an exception, it may have gone
    /// on with its accesses afterwards. So they are steps again, and since there may have been more
    /// in between, nothing is proven.
    fn finish(&self, planned: &Planned, index: usize, vm: &VirtualMachine) -> PyResult<()> {
        while let Some(finished) = begun::pop_finished() {
            if finished.said_at == controlled::steps() {
                continue;
            }
            if finished.matters {
                Known::not_seen(self, resolve::CALLBACK);
            }
            self.again(planned, index, &finished.ops, vm)?;
        }
        Ok(())
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
    ) -> PyResult<u64> {
        if self.looking.load(Ordering::Relaxed) {
            self.changes.lock().set_in_code(true);
        }
        let number = controlled::point(access.op).or_raise(vm)?;
        if access.op.object != 0 {
            self.recent.lock().add(number, access.op);
            // The library makes code of its own while it is imported.
            let is_generated = is_generated(&planned.code);
            if controlled::is_atomic() && !is_generated {
                Known::not_seen(self, resolve::ATOMIC);
            }
        }
        if self.looking.load(Ordering::Relaxed)
            && let Some(thread) = controlled::current_number()
        {
            let at = (planned.code.get_id(), index);
            let target = match access.op.action {
                Action::Write => Held::of(access.target),
                _ => None,
            };
            let dropped = {
                let mut changes = self.changes.lock();
                let is_outside = access.op.object == files::FILE_SYSTEM;
                changes.set_in_code(false);
                changes.takes(thread, access.op, at, target, is_outside, vm);
                changes.take_dropped()
            };
            drop(dropped);
        }
        if self.recording.load(Ordering::Relaxed) && access.op.object != 0 {
            let text = self.expression_at(planned, index).unwrap_or_default();
            // Whether a method of such an object changes it is not known: the call is named.
            let is_unknown = matches!(access.target, Target::Whole(object)
                if self.object_kinds.of(object, vm) == ObjectKind::Other);
            let name = if is_unknown {
                text
            } else {
                variable::named(text, access.target, vm)
            };
            self.recorder.lock().note(number, &access, name, vm);
        }
        Ok(number)
    }

    /// The source of what takes a step: that of this instruction, or of the operation for which it
    /// is said.
    fn expression_at(&self, planned: &Planned, index: usize) -> Option<String> {
        let Some(instruction) = begun::instruction_returned_to() else {
            return self.sources.lock().expression(&planned.code, index);
        };
        // SAFETY: a frame on the calling thread's own chain, which lives until its function
        // returns.
        let frame = unsafe { begun::innermost().as_ref() }?;
        let caller = self.table.read().get(frame.code().get_id())?.clone();
        self.sources.lock().expression(&caller.code, instruction)
    }

    /// Nothing is proven, for this reason.
    fn void(&self, why: &str) {
        let mut all = self.not_seen.lock();
        if !all.contains(why) {
            all.insert(why.to_owned());
        }
    }
}

impl Locate for Sites {
    fn here(&self) -> Place {
        self.here()
    }

    fn made(&self, object: usize) {
        if self.naming.load(Ordering::Relaxed) {
            let here = self.here();
            self.records.lock().made(object, here);
        }
    }

    fn begin_looking(&self) {
        *self.changes.lock() = Changes::begin();
        self.looking.store(true, Ordering::Relaxed);
    }

    fn look(&self) -> Look {
        let thread = controlled::current_number().filter(|_| thread::current_vm_is_set());
        let Some(number) = thread else {
            return Look {
                own: 0,
                shared: 0,
                is_known: false,
            };
        };
        let here = current_thread_iframe();
        thread::with_current_vm(|vm| self.changes.lock().look(number, here, vm))
    }

    fn forget_looks(&self) {
        self.changes.lock().forget_looks();
    }

    fn confirms_repetition(&self) -> bool {
        let signals_may_come = !thread::current_vm_is_set()
            || thread::with_current_vm(|vm| SignalHandlers::of(&state::of(vm)).any());
        let table = self.table.read();
        let is_site = |code, index| {
            let planned = table.get(code)?;
            Some(planned.kind(index).is_some())
        };
        let tells_calls = matches!(
            self.granularity(),
            Granularity::Access | Granularity::Instruction
        );
        let is_site: Option<&dyn Fn(usize, usize) -> _> = tells_calls.then_some(&is_site);
        let changes = self.changes.lock();
        !signals_may_come && changes.calls_are_known() && changes.goes_round_itself(is_site)
    }

    fn uses(&self, object: usize) {
        if !self.naming.load(Ordering::Relaxed) || !self.records.lock().lacks_name(object) {
            return;
        }
        let mut frame: *const InterpreterFrame = current_thread_iframe();
        // SAFETY: frames on the calling thread's own chain live until their functions return.
        while let Some(here) = unsafe { frame.as_ref() } {
            if self.table.read().has(here.code().get_id()) {
                let find = |vm: Option<&VirtualMachine>| {
                    // SAFETY: the function is the calling thread's, which is here.
                    unsafe { naming::name_in(object, here, vm) }
                };
                let found = match thread::current_vm_is_set() {
                    true => thread::with_current_vm(|vm| find(Some(vm))),
                    false => find(None),
                };
                if let Some(found) = found {
                    self.records.lock().name(object, found);
                    return;
                }
            }
            frame = here.previous();
        }
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
        if !controlled::is_alone() {
            self.void(what);
        }
    }

    fn never_seen(&self, what: &str) {
        self.void(what);
    }

    fn is_stored(&self, name: &str) -> bool {
        self.stored.read().contains(name)
    }

    fn expose(&self, object: &PyObject, vm: &VirtualMachine) {
        self.instance_dicts.expose(object, vm);
    }

    fn adopt(&self, object: &PyObject, dict: &PyObject) {
        self.instance_dicts.adopt(object, dict);
    }

    fn is_standard_stream(&self, object: &PyObject) -> bool {
        self.standard_streams.read().contains(&object.get_id())
    }

    fn attributes_of(&self, object: &PyObject) -> usize {
        self.instance_dicts.attributes_of(object)
    }

    fn items_of(&self, container: &PyObject) -> usize {
        self.instance_dicts.items_of(container)
    }

    fn first_looks(&self, note: &mut dyn FnMut(&mut FirstLooks)) {
        note(&mut self.first_looks.lock());
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
            .field("granularity", &self.granularity())
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
    planned.keep_to_sites(vm);
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

/// Whether it was compiled from text that is in no file.
fn is_generated(code: &PyCode) -> bool {
    code.source_path().as_str().starts_with('<')
}
