//! The module `_operator`: upstream's, but for `length_hint`, which refuses a negative default
//! there. It has nothing to do with threads; packages whose threads are watched (tqdm) need it.

pub(crate) use _operator::module_def;

#[rustpython_vm::pymodule]
mod _operator {
    use rustpython_vm::{
        Py, PyObjectRef, PyResult, VirtualMachine, builtins::PyModule, function::OptionalArg,
    };

    use crate::upstream;

    /// Estimates how many items obj has: its length, or else what its __length_hint__ says, or
    /// else default, which may be any integer.
    #[pyfunction]
    fn length_hint(
        obj: PyObjectRef,
        default: OptionalArg<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult<PyObjectRef> {
        let default: isize = match default {
            OptionalArg::Present(default) => default.try_index(vm)?.try_to_primitive(vm)?,
            OptionalArg::Missing => 0,
        };
        Ok(match vm.length_hint_opt(obj)? {
            Some(length) => vm.ctx.new_int(length).into(),
            None => vm.ctx.new_int(default).into(),
        })
    }

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        upstream::complete(vm, "_operator", module)
    }
}
