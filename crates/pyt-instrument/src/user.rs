//! Which code is the user's: neither frozen, nor of the standard library, nor installed.

use rustpython_vm::{
    VirtualMachine,
    builtins::{PyCode, PyStr},
};

/// Tells user code from the library's.
#[derive(Debug, Default)]
pub(super) struct UserCode {
    library: Vec<String>,
}

impl UserCode {
    pub(super) fn new(vm: &VirtualMachine) -> Self {
        let attribute = |name: &'static str| {
            let value = vm.sys_module.get_attr(name, vm).ok()?;
            Some(
                value
                    .downcast_ref::<PyStr>()?
                    .to_string_lossy()
                    .into_owned(),
            )
        };
        let mut library: Vec<_> = attribute("_stdlib_dir").into_iter().collect();
        if let Some(prefix) = attribute("base_prefix") {
            library.push(format!("{prefix}/lib/python3.14"));
        }
        Self {
            library: library
                .into_iter()
                .map(|folder| folder.trim_end_matches('/').to_owned() + "/")
                .collect(),
        }
    }

    /// Whether `code` is the user's.
    pub(super) fn has(&self, code: &PyCode, vm: &VirtualMachine) -> bool {
        let file = code.source_path().as_str();
        // Frozen modules have their name for a file.
        if file.starts_with("<frozen") || file == "<pyt>" || vm.state.frozen.contains_key(file) {
            return false;
        }
        let installed = file
            .split(['/', '\\'])
            .any(|folder| matches!(folder, "site-packages" | "dist-packages"));
        !installed && !self.library.iter().any(|folder| file.starts_with(folder))
    }
}
