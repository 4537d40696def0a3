"""Parts of exception groups hide the context, as after `raise ... from`."""


def shown(error):
    return error.__suppress_context__, error.__cause__, type(error.__context__)


for hidden in (False, True):
    group = ExceptionGroup("outer", [ValueError(), ExceptionGroup("inner", [TypeError(), ValueError()])])
    group.__suppress_context__ = group.exceptions[1].__suppress_context__ = hidden
    assert group.subgroup(ExceptionGroup) is group and group.__suppress_context__ is hidden
    assert group.subgroup(OSError) is None
    assert group.derive([OSError()]).__suppress_context__ is False
    for part in (group.subgroup(ValueError), *group.split(ValueError), group.split(OSError)[1]):
        assert part is not group and shown(part) == (True, None, type(None)), part
        for inner in part.exceptions:
            assert inner.__suppress_context__ is isinstance(inner, ExceptionGroup), inner

cause = OSError("cause")
for given in (None, cause):
    try:
        try:
            try:
                raise KeyError
            except KeyError:
                raise ExceptionGroup("outer", [ValueError(), TypeError()]) from given
        except* ValueError as part:
            assert shown(part) == (True, given, KeyError), shown(part)
    except ExceptionGroup as rest:
        assert shown(rest)[1:] == (given, KeyError), shown(rest)
        assert [type(error) for error in rest.exceptions] == [TypeError]
