//! `_worker`: what each thread of a pool does.

use pyt_vm::abort::abort_exception;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyModule, PyWeak},
    compiler::Mode,
    function::{FuncArgs, KwArgs},
    scope::Scope,
};

use super::{
    item::{self, WorkItem},
    log,
    parts::{Called, Parts, StandIn},
};
use crate::modules::{
    queue::{errors, simple::PySimpleQueue},
    threading::semaphore::Semaphore,
};

/// The thread's first frame, as far as Python can see: what a worker runs can read the frame that
/// called it, and a stack shows what an idle thread is.
const FRAME: &str = "\
def _worker(executor_reference, ctx, work_queue):
    _work(executor_reference, ctx, work_queue)
";

/// Puts the native function into `module`.
pub(super) fn install(
    parts: &PyRef<Parts>,
    module: &Py<PyModule>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let object = module.as_object();
    let original = object.get_attr("_worker", vm)?;
    let file = original.get_attr("__code__", vm)?;
    let file = file.get_attr("co_filename", vm)?.str(vm)?.to_string();
    let work = StandIn::new(parts, original, work).into_ref(&vm.ctx);
    object.set_attr("_work", work, vm)?;
    let code = vm
        .compile(FRAME, Mode::Exec, file)
        .map_err(|error| error.into_pyexception(vm, None))?;
    let scope = Scope::with_builtins(None, module.dict(), vm);
    vm.run_code_obj(code, scope).map(drop)
}

/// What a worker is given.
struct Worker<'a> {
    parts: &'a Parts,
    executor: &'a PyObject,
    ctx: &'a PyObject,
    queue: &'a PyObject,
}

fn work(parts: &Parts, args: FuncArgs, vm: &VirtualMachine) -> PyResult<Called> {
    let [executor, ctx, queue] = args.args.as_slice() else {
        return Ok(Called::NotMine(args));
    };
    let worker = Worker {
        parts,
        executor,
        ctx,
        queue,
    };
    if let Err(raised) = vm.call_method(ctx, "initialize", ()) {
        handled(&raised, vm)?;
        let message = "Exception in initializer:";
        log::log("critical", message, vec![], Some(raised), vm)?;
        if let Some(executor) = worker.executor(vm)? {
            vm.call_method(&executor, "_initializer_failed", ())?;
        }
        return Ok(Called::Done(vm.ctx.none()));
    }
    let ended = worker.run(vm).or_else(|raised| {
        handled(&raised, vm)?;
        log::log("critical", "Exception in worker", vec![], Some(raised), vm)
    });
    let finalized = vm.call_method(ctx, "finalize", ());
    ended?;
    finalized?;
    Ok(Called::Done(vm.ctx.none()))
}

/// Fails with `raised` if the thread is being unwound by force; else it is handled here.
fn handled(raised: &PyBaseExceptionRef, vm: &VirtualMachine) -> PyResult<()> {
    item::is_to_go_on(vm).map_err(|()| raised.clone())
}

impl Worker<'_> {
    /// The executor, if it is still there.
    fn executor(&self, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
        if let Some(reference) = self.executor.downcast_ref_if_exact::<PyWeak>(vm) {
            return Ok(reference.upgrade());
        }
        let executor = self.executor.call((), vm)?;
        Ok((!vm.is_none(&executor)).then_some(executor))
    }

    /// Runs work items until the worker is to end.
    fn run(&self, vm: &VirtualMachine) -> PyResult<()> {
        loop {
            let item = match self.next_at_once(vm)? {
                Some(item) => item,
                None => {
                    self.says_idle(vm)?;
                    self.next(vm)?
                }
            };
            if !vm.is_none(&item) {
                if let Some(item) = item.downcast_ref_if_exact::<WorkItem>(vm) {
                    let is_plain = self.parts.is_plain_context(self.ctx);
                    item::run(item, self.ctx, is_plain, vm)?;
                } else {
                    vm.call_method(&item, "run", (self.ctx.to_owned(),))?;
                }
                continue;
            }
            if self.is_over(vm)? {
                // The other workers must check, too.
                return self.put_none(vm);
            }
        }
    }

    fn next_at_once(&self, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
        if let Some(queue) = self.queue.downcast_ref_if_exact::<PySimpleQueue>(vm) {
            return Ok(queue.inner().try_get());
        }
        match vm.call_method(self.queue, "get_nowait", ()) {
            Ok(item) => Ok(Some(item)),
            Err(raised) if errors::is_empty(&raised, vm) => Ok(None),
            Err(raised) => Err(raised),
        }
    }

    fn next(&self, vm: &VirtualMachine) -> PyResult {
        if let Some(queue) = self.queue.downcast_ref_if_exact::<PySimpleQueue>(vm) {
            return match queue.inner().get(None) {
                Ok(item) => Ok(item.unwrap_or_else(|| vm.ctx.none())),
                Err(gave_up) => Err(abort_exception(gave_up, vm)),
            };
        }
        let keywords: KwArgs = std::iter::once(("block", vm.ctx.new_bool(true).into())).collect();
        vm.call_method(self.queue, "get", FuncArgs::new(vec![], keywords))
    }

    fn put_none(&self, vm: &VirtualMachine) -> PyResult<()> {
        vm.call_method(self.queue, "put", (vm.ctx.none(),))
            .map(drop)
    }

    fn says_idle(&self, vm: &VirtualMachine) -> PyResult<()> {
        let Some(executor) = self.executor(vm)? else {
            return Ok(());
        };
        let idle = executor.get_attr(self.parts.names.idle, vm)?;
        if let Some(idle) = idle.downcast_ref_if_exact::<Semaphore>(vm) {
            idle.inner().release(1);
            return Ok(());
        }
        vm.call_method(&idle, "release", ()).map(drop)
    }

    /// Whether the interpreter ends, the executor is gone, or it was shut down.
    fn is_over(&self, vm: &VirtualMachine) -> PyResult<bool> {
        let shutdown = self.parts.names.shutdown;
        let executor = self.executor(vm)?;
        let ends = match self.parts.module.get_item_opt(shutdown, vm)? {
            Some(ends) => ends.try_to_bool(vm)?,
            None => true,
        };
        let Some(executor) = executor else {
            return Ok(true);
        };
        let is_over = ends || executor.get_attr(shutdown, vm)?.try_to_bool(vm)?;
        if is_over {
            executor.set_attr(shutdown, vm.ctx.new_bool(true), vm)?;
        }
        Ok(is_over)
    }
}
