//! The attributes of a parser: its handlers, which parts of a document are given to, and where it
//! is in the document.

use pyt_vm::shared_classes;
use rustpython_vm::{Py, PyObjectRef, PyRef, PyResult, VirtualMachine, builtins::PyType};

use super::parser::PyParser;

/// The handlers, in the order of their numbers.
pub(super) const NAMES: [&str; 22] = [
    "StartElementHandler",
    "EndElementHandler",
    "ProcessingInstructionHandler",
    "CharacterDataHandler",
    "UnparsedEntityDeclHandler",
    "NotationDeclHandler",
    "StartNamespaceDeclHandler",
    "EndNamespaceDeclHandler",
    "CommentHandler",
    "StartCdataSectionHandler",
    "EndCdataSectionHandler",
    "DefaultHandler",
    "DefaultHandlerExpand",
    "NotStandaloneHandler",
    "ExternalEntityRefHandler",
    "StartDoctypeDeclHandler",
    "EndDoctypeDeclHandler",
    "EntityDeclHandler",
    "XmlDeclHandler",
    "ElementDeclHandler",
    "AttlistDeclHandler",
    "SkippedEntityHandler",
];

pub(super) const START_ELEMENT: usize = 0;
pub(super) const END_ELEMENT: usize = 1;
pub(super) const INSTRUCTION: usize = 2;
pub(super) const TEXT: usize = 3;
pub(super) const UNPARSED_ENTITY: usize = 4;
pub(super) const NOTATION: usize = 5;
pub(super) const START_NAMESPACE: usize = 6;
pub(super) const END_NAMESPACE: usize = 7;
pub(super) const COMMENT: usize = 8;
pub(super) const START_CDATA: usize = 9;
pub(super) const END_CDATA: usize = 10;
pub(super) const DEFAULT: usize = 11;
pub(super) const DEFAULT_EXPAND: usize = 12;
pub(super) const NOT_STANDALONE: usize = 13;
pub(super) const EXTERNAL_ENTITY: usize = 14;
pub(super) const START_DOCTYPE: usize = 15;
pub(super) const END_DOCTYPE: usize = 16;
pub(super) const ENTITY: usize = 17;
pub(super) const XML_DECL: usize = 18;
pub(super) const ELEMENT_DECL: usize = 19;
pub(super) const ATTLIST_DECL: usize = 20;
pub(super) const SKIPPED_ENTITY: usize = 21;

/// Gives the class its attributes, unless another interpreter of the process has done so.
pub(super) fn add_attributes(class: &'static Py<PyType>, vm: &VirtualMachine) {
    let ctx = &vm.ctx;
    if class.attributes.contains(ctx.intern_str(NAMES[0])) {
        return;
    }
    for (index, name) in NAMES.into_iter().enumerate() {
        let handler = ctx.new_static_getset(
            name,
            class,
            move |parser: PyRef<PyParser>, vm: &VirtualMachine| parser.handler(index, vm),
            move |parser: PyRef<PyParser>,
                  value: PyObjectRef,
                  vm: &VirtualMachine|
                  -> PyResult<()> { parser.set_handler(index, value, vm) },
        );
        shared_classes::set_attribute(class, ctx.intern_str(name), handler.into());
    }
}
