//! What was read and written at each step, for explanations: names as the source has them, values
//! as short text. No Python code runs here.

use pyt_explore::VariableAccess;
use pyt_sched::controlled::Action;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyRef, VirtualMachine,
    builtins::{
        PyDict, PyDictRef, PyFloat, PyInt, PyList, PySet, PyStr, PyStrInterned, PyTuple, PyType,
    },
};

use super::{
    access::{Access, Target},
    hash,
};

/// The values of one run.
#[derive(Default)]
pub(super) struct Recorder {
    values: Vec<VariableAccess>,
    /// The steps that touch what the library keeps.
    of_library: Vec<u64>,
    /// The change that was chosen last: the number of its value, and the variable.
    pending: Option<(usize, Held)>,
}

/// A variable that is read again once it has changed.
pub(super) enum Held {
    Global(PyDictRef, &'static PyStrInterned),
    Cell(PyObjectRef),
    Attribute(PyObjectRef, &'static PyStrInterned),
    Item(PyObjectRef, PyObjectRef),
    Whole(PyObjectRef),
}

impl Held {
    pub(super) fn of(target: Target<'_>) -> Option<Self> {
        Some(match target {
            Target::Global(dict, name) => Self::Global(dict.to_owned(), name),
            Target::Cell(cell) => Self::Cell(cell.to_owned()),
            Target::Attribute(object, name) => Self::Attribute(object.to_owned(), name),
            Target::Item(container, key) => Self::Item(container.to_owned(), key.to_owned()),
            Target::Whole(object) => Self::Whole(object.to_owned()),
            Target::Unknown => return None,
        })
    }

    /// The value that it has now.
    pub(super) fn value(&self, vm: &VirtualMachine) -> Option<PyObjectRef> {
        value_of(self.target(), vm)
    }

    fn target(&self) -> Target<'_> {
        match self {
            Self::Global(dict, name) => Target::Global(dict, name),
            Self::Cell(cell) => Target::Cell(cell),
            Self::Attribute(object, name) => Target::Attribute(object, name),
            Self::Item(container, key) => Target::Item(container, key),
            Self::Whole(object) => Target::Whole(object),
        }
    }
}

impl Recorder {
    /// Another step comes, or the run is over: the last change has happened.
    pub(super) fn settle(&mut self, vm: &VirtualMachine) {
        if let Some((value, held)) = self.pending.take() {
            self.values[value].after = look(held.target(), vm);
        }
    }

    /// The step with this number is `access`, and happens next.
    pub(super) fn note(
        &mut self,
        step: u64,
        access: &Access<'_>,
        name: String,
        vm: &VirtualMachine,
    ) {
        self.settle(vm);
        if access.of_library {
            self.of_library.push(step);
        }
        // What a call touches inside is not its value.
        let is_call = matches!(access.target, Target::Whole(_)) && name.ends_with(')');
        if access.op.action == Action::Write
            && !is_call
            && let Some(held) = Held::of(access.target)
        {
            self.pending = Some((self.values.len(), held));
        }
        self.values.push(VariableAccess {
            step,
            name,
            before: look(access.target, vm).filter(|_| !is_call),
            after: None,
        });
    }

    /// The values, and the steps that touch what the library keeps.
    pub(super) fn take(&mut self, vm: &VirtualMachine) -> (Vec<VariableAccess>, Vec<u64>) {
        self.settle(vm);
        let values = std::mem::take(&mut self.values);
        (values, std::mem::take(&mut self.of_library))
    }
}

/// The value of a variable, as text.
fn look(target: Target<'_>, vm: &VirtualMachine) -> Option<String> {
    let value = value_of(target, vm)?;
    // Of descriptors only functions are what is read.
    if matches!(target, Target::Attribute(..))
        && value.class().slots.descr_get.load().is_some()
        && !value.class().is(vm.ctx.types.function_type)
    {
        return None;
    }
    let text = short(&value, vm);
    // Of an object as a whole, its class says nothing.
    let is_whole = match target {
        Target::Whole(_) => true,
        Target::Item(container, key) => item(container, key, vm).is_none(),
        _ => false,
    };
    (!is_whole || !text.starts_with('<')).then_some(text)
}

fn value_of(target: Target<'_>, vm: &VirtualMachine) -> Option<PyObjectRef> {
    Some(match target {
        Target::Global(dict, name) => dict.get_item_opt(name, vm).ok()??,
        Target::Cell(cell) => cell.get_attr("cell_contents", vm).ok()?,
        Target::Attribute(object, name) => attribute(object, name, vm)?,
        Target::Item(container, key) => match item(container, key, vm) {
            Some(value) => value?,
            None => container.to_owned(),
        },
        Target::Whole(object) => object.to_owned(),
        Target::Unknown => return None,
    })
}

/// An attribute, found without running Python code.
fn attribute(
    object: &PyObject,
    name: &'static PyStrInterned,
    vm: &VirtualMachine,
) -> Option<PyObjectRef> {
    if let Some(class) = object.downcast_ref::<PyType>() {
        return class.get_attr(name);
    }
    if let Some(dict) = object.dict()
        && let Ok(Some(value)) = dict.get_item_opt(name, vm)
    {
        return Some(value);
    }
    let of_class = object.class().get_attr(name)?;
    if !of_class.class().is(vm.ctx.types.member_descriptor_type) {
        return Some(of_class);
    }
    let get = of_class.class().slots.descr_get.load()?;
    get(&of_class, Some(object), None, vm).ok()
}

/// An item of a list or a dictionary: `Some(None)` if there is none, `None` if that is unknown
/// without running Python code.
#[expect(clippy::option_option, reason = "unknown is not the same as absent")]
fn item(container: &PyObject, key: &PyObject, vm: &VirtualMachine) -> Option<Option<PyObjectRef>> {
    if let Some(dict) = container.downcast_ref::<PyDict>() {
        if hash::key(key, vm) == 0 {
            return None;
        }
        return dict.inner_getitem_opt(key, vm).ok();
    }
    // Not of a `bytearray`: a view of it may have items of another size.
    let list: &Py<PyList> = container.downcast_ref()?;
    let index = hash::small_int(key, vm)?;
    let items = list.borrow_vec();
    let index = if index < 0 {
        index + i64::try_from(items.len()).ok()?
    } else {
        index
    };
    Some(
        usize::try_from(index)
            .ok()
            .and_then(|index| items.get(index).cloned()),
    )
}

const MOST_CHARACTERS: usize = 60;
const MOST_ITEMS: usize = 8;

/// A value as short text: numbers, strings and small collections of these as `repr` has them,
/// everything else by its class.
pub(super) fn short(value: &PyObject, vm: &VirtualMachine) -> String {
    let mut text = String::new();
    write_short(value, 0, &mut text, vm);
    if text.chars().count() > MOST_CHARACTERS {
        text = text.chars().take(MOST_CHARACTERS).collect();
        text.push('…');
    }
    text
}

fn write_short(value: &PyObject, depth: usize, text: &mut String, vm: &VirtualMachine) {
    let types = &vm.ctx.types;
    let class = value.class();
    if vm.is_none(value) {
        text.push_str("None");
    } else if class.is(types.bool_type) {
        text.push_str(if value.is(&vm.ctx.true_value) {
            "True"
        } else {
            "False"
        });
    } else if class.is(types.int_type)
        && let Some(int) = value.downcast_ref::<PyInt>()
    {
        text.push_str(&int.to_str_radix_10());
    } else if class.is(types.float_type) && value.downcast_ref::<PyFloat>().is_some()
        || class.is(types.str_type) && value.downcast_ref::<PyStr>().is_some()
    {
        // Of these very classes, so that it is native.
        if let Ok(repr) = value.repr(vm) {
            text.push_str(&repr.to_string_lossy());
        }
    } else if class.is(types.list_type)
        && let Some(list) = value.downcast_ref::<PyList>()
    {
        let items = list.borrow_vec().to_vec();
        write_items("[", &items, "]", depth, text, vm);
    } else if class.is(types.tuple_type)
        && let Some(tuple) = value.downcast_ref::<PyTuple>()
    {
        let end = if tuple.as_slice().len() == 1 {
            ",)"
        } else {
            ")"
        };
        write_items("(", tuple.as_slice(), end, depth, text, vm);
    } else if class.is(types.dict_type)
        && let Some(dict) = value.downcast_ref::<PyDict>()
    {
        write_dict(&dict.to_owned(), depth, text, vm);
    } else if let Some(items) = set_items(value, vm) {
        match items.is_empty() {
            true => text.push_str("set()"),
            false => write_items("{", &items, "}", depth, text, vm),
        }
    } else {
        text.push('<');
        text.push_str(&class.name());
        text.push('>');
    }
}

/// The items of a set.
fn set_items(value: &PyObject, vm: &VirtualMachine) -> Option<Vec<PyObjectRef>> {
    let set: &Py<PySet> = value.downcast_ref_if_exact(vm)?;
    Some(set.elements())
}

fn write_items(
    begin: &str,
    items: &[PyObjectRef],
    end: &str,
    depth: usize,
    text: &mut String,
    vm: &VirtualMachine,
) {
    text.push_str(begin);
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            text.push_str(", ");
        }
        if number == MOST_ITEMS || depth > 1 {
            text.push('…');
            break;
        }
        write_short(item, depth + 1, text, vm);
    }
    text.push_str(end);
}

fn write_dict(dict: &PyRef<PyDict>, depth: usize, text: &mut String, vm: &VirtualMachine) {
    text.push('{');
    for (number, (key, value)) in dict.items_vec().into_iter().enumerate() {
        if number > 0 {
            text.push_str(", ");
        }
        if number == MOST_ITEMS || depth > 1 {
            text.push('…');
            break;
        }
        write_short(&key, depth + 1, text, vm);
        text.push_str(": ");
        write_short(&value, depth + 1, text, vm);
    }
    text.push('}');
}
