//! The queues of `queue`.

use super::{NAN, QUEUE_NEGATIVE, TOO_LONG, check};

#[test]
fn queues() {
    let full = "q = queue.Queue(1); q.put(1)";
    let shut = "q = queue.Queue(); q.shutdown()";
    let shut_with_one = "q = queue.Queue(); q.put(1); q.shutdown()";
    let shut_at_once = "q = queue.Queue(); q.put(1); q.shutdown(immediate=True)";
    let done = "ValueError: task_done() called too many times";
    let text = "TypeError: '<' not supported between instances of 'str' and 'int'";
    check(&[
        ("", "queue.Queue().task_done()", done),
        (
            "q = queue.Queue(); q.put(1); q.get(); q.task_done()",
            "q.task_done()",
            done,
        ),
        ("", "queue.Queue().get(timeout=-1)", QUEUE_NEGATIVE),
        ("", "queue.Queue().get(timeout=0)", "Empty: "),
        ("", "queue.Queue().get(False)", "Empty: "),
        ("", "queue.Queue().get(False, -1)", "Empty: "),
        ("", "queue.Queue().get_nowait()", "Empty: "),
        ("", "queue.Queue().get(timeout=math.nan)", NAN),
        ("", "queue.Queue().get(timeout=1e100)", TOO_LONG),
        ("", "queue.Queue().get(timeout='1')", text),
        (full, "q.put(2, timeout=-1)", QUEUE_NEGATIVE),
        (full, "q.put(2, timeout=0.01)", "Full: "),
        (full, "q.put(2, False)", "Full: "),
        (full, "q.put_nowait(2)", "Full: "),
        (full, "q.put(2, timeout=math.nan)", NAN),
        ("", "queue.Queue(0).put(1, timeout=-1)", "None"),
        (
            "",
            "queue.Queue('x').put(1)",
            "TypeError: '>' not supported between instances of 'str' and 'int'",
        ),
        ("q = queue.PriorityQueue(); q.put(1)", "q.put('a')", text),
        (shut, "q.put(1)", "ShutDown: "),
        (shut, "q.put_nowait(1)", "ShutDown: "),
        (shut, "q.get()", "ShutDown: "),
        (shut, "q.get_nowait()", "ShutDown: "),
        (
            "q = queue.LifoQueue(); q.shutdown()",
            "q.put(1)",
            "ShutDown: ",
        ),
        (shut_with_one, "q.get()", "1"),
        (shut_with_one, "q.get(), q.get()", "ShutDown: "),
        (shut_at_once, "q.get()", "ShutDown: "),
        (shut_at_once, "q.unfinished_tasks", "0"),
        (shut_at_once, "q.join()", "None"),
        (shut_at_once, "q.task_done()", done),
        ("", "queue.SimpleQueue().get(timeout=-1)", QUEUE_NEGATIVE),
        ("", "queue.SimpleQueue().get(timeout=0)", "Empty: "),
        ("", "queue.SimpleQueue().get(False, -1)", "Empty: "),
        ("", "queue.SimpleQueue().get_nowait()", "Empty: "),
        ("", "queue.SimpleQueue().get(timeout=math.nan)", NAN),
        ("", "queue.SimpleQueue().get(timeout=1e100)", TOO_LONG),
        (
            "",
            "queue.SimpleQueue().get(timeout='1')",
            "TypeError: 'str' object cannot be interpreted as an integer or float",
        ),
        (
            "",
            "queue.SimpleQueue(1)",
            "TypeError: SimpleQueue() takes no positional arguments",
        ),
        (
            "",
            "queue.SimpleQueue().task_done()",
            "AttributeError: '_queue.SimpleQueue' object has no attribute 'task_done'",
        ),
    ]);
}
