# expect: exception AssertionError
# options: --clock jitter=0.01
# package: anyio==4.3.0
# fixed: anyio==4.4.0
# An item that is sent while its receiver's time is up is lost.
import asyncio

import anyio


async def main():
    send, receive = anyio.create_memory_object_stream(1)
    received = []

    async def consume():
        with anyio.move_on_after(0.1):
            received.append(await receive.receive())

    with send, receive:
        async with anyio.create_task_group() as group:
            group.start_soon(consume)
            await anyio.sleep(0.1)
            send.send_nowait("item")
        if not received:
            assert receive.statistics().current_buffer_used == 1, "the item is lost"


asyncio.run(main())
