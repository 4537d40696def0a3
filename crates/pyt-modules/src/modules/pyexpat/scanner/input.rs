//! The bytes of a document, decoded as they come, and where in them the scanner is.

use super::errors::{Code, INCORRECT_ENCODING};

/// A place in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// From 1 on.
    pub(crate) line: u64,
    /// In characters, from 0 on.
    pub(crate) column: u64,
    /// In bytes of the document, from 0 on.
    pub(crate) byte: u64,
}

#[derive(Debug)]
enum Encoding {
    /// Not known yet: too few bytes have come.
    Unknown,
    Utf8,
    Utf16 {
        big_endian: bool,
    },
    /// What each byte stands for.
    Table(Box<[Option<char>; 256]>),
}

/// Why decoding goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undecoded {
    Nothing,
    /// The first bytes of a character.
    Partial,
    Invalid,
}

#[derive(Debug)]
pub(super) struct Input {
    encoding: Encoding,
    /// Whether the encoding is one that a declaration may replace by another.
    may_be_replaced: bool,
    raw: Vec<u8>,
    /// Decoded, from `base` on.
    pub(super) text: String,
    /// What of `text` has been read.
    pub(super) at: usize,
    /// The place of `placed` in `text`.
    place: Place,
    placed: usize,
    undecoded: Undecoded,
    pub(super) is_final: bool,
}

/// How much of what was read is kept before it is dropped.
const KEPT: usize = 1 << 16;

impl Input {
    pub(super) fn new() -> Self {
        Self {
            encoding: Encoding::Unknown,
            may_be_replaced: true,
            raw: Vec::new(),
            text: String::new(),
            at: 0,
            place: Place {
                line: 1,
                column: 0,
                byte: 0,
            },
            placed: 0,
            undecoded: Undecoded::Nothing,
            is_final: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], is_final: bool) {
        if self.at > KEPT {
            self.place_of(self.at);
            self.text.drain(..self.at);
            self.placed -= self.at;
            self.at = 0;
        }
        self.raw.extend_from_slice(bytes);
        self.is_final = is_final;
        if matches!(self.encoding, Encoding::Unknown) {
            self.detect();
        }
        self.decode();
    }

    /// Has all bytes be of UTF-8, or of what each byte stands for, whatever a declaration says.
    pub(super) fn force(&mut self, table: Option<Box<[Option<char>; 256]>>) {
        self.encoding = table.map_or(Encoding::Utf8, Encoding::Table);
        self.may_be_replaced = false;
    }

    pub(super) fn force_utf16(&mut self, big_endian: bool) {
        self.encoding = Encoding::Utf16 { big_endian };
        self.may_be_replaced = false;
    }

    fn detect(&mut self) {
        let raw = &self.raw;
        let (encoding, mark) = match raw.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [0xef, 0xbb] | [0xef] if !self.is_final => return,
            [0xfe, 0xff, ..] => (Encoding::Utf16 { big_endian: true }, 2),
            [0xff, 0xfe, ..] => (Encoding::Utf16 { big_endian: false }, 2),
            [0, _, ..] => (Encoding::Utf16 { big_endian: true }, 0),
            [_, 0, ..] => (Encoding::Utf16 { big_endian: false }, 0),
            [_] | [] if !self.is_final => return,
            _ => (Encoding::Utf8, 0),
        };
        self.encoding = encoding;
        self.raw.drain(..mark);
        self.place.byte += mark as u64;
        // The mark counts as a character, as Expat counts it.
        self.place.column += u64::from(mark > 0);
    }

    fn decode(&mut self) {
        if self.undecoded == Undecoded::Invalid {
            return;
        }
        self.undecoded = Undecoded::Nothing;
        match &self.encoding {
            Encoding::Unknown => {}
            Encoding::Utf8 => match std::str::from_utf8(&self.raw) {
                Ok(text) => {
                    self.text.push_str(text);
                    self.raw.clear();
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    let text = std::str::from_utf8(&self.raw[..valid]).unwrap_or("");
                    self.text.push_str(text);
                    self.raw.drain(..valid);
                    self.undecoded = match error.error_len() {
                        Some(_) => Undecoded::Invalid,
                        None => Undecoded::Partial,
                    };
                }
            },
            Encoding::Utf16 { big_endian } => {
                let read = |pair: &[u8]| match *big_endian {
                    true => u16::from_be_bytes([pair[0], pair[1]]),
                    false => u16::from_le_bytes([pair[0], pair[1]]),
                };
                let mut used = 0;
                while let Some(pair) = self.raw.get(used..used + 2) {
                    let unit = read(pair);
                    let second = self.raw.get(used + 2..used + 4).map(read);
                    let is_first = (0xd800..0xdc00).contains(&unit);
                    if is_first && second.is_none() {
                        break;
                    }
                    let units = [unit, second.unwrap_or(0)];
                    let count = if is_first { 2 } else { 1 };
                    match char::decode_utf16(units[..count].iter().copied()).next() {
                        Some(Ok(c)) => self.text.push(c),
                        _ => {
                            self.undecoded = Undecoded::Invalid;
                            break;
                        }
                    }
                    used += 2 * count;
                }
                self.raw.drain(..used);
                if self.undecoded == Undecoded::Nothing && !self.raw.is_empty() {
                    self.undecoded = Undecoded::Partial;
                }
            }
            Encoding::Table(table) => {
                for (index, byte) in self.raw.iter().enumerate() {
                    match table[usize::from(*byte)] {
                        Some(c) => self.text.push(c),
                        None => {
                            self.undecoded = Undecoded::Invalid;
                            self.raw.drain(..index);
                            return;
                        }
                    }
                }
                self.raw.clear();
            }
        }
    }

    /// Whether what follows the text is no character.
    pub(super) fn is_invalid_behind(&self) -> bool {
        self.undecoded == Undecoded::Invalid
    }

    /// Whether the document ends within a character.
    pub(super) fn ends_within_char(&self) -> bool {
        self.is_final && self.undecoded == Undecoded::Partial
    }

    /// A declaration that ends at `end` says that the encoding is this one. `Ok(false)`: it has to
    /// be made known by a table.
    pub(super) fn declare(&mut self, encoding: &str, end: usize) -> Result<bool, Code> {
        if !self.may_be_replaced {
            return Ok(true);
        }
        let name = encoding.to_ascii_lowercase();
        let is_utf16 = matches!(self.encoding, Encoding::Utf16 { .. });
        match name.as_str() {
            "utf-16" | "utf-16le" | "utf-16be" if is_utf16 => Ok(true),
            "utf-16" | "utf-16le" | "utf-16be" => Err(INCORRECT_ENCODING),
            _ if is_utf16 => Err(INCORRECT_ENCODING),
            "utf-8" => Ok(true),
            "us-ascii" => {
                self.replace(
                    Box::new(std::array::from_fn(|byte| {
                        u8::try_from(byte).ok().filter(u8::is_ascii).map(char::from)
                    })),
                    end,
                );
                Ok(true)
            }
            "iso-8859-1" => {
                self.replace(
                    Box::new(std::array::from_fn(|byte| {
                        u8::try_from(byte).ok().map(char::from)
                    })),
                    end,
                );
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Has what follows `end` decoded anew: each byte by the table.
    pub(super) fn replace(&mut self, table: Box<[Option<char>; 256]>, end: usize) {
        let mut raw = self.text.split_off(end).into_bytes();
        raw.append(&mut self.raw);
        self.raw = raw;
        self.undecoded = Undecoded::Nothing;
        self.encoding = Encoding::Table(table);
        self.decode();
    }

    /// The place of what is at `at`, which is not before the last one asked for.
    pub(super) fn place_of(&mut self, at: usize) -> Place {
        let Some(passed) = self.text.get(self.placed..at) else {
            return self.place;
        };
        let mut is_after_return = self.text[..self.placed].ends_with('\r');
        for c in passed.chars() {
            self.place.byte += match &self.encoding {
                Encoding::Utf16 { .. } => 2 * c.len_utf16() as u64,
                Encoding::Table(_) => 1,
                Encoding::Utf8 | Encoding::Unknown => c.len_utf8() as u64,
            };
            match c {
                '\n' if is_after_return => {}
                '\n' | '\r' => {
                    self.place.line += 1;
                    self.place.column = 0;
                }
                _ => self.place.column += 1,
            }
            is_after_return = c == '\r';
        }
        self.placed = at;
        self.place
    }

    /// As [`place_of`](Self::place_of), for a place that may be before others.
    pub(super) fn place_ahead(&self, at: usize) -> Place {
        let text = self.text.get(self.placed..at.max(self.placed));
        let mut ahead = Self {
            encoding: match &self.encoding {
                Encoding::Utf16 { big_endian } => Encoding::Utf16 {
                    big_endian: *big_endian,
                },
                Encoding::Table(table) => Encoding::Table(table.clone()),
                Encoding::Utf8 | Encoding::Unknown => Encoding::Utf8,
            },
            text: text.unwrap_or("").to_owned(),
            place: self.place,
            ..Self::new()
        };
        let end = ahead.text.len();
        ahead.place_of(end)
    }
}
