//! The state of a run, and the decision which member takes the next step.
//!
//! Plain data under the policy's lock: nothing here blocks, or wakes a thread.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    members::{Member, MemberState, Members},
    repetition::{Repetition, Watch},
    run::{Ending, OnStandstill, RunConfig, Stuck},
    strategy::{Candidate, Decision, Strategy},
    trace::{Draw, Trace},
};
use crate::{
    Clock, Thread, World,
    engine::{
        draw::Source,
        pick::{Fault, Pick, PickKind, Picked, Question},
        thread::ThreadNumber,
        world::Place,
    },
};

/// How long a thread may be in foreign code before another gets the turn. Shorter calls, such as
/// writes to a file, are part of a step.
pub(super) const FOREIGN_CALL_GRACE: Duration = Duration::from_millis(200);
/// And how many ticks in a row must have found it there. On a busy machine ticks come late: two of
/// them may be [`FOREIGN_CALL_GRACE`] apart, and find a thread in two short calls.
const FOREIGN_CALL_TICKS: u32 = 50;

/// What the ticks of a run have seen of a thread that is in foreign code.
#[derive(Clone, Copy)]
pub(super) struct ForeignCall {
    /// The first of the ticks in a row that found it there.
    pub(super) since: Instant,
    /// How many there were.
    pub(super) ticks: u32,
}

impl ForeignCall {
    /// The first tick that finds the owner in foreign code.
    pub(super) fn begin() -> Self {
        Self {
            since: Instant::now(),
            ticks: 0,
        }
    }

    /// Whether it is time that another member gets the turn.
    pub(super) fn is_long(self) -> bool {
        self.since.elapsed() >= FOREIGN_CALL_GRACE && self.ticks >= FOREIGN_CALL_TICKS
    }
}

/// The state of the run in progress; the default between runs.
#[derive(Default)]
pub(super) struct RunState {
    pub(super) members: Members,
    /// The member that has the turn. `None`: none can run until one returns from foreign code.
    pub(super) owner: Option<ThreadNumber>,
    /// The owner was in foreign code at the last tick.
    pub(super) foreign_call: Option<ForeignCall>,
    /// The last tick, if no member had the turn then.
    pub(super) idle_since: Option<Instant>,
    /// Since when no member could go on before one returned from foreign code.
    pub(super) all_wait_since: Option<Instant>,
    /// The member that took the last step.
    pub(super) last: Option<ThreadNumber>,
    pub(super) strategy: Option<Box<dyn Strategy>>,
    pub(super) steps: u64,
    pub(super) endless: EndlessCheck,
    pub(super) trace: Option<Trace>,
    pub(super) with_places: bool,
    pub(super) keeps_turn_in_foreign_code: bool,
    pub(super) give_up_at: Option<Instant>,
    pub(super) foreign_wait_limit: Option<Duration>,
    pub(super) on_standstill: Option<OnStandstill>,
    pub(super) awaiting_foreign: Vec<Stuck>,
    /// The waits and decision points of members fail, so that the threads end.
    pub(super) giving_up: bool,
    pub(super) give_up_turns: u64,
    pub(super) ending: Option<Ending>,
    pub(super) irreproducible_from: Option<(u64, Place)>,
    pub(super) blocked: Vec<Candidate>,
    pub(super) repetition: Option<Repetition>,
    pub(super) world: Option<Arc<dyn World>>,
    pub(super) candidates: Vec<Candidate>,
    /// How far deadlines may be away that pass while threads could go on.
    pub(super) slack: Duration,
    /// The faults that the run may have.
    pub(super) faults: Arc<[Fault]>,
    /// How many questions each thread has asked of each kind.
    pub(super) asked: HashMap<(ThreadNumber, PickKind), u64>,
    pub(super) questions: u64,
    pub(super) picked: Vec<Picked>,
}

/// What a step counts, in tenths: one that touches what several threads have touched lately, while
/// another thread could go on.
const NOTICED: u64 = 10;
/// One that touches what other threads have not touched, or cannot touch now.
const UNNOTICED: u64 = 3;
/// One that touches nothing.
const QUIET: u64 = 1;

/// Decides when a run is looked at for whether it repeats itself: after many steps, of which those
/// that other threads can notice count most, since a loop that they do not notice is seldom a
/// livelock. And when it is given up.
#[derive(Default)]
pub(super) struct EndlessCheck {
    max_steps: u64,
    most_steps: u64,
    looks_from: Option<u64>,
    /// In tenths of a step.
    counted: u64,
    /// The objects that were touched lately, with the thread if it was only one.
    users: HashMap<usize, Option<ThreadNumber>>,
    /// Where the next stretch begins in which it is looked for a repetition.
    next_look: u64,
    /// The present one.
    watch: Option<Watch>,
}

/// It is looked for a repetition in stretches of so many steps, since that costs time.
const LOOK_STEPS: u64 = 8_192;
/// Long before it is time for that, one short stretch begins at this step: of a livelock that
/// threads do not leave, all that comes later is the same.
const EARLY_LOOK: u64 = 4_096;
const EARLY_LOOK_STEPS: u64 = 1_024;
/// So often must a state come again in it. What repeats a few times may be left by chance.
const EARLY_REPETITIONS: u32 = 24;

impl EndlessCheck {
    pub(super) fn new(run: &RunConfig) -> Self {
        Self {
            max_steps: run.max_steps,
            most_steps: run.most_steps,
            looks_from: run.looks_from,
            ..Self::default()
        }
    }

    /// Whether there were too many steps.
    fn is_over(&self, step: u64) -> bool {
        step >= self.most_steps
    }

    /// The stretch in which it is looked for a repetition, if step `step` is in one.
    pub(super) fn watch(&mut self) -> Option<&mut Watch> {
        self.watch.as_mut()
    }

    /// Begins or ends such a stretch at step `step`. True: one begins.
    fn begin_looking(&mut self, step: u64) -> bool {
        if self.watch.as_ref().is_some_and(|watch| step < watch.end) {
            return false;
        }
        self.watch = None;
        if self.looks_from.is_none() && step == EARLY_LOOK && step < self.max_steps {
            let watch = Watch::new(step + EARLY_LOOK_STEPS);
            self.watch = Some(watch.repeated(EARLY_REPETITIONS));
            return true;
        }
        let begins = match self.looks_from {
            Some(first) => step >= first,
            None => {
                self.counted >= self.max_steps.saturating_mul(NOTICED) && step >= self.next_look
            }
        };
        if begins {
            let end = match self.looks_from {
                Some(_) => self.most_steps,
                None => step + LOOK_STEPS,
            };
            self.watch = Some(Watch::new(end));
            self.next_look = step.saturating_mul(2);
        }
        begins
    }

    /// Step number `step` is that of `chosen`, one of so many candidates.
    fn took(&mut self, step: u64, chosen: Candidate, candidates: usize) {
        if let Some(watch) = &mut self.watch {
            watch.took(&chosen);
        }
        // Few runs are so long: in the others nothing is looked up.
        if step < self.max_steps / 10 {
            self.counted += NOTICED;
            return;
        }
        if chosen.op.object == 0 {
            self.counted += QUIET;
            return;
        }
        let user = self
            .users
            .entry(chosen.op.object)
            .or_insert(Some(chosen.thread));
        if *user != Some(chosen.thread) {
            *user = None;
        }
        let is_noticed = user.is_none() && candidates > 1;
        self.counted += if is_noticed { NOTICED } else { UNNOTICED };
    }
}

/// The thread that a decision chose.
pub(super) enum Next {
    /// The calling thread.
    Me,
    /// Another, which is parked.
    Parked(Arc<Thread>),
    /// Another, which is frozen.
    Frozen(Arc<Thread>),
    /// No thread.
    None,
}

impl RunState {
    pub(super) fn member(&mut self, number: ThreadNumber) -> &mut Member {
        &mut self.members.0[number as usize]
    }

    /// The number of `thread`, if it is a member.
    pub(super) fn number_of(&self, thread: &Arc<Thread>) -> Option<ThreadNumber> {
        let number = thread.member_number()?;
        let member = self.members.0.get(number as usize)?;
        Arc::ptr_eq(&member.thread, thread).then_some(number)
    }

    pub(super) fn stuck(&self) -> Vec<Stuck> {
        (0..)
            .zip(&self.members.0)
            .filter(|(_, member)| !member.has_exited())
            .map(|(number, member)| {
                let waiting = member.thread.waiting();
                // Not the holder when the wait began: another may have taken it since.
                let holder = match member.state {
                    MemberState::Ready {
                        gate: Some(gate), ..
                    } => gate.holder(),
                    _ => waiting.and_then(|waiting| waiting.holder),
                };
                let holder = holder.and_then(|holder| {
                    let index = self.members.0.iter().position(|m| m.thread.id() == holder);
                    index.and_then(|index| ThreadNumber::try_from(index).ok())
                });
                Stuck {
                    thread: number,
                    name: member.thread.name(),
                    tag: member.thread.tag(),
                    op: member.op,
                    place: member.place,
                    waiting,
                    holder,
                    is_foreign: matches!(member.state, MemberState::Foreign),
                }
            })
            .collect()
    }

    /// From now on the waits and decision points of members fail. `why` is `None` if the program
    /// has ended.
    pub(super) fn give_up(&mut self, why: Option<Ending>) {
        if !std::mem::replace(&mut self.giving_up, true) {
            self.ending = why;
            let waits = |member: &Member| {
                matches!(
                    member.state,
                    MemberState::Ready { .. } | MemberState::Blocked { .. }
                )
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

    /// Whether the time is up for a run that waits for foreign code, or takes very many steps.
    pub(super) fn is_out_of_time(&self) -> bool {
        !self.giving_up && self.give_up_at.is_some_and(|end| Instant::now() >= end)
    }

    /// As [`is_out_of_time`](Self::is_out_of_time), while no member can go on.
    pub(super) fn has_waited_enough(&self) -> bool {
        let since = self.all_wait_since.zip(self.foreign_wait_limit);
        let is_long = since.is_some_and(|(since, limit)| since.elapsed() >= limit);
        self.is_out_of_time() || !self.giving_up && is_long
    }

    /// Makes a decision and returns the member that takes the next step, if one can.
    fn decide(&mut self, clock: &Clock) -> Option<ThreadNumber> {
        if self.giving_up {
            return self.next_to_give_up();
        }
        let mut candidates = std::mem::take(&mut self.candidates);
        loop {
            let until = clock.after(self.slack);
            self.members.candidates(until, &mut candidates);
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
            if self.members.0.iter().all(Member::has_exited) {
                return None;
            }
            let stuck = self.stuck();
            if let Some(on_standstill) = &mut self.on_standstill {
                on_standstill(&stuck);
            }
            self.give_up(Some(Ending::Standstill));
            return self.next_to_give_up();
        }
        self.members.note_gates(clock.now());
        // A run that is longer than usual need not outlast the exploration.
        if self.steps >= self.endless.max_steps
            && self.steps.is_multiple_of(1024)
            && self.is_out_of_time()
        {
            self.candidates = candidates;
            self.give_up(Some(Ending::OutOfTime));
            return self.next_to_give_up();
        }
        if self.endless.is_over(self.steps) {
            self.candidates = candidates;
            self.give_up(Some(Ending::TooManySteps));
            return self.next_to_give_up();
        }
        if self.repeats_itself(clock, &candidates) {
            self.candidates = candidates;
            self.give_up(Some(Ending::Livelock));
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
        self.endless
            .took(self.steps, candidates[chosen], candidates.len());
        self.candidates = candidates;
        self.steps += 1;
        self.last = Some(thread);
        let member = self.member(thread);
        member.timed_out = timed_out;
        if timed_out && let Some(deadline) = member.deadline() {
            // It may be one that lies ahead: time passes up to it.
            clock.advance_to(deadline);
        }
        Some(thread)
    }

    /// Asks the strategy a question of `thread`'s with so many answers.
    pub(super) fn ask(&mut self, thread: ThreadNumber, kind: PickKind, answers: u32) -> u32 {
        if self.giving_up || answers < 2 {
            return 0;
        }
        let asked = self.asked.entry((thread, kind)).or_default();
        let question = Question {
            kind,
            thread,
            number: *asked,
            answers,
        };
        *asked += 1;
        self.questions += 1;
        let strategy = self.strategy.as_mut();
        let answer = strategy.map_or(0, |strategy| strategy.answer(&question));
        if answer == 0 || answer >= answers {
            return 0;
        }
        self.picked.push(Picked {
            pick: Pick {
                kind,
                thread,
                number: question.number,
                answer,
            },
            step: self.steps,
        });
        answer
    }

    /// Notes what a thread draws.
    pub(super) fn draws(&mut self, thread: ThreadNumber, source: Source, moves_on: bool) {
        let step = self.steps;
        if let Some(trace) = &mut self.trace {
            trace.add_draw(Draw {
                thread,
                step,
                source,
                moves_on,
            });
        }
    }

    /// Whether the run repeats itself, if it is looked at for that now.
    fn repeats_itself(&mut self, clock: &Clock, candidates: &[Candidate]) -> bool {
        let Some(world) = self.world.clone() else {
            return false;
        };
        if self.endless.begin_looking(self.steps) {
            world.begin_looking();
            for member in &mut self.members.0 {
                member.digest = 0;
            }
        }
        if self.endless.watch().is_none() {
            return false;
        }
        let now = clock.now();
        let mut hasher = DefaultHasher::new();
        for member in &self.members.0 {
            let deadline = member.deadline();
            let left = deadline.map(|deadline| deadline.0.saturating_sub(now.0));
            (member.has_exited(), member.digest, member.op, left).hash(&mut hasher);
        }
        // Time would end their waits: here it passes only when no thread can go on.
        let waits_for_time = |(_, member): &(ThreadNumber, &Member)| member.deadline().is_some();
        let timed = (0..).zip(&self.members.0).filter(waits_for_time);
        let timed: Vec<_> = timed.map(|(number, _)| number).collect();
        let (steps, digest) = (self.steps, hasher.finish());
        let Some(watch) = self.endless.watch() else {
            return false;
        };
        let Some(found) = watch.decide(steps, digest, candidates, &timed) else {
            if watch.has_restarted() {
                world.forget_looks();
            }
            return false;
        };
        let is_confirmed = !self.members.any_foreign() && world.confirms_repetition();
        if is_confirmed {
            self.repetition = Some(found);
        } else if let Some(watch) = self.endless.watch() {
            watch.refute();
        }
        is_confirmed
    }

    /// After the run was given up, the members have their turns one after the other, to end.
    fn next_to_give_up(&mut self) -> Option<ThreadNumber> {
        self.give_up_turns += 1;
        let next = self.members.next_in_turn(self.last.unwrap_or(0))?;
        self.last = Some(next);
        self.member(next).timed_out = false;
        Some(next)
    }

    /// Makes a decision and gives the turn to the chosen member. `me` is the calling one, if it is
    /// at a decision point.
    pub(super) fn pass_turn(&mut self, clock: &Clock, me: Option<ThreadNumber>) -> Next {
        let Some(next) = self.decide(clock) else {
            self.owner = None;
            return Next::None;
        };
        self.owner = Some(next);
        self.foreign_call = None;
        self.idle_since = None;
        self.all_wait_since = None;
        let member = self.member(next);
        let before = std::mem::replace(&mut member.state, MemberState::Running);
        if let MemberState::Blocked { waiter, .. } = before {
            waiter.ended_by_policy(member.timed_out);
        } else if matches!(before, MemberState::Frozen) {
            return Next::Frozen(member.thread.clone());
        }
        if me == Some(next) {
            Next::Me
        } else {
            Next::Parked(member.thread.clone())
        }
    }
}
