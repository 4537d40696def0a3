//! Reads XML as Expat does: the same events, the same errors at the same places.
//!
//! A [`Scanner`] is fed with bytes and asked for events, one after the other. It knows nothing of
//! Python. What it does not read is the external part of a document type: a declaration in there is
//! as one that a parser leaves out which does not read external entities.

mod dtd;
pub(super) mod errors;
pub(super) mod events;
mod input;
mod namespaces;
mod tokens;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;

use dtd::{Dtd, Reader, declaration_end};
use errors::{
    AMPLIFICATION_LIMIT_BREACH, ASYNC_ENTITY, ATTRIBUTE_EXTERNAL_ENTITY_REF, BINARY_ENTITY_REF,
    Code, DUPLICATE_ATTRIBUTE, ENTITY_DECLARED_IN_PE, INVALID_TOKEN, JUNK_AFTER_DOC_ELEMENT,
    MISPLACED_XML_PI, NO_ELEMENTS, PARTIAL_CHAR, RECURSIVE_ENTITY_REF, SYNTAX, TAG_MISMATCH,
    TEXT_DECL, UNCLOSED_CDATA_SECTION, UNCLOSED_TOKEN, UNDEFINED_ENTITY, UNKNOWN_ENCODING,
    XML_DECL,
};
use events::Event;
use input::Input;
pub(super) use input::Place;
use namespaces::Namespaces;
use tokens::{
    Colons, Reference, Stop, Tag, Token, byte, char_at, is_allowed, is_name, is_space, skip_space,
    with_newlines,
};

/// What comes next.
#[derive(Debug)]
pub(super) enum Step {
    Event(Event),
    /// More bytes are needed.
    More,
    /// The document is over.
    Done,
    Failed(Code),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Prolog,
    /// Inside of `<!DOCTYPE name [ ... ]>`.
    Subset,
    Content,
    Cdata,
    Epilog,
    Done,
}

/// What a scanner reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Document,
    /// The content of an external entity.
    Entity,
    /// The external part of a document type, whose declarations are not read.
    Declarations,
}

/// An entity whose text is being read.
#[derive(Debug)]
struct Open {
    name: String,
    text: Arc<str>,
    at: usize,
    /// How many elements were open before.
    depth: usize,
}

#[derive(Debug)]
struct OpenElement {
    /// As the tag has it.
    name: String,
    /// As it is reported.
    reported: String,
    /// Prefixes that it binds.
    prefixes: Vec<Option<String>>,
}

#[derive(Debug)]
struct Queued {
    event: Event,
    raw: Option<String>,
    place: Place,
    /// Where it begins in what has come.
    at: usize,
}

/// When entities are taken for an attack: if they make up more than this many bytes ...
const AMPLIFICATION_THRESHOLD: u64 = 8 << 20;
/// ... and this many times as many as the document has.
const AMPLIFICATION_FACTOR: u64 = 100;

#[derive(Debug)]
pub(super) struct Scanner {
    kind: Kind,
    input: Input,
    state: State,
    open: Vec<Open>,
    elements: Vec<OpenElement>,
    namespaces: Option<Namespaces>,
    dtd: Arc<Mutex<Dtd>>,
    queue: VecDeque<Queued>,
    /// Events that the step being taken adds, with where they begin.
    added: Vec<(Event, usize, usize)>,
    /// Where the reference stands whose entity is being read.
    reference_at: usize,
    has_doctype: bool,
    external_subset: Option<(Option<String>, Option<String>)>,
    /// How much must have come before a token that was incomplete is tried again.
    retry_at: usize,
    received: u64,
    expanded: u64,
    place: Place,
    /// Where the last event began in what has come.
    event_at: usize,
    raw: Option<String>,
    failed: Option<Code>,
    awaits_encoding: Option<usize>,
    /// Whether events have the text that they were made from.
    pub(super) wants_raw: bool,
    /// Whether references to internal entities are replaced.
    pub(super) expands_entities: bool,
    /// Whether external entities in declarations are reported.
    pub(super) reads_parameter_entities: bool,
    /// Whether an incomplete token waits until twice as much has come.
    pub(super) defers: bool,
}

impl Scanner {
    /// `separator`: names are reported with their namespaces, and this in between.
    pub(super) fn new(separator: Option<&str>) -> Self {
        Self {
            kind: Kind::Document,
            input: Input::new(),
            state: State::Start,
            open: Vec::new(),
            elements: Vec::new(),
            namespaces: separator.map(Namespaces::new),
            dtd: Arc::default(),
            queue: VecDeque::new(),
            added: Vec::new(),
            reference_at: 0,
            has_doctype: false,
            external_subset: None,
            retry_at: 0,
            received: 0,
            expanded: 0,
            place: Place {
                line: 1,
                column: 0,
                byte: 0,
            },
            event_at: 0,
            raw: None,
            failed: None,
            awaits_encoding: None,
            wants_raw: false,
            expands_entities: true,
            reads_parameter_entities: false,
            defers: true,
        }
    }

    /// One for an external entity that this document refers to.
    pub(super) fn for_entity(&self, is_declarations: bool) -> Self {
        let mut entity = Self::new(None);
        entity.kind = match is_declarations {
            true => Kind::Declarations,
            false => Kind::Entity,
        };
        entity.namespaces = self.namespaces.as_ref().map(Namespaces::inherited);
        entity.dtd = self.dtd.clone();
        entity.expands_entities = self.expands_entities;
        entity.reads_parameter_entities = self.reads_parameter_entities;
        entity.defers = self.defers;
        entity
    }

    /// Has names reported with their prefixes behind them.
    pub(super) fn set_with_prefix(&mut self, with_prefix: bool) {
        if let Some(namespaces) = &mut self.namespaces {
            namespaces.with_prefix = with_prefix;
        }
    }

    /// All bytes are of UTF-8, or what the table says, whatever the document says.
    pub(super) fn force_encoding(&mut self, table: Option<Box<[Option<char>; 256]>>) {
        self.input.force(table);
    }

    pub(super) fn force_utf16(&mut self, big_endian: bool) {
        self.input.force_utf16(big_endian);
    }

    /// What the bytes of the encoding stand for that [`Event::UnknownEncoding`] named.
    pub(super) fn set_encoding(&mut self, table: Box<[Option<char>; 256]>) {
        if let Some(end) = self.awaits_encoding.take() {
            self.input.replace(table, end);
        }
    }

    /// Where the last event began, or the error is.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The text of the last event, if that is [wanted](Self::wants_raw).
    pub(super) fn raw(&mut self) -> Option<String> {
        self.raw.take()
    }

    /// What has come, from where the last event began on.
    pub(super) fn context(&self) -> &str {
        self.input.text.get(self.event_at..).unwrap_or("")
    }

    /// There may be declarations that the document does not show.
    pub(super) fn expect_more_declarations(&self) {
        self.dtd.lock().has_unread = true;
    }

    /// Fails with this error: what a handler has refused.
    pub(super) fn fail(&mut self, code: Code) {
        self.failed = Some(code);
    }

    pub(super) fn push(&mut self, bytes: &[u8], is_final: bool) {
        self.received += bytes.len() as u64;
        let before = self.input.at;
        self.input.push(bytes, is_final);
        // What was read has been dropped, if it was much.
        let dropped = before - self.input.at;
        self.retry_at = self.retry_at.saturating_sub(dropped);
        self.reference_at = self.reference_at.saturating_sub(dropped);
    }

    pub(super) fn next(&mut self) -> Step {
        let step = self.next_step();
        if matches!(step, Step::More) {
            self.event_at = self.input.at;
            self.place = self.input.place_of(self.input.at);
        }
        step
    }

    fn next_step(&mut self) -> Step {
        loop {
            if let Some(code) = self.failed {
                return Step::Failed(code);
            }
            if let Some(Queued {
                event,
                raw,
                place,
                at,
            }) = self.queue.pop_front()
            {
                (self.raw, self.place, self.event_at) = (raw, place, at);
                return Step::Event(event);
            }
            match self.state {
                State::Done => return Step::Done,
                _ if self.awaits_encoding.is_some() => return self.failed_at(UNKNOWN_ENCODING, 0),
                State::Start => {
                    if let Some(step) = self.start() {
                        return step;
                    }
                    continue;
                }
                _ => {}
            }
            if let Some(step) = self.step() {
                return step;
            }
        }
    }

    fn failed_at(&mut self, code: Code, at: usize) -> Step {
        let at = if self.open.is_empty() {
            at
        } else {
            self.reference_at
        };
        self.place = self.input.place_ahead(at);
        self.failed = Some(code);
        Step::Failed(code)
    }

    fn colons(&self) -> Colons {
        Colons {
            divide: self.namespaces.is_some(),
        }
    }

    fn add(&mut self, event: Event, begin: usize, end: usize) {
        self.added.push((event, begin, end));
    }

    /// Reads one token. Returns what to answer, if that is no event.
    fn step(&mut self) -> Option<Step> {
        let in_entity = !self.open.is_empty();
        let (text, at) = match self.open.last() {
            Some(open) if open.at == open.text.len() => {
                if open.depth != self.elements.len() {
                    return Some(self.failed_at(ASYNC_ENTITY, 0));
                }
                self.open.pop();
                return None;
            }
            Some(open) => (Text::Entity(open.text.clone()), open.at),
            None => {
                let input = &mut self.input;
                let is_incomplete = input.text.len() < self.retry_at && !input.is_final;
                if is_incomplete {
                    return Some(Step::More);
                }
                (Text::Document(std::mem::take(&mut input.text)), input.at)
            }
        };
        let level = self.open.len();
        let result = self.read(text.as_str(), at);
        let added = std::mem::take(&mut self.added);
        let raws: Vec<Option<String>> = added
            .iter()
            .map(|(_, begin, end)| {
                let raw = text.as_str().get(*begin..*end)?;
                (self.wants_raw && !raw.is_empty()).then(|| raw.to_owned())
            })
            .collect();
        if let Text::Document(text) = text {
            self.input.text = text;
        }
        for ((event, begin, _), raw) in added.into_iter().zip(raws) {
            let begin = if in_entity { self.reference_at } else { begin };
            let place = self.input.place_of(begin);
            self.queue.push_back(Queued {
                event,
                raw,
                place,
                at: begin,
            });
        }
        match result {
            Ok(end) => {
                self.retry_at = 0;
                match level.checked_sub(1) {
                    Some(level) => {
                        if let Some(open) = self.open.get_mut(level) {
                            open.at = end;
                        }
                    }
                    None => self.input.at = end,
                }
                None
            }
            Err(Stop::Partial) => self.incomplete(at, in_entity),
            Err(Stop::Invalid(at)) => self.refused(INVALID_TOKEN, at),
            Err(Stop::Error(code, at)) => self.refused(code, at),
        }
    }

    /// An error, once the events before it have been reported.
    fn refused(&mut self, code: Code, at: usize) -> Option<Step> {
        if !self.queue.is_empty() {
            // Comes again after them.
            return None;
        }
        Some(self.failed_at(code, at))
    }

    fn incomplete(&mut self, at: usize, in_entity: bool) -> Option<Step> {
        if !self.queue.is_empty() {
            return None;
        }
        let length = self.input.text.len();
        if in_entity {
            let code = match self.state {
                State::Content => UNCLOSED_TOKEN,
                State::Cdata => UNCLOSED_CDATA_SECTION,
                _ => SYNTAX,
            };
            return Some(self.failed_at(code, at));
        }
        if self.input.is_invalid_behind() {
            return Some(self.failed_at(INVALID_TOKEN, length));
        }
        if !self.input.is_final {
            if self.defers {
                self.retry_at = length + (length - at);
            }
            return Some(Step::More);
        }
        if at < length {
            let code = match self.state {
                State::Cdata => UNCLOSED_CDATA_SECTION,
                _ => UNCLOSED_TOKEN,
            };
            return Some(self.failed_at(code, at));
        }
        if self.input.ends_within_char() {
            return Some(self.failed_at(PARTIAL_CHAR, length));
        }
        match (self.state, self.kind) {
            (State::Epilog, _) | (_, Kind::Declarations) => {}
            (State::Content, Kind::Entity) if self.elements.is_empty() => {}
            (State::Content, Kind::Entity) => return Some(self.failed_at(ASYNC_ENTITY, length)),
            (State::Cdata, _) => return Some(self.failed_at(UNCLOSED_CDATA_SECTION, length)),
            _ => return Some(self.failed_at(NO_ELEMENTS, length)),
        }
        self.place = self.input.place_of(length);
        self.state = State::Done;
        Some(Step::Done)
    }

    /// The XML declaration, if there is one.
    fn start(&mut self) -> Option<Step> {
        const BEGIN: &str = "<?xml";
        let text = &self.input.text;
        let is_final = self.input.is_final || self.input.is_invalid_behind();
        self.state = match self.kind {
            Kind::Document => State::Prolog,
            Kind::Entity => State::Content,
            Kind::Declarations => State::Subset,
        };
        let may_begin = text.len() <= BEGIN.len() && BEGIN.starts_with(text.as_str());
        if may_begin && !is_final {
            self.state = State::Start;
            return Some(Step::More);
        }
        let behind = text.as_bytes().get(BEGIN.len());
        if !text.starts_with(BEGIN) || !behind.is_some_and(|byte| is_space(*byte)) {
            return None;
        }
        let found = match tokens::instruction(text, 0, self.colons()) {
            Ok(found) => found,
            Err(Stop::Partial) if !is_final => {
                self.state = State::Start;
                return Some(Step::More);
            }
            Err(Stop::Partial) => return Some(self.failed_at(UNCLOSED_TOKEN, 0)),
            Err(Stop::Invalid(at)) => return Some(self.failed_at(INVALID_TOKEN, at)),
            Err(Stop::Error(code, at)) => return Some(self.failed_at(code, at)),
        };
        let (data, end) = (text[found.data.clone()].to_owned(), found.end);
        let raw = self.wants_raw.then(|| text[..end].to_owned());
        let is_document = self.kind == Kind::Document;
        let declared = match declaration(&data, is_document) {
            Ok(declared) => declared,
            Err(at) => {
                let code = if is_document { XML_DECL } else { TEXT_DECL };
                return Some(self.failed_at(code, found.data.start + at));
            }
        };
        let (version, encoding, standalone) = declared;
        if standalone == 1 {
            self.dtd.lock().is_standalone = true;
        }
        let place = self.input.place_of(0);
        let mut add = |event, raw| {
            self.queue.push_back(Queued {
                event,
                raw,
                place,
                at: 0,
            });
        };
        let name = encoding.clone();
        add(
            Event::XmlDecl {
                version,
                encoding,
                standalone,
            },
            raw,
        );
        if let Some(name) = name {
            match self.input.declare(&name, end) {
                Ok(true) => {}
                Ok(false) => {
                    self.awaits_encoding = Some(end);
                    add(Event::UnknownEncoding(name), None);
                }
                Err(code) => {
                    let at = found.data.start + data.find(name.as_str()).unwrap_or(0);
                    return Some(self.failed_at(code, at));
                }
            }
        }
        self.input.at = end;
        None
    }

    fn read(&mut self, text: &str, at: usize) -> Token<usize> {
        if at == text.len() {
            return Err(Stop::Partial);
        }
        match self.state {
            State::Content => self.content(text, at),
            State::Cdata => self.cdata(text, at),
            State::Subset if self.kind == Kind::Declarations => {
                self.dtd.lock().has_unread = true;
                Ok(text.len())
            }
            State::Subset => self.subset(text, at),
            _ => self.around(text, at),
        }
    }

    /// Before and behind the document's element.
    fn around(&mut self, text: &str, at: usize) -> Token<usize> {
        let is_epilog = self.state == State::Epilog;
        let wrong = |code| {
            Err(Stop::Error(
                if is_epilog {
                    JUNK_AFTER_DOC_ELEMENT
                } else {
                    code
                },
                at,
            ))
        };
        let first = char_at(text, at)?;
        if first.is_ascii() && is_space(first as u8) {
            let end = skip_space(text, at);
            self.add(Event::Other, at, end);
            return Ok(end);
        }
        if first != '<' {
            let is_token = is_name(first) || "\"'()|,[]>#%".contains(first);
            return if is_token {
                wrong(SYNTAX)
            } else {
                Err(Stop::Invalid(at))
            };
        }
        match char_at(text, at + 1)? {
            '?' => self.instruction(text, at),
            '!' if text[at..].starts_with("<!--") => self.comment(text, at),
            '!' => {
                const DOCTYPE: &str = "<!DOCTYPE";
                let rest = &text[at..];
                if rest.starts_with(DOCTYPE) && !is_epilog && !self.has_doctype {
                    return self.doctype(text, at);
                }
                if rest.len() < DOCTYPE.len()
                    && (DOCTYPE.starts_with(rest) || "<!--".starts_with(rest))
                {
                    return Err(Stop::Partial);
                }
                match char_at(text, at + 2)? {
                    c if c.is_ascii_alphabetic() || c == '[' => wrong(SYNTAX),
                    '-' => Err(Stop::Invalid(at + 3)),
                    _ => Err(Stop::Invalid(at + 2)),
                }
            }
            c if tokens::is_name_start(c) && !(self.namespaces.is_some() && c == ':') => {
                if is_epilog {
                    return wrong(SYNTAX);
                }
                self.state = State::Content;
                self.content(text, at).inspect_err(|_| ())
            }
            _ => Err(Stop::Invalid(at + 1)),
        }
    }

    fn instruction(&mut self, text: &str, at: usize) -> Token<usize> {
        let found = tokens::instruction(text, at, self.colons())?;
        if found.is_declaration {
            let code = match self.state {
                State::Epilog => JUNK_AFTER_DOC_ELEMENT,
                _ => MISPLACED_XML_PI,
            };
            return Err(Stop::Error(code, at));
        }
        let event = Event::Instruction {
            target: text[found.target].to_owned(),
            data: with_newlines(&text[found.data]),
        };
        self.add(event, at, found.end);
        Ok(found.end)
    }

    fn comment(&mut self, text: &str, at: usize) -> Token<usize> {
        let (inside, end) = tokens::comment(text, at)?;
        self.add(Event::Comment(with_newlines(&text[inside])), at, end);
        Ok(end)
    }

    /// `<!DOCTYPE name ...`, to its end or to the `[`.
    fn doctype(&mut self, text: &str, at: usize) -> Token<usize> {
        let mut end = at;
        loop {
            match byte(text, end)? {
                b'[' | b'>' => break,
                b'"' | b'\'' => end = tokens::literal(text, end)?.end + 1,
                _ => end += char_at(text, end)?.len_utf8(),
            }
        }
        let mut reader = Reader::new(&text[..=end], at + "<!DOCTYPE".len(), self.colons());
        reader.space()?;
        let name = reader.name()?;
        let mut external = None;
        if !matches!(reader.peek(), b'[' | b'>') {
            reader.space()?;
            external = reader.external(false)?;
            reader.optional_space();
        }
        if reader.at != end {
            return reader.error();
        }
        let has_internal_subset = byte(text, end)? == b'[';
        let (system, public) = external.clone().unwrap_or_default();
        self.has_doctype = true;
        let is_standalone = {
            let mut dtd = self.dtd.lock();
            dtd.has_unread |= system.is_some();
            dtd.is_standalone
        };
        let is_external = system.is_some();
        let event = Event::StartDoctype {
            name,
            system,
            public,
            has_internal_subset,
        };
        self.add(event, at, end + 1);
        if is_external && !is_standalone && !self.reads_parameter_entities {
            self.add(Event::NotStandalone, at, at);
        }
        self.external_subset = external;
        if has_internal_subset {
            self.state = State::Subset;
        } else {
            self.end_doctype(end, end);
        }
        Ok(end + 1)
    }

    fn end_doctype(&mut self, begin: usize, end: usize) {
        if let Some((system, public)) = self.external_subset.take()
            && self.reads_parameter_entities
        {
            self.add(
                Event::ExternalEntity {
                    context: None,
                    system,
                    public,
                },
                begin,
                begin,
            );
        }
        self.add(Event::EndDoctype, begin, end);
        self.state = State::Prolog;
    }

    /// Declarations.
    fn subset(&mut self, text: &str, at: usize) -> Token<usize> {
        let first = char_at(text, at)?;
        match first {
            ']' if self.open.is_empty() => {
                let close = skip_space(text, at + 1);
                if byte(text, close)? != b'>' {
                    return Err(Stop::Error(SYNTAX, close));
                }
                self.end_doctype(at, close + 1);
                return Ok(close + 1);
            }
            '%' => return self.parameter_reference(text, at),
            '<' => {}
            c if c.is_ascii() && is_space(c as u8) => {
                let end = skip_space(text, at);
                self.add(Event::Other, at, end);
                return Ok(end);
            }
            c if is_name(c) || "\"'()|,[]>#".contains(c) => return Err(Stop::Error(SYNTAX, at)),
            _ => return Err(Stop::Invalid(at)),
        }
        match char_at(text, at + 1)? {
            '?' => return self.instruction(text, at),
            '!' => {}
            _ => return Err(Stop::Invalid(at + 1)),
        }
        if text[at..].starts_with("<!--") {
            return self.comment(text, at);
        }
        if "<!--".starts_with(&text[at..]) {
            return Err(Stop::Partial);
        }
        let end = declaration_end(text, at)?;
        let mut reader = Reader::new(&text[..end], at, self.colons());
        let shared = self.dtd.clone();
        let mut dtd = shared.lock();
        if reader.skip("<!ENTITY") {
            reader.space()?;
            let in_parameter_entity = !self.open.is_empty();
            let event = reader.entity(&mut dtd, in_parameter_entity)?;
            self.add(event.unwrap_or(Event::Other), at, end);
        } else if reader.skip("<!ELEMENT") {
            let event = reader.element()?;
            self.add(event, at, end);
        } else if reader.skip("<!NOTATION") {
            let event = reader.notation()?;
            self.add(event, at, end);
        } else if reader.skip("<!ATTLIST") {
            let (mut expanded, colons) = (0, self.colons());
            let mut value_of = |dtd: &Dtd, text: &str, is_text| {
                value(dtd, text, 0, is_text, colons, &mut expanded).map_err(|stop| match stop {
                    Stop::Error(code, _) => Stop::Error(code, at),
                    _ => Stop::Invalid(at),
                })
            };
            let events = reader.attributes(&mut dtd, &mut value_of)?;
            self.expanded += expanded;
            if events.is_empty() {
                self.add(Event::Other, at, end);
            }
            for event in events {
                self.add(event, at, end);
            }
        } else {
            return Err(Stop::Error(SYNTAX, at));
        }
        Ok(end)
    }

    fn parameter_reference(&mut self, text: &str, at: usize) -> Token<usize> {
        let name_end = tokens::name(text, at + 1, self.colons())?;
        if byte(text, name_end)? != b';' {
            return Err(Stop::Invalid(name_end));
        }
        let (name, end) = (&text[at + 1..name_end], name_end + 1);
        let shared = self.dtd.clone();
        let mut dtd = shared.lock();
        dtd.has_unread = true;
        if !self.reads_parameter_entities {
            dtd.is_ignoring = !dtd.is_standalone;
            self.add(Event::Other, at, end);
            return Ok(end);
        }
        let entity = dtd.parameter_entities.get(name).cloned();
        match entity {
            Some(entity) => match entity.value {
                Some(value) => self.enter(name, value, at)?,
                None => {
                    dtd.is_ignoring = !dtd.is_standalone;
                    let (system, public) = (entity.system, entity.public);
                    self.add(
                        Event::ExternalEntity {
                            context: None,
                            system,
                            public,
                        },
                        at,
                        end,
                    );
                }
            },
            None => {
                dtd.is_ignoring = !dtd.is_standalone;
                let name = name.to_owned();
                self.add(
                    Event::SkippedEntity {
                        name,
                        is_parameter: true,
                    },
                    at,
                    end,
                );
            }
        }
        Ok(end)
    }

    /// Goes on with the text of an entity that is referred to here.
    fn enter(&mut self, name: &str, text: Arc<str>, at: usize) -> Token<()> {
        if self.open.iter().any(|open| open.name == name) {
            return Err(Stop::Error(RECURSIVE_ENTITY_REF, at));
        }
        self.count(text.len(), at)?;
        if self.open.is_empty() {
            self.reference_at = at;
        }
        self.open.push(Open {
            name: name.to_owned(),
            text,
            at: 0,
            depth: self.elements.len(),
        });
        Ok(())
    }

    /// Entities have added so many bytes.
    fn count(&mut self, bytes: usize, at: usize) -> Token<()> {
        self.expanded += bytes as u64;
        let total = self.expanded + self.received;
        let is_attack =
            total > AMPLIFICATION_THRESHOLD && total / self.received.max(1) > AMPLIFICATION_FACTOR;
        if is_attack {
            return Err(Stop::Error(AMPLIFICATION_LIMIT_BREACH, at));
        }
        Ok(())
    }

    fn content(&mut self, text: &str, at: usize) -> Token<usize> {
        match byte(text, at)? {
            b'<' => {}
            b'&' => return self.reference(text, at),
            _ => return self.text(text, at),
        }
        match char_at(text, at + 1)? {
            '/' => self.end_tag(text, at),
            '?' => self.instruction(text, at),
            '!' => {
                const CDATA: &str = "<![CDATA[";
                let rest = &text[at..];
                if rest.starts_with("<!--") {
                    return self.comment(text, at);
                }
                if rest.starts_with(CDATA) {
                    self.state = State::Cdata;
                    let end = at + CDATA.len();
                    self.add(Event::StartCdata, at, end);
                    return Ok(end);
                }
                let same = |expected: &str| {
                    let pairs = rest.bytes().zip(expected.bytes());
                    pairs.take_while(|(a, b)| a == b).count()
                };
                let same = same("<!--").max(same(CDATA));
                if same == rest.len() {
                    return Err(Stop::Partial);
                }
                Err(Stop::Invalid(at + same))
            }
            _ => {
                let tag = tokens::tag(text, at, self.colons())?;
                self.start_tag(text, at, tag)
            }
        }
    }

    fn reference(&mut self, text: &str, at: usize) -> Token<usize> {
        let (found, end) = tokens::reference(text, at, self.colons())?;
        let name = match found {
            Reference::Char(c) => {
                self.add(Event::Text(c.to_string()), at, end);
                return Ok(end);
            }
            Reference::Entity(name) => &text[name],
        };
        if let Some(c) = predefined(name) {
            self.add(Event::Text(c.to_string()), at, end);
            return Ok(end);
        }
        let shared = self.dtd.clone();
        let dtd = shared.lock();
        let entity = dtd.entities.get(name);
        let must_be_declared = !dtd.has_unread || dtd.is_standalone;
        let Some(entity) = entity else {
            if must_be_declared {
                return Err(Stop::Error(UNDEFINED_ENTITY, at));
            }
            let name = name.to_owned();
            self.add(
                Event::SkippedEntity {
                    name,
                    is_parameter: false,
                },
                at,
                end,
            );
            return Ok(end);
        };
        if must_be_declared && entity.is_from_parameter {
            return Err(Stop::Error(ENTITY_DECLARED_IN_PE, at));
        }
        if entity.notation.is_some() {
            return Err(Stop::Error(BINARY_ENTITY_REF, at));
        }
        match &entity.value {
            Some(_) if !self.expands_entities => {
                let name = name.to_owned();
                self.add(
                    Event::SkippedEntity {
                        name,
                        is_parameter: false,
                    },
                    at,
                    end,
                );
            }
            Some(value) => self.enter(name, value.clone(), at)?,
            None => {
                let (system, public) = (entity.system.clone(), entity.public.clone());
                let bindings = self.namespaces.as_ref().map(Namespaces::context);
                let context = Some(bindings.unwrap_or_default() + name);
                self.add(
                    Event::ExternalEntity {
                        context,
                        system,
                        public,
                    },
                    at,
                    end,
                );
            }
        }
        Ok(end)
    }

    /// Text, to the next line or to what is none.
    fn text(&mut self, text: &str, at: usize) -> Token<usize> {
        let bytes = text.as_bytes();
        let is_last = self.input.is_final || !self.open.is_empty();
        match byte(text, at)? {
            b'\n' => {
                self.add(Event::Text("\n".to_owned()), at, at + 1);
                return Ok(at + 1);
            }
            b'\r' => {
                let end = match bytes.get(at + 1) {
                    Some(b'\n') => at + 2,
                    None if !is_last => return Err(Stop::Partial),
                    _ => at + 1,
                };
                self.add(Event::Text("\n".to_owned()), at, end);
                return Ok(end);
            }
            _ => {}
        }
        let mut end = at;
        let mut refused = None;
        while let Ok(c) = char_at(text, end) {
            match c {
                '<' | '&' | '\n' | '\r' => break,
                ']' if bytes[end..].starts_with(b"]]>") => {
                    refused = Some(end + 2);
                    break;
                }
                ']' if !is_last && b"]]>".starts_with(&bytes[end..]) => {
                    if end == at {
                        return Err(Stop::Partial);
                    }
                    break;
                }
                c if is_allowed(c) => end += c.len_utf8(),
                _ => {
                    refused = Some(end);
                    break;
                }
            }
        }
        if end > at {
            self.add(Event::Text(text[at..end].to_owned()), at, end);
            return Ok(end);
        }
        match refused {
            Some(at) => Err(Stop::Invalid(at)),
            None => Err(Stop::Partial),
        }
    }

    fn cdata(&mut self, text: &str, at: usize) -> Token<usize> {
        let bytes = text.as_bytes();
        let is_last = self.input.is_final || !self.open.is_empty();
        if bytes[at..].starts_with(b"]]>") {
            self.state = State::Content;
            self.add(Event::EndCdata, at, at + 3);
            return Ok(at + 3);
        }
        if !is_last && b"]]>".starts_with(&bytes[at..]) {
            return Err(Stop::Partial);
        }
        if matches!(bytes[at], b'\n' | b'\r') {
            return self.text(text, at);
        }
        let mut end = at;
        while let Ok(c) = char_at(text, end) {
            match c {
                '\n' | '\r' => break,
                ']' if end > at && b"]]>".starts_with(&bytes[end..(end + 3).min(bytes.len())]) => {
                    break;
                }
                c if is_allowed(c) => end += c.len_utf8(),
                _ if end > at => break,
                _ => return Err(Stop::Invalid(end)),
            }
        }
        self.add(Event::Text(text[at..end].to_owned()), at, end);
        Ok(end)
    }

    fn end_tag(&mut self, text: &str, at: usize) -> Token<usize> {
        let (name, end) = tokens::end_tag(text, at, self.colons())?;
        let least = self.open.last().map_or(0, |open| open.depth);
        if self.elements.len() == least {
            return Err(Stop::Error(ASYNC_ENTITY, at));
        }
        if self
            .elements
            .last()
            .is_some_and(|open| open.name != text[name.clone()])
        {
            return Err(Stop::Error(TAG_MISMATCH, name.start));
        }
        self.close_element(at, end);
        Ok(end)
    }

    fn close_element(&mut self, begin: usize, end: usize) {
        let Some(element) = self.elements.pop() else {
            return;
        };
        self.add(
            Event::EndElement {
                name: element.reported,
            },
            begin,
            end,
        );
        for prefix in element.prefixes.into_iter().rev() {
            if let Some(namespaces) = &mut self.namespaces {
                namespaces.unbind(prefix.as_deref());
            }
            self.add(Event::EndNamespace { prefix }, begin, begin);
        }
        if self.elements.is_empty() && self.kind == Kind::Document {
            self.state = State::Epilog;
        }
    }

    fn start_tag(&mut self, text: &str, at: usize, tag: Tag) -> Token<usize> {
        let name = &text[tag.name];
        let colons = self.colons();
        let mut expanded = 0;
        let mut attributes: Vec<(String, String)> = Vec::with_capacity(tag.attributes.len());
        let specified;
        {
            let shared = self.dtd.clone();
            let dtd = shared.lock();
            let declared = dtd.attributes_of(name);
            let mut seen = HashSet::with_capacity(tag.attributes.len());
            for (name_at, value_at) in tag.attributes {
                let name = &text[name_at.clone()];
                if !seen.insert(name) {
                    return Err(Stop::Error(DUPLICATE_ATTRIBUTE, name_at.start));
                }
                let is_text = declared
                    .iter()
                    .find(|declared| declared.name == name)
                    .is_none_or(|declared| declared.is_text);
                let begin = value_at.start;
                let value = value(&dtd, &text[value_at], begin, is_text, colons, &mut expanded)
                    .map_err(|stop| match stop {
                        // Expat says where the tag is, in this case only.
                        Stop::Error(UNDEFINED_ENTITY, _) => Stop::Error(UNDEFINED_ENTITY, at),
                        stop => stop,
                    })?;
                attributes.push((name.to_owned(), value));
            }
            specified = attributes.len();
            for declared in declared {
                if let Some(default) = &declared.default
                    && !seen.contains(declared.name.as_str())
                {
                    attributes.push((declared.name.clone(), default.clone()));
                }
            }
        }
        if expanded > 0 {
            self.count(usize::try_from(expanded).unwrap_or(usize::MAX), at)?;
        }
        let mut element = OpenElement {
            name: name.to_owned(),
            reported: name.to_owned(),
            prefixes: Vec::new(),
        };
        let mut of_tag = specified;
        if let Some(namespaces) = &mut self.namespaces {
            let mut others = Vec::with_capacity(attributes.len());
            let mut bound = Vec::new();
            for (index, (name, value)) in attributes.into_iter().enumerate() {
                let prefix = match name.split_once(':') {
                    Some(("xmlns", prefix)) => Some(Some(prefix.to_owned())),
                    None if name == "xmlns" => Some(None),
                    _ => None,
                };
                let Some(prefix) = prefix else {
                    others.push((name, value));
                    continue;
                };
                if index < specified {
                    of_tag -= 1;
                }
                if let Err(code) = namespaces.bind(prefix.as_deref(), &value) {
                    return Err(Stop::Error(code, at));
                }
                element.prefixes.push(prefix.clone());
                let uri = (!value.is_empty()).then_some(value);
                bound.push(Event::StartNamespace { prefix, uri });
            }
            let fail = |code| Stop::Error(code, at);
            element.reported = namespaces.expand(name, false).map_err(fail)?;
            let mut seen = HashSet::with_capacity(others.len());
            for (name, _) in &mut others {
                *name = namespaces.expand(name, true).map_err(fail)?;
                if !seen.insert(name.clone()) {
                    return Err(fail(DUPLICATE_ATTRIBUTE));
                }
            }
            attributes = others;
            for event in bound {
                self.added.push((event, at, at));
            }
        }
        let event = Event::StartElement {
            name: element.reported.clone(),
            attributes,
            specified: of_tag,
        };
        self.elements.push(element);
        self.add(event, at, tag.end);
        if tag.is_empty {
            self.close_element(tag.end, tag.end);
        }
        Ok(tag.end)
    }
}

/// What a step reads.
enum Text {
    /// Taken from the input while it is read.
    Document(String),
    Entity(Arc<str>),
}

impl Text {
    fn as_str(&self) -> &str {
        match self {
            Self::Document(text) => text,
            Self::Entity(text) => text,
        }
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// The value of an attribute that stands here: with what is referred to, and spaces for lines.
fn value(
    dtd: &Dtd,
    text: &str,
    begin: usize,
    is_text: bool,
    colons: Colons,
    expanded: &mut u64,
) -> Token<String> {
    let mut value = String::with_capacity(text.len());
    append(
        dtd,
        text,
        begin,
        colons,
        &mut Vec::new(),
        expanded,
        &mut value,
    )?;
    if !is_text {
        let words: Vec<&str> = value.split(' ').filter(|word| !word.is_empty()).collect();
        value = words.join(" ");
    }
    Ok(value)
}

/// How much text entities may add to one value.
const LONGEST_VALUE: usize = 64 << 20;

fn append<'a>(
    dtd: &'a Dtd,
    text: &str,
    begin: usize,
    colons: Colons,
    open: &mut Vec<&'a str>,
    expanded: &mut u64,
    value: &mut String,
) -> Token<()> {
    /// How deep entities may be nested: more would exhaust the stack.
    const DEPTH: usize = 200;
    let place = |at: usize| begin + at;
    let mut here = 0;
    while here < text.len() {
        let c = char_at(text, here)?;
        match c {
            '\r' if text[here + 1..].starts_with('\n') => {}
            '\t' | '\n' | '\r' => value.push(' '),
            '&' => {
                let (found, end) =
                    tokens::reference(text, here, colons).map_err(|stop| match stop {
                        Stop::Error(code, at) => Stop::Error(code, place(at)),
                        Stop::Invalid(at) => Stop::Invalid(place(at)),
                        Stop::Partial => Stop::Invalid(place(text.len())),
                    })?;
                let name = match found {
                    Reference::Char(c) => {
                        value.push(c);
                        here = end;
                        continue;
                    }
                    Reference::Entity(name) => &text[name],
                };
                if let Some(c) = predefined(name) {
                    value.push(c);
                    here = end;
                    continue;
                }
                let fail = |code| Err(Stop::Error(code, place(here)));
                let must_be_declared = !dtd.has_unread || dtd.is_standalone;
                match dtd.entities.get_key_value(name) {
                    None if must_be_declared => return fail(UNDEFINED_ENTITY),
                    None => {}
                    Some((_, entity)) if entity.notation.is_some() => {
                        return fail(BINARY_ENTITY_REF);
                    }
                    Some((_, entity)) if entity.value.is_none() => {
                        return fail(ATTRIBUTE_EXTERNAL_ENTITY_REF);
                    }
                    Some((name, _)) if open.contains(&name.as_str()) || open.len() > DEPTH => {
                        return fail(RECURSIVE_ENTITY_REF);
                    }
                    Some((name, entity)) => {
                        let text = entity.value.as_deref().unwrap_or("");
                        *expanded += text.len() as u64;
                        if value.len() > LONGEST_VALUE {
                            return fail(AMPLIFICATION_LIMIT_BREACH);
                        }
                        open.push(name);
                        append(dtd, text, begin, colons, open, expanded, value)?;
                        open.pop();
                    }
                }
                here = end;
                continue;
            }
            '<' => return Err(Stop::Invalid(place(here))),
            c => value.push(c),
        }
        here += c.len_utf8();
    }
    Ok(())
}

type Declared = (Option<String>, Option<String>, i32);

/// What an XML declaration says: version, encoding, whether the document stands alone. Else, where
/// it is wrong.
fn declaration(data: &str, is_document: bool) -> Result<Declared, usize> {
    let mut here = 0;
    let mut next = || -> Result<Option<(usize, &str, &str)>, usize> {
        let begin = skip_space(data, here);
        if begin == data.len() {
            return Ok(None);
        }
        if begin == here && here > 0 {
            return Err(begin);
        }
        let rest = &data[begin..];
        let name_length = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let equals = skip_space(data, begin + name_length);
        if data.as_bytes().get(equals) != Some(&b'=') {
            return Err(equals.min(data.len()));
        }
        let quote_at = skip_space(data, equals + 1);
        let quote = match data.as_bytes().get(quote_at) {
            Some(quote @ (b'"' | b'\'')) => char::from(*quote),
            _ => return Err(quote_at.min(data.len())),
        };
        let value = &data[quote_at + 1..];
        let Some(length) = value.find(quote) else {
            return Err(data.len());
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if let Some(at) = value[..length].find(|c| !is_plain(c)) {
            return Err(quote_at + 1 + at);
        }
        here = quote_at + 1 + length + 1;
        Ok(Some((
            begin,
            &data[begin..begin + name_length],
            &value[..length],
        )))
    };
    let (mut version, mut encoding, mut standalone) = (None, None, -1);
    let mut found = next()?;
    match found {
        Some((_, "version", value)) => {
            version = Some(value.to_owned());
            found = next()?;
        }
        _ if is_document => return Err(found.map_or(data.len(), |(at, _, _)| at)),
        _ => {}
    }
    match found {
        Some((at, "encoding", value)) => {
            if !value.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return Err(at);
            }
            encoding = Some(value.to_owned());
            found = next()?;
        }
        _ if !is_document => return Err(found.map_or(data.len(), |(at, _, _)| at)),
        _ => {}
    }
    if let Some((at, "standalone", value)) = found {
        standalone = match value {
            "yes" if is_document => 1,
            "no" if is_document => 0,
            _ => return Err(at),
        };
        found = next()?;
    }
    match found {
        Some((at, _, _)) => Err(at),
        None => Ok((version, encoding, standalone)),
    }
}
