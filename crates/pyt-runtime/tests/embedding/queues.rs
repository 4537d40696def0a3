//! Queues that Rust and Python share.

use std::{
    thread,
    time::{Duration, Instant},
};

use pyt_runtime::{ErrorKind, Queue, Value};

use crate::support::{in_both_modes, runtime};

#[test]
fn items_cross_both_ways_in_order() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let (to, back) = (
            runtime.queue::<i64>(4).unwrap(),
            runtime.queue::<i64>(0).unwrap(),
        );
        runtime.set("to", to.value()).unwrap();
        runtime.set("back", back.value()).unwrap();
        runtime
            .exec(
                "import threading\n\
                 def work():\n\
                 \x20 while (n := to.get()) is not None and n >= 0: back.put(n * n)\n\
                 workers = [threading.Thread(target=work) for _ in range(3)]\n\
                 for worker in workers: worker.start()",
            )
            .unwrap();
        let began = Instant::now();
        let total = thread::scope(|scope| {
            for part in 0..4 {
                let to = to.clone();
                scope.spawn(move || (0..250).for_each(|n| to.put(part * 250 + n).unwrap()));
            }
            (0..1000).map(|_| back.get().unwrap()).sum::<i64>()
        });
        println!(
            "gil={gil}: 1000 items there and back in {:?}",
            began.elapsed()
        );
        assert_eq!(total, (0..1000).map(|n| n * n).sum::<i64>());
        (0..3).for_each(|_| to.put(-1).unwrap());
        runtime
            .exec("for worker in workers: worker.join()")
            .unwrap();
        assert!(back.is_empty().unwrap());
    });
}

#[test]
fn a_wait_of_the_hosts_blocks_no_thread() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let queue = runtime.queue::<String>(1).unwrap();
        assert_eq!(queue.try_get().unwrap(), None);
        assert_eq!(queue.get_timeout(Duration::from_millis(5)).unwrap(), None);
        assert!(queue.try_put("one".to_owned()).unwrap());
        assert!(!queue.try_put("two".to_owned()).unwrap());
        assert!(
            !queue
                .put_timeout("two".to_owned(), Duration::from_millis(5))
                .unwrap()
        );
        assert_eq!(queue.len().unwrap(), 1);
        assert_eq!(queue.get().unwrap(), "one");
        thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.get());
            // Python runs although the host waits, also under the GIL.
            runtime.exec("sum(range(100000))").unwrap();
            queue.put("three".to_owned()).unwrap();
            assert_eq!(waiting.join().unwrap().unwrap(), "three");
            let waiting = scope.spawn(|| queue.get());
            while !runtime.interrupter().interrupt() {
                thread::sleep(Duration::from_millis(1));
            }
            let interrupted = waiting.join().unwrap().unwrap_err();
            assert_eq!(interrupted.kind(), ErrorKind::Interrupted);
        });
        let number: Value = runtime.eval("__import__('queue').Queue()").unwrap();
        let number: Queue<i32> = Queue::of(number);
        runtime.set("q", number.value()).unwrap();
        runtime.exec("q.put('no number')").unwrap();
        assert_eq!(number.get().unwrap_err().type_name(), "TypeError");
        queue.shutdown().unwrap();
        assert_eq!(queue.get().unwrap_err().type_name(), "ShutDown");
        runtime.finish();
        assert_eq!(queue.try_get().unwrap_err().kind(), ErrorKind::Gone);
    });
}
