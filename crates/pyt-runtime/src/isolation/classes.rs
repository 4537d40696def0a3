//! Guards on methods of the interpreter's classes that act on the host without any module, or that
//! can corrupt the interpreter.
//!
//! All interpreters of the process share the classes, so each guard checks which interpreter it is
//! in. Where that is not isolated, it calls the original.

use std::sync::OnceLock;

use parking_lot::Mutex;
use pyt_vm::{process_lock::lock_detached, shared_classes};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyGetSet, PyInt, PyList, PyStr, PyType, PyTypeRef},
    function::{FuncArgs, ItemDoc, PyMethodFlags, PySetterValue},
    vm::Context,
};

use super::{
    files, natives,
    policy::{policy, refused},
};

type Init = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<()>;
type New = fn(PyTypeRef, FuncArgs, &VirtualMachine) -> PyResult;

/// The guarded methods as they were.
struct UnguardedMethods {
    file: &'static Py<PyType>,
    open_file: Init,
    new_code: New,
    replace_code: PyObjectRef,
    subclasses: PyObjectRef,
    line: PyObjectRef,
}

static ORIGINALS: OnceLock<UnguardedMethods> = OnceLock::new();

/// The flag of a code object that `types.coroutine` sets.
const ITERABLE_COROUTINE: u32 = 0x100;

/// Puts the guards in place, once for the process.
pub(super) fn guard(vm: &VirtualMachine) -> PyResult<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = lock_detached(&ONE_AT_A_TIME, vm);
    if ORIGINALS.get().is_some() {
        return Ok(());
    }
    let missing = |what: &str| vm.new_system_error(format!("the interpreter has no {what}"));
    let file = vm.import("_io", 0)?.get_attr("FileIO", vm)?;
    let file = file
        .downcast::<PyType>()
        .map_err(|_| missing("class FileIO"))?;
    // SAFETY: the class is one of the interpreter's own, which live as long as the process.
    let file: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(&*file) };
    let code = vm.ctx.types.code_type;
    let attribute = |class: &Py<PyType>, name: &str| {
        let name = vm.ctx.intern_str(name);
        class.get_attr(name).ok_or_else(|| missing(name.as_str()))
    };
    let originals = UnguardedMethods {
        file,
        open_file: file.slots().init.load().ok_or_else(|| missing("open"))?,
        new_code: code.slots().new.load().ok_or_else(|| missing("code"))?,
        replace_code: attribute(code, "replace")?,
        subclasses: attribute(vm.ctx.types.type_type, "__subclasses__")?,
        line: attribute(vm.ctx.types.frame_type, "f_lineno")?,
    };
    if ORIGINALS.set(originals).is_err() {
        return Ok(());
    }
    file.slots().init.store(Some(open_file));
    let init = |file: PyObjectRef, args: FuncArgs, vm: &VirtualMachine| open_file(&file, args, vm);
    let init = vm
        .ctx
        .new_method_def("__init__", init, PyMethodFlags::METHOD, ItemDoc::NONE)
        .build_method(file, vm);
    shared_classes::set_attribute(file, vm.ctx.intern_str("__init__"), init.into());
    code.slots().new.store(Some(new_code));
    for name in ["replace", "__replace__"] {
        let method = vm
            .ctx
            .new_method_def(name, replace_code, PyMethodFlags::METHOD, ItemDoc::NONE)
            .build_method(code, vm);
        shared_classes::set_attribute(code, vm.ctx.intern_str(name), method.into());
    }
    let class = vm.ctx.types.type_type;
    let method = vm
        .ctx
        .new_method_def(
            "__subclasses__",
            subclasses,
            PyMethodFlags::METHOD,
            ItemDoc::NONE,
        )
        .build_method(class, vm);
    shared_classes::set_attribute(class, vm.ctx.intern_str("__subclasses__"), method.into());
    let frame = vm.ctx.types.frame_type;
    let line = PyGetSet::new("f_lineno", frame, &vm.ctx)
        .with_get(get_line)
        .with_set(set_line);
    let line = PyRef::new_ref(line, vm.ctx.types.getset_type.to_owned(), None);
    shared_classes::set_attribute(frame, vm.ctx.intern_str("f_lineno"), line.into());
    Ok(())
}

fn originals(vm: &VirtualMachine) -> PyResult<&'static UnguardedMethods> {
    let known = ORIGINALS.get();
    known.ok_or_else(|| vm.new_system_error("a guarded method has no original"))
}

/// `FileIO.__init__`, which every way to open a file calls.
fn open_file(file: &PyObject, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let originals = originals(vm)?;
    if !file.fast_isinstance(originals.file) {
        return Err(vm.new_type_error("descriptor '__init__' requires a '_io.FileIO' object"));
    }
    let Some(policy) = policy(vm).filter(|policy| policy.is_sealed()) else {
        return (originals.open_file)(file, args, vm);
    };
    let argument = |index: usize, name: &str| {
        let given = args.args.get(index).or_else(|| args.kwargs.get(name));
        given.cloned().filter(|given| !vm.is_none(given))
    };
    let mode = argument(1, "mode");
    let Some(given) = argument(0, "file") else {
        // It reports the missing argument.
        return (originals.open_file)(file, args, vm);
    };
    if given.downcast_ref::<PyInt>().is_some() {
        return Err(refused("a file descriptor", vm));
    }
    if argument(3, "opener").is_some() {
        return Err(refused("an opener of files", vm));
    }
    let access = files::access_of(mode.as_ref());
    let path = files::path_of(&given, vm)?;
    let real = files::granted(&path, access, &policy, vm)?;
    let real = files::as_object(real.as_os_str(), vm);
    match args.args.first_mut() {
        Some(first) => *first = real,
        None => {
            args.kwargs.insert("file".into(), real);
        }
    }
    (originals.open_file)(file, args, vm)?;
    file.set_attr("name", given, vm)
}

/// `code.__new__`: instructions that are not the compiler's can corrupt the interpreter.
fn new_code(class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    match policy(vm) {
        Some(_) => Err(refused("making code objects", vm)),
        None => (originals(vm)?.new_code)(class, args, vm),
    }
}

/// `code.replace`: may change names and lines, and the flag that `types.coroutine` needs.
fn replace_code(code: PyObjectRef, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let isolated = policy(vm).is_some();
    // A copy of instrumented instructions lacks the table of the originals: it cannot run.
    let is_watched = |code: &PyObjectRef| {
        let code = code.downcast_ref::<PyCode>();
        code.is_some_and(|code| code.monitoring_data.lock().is_some())
    };
    if isolated {
        let flags = code.downcast_ref::<PyCode>().map(|code| code.flags.bits());
        for (name, value) in &args.kwargs {
            let harmless = match name.as_str() {
                Ok("co_name" | "co_qualname" | "co_firstlineno") => true,
                Ok("co_flags") => {
                    let wanted = value.downcast_ref::<PyInt>();
                    let wanted = wanted.and_then(|wanted| wanted.try_to_primitive::<u32>(vm).ok());
                    wanted.is_some_and(|wanted| {
                        flags.is_some_and(|flags| (wanted ^ flags) & !ITERABLE_COROUTINE == 0)
                    })
                }
                _ => false,
            };
            if !harmless {
                return Err(refused(&format!("replacing {name} of code objects"), vm));
            }
        }
    }
    args.prepend_arg(code.clone());
    let watched = isolated && is_watched(&code);
    let made = originals(vm)?.replace_code.call(args, vm)?;
    if watched || (isolated && is_watched(&code)) {
        return Err(refused("a copy of code that sys.monitoring watches", vm));
    }
    Ok(made)
}

fn get_line(frame: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let line = &originals(vm)?.line;
    match line.class().slots().descr_get.load() {
        Some(get) => get(line, Some(&frame), None, vm),
        None => Ok(vm.ctx.none()),
    }
}

/// A jump of a trace function: upstream, as CPython, goes on at instructions that take what is on
/// the stack for something else than it is.
fn set_line(frame: PyObjectRef, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()> {
    if policy(vm).is_some() {
        return Err(refused("setting the line of frames", vm));
    }
    let line = &originals(vm)?.line;
    match line.class().slots().descr_set.load() {
        Some(set) => set(line, frame, value, vm),
        None => Ok(()),
    }
}

/// Internal classes of the interpreter: an instance without contents corrupts it.
const INTERNAL: [&str; 3] = ["HeapMethodDef", "_BootstrapStderr", "_SandboxStdio"];

/// `type.__subclasses__`: without the classes of modules that the program cannot import, which
/// other runtimes of the process may have made.
fn subclasses(class: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let all = originals(vm)?.subclasses.call((class,), vm)?;
    let Some(policy) = policy(vm) else {
        return Ok(all);
    };
    let Some(list) = all.downcast_ref::<PyList>() else {
        return Ok(all);
    };
    let is_seen = |class: &PyObjectRef| {
        let Some(class) = class.downcast_ref::<PyType>() else {
            return false;
        };
        // The interpreter's own classes belong to no interpreter, and so to each.
        if !class.is_visible_to_interpreter(i64::MIN) {
            return true;
        }
        if INTERNAL.contains(&&*class.name()) {
            return false;
        }
        let module = class.get_attr(Context::genesis().intern_str("__module__"));
        let module = module.and_then(|module| {
            module
                .downcast_ref::<PyStr>()
                .map(|module| module.to_string_lossy().into_owned())
        });
        module.is_some_and(|module| natives::is_seen(&module, &policy))
    };
    let classes = list.borrow_vec().to_vec();
    let seen = classes.into_iter().filter(is_seen).collect();
    Ok(vm.ctx.new_list(seen).into())
}
