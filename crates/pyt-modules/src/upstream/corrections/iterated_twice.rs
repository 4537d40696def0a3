//! `join` of `str`, `bytes` and `bytearray`, and `itertools.tee`, ask what they are given for its
//! iterator, and the iterator for one again, as CPython's do: they make a list or a `tee` of the
//! iterator. Upstream asks once.
//!
//! Besides, an error of `__iter__` that is no `TypeError` is raised by `join` as it is, and
//! `tee` makes no use of a `__copy__` of the iterator, which may copy less than it should. `tee` of
//! nothing (`n` is 0) asks for no iterator.
//!
//! Can go when upstream does so.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Context, FromArgs, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyType, PyTypeRef},
    function::{Callee, FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use super::replaced_methods::replace;

const JOIN: &str = "join";

/// The class of the iterators that `tee` makes, which is the process's.
static TEE_CLASS: OnceLock<PyTypeRef> = OnceLock::new();

static TEE: PyMethodDef = PyMethodDef::new_const(
    "tee",
    tee,
    PyMethodFlags::empty(),
    ItemDoc::static_text("tee($module, iterable, n=2, /)\n--\n\n"),
);

/// Corrects `join`.
pub(super) fn correct(ctx: &Context) {
    let types = &ctx.types;
    for class in [types.str_type, types.bytes_type, types.bytearray_type] {
        replace(class, JOIN, ctx, |upstream| {
            move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
                upstream(vm, with_iterator(args, vm)?, callee)
            }
        });
    }
}

/// The arguments of `join`, with an iterator in the place of what is joined.
fn with_iterator(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<FuncArgs> {
    if let [_, joined] = &mut *args.args {
        let class = joined.class();
        let types = &vm.ctx.types;
        // Of a list or tuple the items are taken, and a generator is its iterator.
        let is_known = [types.list_type, types.tuple_type, types.generator_type]
            .iter()
            .any(|known| class.is(*known));
        if !is_known {
            match joined.get_iter(vm) {
                Ok(iterator) => *joined = iterator.into(),
                // Upstream says so in its words.
                Err(error) if error.fast_isinstance(vm.ctx.exceptions.type_error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(args)
}

/// Puts `tee` into a module.
pub(super) fn correct_module(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let function = TEE
        .to_function()
        .with_module(vm.ctx.intern_str("itertools"))
        .with_module_object(module.to_owned().into())
        .into_ref(&vm.ctx);
    let module = module.as_object();
    if let Ok(class) = module.get_attr("_tee", vm)?.downcast::<PyType>() {
        // The same one each time.
        let _ = TEE_CLASS.set(class);
    }
    module.set_attr(TEE.name, function, vm)
}

#[derive(FromArgs)]
struct TeeArgs {
    #[pyarg(positional)]
    iterable: PyObjectRef,
    #[pyarg(positional, default = 2)]
    n: isize,
}

fn tee(args: TeeArgs, vm: &VirtualMachine) -> PyResult {
    let TeeArgs { iterable, n } = args;
    let Ok(n) = usize::try_from(n) else {
        return Err(vm.new_value_error("n must be >= 0"));
    };
    let mut all: Vec<PyObjectRef> = Vec::new();
    all.try_reserve_exact(n).map_err(|_| vm.no_memory_error())?;
    if n == 0 {
        return Ok(vm.ctx.new_tuple(all).into());
    }
    let iterator = iterable.get_iter(vm)?;
    let Some(class) = TEE_CLASS.get() else {
        return Err(vm.new_system_error("the interpreter lacks the class _tee"));
    };
    let first = class
        .as_object()
        .call((iterator.as_object().to_owned(),), vm)?;
    all.push(first.clone());
    for _ in 1..n {
        all.push(vm.call_method(&first, "__copy__", ())?);
    }
    Ok(vm.ctx.new_tuple(all).into())
}
