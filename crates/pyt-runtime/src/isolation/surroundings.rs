//! What is in place before a program begins: changes to built-in functions and `sys`.

use std::path::Path;

use pyt_modules::{mend_code, upstream};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyModule, PyStr},
    function::{FuncArgs, OptionalArg},
};

use super::{
    files, natives,
    policy::{IsolationPolicy, policy, refused},
};

/// Functions of `sys` that read the terminal or change how the process runs.
const SYS: [&str; 4] = [
    "_baserepl",
    "_debugmallocstats",
    "remote_exec",
    "setdlopenflags",
];

/// Attributes of `sys` with paths of the host.
const PATHS: [&str; 8] = [
    "_base_executable",
    "base_exec_prefix",
    "base_prefix",
    "exec_prefix",
    "executable",
    "prefix",
    "_home",
    "_stdlib_dir",
];

/// Replaces functions that act on the host, and attributes that reveal its paths.
pub(super) fn replace(policy: &IsolationPolicy, vm: &VirtualMachine) -> PyResult<()> {
    let builtins = vm.builtins.as_object();
    builtins.set_attr("compile", vm.new_function("compile", compile), vm)?;
    builtins.set_attr("input", vm.new_function("input", input), vm)?;
    let sys = vm.sys_module.as_object();
    for name in SYS {
        if vm.get_attribute_opt(sys, name)?.is_some() {
            sys.set_attr(name, natives::refusing(format!("sys.{name}"), vm), vm)?;
        }
    }
    for name in PATHS {
        if vm.get_attribute_opt(sys, name)?.is_some() {
            sys.set_attr(name, vm.ctx.new_str(""), vm)?;
        }
    }
    sys.set_attr("orig_argv", sys.get_attr("argv", vm)?, vm)?;
    sys.set_attr("dont_write_bytecode", vm.ctx.true_value.clone(), vm)?;
    // Bytecode from files may not be the compiler's.
    let implementation = sys.get_attr("implementation", vm)?;
    implementation.set_attr("cache_tag", vm.ctx.none(), vm)?;
    let paths: Vec<PyObjectRef> = sys.get_attr("path", vm)?.try_into_value(vm)?;
    let mut kept = Vec::new();
    for path in paths {
        let known = path.downcast_ref::<PyStr>().map(ToString::to_string);
        if known.is_some_and(|path| !path.is_empty() && files::is_readable(path.as_ref(), policy)) {
            kept.push(path);
        }
    }
    sys.set_attr("path", vm.ctx.new_list(kept), vm)?;
    let cache = sys.get_attr("path_importer_cache", vm)?;
    vm.call_method(&cache, "clear", ())?;
    // Functions that were put into these modules after their creation.
    for name in ["_signal", "time"] {
        if let Some(module) = vm.import(name, 0)?.downcast_ref::<PyModule>() {
            natives::restrict(module, vm)?;
        }
    }
    Ok(())
}

/// `compile`: tracebacks show lines of the file that `filename` names. It must not be a file that
/// the program cannot read.
fn compile(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if let Some(policy) = policy(vm) {
        let keyword = args.kwargs.get("filename").cloned();
        if let Some(given) = args.args.get(1).cloned().or(keyword) {
            let path = files::path_of(&given, vm)?;
            let label = replacement_name(&path, &policy);
            if let Some(label) = label {
                let label: PyObjectRef = vm.ctx.new_str(label).into();
                match args.args.get_mut(1) {
                    Some(place) => *place = label,
                    None => {
                        args.kwargs.insert("filename".into(), label);
                    }
                }
            }
        }
    }
    crate::startup::ast::compile(args, vm)
}

/// A replacement for the name of a file that is not granted; `None` if the name may stay.
fn replacement_name(path: &Path, policy: &IsolationPolicy) -> Option<String> {
    let text = path.to_string_lossy();
    let is_label = text.starts_with('<') && text.ends_with('>') && !text.contains('/');
    (!is_label && !files::is_readable(path, policy)).then(|| format!("<{text}>"))
}

/// `input`: reads from `sys.stdin`, and never from the terminal.
fn input(prompt: OptionalArg<PyObjectRef>, vm: &VirtualMachine) -> PyResult {
    let stream = |name: &'static str| match vm.sys_module.get_attr(name, vm) {
        Ok(stream) if !vm.is_none(&stream) => Ok(stream),
        _ => Err(vm.new_runtime_error(format!("input(): lost sys.{name}"))),
    };
    let (stdin, stdout) = (stream("stdin")?, stream("stdout")?);
    if let OptionalArg::Present(prompt) = prompt {
        vm.call_method(&stdout, "write", (prompt.str(vm)?,))?;
    }
    vm.call_method(&stdout, "flush", ())?;
    let line = vm.call_method(&stdin, "readline", ())?;
    let Some(text) = line.downcast_ref::<PyStr>() else {
        return Err(vm.new_type_error("object.readline() returned non-string"));
    };
    if text.is_empty() {
        let eof = vm.ctx.exceptions.eof_error.to_owned();
        return Err(vm.new_exception_msg(eof, "EOF when reading a line".into()));
    }
    vm.call_method(&line, "removesuffix", ("\n",))
}

/// Puts `get_frozen_object` into `_imp`: it returns frozen modules, and refuses data that the
/// program passes.
pub(super) fn give_frozen(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let get = vm.new_function(
        "get_frozen_object",
        |args: FuncArgs, vm: &VirtualMachine| -> PyResult {
            let data = args.args.get(1).or_else(|| args.kwargs.get("data"));
            if data.is_some_and(|data| !vm.is_none(data)) {
                return Err(refused("making code objects", vm));
            }
            let code = upstream::call("_imp", "get_frozen_object", args, vm)?;
            if let Some(code) = code.downcast_ref::<PyCode>() {
                mend_code(code);
            }
            Ok(code)
        },
    );
    module.dict().set_item("get_frozen_object", get.into(), vm)
}

/// Puts `setlocale` into `_locale`: it returns the locale, and refuses to change it, since it is
/// the process's.
pub(super) fn give_locale(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let set = vm.new_function(
        "setlocale",
        |args: FuncArgs, vm: &VirtualMachine| -> PyResult {
            let locale = args.args.get(1).or_else(|| args.kwargs.get("locale"));
            if locale.is_some_and(|locale| !vm.is_none(locale)) {
                return Err(refused("changing the locale", vm));
            }
            upstream::call("_locale", "setlocale", args, vm)
        },
    );
    module.dict().set_item("setlocale", set.into(), vm)
}
