"""`asyncio.to_thread`, `run_in_executor` and their neighbours between an event loop and threads."""
import asyncio
import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 120
request = contextvars.ContextVar("request", default="none")


def blocking(n):
    if n % 10 == 9:
        raise ValueError(n)
    return n, request.get(), threading.current_thread() is threading.main_thread()


async def to_thread():
    async def one(n):
        request.set(f"request {n}")
        return await asyncio.to_thread(blocking, n)

    answers = await asyncio.gather(*(one(n) for n in range(60)), return_exceptions=True)
    for n, answer in enumerate(answers):
        if n % 10 == 9:
            assert isinstance(answer, ValueError) and answer.args == (n,)
        else:
            assert answer == (n, f"request {n}", False)
    assert request.get() == "none"


async def many_at_once():
    """The loop goes on while threads block, and they block together."""
    loop = asyncio.get_running_loop()
    barrier = threading.Barrier(5)
    with ThreadPoolExecutor(5) as pool:
        waits = [loop.run_in_executor(pool, barrier.wait, PATIENCE) for _ in range(4)]
        for _ in range(20):
            await asyncio.sleep(0)
        assert not any(wait.done() for wait in waits)
        waits.append(loop.run_in_executor(pool, barrier.wait, PATIENCE))
        assert sorted(await asyncio.gather(*waits)) == list(range(5))


async def timeouts():
    gate = threading.Event()
    try:
        await asyncio.wait_for(asyncio.to_thread(gate.wait, PATIENCE), 0.02)
    except TimeoutError:
        pass
    else:
        raise AssertionError("no timeout")
    try:
        async with asyncio.timeout(0.02):
            await asyncio.to_thread(gate.wait, PATIENCE)
    except TimeoutError:
        pass
    else:
        raise AssertionError("no timeout")
    gate.set()


async def called_from_threads():
    loop = asyncio.get_running_loop()
    got, channel = [], asyncio.Queue()
    finished = asyncio.Event()

    def produce(n):
        for k in range(100):
            loop.call_soon_threadsafe(got.append, (n, k))
            asyncio.run_coroutine_threadsafe(channel.put((n, k)), loop).result(PATIENCE)

    def all_of_them():
        threads = [threading.Thread(target=produce, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        loop.call_soon_threadsafe(finished.set)

    thread = threading.Thread(target=all_of_them)
    thread.start()
    taken = [await channel.get() for _ in range(400)]
    await asyncio.wait_for(finished.wait(), PATIENCE)
    thread.join()
    for items in (got, taken):
        assert len(items) == 400
        for n in range(4):
            assert [k for owner, k in items if owner == n] == list(range(100))

    # What a coroutine raises reaches the thread that asked, and so does cancelling.
    async def fail():
        raise KeyError("inside")

    def ask():
        try:
            asyncio.run_coroutine_threadsafe(fail(), loop).result(PATIENCE)
        except KeyError as error:
            return error.args

    assert await asyncio.to_thread(ask) == ("inside",)

    def give_up():
        future = asyncio.run_coroutine_threadsafe(asyncio.sleep(PATIENCE), loop)
        try:
            future.result(0.02)
        except TimeoutError:
            return future.cancel()

    assert await asyncio.to_thread(give_up) is True


def loops_in_threads():
    """Each thread has a loop of its own, and asks the others'."""
    loops, answers = {}, {}
    ready = threading.Barrier(4)
    done = threading.Barrier(4)

    async def answer(n, asker):
        await asyncio.sleep(0)
        return n, asker, threading.current_thread().name

    async def main(n):
        loops[n] = asyncio.get_running_loop()
        await asyncio.to_thread(ready.wait, PATIENCE)
        asked = [
            asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(k, n), loops[k]))
            for k in range(4)
        ]
        answers[n] = await asyncio.gather(*asked)
        await asyncio.to_thread(done.wait, PATIENCE)

    threads = [
        threading.Thread(target=lambda n=n: asyncio.run(main(n)), name=f"loop-{n}")
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: [(k, n, f"loop-{k}") for k in range(4)] for n in range(4)}


def a_loop_in_the_background():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    ticks = []

    async def tick():
        for n in range(5):
            await asyncio.sleep(0.001)
            ticks.append(n)
        return threading.get_ident()

    where = asyncio.run_coroutine_threadsafe(tick(), loop).result(PATIENCE)
    assert where == thread.ident and ticks == list(range(5))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    try:
        loop.call_soon_threadsafe(print)
    except RuntimeError as error:
        assert str(error) == "Event loop is closed"
    else:
        raise AssertionError("a closed loop took a call")


async def the_end_waits_for_threads(ended):
    asyncio.get_running_loop().run_in_executor(None, lambda: (time.sleep(0.1), ended.append(1)))


before = threading.active_count()
for part in (to_thread, many_at_once, timeouts, called_from_threads):
    asyncio.run(part())
loops_in_threads()
a_loop_in_the_background()
ended = []
asyncio.run(the_end_waits_for_threads(ended))
assert ended == [1]
assert threading.active_count() == before, threading.enumerate()

with asyncio.Runner(debug=True) as runner:
    runner.run(to_thread())
