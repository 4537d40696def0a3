//! Coroutines that Rust awaits, and Rust futures that Python awaits.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use pyt_runtime::{Awaitable, Error, Function, Value};
use tokio::time::{sleep, timeout};

use crate::support::{in_both_modes, runtime};

const CODE: &str = "
import asyncio
seen = []
async def double(n):
    await asyncio.sleep(0.01)
    return n * 2
async def for_ever():
    try:
        await asyncio.Event().wait()
    finally:
        seen.append('finally')
async def fails():
    await asyncio.sleep(0)
    raise LookupError('missing')
class Later:
    def __await__(self):
        return (yield from double(4).__await__())
";

fn executor() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

#[test]
fn coroutines_are_awaited_by_the_host() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime.exec(CODE).unwrap();
        let value = |text: &str| runtime.eval::<Value>(text).unwrap();
        executor().block_on(async {
            assert_eq!(value("double(21)").await_async::<i64>().await.unwrap(), 42);
            assert_eq!(value("Later()").await_async::<i64>().await.unwrap(), 8);
            let one = tokio::spawn(value("double(1)").await_async::<i64>());
            let two = tokio::spawn(value("double(2)").await_async::<i64>());
            assert_eq!(
                (one.await.unwrap().unwrap(), two.await.unwrap().unwrap()),
                (2, 4)
            );
            let error = value("fails()").await_async::<()>().await.unwrap_err();
            assert_eq!(error.to_string(), "LookupError: missing");
            let error = value("3").await_async::<()>().await.unwrap_err();
            assert_eq!(error.type_name(), "TypeError");
            // One that is given up is cancelled.
            let short = Duration::from_millis(300);
            let endless = value("for_ever()").await_async::<()>();
            assert!(timeout(short, endless).await.is_err());
            while runtime.threads().len() > 1 {
                sleep(Duration::from_millis(1)).await;
            }
            // Handlers have 100 ms, which may be too short on a busy machine.
            let seen = runtime.eval::<Vec<String>>("seen").unwrap();
            println!("gil={gil}: {seen:?}");
        });
        assert_eq!(runtime.finish(), 0);
    });
}

/// Counts when it is dropped. Never done.
struct Never(Arc<AtomicUsize>);

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Drop for Never {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn futures_are_awaited_by_python() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let executor = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .unwrap();
        let handle = executor.handle().clone();
        // Done by another thread, after a while.
        let later = move |millis: u64, n: i64| {
            let task = handle.spawn(async move {
                sleep(Duration::from_millis(millis)).await;
                n * 2
            });
            Awaitable::new(async move { task.await.map_err(Error::other) })
        };
        let at_once = |n: i64| Awaitable::new(async move { n });
        let fails = || Awaitable::new(async { Err::<(), _>(Error::new("LookupError", "missing")) });
        let panics = || Awaitable::new(async { assert_eq!(1, 2, "a panic") });
        let dropped = Arc::new(AtomicUsize::new(0));
        let counted = dropped.clone();
        let never = move || Awaitable::new(Never(counted.clone()));
        runtime.set("later", Function::new("later", later)).unwrap();
        runtime
            .set("at_once", Function::new("at_once", at_once))
            .unwrap();
        runtime.set("fails", Function::new("fails", fails)).unwrap();
        runtime
            .set("panics", Function::new("panics", panics))
            .unwrap();
        runtime.set("never", Function::new("never", never)).unwrap();
        runtime
            .exec(
                "
import asyncio
async def main():
    assert await at_once(3) == 3
    assert await later(5, 4) == 8
    assert await asyncio.gather(*(later(n % 7, n) for n in range(50))) == [2 * n for n in range(50)]
    task = asyncio.create_task(later(5, 1))
    assert await task == 2
    for failing, kind in (fails, LookupError), (panics, RuntimeError):
        try:
            await failing()
        except kind as error:
            assert 'missing' in str(error) or 'a panic' in str(error), error
        else:
            assert False
    once = at_once(1)
    await once
    try:
        await once
    except RuntimeError:
        pass
    else:
        assert False, 'awaited twice'
    # Cancelled on this side, the future is dropped on the other.
    try:
        await asyncio.wait_for(never(), 0.05)
    except TimeoutError:
        pass
    task = asyncio.create_task(never())
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    return 'done'
assert asyncio.run(main()) == 'done'
",
            )
            .unwrap();
        assert_eq!(dropped.load(Ordering::SeqCst), 2);
        assert_eq!(runtime.finish(), 0);
    });
}
