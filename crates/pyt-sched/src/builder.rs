//! Makes a [`Scheduler`], with defaults for what is not said.

use std::sync::Arc;

use crate::{Clock, Free, NoWorld, Policy, Scheduler, World};

/// Makes a [`Scheduler`].
pub struct Builder {
    policy: Arc<dyn Policy>,
    clock: Clock,
    world: Arc<dyn World>,
}

impl Scheduler {
    /// A builder with the defaults: all threads free, the real clock, no world.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            policy: Arc::new(Free),
            clock: Clock::real(),
            world: Arc::new(NoWorld),
        }
    }
}

impl Builder {
    /// The policy; [`Free`] by default.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// As [`policy`](Self::policy), for a policy of which the caller keeps a reference.
    #[must_use]
    pub fn shared_policy(mut self, policy: Arc<dyn Policy>) -> Self {
        self.policy = policy;
        self
    }

    /// The clock; the real one by default.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The world around the threads; [`NoWorld`] by default.
    #[must_use]
    pub fn world(mut self, world: Arc<dyn World>) -> Self {
        self.world = world;
        self
    }

    /// The scheduler, with no threads yet.
    #[must_use]
    pub fn build(self) -> Arc<Scheduler> {
        Scheduler::new(self.policy, self.clock, self.world)
    }
}
