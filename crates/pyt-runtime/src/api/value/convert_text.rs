//! Conversions of text and paths to and from `str`.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use rustpython_vm::{PyObjectRef, PyResult, builtins::PyStr};

use super::{
    Value,
    convert::{FromPython, IntoPython, from_by_object, hint, into_by_object, wrong_class},
};
use crate::{Error, Python};

macro_rules! strings {
    ($($string:ty)*) => {$(
        impl IntoPython for $string {
            into_by_object!();
            hint!("str");

            fn into_object(self, py: Python<'_>) -> PyResult {
                Ok(py.vm().ctx.new_str(self).into())
            }
        }
    )*};
}

strings!(&str String);

impl IntoPython for Cow<'_, str> {
    into_by_object!();
    hint!("str");

    fn into_object(self, py: Python<'_>) -> PyResult {
        Ok(py.vm().ctx.new_str(self.into_owned()).into())
    }
}

impl IntoPython for char {
    into_by_object!();
    hint!("str");

    fn into_object(self, py: Python<'_>) -> PyResult {
        Ok(py.vm().ctx.new_str(self.to_string()).into())
    }
}

impl FromPython for String {
    from_by_object!();
    hint!("str");

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        let Some(text) = object.downcast_ref::<PyStr>() else {
            return Err(wrong_class(&object, "str", py));
        };
        Ok(text.try_as_utf8(py.vm())?.as_str().to_owned())
    }
}

impl FromPython for char {
    from_by_object!();
    hint!("str");

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        let text = String::from_object(object, py)?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(py.vm().new_type_error("expected a str of length 1")),
        }
    }
}

impl IntoPython for &Path {
    into_by_object!();
    hint!("str");

    fn into_object(self, py: Python<'_>) -> PyResult {
        Ok(py.vm().fsdecode(self.as_os_str()).into())
    }
}

impl IntoPython for PathBuf {
    into_by_object!();
    hint!("str");

    fn into_object(self, py: Python<'_>) -> PyResult {
        self.as_path().into_object(py)
    }
}

impl FromPython for PathBuf {
    from_by_object!();
    hint!("str | bytes | os.PathLike[str]");

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        let vm = py.vm();
        let encoded = vm.import("os", 0)?.get_attr("fsencode", vm)?;
        let bytes = Vec::<u8>::from_object(encoded.call((object,), vm)?, py)?;
        let path = String::from_utf8(bytes);
        #[cfg(unix)]
        let path = path.map_or_else(
            |error| {
                use std::os::unix::ffi::OsStringExt as _;
                std::ffi::OsString::from_vec(error.into_bytes()).into()
            },
            Self::from,
        );
        #[cfg(not(unix))]
        let path = path
            .map(Self::from)
            .map_err(|_| vm.new_value_error("path is not UTF-8"))?;
        Ok(path)
    }
}
