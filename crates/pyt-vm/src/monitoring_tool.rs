//! A tool of `sys.monitoring` (PEP 669) that belongs to pyt: which number it has, and what is
//! called at which events.
//!
//! `sys.monitoring`'s state is changed past its Python functions: by threads that are not in the
//! interpreter, and whatever the program has done to those functions. Why events are watched is not
//! known here.

use std::sync::atomic::Ordering;

use rustpython_vm::{AsObject, PyObjectRef, vm::PyGlobalState};

/// What distinguishes a tool from others.
pub(super) struct Identity {
    /// Its name, as `sys.monitoring.get_tool` shows it.
    pub(super) name: &'static str,
    /// The numbers of tools, in the order in which it prefers them.
    pub(super) numbers: [usize; 6],
}

/// The number that a tool has in an interpreter, while it watches.
#[derive(Default)]
pub(super) struct MonitoringTool(Option<usize>);

impl MonitoringTool {
    /// Has these functions called at these events, by number, and at no others. Functions look for
    /// events when they begin or resume. With `insists`, the number that it prefers most is taken
    /// from another tool where all are in use. False: all are in use by others.
    pub(super) fn watch(
        &mut self,
        identity: &Identity,
        calls: &[(usize, &PyObjectRef)],
        insists: bool,
        interpreter: &PyGlobalState,
    ) -> bool {
        let mut monitoring = interpreter.monitoring.lock();
        let own = |tool: &usize| monitoring.tool_names[*tool].as_deref() == Some(identity.name);
        let free = |tool: &usize| monitoring.tool_names[*tool].is_none();
        let tool = (self.0.filter(own))
            .or_else(|| identity.numbers.into_iter().find(free))
            .or_else(|| insists.then_some(identity.numbers[0]));
        let Some(tool) = tool else {
            return false;
        };
        let events = calls
            .iter()
            .fold(0, |events, (event, _)| events | 1 << event);
        let is_same = self.0 == Some(tool)
            && monitoring.global_events[tool] == events
            && monitoring.disabled.iter().all(|(_, _, by)| *by != tool)
            && calls.iter().all(|(event, call)| {
                let known = monitoring.callbacks.get(&(tool, *event));
                known.is_some_and(|known| known.is(*call))
            });
        self.0 = Some(tool);
        if is_same {
            return true;
        }
        monitoring.tool_names[tool] = Some(identity.name.to_owned());
        monitoring.global_events[tool] = events;
        monitoring.disabled.retain(|(_, _, by)| *by != tool);
        let mut dropped_unlocked = Vec::new();
        for (event, call) in calls {
            let before = monitoring.callbacks.insert((tool, *event), (*call).clone());
            dropped_unlocked.extend(before);
        }
        // Has functions look for events anew when they begin.
        interpreter
            .monitoring_events
            .store(monitoring.combined_events());
        interpreter
            .instrumentation_version
            .fetch_add(1, Ordering::Release);
        drop(monitoring);
        true
    }

    /// Gives the number back. Functions are free of the events when they begin anew. The caller
    /// keeps what was called, so that nothing is dropped here.
    pub(super) fn release(&mut self, identity: &Identity, interpreter: &PyGlobalState) {
        let Some(tool) = self.0.take() else {
            return;
        };
        let mut monitoring = interpreter.monitoring.lock();
        if monitoring.tool_names[tool].as_deref() != Some(identity.name) {
            return;
        }
        monitoring.tool_names[tool] = None;
        monitoring.global_events[tool] = 0;
        monitoring.callbacks.retain(|(by, _), _| *by != tool);
        monitoring.disabled.retain(|(_, _, by)| *by != tool);
        interpreter
            .monitoring_events
            .store(monitoring.combined_events());
        interpreter
            .instrumentation_version
            .fetch_add(1, Ordering::Release);
    }
}
