//! Handing the turn on: the policy over another policy that obeys a strategy during a run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    members::{Gate, Member, Members, Stand},
    point::RUNS,
    run::{CannotBegin, Ending, FinishedRun, OnStandstill, RunConfig, Stuck},
    strategy::{Candidate, Decision, Strategy, ThreadNumber},
    trace::{Place, Trace},
};
use crate::{
    Aborted, Activity, Clock, Deadline, Policy, Scheduler, Thread, ThreadId, WaitKind, Waiter,
    Waiting, Wake, World,
    op::{Action, Op},
    sync::{Mutex, atomic::AtomicU64 as PolicyU64, renew},
};

/// How often the ticker looks during a run.
const TICK: Duration = Duration::from_millis(2);
/// How long a thread may be in foreign code before the turn goes on without it. Shorter calls,
/// such as writes to a file, are part of a step.
const PATIENCE: Duration = Duration::from_millis(200);
/// After so many turns in which all is made to fail, threads that still run are stopped.
const GIVE_UP_TURNS: u64 = 20_000;
/// How long threads in foreign code are waited for when a run is given up.
const FOREIGN_PATIENCE: Duration = Duration::from_secs(1);

/// Obeys a strategy during a [`RunConfig`], and another policy at all other times.
pub struct Controlled {
    inner: Box<dyn Policy>,
    world: Arc<dyn World>,
    /// The identity of the run's first member; zero while there is no run.
    main: AtomicU64,
    /// Threads from this identity on were started during the run.
    first: AtomicU64,
    /// How many members besides the first have not ended.
    alive: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    members: Members,
    /// Who has the turn. `None`: nobody could go on, but one in foreign code will.
    owner: Option<ThreadNumber>,
    /// Since when the owner has been in foreign code.
    away_since: Option<Instant>,
    /// When nobody had the turn, last time the ticker looked.
    idle_since: Option<Instant>,
    /// Who took the last step.
    last: Option<ThreadNumber>,
    strategy: Option<Box<dyn Strategy>>,
    steps: u64,
    max_steps: u64,
    trace: Option<Trace>,
    with_places: bool,
    keeps_turn_in_foreign_code: bool,
    on_standstill: Option<OnStandstill>,
    /// All is made to fail, so that threads end.
    giving_up: bool,
    give_up_turns: u64,
    ending: Option<Ending>,
    irreproducible_from: Option<(u64, Place)>,
    blocked: Vec<Candidate>,
    candidates: Vec<Candidate>,
}

/// Who is to run, from a decision.
enum Next {
    /// The thread that asked.
    Me,
    Other(Arc<Thread>),
    /// One that is kept from running, rather than parked.
    Thawed(Arc<Thread>),
    Nobody,
}

impl State {
    fn member(&mut self, number: ThreadNumber) -> &mut Member {
        &mut self.members.0[number as usize]
    }

    /// The number of `thread`, which has the turn or believes so.
    fn number_of(&self, thread: &Arc<Thread>) -> Option<ThreadNumber> {
        let number = thread.member_number()?;
        let member = self.members.0.get(number as usize)?;
        Arc::ptr_eq(&member.thread, thread).then_some(number)
    }

    fn stuck(&self) -> Vec<Stuck> {
        (0..)
            .zip(&self.members.0)
            .filter(|(_, member)| !member.is_away())
            .map(|(number, member)| {
                let waiting = member.thread.wait.lock().as_ref().map(|(row, _)| *row);
                let holder = waiting.and_then(|row| row.holder).and_then(|holder| {
                    let place = self.members.0.iter().position(|m| m.thread.id() == holder);
                    place.and_then(|place| ThreadNumber::try_from(place).ok())
                });
                Stuck {
                    thread: number,
                    name: member.thread.name(),
                    tag: member.thread.tag(),
                    op: member.op,
                    place: member.place,
                    waiting,
                    holder,
                }
            })
            .collect()
    }

    /// From now on all fails; `why`, unless the program had come to its end.
    fn give_up(&mut self, why: Option<Ending>) {
        if !std::mem::replace(&mut self.giving_up, true) {
            self.ending = why;
            let waits = |member: &Member| {
                matches!(member.stand, Stand::Ready { .. } | Stand::Blocked { .. })
            };
            self.blocked = (0..)
                .zip(&self.members.0)
                .filter(|(_, member)| waits(member))
                .map(|(thread, member)| Candidate {
                    thread,
                    op: member.op,
                    timed_out: false,
                })
                .collect();
        }
    }

    /// Makes a decision and returns who takes the next step, if anybody can.
    fn decide(&mut self, clock: &Clock) -> Option<ThreadNumber> {
        if self.giving_up {
            return self.next_to_give_up();
        }
        let mut candidates = std::mem::take(&mut self.candidates);
        loop {
            self.members.candidates(clock.now(), &mut candidates);
            if !candidates.is_empty() {
                break;
            }
            if self.members.any_foreign() {
                self.candidates = candidates;
                return None;
            }
            if let Some(deadline) = self.members.first_deadline() {
                clock.advance_to(deadline);
                continue;
            }
            self.candidates = candidates;
            if self.members.0.iter().all(Member::is_away) {
                return None;
            }
            let stuck = self.stuck();
            if let Some(tell) = &mut self.on_standstill {
                tell(&stuck);
            }
            self.give_up(Some(Ending::Standstill));
            return self.next_to_give_up();
        }
        if self.steps >= self.max_steps {
            self.candidates = candidates;
            self.give_up(Some(Ending::TooManySteps));
            return self.next_to_give_up();
        }
        let decision = Decision {
            step: self.steps,
            current: self.last,
            candidates: &candidates,
        };
        let chosen = match &mut self.strategy {
            Some(strategy) => strategy.choose(&decision),
            None => decision.without_switch(),
        };
        let chosen = if chosen < candidates.len() {
            chosen
        } else {
            decision.without_switch()
        };
        let Candidate {
            thread, timed_out, ..
        } = candidates[chosen];
        if let Some(trace) = &mut self.trace {
            trace.push(&decision, chosen, self.members.0[thread as usize].place);
        }
        self.candidates = candidates;
        self.steps += 1;
        self.last = Some(thread);
        self.member(thread).timed_out = timed_out;
        Some(thread)
    }

    /// While all is made to fail, everybody has a turn after the other, to end.
    fn next_to_give_up(&mut self) -> Option<ThreadNumber> {
        self.give_up_turns += 1;
        let next = self.members.next_in_turn(self.last.unwrap_or(0))?;
        self.last = Some(next);
        self.member(next).timed_out = false;
        Some(next)
    }
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
            state: Mutex::new(State::default()),
        }
    }

    /// Whether a run is under way.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.main.load(Ordering::Acquire) != 0
    }

    pub(crate) fn has(&self, thread: &Thread) -> bool {
        let main = self.main.load(Ordering::Acquire);
        let id = thread.id().get();
        main != 0 && (id == main || id >= self.first.load(Ordering::Acquire))
    }

    /// Whether `thread` is a member of the run under way.
    #[must_use]
    pub fn is_member(&self, thread: &Thread) -> bool {
        self.has(thread)
    }

    /// Whether `thread` is to end: all that it waits for fails.
    pub(crate) fn gives_up(&self, thread: &Thread) -> bool {
        self.has(thread) && self.state.lock().giving_up
    }

    pub(super) fn abort(&self, why: Ending) {
        if self.is_running() {
            self.state.lock().give_up(Some(why));
        }
    }

    /// The next step's owner, from a decision; `me` is the thread that asks, if it may go on itself.
    fn hand_on(&self, state: &mut State, clock: &Clock, me: Option<ThreadNumber>) -> Next {
        let Some(next) = state.decide(clock) else {
            state.owner = None;
            return Next::Nobody;
        };
        state.owner = Some(next);
        state.away_since = None;
        state.idle_since = None;
        let member = state.member(next);
        let stand = std::mem::replace(&mut member.stand, Stand::Running);
        if let Stand::Blocked { waiter, .. } = stand {
            waiter.ended_by_policy(member.timed_out);
        } else if matches!(stand, Stand::Frozen) {
            return Next::Thawed(member.thread.clone());
        }
        if me == Some(next) {
            Next::Me
        } else {
            Next::Other(member.thread.clone())
        }
    }

    /// Lets the chosen thread run. To be called without the lock, on an attached thread or with
    /// the world stopped. True: it is the caller that goes on.
    fn give(&self, next: Next) -> bool {
        match next {
            Next::Me => return true,
            Next::Other(thread) => thread.grant(),
            Next::Thawed(thread) => self.world.thaw(&thread),
            Next::Nobody => {}
        }
        false
    }

    /// The calling thread stands at a decision point: decides, and returns once it is chosen.
    fn stop_here(&self, me: &Arc<Thread>, number: ThreadNumber, op: Op, gate: Option<Gate>) {
        self.stop_until(me, number, op, gate, None, &|| None);
    }

    fn stop_until(
        &self,
        me: &Arc<Thread>,
        number: ThreadNumber,
        op: Op,
        gate: Option<Gate>,
        deadline: Option<Deadline>,
        waiting: &dyn Fn() -> Option<Waiting>,
    ) {
        let mut state = self.state.lock();
        let place = if state.with_places {
            self.world.place()
        } else {
            Place::default()
        };
        let owns = state.owner == Some(number);
        let member = state.member(number);
        member.op = op;
        member.place = place;
        member.stand = Stand::Ready { gate, deadline };
        member.interrupted = false;
        // Shown before it is decided, since the decision may be that all stand still.
        let mut shown = gate.is_some_and(|gate| !gate.is_open());
        let show = || {
            if let Some(row) = waiting() {
                *me.wait.lock() = Some((row, Waiter::new(false)));
            }
        };
        if shown {
            show();
        }
        // One that came back from foreign code runs beside the owner until here.
        let next = if owns || state.owner.is_none() {
            self.hand_on(&mut state, me.scheduler().clock(), Some(number))
        } else {
            Next::Nobody
        };
        if matches!(next, Next::Me) {
            if shown {
                *me.wait.lock() = None;
            }
            return;
        }
        me.set_in_wait(true);
        if !std::mem::replace(&mut shown, true) {
            show();
        }
        drop(state);
        self.give(next);
        self.world.detached(&mut || me.await_turn());
        *me.wait.lock() = None;
        me.came_back();
    }

    /// The world's number for the run's first member.
    pub(super) fn first_tag(&self) -> Option<u64> {
        let state = self.state.lock();
        state.members.0.first().map(|member| member.thread.tag())
    }

    /// How many steps the run under way has taken.
    pub(super) fn steps(&self) -> u64 {
        self.state.lock().steps
    }

    pub(super) fn point(&self, me: &Arc<Thread>, op: Op) -> Result<u64, Aborted> {
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
        self.stop_here(me, number, op, None);
        let state = self.state.lock();
        if state.giving_up {
            return Err(Aborted::new());
        }
        Ok(state.steps.saturating_sub(1))
    }

    pub(super) fn wait_until(
        &self,
        me: &Arc<Thread>,
        op: Op,
        kind: WaitKind,
        deadline: Option<Deadline>,
        holder: &dyn Fn() -> Option<ThreadId>,
        open: &(dyn Fn() -> bool + Sync),
    ) -> Result<Wake, Aborted> {
        if me.is_atomic() && open() {
            return Ok(Wake::Woken);
        }
        // What does not wait is another step than what does: it may fail at once.
        let looks = deadline.is_some_and(|deadline| deadline <= me.scheduler().clock().now());
        let op = if looks {
            Op::on(Action::Write, op.object)
        } else {
            op
        };
        loop {
            let number = {
                let state = self.state.lock();
                let Some(number) = state.number_of(me) else {
                    // Not known yet, as a thread that a host has just brought.
                    return Ok(Wake::Woken);
                };
                number
            };
            if me.is_interrupted() && !open() {
                me.clear_interrupt();
                self.world.interrupted()?;
            }
            let since = me.scheduler().clock().now();
            let row = || {
                Some(Waiting {
                    kind,
                    object: op.object,
                    holder: holder(),
                    since,
                    deadline,
                })
            };
            // SAFETY: the gate is gone from the policy when `stop_until` returns: it is dropped
            // when this thread is chosen, and it stays parked until then.
            let gate = unsafe { Gate::new(open) };
            self.stop_until(me, number, op, Some(gate), deadline, &row);
            let (timed_out, interrupted, giving_up) = {
                let mut state = self.state.lock();
                let giving_up = state.giving_up;
                let member = state.member(number);
                (member.timed_out, member.interrupted, giving_up)
            };
            if giving_up {
                return if open() {
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

    pub(super) fn begin_run(
        &self,
        scheduler: &Arc<Scheduler>,
        run: RunConfig,
    ) -> Result<(), CannotBegin> {
        let me = Thread::current().ok_or(CannotBegin)?;
        if self.is_running() || !Arc::ptr_eq(me.scheduler(), scheduler) {
            return Err(CannotBegin);
        }
        {
            let mut state = self.state.lock();
            let mut main = Member::new(me.clone());
            main.stand = Stand::Running;
            me.set_member_number(0);
            *state = State {
                members: Members(vec![main]),
                owner: Some(0),
                last: None,
                strategy: Some(run.strategy),
                max_steps: run.max_steps,
                trace: run.traced.then(Trace::new),
                with_places: run.with_places,
                keeps_turn_in_foreign_code: run.keeps_turn_in_foreign_code,
                on_standstill: run.on_standstill,
                ..State::default()
            };
        }
        self.alive.store(0, Ordering::SeqCst);
        scheduler.clock().enter_virtual_time();
        self.first.store(ThreadId::next().get(), Ordering::Release);
        self.main.store(me.id().get(), Ordering::Release);
        RUNS.fetch_add(1, Ordering::SeqCst);
        scheduler.wake_ticker();
        Ok(())
    }

    pub(super) fn finish_run(
        &self,
        scheduler: &Arc<Scheduler>,
        hurry: bool,
    ) -> Option<FinishedRun> {
        let me = Thread::current()?;
        if self.main.load(Ordering::Acquire) != me.id().get() {
            return None;
        }
        if hurry {
            self.state.lock().give_up(None);
        }
        let done = || self.alive.load(Ordering::SeqCst) == 0;
        let all_ended = Op::alone(Action::Join);
        let mut foreign_since = None;
        while !done() {
            // Fails when the others stand still: then they are made to end.
            let _ = self.wait_until(&me, all_ended, WaitKind::Join, None, &|| None, &done);
            let (tired, only_foreign) = {
                let state = self.state.lock();
                let others = state.members.0.iter().skip(1);
                let mut others = others.filter(|member| !member.is_away());
                let only_foreign = others.all(|member| matches!(member.stand, Stand::Foreign));
                (state.give_up_turns > GIVE_UP_TURNS, only_foreign)
            };
            if !only_foreign {
                foreign_since = None;
            } else if !done() {
                let since = *foreign_since.get_or_insert_with(Instant::now);
                if since.elapsed() > FOREIGN_PATIENCE {
                    break;
                }
                self.world.detached(&mut || std::thread::sleep(TICK));
            }
            if tired {
                break;
            }
        }
        let left: Vec<_> = {
            let state = self.state.lock();
            let others = state.members.0.iter().skip(1);
            others
                .filter(|member| !member.is_away())
                .map(|member| member.thread.clone())
                .collect()
        };
        RUNS.fetch_sub(1, Ordering::SeqCst);
        if !left.is_empty() {
            scheduler.halt(&left, PATIENCE);
        }
        self.main.store(0, Ordering::Release);
        scheduler.clock().leave_virtual_time();
        let state = std::mem::take(&mut *self.state.lock());
        Some(FinishedRun {
            strategy: state.strategy?,
            steps: state.steps,
            trace: state.trace.unwrap_or_default(),
            ending: state.ending,
            blocked: state.blocked,
            names: (state.members.0.iter())
                .map(|member| member.thread.name())
                .collect(),
            irreproducible_from: state.irreproducible_from,
            abandoned: left.len(),
        })
    }

    // --- foreign code -------------------------------------------------------------------------

    /// Looks for members that went into foreign code, or came back. True: somebody must be
    /// stopped or started.
    fn look(&self, state: &mut State, clock: &Clock) -> bool {
        let back = |member: &Member| {
            matches!(member.stand, Stand::Foreign)
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
                    state.away_since = None;
                    return false;
                }
                let since = *state.away_since.get_or_insert_with(Instant::now);
                !state.keeps_turn_in_foreign_code && since.elapsed() >= PATIENCE
            }
            None => {
                // Time goes on, at its own pace, for those who wait beside foreign code.
                let before = state.idle_since.replace(Instant::now());
                if let Some(before) = before {
                    clock.advance_to(clock.after(before.elapsed()));
                }
                let mut candidates = std::mem::take(&mut state.candidates);
                state.members.candidates(clock.now(), &mut candidates);
                let some = !candidates.is_empty();
                state.candidates = candidates;
                some
            }
        }
    }

    /// With the world stopped: takes the turn from one in foreign code, stops those that are back.
    fn act(&self, state: &mut State, clock: &Clock) -> Next {
        if let Some(owner) = state.owner
            && state
                .away_since
                .is_some_and(|since| since.elapsed() >= PATIENCE)
        {
            let steps = state.steps;
            let member = state.member(owner);
            if self.world.activity(&member.thread) == Activity::Detached && !member.thread.in_wait()
            {
                member.stand = Stand::Foreign;
                let place = member.place;
                state.irreproducible_from.get_or_insert((steps, place));
                state.owner = None;
            }
        }
        for member in &mut state.members.0 {
            if matches!(member.stand, Stand::Foreign)
                && !member.thread.in_wait()
                && self.world.activity(&member.thread) == Activity::Attached
                && self.world.freeze(&member.thread)
            {
                member.stand = Stand::Frozen;
                member.op = Op::alone(Action::Step);
            }
        }
        if state.owner.is_none() {
            return self.hand_on(state, clock, None);
        }
        Next::Nobody
    }

    fn tick_run(&self, scheduler: &Scheduler) -> Duration {
        let clock = scheduler.clock();
        if self.look(&mut self.state.lock(), clock) {
            let mut next = Next::Nobody;
            self.world.stop(&mut || {
                next = self.act(&mut self.state.lock(), clock);
                if let Next::Thawed(thread) = &next {
                    self.world.thaw(thread);
                    next = Next::Nobody;
                }
            });
            self.give(next);
        }
        TICK
    }
}

impl Policy for Controlled {
    fn leave(&self, thread: &Arc<Thread>) {
        if !self.has(thread) {
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
        let wait = thread
            .wait
            .lock()
            .as_ref()
            .map(|(row, waiter)| (*row, waiter.clone()));
        let member = state.member(number);
        let was_away = member.is_away();
        member.interrupted = false;
        member.stand = match wait {
            Some((row, waiter)) => {
                member.op = Op::on(action_of(row.kind), row.object);
                member.place = place;
                if std::mem::take(&mut member.woken_early) {
                    Stand::Ready {
                        gate: None,
                        deadline: None,
                    }
                } else {
                    Stand::Blocked {
                        waiter,
                        deadline: row.deadline,
                    }
                }
            }
            None => Stand::Away,
        };
        if member.is_away() && !was_away && number != 0 {
            self.alive.fetch_sub(1, Ordering::SeqCst);
        }
        let next = if owns || state.owner.is_none() {
            self.hand_on(&mut state, thread.scheduler().clock(), None)
        } else {
            Next::Nobody
        };
        drop(state);
        self.give(next);
    }

    fn ready(&self, thread: &Arc<Thread>) {
        if !self.has(thread) {
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
        match &member.stand {
            Stand::Away => {
                if number != 0 {
                    self.alive.fetch_add(1, Ordering::SeqCst);
                }
                member.stand = Stand::Ready {
                    gate: None,
                    deadline: None,
                };
            }
            Stand::Blocked { .. } => {
                member.stand = Stand::Ready {
                    gate: None,
                    deadline: None,
                };
            }
            Stand::Ready { gate: Some(_), .. } => member.interrupted = true,
            Stand::Running | Stand::Ready { gate: None, .. } | Stand::Foreign | Stand::Frozen => {
                member.woken_early = true;
            }
        }
        let mut next = Next::Nobody;
        if state.owner.is_none() {
            next = self.hand_on(&mut state, thread.scheduler().clock(), None);
        }
        drop(state);
        if let Next::Thawed(thawed) = next {
            // The caller need not be attached.
            self.world.stop(&mut || self.world.thaw(&thawed));
        } else {
            self.give(next);
        }
    }

    fn step_back(&self, thread: &Arc<Thread>) -> bool {
        // In a run the next decision point is soon enough.
        !self.has(thread) && self.inner.step_back(thread)
    }

    fn forget(&self, thread: &Arc<Thread>) {
        if !self.has(thread) {
            return self.inner.forget(thread);
        }
        let mut state = self.state.lock();
        let Some(number) = state.number_of(thread) else {
            return;
        };
        let member = state.member(number);
        if number != 0 && !member.is_away() {
            self.alive.fetch_sub(1, Ordering::SeqCst);
        }
        member.stand = Stand::Away;
    }

    unsafe fn reset_after_fork(&self, thread: &Arc<Thread>) {
        // The child goes on as a program of its own, not as a part of the run.
        if self.is_running() {
            self.main.store(0, Ordering::Release);
            RUNS.store(0, Ordering::SeqCst);
            thread.scheduler().clock().leave_virtual_time();
        }
        // SAFETY: the caller is the only thread, and not inside this policy.
        unsafe { renew(&self.state, State::default()) };
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

    fn controlled(&self) -> Option<&Controlled> {
        Some(self)
    }
}

/// What a thread that waits for such a thing is about to do.
const fn action_of(kind: WaitKind) -> Action {
    match kind {
        // In a condition's line already: to be woken is to get what the notification gives.
        WaitKind::Lock | WaitKind::Semaphore | WaitKind::Condition => Action::Acquire,
        WaitKind::Event | WaitKind::Future => Action::Wait,
        WaitKind::Barrier => Action::Arrive,
        WaitKind::Get => Action::Get,
        WaitKind::Put => Action::Put,
        WaitKind::TasksDone | WaitKind::Join => Action::Join,
        WaitKind::Sleep => Action::Sleep,
    }
}
