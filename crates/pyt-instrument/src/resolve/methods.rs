//! Native methods, by the kind of object that has them.

use rustpython_vm::{AsObject, PyObject, PyResult, builtins::PyType, types::PyTypeFlags};

use crate::{
    access::{Access, Target},
    files, library,
    object_kinds::{Method, ObjectKind},
};

use super::{Emit, INTERNALS, NUMBERS, Resolver};

/// The module of native sockets.
const SOCKETS: &str = "_socket";

impl Resolver<'_> {
    /// A method written natively.
    pub(super) fn method(
        &self,
        receiver: &PyObject,
        name: &str,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        if self.standard_stream(receiver, true, emit)? {
            return self.deep(arguments, true, emit);
        }
        if self.own_method(receiver, name, emit)? {
            return Ok(());
        }
        if name == "fileno" {
            self.known.never_seen(NUMBERS);
        }
        if name == "__dir__" {
            return self.names_of(Some(receiver), emit);
        }
        let method = Method::named(name);
        let behind = self.behind(receiver);
        let receiver = behind.as_deref().unwrap_or(receiver);
        let object_kind = self.object_kind(receiver);
        if name == "__init__" && matches!(object_kind, ObjectKind::Fixed | ObjectKind::Other) {
            // It is made anew, while others use it.
            self.known.not_seen(INTERNALS);
        }
        let first = match object_kind {
            ObjectKind::Mapping | ObjectKind::Set if method.keyed => arguments.next(),
            _ => None,
        };
        match object_kind {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => {
                self.method_of_container(receiver, first, name, emit)?;
            }
            _ if receiver.downcast_ref::<PyType>().is_some() && behind.is_some() => {
                let target = Target::Whole(receiver);
                emit(Access::new(false, receiver.get_id(), 0, target))?;
            }
            ObjectKind::View => self.beneath(receiver, emit)?,
            ObjectKind::Iterator | ObjectKind::Lazy | ObjectKind::Generator => {
                self.advance(receiver, emit)?;
            }
            ObjectKind::Other if only_looks(receiver, name) => {
                let target = Target::Whole(receiver);
                return emit(Access::new(false, receiver.get_id(), 0, target));
            }
            ObjectKind::Other => {
                self.reaches_outside(receiver, emit)?;
                self.deep_one(receiver, true, emit)?;
                self.open_file(receiver, name.starts_with("read"), emit)?;
                if !method.takes {
                    return self.deep(arguments, true, emit);
                }
            }
            ObjectKind::Instance
                if let Some(owner) = self.native_owner(receiver, name)
                    && !library::passes_on(&owner) =>
            {
                return self.inherited_method(receiver, &owner, arguments, emit);
            }
            // (Of an instance: a native method of a class of the library's, such as `submit`.)
            ObjectKind::Primitive | ObjectKind::Instance if !name.starts_with("put") => {
                for argument in arguments {
                    self.lend(argument, emit)?;
                }
                return Ok(());
            }
            ObjectKind::Fixed if name.ends_with("_into") || name.ends_with("_from") => {
                return self.deep(arguments, true, emit);
            }
            // A compiled pattern.
            ObjectKind::Fixed
                if let Some(module) = self.module_of(receiver.class().as_object())
                    && library::matches_text(&module) =>
            {
                return self.unknown_call(&module, true, arguments, emit);
            }
            ObjectKind::Fixed | ObjectKind::Primitive | ObjectKind::Instance => {}
        }
        self.arguments_of_method(receiver, name, arguments, emit)
    }

    /// A native method of a container; `first`: the key that it is about.
    fn method_of_container(
        &self,
        receiver: &PyObject,
        first: Option<&PyObject>,
        name: &str,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let method = Method::named(name);
        let object_kind = self.object_kind(receiver);
        let part = first.map_or(0, |key| self.part(receiver, object_kind, key));
        let is_added = first.is_some_and(|key| {
            // (Whether a set has a member is not looked up.)
            name == "add" || method.change && self.is_added(receiver, key, part)
        });
        if method.change {
            self.changes_names(receiver);
        }
        let target = match first {
            Some(key) => Target::Item(receiver, key),
            None => Target::Whole(receiver),
        };
        let address = self.known.items_of(receiver);
        emit(Access::new(method.change, address, part, target).adding_if(is_added))
    }

    /// What a native method does to its arguments, and to the items that it compares with them.
    fn arguments_of_method(
        &self,
        receiver: &PyObject,
        name: &str,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let object_kind = self.object_kind(receiver);
        if matches!(name, "format" | "format_map") {
            // It may read attributes.
            for argument in arguments {
                self.shown(argument, emit)?;
                if self.object_kind(argument) == ObjectKind::Instance {
                    self.state_of(argument, false, emit)?;
                }
            }
            return Ok(());
        }
        if name == "sort" && object_kind.is_container() {
            let mut all = vec![receiver];
            for argument in arguments {
                all.push(argument);
            }
            return self.keys(&mut all.into_iter(), emit);
        }
        // What looks for an item compares it with those that are there.
        let has_order = matches!(
            object_kind,
            ObjectKind::Sequence | ObjectKind::View | ObjectKind::Fixed
        );
        let compares = has_order
            && matches!(
                name,
                "index" | "count" | "remove" | "__contains__" | "__eq__"
            );
        if compares || self.is_fixed_collection(receiver) {
            self.deep_one(receiver, false, emit)?;
        }
        if compares || object_kind == ObjectKind::Fixed {
            // Such as `int.from_bytes` or `str.translate`.
            self.deep(arguments, false, emit)
        } else if Method::named(name).takes {
            self.each(arguments, false, emit)
        } else {
            Ok(())
        }
    }

    /// A method of an object that stands for something outside: whether others are ready, a
    /// database's file, one that is mapped into memory.
    fn reaches_outside(&self, receiver: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        let module = self.module_of(receiver.class().as_object());
        let change = match module.as_deref() {
            Some("select") => false,
            Some("sqlite3" | "_sqlite3" | "mmap") => true,
            _ => return Ok(()),
        };
        emit(Access::new(change, files::FILE_SYSTEM, 0, Target::Unknown))
    }

    /// The module of the native class that an instance has this method from; `None` if it is that
    /// of all objects, or of a class.
    fn native_owner(&self, receiver: &PyObject, name: &str) -> Option<String> {
        if receiver.downcast_ref::<PyType>().is_some() {
            return None;
        }
        let name = self.vm.ctx.intern_str(name);
        let order = receiver.class().mro.read().clone();
        let owner = order
            .iter()
            .find(|class| class.get_direct_attr(name).is_some())?;
        if owner.is(self.vm.ctx.types.object_type) {
            return None;
        }
        let module = self.module_of(owner.as_object())?;
        // The class of native sockets is a heap type, as those written in Python are.
        let is_native = !owner.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) || module == SOCKETS;
        is_native.then_some(module)
    }

    /// A method of an instance that its class inherits from a native one of the module `owner`.
    fn inherited_method(
        &self,
        receiver: &PyObject,
        owner: &str,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let types = &self.vm.ctx.types;
        let never_changes = [
            types.int_type,
            types.float_type,
            types.complex_type,
            types.str_type,
            types.bytes_type,
            types.tuple_type,
            types.frozenset_type,
        ];
        if never_changes
            .iter()
            .any(|class| receiver.class().fast_issubclass(*class))
        {
            self.deep_one(receiver, false, emit)?;
            return self.deep(arguments, false, emit);
        }
        if owner == SOCKETS {
            // What one end sends the other receives, and any may be looked at by its number.
            emit(Access::new(true, files::FILE_SYSTEM, 0, Target::Unknown))?;
        } else {
            self.change(receiver, emit)?;
        }
        self.deep(arguments, true, emit)
    }
}

/// Whether it is a method of a stream in memory that neither writes nor moves its position.
fn only_looks(receiver: &PyObject, name: &str) -> bool {
    matches!(name, "getvalue" | "tell")
        && matches!(&*receiver.class().name(), "StringIO" | "BytesIO")
}
