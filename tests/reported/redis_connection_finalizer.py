# expect: deadlock
# options: --inject gc --include redis.connection
# package: redis==6.1.0
# fixed: redis==6.2.0
import redis


class Connection(redis.Connection):
    def connect(self):
        pass

    def can_read(self, timeout=0):
        return False

    def send_command(self, *args, **keywords):
        pass


pool = redis.ConnectionPool(connection_class=Connection)


def subscribe():
    channel = redis.Redis(connection_pool=pool).pubsub()
    channel.itself = channel
    channel.execute_command("SUBSCRIBE", "news")


subscribe()
for _ in range(3):
    pool.release(pool.get_connection())
