# needs: h11
import h11
client, server = h11.Connection(h11.CLIENT), h11.Connection(h11.SERVER)
data = client.send(h11.Request(method="GET", target="/x", headers=[("Host", "a")])) + client.send(h11.EndOfMessage())
server.receive_data(data)
print(server.next_event(), server.next_event(), client.states, server.states)
try: server.receive_data(b"garbage\r\n\r\n"); server.send(h11.EndOfMessage())
except h11.LocalProtocolError as error: print(error)
