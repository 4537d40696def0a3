# needs: toolz
from toolz import compose, curry, groupby, merge_with, partition_all, pipe, sliding_window
print(groupby(len, ["a", "bb", "c"]), pipe(3, str, lambda s: s * 2, int), list(partition_all(2, range(5))))
@curry
def add(a, b, c=0): return a + b + c
print(add(1)(2), add(c=5)(1, 1), compose(str, sum)([1, 2]), merge_with(sum, {"a": 1}, {"a": 2, "b": 3}), list(sliding_window(2, "abc")))
