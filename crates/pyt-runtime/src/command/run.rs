//! Runs programs as the `python` command does: files, folders, zip files, modules, text.
//!
//! [`Runtime::main`] runs a program to its exit status; the `run_*` methods are for hosts that use
//! the runtime afterwards. How the end of a program is reported is known to `exit`.

use std::{
    ffi::OsStr,
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
};

use pyt_vm::panics;
use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyDictRef},
};

use crate::{
    Error, Runtime, Tier,
    api::main_module::{main_dict, main_scope},
    command::{
        exit::{Shown, conclude, flush, show},
        repl,
    },
    paths::{absolute, add_path},
    startup::source::{self, StartSymbol},
};

/// What to run as `__main__`.
#[derive(Clone, Debug)]
pub enum Program {
    /// A source file, a `.pyc` file, or a folder or zip file with a `__main__.py`.
    File(PathBuf),
    /// Text given on the command line (`-c`).
    Command(String),
    /// A module, found on `sys.path` (`-m`).
    Module(String),
    /// All of standard input, as a file named `<stdin>`.
    Stdin,
    /// The interactive prompt.
    Interactive {
        /// The text shown first, unless the options say quiet.
        banner: String,
    },
}

impl Runtime {
    /// Runs a file, or the `__main__.py` of a folder or zip file, as `__main__`.
    ///
    /// # Errors
    /// What the program raises. If the file cannot be opened, that is reported on standard error,
    /// and the error is [`crate::ErrorKind::Exit`] with status 2.
    pub fn run_file(&self, path: &Path) -> Result<(), Error> {
        self.attempt(|vm| file(self, vm, path))
    }

    /// Runs text as `python -c` does, as `__main__`: its common indentation is removed.
    ///
    /// # Errors
    /// What the program raises.
    pub fn run_command(&self, text: &str) -> Result<(), Error> {
        self.attempt(|vm| command(self, vm, text))
    }

    /// Runs a module as `python -m` does.
    ///
    /// # Errors
    /// What the program raises; [`crate::ErrorKind::Exit`] if there is no such module.
    pub fn run_module(&self, name: &str) -> Result<(), Error> {
        self.attempt(|vm| module(self, vm, name))
    }

    /// Reads standard input to its end and runs it as `__main__`.
    ///
    /// # Errors
    /// What the program raises.
    pub fn run_stdin(&self) -> Result<(), Error> {
        self.attempt(|vm| stdin(self, vm))
    }

    /// Reads statements from standard input and runs each. Blocks until the end of input.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Exit`], if a statement asks for it.
    pub fn repl(&self) -> Result<(), Error> {
        self.attempt(|vm| repl::interact(vm, self.options()))
    }

    /// Runs `program`, prints the traceback of an uncaught exception, prompts afterwards if `-i`
    /// asks for it, ends the interpreter, and returns the exit status.
    ///
    /// If Ctrl-C ended the program, the process ends by SIGINT, so that shells and parent processes
    /// see it; this function does not return then.
    pub fn main(self, program: Program) -> i32 {
        let mut shown = Shown::default();
        let (status, interrupted) = self.with_vm(|vm| {
            match self.show_as_asked(self.turns(), vm) {
                Ok(begun) => shown = begun,
                Err(status) => return (status, false),
            }
            let is_prompt = matches!(program, Program::Interactive { .. });
            let mut result = self.start(vm, program);
            if !is_prompt && wants_prompt(vm, self.options()) {
                if let Err(error) = result {
                    show(vm, &error);
                }
                result = repl::interact(vm, self.options());
            }
            let tier = self.options().tier;
            if matches!(tier, Tier::Info | Tier::Dump)
                && let Some(report) = pyt_tier::report(tier == Tier::Dump, vm)
            {
                eprintln!("{report}");
            }
            match result {
                Ok(()) => (0, false),
                Err(error) => conclude(vm, &error),
            }
        });
        self.end_main(status, interrupted, shown)
    }

    /// Runs `program`. A panic of the interpreter's is a `SystemError`.
    pub(crate) fn start(&self, vm: &VirtualMachine, program: Program) -> PyResult<()> {
        panics::contained(vm, || self.start_program(vm, program))
    }

    fn start_program(&self, vm: &VirtualMachine, program: Program) -> PyResult<()> {
        match program {
            Program::File(path) => file(self, vm, &path),
            Program::Command(text) => command(self, vm, &text),
            Program::Module(name) => module(self, vm, &name),
            Program::Stdin => stdin(self, vm),
            Program::Interactive { banner } => {
                add_path(self.options(), vm, OsStr::new(""))?;
                let options = self.options();
                if !options.quiet {
                    eprintln!("{banner}");
                }
                repl::startup(vm, options)?;
                repl::interact(vm, options)
            }
        }
    }
}

fn wants_prompt(vm: &VirtualMachine, options: &crate::Options) -> bool {
    // The program itself may set the variable.
    let is_set_by_program = || {
        // It needs `os` for that.
        let modules = vm.sys_module.get_attr("modules", vm);
        let os = modules.and_then(|modules| modules.get_item("os", vm));
        let variable = os.and_then(|os| os.get_attr("environ", vm));
        variable.is_ok_and(|environ| {
            vm.call_method(&environ, "get", ("PYTHONINSPECT", ""))
                .and_then(|value| value.is_true(vm))
                .unwrap_or(false)
        })
    };
    (options.inspect || (!options.ignore_environment && is_set_by_program()))
        && (options.interactive || std::io::stdin().is_terminal())
}

fn command(runtime: &Runtime, vm: &VirtualMachine, text: &str) -> PyResult<()> {
    add_path(runtime.options(), vm, OsStr::new(""))?;
    let text = source::dedent(text);
    let code = source::compile(vm, &text, "<string>", StartSymbol::File)?;
    source::remember(vm, &code, &text);
    pyt_instrument::instrument(&code, vm)?;
    pyt_tier::prepare(&code, vm);
    vm.run_code_obj(code, main_scope(vm)?).map(drop)
}

fn module(runtime: &Runtime, vm: &VirtualMachine, name: &str) -> PyResult<()> {
    let folder = std::env::current_dir().unwrap_or_default();
    add_path(runtime.options(), vm, folder.as_os_str())?;
    vm.run_module(name)
}

fn stdin(runtime: &Runtime, vm: &VirtualMachine) -> PyResult<()> {
    add_path(runtime.options(), vm, OsStr::new(""))?;
    let mut bytes = Vec::new();
    if let Err(error) = std::io::stdin().lock().read_to_end(&mut bytes) {
        return Err(vm.new_os_error(error.to_string()));
    }
    with_file_attributes(vm, vm.ctx.new_str("<stdin>").into(), || {
        let code = source::compile_bytes(vm, &bytes, "<stdin>")?;
        pyt_instrument::instrument(&code, vm)?;
        pyt_tier::prepare(&code, vm);
        vm.run_code_obj(code, main_scope(vm)?).map(drop)
    })
}

fn file(runtime: &Runtime, vm: &VirtualMachine, given: &Path) -> PyResult<()> {
    let path = absolute(given);
    let is_folder = path.is_dir();
    let mut bytes = match is_folder {
        true => Vec::new(),
        false => match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return Err(cannot_open(runtime, vm, &path, &error)),
        },
    };
    if is_folder || may_be_zip(&bytes) {
        let name: PyObjectRef = vm.fsdecode(path.as_os_str()).into();
        if has_importer(vm, &name)? {
            vm.insert_sys_path(name)?;
            let runpy = vm.import("runpy", 0)?;
            let run = runpy.get_attr("_run_module_as_main", vm)?;
            return run.call(("__main__", false), vm).map(drop);
        }
    }
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    add_path(
        runtime.options(),
        vm,
        real.parent().unwrap_or(Path::new("")).as_os_str(),
    )?;
    let name = path.to_string_lossy();
    if is_bytecode(vm, &path, &bytes) {
        return vm.run_any_file(main_scope(vm)?, &name);
    }
    if runtime.options().skip_source_first_line {
        // The newline is kept, so that line numbers stay right.
        let end = bytes
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap_or(bytes.len());
        bytes.drain(..end);
    }
    let dict = main_dict(vm)?;
    let filename: PyObjectRef = vm.fsdecode(path.as_os_str()).into();
    with_file_attributes(vm, filename.clone(), || {
        set_loader(vm, &dict, filename)?;
        let code = source::compile_bytes(vm, &bytes, &name)?;
        pyt_instrument::instrument(&code, vm)?;
        pyt_tier::prepare(&code, vm);
        vm.run_code_obj(code, main_scope(vm)?).map(drop)
    })
}

/// Runs `f` with `__main__.__file__` set, and deletes it afterwards, as CPython does.
fn with_file_attributes(
    vm: &VirtualMachine,
    filename: PyObjectRef,
    f: impl FnOnce() -> PyResult<()>,
) -> PyResult<()> {
    let dict = main_dict(vm)?;
    if dict.contains_key("__file__", vm) {
        return f();
    }
    dict.set_item("__file__", filename, vm)?;
    dict.set_item("__cached__", vm.ctx.none(), vm)?;
    let result = f();
    flush(vm, "stdout");
    flush(vm, "stderr");
    for name in ["__file__", "__cached__"] {
        // The program may have deleted them.
        let _ = dict.del_item(name, vm);
    }
    result
}

fn set_loader(vm: &VirtualMachine, main: &PyDictRef, filename: PyObjectRef) -> PyResult<()> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    let importlib = modules.get_item("_frozen_importlib_external", vm)?;
    let class = importlib.get_attr("SourceFileLoader", vm)?;
    main.set_item("__loader__", class.call(("__main__", filename), vm)?, vm)
}

/// A zip file ends with a directory, which this signature begins. The importer refuses other files
/// that contain these bytes.
fn may_be_zip(bytes: &[u8]) -> bool {
    // The directory's end record is at most 64 KiB of comment away from the end.
    let tail = &bytes[bytes.len().saturating_sub(65_557)..];
    tail.windows(4).any(|window| window == b"PK\x05\x06")
}

/// Compiled code has the extension `.pyc`, or begins with the magic number of this interpreter.
fn is_bytecode(vm: &VirtualMachine, path: &Path, bytes: &[u8]) -> bool {
    path.extension().is_some_and(|extension| extension == "pyc")
        || bytes.first_chunk::<2>().is_some_and(|magic| {
            // "\r\n" follows the number, which the import system knows.
            bytes[2..].starts_with(b"\r\n") && magic_number(vm).is_ok_and(|known| known == *magic)
        })
}

fn magic_number(vm: &VirtualMachine) -> PyResult<[u8; 2]> {
    let imp = vm
        .import("_imp", 0)?
        .get_attr("pyc_magic_number_token", vm)?;
    let token: u32 = imp.try_into_value(vm)?;
    let [low, high, ..] = token.to_le_bytes();
    Ok([low, high])
}

/// Whether a path hook accepts `path`, so that modules can be imported from it.
fn has_importer(vm: &VirtualMachine, path: &PyObjectRef) -> PyResult<bool> {
    let cache = vm.sys_module.get_attr("path_importer_cache", vm)?;
    if let Ok(importer) = cache.get_item(&**path, vm) {
        return Ok(!vm.is_none(&importer));
    }
    let hooks: Vec<PyObjectRef> = vm
        .sys_module
        .get_attr("path_hooks", vm)?
        .try_into_value(vm)?;
    for hook in hooks {
        match hook.call((path.clone(),), vm) {
            Ok(importer) => {
                cache.set_item(&**path, importer, vm)?;
                return Ok(true);
            }
            Err(error) if error.fast_isinstance(vm.ctx.exceptions.import_error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn cannot_open(
    runtime: &Runtime,
    vm: &VirtualMachine,
    path: &Path,
    error: &std::io::Error,
) -> PyBaseExceptionRef {
    let program = match &runtime.options().program_name {
        Some(name) => name.clone(),
        None => vm.state.config.paths.executable.clone(),
    };
    let shown = match vm.fsdecode(path.as_os_str()).as_object().repr(vm) {
        Ok(repr) => repr.to_string_lossy().into_owned(),
        Err(error) => return error,
    };
    let errno = error.raw_os_error().unwrap_or(libc::ENOENT);
    let reason = error.to_string();
    let reason = reason.split(" (os error").next().unwrap_or_default();
    eprintln!("{program}: can't open file {shown}: [Errno {errno}] {reason}");
    vm.new_system_exit(vec![vm.ctx.new_int(2).into()].into())
}
