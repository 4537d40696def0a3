//! One core for all threads of an exploration.
//!
//! Only one of them runs at a time. On one core, handing over is a switch; between cores it is a
//! wake-up of the other core each time, which takes several times as long, and much longer on a
//! busy machine.

#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// Keeps the calling thread, and those it starts, on one core for as long as it lives.
    pub(crate) struct OnOneCore(Option<CpuSet>);

    impl OnOneCore {
        /// On the core it is on, or, for one of several `jobs`, on one that other jobs are not on,
        /// as far as there are enough.
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
            // All that is lost otherwise is time.
            Self(sched_setaffinity(None, &one).is_ok().then_some(allowed))
        }
    }

    impl Drop for OnOneCore {
        fn drop(&mut self) {
            if let Some(before) = &self.0 {
                let _ = sched_setaffinity(None, before);
            }
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::OnOneCore;

#[cfg(not(target_os = "linux"))]
pub(crate) struct OnOneCore;

#[cfg(not(target_os = "linux"))]
impl OnOneCore {
    pub(crate) fn begin(_job: Option<usize>) -> Self {
        Self
    }
}
