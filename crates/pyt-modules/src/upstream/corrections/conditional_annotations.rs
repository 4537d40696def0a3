//! Annotations under a condition are recorded in the variable `__conditional_annotations__` of
//! their module or class. Upstream's instruction `SET_ADD` takes what it finds there for a set. A
//! program can bind the name to anything, and then read and write memory that is not its own.
//!
//! So code is changed once it is compiled and before it runs. In the place of `SET_ADD`, and of the
//! `POP_TOP` behind it, stands `DELETE_SUBSCR`, which looks for a method of the class. It has an
//! argument, which the compiler never gives it. `set` adds the key at such an instruction, and
//! raises at any other, as it does without this.
//!
//! Code that comes from elsewhere is as it was: from `.pyc` files of other programs, and from
//! `marshal`. Isolated runtimes take none.
//!
//! Can go when upstream's `SET_ADD` checks what it is given.

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyCode, PySet},
    bytecode::{CodeUnits, Instruction, OpArgState, Opcode},
    protocol::PyMapping,
};

use super::{instructions::opcode_at, syntax::PLACE};

/// The argument of `SET_ADD`, which stays in its place: the set is below the item.
const MARK: u8 = 1;

/// Lets sets answer the instruction.
pub(super) fn correct(ctx: &Context) {
    let slot = &ctx.types.set_type.slots.as_mapping.ass_subscript;
    slot.store(Some(store));
}

/// An item of a set is stored or deleted, which raises; or an annotation is recorded.
fn store(
    set: PyMapping<'_>,
    key: &PyObject,
    value: Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let object = set.obj;
    let what = match value {
        None => {
            if let Some(set) = object.downcast_ref::<PySet>()
                && is_recording(vm)
            {
                return set.add(key.to_owned(), vm);
            }
            "doesn't support item deletion"
        }
        Some(_) => "does not support item assignment",
    };
    let class = object.class().name().to_string();
    Err(vm.new_type_error(format!("'{class}' object {what}")))
}

/// Whether the thread is at an instruction that was put in the place of `SET_ADD`.
fn is_recording(vm: &VirtualMachine) -> bool {
    let at = || {
        let frame = vm.current_frame()?;
        let code = frame.as_object().get_attr("f_code", vm).ok()?;
        let code = code.downcast::<PyCode>().ok()?;
        let offset = frame.as_object().get_attr("f_lasti", vm).ok()?;
        let offset: usize = offset.try_to_value(vm).ok()?;
        let units = &code.code.instructions;
        let index = offset / size_of::<u16>();
        let unit = units.get(index)?;
        let opcode = opcode_at(&code, index)?;
        Some(u8::from(unit.arg) == MARK && opcode == Opcode::DeleteSubscr)
    };
    at().unwrap_or(false)
}

/// Changes code that was just compiled, and the code inside it. Code that has run may not be
/// passed.
pub(super) fn mend(code: &Py<PyCode>) {
    let mut pending = vec![code.to_owned()];
    while let Some(code) = pending.pop() {
        let names = code.code.names.iter().chain(&*code.code.cellvars);
        let mut names = names.chain(&*code.code.freevars);
        if names.any(|name| name.as_str() == PLACE) {
            mend_one(&code.code.instructions);
        }
        let constants: &[_] = &code.code.constants;
        let constants = constants.iter().cloned().map(PyObjectRef::from);
        pending.extend(constants.filter_map(|constant| constant.downcast::<PyCode>().ok()));
    }
}

/// Changes each `SET_ADD` whose set is not used any more: those of annotations, and with the same
/// effect those of set displays that are statements.
fn mend_one(units: &CodeUnits) {
    let mut argument = OpArgState::default();
    let mut index = 0;
    while index < units.len() {
        let instruction = units.read_op(index);
        let arg = u32::from(argument.extend(units.read_arg(index)));
        let next = index + 1 + instruction.cache_entries();
        if !matches!(instruction, Instruction::ExtendedArg) {
            argument.reset();
        }
        let after = || (next < units.len()).then(|| units.read_op(next).as_opcode());
        if instruction.as_opcode() == Opcode::SetAdd
            && arg == u32::from(MARK)
            && after() == Some(Opcode::PopTop)
        {
            // SAFETY: both are within bounds. The first takes what the two took from the stack,
            // leaves what they left, and ignores its argument; the second does nothing.
            unsafe {
                units.replace_op(index, Instruction::DeleteSubscr);
                units.replace_op(next, Instruction::Nop);
            }
        }
        index = next;
    }
}
