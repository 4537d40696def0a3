# needs: hypothesis
from hypothesis import find, given, settings, strategies as st
@settings(max_examples=50, database=None, derandomize=True, deadline=None)
@given(st.lists(st.integers()), st.text(max_size=5))
def test(xs, s): assert sorted(xs, reverse=True) == sorted(xs)[::-1] and len(s.encode("utf-8", "surrogatepass")) >= len(s)
test()
print(find(st.integers(), lambda x: x > 100, settings=settings(database=None, derandomize=True)))
print(find(st.lists(st.integers()), lambda x: sum(x) >= 10, settings=settings(database=None, derandomize=True)))
