//! Which argument of a function each value of a call is.

use super::{
    Builder, Item,
    calls::{self, Followed},
};
use crate::ir::code::Const;

/// Where the value of an argument is.
#[derive(Clone, Copy)]
pub(super) enum Argument {
    /// On the caller's stack.
    At(usize),
    Default(Const),
}

impl Argument {
    pub(super) fn value(self, stack: &[Item]) -> Item {
        match self {
            Self::At(place) => stack[place],
            Self::Default(value) => calls::constant(value),
        }
    }
}

impl Builder<'_, '_> {
    /// The arguments of a call of the function with this number, whose values lie on the stack from
    /// `at` on, the last with these names. Also, how many are given by position. `None`: the
    /// function cannot be called so.
    pub(super) fn arguments(
        &mut self,
        number: usize,
        at: usize,
        names: Option<usize>,
    ) -> Option<(usize, Vec<Argument>)> {
        let keywords = match names {
            Some(names) => {
                let caller = self.unit_number();
                self.surroundings.keywords(caller, names, number)?
            }
            None => Vec::new(),
        };
        let given = (self.stack.len() - at).checked_sub(keywords.len())?;
        if !self.units.contains_key(&number) {
            let unit = Followed::of(self.surroundings.unit(number));
            self.units.insert(number, unit);
        }
        let unit = &self.units[&number];
        if given > unit.positional {
            return None;
        }
        let mut places: Vec<Option<usize>> = vec![None; unit.defaults.len()];
        for (place, argument) in (0..given).chain(keywords).enumerate() {
            let slot = places.get_mut(argument)?;
            if slot.replace(at + place).is_some() {
                return None;
            }
        }
        let arguments = places.into_iter().zip(&unit.defaults);
        let arguments: Option<Vec<_>> = arguments
            .map(|(place, default)| match place {
                Some(place) => Some(Argument::At(place)),
                None => default.map(Argument::Default),
            })
            .collect();
        Some((given, arguments?))
    }
}
