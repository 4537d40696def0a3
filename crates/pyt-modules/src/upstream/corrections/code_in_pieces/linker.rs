//! Puts the code of pieces together to that of the whole module.
//!
//! Instructions keep what they do: constants, names and variables get their numbers in the whole,
//! jumps their new ways, and arguments that grow a prefix. As upstream lays code out, what handles
//! exceptions is behind all else.

use std::collections::HashMap;

use rustpython_vm::{
    PyRef, VirtualMachine,
    builtins::PyCode,
    bytecode::{
        CodeUnits, ExceptionTableEntry, Opcode, decode_exception_table, encode_exception_table,
    },
};

use super::{
    layout::{lay_out, write},
    pools::Pools,
    units::{Place, Unit, decode, table_of},
};

/// Code that is put in the place of a name that is read.
pub(super) struct Part {
    pub(super) code: PyRef<PyCode>,
    /// What it is assigned to in its piece.
    pub(super) stored_as: &'static str,
    /// The place of the display that it was compiled as, besides the last line.
    pub(super) display: (i32, u32),
    pub(super) last_line: i32,
}

/// What of the code of a piece is of the module.
pub(super) enum Bounds {
    /// All of it: there is one piece.
    Module,
    /// What is from this line on, with the end of the module.
    From(i32),
    /// What is before the function that is defined in this line, and statements behind.
    Until(i32),
}

#[derive(Clone, Copy)]
struct Item {
    opcode: Opcode,
    arg: u32,
    target: Option<usize>,
    place: Place,
    /// The piece and the unit in it: of the same place.
    source: (usize, usize),
}

#[derive(Clone, Copy)]
struct Label {
    is_cold: bool,
    index: usize,
}

/// A range of instructions and what handles its exceptions, as numbers of labels.
struct Handler {
    entry: ExceptionTableEntry,
    labels: [usize; 3],
}

#[derive(Default)]
pub(super) struct Linker {
    pieces: Vec<PyRef<PyCode>>,
    hot: Vec<Item>,
    cold: Vec<Item>,
    labels: Vec<Option<Label>>,
    handlers: Vec<Handler>,
    pools: Pools,
    stack: u32,
}

impl Linker {
    /// Adds the code of a piece, with the parts that are read in it. `None` if it is not of the
    /// form that is known here.
    pub(super) fn add(
        &mut self,
        code: &PyRef<PyCode>,
        bounds: &Bounds,
        parts: &HashMap<String, Part>,
        vm: &VirtualMachine,
    ) -> Option<()> {
        let units = decode(code)?;
        if let Some(first) = self.pieces.first()
            && (units.first()?.opcode != Opcode::Resume || code.code.flags != first.code.flags)
        {
            return None;
        }
        let returns = |unit: &Unit| unit.opcode == Opcode::ReturnValue;
        let begin = usize::from(!self.pieces.is_empty());
        let (hot, removed) = match bounds {
            Bounds::Module => (0..units.len(), 0),
            Bounds::From(line) => {
                let is_before = |unit: &Unit| unit.place.line().is_some_and(|own| own < *line);
                let begin = units.iter().position(|unit| !is_before(unit))?;
                (begin..units.len(), 0)
            }
            Bounds::Until(line) => {
                let is_tail = |unit: &Unit| unit.place.line() == Some(*line);
                let at = units.iter().position(is_tail)?;
                let tail = &units[at..];
                let defines = [Opcode::LoadConst, Opcode::MakeFunction, Opcode::StoreName];
                if !tail.iter().map(|unit| unit.opcode).take(3).eq(defines) {
                    return None;
                }
                let last = tail.iter().position(returns)?;
                (begin..at, last + 1)
            }
        };
        let cold = hot.end + removed..units.len();
        if matches!(bounds, Bounds::Until(_))
            && (units[hot.clone()].iter().any(returns) || units[cold.clone()].iter().any(returns))
        {
            return None;
        }
        let stack = stack_of(code, &units, parts);
        self.stack = self.stack.max(stack);
        let kept = [&units[hot.clone()], &units[cold.clone()]];
        let numbers = self.pools.numbers(code, kept, parts, vm)?;
        let piece = self.pieces.len();
        self.pieces.push(code.clone());

        let labels = self.labels.len();
        self.labels.resize(labels + units.len() + 1, None);
        let at_offset = |offset: usize| {
            let index = units.partition_point(|unit| unit.begin < offset);
            let is_begin = units.get(index).is_none_or(|unit| unit.begin == offset);
            is_begin.then_some(index)
        };
        for (is_cold, range) in [(false, hot.clone()), (true, cold)] {
            for index in range {
                let unit = &units[index];
                self.bind(labels + index, is_cold);
                let name = code.code.names.get(unit.arg as usize);
                let part = match unit.opcode {
                    Opcode::LoadName => name.and_then(|name| parts.get(name.as_str())),
                    _ => None,
                };
                if let Some(part) = part {
                    // The instruction that puts it into the display.
                    let update = units.get(index + 1)?;
                    if is_cold {
                        return None;
                    }
                    self.add_part(part, (piece, update), parts, vm)?;
                    continue;
                }
                let target = match unit.target {
                    Some(offset) => Some(labels + at_offset(offset)?),
                    None => None,
                };
                let item = Item {
                    opcode: unit.opcode,
                    arg: numbers.argument(unit)?,
                    target,
                    place: unit.place,
                    source: (piece, unit.offset),
                };
                if is_cold {
                    self.cold.push(item);
                } else {
                    self.hot.push(item);
                }
            }
            match is_cold {
                false => self.bind(labels + hot.end, false),
                true if removed > 0 => self.bind(labels + units.len(), true),
                true => {}
            }
        }
        for entry in decode_exception_table(&code.code.exceptiontable) {
            let mut ends = [0; 3];
            for (bound, offset) in ends.iter_mut().zip([entry.start, entry.end, entry.target]) {
                *bound = labels + at_offset(offset as usize)?;
            }
            self.handlers.push(Handler {
                entry,
                labels: ends,
            });
        }
        Some(())
    }

    /// A label is of the next instruction. The last of a piece may be bound twice: to the end of
    /// its code, and nothing is behind that.
    fn bind(&mut self, label: usize, is_cold: bool) {
        let index = if is_cold {
            self.cold.len()
        } else {
            self.hot.len()
        };
        self.labels[label] = Some(Label { is_cold, index });
    }

    /// Adds a display, whose instructions get the place of the `update` that follows.
    fn add_part(
        &mut self,
        part: &Part,
        (outer, update): (usize, &Unit),
        parts: &HashMap<String, Part>,
        vm: &VirtualMachine,
    ) -> Option<()> {
        let code = &part.code;
        if !code.code.exceptiontable.is_empty() {
            return None;
        }
        let units = decode(code)?;
        let end = units.len().checked_sub(3)?;
        let store = &units[end];
        let stored = code.code.names.get(store.arg as usize)?;
        let tail = [Opcode::StoreName, Opcode::LoadConst, Opcode::ReturnValue];
        let has_tail = units[end..].iter().map(|unit| unit.opcode).eq(tail);
        if !has_tail || stored.as_str() != part.stored_as || units[0].opcode != Opcode::Resume {
            return None;
        }
        let kept = &units[1..end];
        let is_other_end = |unit: &Unit| {
            unit.opcode == Opcode::ReturnValue
                || unit.opcode == Opcode::StoreName && unit.arg == store.arg
        };
        if kept.iter().any(is_other_end) {
            return None;
        }
        let numbers = self.pools.numbers(code, [kept, &[]], parts, vm)?;
        let piece = self.pieces.len();
        self.pieces.push(code.clone());
        let labels = self.labels.len();
        self.labels.resize(labels + units.len() + 1, None);
        for (index, unit) in units.iter().enumerate().take(end).skip(1) {
            self.bind(labels + index, false);
            let name = code.code.names.get(unit.arg as usize);
            if unit.opcode == Opcode::LoadName
                && let Some(part) = name.and_then(|name| parts.get(name.as_str()))
            {
                self.add_part(part, (piece, &units[index + 1]), parts, vm)?;
                continue;
            }
            let target = match unit.target {
                Some(offset) => {
                    let index = units.iter().position(|unit| unit.begin == offset)?;
                    Some(labels + index)
                }
                None => None,
            };
            let (place, source) = if part.is_display(unit.place) {
                (update.place, (outer, update.offset))
            } else {
                (unit.place, (piece, unit.offset))
            };
            self.hot.push(Item {
                opcode: unit.opcode,
                arg: numbers.argument(unit)?,
                target,
                place,
                source,
            });
        }
        self.bind(labels + end, false);
        Some(())
    }

    /// The code of the whole module.
    pub(super) fn finish(self, vm: &VirtualMachine) -> Option<PyRef<PyCode>> {
        let hot = self.hot.len();
        let items: Vec<Item> = self.hot.iter().chain(&self.cold).copied().collect();
        let index_of = |label: usize| {
            let label = (*self.labels.get(label)?)?;
            Some(if label.is_cold { hot } else { 0 } + label.index)
        };
        let mut targets = Vec::with_capacity(items.len());
        for item in &items {
            targets.push(match item.target {
                Some(label) => Some(index_of(label)?),
                None => None,
            });
        }
        let opcodes: Vec<Opcode> = items.iter().map(|item| item.opcode).collect();
        let args = items.iter().map(|item| item.arg).collect();
        let (args, begins) = lay_out(&opcodes, args, &targets)?;
        let mut units = Vec::new();
        let mut locations = Vec::new();
        for (item, arg) in items.iter().zip(&args) {
            let before = units.len();
            write(&mut units, item.opcode, *arg)?;
            let (piece, unit) = item.source;
            let location = *self.pieces[piece].code.locations.get(unit)?;
            locations.extend(std::iter::repeat_n(location, units.len() - before));
        }
        let first = &self.pieces[0].code;
        let lengths = begins.windows(2).map(|pair| pair[1] - pair[0]);
        let places = items.iter().map(|item| item.place).zip(lengths);
        let line = i32::try_from(first.first_line_number?.get()).ok()?;
        let mut entries = Vec::new();
        for handler in &self.handlers {
            let mut ends = [0; 3];
            for (bound, label) in ends.iter_mut().zip(handler.labels) {
                *bound = u32::try_from(begins[index_of(label)?]).ok()?;
            }
            let [start, end, target] = ends;
            if start >= end {
                return None;
            }
            entries.push(ExceptionTableEntry {
                start,
                end,
                target,
                ..handler.entry
            });
        }
        entries.sort_by_key(|entry| entry.start);
        let mut code = first.clone();
        code.linetable = table_of(places, line).into_boxed_slice();
        code.exceptiontable = encode_exception_table(&entries);
        code.instructions = CodeUnits::from(units);
        code.locations = locations.into_boxed_slice();
        code.constants = self.pools.constants.into_iter().map(Into::into).collect();
        code.names = self.pools.names.into_boxed_slice();
        code.varnames = self.pools.variables.into_boxed_slice();
        code.localspluskinds = self.pools.kinds.into_boxed_slice();
        code.max_stackdepth = self.stack;
        Some(PyCode::new_ref_with_bag(vm, code))
    }
}

impl Part {
    fn is_display(&self, place: Place) -> bool {
        let (line, column) = self.display;
        match place {
            Place::None => false,
            Place::Line(of_place) => of_place == line,
            Place::Range {
                line: of_place,
                end_line,
                column: begin,
                ..
            } => of_place == line && begin == Some(column) && end_line == self.last_line,
        }
    }
}

/// How deep the stack gets at most, with the parts.
fn stack_of(code: &PyCode, units: &[Unit], parts: &HashMap<String, Part>) -> u32 {
    let reads = |unit: &&Unit| unit.opcode == Opcode::LoadName;
    let read = units.iter().filter(reads).filter_map(|unit| {
        let name = code.code.names.get(unit.arg as usize)?;
        parts.get(name.as_str())
    });
    let deepest = read.map(|part| {
        let units = decode(&part.code).unwrap_or_default();
        stack_of(&part.code, &units, parts)
    });
    code.code.max_stackdepth + deepest.max().unwrap_or(0)
}
