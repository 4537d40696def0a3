//! Recording what threads do: each thread writes into a buffer of its own, without a lock, and one
//! thread of the recording's own reads them all and writes the file.
//!
//! - here: the observer, which all threads call
//! - `ring`: the buffers
//! - `event`: what is in them
//! - `drainer`: the thread that reads them

mod drainer;
pub(crate) mod event;
mod ring;

use std::{
    cell::RefCell,
    collections::HashMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;
use pyt_sched::{Moment, Thread, ThreadObserver, Wake, current_id};

use self::{
    drainer::{Drainer, Running},
    event::{Ended, Event, What},
    ring::Ring,
};
use crate::timeline::{About, Kind, MOST_ITEMS, Site, TimelineFile, Turns};

/// Knows where in the program threads are.
pub trait Places: Send + Sync {
    /// The number of the place where the calling thread is, which is inside of the world; 0 if it
    /// is not known. With the address of a primitive, the place knows its name.
    fn here(&self, object: Option<usize>) -> u32;

    /// As [`here`](Self::here), of another thread. The caller has stopped the world.
    fn of_stopped(&self, thread: &Thread) -> u32;

    /// The place with this number.
    fn site(&self, number: u32) -> Option<Site>;

    /// The name of the thread with this number, if it lives.
    fn name(&self, thread: u64) -> Option<String>;

    /// Calls `found` with each thread that is in foreign code now, and with each that was when this
    /// was called last and is not any more, with the place where it is or 0. Called from the
    /// recording's own thread, at intervals.
    fn foreign(&self, found: &mut dyn FnMut(u64, bool, u32));
}

impl Kind {
    /// The kind that the ending of a file's name asks for.
    ///
    /// # Errors
    /// [`RecordingError::Ending`] if it asks for none.
    pub fn of(path: &Path) -> Result<Self, RecordingError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("json") => Ok(Self::Json),
            Some("html" | "htm") => Ok(Self::Page),
            _ => Err(RecordingError::Ending(path.to_owned())),
        }
    }
}

/// Whether the ending of the file's name is one of Perfetto's binary format.
fn is_perfettos(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| matches!(ending, "pftrace" | "perfetto-trace"))
}

/// Why a recording could not begin.
#[derive(Debug)]
pub enum RecordingError {
    /// The name of the file does not say what to write.
    Ending(PathBuf),
    /// Another process, or another runtime of this one, writes the file.
    InUse(PathBuf),
    /// There is a recording already.
    Recording,
    /// What the system says.
    Io(PathBuf, io::Error),
}

impl std::fmt::Display for RecordingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ending(path) if is_perfettos(path) => write!(
                f,
                "timeline {}: Perfetto's binary format is not written; ui.perfetto.dev and \
                 trace_processor open JSON, too: {}",
                path.display(),
                path.with_extension("json").display()
            ),
            Self::Ending(path) => write!(
                f,
                "timeline {}: the name must end with .html (a page) or .json (for \
                 ui.perfetto.dev)",
                path.display()
            ),
            Self::InUse(path) => write!(
                f,
                "timeline {}: another process writes it; %p in the name stands for the number of \
                 the process",
                path.display()
            ),
            Self::Recording => write!(f, "a timeline is being recorded already"),
            Self::Io(path, error) => {
                let reason = error.to_string();
                let reason = reason.split(" (os error").next().unwrap_or_default();
                write!(f, "timeline {}: {reason}", path.display())
            }
        }
    }
}

impl std::error::Error for RecordingError {}

/// What is recorded, and where to.
#[derive(Debug)]
pub struct Settings {
    /// The file. `%p` in its name stands for the number of the process.
    pub path: PathBuf,
    /// What the program is called.
    pub title: String,
    /// What the turns of threads are.
    pub turns: Turns,
    /// Whether time is virtual.
    pub is_virtual: bool,
    /// How many items the file has at most; `None`: a million.
    pub most: Option<u64>,
}

/// Records the threads of a scheduler, while there is a recording.
pub struct Recorder {
    id: u64,
    is_on: AtomicBool,
    places: Arc<dyn Places>,
    begin: OnceLock<Instant>,
    /// The latest time of a virtual clock.
    virtual_time: AtomicU64,
    rings: Mutex<Vec<Arc<Ring>>>,
    names: Mutex<Names>,
    texts: Mutex<Texts>,
    running: Mutex<Option<Running>>,
    /// The thread that reads the rings.
    reader: Mutex<Option<std::thread::Thread>>,
}

/// The names of threads and tasks.
#[derive(Default)]
struct Names {
    threads: HashMap<u64, String>,
    tasks: HashMap<u64, String>,
    /// Threads that have new names.
    renamed: Vec<u64>,
}

/// Texts, by numbers from 1.
#[derive(Default)]
struct Texts {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

/// A text is cut off after so many characters.
const MOST_TEXT: usize = 200;

/// So many different texts are kept. What comes then is called "...".
const MOST_TEXTS: usize = 10_000;

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        let mut text = bounded(text);
        if self.texts.len() >= MOST_TEXTS && !self.numbers.contains_key(&text) {
            text = String::from("...");
        }
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        self.texts.push(text.clone());
        let number = u32::try_from(self.texts.len()).unwrap_or(0);
        self.numbers.insert(text, number);
        number
    }

    fn text(&self, number: u32) -> String {
        let index = (number as usize).checked_sub(1);
        let text = index.and_then(|index| self.texts.get(index));
        text.cloned().unwrap_or_default()
    }
}

fn bounded(text: &str) -> String {
    let mut bounded: String = text.chars().take(MOST_TEXT).collect();
    if bounded.len() < text.len() {
        bounded.push_str("...");
    }
    bounded
}

thread_local! {
    /// The rings of this OS thread, by recorders.
    static RINGS: RefCell<Vec<(u64, Arc<Ring>)>> = const { RefCell::new(Vec::new()) };
}

impl Recorder {
    /// A recorder that does not record yet.
    #[must_use]
    pub fn new(places: Arc<dyn Places>) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Arc::new(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            is_on: AtomicBool::new(false),
            places,
            begin: OnceLock::new(),
            virtual_time: AtomicU64::new(0),
            rings: Mutex::default(),
            names: Mutex::default(),
            texts: Mutex::default(),
            running: Mutex::default(),
            reader: Mutex::default(),
        })
    }

    /// Begins a recording, on a thread that runs.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn begin(self: &Arc<Self>, settings: Settings) -> Result<(), RecordingError> {
        let process = std::process::id();
        let path = with_process(&settings.path, process);
        let kind = Kind::of(&path)?;
        let mut running = self.running.lock();
        if running.is_some() {
            return Err(RecordingError::Recording);
        }
        let file = open(&path)?;
        let about = About {
            title: settings.title,
            turns: settings.turns,
            is_virtual: settings.is_virtual,
            process,
        };
        let file = TimelineFile::begin(
            file,
            about.format(kind),
            settings.most.unwrap_or(MOST_ITEMS),
        )
        .map_err(|error| RecordingError::Io(path.clone(), error))?;
        self.begin.get_or_init(Instant::now);
        let drainer = Drainer::new(self, file, path.clone());
        let spawned = Running::spawn(drainer).map_err(|error| RecordingError::Io(path, error))?;
        *self.reader.lock() = Some(spawned.thread());
        *running = Some(spawned);
        let id = current_id().get();
        // Later it may have ended before its name is asked for.
        if let Some(name) = self.places.name(id) {
            self.names.lock().threads.insert(id, name);
        }
        self.is_on.store(true, Ordering::SeqCst);
        self.push(id, 0, What::Begun, self.now());
        Ok(())
    }

    /// Ends the recording: the file is complete when this returns. Blocks while it is written, so a
    /// thread leaves the world before. Does nothing if there is none.
    pub fn end(&self) {
        self.is_on.store(false, Ordering::SeqCst);
        let running = self.running.lock().take();
        if let Some(running) = running {
            running.stop().finish();
        }
        self.reader.lock().take();
    }

    /// Writes all that is known and ends the recording's own thread, for a `fork`. Blocks as
    /// [`end`](Self::end) does. What happens until [`go_on`](Self::go_on) is kept as far as the
    /// buffers reach.
    pub fn pause(&self) {
        let mut running = self.running.lock();
        if let Some(before) = running.take() {
            *running = Some(before.paused());
        }
        self.reader.lock().take();
    }

    /// Takes [`pause`](Self::pause) back.
    pub fn go_on(&self) {
        let mut running = self.running.lock();
        if let Some(paused) = running.take() {
            // Without a thread there is no recording any more.
            *running = paused.resumed().ok();
            *self.reader.lock() = running.as_ref().map(Running::thread);
        }
    }

    /// In the child of a `fork`, which was begun with [`pause`](Self::pause): nothing is recorded
    /// here, and the file is its parent's.
    pub fn abandon(&self) {
        self.is_on.store(false, Ordering::SeqCst);
        if let Some(paused) = self.running.lock().take() {
            paused.abandon();
        }
    }

    /// Whether there is a recording.
    #[inline]
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// A primitive was made at this address.
    pub fn made(&self, object: usize) {
        let object = object as u64;
        self.push(current_id().get(), 0, What::Made { object }, self.now());
    }

    /// Something has happened on the calling thread that takes no time.
    pub fn instant(&self, text: &str) {
        if self.is_on() {
            let text = self.texts.lock().number(text);
            self.push(current_id().get(), 0, What::Instant { text }, self.now());
        }
    }

    /// The event loop of the calling thread goes on with a task. Tasks have numbers of their own.
    pub fn task_goes_on(&self, task: u64, name: impl FnOnce() -> String) {
        if self.is_on() {
            let mut names = self.names.lock();
            let is_new = !names.tasks.contains_key(&task);
            if is_new {
                names.tasks.insert(task, bounded(&name()));
            }
            drop(names);
            self.push(current_id().get(), 0, What::TaskGoesOn { task }, self.now());
        }
    }

    /// The task that the event loop of the calling thread was going on with stops, and `awaits`
    /// that, or has ended.
    pub fn task_stops(&self, task: u64, awaits: Option<&str>) {
        if self.is_on() {
            let awaits = awaits.map_or(0, |awaits| self.texts.lock().number(awaits));
            let site = self.places.here(None);
            self.push(
                current_id().get(),
                site,
                What::TaskStops { task, awaits },
                self.now(),
            );
        }
    }

    /// Nanoseconds since the recording began.
    fn real_now(&self) -> u64 {
        let elapsed = self.begin.get().map(Instant::elapsed).unwrap_or_default();
        u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
    }

    /// The present moment on the axis of the recording.
    fn now(&self) -> u64 {
        self.real_now() + self.virtual_time.load(Ordering::Relaxed)
    }

    /// As [`now`](Self::now), for a thread of a scheduler whose clock may be virtual: what passes
    /// on it takes that long.
    fn now_of(&self, thread: &Thread) -> u64 {
        let clock = thread.scheduler().clock();
        if clock.is_virtual() {
            self.virtual_time
                .fetch_max(clock.now().0, Ordering::Relaxed);
        }
        self.now()
    }

    fn push(&self, thread: u64, site: u32, what: What, at: u64) {
        let event = Event {
            at,
            thread,
            site,
            what,
        };
        let words = event.to_words();
        // A thread that is about to end has no ring any more.
        let is_half_full = RINGS.try_with(|rings| {
            let mut rings = rings.borrow_mut();
            if let Some((_, ring)) = rings.iter().find(|(id, _)| *id == self.id) {
                return ring.push(words);
            }
            let ring = Arc::new(Ring::new());
            self.rings.lock().push(ring.clone());
            let is_half_full = ring.push(words);
            rings.push((self.id, ring));
            is_half_full
        });
        if is_half_full == Ok(true)
            && let Some(reader) = &*self.reader.lock()
        {
            reader.unpark();
        }
    }
}

impl ThreadObserver for Recorder {
    fn note(&self, thread: &Thread, moment: Moment<'_>) {
        if !self.is_on() {
            return;
        }
        let id = thread.id().get();
        let mut site = 0;
        let what = match moment {
            Moment::Registered => {
                self.names.lock().threads.insert(id, thread.name());
                What::Registered {
                    by: current_id().get(),
                }
            }
            Moment::Renamed => {
                let mut names = self.names.lock();
                names.threads.insert(id, thread.name());
                names.renamed.push(id);
                return;
            }
            Moment::Begun => What::Begun,
            Moment::Waits { waiting, reentrant } => {
                site = self
                    .places
                    .here((waiting.object != 0).then_some(waiting.object));
                What::Waits {
                    kind: waiting.kind,
                    reentrant,
                    object: waiting.object as u64,
                    holder: waiting.holder.map_or(0, pyt_sched::ThreadId::get),
                }
            }
            Moment::Woken { by } => What::Woken {
                by: by.map_or(0, pyt_sched::ThreadId::get),
            },
            Moment::Resumed { ended } => What::Resumed {
                ended: match ended {
                    Some(Wake::Woken) => Ended::Woken,
                    Some(Wake::TimedOut) => Ended::TimedOut,
                    None => Ended::Unknown,
                },
            },
            Moment::Preempted => {
                site = self.places.of_stopped(thread);
                What::Preempted
            }
            Moment::Continued => What::Continued,
            Moment::SteppedBack => {
                site = self.places.here(None);
                What::SteppedBack
            }
            Moment::Paused => What::Paused,
            Moment::Ended => What::Ended,
        };
        self.push(id, site, what, self.now_of(thread));
    }
}

/// The path with the number of the process in the place of `%p`.
fn with_process(path: &Path, process: u32) -> PathBuf {
    match path.to_str() {
        Some(text) if text.contains("%p") => text.replace("%p", &process.to_string()).into(),
        _ => path.to_owned(),
    }
}

fn open(path: &Path) -> Result<File, RecordingError> {
    let failed = |error| RecordingError::Io(path.to_owned(), error);
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(RecordingError::InUse(path.to_owned())),
        // Where files cannot be locked, two processes may write one.
        Err(std::fs::TryLockError::Error(_)) => Ok(file),
    }
}
