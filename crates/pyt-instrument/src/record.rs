//! What a run leaves for its report beside values: where each step's thread stood, down to the
//! thread's first function, and what the locks and queues that it uses are called.

use std::collections::HashMap;

use pyt_explore::{PrimitiveName, RecordedRun, StackFrame};
use pyt_sched::controlled::Place;
use pyt_vm::naming::NameInProgram;

/// So many stacks are kept with local variables; those after them are kept without.
const MAX_WITH_LOCALS: usize = 20_000;

/// How often a name is looked for.
const MAX_ATTEMPTS: u32 = 8;

/// A function on a stack, before its source is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Frame {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) function: String,
    pub(super) is_library: bool,
}

/// Local variables of a function, with their values as text.
pub(super) type Locals = Vec<(String, String)>;

/// What was recorded so far.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// By number, from 1, with the local variables of the innermost function.
    stacks: Vec<(Vec<Frame>, Locals)>,
    numbers: HashMap<(Vec<Frame>, Locals), u64>,
    names: HashMap<usize, PrimitiveName>,
    made: HashMap<usize, Place>,
    attempts: HashMap<usize, u32>,
    /// Instances that have a name: the number of each among those of its class.
    instances: HashMap<(String, usize), usize>,
    instances_of: HashMap<String, usize>,
}

impl Records {
    /// The number of a stack, innermost first, and of local variables.
    pub(super) fn number_of(&mut self, stack: Vec<Frame>, mut locals: Locals) -> u64 {
        if self.stacks.len() >= MAX_WITH_LOCALS {
            locals.clear();
        }
        let stack = (stack, locals);
        if let Some(known) = self.numbers.get(&stack) {
            return *known;
        }
        self.stacks.push(stack.clone());
        let number = self.stacks.len() as u64;
        self.numbers.insert(stack, number);
        number
    }

    /// Whether the name of a primitive is to be looked for.
    pub(super) fn lacks_name(&mut self, object: usize) -> bool {
        if self.names.contains_key(&object) {
            return false;
        }
        let attempts = self.attempts.entry(object).or_default();
        *attempts += 1;
        *attempts <= MAX_ATTEMPTS
    }

    pub(super) fn made(&mut self, object: usize, place: Place) {
        self.made.insert(object, place);
        // The address may have been another object's.
        self.names.remove(&object);
        self.attempts.remove(&object);
    }

    pub(super) fn name(&mut self, object: usize, found: NameInProgram) {
        let NameInProgram {
            text,
            instance,
            function,
        } = found;
        let instance = instance.map(|(class, address)| {
            let known = self.instances.get(&(class.clone(), address)).copied();
            let number = known.unwrap_or_else(|| {
                let count = self.instances_of.entry(class.clone()).or_default();
                *count += 1;
                self.instances.insert((class.clone(), address), *count);
                *count
            });
            (class, number)
        });
        let name = PrimitiveName {
            text: Some(text),
            instance,
            function,
            made_at: None,
        };
        self.names.insert(object, name);
    }

    /// All of it. `source` finds the text of a line.
    pub(super) fn take(&mut self, mut source: impl FnMut(&str, usize) -> String) -> RecordedRun {
        let Self {
            stacks,
            mut names,
            made,
            ..
        } = std::mem::take(self);
        for (object, place) in made {
            names.entry(object).or_default().made_at = Some(place);
        }
        let mut shown = |frame: Frame| StackFrame {
            text: source(&frame.file, frame.line),
            file: frame.file,
            line: frame.line,
            function: frame.function,
            is_library: frame.is_library,
        };
        let (stacks, locals): (Vec<_>, _) = stacks.into_iter().unzip();
        RecordedRun {
            values: Vec::new(),
            of_library: Vec::new(),
            stacks: stacks
                .into_iter()
                .map(|stack| stack.into_iter().map(&mut shown).collect())
                .collect(),
            locals,
            names,
            ..RecordedRun::default()
        }
    }
}
