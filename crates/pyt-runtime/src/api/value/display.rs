//! What a notebook shows of a value: text, and richer forms by the methods that IPython defines.
//!
//! What a host does with a form is not known here.

use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBytes, PyDict, PyStr, PyTuple},
};

use super::handle::Value;
use crate::{Error, ErrorKind, Python};

/// The methods of the protocol, and the media type of what each returns.
const METHODS: [(&str, &str); 9] = [
    ("_repr_html_", "text/html"),
    ("_repr_markdown_", "text/markdown"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_png_", "image/png"),
    ("_repr_jpeg_", "image/jpeg"),
    ("_repr_pdf_", "application/pdf"),
    ("_repr_latex_", "text/latex"),
    ("_repr_json_", "application/json"),
    ("_repr_javascript_", "application/javascript"),
];

/// What a value shows of itself, in the forms that its class offers.
#[derive(Debug)]
#[non_exhaustive]
pub struct Display {
    /// `repr(value)`.
    pub text: String,
    /// The other forms, by their media types (`text/html`, `image/png`), in the order in which they
    /// were found; each type once.
    pub forms: Vec<(String, DisplayForm)>,
    /// The methods that raised. The other forms are there nevertheless.
    pub failures: Vec<(String, Error)>,
}

/// A form of a value.
#[derive(Debug)]
#[non_exhaustive]
pub enum DisplayForm {
    /// What returned a `str`.
    Text(String),
    /// What returned `bytes`.
    Bytes(Vec<u8>),
    /// What returned something else: usually what JSON can say.
    Value(Value),
}

impl Display {
    /// The form of a media type.
    #[must_use]
    pub fn form(&self, media_type: &str) -> Option<&DisplayForm> {
        let found = self.forms.iter().find(|(known, _)| known == media_type);
        found.map(|(_, form)| form)
    }
}

impl Value {
    /// What a notebook shows of the value: its `repr`, and what the methods of IPython's protocol
    /// return, as [IPython's documentation] defines them: `_repr_mimebundle_` and, for the types
    /// that it leaves out, `_repr_html_`, `_repr_markdown_`, `_repr_svg_`, `_repr_png_`,
    /// `_repr_jpeg_`, `_repr_pdf_`, `_repr_latex_`, `_repr_json_` and `_repr_javascript_`. They are
    /// called if the value's class has them, so a class, or an object that claims to have every
    /// attribute, has only text. A method that returns `None` has no form; of a tuple of a form and
    /// its metadata, the form is taken.
    ///
    /// Blocks while these methods run.
    ///
    /// ```
    /// # use pyt_runtime::{DisplayForm, Runtime};
    /// # let runtime = Runtime::builder().build()?;
    /// let cell = "
    /// class Table:
    ///     def _repr_html_(self):
    ///         return '<table></table>'
    /// Table()";
    /// let shown = runtime.exec_cell(cell)?.unwrap().display()?;
    /// assert!(shown.text.starts_with("<__main__.Table object"));
    /// let Some(DisplayForm::Text(html)) = shown.form("text/html") else { panic!("no HTML") };
    /// assert_eq!(html, "<table></table>");
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// What `repr` raises; what stops the call, such as a limit. What another method raises is one
    /// of [`failures`](Display::failures).
    ///
    /// [IPython's documentation]: https://ipython.readthedocs.io/en/stable/config/integrating.html
    pub fn display(&self) -> Result<Display, Error> {
        let text = self.repr()?;
        let mut shown = Display {
            text,
            forms: Vec::new(),
            failures: Vec::new(),
        };
        let bundle = self.inside(|object, py| Ok(bundle(object, py)?.unwrap_or_default()));
        shown.add("_repr_mimebundle_", bundle)?;
        for (method, media_type) in METHODS {
            if shown.form(media_type).is_some() {
                continue;
            }
            let form = self.inside(|object, py| {
                let form = call(object, method, py.vm())?;
                let form = form.and_then(|form| form_of(form, py));
                Ok(form.into_iter().map(|form| (media_type.to_owned(), form)))
            });
            shown.add(method, form)?;
        }
        Ok(shown)
    }
}

impl Display {
    /// Adds what a method returned, or that it raised. An error that stops the call is returned.
    fn add(
        &mut self,
        method: &str,
        forms: Result<impl IntoIterator<Item = (String, DisplayForm)>, Error>,
    ) -> Result<(), Error> {
        match forms {
            Ok(forms) => self.forms.extend(forms),
            Err(error) if error.kind() == ErrorKind::Exception => {
                self.failures.push((method.to_owned(), error));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// What `_repr_mimebundle_` returns, if the class has it. `repr` is shown for plain text.
fn bundle(object: &PyObject, py: Python<'_>) -> PyResult<Option<Vec<(String, DisplayForm)>>> {
    let vm = py.vm();
    let Some(returned) = call(object, "_repr_mimebundle_", vm)? else {
        return Ok(None);
    };
    let Some(dict) = without_metadata(returned).downcast::<PyDict>().ok() else {
        return Err(vm.new_type_error("_repr_mimebundle_ must return a dict"));
    };
    let forms = dict.items_vec().into_iter().filter_map(|(key, form)| {
        let media_type = key.downcast_ref::<PyStr>()?.to_string_lossy().into_owned();
        (media_type != "text/plain").then_some((media_type, form_of(form, py)?))
    });
    Ok(Some(forms.collect()))
}

/// Calls a method that the object's class has. `None` if it has none, or if that returns `None`.
fn call(object: &PyObject, method: &str, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let name = vm.ctx.intern_str(method);
    match object.class().get_attr(name) {
        Some(found) if !vm.is_none(&found) => {}
        _ => return Ok(None),
    }
    let returned = object.get_attr(name, vm)?.call((), vm)?;
    Ok((!vm.is_none(&returned)).then_some(returned))
}

fn form_of(form: PyObjectRef, py: Python<'_>) -> Option<DisplayForm> {
    let form = without_metadata(form);
    if let Some(text) = form.downcast_ref::<PyStr>() {
        return Some(DisplayForm::Text(text.to_string_lossy().into_owned()));
    }
    if let Some(bytes) = form.downcast_ref::<PyBytes>() {
        return Some(DisplayForm::Bytes(bytes.as_bytes().to_vec()));
    }
    (!py.vm().is_none(&form)).then(|| DisplayForm::Value(Value::from_object(py, form)))
}

/// The form of a tuple of a form and its metadata.
fn without_metadata(form: PyObjectRef) -> PyObjectRef {
    match form.downcast_ref::<PyTuple>().map(Py::as_slice) {
        Some([form, _]) => form.clone(),
        _ => form,
    }
}
