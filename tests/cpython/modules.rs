//! Which modules of the suite are run.
//!
//! All that test threads, locks, queues, clocks and what the standard library builds on threads,
//! and that are done within a minute. Of `test_concurrent_futures` the tests that run on a pool of
//! threads or on none are kept (see `uses_threads_only` in `runner.py`), so its modules that know
//! nothing but processes or interpreters are not here.

/// Names below the package `test`, those that take longest first.
pub(crate) const MODULES: &[&str] = &[
    "test_threading",
    "test_context",
    "test_queue",
    "test_concurrent_futures.test_thread_pool",
    "test_concurrent_futures.test_shutdown",
    "test_threadsignals",
    "test_concurrent_futures.test_as_completed",
    "test_concurrent_futures.test_future",
    "test_time",
    "test_signal",
    "test_thread",
    "test_threading_local",
    "test_socketserver",
    "test_sched",
    "test_contextlib",
    "test_asyncio.test_threads",
    "test_concurrent_futures.test_wait",
    "test_concurrent_futures.test_init",
    "test_threadedtempfile",
];
