//! Variables around a loop that its program binds: attributes of objects, global variables, those
//! that functions share, and what dicts have under names.
//!
//! Their values are in registers while the program runs, and written when it is left. With the GIL
//! that is the same as binding them at their turn, as with readings. It is not so where one place
//! has two names, so programs are not entered then. A thread that comes back from foreign code may
//! run beside for a moment: what it has bound stays bound.

use rustpython_vm::{
    AsObject, PyObjectRef, VirtualMachine,
    builtins::{PyDict, PyDictRef, PyModule, PyStrInterned, PyTuple},
};

use super::{
    attributes::{self, How},
    frame::Frame,
    places::{Place, Reading},
    values::Found,
};

/// What is written where a place is bound.
enum Spot {
    /// A name in a dict.
    Name(PyDictRef, &'static PyStrInterned),
    Cell(PyObjectRef),
}

impl Spot {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a, name), Self::Name(b, other)) => name == other && a.is(b),
            (Self::Cell(a), Self::Cell(b)) => a.is(b),
            _ => false,
        }
    }
}

/// Whether programs may bind what this reads.
pub(super) fn can_be(reading: &Reading) -> bool {
    reading.how == How::Own
        && match reading.place {
            Place::Global(_)
            | Place::Attribute(..)
            | Place::Entry(..)
            | Place::Cell(_)
            | Place::CellOf(..) => true,
            Place::Local(_)
            | Place::Stack(_)
            | Place::Length(_)
            | Place::Item(..)
            | Place::Inner(..)
            | Place::Text(_) => false,
        }
}

/// The cell that a reading reads.
pub(super) fn cell(
    place: Place,
    frame: Frame,
    found: &[PyObjectRef],
    vm: &VirtualMachine,
) -> Option<PyObjectRef> {
    let cell = match place {
        Place::Cell(local) if local < frame.count() => frame.local(local)?.to_owned(),
        Place::CellOf(function, index) => {
            let function = found.get(usize::from(function))?;
            let closure = function
                .get_attr(vm.ctx.intern_str("__closure__"), vm)
                .ok()?;
            let closure = closure.downcast_ref_if_exact::<PyTuple>(vm)?;
            closure.as_slice().get(index)?.clone()
        }
        _ => return None,
    };
    cell.class().is(vm.ctx.types.cell_type).then_some(cell)
}

/// What a reading reads, if it can be bound.
fn spot(
    reading: &Reading,
    frame: Frame,
    found: &[PyObjectRef],
    vm: &VirtualMachine,
) -> Option<Spot> {
    match reading.place {
        Place::Global(name) => Some(Spot::Name(frame.namespaces().0.to_owned(), name)),
        Place::Attribute(of, name) => {
            let object = found.get(usize::from(of))?;
            Some(Spot::Name(attributes::dict_of(object, vm)?, name))
        }
        place @ (Place::Cell(_) | Place::CellOf(..)) => {
            cell(place, frame, found, vm).map(Spot::Cell)
        }
        Place::Entry(of, name) => {
            let dict = found.get(usize::from(of))?.clone();
            let dict = dict.downcast_exact::<PyDict>(vm).ok()?;
            Some(Spot::Name(dict.into_pyref(), name))
        }
        Place::Local(_)
        | Place::Stack(_)
        | Place::Length(_)
        | Place::Item(..)
        | Place::Inner(..)
        | Place::Text(_) => None,
    }
}

/// Whether each variable that is bound can be, and has but one name.
pub(super) fn are_distinct(
    all: &[Reading],
    frame: Frame,
    found: &[PyObjectRef],
    vm: &VirtualMachine,
) -> bool {
    let mut bound = all.iter().enumerate().filter(|(_, one)| one.is_bound);
    bound.all(|(at, one)| {
        let Some(spot) = spot(one, frame, found, vm) else {
            return false;
        };
        if let Place::Attribute(of, _) = one.place {
            let can_be_set = found.get(usize::from(of)).is_some_and(|object| {
                object.downcast_ref::<PyModule>().is_none() && attributes::can_set(object, vm)
            });
            if !can_be_set {
                return false;
            }
        }
        // A built-in name is looked up in a dict of its own, which may be any.
        let (_, builtins) = frame.namespaces();
        let is_builtins = matches!(&spot, Spot::Name(dict, _) if dict.is(builtins));
        !is_builtins
            && (all.iter().enumerate()).all(|(other, reading)| {
                other == at
                    || self::spot(reading, frame, found, vm).is_none_or(|other| !spot.is(&other))
            })
    })
}

/// Binds the place of a reading, unless it was bound since it was read.
pub(crate) fn write(
    all: &[Reading],
    reading: u8,
    value: PyObjectRef,
    frame: Frame,
    found: &Found,
    vm: &VirtualMachine,
) {
    let at = usize::from(reading);
    let (Some(one), Some(before)) = (all.get(at), found.get(at)) else {
        return;
    };
    // What is bound is there: to set it neither fails nor calls anything.
    match spot(one, frame, found, vm) {
        Some(Spot::Name(dict, name)) => {
            if let Ok(Some(now)) = dict.get_item_opt(name, vm)
                && now.is(before)
            {
                let _infallible = dict.set_item(name, value, vm);
            }
        }
        Some(Spot::Cell(cell)) => {
            let contents = vm.ctx.intern_str("cell_contents");
            if (cell.get_attr(contents, vm)).is_ok_and(|now| now.is(before)) {
                let _infallible = cell.set_attr(contents, value, vm);
            }
        }
        None => {}
    }
}
