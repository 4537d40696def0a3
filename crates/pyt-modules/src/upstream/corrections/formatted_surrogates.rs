//! `format` with a width, of a string that has lone surrogates, as `os.fsdecode` makes them.
//! Upstream refuses it with a `UnicodeEncodeError`.
//!
//! Can go when upstream's `str.__format__` takes any string.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    Context, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyStr,
    common::wtf8::{CodePoint, Wtf8Buf},
    function::{Callee, FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

static FORMAT: PyMethodDef = PyMethodDef::new_const(
    "__format__",
    format,
    PyMethodFlags::METHOD,
    ItemDoc::static_text("__format__($self, format_spec, /)\n--\n\n"),
);

static UPSTREAM: OnceLock<&'static PyMethodDef> = OnceLock::new();

/// The first surrogate, and the last.
const SURROGATES: std::ops::RangeInclusive<u32> = 0xd800..=0xdfff;

/// Where to characters for private use they are moved while the string is formatted.
const MOVED: u32 = 0x0010_f000;

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.str_type;
    let mut methods = class.slots.methods.iter();
    if let Some(upstream) = methods.find(|method| method.name == FORMAT.name)
        && UPSTREAM.set(upstream).is_ok()
    {
        let ours = FORMAT.to_method(class, ctx).into_ref(ctx);
        shared_classes::set_attribute(class, ctx.intern_str(FORMAT.name), ours.into());
    }
}

fn format(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let Some(upstream) = UPSTREAM.get() else {
        return Err(vm.new_system_error("the interpreter cannot format strings"));
    };
    let call = |args| (upstream.func)(vm, args, Callee::named(upstream.name));
    let has_surrogates = |text: &PyObjectRef| {
        let text = text.downcast_ref::<PyStr>();
        text.is_some_and(|text| text.to_str().is_none())
    };
    if !args.args.iter().any(has_surrogates) {
        return call(args);
    }
    for text in &mut args.args {
        if let Some(with) = text.downcast_ref::<PyStr>() {
            let moved = with
                .as_wtf8()
                .code_points()
                .map(|point| match point.to_u32() {
                    point if SURROGATES.contains(&point) => point - SURROGATES.start() + MOVED,
                    point => point,
                });
            *text = vm.ctx.new_str(collect(moved)).into();
        }
    }
    let formatted = call(args)?;
    let Some(text) = formatted.downcast_ref::<PyStr>() else {
        return Ok(formatted);
    };
    let last = SURROGATES.end() - SURROGATES.start() + MOVED;
    let back = text
        .as_wtf8()
        .code_points()
        .map(|point| match point.to_u32() {
            point if (MOVED..=last).contains(&point) => point - MOVED + SURROGATES.start(),
            point => point,
        });
    Ok(vm.ctx.new_str(collect(back)).into())
}

fn collect(points: impl Iterator<Item = u32>) -> Wtf8Buf {
    let mut text = Wtf8Buf::new();
    for point in points.filter_map(CodePoint::from_u32) {
        text.push(point);
    }
    text
}
