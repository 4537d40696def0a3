//! Completion of the names in `import` statements at the prompt.

use rustpython_vm::{PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyStr};

/// What the end of a line can become: where the part begins that is replaced, and the candidates.
/// `None` if the line is no `import` statement up to its last word.
pub(super) fn complete(vm: &VirtualMachine, line: &str) -> Option<(usize, Vec<String>)> {
    let statement = line.rsplit(';').next()?.trim_start();
    let start = line.len() - last_word(line).len();
    let word = &line[start..];
    let found = if let Some(rest) = statement.strip_prefix("from ") {
        match rest.split_once(" import ") {
            Some((module, _)) => {
                let names = names_of(module.trim(), vm).unwrap_or_default();
                return Some((start, matching(names, word)));
            }
            None if is_one_word(rest) => modules(word, vm),
            None => return None,
        }
    } else {
        let rest = statement.strip_prefix("import ")?;
        // Several modules, with other names.
        let last = rest.rsplit(',').next()?;
        if !is_one_word(last.trim_start()) {
            return None;
        }
        modules(word, vm)
    };
    let begin = start + word.rfind('.').map_or(0, |dot| dot + 1);
    Some((begin, matching(found.unwrap_or_default(), &line[begin..])))
}

fn last_word(line: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    line.rsplit(|c| !is_part(c)).next().unwrap_or_default()
}

fn is_one_word(text: &str) -> bool {
    !text.contains(char::is_whitespace)
}

fn matching(mut names: Vec<String>, prefix: &str) -> Vec<String> {
    names.retain(|name| {
        name.starts_with(prefix) && (!name.starts_with('_') || prefix.starts_with('_'))
    });
    names.sort_unstable();
    names.dedup();
    names
}

/// The modules that may stand in the place of the last part of `word`.
fn modules(word: &str, vm: &VirtualMachine) -> PyResult<Vec<String>> {
    match word.rsplit_once('.') {
        Some((package, _)) => submodules(package, vm),
        None => {
            let mut names = listed_in(&vm.ctx.none(), vm)?;
            let known = vm.sys_module.get_attr("stdlib_module_names", vm)?;
            names.extend(texts(&known, vm)?);
            Ok(names)
        }
    }
}

/// The modules of a package: of the library's, or in its folders if it has been imported.
fn submodules(package: &str, vm: &VirtualMachine) -> PyResult<Vec<String>> {
    let prefix = format!("{package}.");
    let frozen = vm.state.frozen.keys();
    let frozen = frozen.filter_map(|name| name.strip_prefix(&*prefix));
    let frozen = frozen.filter(|name| !name.contains('.')).map(str::to_owned);
    let mut names: Vec<String> = frozen.collect();
    if let Some(module) = imported(package, vm)?
        && let Some(folders) = vm.get_attribute_opt(&module, "__path__")?
    {
        names.extend(listed_in(&folders, vm)?);
    }
    Ok(names)
}

/// Modules of the library that do something when they are imported.
const ACTING: [&str; 2] = ["antigravity", "this"];

/// What `from module import` finds: the modules of a package, and the names of a module that has
/// been imported or is the library's. No other module is imported for it.
fn names_of(module: &str, vm: &VirtualMachine) -> PyResult<Vec<String>> {
    let mut names = submodules(module, vm)?;
    if vm.state.frozen.contains_key(module) && !ACTING.contains(&module) {
        let import = vm.import("importlib", 0)?.get_attr("import_module", vm)?;
        import.call((module,), vm)?;
    }
    if let Some(module) = imported(module, vm)? {
        let listed = vm.builtins.get_attr("dir", vm)?.call((module,), vm)?;
        names.extend(texts(&listed, vm)?);
    }
    Ok(names)
}

fn imported(module: &str, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    Ok(modules.get_item(module, vm).ok())
}

/// The modules in folders; with `None` in those of `sys.path`.
fn listed_in(folders: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<String>> {
    let list = vm.import("pkgutil", 0)?.get_attr("iter_modules", vm)?;
    let found = list.call((folders.to_owned(),), vm)?;
    let found: Vec<PyObjectRef> = found.try_to_value(vm)?;
    let names = found.iter().map(|info| {
        let name = info.get_attr("name", vm)?;
        Ok(name.str(vm)?.to_string_lossy().into_owned())
    });
    names.collect()
}

fn texts(names: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<String>> {
    let names: Vec<PyObjectRef> = names.to_owned().try_to_value(vm)?;
    let names = names.iter().filter_map(|name| name.downcast_ref::<PyStr>());
    Ok(names
        .filter_map(|name| Some(name.to_str()?.to_owned()))
        .collect())
}
