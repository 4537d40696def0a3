//! A Python iterator as a Rust one.

use std::{fmt, marker::PhantomData};

use rustpython_vm::protocol::{PyIter, PyIterReturn};

use super::{FromPython, Value};
use crate::Error;

/// The items of a Python iterator, each as a `T`. Ends after the first error. Made by
/// [`Value::iter`].
pub struct Iter<T> {
    iterator: Option<Value>,
    items: PhantomData<fn() -> T>,
}

impl<T> Iter<T> {
    pub(super) const fn new(iterator: Value) -> Self {
        Self {
            iterator: Some(iterator),
            items: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Iter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.iterator).finish()
    }
}

impl<T: FromPython> Iterator for Iter<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let iterator = self.iterator.as_ref()?;
        let next = iterator.inside(|object, py| match PyIter::new(object).next(py.vm())? {
            PyIterReturn::Return(item) => T::from_object(item, py).map(Some),
            PyIterReturn::StopIteration(_) => Ok(None),
        });
        if !matches!(next, Ok(Some(_))) {
            self.iterator = None;
        }
        next.transpose()
    }
}

impl<T: FromPython> std::iter::FusedIterator for Iter<T> {}
