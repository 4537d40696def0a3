//! A pool of runtimes.
//!
//! Building a runtime takes tens of milliseconds, and ending one about as long. So runtimes are
//! built before they are needed, and used again: what the last user changed is reset (`reset.py`),
//! and a runtime that cannot be reset is replaced.

mod checks;

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    ops::Deref,
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use pyt_vm::deadlock::CONTROL_THREAD;

use crate::{Builder, Error, Runtime, Value, control::StopReason};

/// How long `finally` blocks and handlers have in threads that a user left running.
const LEFTOVERS_GRACE: Duration = Duration::from_millis(50);

/// How long such threads have to end after the grace period: longer than the delay before they are
/// halted.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Runtimes that are ready for use, each used by one caller at a time.
///
/// A runtime that is returned is reset on a thread of the pool's to what it was when it was built:
/// threads that Python started are stopped; modules that were imported since are forgotten, those
/// of the standard library as well, so that the next user imports them anew; the names of all
/// modules that were there before (`__main__`, `builtins`, `sys`, those that
/// [`warm`](Self::warm) imports), `sys.path`, `sys.argv`, the import hooks, `os.environ`, error
/// handlers of codecs, the warning filters, trace functions, the limits of recursion and of digits,
/// the switch interval and the collector's settings are restored; `atexit` functions are dropped
/// without being called; the collector runs, if there is anything that it would look at.
///
/// A runtime that cannot be reset is replaced: one in which threads had to be stopped without their
/// handlers, abstract base classes had others registered, or an audit hook was added. Attributes of
/// classes written in Python, of modules that were there before, are not restored: a pool saves
/// time, and does not isolate callers who do not trust one another.
///
/// Each runtime has a thread of the pool's, which builds and resets it and is its main thread.
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
    idle: Arc<IdleRuntimes>,
}

/// A runtime of a [`RuntimePool`], which is returned to it when this is dropped.
pub struct PooledRuntime {
    entry: Option<PoolEntry>,
    keeper: Keeper,
}

/// A way to the thread that resets a runtime. The thread ends when the last of them is dropped.
type Keeper = Sender<Box<PoolEntry>>;

struct PoolEntry {
    runtime: Runtime,
    /// The function `restore` of `reset.py`.
    restore: Value,
    /// How many functions `atexit` had at first.
    exit_functions: usize,
}

#[derive(Default)]
struct IdleRuntimes {
    state: Mutex<IdleState>,
    /// Callers wait for it: a runtime is ready, or one could not be built.
    changed: Condvar,
    /// Threads that could not build a runtime wait for it: a caller knows of that.
    failure_taken: Condvar,
}

#[derive(Default)]
struct IdleState {
    ready: VecDeque<(PoolEntry, Keeper)>,
    /// The pool was dropped: what is returned ends.
    is_closed: bool,
    /// Why the last runtime could not be built.
    failure: Option<Error>,
    /// Tasks that wait for a runtime, in the order in which they came.
    waiting: VecDeque<(u64, Waker)>,
    /// How many have waited so far.
    tickets: u64,
}

impl IdleRuntimes {
    /// Why a runtime could not be built, for one caller: its thread tries again then.
    fn take_failure(&self, state: &mut IdleState) -> Option<Error> {
        let failure = state.failure.take();
        if failure.is_some() {
            self.failure_taken.notify_all();
        }
        failure
    }
}

impl IdleState {
    fn take(&mut self) -> Option<PooledRuntime> {
        let (entry, keeper) = self.ready.pop_front()?;
        Some(PooledRuntime {
            entry: Some(entry),
            keeper,
        })
    }

    /// Of the task that waits for longest. It is woken without the lock, which it needs.
    fn next_waker(&self) -> Option<Waker> {
        self.waiting.front().map(|(_, waker)| waker.clone())
    }
}

/// The place of a task among those that wait. Dropping it gives the place up.
struct Ticket {
    idle: Arc<IdleRuntimes>,
    number: Option<u64>,
}

impl Ticket {
    fn poll(&mut self, context: &Context<'_>) -> Poll<Result<PooledRuntime, Error>> {
        let mut state = self.idle.state.lock();
        let first = state.waiting.front().map(|(number, _)| *number);
        if first.is_none() || first == self.number {
            let taken = match state.take() {
                Some(runtime) => Some(Ok(runtime)),
                None => self.idle.take_failure(&mut state).map(Err),
            };
            if let Some(taken) = taken {
                if self.number.take().is_some() {
                    state.waiting.pop_front();
                }
                let next = match state.ready.is_empty() {
                    true => None,
                    false => state.next_waker(),
                };
                drop(state);
                wake(next);
                return Poll::Ready(taken);
            }
        }
        let Some(number) = self.number else {
            state.tickets += 1;
            let number = state.tickets;
            self.number = Some(number);
            state.waiting.push_back((number, context.waker().clone()));
            return Poll::Pending;
        };
        // The numbers of those that wait increase.
        if let Ok(at) = state
            .waiting
            .binary_search_by_key(&number, |(number, _)| *number)
        {
            state.waiting[at].1.clone_from(context.waker());
        }
        Poll::Pending
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut state = self.idle.state.lock();
        if let Ok(at) = state
            .waiting
            .binary_search_by_key(&number, |(number, _)| *number)
        {
            let removed = state.waiting.remove(at);
            // It may have been woken for a runtime that it does not take.
            let next = match at {
                0 => state.next_waker(),
                _ => None,
            };
            drop(state);
            drop(removed);
            wake(next);
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
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
    /// A pool of `size` runtimes, each built by a builder that `builder` returns. Blocks until the
    /// first is ready; the others are built meanwhile.
    ///
    /// # Errors
    /// What [`Builder::build`] returns; [`ErrorKind::Exception`](crate::ErrorKind::Exception) if
    /// the system allows no more threads; [`ErrorKind::Option`](crate::ErrorKind::Option) if `size`
    /// is 0, since [`get`](Self::get) would block forever.
    pub fn new(size: usize, builder: impl Fn() -> Builder + Send + 'static) -> Result<Self, Error> {
        Self::warm(size, builder, Vec::<String>::new())
    }

    /// As [`new`](Self::new), of runtimes that have imported `modules` before their first user, and
    /// keep them. What most users need is imported once.
    ///
    /// ```
    /// use pyt_runtime::{Runtime, RuntimePool};
    ///
    /// let pool = RuntimePool::warm(1, Runtime::builder, ["json", "datetime"])?;
    /// let runtime = pool.get()?;
    /// assert!(runtime.eval::<bool>("'json' in __import__('sys').modules")?);
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new), and what importing a module raises.
    pub fn warm<M: Into<String>>(
        size: usize,
        builder: impl Fn() -> Builder + Send + 'static,
        modules: impl IntoIterator<Item = M>,
    ) -> Result<Self, Error> {
        let modules: Vec<String> = modules.into_iter().map(Into::into).collect();
        if size == 0 {
            return Err(Error::option(
                "a pool needs at least one runtime".to_owned(),
            ));
        }
        let pool = Self {
            idle: Arc::default(),
        };
        let builder = Mutex::new(builder);
        let build = Arc::new(move || {
            let settings = (builder.lock())();
            PoolEntry::build(settings, &modules)
        });
        for _ in 0..size {
            let (idle, build) = (pool.idle.clone(), build.clone());
            thread::Builder::new()
                .name(CONTROL_THREAD.to_owned())
                .stack_size(8 << 20)
                .spawn(move || keep(&idle, &*build))
                .map_err(|refused| Error::new("RuntimeError", refused.to_string()))?;
        }
        let mut state = pool.idle.state.lock();
        while state.ready.is_empty() {
            if let Some(failure) = state.failure.clone() {
                return Err(failure);
            }
            pool.idle.changed.wait(&mut state);
        }
        drop(state);
        Ok(pool)
    }

    /// How many runtimes are ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.idle.state.lock().ready.len()
    }

    /// Takes a runtime. Blocks while none is ready.
    ///
    /// # Errors
    /// What [`Builder::build`] returned when a runtime could not be replaced.
    pub fn get(&self) -> Result<PooledRuntime, Error> {
        let mut state = self.idle.state.lock();
        loop {
            if let Some(runtime) = state.take() {
                return Ok(runtime);
            }
            if let Some(failure) = self.idle.take_failure(&mut state) {
                return Err(failure);
            }
            self.idle.changed.wait(&mut state);
        }
    }

    /// Takes a runtime, for async hosts: the task waits while none is ready, and no thread does.
    /// Tasks get runtimes in the order in which they began to wait. Any executor will do.
    ///
    /// ```
    /// use pyt_runtime::{Runtime, RuntimePool};
    ///
    /// async fn serve(pool: &RuntimePool) -> Result<i64, pyt_runtime::Error> {
    ///     let runtime = pool.get_async().await?;
    ///     runtime.eval_async("6 * 7").await
    /// }
    ///
    /// let pool = RuntimePool::new(1, Runtime::builder)?;
    /// let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(executor.block_on(serve(&pool))?, 42);
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// What [`Builder::build`] returned when a runtime could not be replaced.
    pub async fn get_async(&self) -> Result<PooledRuntime, Error> {
        let mut ticket = Ticket {
            idle: self.idle.clone(),
            number: None,
        };
        poll_fn(|context| ticket.poll(context)).await
    }

    /// Takes a runtime, if one is ready. Does not block.
    #[must_use]
    pub fn try_get(&self) -> Option<PooledRuntime> {
        self.idle.state.lock().take()
    }

    /// Takes a runtime. Blocks for at most `timeout` while none is ready, and then returns `None`.
    #[must_use]
    pub fn get_timeout(&self, timeout: Duration) -> Option<PooledRuntime> {
        let end = Instant::now() + timeout;
        let mut state = self.idle.state.lock();
        while state.ready.is_empty() {
            if self.idle.changed.wait_until(&mut state, end).timed_out() {
                break;
            }
        }
        state.take()
    }
}

/// Ends the runtimes that are ready, and blocks until they have ended. Those that are in use end
/// when they are returned.
impl Drop for RuntimePool {
    fn drop(&mut self) {
        let mut state = self.idle.state.lock();
        state.is_closed = true;
        let ready = std::mem::take(&mut state.ready);
        drop(state);
        self.idle.failure_taken.notify_all();
        // A thread runs for as long as its runtime is in use, and ends it when it is returned.
        drop(ready);
    }
}

impl Deref for PooledRuntime {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        match &self.entry {
            Some(entry) => &entry.runtime,
            None => unreachable!("only dropping this takes the entry"),
        }
    }
}

impl Drop for PooledRuntime {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            // Without its thread the runtime ends here.
            let _ = self.keeper.send(Box::new(entry));
        }
    }
}

/// A thread of the pool's: it builds a runtime, and resets or replaces it each time that it is
/// returned, until the pool is dropped.
fn keep(idle: &IdleRuntimes, build: &dyn Fn() -> Result<PoolEntry, Error>) {
    let mut kept = None;
    loop {
        let entry = match kept.take() {
            Some(entry) => Ok(entry),
            None if idle.state.lock().is_closed => return,
            None => build(),
        };
        let mut state = idle.state.lock();
        if state.is_closed {
            drop(state);
            // The runtime ends without the lock.
            drop(entry);
            return;
        }
        let (keeper, returned) = mpsc::channel();
        match entry {
            Ok(entry) => {
                state.ready.push_back((entry, keeper));
                let next = state.next_waker();
                drop(state);
                // Each runtime is for one caller.
                idle.changed.notify_one();
                wake(next);
                // The sender goes with the runtime: it is dropped with the pool.
                let Ok(entry) = returned.recv() else { return };
                kept = entry.reset();
            }
            Err(failure) => {
                state.failure = Some(failure);
                let next = state.next_waker();
                drop(state);
                // Not each caller takes failures.
                idle.changed.notify_all();
                wake(next);
                // One caller gets the failure, and then it is tried again.
                let mut state = idle.state.lock();
                while state.failure.is_some() && !state.is_closed {
                    idle.failure_taken.wait(&mut state);
                }
            }
        }
    }
}

impl PoolEntry {
    fn build(builder: Builder, modules: &[String]) -> Result<Self, Error> {
        let runtime = builder.build()?;
        for module in modules {
            runtime.import(module)?;
        }
        let names: Value = runtime.eval("{}")?;
        runtime.enter(|py| checks::add_to(&names, py))?;
        runtime
            .compile(include_str!("reset.py"))?
            .eval_in::<()>(&names)?;
        let restore = names.get_item("restore")?;
        let exit_functions = runtime.enter(|py| py.vm().state.atexit_funcs.lock().len());
        Ok(Self {
            runtime,
            restore,
            exit_functions,
        })
    }

    /// Stops the threads and calls that the last user left running. Returns false if some had to be
    /// stopped without their handlers, or could not be stopped.
    fn stop_leftovers(&self) -> bool {
        let core = self.runtime.core();
        let is_empty = || core.state().all_threads().is_empty();
        if !is_empty() {
            let stop = core.stop(StopReason::Asked, LEFTOVERS_GRACE);
            let end = Instant::now() + LEFTOVERS_GRACE + STOP_TIMEOUT;
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
        !core.control().stops.had_to_force()
    }

    /// Resets it. `None` if that fails, and then the runtime has ended.
    fn reset(self) -> Option<Self> {
        if !self.stop_leftovers() {
            // The environment is the process's: the next runtime would find what was set.
            let _ = self.restore.call::<bool>((false,));
            return None;
        }
        let core = self.runtime.core();
        let restore = |py: crate::Python<'_>| {
            let functions = &py.vm().state.atexit_funcs;
            let mut functions = functions.lock();
            // The newest are in front.
            let new = functions.len().saturating_sub(self.exit_functions);
            let dropped: Vec<_> = functions.drain(..new).collect();
            drop(functions);
            drop(dropped);
            self.restore.call::<bool>((true,))
        };
        let restored = self.runtime.enter(restore);
        (restored.unwrap_or(false) && !core.has_started_threads()).then_some(self)
    }
}
