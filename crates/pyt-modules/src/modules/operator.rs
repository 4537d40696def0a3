//! The module `_operator`: upstream's, but for `length_hint`, which refuses a negative default
//! there, and for `countOf` and `indexOf`, which ask the value whether it equals the item there,
//! not the item. It has nothing to do with threads; packages whose threads are watched (tqdm) need
//! it.

pub(crate) use _operator::module_def;

#[rustpython_vm::pymodule]
mod _operator {
    use rustpython_vm::{
        Py, PyObjectRef, PyResult, VirtualMachine, builtins::PyModule, function::OptionalArg,
        protocol::PyIterReturn,
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

    /// Count the items of a that are b or equal it.
    #[pyfunction(name = "countOf")]
    fn count_of(a: PyObjectRef, b: PyObjectRef, vm: &VirtualMachine) -> PyResult<usize> {
        let items = a.get_iter(vm)?;
        let mut count = 0;
        while let PyIterReturn::Return(item) = items.next(vm)? {
            count += usize::from(vm.identical_or_equal(&item, &b)?);
        }
        Ok(count)
    }

    /// Find the first item of a that is b or equals it.
    #[pyfunction(name = "indexOf")]
    fn index_of(a: PyObjectRef, b: PyObjectRef, vm: &VirtualMachine) -> PyResult<usize> {
        let items = a.get_iter(vm)?;
        let mut index = 0;
        while let PyIterReturn::Return(item) = items.next(vm)? {
            if vm.identical_or_equal(&item, &b)? {
                return Ok(index);
            }
            index += 1;
        }
        Err(vm.new_value_error("sequence.index(x): x not in sequence"))
    }

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        upstream::complete(vm, "_operator", module)
    }
}
