//! Programs for the engine of regular expressions are checked before it gets them: `RuntimeError`,
//! as in CPython.
//!
//! Upstream's engine believes what it is given. A program that `re` has not made could have it read
//! beyond the text, and beyond the program. The check follows each instruction and refuses those
//! that `re` does not emit, and targets outside the program.

use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyInt, PyList},
    common::wtf8::Wtf8,
    function::FuncArgs,
};

use super::{methods::Replaced, stack};

/// The functions whose arguments are replaced by ones that were checked.
pub(super) const FUNCTIONS: &[Replaced] = &[("_sre", "compile", compile)];

/// The stack that is left for anything else when a program is nested too deeply, in bytes.
const RESERVED: usize = 64 << 10;

/// The instructions, by the numbers that `re` and the engine have in common.
mod op {
    pub(super) const FAILURE: u32 = 0;
    pub(super) const SUCCESS: u32 = 1;
    pub(super) const ANY: u32 = 2;
    pub(super) const ANY_ALL: u32 = 3;
    pub(super) const ASSERT: u32 = 4;
    pub(super) const ASSERT_NOT: u32 = 5;
    pub(super) const AT: u32 = 6;
    pub(super) const BRANCH: u32 = 7;
    pub(super) const CATEGORY: u32 = 8;
    pub(super) const CHARSET: u32 = 9;
    pub(super) const BIGCHARSET: u32 = 10;
    pub(super) const GROUPREF: u32 = 11;
    pub(super) const GROUPREF_EXISTS: u32 = 12;
    pub(super) const IN: u32 = 13;
    pub(super) const INFO: u32 = 14;
    pub(super) const JUMP: u32 = 15;
    pub(super) const LITERAL: u32 = 16;
    pub(super) const MARK: u32 = 17;
    pub(super) const MAX_UNTIL: u32 = 18;
    pub(super) const MIN_UNTIL: u32 = 19;
    pub(super) const NOT_LITERAL: u32 = 20;
    pub(super) const NEGATE: u32 = 21;
    pub(super) const RANGE: u32 = 22;
    pub(super) const REPEAT: u32 = 23;
    pub(super) const REPEAT_ONE: u32 = 24;
    pub(super) const MIN_REPEAT_ONE: u32 = 26;
    pub(super) const ATOMIC_GROUP: u32 = 27;
    pub(super) const POSSESSIVE_REPEAT: u32 = 28;
    pub(super) const POSSESSIVE_REPEAT_ONE: u32 = 29;
    pub(super) const GROUPREF_IGNORE: u32 = 30;
    pub(super) const IN_IGNORE: u32 = 31;
    pub(super) const LITERAL_IGNORE: u32 = 32;
    pub(super) const NOT_LITERAL_IGNORE: u32 = 33;
    pub(super) const GROUPREF_LOC_IGNORE: u32 = 34;
    pub(super) const IN_LOC_IGNORE: u32 = 35;
    pub(super) const LITERAL_LOC_IGNORE: u32 = 36;
    pub(super) const NOT_LITERAL_LOC_IGNORE: u32 = 37;
    pub(super) const GROUPREF_UNI_IGNORE: u32 = 38;
    pub(super) const IN_UNI_IGNORE: u32 = 39;
    pub(super) const LITERAL_UNI_IGNORE: u32 = 40;
    pub(super) const NOT_LITERAL_UNI_IGNORE: u32 = 41;
    pub(super) const RANGE_UNI_IGNORE: u32 = 42;
}

/// How many places of text there are, and classes of characters.
const PLACES: u32 = 12;
const CATEGORIES: u32 = 18;

/// Bits of the second word of `INFO`.
const PREFIX: u32 = 1;
const LITERAL_ONLY: u32 = 2;
const SET: u32 = 4;

/// The words of a bitmap of 256 characters, and those of 256 numbers of bitmaps.
const BITMAP: usize = 8;
const INDICES: usize = 64;

fn compile(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<FuncArgs> {
    let groups = argument(&mut args, 3, "groups").map(|groups| groups.to_owned());
    let Some(code) = argument(&mut args, 2, "code") else {
        return Ok(args);
    };
    let invalid = || vm.new_runtime_error("invalid SRE code");
    let Some(list) = code.downcast_ref::<PyList>() else {
        return Err(vm.new_type_error("code must be a list"));
    };
    let words = list.borrow_vec().to_vec();
    let words = words.iter().map(|word| {
        let number = number(word, vm)?;
        u32::try_from(number).ok()
    });
    let words: Option<Vec<u32>> = words.collect();
    let words = words.ok_or_else(invalid)?;
    // What was checked is what is passed on: the list may change, and the numbers be of classes
    // that answer differently each time.
    let checked = words.iter().map(|word| vm.ctx.new_int(*word).into());
    *code = vm.ctx.new_list(checked.collect()).into();
    if let Some(groups) = groups {
        let count = number(&groups, vm).and_then(|count| usize::try_from(count).ok());
        let count = count.ok_or_else(invalid)?;
        if !is_valid(&words, count) {
            return Err(invalid());
        }
        if let Some(groups) = argument(&mut args, 3, "groups") {
            *groups = vm.ctx.new_int(count).into();
        }
    }
    Ok(args)
}

fn argument<'a>(args: &'a mut FuncArgs, at: usize, name: &str) -> Option<&'a mut PyObjectRef> {
    match args.args.get_mut(at) {
        Some(argument) => Some(argument),
        None => args.kwargs.get_mut(Wtf8::new(name)),
    }
}

fn number(object: &PyObjectRef, vm: &VirtualMachine) -> Option<u64> {
    let number = object.downcast_ref::<PyInt>()?;
    number.try_to_primitive(vm).ok()
}

/// Whether `re` could have made this program, for so many groups.
fn is_valid(code: &[u32], groups: usize) -> bool {
    // Each group has a place in the program, but for those of a repetition that is left out.
    let program = Program { code, groups };
    program.top().is_some()
}

/// `None` from its methods means that the program is not valid.
struct Program<'a> {
    code: &'a [u32],
    groups: usize,
}

impl Program<'_> {
    fn word(&self, at: usize) -> Option<u32> {
        self.code.get(at).copied()
    }

    /// Where the distance in the word `at` leads.
    fn target(&self, at: usize) -> Option<usize> {
        let target = at.checked_add(self.word(at)? as usize)?;
        (target > at && target <= self.code.len()).then_some(target)
    }

    fn is(&self, at: usize, word: u32) -> Option<()> {
        (self.word(at)? == word).then_some(())
    }

    /// All of it: an information, the pattern, and its end.
    fn top(&self) -> Option<()> {
        let last = self.code.len().checked_sub(1)?;
        self.is(last, op::SUCCESS)?;
        let begin = match self.word(0)? {
            op::INFO => self.information()?,
            _ => 0,
        };
        self.sequence(begin, last)
    }

    fn information(&self) -> Option<usize> {
        let end = self.target(1)?;
        let flags = self.word(2)?;
        // The least and the greatest length.
        self.word(4)?;
        if flags & PREFIX != 0 {
            let length = self.word(5)? as usize;
            let skip = self.word(6)? as usize;
            let prefix = self.code.get(7..7_usize.checked_add(length)?)?;
            let overlap = self.code.get(7 + length..7 + length.checked_mul(2)?)?;
            let is_literal = flags & LITERAL_ONLY != 0;
            if length == 0 || skip > length || end != 7 + 2 * length {
                return None;
            }
            if overlap.iter().any(|at| *at as usize >= length) || overlap[0] != 0 {
                return None;
            }
            // What is skipped is what was found.
            for (index, character) in prefix[..skip].iter().enumerate() {
                self.is(end + 2 * index, op::LITERAL)?;
                self.is(end + 2 * index + 1, *character)?;
            }
            if is_literal && skip != length {
                return None;
            }
        } else if flags & SET != 0 {
            self.set(5, end)?;
        } else if end != 5 {
            return None;
        }
        Some(end)
    }

    /// Instructions from `at` up to exactly `end`.
    fn sequence(&self, mut at: usize, end: usize) -> Option<()> {
        while at < end {
            at = self.instruction(at, end)?;
        }
        (at == end).then_some(())
    }

    /// As [`sequence`](Self::sequence), of which the last instruction is the end of a pattern.
    fn pattern(&self, at: usize, end: usize) -> Option<()> {
        let last = end.checked_sub(1)?;
        self.is(last, op::SUCCESS)?;
        self.sequence(at, last)
    }

    /// The place after the instruction at `at`, which does not lead beyond `end`.
    fn instruction(&self, at: usize, end: usize) -> Option<usize> {
        if stack::remaining() < RESERVED {
            return None;
        }
        if let Some(next) = self.unit(at) {
            return Some(next);
        }
        let argument = self.word(at + 1);
        match self.word(at)? {
            op::AT => (argument? < PLACES).then_some(at + 2),
            op::MARK => ((argument? as usize) < self.groups.checked_mul(2)?).then_some(at + 2),
            op::GROUPREF
            | op::GROUPREF_IGNORE
            | op::GROUPREF_LOC_IGNORE
            | op::GROUPREF_UNI_IGNORE => ((argument? as usize) < self.groups).then_some(at + 2),
            op::BRANCH => self.branch(at, end),
            op::GROUPREF_EXISTS => self.conditional(at, end),
            op::ASSERT | op::ASSERT_NOT => {
                self.word(at + 2)?;
                let after = self.target(at + 1)?;
                self.pattern(at + 3, after)?;
                Some(after)
            }
            op::ATOMIC_GROUP => {
                let after = self.target(at + 1)?;
                self.pattern(at + 2, after)?;
                Some(after)
            }
            op::REPEAT | op::POSSESSIVE_REPEAT => self.repetition(at),
            op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => {
                let after = self.target(at + 1)?;
                (self.word(at + 2)? <= self.word(at + 3)?).then_some(())?;
                // A single character: the engine goes back by one at a time.
                let last = self.unit(at + 4)?;
                self.is(last, op::SUCCESS)?;
                (last + 1 == after).then_some(after)
            }
            _ => None,
        }
    }

    /// The place after an instruction that takes one character, or none at all.
    fn unit(&self, at: usize) -> Option<usize> {
        match self.word(at)? {
            op::FAILURE | op::ANY | op::ANY_ALL => Some(at + 1),
            op::LITERAL
            | op::NOT_LITERAL
            | op::LITERAL_IGNORE
            | op::NOT_LITERAL_IGNORE
            | op::LITERAL_LOC_IGNORE
            | op::NOT_LITERAL_LOC_IGNORE
            | op::LITERAL_UNI_IGNORE
            | op::NOT_LITERAL_UNI_IGNORE => self.word(at + 1).map(|_| at + 2),
            op::CATEGORY => (self.word(at + 1)? < CATEGORIES).then_some(at + 2),
            op::IN | op::IN_IGNORE | op::IN_LOC_IGNORE | op::IN_UNI_IGNORE => {
                let after = self.target(at + 1)?;
                self.set(at + 2, after)?;
                Some(after)
            }
            _ => None,
        }
    }

    /// A set of characters from `at` up to exactly `end`.
    fn set(&self, mut at: usize, end: usize) -> Option<()> {
        let last = end.checked_sub(1)?;
        self.is(last, op::FAILURE)?;
        while at < last {
            at += match self.word(at)? {
                op::LITERAL => 2,
                op::RANGE | op::RANGE_UNI_IGNORE => 3,
                op::NEGATE => 1,
                op::CATEGORY => {
                    (self.word(at + 1)? < CATEGORIES).then_some(())?;
                    2
                }
                op::CHARSET => 1 + BITMAP,
                op::BIGCHARSET => {
                    let count = self.word(at + 1)? as usize;
                    let indices = self.code.get(at + 2..at + 2 + INDICES)?;
                    let mut numbers = indices.iter().flat_map(|word| word.to_ne_bytes());
                    if numbers.any(|number| usize::from(number) >= count) {
                        return None;
                    }
                    2 + INDICES + count.checked_mul(BITMAP)?
                }
                _ => return None,
            };
        }
        (at == last).then_some(())
    }

    /// `BRANCH`, then for each branch the distance to the next one, its instructions, and a jump
    /// behind all of them; then 0.
    fn branch(&self, at: usize, end: usize) -> Option<usize> {
        let mut next = at + 1;
        let mut after = None;
        while self.word(next)? != 0 {
            let following = self.target(next)?;
            let jump = following.checked_sub(2)?;
            self.is(jump, op::JUMP)?;
            self.sequence(next + 1, jump)?;
            let behind = self.target(jump + 1)?;
            if after.is_some_and(|after| after != behind) {
                return None;
            }
            after = Some(behind);
            next = following;
        }
        (after? == next + 1 && next < end).then_some(next + 1)
    }

    /// `GROUPREF_EXISTS`, the group, the distance, and instructions, followed by others if they end
    /// with a jump.
    fn conditional(&self, at: usize, end: usize) -> Option<usize> {
        if self.word(at + 1)? as usize >= self.groups {
            return None;
        }
        // The distance is that from the group.
        let otherwise = (at + 1).checked_add(self.word(at + 2)? as usize)?;
        if otherwise > end {
            return None;
        }
        let mut next = at + 3;
        while next < otherwise {
            if next + 2 == otherwise && self.word(next)? == op::JUMP {
                let after = self.target(next + 1)?;
                self.sequence(otherwise, after)?;
                return Some(after);
            }
            next = self.instruction(next, otherwise)?;
        }
        (next == otherwise).then_some(otherwise)
    }

    /// A repetition of more than single characters, which ends with an instruction of its own.
    fn repetition(&self, at: usize) -> Option<usize> {
        let last = self.target(at + 1)?;
        (self.word(at + 2)? <= self.word(at + 3)?).then_some(())?;
        self.sequence(at + 4, last)?;
        let is_end = match self.word(last)? {
            op::MAX_UNTIL | op::MIN_UNTIL => self.word(at)? == op::REPEAT,
            op::SUCCESS => self.word(at)? == op::POSSESSIVE_REPEAT,
            _ => false,
        };
        is_end.then_some(last + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    /// `a+b`, as `re` makes it.
    const PLUS: [u32; 15] = [
        14,
        4,
        0,
        2,
        u32::MAX,
        24,
        6,
        1,
        u32::MAX,
        16,
        97,
        1,
        16,
        98,
        1,
    ];

    #[test]
    fn what_re_makes_is_valid() {
        assert!(is_valid(&PLUS, 0));
        assert!(is_valid(&[1], 0));
    }

    #[test]
    fn a_program_that_is_cut_off_is_not() {
        for length in 0..PLUS.len() {
            assert!(!is_valid(&PLUS[..length], 0), "{length}");
        }
    }

    #[test]
    fn changed_distances_are_not() {
        for at in [1, 6, 11] {
            let mut code = PLUS;
            code[at] += 1;
            assert!(!is_valid(&code, 0), "{at}");
        }
        // A prefix whose skipped part is longer than what is found.
        assert!(!is_valid(&[14, 8, 1, 1, 1, 1, 2, 97, 0, 16, 97, 1], 0));
    }

    #[test]
    fn groups_that_are_not_there_are_not() {
        assert!(is_valid(&[17, 0, 17, 1, 11, 0, 1], 1));
        assert!(!is_valid(&[17, 0, 17, 2, 11, 0, 1], 1));
        assert!(!is_valid(&[17, 0, 17, 1, 11, 1, 1], 1));
    }
}
