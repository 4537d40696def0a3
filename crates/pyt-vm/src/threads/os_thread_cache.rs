//! OS threads that outlive the Python thread they ran, for the next one to be started.
//!
//! Making an OS thread and tearing it down costs several times what a short Python thread takes.
//! An idle one waits for a few seconds. It is taken only for a thread that would be made the same
//! way: same stack size, and what the kernel has a thread inherit from its starter.
//!
//! What a Python thread leaves behind, and what runs here, is not known here.

use std::{
    io,
    os::unix::thread::JoinHandleExt,
    ptr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use parking_lot::Mutex;
use pyt_sched::{ParkSlot, SignalMask};
use rustpython_vm::common::lock;

use super::kernel_attrs::{KernelAttrs, native_id};

/// How many idle OS threads are kept. Each takes its C stack as far as it was used, and a small
/// heap.
const MOST_IDLE: usize = 16;

/// How long an OS thread stays idle before it exits.
const IDLE_TIME: Duration = Duration::from_secs(5);

/// How much address space must be left beside a new thread's stack. It is for what threads need
/// that run already: the process ends where `std` has no room for the stack on which a thread
/// handles signals, the C library none for a thread's variables, or an allocation fails.
const LEFT_BESIDE_STACK: usize = 128 << 20;

/// How much of it each thread may take that exists already, beside its stack.
const LEFT_FOR_EACH_THREAD: usize = 512 << 10;

/// How much of it the C library's allocator takes for a new thread, if that gets an arena of its
/// own.
const ARENA: usize = 64 << 20;

/// How many arenas the allocator makes for each processor.
const ARENAS_OF_PROCESSOR: usize = 8;

/// How many arenas it makes at most. The C library reads a file to know the processors.
static MOST_ARENAS: LazyLock<usize> = LazyLock::new(|| {
    // SAFETY: it only reads.
    let processors = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    usize::try_from(processors).unwrap_or(1) * ARENAS_OF_PROCESSOR
});

/// How many OS threads exist that this module has made.
static OS_THREADS: AtomicUsize = AtomicUsize::new(0);

/// How many of them have not begun: they have allocated nothing yet.
static BEGINNING: AtomicUsize = AtomicUsize::new(0);

/// Whether there is room for a new thread. Threads that take much memory at this moment may still
/// have it end the process.
///
/// # Errors
/// The system's, if not.
fn check_address_space(stack_size: usize) -> io::Result<()> {
    let arenas = BEGINNING.load(Ordering::Relaxed).min(*MOST_ARENAS) * ARENA;
    let others = OS_THREADS
        .load(Ordering::Relaxed)
        .saturating_mul(LEFT_FOR_EACH_THREAD);
    let beside = LEFT_BESIDE_STACK.saturating_add(arenas);
    let length = stack_size.saturating_add(beside).saturating_add(others);
    // Without access: only addresses are taken, no memory that the system would have to promise.
    let access = libc::PROT_NONE;
    let how = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at an address of the kernel's choice, which nothing uses before it is
    // gone again.
    unsafe {
        let room = libc::mmap(ptr::null_mut(), length, access, how, -1, 0);
        if room == libc::MAP_FAILED || libc::munmap(room, length) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// One of the OS threads that a counter counts.
struct Counted(&'static AtomicUsize);

impl Counted {
    fn among(counter: &'static AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // Never below none: in the child of a `fork` the thread that called it is not counted.
        let one_less = |threads: usize| Some(threads.saturating_sub(1));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
    }
}

/// What an OS thread is to run. The first turn of the scheduler's thread is taken already.
/// Afterwards all signals are blocked: one to the process is not for an idle thread, since the
/// program may have blocked it in all those it knows of.
type Run = Box<dyn FnOnce() + Send>;

/// An OS thread.
pub(super) struct CachedThread {
    park_slot: ParkSlot,
    next: Mutex<Option<Job>>,
    stack_size: usize,
    /// What it has inherited, and still has.
    attrs: KernelAttrs,
    /// Set by the thread that makes it; the thread sets `native_id` itself, before all else.
    thread: Mutex<Option<JoinHandle<()>>>,
    native_id: Mutex<u64>,
}

struct Job {
    run: Run,
    /// What the Python thread inherits each time.
    mask: SignalMask,
}

/// The OS threads of one interpreter that are idle.
#[derive(Default)]
pub(crate) struct OsThreadCache(Arc<Mutex<Idle>>);

#[derive(Default)]
struct Idle {
    /// The thread that became idle last is taken first: its memory is still in the caches.
    threads: Vec<Arc<CachedThread>>,
    closed: bool,
}

/// Where the next Python thread will run: on an OS thread that is idle, or on one yet to be made.
pub(super) enum ThreadPlace {
    Idle(Arc<CachedThread>),
    New(Arc<CachedThread>),
}

impl ThreadPlace {
    pub(super) fn park_slot(&self) -> &ParkSlot {
        let (Self::Idle(thread) | Self::New(thread)) = self;
        &thread.park_slot
    }
}

/// The OS thread that has been found for a thread.
pub(super) struct Found {
    pub(super) ident: u64,
    /// The kernel's number for it; `None` if the thread is new and has not set it yet.
    pub(super) native_id: Option<u64>,
}

impl OsThreadCache {
    /// A place for a thread that the calling one starts.
    pub(super) fn place(&self, stack_size: usize) -> ThreadPlace {
        let attrs = KernelAttrs::of_caller();
        {
            let mut idle = self.0.lock();
            let fits = |thread: &Arc<CachedThread>| {
                thread.stack_size == stack_size && thread.attrs == attrs
            };
            if let Some(found) = idle.threads.iter().rposition(fits) {
                return ThreadPlace::Idle(idle.threads.remove(found));
            }
        }
        ThreadPlace::New(Arc::new(CachedThread {
            park_slot: ParkSlot::default(),
            next: Mutex::new(None),
            stack_size,
            attrs,
            thread: Mutex::new(None),
            native_id: Mutex::new(0),
        }))
    }

    /// Has the place's OS thread run `run` once a thread that is registered at its park slot gets
    /// its first turn. That must happen, unless this fails.
    ///
    /// # Errors
    /// The system's, if it refuses to make a thread.
    pub(super) fn send(&self, place: ThreadPlace, run: Run) -> io::Result<Found> {
        let mask = SignalMask::of_caller();
        match place {
            ThreadPlace::Idle(cached) => {
                *cached.next.lock() = Some(Job { run, mask });
                let thread = cached.thread.lock();
                Ok(Found {
                    ident: thread.as_ref().map_or(0, JoinHandle::as_pthread_t),
                    native_id: Some(*cached.native_id.lock()),
                })
            }
            ThreadPlace::New(cached) => {
                *cached.next.lock() = Some(Job { run, mask });
                check_address_space(cached.stack_size)?;
                let builder = std::thread::Builder::new().stack_size(cached.stack_size);
                let (idle, itself) = (self.0.clone(), cached.clone());
                let mut slot = cached.thread.lock();
                let counted = Counted::among(&OS_THREADS);
                let beginning = Counted::among(&BEGINNING);
                let thread = builder.spawn(move || {
                    let _counted = counted;
                    drop(beginning);
                    itself.run_jobs(&idle);
                })?;
                let ident = thread.as_pthread_t();
                *slot = Some(thread);
                Ok(Found {
                    ident,
                    native_id: None,
                })
            }
        }
    }

    /// How many OS threads are idle.
    pub(crate) fn idle(&self) -> usize {
        self.0.lock().threads.len()
    }

    /// Keeps no OS thread from here on: as [`dismiss`](Self::dismiss).
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
        self.dismiss();
    }

    /// Has the idle OS threads exit, and waits until they have.
    pub(crate) fn dismiss(&self) {
        let idle = std::mem::take(&mut self.0.lock().threads);
        for cached in &idle {
            cached.park_slot.unpark();
        }
        for cached in idle {
            let thread = cached.thread.lock().take();
            if let Some(thread) = thread {
                let _ = thread.join();
            }
        }
    }

    /// Forgets the idle OS threads: in the child of a `fork` they do not exist.
    ///
    /// # Safety
    /// The calling thread is the only one in the process, and not in a function of this type's.
    pub(crate) unsafe fn reset_after_fork(&self) {
        // SAFETY: no thread that exists holds the lock.
        unsafe { lock::zero_reinit_after_fork(self.0.raw()) };
        OS_THREADS.store(0, Ordering::Relaxed);
        BEGINNING.store(0, Ordering::Relaxed);
        // Not dropped: that would detach threads that the C library does not have here.
        std::mem::forget(std::mem::take(&mut self.0.lock().threads));
    }
}

impl Drop for OsThreadCache {
    fn drop(&mut self) {
        self.close();
    }
}

impl CachedThread {
    /// What the OS thread does: runs one job after the other, until it was idle for too long.
    fn run_jobs(self: &Arc<Self>, idle: &Mutex<Idle>) {
        *self.native_id.lock() = native_id();
        // For the first job it waits as long as it takes.
        let mut idle_time = None;
        loop {
            if !self.park_slot.park(idle_time) {
                let mut idle = idle.lock();
                let place = idle.threads.iter().position(|one| Arc::ptr_eq(one, self));
                if let Some(place) = place {
                    idle.threads.remove(place);
                    return;
                }
                // It has just been taken for the next thread.
                idle_time = None;
                continue;
            }
            let job = self.next.lock().take();
            let Some(Job { run, mask }) = job else {
                return;
            };
            if idle_time.is_some() {
                mask.set();
            }
            run();
            if KernelAttrs::of_caller() != self.attrs {
                return;
            }
            idle_time = Some(IDLE_TIME);
            let mut idle = idle.lock();
            if idle.closed || idle.threads.len() >= MOST_IDLE {
                return;
            }
            idle.threads.push(self.clone());
        }
    }
}
