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

/// The words that `InterpreterFrame::localsplus` has.
const WORDS: usize = size_of::<LocalsPlus>() / size_of::<usize>();

/// Where in the frame the depth of the stack stands, in bytes; `None` if that is unknown.
static DEPTH: OnceLock<Option<usize>> = OnceLock::new();

/// How a frame says where its variables are; `None` if that is unknown.
static STORAGE: OnceLock<Option<Storage>> = OnceLock::new();

/// Which words of `InterpreterFrame::localsplus` say where the variables of a plain function are.
#[derive(Clone, Copy)]
struct Storage {
    /// The word with their address.
    pointer: usize,
    /// The word with the number of variables and of places on the stack.
    capacity: usize,
    /// The word that says that the two others mean this, and what it holds then.
    kind: (usize, usize),
}

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

/// The variables of a function and the values on its stack; `None` if it is not known where they
/// are, as for generators and modules. Those of a plain function are on the stack of its thread,
/// also where the frame itself is an object.
///
/// # Safety
/// The function does not run as long as these are used: it is the calling thread's.
pub(super) unsafe fn slots_of(
    frame: &InterpreterFrame,
) -> Option<impl Iterator<Item = Option<&PyObject>>> {
    let depth_at = DEPTH.get().copied().flatten()?;
    let storage = STORAGE.get().copied().flatten()?;
    let words = words_of(frame);
    let code = &frame.code().code;
    let (locals, places) = (code.localspluskinds.len(), code.max_stackdepth as usize);
    let (kind, value) = storage.kind;
    if words[kind] != value || words[storage.capacity] != locals + places {
        return None;
    }
    let slots: *const usize = std::ptr::with_exposed_provenance(words[storage.pointer]);
    let address: *const InterpreterFrame = frame;
    // SAFETY: inside the frame, aligned, and an integer, see `find_depth`.
    let depth = unsafe { address.cast::<u8>().add(depth_at).cast::<u32>().read() } as usize;
    if depth > places {
        return None;
    }
    Some((0..locals + depth).map(move |index| {
        // SAFETY: the frame says that so many slots are there. Each is null or an object's address,
        // as in `Operands::slot`; the caller's promise.
        unsafe { ((slots.add(index).read() & !1) as *const PyObject).as_ref() }
    }))
}

/// What `InterpreterFrame::localsplus` holds, word by word.
fn words_of(frame: &InterpreterFrame) -> [usize; WORDS] {
    let address: *const InterpreterFrame = frame;
    // SAFETY: inside the frame, aligned. All words are initialised: there is no padding.
    std::array::from_fn(|word| unsafe {
        let words = address.cast::<u8>().add(LOCALS_PLUS).cast::<usize>();
        words.add(word).read_volatile()
    })
}

/// The address right behind a frame.
fn behind(frame: &InterpreterFrame) -> usize {
    let address: *const InterpreterFrame = frame;
    address.addr() + size_of::<InterpreterFrame>().next_multiple_of(align_of::<usize>())
}

/// Finds out where frames keep their variables and the depth of their stack. The first call does it
/// for the process.
pub(super) fn prepare(vm: &VirtualMachine) -> PyResult<()> {
    if DEPTH.get().is_none() {
        let seen = [probe(37, vm)?, probe(53, vm)?];
        STORAGE.get_or_init(|| find_storage(&seen));
        DEPTH.get_or_init(|| find_depth(&seen));
    }
    Ok(())
}

/// What the frame of a function says.
struct Probed {
    /// How many variables the function has.
    variables: usize,
    words: [usize; WORDS],
    /// The address right behind the frame, where the variables are.
    behind: usize,
    /// The number of variables and of places on the stack.
    capacity: usize,
}

/// Calls a function with so many variables, and looks at its frame.
fn probe(variables: usize, vm: &VirtualMachine) -> PyResult<Probed> {
    let look = vm.new_function("look", |vm: &VirtualMachine| {
        // SAFETY: the frame of the function that calls this one.
        let frame = unsafe { current_thread_iframe().as_ref() };
        let numbers = frame.map_or_else(Vec::new, |frame| {
            let code = &frame.code().code;
            let capacity = code.localspluskinds.len() + code.max_stackdepth as usize;
            let words = words_of(frame).into_iter();
            words.chain([behind(frame), capacity]).collect()
        });
        let numbers = numbers.into_iter();
        vm.ctx.new_list(
            numbers
                .map(|number| vm.ctx.new_int(number).into())
                .collect(),
        )
    });
    let names: Vec<_> = (1..variables).map(|number| format!("v{number}")).collect();
    let source = format!(
        "def probe(look, {}=0): return look()\nnumbers = probe(look)",
        names.join("=0, ")
    );
    let scope = vm.new_scope_with_builtins();
    scope.globals.set_item("look", look.into(), vm)?;
    let code = vm
        .compile(&source, Mode::Exec, "<pyt>")
        .map_err(|error| error.into_pyexception(vm, Some(&source)))?;
    vm.run_code_obj(code, scope.clone())?;
    let numbers: Vec<usize> = scope.globals.get_item("numbers", vm)?.try_into_value(vm)?;
    match *numbers.as_slice() {
        [ref words @ .., behind, capacity] if let Ok(words) = words.try_into() => Ok(Probed {
            variables,
            words,
            behind,
            capacity,
        }),
        _ => Err(vm.new_system_error("a function that runs has no frame")),
    }
}

/// The words that hold the address of the variables and their number in both functions, and the one
/// that is the same in both.
fn find_storage(seen: &[Probed; 2]) -> Option<Storage> {
    let only = |is_it: &dyn Fn(usize) -> bool| {
        let mut found = (0..WORDS).filter(|word| is_it(*word));
        found.next().filter(|_| found.next().is_none())
    };
    let pointer = only(&|word| seen.iter().all(|one| one.words[word] == one.behind))?;
    let capacity = only(&|word| seen.iter().all(|one| one.words[word] == one.capacity))?;
    let kind = only(&|word| {
        word != pointer && word != capacity && seen[0].words[word] == seen[1].words[word]
    })?;
    Some(Storage {
        pointer,
        capacity,
        kind: (kind, seen[0].words[kind]),
    })
}

/// The depth shares a word with the number of slots for local variables, which is known: the half
/// of a word that shows it in both functions is beside the one.
fn find_depth(seen: &[Probed; 2]) -> Option<usize> {
    let halves = seen.each_ref().map(|one| {
        let bytes = one.words.map(usize::to_ne_bytes);
        let halves = bytes.as_flattened().chunks_exact(size_of::<u32>());
        let halves = halves.filter_map(|half| half.try_into().ok());
        halves.map(u32::from_ne_bytes).collect::<Vec<_>>()
    });
    let shows = |half: usize| {
        seen.iter()
            .zip(&halves)
            .all(|(one, halves)| usize::try_from(halves[half]) == Ok(one.variables))
    };
    let places: Vec<usize> = (0..halves[0].len()).filter(|half| shows(*half)).collect();
    let [place] = places[..] else {
        return None;
    };
    // The other half of the word, and a small number: nothing but the function is on the stack.
    let other = place ^ 1;
    let is_small = halves.iter().all(|halves| halves[other] <= 2);
    is_small.then_some(LOCALS_PLUS + other * size_of::<u32>())
}
