# needs: python-multipart
from python_multipart import parse_form
fields = []
body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n--x\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\n\r\ndata\r\n--x--\r\n'
import io
parse_form({"Content-Type": b"multipart/form-data; boundary=x", "Content-Length": str(len(body)).encode()}, io.BytesIO(body), lambda f: fields.append((f.field_name, f.value)), lambda f: fields.append((f.field_name, f.file_name, f.size)))
print(fields)
