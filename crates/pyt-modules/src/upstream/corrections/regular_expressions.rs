//! `count` and `maxsplit` of regular expressions may be negative, which stands for no replacement
//! and no split; and matches can be copied, as what cannot change: the copy is the match itself.
//! Upstream refuses both.
//!
//! Can go when upstream's `_sre` takes negative numbers there, and its `Match` has `__copy__` and
//! `__deepcopy__`.

use std::sync::Once;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyInt, PyModule, PyModuleDef, PyType},
    function::{Callee, FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use super::replaced_methods::replace;
use crate::upstream::derived::derive_named;

static COPIES: [PyMethodDef; 2] = [
    PyMethodDef::new_const("__copy__", copy, PyMethodFlags::METHOD, ItemDoc::NONE),
    PyMethodDef::new_const(
        "__deepcopy__",
        copy_of_all,
        PyMethodFlags::METHOD,
        ItemDoc::NONE,
    ),
];

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("_sre", correct_module)
}

fn correct_module(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    static ONCE: Once = Once::new();
    let class = |name| {
        let class = module.as_object().get_attr(name, vm)?;
        let class = class.downcast::<PyType>();
        class.map_err(|_| vm.new_system_error("a class of _sre is none"))
    };
    let (patterns, matches) = (class("Pattern")?, class("Match")?);
    // The classes are the process's: the first interpreter that imports the module changes them.
    ONCE.call_once(|| {
        correct_patterns(Box::leak(Box::new(patterns)), &vm.ctx);
        let matches: &'static Py<PyType> = Box::leak(Box::new(matches));
        for method in &COPIES {
            let name = vm.ctx.intern_str(method.name);
            let method = method.build_method(&vm.ctx, matches);
            shared_classes::set_attribute(matches, name, method.into());
        }
    });
    Ok(())
}

fn copy(found: PyObjectRef) -> PyObjectRef {
    found
}

fn copy_of_all(found: PyObjectRef, _copies: PyObjectRef) -> PyObjectRef {
    found
}

fn correct_patterns(class: &'static Py<PyType>, ctx: &Context) {
    // The place of the number, its name, and that of the text. The pattern is at 0.
    for (name, number, keyword, text) in [
        ("sub", 3, "count", 2),
        ("subn", 3, "count", 2),
        ("split", 2, "maxsplit", 1),
    ] {
        replace(class, name, ctx, |upstream| {
            move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
                let most = args.args.get(number).or_else(|| args.kwargs.get(keyword));
                let text = args.args.get(text).or_else(|| args.kwargs.get("string"));
                if let (Some(most), Some(text)) = (most, text)
                    && is_negative(most)
                {
                    let text = text.clone();
                    return Ok(match name {
                        "sub" => text,
                        "subn" => vm.new_tuple((text, 0)).into(),
                        _ => vm.ctx.new_list(vec![text]).into(),
                    });
                }
                upstream(vm, args, callee)
            }
        });
    }
}

fn is_negative(number: &PyObject) -> bool {
    let number = number.downcast_ref::<PyInt>();
    number.is_some_and(|number| *number.as_bigint() < 0.into())
}
