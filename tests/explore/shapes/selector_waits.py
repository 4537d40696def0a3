"""A selector that waits for another thread."""
import selectors, socket, threading
a, b = socket.socketpair()
s = selectors.DefaultSelector(); s.register(a, selectors.EVENT_READ)
t = threading.Thread(target=b.send, args=(b"x",)); t.start()
assert s.select(5); assert a.recv(1) == b"x"
t.join(); s.close(); a.close(); b.close()
