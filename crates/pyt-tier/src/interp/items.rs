//! Items of lists and tuples, for programs.

use std::cell::RefCell;

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyDict, PyFloat, PyList, PyStr, PyTuple},
    protocol::PyIterReturn,
    types::PyTypeFlags,
};

use super::{
    decode::small_int,
    natives::Direct,
    pairs_of,
    values::{self, Found},
};
use crate::{
    backend::{Next, NextPair, Objects},
    ir::{Ty, build::Known},
};

/// What programs rely on of a list, tuple, array or dict.
pub(crate) fn sequence(object: &PyObject, vm: &VirtualMachine) -> Option<Known> {
    if object.downcast_ref_if_exact::<PyList>(vm).is_some() {
        return Some(Known::List(item(object, 0, vm).unwrap_or(Ty::Unbound)));
    }
    if is_array(object, vm) {
        return Some(Known::Array(item(object, 0, vm).unwrap_or(Ty::Unbound)));
    }
    if object.downcast_ref_if_exact::<PyDict>(vm).is_some() {
        return Some(Known::Dict);
    }
    let tuple = object.downcast_ref_if_exact::<PyTuple>(vm)?;
    Some(Known::Tuple(tuple.as_slice().len()))
}

/// Whether an object is an `array.array` or bytes, whose items are numbers of its own.
fn is_array(object: &PyObject, vm: &VirtualMachine) -> bool {
    let (class, types) = (object.class(), &vm.ctx.types);
    if class.is(types.bytearray_type) || class.is(types.bytes_type) {
        return true;
    }
    // The class is another crate's. A program's own of that name is made at run time.
    let is_made = class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE);
    !is_made && &*class.name() == "array" && class.slots.as_sequence.ass_item.load().is_some()
}

/// The type of an item of a list or tuple, or that of the first.
pub(crate) fn item(object: &PyObject, index: usize, vm: &VirtualMachine) -> Option<Ty> {
    if is_array(object, vm) {
        let index = isize::try_from(index).ok()?;
        let item = object.sequence_unchecked().get_item(index, vm).ok()?;
        return Some(values::classify(Some(&item), vm).0);
    }
    let ty = |items: &[PyObjectRef]| {
        let item = items.get(index).or_else(|| items.first())?;
        Some(values::classify(Some(item), vm).0)
    };
    if let Some(list) = object.downcast_ref_if_exact::<PyList>(vm) {
        return ty(&list.borrow_vec());
    }
    ty(object.downcast_ref_if_exact::<PyTuple>(vm)?.as_slice())
}

/// Whether an object is an iterator whose items come without running anything of the program's.
pub(crate) fn is_iterator(object: &PyObject, vm: &VirtualMachine) -> bool {
    let types = &vm.ctx.types;
    let class = object.class();
    [
        types.list_iterator_type,
        types.list_reverseiterator_type,
        types.tuple_iterator_type,
        types.bytes_iterator_type,
        types.bytearray_iterator_type,
    ]
    .iter()
    .any(|one| class.is(*one))
}

/// The type of the item that an iterator gives next; `Unbound` if it is not known.
pub(crate) fn next_type(iterator: &PyObject, vm: &VirtualMachine) -> Ty {
    let state = vm.call_method(iterator, "__reduce__", ()).ok();
    let state = state.and_then(|state| state.downcast::<PyTuple>().ok());
    let Some([_, arguments, index]) = state.as_ref().map(|state| state.as_slice()) else {
        return Ty::Unbound;
    };
    let sequence = arguments.downcast_ref::<PyTuple>();
    let Some(sequence) = sequence.and_then(|arguments| arguments.as_slice().first()) else {
        return Ty::Unbound;
    };
    let types = &vm.ctx.types;
    if sequence.class().is(types.bytes_type) || sequence.class().is(types.bytearray_type) {
        return Ty::Int;
    }
    let index = small_int(index, vm).and_then(|index| usize::try_from(index).ok());
    item(sequence, index.unwrap_or(0), vm).unwrap_or(Ty::Unbound)
}

/// How many items an object of a built-in class has.
pub(crate) fn length(object: &PyObject, vm: &VirtualMachine) -> Option<usize> {
    if let Some(list) = object.downcast_ref_if_exact::<PyList>(vm) {
        return Some(list.borrow_vec().len());
    }
    if let Some(tuple) = object.downcast_ref_if_exact::<PyTuple>(vm) {
        return Some(tuple.as_slice().len());
    }
    if let Some(text) = object.downcast_ref_if_exact::<PyStr>(vm) {
        return Some(text.char_len());
    }
    let dict = object.downcast_ref_if_exact::<PyDict>(vm)?;
    Some(dict.__len__())
}

/// The objects of one run.
pub(crate) struct Items<'a> {
    pub(crate) found: &'a Found,
    /// What an iterator gave last, where that was not as expected.
    pub(crate) pending: RefCell<Option<PyObjectRef>>,
    /// The native methods that may be called.
    pub(crate) natives: &'a [Direct],
    pub(crate) vm: &'a VirtualMachine,
}

/// The place of an item, counted from the end if it is negative.
fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index + length } else { index };
    usize::try_from(index).ok().filter(|_| index < length)
}

impl Items<'_> {
    fn bits(&self, items: &[PyObjectRef], index: i64, ty: Ty) -> Option<u64> {
        let item = &*items[place(index, items.len())?];
        match ty {
            Ty::Int => small_int(item, self.vm).map(|value| value as u64),
            Ty::Float => {
                let float = item.downcast_ref_if_exact::<PyFloat>(self.vm)?;
                Some(float.to_f64().to_bits())
            }
            _ => {
                let (found, bits) = values::classify(Some(item), self.vm);
                (found == ty).then_some(bits)
            }
        }
    }
}

impl Objects for Items<'_> {
    #[inline]
    fn next(&self, object: u8, ty: Ty) -> Next {
        let Some(iterator) = self.found.get(usize::from(object)) else {
            return Next::End;
        };
        let Some(next) = iterator.class().slots.iternext.load() else {
            return Next::End;
        };
        // These iterators raise nothing else; where one is over, it is so when asked again.
        let Ok(PyIterReturn::Return(item)) = next(iterator, self.vm) else {
            return Next::End;
        };
        let (found, bits) = values::classify(Some(&item), self.vm);
        if found == ty {
            return Next::Number(bits);
        }
        self.pending.replace(Some(item));
        Next::Other
    }

    #[inline]
    fn next_pair(&self, object: u8, types: [Ty; 2]) -> NextPair {
        let (next, pending) = pairs_of::next_pair(self.found, object, types, self.vm);
        if pending.is_some() {
            self.pending.replace(pending);
        }
        next
    }

    #[inline]
    fn item(&self, object: u8, index: i64, ty: Ty) -> Option<u64> {
        let object = self.found.get(usize::from(object))?;
        if let Some(list) = object.downcast_ref_if_exact::<PyList>(self.vm) {
            return self.bits(&list.borrow_vec(), index, ty);
        }
        if let Some(tuple) = object.downcast_ref_if_exact::<PyTuple>(self.vm) {
            return self.bits(tuple.as_slice(), index, ty);
        }
        // An array's: the program relies on that.
        let index = isize::try_from(index).ok().filter(|index| *index >= 0)?;
        let item = object.sequence_unchecked().get_item(index, self.vm).ok()?;
        let (found, bits) = values::classify(Some(&item), self.vm);
        (found == ty).then_some(bits)
    }

    #[inline]
    fn set_item(&self, object: u8, index: i64, ty: Ty, bits: u64) -> Option<()> {
        let object = self.found.get(usize::from(object))?;
        let value = values::number(ty, bits, self.vm)?;
        let Some(list) = object.downcast_ref_if_exact::<PyList>(self.vm) else {
            let index = isize::try_from(index).ok().filter(|index| *index >= 0)?;
            return (object.sequence_unchecked())
                .set_item(index, value, self.vm)
                .ok();
        };
        let before = {
            let mut items = list.borrow_vec_mut();
            let place = place(index, items.len())?;
            let (ty, _) = values::classify(Some(&items[place]), self.vm);
            if !ty.is_number() && ty != Ty::None {
                return None;
            }
            std::mem::replace(&mut items[place], value)
        };
        drop(before);
        Some(())
    }

    #[inline]
    fn append(&self, object: u8, ty: Ty, bits: u64) -> Option<()> {
        let object = self.found.get(usize::from(object))?;
        let list = object.downcast_ref_if_exact::<PyList>(self.vm)?;
        let value = values::number(ty, bits, self.vm)?;
        list.borrow_vec_mut().push(value);
        Some(())
    }

    #[inline]
    fn pop(&self, object: u8, ty: Ty) -> Option<u64> {
        let object = self.found.get(usize::from(object))?;
        let list = object.downcast_ref_if_exact::<PyList>(self.vm)?;
        let mut items = list.borrow_vec_mut();
        let bits = self.bits(&items, -1, ty)?;
        let last = items.pop();
        drop(items);
        drop(last);
        Some(bits)
    }

    #[inline]
    fn call(&self, object: u8, method: u8) -> bool {
        let method = self.natives.get(usize::from(method));
        match (method, self.found.get(usize::from(object))) {
            (Some(method), Some(object)) => (method.call)(object, self.vm),
            _ => false,
        }
    }

    #[inline]
    fn length(&self, object: u8) -> Option<usize> {
        let object = self.found.get(usize::from(object))?;
        let list = object.downcast_ref_if_exact::<PyList>(self.vm)?;
        Some(list.borrow_vec().len())
    }
}
