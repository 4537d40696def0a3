//! Declarations of a document type: entities, attributes, content models, notations.

use std::{collections::HashMap, sync::Arc};

use super::{
    errors::{BAD_CHAR_REF, Code, PARAM_ENTITY_REF, PUBLICID, SYNTAX},
    events::{Event, Model},
    tokens::{
        Colons, Reference, Stop, Token, byte, char_at, is_name, literal, name, reference,
        skip_space, with_newlines,
    },
};

/// An entity. One without a value is external.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    pub(super) value: Option<Arc<str>>,
    pub(super) system: Option<String>,
    pub(super) public: Option<String>,
    /// Of one that is not XML.
    pub(super) notation: Option<String>,
    /// Whether a parameter entity declares it.
    pub(super) is_from_parameter: bool,
}

/// An attribute that was declared.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    /// Whether spaces in its values stand as they are.
    pub(super) is_text: bool,
    pub(super) default: Option<String>,
}

/// What the declarations so far say.
#[derive(Debug, Default)]
pub(super) struct Dtd {
    pub(super) entities: HashMap<String, Entity>,
    pub(super) parameter_entities: HashMap<String, Entity>,
    attributes: HashMap<String, Vec<Attribute>>,
    /// Whether there may be declarations that were not read.
    pub(super) has_unread: bool,
    pub(super) is_standalone: bool,
    /// Whether declarations still count.
    pub(super) is_ignoring: bool,
}

impl Dtd {
    pub(super) fn attributes_of(&self, element: &str) -> &[Attribute] {
        self.attributes.get(element).map_or(&[], Vec::as_slice)
    }
}

/// The end of the declaration that begins here: behind its `>` that is in no literal.
pub(super) fn declaration_end(text: &str, at: usize) -> Token<usize> {
    let mut here = at;
    loop {
        match byte(text, here)? {
            b'>' => return Ok(here + 1),
            b'"' | b'\'' => here = literal(text, here)?.end + 1,
            _ => here += char_at(text, here)?.len_utf8(),
        }
    }
}

/// What is read of a declaration. A syntax error is one of what is here.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) at: usize,
    colons: Colons,
}

fn syntax(stop: Stop) -> Stop {
    match stop {
        Stop::Partial => Stop::Error(SYNTAX, 0),
        Stop::Invalid(_) | Stop::Error(..) => stop,
    }
}

/// A system identifier and a public one.
pub(super) type External = (Option<String>, Option<String>);

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, at: usize, colons: Colons) -> Self {
        Self { text, at, colons }
    }

    pub(super) fn error<T>(&self) -> Token<T> {
        self.fail(SYNTAX)
    }

    fn fail<T>(&self, code: Code) -> Token<T> {
        Err(Stop::Error(code, self.at))
    }

    pub(super) fn peek(&self) -> u8 {
        byte(self.text, self.at).unwrap_or(0)
    }

    pub(super) fn space(&mut self) -> Token<()> {
        let end = skip_space(self.text, self.at);
        if end == self.at {
            return match self.peek() {
                b'%' => self.fail(PARAM_ENTITY_REF),
                _ => self.error(),
            };
        }
        self.at = end;
        match self.peek() {
            b'%' if byte(self.text, self.at + 1)
                .is_ok_and(|next| !super::tokens::is_space(next)) =>
            {
                self.fail(PARAM_ENTITY_REF)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn optional_space(&mut self) {
        self.at = skip_space(self.text, self.at);
    }

    pub(super) fn skip(&mut self, expected: &str) -> bool {
        let found = self.text[self.at..].starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    pub(super) fn name(&mut self) -> Token<String> {
        let end = name(self.text, self.at, self.colons).or_else(|stop| match stop {
            Stop::Partial => Ok(self.text.len()),
            stop => Err(stop),
        })?;
        let found = self.text[self.at..end].to_owned();
        self.at = end;
        Ok(found)
    }

    fn name_token(&mut self) -> Token<String> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if end == 0 {
            return self.error();
        }
        let found = rest[..end].to_owned();
        self.at += end;
        Ok(found)
    }

    fn literal(&mut self) -> Token<&'a str> {
        match self.peek() {
            b'"' | b'\'' => {
                let found = literal(self.text, self.at).map_err(syntax)?;
                self.at = found.end + 1;
                Ok(&self.text[found])
            }
            _ => self.error(),
        }
    }

    fn system(&mut self) -> Token<String> {
        Ok(self.literal()?.to_owned())
    }

    fn public(&mut self) -> Token<String> {
        let at = self.at;
        let found = self.literal()?;
        let is_allowed =
            |c: char| c.is_ascii_alphanumeric() || " \r\n-'()+,./:=?;!*#@$_%".contains(c);
        if !found.chars().all(is_allowed) {
            return Err(Stop::Error(PUBLICID, at));
        }
        let words: Vec<&str> = found.split_ascii_whitespace().collect();
        Ok(words.join(" "))
    }

    /// `SYSTEM "..."` or `PUBLIC "..." "..."`, or nothing.
    pub(super) fn external(&mut self, is_notation: bool) -> Token<Option<External>> {
        if self.skip("SYSTEM") {
            self.space()?;
            return Ok(Some((Some(self.system()?), None)));
        }
        if !self.skip("PUBLIC") {
            return Ok(None);
        }
        self.space()?;
        let public = self.public()?;
        let before = self.at;
        self.optional_space();
        match self.peek() {
            b'"' | b'\'' if before < self.at => Ok(Some((Some(self.system()?), Some(public)))),
            _ if is_notation => Ok(Some((None, Some(public)))),
            _ => self.error(),
        }
    }

    fn end(&mut self) -> Token<()> {
        self.optional_space();
        if self.skip(">") { Ok(()) } else { self.error() }
    }

    /// The value of an entity: with characters in the place of their numbers.
    fn entity_value(&mut self) -> Token<String> {
        let begin = self.at + 1;
        let text = self.literal()?;
        let mut value = String::new();
        let mut here = 0;
        while let Ok(c) = char_at(text, here) {
            match c {
                '%' => return Err(Stop::Error(PARAM_ENTITY_REF, begin + here)),
                '&' => match reference(text, here, self.colons) {
                    Ok((Reference::Char(c), end)) => {
                        value.push(c);
                        here = end;
                    }
                    Ok((Reference::Entity(_), end)) => {
                        value.push_str(&text[here..end]);
                        here = end;
                    }
                    Err(Stop::Error(_, at)) => return Err(Stop::Error(BAD_CHAR_REF, begin + at)),
                    Err(Stop::Invalid(at)) => return Err(Stop::Invalid(begin + at)),
                    Err(Stop::Partial) => return Err(Stop::Invalid(begin + text.len())),
                },
                c => {
                    value.push(c);
                    here += c.len_utf8();
                }
            }
        }
        Ok(with_newlines(&value))
    }

    /// `<!ENTITY`: declares it.
    pub(super) fn entity(
        &mut self,
        dtd: &mut Dtd,
        in_parameter_entity: bool,
    ) -> Token<Option<Event>> {
        self.at = skip_space(self.text, self.at);
        let is_parameter = self.skip("%");
        if is_parameter {
            self.space()?;
        }
        let entity_name = self.name()?;
        self.space()?;
        let mut entity = Entity {
            value: None,
            system: None,
            public: None,
            notation: None,
            is_from_parameter: in_parameter_entity,
        };
        match self.external(false)? {
            Some((system, public)) => {
                (entity.system, entity.public) = (system, public);
                let before = self.at;
                self.optional_space();
                if !is_parameter && before < self.at && self.skip("NDATA") {
                    self.space()?;
                    entity.notation = Some(self.name()?);
                }
            }
            None => entity.value = Some(self.entity_value()?.into()),
        }
        self.end()?;
        let known = match is_parameter {
            true => &mut dtd.parameter_entities,
            false => &mut dtd.entities,
        };
        if dtd.is_ignoring || known.contains_key(&entity_name) {
            return Ok(None);
        }
        let event = Event::EntityDecl {
            name: entity_name.clone(),
            is_parameter,
            value: entity.value.as_deref().map(str::to_owned),
            system: entity.system.clone(),
            public: entity.public.clone(),
            notation: entity.notation.clone(),
        };
        known.insert(entity_name, entity);
        Ok(Some(event))
    }

    /// `<!NOTATION`
    pub(super) fn notation(&mut self) -> Token<Event> {
        self.space()?;
        let name = self.name()?;
        self.space()?;
        let Some((system, public)) = self.external(true)? else {
            return self.error();
        };
        self.end()?;
        Ok(Event::NotationDecl {
            name,
            system,
            public,
        })
    }

    /// `<!ELEMENT`
    pub(super) fn element(&mut self) -> Token<Event> {
        self.space()?;
        let name = self.name()?;
        self.space()?;
        let model = if self.skip("EMPTY") {
            Model::leaf(Model::EMPTY)
        } else if self.skip("ANY") {
            Model::leaf(Model::ANY)
        } else if self.peek() == b'(' {
            self.group(0)?
        } else {
            return self.error();
        };
        self.end()?;
        Ok(Event::ElementDecl { name, model })
    }

    fn quantifier(&mut self) -> u8 {
        for (sign, quantifier) in [("?", 1), ("*", 2), ("+", 3)] {
            if self.skip(sign) {
                return quantifier;
            }
        }
        0
    }

    fn group(&mut self, depth: usize) -> Token<Model> {
        /// How deep groups may be nested: more would exhaust the stack.
        const DEPTH: usize = 500;
        if depth > DEPTH {
            return self.error();
        }
        self.at += 1;
        self.optional_space();
        if depth == 0 && self.skip("#PCDATA") {
            return self.mixed();
        }
        let mut model = Model::leaf(Model::SEQUENCE);
        let mut separator = 0;
        loop {
            self.optional_space();
            let part = if self.peek() == b'(' {
                self.group(depth + 1)?
            } else {
                let name = Some(self.name()?);
                let quantifier = self.quantifier();
                Model {
                    quantifier,
                    name,
                    ..Model::leaf(Model::NAME)
                }
            };
            model.children.push(part);
            self.optional_space();
            match self.peek() {
                b')' => break,
                found @ (b'|' | b',') if separator == 0 || separator == found => separator = found,
                _ => return self.error(),
            }
            self.at += 1;
        }
        self.at += 1;
        if separator == b'|' {
            model.kind = Model::CHOICE;
        }
        model.quantifier = self.quantifier();
        Ok(model)
    }

    fn mixed(&mut self) -> Token<Model> {
        let mut model = Model::leaf(Model::MIXED);
        loop {
            self.optional_space();
            if self.skip(")") {
                break;
            }
            if !self.skip("|") {
                return self.error();
            }
            self.optional_space();
            let name = Some(self.name()?);
            model.children.push(Model {
                name,
                ..Model::leaf(Model::NAME)
            });
        }
        if self.skip("*") {
            model.quantifier = 2;
        } else if !model.children.is_empty() {
            return self.error();
        }
        Ok(model)
    }

    /// `<!ATTLIST`: what is declared of each attribute.
    pub(super) fn attributes(
        &mut self,
        dtd: &mut Dtd,
        value_of: &mut dyn FnMut(&Dtd, &str, bool) -> Token<String>,
    ) -> Token<Vec<Event>> {
        self.space()?;
        let element = self.name()?;
        let mut events = Vec::new();
        loop {
            self.optional_space();
            if self.skip(">") {
                return Ok(events);
            }
            let name = self.name()?;
            self.space()?;
            let kind = self.attribute_kind()?;
            self.space()?;
            let mut is_required = false;
            let mut default = None;
            if self.skip("#REQUIRED") {
                is_required = true;
            } else if !self.skip("#IMPLIED") {
                if self.skip("#FIXED") {
                    is_required = true;
                    self.space()?;
                }
                let is_text = kind == "CDATA";
                default = Some(value_of(dtd, self.literal()?, is_text)?);
            }
            if dtd.is_ignoring {
                continue;
            }
            let known = dtd.attributes.entry(element.clone()).or_default();
            if known.iter().all(|known| known.name != name) {
                known.push(Attribute {
                    name: name.clone(),
                    is_text: kind == "CDATA",
                    default: default.clone(),
                });
                let element = element.clone();
                events.push(Event::AttlistDecl {
                    element,
                    name,
                    kind,
                    default,
                    is_required,
                });
            }
        }
    }

    fn attribute_kind(&mut self) -> Token<String> {
        const KINDS: [&str; 8] = [
            "CDATA", "IDREFS", "IDREF", "ID", "ENTITY", "ENTITIES", "NMTOKENS", "NMTOKEN",
        ];
        let mut kind = String::new();
        if self.skip("NOTATION") {
            self.space()?;
            kind.push_str("NOTATION");
        } else if let Some(found) = KINDS.into_iter().find(|kind| self.skip(kind)) {
            return Ok(found.to_owned());
        }
        if !self.skip("(") {
            return self.error();
        }
        kind.push('(');
        loop {
            self.optional_space();
            kind.push_str(&self.name_token()?);
            self.optional_space();
            if self.skip(")") {
                kind.push(')');
                return Ok(kind);
            }
            if !self.skip("|") {
                return self.error();
            }
            kind.push('|');
        }
    }
}
