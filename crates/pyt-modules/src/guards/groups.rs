//! Long numbers with separators between groups of digits (`f'{1:01000000,}'`) take time that grows
//! with their length.
//!
//! Upstream inserts one separator after the other into the text, which takes the square of it. Here
//! upstream makes the text without separators and width, and they are added in one go.

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyInt, PyStr, PyType},
    function::FuncArgs,
};

use super::{
    methods::{self, Upstream},
    sizes,
};

/// Widths and digits up to this many are upstream's.
const SHORT: usize = 4096;

/// How long a specification with a larger width is at least: `4097,`.
const LEAST_LONG: usize = 5;

/// A specification of a format that asks for separators.
#[derive(Debug, PartialEq, Eq)]
struct Spec<'a> {
    fill: char,
    align: char,
    /// Sign, `z` and `#`.
    flags: &'a str,
    width: usize,
    separator: char,
    /// The precision and the type.
    rest: &'a str,
    /// All of it, without a width.
    narrow: String,
}

impl<'a> Spec<'a> {
    /// None if no separators are asked for, or it is none.
    fn parse(spec: &'a str) -> Option<Self> {
        let is_align = |c: char| "<>=^".contains(c);
        let mut chars = spec.chars();
        let (first, second) = (chars.next()?, chars.next());
        let (mut fill, mut align, mut at) = (None, None, 0);
        if second.is_some_and(is_align) {
            (fill, align) = (Some(first), second);
            at = first.len_utf8() + 1;
        } else if is_align(first) {
            align = Some(first);
            at = 1;
        }
        let take = |from: usize, belongs: &dyn Fn(char) -> bool| {
            let rest = &spec[from..];
            from + rest.find(|c| !belongs(c)).unwrap_or(rest.len())
        };
        let flags_end = take(at, &|c| "+- z#".contains(c));
        let flags = &spec[at..flags_end];
        let width_end = take(flags_end, &|c| c.is_ascii_digit());
        let digits = &spec[flags_end..width_end];
        if digits.starts_with('0') {
            align = align.or(Some('='));
            fill = fill.or(Some('0'));
        }
        let separator = spec[width_end..].chars().next();
        let separator = separator.filter(|c| [',', '_'].contains(c))?;
        let zero = if digits.starts_with('0') { "0" } else { "" };
        Some(Self {
            fill: fill.unwrap_or(' '),
            align: align.unwrap_or('>'),
            flags,
            width: if digits.is_empty() {
                0
            } else {
                digits.parse().ok()?
            },
            separator,
            rest: &spec[width_end + 1..],
            narrow: format!("{}{zero}{}", &spec[..flags_end], &spec[width_end..]),
        })
    }

    /// How many digits are between separators.
    fn interval(&self) -> usize {
        if self.rest.ends_with(['b', 'o', 'x', 'X']) {
            4
        } else {
            3
        }
    }

    /// The text of a number that is formatted without separators and width.
    fn group(&self, plain: &str) -> String {
        let sign = usize::from(plain.starts_with(['+', '-', ' ']));
        let has_prefix = self.flags.contains('#') && self.interval() == 4;
        let start = sign + if has_prefix { 2 } else { 0 };
        let (head, number) = plain.split_at(start.min(plain.len()));
        let is_digit = |c: char| match self.interval() {
            4 => c.is_ascii_hexdigit(),
            _ => c.is_ascii_digit(),
        };
        let end = number.find(|c| !is_digit(c)).unwrap_or(number.len());
        let (digits, tail) = number.split_at(end);
        let mut wanted = digits.len();
        if self.fill == '0' && self.align == '=' && wanted > 0 {
            let room = self.width.saturating_sub(head.len() + tail.len());
            wanted = wanted.max(self.digits_for(room));
        }
        let separators = wanted.saturating_sub(1) / self.interval();
        let length = head.len() + wanted + separators + tail.len();
        let fill = self.width.saturating_sub(length);
        let (before, inside, after) = match self.align {
            '<' => (0, 0, fill),
            '^' => (fill / 2, 0, fill - fill / 2),
            '=' => (0, fill, 0),
            _ => (fill, 0, 0),
        };
        let mut text = String::with_capacity(length + fill * self.fill.len_utf8());
        let fill = |text: &mut String, count| text.extend(std::iter::repeat_n(self.fill, count));
        fill(&mut text, before);
        text.push_str(head);
        fill(&mut text, inside);
        let zeros = std::iter::repeat_n('0', wanted - digits.len());
        for (place, digit) in zeros.chain(digits.chars()).enumerate() {
            if place > 0 && (wanted - place).is_multiple_of(self.interval()) {
                text.push(self.separator);
            }
            text.push(digit);
        }
        text.push_str(tail);
        fill(&mut text, after);
        text
    }

    /// The least number of digits that take so much room with their separators.
    fn digits_for(&self, room: usize) -> usize {
        let interval = self.interval();
        let mut digits = room / (interval + 1) * interval;
        while digits + digits.saturating_sub(1) / interval < room {
            digits += 1;
        }
        digits
    }
}

/// `__format__` of integers and floating-point numbers.
fn format(upstream: Upstream<'_>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let long = match args.args.as_slice() {
        [number, spec] if args.kwargs.is_empty() => long(number, spec).map(|spec| (number, spec)),
        _ => None,
    };
    let Some((number, spec)) = long else {
        return upstream(args);
    };
    let text = spec.as_str();
    let Some(spec) = Spec::parse(text) else {
        return upstream(args);
    };
    let call = |number: PyObjectRef, spec: &str| {
        upstream(vec![number, vm.ctx.new_str(spec).into()].into())
    };
    // What is not allowed is so for small numbers, too.
    let small = if number.downcast_ref::<PyInt>().is_some() {
        vm.ctx.new_int(1).into()
    } else {
        vm.ctx.new_float(1.0).into()
    };
    call(small, &spec.narrow)?;
    sizes::check(spec.width.saturating_mul(2), vm)?;
    let plain = call(number.clone(), &format!("{}{}", spec.flags, spec.rest))?;
    let Some(plain) = plain.downcast_ref::<PyStr>() else {
        return Ok(plain);
    };
    let grouped = spec.group(&plain.as_wtf8().to_string_lossy());
    Ok(vm.ctx.new_str(grouped).into())
}

/// The specification, if it makes a long number with separators.
fn long(number: &PyObjectRef, spec: &PyObjectRef) -> Option<String> {
    let spec = spec.downcast_ref::<PyStr>()?.to_str()?;
    let digits = number.downcast_ref::<PyInt>();
    let digits = digits.map_or(0, |number| number.as_bigint().bits() / 4);
    let has_many = digits > SHORT as u64;
    // Most are so short that they cannot ask for a long one, and are not read here.
    if (spec.len() < LEAST_LONG && !has_many) || !spec.contains([',', '_']) {
        return None;
    }
    let is_long = has_many || Spec::parse(spec)?.width > SHORT;
    is_long.then(|| spec.to_owned())
}

/// Changes the classes of numbers. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    let types = &vm.ctx.types;
    if class.is(types.int_type) || class.is(types.float_type) {
        // SAFETY: native classes live as long as the process.
        let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
        methods::replace(class, "__format__", format, vm);
    }
}

#[cfg(test)]
mod tests {
    use super::Spec;

    #[track_caller]
    fn grouped(spec: &str, plain: &str, expected: &str) {
        assert_eq!(Spec::parse(spec).unwrap().group(plain), expected);
    }

    #[test]
    fn groups_are_as_cpython_makes_them() {
        grouped("08,", "1", "0,000,001");
        grouped("09,", "1", "0,000,001");
        grouped("010,", "-1", "-0,000,001");
        grouped("+012,.2f", "+1234.50", "+0,001,234.50");
        grouped("_>12,", "1234567", "___1,234,567");
        grouped("*=12,", "-1234567", "-**1,234,567");
        grouped("^12,", "1234", "   1,234    ");
        grouped("<8_x", "fffff", "f_ffff  ");
        grouped("#011_x", "0xfffff", "0x000f_ffff");
        grouped("#012_x", "0xfffff", "0x0_000f_ffff");
        grouped("#013_x", "0xfffff", "0x0_000f_ffff");
        grouped("08,", "inf", "00000inf");
        grouped("0<8,", "1234", "1,234000");
        grouped(",", "999", "999");
        grouped("012,.3,f", "1.000,5", "00,001.000,5");
    }

    #[test]
    fn what_asks_for_no_separators_is_upstreams() {
        for spec in ["", "5", "08", "x", "_<5", ".3f", ".3,f", "<"] {
            assert_eq!(Spec::parse(spec), None, "{spec}");
        }
    }
}
