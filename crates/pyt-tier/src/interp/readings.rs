//! What compiled loops rely on beside their own variables: global variables and functions.
//!
//! A [`Reading`] says where an object is found and what it has to be. All readings of a program
//! are made again each time that it begins, and stand for the whole run. With the GIL that cannot
//! be seen: a program runs nothing that could change them, and another thread runs only once the
//! loop has been left. Without the GIL another thread may change a variable meanwhile. The run
//! then goes on with the value from its beginning, for at most as many operations as a run has;
//! and so that no two variables are seen in a state that they never had together, programs have
//! no more than one reading there.

use std::fmt::Write as _;

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyCode, PyDict, PyFunction, PyStr, PyStrInterned, PyTuple},
};

use super::{
    attributes::{self, How},
    bound,
    callees::{Callee, examine},
    frame::Frame,
    items, pairs_of,
    places::{Place, Reading},
    tier::Tier,
    values::{Found, classify},
};
use crate::ir::{
    Ty,
    build::{Known, Surroundings},
    code::Unit,
};

/// More readings are not made for one loop.
const MAX_READINGS: usize = 24;

/// The readings of one program.
#[derive(Default)]
#[allow(clippy::struct_field_names, reason = "they are what it is made of")]
pub(crate) struct Readings {
    readings: Vec<Reading>,
    callees: Vec<Callee>,
    /// The functions that were checked last, by reading.
    checked: Mutex<Checked>,
    /// What was called or read and is left to the interpreter, and why.
    refused: Vec<(&'static PyStrInterned, &'static str)>,
}

/// Functions whose state has been compared. A function has another version, or none, once its
/// code or its defaults were set, and no two functions have the same.
#[derive(Default)]
struct Checked {
    globals: usize,
    builtins: usize,
    versions: Vec<u32>,
}

impl Readings {
    /// In the order of their numbers.
    pub(super) fn all(&self) -> &[Reading] {
        &self.readings
    }

    /// The codes that are kept.
    pub(crate) fn codes(&self) -> impl Iterator<Item = PyObjectRef> {
        self.callees.iter().map(|callee| callee.code.clone().into())
    }

    /// What calls are followed and which are not, as text that continues a sentence.
    pub(crate) fn describe(&self) -> String {
        let followed = self
            .callees
            .iter()
            .map(|callee| callee.code.code.qualname.as_str());
        let followed: Vec<_> = followed.collect();
        let mut text = String::new();
        if !followed.is_empty() {
            let _infallible = write!(text, "; follows {}", followed.join(", "));
        }
        for (name, reason) in &self.refused {
            let _infallible = write!(text, "; not {name}: {reason}");
        }
        text
    }

    /// Reads all again. `None`: something is not as the program relies on.
    pub(crate) fn read(&self, frame: Frame, tier: &Tier, vm: &VirtualMachine) -> Option<Found> {
        let mut found = Found::with_capacity(self.readings.len());
        for (at, reading) in self.readings.iter().enumerate() {
            let (object, how) = look_up(reading.place, frame, &found, vm)?;
            let is_right = match reading.known {
                Known::Value(ty) => classify(Some(&object), vm).0 == ty,
                Known::Builtin(builtin) => tier.builtins().find(&object, vm) == Some(builtin),
                Known::Function(number) | Known::Method(number) | Known::Getter(number) => {
                    self.is_function(at, &object, number, frame, tier, vm)
                }
                Known::Text => true,
                known @ (Known::List(_) | Known::Array(_) | Known::Tuple(_) | Known::Dict) => {
                    items::sequence(&object, vm) == Some(known)
                }
                Known::Iterator(_) => match reading.place {
                    Place::Inner(..) => pairs_of::is_inner(&object, vm),
                    _ => items::is_iterator(&object, vm),
                },
                Known::Enumerate(_) => pairs_of::enumerated(&object, vm).is_some(),
                Known::Zip => pairs_of::zipped(&object, vm).is_some(),
                Known::Object => classify(Some(&object), vm).0 == Ty::Other,
            };
            if !is_right || how != reading.how {
                return None;
            }
            found.push(object);
        }
        bound::are_distinct(&self.readings, frame, &found, vm).then_some(found)
    }

    fn is_function(
        &self,
        at: usize,
        object: &PyObject,
        number: usize,
        frame: Frame,
        tier: &Tier,
        vm: &VirtualMachine,
    ) -> bool {
        let Some(function) = object.downcast_ref_if_exact::<PyFunction>(vm) else {
            return false;
        };
        let Some(callee) = self.callees.get(number.wrapping_sub(1)) else {
            return false;
        };
        let (globals, builtins) = frame.namespaces();
        let (globals, builtins) = (globals.get_id(), builtins.get_id());
        let version = function.func_version();
        let mut checked = self.checked.lock();
        if (checked.globals, checked.builtins) != (globals, builtins) {
            *checked = Checked {
                globals,
                builtins,
                versions: Vec::new(),
            };
        }
        let is_checked = version != 0 && checked.versions.get(at) == Some(&version);
        drop(checked);
        if is_checked {
            return callee.has_keyword_defaults(object, vm);
        }
        let version = function.get_version_for_current_state();
        let same = version != 0
            && examine(object, frame, &|code| tier.instructions(code, vm), vm)
                .is_ok_and(|now| now.is_as(callee));
        // Another thread may have changed it meanwhile.
        if same && function.func_version() == version {
            let mut checked = self.checked.lock();
            let count = self.readings.len();
            checked.versions.resize(count, 0);
            checked.versions[at] = version;
            return (checked.globals, checked.builtins) == (globals, builtins);
        }
        false
    }
}

/// What is there, if it can be found without running anything.
fn look_up(
    place: Place,
    frame: Frame,
    found: &[PyObjectRef],
    vm: &VirtualMachine,
) -> Option<(PyObjectRef, How)> {
    let object = match place {
        Place::Local(local) => frame.local(local)?.to_owned(),
        Place::Cell(_) | Place::CellOf(..) => {
            let cell = bound::cell(place, frame, found, vm)?;
            let contents = cell.get_attr(vm.ctx.intern_str("cell_contents"), vm);
            return Some((contents.ok()?, How::Own));
        }
        Place::Stack(place) => frame.owned(place)?.to_owned(),
        Place::Global(name) => {
            let (globals, builtins) = frame.namespaces();
            let builtins = builtins.downcast_ref_if_exact::<PyDict>(vm)?;
            if !globals.class().is(vm.ctx.types.dict_type) {
                return None;
            }
            match globals.get_item_opt(name, vm).ok()? {
                Some(object) => return Some((object, How::Own)),
                None => builtins.get_item_opt(name, vm).ok()??,
            }
        }
        Place::Attribute(of, name) => {
            return attributes::look_up(found.get(usize::from(of))?, name, vm);
        }
        Place::Item(of, index) => {
            let tuple = found.get(usize::from(of))?;
            let tuple = tuple.downcast_ref_if_exact::<PyTuple>(vm)?;
            tuple.as_slice().get(index)?.clone()
        }
        Place::Entry(of, name) => {
            let dict = found.get(usize::from(of))?;
            let dict = dict.downcast_ref_if_exact::<PyDict>(vm)?;
            return Some((dict.get_item_opt(name, vm).ok()??, How::Own));
        }
        Place::Inner(of, index) => {
            pairs_of::zipped(found.get(usize::from(of))?, vm)?[index.min(1)].clone()
        }
        Place::Text(name) => name.to_object(),
        Place::Length(of) => {
            let length = items::length(found.get(usize::from(of))?, vm)?;
            vm.ctx.new_int(length).into()
        }
    };
    Some((object, How::Plain))
}

/// What is known around a loop while its program is made.
pub(crate) struct Around<'a> {
    pub(crate) tier: &'a Tier,
    pub(crate) frame: Frame,
    pub(crate) code: &'a Py<PyCode>,
    pub(crate) vm: &'a VirtualMachine,
    pub(crate) readings: Readings,
    /// What the readings found.
    found: Found,
    nothing: Unit,
}

impl<'a> Around<'a> {
    pub(crate) fn new(
        tier: &'a Tier,
        frame: Frame,
        code: &'a Py<PyCode>,
        vm: &'a VirtualMachine,
    ) -> Self {
        Self {
            tier,
            frame,
            code,
            vm,
            readings: Readings::default(),
            found: Found::new(),
            nothing: Unit {
                instrs: Vec::new(),
                positional: 0,
                defaults: Vec::new(),
                locals: 0,
                max_stack: 0,
            },
        }
    }

    fn reading(&mut self, place: Place, name: &'static PyStrInterned) -> Option<(u8, Known)> {
        let readings = &self.readings.readings;
        if let Some(at) = readings.iter().position(|known| known.place == place) {
            return Some((at as u8, readings[at].known));
        }
        let most = if self.tier.is_exclusive() {
            MAX_READINGS
        } else {
            1
        };
        // Constants do not change.
        let variable = readings.iter().filter(|one| one.known != Known::Text);
        let is_full = match place {
            Place::Text(_) => readings.len() >= 2 * MAX_READINGS,
            _ => variable.count() >= most || readings.len() >= 2 * MAX_READINGS,
        };
        let known = if is_full {
            Err("too much is read")
        } else {
            match look_up(place, self.frame, &self.found, self.vm) {
                Some((object, how)) if matches!(place, Place::Text(_)) => {
                    Ok((object, how, Known::Text))
                }
                Some((object, how)) if matches!(place, Place::Inner(..)) => {
                    let ty = pairs_of::next_type(&object, self.vm);
                    Ok((object, how, Known::Iterator(ty)))
                }
                Some((object, how)) => self.know(&object, how).map(|known| (object, how, known)),
                None => Err("it is not found without calling something"),
            }
        };
        let (object, how, known) = match known {
            Ok(known) => known,
            Err(reason) => {
                if !self.readings.refused.contains(&(name, reason)) {
                    self.readings.refused.push((name, reason));
                }
                return None;
            }
        };
        self.readings.readings.push(Reading {
            place,
            how,
            known,
            is_bound: false,
        });
        self.found.push(object);
        if !bound::are_distinct(self.readings.all(), self.frame, &self.found, self.vm) {
            // The program binds that place by another name.
            self.readings.readings.pop();
            self.found.pop();
            self.readings
                .refused
                .push((name, "it is bound by another name"));
            return None;
        }
        Some((self.readings.readings.len() as u8 - 1, known))
    }

    fn know(&mut self, object: &PyObject, how: How) -> Result<Known, &'static str> {
        let (ty, _) = classify(Some(object), self.vm);
        let is_value = matches!(how, How::Own | How::Plain);
        if is_value && (ty.is_number() || ty == Ty::None) {
            return Ok(Known::Value(ty));
        }
        if how == How::Method
            && let Some(builtin) = self.tier.builtins().find(object, self.vm)
        {
            return Ok(Known::Builtin(builtin));
        }
        let is_function = object.class().is(self.vm.ctx.types.function_type);
        if is_value && !is_function {
            if let Some(builtin) = self.tier.builtins().find(object, self.vm) {
                return Ok(Known::Builtin(builtin));
            }
            if let Some(inner) = pairs_of::enumerated(object, self.vm) {
                return Ok(Known::Enumerate(pairs_of::next_type(&inner, self.vm)));
            }
            if pairs_of::zipped(object, self.vm).is_some() {
                return Ok(Known::Zip);
            }
            if items::is_iterator(object, self.vm) {
                return Ok(Known::Iterator(items::next_type(object, self.vm)));
            }
            return Ok(items::sequence(object, self.vm).unwrap_or(Known::Object));
        }
        let callee = examine(
            object,
            self.frame,
            &|code| self.tier.instructions(code, self.vm),
            self.vm,
        )?;
        let callees = &mut self.readings.callees;
        let same = callees.iter().position(|known| known.is_as(&callee));
        let at = same.unwrap_or_else(|| {
            callees.push(callee);
            callees.len() - 1
        });
        Ok(match how {
            How::Own | How::Plain => Known::Function(at + 1),
            How::Method => Known::Method(at + 1),
            How::Getter => Known::Getter(at + 1),
        })
    }
}

impl Around<'_> {
    fn code_of(&self, unit: usize) -> Option<&Py<PyCode>> {
        Some(match unit.checked_sub(1) {
            Some(callee) => &*self.readings.callees.get(callee)?.code,
            None => self.code,
        })
    }

    fn name(&self, unit: usize, name: usize) -> Option<&'static PyStrInterned> {
        self.code_of(unit)?.code.names.get(name).copied()
    }
}

impl Surroundings for Around<'_> {
    fn global(&mut self, unit: usize, name: usize) -> Option<(u8, Known)> {
        let name = self.name(unit, name)?;
        self.reading(Place::Global(name), name)
    }

    fn attribute(&mut self, of: u8, unit: usize, name: usize) -> Option<(u8, Known)> {
        let name = self.name(unit, name)?;
        self.reading(Place::Attribute(of, name), name)
    }

    fn length(&mut self, of: u8) -> Option<(u8, Known)> {
        self.reading(Place::Length(of), self.vm.ctx.intern_str("len"))
    }

    fn returns_true(&self, method: u8) -> bool {
        let natives = self.tier.builtins().natives();
        natives
            .get(usize::from(method))
            .is_some_and(|one| one.returns_true)
    }

    fn text(&mut self, unit: usize, constant: usize) -> Option<(u8, Known)> {
        let constants = &self.code_of(unit)?.code.constants;
        let constant: PyObjectRef = constants.get(constant)?.clone().into();
        let name = self
            .vm
            .ctx
            .interned_str(constant.downcast_ref::<PyStr>()?)?;
        // Where the program is left it may lie on the stack, and must be the same object.
        let is_it = constant.is(&name.to_object());
        is_it
            .then(|| self.reading(Place::Text(name), name))
            .flatten()
    }

    fn entry(&mut self, of: u8, key: u8) -> Option<(u8, Known)> {
        let Place::Text(name) = self.readings.readings.get(usize::from(key))?.place else {
            return None;
        };
        self.reading(Place::Entry(of, name), name)
    }

    fn inner(&mut self, of: u8, index: usize) -> Option<(u8, Known)> {
        self.reading(Place::Inner(of, index), self.vm.ctx.intern_str("zip"))
    }

    fn tuple_item(&mut self, of: u8, index: usize) -> Option<(u8, Known)> {
        self.reading(Place::Item(of, index), self.vm.ctx.intern_str("an item"))
    }

    fn item(&self, of: u8, index: usize) -> Option<Ty> {
        items::item(self.found.get(usize::from(of))?, index, self.vm)
    }

    fn is_own(&self, unit: usize) -> bool {
        unit > 0 && self.code_of(unit).is_some_and(|code| code.is(self.code))
    }

    fn can_bind(&mut self, reading: u8) -> bool {
        let Some(one) = self.readings.readings.get_mut(usize::from(reading)) else {
            return false;
        };
        one.is_bound |= self.tier.is_exclusive() && bound::can_be(one);
        let is_bound = one.is_bound
            && bound::are_distinct(self.readings.all(), self.frame, &self.found, self.vm);
        self.readings.readings[usize::from(reading)].is_bound = is_bound;
        is_bound
    }

    fn keywords(&self, unit: usize, names: usize, function: usize) -> Option<Vec<usize>> {
        let names: PyObjectRef = self
            .code_of(unit)?
            .code
            .constants
            .get(names)?
            .clone()
            .into();
        let names = names.downcast_ref::<PyTuple>()?.as_slice();
        let function = &self.code_of(function)?.code;
        let first = function.posonlyarg_count as usize;
        let end = (function.arg_count + function.kwonlyarg_count) as usize;
        let arguments = function.varnames.get(first..end)?;
        let find = |name: &PyObjectRef| {
            let name = name.downcast_ref::<PyStr>()?;
            let is_it = |known: &&'static PyStrInterned| known.as_bytes() == name.as_bytes();
            Some(first + arguments.iter().position(is_it)?)
        };
        names.iter().map(find).collect()
    }

    fn local(&mut self, local: usize) -> Option<(u8, Known)> {
        let name = *self.code.code.varnames.get(local)?;
        self.reading(Place::Local(local), name)
    }

    fn shared(&mut self, function: Option<u8>, unit: usize, at: usize) -> Option<(u8, Known)> {
        let name = self.vm.ctx.intern_str("a shared variable");
        let Some(function) = function else {
            return self.reading(Place::Cell(at), name);
        };
        // They lie behind all other variables.
        let code = &self.code_of(unit)?.code;
        let first = code
            .localspluskinds
            .len()
            .checked_sub(code.freevars.len())?;
        self.reading(Place::CellOf(function, at.checked_sub(first)?), name)
    }

    fn stacked(&mut self, place: usize) -> Option<(u8, Known)> {
        self.reading(Place::Stack(place), self.vm.ctx.intern_str("a value"))
    }

    fn unit(&self, unit: usize) -> &Unit {
        let callee = (unit.checked_sub(1)).and_then(|at| self.readings.callees.get(at));
        callee.map_or(&self.nothing, |callee| &callee.unit)
    }
}
