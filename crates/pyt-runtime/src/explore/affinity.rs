//! Keeps all threads of an exploration on one core.
//!
//! Only one of them runs at a time. On one core, passing the turn is a context switch; between
//! cores it is a wake-up of the other core, which takes several times as long, and much longer on a
//! busy machine.

#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// Keeps the calling thread, and those it starts, on one core until it is dropped.
    pub(crate) struct PinnedToCore(Option<CpuSet>);

    impl PinnedToCore {
        /// Pins the thread to its current core; for a job among several, to the core with the job's
        /// number, modulo the number of cores.
        pub(crate) fn begin(job: Option<usize>) -> Self {
            let Ok(allowed) = sched_getaffinity(None) else {
                return Self(None);
            };
            let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
                .filter(|core| allowed.is_set(*core))
                .collect();
            if cores.len() < 2 {
                return Self(None);
            }
            let core = job.map_or_else(sched_getcpu, |job| cores[job % cores.len()]);
            let mut one = CpuSet::new();
            one.set(core);
            // A failure costs time only.
            Self(sched_setaffinity(None, &one).is_ok().then_some(allowed))
        }
    }

    impl Drop for PinnedToCore {
        fn drop(&mut self) {
            if let Some(before) = &self.0 {
                let _ = sched_setaffinity(None, before);
            }
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::PinnedToCore;

#[cfg(not(target_os = "linux"))]
pub(crate) struct PinnedToCore;

#[cfg(not(target_os = "linux"))]
impl PinnedToCore {
    pub(crate) fn begin(_job: Option<usize>) -> Self {
        Self
    }
}
