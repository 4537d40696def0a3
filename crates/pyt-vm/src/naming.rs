//! Names for locks, queues and the like: by the variable, attribute or container that holds them
//! where a function uses them.
//!
//! Which classes there are is registered by those that define them. No Python code runs here, and
//! nothing is kept: names are looked for when a report needs them.

use std::mem::{offset_of, size_of};

use parking_lot::RwLock;
use pyt_sched::controlled::current_number;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyDict, PyList, PyModule, PyStr, PyTuple, PyType},
    bytecode::CO_FAST_FREE,
    frame::{InterpreterFrame, LocalsPlus},
    vm::thread,
};

use super::{recording, state};

/// So many names, attributes or items of a container are looked through.
const MAX_ENTRIES: usize = 2_000;

/// Tells the addresses of the primitives inside an object, by which the scheduler knows them.
pub type Addresses = fn(&PyObject, &mut dyn FnMut(usize));

/// Those of all classes that have primitives.
static KINDS: RwLock<Vec<Addresses>> = RwLock::new(Vec::new());

/// Has `addresses` asked about each object that could hold a primitive. Registering it again
/// changes nothing.
pub fn register(addresses: Addresses) {
    let mut kinds = KINDS.write();
    if !kinds
        .iter()
        .any(|known| std::ptr::fn_addr_eq(*known, addresses))
    {
        kinds.push(addresses);
    }
}

/// `object`, which has primitives inside, was made by the calling thread. To be called once it has
/// its address. Does nothing unless a run is in progress or there is a recording.
#[inline]
pub fn made(object: &PyObject) {
    if current_number().is_some() || recording::any() {
        note_made(object);
    }
}

#[cold]
fn note_made(object: &PyObject) {
    if !thread::current_vm_is_set() {
        return;
    }
    thread::with_current_vm(|vm| {
        let state = state::of(vm);
        let is_run = current_number().is_some();
        addresses(object, &mut |address| {
            if is_run {
                state.world.made(address);
            }
            if let Some(recording) = state.recording() {
                recording.made(address);
            }
        });
    });
}

fn addresses(object: &PyObject, found: &mut dyn FnMut(usize)) {
    for kind in KINDS.read().iter() {
        kind(object, found);
    }
}

/// The name that a primitive has in the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameInProgram {
    /// `lock`, `self.lock`, `Account.lock`, `forks[2]`.
    pub text: String,
    /// The instance whose attribute it is, if it is one's: its class's name, and its address.
    pub instance: Option<(String, usize)>,
    /// The function whose local variable it is, if it is one's.
    pub function: Option<String>,
}

/// The name of the primitive at the address `wanted`, as a function sees it that is at `frame`:
/// from its globals, from what its local variables lead to, or a local variable. `None` if none
/// of these holds it.
///
/// # Safety
/// The function does not run meanwhile: it is the calling thread's, or its thread is stopped.
#[must_use]
pub unsafe fn name_in(
    wanted: usize,
    frame: &InterpreterFrame,
    vm: Option<&VirtualMachine>,
) -> Option<NameInProgram> {
    let globals = entries(frame.globals());
    // SAFETY: the caller's promise.
    let locals = unsafe { locals(frame, vm) };
    let search = Search { wanted };
    let plain = |text: String| NameInProgram {
        text,
        instance: None,
        function: None,
    };
    for (name, value) in &globals {
        if search.is_in(value) {
            return Some(plain(name.clone()));
        }
    }
    for (name, value) in globals.iter().chain(&locals) {
        if let Some(class) = value.downcast_ref::<PyType>()
            && let Some(attribute) = search.attribute_of_class(class)
        {
            return Some(plain(format!("{}.{attribute}", class.name())));
        }
        if let Some(module) = value.downcast_ref::<PyModule>()
            && is_of_program(module)
            && let Some((attribute, _)) = search.among(&entries(&module.dict()))
        {
            return Some(plain(format!("{name}.{attribute}")));
        }
    }
    let instances = || locals.iter().chain(&globals).map(|(_, value)| value);
    for instance in instances() {
        if let Some(found) = search.attribute_of(instance) {
            return Some(found);
        }
    }
    for (name, value) in &globals {
        if let Some(item) = search.item_of(value) {
            return Some(plain(format!("{name}{item}")));
        }
    }
    let code = frame.code();
    let function = code.code.qualname.as_str();
    // A closure's variable is the one of the function around it.
    let is_free = |name: &String| code.code.freevars.iter().any(|free| free.as_str() == name);
    let owner = |name: &String| {
        let around = function.rsplit_once(".<locals>.").filter(|_| is_free(name));
        let owner = around.map_or(function, |(around, _)| around);
        owner.rsplit("<locals>.").next().map(str::to_owned)
    };
    for (name, value) in &locals {
        let item = match search.is_in(value) {
            true => Some(String::new()),
            false => search.item_of(value),
        };
        if let Some(item) = item {
            return Some(NameInProgram {
                function: owner(name),
                ..plain(format!("{name}{item}"))
            });
        }
    }
    None
}

/// A module of the program's has a file; those of the library are frozen or native, and have too
/// many names to look through.
fn is_of_program(module: &Py<PyModule>) -> bool {
    let loader = entries(&module.dict());
    let mut loader = loader.iter().filter(|(name, _)| name == "__loader__");
    loader.any(|(_, loader)| &*loader.class().name() == "SourceFileLoader")
}

/// The names of a dictionary that are text, with their values.
fn entries(dict: &Py<PyDict>) -> Vec<(String, PyObjectRef)> {
    let entries = dict.to_owned().items_vec().into_iter().take(MAX_ENTRIES);
    let named = entries.filter_map(|(key, value)| {
        let name = key.downcast_ref::<PyStr>()?;
        Some((name.to_string_lossy().into_owned(), value))
    });
    named.collect()
}

/// A primitive that is looked for.
struct Search {
    wanted: usize,
}

impl Search {
    fn is_in(&self, object: &PyObject) -> bool {
        let mut is_in = false;
        addresses(object, &mut |address| is_in |= address == self.wanted);
        is_in
    }

    fn among(&self, entries: &[(String, PyObjectRef)]) -> Option<(String, PyObjectRef)> {
        let mut entries = entries.iter();
        entries.find(|(_, value)| self.is_in(value)).cloned()
    }

    fn attribute_of_class(&self, class: &Py<PyType>) -> Option<String> {
        let attributes = class.attributes.entries();
        let (name, _) = attributes.iter().find(|(_, value)| self.is_in(value))?;
        let name = name.downcast_ref::<PyStr>()?;
        Some(name.to_string_lossy().into_owned())
    }

    fn attribute_of(&self, instance: &PyObject) -> Option<NameInProgram> {
        let is_other = instance.downcast_ref::<PyType>().is_some()
            || instance.downcast_ref::<PyModule>().is_some();
        if is_other {
            return None;
        }
        let dict = instance.dict()?;
        let attributes = entries(&dict);
        let class = instance.class();
        let mut text = self.among(&attributes).map(|(name, _)| name);
        if text.is_none() {
            text = attributes.iter().find_map(|(name, value)| {
                let item = self.item_of(value)?;
                Some(format!("{name}{item}"))
            });
        }
        match text {
            Some(text) => Some(NameInProgram {
                text: format!("self.{text}"),
                instance: Some((
                    class.name().to_string(),
                    std::ptr::from_ref(instance).addr(),
                )),
                function: None,
            }),
            None => self
                .attribute_of_class(class)
                .map(|attribute| NameInProgram {
                    text: format!("{}.{attribute}", class.name()),
                    instance: None,
                    function: None,
                }),
        }
    }

    /// `[2]` or `['a']`, if it is that item of the container.
    fn item_of(&self, container: &PyObject) -> Option<String> {
        let position = |items: &[PyObjectRef]| {
            let mut items = items.iter().take(MAX_ENTRIES);
            items.position(|item| self.is_in(item))
        };
        if let Some(list) = container.downcast_ref::<PyList>() {
            return position(&list.borrow_vec()).map(|at| format!("[{at}]"));
        }
        if let Some(tuple) = container.downcast_ref::<PyTuple>() {
            return position(tuple.as_slice()).map(|at| format!("[{at}]"));
        }
        let dict = container.downcast_ref::<PyDict>()?;
        let (key, _) = self.among(&entries(dict))?;
        Some(format!("['{key}']"))
    }
}

/// The local variables of a function, closures included, that have a value; none where they do
/// not lie right behind the frame, as those of generators.
///
/// # Safety
/// As [`name_in`].
#[must_use]
pub unsafe fn locals(
    frame: &InterpreterFrame,
    vm: Option<&VirtualMachine>,
) -> Vec<(String, PyObjectRef)> {
    // As in `pyt-instrument`, `operands.rs`: the frame of a plain function has its variables right
    // behind itself, and says where.
    let address: *const InterpreterFrame = frame;
    let slots = address.wrapping_add(1).cast::<usize>();
    // In words: a frame is as aligned as its pointers.
    let begin =
        (offset_of!(InterpreterFrame, locals) - size_of::<LocalsPlus>()) / size_of::<usize>();
    let words = size_of::<LocalsPlus>() / size_of::<usize>();
    let is_behind = (0..words).any(|word| {
        // SAFETY: inside the frame, and aligned, since the frame is laid out as in C.
        let value = unsafe { address.cast::<usize>().add(begin + word).read() };
        value == slots.addr()
    });
    if !is_behind {
        return Vec::new();
    }
    let code = &frame.code().code;
    let cells = code
        .cellvars
        .iter()
        .filter(|name| !code.varnames.contains(name));
    let names = code.varnames.iter().chain(cells).chain(&code.freevars);
    let kinds = code.localspluskinds.iter();
    let all = names
        .zip(kinds)
        .enumerate()
        .filter_map(|(index, (name, kind))| {
            // SAFETY: one of the slots of the variables, each of which is null or an object's
            // address that keeps it alive; the function does not run meanwhile.
            let value = unsafe { (slots.add(index).read() as *const PyObject).as_ref() }?;
            let is_cell = kind & CO_FAST_FREE != 0
                || &*value.class().name() == "cell" && code.cellvars.contains(name);
            let value = match is_cell {
                true => value.get_attr("cell_contents", vm?).ok()?,
                false => value.to_owned(),
            };
            Some((name.as_str().to_owned(), value))
        });
    all.collect()
}
