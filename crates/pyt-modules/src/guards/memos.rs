//! Places in the memo of a pickle are bounded by the length of the pickle: `MemoryError`.
//!
//! Upstream's memo is an array up to the greatest place that is named, and a pickle of ten bytes
//! can name place 2^32, or one at which the array does not fit into memory: that ends the process.
//! So pickles are read for such places before upstream reads them, in the pieces in which it asks a
//! stream for them.

use std::sync::OnceLock;

use parking_lot::Mutex;
use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyBytes, PyDict, PyGetSet, PyInt, PyStr, PyType},
    class::PyClassImpl,
    common::wtf8::Wtf8,
    function::{ArgBytesLike, FuncArgs, PySetterValue},
    object::{Traverse, TraverseFn},
    pyclass,
};

use super::{
    methods::Replaced,
    opcodes::{Opcodes, SMALL, TooFar},
    slots::{wrap, wrappers},
};
use crate::upstream::corrections::slots::renew_descriptors;

/// The functions whose pickle is read before.
pub(super) const FUNCTIONS: &[Replaced] =
    &[("_pickle", "load", streamed), ("_pickle", "loads", checked)];

/// How many times as long as a dictionary a memo made of it may be.
const SPARSE: u64 = 64;

fn too_far(TooFar(index): &TooFar, vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_memory_error(format!("place {index} of the memo of a shorter pickle"))
}

/// The arguments of `loads`, whose pickle was read.
fn checked(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<FuncArgs> {
    let data = args.args.first_mut();
    let Some(data) = data.or_else(|| args.kwargs.get_mut(Wtf8::new("data"))) else {
        return Ok(args);
    };
    let read = |bytes: &[u8]| Opcodes::of_one().read(bytes);
    if let Some(bytes) = data.downcast_ref_if_exact::<PyBytes>(vm) {
        read(bytes.as_bytes()).map_err(|error| too_far(&error, vm))?;
    } else if !data.downcastable::<PyStr>() && data.class().slots.as_buffer.load().is_some() {
        // What was read is what is loaded, whatever becomes of the object meanwhile.
        let bytes = ArgBytesLike::try_from_object(vm, data.clone())?;
        let bytes = bytes.borrow_buf().to_vec();
        read(&bytes).map_err(|error| too_far(&error, vm))?;
        *data = vm.ctx.new_bytes(bytes).into();
    }
    Ok(args)
}

/// The arguments of `load`, or of `Unpickler`, whose pickle is read as it comes.
fn streamed(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<FuncArgs> {
    let file = args.args.first_mut();
    let Some(file) = file.or_else(|| args.kwargs.get_mut(Wtf8::new("file"))) else {
        return Ok(args);
    };
    if let Some(stream) = PickleStream::over(file, vm)? {
        *file = stream.into_pyobject(vm);
    }
    Ok(args)
}

/// The stream that upstream reads a pickle from.
#[pyclass(module = false, name = "pickle_stream", traverse = "manual")]
#[derive(Debug, PyPayload)]
struct PickleStream {
    read: PyObjectRef,
    readline: PyObjectRef,
    peek: Option<PyObjectRef>,
    opcodes: Mutex<Opcodes>,
}

// SAFETY: each object is visited once.
unsafe impl Traverse for PickleStream {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.read.traverse(visit);
        self.readline.traverse(visit);
        self.peek.traverse(visit);
    }
}

impl PickleStream {
    /// One over a file; none if that is no file, which upstream refuses.
    fn over(file: &PyObject, vm: &VirtualMachine) -> PyResult<Option<Self>> {
        let peek = vm.get_attribute_opt(file, "peek")?;
        // Upstream asks for it, too.
        vm.get_attribute_opt(file, "readinto")?;
        let read = vm.get_attribute_opt(file, "read")?;
        let readline = vm.get_attribute_opt(file, "readline")?;
        let both = read.zip(readline);
        Ok(both.map(|(read, readline)| Self {
            read,
            readline,
            peek,
            opcodes: Mutex::default(),
        }))
    }

    /// What a method of the file gives, once it was read.
    fn taken(&self, data: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        if let Some(bytes) = data.downcast_ref::<PyBytes>() {
            let outcome = self.opcodes.lock().read(bytes.as_bytes());
            outcome.map_err(|error| too_far(&error, vm))?;
        }
        Ok(data)
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION))]
impl PickleStream {
    #[pymethod]
    fn read(zelf: &Py<Self>, size: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        let data = zelf.read.call((size,), vm)?;
        zelf.taken(data, vm)
    }

    #[pymethod]
    fn readline(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        let data = zelf.readline.call((), vm)?;
        zelf.taken(data, vm)
    }

    /// What comes next, which is read for its places and will be read once more when it is taken.
    /// Upstream does not ask again once this has raised.
    #[pymethod]
    fn peek(zelf: &Py<Self>, size: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        let Some(peek) = &zelf.peek else {
            return Err(vm.new_attribute_error("the stream cannot look ahead"));
        };
        let data = peek.call((size,), vm)?;
        if let Some(bytes) = data.downcast_ref::<PyBytes>() {
            let mut ahead = zelf.opcodes.lock().clone();
            let outcome = ahead.read(bytes.as_bytes());
            outcome.map_err(|error| too_far(&error, vm))?;
        }
        Ok(data)
    }
}

wrappers!(
    initialise =
        |original, object: &PyObject, args: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
            original(object, streamed(args, vm)?, vm)
        }
);

/// Upstream's `Unpickler.memo`.
static MEMO: OnceLock<PyObjectRef> = OnceLock::new();

fn memo(unpickler: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let Some(upstream) = MEMO.get() else {
        return Ok(vm.ctx.none());
    };
    let class = unpickler.class().to_owned();
    vm.call_method(upstream, "__get__", (unpickler, class))
}

fn set_memo(unpickler: PyObjectRef, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()> {
    if let PySetterValue::Assign(value) = &value
        && let Some(given) = value.downcast_ref::<PyDict>()
    {
        let most = SMALL.max(SPARSE.saturating_mul(given.__len__() as u64));
        for (index, _) in given {
            let Some(index) = index.downcast_ref::<PyInt>() else {
                continue;
            };
            // Those below nought are for upstream to refuse.
            let is_place = *index.as_bigint() >= 0.into();
            let index = index.try_to_primitive(vm).unwrap_or(u64::MAX);
            if is_place && index > most {
                return Err(too_far(&TooFar(index), vm));
            }
        }
    }
    let set = MEMO
        .get()
        .map(|upstream| upstream.class().slots().descr_set.load());
    match (MEMO.get(), set.flatten()) {
        (Some(upstream), Some(set)) => set(upstream, unpickler, value, vm),
        _ => Ok(()),
    }
}

/// Changes the class, if that is `Unpickler`. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    if &*class.name() != "Unpickler" {
        return;
    }
    let _ = PickleStream::make_static_type();
    // SAFETY: native classes live as long as the process.
    let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
    wrap!(class.slots.init, initialise);
    renew_descriptors(class, &["__init__"], &vm.ctx);
    let name = vm.ctx.intern_str("memo");
    let Some(upstream) = class.get_direct_attr(name) else {
        return;
    };
    if MEMO.set(upstream).is_ok() {
        let ours = PyGetSet::new("memo", class, &vm.ctx)
            .with_get(memo)
            .with_set(set_memo);
        let ours = PyRef::new_ref(ours, vm.ctx.types.getset_type.to_owned(), None);
        shared_classes::set_attribute(class, name, ours.into());
    }
}
