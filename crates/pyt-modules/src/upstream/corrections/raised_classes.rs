//! `raise Class` and `generator.throw(Class)` make the exception by calling the class, as any other
//! call of it would: by the `__call__` of its metaclass, which may return another exception, or
//! something else, which is a `TypeError`. Upstream passes the metaclass by.
//!
//! So the native exceptions' functions that make instances look whether they are called for that:
//! whether the instruction that the thread is at is a `raise` or one where a generator waits, which
//! call no class otherwise. Then the class is called, and what that makes is raised at once.
//!
//! Not corrected (`docs/differences.md`): `raise Class from cause`, where upstream has more to do
//! with the exception; classes with a `__new__` in Python, by which upstream does not come here;
//! those that derive from `OSError`, which tells by its own function whether a class has an
//! `__init__` of its own; and a generator that has ended.
//!
//! Can go when upstream's `invoke_exception` calls the class by the slot of its metaclass.

use std::{cell::Cell, sync::OnceLock};

use rustpython_vm::{
    AsObject, Context, Py, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyBaseExceptionRef, PyType, PyTypeRef},
    bytecode::Opcode,
    function::FuncArgs,
    vm::thread::get_current_frame,
};

use super::{instructions::opcode_at, replaced_new::New};

/// As many as there are functions of upstream's that make native exceptions, or more.
const MOST: usize = 12;

/// Upstream's functions: each has one of its own, since upstream tells classes apart by them.
static UPSTREAM: [OnceLock<New>; MOST] = [const { OnceLock::new() }; MOST];

const OURS: [New; MOST] = [
    create::<0>,
    create::<1>,
    create::<2>,
    create::<3>,
    create::<4>,
    create::<5>,
    create::<6>,
    create::<7>,
    create::<8>,
    create::<9>,
    create::<10>,
    create::<11>,
];

/// `raise Class`, without a cause.
const RAISE: u8 = 1;

pub(super) fn correct(ctx: &Context) {
    let mut known: Vec<New> = Vec::new();
    let of_os_error = ctx.exceptions.os_error.slots.new.load();
    let mut pending = vec![ctx.exceptions.base_exception_type.to_owned()];
    while let Some(class) = pending.pop() {
        if let Some(upstream) = class.slots.new.load()
            && !of_os_error.is_some_and(|own| std::ptr::fn_addr_eq(own, upstream))
            && !OURS
                .iter()
                .any(|ours| std::ptr::fn_addr_eq(*ours, upstream))
        {
            let is_same = |other: &New| std::ptr::fn_addr_eq(*other, upstream);
            let number = known.iter().position(is_same).unwrap_or_else(|| {
                known.push(upstream);
                known.len() - 1
            });
            if let Some(place) = UPSTREAM.get(number) {
                place.get_or_init(|| upstream);
                class.slots.new.store(Some(OURS[number]));
            }
        }
        let subclasses = class.subclasses.read();
        let subclasses = subclasses.iter().filter_map(|subclass| subclass.upgrade());
        pending.extend(subclasses.filter_map(|subclass| subclass.downcast::<PyType>().ok()));
    }
}

fn create<const NUMBER: usize>(class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if !class.class().is(vm.ctx.types.type_type)
        && let Some(raised_by) = raised_by()
    {
        return raise(&class, args, raised_by, vm);
    }
    match UPSTREAM[NUMBER].get() {
        Some(upstream) => upstream(class, args, vm),
        None => Err(vm.new_system_error("the interpreter cannot make this exception")),
    }
}

/// What asks for an exception of a class.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RaisedBy {
    Statement,
    Throw,
}

thread_local! {
    /// The address of the frame whose class is being called.
    static CALLING: Cell<usize> = const { Cell::new(0) };
}

/// Whether the thread's instruction raises a class, unless it is being called already.
fn raised_by() -> Option<RaisedBy> {
    let frame = get_current_frame();
    // SAFETY: the frame that this thread is in is alive.
    let running = unsafe { frame.as_ref() }?;
    if CALLING.get() == frame.addr() {
        return None;
    }
    // It is set to the next instruction before one is executed.
    let Some(index) = (running.get_lasti() as usize).checked_sub(1) else {
        // Only an exception is thrown into a generator that has not begun.
        return Some(RaisedBy::Throw);
    };
    match opcode_at(running.code(), index)? {
        Opcode::RaiseVarargs
            if running.code().code.instructions.read_arg(index).as_u8() == RAISE =>
        {
            Some(RaisedBy::Statement)
        }
        Opcode::YieldValue | Opcode::Resume | Opcode::ReturnGenerator => Some(RaisedBy::Throw),
        _ => None,
    }
}

/// Raises what calling the class makes. Of an exception of another class, one is made by calling
/// the class with it.
fn raise(class: &Py<PyType>, args: FuncArgs, by: RaisedBy, vm: &VirtualMachine) -> PyResult {
    let made = call(class, args, by, vm)?;
    if made.fast_isinstance(class) {
        return Err(made);
    }
    let args = vec![made.into()].into();
    Err(call(class, args, RaisedBy::Throw, vm)?)
}

fn call(
    class: &Py<PyType>,
    args: FuncArgs,
    by: RaisedBy,
    vm: &VirtualMachine,
) -> PyResult<PyBaseExceptionRef> {
    let before = CALLING.replace(get_current_frame().addr());
    let made = class.as_object().call(args, vm);
    CALLING.set(before);
    let made = match made?.downcast::<PyBaseException>() {
        Ok(made) => return Ok(made),
        Err(other) => other,
    };
    let class = class.as_object().repr(vm)?;
    let kind = match by {
        RaisedBy::Statement => made.class().as_object().repr(vm)?.to_string(),
        RaisedBy::Throw => made.class().name().to_string(),
    };
    Err(vm.new_type_error(format!(
        "calling {class} should have returned an instance of BaseException, not {kind}"
    )))
}
