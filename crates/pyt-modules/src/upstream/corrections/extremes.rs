//! `min` and `max` take one item after another: each is compared, and `key` called for it, before
//! the iterator is asked for the next one. Upstream makes a list of all items first, which is seen
//! by generators, and by what raises.
//!
//! Can go when upstream's `min_or_max` iterates over its argument.

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, TryFromObject, VirtualMachine,
    builtins::PyList,
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
    protocol::{PyIter, PyIterReturn},
    types::PyComparisonOp,
};

static FUNCTIONS: [PyMethodDef; 2] = [
    PyMethodDef::new_const("min", min, PyMethodFlags::empty(), ItemDoc::NONE),
    PyMethodDef::new_const("max", max, PyMethodFlags::empty(), ItemDoc::NONE),
];

/// How many keywords there are.
const KEYWORDS: usize = 2;

/// Puts both into `builtins`.
pub(super) fn begin(vm: &VirtualMachine) -> PyResult<()> {
    let builtins = vm.builtins.as_object();
    for function in &FUNCTIONS {
        let name = function.name;
        let function = function
            .to_function()
            .with_module(vm.ctx.intern_str("builtins"))
            .with_module_object(builtins.to_owned())
            .into_ref(&vm.ctx);
        builtins.set_attr(name, function, vm)?;
    }
    Ok(())
}

fn min(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    extreme(args, "min", PyComparisonOp::Lt, vm)
}

fn max(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    extreme(args, "max", PyComparisonOp::Gt, vm)
}

fn extreme(
    mut args: FuncArgs,
    name: &'static str,
    op: PyComparisonOp,
    vm: &VirtualMachine,
) -> PyResult {
    if args.args.is_empty() {
        return Err(vm.new_arity_type_error(name, 1..=usize::MAX, 0));
    }
    let given = args.kwargs.len();
    if given > KEYWORDS {
        return Err(vm.new_type_error(format!(
            "{name}() takes at most {KEYWORDS} keyword arguments ({given} given)"
        )));
    }
    let default = args.take_keyword("default");
    let key = args.take_keyword("key").filter(|key| !vm.is_none(key));
    if let Some(error) = args.check_kwargs_empty_for(vm, name) {
        return Err(error);
    }
    let found = if args.args.len() > 1 {
        if default.is_some() {
            return Err(vm.new_type_error(format!(
                "Cannot specify a default for {name}() with multiple positional arguments"
            )));
        }
        let mut items = args.args.into_iter();
        search(|| Ok(items.next()), key, op, vm)?
    } else {
        let iterable = args.args.swap_remove(0);
        // What the iterator of a list does, for half of its time.
        if let Some(list) = iterable.downcast_ref_if_exact::<PyList>(vm) {
            let mut places = 0..;
            let item = |place: usize| list.borrow_vec().get(place).cloned();
            search(|| Ok(places.next().and_then(item)), key, op, vm)?
        } else {
            let items = PyIter::try_from_object(vm, iterable)?;
            let next = || match items.next(vm)? {
                PyIterReturn::Return(item) => Ok(Some(item)),
                PyIterReturn::StopIteration(_) => Ok(None),
            };
            search(next, key, op, vm)?
        }
    };
    found
        .or(default)
        .ok_or_else(|| vm.new_value_error(format!("{name}() iterable argument is empty")))
}

/// The first of the items for which no other one is better. `None` if there are none.
fn search(
    mut next: impl FnMut() -> PyResult<Option<PyObjectRef>>,
    key: Option<PyObjectRef>,
    op: PyComparisonOp,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    let Some(mut best) = next()? else {
        return Ok(None);
    };
    let Some(key) = key else {
        while let Some(item) = next()? {
            if item.rich_compare_bool(&best, op, vm)? {
                best = item;
            }
        }
        return Ok(Some(best));
    };
    let mut best_value = key.call((best.clone(),), vm)?;
    while let Some(item) = next()? {
        let value = key.call((item.clone(),), vm)?;
        if value.rich_compare_bool(&best_value, op, vm)? {
            best = item;
            best_value = value;
        }
    }
    Ok(Some(best))
}
