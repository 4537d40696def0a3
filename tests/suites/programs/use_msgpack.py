# needs: source:msgpack
import msgpack, datetime
data = {"a": [1, -5, 2**40, 1.5, None, True], "b": b"x" * 40, "c": "ä"}
packed = msgpack.packb(data)
print(len(packed), msgpack.unpackb(packed) == data, msgpack.packb(datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), datetime=True).hex())
unpacker = msgpack.Unpacker(); unpacker.feed(msgpack.packb([1]) + msgpack.packb("x")[:1])
print(list(unpacker))
