//! Expat's errors: numbers, names and messages.

/// The number of an error, as `ExpatError.code` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u8);

pub(super) const SYNTAX: Code = Code(2);
pub(super) const NO_ELEMENTS: Code = Code(3);
pub(super) const INVALID_TOKEN: Code = Code(4);
pub(super) const UNCLOSED_TOKEN: Code = Code(5);
pub(super) const PARTIAL_CHAR: Code = Code(6);
pub(super) const TAG_MISMATCH: Code = Code(7);
pub(super) const DUPLICATE_ATTRIBUTE: Code = Code(8);
pub(super) const JUNK_AFTER_DOC_ELEMENT: Code = Code(9);
pub(super) const PARAM_ENTITY_REF: Code = Code(10);
pub(super) const UNDEFINED_ENTITY: Code = Code(11);
pub(super) const RECURSIVE_ENTITY_REF: Code = Code(12);
pub(super) const ASYNC_ENTITY: Code = Code(13);
pub(super) const BAD_CHAR_REF: Code = Code(14);
pub(super) const BINARY_ENTITY_REF: Code = Code(15);
pub(super) const ATTRIBUTE_EXTERNAL_ENTITY_REF: Code = Code(16);
pub(super) const MISPLACED_XML_PI: Code = Code(17);
pub(crate) const UNKNOWN_ENCODING: Code = Code(18);
pub(super) const INCORRECT_ENCODING: Code = Code(19);
pub(super) const UNCLOSED_CDATA_SECTION: Code = Code(20);
pub(crate) const EXTERNAL_ENTITY_HANDLING: Code = Code(21);
pub(crate) const NOT_STANDALONE: Code = Code(22);
pub(super) const ENTITY_DECLARED_IN_PE: Code = Code(24);
pub(super) const UNBOUND_PREFIX: Code = Code(27);
pub(super) const UNDECLARING_PREFIX: Code = Code(28);
pub(super) const XML_DECL: Code = Code(30);
pub(super) const TEXT_DECL: Code = Code(31);
pub(super) const PUBLICID: Code = Code(32);
pub(crate) const FINISHED: Code = Code(36);
pub(super) const RESERVED_PREFIX_XML: Code = Code(38);
pub(super) const RESERVED_PREFIX_XMLNS: Code = Code(39);
pub(super) const RESERVED_NAMESPACE_URI: Code = Code(40);
pub(super) const AMPLIFICATION_LIMIT_BREACH: Code = Code(43);

/// Names and messages, from number 1 on.
pub(crate) const ALL: [(&str, &str); 44] = [
    ("XML_ERROR_NO_MEMORY", "out of memory"),
    ("XML_ERROR_SYNTAX", "syntax error"),
    ("XML_ERROR_NO_ELEMENTS", "no element found"),
    ("XML_ERROR_INVALID_TOKEN", "not well-formed (invalid token)"),
    ("XML_ERROR_UNCLOSED_TOKEN", "unclosed token"),
    ("XML_ERROR_PARTIAL_CHAR", "partial character"),
    ("XML_ERROR_TAG_MISMATCH", "mismatched tag"),
    ("XML_ERROR_DUPLICATE_ATTRIBUTE", "duplicate attribute"),
    (
        "XML_ERROR_JUNK_AFTER_DOC_ELEMENT",
        "junk after document element",
    ),
    (
        "XML_ERROR_PARAM_ENTITY_REF",
        "illegal parameter entity reference",
    ),
    ("XML_ERROR_UNDEFINED_ENTITY", "undefined entity"),
    (
        "XML_ERROR_RECURSIVE_ENTITY_REF",
        "recursive entity reference",
    ),
    ("XML_ERROR_ASYNC_ENTITY", "asynchronous entity"),
    (
        "XML_ERROR_BAD_CHAR_REF",
        "reference to invalid character number",
    ),
    ("XML_ERROR_BINARY_ENTITY_REF", "reference to binary entity"),
    (
        "XML_ERROR_ATTRIBUTE_EXTERNAL_ENTITY_REF",
        "reference to external entity in attribute",
    ),
    (
        "XML_ERROR_MISPLACED_XML_PI",
        "XML or text declaration not at start of entity",
    ),
    ("XML_ERROR_UNKNOWN_ENCODING", "unknown encoding"),
    (
        "XML_ERROR_INCORRECT_ENCODING",
        "encoding specified in XML declaration is incorrect",
    ),
    ("XML_ERROR_UNCLOSED_CDATA_SECTION", "unclosed CDATA section"),
    (
        "XML_ERROR_EXTERNAL_ENTITY_HANDLING",
        "error in processing external entity reference",
    ),
    ("XML_ERROR_NOT_STANDALONE", "document is not standalone"),
    (
        "XML_ERROR_UNEXPECTED_STATE",
        "unexpected parser state - please send a bug report",
    ),
    (
        "XML_ERROR_ENTITY_DECLARED_IN_PE",
        "entity declared in parameter entity",
    ),
    (
        "XML_ERROR_FEATURE_REQUIRES_XML_DTD",
        "requested feature requires XML_DTD support in Expat",
    ),
    (
        "XML_ERROR_CANT_CHANGE_FEATURE_ONCE_PARSING",
        "cannot change setting once parsing has begun",
    ),
    ("XML_ERROR_UNBOUND_PREFIX", "unbound prefix"),
    ("XML_ERROR_UNDECLARING_PREFIX", "must not undeclare prefix"),
    (
        "XML_ERROR_INCOMPLETE_PE",
        "incomplete markup in parameter entity",
    ),
    ("XML_ERROR_XML_DECL", "XML declaration not well-formed"),
    ("XML_ERROR_TEXT_DECL", "text declaration not well-formed"),
    ("XML_ERROR_PUBLICID", "illegal character(s) in public id"),
    ("XML_ERROR_SUSPENDED", "parser suspended"),
    ("XML_ERROR_NOT_SUSPENDED", "parser not suspended"),
    ("XML_ERROR_ABORTED", "parsing aborted"),
    ("XML_ERROR_FINISHED", "parsing finished"),
    (
        "XML_ERROR_SUSPEND_PE",
        "cannot suspend in external parameter entity",
    ),
    (
        "XML_ERROR_RESERVED_PREFIX_XML",
        "reserved prefix (xml) must not be undeclared or bound to another namespace name",
    ),
    (
        "XML_ERROR_RESERVED_PREFIX_XMLNS",
        "reserved prefix (xmlns) must not be declared or undeclared",
    ),
    (
        "XML_ERROR_RESERVED_NAMESPACE_URI",
        "prefix must not be bound to one of the reserved namespace names",
    ),
    ("XML_ERROR_INVALID_ARGUMENT", "invalid argument"),
    (
        "XML_ERROR_NO_BUFFER",
        "a successful prior call to function XML_GetBuffer was required",
    ),
    (
        "XML_ERROR_AMPLIFICATION_LIMIT_BREACH",
        "limit on input amplification factor (from DTD and entities) breached",
    ),
    ("XML_ERROR_NOT_STARTED", "parser not started"),
];

/// The message of an error.
pub(crate) fn message(code: Code) -> &'static str {
    let index = usize::from(code.0).checked_sub(1);
    index
        .and_then(|index| ALL.get(index))
        .map_or("unknown error", |(_, message)| *message)
}
