//! Whether a program's state is the same as before, for finding livelocks: digests of what threads'
//! functions hold, and of what they have changed.
//!
//! A digest says all if nothing is done that has no part in it. Changes of variables, attributes,
//! items and containers are steps, and noted as they happen. What has no step is looked at in the
//! functions themselves: their variables, their stacks, and where they are. Calls could do
//! anything: so a repetition is confirmed only if each call in the code that repeats is a step, or
//! one to a function that was looked at.
//!
//! No Python code runs here.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use pyt_sched::controlled::{Action, Look, Op, ThreadNumber};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyRef, VirtualMachine,
    builtins::{PyCode, PyDict, PyFloat, PyInt, PyList, PyStr},
    bytecode::{CodeFlags, Opcode},
    frame::InterpreterFrame,
};

use super::{
    code::{self, Decoded},
    operands,
    values::Held,
};

/// So many items of a container are compared; what has more is not known.
const MAX_ITEMS: usize = 1_000;
/// So many functions of a thread are looked at.
const MAX_FRAMES: usize = 64;

/// An instruction of a function: its code's address, and its index.
type At = (usize, usize);

/// Whether the instruction of this code and index is a site; `None` if the code is no user code.
type IsSite<'a> = &'a dyn Fn(usize, usize) -> Option<bool>;

/// What threads have done since it was begun to look.
#[derive(Default)]
pub(super) struct Changes {
    /// For each part of an object that was changed, what it was at first, and is now.
    values: HashMap<(usize, u64), (u64, u64)>,
    /// What a thread is changing, by the instruction at which it is.
    pending: HashMap<ThreadNumber, (At, Vec<Changing>)>,
    /// To be dropped where that may run Python code.
    dropped: Vec<Held>,
    is_known: bool,
    /// Where functions were when they were looked at, or called others.
    visited: HashSet<At>,
    codes: HashMap<usize, PyRef<PyCode>>,
    /// Instructions that are steps of their own, or at which functions called others or used
    /// primitives.
    steps: HashSet<At>,
    /// Instructions that user code has begun, where they may be steps.
    begun: HashSet<At>,
    /// Where a function stood while another one, of this code, was on top of it.
    callers: HashSet<(At, usize)>,
    /// For threads that have begun an instruction: where they were looked at last, and how often in
    /// a row since then.
    looked: HashMap<ThreadNumber, (u64, u32)>,
    /// The calling thread is at a decision point of its own code, not of a primitive.
    is_in_code: bool,
}

/// A part of an object that an instruction is about to change, or has changed.
struct Changing {
    object: usize,
    part: u64,
    target: Held,
}

impl Changes {
    pub(super) fn begin() -> Self {
        Self {
            is_known: true,
            ..Self::default()
        }
    }

    /// The thread has been chosen for the step `op` on `target`, at `at`, and takes it next. It
    /// `is_outside` if it touches what is no object of the program's.
    pub(super) fn takes(
        &mut self,
        thread: ThreadNumber,
        op: Op,
        at: At,
        target: Option<Held>,
        is_outside: bool,
        vm: &VirtualMachine,
    ) {
        // An instruction may take several steps before it changes anything.
        if self
            .pending
            .get(&thread)
            .is_some_and(|(before, _)| *before != at)
            && let Some((_, done)) = self.pending.remove(&thread)
        {
            self.dropped.extend(done.into_iter().map(|one| one.target));
        }
        // A file, which other processes change.
        if is_outside {
            self.is_known = false;
            return;
        }
        match (op.action, target) {
            (Action::Write, Some(target)) => {
                let key = (op.object, op.named_part());
                match target
                    .value(vm)
                    .map_or(Some(ABSENT), |value| content(&value, &target, vm))
                {
                    Some(before) => {
                        self.values.entry(key).or_insert((before, before));
                        let pending = self.pending.entry(thread);
                        let (_, all) = pending.or_insert_with(|| (at, Vec::new()));
                        // It may be the same instruction as before, which has made its change.
                        if let Some(same) = all.iter().position(|one| (one.object, one.part) == key)
                        {
                            self.dropped.push(all.swap_remove(same).target);
                        }
                        all.push(Changing {
                            object: key.0,
                            part: key.1,
                            target,
                        });
                        self.steps.insert(at);
                    }
                    None => self.is_known = false,
                }
            }
            (Action::Write, None) => self.is_known = false,
            (Action::Step, _) => {}
            _ => {
                self.steps.insert(at);
            }
        }
    }

    /// An instruction of user code begins that may be a step.
    pub(super) fn begins(&mut self, thread: ThreadNumber, at: At) {
        self.looked.insert(thread, (0, 0));
        self.begun.insert(at);
    }

    /// From now on only what is looked at later counts.
    pub(super) fn forget_looks(&mut self) {
        self.begun.clear();
        self.callers.clear();
        self.visited.clear();
        self.codes.clear();
        self.steps.clear();
    }

    /// The calling thread comes to a decision point of its own code, or has left it.
    pub(super) const fn set_in_code(&mut self, is_in_code: bool) {
        self.is_in_code = is_in_code;
    }

    /// What is no longer needed: to be dropped with nothing locked.
    pub(super) fn take_dropped(&mut self) -> Vec<Held> {
        std::mem::take(&mut self.dropped)
    }

    /// The calling thread is at a decision point.
    pub(super) fn look(
        &mut self,
        thread: ThreadNumber,
        innermost: *const InterpreterFrame,
        vm: &VirtualMachine,
    ) -> Look {
        for Changing {
            object,
            part,
            target,
        } in self.pending.get(&thread).map_or(&[][..], |(_, all)| all)
        {
            let now = target
                .value(vm)
                .map_or(Some(ABSENT), |value| content(&value, target, vm));
            match (now, self.values.get_mut(&(*object, *part))) {
                (Some(now), Some((_, last))) => *last = now,
                _ => self.is_known = false,
            }
        }
        let own = self.stack(innermost, vm);
        let own = own.map(|own| self.in_a_row(thread, own));
        // Independent of the order of the entries.
        let shared = self.values.iter().fold(0, |sum, (key, (before, now))| {
            if before == now {
                sum
            } else {
                sum ^ digest(&(key, before, now))
            }
        });
        let is_known = std::mem::replace(&mut self.is_known, true) && own.is_some();
        Look {
            own: own.unwrap_or_default(),
            shared,
            is_known,
        }
    }

    /// The digest `own` of where a thread is, and how often it was there in a row with nothing
    /// begun meanwhile: native code that takes several steps keeps its state to itself.
    fn in_a_row(&mut self, thread: ThreadNumber, own: u64) -> u64 {
        match self.looked.get_mut(&thread) {
            Some((before, times)) => {
                *times = if *before == own { *times + 1 } else { 0 };
                *before = own;
                digest(&(own, *times))
            }
            None => own,
        }
    }

    /// A digest of the calling thread's functions; `None` if something in them is not known.
    fn stack(&mut self, innermost: *const InterpreterFrame, vm: &VirtualMachine) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        let mut frame = innermost;
        let mut on_top = None;
        for _ in 0..MAX_FRAMES {
            // SAFETY: frames on the calling thread's own chain live until their functions return.
            let Some(here) = (unsafe { frame.as_ref() }) else {
                return Some(hasher.finish());
            };
            let code = here.code();
            let index = (here.get_lasti() as usize).saturating_sub(1);
            let at = (code.get_id(), index);
            self.visited.insert(at);
            if let Some(on_top) = on_top.replace(code.get_id()) {
                self.callers.insert((at, on_top));
            }
            if !self.is_in_code || !std::ptr::eq(frame, innermost) {
                self.steps.insert(at);
            }
            self.codes
                .entry(code.get_id())
                .or_insert_with(|| code.to_owned());
            (code.get_id(), index).hash(&mut hasher);
            let is_optimized = code.code.flags.contains(CodeFlags::OPTIMIZED);
            // SAFETY: the function is the calling thread's, and does not run meanwhile.
            match unsafe { operands::slots_of(here) } {
                Some(slots) => {
                    for slot in slots {
                        slot.map_or(Some(ABSENT), |object| token(object, vm))?
                            .hash(&mut hasher);
                    }
                }
                None if is_optimized => return None,
                // A stack that is not known: what loops at that level does not count as repeated.
                None => {}
            }
            if !is_optimized {
                for (name, value) in names_of(here, vm)? {
                    (token(&name, vm)?, token(&value, vm)?).hash(&mut hasher);
                }
            }
            frame = here.previous();
        }
        None
    }

    /// Whether user code itself goes round. What native code calls again and again (the key of a
    /// sort, a comparison) has that code's progress, which is not known. `is_site` says of an
    /// instruction of user code whether it is told when it begins; a call that is not is one of a
    /// function of the program's. `None` where calls and returns are not told: then it must be in
    /// some loop.
    pub(super) fn goes_round_itself(&self, is_site: Option<IsSite<'_>>) -> bool {
        let Some(is_site) = is_site else {
            return self.codes.keys().any(|code| self.is_in_loop(*code));
        };
        self.callers.iter().all(|((code, index), on_top)| {
            if !self.has_returned(*on_top) {
                return true;
            }
            // A function that has called another stands behind the call's cache.
            let instructions = self.codes.get(code).map(|code| code::instructions(code));
            let instructions = instructions.unwrap_or_default();
            let call = instructions.iter().rev().find(|one| one.index <= *index);
            let call = call.map_or(*index, |one| one.index);
            match is_site(*code, call) {
                Some(true) => self.begun.contains(&(*code, call)),
                Some(false) => true,
                None => false,
            }
        })
    }

    /// Whether a function with this code has returned, or a generator has stopped.
    fn has_returned(&self, code: usize) -> bool {
        let Some(found) = self.codes.get(&code) else {
            return false;
        };
        code::instructions(found).iter().any(|one| {
            matches!(one.op, Opcode::ReturnValue | Opcode::YieldValue)
                && self.begun.contains(&(code, one.index))
        })
    }

    /// Whether there is a loop around all places where functions with this code were seen.
    fn is_in_loop(&self, code: usize) -> bool {
        let Some(found) = self.codes.get(&code) else {
            return false;
        };
        let mut loops = code::loops(&code::instructions(found)).into_iter();
        loops.any(|(first, last)| {
            let mut visited = self.visited.iter().filter(|(of, _)| *of == code);
            visited.all(|(_, index)| (first..=last).contains(index))
        })
    }

    /// Whether each call in the code that was looked at is a step, or one of a function that was
    /// looked at.
    pub(super) fn calls_are_known(&self) -> bool {
        self.codes.iter().all(|(address, code)| {
            let visited: Vec<usize> = self
                .visited
                .iter()
                .filter(|(code, _)| code == address)
                .map(|(_, index)| *index)
                .collect();
            let instructions = code::instructions(code);
            let (first, last) = repeated(&instructions, &visited);
            let is_optimized = code.code.flags.contains(CodeFlags::OPTIMIZED);
            let ends = instructions.iter().skip(1).map(|next| next.index);
            let ends = ends.chain([usize::MAX]);
            instructions
                .iter()
                .zip(ends)
                .filter(|(one, _)| (first..=last).contains(&one.index))
                .all(|(one, end)| match one.op {
                    // A function that has called another stands behind the call's cache.
                    Opcode::Call | Opcode::CallKw | Opcode::CallFunctionEx => self
                        .steps
                        .iter()
                        .any(|(code, index)| code == address && (one.index..end).contains(index)),
                    Opcode::ForIter => is_optimized,
                    Opcode::YieldValue | Opcode::Send => false,
                    _ => true,
                })
        })
    }
}

/// The first and the last instruction of the innermost loop around these: of all, if there is none,
/// since the function is then called again and again. A function that stands where it is repeats
/// nothing.
fn repeated(instructions: &[Decoded], visited: &[usize]) -> (usize, usize) {
    let whole = (0, usize::MAX);
    let (Some(first), Some(last)) = (visited.iter().min(), visited.iter().max()) else {
        return whole;
    };
    let position = |index: usize| instructions.iter().position(|one| one.index == index);
    let loops = instructions.iter().filter_map(|one| {
        if one.op != Opcode::JumpBackward || one.index < *last {
            return None;
        }
        // Counted back from the instruction after this one and its cache.
        let after = position(one.index)
            .and_then(|at| instructions.get(at + 1))
            .map_or(one.index + 2, |next| next.index);
        let target = after.checked_sub(one.arg as usize)?;
        (target <= *first).then_some((target, one.index))
    });
    let innermost = loops.min_by_key(|(target, end)| end - target);
    match innermost {
        Some(found) => found,
        None if first == last => (*first, *last),
        None => whole,
    }
}

/// The variables of a module, of the body of a class, or of code given to `exec`, which are in a
/// dictionary; `None` if they are in something else.
fn names_of(
    frame: &InterpreterFrame,
    vm: &VirtualMachine,
) -> Option<Vec<(PyObjectRef, PyObjectRef)>> {
    let names = frame.locals.get()?;
    let names: &Py<PyDict> = names.obj().downcast_ref_if_exact(vm)?;
    Some(names.to_owned().items_vec())
}

/// No value.
const ABSENT: u64 = 0x9e37;

fn digest(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// What a changed variable, attribute, item or container is; `None` if that is not known.
fn content(value: &PyObject, target: &Held, vm: &VirtualMachine) -> Option<u64> {
    match target {
        Held::Global(..) | Held::Cell(_) => return token(value, vm),
        // What sets the attribute keeps its value in a place of its own.
        Held::Attribute(..) if value.class().slots.descr_set.load().is_some() => return None,
        Held::Attribute(..) => return token(value, vm),
        // A slice, or an item of something else than a list or a dictionary: all of it.
        Held::Item(container, _) if value.is(container) => {}
        Held::Item(..) => return token(value, vm),
        Held::Whole(_) => {}
    }
    if let Some(list) = value.downcast_ref_if_exact::<PyList>(vm) {
        let items = list.borrow_vec();
        return of_all(items.iter().map(|item| &**item), items.len(), vm);
    }
    let dict: &Py<PyDict> = value.downcast_ref_if_exact::<PyDict>(vm)?;
    let entries = dict.to_owned().items_vec();
    let both = entries.iter().flat_map(|(key, value)| [&**key, &**value]);
    of_all(both, entries.len(), vm)
}

fn of_all<'a>(
    items: impl Iterator<Item = &'a PyObject>,
    count: usize,
    vm: &VirtualMachine,
) -> Option<u64> {
    if count > MAX_ITEMS {
        return None;
    }
    let tokens: Option<Vec<u64>> = items.map(|item| token(item, vm)).collect();
    tokens.map(|tokens| digest(&tokens))
}

/// What tells an object from others: of a plain value, that; else its address. `None` for what
/// changes without a step.
fn token(object: &PyObject, vm: &VirtualMachine) -> Option<u64> {
    let class = object.class();
    let types = &vm.ctx.types;
    if class.is(types.int_type)
        && let Some(int) = object.downcast_ref::<PyInt>()
    {
        return Some(digest(&("int", int.to_str_radix_10())));
    }
    if class.is(types.float_type)
        && let Some(float) = object.downcast_ref::<PyFloat>()
    {
        return Some(digest(&("float", float.to_f64().to_bits())));
    }
    if class.is(types.str_type)
        && let Some(text) = object.downcast_ref::<PyStr>()
    {
        return Some(digest(&("str", text.as_bytes())));
    }
    if class.slots.iternext.load().is_some() {
        // Only native iterators say how much is left without running code.
        let counts = ITERATORS.contains(&&*class.name());
        let left = counts.then(|| vm.call_method(object, "__length_hint__", ()))?;
        let left: i64 = left.ok()?.try_into_value(vm).ok()?;
        return Some(digest(&(object.get_id(), left)));
    }
    Some(digest(&("object", object.get_id())))
}

/// Iterators that say how much is left.
const ITERATORS: [&str; 8] = [
    "range_iterator",
    "longrange_iterator",
    "list_iterator",
    "list_reverseiterator",
    "tuple_iterator",
    "str_iterator",
    "bytes_iterator",
    "dict_keyiterator",
];
