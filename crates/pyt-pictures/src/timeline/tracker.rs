//! From the moments of threads, in the order of time, to the lanes of a timeline.
//!
//! Each lane is a state machine. Moments may be missing: a state ends where the next is known to
//! begin.

use std::collections::{HashMap, HashSet};

use pyt_explore::{PrimitiveName, report::ObjectNames};
use pyt_sched::WaitKind;

use super::{Arrow, Item, Lane, Mark, Site, Slice, State};
use crate::{
    fold::FoldMap,
    record::event::{Ended, Event, What},
};

/// What the numbers in events stand for.
pub(crate) trait Lookup {
    /// The name of the thread with this number.
    fn thread(&self, id: u64) -> String;
    /// The name of the task with this number.
    fn task(&self, id: u64) -> String;
    /// The site with this number.
    fn site(&self, number: u32) -> Option<Site>;
    /// The text with this number.
    fn text(&self, number: u32) -> String;
}

/// Whose lane it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owner {
    Thread(u64),
    Task(u64),
}

/// A state that has not ended.
#[derive(Clone, Copy, Debug)]
struct Open {
    state: State,
    since: u64,
    object: Option<u32>,
    site: u32,
    holder: Option<u32>,
    text: u32,
}

impl Open {
    const fn new(state: State, since: u64) -> Self {
        Self {
            state,
            since,
            object: None,
            site: 0,
            holder: None,
            text: 0,
        }
    }
}

#[derive(Debug, Default)]
struct LaneState {
    /// Innermost last: a signal handler that runs in a wait may wait, too.
    open: Vec<Open>,
    /// The end of the wait that the innermost state is, and who caused it.
    woken: Option<(u64, Option<u32>)>,
    /// Who has started the thread, and when, until it runs.
    starter: Option<(u32, u64)>,
    /// It has run.
    has_begun: bool,
    /// No state of the lane begins before.
    last: u64,
    /// The end of the last wait inside of a wait.
    inner_end: u64,
    /// The lane of the task that runs.
    task: Option<u32>,
}

/// Makes a timeline.
#[derive(Default)]
pub(crate) struct Tracker {
    lanes: Vec<LaneState>,
    numbers: FoldMap<Owner, u32>,
    /// The object at each address, unless another was made there since.
    objects: FoldMap<u64, u32>,
    object_count: u32,
    names: ObjectNames,
    /// Instances of the program's classes, by address, with their numbers in their classes.
    instances: HashMap<(String, usize), usize>,
    instance_counts: HashMap<String, usize>,
    known_sites: HashSet<u32>,
    known_texts: HashSet<u32>,
}

impl Tracker {
    /// Adds `event`, and writes what is known by it to `items`.
    pub(crate) fn add(&mut self, event: Event, lookup: &dyn Lookup, items: &mut Vec<Item>) {
        if let What::Made { object } = event.what {
            self.objects.remove(&object);
            return;
        }
        let is_new = !self.numbers.contains_key(&Owner::Thread(event.thread));
        let lane = self.lane(Owner::Thread(event.thread), lookup, items);
        let at = event.at.max(self.state(lane).last);
        self.state(lane).last = at;
        self.know_site(event.site, lookup, items);
        match event.what {
            What::Registered { by } => {
                let starter = self.find(by);
                let state = self.state(lane);
                state.starter = starter.map(|starter| (starter, at));
                state.open.push(Open::new(State::Starts, at));
            }
            What::Begun => {
                self.close_all(lane, at, items);
                if let Some((from, from_at)) = self.state(lane).starter.take() {
                    items.push(Item::Arrow(Arrow {
                        from,
                        from_at,
                        to: lane,
                        to_at: at,
                        starts: true,
                    }));
                }
                if !std::mem::replace(&mut self.state(lane).has_begun, true) {
                    self.mark(lane, at, "begins", items);
                }
                self.open(lane, Open::new(State::Runs, at));
            }
            What::Waits {
                kind,
                reentrant,
                object,
                holder,
            } => {
                if is_new || self.is_running(lane) {
                    self.close_all(lane, at, items);
                }
                let object = self.object(kind, reentrant, object, event.site, lookup, items);
                let holder = self.find(holder);
                self.state(lane).woken = None;
                self.open(
                    lane,
                    Open {
                        object,
                        holder,
                        site: event.site,
                        ..Open::new(State::Waits(kind), at)
                    },
                );
            }
            What::Woken { by } => {
                // An arrow begins where its thread does something.
                let by = self.find(by).filter(|by| *by != lane);
                let by = by.filter(|by| !self.state(*by).open.is_empty());
                self.state(lane).woken = Some((at, by));
            }
            What::Resumed { ended } => self.resume(lane, at, ended, items),
            What::Preempted | What::SteppedBack => self.lose_turn(lane, at, event.site, items),
            What::Continued => {
                if self.top(lane) == Some(State::Turn) {
                    self.close_all(lane, at, items);
                    self.open(lane, Open::new(State::Runs, at));
                }
            }
            What::Paused => self.close_all(lane, at, items),
            What::Ended => {
                self.close_all(lane, at, items);
                self.mark(lane, at, "ends", items);
            }
            What::Made { .. } => {}
            What::Foreign => self.enter_foreign(lane, at, event.site, items),
            What::Back => {
                if self.top(lane) == Some(State::Foreign) {
                    self.close_all(lane, at, items);
                    self.open(lane, Open::new(State::Runs, at));
                }
            }
            What::Instant { text } => {
                let text = lookup.text(text);
                self.mark(lane, at, &text, items);
            }
            What::TaskGoesOn { task } => self.task_goes_on(task, lane, at, lookup, items),
            What::TaskStops { task, awaits } => {
                let task = self.task(task, lane, lookup, items);
                self.state(lane).task = None;
                self.task_stops(task, at, awaits, event.site, lookup, items);
            }
        }
    }

    fn lose_turn(&mut self, lane: u32, at: u64, site: u32, items: &mut Vec<Item>) {
        if self.is_running(lane) {
            self.close_all(lane, at, items);
            self.state(lane).woken = None;
            self.open(
                lane,
                Open {
                    site,
                    ..Open::new(State::Turn, at)
                },
            );
        }
    }

    fn enter_foreign(&mut self, lane: u32, at: u64, site: u32, items: &mut Vec<Item>) {
        if self.top(lane) == Some(State::Runs) {
            self.close_all(lane, at, items);
            self.open(
                lane,
                Open {
                    site,
                    ..Open::new(State::Foreign, at)
                },
            );
        }
    }

    fn task_goes_on(
        &mut self,
        task: u64,
        thread: u32,
        at: u64,
        lookup: &dyn Lookup,
        items: &mut Vec<Item>,
    ) {
        let task = self.task(task, thread, lookup, items);
        self.state(thread).task = Some(task);
        let at = at.max(self.state(task).last);
        self.state(task).last = at;
        self.close_all(task, at, items);
        self.open(task, Open::new(State::Runs, at));
    }

    /// The task of this lane stops, and awaits what the text says, or has ended.
    fn task_stops(
        &mut self,
        task: u32,
        at: u64,
        awaits: u32,
        site: u32,
        lookup: &dyn Lookup,
        items: &mut Vec<Item>,
    ) {
        if awaits != 0 && self.known_texts.insert(awaits) {
            items.push(Item::Text(awaits, lookup.text(awaits)));
        }
        let at = at.max(self.state(task).last);
        self.state(task).last = at;
        self.close_all(task, at, items);
        if awaits == 0 {
            self.mark(task, at, "ends", items);
        } else {
            self.open(
                task,
                Open {
                    text: awaits,
                    site,
                    ..Open::new(State::Awaits, at)
                },
            );
        }
    }

    /// Events are missing: nothing is known of any lane until its next event.
    pub(crate) fn forget(&mut self, items: &mut Vec<Item>) {
        for lane in 0..self.lanes.len() {
            let lane = u32::try_from(lane).unwrap_or(0);
            let last = self.state(lane).last;
            self.close_all(lane, last, items);
        }
    }

    /// The names of threads may have changed.
    pub(crate) fn rename(&self, id: u64, name: &str, items: &mut Vec<Item>) {
        if let Some(lane) = self.find(id) {
            items.push(Item::Lane(
                lane,
                Lane {
                    name: name.to_owned(),
                    parent: None,
                },
            ));
        }
    }

    /// The states that have not ended, as if they ended at `now`.
    pub(crate) fn unfinished(&self, now: u64) -> Vec<Slice> {
        let mut slices = Vec::new();
        for (lane, state) in (0..).zip(&self.lanes) {
            for open in &state.open {
                slices.push(slice(lane, open, now.max(open.since)));
            }
        }
        slices
    }

    /// How many threads run, or would if it were their turn.
    pub(crate) fn running(&self) -> usize {
        let runs = |lane: &&LaneState| {
            let top = lane.open.last().map(|open| open.state);
            matches!(top, Some(State::Runs | State::Turn | State::Foreign))
        };
        self.lanes.iter().filter(runs).count()
    }

    fn resume(&mut self, lane: u32, at: u64, ended: Ended, items: &mut Vec<Item>) {
        let state = self.state(lane);
        let woken = state.woken.take();
        let inner_end = state.inner_end;
        match state.open.last().copied() {
            Some(open) if matches!(open.state, State::Waits(_)) => {
                state.open.pop();
                let (woken_at, by) = woken.unwrap_or((at, None));
                let woken_at = woken_at.clamp(open.since.max(inner_end.min(at)), at);
                let waited = Slice {
                    woken_by: by,
                    timed_out: ended == Ended::TimedOut,
                    ..slice(lane, &open, woken_at)
                };
                items.push(Item::Slice(waited));
                if woken_at < at {
                    let turn = Open {
                        site: open.site,
                        ..Open::new(State::Turn, woken_at)
                    };
                    items.push(Item::Slice(Slice {
                        woken_by: by,
                        ..slice(lane, &turn, at)
                    }));
                }
                if let Some(from) = by {
                    items.push(Item::Arrow(Arrow {
                        from,
                        from_at: woken_at,
                        to: lane,
                        to_at: at,
                        starts: false,
                    }));
                }
            }
            Some(open) if open.state == State::Turn => {
                state.open.pop();
                items.push(Item::Slice(slice(lane, &open, at)));
            }
            _ => return,
        }
        let state = self.state(lane);
        if state.open.is_empty() {
            state.open.push(Open::new(State::Runs, at));
        } else {
            state.inner_end = at;
        }
    }

    fn state(&mut self, lane: u32) -> &mut LaneState {
        &mut self.lanes[lane as usize]
    }

    fn top(&mut self, lane: u32) -> Option<State> {
        self.state(lane).open.last().map(|open| open.state)
    }

    /// Whether the lane is in no wait, as far as is known.
    fn is_running(&mut self, lane: u32) -> bool {
        !matches!(self.top(lane), Some(State::Waits(_)))
    }

    fn open(&mut self, lane: u32, open: Open) {
        self.state(lane).open.push(open);
    }

    fn close_all(&mut self, lane: u32, at: u64, items: &mut Vec<Item>) {
        let open = std::mem::take(&mut self.state(lane).open);
        for open in open {
            items.push(Item::Slice(slice(lane, &open, at)));
        }
    }

    fn mark(&mut self, lane: u32, at: u64, text: &str, items: &mut Vec<Item>) {
        items.push(Item::Mark(Mark {
            lane,
            at,
            text: text.to_owned(),
        }));
    }

    fn find(&self, thread: u64) -> Option<u32> {
        self.numbers.get(&Owner::Thread(thread)).copied()
    }

    fn lane(&mut self, owner: Owner, lookup: &dyn Lookup, items: &mut Vec<Item>) -> u32 {
        if let Some(number) = self.numbers.get(&owner) {
            return *number;
        }
        let name = match owner {
            Owner::Thread(id) => lookup.thread(id),
            Owner::Task(id) => lookup.task(id),
        };
        self.new_lane(owner, Lane { name, parent: None }, items)
    }

    fn new_lane(&mut self, owner: Owner, lane: Lane, items: &mut Vec<Item>) -> u32 {
        let number = u32::try_from(self.lanes.len()).unwrap_or(u32::MAX);
        self.lanes.push(LaneState::default());
        self.numbers.insert(owner, number);
        items.push(Item::Lane(number, lane));
        number
    }

    /// The lane of a task, beneath that of its loop's thread.
    fn task(&mut self, id: u64, thread: u32, lookup: &dyn Lookup, items: &mut Vec<Item>) -> u32 {
        if let Some(number) = self.numbers.get(&Owner::Task(id)) {
            return *number;
        }
        let lane = Lane {
            name: lookup.task(id),
            parent: Some(thread),
        };
        self.new_lane(Owner::Task(id), lane, items)
    }

    fn know_site(&mut self, site: u32, lookup: &dyn Lookup, items: &mut Vec<Item>) {
        if site != 0
            && self.known_sites.insert(site)
            && let Some(found) = lookup.site(site)
        {
            items.push(Item::Site(site, Box::new(found)));
        }
    }

    /// The number of the object at this address. A wait that has no object has none.
    fn object(
        &mut self,
        kind: WaitKind,
        reentrant: bool,
        address: u64,
        site: u32,
        lookup: &dyn Lookup,
        items: &mut Vec<Item>,
    ) -> Option<u32> {
        let noun = kind.noun(reentrant)?;
        if address == 0 {
            return None;
        }
        if let Some(known) = self.objects.get(&address) {
            return Some(*known);
        }
        let number = self.object_count;
        self.object_count += 1;
        self.objects.insert(address, number);
        let key = number as usize;
        if let Some(name) = lookup.site(site).and_then(|site| site.object) {
            let instance = name.instance.map(|(class, address)| {
                let counts = &mut self.instance_counts;
                let number = *self
                    .instances
                    .entry((class.clone(), address))
                    .or_insert_with(|| {
                        let count = counts.entry(class.clone()).or_default();
                        *count += 1;
                        *count
                    });
                (class, number)
            });
            let name = PrimitiveName { instance, ..name };
            self.names.name(noun, key, &name, "");
        }
        let name = self.names.full_name_or_number(noun, key).to_owned();
        items.push(Item::Object(number, name));
        Some(number)
    }
}

fn slice(lane: u32, open: &Open, to: u64) -> Slice {
    Slice {
        lane,
        state: open.state,
        from: open.since,
        to,
        object: open.object,
        site: open.site,
        holder: open.holder,
        woken_by: None,
        timed_out: false,
        text: open.text,
    }
}
