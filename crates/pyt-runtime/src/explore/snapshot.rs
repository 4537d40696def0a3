//! What runs find, and whether one has left it as it was.
//!
//! Most programs change nothing of it, and looking costs much less than putting everything back: so
//! the looking is done here, for every run, and the rest by `_pyt_run_state`, when it is called for.
//! What a run is, is not known here.

use std::path::PathBuf;

use pyt_vm::signal_handlers;
use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyBytesRef, PyDictRef, PyList, PyStrInterned, PyTuple},
};

/// How often it is asked whether there is cyclic garbage, in runs.
const LOOK_EVERY: u64 = 256;
/// So many objects more than after the last collection may be garbage. Collecting takes as long as a
/// hundred short runs.
const MUCH: usize = 20_000;
/// After so many runs garbage is collected anyway: objects may be large.
const COLLECT_EVERY: u64 = 1024;

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

/// Where what runs write goes, if it is kept.
struct Output {
    bytes: PyObjectRef,
    stream: PyObjectRef,
}

impl Output {
    /// What has been written since the last time.
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

/// What runs find, looked up once.
pub(super) struct Ground {
    /// The `Stage` of `_pyt_run_state`, and what stands in for functions of the library.
    helper: PyObjectRef,
    substitutes: PyObjectRef,
    /// The seed of a run that was under way before.
    outer: PyObjectRef,
    kept: Vec<Kept>,
    environ: PyDictRef,
    variables: Vec<(PyObjectRef, PyObjectRef)>,
    folder: Option<PathBuf>,
    modules: PyDictRef,
    /// How many modules there are.
    known: usize,
    /// Whether some of them remember, other than `warnings`, whose memory this is.
    remembering: bool,
    warned: PyDictRef,
    main: Option<PyObjectRef>,
    /// How often the process had set a signal handler.
    handlers: u64,
    new_input: PyObjectRef,
    output: Option<Output>,
    /// What standard input, output and error were.
    streams: [PyObjectRef; 3],
    collects: bool,
    runs: u64,
}

impl Ground {
    /// As it is now. With `capture`, what runs write is kept instead of shown.
    pub(super) fn new(capture: bool, vm: &VirtualMachine) -> PyResult<Self> {
        let class = vm.import("_pyt_run_state", 0)?.get_attr("Stage", vm)?;
        let helper = class.call((capture,), vm)?;
        let kept: Vec<PyRef<PyTuple>> = helper.get_attr("kept", vm)?.try_into_value(vm)?;
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
        let mut ground = Self {
            substitutes: helper.get_attr("substitutes", vm)?,
            kept: kept.collect(),
            environ: environ.get_attr("_data", vm)?.try_into_value(vm)?,
            outer: vm.ctx.none(),
            variables: Vec::new(),
            folder: None,
            known: 0,
            remembering: false,
            warned: vm
                .import("warnings", 0)?
                .get_attr("onceregistry", vm)?
                .try_into_value(vm)?,
            main: modules.get_item_opt("__main__", vm)?,
            modules,
            handlers: 0,
            new_input: vm.import("io", 0)?.get_attr("StringIO", vm)?,
            output: None,
            streams: [stream("stdin"), stream("stdout"), stream("stderr")],
            collects: vm.state.gc.is_enabled(),
            runs: 0,
            helper,
        };
        ground.look(vm)?;
        if capture {
            ground.find_output(vm)?;
        }
        Ok(ground)
    }

    /// Notes what is to be found unchanged.
    fn look(&mut self, vm: &VirtualMachine) -> PyResult<()> {
        self.variables = self.environ.items_vec();
        self.folder = std::env::current_dir().ok();
        self.handlers = signal_handlers::handlers_set(vm);
        let counts: Vec<usize> = self.helper.get_attr("counts", vm)?.try_into_value(vm)?;
        if let [known, remembering] = counts[..] {
            self.known = known;
            self.remembering = remembering != 0;
        }
        Ok(())
    }

    fn find_output(&mut self, vm: &VirtualMachine) -> PyResult<()> {
        self.output = Some(Output {
            bytes: self.helper.get_attr("output", vm)?,
            stream: self.helper.get_attr("stream", vm)?,
        });
        Ok(())
    }

    /// Sets everything up for a run with this seed.
    pub(super) fn begin(&mut self, seed: u64, vm: &VirtualMachine) -> PyResult<()> {
        let seed: PyObjectRef = vm.ctx.new_int(seed).into();
        self.outer = self.substitutes.get_attr("seed", vm)?;
        self.substitutes.set_attr("noise", vm.ctx.none(), vm)?;
        self.substitutes.set_attr("seed", seed, vm)?;
        let random_is_used = self.substitutes.get_attr("random_is_used", vm)?;
        if random_is_used.try_to_bool(vm)? {
            vm.call_method(&self.substitutes, "seed_random", ())?;
        }
        vm.state.gc.disable();
        if let Some(output) = &self.output {
            let input = self.new_input.call((), vm)?;
            let streams = [input, output.stream.clone(), output.stream.clone()];
            set_streams(&streams, vm)?;
        }
        Ok(())
    }

    /// Puts everything back. Returns what the run has written, if that was kept.
    pub(super) fn end(&mut self, vm: &VirtualMachine) -> PyResult<String> {
        self.substitutes.set_attr("seed", self.outer.clone(), vm)?;
        let mut text = String::new();
        if let Some(output) = &self.output {
            match output.take(vm) {
                Ok(taken) => text = taken,
                // The program closed it.
                Err(_) => {
                    vm.call_method(&self.helper, "open_output", ())?;
                    self.find_output(vm)?;
                }
            }
            set_streams(&self.streams, vm)?;
        }
        if !self.is_unchanged(vm) {
            vm.call_method(&self.helper, "restore", ())?;
            self.look(vm)?;
        }
        self.leave_main(vm)?;
        self.runs += 1;
        if self.runs.is_multiple_of(LOOK_EVERY) {
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
        if new > MUCH || self.runs.is_multiple_of(COLLECT_EVERY) {
            vm.call_method(&gc, "collect", ())?;
        }
        Ok(())
    }

    fn is_unchanged(&self, vm: &VirtualMachine) -> bool {
        !self.remembering
            && self.warned.is_empty()
            && self.modules.__len__() == self.known
            && signal_handlers::handlers_set(vm) == self.handlers
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

    /// Empties the module that was run: its functions know it, and it them.
    fn leave_main(&self, vm: &VirtualMachine) -> PyResult<()> {
        let played = self.modules.get_item_opt("__main__", vm)?;
        let Some(played) = played else { return Ok(()) };
        if self.main.as_ref().is_some_and(|main| main.is(&played)) {
            return Ok(());
        }
        if let Some(names) = played.dict() {
            names.clear();
        }
        match &self.main {
            Some(main) => self.modules.set_item("__main__", main.clone(), vm),
            None => Ok(()),
        }
    }

    /// To be called when there will be no more runs.
    pub(super) fn close(&self, vm: &VirtualMachine) -> PyResult<()> {
        vm.call_method(&self.helper, "close", ()).map(drop)
    }
}
