//! Recording what the threads of a runtime do, as a file to look at.
//!
//! `pyt-pictures` records and writes; this folder knows where threads are in their program
//! (`places`), and has the recorder learn of forks, of ends of the process and of tasks (`events`).

mod events;
mod places;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use pyt_pictures::{Recorder, RecordingError, Settings, Turns};
use pyt_vm::InterpreterState;
use rustpython_vm::VirtualMachine;

use crate::{
    Error, Runtime,
    api::{attempt::attempt, python::detached},
};

/// A recording of what the threads of a [`Runtime`] do. It ends, and its file is complete, when
/// this is dropped.
pub struct Timeline {
    recorder: Arc<Recorder>,
}

impl Timeline {
    /// Ends the recording. Blocks while the rest of it is written, for some milliseconds.
    pub fn finish(self) {}
}

impl Drop for Timeline {
    fn drop(&mut self) {
        // The recording's own thread may be about to stop this one.
        detached(|| self.recorder.end());
    }
}

/// The recorder of an interpreter, once there was a recording.
#[derive(Default)]
struct RecorderSlot(OnceLock<Arc<Recorder>>);

impl Runtime {
    /// Records what the threads of this runtime do until the result is dropped, into the file at
    /// `path`: a page for a browser if the name ends with `.html`, what ui.perfetto.dev opens if it
    /// ends with `.json`. `%p` in the name stands for the number of the process. The file can be
    /// opened at any time, also if the process is killed, and has at most the newest million events
    /// (`docs/timeline.md`).
    ///
    /// ```
    /// # let runtime = pyt_runtime::Runtime::builder().build()?;
    /// # let path = std::env::temp_dir().join(format!("pyt-doc-{}.html", std::process::id()));
    /// let timeline = runtime.timeline(&path)?;
    /// runtime.exec("
    /// import threading
    /// threads = [threading.Thread(target=print, args=(n,)) for n in range(3)]
    /// for thread in threads: thread.start()
    /// for thread in threads: thread.join()
    /// ")?;
    /// timeline.finish();
    /// assert!(std::fs::read_to_string(&path)?.contains("</html>"));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::ErrorKind::Option) if the name has another ending, the file
    /// cannot be written, or there is a recording already.
    pub fn timeline(&self, path: impl AsRef<Path>) -> Result<Timeline, Error> {
        let turns = self.turns();
        let begun = attempt(self.core(), |py| {
            Ok(self.record(path.as_ref(), turns, py.vm()))
        })?;
        begun.map_err(|error| Error::option(error.to_string()))
    }

    /// As [`timeline`](Self::timeline), inside.
    pub(crate) fn record(
        &self,
        path: &Path,
        turns: Turns,
        vm: &VirtualMachine,
    ) -> Result<Timeline, RecordingError> {
        let state = self.state();
        let recorder = recorder(state, self.options().gil, vm);
        let title = self.options().argv.first();
        let title = title.map_or_else(String::new, |title| title.to_string_lossy().into_owned());
        recorder.begin(Settings {
            path: path.to_owned(),
            title: if title.is_empty() || title == "-c" {
                String::from("pyt")
            } else {
                title
            },
            turns,
            is_virtual: self.options().virtual_time || turns == Turns::Schedule,
            most: None,
        })?;
        Ok(Timeline { recorder })
    }

    /// Begins the recording that the options ask for, if they do. `Err` is the exit status of the
    /// process: there is a message already.
    pub(crate) fn record_as_asked(
        &self,
        turns: Turns,
        vm: &VirtualMachine,
    ) -> Result<Option<Timeline>, i32> {
        let Some(path) = &self.options().timeline else {
            return Ok(None);
        };
        match self.record(path, turns, vm) {
            Ok(timeline) => Ok(Some(timeline)),
            // A program that a recorded one has started, with the same variables.
            Err(error @ RecordingError::InUse(_)) => {
                eprintln!("pyt: {error}. This program is not recorded.");
                Ok(None)
            }
            Err(error) => {
                eprintln!("pyt: {error}");
                Err(CANNOT_RECORD_STATUS)
            }
        }
    }

    /// How threads take turns without a strategy.
    pub(crate) fn turns(&self) -> Turns {
        if self.options().gil {
            Turns::Gil
        } else {
            Turns::Free
        }
    }
}

/// The exit status of a program that could not be recorded, and was not begun.
const CANNOT_RECORD_STATUS: i32 = 2;

/// The recorder of the interpreter, which observes its threads from the first recording on.
fn recorder(state: &Arc<InterpreterState>, gil: bool, vm: &VirtualMachine) -> Arc<Recorder> {
    let slot = &state.slot::<RecorderSlot>().0;
    let is_new = slot.get().is_none();
    let recorder = slot.get_or_init(|| {
        let recorder = Recorder::new(Arc::new(places::InterpreterPlaces::new(state, gil)));
        state.scheduler.observe_threads(recorder.clone());
        recorder
    });
    if is_new {
        events::install(state, recorder, vm);
    }
    recorder.clone()
}
