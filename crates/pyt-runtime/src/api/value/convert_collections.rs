//! Conversions of collections and tuples.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    hash::{BuildHasher, Hash},
};

use rustpython_vm::{
    PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyDict, PyList, PySet, PyStr, PyTuple},
    protocol::{PyIter, PyIterReturn},
};

use super::{
    Value,
    convert::{FromPython, IntoPython, from_by_object, hint, into_by_object, wrong_class},
};
use crate::{Error, Python};

/// The items of an iterable that has a length. A `str` is refused: where a list of strings is
/// expected, one string is a mistake.
pub(crate) fn items(object: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    if let Some(list) = object.downcast_ref::<PyList>() {
        return Ok(list.borrow_vec().to_vec());
    }
    if let Some(tuple) = object.downcast_ref::<PyTuple>() {
        return Ok(tuple.as_slice().to_vec());
    }
    if object.downcastable::<PyStr>() || object.length_opt(vm).is_none() {
        let class = object.class().name().to_string();
        let message = format!("expected a sequence, got {class}");
        return Err(vm.new_type_error(message));
    }
    let iterator: PyObjectRef = object.get_iter(vm)?.into();
    let mut items = Vec::new();
    while let PyIterReturn::Return(item) = PyIter::new(&*iterator).next(vm)? {
        items.push(item);
    }
    Ok(items)
}

/// The items of a `list` or `tuple`, if all are of the native class `P` and `convert` takes each.
/// Runs no Python code, and makes no further references.
pub(super) fn plain_items<P: PyPayload, T>(
    object: &PyObject,
    convert: impl Fn(&P) -> Option<T>,
) -> Option<Vec<T>> {
    let plain = |items: &[PyObjectRef]| {
        let mut converted = Vec::with_capacity(items.len());
        for item in items {
            converted.push(convert(item.downcast_ref::<P>()?)?);
        }
        Some(converted)
    };
    if let Some(list) = object.downcast_ref::<PyList>() {
        return plain(&list.borrow_vec());
    }
    object
        .downcast_ref::<PyTuple>()
        .and_then(|tuple| plain(tuple.as_slice()))
}

/// The entries of a `dict`, or of an object with `keys()` and `[]`.
pub(crate) fn entries(
    object: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<Vec<(PyObjectRef, PyObjectRef)>> {
    if let Some(dict) = object.downcast_ref::<PyDict>() {
        return Ok(dict.items_vec());
    }
    let Ok(keys) = object.get_attr("keys", vm) else {
        let class = object.class().name().to_string();
        return Err(vm.new_type_error(format!("expected a mapping, got {class}")));
    };
    let keys = keys.call((), vm)?;
    let iterator: PyObjectRef = keys.get_iter(vm)?.into();
    let mut entries = Vec::new();
    while let PyIterReturn::Return(key) = PyIter::new(&*iterator).next(vm)? {
        let value = object.get_item(&*key, vm)?;
        entries.push((key, value));
    }
    Ok(entries)
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty;)*) => {$(
        impl<T: IntoPython, $($generics)*> IntoPython for $list {
            into_by_object!();
            hint!(T::list_type_hint());

            fn into_object(self, py: Python<'_>) -> PyResult {
                T::list_into_object(self.into_iter(), py)
            }
        }
    )*};
}

lists! {
    [] Vec<T>;
    [] VecDeque<T>;
    [const N: usize] [T; N];
}

impl<T: IntoPython + Clone> IntoPython for &[T] {
    into_by_object!();
    hint!(T::list_type_hint());

    fn into_object(self, py: Python<'_>) -> PyResult {
        T::list_into_object(self.iter().cloned(), py)
    }
}

impl<T: FromPython> FromPython for Vec<T> {
    from_by_object!();
    hint!(T::list_type_hint());

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        T::list_from_object(object, py)
    }
}

impl<T: FromPython> FromPython for VecDeque<T> {
    from_by_object!();
    hint!(T::list_type_hint());

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        T::list_from_object(object, py).map(Self::from)
    }
}

impl<T: FromPython, const N: usize> FromPython for [T; N] {
    from_by_object!();
    hint!(T::list_type_hint());

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        let items = T::list_from_object(object, py)?;
        items.try_into().map_err(|items: Vec<T>| {
            let message = format!("expected {N} items, got {}", items.len());
            py.vm().new_value_error(message)
        })
    }
}

macro_rules! sets {
    ($($set:ident [$($bound:tt)*] [$($hasher:ident)?];)*) => {$(
        impl<T: IntoPython, $($hasher)?> IntoPython for $set<T, $($hasher)?> {
            into_by_object!();
            hint!(format!("set[{}]", T::type_hint()));

            fn into_object(self, py: Python<'_>) -> PyResult {
                let set = PySet::default().into_ref(&py.vm().ctx);
                for item in self {
                    set.add(item.into_object(py)?, py.vm())?;
                }
                Ok(set.into())
            }
        }

        impl<T: FromPython + $($bound)*, $($hasher: BuildHasher + Default)?> FromPython
            for $set<T, $($hasher)?>
        {
            from_by_object!();
            hint!(format!("Collection[{}]", T::type_hint()));

            fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
                let items = items(&object, py.vm())?.into_iter();
                items.map(|item| T::from_object(item, py)).collect()
            }
        }
    )*};
}

sets! {
    HashSet [Eq + Hash] [S];
    BTreeSet [Ord] [];
}

macro_rules! maps {
    ($($map:ident [$($bound:tt)*] [$($hasher:ident)?];)*) => {$(
        impl<K: IntoPython, V: IntoPython, $($hasher)?> IntoPython for $map<K, V, $($hasher)?> {
            into_by_object!();
            hint!(format!("dict[{}, {}]", K::type_hint(), V::type_hint()));

            fn into_object(self, py: Python<'_>) -> PyResult {
                let dict = py.vm().ctx.new_dict();
                for (key, value) in self {
                    let key = key.into_object(py)?;
                    dict.set_item(&*key, value.into_object(py)?, py.vm())?;
                }
                Ok(dict.into())
            }
        }

        impl<K, V, $($hasher)?> FromPython for $map<K, V, $($hasher)?>
        where
            K: FromPython + $($bound)*,
            V: FromPython,
            $($hasher: BuildHasher + Default,)?
        {
            from_by_object!();
            hint!(format!("Mapping[{}, {}]", K::type_hint(), V::type_hint()));

            fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
                let entries = entries(&object, py.vm())?.into_iter();
                entries
                    .map(|(key, value)| {
                        Ok((K::from_object(key, py)?, V::from_object(value, py)?))
                    })
                    .collect()
            }
        }
    )*};
}

maps! {
    HashMap [Eq + Hash] [S];
    BTreeMap [Ord] [];
}

macro_rules! tuples {
    ($count:literal $($name:ident)*) => {
        impl<$($name: IntoPython),*> IntoPython for ($($name,)*) {
            into_by_object!();
            hint!(format!("tuple[{}]", [$($name::type_hint()),*].join(", ")));

            #[allow(non_snake_case, reason = "types name the variables")]
            fn into_object(self, py: Python<'_>) -> PyResult {
                let ($($name,)*) = self;
                let items = vec![$($name.into_object(py)?),*];
                Ok(py.vm().ctx.new_tuple(items).into())
            }
        }

        impl<$($name: FromPython),*> FromPython for ($($name,)*) {
            from_by_object!();
            hint!(format!("tuple[{}]", [$($name::type_hint()),*].join(", ")));

            fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
                let Some(tuple) = object.downcast_ref::<PyTuple>() else {
                    return Err(wrong_class(&object, "tuple", py));
                };
                let count = tuple.as_slice().len();
                if count != $count {
                    let message = format!("expected a tuple of {} items, got {count}", $count);
                    return Err(py.vm().new_value_error(message));
                }
                let mut items = tuple.as_slice().iter().cloned();
                Ok(($($name::from_object(next(&mut items, py)?, py)?,)*))
            }
        }
    };
}

fn next(items: &mut impl Iterator<Item = PyObjectRef>, py: Python<'_>) -> PyResult {
    items
        .next()
        .ok_or_else(|| py.vm().new_value_error("too few items"))
}

tuples!(1 A);
tuples!(2 A B);
tuples!(3 A B C);
tuples!(4 A B C D);
tuples!(5 A B C D E);
tuples!(6 A B C D E F);
tuples!(7 A B C D E F G);
tuples!(8 A B C D E F G H);
