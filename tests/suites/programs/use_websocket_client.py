# needs: websocket-client
import websocket
frame = websocket.ABNF.create_frame("abc", websocket.ABNF.OPCODE_TEXT)
frame.get_mask_key = lambda n: b"abcd"
print(frame.format(), websocket._url.parse_url("wss://h:8/p?q=1"))
try: websocket._url.parse_url("h")
except ValueError as error: print(error)
