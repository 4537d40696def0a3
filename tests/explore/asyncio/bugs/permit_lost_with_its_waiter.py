# expect: deadlock
# options: --inject cancel
import asyncio
import collections


class Gate:
    """Hands a permit to the first in line; forgets that a waiter may be cancelled with it."""

    def __init__(self):
        self.free = True
        self.line = collections.deque()

    async def enter(self):
        if self.free:
            self.free = False
            return
        turn = asyncio.get_running_loop().create_future()
        self.line.append(turn)
        await turn

    def leave(self):
        while self.line:
            turn = self.line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free = True


async def main():
    gate = Gate()

    async def use():
        await gate.enter()
        try:
            await asyncio.sleep(0)
        finally:
            gate.leave()

    await asyncio.wait([asyncio.create_task(use()) for _ in range(3)])


asyncio.run(main())
