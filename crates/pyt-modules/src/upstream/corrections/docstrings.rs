//! `__doc__` of native functions, methods and classes: `help(len)` has a text.
//!
//! Upstream's own docstrings are left out of the binary, since an interpreter unpacks them when it
//! begins (docs/adr/0007). Here they are unpacked when one is asked for. Those of classes are in
//! the binary as they are, and each class has its own among its attributes, where instances find
//! it: `(5).__doc__`. What wraps objects looks there, too, so it must be a string.
//!
//! Can go when upstream unpacks its docstrings on demand.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
};

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, Py, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyGetSet, PyStr, PyType},
};

/// Names and texts, each ended by a null character.
static COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/docstrings.xz"));

/// Hashes of the names, in their order, of eight bytes each: properties ask each native function
/// that they are made of for a text, and most have none.
static HASHES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/docstrings.hashes"));

/// Docstrings of classes, one behind the other.
static CLASS_DOCS: &str = include_str!(concat!(env!("OUT_DIR"), "/classes.docs"));

/// Hashes of the names of classes, in their order, each with the place and the length of the text:
/// of 8, 4 and 4 bytes.
static CLASS_PLACES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/classes.places"));

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let text = xz::decode_all(COMPRESSED).unwrap_or_default();
    String::from_utf8(text).unwrap_or_default()
});

static BY_NAME: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    let mut parts = TEXT.split('\0');
    let pairs = std::iter::from_fn(move || Some((parts.next()?, parts.next()?)));
    pairs.collect()
});

const NAME: &str = "__doc__";

/// Upstream's getters, in the order of [`correct`].
static UPSTREAM: OnceLock<[Option<PyObjectRef>; 6]> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let types = &ctx.types;
    let classes = [
        types.type_type,
        types.builtin_function_or_method_type,
        types.method_descriptor_type,
        types.getset_type,
        types.wrapper_descriptor_type,
        types.method_wrapper_type,
    ];
    let name = ctx.intern_str(NAME);
    if UPSTREAM
        .set(classes.map(|class| class.attributes.get(name)))
        .is_err()
    {
        return;
    }
    replace::<0>(classes[0], ctx);
    replace::<1>(classes[1], ctx);
    replace::<2>(classes[2], ctx);
    replace::<3>(classes[3], ctx);
    replace::<4>(classes[4], ctx);
    replace::<5>(classes[5], ctx);
    complete_classes(ctx);
}

fn replace<const WHICH: usize>(class: &'static Py<PyType>, ctx: &Context) {
    let ours = PyGetSet::new(NAME, class, ctx).with_get(get::<WHICH>);
    let ours = if WHICH == 0 { ours.with_set(set) } else { ours };
    let ours = PyRef::new_ref(ours, ctx.types.getset_type.to_owned(), None);
    shared_classes::set_attribute(class, ctx.intern_str(NAME), ours.into());
}

fn get<const WHICH: usize>(object: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let upstream = UPSTREAM.get().and_then(|upstream| upstream[WHICH].as_ref());
    let getter = upstream.and_then(|upstream| {
        let get = upstream.class().slots().descr_get.load();
        get.map(|get| (upstream, get))
    });
    let known = match getter {
        Some((upstream, get)) => {
            let class = object.class().to_owned();
            get(upstream, Some(&object), Some(class.as_object()), vm)?
        }
        None => vm.ctx.none(),
    };
    // Some classes have the getter for their instances among their attributes.
    let types = &vm.ctx.types;
    let is_getter = known.class().is(types.getset_type)
        || WHICH == 0 && known.class().is(types.member_descriptor_type);
    if !vm.is_none(&known) && !is_getter {
        return Ok(known);
    }
    let found = match WHICH {
        0 => object
            .downcast_ref::<PyType>()
            .and_then(|class| of_class(class, vm)),
        1 => of_function(&object, vm),
        _ => of_descriptor(&object, vm),
    };
    Ok(match found {
        Some(doc) => vm.ctx.new_str(doc).into(),
        None => known,
    })
}

fn set(
    class: PyObjectRef,
    value: rustpython_vm::function::PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let upstream = UPSTREAM.get().and_then(|upstream| upstream[0].as_ref());
    let set = upstream.and_then(|upstream| upstream.class().slots().descr_set.load());
    match (upstream, set) {
        (Some(upstream), Some(set)) => set(upstream, class, value, vm),
        _ => Ok(()),
    }
}

fn text(object: &PyObjectRef, name: &'static str, vm: &VirtualMachine) -> Option<String> {
    let value = object.get_attr(name, vm).ok()?;
    Some(value.downcast_ref::<PyStr>()?.to_str()?.to_owned())
}

fn of_class(class: &Py<PyType>, vm: &VirtualMachine) -> Option<&'static str> {
    // Classes of programs say what they have.
    if class.heaptype_ext.is_some() {
        return None;
    }
    let module = class.__module__(vm).ok()?;
    let module = module.downcast_ref::<PyStr>()?.to_str()?.to_owned();
    find(&module, &class.name())
}

fn of_function(function: &PyObjectRef, vm: &VirtualMachine) -> Option<&'static str> {
    let name = text(function, "__name__", vm)?;
    let owner = function.get_attr("__self__", vm).ok();
    let is_module = |owner: &PyObjectRef| owner.class().is(vm.ctx.types.module_type);
    match owner.filter(|owner| !vm.is_none(owner) && !is_module(owner)) {
        Some(owner) => {
            let class = match owner.downcast_ref::<PyType>() {
                Some(class) => class.to_owned(),
                None => owner.class().to_owned(),
            };
            of_member(&class, &name, vm)
        }
        None => find(&text(function, "__module__", vm).unwrap_or_default(), &name),
    }
}

fn of_descriptor(descriptor: &PyObjectRef, vm: &VirtualMachine) -> Option<&'static str> {
    let name = text(descriptor, "__name__", vm)?;
    let class = descriptor.get_attr("__objclass__", vm).ok()?;
    of_member(class.downcast_ref::<PyType>()?, &name, vm)
}

/// Of what a class has, or the first one that it derives from.
fn of_member(class: &Py<PyType>, name: &str, vm: &VirtualMachine) -> Option<&'static str> {
    let order: Vec<_> = class.mro.read().iter().cloned().collect();
    order.iter().find_map(|class| {
        let module = class.__module__(vm).ok()?;
        let module = module.downcast_ref::<PyStr>()?.to_str()?.to_owned();
        find(&module, &format!("{}.{name}", class.name()))
    })
}

/// Gives the native classes that there are before an interpreter is made their docstrings: nothing
/// has looked an attribute up yet, so no cache has to be emptied.
fn complete_classes(ctx: &Context) {
    let mut pending = vec![ctx.types.object_type.to_owned()];
    while let Some(class) = pending.pop() {
        complete_class(&class, ctx);
        let subclasses = class.subclasses.read();
        let subclasses = subclasses.iter().filter_map(|subclass| subclass.upgrade());
        pending.extend(subclasses.filter_map(|subclass| subclass.downcast::<PyType>().ok()));
    }
}

/// Gives a native class its docstring, if it has none.
pub(crate) fn complete_class(class: &Py<PyType>, ctx: &Context) {
    let attribute = ctx.intern_str(NAME);
    let known = class.get_direct_attr(attribute);
    if known.is_some_and(|known| !known.is(&ctx.none)) {
        return;
    }
    let module = class.get_direct_attr(ctx.intern_str("__module__"));
    let module = module
        .as_ref()
        .and_then(|module| module.downcast_ref::<PyStr>());
    let module = module.and_then(|module| module.to_str());
    let name = class.name();
    let find = |module: &[&str]| class_doc(module, &name);
    if let Some(doc) = find_by(module.unwrap_or("builtins"), find) {
        shared_classes::set_attribute(class, attribute, ctx.new_str(doc).into());
    }
}

/// The docstring of the class `name` of a module, whose name is in parts.
fn class_doc(module: &[&str], name: &str) -> Option<&'static str> {
    const SIZE: usize = 16;
    let number = |bytes: &[u8]| {
        let bytes = bytes.try_into().map(u32::from_le_bytes);
        bytes.map_or(0, |number| number as usize)
    };
    let (places, _) = CLASS_PLACES.as_chunks::<SIZE>();
    // Without a text of the whole name: each start asks for hundreds of classes, five times each.
    let module = module.iter().fold(EMPTY, |hash, part| hash_on(hash, part));
    let hash = hash_on(hash_on(module, "."), name);
    let hash_of = |place: &[u8; SIZE]| {
        let bytes = place[..8].try_into();
        bytes.map_or(0, u64::from_le_bytes)
    };
    let found = places.binary_search_by_key(&hash, hash_of).ok()?;
    let begin = number(&places[found][8..12]);
    CLASS_DOCS.get(begin..begin + number(&places[found][12..]))
}

/// The hash of no text.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of a text and more: FNV-1a.
fn hash_on(hash: u64, more: &str) -> u64 {
    more.bytes().fold(hash, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether there may be a text of this name.
fn has_text(name: &str) -> bool {
    let hash = hash_on(EMPTY, name);
    let (hashes, _) = HASHES.as_chunks::<8>();
    hashes
        .binary_search_by_key(&hash, |bytes| u64::from_le_bytes(*bytes))
        .is_ok()
}

/// The text of `name` in a module, which may have another name natively.
fn find(module: &str, name: &str) -> Option<&'static str> {
    find_by(module, |module| {
        let key = format!("{}.{name}", module.concat());
        has_text(&key).then(|| BY_NAME.get(key.as_str()).copied())?
    })
}

/// What `find` finds first, given the names that a module may have, in parts.
fn find_by(module: &str, find: impl Fn(&[&str]) -> Option<&'static str>) -> Option<&'static str> {
    let plain = module.strip_prefix('_').unwrap_or(module);
    let native = match module {
        "os" => "posix",
        other => other,
    };
    let names: [&[&str]; 5] = [&[module], &[native], &[plain], &["_", plain], &["builtins"]];
    names.iter().find_map(|module| find(module))
}
