# needs: tqdm
import io
from tqdm import tqdm
out = io.StringIO()
print(sum(tqdm(range(100), file=out, mininterval=0, ascii=True, ncols=40)))
print("100%" in out.getvalue(), tqdm.format_interval(3725), tqdm.format_sizeof(123456))
