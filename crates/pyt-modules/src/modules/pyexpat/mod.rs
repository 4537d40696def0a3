//! The module `pyexpat`, in the place of upstream's, which accepts malformed documents: every XML
//! reader of the library stands on it (`xml.etree`, `xml.sax`, `xml.dom`, `plistlib`).
//!
//! Upstream reads with a crate whose parser cannot pause, on a thread of its own, and drops its
//! errors. Here a scanner of our own is fed with what comes.
//!
//! Can go when upstream's `pyexpat` raises `ExpatError` with code, line and column.

mod handlers;
mod parser;
mod scanner;

pub(crate) use pyexpat::module_def;

/// Python wrapper for Expat parser.
#[rustpython_vm::pymodule]
mod pyexpat {
    use rustpython_vm::{
        AsObject, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
        builtins::{PyModule, PyStrRef, PyType},
        class::PyClassImpl,
    };

    use super::{
        handlers, parser,
        scanner::{errors, events::Model},
    };

    /// The Expat whose behaviour this is.
    #[pyattr(name = "EXPAT_VERSION")]
    const VERSION: &str = "expat_2.7.1";

    #[pyattr(name = "native_encoding")]
    const NATIVE_ENCODING: &str = "UTF-8";

    #[pyattr]
    const XML_PARAM_ENTITY_PARSING_NEVER: i32 = 0;
    #[pyattr]
    const XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE: i32 = 1;
    #[pyattr]
    const XML_PARAM_ENTITY_PARSING_ALWAYS: i32 = 2;

    #[pyattr]
    fn version_info(vm: &VirtualMachine) -> PyObjectRef {
        let numbers = [2, 7, 1].map(|number| vm.ctx.new_int(number).into());
        vm.ctx.new_tuple(numbers.to_vec()).into()
    }

    #[pyattr]
    fn features(vm: &VirtualMachine) -> PyObjectRef {
        let all = [
            ("sizeof(XML_Char)", 1),
            ("sizeof(XML_LChar)", 1),
            ("XML_DTD", 0),
            ("XML_NS", 0),
        ];
        let all = all.map(|(name, value)| {
            let pair = vec![vm.ctx.new_str(name).into(), vm.ctx.new_int(value).into()];
            vm.ctx.new_tuple(pair).into()
        });
        vm.ctx.new_list(all.to_vec()).into()
    }

    /// Return string error for given number.
    #[pyfunction(name = "ErrorString")]
    fn error_string(code: i64, vm: &VirtualMachine) -> PyObjectRef {
        let known = u8::try_from(code)
            .ok()
            .filter(|code| (1..=44).contains(code));
        match known {
            Some(code) => vm.ctx.new_str(errors::message(errors::Code(code))).into(),
            None => vm.ctx.none(),
        }
    }

    /// Return a new XML parser object.
    #[pyfunction(name = "ParserCreate")]
    fn parser_create(
        args: parser::CreateArgs,
        vm: &VirtualMachine,
    ) -> PyResult<PyRef<parser::PyParser>> {
        parser::create(args, vm)
    }

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        let object = module.as_object();
        let error = parser::PyExpatError::make_static_type();
        object.set_attr("ExpatError", error.clone(), vm)?;
        object.set_attr("error", error, vm)?;
        let class: &'static Py<PyType> = {
            object.set_attr("XMLParserType", parser::PyParser::make_static_type(), vm)?;
            parser::PyParser::class(&vm.ctx)
        };
        handlers::add_attributes(class, vm);
        object.set_attr("errors", errors_module(vm)?, vm)?;
        object.set_attr("model", model_module(vm)?, vm)
    }

    /// A module that is found under this name, too.
    fn submodule(name: &'static str, doc: &str, vm: &VirtualMachine) -> PyResult {
        let doc: PyStrRef = vm.ctx.new_str(doc);
        let module = vm.new_module(name, vm.ctx.new_dict(), Some(doc));
        let modules = vm.sys_module.as_object().get_attr("modules", vm)?;
        modules.set_item(name, module.clone().into(), vm)?;
        Ok(module.into())
    }

    fn errors_module(vm: &VirtualMachine) -> PyResult {
        let doc = "Constants used to describe error conditions.";
        let module = submodule("pyexpat.errors", doc, vm)?;
        let (codes, messages) = (vm.ctx.new_dict(), vm.ctx.new_dict());
        for (number, (name, message)) in (1..).zip(errors::ALL) {
            let number: PyObjectRef = vm.ctx.new_int(number).into();
            let message: PyObjectRef = vm.ctx.new_str(message).into();
            module.set_attr(name, message.clone(), vm)?;
            codes.set_item(&*message, number.clone(), vm)?;
            messages.set_item(&*number, message, vm)?;
        }
        module.set_attr("codes", codes, vm)?;
        module.set_attr("messages", messages, vm)?;
        Ok(module)
    }

    fn model_module(vm: &VirtualMachine) -> PyResult {
        let doc = "Constants used to interpret content model information.";
        let module = submodule("pyexpat.model", doc, vm)?;
        let constants = [
            ("XML_CTYPE_EMPTY", Model::EMPTY),
            ("XML_CTYPE_ANY", Model::ANY),
            ("XML_CTYPE_MIXED", Model::MIXED),
            ("XML_CTYPE_NAME", Model::NAME),
            ("XML_CTYPE_CHOICE", Model::CHOICE),
            ("XML_CTYPE_SEQ", Model::SEQUENCE),
            ("XML_CQUANT_NONE", 0),
            ("XML_CQUANT_OPT", 1),
            ("XML_CQUANT_REP", 2),
            ("XML_CQUANT_PLUS", 3),
        ];
        for (name, value) in constants {
            module.set_attr(name, vm.ctx.new_int(value), vm)?;
        }
        Ok(module)
    }
}
