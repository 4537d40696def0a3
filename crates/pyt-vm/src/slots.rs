//! A place for one value of each type.

use std::{
    any::{Any, TypeId},
    sync::OnceLock,
};

/// One value of each type, made when it is first asked for. Values stay where they are until the
/// whole is dropped, so that asking for one takes no lock and gives a plain reference.
///
/// It is a list: few types, asked for once in a call.
#[derive(Default)]
pub(super) struct TypeSlots {
    first: OnceLock<Box<Slot>>,
}

struct Slot {
    type_id: TypeId,
    value: Box<dyn Any + Send + Sync>,
    next: OnceLock<Box<Slot>>,
}

impl TypeSlots {
    /// The value of type `T`; its default, the first time.
    #[inline]
    pub(super) fn get<T: Any + Default + Send + Sync>(&self) -> &T {
        let wanted = TypeId::of::<T>();
        let mut place = &self.first;
        loop {
            let slot = match place.get() {
                Some(slot) => slot,
                // Another thread may put another type there at the same time: the walk goes on.
                None => place.get_or_init(|| Box::new(Slot::new(T::default()))),
            };
            if slot.type_id == wanted
                && let Some(value) = slot.value.downcast_ref()
            {
                return value;
            }
            place = &slot.next;
        }
    }
}

impl Slot {
    fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self {
            type_id: TypeId::of::<T>(),
            value: Box::new(value),
            next: OnceLock::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::TypeSlots;

    #[derive(Default)]
    struct Count(AtomicU32);

    #[test]
    fn each_type_has_one_value() {
        let slots = TypeSlots::default();
        slots.get::<AtomicU32>().store(1, Ordering::Relaxed);
        slots.get::<Count>().0.store(2, Ordering::Relaxed);
        assert_eq!(slots.get::<AtomicU32>().load(Ordering::Relaxed), 1);
        assert_eq!(slots.get::<Count>().0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn threads_that_ask_at_once_get_the_same_value() {
        let slots = TypeSlots::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| slots.get::<Count>().0.fetch_add(1, Ordering::Relaxed));
                scope.spawn(|| slots.get::<AtomicU32>().fetch_add(1, Ordering::Relaxed));
            }
        });
        assert_eq!(slots.get::<Count>().0.load(Ordering::Relaxed), 4);
        assert_eq!(slots.get::<AtomicU32>().load(Ordering::Relaxed), 4);
    }
}
