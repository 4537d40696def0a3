//! Events of `sys.monitoring` before a line never stand on an `EXTENDED_ARG`, the prefix of an
//! instruction whose argument is long, as the jump back of a loop with a long body. Upstream puts
//! them there, and loses the prefix when it goes on with the instruction: loops do not end, and
//! variables get wrong values.
//!
//! Upstream instruments a function when it begins. So while some tool asks for events before lines,
//! a tool of ours has the events of functions that begin or resume: it moves what upstream has put
//! on a prefix to the instruction behind it, before that is reached. A function that begins for the
//! first time inside of a callback of `sys.monitoring` sends no events, and is mended at its next
//! beginning (`docs/differences.md`).
//!
//! Can go when upstream's `instrument_code` leaves `EXTENDED_ARG` out of the targets of jumps.

use std::sync::Arc;

use pyt_vm::state::InterpreterState;
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine, builtins::PyCode, bytecode::Instruction,
    function::FuncArgs, vm::thread::get_current_frame,
};

use crate::upstream::wrapped::Wrapped;

/// As `sys.monitoring.events` has them, by number.
const PY_START: usize = 0;
const PY_RESUME: usize = 1;
const LINE: u32 = 5;

/// What our tool asks for.
const EVENTS: u32 = 1 << PY_START | 1 << PY_RESUME;

/// The tool numbers that we may take, those first that the fewest programs use.
const TOOLS: [usize; 6] = [5, 4, 3, 2, 1, 0];

/// Our tool's name.
const NAME: &str = "pyt: events before lines";

/// The functions of `sys.monitoring` after which a tool may have other events than before.
const CHANGE_EVENTS: [&str; 4] = [
    "clear_tool_id",
    "free_tool_id",
    "set_events",
    "set_local_events",
];

/// Wraps the functions of `sys.monitoring` that decide which tools there are, and their events.
pub(super) fn begin(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.sys_module.get_attr("monitoring", vm)?;
    for name in CHANGE_EVENTS {
        let upstreams = Wrapped::keep(state, module.get_attr(name, vm)?);
        let ours = vm.new_function(
            name,
            move |args: FuncArgs, vm: &VirtualMachine| -> PyResult {
                let upstreams = upstreams.get(vm)?;
                let result = upstreams.call(args.clone(), vm)?;
                if watch_if_needed(vm) {
                    // Has upstream instrument the functions that the thread is in, once more.
                    upstreams.call(args, vm)?;
                }
                mend_functions_of_this_thread();
                Ok(result)
            },
        );
        module.set_attr(name, ours, vm)?;
    }
    let upstreams = Wrapped::keep(state, module.get_attr("use_tool_id", vm)?);
    let ours = vm.new_function("use_tool_id", move |args: FuncArgs, vm: &VirtualMachine| {
        if let Some(Ok(tool)) = args.args.first().map(|tool| tool.try_to_value(vm)) {
            give_way(tool, vm);
        }
        upstreams.get(vm)?.call(args, vm)
    });
    module.set_attr("use_tool_id", ours, vm)?;
    let upstreams = Wrapped::keep(state, module.get_attr("get_tool", vm)?);
    let ours = vm.new_function(
        "get_tool",
        move |args: FuncArgs, vm: &VirtualMachine| -> PyResult {
            let name = upstreams.get(vm)?.call(args, vm)?;
            let is_ours = name
                .try_to_value::<String>(vm)
                .is_ok_and(|name| name == NAME);
            Ok(if is_ours { vm.ctx.none() } else { name })
        },
    );
    module.set_attr("get_tool", ours, vm)
}

/// Makes our tool watch if any other has events before lines, and else not. Whether that has
/// changed.
fn watch_if_needed(vm: &VirtualMachine) -> bool {
    // Made before the lock is taken.
    let callback: PyObjectRef = vm.new_function("mend", mend_begun).into();
    let mut dropped_unlocked = Vec::new();
    let mut monitoring = vm.state.monitoring.lock();
    let ours = monitoring
        .tool_names
        .iter()
        .position(|name| name.as_deref() == Some(NAME));
    let is_needed = monitoring.combined_events() & 1 << LINE != 0;
    let changed = match (ours, is_needed) {
        (Some(tool), false) => {
            monitoring.tool_names[tool] = None;
            monitoring.global_events[tool] = 0;
            for event in [PY_START, PY_RESUME] {
                dropped_unlocked.extend(monitoring.callbacks.remove(&(tool, event)));
            }
            true
        }
        (None, true) => {
            let free = |tool: &usize| monitoring.tool_names[*tool].is_none();
            match TOOLS.into_iter().find(free) {
                Some(tool) => {
                    monitoring.tool_names[tool] = Some(NAME.to_owned());
                    monitoring.global_events[tool] = EVENTS;
                    monitoring.disabled.retain(|(_, _, by)| *by != tool);
                    for event in [PY_START, PY_RESUME] {
                        let before = monitoring.callbacks.insert((tool, event), callback.clone());
                        dropped_unlocked.extend(before);
                    }
                    true
                }
                None => false,
            }
        }
        _ => false,
    };
    drop(monitoring);
    changed
}

/// Moves our tool to another number, if it has this one.
fn give_way(tool: usize, vm: &VirtualMachine) {
    let mut monitoring = vm.state.monitoring.lock();
    let is_ours = monitoring
        .tool_names
        .get(tool)
        .is_some_and(|name| name.as_deref() == Some(NAME));
    if !is_ours {
        return;
    }
    let name = monitoring.tool_names[tool].take();
    let events = std::mem::take(&mut monitoring.global_events[tool]);
    let free = |other: &usize| *other != tool && monitoring.tool_names[*other].is_none();
    let other = TOOLS.into_iter().find(free);
    let mut dropped_unlocked = Vec::new();
    for event in [PY_START, PY_RESUME] {
        let callback = monitoring.callbacks.remove(&(tool, event));
        match (other, callback) {
            (Some(other), Some(callback)) => {
                dropped_unlocked.extend(monitoring.callbacks.insert((other, event), callback));
            }
            (_, callback) => dropped_unlocked.extend(callback),
        }
    }
    if let Some(other) = other {
        monitoring.tool_names[other] = name;
        monitoring.global_events[other] = events;
    }
    drop(monitoring);
}

/// A function has begun or resumes, which upstream has instrumented.
fn mend_begun(args: FuncArgs) {
    let code = args
        .args
        .first()
        .and_then(|code| code.downcast_ref::<PyCode>());
    if let Some(code) = code {
        mend(code);
    }
}

fn mend_functions_of_this_thread() {
    let mut frame = get_current_frame();
    // SAFETY: these are the frames that the calling thread is in, each alive until it returns.
    while let Some(here) = unsafe { frame.as_ref() } {
        mend(here.code());
        frame = here.previous();
    }
}

/// Moves the events before lines from prefixes to the instructions behind them.
fn mend(code: &PyCode) {
    let prefix = u8::from(Instruction::ExtendedArg);
    let mut tables = code.monitoring_data.lock();
    let Some(tables) = tables.as_mut() else {
        return;
    };
    if !tables.line_opcodes.contains(&prefix) {
        return;
    }
    let units = &code.code.instructions;
    for index in 0..tables.line_opcodes.len() {
        if tables.line_opcodes[index] != prefix {
            continue;
        }
        tables.line_opcodes[index] = 0;
        // SAFETY: upstream has replaced this instruction, and the table says by what.
        unsafe { units.replace_op(index, Instruction::ExtendedArg) };
        let behind = index + 1;
        if behind >= tables.line_opcodes.len() || tables.line_opcodes[behind] != 0 {
            // The next turn moves it on if that is a prefix, too.
            continue;
        }
        tables.line_opcodes[behind] = u8::from(units.read_op(behind));
        // SAFETY: the index is that of an instruction, since it follows a prefix, and the table has
        // what it was.
        unsafe { units.replace_op(behind, Instruction::InstrumentedLine) };
    }
}
