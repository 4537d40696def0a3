# expect: exception AssertionError
# options: --include socketio.base_manager
# package: python-socketio==5.16.3
# Of two clients that first enter rooms of a namespace, one's room is lost.
import threading

from socketio.base_manager import BaseManager

manager = BaseManager()


def enter(name):
    manager.basic_enter_room(name, "/", None, name)


threads = [threading.Thread(target=enter, args=(name,)) for name in ("ann", "bob")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert set(manager.rooms["/"]) == {None}, manager.rooms
assert set(manager.rooms["/"][None]) == {"ann", "bob"}, "a client is in no room"
