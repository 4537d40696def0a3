//! Messages of exceptions that upstream words otherwise than CPython, where nothing can be put
//! between upstream's code and the exception: a variable without a value, `raise` of what is no
//! exception, a class with abstract methods.
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
    function::PySetterValue,
};

use super::slots::renew_descriptors;

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
    ] {
        class.slots.str.store(Some(str_of));
        class.slots.repr.store(Some(repr_of));
        let ours = PyGetSet::new(NAME, class, ctx)
            .with_get(get_args)
            .with_set(set_args);
        let ours = PyRef::new_ref(ours, ctx.types.getset_type.to_owned(), None);
        shared_classes::set_attribute(class, name, ours.into());
        // `str` and `repr` look for the methods.
        renew_descriptors(class, &["__str__", "__repr__"], ctx);
    }
}

fn repr_of(exception: &PyObject, vm: &VirtualMachine) -> PyResult<PyStrRef> {
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

/// Gives `exception` CPython's message in the place of upstream's.
fn word_anew(exception: &PyObject, vm: &VirtualMachine) {
    let message = corrected_message(exception, vm);
    if let Some(message) = message {
        let args = vm.ctx.new_tuple(vec![vm.ctx.new_str(message).into()]);
        // It fails for what is no exception only.
        let _ = set_args(exception.to_owned(), PySetterValue::Assign(args.into()), vm);
    }
}

fn corrected_message(exception: &PyObject, vm: &VirtualMachine) -> Option<String> {
    let args = exception.downcast_ref::<PyBaseException>()?.args();
    let [only] = args.as_slice() else {
        return None;
    };
    let text = only.downcast_ref::<PyStr>()?.to_str()?;
    let is_exactly = |class: &Py<PyType>| exception.class().is(class);
    if is_exactly(vm.ctx.exceptions.unbound_local_error) {
        unbound_variable(text)
    } else if is_exactly(vm.ctx.exceptions.type_error) {
        no_exception(text).or_else(|| abstract_class(text))
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

#[cfg(test)]
mod tests {
    use super::{abstract_class, no_exception, unbound_variable};

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
}
