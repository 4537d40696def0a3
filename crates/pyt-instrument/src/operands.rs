//! What the instruction that is about to run will work on: the value stack and the local
//! variables of the function that the calling thread is in.
//!
//! The interpreter does not publish its value stack. Where it lies follows from two facts about
//! the pinned version: it begins right behind the local variables, and the frame of a plain
//! function has both right behind itself; how deep it is stands in the frame, at a place that is
//! found out at run time. If it cannot be found, there are no operands, and who asks must do with
//! what it knows from the code.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "frames are aligned, and so is each offset used"
)]

use std::{
    marker::PhantomData,
    mem::{align_of, offset_of, size_of},
    sync::OnceLock,
};

use rustpython_vm::{
    AsObject, Py, PyObject, PyResult, VirtualMachine,
    builtins::{PyCode, PyDict},
    compiler::Mode,
    frame::{InterpreterFrame, LocalsPlus, current_thread_frame, current_thread_iframe},
};

/// Where `InterpreterFrame::localsplus` is: behind four pointers (`repr(C)`).
const LOCALS_PLUS: usize = 4 * size_of::<usize>();
const _: () = assert!(
    offset_of!(InterpreterFrame, locals) == LOCALS_PLUS + size_of::<LocalsPlus>(),
    "the frame is laid out as in rustpython-vm 0.6.0"
);

/// Where in the frame the depth of the stack stands, in bytes; `None` if that is unknown.
static DEPTH: OnceLock<Option<usize>> = OnceLock::new();

/// The function that the calling thread is in, for as long as it stays at this instruction.
pub(super) struct Operands<'a> {
    frame: &'a InterpreterFrame,
    slots: *const usize,
    locals: usize,
    depth: usize,
    thread: PhantomData<*const ()>,
}

impl Operands<'_> {
    /// Those of the calling thread's innermost function, if it runs `code` and is at `index`.
    ///
    /// # Safety
    /// To be called from an instruction event of that function, and not kept beyond it.
    pub(super) unsafe fn current(code: &Py<PyCode>, index: usize) -> Option<Self> {
        let depth_at = DEPTH.get().copied().flatten()?;
        let address = current_thread_iframe();
        // SAFETY: the thread's own innermost frame; it lives until the function returns.
        let frame = unsafe { address.as_ref() }?;
        if !frame.code().is(code) || frame.get_lasti() as usize != index + 1 {
            return None;
        }
        let owner = current_thread_frame().filter(|owner| std::ptr::eq(owner.iframe(), frame));
        let slots = match owner {
            // SAFETY: the frame does not run beyond the instruction event.
            Some(owner) => unsafe { owner.fastlocals() }.as_ptr().cast(),
            None => address
                .cast::<u8>()
                .wrapping_add(size_of::<InterpreterFrame>().next_multiple_of(align_of::<usize>()))
                .cast(),
        };
        // SAFETY: inside the frame, aligned, and an integer, see `find_depth`.
        let depth = unsafe { address.cast::<u8>().add(depth_at).cast::<u32>().read() } as usize;
        (depth <= code.code.max_stackdepth as usize).then_some(Self {
            frame,
            slots,
            locals: code.code.localspluskinds.len(),
            depth,
            thread: PhantomData,
        })
    }

    /// The value `below` places below the top of the stack.
    pub(super) fn stack(&self, below: usize) -> Option<&PyObject> {
        (below < self.depth).then(|| self.slot(self.locals + self.depth - 1 - below))?
    }

    /// A local variable, or the cell that holds it.
    pub(super) fn local(&self, index: usize) -> Option<&PyObject> {
        (index < self.locals).then(|| self.slot(index))?
    }

    pub(super) fn globals(&self) -> &Py<PyDict> {
        self.frame.globals()
    }

    /// The local variables of code that was given to `exec` with others than its globals.
    pub(super) fn other_locals(&self) -> Option<&PyObject> {
        let names = self.frame.locals.get()?.obj();
        let is_module = self.frame.code().code.obj_name.as_str() == "<module>";
        (is_module && !names.is(self.frame.globals())).then_some(names)
    }

    fn slot(&self, index: usize) -> Option<&PyObject> {
        // SAFETY: the index is below the number of locals plus the depth of the stack, all of
        // which are slots. Each is null or an object's address, whose lowest bit says on the stack
        // that the reference is borrowed; either way the object lives as long as the slot stays as
        // it is, that is, until the instruction event is over.
        unsafe { ((self.slots.add(index).read() & !1) as *const PyObject).as_ref() }
    }
}

/// The variables of a function and the values on its stack; `None` if they do not lie right behind
/// its frame, as those of generators and modules.
///
/// # Safety
/// The function does not run as long as these are used: it is the calling thread's.
pub(super) unsafe fn slots_of(
    frame: &InterpreterFrame,
) -> Option<impl Iterator<Item = Option<&PyObject>>> {
    let depth_at = DEPTH.get().copied().flatten()?;
    let address: *const InterpreterFrame = frame;
    let slots: *const usize = address
        .cast::<u8>()
        .wrapping_add(size_of::<InterpreterFrame>().next_multiple_of(align_of::<usize>()))
        .cast();
    // A frame says where its variables are.
    let words = size_of::<LocalsPlus>() / size_of::<usize>();
    let is_behind = (0..words).any(|word| {
        let at = LOCALS_PLUS + word * size_of::<usize>();
        // SAFETY: inside the frame, aligned.
        unsafe { address.cast::<u8>().add(at).cast::<usize>().read() == slots.addr() }
    });
    if !is_behind {
        return None;
    }
    // SAFETY: inside the frame, aligned, and an integer, see `find_depth`.
    let depth = unsafe { address.cast::<u8>().add(depth_at).cast::<u32>().read() } as usize;
    let code = &frame.code().code;
    if depth > code.max_stackdepth as usize {
        return None;
    }
    let count = code.localspluskinds.len() + depth;
    Some((0..count).map(move |index| {
        // SAFETY: as in `Operands::slot`; the caller's promise.
        unsafe { ((slots.add(index).read() & !1) as *const PyObject).as_ref() }
    }))
}

/// Finds out where frames keep the depth of their stack. The first call does it for the process.
pub(super) fn prepare(vm: &VirtualMachine) -> PyResult<()> {
    if DEPTH.get().is_none() {
        let found = find_depth(vm)?;
        DEPTH.get_or_init(|| found);
    }
    Ok(())
}

/// The depth shares a word with the number of slots for local variables, which is known: the word
/// that shows it in two functions with different numbers is the one.
fn find_depth(vm: &VirtualMachine) -> PyResult<Option<usize>> {
    let look = vm.new_function("look", |vm: &VirtualMachine| {
        let frame = current_thread_iframe();
        let words: Vec<_> = (0..size_of::<LocalsPlus>() / size_of::<u32>())
            .map(|word| {
                // SAFETY: inside the frame that calls this function, aligned.
                let value = unsafe {
                    frame
                        .cast::<u8>()
                        .add(LOCALS_PLUS)
                        .cast::<u32>()
                        .add(word)
                        .read_volatile()
                };
                vm.ctx.new_int(value).into()
            })
            .collect();
        vm.ctx.new_list(words)
    });
    let mut seen: Vec<Vec<u32>> = Vec::new();
    for count in [37_u32, 53] {
        let names: Vec<_> = (1..count).map(|number| format!("v{number}")).collect();
        let source = format!(
            "def probe(look, {}=0): return look()\nwords = probe(look)",
            names.join("=0, ")
        );
        let scope = vm.new_scope_with_builtins();
        scope.globals.set_item("look", look.clone().into(), vm)?;
        let code = vm
            .compile(&source, Mode::Exec, "<pyt>")
            .map_err(|error| error.into_pyexception(vm, Some(&source)))?;
        vm.run_code_obj(code, scope.clone())?;
        seen.push(scope.globals.get_item("words", vm)?.try_into_value(vm)?);
    }
    let places: Vec<usize> = (0..seen[0].len())
        .filter(|&word| seen[0][word] == 37 && seen[1][word] == 53)
        .collect();
    let [place] = places[..] else {
        return Ok(None);
    };
    // The other half of the word, and a small number: nothing but the function is on the stack.
    let other = place ^ 1;
    let small = seen.iter().all(|words| words[other] <= 2);
    Ok(small.then_some(LOCALS_PLUS + other * size_of::<u32>()))
}
