"""What one thread pays for locks, events, queues and the rest while nobody else wants them."""

import queue
import threading
import time

from _measure import Suite

suite = Suite(__doc__)

lock = threading.Lock()
suite.statement("Lock acquire + release", "lock.acquire(); lock.release()", lock=lock)
suite.statement("with lock", "with lock: pass", lock=lock)
taken = threading.Lock()
taken.acquire()
suite.statement("Lock.acquire(False), refused", "taken.acquire(False)", taken=taken)
suite.statement("with rlock", "with rlock: pass", rlock=threading.RLock())

held = threading.RLock()
held.acquire()
suite.statement("with rlock, already held", "with rlock: pass", rlock=held)

suite.statement("with semaphore", "with semaphore: pass", semaphore=threading.Semaphore())
suite.statement("with bounded semaphore", "with semaphore: pass", semaphore=threading.BoundedSemaphore())
suite.statement(
    "Event set + wait + clear", "event.set(); event.wait(); event.clear()", event=threading.Event()
)
suite.statement("Event.is_set", "event.is_set()", event=threading.Event())
condition = threading.Condition()
suite.statement("with condition", "with condition: pass", condition=condition)
suite.statement("with condition: notify", "with condition: condition.notify()", condition=condition)
suite.statement("Barrier of one, wait", "barrier.wait()", barrier=threading.Barrier(1))

suite.statement("Queue put + get", "q.put(1); q.get()", q=queue.Queue())
suite.statement("Queue put + get, bounded", "q.put(1); q.get()", q=queue.Queue(8))
suite.statement("Queue put + get + task_done", "q.put(1); q.get(); q.task_done()", q=queue.Queue())
suite.statement("LifoQueue put + get", "q.put(1); q.get()", q=queue.LifoQueue())
suite.statement("PriorityQueue put + get", "q.put(1); q.get()", q=queue.PriorityQueue())
suite.statement("SimpleQueue put + get", "q.put(1); q.get()", q=queue.SimpleQueue())

suite.statement("current_thread()", "current_thread()", current_thread=threading.current_thread)
suite.statement("get_ident()", "get_ident()", get_ident=threading.get_ident)
local = threading.local()
local.value = 1
suite.statement("threading.local, get", "local.value", local=local)
suite.statement("threading.local, set", "local.value = 1", local=local)

suite.statement("Thread(), not started", "Thread(target=print)", Thread=threading.Thread)
thread = threading.current_thread()
suite.statement("Thread.is_alive", "thread.is_alive()", thread=thread)
suite.statement("Thread.name", "thread.name", thread=thread)

suite.statement("Lock()", "Lock()", Lock=threading.Lock)
suite.statement("Event()", "Event()", Event=threading.Event)
suite.statement("Queue()", "Queue()", Queue=queue.Queue)

suite.statement("time.monotonic()", "monotonic()", monotonic=time.monotonic)
suite.statement("time.sleep(0)", "sleep(0)", sleep=time.sleep)

if __name__ == "__main__":
    suite.main()
