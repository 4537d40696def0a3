//! Messages of exceptions that upstream words otherwise than CPython, where nothing can be put
//! between upstream's code and the exception, or too much would have to be: a variable without a
//! value, `raise` of what is no exception, a class with abstract methods, `[] + 1`, `{[]: 1}`,
//! `len()`, `os.close(1 << 70)`.
//!
//! Of a key that cannot be hashed CPython names the class. Upstream's message names that of the
//! part which cannot be hashed: of a tuple with a list, the list.
//!
//! The message is worded anew when it is read: by `str`, `repr` or `args`. An exception that a
//! program makes itself, with upstream's words, is not distinguished from one of upstream's.
//!
//! Each can go when upstream has CPython's words.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyGetSet, PyStr, PyStrRef, PyType},
    bytecode::{BinaryOperator, Opcode},
    function::PySetterValue,
};

use super::{instructions::opcode_at, os_errors, slots::renew_descriptors};

type Stringify = fn(&PyObject, &VirtualMachine) -> PyResult<PyStrRef>;

/// Upstream's `repr` of exceptions.
static REPR: OnceLock<Stringify> = OnceLock::new();

/// Upstream's `BaseException.args`.
static ARGS: OnceLock<PyObjectRef> = OnceLock::new();

const NAME: &str = "args";

pub(super) fn correct(ctx: &Context) {
    let base = ctx.exceptions.base_exception_type;
    let name = ctx.intern_str(NAME);
    let (Some(repr), Some(args)) = (base.slots.repr.load(), base.attributes.get(name)) else {
        return;
    };
    if REPR.set(repr).is_err() || ARGS.set(args).is_err() {
        return;
    }
    for class in [
        ctx.exceptions.unbound_local_error,
        ctx.exceptions.type_error,
        ctx.exceptions.overflow_error,
    ] {
        class.slots.str.store(Some(str_of));
        put_args(class, ctx);
        // `str` and `repr` look for the methods.
        renew_descriptors(class, &["__str__", "__repr__"], ctx);
    }
    // Its classes have their own slots (`os_errors`), and a text of their own.
    put_args(ctx.exceptions.os_error, ctx);
    renew_descriptors(ctx.exceptions.os_error, &["__repr__"], ctx);
}

fn put_args(class: &'static Py<PyType>, ctx: &Context) {
    class.slots.repr.store(Some(repr_of));
    let ours = PyGetSet::new(NAME, class, ctx)
        .with_get(get_args)
        .with_set(set_args);
    let ours = PyRef::new_ref(ours, ctx.types.getset_type.to_owned(), None);
    shared_classes::set_attribute(class, ctx.intern_str(NAME), ours.into());
}

pub(super) fn repr_of(exception: &PyObject, vm: &VirtualMachine) -> PyResult<PyStrRef> {
    word_anew(exception, vm);
    match REPR.get() {
        Some(upstream) => upstream(exception, vm),
        None => Ok(vm.ctx.empty_str.to_owned()),
    }
}

fn str_of(exception: &PyObject, vm: &VirtualMachine) -> PyResult<PyStrRef> {
    word_anew(exception, vm);
    let Some(exception) = exception.downcast_ref::<PyBaseException>() else {
        return exception.repr(vm);
    };
    let args = exception.args();
    match args.as_slice() {
        [] => Ok(vm.ctx.empty_str.to_owned()),
        [only] => only.str(vm),
        _ => args.as_object().repr(vm),
    }
}

fn get_args(exception: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    word_anew(&exception, vm);
    match exception.downcast_ref::<PyBaseException>() {
        Some(exception) => Ok(exception.args().into()),
        None => Ok(vm.ctx.none()),
    }
}

fn set_args(exception: PyObjectRef, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()> {
    let Some(args) = ARGS.get() else {
        return Ok(());
    };
    match args.class().slots.descr_set.load() {
        Some(set) => set(args, exception, value, vm),
        None => Ok(()),
    }
}

/// Gives `exception` CPython's arguments in the place of upstream's.
fn word_anew(exception: &PyObject, vm: &VirtualMachine) {
    let message = || {
        Some(vec![
            vm.ctx.new_str(corrected_message(exception, vm)?).into(),
        ])
    };
    if let Some(args) = os_errors::arguments(exception, vm).or_else(message) {
        let args = vm.ctx.new_tuple(args);
        // It fails for what is no exception only.
        let _ = set_args(exception.to_owned(), PySetterValue::Assign(args.into()), vm);
    }
}

fn corrected_message(exception: &PyObject, vm: &VirtualMachine) -> Option<String> {
    let exception = exception.downcast_ref::<PyBaseException>()?;
    let args = exception.args();
    let [only] = args.as_slice() else {
        return None;
    };
    let text = only.downcast_ref::<PyStr>()?.to_str()?;
    let is_exactly = |class: &Py<PyType>| exception.class().is(class);
    if is_exactly(vm.ctx.exceptions.unbound_local_error) {
        unbound_variable(text)
    } else if is_exactly(vm.ctx.exceptions.overflow_error) {
        too_large(text)
    } else if is_exactly(vm.ctx.exceptions.type_error) {
        no_exception(text)
            .or_else(|| abstract_class(text))
            .or_else(|| concatenation(text))
            .or_else(|| index_of_range(text))
            .or_else(|| number_of_arguments(text))
            .or_else(|| unhashable_key(text, exception))
    } else {
        None
    }
}

fn unbound_variable(text: &str) -> Option<String> {
    let name = text.strip_prefix("local variable '")?;
    let name = name.strip_suffix("' referenced before assignment")?;
    Some(format!(
        "cannot access local variable '{name}' where it is not associated with a value"
    ))
}

fn no_exception(text: &str) -> Option<String> {
    let is_upstreams =
        text.starts_with("exceptions must be classes or instances deriving from BaseException");
    is_upstreams.then(|| "exceptions must derive from BaseException".to_owned())
}

fn abstract_class(text: &str) -> Option<String> {
    let rest = text.strip_prefix("class ")?;
    let (class, rest) = rest.split_once(" without an implementation for abstract method")?;
    let (plural, names) = rest.split_once(' ')?;
    let names = names.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut names: Vec<&str> = names.split("', '").collect();
    // Upstream lists them in the order of a set.
    names.sort_unstable();
    Some(format!(
        "Can't instantiate abstract class {class} without an implementation for abstract \
         method{plural} '{}'",
        names.join("', '")
    ))
}

/// `[] + 1` and `() + 1`.
fn concatenation(text: &str) -> Option<String> {
    let worded = |class: &str, other: &str| {
        format!("can only concatenate {class} (not \"{other}\") to {class}")
    };
    if let Some(other) = text.strip_prefix("Cannot add list and ") {
        return Some(worded("list", other));
    }
    let other = text.strip_prefix("can only concatenate tuple (not '")?;
    Some(worded("tuple", other.strip_suffix("') to tuple")?))
}

fn index_of_range(text: &str) -> Option<String> {
    let class = text.strip_prefix(
        "sequence indices be integers or slices or classes that override __index__ operator, not '",
    )?;
    let class = class.strip_suffix('\'')?;
    Some(format!(
        "range indices must be integers or slices, not {class}"
    ))
}

/// Functions of `builtins` that take one argument. No native class has a method of these names,
/// whose message would have the class's name.
const OF_ONE: [&str; 15] = [
    "abs", "aiter", "all", "any", "ascii", "bin", "callable", "chr", "hash", "hex", "id", "len",
    "oct", "ord", "repr",
];

/// Those that take none.
const OF_NONE: [&str; 2] = ["globals", "locals"];

/// Those of which CPython says how many arguments they take at most.
const AT_MOST: [&str; 3] = ["__import__", "pow", "round"];

fn number_of_arguments(text: &str) -> Option<String> {
    let (function, rest) = text.split_once(" expected ")?;
    let (expected, given) = rest.split_once(", got ")?;
    let expected = match expected {
        "1 argument" if OF_ONE.contains(&function) => "exactly one argument",
        "0 arguments" if OF_NONE.contains(&function) => "no arguments",
        most if most.starts_with("at most ") && AT_MOST.contains(&function) => most,
        _ => return None,
    };
    Some(format!("{function}() takes {expected} ({given} given)"))
}

/// A key of a dictionary, if the instruction that failed uses one.
fn unhashable_key(text: &str, exception: &Py<PyBaseException>) -> Option<String> {
    let class = text
        .strip_prefix("unhashable type: '")?
        .strip_suffix('\'')?;
    let innermost = exception.__traceback__()?.iter().last()?;
    // It is the place of the instruction in bytes.
    let index = usize::try_from(innermost.lasti).ok()? / 2;
    let code = innermost.frame.iframe().code();
    let uses_key = match opcode_at(code, index)? {
        Opcode::StoreSubscr | Opcode::DeleteSubscr | Opcode::BuildMap | Opcode::MapAdd => true,
        Opcode::BinaryOp => {
            let operator = code.code.instructions.read_arg(index).as_u8();
            operator == u8::from(BinaryOperator::Subscr)
        }
        _ => false,
    };
    uses_key.then(|| format!("cannot use '{class}' as a dict key ({text})"))
}

/// Upstream names Rust's type; C's of the same size is named in its place.
fn too_large(text: &str) -> Option<String> {
    let kind = match text.strip_prefix("Python int too large to convert to Rust ")? {
        "i32" | "u32" => "int",
        "isize" | "usize" => "ssize_t",
        "u64" => "unsigned long",
        _ => "long",
    };
    Some(format!("Python int too large to convert to C {kind}"))
}

#[cfg(test)]
mod tests {
    use super::{
        abstract_class, concatenation, index_of_range, no_exception, number_of_arguments,
        too_large, unbound_variable,
    };

    #[test]
    fn messages_are_worded_as_cpythons() {
        assert_eq!(
            unbound_variable("local variable 'x' referenced before assignment").as_deref(),
            Some("cannot access local variable 'x' where it is not associated with a value")
        );
        assert_eq!(unbound_variable("local variable 'x' is unbound"), None);
        assert_eq!(
            abstract_class("class A without an implementation for abstract methods 'g', 'f'")
                .as_deref(),
            Some(
                "Can't instantiate abstract class A without an implementation for abstract methods \
                 'f', 'g'"
            )
        );
        assert_eq!(abstract_class("class A"), None);
        assert_eq!(no_exception("exceptions must be a tuple"), None);
    }

    #[test]
    fn messages_of_operators_are_worded_as_cpythons() {
        let list = "can only concatenate list (not \"int\") to list";
        assert_eq!(
            concatenation("Cannot add list and int").as_deref(),
            Some(list)
        );
        let tuple = "can only concatenate tuple (not \"int\") to tuple";
        assert_eq!(
            concatenation("can only concatenate tuple (not 'int') to tuple").as_deref(),
            Some(tuple)
        );
        // CPython's own words stay.
        assert_eq!(concatenation(list), None);
        assert_eq!(concatenation(tuple), None);
        assert_eq!(
            index_of_range(
                "sequence indices be integers or slices or classes that override __index__ \
                 operator, not 'str'"
            )
            .as_deref(),
            Some("range indices must be integers or slices, not str")
        );
    }

    #[test]
    fn messages_of_calls_are_worded_as_cpythons() {
        let worded = |text| number_of_arguments(text);
        assert_eq!(
            worded("len expected 1 argument, got 0").as_deref(),
            Some("len() takes exactly one argument (0 given)")
        );
        assert_eq!(
            worded("locals expected 0 arguments, got 2").as_deref(),
            Some("locals() takes no arguments (2 given)")
        );
        assert_eq!(
            worded("round expected at most 2 arguments, got 3").as_deref(),
            Some("round() takes at most 2 arguments (3 given)")
        );
        assert_eq!(worded("append expected 1 argument, got 0"), None);
        assert_eq!(worded("getattr expected at least 2 arguments, got 1"), None);
        assert_eq!(
            too_large("Python int too large to convert to Rust i32").as_deref(),
            Some("Python int too large to convert to C int")
        );
        assert_eq!(too_large("Python int too large to convert to C int"), None);
    }
}
