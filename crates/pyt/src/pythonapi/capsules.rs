//! Capsules: addresses in the hands of Python. A call that CPython answers with an exception has
//! null or -1 for its result: upstream's `ctypes` asks for no exception.

use std::{
    collections::BTreeSet,
    ffi::{CStr, CString, c_char, c_int, c_void},
    ptr::null_mut,
    sync::Mutex,
};

use pyt_runtime::{
    pythonapi,
    vm::{PyObject, PyObjectRef, builtins::PyCapsule, vm::thread},
};

/// What a capsule calls when it goes.
type Destructor = unsafe extern "C" fn(*mut PyObject);

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
    let capsule = thread::with_current_vm(|vm| vm.ctx.new_capsule(pointer, name, destructor));
    PyObjectRef::from(capsule).into_raw().as_ptr()
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
    found.map_or_else(null_mut, PyCapsule::pointer)
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
    let name = unsafe { any(capsule) }.and_then(PyCapsule::name);
    name.map_or(std::ptr::null(), CStr::as_ptr)
}

/// The second address of a capsule.
///
/// # Safety
/// `capsule` is null or points to a Python object.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyCapsule_GetContext(capsule: *mut PyObject) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { any(capsule) }.map_or_else(null_mut, PyCapsule::context)
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
unsafe fn any<'object>(object: *mut PyObject) -> Option<&'object PyCapsule> {
    // SAFETY: the caller's promise.
    let object: &'object PyObject = unsafe { object.as_ref() }?;
    object.downcast_ref::<PyCapsule>().map(|capsule| &**capsule)
}

/// The capsule that `object` is, if it has this name.
///
/// # Safety
/// As for [`any`] and [`text`].
unsafe fn of_name<'object>(
    object: *mut PyObject,
    name: *const c_char,
) -> Option<&'object PyCapsule> {
    // SAFETY: the caller's promise.
    let (capsule, name) = unsafe { (any(object)?, text(name)) };
    (capsule.name() == name).then_some(capsule)
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
    let mut names = NAMES
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let copy: &'static CStr = Box::leak(CString::from(name).into_boxed_c_str());
    names.insert(copy);
    copy
}
