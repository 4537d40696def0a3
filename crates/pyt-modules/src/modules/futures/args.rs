//! The arguments of the methods of `Future` and `_WorkItem`, which are written in Python in
//! CPython.

use crate::args::arguments::arguments;

arguments!(CancelArgs, Python, "Future.cancel", [], []);
arguments!(CancelledArgs, Python, "Future.cancelled", [], []);
arguments!(RunningArgs, Python, "Future.running", [], []);
arguments!(DoneArgs, Python, "Future.done", [], []);
arguments!(
    InvokeCallbacksArgs,
    Python,
    "Future._invoke_callbacks",
    [],
    []
);
arguments!(ResultArgs, Python, "Future.result", [], [timeout = "None"]);
arguments!(
    ExceptionArgs,
    Python,
    "Future.exception",
    [],
    [timeout = "None"]
);
arguments!(
    SetRunningArgs,
    Python,
    "Future.set_running_or_notify_cancel",
    [],
    []
);
arguments!(SetResultArgs, Python, "Future.set_result", [result], []);
arguments!(
    SetExceptionArgs,
    Python,
    "Future.set_exception",
    [exception],
    []
);
arguments!(ItemArgs, Python, "_WorkItem.__init__", [future, task], []);
arguments!(RunArgs, Python, "_WorkItem.run", [ctx], []);
