//! `code.co_lnotab`: the table of line numbers in the form of Python before 3.10, made of
//! `co_lines()`. Deprecated since 3.12, and still in CPython 3.14. Upstream has none.
//!
//! Can go when upstream's code objects have the attribute, or when Python has it no more.

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyGetSet, PyTupleRef},
    stdlib::_warnings,
};

const NAME: &str = "co_lnotab";

/// The most bytes of code, and the most lines forwards and backwards, that one pair can say.
const MOST_CODE: usize = 255;
const MOST_LINES: i64 = 127;
const LEAST_LINES: i64 = -128;

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.code_type;
    let name = ctx.intern_str(NAME);
    if class.attributes.get(name).is_some() {
        return;
    }
    let getter = PyGetSet::new(NAME, class, ctx).with_get(table_of);
    let getter = PyRef::new_ref(getter, ctx.types.getset_type.to_owned(), None);
    shared_classes::set_attribute(class, name, getter.into());
}

fn table_of(code: PyRef<PyCode>, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
    let category = vm.ctx.exceptions.deprecation_warning;
    let message = "co_lnotab is deprecated, use co_lines instead.".to_owned();
    _warnings::warn(category, message, 1, vm)?;
    let first = code.first_line_number;
    let first = first.and_then(|line| i64::try_from(line.get()).ok());
    let lines = vm.call_method(code.as_object(), "co_lines", ())?;
    let lines: Vec<PyTupleRef> = lines.try_to_value(vm)?;
    let mut table = Table::new(first.unwrap_or(0));
    for range in lines {
        // Where it begins and ends, and its line.
        if let [begin, _, line] = range.as_slice()
            && !vm.is_none(line)
        {
            table.add(begin.try_to_value(vm)?, line.try_to_value(vm)?);
        }
    }
    Ok(table.pairs)
}

/// Pairs of how many bytes of code, and how many lines, there are from one entry to the next.
struct Table {
    pairs: Vec<u8>,
    code: usize,
    line: i64,
}

impl Table {
    fn new(line: i64) -> Self {
        Self {
            pairs: Vec::new(),
            code: 0,
            line,
        }
    }

    /// From the byte `code` on, the line is `line`.
    fn add(&mut self, code: usize, line: i64) {
        let (mut code_left, mut lines_left) = (code - self.code, line - self.line);
        if lines_left == 0 {
            return;
        }
        while code_left > MOST_CODE {
            self.push(MOST_CODE, 0);
            code_left -= MOST_CODE;
        }
        while !(LEAST_LINES..=MOST_LINES).contains(&lines_left) {
            let part = lines_left.clamp(LEAST_LINES, MOST_LINES);
            self.push(code_left, part);
            code_left = 0;
            lines_left -= part;
        }
        self.push(code_left, lines_left);
        (self.code, self.line) = (code, line);
    }

    fn push(&mut self, code: usize, lines: i64) {
        // Both were brought into range; the second is written as a signed byte.
        let code = u8::try_from(code).unwrap_or(u8::MAX);
        let lines = i8::try_from(lines).unwrap_or(i8::MAX);
        self.pairs.extend([code, lines.cast_unsigned()]);
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn long_ways_are_several_pairs() {
        let mut table = Table::new(1);
        table.add(2, 1);
        table.add(4, 2);
        table.add(300, 1);
        table.add(302, 301);
        let expected = [4, 1, 255, 0, 41, 0xff, 2, 127, 0, 127, 0, 46];
        assert_eq!(table.pairs, expected);
    }
}
