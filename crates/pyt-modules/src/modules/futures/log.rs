//! What `concurrent.futures` writes into its log, and the classes of its errors: attributes of the
//! module `_base`, which are asked for only when something has gone wrong.

use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    builtins::PyBaseExceptionRef,
    function::{FuncArgs, KwArgs},
};

use super::names::BASE;

/// The attribute `name` of `_base`.
fn base(name: &'static str, vm: &VirtualMachine) -> PyResult {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    modules.get_item(BASE, vm)?.get_attr(name, vm)
}

/// `LOGGER.method(message, *args, exc_info=raised)`
pub(super) fn log(
    method: &'static str,
    message: &'static str,
    args: Vec<PyObjectRef>,
    raised: Option<PyBaseExceptionRef>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let mut positional = vec![vm.ctx.new_str(message).into()];
    positional.extend(args);
    let keywords: KwArgs = raised
        .map(|raised| ("exc_info".to_owned(), raised.into()))
        .into_iter()
        .collect();
    let args = FuncArgs::new(positional, keywords);
    vm.call_method(&*base("LOGGER", vm)?, method, args)
        .map(drop)
}

/// An exception of the class that `_base` calls `class`, with this message or none.
pub(super) fn error(
    class: &'static str,
    message: Option<String>,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    let args: Vec<PyObjectRef> = message
        .map(|message| vm.ctx.new_str(message).into())
        .into_iter()
        .collect();
    let made = base(class, vm).and_then(|class| class.call(args, vm));
    match made.map(rustpython_vm::PyObjectRef::downcast) {
        Ok(Ok(raised)) => raised,
        Ok(Err(other)) => vm.new_type_error(format!(
            "exceptions must derive from BaseException, not {}",
            other.class().name()
        )),
        Err(raised) => raised,
    }
}
