//! Exceptions refuse keywords, unless their class takes them: `ValueError(detail=1)`, and a class
//! that derives from it and has no `__init__` of its own. Upstream drops them without a word.
//!
//! `ImportError`, `NameError`, `AttributeError` and `OSError` look at keywords themselves.
//!
//! Can go when upstream's `PyBaseException::init` refuses keywords.

use std::sync::OnceLock;

use rustpython_vm::{
    Context, PyObject, PyResult, VirtualMachine, builtins::PyType, function::FuncArgs,
};

use super::slots::renew_descriptors;

type Init = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<()>;

/// As many as there are functions of upstream's that initialise native exceptions, or more.
const MOST: usize = 12;

static UPSTREAM: [OnceLock<Init>; MOST] = [const { OnceLock::new() }; MOST];

const OURS: [Init; MOST] = [
    initialize::<0>,
    initialize::<1>,
    initialize::<2>,
    initialize::<3>,
    initialize::<4>,
    initialize::<5>,
    initialize::<6>,
    initialize::<7>,
    initialize::<8>,
    initialize::<9>,
    initialize::<10>,
    initialize::<11>,
];

pub(super) fn correct(ctx: &Context) {
    let exceptions = &ctx.exceptions;
    let taking: Vec<Init> = [
        exceptions.import_error,
        exceptions.name_error,
        exceptions.attribute_error,
        exceptions.os_error,
    ]
    .iter()
    .filter_map(|class| class.slots.init.load())
    .collect();
    let mut known: Vec<Init> = Vec::new();
    let mut pending = vec![exceptions.base_exception_type.to_owned()];
    while let Some(class) = pending.pop() {
        if let Some(upstream) = class.slots.init.load()
            && !is_among(upstream, &taking)
            && !is_among(upstream, &OURS)
        {
            let is_same = |other: &Init| std::ptr::fn_addr_eq(*other, upstream);
            let number = known.iter().position(is_same).unwrap_or_else(|| {
                known.push(upstream);
                known.len() - 1
            });
            if let Some(place) = UPSTREAM.get(number) {
                place.get_or_init(|| upstream);
                class.slots.init.store(Some(OURS[number]));
                if class.attributes.contains(ctx.intern_str("__init__")) {
                    // SAFETY: the interpreter's own exceptions live as long as the process.
                    let class = unsafe { &*std::ptr::from_ref(&*class) };
                    renew_descriptors(class, &["__init__"], ctx);
                }
            }
        }
        let subclasses = class.subclasses.read();
        let subclasses = subclasses.iter().filter_map(|subclass| subclass.upgrade());
        pending.extend(subclasses.filter_map(|subclass| subclass.downcast::<PyType>().ok()));
    }
}

fn is_among(function: Init, others: &[Init]) -> bool {
    let is_same = |other: &Init| std::ptr::fn_addr_eq(*other, function);
    others.iter().any(is_same)
}

fn initialize<const NUMBER: usize>(
    exception: &PyObject,
    args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if !args.kwargs.is_empty() {
        return Err(vm.new_type_error(format!(
            "{}() takes no keyword arguments",
            exception.class().name()
        )));
    }
    match UPSTREAM[NUMBER].get() {
        Some(upstream) => upstream(exception, args, vm),
        None => Err(vm.new_system_error("the interpreter cannot initialise this exception")),
    }
}
