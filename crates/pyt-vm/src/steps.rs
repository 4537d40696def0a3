//! Counting the instructions that an interpreter's threads run, up to a limit.
//!
//! The interpreter tells of each instruction by the event `INSTRUCTION` of `sys.monitoring`
//! (PEP 669). Functions are given the event when they begin or resume, so nothing is paid while no
//! limit asks for it. The same program with the same input runs the same instructions.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, function::FuncArgs,
    vm::PyGlobalState,
};

use super::{
    monitoring_tool::{Identity, MonitoringTool},
    state::InterpreterState,
};

/// As `sys.monitoring.events` has it, by number.
const INSTRUCTION: usize = 6;

/// Who counts. Numbers that `sys.monitoring` gives no meaning to come first.
const TOOL: Identity = Identity {
    name: "pyt steps",
    numbers: [4, 3, 5, 2, 1, 0],
};

/// Is called when the limit is exceeded, attached. What it returns is raised.
type Listener = dyn Fn(&VirtualMachine) -> Option<PyBaseExceptionRef> + Send + Sync;

/// How many instructions an interpreter has run while they were counted.
#[derive(Default)]
pub struct Steps(Arc<Counter>);

struct Counter {
    taken: AtomicU64,
    most: AtomicU64,
    listener: OnceLock<Arc<Listener>>,
    watch: Mutex<Watch>,
}

#[derive(Default)]
struct Watch {
    /// How many count.
    counting: usize,
    /// What the interpreter calls at each instruction, once it was made.
    callback: Option<PyObjectRef>,
    tool: MonitoringTool,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            taken: AtomicU64::new(0),
            most: AtomicU64::new(u64::MAX),
            listener: OnceLock::new(),
            watch: Mutex::default(),
        }
    }
}

impl Steps {
    /// Those of this interpreter.
    #[must_use]
    pub fn of(state: &InterpreterState) -> &Self {
        state.slot()
    }

    /// How many were counted so far.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// Sets how many may be counted in all; `u64::MAX` at first.
    pub fn limit(&self, most: u64) {
        self.0.most.store(most, Ordering::Relaxed);
    }

    /// Has `listener` called on a thread that exceeds the limit, attached. What it returns is
    /// raised there. Only the first one counts.
    pub fn on_excess(
        &self,
        listener: impl Fn(&VirtualMachine) -> Option<PyBaseExceptionRef> + Send + Sync + 'static,
    ) {
        self.0.listener.get_or_init(|| Arc::new(listener));
    }

    /// Begins to count, once more. To be called inside.
    pub fn begin(&self, vm: &VirtualMachine) {
        let mut watch = self.0.watch.lock();
        watch.counting += 1;
        if watch.callback.is_none() {
            let counter = Arc::downgrade(&self.0);
            let call = move |_: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
                counter.upgrade().map_or(Ok(()), |counter| counter.step(vm))
            };
            watch.callback = Some(vm.new_function("count_step", call).into());
        }
        watch.assert(&vm.state);
    }

    /// Counts no more, if everybody who has begun has ended.
    pub fn end(&self, vm: &VirtualMachine) {
        let mut watch = self.0.watch.lock();
        watch.counting -= 1;
        if watch.counting == 0 {
            watch.release(&vm.state);
        }
    }

    /// Counts again if the program has put an end to it. Callable from any thread.
    pub fn assert(&self, state: &InterpreterState) {
        let mut watch = self.0.watch.lock();
        if watch.counting > 0
            && let Some(interpreter) = state.world.state()
        {
            watch.assert(interpreter);
        }
    }

    /// Gives up what is kept for an interpreter that ends.
    pub(crate) fn release(state: &InterpreterState) -> Vec<PyObjectRef> {
        let callback = Self::of(state).0.watch.lock().callback.take();
        callback.into_iter().collect()
    }
}

impl Counter {
    fn step(&self, vm: &VirtualMachine) -> PyResult<()> {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed) + 1;
        if taken <= self.most.load(Ordering::Relaxed) {
            return Ok(());
        }
        let raised = self.listener.get().and_then(|listener| listener(vm));
        raised.map_or(Ok(()), Err)
    }
}

impl Watch {
    fn assert(&mut self, interpreter: &PyGlobalState) {
        if let Some(callback) = &self.callback {
            self.tool
                .watch(&TOOL, &[(INSTRUCTION, callback)], true, interpreter);
        }
    }

    fn release(&mut self, interpreter: &PyGlobalState) {
        self.tool.release(&TOOL, interpreter);
    }
}
