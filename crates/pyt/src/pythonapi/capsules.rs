//! Capsules: addresses in the hands of Python. A call that CPython answers with an exception has
//! null or -1 for its result: upstream's `ctypes` asks for no exception.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::{CStr, CString, c_char, c_int, c_void},
    ptr::null_mut,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use pyt_runtime::{
    pythonapi,
    vm::{AsObject, Py, PyObject, PyObjectRef, builtins::PyCapsule, vm::thread},
};

/// What a capsule calls when it goes.
type Destructor = unsafe extern "C" fn(*mut PyObject);

/// What upstream's capsules cannot change.
#[derive(Clone, Copy)]
struct Changeable {
    name: Option<&'static CStr>,
    destructor: Option<Destructor>,
}

/// The capsules that [`PyCapsule_New`] has made and that are alive, by address.
fn made() -> MutexGuard<'static, HashMap<usize, Changeable>> {
    static MADE: LazyLock<Mutex<HashMap<usize, Changeable>>> = LazyLock::new(Mutex::default);
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The destructor of all capsules that [`PyCapsule_New`] has made: calls the capsule's own.
unsafe extern "C" fn destroy(capsule: *mut PyObject) {
    let own = made().get(&capsule.addr()).and_then(|one| one.destructor);
    if let Some(own) = own {
        // SAFETY: who made the capsule, or changed its destructor, promised that it takes one.
        unsafe { own(capsule) };
    }
    made().remove(&capsule.addr());
}

/// Makes a capsule of an address that is not null. The name is copied.
///
/// # Safety
/// `name` is null or points to a string with a null character at its end.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_New(
    pointer: *mut c_void,
    name: *const c_char,
    destructor: Option<Destructor>,
) -> *mut PyObject {
    if pointer.is_null() || !pythonapi::is_known() {
        return null_mut();
    }
    // SAFETY: the caller's promise.
    let name = unsafe { text(name) }.map(kept);
    let capsule = thread::with_current_vm(|vm| vm.ctx.new_capsule(pointer, name, Some(destroy)));
    let capsule = PyObjectRef::from(capsule).into_raw().as_ptr();
    made().insert(capsule.addr(), Changeable { name, destructor });
    capsule
}

/// The address in a capsule of this name, else null.
///
/// # Safety
/// As for [`PyCapsule_IsValid`].
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_GetPointer(
    capsule: *mut PyObject,
    name: *const c_char,
) -> *mut c_void {
    // SAFETY: the caller's promise.
    let found = unsafe { of_name(capsule, name) };
    found.map_or_else(null_mut, |capsule| capsule.pointer())
}

/// Whether an object is a capsule of this name, 1 or 0.
///
/// # Safety
/// `capsule` is null or points to a Python object, `name` is null or points to a string with a null
/// character at its end.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_IsValid(capsule: *mut PyObject, name: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    let found = unsafe { of_name(capsule, name) };
    c_int::from(found.is_some_and(|capsule| !capsule.pointer().is_null()))
}

/// The name of a capsule; null if it has none.
///
/// # Safety
/// `capsule` is null or points to a Python object.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_GetName(capsule: *mut PyObject) -> *const c_char {
    // SAFETY: the caller's promise.
    let name = unsafe { any(capsule) }.and_then(name_of);
    name.map_or(std::ptr::null(), CStr::as_ptr)
}

/// Sets the name of a capsule that [`PyCapsule_New`] has made. The name is copied. Returns 0, or
/// -1 if it is none.
///
/// # Safety
/// As for [`PyCapsule_IsValid`].
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_SetName(capsule: *mut PyObject, name: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    let name = unsafe { text(name) }.map(kept);
    change(capsule, |one| one.name = name)
}

/// What a capsule that [`PyCapsule_New`] has made calls when it goes; null if there is nothing.
///
/// # Safety
/// `capsule` is null or points to a Python object.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_GetDestructor(capsule: *mut PyObject) -> Option<Destructor> {
    made().get(&capsule.addr())?.destructor
}

/// Sets what a capsule that [`PyCapsule_New`] has made calls when it goes. Returns 0, or -1 if it
/// is none.
///
/// # Safety
/// `capsule` is null or points to a Python object; `destructor` is null or takes a capsule.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_SetDestructor(
    capsule: *mut PyObject,
    destructor: Option<Destructor>,
) -> c_int {
    change(capsule, |one| one.destructor = destructor)
}

fn change(capsule: *mut PyObject, change: impl FnOnce(&mut Changeable)) -> c_int {
    made().get_mut(&capsule.addr()).map_or(-1, |one| {
        change(one);
        0
    })
}

/// The name that a capsule has now.
fn name_of(capsule: &Py<PyCapsule>) -> Option<&CStr> {
    let address = capsule.as_object().as_raw().addr();
    let changed = made().get(&address).map(|one| one.name);
    changed.unwrap_or_else(|| capsule.name())
}

/// The second address of a capsule.
///
/// # Safety
/// `capsule` is null or points to a Python object.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_GetContext(capsule: *mut PyObject) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { any(capsule) }.map_or_else(null_mut, |capsule| capsule.context())
}

/// Sets the second address of a capsule. Returns 0, or -1 if it is none.
///
/// # Safety
/// `capsule` is null or points to a Python object.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_SetContext(capsule: *mut PyObject, context: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    let found = unsafe { any(capsule) };
    found.map_or(-1, |capsule| {
        capsule.set_context(context);
        0
    })
}

/// Sets the address in a capsule. Returns 0, or -1 if it is none or the address is null.
///
/// # Safety
/// `capsule` is null or points to a Python object.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_SetPointer(capsule: *mut PyObject, pointer: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    let found = unsafe { any(capsule) };
    let found = found.filter(|_| !pointer.is_null());
    found.map_or(-1, |capsule| {
        capsule.set_pointer(pointer);
        0
    })
}

/// # Safety
/// `object` is null or points to a Python object, which outlives what is returned.
unsafe fn any<'object>(object: *mut PyObject) -> Option<&'object Py<PyCapsule>> {
    // SAFETY: the caller's promise.
    let object: &'object PyObject = unsafe { object.as_ref() }?;
    object.downcast_ref::<PyCapsule>()
}

/// The capsule that `object` is, if it has this name.
///
/// # Safety
/// As for [`any`] and [`text`].
unsafe fn of_name<'object>(
    object: *mut PyObject,
    name: *const c_char,
) -> Option<&'object Py<PyCapsule>> {
    // SAFETY: the caller's promise.
    let (capsule, name) = unsafe { (any(object)?, text(name)) };
    (name_of(capsule) == name).then_some(capsule)
}

/// # Safety
/// `text` is null or points to a string with a null character at its end, which outlives what is
/// returned.
unsafe fn text<'text>(text: *const c_char) -> Option<&'text CStr> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// A copy of a name that lasts as long as the process. There is one of each.
fn kept(name: &CStr) -> &'static CStr {
    static NAMES: Mutex<BTreeSet<&'static CStr>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let copy: &'static CStr = Box::leak(CString::from(name).into_boxed_c_str());
    names.insert(copy);
    copy
}
