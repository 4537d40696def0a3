//! The method resolution order is a merge of the orders of the bases and of the list of bases
//! itself, which upstream leaves out: it loses the order in which a class lists its bases, and
//! refuses some classes that have an order.
//!
//! Upstream asks a class of another metaclass than `type` for its order, by its method `mro`. So
//! that method is replaced; and where upstream's own order would be another one, a class is created
//! with a metaclass that lasts until it is asked for the order.
//!
//! Can go when upstream's `linearise_mro` merges the list of bases, too.

use std::{collections::HashSet, sync::OnceLock};

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyGetSet, PyTuple, PyType, PyTypeRef},
    function::{ItemDoc, PyMethodDef, PyMethodFlags, PySetterValue},
    types::{PyTypeFlags, PyTypeSlots},
};

static MRO: PyMethodDef = PyMethodDef::new_const(
    "mro",
    mro,
    PyMethodFlags::METHOD,
    ItemDoc::static_text("mro($self, /)\n--\n\nReturn a type's method resolution order."),
);

static ASKED_MRO: PyMethodDef =
    PyMethodDef::new_const("mro", asked_mro, PyMethodFlags::METHOD, ItemDoc::NONE);

/// Upstream's `type.__bases__`.
static BASES: OnceLock<PyObjectRef> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.type_type;
    shared_classes::set_attribute(
        class,
        ctx.intern_str("mro"),
        MRO.to_method(class, ctx).into_ref(ctx).into(),
    );
    let name = ctx.intern_str("__bases__");
    let Some(bases) = class.attributes.get(name) else {
        return;
    };
    if BASES.set(bases).is_ok() {
        let ours = PyGetSet::new("__bases__", class, ctx)
            .with_get(get_bases)
            .with_set(set_bases);
        let ours = PyRef::new_ref(ours, ctx.types.getset_type.to_owned(), None);
        shared_classes::set_attribute(class, name, ours.into());
    }
}

/// The metaclass with which upstream creates a class of `bases` so that its order is right.
pub(super) fn metaclass_for(
    metaclass: PyTypeRef,
    bases: &Py<PyTuple>,
    vm: &VirtualMachine,
) -> PyResult<PyTypeRef> {
    let type_type = vm.ctx.types.type_type;
    // Of two bases the first comes before the second in upstream's order, too.
    if bases.len() < 3 || !metaclass.is(type_type) {
        return Ok(metaclass);
    }
    let mut classes = Vec::with_capacity(bases.len());
    for base in bases {
        match base.downcast_ref::<PyType>() {
            Some(class) if class.class().is(type_type) => classes.push(class.to_owned()),
            // Upstream refuses it, or takes the metaclass of this base.
            _ => return Ok(metaclass),
        }
    }
    let distinct: HashSet<usize> = classes.iter().map(AsObject::get_id).collect();
    if distinct.len() < classes.len() || classes.iter().any(|class| class.mro.read().is_empty()) {
        // Upstream's errors.
        return Ok(metaclass);
    }
    // An order that has the bases as they are listed is the order: the list would change no choice.
    let is_same = upstreams_order(&classes).is_some_and(|order| {
        let mut rest = order.iter();
        classes.iter().all(|base| rest.any(|class| class.is(base)))
    });
    if is_same {
        return Ok(metaclass);
    }
    merge(lists(&classes, true)).map_err(|heads| inconsistent(&heads, vm))?;
    asked_metaclass(vm)
}

/// What upstream makes of the bases.
fn upstreams_order(bases: &[PyTypeRef]) -> Option<Vec<PyTypeRef>> {
    let is_in_later = bases.iter().enumerate().any(|(index, base)| {
        let mut later = bases[index + 1..].iter();
        later.any(|later| later.mro.read().iter().skip(1).any(|class| class.is(base)))
    });
    if is_in_later {
        return None;
    }
    merge(lists(bases, false)).ok()
}

/// The lists that are merged: the orders of the bases, and the bases.
fn lists(bases: &[PyTypeRef], with_bases: bool) -> Vec<Vec<PyTypeRef>> {
    let orders = bases
        .iter()
        .map(|base| base.mro.read().iter().cloned().collect());
    let mut lists: Vec<Vec<PyTypeRef>> = orders.collect();
    if with_bases {
        lists.push(bases.to_vec());
    }
    lists
}

/// C3: takes the first head that is in the rest of no list, until nothing is left. Returns the
/// heads that are left if there is none.
fn merge(lists: Vec<Vec<PyTypeRef>>) -> Result<Vec<PyTypeRef>, Vec<PyTypeRef>> {
    let mut order = Vec::new();
    let mut rests: Vec<&[PyTypeRef]> = lists.iter().map(Vec::as_slice).collect();
    loop {
        rests.retain(|rest| !rest.is_empty());
        if rests.is_empty() {
            return Ok(order);
        }
        let is_free = |head: &PyTypeRef| {
            let mut tails = rests.iter().map(|rest| &rest[1..]);
            !tails.any(|tail| tail.iter().any(|class| class.is(head)))
        };
        let Some(next) = rests.iter().map(|rest| &rest[0]).find(|head| is_free(head)) else {
            return Err(rests.iter().map(|rest| rest[0].clone()).collect());
        };
        order.push(next.clone());
        for rest in &mut rests {
            if rest[0].is(next) {
                *rest = &rest[1..];
            }
        }
    }
}

fn inconsistent(
    heads: &[PyTypeRef],
    vm: &VirtualMachine,
) -> rustpython_vm::builtins::PyBaseExceptionRef {
    let mut seen = HashSet::new();
    let names = heads.iter().filter(|class| seen.insert(class.get_id()));
    let names: Vec<String> = names.map(|class| class.name().to_string()).collect();
    vm.new_type_error(format!(
        "Cannot create a consistent method resolution order (MRO) for bases {}",
        names.join(", ")
    ))
}

/// `type.mro`.
fn mro(class: PyTypeRef, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    let bases = class.bases.read().as_slice().to_vec();
    if let Some(incomplete) = bases.iter().find(|base| base.mro.read().is_empty()) {
        let message = format!("Cannot extend an incomplete type '{}'", incomplete.name());
        return Err(vm.new_type_error(message));
    }
    let distinct = &mut HashSet::new();
    if let Some(twice) = bases.iter().find(|base| !distinct.insert(base.get_id())) {
        return Err(vm.new_type_error(format!("duplicate base class {}", twice.name())));
    }
    let order = merge(lists(&bases, true)).map_err(|heads| inconsistent(&heads, vm))?;
    let order = order.into_iter().map(Into::into);
    Ok(std::iter::once(class.into()).chain(order).collect())
}

/// `mro` of the metaclass that lasts until then.
fn asked_mro(class: PyTypeRef, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    let type_type = vm.ctx.types.type_type.to_owned();
    class.as_object().set_class(type_type, vm);
    mro(class, vm)
}

/// The metaclass of classes that upstream is to ask for their order.
fn asked_metaclass(vm: &VirtualMachine) -> PyResult<PyTypeRef> {
    static MADE: OnceLock<PyTypeRef> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(made.clone());
    }
    let ctx = &vm.ctx;
    let class = ctx.types.type_type;
    #[expect(
        clippy::default_trait_access,
        reason = "upstream's name of the type is private"
    )]
    let attributes = Default::default();
    let made = PyType::new_heap(
        "type",
        vec![class.to_owned()],
        attributes,
        PyTypeSlots::heap_default(),
        class.to_owned(),
        ctx,
    );
    let made = made.map_err(|error| vm.new_system_error(error))?;
    let method = ASKED_MRO.to_method(class, ctx).into_ref(ctx);
    made.set_attr(ctx.intern_str("mro"), method.into());
    // Programs of all interpreters can find it, as the class of a class whose bases they set.
    const IMMUTABLE: PyTypeFlags = PyTypeFlags::from_slice(&[PyTypeFlags::IMMUTABLETYPE]);
    made.slots.flags.replace_masked(IMMUTABLE, IMMUTABLE);
    Ok(MADE.get_or_init(|| made).clone())
}

fn get_bases(class: PyTypeRef, vm: &VirtualMachine) -> PyResult {
    match BASES.get() {
        Some(bases) => {
            let owner = class.class().to_owned();
            vm.call_method(bases, "__get__", (class, owner))
        }
        None => Ok(vm.ctx.none()),
    }
}

/// Has upstream set the bases, and ask this class and those that derive from it for their order.
fn set_bases(class: PyTypeRef, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()> {
    let Some(bases) = BASES.get() else {
        return Ok(());
    };
    let Some(set) = bases.class().slots().descr_set.load() else {
        return Ok(());
    };
    let type_type = vm.ctx.types.type_type;
    let asked = asked_metaclass(vm)?;
    let mut changed = Vec::new();
    super::set_only_descriptors::for_subclasses(&class, &mut |class| {
        let can_change = class.heaptype_ext.is_some() && class.class().is(type_type);
        if can_change {
            class.as_object().set_class(asked.clone(), vm);
            changed.push(class.to_owned());
        }
    });
    let result = set(bases, class.into(), value, vm);
    // Those that were not asked.
    for class in changed {
        if class.class().is(&asked) {
            class.as_object().set_class(type_type.to_owned(), vm);
        }
    }
    result
}
