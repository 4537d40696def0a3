//! Functions that programs follow: their code, and the values of arguments that are not given.

use rustpython_vm::{
    AsObject, Py, PyObject, PyRef, VirtualMachine,
    builtins::{PyCode, PyDict, PyFunction, PyTuple},
    bytecode::CodeFlags,
};

use super::{frame::Frame, values::classify};
use crate::ir::{
    Ty,
    code::{Code, Const, Instr, Unit},
};

/// Longer functions are not followed.
const MAX_INSTRUCTIONS: usize = 300;
/// Why functions are not followed.
const STRANGE: &str = "it is not as functions are";
const NO_NUMBERS: &str = "it has defaults that are no numbers";

/// A function that a program follows.
pub(super) struct Callee {
    pub(super) code: PyRef<PyCode>,
    pub(super) unit: Unit,
}

impl Callee {
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let (mine, others) = (&self.unit.defaults, &other.unit.defaults);
        self.code.is(&other.code)
            && mine.len() == others.len()
            && mine.iter().zip(others).all(|(a, b)| is_identical(*a, *b))
    }

    /// Whether these are the defaults of the arguments that are given by keyword only. They are in
    /// a dict, which programs may change.
    pub(super) fn has_keyword_defaults(&self, function: &PyObject, vm: &VirtualMachine) -> bool {
        let mine = &self.unit.defaults[self.unit.positional..];
        mine.is_empty()
            || keyword_defaults(function, &self.code, vm)
                .is_ok_and(|now| (now.iter().zip(mine)).all(|(a, b)| is_identical(*a, *b)))
    }
}

/// Whether two constants have the same type and the same bits.
fn is_identical(a: Option<Const>, b: Option<Const>) -> bool {
    match (a, b) {
        (Some(Const::Float(a)), Some(Const::Float(b))) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

/// A function's code and defaults, if programs can follow it, or else why not.
pub(super) fn examine(
    object: &PyObject,
    frame: Frame,
    instructions: &dyn Fn(&Py<PyCode>) -> Option<Vec<Instr>>,
    vm: &VirtualMachine,
) -> Result<Callee, &'static str> {
    if object.downcast_ref_if_exact::<PyFunction>(vm).is_none() {
        return Err("it is no function");
    }
    let get = |name: &str| {
        object
            .get_attr(vm.ctx.intern_str(name), vm)
            .or(Err(STRANGE))
    };
    let code = get("__code__")?.downcast::<PyCode>().or(Err(STRANGE))?;
    let inner = &code.code;
    let suspends = CodeFlags::GENERATOR
        | CodeFlags::COROUTINE
        | CodeFlags::ASYNC_GENERATOR
        | CodeFlags::ITERABLE_COROUTINE;
    if inner.flags.intersects(suspends) {
        return Err("it is a generator or coroutine");
    }
    let varying = CodeFlags::VARARGS | CodeFlags::VARKEYWORDS;
    if inner.flags.intersects(varying) {
        return Err("it takes any number of arguments");
    }
    if !inner.cellvars.is_empty() {
        return Err("another function in it shares its variables");
    }
    if !(inner.flags).contains(CodeFlags::OPTIMIZED | CodeFlags::NEWLOCALS) {
        return Err(STRANGE);
    }
    if inner.instructions.len() > MAX_INSTRUCTIONS {
        return Err("it is too long");
    }
    let positional = inner.arg_count as usize;
    let mut defaults = vec![None; positional];
    let given = get("__defaults__")?;
    if let Some(given) = given.downcast_ref::<PyTuple>() {
        // Those of the last arguments. Functions can be given too many.
        let first = positional
            .checked_sub(given.as_slice().len())
            .ok_or(STRANGE)?;
        for (argument, value) in (first..).zip(given.as_slice()) {
            defaults[argument] = Some(constant(value, vm).ok_or(NO_NUMBERS)?);
        }
    }
    defaults.extend(keyword_defaults(object, &code, vm)?);
    let instrs = instructions(&code).ok_or(STRANGE)?;
    let is_open = (instrs.iter())
        .any(|one| matches!(one.code, Code::LoadGlobal { .. } | Code::StoreGlobal { .. }));
    if is_open {
        let (globals, builtins) = frame.namespaces();
        if !get("__globals__")?.is(globals) || !get("__builtins__")?.is(builtins) {
            return Err("it reads another module's variables");
        }
    }
    let unit = Unit {
        instrs,
        positional,
        defaults,
        locals: inner.varnames.len(),
        max_stack: inner.max_stackdepth as usize,
    };
    Ok(Callee { code, unit })
}

/// The default of each argument of a function that is given by keyword only.
fn keyword_defaults(
    function: &PyObject,
    code: &PyCode,
    vm: &VirtualMachine,
) -> Result<Vec<Option<Const>>, &'static str> {
    let first = code.code.arg_count as usize;
    let count = code.code.kwonlyarg_count as usize;
    if count == 0 {
        return Ok(Vec::new());
    }
    let dict = function
        .get_attr(vm.ctx.intern_str("__kwdefaults__"), vm)
        .or(Err(STRANGE))?;
    let names = code.code.varnames.get(first..first + count);
    let defaults = names.ok_or(STRANGE)?.iter().map(|name| {
        let Some(dict) = dict.downcast_ref_if_exact::<PyDict>(vm) else {
            return if vm.is_none(&dict) {
                Ok(None)
            } else {
                Err(STRANGE)
            };
        };
        match dict.get_item_opt(*name, vm).or(Err(STRANGE))? {
            Some(value) => constant(&value, vm).map(Some).ok_or(NO_NUMBERS),
            None => Ok(None),
        }
    });
    defaults.collect()
}

fn constant(value: &PyObject, vm: &VirtualMachine) -> Option<Const> {
    let (ty, bits) = classify(Some(value), vm);
    Some(match ty {
        Ty::Int => Const::Int(bits as i64),
        Ty::Float => Const::Float(f64::from_bits(bits)),
        Ty::Bool => Const::Bool(bits != 0),
        Ty::None => Const::None,
        _ => return None,
    })
}
