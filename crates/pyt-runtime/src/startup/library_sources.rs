//! The sources of the standard library, which is frozen into the program: tracebacks show its
//! lines, `inspect` and debuggers list them.
//!
//! They are in the program in compressed blocks (`build.rs`), of which one is decompressed when a
//! module's source is asked for. They are found as those of a zip file's modules are, by the method
//! `get_source` of the loader. So that they are asked for, the code of the library has the name of
//! a file, as programs see it. Inside of pyt its name stays that of the module.

use std::sync::{Arc, Once};

use parking_lot::Mutex;
use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyGetSet, PyUtf8StrRef},
    function::{ItemDoc, PyMethodDef, PyMethodFlags},
};

/// The blocks, one after the other.
static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library_sources.xz"));

/// What the blocks have: a line with the length of a block, and one for each of its modules.
static TABLE: &str = include_str!(concat!(env!("OUT_DIR"), "/library_sources.txt"));

static GET_SOURCE: PyMethodDef = PyMethodDef::new_const(
    "get_source",
    get_source,
    PyMethodFlags::empty(),
    ItemDoc::static_text(
        "get_source($type, fullname, /)\n--\n\nReturn the source of a frozen module.",
    ),
);

/// Has the loader of frozen modules give their sources, and code objects give the files.
pub(super) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let importer = vm
        .import("_frozen_importlib", 0)?
        .get_attr("FrozenImporter", vm)?;
    let function = GET_SOURCE.to_function().into_ref(&vm.ctx);
    let method = vm
        .ctx
        .types
        .classmethod_type
        .as_object()
        .call((function,), vm)?;
    importer.set_attr("get_source", method, vm)?;
    // All interpreters share the class of code objects.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let class = vm.ctx.types.code_type;
        let file = PyGetSet::new("co_filename", class, &vm.ctx).with_get(file_of_code);
        let file = PyRef::new_ref(file, vm.ctx.types.getset_type.to_owned(), None);
        let name = vm.ctx.intern_str("co_filename");
        shared_classes::set_attribute(class, name, file.into());
    });
    if !vm
        .state
        .module_defs
        .contains_key(pyt_modules::ISOLATION_MARK)
    {
        // Tests import modules anew with frozen ones turned off: the library is nowhere else.
        let name = "_override_frozen_modules_for_tests";
        let leaves_them_on = vm.new_function(name, |_override: isize| ());
        vm.import("_imp", 0)?.set_attr(name, leaves_them_on, vm)?;
    }
    Ok(())
}

/// `FrozenImporter.get_source`: `None` for a module that has no source in the program.
fn get_source(
    _class: PyObjectRef,
    name: PyUtf8StrRef,
    vm: &VirtualMachine,
) -> PyResult<Option<String>> {
    if !vm.state.frozen.contains_key(name.as_str()) {
        let message = format!("{:?} is not a frozen module", name.as_str()).replace('"', "'");
        return Err(vm.new_import_error(message, name.into_wtf8()));
    }
    Ok(find(name.as_str()))
}

/// `co_filename`: for code of a frozen module the file that the module would have.
fn file_of_code(code: PyRef<PyCode>, vm: &VirtualMachine) -> PyObjectRef {
    let known = code.source_path();
    let file = frozen_file(known.as_str(), vm);
    file.map_or_else(
        || known.to_owned().into(),
        |file| vm.ctx.new_str(file).into(),
    )
}

/// The file of a frozen module of the library, as its `__file__` has it.
fn frozen_file(module: &str, vm: &VirtualMachine) -> Option<String> {
    let frozen = vm.state.frozen.get(module)?;
    let library = vm.state.config.paths.stdlib_dir.as_deref()?;
    let path = module.replace('.', "/");
    let rest = if frozen.package { "/__init__" } else { "" };
    Some(format!("{library}/{path}{rest}.py"))
}

/// A block that is decompressed, and where it begins.
type Block = (usize, Arc<Vec<u8>>);

/// The source of a module.
fn find(module: &str) -> Option<String> {
    /// The last block: who lists one function often lists its neighbours.
    static LAST: Mutex<Option<Block>> = Mutex::new(None);
    let (begin, length, within, size) = place(module)?;
    let last = LAST.lock().clone().filter(|(at, _)| *at == begin);
    let block = match last {
        Some((_, block)) => block,
        None => {
            let compressed = BLOCKS.get(begin..begin + length)?;
            let block = Arc::new(xz::decode_all(compressed).ok()?);
            *LAST.lock() = Some((begin, block.clone()));
            block
        }
    };
    let bytes = block.get(within..within + size)?.to_vec();
    String::from_utf8(bytes).ok()
}

/// Where the block of a module begins, its length, and where in it the module's source lies and how
/// long it is.
fn place(module: &str) -> Option<(usize, usize, usize, usize)> {
    let (mut begin, mut length, mut within) = (0, 0, 0);
    for line in TABLE.lines() {
        match line.split_once(' ') {
            None => {
                begin += length;
                length = line.parse().ok()?;
                within = 0;
            }
            Some((name, size)) => {
                let size = size.parse().ok()?;
                if name == module {
                    return Some((begin, length, within, size));
                }
                within += size;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn sources_are_those_of_their_modules() {
        let json = find("json").expect("a package has a source");
        assert!(json.contains("def dumps("));
        let decoder = find("json.decoder").expect("a module has a source");
        assert!(decoder.contains("class JSONDecoder"));
        // The first and the last, and one of pyt's own.
        for module in ["__future__", "zoneinfo._zoneinfo", "pyt", "cProfile"] {
            assert!(
                find(module).is_some_and(|source| !source.is_empty()),
                "{module}"
            );
        }
        assert_eq!(find("no_such_module"), None);
        assert_eq!(find("json.no_such_module"), None);
    }
}
