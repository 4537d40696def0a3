//! `flush` of a decompressor that has been flushed returns nothing, as often as it is called:
//! `urllib3` does that at the end of each response. Upstream raises `zlib.error`. And the error of
//! data that come after the end has CPython's words.
//!
//! Can go when upstream's `PyDecompress::flush` returns nothing once the stream has ended.

use std::sync::Once;

use rustpython_vm::{
    AsObject, Py, PyObject, VirtualMachine,
    builtins::{PyBaseException, PyStr, PyType},
    function::{Callee, FuncArgs, PyMethodDef},
};

use super::replaced_methods::replace;

/// What upstream says of a stream that has ended.
const ENDED: &str = "Error -2: inconsistent stream state";
const WORDED: &str = "Error -2 while decompressing data: inconsistent stream state";

/// `decompressobj`, which corrects the class of what it makes.
pub(super) fn correcting(method: &PyMethodDef) -> PyMethodDef {
    static ONCE: Once = Once::new();
    let upstream = method.func;
    let make = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        let made = upstream(vm, args, callee)?;
        ONCE.call_once(|| {
            // A native class is never freed.
            let class: &'static Py<PyType> = Box::leak(Box::new(made.class().to_owned()));
            correct(class, vm);
        });
        Ok(made)
    };
    PyMethodDef {
        func: Box::leak(Box::new(make)),
        ..method.clone()
    }
}

fn correct(class: &'static Py<PyType>, vm: &VirtualMachine) {
    replace(class, "flush", &vm.ctx, |upstream| {
        move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
            upstream(vm, args, callee).or_else(|error| {
                if says(error.as_object(), ENDED) {
                    Ok(vm.ctx.new_bytes(Vec::new()).into())
                } else {
                    Err(error)
                }
            })
        }
    });
    replace(class, "decompress", &vm.ctx, |upstream| {
        move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
            upstream(vm, args, callee).inspect_err(|error| {
                if says(error.as_object(), ENDED) {
                    let args = vm.ctx.new_tuple(vec![vm.ctx.new_str(WORDED).into()]);
                    // It fails for what is no exception only.
                    let _ = error.as_object().set_attr("args", args, vm);
                }
            })
        }
    });
    replace(class, "copy", &vm.ctx, |upstream| {
        move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
            upstream(vm, args, callee).map_err(|error| {
                if says(error.as_object(), "Decompressor was already flushed") {
                    vm.new_value_error("Inconsistent stream state")
                } else {
                    error
                }
            })
        }
    });
}

fn says(error: &PyObject, words: &str) -> bool {
    let Some(error) = error.downcast_ref::<PyBaseException>() else {
        return false;
    };
    let args = error.args();
    let text = args.as_slice().first();
    let text = text.and_then(|text| text.downcast_ref::<PyStr>());
    text.and_then(|text| text.to_str()) == Some(words)
}
