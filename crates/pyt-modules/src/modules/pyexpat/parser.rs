//! `pyexpat.xmlparser`: gives the parts of a document to the handlers that Python code has set.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, FromArgs, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, TryFromObject,
    VirtualMachine,
    builtins::{PyBaseExceptionRef, PyDict, PyException, PyStr, PyStrRef},
    function::{ArgBytesLike, OptionalArg},
    object::{Traverse, TraverseFn},
    pyclass, pyexception,
    types::Constructor,
};

use super::{
    handlers::{self as on, NAMES},
    scanner::{
        Place, Scanner, Step,
        errors::{self, Code},
        events::{Event, Model},
    },
};

/// How much text is collected for one call, if text is.
const BUFFER_SIZE: usize = 8192;

/// How much `ParseFile` reads at once.
const READ_SIZE: usize = 2048;

/// A document that is not well-formed.
#[pyexception(name = "ExpatError", module = "xml.parsers.expat", base = PyException)]
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct PyExpatError(PyException);

#[pyexception]
impl PyExpatError {}

#[pyclass(module = "pyexpat", name = "xmlparser", traverse = "manual")]
#[derive(Debug, PyPayload)]
pub(super) struct PyParser {
    scanner: Mutex<Scanner>,
    settings: Mutex<Settings>,
    /// Text that is yet to be given to its handler.
    text: Mutex<String>,
    /// Whether `Parse` is running.
    is_busy: AtomicBool,
    is_finished: AtomicBool,
}

/// What Python code has set.
#[derive(Clone, Debug)]
struct Settings {
    handlers: Vec<Option<PyObjectRef>>,
    /// Which of the two default handlers was set last.
    default: usize,
    /// Names that were made before.
    intern: Option<PyObjectRef>,
    base: Option<String>,
    collects_text: bool,
    buffer_size: usize,
    has_ordered_attributes: bool,
    has_specified_attributes: bool,
    has_prefixes: bool,
    error: Option<(Code, Place)>,
}

// SAFETY: each object is visited once. The lock is never held by a thread that is stopped.
unsafe impl Traverse for PyParser {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        if let Some(settings) = self.settings.try_lock() {
            settings.handlers.traverse(visit);
            settings.intern.traverse(visit);
        }
    }

    fn clear(&mut self, out: &mut Vec<PyObjectRef>) {
        let settings = self.settings.get_mut();
        out.extend(settings.handlers.iter_mut().filter_map(Option::take));
        out.extend(settings.intern.take());
    }
}

#[derive(FromArgs)]
pub(super) struct CreateArgs {
    #[pyarg(any, default)]
    encoding: Option<PyStrRef>,
    #[pyarg(any, default)]
    namespace_separator: Option<PyStrRef>,
    #[pyarg(any, optional)]
    intern: OptionalArg<PyObjectRef>,
}

/// `ParserCreate`.
pub(super) fn create(args: CreateArgs, vm: &VirtualMachine) -> PyResult<PyRef<PyParser>> {
    let separator = args
        .namespace_separator
        .map(|separator| separator.to_string());
    if separator
        .as_ref()
        .is_some_and(|separator| separator.chars().count() > 1)
    {
        return Err(vm.new_value_error(
            "namespace_separator must be at most one character, omitted, or None",
        ));
    }
    let intern = match args.intern {
        OptionalArg::Missing => Some(vm.ctx.new_dict().into()),
        OptionalArg::Present(none) if vm.is_none(&none) => None,
        OptionalArg::Present(dict) if dict.fast_isinstance(vm.ctx.types.dict_type) => Some(dict),
        OptionalArg::Present(_) => return Err(vm.new_type_error("intern must be a dictionary")),
    };
    let mut scanner = Scanner::new(separator.as_deref());
    if let Some(encoding) = args.encoding {
        force(&mut scanner, &encoding, vm);
    }
    let settings = Settings {
        handlers: vec![None; NAMES.len()],
        default: on::DEFAULT,
        intern,
        base: None,
        collects_text: false,
        buffer_size: BUFFER_SIZE,
        has_ordered_attributes: false,
        has_specified_attributes: false,
        has_prefixes: false,
        error: None,
    };
    Ok(PyParser::of(scanner, settings).into_ref(&vm.ctx))
}

/// Has a document be of this encoding, whatever it says.
fn force(scanner: &mut Scanner, encoding: &Py<PyStr>, vm: &VirtualMachine) {
    let encoding = encoding.to_string();
    match encoding.to_ascii_lowercase().as_str() {
        "utf-8" => scanner.force_encoding(None),
        "utf-16" => {}
        "utf-16le" => scanner.force_utf16(false),
        "utf-16be" => scanner.force_utf16(true),
        _ => match table(&encoding, vm) {
            Ok(table) => scanner.force_encoding(Some(table)),
            Err(_) => scanner.fail(errors::UNKNOWN_ENCODING),
        },
    }
}

/// What the bytes of an encoding of Python's stand for.
///
/// # Errors
/// `LookupError` if Python knows no such encoding; `ValueError` if its characters have several
/// bytes.
fn table(encoding: &str, vm: &VirtualMachine) -> PyResult<Box<[Option<char>; 256]>> {
    let bytes = vm.ctx.new_bytes((0..=u8::MAX).collect());
    let args = (encoding.to_owned(), "replace");
    let text = vm.call_method(bytes.as_object(), "decode", args)?;
    let text = text.downcast_ref::<PyStr>().and_then(|text| text.to_str());
    let chars: Vec<char> = text.unwrap_or("").chars().collect();
    let chars: [char; 256] = chars
        .try_into()
        .map_err(|_| vm.new_value_error("multi-byte encodings are not supported"))?;
    Ok(Box::new(chars.map(|c| {
        Some(c).filter(|c| *c != char::REPLACEMENT_CHARACTER)
    })))
}

impl PyParser {
    fn of(scanner: Scanner, settings: Settings) -> Self {
        Self {
            scanner: Mutex::new(scanner),
            settings: Mutex::new(settings),
            text: Mutex::default(),
            is_busy: AtomicBool::new(false),
            is_finished: AtomicBool::new(false),
        }
    }

    pub(super) fn handler(&self, index: usize, vm: &VirtualMachine) -> PyObjectRef {
        self.find(index).unwrap_or_else(|| vm.ctx.none())
    }

    fn find(&self, index: usize) -> Option<PyObjectRef> {
        self.settings.lock().handlers[index].clone()
    }

    pub(super) fn set_handler(
        &self,
        index: usize,
        value: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        if index == on::TEXT {
            self.flush(vm)?;
        }
        let value = (!vm.is_none(&value)).then_some(value);
        let is_set = value.is_some();
        let _dropped_unlocked = {
            let mut settings = self.settings.lock();
            if index == on::DEFAULT || index == on::DEFAULT_EXPAND {
                settings.default = index;
            }
            std::mem::replace(&mut settings.handlers[index], value)
        };
        if index == on::DEFAULT || index == on::DEFAULT_EXPAND {
            let mut scanner = self.scanner.lock();
            scanner.wants_raw = is_set;
            scanner.expands_entities = !is_set || index == on::DEFAULT_EXPAND;
        }
        Ok(())
    }

    /// The error that Python code sees, and knows from the parser.
    fn error(&self, code: Code, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let place = self.scanner.lock().place();
        self.settings.lock().error = Some((code, place));
        let message = errors::message(code);
        let message = format!("{message}: line {}, column {}", place.line, place.column);
        let error = vm.new_exception_msg(PyExpatError::class(&vm.ctx).to_owned(), message.into());
        let object = error.as_object();
        let set = |name: &'static str, value: u64| object.set_attr(name, vm.ctx.new_int(value), vm);
        let all = set("code", code.0.into())
            .and_then(|()| set("offset", place.column))
            .and_then(|()| set("lineno", place.line));
        match all {
            Ok(()) => error,
            Err(other) => other,
        }
    }

    fn parse(&self, bytes: &[u8], is_final: bool, vm: &VirtualMachine) -> PyResult<()> {
        if self.is_busy.swap(true, Ordering::AcqRel) {
            return Err(vm.new_runtime_error("the parser is parsing already"));
        }
        let result = self.parse_alone(bytes, is_final, vm);
        self.is_busy.store(false, Ordering::Release);
        result
    }

    fn parse_alone(&self, bytes: &[u8], is_final: bool, vm: &VirtualMachine) -> PyResult<()> {
        if self.is_finished.load(Ordering::Acquire) {
            return Err(self.error(errors::FINISHED, vm));
        }
        self.scanner.lock().push(bytes, is_final);
        let result = self.give_all(vm).and_then(|()| self.flush(vm));
        if result.is_err() || is_final {
            self.is_finished.store(true, Ordering::Release);
        }
        result
    }

    fn give_all(&self, vm: &VirtualMachine) -> PyResult<()> {
        loop {
            let (step, raw) = {
                let mut scanner = self.scanner.lock();
                let step = scanner.next();
                let raw = scanner.raw();
                (step, raw)
            };
            match step {
                Step::Event(event) => self.give(event, raw, vm)?,
                Step::More | Step::Done => return Ok(()),
                Step::Failed(code) => {
                    self.flush(vm)?;
                    return Err(self.error(code, vm));
                }
            }
        }
    }

    /// Gives collected text to its handler.
    fn flush(&self, vm: &VirtualMachine) -> PyResult<()> {
        let text = std::mem::take(&mut *self.text.lock());
        match self.find(on::TEXT) {
            Some(handler) if !text.is_empty() => handler.call((text,), vm).map(drop),
            _ => Ok(()),
        }
    }

    fn give_text(&self, text: String, raw: Option<String>, vm: &VirtualMachine) -> PyResult<()> {
        let Some(handler) = self.find(on::TEXT) else {
            return self.give_default(raw, vm);
        };
        let limit = {
            let settings = self.settings.lock();
            settings.collects_text.then_some(settings.buffer_size)
        };
        let Some(limit) = limit else {
            return handler.call((text,), vm).map(drop);
        };
        if self.text.lock().len() + text.len() > limit {
            self.flush(vm)?;
            if text.len() > limit {
                return handler.call((text,), vm).map(drop);
            }
        }
        self.text.lock().push_str(&text);
        Ok(())
    }

    fn give_default(&self, raw: Option<String>, vm: &VirtualMachine) -> PyResult<()> {
        let handler = {
            let settings = self.settings.lock();
            settings.handlers[settings.default].clone()
        };
        match (handler, raw) {
            (Some(handler), Some(raw)) => {
                self.flush(vm)?;
                handler.call((raw,), vm).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// The name as an object: the same one for the same name.
    fn name(&self, name: &str, vm: &VirtualMachine) -> PyResult {
        let intern = self.settings.lock().intern.clone();
        let name: PyObjectRef = vm.ctx.new_str(name).into();
        let Some(intern) = intern
            .as_ref()
            .and_then(|intern| intern.downcast_ref::<PyDict>())
        else {
            return Ok(name);
        };
        match intern.get_item_opt(&*name, vm)? {
            Some(known) => Ok(known),
            None => {
                intern.set_item(&*name, name.clone(), vm)?;
                Ok(name)
            }
        }
    }

    /// As [`name`](Self::name), of what may be missing.
    fn name_or_none(&self, name: Option<&str>, vm: &VirtualMachine) -> PyResult {
        match name {
            Some(name) => self.name(name, vm),
            None => Ok(vm.ctx.none()),
        }
    }

    fn base(&self, vm: &VirtualMachine) -> PyResult {
        let base = self.settings.lock().base.clone();
        self.name_or_none(base.as_deref(), vm)
    }

    fn give(&self, event: Event, raw: Option<String>, vm: &VirtualMachine) -> PyResult<()> {
        let number = match &event {
            Event::Text(_) => on::TEXT,
            Event::StartElement { .. } => on::START_ELEMENT,
            Event::EndElement { .. } => on::END_ELEMENT,
            Event::Instruction { .. } => on::INSTRUCTION,
            Event::StartNamespace { .. } => on::START_NAMESPACE,
            Event::EndNamespace { .. } => on::END_NAMESPACE,
            Event::Comment(_) => on::COMMENT,
            Event::StartCdata => on::START_CDATA,
            Event::EndCdata => on::END_CDATA,
            Event::NotStandalone => on::NOT_STANDALONE,
            Event::ExternalEntity { .. } => on::EXTERNAL_ENTITY,
            Event::StartDoctype { .. } => on::START_DOCTYPE,
            Event::EndDoctype => on::END_DOCTYPE,
            Event::EntityDecl {
                notation: Some(_), ..
            } if self.find(on::UNPARSED_ENTITY).is_some() => on::UNPARSED_ENTITY,
            Event::EntityDecl { .. } => on::ENTITY,
            Event::NotationDecl { .. } => on::NOTATION,
            Event::XmlDecl { .. } => on::XML_DECL,
            Event::ElementDecl { .. } => on::ELEMENT_DECL,
            Event::AttlistDecl { .. } => on::ATTLIST_DECL,
            Event::SkippedEntity { .. } => on::SKIPPED_ENTITY,
            Event::UnknownEncoding(name) => {
                let table = table(name, vm)?;
                self.scanner.lock().set_encoding(table);
                return Ok(());
            }
            Event::Other => return self.give_default(raw, vm),
        };
        let event = match event {
            Event::Text(text) => return self.give_text(text, raw, vm),
            event => event,
        };
        let Some(handler) = self.find(number) else {
            return match event {
                // Parts of what is given as a whole.
                Event::StartNamespace { .. }
                | Event::EndNamespace { .. }
                | Event::NotStandalone => Ok(()),
                _ => self.give_default(raw, vm),
            };
        };
        self.flush(vm)?;
        let args = self.arguments(event, number, vm)?;
        let result = handler.call(args, vm)?;
        let refused = match number {
            on::NOT_STANDALONE => errors::NOT_STANDALONE,
            on::EXTERNAL_ENTITY => errors::EXTERNAL_ENTITY_HANDLING,
            _ => return Ok(()),
        };
        let accepted: i64 = result.try_index(vm)?.try_to_primitive(vm)?;
        if accepted == 0 {
            return Err(self.error(refused, vm));
        }
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    fn arguments(
        &self,
        event: Event,
        number: usize,
        vm: &VirtualMachine,
    ) -> PyResult<Vec<PyObjectRef>> {
        let ctx = &vm.ctx;
        let text = |text: Option<String>| match text {
            Some(text) => ctx.new_str(text).into(),
            None => ctx.none(),
        };
        Ok(match event {
            Event::StartElement {
                name,
                attributes,
                specified,
            } => {
                vec![
                    self.name(&name, vm)?,
                    self.attributes(attributes, specified, vm)?,
                ]
            }
            Event::EndElement { name } => vec![self.name(&name, vm)?],
            Event::Instruction { target, data } => {
                vec![self.name(&target, vm)?, ctx.new_str(data).into()]
            }
            Event::StartNamespace { prefix, uri } => vec![
                self.name_or_none(prefix.as_deref(), vm)?,
                self.name_or_none(uri.as_deref(), vm)?,
            ],
            Event::EndNamespace { prefix } => vec![self.name_or_none(prefix.as_deref(), vm)?],
            Event::Comment(data) => vec![ctx.new_str(data).into()],
            Event::ExternalEntity {
                context,
                system,
                public,
            } => vec![
                text(context),
                self.base(vm)?,
                self.name_or_none(system.as_deref(), vm)?,
                self.name_or_none(public.as_deref(), vm)?,
            ],
            Event::StartDoctype {
                name,
                system,
                public,
                has_internal_subset,
            } => vec![
                self.name(&name, vm)?,
                self.name_or_none(system.as_deref(), vm)?,
                self.name_or_none(public.as_deref(), vm)?,
                ctx.new_int(i32::from(has_internal_subset)).into(),
            ],
            Event::EntityDecl {
                name,
                system,
                public,
                notation,
                ..
            } if number == on::UNPARSED_ENTITY => {
                vec![
                    self.name(&name, vm)?,
                    self.base(vm)?,
                    self.name_or_none(system.as_deref(), vm)?,
                    self.name_or_none(public.as_deref(), vm)?,
                    self.name_or_none(notation.as_deref(), vm)?,
                ]
            }
            Event::EntityDecl {
                name,
                is_parameter,
                value,
                system,
                public,
                notation,
            } => vec![
                self.name(&name, vm)?,
                ctx.new_int(i32::from(is_parameter)).into(),
                text(value),
                self.base(vm)?,
                self.name_or_none(system.as_deref(), vm)?,
                self.name_or_none(public.as_deref(), vm)?,
                self.name_or_none(notation.as_deref(), vm)?,
            ],
            Event::NotationDecl {
                name,
                system,
                public,
            } => vec![
                self.name(&name, vm)?,
                self.base(vm)?,
                self.name_or_none(system.as_deref(), vm)?,
                self.name_or_none(public.as_deref(), vm)?,
            ],
            Event::XmlDecl {
                version,
                encoding,
                standalone,
            } => {
                vec![
                    text(version),
                    text(encoding),
                    ctx.new_int(standalone).into(),
                ]
            }
            Event::ElementDecl { name, model } => {
                vec![self.name(&name, vm)?, self.model(model, vm)?]
            }
            Event::AttlistDecl {
                element,
                name,
                kind,
                default,
                is_required,
            } => vec![
                self.name(&element, vm)?,
                self.name(&name, vm)?,
                ctx.new_str(kind).into(),
                text(default),
                ctx.new_int(i32::from(is_required)).into(),
            ],
            Event::SkippedEntity { name, is_parameter } => {
                vec![
                    self.name(&name, vm)?,
                    ctx.new_int(i32::from(is_parameter)).into(),
                ]
            }
            Event::StartCdata
            | Event::EndCdata
            | Event::EndDoctype
            | Event::NotStandalone
            | Event::Other
            | Event::Text(_)
            | Event::UnknownEncoding(_) => Vec::new(),
        })
    }

    fn attributes(
        &self,
        mut attributes: Vec<(String, String)>,
        specified: usize,
        vm: &VirtualMachine,
    ) -> PyResult {
        let (is_ordered, is_specified) = {
            let settings = self.settings.lock();
            (
                settings.has_ordered_attributes,
                settings.has_specified_attributes,
            )
        };
        if is_specified {
            attributes.truncate(specified);
        }
        if is_ordered {
            let mut list = Vec::with_capacity(2 * attributes.len());
            for (name, value) in attributes {
                list.push(self.name(&name, vm)?);
                list.push(vm.ctx.new_str(value).into());
            }
            return Ok(vm.ctx.new_list(list).into());
        }
        let dict = vm.ctx.new_dict();
        for (name, value) in attributes {
            let name = self.name(&name, vm)?;
            dict.set_item(&*name, vm.ctx.new_str(value).into(), vm)?;
        }
        Ok(dict.into())
    }

    fn model(&self, model: Model, vm: &VirtualMachine) -> PyResult {
        let children = model
            .children
            .into_iter()
            .map(|child| self.model(child, vm));
        let children: Vec<PyObjectRef> = children.collect::<PyResult<_>>()?;
        let parts = vec![
            vm.ctx.new_int(model.kind).into(),
            vm.ctx.new_int(model.quantifier).into(),
            self.name_or_none(model.name.as_deref(), vm)?,
            vm.ctx.new_tuple(children).into(),
        ];
        Ok(vm.ctx.new_tuple(parts).into())
    }

    fn error_place(&self) -> Place {
        let error = self.settings.lock().error;
        error.map_or_else(|| self.scanner.lock().place(), |(_, place)| place)
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION))]
impl PyParser {
    /// Parse XML data. isfinal should be true at end of input.
    #[pymethod(name = "Parse")]
    fn parse_data(
        zelf: &Py<Self>,
        data: PyObjectRef,
        isfinal: OptionalArg<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult<i32> {
        let is_final = match isfinal {
            OptionalArg::Present(isfinal) => isfinal.is_true(vm)?,
            OptionalArg::Missing => false,
        };
        if let Some(text) = data.downcast_ref::<PyStr>() {
            let text = text.try_as_utf8(vm)?.as_str().to_owned();
            zelf.scanner.lock().force_encoding(None);
            zelf.parse(text.as_bytes(), is_final, vm)?;
        } else {
            let bytes = ArgBytesLike::try_from_object(vm, data)?
                .borrow_buf()
                .to_vec();
            zelf.parse(&bytes, is_final, vm)?;
        }
        Ok(1)
    }

    /// Parse XML data from file-like object.
    #[pymethod(name = "ParseFile")]
    fn parse_file(zelf: &Py<Self>, file: PyObjectRef, vm: &VirtualMachine) -> PyResult<i32> {
        let Some(read) = vm.get_attribute_opt(&file, "read")? else {
            return Err(vm.new_type_error("argument must have 'read' attribute"));
        };
        loop {
            let chunk = read.call((READ_SIZE,), vm)?;
            let Ok(bytes) = ArgBytesLike::try_from_object(vm, chunk.clone()) else {
                let class = chunk.class().name().to_string();
                let message = format!("read() did not return a bytes object (type={class})");
                return Err(vm.new_type_error(message));
            };
            let bytes = bytes.borrow_buf().to_vec();
            zelf.parse(&bytes, bytes.is_empty(), vm)?;
            if bytes.is_empty() {
                return Ok(1);
            }
        }
    }

    /// Set the base URL for the parser.
    #[pymethod(name = "SetBase")]
    fn set_base(zelf: &Py<Self>, base: PyStrRef, vm: &VirtualMachine) -> PyResult<()> {
        zelf.settings.lock().base = Some(base.try_as_utf8(vm)?.as_str().to_owned());
        Ok(())
    }

    /// Return base URL string for the parser.
    #[pymethod(name = "GetBase")]
    fn get_base(zelf: &Py<Self>) -> Option<String> {
        zelf.settings.lock().base.clone()
    }

    /// Return the untranslated text of the input that caused the current event.
    #[pymethod(name = "GetInputContext")]
    fn input_context(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        if !zelf.is_busy.load(Ordering::Acquire) {
            return vm.ctx.none();
        }
        let context = zelf.scanner.lock().context().as_bytes().to_vec();
        vm.ctx.new_bytes(context).into()
    }

    /// Create a parser for parsing an external entity based on the information passed to the
    /// ExternalEntityRefHandler.
    #[pymethod(name = "ExternalEntityParserCreate")]
    fn external_entity_parser(
        zelf: &Py<Self>,
        context: Option<PyStrRef>,
        encoding: OptionalArg<PyStrRef>,
        vm: &VirtualMachine,
    ) -> PyRef<PyParser> {
        let mut scanner = zelf.scanner.lock().for_entity(context.is_none());
        if let OptionalArg::Present(encoding) = encoding {
            force(&mut scanner, &encoding, vm);
        }
        let settings = zelf.settings.lock().clone();
        scanner.wants_raw = settings.handlers[settings.default].is_some();
        PyParser::of(scanner, settings).into_ref(&vm.ctx)
    }

    /// Controls parsing of parameter entities (including the external DTD subset).
    #[pymethod(name = "SetParamEntityParsing")]
    fn set_param_entity_parsing(zelf: &Py<Self>, flag: i32) -> i32 {
        zelf.scanner.lock().reads_parameter_entities = flag != 0;
        1
    }

    /// Allows the application to provide an artificial external subset if one is not specified as
    /// part of the document instance.
    #[pymethod(name = "UseForeignDTD")]
    fn use_foreign_dtd(zelf: &Py<Self>, flag: OptionalArg<bool>) {
        if flag.unwrap_or(true) {
            zelf.scanner.lock().expect_more_declarations();
        }
    }

    /// Enable/Disable reparse deferral; enabled by default with Expat >=2.6.0.
    #[pymethod(name = "SetReparseDeferralEnabled")]
    fn set_reparse_deferral(zelf: &Py<Self>, enabled: bool) {
        zelf.scanner.lock().defers = enabled;
    }

    /// Retrieve reparse deferral enabled status; always returns false with Expat <2.6.0.
    #[pymethod(name = "GetReparseDeferralEnabled")]
    fn get_reparse_deferral(zelf: &Py<Self>) -> bool {
        zelf.scanner.lock().defers
    }

    #[pygetset]
    fn intern(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        zelf.settings
            .lock()
            .intern
            .clone()
            .unwrap_or_else(|| vm.ctx.none())
    }

    #[pygetset(name = "CurrentLineNumber")]
    fn current_line(zelf: &Py<Self>) -> u64 {
        zelf.scanner.lock().place().line
    }

    #[pygetset(name = "CurrentColumnNumber")]
    fn current_column(zelf: &Py<Self>) -> u64 {
        zelf.scanner.lock().place().column
    }

    #[pygetset(name = "CurrentByteIndex")]
    fn current_byte(zelf: &Py<Self>) -> u64 {
        zelf.scanner.lock().place().byte
    }

    #[pygetset(name = "ErrorCode")]
    fn error_code(zelf: &Py<Self>) -> u8 {
        zelf.settings.lock().error.map_or(0, |(code, _)| code.0)
    }

    #[pygetset(name = "ErrorLineNumber")]
    fn error_line(zelf: &Py<Self>) -> u64 {
        zelf.error_place().line
    }

    #[pygetset(name = "ErrorColumnNumber")]
    fn error_column(zelf: &Py<Self>) -> u64 {
        zelf.error_place().column
    }

    #[pygetset(name = "ErrorByteIndex")]
    fn error_byte(zelf: &Py<Self>) -> u64 {
        zelf.error_place().byte
    }

    #[pygetset]
    fn buffer_used(zelf: &Py<Self>) -> usize {
        zelf.text.lock().len()
    }

    #[pygetset]
    fn buffer_size(zelf: &Py<Self>) -> usize {
        zelf.settings.lock().buffer_size
    }

    #[pygetset(setter)]
    fn set_buffer_size(zelf: &Py<Self>, size: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        if !size.fast_isinstance(vm.ctx.types.int_type) {
            return Err(vm.new_type_error("buffer_size must be an integer"));
        }
        let size: i64 = size.try_to_value(vm)?;
        if size <= 0 {
            return Err(vm.new_value_error("buffer_size must be greater than zero"));
        }
        zelf.flush(vm)?;
        zelf.settings.lock().buffer_size = usize::try_from(size).unwrap_or(usize::MAX);
        Ok(())
    }

    #[pygetset]
    fn buffer_text(zelf: &Py<Self>) -> bool {
        zelf.settings.lock().collects_text
    }

    #[pygetset(setter)]
    fn set_buffer_text(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let value = truth(&value, vm)?;
        zelf.flush(vm)?;
        zelf.settings.lock().collects_text = value;
        Ok(())
    }

    #[pygetset]
    fn ordered_attributes(zelf: &Py<Self>) -> bool {
        zelf.settings.lock().has_ordered_attributes
    }

    #[pygetset(setter)]
    fn set_ordered_attributes(
        zelf: &Py<Self>,
        value: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let value = truth(&value, vm)?;
        zelf.settings.lock().has_ordered_attributes = value;
        Ok(())
    }

    #[pygetset]
    fn specified_attributes(zelf: &Py<Self>) -> bool {
        zelf.settings.lock().has_specified_attributes
    }

    #[pygetset(setter)]
    fn set_specified_attributes(
        zelf: &Py<Self>,
        value: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let value = truth(&value, vm)?;
        zelf.settings.lock().has_specified_attributes = value;
        Ok(())
    }

    #[pygetset]
    fn namespace_prefixes(zelf: &Py<Self>) -> bool {
        zelf.settings.lock().has_prefixes
    }

    #[pygetset(setter)]
    fn set_namespace_prefixes(
        zelf: &Py<Self>,
        value: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let value = truth(&value, vm)?;
        zelf.settings.lock().has_prefixes = value;
        zelf.scanner.lock().set_with_prefix(value);
        Ok(())
    }
}

fn truth(value: &PyObject, vm: &VirtualMachine) -> PyResult<bool> {
    value.to_owned().is_true(vm)
}
