//! The limit on recursion while a call under limits runs.

use rustpython_vm::{PyObjectRef, VirtualMachine, function::FuncArgs};

use crate::api::closure;

/// A limit on recursion in force on the calling thread, for as long as this lives.
pub(super) struct RecursionLimit<'a> {
    vm: &'a VirtualMachine,
    before: usize,
    /// `sys.setrecursionlimit` as it was.
    set: Option<PyObjectRef>,
}

impl<'a> RecursionLimit<'a> {
    pub(super) fn begin(vm: &'a VirtualMachine, depth: usize) -> Self {
        let before = vm.recursion_limit.replace(depth);
        let set = vm.sys_module.get_attr("setrecursionlimit", vm).ok();
        if let Some(set) = &set {
            let real = set.clone();
            let ours = move |args: FuncArgs, vm: &VirtualMachine| {
                let limit: PyObjectRef = args.bind(vm)?;
                let wanted: isize = limit.try_index(vm)?.try_to_primitive(vm)?;
                let capped = usize::try_from(wanted)
                    .map_or(limit, |wanted| vm.ctx.new_int(wanted.min(depth)).into());
                real.call((capped,), vm)
            };
            // Without it the code can only raise its own limit.
            let _ = vm
                .sys_module
                .set_attr("setrecursionlimit", closure::new(ours, vm), vm);
        }
        Self { vm, before, set }
    }
}

impl Drop for RecursionLimit<'_> {
    fn drop(&mut self) {
        self.vm.recursion_limit.set(self.before);
        if let Some(set) = self.set.take() {
            let _ = self
                .vm
                .sys_module
                .set_attr("setrecursionlimit", set, self.vm);
        }
    }
}
