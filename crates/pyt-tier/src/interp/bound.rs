//! Variables around a loop that its program binds: attributes of objects, global variables.
//!
//! Their values are in registers while the program runs, and written when it is left. With the GIL
//! that is the same as binding them at their turn, as with readings. It is not so where one place
//! has two names, so programs are not entered then. A thread that comes back from foreign code may
//! run beside for a moment: what it has bound stays bound.

use rustpython_vm::{
    AsObject, PyObjectRef, VirtualMachine,
    builtins::{PyDictRef, PyModule, PyStrInterned},
};

use super::{
    attributes::{self, How},
    frame::Frame,
    readings::{Place, Reading, Readings},
    values::Found,
};

/// Whether programs may bind what this reads.
pub(super) fn can_be(reading: &Reading) -> bool {
    let is_place = matches!(reading.place, Place::Global(_) | Place::Attribute(..));
    is_place && reading.how == How::Own
}

/// The name in a place, and the dict that has it.
fn place(
    reading: &Reading,
    frame: Frame,
    found: &[PyObjectRef],
    vm: &VirtualMachine,
) -> Option<(PyDictRef, &'static PyStrInterned)> {
    match reading.place {
        Place::Global(name) => Some((frame.namespaces().0.to_owned(), name)),
        Place::Attribute(of, name) => {
            let object = found.get(usize::from(of))?;
            Some((attributes::dict_of(object, vm)?, name))
        }
        Place::Local(_) | Place::Stack(_) | Place::Length(_) | Place::Item(..) => None,
    }
}

/// Whether each variable that is bound can be, and has but one name.
pub(super) fn are_distinct(
    readings: &Readings,
    frame: Frame,
    found: &[PyObjectRef],
    vm: &VirtualMachine,
) -> bool {
    let all = readings.all();
    all.iter()
        .enumerate()
        .filter(|(_, one)| one.is_bound)
        .all(|(at, one)| {
            let Some((dict, name)) = place(one, frame, found, vm) else {
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
            !dict.is(builtins)
                && (all.iter().enumerate()).all(|(other, reading)| {
                    other == at
                        || place(reading, frame, found, vm)
                            .is_none_or(|(of, called)| called != name || !of.is(&dict))
                })
        })
}

/// Binds the place of a reading, unless it was bound since it was read.
pub(crate) fn write(
    readings: &Readings,
    reading: u8,
    value: PyObjectRef,
    frame: Frame,
    found: &Found,
    vm: &VirtualMachine,
) {
    let at = usize::from(reading);
    let (Some(one), Some(before)) = (readings.all().get(at), found.get(at)) else {
        return;
    };
    if let Some((dict, name)) = place(one, frame, found, vm)
        && let Ok(Some(now)) = dict.get_item_opt(name, vm)
        && now.is(before)
    {
        // The name is there: setting its value neither fails nor calls anything.
        let _infallible = dict.set_item(name, value, vm);
    }
}
