//! What lies beneath an iterator or a view: the containers that taking its next item reads, the
//! iterators that it advances, and the native methods that it calls.
//!
//! Most classes tell the garbage collector what they refer to. Some hold a dictionary, a set or an
//! array of bytes without telling it. Where these keep the reference is found out at run time, with
//! objects of each class that refer to something known.
//!
//! No Python code runs here, but for the code of this crate's own that makes these objects.

use std::collections::HashMap;

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyStr, PyTuple},
    compiler::Mode,
};

use super::object_kinds::{ObjectKind, ObjectKinds};

/// What an iterator refers to.
#[derive(Debug)]
pub(super) enum Source {
    /// It reads this container.
    Container(PyObjectRef),
    /// It reads this, which stays as it is; what is inside may change.
    Unchanging(PyObjectRef),
    /// It advances this iterator, which others refer to as well.
    Shared(PyObjectRef),
    /// It calls this native function.
    Called(PyObjectRef),
    /// Something that looks into the items of the others, and may change them.
    Looks { change: bool },
    /// It calls a native object, which may read its arguments.
    Native,
}

/// How deep iterators over iterators are followed.
const MAX_DEPTH: usize = 8;

/// Where objects of some classes keep a reference: offsets in bytes, by the address of the class.
#[derive(Debug, Default)]
pub(super) struct References(HashMap<usize, usize>);

/// So many objects of each class are made, each with a referent of its own.
const SAMPLES_OF_CLASS: usize = 8;

/// Objects of each class, and what they refer to; and a function that brings an iterator to its
/// end, where it lets go of it.
const SAMPLES: &str = "
def end(object):
    if not hasattr(object, '__next__'):
        return False
    for _ in object:
        pass
    return True

def sample():
    d = {1: 1}
    s = {1}
    b = bytearray(b'1')
    l = [1]
    m = memoryview(b)
    return (
        (iter(d), d), (iter(d.values()), d), (iter(d.items()), d),
        (reversed(d), d), (reversed(d.values()), d), (reversed(d.items()), d),
        (d.keys(), d), (d.values(), d), (d.items(), d),
        (iter(s), s), (iter(b), b), (iter(l), l), (iter(m), m),
    )
";

impl References {
    /// Finds the places.
    ///
    /// # Errors
    /// What the interpreter raises; `SystemError` if a class keeps its reference in no place that
    /// can be told from others: what its objects read would not be seen.
    pub(super) fn find(vm: &VirtualMachine) -> PyResult<Self> {
        let code = vm
            .compile(SAMPLES, Mode::Exec, "<pyt>")
            .map_err(|error| error.into_pyexception(vm, Some(SAMPLES)))?;
        let scope = vm.new_scope_with_builtins();
        vm.run_code_obj(code, scope.clone())?;
        let sample = scope.globals.get_item("sample", vm)?;
        let end = scope.globals.get_item("end", vm)?;
        let mut found: HashMap<usize, Vec<Sample>> = HashMap::new();
        // All are kept until the end, so that no two referents have one address.
        let samples = (0..SAMPLES_OF_CLASS)
            .map(|_| sample.call((), vm))
            .collect::<PyResult<Vec<_>>>()?;
        for pair in samples.iter().flat_map(|sample| items(sample)) {
            let [object, referent] = items(pair) else {
                continue;
            };
            let words = words(object);
            let ends = end.call((object.clone(),), vm)?.try_to_bool(vm)?;
            let samples = found.entry(object.class().get_id()).or_default();
            samples.push(Sample {
                words,
                after_end: ends.then(|| self::words(object)),
                referent: referent.get_id(),
            });
        }
        let places = found.into_iter().map(|(class, samples)| {
            let index = index_of_referent(&samples).ok_or_else(|| {
                vm.new_system_error("where iterators keep what they read is not known")
            })?;
            Ok((class, index * size_of::<usize>()))
        });
        Ok(Self(places.collect::<PyResult<_>>()?))
    }

    /// The object that `object` refers to, if the place is known. `Some(None)`: it has let go of
    /// it, since it has come to its end.
    #[expect(clippy::option_option, reason = "unknown is not the same as absent")]
    fn of(&self, object: &PyObject) -> Option<Option<PyObjectRef>> {
        let place = *self.0.get(&object.class().get_id())?;
        // SAFETY: objects of this very class keep a reference there, or null. No other thread
        // advances the iterator meanwhile: the calling thread has the turn.
        let referent = unsafe { (word(object, place) as *const PyObject).as_ref() };
        Some(referent.map(PyObject::to_owned))
    }
}

/// The items of a tuple.
fn items(object: &PyObject) -> &[PyObjectRef] {
    object
        .downcast_ref::<PyTuple>()
        .map_or(&[], rustpython_vm::Py::as_slice)
}

/// The words that an object consists of.
fn words(object: &PyObject) -> Vec<usize> {
    let count = object.class().slots.basicsize / size_of::<usize>();
    let word = |index| {
        // SAFETY: inside the object, which is alive and which nothing else uses.
        unsafe { word(object, index * size_of::<usize>()) }
    };
    (0..count).map(word).collect()
}

/// The words that an object consists of, also after its end if it has one, and the address of what
/// it refers to until then.
struct Sample {
    words: Vec<usize>,
    after_end: Option<Vec<usize>>,
    referent: usize,
}

impl Sample {
    /// Whether this word may be the reference. A word that is never written may hold the referent,
    /// too, since memory that is used again keeps what it held; but it also does after the end.
    fn may_refer_at(&self, index: usize) -> bool {
        let lets_go = |after: &Vec<usize>| after[index] != self.referent;
        self.words[index] == self.referent && self.after_end.as_ref().is_none_or(lets_go)
    }
}

/// Which word of all these objects, of one class, is the reference; `None` if that cannot be told.
fn index_of_referent(samples: &[Sample]) -> Option<usize> {
    let count = samples.iter().map(|sample| sample.words.len()).min()?;
    let mut places = (0..count).filter(|&index| {
        let mut samples = samples.iter();
        samples.all(|sample| sample.may_refer_at(index))
    });
    let place = places.next()?;
    places.next().is_none().then_some(place)
}

/// # Safety
/// `place` is inside the object, and a multiple of a word's size.
unsafe fn word(object: &PyObject, place: usize) -> usize {
    let address = std::ptr::from_ref(object).cast::<usize>();
    // SAFETY: as the caller says; objects are aligned as words are.
    unsafe { address.byte_add(place).read() }
}

/// Finds what lies beneath `object`.
pub(super) struct Sources<'a> {
    pub(super) references: &'a References,
    pub(super) object_kinds: &'a ObjectKinds,
    pub(super) vm: &'a VirtualMachine,
}

impl Sources<'_> {
    /// All that taking an item of `object` may touch.
    pub(super) fn of(&self, object: &PyObject) -> Vec<Source> {
        let mut found = Vec::new();
        self.find(object, 0, &mut found);
        found
    }

    fn find(&self, object: &PyObject, depth: usize, found: &mut Vec<Source>) {
        if depth > MAX_DEPTH {
            return;
        }
        if self.looks_inside(object) {
            let change = object
                .gc_get_referents()
                .iter()
                .any(|one| self.may_change(one));
            found.push(Source::Looks { change });
        }
        match self.references.of(object) {
            Some(Some(referent)) => self.sort(referent, depth, found),
            Some(None) => {}
            None => {
                for referent in object.gc_get_referents() {
                    self.sort(referent, depth, found);
                }
            }
        }
    }

    /// Whether an iterator may look into the items that it takes, as `filter(None, items)` and
    /// `chain.from_iterable(items)` do. One that gives them to a function of the program's does
    /// not.
    fn looks_inside(&self, object: &PyObject) -> bool {
        let types = &self.vm.ctx.types;
        let is_python = |one: &PyObjectRef| {
            one.class().is(types.function_type) || one.class().is(types.bound_method_type)
        };
        // It takes the arguments out of each item.
        let unpacks = object.class().slot_name().ends_with("starmap");
        self.object_kinds.of(object, self.vm) == ObjectKind::Lazy
            && (unpacks || !object.gc_get_referents().iter().any(is_python))
    }

    /// Whether a native function may change what it is given: a method, or one that sets
    /// attributes.
    fn may_change(&self, function: &PyObject) -> bool {
        let types = &self.vm.ctx.types;
        if function.class().is(types.builtin_function_or_method_type) {
            let name = function.get_attr("__name__", self.vm).ok();
            let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>());
            return name.is_some_and(|name| matches!(name.as_bytes(), b"setattr" | b"delattr"));
        }
        function.class().is(types.method_descriptor_type)
            || function.class().is(types.wrapper_descriptor_type)
    }

    fn sort(&self, referent: PyObjectRef, depth: usize, found: &mut Vec<Source>) {
        let types = &self.vm.ctx.types;
        let kind = self.object_kinds.of(&referent, self.vm);
        match kind {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => {
                let is_proxy = referent.class().is(types.mappingproxy_type)
                    || referent.class().is(types.memoryview_type);
                if is_proxy {
                    self.find(&referent, depth + 1, found);
                }
                found.push(Source::Container(referent));
            }
            ObjectKind::View => self.find(&referent, depth + 1, found),
            ObjectKind::Iterator | ObjectKind::Lazy | ObjectKind::Generator => {
                // Two: the object above, and `referent` itself.
                let shared = referent.strong_count() > 2;
                if kind != ObjectKind::Generator {
                    self.find(&referent, depth + 1, found);
                }
                if shared {
                    found.push(Source::Shared(referent));
                }
            }
            ObjectKind::Fixed
                if referent.class().is(types.tuple_type)
                    || referent.class().is(types.frozenset_type) =>
            {
                found.push(Source::Unchanging(referent));
            }
            ObjectKind::Fixed if referent.class().is(types.builtin_function_or_method_type) => {
                found.push(Source::Called(referent));
            }
            ObjectKind::Other => {
                if referent.class().slots.call.load().is_some() {
                    found.push(Source::Native);
                }
                self.find(&referent, depth + 1, found);
                found.push(Source::Shared(referent));
            }
            ObjectKind::Fixed | ObjectKind::Primitive | ObjectKind::Instance => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Sample, index_of_referent};

    fn sample(words: [usize; 4], after_end: Option<[usize; 4]>, referent: usize) -> Sample {
        Sample {
            words: words.to_vec(),
            after_end: after_end.map(|words| words.to_vec()),
            referent,
        }
    }

    #[test]
    fn a_word_that_is_never_written_hides_no_reference() {
        // The last word was never written, and holds what the memory held before.
        let always = |referent| {
            let words = [1, 7, referent, referent];
            sample(words, Some([1, 7, 0, referent]), referent)
        };
        assert_eq!(index_of_referent(&[always(70), always(80)]), Some(2));
        // What has no end, as views of dictionaries: not in all of them.
        let by_chance = sample([1, 7, 70, 70], None, 70);
        assert_eq!(index_of_referent(&[by_chance]), None);
        let others = [
            sample([1, 7, 70, 70], None, 70),
            sample([1, 7, 80, 70], None, 80),
        ];
        assert_eq!(index_of_referent(&others), Some(2));
    }

    #[test]
    fn a_class_without_a_reference_has_no_place() {
        assert_eq!(index_of_referent(&[sample([1, 7, 9, 9], None, 70)]), None);
        let keeps = sample([1, 7, 70, 9], Some([1, 7, 70, 9]), 70);
        assert_eq!(index_of_referent(&[keeps]), None);
        assert_eq!(index_of_referent(&[]), None);
    }
}
