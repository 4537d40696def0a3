"""Two ends of a socket in two threads."""
import socket, threading
a, b = socket.socketpair()
def f():
    b.sendall(b.recv(5)[::-1]); b.close()
t = threading.Thread(target=f); t.start()
a.sendall(b"hello"); assert a.recv(5) == b"olleh"
t.join(); a.close()
