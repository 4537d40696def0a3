//! The arguments of the methods of `queue` and `_queue`: the former are written in Python, the
//! latter in C.

use crate::args::arguments::arguments;

arguments!(InitArgs, Python, "Queue.__init__", [], [maxsize = "0"]);
arguments!(
    PutArgs,
    Python,
    "Queue.put",
    [item],
    [block = "True", timeout = "None"]
);
arguments!(
    GetArgs,
    Python,
    "Queue.get",
    [],
    [block = "True", timeout = "None"]
);
arguments!(PutNowaitArgs, Python, "Queue.put_nowait", [item], []);
arguments!(GetNowaitArgs, Python, "Queue.get_nowait", [], []);
arguments!(TaskDoneArgs, Python, "Queue.task_done", [], []);
arguments!(JoinArgs, Python, "Queue.join", [], []);
arguments!(QsizeArgs, Python, "Queue.qsize", [], []);
arguments!(EmptyArgs, Python, "Queue.empty", [], []);
arguments!(FullArgs, Python, "Queue.full", [], []);
arguments!(
    ShutdownArgs,
    Python,
    "Queue.shutdown",
    [],
    [immediate = "False"]
);
arguments!(
    SimplePutArgs,
    C,
    "put",
    [item],
    [block = "True", timeout = "None"]
);
arguments!(
    SimpleGetArgs,
    C,
    "get",
    [],
    [block = "True", timeout = "None"]
);
arguments!(SimplePutNowaitArgs, C, "put_nowait", [item], []);
arguments!(SimpleGetNowaitArgs, C, "get_nowait", [], []);
arguments!(SimpleEmptyArgs, C, "SimpleQueue.empty", [], []);
arguments!(SimpleQsizeArgs, C, "SimpleQueue.qsize", [], []);
