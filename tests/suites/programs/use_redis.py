# needs: redis
from redis.client import Redis
from redis._parsers import _RESP2Parser
client = Redis(host="127.0.0.1", port=1, socket_connect_timeout=1, retry=None)
pipe = client.pipeline(); pipe.set("a", 1).get("a")
print([command[0] for command in pipe.command_stack])
print(client.connection_pool.get_encoder().encode(1.5), b"".join(client.connection_pool.make_connection().pack_command("SET", "k", "ä")))
