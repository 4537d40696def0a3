//! Programs drawn at random, small enough for every schedule to be tried.

use pyt_explore::seed::nth;

use super::{Do, Do::*, Program};

pub(crate) struct Draw(u64, u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed, 0)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.1 += 1;
        nth(self.0, self.1) % bound
    }
}

/// What a generated program may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Memory,
    Locks,
    Signals,
    Time,
    Threads,
    Daemons,
    /// Threads that start threads: their numbers depend on who was first.
    Nested,
    /// Attempts that fail instead of waiting.
    Tries,
}

pub(crate) const FLAVOURS: [Flavour; 8] = [
    Flavour::Memory,
    Flavour::Locks,
    Flavour::Signals,
    Flavour::Time,
    Flavour::Threads,
    Flavour::Daemons,
    Flavour::Nested,
    Flavour::Tries,
];

fn access(draw: &mut Draw) -> Do {
    let var = draw.below(2);
    match draw.below(5) {
        0 | 1 => Read(var, 0),
        2 | 3 => Write(var, draw.below(2) as usize, 1 + draw.below(2) as i64),
        _ if draw.below(2) == 0 => ReadPart(var, 1 + draw.below(2), 1),
        _ => WritePart(var, 1 + draw.below(2), 0, 5),
    }
}

fn block(draw: &mut Draw, flavour: Flavour, code: &mut Vec<Do>, depth: u64) {
    let simple = flavour == Flavour::Memory || depth > 1;
    if simple || draw.below(3) == 0 {
        code.push(access(draw));
        if draw.below(6) == 0 {
            code.push(SkipIf(0, 0, 1));
            code.push(access(draw));
        }
        return;
    }
    let lock = draw.below(2);
    let kinds = match flavour {
        Flavour::Signals => 7,
        Flavour::Time => 3,
        _ => 2,
    };
    match (flavour, draw.below(kinds)) {
        (Flavour::Signals, 0) => code.extend([Put(0, draw.below(2) as i64)]),
        (Flavour::Signals, 1) => code.extend([Get(0, 2)]),
        (Flavour::Signals, 2) => code.extend([Set(0)]),
        (Flavour::Signals, 3) => code.extend([WaitEvent(0)]),
        (Flavour::Signals, 4) => code.extend([LookEmpty(0, 1), SkipIf(1, 1, 1), Get(0, 2)]),
        (Flavour::Signals, 5) => {
            code.extend([Acquire(0), Enter(0), Release(0), AwaitNotify(0)]);
        }
        (Flavour::Signals, _) => code.extend([Notify(0)]),
        (Flavour::Time, 0) => code.extend([Sleep(1 + draw.below(2))]),
        (Flavour::Time, 1) => {
            code.extend([AcquireFor(lock, 1 + draw.below(2), 3), SkipIf(3, 0, 1)]);
            code.push(Release(lock));
        }
        (Flavour::Tries, 1) => {
            code.extend([Try(lock, 3), SkipIf(3, 0, 2)]);
            code.push(access(draw));
            code.push(Release(lock));
        }
        (Flavour::Locks, 1) => {
            code.push(SemAcquire(0));
            block(draw, flavour, code, depth + 1);
            code.push(SemRelease(0));
        }
        _ => {
            code.push(Acquire(lock));
            for _ in 0..=draw.below(2) {
                block(draw, flavour, code, depth + 1);
            }
            code.push(Release(lock));
        }
    }
}

pub(crate) fn generate(flavour: Flavour, seed: u64) -> Program {
    let mut draw = Draw::new(seed ^ (flavour as u64) << 40);
    let count = if flavour == Flavour::Nested {
        2
    } else {
        2 + draw.below(2)
    };
    let length = if count == 2 { 3 } else { 2 };
    let mut threads = Vec::new();
    for _ in 0..count {
        let mut code = Vec::new();
        for _ in 0..=draw.below(length) {
            block(&mut draw, flavour, &mut code, 0);
        }
        threads.push(code);
    }
    let mut program = Program {
        permits: [(0, draw.below(3) as i64)].into(),
        room: (draw.below(2) == 0).then_some(1),
        ..Program::default()
    };
    match flavour {
        Flavour::Threads => {
            let others = 1..threads.len() as u32;
            let starts = others.clone().map(Start);
            let mut main: Vec<_> = starts.collect();
            main.append(&mut threads[0]);
            main.extend(others.map(Join));
            threads[0] = main;
        }
        Flavour::Nested => {
            for starter in 0..2 {
                let number = threads.len() as u32;
                threads[starter].truncate(draw.below(2) as usize);
                threads[starter].insert(0, Start(number));
                threads.push(vec![access(&mut draw)]);
            }
        }
        Flavour::Daemons => program.main_ends_all = true,
        _ => {}
    }
    program.threads = threads;
    program
}

/// A program in which anything may be beside anything: attempts, semaphores, locks that are taken
/// in any order or never released, waits that end in time or not, the end of the main thread.
pub(crate) fn mixed(seed: u64) -> Program {
    let mut draw = Draw::new(seed ^ 1 << 50);
    let mut threads = Vec::new();
    for _ in 0..2 + draw.below(2) {
        let mut code = Vec::new();
        for _ in 0..2 + draw.below(3) {
            anything(&mut draw, &mut code, 0);
        }
        threads.push(code);
    }
    let main_ends_all = draw.below(6) == 0;
    if draw.below(4) == 0 {
        let others = 1..threads.len() as u32;
        let mut main: Vec<_> = others.clone().map(Start).collect();
        main.append(&mut threads[0]);
        if draw.below(3) > 0 {
            main.extend(others.map(Join));
        }
        threads[0] = main;
    }
    Program {
        threads,
        permits: [(0, draw.below(3) as i64)].into(),
        main_ends_all,
        room: (draw.below(2) == 0).then_some(1),
    }
}

fn anything(draw: &mut Draw, code: &mut Vec<Do>, depth: u64) {
    let lock = draw.below(2);
    let time = 1 + draw.below(2);
    match draw.below(if depth == 0 { 16 } else { 8 }) {
        0 | 1 => {
            code.push(access(draw));
            if draw.below(3) == 0 {
                code.extend([SkipIf(0, 0, 1), access(draw)]);
            }
        }
        2 => code.extend([Try(lock, 3), SkipIf(3, 0, 2), access(draw), Release(lock)]),
        3 => code.extend([SemTry(0, 3), SkipIf(3, 0, 2), access(draw), SemRelease(0)]),
        4 => code.push(Notify(0)),
        5 => match draw.below(4) {
            0 => code.push(Try(lock, 3)),
            1 => code.push(Release(lock)),
            2 => code.push(Acquire(lock)),
            _ => code.push(SemTry(0, 3)),
        },
        6 => match draw.below(6) {
            0 => code.push(Put(0, 1)),
            1 => code.push(Get(0, 2)),
            2 => code.push(Set(0)),
            3 => code.push(WaitEvent(0)),
            4 => code.extend([LookEmpty(0, 1), SkipIf(1, 1, 1), Get(0, 2)]),
            _ => code.push(Sleep(time)),
        },
        7 => code.extend([AcquireFor(lock, time, 3), SkipIf(3, 0, 1), Release(lock)]),
        8..=10 => {
            code.push(Acquire(lock));
            for _ in 0..=draw.below(2) {
                anything(draw, code, depth + 1);
            }
            code.push(Release(lock));
        }
        11 | 12 => {
            code.push(SemAcquire(0));
            anything(draw, code, depth + 1);
            if draw.below(4) > 0 {
                code.push(SemRelease(0));
            }
        }
        13 => code.extend([Acquire(0), Enter(0), Release(0), AwaitNotify(0)]),
        _ => code.extend([Acquire(0), Enter(0), Release(0), AwaitNotifyFor(0, time, 2)]),
    }
}
