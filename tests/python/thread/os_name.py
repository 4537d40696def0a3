"""The name that the kernel keeps for a thread."""
import _thread
import threading

assert _thread._NAME_MAXLEN == 15
before = _thread._get_name()
for name, kept in [
    ("short", "short"),
    ("nam\xe9\u20ac", "nam\xe9\u20ac"),
    ("embed\0null", "embed"),
    ("x" * 15, "x" * 15),
    ("x" * 16, "x" * 15),
    ("x" * 14 + "\xe9", "x" * 14 + "\udcc3"),
    ("x" + "\U0001f40d" * 15, "x" + "\U0001f40d" * 3 + "\udcf0\udc9f"),
    ("a\udc80\ud800z", "a??z"),
    ("", ""),
]:
    _thread.set_name(name)
    assert _thread._get_name() == kept, (name, _thread._get_name())
    if not name:
        continue
    seen = []
    thread = threading.Thread(target=lambda: seen.append(_thread._get_name()), name=name)
    assert thread.name == name
    thread.start()
    thread.join()
    assert seen == [kept], (name, seen)
_thread.set_name(before)

seen = []


def rename():
    seen.append(_thread._get_name())
    threading.current_thread().name = "renamed"
    seen.append(_thread._get_name())


thread = threading.Thread(target=rename, name="named")
thread.start()
thread.join()
assert seen == ["named", "renamed"], seen
assert _thread._get_name() == before
