# needs: anyio
import anyio
from anyio import create_memory_object_stream, create_task_group, move_on_after, to_thread
async def main():
    send, receive = create_memory_object_stream(2)
    async def produce():
        async with send:
            for i in range(4): await send.send(i)
    async with create_task_group() as group:
        group.start_soon(produce)
        async with receive:
            print([x async for x in receive])
    with move_on_after(0.01) as scope: await anyio.sleep(60)
    print(scope.cancelled_caught, await to_thread.run_sync(lambda: sum(range(10))))
anyio.run(main)
