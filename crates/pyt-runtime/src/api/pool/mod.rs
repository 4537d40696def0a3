//! Runtimes in stock.
//!
//! Making a runtime takes tens of milliseconds, and ending one about as long. So runtimes are made
//! before they are wanted, and used again: what a user left behind is taken away (`clean.py`), and a
//! runtime that cannot be cleaned is replaced.

use std::{
    collections::VecDeque,
    fmt,
    ops::Deref,
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use pyt_modules::deadlock::SERVANT;

use crate::{Builder, Error, Runtime, Value, control::StopReason};

/// How long `finally` blocks have in threads that a user left behind.
const GRACE: Duration = Duration::from_millis(50);

/// How long such threads have to end; one that could not be ended was halted before.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runtimes that are ready for use, each used by one caller at a time.
///
/// A runtime that is given back is cleaned on a thread of the pool's: threads that Python started are
/// stopped; modules that are not the library's leave `sys.modules`; the names of `__main__` and of
/// `builtins`, `sys.path`, `sys.argv`, the import hooks, the standard streams, the hooks for
/// exceptions, `os.environ`, filters for warnings, trace functions, the limits of recursion and the
/// switch interval are as they were; `atexit` functions are forgotten; the collector runs. What a user
/// has changed in the library's modules (`json.dumps = ...`) stays: a pool saves time, and is no wall
/// between callers who do not trust one another. A runtime in which threads had to be stopped by
/// force is replaced.
///
/// The pool's thread is the main thread of its runtimes.
///
/// ```
/// use pyt_runtime::{Runtime, RuntimePool};
///
/// let pool = RuntimePool::new(1, Runtime::builder)?;
/// {
///     let runtime = pool.get()?;
///     runtime.exec("answer = 42")?;
///     assert_eq!(runtime.eval::<i32>("answer")?, 42);
/// }
/// let again = pool.get()?;
/// assert!(again.eval::<i32>("answer").is_err());
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
pub struct RuntimePool {
    stock: Arc<Stock>,
    tasks: Option<Sender<Task>>,
    keeper: Option<thread::JoinHandle<()>>,
}

/// A runtime of a [`RuntimePool`], which goes back to it when this is dropped.
pub struct PooledRuntime {
    entry: Option<Entry>,
    tasks: Sender<Task>,
}

struct Entry {
    runtime: Runtime,
    /// Makes the interpreter look as it did at first.
    restore: Value,
    /// How many functions `atexit` had at first.
    exit_functions: usize,
}

#[derive(Default)]
struct Stock {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Entry>,
    /// Why runtimes cannot be made.
    failure: Option<Error>,
}

/// Work for the pool's thread.
enum Task {
    Make,
    Clean(Box<Entry>),
}

impl fmt::Debug for RuntimePool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimePool")
            .field("ready", &self.ready())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PooledRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledRuntime").finish_non_exhaustive()
    }
}

impl RuntimePool {
    /// A pool of `size` runtimes, each made by a builder of `builder`'s. Returns once the first is
    /// there; the others are made meanwhile.
    ///
    /// # Errors
    /// What [`Builder::build`] gives; [`ErrorKind::Exception`](crate::ErrorKind::Exception) if there
    /// can be no more threads.
    pub fn new(size: usize, builder: impl Fn() -> Builder + Send + 'static) -> Result<Self, Error> {
        let stock: Arc<Stock> = Arc::default();
        let (tasks, work) = mpsc::channel();
        for _ in 0..size {
            // The other end is here.
            let _ = tasks.send(Task::Make);
        }
        let keeping = stock.clone();
        let keeper = thread::Builder::new()
            .name(SERVANT.to_owned())
            .stack_size(8 << 20)
            .spawn(move || keep(&keeping, &work, &builder))
            .map_err(|refused| Error::new("RuntimeError", refused.to_string()))?;
        let pool = Self {
            stock,
            tasks: Some(tasks),
            keeper: Some(keeper),
        };
        if size > 0 {
            let mut state = pool.stock.state.lock();
            while state.ready.is_empty() {
                if let Some(failure) = state.failure.clone() {
                    return Err(failure);
                }
                pool.stock.changed.wait(&mut state);
            }
        }
        Ok(pool)
    }

    /// How many runtimes are ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.stock.state.lock().ready.len()
    }

    /// Takes a runtime. Blocks while none is ready.
    ///
    /// # Errors
    /// What [`Builder::build`] gave when a runtime was to be replaced and could not be.
    pub fn get(&self) -> Result<PooledRuntime, Error> {
        let mut state = self.stock.state.lock();
        loop {
            if let Some(entry) = state.ready.pop_front() {
                return Ok(self.hand_out(entry));
            }
            if let Some(failure) = state.failure.take() {
                return Err(failure);
            }
            self.stock.changed.wait(&mut state);
        }
    }

    /// Takes a runtime, if one is ready. Does not block.
    #[must_use]
    pub fn try_get(&self) -> Option<PooledRuntime> {
        let entry = self.stock.state.lock().ready.pop_front();
        entry.map(|entry| self.hand_out(entry))
    }

    /// Takes a runtime. Blocks for at most `timeout` while none is ready.
    #[must_use]
    pub fn get_timeout(&self, timeout: Duration) -> Option<PooledRuntime> {
        let end = Instant::now() + timeout;
        let mut state = self.stock.state.lock();
        while state.ready.is_empty() {
            if self.stock.changed.wait_until(&mut state, end).timed_out() {
                break;
            }
        }
        let entry = state.ready.pop_front();
        entry.map(|entry| self.hand_out(entry))
    }

    fn hand_out(&self, entry: Entry) -> PooledRuntime {
        let Some(tasks) = self.tasks.clone() else {
            unreachable!("it is taken away when the pool is dropped");
        };
        PooledRuntime {
            entry: Some(entry),
            tasks,
        }
    }
}

/// Ends the runtimes that are ready, and waits for that. Those that are in use end when they would go
/// back.
impl Drop for RuntimePool {
    fn drop(&mut self) {
        drop(std::mem::take(&mut *self.stock.state.lock()));
        self.tasks = None;
        // The thread goes on for as long as runtimes are in use, and ends what comes back.
        self.keeper = None;
    }
}

impl Deref for PooledRuntime {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        match &self.entry {
            Some(entry) => &entry.runtime,
            None => unreachable!("it is taken away when this is dropped"),
        }
    }
}

impl Drop for PooledRuntime {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            // Without the pool's thread it ends here.
            let _ = self.tasks.send(Task::Clean(Box::new(entry)));
        }
    }
}

/// The pool's thread: until nobody can give it work.
fn keep(stock: &Arc<Stock>, work: &Receiver<Task>, builder: &impl Fn() -> Builder) {
    while let Ok(task) = work.recv() {
        let cleaned = match task {
            Task::Make => None,
            Task::Clean(entry) => entry.clean(),
        };
        let entry = cleaned.map_or_else(|| Entry::make(builder()), Ok);
        let mut state = stock.state.lock();
        match entry {
            Ok(entry) => state.ready.push_back(entry),
            Err(failure) => state.failure = Some(failure),
        }
        drop(state);
        stock.changed.notify_all();
    }
    drop(std::mem::take(&mut *stock.state.lock()));
}

impl Entry {
    fn make(builder: Builder) -> Result<Self, Error> {
        let runtime = builder.build()?;
        let names: Value = runtime.eval("{}")?;
        runtime
            .compile(include_str!("clean.py"))?
            .eval_in::<()>(&names)?;
        let restore = names.get_item("restore")?;
        let exit_functions = runtime.enter(|py| py.vm().state.atexit_funcs.lock().len());
        Ok(Self {
            runtime,
            restore,
            exit_functions,
        })
    }

    /// Stops the threads that its user left, and calls that nobody waits for any more. False: some
    /// had to be stopped by force, or could not be.
    fn is_intact(&self) -> bool {
        let core = self.runtime.core();
        let is_empty = || core.session().members().is_empty();
        if !is_empty() {
            let stop = core.stop(StopReason::Asked, GRACE);
            let end = Instant::now() + GRACE + PATIENCE;
            if !stop.wait(end) || stop.has_halted() {
                return false;
            }
            while !is_empty() {
                if Instant::now() > end {
                    return false;
                }
                thread::sleep(Duration::from_millis(1));
            }
        }
        !core.control.stops.had_to_force()
    }

    /// Makes it as it was; `None` if it cannot be, and then it has ended.
    fn clean(self) -> Option<Self> {
        if !self.is_intact() {
            // The environment is the process's: its successor would find what was set.
            let _ = self.restore.call::<()>((false,));
            return None;
        }
        let core = self.runtime.core();
        let forgotten = |py: crate::Python<'_>| {
            let functions = &py.vm().state.atexit_funcs;
            let mut functions = functions.lock();
            // The newest are in front.
            let new = functions.len().saturating_sub(self.exit_functions);
            let forgotten: Vec<_> = functions.drain(..new).collect();
            drop(functions);
            drop(forgotten);
        };
        self.runtime.enter(forgotten);
        let restored = self.restore.call::<()>((true,));
        (restored.is_ok() && !core.has_started_threads()).then_some(self)
    }
}
