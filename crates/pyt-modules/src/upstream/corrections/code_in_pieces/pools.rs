//! Constants, names and variables of the whole, and their numbers.

use std::collections::HashMap;

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyBytes, PyCode, PyComplex, PyFloat, PyInt, PyStr, PyStrInterned, PyTuple},
    bytecode::Opcode,
};

use super::{linker::Part, units::Unit};

#[derive(Default)]
pub(super) struct Pools {
    pub(super) constants: Vec<PyObjectRef>,
    numbers_of_constants: HashMap<Vec<u8>, usize>,
    pub(super) names: Vec<&'static PyStrInterned>,
    numbers_of_names: HashMap<&'static str, usize>,
    pub(super) variables: Vec<&'static PyStrInterned>,
    pub(super) kinds: Vec<u8>,
    has_piece: bool,
}

/// The numbers in the whole, by those in a piece.
pub(super) struct Numbers {
    constants: Vec<usize>,
    names: Vec<usize>,
    variables: Vec<usize>,
}

impl Pools {
    pub(super) fn numbers(
        &mut self,
        code: &PyCode,
        kept: [&[Unit]; 2],
        parts: &HashMap<String, Part>,
        vm: &VirtualMachine,
    ) -> Option<Numbers> {
        let is_first = !std::mem::replace(&mut self.has_piece, true);
        let code = &code.code;
        if !code.cellvars.is_empty() || !code.freevars.is_empty() {
            return None;
        }
        let mut constants = vec![None; code.constants.len()];
        let mut names = vec![None; code.names.len()];
        for unit in kept.into_iter().flatten() {
            if unit.opcode.has_const() {
                *constants.get_mut(unit.arg as usize)? = Some(0);
            } else if unit.opcode.has_name() {
                *names.get_mut(number_of_name(unit).0)? = Some(0);
            }
        }
        // The first one of the module stays, as upstream has it stay.
        if let (true, Some(first)) = (is_first, code.constants.first())
            && let first = PyObjectRef::from(first.clone())
            && first.downcast_ref::<PyCode>().is_none()
        {
            constants[0] = Some(0);
        }
        // In the order of the piece, and those that are used.
        for (number, constant) in constants.iter_mut().zip(&*code.constants) {
            if let Some(number) = number {
                *number = self.constant(PyObjectRef::from(constant.clone()), vm);
            }
        }
        for (number, name) in names.iter_mut().zip(&*code.names) {
            if let Some(number) = number
                && !parts.contains_key(name.as_str())
            {
                *number = self.name(name);
            }
        }
        let variables = code.varnames.iter().zip(&*code.localspluskinds);
        Some(Numbers {
            constants: constants
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect(),
            names: names.into_iter().map(Option::unwrap_or_default).collect(),
            variables: variables
                .map(|(name, kind)| self.variable(name, *kind))
                .collect(),
        })
    }

    fn constant(&mut self, constant: PyObjectRef, vm: &VirtualMachine) -> usize {
        let new = self.constants.len();
        let mut key = Vec::new();
        if write_key(&constant, &mut key, vm).is_some() {
            let number = *self.numbers_of_constants.entry(key).or_insert(new);
            if number < new {
                return number;
            }
        }
        self.constants.push(constant);
        new
    }

    fn name(&mut self, name: &'static PyStrInterned) -> usize {
        let new = self.names.len();
        let number = *self.numbers_of_names.entry(name.as_str()).or_insert(new);
        if number == new {
            self.names.push(name);
        }
        number
    }

    fn variable(&mut self, name: &'static PyStrInterned, kind: u8) -> usize {
        let known = self.variables.iter().position(|known| known.is(name));
        let number = known.unwrap_or_else(|| {
            self.variables.push(name);
            self.kinds.push(0);
            self.variables.len() - 1
        });
        self.kinds[number] |= kind;
        number
    }
}

impl Numbers {
    pub(super) fn argument(&self, unit: &Unit) -> Option<u32> {
        let arg = unit.arg as usize;
        let variable = |number: usize| self.variables.get(number).copied();
        let argument = match unit.opcode {
            opcode if opcode.has_const() => *self.constants.get(arg)?,
            opcode if opcode.has_name() => {
                let (number, shift) = number_of_name(unit);
                let low = arg & ((1 << shift) - 1);
                *self.names.get(number)? << shift | low
            }
            Opcode::LoadFastLoadFast
            | Opcode::LoadFastBorrowLoadFastBorrow
            | Opcode::StoreFastLoadFast
            | Opcode::StoreFastStoreFast => {
                let (first, second) = (variable(arg >> 4)?, variable(arg & 15)?);
                if first.max(second) > 15 {
                    return None;
                }
                first << 4 | second
            }
            opcode if opcode.has_free() => return None,
            opcode if opcode.has_local() => variable(arg)?,
            _ => arg,
        };
        u32::try_from(argument).ok()
    }
}

/// The number of the name, and how many bits are behind it.
fn number_of_name(unit: &Unit) -> (usize, u32) {
    let shift = match unit.opcode {
        Opcode::LoadGlobal | Opcode::LoadAttr => 1,
        Opcode::LoadSuperAttr => 2,
        _ => 0,
    };
    (unit.arg as usize >> shift, shift)
}

/// Writes what equal constants of the same type have in common, and no others. `None` if that is
/// not known here: then a constant is one of its own.
fn write_key(constant: &PyObject, key: &mut Vec<u8>, vm: &VirtualMachine) -> Option<()> {
    let mut write = |kind: u8, bytes: &[u8]| {
        key.push(kind);
        key.extend(bytes.len().to_ne_bytes());
        key.extend(bytes);
    };
    if vm.is_none(constant) {
        write(b'N', &[]);
    } else if constant.is(&vm.ctx.ellipsis) {
        write(b'E', &[]);
    } else if constant.class().is(vm.ctx.types.bool_type) {
        write(b'B', &[u8::from(constant.is(&vm.ctx.true_value))]);
    } else if let Some(int) = constant.downcast_ref::<PyInt>() {
        write(b'I', int.as_bigint().to_string().as_bytes());
    } else if let Some(float) = constant.downcast_ref::<PyFloat>() {
        let float = float.to_f64();
        if float.is_nan() {
            return None;
        }
        write(b'F', &float.to_bits().to_ne_bytes());
    } else if let Some(complex) = constant.downcast_ref::<PyComplex>() {
        let complex = complex.as_complex();
        if complex.re.is_nan() || complex.im.is_nan() {
            return None;
        }
        write(b'C', &complex.re.to_bits().to_ne_bytes());
        write(b'C', &complex.im.to_bits().to_ne_bytes());
    } else if let Some(text) = constant.downcast_ref::<PyStr>() {
        write(b'S', text.as_wtf8().as_bytes());
    } else if let Some(bytes) = constant.downcast_ref::<PyBytes>() {
        write(b'Y', bytes.as_bytes());
    } else {
        let tuple = constant.downcast_ref::<PyTuple>()?;
        write(b'T', &tuple.len().to_ne_bytes());
        for element in tuple.as_slice() {
            write_key(element, key, vm)?;
        }
    }
    Some(())
}
