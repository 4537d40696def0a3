//! What a document consists of, in its order.

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    XmlDecl {
        version: Option<String>,
        encoding: Option<String>,
        /// 1 for yes, 0 for no, -1 if it is not said.
        standalone: i32,
    },
    /// The encoding that a declaration names is known by this name only. The scanner waits until it
    /// is told what bytes stand for.
    UnknownEncoding(String),
    StartDoctype {
        name: String,
        system: Option<String>,
        public: Option<String>,
        has_internal_subset: bool,
    },
    EndDoctype,
    ElementDecl {
        name: String,
        model: Model,
    },
    AttlistDecl {
        element: String,
        name: String,
        kind: String,
        default: Option<String>,
        is_required: bool,
    },
    EntityDecl {
        name: String,
        is_parameter: bool,
        value: Option<String>,
        system: Option<String>,
        public: Option<String>,
        notation: Option<String>,
    },
    NotationDecl {
        name: String,
        system: Option<String>,
        public: Option<String>,
    },
    NotStandalone,
    StartNamespace {
        prefix: Option<String>,
        uri: Option<String>,
    },
    EndNamespace {
        prefix: Option<String>,
    },
    StartElement {
        name: String,
        /// First those that the tag has, then defaults.
        attributes: Vec<(String, String)>,
        /// How many the tag has.
        specified: usize,
    },
    EndElement {
        name: String,
    },
    Text(String),
    Instruction {
        target: String,
        data: String,
    },
    Comment(String),
    StartCdata,
    EndCdata,
    SkippedEntity {
        name: String,
        is_parameter: bool,
    },
    ExternalEntity {
        context: Option<String>,
        system: Option<String>,
        public: Option<String>,
    },
    /// What no handler is for.
    Other,
}

/// What an element may contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) kind: u8,
    /// 1 for `?`, 2 for `*`, 3 for `+`, 0 for none.
    pub(crate) quantifier: u8,
    pub(crate) name: Option<String>,
    pub(crate) children: Vec<Model>,
}

impl Model {
    pub(crate) const EMPTY: u8 = 1;
    pub(crate) const ANY: u8 = 2;
    pub(crate) const MIXED: u8 = 3;
    pub(crate) const NAME: u8 = 4;
    pub(crate) const CHOICE: u8 = 5;
    pub(crate) const SEQUENCE: u8 = 6;

    pub(super) fn leaf(kind: u8) -> Self {
        Self {
            kind,
            quantifier: 0,
            name: None,
            children: Vec::new(),
        }
    }
}
