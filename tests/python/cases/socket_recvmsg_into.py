import socket
print(hasattr(socket.socket, "recvmsg_into"), hasattr(socket.socket, "recvmsg"), hasattr(socket.socket,"sendmsg"))
