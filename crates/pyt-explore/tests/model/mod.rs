//! Small programs of threads, locks, variables and the like, run one step at a time under a
//! strategy, as the controlled policy runs Python's.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::too_many_lines,
    reason = "numbers in these programs are small; one match has all instructions"
)]

pub(crate) mod generate;
pub(crate) mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use pyt_explore::{Choices, Next, RunRecord, Search};
use pyt_sched::controlled::{
    Action, Candidate, Decision, Op, Place, Strategy, ThreadNumber, Trace,
};

use oracle::canonical;

/// One instruction. Objects and registers are small numbers; registers begin as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Do {
    Start(u32),
    Join(u32),
    Acquire(u64),
    /// Waits so many units of time at most; the register says whether it was got.
    AcquireFor(u64, u64, usize),
    /// Never waits; the register says whether it was got.
    Try(u64, usize),
    Release(u64),
    /// As a step that may wait, on an object that begins with some permits.
    SemAcquire(u64),
    SemRelease(u64),
    /// As `Try`, on a semaphore.
    SemTry(u64, usize),
    /// Variable, register.
    Read(u64, usize),
    /// Variable, register, and what is added to it.
    Write(u64, usize, i64),
    /// A part of a variable.
    ReadPart(u64, u64, usize),
    WritePart(u64, u64, usize, i64),
    /// As `Read` and `Write`, but the steps do not say that they touch the same thing.
    Peek(u64, usize),
    Poke(u64, i64),
    /// Enters the line of a condition; the next must be `Release`, then `AwaitNotify`.
    Enter(u64),
    AwaitNotify(u64),
    /// Waits so many units of time at most; the register says whether it was notified.
    AwaitNotifyFor(u64, u64, usize),
    Notify(u64),
    Set(u64),
    Clear(u64),
    WaitEvent(u64),
    Put(u64, i64),
    Get(u64, usize),
    LookEmpty(u64, usize),
    Sleep(u64),
    Step,
    /// Not decision points:
    SkipIf(usize, i64, usize),
    BackIf(usize, i64, usize),
    Assert(usize, i64),
}

use Do::*;

#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    /// Thread 0 runs from the beginning, and those that no other thread starts.
    pub threads: Vec<Vec<Do>>,
    /// Permits of semaphores.
    pub permits: BTreeMap<u64, i64>,
    /// The end of thread 0 is the end of all.
    pub main_ends_all: bool,
    /// Room in queues.
    pub room: Option<usize>,
}

pub(crate) fn program(threads: &[&[Do]]) -> Program {
    Program {
        threads: threads.iter().map(|code| code.to_vec()).collect(),
        ..Program::default()
    }
}

#[derive(Clone, Debug)]
struct Thread {
    pc: usize,
    /// Whether it has begun.
    begun: bool,
    alive: bool,
    exists: bool,
    registers: [i64; 4],
    deadline: Option<u64>,
    timed_out: bool,
    notified: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    vars: BTreeMap<(u64, u64), i64>,
    owner: BTreeMap<u64, ThreadNumber>,
    line: BTreeMap<u64, Vec<ThreadNumber>>,
    set: BTreeSet<u64>,
    queues: BTreeMap<u64, Vec<i64>>,
    permits: BTreeMap<u64, i64>,
    failure: Option<String>,
    now: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub trace: Trace,
    pub blocked: Vec<Candidate>,
    pub cut: bool,
    pub outcome: String,
    pub failed: bool,
}

impl Ran {
    pub(crate) fn seen(&self) -> RunRecord<'_> {
        RunRecord {
            trace: &self.trace,
            blocked: &self.blocked,
            cut: self.cut,
        }
    }
}

struct Machine<'a> {
    program: &'a Program,
    world: World,
    threads: Vec<Thread>,
    /// In the order of their start: what a number in a trace means.
    names: Vec<usize>,
    salt: u64,
}

pub(crate) const MOST_STEPS: u64 = 5000;

/// Runs `program` once. Addresses depend on `salt`.
pub(crate) fn run(program: &Program, strategy: &mut dyn Strategy, salt: u64) -> Ran {
    run_up_to(program, strategy, salt, MOST_STEPS)
}

/// As [`run`], with at most so many steps.
pub(crate) fn run_up_to(
    program: &Program,
    strategy: &mut dyn Strategy,
    salt: u64,
    most: u64,
) -> Ran {
    let started: BTreeSet<usize> = program
        .threads
        .iter()
        .flatten()
        .filter_map(|code| match code {
            Start(thread) => Some(*thread as usize),
            _ => None,
        })
        .collect();
    let mut machine = Machine {
        program,
        world: World {
            permits: program.permits.clone(),
            ..World::default()
        },
        threads: Vec::new(),
        names: Vec::new(),
        salt,
    };
    for number in 0..program.threads.len() {
        let exists = !started.contains(&number);
        machine.threads.push(Thread {
            pc: 0,
            begun: false,
            alive: true,
            exists,
            registers: [0; 4],
            deadline: None,
            timed_out: false,
            notified: false,
        });
        if exists {
            machine.names.push(number);
        }
    }
    let mut trace = Trace::new();
    let mut current = None;
    let mut step = 0;
    let mut cut = false;
    let mut over = false;
    while !over && machine.world.failure.is_none() {
        let mut candidates = machine.candidates();
        if candidates.is_empty() {
            if !machine.leap() {
                break;
            }
            candidates = machine.candidates();
        }
        if step == most {
            cut = true;
            break;
        }
        let decision = Decision {
            step,
            current,
            candidates: &candidates,
        };
        let mut chosen = strategy.choose(&decision);
        if chosen >= candidates.len() {
            chosen = decision.without_switch();
        }
        let number = machine.names[candidates[chosen].thread as usize];
        let place = Place(number as u64 + 1, machine.threads[number].pc as u64, 0);
        trace.push(&decision, chosen, place);
        let candidate = candidates[chosen];
        current = Some(candidate.thread);
        over = machine.take(candidate);
        step += 1;
    }
    let alive: Vec<_> = (0..machine.names.len())
        .filter(|&number| {
            let thread = &machine.threads[machine.names[number]];
            thread.alive && machine.op(machine.names[number]).is_some()
        })
        .collect();
    let failure = machine.world.failure.clone();
    let deadlock = !over && !cut && failure.is_none() && !alive.is_empty();
    let enabled: Vec<_> = machine.candidates().iter().map(|c| c.thread).collect();
    let blocked = alive
        .iter()
        .filter(|&&number| !enabled.contains(&(number as u32)))
        .map(|&number| Candidate {
            thread: number as u32,
            op: machine.op(machine.names[number]).unwrap(),
            timed_out: false,
        })
        .collect();
    let registers: Vec<_> = machine.threads.iter().map(|t| t.registers).collect();
    let end = match (&failure, deadlock, cut) {
        (Some(failure), ..) => failure.clone(),
        (None, true, _) => "deadlock".to_owned(),
        (None, _, true) => "endless".to_owned(),
        _ => "end".to_owned(),
    };
    Ran {
        failed: end != "end",
        outcome: match &failure {
            // What the others had done by then is no outcome of its own.
            Some(failure) => failure.clone(),
            None => format!(
                "{end} {:?} {:?} {:?}",
                machine.world.vars, registers, machine.world.queues
            ),
        },
        trace,
        blocked,
        cut,
    }
}

impl Machine<'_> {
    fn address(&self, kind: u64, object: u64) -> usize {
        // Odd multipliers, so different objects stay different.
        let mixed = (kind * 1000 + object + 1) ^ (self.salt << 32);
        mixed
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(self.salt | 1) as usize
            | 1 << 63
    }

    fn op(&self, thread: usize) -> Option<Op> {
        let state = &self.threads[thread];
        if !state.exists || !state.alive {
            return None;
        }
        let itself = self.address(9, thread as u64);
        if !state.begun {
            return Some(Op::on(Action::Begin, itself));
        }
        let Some(code) = self.program.threads[thread].get(state.pc) else {
            return Some(Op::on(Action::End, itself));
        };
        let (action, kind, object, part) = match *code {
            Start(other) => (Action::Start, 9, u64::from(other), 0),
            Join(other) => (Action::Join, 9, u64::from(other), 0),
            Acquire(lock) | AcquireFor(lock, ..) => (Action::Acquire, 1, lock, 0),
            Try(lock, _) => (Action::TryAcquire, 1, lock, 0),
            Release(lock) => (Action::Release, 1, lock, 0),
            SemAcquire(sem) => (Action::Acquire, 2, sem, 0),
            SemRelease(sem) => (Action::Release, 2, sem, 0),
            SemTry(sem, _) => (Action::TryAcquire, 2, sem, 0),
            Read(var, _) => (Action::Read, 3, var, 0),
            Write(var, ..) => (Action::Write, 3, var, 0),
            ReadPart(var, part, _) => (Action::Read, 3, var, part),
            WritePart(var, part, ..) => (Action::Write, 3, var, part),
            Peek(var, _) => (Action::Read, 7, var, 0),
            Poke(var, _) => (Action::Write, 8, var, 0),
            Enter(condition) => (Action::Wait, 4, condition, 0),
            AwaitNotify(condition) | AwaitNotifyFor(condition, ..) => {
                (Action::Acquire, 4, condition, 0)
            }
            Notify(condition) => (Action::Notify, 4, condition, 0),
            Set(event) => (Action::Set, 5, event, 0),
            Clear(event) => (Action::Clear, 5, event, 0),
            WaitEvent(event) => (Action::Wait, 5, event, 0),
            Put(queue, _) => (Action::Put, 6, queue, 0),
            Get(queue, _) => (Action::Get, 6, queue, 0),
            LookEmpty(queue, _) => (Action::Query, 6, queue, 0),
            Sleep(_) => return Some(Op::alone(Action::Sleep)),
            Step => return Some(Op::alone(Action::Step)),
            SkipIf(..) | BackIf(..) | Assert(..) => unreachable!("not a decision point"),
        };
        Some(Op::on_part(action, self.address(kind, object), part))
    }

    fn enabled(&self, thread: usize) -> bool {
        let state = &self.threads[thread];
        if !state.begun {
            return true;
        }
        let world = &self.world;
        match self.program.threads[thread].get(state.pc) {
            Some(Join(other)) => !self.threads[*other as usize].alive,
            Some(Acquire(lock) | AcquireFor(lock, ..)) => !world.owner.contains_key(lock),
            Some(SemAcquire(sem)) => world.permits[sem] > 0,
            Some(AwaitNotify(_) | AwaitNotifyFor(..)) => state.notified,
            Some(WaitEvent(event)) => world.set.contains(event),
            Some(Get(queue, _)) => world.queues.get(queue).is_some_and(|q| !q.is_empty()),
            Some(Put(queue, _)) => match self.program.room {
                Some(room) => world.queues.get(queue).is_none_or(|q| q.len() < room),
                None => true,
            },
            Some(Sleep(_)) => false,
            _ => true,
        }
    }

    /// Whether its next step is an attempt that would fail.
    fn fails(&self, thread: usize) -> bool {
        let state = &self.threads[thread];
        match self.program.threads[thread].get(state.pc) {
            _ if !state.begun => false,
            Some(Try(lock, _)) => self.world.owner.contains_key(lock),
            Some(SemTry(sem, _)) => self.world.permits[sem] == 0,
            Some(Release(lock)) => !self.world.owner.contains_key(lock),
            _ => false,
        }
    }

    fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (number, &thread) in self.names.iter().enumerate() {
            let Some(op) = self.op(thread) else { continue };
            let enabled = self.enabled(thread);
            let late = self.threads[thread].timed_out && !enabled;
            let timed_out = late || self.fails(thread);
            if timed_out || enabled {
                candidates.push(Candidate {
                    thread: number as u32,
                    op,
                    timed_out,
                });
            }
        }
        candidates
    }

    fn leap(&mut self) -> bool {
        let waiting = |thread: &&mut Thread| thread.alive && thread.exists;
        let deadline = self.threads.iter_mut().filter(waiting);
        let Some(next) = deadline.filter_map(|thread| thread.deadline).min() else {
            return false;
        };
        self.world.now = next;
        for thread in self.threads.iter_mut().filter(waiting) {
            if thread.deadline == Some(next) {
                thread.deadline = None;
                thread.timed_out = true;
            }
        }
        true
    }

    /// Takes a step. True: the program is over.
    fn take(&mut self, candidate: Candidate) -> bool {
        let thread = self.names[candidate.thread as usize];
        if !self.threads[thread].begun {
            self.threads[thread].begun = true;
            self.settle(thread);
            return false;
        }
        let Some(&code) = self.program.threads[thread].get(self.threads[thread].pc) else {
            self.threads[thread].alive = false;
            return thread == 0 && self.program.main_ends_all;
        };
        let timed_out = candidate.timed_out;
        self.threads[thread].timed_out = false;
        let world = &mut self.world;
        let registers = &mut self.threads[thread].registers;
        match code {
            Start(other) => {
                self.threads[other as usize].exists = true;
                self.names.push(other as usize);
            }
            Acquire(lock) => {
                assert_eq!(world.owner.insert(lock, thread as u32), None);
            }
            AcquireFor(lock, _, register) => {
                registers[register] = i64::from(!timed_out);
                if !timed_out {
                    assert_eq!(world.owner.insert(lock, thread as u32), None);
                }
            }
            Try(lock, register) => {
                registers[register] = i64::from(!world.owner.contains_key(&lock));
                world.owner.entry(lock).or_insert(thread as u32);
            }
            Release(lock) => {
                world.owner.remove(&lock);
            }
            SemAcquire(sem) => *world.permits.get_mut(&sem).unwrap() -= 1,
            SemRelease(sem) => *world.permits.get_mut(&sem).unwrap() += 1,
            SemTry(sem, register) => {
                registers[register] = i64::from(!timed_out);
                *world.permits.get_mut(&sem).unwrap() -= registers[register];
            }
            Read(var, register) | Peek(var, register) => {
                registers[register] = world.vars.get(&(var, 0)).copied().unwrap_or(0);
            }
            Write(var, register, more) => {
                world.vars.insert((var, 0), registers[register] + more);
            }
            Poke(var, value) => {
                world.vars.insert((var, 0), value);
            }
            ReadPart(var, part, register) => {
                registers[register] = world.vars.get(&(var, part)).copied().unwrap_or(0);
            }
            WritePart(var, part, register, more) => {
                world.vars.insert((var, part), registers[register] + more);
            }
            Enter(condition) => world.line.entry(condition).or_default().push(thread as u32),
            AwaitNotify(_) => self.threads[thread].notified = false,
            AwaitNotifyFor(condition, _, register) => {
                registers[register] = i64::from(!timed_out);
                self.threads[thread].notified = false;
                let line = world.line.entry(condition).or_default();
                line.retain(|&waiter| waiter as usize != thread);
            }
            Notify(condition) => {
                let line = world.line.entry(condition).or_default();
                if !line.is_empty() {
                    let first = line.remove(0);
                    self.threads[first as usize].notified = true;
                }
            }
            Set(event) => {
                world.set.insert(event);
            }
            Clear(event) => {
                world.set.remove(&event);
            }
            Put(queue, item) => world.queues.entry(queue).or_default().push(item),
            Get(queue, register) => {
                registers[register] = world.queues.get_mut(&queue).unwrap().remove(0);
            }
            LookEmpty(queue, register) => {
                let queue = world.queues.get(&queue);
                registers[register] = i64::from(queue.is_none_or(Vec::is_empty));
            }
            Join(_) | WaitEvent(_) | Sleep(_) | Step => {}
            SkipIf(..) | BackIf(..) | Assert(..) => unreachable!("not a decision point"),
        }
        self.threads[thread].pc += 1;
        self.settle(thread);
        false
    }

    /// Goes to the next decision point, and sets the clock for a wait there.
    fn settle(&mut self, thread: usize) {
        let state = &mut self.threads[thread];
        let code = &self.program.threads[thread];
        loop {
            match code.get(state.pc) {
                Some(&SkipIf(register, value, steps)) => {
                    let hit = state.registers[register] == value;
                    state.pc += if hit { steps + 1 } else { 1 };
                }
                Some(&BackIf(register, value, steps)) => {
                    if state.registers[register] == value {
                        state.pc -= steps;
                    } else {
                        state.pc += 1;
                    }
                }
                Some(&Assert(register, value)) => {
                    let found = state.registers[register];
                    if found != value {
                        self.world.failure = Some(format!("thread {thread}: {found} != {value}"));
                    }
                    state.pc += 1;
                }
                Some(&(AcquireFor(_, time, _) | AwaitNotifyFor(_, time, _) | Sleep(time))) => {
                    state.deadline = Some(self.world.now + time);
                    return;
                }
                _ => {
                    state.deadline = None;
                    return;
                }
            }
        }
    }
}

/// Everything that a search finds.
#[derive(Debug, Default)]
pub(crate) struct SearchSummary {
    pub outcomes: BTreeMap<String, u64>,
    /// Runs that were not abandoned.
    pub runs: u64,
    pub abandoned: u64,
    pub schedules: BTreeSet<Vec<(ThreadNumber, u64)>>,
    pub orders: BTreeSet<Vec<u8>>,
    pub first_failure: Option<u64>,
    pub proven: bool,
    pub exhausted: bool,
    pub preemptions: BTreeMap<Vec<(ThreadNumber, u64)>, usize>,
}

pub(crate) fn explore(program: &Program, search: &mut dyn Search, most: u64) -> SearchSummary {
    let mut summary = SearchSummary::default();
    while let Next::Run(mut run_) = search.next() {
        if run_.number >= most {
            break;
        }
        let ran = run(program, &mut *run_.strategy, run_.number * 7919 + 3);
        search.learn(run_.number, &ran.seen());
        if run_.abandon.is_raised() {
            summary.abandoned += 1;
        } else {
            summary.runs += 1;
            if ran.failed {
                summary.first_failure.get_or_insert(run_.number);
            }
            *summary.outcomes.entry(ran.outcome.clone()).or_insert(0) += 1;
            summary
                .schedules
                .insert(Choices::of(&ran.trace).runs().to_vec());
            summary
                .orders
                .insert(canonical(&ran.trace, program.main_ends_all));
        }
    }
    summary.proven = search.progress().proven;
    summary.exhausted = search.progress().exhausted;
    summary
}
