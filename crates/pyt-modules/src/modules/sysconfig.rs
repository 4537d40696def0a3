//! What the interpreter says of itself to `sysconfig`, and so to what installs packages.
//!
//! Upstream's names of C extensions are those of another version. With these no tool takes the
//! wheels of CPython's extensions for ours: the tag of the ABI is `rustpython-314t`.

use rustpython_vm::{
    Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
    version,
};

use crate::upstream::derived;

/// The definition of `_sysconfigdata`.
pub(crate) fn definition() -> Option<&'static PyModuleDef> {
    derived::derive_named("_sysconfigdata", change)
}

/// What CPython appends to the version of a build that can run without the GIL.
const FREE_THREADED: &str = "t";

fn change(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let variables = module.dict().get_item("build_time_vars", vm)?;
    let paths = &vm.state.config.paths;
    let multiarch = variables.get_item("MULTIARCH", vm)?.str(vm)?;
    let number = format!("{}{}", version::MAJOR, version::MINOR);
    let short = format!("{}.{}", version::MAJOR, version::MINOR);
    let soabi = format!("rustpython-{number}{FREE_THREADED}-{multiarch}");
    let library = format!("{}/lib/rustpython{short}{FREE_THREADED}", paths.base_prefix);
    let include = format!(
        "{}/include/rustpython{short}{FREE_THREADED}",
        paths.base_prefix
    );
    let texts = [
        ("EXE", String::new()),
        ("BUILDEXE", String::new()),
        ("VERSION", short.clone()),
        ("LDVERSION", format!("{short}{FREE_THREADED}")),
        ("EXT_SUFFIX", format!(".{soabi}.so")),
        ("SOABI", soabi),
        ("LIBDIR", format!("{}/lib", paths.base_prefix)),
        ("LIBDEST", library.clone()),
        ("BINLIBDEST", library),
        ("INCLUDEDIR", format!("{}/include", paths.base_prefix)),
        ("INCLUDEPY", include.clone()),
        ("CONFINCLUDEPY", include),
        // What builds extensions asks for it, also where it then does without.
        ("LDCXXSHARED", "c++ -shared".to_owned()),
        // There is no library to link with.
        ("LIBRARY", String::new()),
        ("LDLIBRARY", String::new()),
        ("INSTSONAME", String::new()),
    ];
    for (name, text) in texts {
        variables.set_item(name, vm.ctx.new_str(text).into(), vm)?;
    }
    let numbers = [
        ("Py_ENABLE_SHARED", 0),
        ("SIZEOF_VOID_P", usize::BITS / u8::BITS),
    ];
    for (name, number) in numbers {
        variables.set_item(name, vm.ctx.new_int(number).into(), vm)?;
    }
    Ok(())
}
