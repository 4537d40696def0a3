//! How long instructions are, and where they stand: the arguments of jumps depend on that.

use rustpython_vm::bytecode::{CodeUnit, Instruction, Opcode};

use super::units::is_backward;

/// The arguments, with those of jumps, and where each instruction begins; and the end.
pub(super) fn lay_out(
    opcodes: &[Opcode],
    mut args: Vec<u32>,
    targets: &[Option<usize>],
) -> Option<(Vec<u32>, Vec<usize>)> {
    for (arg, target) in args.iter_mut().zip(targets) {
        if target.is_some() {
            *arg = 0;
        }
    }
    loop {
        let mut begins = Vec::with_capacity(opcodes.len() + 1);
        let mut at = 0;
        for (opcode, arg) in opcodes.iter().zip(&args) {
            begins.push(at);
            at += prefixes(*arg) + 1 + opcode.cache_entries();
        }
        begins.push(at);
        let mut is_larger = false;
        let mut exact = args.clone();
        for (index, target) in targets.iter().enumerate() {
            let Some(target) = target else { continue };
            let (next, to) = (begins[index + 1], *begins.get(*target)?);
            let way = if is_backward(opcodes[index]) {
                next.checked_sub(to)?
            } else {
                to.checked_sub(next)?
            };
            let way = u32::try_from(way).ok()?;
            is_larger |= prefixes(way) > prefixes(args[index]);
            // Instructions only get longer, and so do ways: this ends.
            exact[index] = way;
        }
        args = exact;
        if !is_larger {
            return Some((args, begins));
        }
    }
}

/// How many instructions extend an argument.
fn prefixes(arg: u32) -> usize {
    match arg {
        0..=0xff => 0,
        0x100..=0xffff => 1,
        0x1_0000..=0xff_ffff => 2,
        _ => 3,
    }
}

pub(super) fn write(units: &mut Vec<CodeUnit>, opcode: Opcode, arg: u32) -> Option<()> {
    let unit = |opcode: Opcode, arg: u8| CodeUnit::try_from([opcode.as_u8(), arg]).ok();
    let bytes = arg.to_be_bytes();
    for byte in &bytes[3 - prefixes(arg)..3] {
        units.push(unit(Opcode::ExtendedArg, *byte)?);
    }
    units.push(unit(opcode, bytes[3])?);
    let cache = CodeUnit::new(Instruction::Cache, 0.into());
    units.extend(std::iter::repeat_n(cache, opcode.cache_entries()));
    Some(())
}
