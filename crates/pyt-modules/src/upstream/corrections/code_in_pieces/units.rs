//! The instructions of a code object, and of which place in the text they are.

use rustpython_vm::{
    builtins::PyCode,
    bytecode::{OpArgState, Opcode, PyCodeLocationInfoKind},
};

/// What a table of lines says of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    None,
    Line(i32),
    Range {
        line: i32,
        end_line: i32,
        column: Option<u32>,
        end_column: Option<u32>,
    },
}

impl Place {
    pub(super) fn line(self) -> Option<i32> {
        match self {
            Self::None => None,
            Self::Line(line) | Self::Range { line, .. } => Some(line),
        }
    }
}

/// An instruction with its whole argument.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) opcode: Opcode,
    pub(super) arg: u32,
    /// Where it is, without what extends its argument.
    pub(super) offset: usize,
    /// Where that begins.
    pub(super) begin: usize,
    /// Where a jump leads.
    pub(super) target: Option<usize>,
    pub(super) place: Place,
}

pub(super) fn is_backward(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt
    )
}

/// The instructions of code that has not run. `None` if there is one whose argument is not known
/// here.
pub(super) fn decode(code: &PyCode) -> Option<Vec<Unit>> {
    let units = &code.code.instructions;
    let first = code.code.first_line_number?;
    let places = places(
        &code.code.linetable,
        i32::try_from(first.get()).ok()?,
        units.len(),
    )?;
    let mut decoded = Vec::new();
    let mut argument = OpArgState::default();
    let (mut index, mut begin) = (0, 0);
    while index < units.len() {
        let instruction = units.read_op(index);
        let arg = u32::from(argument.extend(units.read_arg(index)));
        let opcode = instruction.as_opcode();
        let next = index + 1 + instruction.cache_entries();
        if opcode == Opcode::ExtendedArg {
            index = next;
            continue;
        }
        if opcode.is_instrumented() || matches!(opcode, Opcode::EndAsyncFor | Opcode::Send) {
            return None;
        }
        let target = match opcode.has_jump() {
            true if is_backward(opcode) => Some(next.checked_sub(arg as usize)?),
            true => Some(next + arg as usize),
            false => None,
        };
        decoded.push(Unit {
            opcode,
            arg,
            offset: index,
            begin,
            target,
            place: places[index],
        });
        argument.reset();
        index = next;
        begin = next;
    }
    Some(decoded)
}

/// The places of so many units.
fn places(table: &[u8], first: i32, units: usize) -> Option<Vec<Place>> {
    let mut reader = Reader { table, line: first };
    let mut places = Vec::with_capacity(units);
    while places.len() < units {
        let (place, length) = reader.entry()?;
        places.extend(std::iter::repeat_n(place, length));
    }
    (places.len() == units).then_some(places)
}

struct Reader<'t> {
    table: &'t [u8],
    line: i32,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.table.split_first()?;
        self.table = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<u32> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x3f).checked_shl(shift)?;
            if byte & 0x40 == 0 {
                return Some(number);
            }
            shift += 6;
        }
    }

    fn signed_number(&mut self) -> Option<i32> {
        let number = self.number()?;
        let size = i32::try_from(number >> 1).ok()?;
        Some(if number & 1 == 1 { -size } else { size })
    }

    /// An entry, and of how many units it is.
    fn entry(&mut self) -> Option<(Place, usize)> {
        let head = self.byte()?;
        let length = usize::from(head & 7) + 1;
        let kind = PyCodeLocationInfoKind::from_code((head >> 3) & 15)?;
        let place = match kind {
            PyCodeLocationInfoKind::None => Place::None,
            PyCodeLocationInfoKind::NoColumns => {
                self.line += self.signed_number()?;
                Place::Line(self.line)
            }
            PyCodeLocationInfoKind::Long => {
                self.line += self.signed_number()?;
                let end_line = self.line + i32::try_from(self.number()?).ok()?;
                Place::Range {
                    line: self.line,
                    end_line,
                    column: self.number()?.checked_sub(1),
                    end_column: self.number()?.checked_sub(1),
                }
            }
            _ => {
                let (column, end_column) = match kind.short_column_group() {
                    Some(group) => {
                        let byte = self.byte()?;
                        let column = u32::from(group) << 3 | u32::from(byte >> 4);
                        (column, column + u32::from(byte & 15))
                    }
                    None => {
                        self.line += kind.one_line_delta()?;
                        (u32::from(self.byte()?), u32::from(self.byte()?))
                    }
                };
                Place::Range {
                    line: self.line,
                    end_line: self.line,
                    column: Some(column),
                    end_column: Some(end_column),
                }
            }
        };
        Some((place, length))
    }
}

/// A table of the places of instructions, each with how many units it has.
pub(super) fn table_of(places: impl Iterator<Item = (Place, usize)>, first: i32) -> Vec<u8> {
    let mut writer = Writer {
        table: Vec::new(),
        line: first,
    };
    let mut run: Option<(Place, usize)> = None;
    for (place, length) in places {
        match &mut run {
            Some((same, total)) if *same == place => *total += length,
            _ => {
                if let Some((place, length)) = run.replace((place, length)) {
                    writer.entries(place, length);
                }
            }
        }
    }
    if let Some((place, length)) = run {
        writer.entries(place, length);
    }
    writer.table
}

struct Writer {
    table: Vec<u8>,
    line: i32,
}

impl Writer {
    /// The most units of one entry.
    const MOST: usize = 8;

    fn entries(&mut self, place: Place, mut length: usize) {
        while length > 0 {
            let part = length.min(Self::MOST);
            self.entry(place, part);
            length -= part;
        }
    }

    fn entry(&mut self, place: Place, length: usize) {
        let delta = place.line().map_or(0, |line| line - self.line);
        self.line += delta;
        match place {
            Place::None => self.head(PyCodeLocationInfoKind::None as u8, length),
            Place::Line(_) => {
                self.head(PyCodeLocationInfoKind::NoColumns as u8, length);
                self.signed_number(delta);
            }
            Place::Range {
                line,
                end_line,
                column: Some(column),
                end_column: Some(end),
            } if line == end_line && column <= end && end < 128 && (0..3).contains(&delta) => {
                if delta == 0 && column < 80 && end - column < 16 {
                    self.head(low_byte(column >> 3), length);
                    self.table
                        .push(low_byte((column & 7) << 4 | (end - column)));
                } else {
                    let kind = PyCodeLocationInfoKind::OneLine0 as u8;
                    self.head(kind + low_byte(delta.unsigned_abs()), length);
                    self.table.extend([low_byte(column), low_byte(end)]);
                }
            }
            Place::Range {
                line,
                end_line,
                column,
                end_column,
            } => {
                self.head(PyCodeLocationInfoKind::Long as u8, length);
                self.signed_number(delta);
                self.number(end_line.abs_diff(line));
                self.number(column.map_or(0, |column| column + 1));
                self.number(end_column.map_or(0, |column| column + 1));
            }
        }
    }

    fn head(&mut self, kind: u8, length: usize) {
        let length = u8::try_from(length - 1).unwrap_or_default();
        self.table.push(0x80 | kind << 3 | length);
    }

    fn number(&mut self, mut number: u32) {
        while number > 0x3f {
            self.table.push(0x40 | low_byte(number & 0x3f));
            number >>= 6;
        }
        self.table.push(low_byte(number));
    }

    fn signed_number(&mut self, number: i32) {
        self.number(number.unsigned_abs() << 1 | u32::from(number < 0));
    }
}

/// A number that fits.
fn low_byte(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
