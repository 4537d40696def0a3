"""janus: queues with one end in an event loop and the other in threads."""
import asyncio
import threading

import janus

PATIENCE = 120


async def threads_produce(kind=janus.Queue, maxsize=5):
    queue = kind(maxsize)

    def produce(n):
        for k in range(100):
            queue.sync_q.put((n, k), timeout=PATIENCE)

    threads = [threading.Thread(target=produce, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    got = []
    for _ in range(400):
        got.append(await asyncio.wait_for(queue.async_q.get(), PATIENCE))
        queue.async_q.task_done()
    await asyncio.to_thread(queue.sync_q.join)
    for thread in threads:
        thread.join()
    assert sorted(got) == [(n, k) for n in range(4) for k in range(100)]
    if kind is janus.Queue:
        for n in range(4):
            assert [k for owner, k in got if owner == n] == list(range(100))
    await queue.aclose()
    assert queue.closed


async def threads_consume():
    queue = janus.Queue(3)
    got, lock = [], threading.Lock()

    def consume():
        while (item := queue.sync_q.get(timeout=PATIENCE)) is not None:
            with lock:
                got.append(item)
            queue.sync_q.task_done()
        queue.sync_q.task_done()

    threads = [threading.Thread(target=consume) for _ in range(4)]
    for thread in threads:
        thread.start()

    async def produce(n):
        for k in range(100):
            await queue.async_q.put((n, k))

    await asyncio.gather(*(produce(n) for n in range(3)))
    await queue.async_q.join()
    assert sorted(got) == [(n, k) for n in range(3) for k in range(100)]
    for _ in threads:
        await queue.async_q.put(None)
    await asyncio.wait_for(queue.async_q.join(), PATIENCE)
    for thread in threads:
        thread.join()
    await queue.aclose()


async def orders():
    for kind, expected in ((janus.PriorityQueue, [1, 2, 3]), (janus.LifoQueue, [2, 1, 3])):
        queue = kind()
        await asyncio.to_thread(lambda: [queue.sync_q.put(n) for n in (3, 1, 2)])
        assert [await queue.async_q.get() for _ in range(3)] == expected
        await queue.aclose()


async def full_and_empty():
    queue = janus.Queue(1)
    for error, call in (
        (janus.SyncQueueEmpty, lambda: queue.sync_q.get(timeout=0.01)),
        (janus.SyncQueueEmpty, queue.sync_q.get_nowait),
    ):
        assert await asyncio.to_thread(raises, error, call)
    assert raises(janus.AsyncQueueEmpty, queue.async_q.get_nowait)
    queue.async_q.put_nowait("one")
    assert queue.sync_q.full() and queue.async_q.qsize() == 1
    assert raises(janus.AsyncQueueFull, lambda: queue.async_q.put_nowait("two"))
    assert await asyncio.to_thread(
        raises, janus.SyncQueueFull, lambda: queue.sync_q.put("two", timeout=0.01)
    )
    # A task that waits and is cancelled loses nothing.
    try:
        await asyncio.wait_for(queue.async_q.put("never"), 0.02)
    except TimeoutError:
        pass
    else:
        raise AssertionError("put into a full queue")
    assert await asyncio.to_thread(queue.sync_q.get) == "one"
    try:
        await asyncio.wait_for(queue.async_q.get(), 0.02)
    except TimeoutError:
        pass
    else:
        raise AssertionError("got from an empty queue")
    await queue.aclose()


def raises(error, call):
    try:
        call()
    except error:
        return True
    return False


async def shut_down_while_threads_wait():
    queue = janus.Queue(1)
    started = threading.Barrier(4)

    def wait():
        started.wait(PATIENCE)
        return raises(janus.SyncQueueShutDown, lambda: queue.sync_q.get(timeout=PATIENCE))

    with_threads = [asyncio.create_task(asyncio.to_thread(wait)) for _ in range(3)]
    waiting = asyncio.create_task(queue.async_q.get())
    await asyncio.to_thread(started.wait, PATIENCE)
    queue.shutdown()
    assert await asyncio.wait_for(asyncio.gather(*with_threads), PATIENCE) == [True] * 3
    try:
        await asyncio.wait_for(waiting, PATIENCE)
    except janus.AsyncQueueShutDown:
        pass
    else:
        raise AssertionError("got from a closed queue")
    assert raises(janus.SyncQueueShutDown, lambda: queue.sync_q.put_nowait(1))
    await queue.wait_closed()


async def a_wrong_loop():
    queue = janus.Queue()
    await queue.async_q.put(1)

    async def other():
        await queue.async_q.put(2)

    assert await asyncio.to_thread(raises, RuntimeError, lambda: asyncio.run(other()))
    await queue.aclose()


def loops_talk_through_a_thread():
    """A chain: loop to thread to loop, each in a thread of its own."""
    first, second = [], []
    ready = threading.Barrier(3)
    answers = []

    async def begin():
        first.append(janus.Queue(2))
        await asyncio.to_thread(ready.wait, PATIENCE)
        for n in range(100):
            await first[0].async_q.put(n)
        await first[0].async_q.put(None)
        await asyncio.wait_for(first[0].async_q.join(), PATIENCE)
        await first[0].aclose()

    async def end():
        second.append(janus.Queue(2))
        await asyncio.to_thread(ready.wait, PATIENCE)
        while (item := await asyncio.wait_for(second[0].async_q.get(), PATIENCE)) is not None:
            answers.append(item)
        await second[0].aclose()

    def middle():
        ready.wait(PATIENCE)
        while (item := first[0].sync_q.get(timeout=PATIENCE)) is not None:
            second[0].sync_q.put(item * item, timeout=PATIENCE)
            first[0].sync_q.task_done()
        first[0].sync_q.task_done()
        second[0].sync_q.put(None, timeout=PATIENCE)

    threads = [
        threading.Thread(target=asyncio.run, args=(begin(),)),
        threading.Thread(target=asyncio.run, args=(end(),)),
        threading.Thread(target=middle),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [n * n for n in range(100)]


asyncio.run(threads_produce())
asyncio.run(threads_produce(janus.LifoQueue, 0))
asyncio.run(threads_produce(janus.PriorityQueue))
asyncio.run(threads_consume())
asyncio.run(orders())
asyncio.run(full_and_empty())
asyncio.run(shut_down_while_threads_wait())
asyncio.run(a_wrong_loop())
loops_talk_through_a_thread()
