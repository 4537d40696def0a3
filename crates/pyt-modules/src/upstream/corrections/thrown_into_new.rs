//! `StopIteration` that is thrown into a generator or a coroutine which has not begun comes out as
//! it is: `generator.throw(StopIteration(1))`. No code of the generator's has raised it. Upstream
//! takes it for one that the generator's code let out, and raises a `RuntimeError`.
//!
//! Not corrected: `athrow` of an asynchronous generator that has not begun.
//!
//! Can go when upstream's `Coro::throw` leaves the exception alone where the frame has not begun.

use rustpython_vm::{
    AsObject, Context, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCoroutine, PyGenerator},
    function::{Callee, FuncArgs},
};

use super::replaced_methods::replace;

pub(super) fn correct(ctx: &Context) {
    for class in [ctx.types.generator_type, ctx.types.coroutine_type] {
        replace(class, "throw", ctx, |upstream| {
            move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
                let [object, thrown, ..] = args.args.as_slice() else {
                    return upstream(vm, args, callee);
                };
                if !has_not_begun(object) {
                    return upstream(vm, args, callee);
                }
                let thrown = thrown.clone();
                upstream(vm, args, callee).map_err(|error| without_upstreams(error, &thrown, vm))
            }
        });
    }
}

fn has_not_begun(object: &PyObject) -> bool {
    let frame = if let Some(generator) = object.downcast_ref::<PyGenerator>() {
        generator.as_coro()
    } else if let Some(coroutine) = object.downcast_ref::<PyCoroutine>() {
        coroutine.as_coro()
    } else {
        return false;
    };
    !frame.closed() && !frame.running() && !frame.suspended()
}

/// The cause, if `error` is what upstream puts around a `StopIteration`.
fn without_upstreams(
    error: PyBaseExceptionRef,
    thrown: &PyObjectRef,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    if !error.class().is(vm.ctx.exceptions.runtime_error) || error.is(thrown) {
        return error;
    }
    match error.__cause__() {
        Some(cause) if cause.fast_isinstance(vm.ctx.exceptions.stop_iteration) => cause,
        _ => error,
    }
}
