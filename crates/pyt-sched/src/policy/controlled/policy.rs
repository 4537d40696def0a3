//! The policy: another policy outside of runs; during a run, a strategy decides who has the turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    members::{Gate, Member, MemberState, Members},
    run::{CannotBegin, Ending, FinishedRun, RunConfig},
    state::{EndlessCheck, FOREIGN_CALL_GRACE, ForeignCall, Next, RunState},
    trace::Trace,
};
use crate::{
    Aborted, Activity, Awaited, Clock, Deadline, HeldBy, Moment, Policy, Scheduler, Thread,
    ThreadId, WaitKind, Waiter, Waiting, Wake, World,
    engine::{draw::Source, pick::PickKind, thread::ThreadNumber, wait::CurrentWait, world::Place},
    op::{Action, Op},
    run_count::{add_run, forget_runs, remove_run},
    sync::{Mutex, atomic::AtomicU64 as PolicyU64, renew},
};

/// The interval of ticks during a run.
const TICK_INTERVAL: Duration = Duration::from_millis(2);
/// How many turns the members of a run that was given up have to end; then they are halted.
const MAX_GIVE_UP_TURNS: u64 = 20_000;
/// How long a run that was given up waits for threads in foreign code.
const FOREIGN_EXIT_GRACE: Duration = Duration::from_secs(1);

/// Obeys a strategy during a [run](RunConfig), and another policy at all other times.
pub struct Controlled {
    inner: Box<dyn Policy>,
    world: Arc<dyn World>,
    /// The identity of the run's first member; zero while there is no run.
    main: AtomicU64,
    /// Threads from this identity on were started during the run.
    first: AtomicU64,
    /// How many members besides the first have not exited.
    alive: AtomicUsize,
    state: Mutex<RunState>,
}

impl Controlled {
    /// A policy that is `inner` while there is no run.
    #[must_use]
    pub fn over(inner: impl Policy + 'static, world: Arc<dyn World>) -> Self {
        Self {
            inner: Box::new(inner),
            world,
            main: AtomicU64::new(0),
            first: AtomicU64::new(0),
            alive: AtomicUsize::new(0),
            state: Mutex::new(RunState::default()),
        }
    }

    /// Whether a run is in progress.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.main.load(Ordering::Acquire) != 0
    }

    /// Whether `thread` is a member of the run in progress.
    #[must_use]
    pub fn is_member(&self, thread: &Thread) -> bool {
        let main = self.main.load(Ordering::Acquire);
        let id = thread.id().get();
        main != 0 && (id == main || id >= self.first.load(Ordering::Acquire))
    }

    /// Lets the chosen thread run, unless it is the caller. To be called without the lock, on an
    /// attached thread or with the world stopped.
    fn give(&self, next: Next) {
        match next {
            Next::Parked(thread) => thread.grant(),
            Next::Frozen(thread) => {
                thread.note(Moment::Continued);
                self.world.thaw(&thread);
            }
            Next::Me | Next::None => {}
        }
    }

    /// The calling thread is at a decision point: decides, and returns once it is chosen. With a
    /// `gate`, it is not chosen before that is open or `deadline` has come, and `waiting` says what
    /// for, as others see it, and whether that is a reentrant lock.
    fn stop(
        &self,
        me: &Arc<Thread>,
        number: ThreadNumber,
        op: Op,
        gate: Option<Gate>,
        deadline: Option<Deadline>,
        waiting: &dyn Fn() -> Option<(Waiting, bool)>,
    ) {
        let mut state = self.state.lock();
        let place = if state.with_places {
            if op.object != 0 && !matches!(op.action, Action::Read | Action::Write) {
                self.world.uses(op.object);
            }
            self.world.place()
        } else {
            Place::default()
        };
        if let Some(watch) = state.endless.watch() {
            let digest = watch.look(self.world.look());
            state.member(number).digest = digest;
        }
        let owns = state.owner == Some(number);
        let member = state.member(number);
        member.op = op;
        member.place = place;
        member.state = MemberState::Ready { gate, deadline };
        member.interrupted = false;
        // Shown before the decision, which may find that no member can run.
        let mut shown = gate.is_some_and(|gate| !gate.is_open());
        let show = || {
            if let Some((waiting, _)) = waiting() {
                me.set_wait(Some(CurrentWait::new(waiting, Waiter::new(false))));
            }
        };
        if shown {
            show();
        }
        // A thread that came back from foreign code has run beside the owner until here.
        let next = if owns || state.owner.is_none() {
            state.pass_turn(me.scheduler().clock(), Some(number))
        } else {
            Next::None
        };
        if matches!(next, Next::Me) {
            if shown {
                me.set_wait(None);
            }
            return;
        }
        me.set_in_wait(true);
        let waits = std::mem::replace(&mut shown, true);
        if !waits {
            show();
        }
        drop(state);
        match waiting().filter(|_| waits) {
            Some((waiting, reentrant)) => me.note(Moment::Waits {
                waiting: &waiting,
                reentrant,
            }),
            None => me.note(Moment::SteppedBack),
        }
        self.give(next);
        self.world.detached(&mut || me.await_turn());
        me.count_turn();
        me.set_wait(None);
        me.came_back();
        me.note(Moment::Resumed { ended: None });
    }

    /// Lets the faults happen that the strategy wants before the next step of the calling thread.
    /// Returns whether there were any.
    fn fault(&self, number: ThreadNumber) -> bool {
        let faults = {
            let state = self.state.lock();
            if state.faults.is_empty() || state.giving_up {
                return false;
            }
            state.faults.clone()
        };
        let mut any = false;
        for fault in &*faults {
            if fault.is_for_main() && number != 0 {
                continue;
            }
            let happens = self.state.lock().ask(number, fault.kind(), 2) != 0;
            if happens {
                self.world.fault(*fault);
                any = true;
            }
        }
        any
    }

    fn point(&self, me: &Arc<Thread>, op: Op) -> Result<u64, Aborted> {
        let number = {
            let state = self.state.lock();
            let Some(number) = state.number_of(me) else {
                return Ok(0);
            };
            if state.giving_up {
                return Err(Aborted::new());
            }
            if me.is_atomic() {
                return Ok(state.steps);
            }
            number
        };
        self.fault(number);
        self.stop(me, number, op, None, None, &|| None);
        let state = self.state.lock();
        if state.giving_up {
            return Err(Aborted::new());
        }
        Ok(state.steps.saturating_sub(1))
    }

    /// A decision point before an attempt, which fails unless the gate `is_open` when the thread is
    /// chosen.
    fn attempt(&self, me: &Arc<Thread>, op: Op, is_open: &(dyn Fn() -> bool + Sync)) {
        let number = {
            let state = self.state.lock();
            match state.number_of(me) {
                Some(number) if !state.giving_up && !me.is_atomic() => number,
                _ => return,
            }
        };
        self.fault(number);
        let now = me.scheduler().clock().now();
        // SAFETY: the gate is gone from the policy when `stop` returns: it is dropped when this
        // thread is chosen, and the thread stays parked until then.
        let gate = unsafe { Gate::new(is_open) };
        self.stop(me, number, op, Some(gate), Some(now), &|| None);
    }

    /// Lets the faults happen that the strategy wants before a wait of the calling thread.
    ///
    /// # Errors
    /// [`Aborted`] if one raises.
    fn fault_before_wait(&self, me: &Arc<Thread>) -> Result<(), Aborted> {
        if !me.is_atomic()
            && let Some(number) = me.member_number()
            && self.fault(number)
        {
            self.world.pending_faults()?;
        }
        Ok(())
    }

    fn wait_as_member(
        &self,
        me: &Arc<Thread>,
        op: Op,
        awaited: &Awaited<'_>,
        is_open: &(dyn Fn() -> bool + Sync),
    ) -> Result<Wake, Aborted> {
        if me.is_atomic() && is_open() {
            return Ok(Wake::Woken);
        }
        self.fault_before_wait(me)?;
        let Awaited { kind, deadline, .. } = *awaited;
        // A poll is another step than a wait: it fails at once.
        let polls = deadline.is_some_and(|deadline| deadline <= me.scheduler().clock().now());
        let op = if polls {
            Op::on(op.action.attempt(), op.object)
        } else {
            op
        };
        loop {
            let number = {
                let state = self.state.lock();
                let Some(number) = state.number_of(me) else {
                    // Not a member yet: a thread that a host has just attached.
                    return Ok(Wake::Woken);
                };
                number
            };
            if me.is_interrupted() && !is_open() {
                me.clear_interrupt();
                self.world.interrupted()?;
            }
            let since = me.scheduler().clock().now();
            let waiting = || {
                let hold = awaited.held_by.map(HeldBy::hold);
                let waiting = Waiting {
                    kind,
                    object: op.object,
                    holder: hold.and_then(|hold| hold.by),
                    since,
                    deadline,
                };
                Some((waiting, hold.is_some_and(|hold| hold.owned)))
            };
            // SAFETY: the gate is gone from the policy when `stop` returns: it is dropped when this
            // thread is chosen, and the thread stays parked until then.
            let mut gate = unsafe { Gate::new(is_open) };
            if let Some(held_by) = awaited.held_by {
                // SAFETY: as above.
                gate = unsafe { gate.held_by(held_by) };
            }
            self.stop(me, number, op, Some(gate), deadline, &waiting);
            let (timed_out, interrupted, giving_up) = {
                let mut state = self.state.lock();
                let giving_up = state.giving_up;
                let member = state.member(number);
                (member.timed_out, member.interrupted, giving_up)
            };
            if giving_up {
                return if is_open() {
                    Ok(Wake::Woken)
                } else {
                    Err(Aborted::new())
                };
            }
            if interrupted {
                me.clear_interrupt();
                self.world.interrupted()?;
                continue;
            }
            return Ok(if timed_out {
                Wake::TimedOut
            } else {
                Wake::Woken
            });
        }
    }

    // --- runs ---------------------------------------------------------------------------------

    /// Begins a run on `scheduler`, whose policy this is: the calling thread is its member
    /// number 0. Paired with [`finish`](Self::finish), on the same thread.
    ///
    /// # Errors
    /// [`CannotBegin`].
    pub fn begin(&self, scheduler: &Arc<Scheduler>, run: RunConfig) -> Result<(), CannotBegin> {
        let me = Thread::current().ok_or(CannotBegin)?;
        if self.is_running() || !Arc::ptr_eq(me.scheduler(), scheduler) {
            return Err(CannotBegin);
        }
        {
            let mut state = self.state.lock();
            let mut main = Member::new(me.clone());
            main.state = MemberState::Running;
            me.set_member_number(0);
            let endless = EndlessCheck::new(&run);
            *state = RunState {
                members: Members(vec![main]),
                owner: Some(0),
                last: None,
                strategy: Some(run.strategy),
                endless,
                world: Some(self.world.clone()),
                trace: run.traced.then(Trace::new),
                with_places: run.with_places,
                keeps_turn_in_foreign_code: run.keeps_turn_in_foreign_code,
                give_up_at: run.give_up_at,
                foreign_wait_limit: run.foreign_wait_limit,
                on_standstill: run.on_standstill,
                awaiting_foreign: Vec::new(),
                slack: run.slack,
                faults: run.faults.into(),
                ..RunState::default()
            };
        }
        self.alive.store(0, Ordering::SeqCst);
        scheduler.clock().enter_virtual_time();
        self.first.store(ThreadId::next().get(), Ordering::Release);
        self.main.store(me.id().get(), Ordering::Release);
        add_run();
        scheduler.wake_ticker();
        Ok(())
    }

    /// From now on the run has no more faults: its program has ended, and what follows is the
    /// library's.
    pub fn end_faults(&self) {
        self.state.lock().faults = Arc::default();
    }

    /// The calling thread ends the process, as `os._exit` does: the run is given up, and the waits
    /// and decision points of its members fail from then on. False, and nothing, if the thread is
    /// no member of a run.
    pub fn end_process(&self, status: i32) -> bool {
        let is_member = Thread::current().is_some_and(|me| self.is_member(&me));
        if is_member {
            self.state.lock().give_up(Some(Ending::Exited(status)));
        }
        is_member
    }

    /// Waits until all members but the caller have exited, then ends the run. The run is given up
    /// first if `hurry`, and at a standstill: the waits and decision points of its members fail
    /// from then on. Members that do not exit even so are halted. `None` if the calling thread did
    /// not begin a run.
    pub fn finish(&self, scheduler: &Arc<Scheduler>, hurry: bool) -> Option<FinishedRun> {
        let me = Thread::current()?;
        if self.main.load(Ordering::Acquire) != me.id().get() {
            return None;
        }
        if hurry {
            self.state.lock().give_up(None);
        }
        let done = || self.alive.load(Ordering::SeqCst) == 0;
        let join = Op::alone(Action::Join);
        let all_exited = Awaited {
            kind: WaitKind::Join,
            object: 0,
            deadline: None,
            held_by: None,
        };
        let mut foreign_since = None;
        while !done() {
            // Fails at a standstill of the others: then the run is given up, and they end.
            let _ = self.wait_as_member(&me, join, &all_exited, &done);
            let (turns_used_up, only_foreign) = {
                let state = self.state.lock();
                let others = state.members.0.iter().skip(1);
                let mut others = others.filter(|member| !member.has_exited());
                let is_foreign = |member: &Member| matches!(member.state, MemberState::Foreign);
                let only_foreign = others.all(is_foreign);
                (state.give_up_turns > MAX_GIVE_UP_TURNS, only_foreign)
            };
            if !only_foreign {
                foreign_since = None;
            } else if !done() {
                let since = *foreign_since.get_or_insert_with(Instant::now);
                if since.elapsed() > FOREIGN_EXIT_GRACE {
                    break;
                }
                self.world
                    .detached(&mut || std::thread::sleep(TICK_INTERVAL));
            }
            if turns_used_up {
                break;
            }
        }
        let left: Vec<_> = {
            let state = self.state.lock();
            let others = state.members.0.iter().skip(1);
            others
                .filter(|member| !member.has_exited())
                .map(|member| member.thread.clone())
                .collect()
        };
        remove_run();
        if !left.is_empty() {
            scheduler.halt(&left, FOREIGN_CALL_GRACE);
        }
        self.main.store(0, Ordering::Release);
        scheduler.clock().leave_virtual_time();
        let state = std::mem::take(&mut *self.state.lock());
        let mut trace = state.trace.unwrap_or_default();
        trace.set_picked(state.picked, state.questions);
        Some(FinishedRun {
            strategy: state.strategy?,
            steps: state.steps,
            trace,
            repetition: state.repetition,
            ending: state.ending,
            blocked: state.blocked,
            names: (state.members.0.iter())
                .map(|member| member.thread.name())
                .collect(),
            irreproducible_from: state.irreproducible_from,
            awaiting_foreign: state.awaiting_foreign,
            abandoned: left.len(),
        })
    }

    // --- foreign code -------------------------------------------------------------------------

    /// Whether [`act`](Self::act) has something to do: a member has been in foreign code for too
    /// long, or came back from it.
    fn must_act(&self, state: &mut RunState, clock: &Clock) -> bool {
        let back = |member: &Member| {
            matches!(member.state, MemberState::Foreign)
                && !member.thread.in_wait()
                && self.world.activity(&member.thread) == Activity::Attached
        };
        if state.members.0.iter().any(back) {
            return true;
        }
        match state.owner {
            Some(owner) => {
                let thread = &state.member(owner).thread;
                if thread.in_wait() || self.world.activity(thread) != Activity::Detached {
                    state.foreign_call = None;
                    return false;
                }
                let call = state.foreign_call.get_or_insert_with(ForeignCall::begin);
                call.ticks = call.ticks.saturating_add(1);
                !state.keeps_turn_in_foreign_code && call.is_long()
            }
            None => {
                // Time passes as real time does for members that wait beside foreign code.
                state.all_wait_since.get_or_insert_with(Instant::now);
                let before = state.idle_since.replace(Instant::now());
                if let Some(before) = before {
                    clock.advance_to(clock.after(before.elapsed()));
                }
                let mut candidates = std::mem::take(&mut state.candidates);
                state.members.candidates(clock.now(), &mut candidates);
                let some = !candidates.is_empty() || state.has_waited_enough();
                state.candidates = candidates;
                some
            }
        }
    }

    /// With the world stopped: takes the turn from a member in foreign code, and freezes those that
    /// came back.
    fn act(&self, state: &mut RunState, clock: &Clock) -> Next {
        if let Some(owner) = state.owner
            && state.foreign_call.is_some_and(ForeignCall::is_long)
        {
            let steps = state.steps;
            let member = state.member(owner);
            if self.world.activity(&member.thread) == Activity::Detached && !member.thread.in_wait()
            {
                member.state = MemberState::Foreign;
                let place = member.place;
                state.irreproducible_from.get_or_insert((steps, place));
                state.owner = None;
            }
        }
        for member in &mut state.members.0 {
            if matches!(member.state, MemberState::Foreign)
                && !member.thread.in_wait()
                && self.world.activity(&member.thread) == Activity::Attached
                && self.world.freeze(&member.thread)
            {
                member.state = MemberState::Frozen;
                member.thread.note(Moment::Preempted);
                member.op = Op::alone(Action::Step);
            }
        }
        if state.owner.is_none() {
            let next = state.pass_turn(clock, None);
            if matches!(next, Next::None) && state.has_waited_enough() {
                state.awaiting_foreign = state.stuck();
                state.give_up(Some(Ending::OutOfTime));
                return state.pass_turn(clock, None);
            }
            return next;
        }
        Next::None
    }

    fn tick_run(&self, scheduler: &Scheduler) -> Duration {
        let clock = scheduler.clock();
        if self.must_act(&mut self.state.lock(), clock) {
            let mut next = Next::None;
            self.world.stop(&mut || {
                next = self.act(&mut self.state.lock(), clock);
                if let Next::Frozen(thread) = &next {
                    thread.note(Moment::Continued);
                    self.world.thaw(thread);
                    next = Next::None;
                }
            });
            self.give(next);
        }
        TICK_INTERVAL
    }
}

impl Policy for Controlled {
    fn leave(&self, thread: &Arc<Thread>) {
        if !self.is_member(thread) {
            return self.inner.leave(thread);
        }
        let mut state = self.state.lock();
        let Some(number) = state.number_of(thread) else {
            return;
        };
        let place = if state.with_places {
            self.world.place()
        } else {
            Place::default()
        };
        let owns = state.owner == Some(number);
        let wait = thread.with_wait(|current| (current.waiting, current.waiter.clone()));
        let member = state.member(number);
        let had_exited = member.has_exited();
        member.interrupted = false;
        member.state = match wait {
            Some((waiting, waiter)) => {
                member.op = Op::on(action_of(waiting.kind), waiting.object);
                member.place = place;
                if std::mem::take(&mut member.woken_early) {
                    MemberState::Ready {
                        gate: None,
                        deadline: None,
                    }
                } else {
                    MemberState::Blocked {
                        waiter,
                        deadline: waiting.deadline,
                    }
                }
            }
            None => MemberState::Exited,
        };
        if member.has_exited() && !had_exited && number != 0 {
            self.alive.fetch_sub(1, Ordering::SeqCst);
        }
        let next = if owns || state.owner.is_none() {
            state.pass_turn(thread.scheduler().clock(), None)
        } else {
            Next::None
        };
        drop(state);
        self.give(next);
    }

    fn ready(&self, thread: &Arc<Thread>) {
        if !self.is_member(thread) {
            return self.inner.ready(thread);
        }
        let mut state = self.state.lock();
        if thread.is_halted() {
            return;
        }
        let number = state.number_of(thread).unwrap_or_else(|| {
            let number = ThreadNumber::try_from(state.members.0.len()).unwrap_or(ThreadNumber::MAX);
            state.members.0.push(Member::new(thread.clone()));
            thread.set_member_number(number);
            number
        });
        let member = state.member(number);
        match &member.state {
            MemberState::Exited => {
                if number != 0 {
                    self.alive.fetch_add(1, Ordering::SeqCst);
                }
                member.state = MemberState::Ready {
                    gate: None,
                    deadline: None,
                };
            }
            MemberState::Blocked { .. } => {
                member.state = MemberState::Ready {
                    gate: None,
                    deadline: None,
                };
            }
            MemberState::Ready { gate: Some(_), .. } => member.interrupted = true,
            MemberState::Running
            | MemberState::Ready { gate: None, .. }
            | MemberState::Foreign
            | MemberState::Frozen => {
                member.woken_early = true;
            }
        }
        let mut next = Next::None;
        if state.owner.is_none() {
            next = state.pass_turn(thread.scheduler().clock(), None);
        }
        drop(state);
        if let Next::Frozen(frozen) = next {
            // The caller need not be attached.
            frozen.note(Moment::Continued);
            self.world.stop(&mut || self.world.thaw(&frozen));
        } else {
            self.give(next);
        }
    }

    fn step_back(&self, thread: &Arc<Thread>) -> bool {
        // In a run the next decision point is soon enough.
        !self.is_member(thread) && self.inner.step_back(thread)
    }

    fn forget(&self, thread: &Arc<Thread>) {
        if !self.is_member(thread) {
            return self.inner.forget(thread);
        }
        let mut state = self.state.lock();
        let Some(number) = state.number_of(thread) else {
            return;
        };
        let member = state.member(number);
        if number != 0 && !member.has_exited() {
            self.alive.fetch_sub(1, Ordering::SeqCst);
        }
        member.state = MemberState::Exited;
    }

    unsafe fn reset_after_fork(&self, thread: &Arc<Thread>) {
        // The child is a program of its own, not a part of the run.
        if self.is_running() {
            self.main.store(0, Ordering::Release);
            forget_runs();
            thread.scheduler().clock().leave_virtual_time();
        }
        // SAFETY: the caller is the only thread, and not inside this policy.
        unsafe { renew(&self.state, RunState::default()) };
        // SAFETY: the caller's promise.
        unsafe { self.inner.reset_after_fork(thread) };
    }

    fn is_exclusive(&self) -> bool {
        self.inner.is_exclusive()
    }

    fn switch_interval(&self) -> Option<Arc<PolicyU64>> {
        self.inner.switch_interval()
    }

    fn tick(&self, scheduler: &Scheduler) -> Option<Duration> {
        if self.is_running() {
            Some(self.tick_run(scheduler))
        } else {
            self.inner.tick(scheduler)
        }
    }

    fn has_run(&self) -> bool {
        self.is_running()
    }

    fn controls(&self, thread: &Thread) -> bool {
        self.is_member(thread)
    }

    fn gives_up(&self, thread: &Thread) -> bool {
        self.is_member(thread) && self.state.lock().giving_up
    }

    fn decision_point(&self, thread: &Arc<Thread>, op: Op) -> Result<u64, Aborted> {
        if self.is_member(thread) {
            self.point(thread, op)
        } else {
            Ok(0)
        }
    }

    fn give_way(&self, thread: &Arc<Thread>) {
        let number = self.state.lock().number_of(thread);
        if let Some(number) = number.filter(|_| self.is_member(thread) && !thread.is_atomic()) {
            let op = Op::alone(Action::Step);
            self.stop(thread, number, op, None, None, &|| None);
        }
    }

    fn before_sleep(&self, thread: &Arc<Thread>) -> Result<(), Aborted> {
        if self.is_member(thread) {
            self.fault_before_wait(thread)
        } else {
            Ok(())
        }
    }

    fn attempt_point(&self, thread: &Arc<Thread>, op: Op, is_open: &(dyn Fn() -> bool + Sync)) {
        if self.is_member(thread) {
            self.attempt(thread, op, is_open);
        }
    }

    fn wait_at_gate(
        &self,
        thread: &Arc<Thread>,
        op: Op,
        awaited: &Awaited<'_>,
        is_open: &(dyn Fn() -> bool + Sync),
    ) -> Option<Result<Wake, Aborted>> {
        self.is_member(thread)
            .then(|| self.wait_as_member(thread, op, awaited, is_open))
    }

    fn steps(&self, thread: &Thread) -> u64 {
        if self.is_member(thread) {
            self.state.lock().steps
        } else {
            0
        }
    }

    fn ask(&self, thread: &Arc<Thread>, kind: PickKind, answers: u32) -> u32 {
        if !self.is_member(thread) {
            return 0;
        }
        let mut state = self.state.lock();
        match state.number_of(thread) {
            Some(number) => state.ask(number, kind, answers),
            None => 0,
        }
    }

    fn draws(&self, thread: &Arc<Thread>, source: Source, moves_on: bool) {
        if self.is_alone(thread) || !self.is_member(thread) {
            return;
        }
        let mut state = self.state.lock();
        if let Some(number) = state.number_of(thread) {
            state.draws(number, source, moves_on);
        }
    }

    fn slack(&self, thread: &Thread) -> Duration {
        if self.is_member(thread) {
            self.state.lock().slack
        } else {
            Duration::ZERO
        }
    }

    fn looked_outside(&self, thread: &Thread) {
        if self.is_member(thread)
            && let Some(watch) = self.state.lock().endless.watch()
        {
            watch.refute();
        }
    }

    fn is_alone(&self, thread: &Thread) -> bool {
        thread.id().get() == self.main.load(Ordering::Acquire)
            && self.alive.load(Ordering::SeqCst) == 0
    }

    fn first_tag(&self, thread: &Thread) -> Option<u64> {
        if !self.is_member(thread) {
            return None;
        }
        let state = self.state.lock();
        state.members.0.first().map(|member| member.thread.tag())
    }
}

/// What a thread that waits for such a thing is about to do.
const fn action_of(kind: WaitKind) -> Action {
    match kind {
        // In a condition's line already: to be woken is to get what the notification gives.
        WaitKind::Lock | WaitKind::Semaphore | WaitKind::Condition => Action::Acquire,
        WaitKind::Event | WaitKind::Future | WaitKind::Io => Action::Wait,
        WaitKind::Barrier => Action::Arrive,
        WaitKind::Get => Action::Get,
        WaitKind::Put => Action::Put,
        WaitKind::TasksDone | WaitKind::Join => Action::Join,
        WaitKind::Sleep => Action::Sleep,
    }
}
