//! Where a stopped thread can stay stopped.
//!
//! The interpreter stops threads before any instruction, and as well on their way back from foreign
//! code, in the middle of a call: there a thread may hold the lock of a stream, and text that other
//! threads have printed. This file distinguishes the two by the instruction that the thread is at,
//! and knows nothing of why it was stopped.

use std::ops::ControlFlow;

use rustpython_vm::{bytecode::Opcode, frame::InterpreterFrame};

/// How many frames of the library may lie on the frame that called it.
const DEPTH: usize = 6;

/// What streams call with their lock held: the module, or the start of its name, as the code of
/// the library says where it is from.
const CODECS: &str = "codecs";
const ENCODINGS: &str = "encodings.";

/// What matters of a thread's innermost frames.
#[derive(Default)]
pub(super) struct Stack {
    depth: usize,
    between_calls: bool,
    below_a_stream: bool,
}

impl Stack {
    /// Looks at the next frame, innermost first, until enough are seen.
    pub(super) fn look_at(&mut self, frame: &InterpreterFrame) -> ControlFlow<()> {
        let code = frame.code();
        if self.depth == 0 {
            let at = (frame.get_lasti() as usize).checked_sub(1);
            self.between_calls = at
                .filter(|at| *at < code.code.instructions.len())
                .is_some_and(|at| calls_nothing(code.code.instructions.read_op(at).into()));
        }
        let file = code.source_path().as_str();
        self.below_a_stream |= file == CODECS || file.starts_with(ENCODINGS);
        self.depth += 1;
        if self.depth < DEPTH {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    /// Whether the thread is between two instructions of the program's own. A thread that has no
    /// frame is not: it is just beginning, or runs a function that is not Python's.
    pub(super) fn is_at_safe_point(&self) -> bool {
        self.between_calls && !self.below_a_stream
    }
}

/// Whether an instruction calls nothing that could wait in foreign code. A thread that is at
/// another is about to execute it, or in the middle of that: which, is unknown.
fn calls_nothing(op: Opcode) -> bool {
    let base = op.deopt().or_else(|| op.to_base()).unwrap_or(op);
    matches!(
        base,
        Opcode::Nop
            | Opcode::Resume
            | Opcode::Copy
            | Opcode::Swap
            | Opcode::PushNull
            // The last reference to an object may be dropped here: whatever its end waits for is
            // its own.
            | Opcode::PopTop
            | Opcode::LoadConst
            | Opcode::LoadSmallInt
            | Opcode::LoadFast
            | Opcode::LoadFastCheck
            | Opcode::LoadFastBorrow
            | Opcode::LoadFastLoadFast
            | Opcode::LoadFastBorrowLoadFastBorrow
            | Opcode::StoreFast
            | Opcode::StoreFastLoadFast
            | Opcode::StoreFastStoreFast
            | Opcode::JumpForward
            | Opcode::JumpBackward
            | Opcode::JumpBackwardNoInterrupt
            | Opcode::PopJumpIfTrue
            | Opcode::PopJumpIfFalse
            | Opcode::PopJumpIfNone
            | Opcode::PopJumpIfNotNone
            | Opcode::ReturnValue
    )
}
