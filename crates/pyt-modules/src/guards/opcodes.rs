//! The opcodes of a pickle, read only for the places in its memo that they name.

/// Up to this place no memo is too long.
pub(super) const SMALL: u64 = 1 << 20;

/// What the next byte of a pickle is part of.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Opcode,
    /// So many bytes that say nothing.
    Bytes(u64),
    /// So many lines that say nothing.
    Lines(u8),
    /// A line whose digits are a place in the memo.
    Index(u64),
    /// A number in binary: how many bytes are left, the value of those before, and what it is.
    Number {
        left: u8,
        shift: u32,
        value: u64,
        is_length: bool,
    },
}

/// A place in the memo that no pickle of this length needs.
#[derive(Debug)]
pub(super) struct TooFar(pub(super) u64);

/// Reads a pickle in pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Opcodes {
    place: Place,
    /// How many bytes there were.
    read: u64,
    /// What follows the first pickle is not read.
    is_one: bool,
}

impl Opcodes {
    /// For bytes of which only the first pickle matters.
    pub(super) fn of_one() -> Self {
        Self {
            is_one: true,
            ..Self::default()
        }
    }

    /// Reads more of it.
    ///
    /// # Errors
    /// A place beyond [`SMALL`] that is greater than the number of bytes until then. What writes
    /// pickles uses one place after another.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Result<(), TooFar> {
        while let [first, rest @ ..] = bytes {
            let skipped = match self.place {
                Place::Bytes(most) => {
                    usize::try_from(most).map_or(bytes.len(), |most| most.min(bytes.len()))
                }
                _ => 0,
            };
            if let Place::Bytes(most) = &mut self.place {
                *most -= skipped as u64;
                self.read += skipped as u64;
                bytes = &bytes[skipped..];
                if *most == 0 {
                    self.place = Place::Opcode;
                }
                continue;
            }
            self.read += 1;
            if self.is_one && matches!(self.place, Place::Opcode) && *first == b'.' {
                return Ok(());
            }
            bytes = rest;
            self.place = self.after(*first)?;
        }
        Ok(())
    }

    /// Where the next byte is, after this one, which is not one of those that say nothing.
    fn after(&self, byte: u8) -> Result<Place, TooFar> {
        Ok(match self.place {
            Place::Opcode => operand(byte),
            Place::Bytes(_) => self.place,
            Place::Lines(1) if byte == b'\n' => Place::Opcode,
            Place::Lines(lines) if byte == b'\n' => Place::Lines(lines - 1),
            Place::Lines(lines) => Place::Lines(lines),
            Place::Index(index) if byte == b'\n' => {
                self.check(index)?;
                Place::Opcode
            }
            Place::Index(index) if byte.is_ascii_digit() => {
                let digit = u64::from(byte - b'0');
                Place::Index(index.saturating_mul(10).saturating_add(digit))
            }
            Place::Index(index) => Place::Index(index),
            Place::Number {
                left,
                shift,
                value,
                is_length,
            } => {
                let value = value | (u64::from(byte) << shift);
                match (left, is_length) {
                    (1, true) if value == 0 => Place::Opcode,
                    (1, true) => Place::Bytes(value),
                    (1, false) => {
                        self.check(value)?;
                        Place::Opcode
                    }
                    _ => Place::Number {
                        left: left - 1,
                        shift: shift + 8,
                        value,
                        is_length,
                    },
                }
            }
        })
    }

    fn check(&self, index: u64) -> Result<(), TooFar> {
        if index <= SMALL.max(self.read) {
            Ok(())
        } else {
            Err(TooFar(index))
        }
    }
}

/// What follows an opcode. Of one that is not known, nothing: it ends the pickle.
fn operand(opcode: u8) -> Place {
    let number = |left, is_length| Place::Number {
        left,
        shift: 0,
        value: 0,
        is_length,
    };
    match opcode {
        b'p' => Place::Index(0),
        b'r' => number(4, false),
        // Numbers, places in the memo that are read or small, extensions, frames.
        b'K' | b'h' | b'q' | 0x80 | 0x82 => Place::Bytes(1),
        b'M' | 0x83 => Place::Bytes(2),
        b'J' | b'j' | 0x84 => Place::Bytes(4),
        b'G' | 0x95 => Place::Bytes(8),
        // Text, bytes and integers with their length before them.
        b'U' | b'C' | 0x8a | 0x8c => number(1, true),
        b'T' | b'X' | b'B' | 0x8b => number(4, true),
        0x8d | 0x8e | 0x96 => number(8, true),
        b'F' | b'I' | b'L' | b'P' | b'S' | b'V' | b'g' => Place::Lines(1),
        b'c' | b'i' => Place::Lines(2),
        _ => Place::Opcode,
    }
}

#[cfg(test)]
mod tests {
    use super::Opcodes;

    fn is_too_far(pieces: &[&[u8]]) -> bool {
        let mut opcodes = Opcodes::default();
        pieces.iter().any(|piece| opcodes.read(piece).is_err())
    }

    #[test]
    fn places_are_found_between_other_operands() {
        let far = b"r\xff\xff\xff\x7f";
        assert!(is_too_far(&[b"N", far]));
        assert!(is_too_far(&[b"Np99999999999\n"]));
        assert!(is_too_far(&[b"Np9999", b"9999999\n"]));
        assert!(is_too_far(&[b"\x8c\x01r", far]));
        assert!(is_too_far(&[b"cr\nr\n", far]));
        assert!(is_too_far(&[
            b"X\x00\x00\x00\x00r\xff",
            b"\xff\xff",
            b"\x7f"
        ]));
        assert!(is_too_far(&[b"\x95\x08\x00\x00\x00\x00\x00\x00\x00N", far]));
    }

    #[test]
    fn what_follows_a_pickle_is_another_one_of_a_stream() {
        let two = b"N.Nr\xff\xff\xff\x7f";
        assert!(is_too_far(&[two]));
        assert!(Opcodes::of_one().read(two).is_ok());
    }

    #[test]
    fn other_operands_are_no_places() {
        let far = b"r\xff\xff\xff\x7f";
        assert!(!is_too_far(&[b"C\x05", far, b"q\xff."]));
        assert!(!is_too_far(&[b"T\x05\x00\x00\x00", far]));
        assert!(!is_too_far(&[b"J", b"rrrr", b"Vp99999999999\n."]));
        assert!(!is_too_far(&[b"Np00007\nr\x00\x00\x01\x00."]));
    }
}
