//! The interpreter's frames by their layout: local variables and the value stack of a function that
//! runs, to be read and written.
//!
//! The interpreter does not publish them. Where they are is found by probing when the tier starts,
//! once for the process, and checked with a function and a generator; if anything is not as
//! expected, there is no layout and no tier.

#![allow(
    clippy::cast_ptr_alignment,
    reason = "the places were found by probing, at multiples of their sizes"
)]

use std::{
    mem::{align_of, offset_of, size_of},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyDict, PyRange},
    compiler::Mode,
    frame::{InterpreterFrame, LocalsPlus, current_thread_frame, current_thread_iframe},
    object::payload_offset,
    types::Iterable,
};

/// Where `InterpreterFrame::localsplus` is: behind four pointers (`repr(C)`).
const LOCALS_PLUS: usize = 4 * size_of::<usize>();
const _: () = assert!(
    offset_of!(InterpreterFrame, locals) == LOCALS_PLUS + size_of::<LocalsPlus>(),
    "the frame is laid out as in rustpython-vm 0.6.0"
);
const _: () = assert!(size_of::<Option<PyObjectRef>>() == size_of::<usize>());

/// How many words a `range` iterator has: index, start, step, length.
const RANGE_WORDS: usize = 4;

/// Where things are, in bytes from the beginning of a frame or of a `range` iterator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The address of the first local variable.
    slots: usize,
    /// How many local variables there are.
    count: usize,
    /// How deep the stack is.
    depth: usize,
    range: RangeLayout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RangeLayout {
    index: usize,
    start: usize,
    step: usize,
    length: usize,
}

/// A `range` iterator's state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RangeState {
    pub(crate) index: usize,
    pub(crate) start: i64,
    pub(crate) step: i64,
    pub(crate) length: usize,
}

static LAYOUT: OnceLock<Option<Layout>> = OnceLock::new();

/// The layout, if it is known. The first call finds it out for the process.
pub(crate) fn layout(vm: &VirtualMachine) -> PyResult<Option<Layout>> {
    if let Some(known) = LAYOUT.get() {
        return Ok(*known);
    }
    let found = probe(vm)?;
    Ok(*LAYOUT.get_or_init(|| found))
}

/// The frame of the function that the calling thread is in.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    address: *mut u8,
    slots: *mut usize,
    count: usize,
    layout: Layout,
}

impl Frame {
    /// The innermost frame of the calling thread.
    ///
    /// # Safety
    /// To be used only until the native function that was called by that frame's instruction
    /// returns. No other thread runs the frame.
    pub(crate) unsafe fn current(layout: Layout) -> Option<Self> {
        let address = current_thread_iframe().cast_mut().cast::<u8>();
        if address.is_null() {
            return None;
        }
        // SAFETY: the thread's own innermost frame lives until its function returns, and these
        // places in it were found by probing.
        unsafe {
            Some(Self {
                address,
                slots: address.add(layout.slots).cast::<*mut usize>().read(),
                count: address.add(layout.count).cast::<u32>().read() as usize,
                layout,
            })
        }
    }

    fn interpreter_frame(&self) -> &InterpreterFrame {
        // SAFETY: see `current`.
        unsafe { &*self.address.cast::<InterpreterFrame>() }
    }

    pub(crate) fn code(&self) -> &Py<PyCode> {
        self.interpreter_frame().code()
    }

    /// The global variables and the built-in objects of the frame's function.
    pub(crate) fn namespaces(&self) -> (&Py<PyDict>, &PyObject) {
        let frame = self.interpreter_frame();
        (frame.globals(), frame.builtins())
    }

    /// The index of the instruction behind the one that runs.
    pub(crate) fn next(&self) -> usize {
        self.interpreter_frame().get_lasti() as usize
    }

    /// Has the interpreter go on at `index` once the instruction that runs is over.
    pub(crate) fn goto(&self, index: usize) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        self.interpreter_frame()
            .lasti
            .store(index, Ordering::Relaxed);
    }

    /// How many local variables there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// A local variable, or the cell that holds it.
    pub(crate) fn local(&self, index: usize) -> Option<&PyObject> {
        debug_assert!(index < self.count);
        // SAFETY: the first `count` slots are local variables: null, or a reference that the frame
        // owns.
        unsafe { (self.slots.add(index).read() as *const PyObject).as_ref() }
    }

    /// Binds a local variable, or unbinds it, and drops what it held.
    pub(crate) fn set_local(&self, index: usize, value: Option<PyObjectRef>) {
        debug_assert!(index < self.count);
        // SAFETY: as above; the slot is written before what it held is dropped.
        let before = unsafe {
            self.slots
                .add(index)
                .cast::<Option<PyObjectRef>>()
                .replace(value)
        };
        drop(before);
    }

    /// How many values lie on the stack.
    pub(crate) fn depth(&self) -> usize {
        // SAFETY: a word of the frame, see `current`.
        unsafe { self.address.add(self.layout.depth).cast::<u32>().read() as usize }
    }

    /// The value at this place of the stack, if the stack owns it.
    pub(crate) fn owned(&self, place: usize) -> Option<&PyObject> {
        if place >= self.depth() {
            return None;
        }
        // SAFETY: the stack lies behind the local variables; its slots hold the addresses of
        // objects, whose lowest bit says that the reference is borrowed.
        unsafe {
            let word = self.slots.add(self.count + place).read();
            if word & 1 != 0 {
                return None;
            }
            (word as *const PyObject).as_ref()
        }
    }

    /// Pushes a value, or nothing in the place of one.
    ///
    /// # Safety
    /// The code's stack is deep enough.
    pub(crate) unsafe fn push(&self, value: Option<PyObjectRef>) {
        let depth = self.depth();
        let word = value.map_or(0, |value| value.into_raw().as_ptr() as usize);
        // SAFETY: there is room, and what lies there is no reference.
        unsafe {
            self.slots.add(self.count + depth).write(word);
            self.address
                .add(self.layout.depth)
                .cast::<u32>()
                .write(depth as u32 + 1);
        }
    }
}

/// The state of a `range` iterator to which only one reference exists, the caller's.
pub(crate) fn range_state(
    iterator: &PyObject,
    layout: Layout,
    vm: &VirtualMachine,
) -> Option<RangeState> {
    let is_range = iterator.class().is(vm.ctx.types.range_iterator_type);
    if !is_range || iterator.strong_count() != 1 {
        return None;
    }
    let word = |at: usize| {
        // SAFETY: a word of the iterator, found by probing.
        unsafe {
            std::ptr::from_ref(iterator)
                .cast::<u8>()
                .add(at)
                .cast::<usize>()
                .read()
        }
    };
    Some(RangeState {
        index: word(layout.range.index),
        start: word(layout.range.start) as i64,
        step: word(layout.range.step) as i64,
        length: word(layout.range.length),
    })
}

/// Sets how many values were taken from a `range` iterator that [`range_state`] knew.
pub(crate) fn set_range_index(iterator: &PyObject, index: usize, layout: Layout) {
    // SAFETY: the word is an atomic integer, found by probing.
    let cell = unsafe {
        AtomicUsize::from_ptr(
            std::ptr::from_ref(iterator)
                .cast::<u8>()
                .add(layout.range.index)
                .cast::<usize>()
                .cast_mut(),
        )
    };
    cell.store(index, Ordering::Relaxed);
}

/// An iterator of a `range` as the interpreter would have it: `state.index` values were taken.
pub(crate) fn make_range(state: RangeState, layout: Layout, vm: &VirtualMachine) -> PyResult {
    let RangeState {
        index,
        start,
        step,
        length,
    } = state;
    // The shortest range with these values: it ends behind the last one.
    let last = i128::from(start) + (length as i128 - 1) * i128::from(step);
    let stop = match length {
        0 => start,
        _ => (last + i128::from(step.signum())) as i64,
    };
    let range = PyRange {
        start: vm.ctx.new_int(start),
        stop: vm.ctx.new_int(stop),
        step: vm.ctx.new_int(step),
    };
    let range: PyRef<PyRange> = vm.ctx.new_pyref(range);
    let iterator = Iterable::iter(range, vm)?;
    if range_state(&iterator, layout, vm).is_none_or(|made| made.length != length) {
        return Err(vm.new_system_error("an iterator of a range is not as expected"));
    }
    set_range_index(&iterator, index, layout);
    Ok(iterator)
}

// ---------------------------------------------------------------- probing

/// What a frame shows of itself: its words, and where its slots are.
#[derive(Clone, Debug, Default)]
struct Seen {
    halves: Vec<u32>,
    words: Vec<usize>,
    /// Where the slots have to be.
    slots: usize,
}

fn probe(vm: &VirtualMachine) -> PyResult<Option<Layout>> {
    if size_of::<usize>() != 8 {
        return Ok(None);
    }
    let Some(range) = probe_range(vm)? else {
        return Ok(None);
    };
    let mut seen = Vec::new();
    for count in [37_u32, 53] {
        for is_generator in [false, true] {
            seen.push((count, look(count, is_generator, vm)?));
        }
    }
    let halves = seen[0].1.halves.len();
    let counts: Vec<usize> = (0..halves)
        .filter(|at| seen.iter().all(|(count, seen)| seen.halves[*at] == *count))
        .collect();
    let words = seen[0].1.words.len();
    let slots: Vec<usize> = (0..words)
        .filter(|at| seen.iter().all(|(_, seen)| seen.words[*at] == seen.slots))
        .collect();
    let ([count], [slots]) = (&counts[..], &slots[..]) else {
        return Ok(None);
    };
    // The other half of the word, and a small number: little but the function is on the stack.
    let depth = count ^ 1;
    if !seen.iter().all(|(_, seen)| seen.halves[depth] <= 2) {
        return Ok(None);
    }
    Ok(Some(Layout {
        slots: LOCALS_PLUS + slots * size_of::<usize>(),
        count: LOCALS_PLUS + count * size_of::<u32>(),
        depth: LOCALS_PLUS + depth * size_of::<u32>(),
        range,
    }))
}

/// What the frame of a function or generator with so many local variables shows.
fn look(count: u32, is_generator: bool, vm: &VirtualMachine) -> PyResult<Seen> {
    use std::{cell::RefCell, thread_local};
    thread_local! {
        static SEEN: RefCell<Seen> = RefCell::default();
    }
    let look = vm.new_function("look", |_: &VirtualMachine| {
        let frame = current_thread_iframe();
        let start = frame.cast::<u8>().wrapping_add(LOCALS_PLUS);
        let owner = current_thread_frame().filter(|owner| std::ptr::eq(owner.iframe(), frame));
        let slots = match owner {
            // SAFETY: the frame does not run on before this function returns.
            Some(owner) => unsafe { owner.fastlocals() }.as_ptr() as usize,
            None => {
                frame as usize + size_of::<InterpreterFrame>().next_multiple_of(align_of::<usize>())
            }
        };
        let halves = (0..size_of::<LocalsPlus>() / size_of::<u32>())
            // SAFETY: inside the frame that calls this function, aligned.
            .map(|at| unsafe { start.cast::<u32>().add(at).read_volatile() })
            .collect();
        let words = (0..size_of::<LocalsPlus>() / size_of::<usize>())
            // SAFETY: as above.
            .map(|at| unsafe { start.cast::<usize>().add(at).read_volatile() })
            .collect();
        SEEN.set(Seen {
            halves,
            words,
            slots,
        });
    });
    let names: Vec<_> = (1..count).map(|number| format!("v{number}")).collect();
    let call = if is_generator {
        "yield look()"
    } else {
        "look()"
    };
    let run = if is_generator {
        "list(probe(look))"
    } else {
        "probe(look)"
    };
    let source = format!(
        "def probe(look, {}=0):\n    {call}\n{run}",
        names.join("=0, ")
    );
    let scope = vm.new_scope_with_builtins();
    scope.globals.set_item("look", look.into(), vm)?;
    run_source(&source, scope, vm)?;
    Ok(SEEN.take())
}

fn probe_range(vm: &VirtualMachine) -> PyResult<Option<RangeLayout>> {
    let scope = vm.new_scope_with_builtins();
    let source = "it = iter(range(1000003, 1000003 + 7 * 5, 5)); next(it)";
    run_source(source, scope.clone(), vm)?;
    let iterator = scope.globals.get_item("it", vm)?;
    if !iterator.class().is(vm.ctx.types.range_iterator_type) {
        return Ok(None);
    }
    let payload = payload_offset::<[usize; RANGE_WORDS]>();
    let find = |wanted: usize| {
        let places: Vec<usize> = (0..RANGE_WORDS)
            .map(|word| payload + word * size_of::<usize>())
            .filter(|at| {
                let word = std::ptr::from_ref::<PyObject>(&iterator).cast::<u8>();
                // SAFETY: the iterator has four words of payload in rustpython-vm 0.6.0.
                unsafe { word.add(*at).cast::<usize>().read() == wanted }
            })
            .collect();
        match places[..] {
            [place] => Some(place),
            _ => None,
        }
    };
    let (Some(index), Some(start), Some(step), Some(length)) =
        (find(1), find(1_000_003), find(5), find(7))
    else {
        return Ok(None);
    };
    Ok(Some(RangeLayout {
        index,
        start,
        step,
        length,
    }))
}

/// Runs source of our own.
pub(crate) fn run_source(
    source: &str,
    scope: rustpython_vm::scope::Scope,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let code = vm
        .compile(source, Mode::Exec, "<pyt>")
        .map_err(|error| error.into_pyexception(vm, Some(source)))?;
    vm.run_code_obj(code, scope).map(drop)
}
