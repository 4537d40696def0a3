# needs: protobuf
from google.protobuf import struct_pb2, timestamp_pb2, json_format, descriptor_pool
message = struct_pb2.Struct()
message.update({"a": 1, "b": [True, None, "x"], "c": {"d": 2.5}})
data = message.SerializeToString(deterministic=True)
again = struct_pb2.Struct.FromString(data)
print(len(data), again == message, json_format.MessageToDict(again))
stamp = timestamp_pb2.Timestamp()
stamp.FromJsonString("2024-02-29T12:00:00.5Z")
print(stamp.seconds, stamp.nanos, stamp.ToJsonString())
