//! The thread that reads the buffers of all threads, in the order of time, and writes the file.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use pyt_sched::SignalMask;

use super::{
    Recorder,
    event::{Event, What},
    ring::Words,
};
use crate::timeline::{Item, Lookup, Site, Standing, TimelineFile, Tracker};

/// The name of the thread. It runs no Python: those that count threads leave it out.
const NAME: &str = "pyt-timeline";

/// How often it is looked which threads are in foreign code, while some thread could run.
const FOREIGN_INTERVAL: Duration = Duration::from_millis(1);
/// How often, while none could.
const QUIET_INTERVAL: Duration = Duration::from_millis(20);
/// How often the buffers are read at least.
const DRAIN_INTERVAL: Duration = Duration::from_millis(10);
/// How often the file is written, if there is something new.
const WRITE_INTERVAL: Duration = Duration::from_millis(200);
/// How often the tail is written, if there is nothing new: waits go on.
const TAIL_INTERVAL: Duration = Duration::from_secs(1);
/// After so many items the file is written at once: while it is, no buffer is read.
const ITEMS_AT_ONCE: usize = 4_000;
/// How long a thread takes at most from a moment to the event in its buffer. Later events are put
/// behind those that were read before.
const SLACK: u64 = 2_000_000;

/// Reads and writes.
pub(super) struct Drainer {
    recorder: Arc<Recorder>,
    /// `None` once it could not be written.
    file: Option<TimelineFile>,
    path: PathBuf,
    tracker: Tracker,
    /// Read, but too new to know that all older ones were read.
    pending: Vec<Event>,
    items: Vec<Item>,
    /// What was read from a ring: kept for its memory.
    words: Vec<Words>,
    lost: u64,
    written: Instant,
    stop: Arc<AtomicBool>,
}

/// A drainer and its thread, or without one.
pub(super) struct Running {
    stop: Arc<AtomicBool>,
    state: State,
}

enum State {
    Thread(JoinHandle<Drainer>),
    Paused(Box<Drainer>),
}

impl Running {
    /// Begins a thread.
    ///
    /// # Errors
    /// If the system refuses one.
    pub(super) fn spawn(drainer: Drainer) -> io::Result<Self> {
        let stop = drainer.stop.clone();
        stop.store(false, Ordering::SeqCst);
        let builder = std::thread::Builder::new().name(NAME.to_owned());
        let spawn = || {
            builder.spawn(move || {
                let mut drainer = drainer;
                drainer.run();
                drainer
            })
        };
        let thread = SignalMask::FULL.during(spawn)?;
        Ok(Self {
            stop,
            state: State::Thread(thread),
        })
    }

    pub(super) fn thread(&self) -> std::thread::Thread {
        match &self.state {
            State::Thread(handle) => handle.thread().clone(),
            State::Paused(_) => std::thread::current(),
        }
    }

    /// Ends the thread. What it has read is written.
    pub(super) fn stop(self) -> Drainer {
        match self.state {
            State::Paused(drainer) => *drainer,
            State::Thread(handle) => {
                self.stop.store(true, Ordering::SeqCst);
                handle.thread().unpark();
                match handle.join() {
                    Ok(drainer) => drainer,
                    // An error of ours, which the program should see no more of than this.
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        }
    }

    pub(super) fn paused(self) -> Self {
        let stop = self.stop.clone();
        let drainer = Box::new(self.stop());
        Self {
            stop,
            state: State::Paused(drainer),
        }
    }

    pub(super) fn resumed(self) -> io::Result<Self> {
        match self.state {
            State::Paused(drainer) => Self::spawn(*drainer),
            State::Thread(_) => Ok(self),
        }
    }

    /// In the child of a `fork`: forgets it all. The file stays open, since another process has it.
    pub(super) fn abandon(self) {
        std::mem::forget(self);
    }
}

impl Drainer {
    pub(super) fn new(recorder: &Arc<Recorder>, file: TimelineFile, path: PathBuf) -> Self {
        Self {
            recorder: recorder.clone(),
            file: Some(file),
            path,
            tracker: Tracker::default(),
            pending: Vec::new(),
            items: Vec::new(),
            words: Vec::new(),
            lost: 0,
            written: Instant::now(),
            stop: Arc::default(),
        }
    }

    fn run(&mut self) {
        let mut drained = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            let is_quiet = self.tracker.running() == 0 && self.pending.is_empty();
            let pause = if is_quiet {
                QUIET_INTERVAL
            } else {
                FOREIGN_INTERVAL
            };
            let began = Instant::now();
            std::thread::park_timeout(pause);
            // Woken before its time: a buffer is half full.
            let is_wanted = began.elapsed() < pause;
            if !is_wanted {
                self.find_foreign();
            }
            if is_wanted || drained.elapsed() >= DRAIN_INTERVAL {
                drained = Instant::now();
                self.drain(false);
            }
            let since = self.written.elapsed();
            if self.items.len() >= ITEMS_AT_ONCE
                || since >= WRITE_INTERVAL && !self.items.is_empty()
                || since >= TAIL_INTERVAL
            {
                self.write(false);
            }
        }
        self.drain(true);
        self.write(false);
    }

    /// The program has ended.
    pub(super) fn finish(mut self) {
        self.drain(true);
        self.write(true);
    }

    fn find_foreign(&mut self) {
        let recorder = self.recorder.clone();
        let pending = &mut self.pending;
        recorder.places.foreign(&mut |thread, is_foreign, site| {
            pending.push(Event {
                at: recorder.now(),
                thread,
                site,
                what: if is_foreign {
                    What::Foreign
                } else {
                    What::Back
                },
            });
        });
    }

    /// Reads all buffers, and adds what is old enough to the timeline; with `all`, all.
    fn drain(&mut self, all: bool) {
        let limit = if all {
            u64::MAX
        } else {
            self.recorder.now().saturating_sub(SLACK)
        };
        let mut lost = 0;
        let words = &mut self.words;
        self.recorder.rings.lock().retain(|ring| {
            lost += ring.drain(words);
            // Its thread has ended.
            Arc::strong_count(ring) > 1 || !ring.is_empty()
        });
        if lost > 0 {
            self.lost += lost;
            // What was read before is older than the gap, which comes next.
            self.add_until(u64::MAX);
            self.tracker.forget(&mut self.items);
        }
        let new = self.words.drain(..).map(Event::of_words);
        self.pending.extend(new);
        self.add_until(limit);
        let renamed = std::mem::take(&mut self.recorder.names.lock().renamed);
        for thread in renamed {
            let name = self.recorder.thread(thread);
            self.tracker.rename(thread, &name, &mut self.items);
        }
    }

    /// Adds the events until `limit` to the timeline.
    fn add_until(&mut self, limit: u64) {
        self.pending.sort_by_key(|event| event.at);
        let old = self.pending.partition_point(|event| event.at <= limit);
        for event in self.pending.drain(..old) {
            self.tracker.add(event, &*self.recorder, &mut self.items);
        }
    }

    fn write(&mut self, is_over: bool) {
        self.written = Instant::now();
        let now = self.recorder.now();
        let standing = Standing {
            now,
            dropped: 0,
            lost: self.lost,
            is_over,
        };
        let unfinished = self.tracker.unfinished(now);
        let Some(file) = &mut self.file else {
            self.items.clear();
            return;
        };
        let appended = file.append(&self.items, &unfinished, standing);
        self.items.clear();
        if let Err(error) = appended {
            let reason = error.to_string();
            let reason = reason.split(" (os error").next().unwrap_or_default();
            eprintln!(
                "pyt: timeline {}: {reason}: nothing more is recorded, and the program goes on",
                self.path.display()
            );
            self.file = None;
            self.recorder.is_on.store(false, Ordering::SeqCst);
        }
    }
}

impl Lookup for Recorder {
    fn thread(&self, id: u64) -> String {
        let known = self.names.lock().threads.get(&id).cloned();
        known
            .or_else(|| self.places.name(id))
            .unwrap_or_else(|| String::from("a thread"))
    }

    fn task(&self, id: u64) -> String {
        let known = self.names.lock().tasks.get(&id).cloned();
        known.unwrap_or_else(|| String::from("a task"))
    }

    fn site(&self, number: u32) -> Option<Site> {
        self.places.site(number)
    }

    fn text(&self, number: u32) -> String {
        self.texts.lock().text(number)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use pyt_sched::{Thread, WaitKind};

    use super::*;
    use crate::{
        record::{Places, event::Ended},
        timeline::{About, Kind, Turns},
    };

    /// A program without places.
    struct Nowhere;

    impl Places for Nowhere {
        fn here(&self, _object: Option<usize>) -> u32 {
            0
        }

        fn of_stopped(&self, _thread: &Thread) -> u32 {
            0
        }

        fn site(&self, _number: u32) -> Option<Site> {
            None
        }

        fn name(&self, _thread: u64) -> Option<String> {
            None
        }

        fn foreign(&self, _found: &mut dyn FnMut(u64, bool, u32)) {}
    }

    fn drainer(recorder: &Arc<Recorder>) -> Drainer {
        let about = About {
            title: String::new(),
            turns: Turns::Gil,
            is_virtual: false,
            process: 1,
        };
        let file = File::options().write(true).open("/dev/null").unwrap();
        let file = TimelineFile::begin(file, about.format(Kind::Json), 1000).unwrap();
        Drainer::new(recorder, file, PathBuf::new())
    }

    #[test]
    fn waits_do_not_nest_where_events_were_lost() {
        // The first event that is kept is each of the three of a wait.
        for phase in 0..3 {
            let recorder = Recorder::new(Arc::new(Nowhere));
            recorder.begin.get_or_init(Instant::now);
            let mut drainer = drainer(&recorder);
            let waits = What::Waits {
                kind: WaitKind::Lock,
                reentrant: false,
                object: 64,
                holder: 0,
            };
            let cycle = [
                waits,
                What::Woken { by: 0 },
                What::Resumed {
                    ended: Ended::Woken,
                },
            ];
            recorder.push(1, 0, What::Begun, recorder.now());
            recorder.push(1, 0, waits, recorder.now());
            // These are too new to be added, and are read before the gap.
            drainer.drain(false);
            for number in 0..60_000 + phase {
                recorder.push(1, 0, cycle[number % 3], recorder.now());
            }
            drainer.drain(true);
            assert!(drainer.lost > 0);
            let slices = drainer.items.iter().filter_map(|item| match item {
                Item::Slice(slice) => Some((slice.from, slice.to)),
                _ => None,
            });
            let unfinished = drainer.tracker.unfinished(recorder.now());
            let unfinished = unfinished.iter().map(|slice| (slice.from, slice.to));
            let mut slices: Vec<_> = slices.chain(unfinished).collect();
            slices.sort_unstable();
            for pair in slices.windows(2) {
                assert!(pair[0].1 <= pair[1].0, "phase {phase}: {pair:?}");
            }
        }
    }
}
