//! A snapshot of the interpreter's state, to which each run is reset.
//!
//! Most programs change nothing of it, and comparing costs much less than restoring: so the
//! comparison is done here after every run, and `_pyt_run_state` restores only where something
//! differs. What a run does is not known here.

use std::path::PathBuf;

use pyt_explore::{Open, TaskOrder};
use pyt_modules::search_path;
use pyt_vm::{audit_hooks::audit_hooks_added, signal_handlers};
use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyBytesRef, PyDictRef, PyList, PyStrInterned, PyStrRef, PyTuple},
};
use serde::{Deserialize, Serialize};

use super::dispositions::Dispositions;

/// After every so many runs, the number of new objects decides whether garbage is collected.
const RUNS_PER_GARBAGE_CHECK: u64 = 256;
/// Garbage is collected if there are so many objects more than after the last collection: to
/// collect takes as long as a hundred short runs.
const NEW_OBJECTS_TO_COLLECT: usize = 20_000;
/// After every so many runs, garbage is collected in any case: objects may be large.
const RUNS_PER_COLLECTION: u64 = 1024;

/// An attribute that a run must leave as it was.
struct Kept {
    holder: PyObjectRef,
    name: &'static PyStrInterned,
    value: PyObjectRef,
}

impl Kept {
    /// A list is the same if it is one of the same objects.
    fn is_same(&self, vm: &VirtualMachine) -> bool {
        let Ok(found) = self.holder.get_attr(self.name, vm) else {
            return false;
        };
        let lists = (
            self.value.downcast_ref_if_exact::<PyList>(vm),
            found.downcast_ref_if_exact::<PyList>(vm),
        );
        match lists {
            (Some(before), Some(now)) => {
                let (before, now) = (before.borrow_vec(), now.borrow_vec());
                before.len() == now.len()
                    && before.iter().zip(&*now).all(|(one, other)| one.is(other))
            }
            _ => found.is(&self.value),
        }
    }
}

/// What a run has imported.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Imported {
    /// Names of modules of the library, in the order in which their imports began.
    names: Vec<String>,
    /// How many names each has after the run, and those before them which were there before.
    sizes: Vec<usize>,
    /// Files of other modules that were compiled.
    files: Vec<String>,
    /// The file of each module of the library; empty if it has none.
    origins: Vec<String>,
    /// Whether it has added audit hooks, which stay.
    has_hooks: bool,
}

impl Imported {
    /// Forgets the modules of the library: each run is to import its own.
    pub(super) fn forget_modules(&mut self) {
        self.names.clear();
        self.origins.clear();
    }

    /// Whether what the run has left beside modules stays.
    pub(super) const fn leaves_hooks(&self) -> bool {
        self.has_hooks
    }
}

/// The stream that captures the output of runs.
struct CapturedOutput {
    bytes: PyObjectRef,
    stream: PyObjectRef,
}

impl CapturedOutput {
    /// Takes what has been written since the last call.
    ///
    /// # Errors
    /// `ValueError` if it has been closed.
    fn take(&self, vm: &VirtualMachine) -> PyResult<String> {
        vm.call_method(&self.stream, "flush", ())?;
        let written = vm.call_method(&self.bytes, "getvalue", ())?;
        let written: PyBytesRef = written.try_into_value(vm)?;
        if written.is_empty() {
            return Ok(String::new());
        }
        vm.call_method(&self.bytes, "seek", (0,))?;
        vm.call_method(&self.bytes, "truncate", ())?;
        match std::str::from_utf8(written.as_bytes()) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => {
                let how = ("utf-8", "backslashreplace");
                let text = vm.call_method(written.as_object(), "decode", how)?;
                Ok(text.str(vm)?.to_string_lossy().into_owned())
            }
        }
    }
}

fn set_streams(streams: &[PyObjectRef; 3], vm: &VirtualMachine) -> PyResult<()> {
    for (name, stream) in ["stdin", "stdout", "stderr"].into_iter().zip(streams) {
        vm.sys_module.set_attr(name, stream.clone(), vm)?;
    }
    Ok(())
}

/// The interpreter's state before a run, and what restores it.
pub(super) struct Snapshot {
    /// The `RunState` of `_pyt_run_state`, and its substitutes for functions of the library.
    state: PyObjectRef,
    substitutes: PyObjectRef,
    /// The seed of the run under way, if this run is inside another.
    outer_seed: PyObjectRef,
    kept: Vec<Kept>,
    environ: PyDictRef,
    variables: Vec<(PyObjectRef, PyObjectRef)>,
    folder: Option<PathBuf>,
    modules: PyDictRef,
    /// The number of modules.
    module_count: usize,
    /// Whether modules that keep state of a run were imported, other than `warnings`, whose state
    /// is `warned`.
    has_stateful_modules: bool,
    warned: PyDictRef,
    main: Option<PyObjectRef>,
    /// The names of modules of the library, and how many each has.
    names: Vec<(PyDictRef, usize)>,
    /// How often signal handlers had been set.
    handlers_set: u64,
    dispositions: Dispositions,
    /// How many audit hooks there were.
    hooks_added: u64,
    new_input: PyObjectRef,
    output: Option<CapturedOutput>,
    /// Standard output and error of runs whose output is shown.
    shown: Option<[PyObjectRef; 2]>,
    /// Standard input, output and error.
    streams: [PyObjectRef; 3],
    /// Those that standard output and error of a run are made of.
    standard_streams: Vec<PyObjectRef>,
    collects: bool,
    runs: u64,
}

impl Snapshot {
    /// A snapshot of the present state. With `capture`, the output of runs is kept instead of
    /// shown.
    pub(super) fn new(capture: bool, vm: &VirtualMachine) -> PyResult<Self> {
        let module = search_path::import_own("_pyt_run_state", vm)?;
        let class = module.get_attr("RunState", vm)?;
        let dispositions = Dispositions::now();
        let actions = vm.ctx.new_dict();
        for (signal, action) in dispositions.plain() {
            let action = vm.ctx.new_int(action).into();
            actions.set_item(vm.ctx.new_int(signal).as_object(), action, vm)?;
        }
        let state = class.call((capture, actions), vm)?;
        let kept: Vec<PyRef<PyTuple>> = state.get_attr("kept", vm)?.try_into_value(vm)?;
        let kept = kept.iter().filter_map(|kept| match kept.as_slice() {
            [holder, name, value] => Some(Kept {
                holder: holder.clone(),
                name: vm
                    .ctx
                    .intern_str(name.str(vm).ok()?.to_string_lossy().into_owned()),
                value: value.clone(),
            }),
            _ => None,
        });
        let modules: PyDictRef = vm.sys_module.get_attr("modules", vm)?.try_into_value(vm)?;
        let environ = vm.import("os", 0)?.get_attr("environ", vm)?;
        let stream = |name| {
            let found = vm.sys_module.get_attr(name, vm);
            found.unwrap_or_else(|_| vm.ctx.none())
        };
        let mut snapshot = Self {
            substitutes: state.get_attr("substitutes", vm)?,
            kept: kept.collect(),
            environ: environ.get_attr("_data", vm)?.try_into_value(vm)?,
            outer_seed: vm.ctx.none(),
            variables: Vec::new(),
            folder: None,
            module_count: 0,
            has_stateful_modules: false,
            warned: state.get_attr("warned", vm)?.try_into_value(vm)?,
            main: modules.get_item_opt("__main__", vm)?,
            modules,
            names: Vec::new(),
            handlers_set: 0,
            dispositions,
            hooks_added: audit_hooks_added(vm),
            new_input: vm.import("io", 0)?.get_attr("StringIO", vm)?,
            output: None,
            shown: None,
            streams: [stream("stdin"), stream("stdout"), stream("stderr")],
            standard_streams: Vec::new(),
            collects: vm.state.gc.is_enabled(),
            runs: 0,
            state,
        };
        snapshot.record(vm)?;
        if capture {
            snapshot.find_output(vm)?;
        } else {
            let shown: Vec<PyObjectRef> =
                snapshot.state.get_attr("shown", vm)?.try_into_value(vm)?;
            snapshot.shown = shown.try_into().ok();
            snapshot.find_standard_streams(vm);
        }
        Ok(snapshot)
    }

    /// How many modules there are, without those of a run's own.
    pub(super) const fn module_count(&self) -> usize {
        self.module_count
    }

    /// Whether runs have imported modules of the library that keep state.
    pub(super) fn keeps_state(&self, vm: &VirtualMachine) -> PyResult<bool> {
        if self.has_new_hooks(vm) {
            return Ok(true);
        }
        let keeps = vm.call_method(&self.state, "keeps_state", ())?;
        keeps.try_to_bool(vm)
    }

    /// Whether a run has added audit hooks.
    pub(super) fn has_new_hooks(&self, vm: &VirtualMachine) -> bool {
        audit_hooks_added(vm) != self.hooks_added
    }

    /// What runs have imported.
    pub(super) fn imported(&self, vm: &VirtualMachine) -> PyResult<Imported> {
        let imported = vm.call_method(&self.state, "imported", ())?;
        let imported = imported.try_into_value::<PyRef<PyTuple>>(vm)?;
        let [names, sizes, files, origins] = imported.as_slice() else {
            return Ok(Imported::default());
        };
        let texts = |list: &PyObjectRef| -> PyResult<Vec<String>> {
            let texts: Vec<PyStrRef> = list.clone().try_into_value(vm)?;
            let texts = texts.iter().map(|text| text.to_string_lossy().into_owned());
            Ok(texts.collect())
        };
        Ok(Imported {
            names: texts(names)?,
            sizes: sizes.clone().try_into_value(vm)?,
            files: texts(files)?,
            origins: texts(origins)?,
            has_hooks: self.has_new_hooks(vm),
        })
    }

    /// A function that imports these modules of the library, compiles these files, and returns
    /// whether some of the modules keep state. From now
    /// on the modules of the library stay as runs leave them: each run has its own process.
    pub(super) fn preloading(
        &self,
        imported: Imported,
        vm: &VirtualMachine,
    ) -> PyResult<PyObjectRef> {
        let list = |texts: Vec<String>| {
            let texts = texts.into_iter().map(|text| vm.ctx.new_str(text).into());
            vm.ctx.new_list(texts.collect())
        };
        let sizes = imported.sizes.into_iter();
        let sizes = sizes.map(|size| vm.ctx.new_int(size).into());
        let sizes = vm.ctx.new_list(sizes.collect());
        let given = (
            list(imported.names),
            sizes,
            list(imported.files),
            list(imported.origins),
        );
        vm.call_method(&self.state, "preloading", given)
    }

    /// Records the state that is compared after each run.
    fn record(&mut self, vm: &VirtualMachine) -> PyResult<()> {
        self.variables = self.environ.items_vec();
        self.folder = std::env::current_dir().ok();
        self.handlers_set = signal_handlers::handlers_set(vm);
        self.hooks_added = audit_hooks_added(vm);
        let names: Vec<PyDictRef> = self.state.get_attr("names", vm)?.try_into_value(vm)?;
        let sized = |names: PyDictRef| (names.clone(), names.__len__());
        self.names = names.into_iter().map(sized).collect();
        let counts: Vec<usize> = self.state.get_attr("counts", vm)?.try_into_value(vm)?;
        if let [modules, stateful] = counts[..] {
            self.module_count = modules;
            self.has_stateful_modules = stateful != 0;
        }
        Ok(())
    }

    fn find_output(&mut self, vm: &VirtualMachine) -> PyResult<()> {
        self.output = Some(CapturedOutput {
            bytes: self.state.get_attr("output", vm)?,
            stream: self.state.get_attr("stream", vm)?,
        });
        self.find_standard_streams(vm);
        Ok(())
    }

    /// The streams that standard output and error of a run are made of, which live as long as no
    /// others take their place.
    pub(super) fn standard_streams(&self) -> &[PyObjectRef] {
        &self.standard_streams
    }

    fn find_standard_streams(&mut self, vm: &VirtualMachine) {
        let mut all: Vec<PyObjectRef> = match (&self.output, &self.shown) {
            (Some(output), _) => vec![output.stream.clone()],
            (None, Some(shown)) => shown.to_vec(),
            (None, None) => self.streams[1..].to_vec(),
        };
        let mut next = 0;
        while let Some(stream) = all.get(next).cloned() {
            next += 1;
            let wraps = ["buffer", "raw"].map(|name| stream.get_attr(name, vm).ok());
            for inside in wraps.into_iter().flatten() {
                if !all.iter().any(|one| one.is(&inside)) {
                    all.push(inside);
                }
            }
        }
        self.standard_streams = all;
    }

    /// Prepares the interpreter for a run with this seed, which is recorded for a report if
    /// `records`.
    pub(super) fn begin(&mut self, seed: u64, records: bool, vm: &VirtualMachine) -> PyResult<()> {
        let seed: PyObjectRef = vm.ctx.new_int(seed).into();
        self.outer_seed = self.substitutes.get_attr("seed", vm)?;
        self.substitutes.set_attr("entropy", vm.ctx.none(), vm)?;
        self.substitutes.set_attr("seed", seed, vm)?;
        let records = vm.ctx.new_bool(records);
        self.substitutes.set_attr("records", records, vm)?;
        let random_is_used = self.substitutes.get_attr("random_is_used", vm)?;
        if random_is_used.try_to_bool(vm)? {
            vm.call_method(&self.substitutes, "seed_random", ())?;
        }
        vm.state.gc.disable();
        if let Some(output) = &self.output {
            let input = self.new_input.call((), vm)?;
            let streams = [input, output.stream.clone(), output.stream.clone()];
            set_streams(&streams, vm)?;
        } else if let Some([output, errors]) = &self.shown {
            set_streams(
                &[self.streams[0].clone(), output.clone(), errors.clone()],
                vm,
            )?;
        }
        Ok(())
    }

    /// From now on runs leave this open, as far as event loops are concerned.
    pub(super) fn leave_open(&mut self, open: Open, vm: &VirtualMachine) -> PyResult<()> {
        let any_task = vm.ctx.new_bool(open.tasks == TaskOrder::Any);
        self.substitutes.set_attr("any_task", any_task, vm)?;
        let cancels = vm.ctx.new_bool(open.inject.cancel);
        self.substitutes.set_attr("cancels", cancels, vm)?;
        if open.inject.interrupt {
            // Jobs ignore Ctrl-C, which is their parent's.
            vm.call_method(&self.state, "raise_interrupts", ())?;
            self.handlers_set = signal_handlers::handlers_set(vm);
            self.dispositions = Dispositions::now();
        }
        Ok(())
    }

    /// From now on a coroutine that is never awaited is a failure.
    pub(super) fn be_strict(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.substitutes
            .set_attr("strict", vm.ctx.new_bool(true), vm)
    }

    /// Leaves all as a run has left it, in a process that ends with it. Returns no output.
    pub(super) fn leave(&mut self, vm: &VirtualMachine) -> PyResult<String> {
        self.substitutes
            .set_attr("seed", self.outer_seed.clone(), vm)?;
        set_streams(&self.streams, vm)?;
        Ok(String::new())
    }

    /// Restores the state after a run. Returns its output, if that was captured. With `is_last`,
    /// the process ends after this: no garbage is collected, which would copy the pages of all
    /// objects that the process shares with the one that it was forked from.
    pub(super) fn end(&mut self, is_last: bool, vm: &VirtualMachine) -> PyResult<String> {
        self.substitutes
            .set_attr("seed", self.outer_seed.clone(), vm)?;
        let mut text = String::new();
        if let Some(output) = &self.output {
            match output.take(vm) {
                Ok(taken) => text = taken,
                // The program closed the stream.
                Err(_) => {
                    vm.call_method(&self.state, "open_output", ())?;
                    self.find_output(vm)?;
                }
            }
            set_streams(&self.streams, vm)?;
        } else if let Some(shown) = &self.shown {
            for stream in shown {
                // The program may have closed it.
                let _ = vm.call_method(stream, "flush", ());
            }
            set_streams(&self.streams, vm)?;
        }
        if !self.is_unchanged(vm) {
            let has_set_handlers = signal_handlers::handlers_set(vm) != self.handlers_set;
            vm.call_method(&self.state, "restore", ())?;
            if has_set_handlers {
                self.dispositions.restore();
            }
            self.record(vm)?;
        }
        self.restore_main(vm)?;
        self.runs += 1;
        if is_last {
            return Ok(text);
        }
        if self.runs.is_multiple_of(RUNS_PER_GARBAGE_CHECK) {
            self.collect(vm)?;
        }
        if self.collects {
            vm.state.gc.enable();
        }
        Ok(text)
    }

    fn collect(&self, vm: &VirtualMachine) -> PyResult<()> {
        let gc = vm.import("gc", 0)?;
        let counts: PyRef<PyTuple> = vm.call_method(&gc, "get_count", ())?.try_into_value(vm)?;
        let new: usize = match counts.as_slice() {
            [new, ..] => new.try_to_value(vm)?,
            [] => 0,
        };
        if new > NEW_OBJECTS_TO_COLLECT || self.runs.is_multiple_of(RUNS_PER_COLLECTION) {
            vm.call_method(&gc, "collect", ())?;
        }
        Ok(())
    }

    fn is_unchanged(&self, vm: &VirtualMachine) -> bool {
        !self.has_stateful_modules
            && self.warned.is_empty()
            && self.modules.__len__() == self.module_count
            && self
                .names
                .iter()
                .all(|(names, size)| names.__len__() == *size)
            && signal_handlers::handlers_set(vm) == self.handlers_set
            && self.kept.iter().all(|kept| kept.is_same(vm))
            && self.has_same_variables()
            && (self.folder.is_none() || std::env::current_dir().ok() == self.folder)
    }

    fn has_same_variables(&self) -> bool {
        let mut position = 0;
        for (name, value) in &self.variables {
            match self.environ.next_entry(position) {
                Some((next, found, now)) if found.is(name) && now.is(value) => position = next,
                _ => return false,
            }
        }
        self.environ.next_entry(position).is_none()
    }

    /// Restores `__main__`, and empties the run's own: its functions refer to it, and it to them.
    fn restore_main(&self, vm: &VirtualMachine) -> PyResult<()> {
        let used = self.modules.get_item_opt("__main__", vm)?;
        let Some(used) = used else { return Ok(()) };
        if self.main.as_ref().is_some_and(|main| main.is(&used)) {
            return Ok(());
        }
        if let Some(names) = used.dict() {
            names.clear();
        }
        match &self.main {
            Some(main) => self.modules.set_item("__main__", main.clone(), vm),
            None => Ok(()),
        }
    }

    /// Removes the substitutes: no run follows.
    pub(super) fn close(&self, vm: &VirtualMachine) -> PyResult<()> {
        vm.call_method(&self.state, "close", ()).map(drop)
    }
}
