# expect: exception AssertionError
import asyncio
import socket


async def main():
    data, data_end = socket.socketpair()
    control, control_end = socket.socketpair()
    received = []
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    data.setblocking(False)
    control.setblocking(False)

    def on_data():
        if not closed.is_set():
            received.append(data.recv(10))
        loop.remove_reader(data)

    def on_control():
        control.recv(10)
        closed.set()
        loop.remove_reader(control)

    loop.add_reader(data, on_data)
    loop.add_reader(control, on_control)
    data_end.send(b"last words")
    control_end.send(b"bye")
    await closed.wait()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    loop.remove_reader(data)
    for one in (data, data_end, control, control_end):
        one.close()
    assert received == [b"last words"], received


asyncio.run(main())
