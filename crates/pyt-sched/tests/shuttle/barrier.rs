//! `Barrier`: rounds, breaking, resetting.

use std::sync::Arc;

use pyt_sched::{Barrier, BarrierError, Deadline};

use crate::fixture::{Log, check, ms};

fn pass(barrier: &Barrier, deadline: Option<Deadline>) -> Result<usize, BarrierError<()>> {
    barrier.wait(deadline, || Ok(()))
}

#[test]
fn rounds_do_not_mix() {
    check(|fixture| {
        let barrier = Arc::new(Barrier::new(3));
        let log = Log::new();
        let work = |barrier: Arc<Barrier>, log: Log<(usize, usize)>| {
            move || {
                for round in 0..2 {
                    let index = pass(&barrier, None).unwrap();
                    log.push((round, index));
                }
            }
        };
        let a = fixture.spawn("a", work(barrier.clone(), log.clone()));
        let b = fixture.spawn("b", work(barrier.clone(), log.clone()));
        work(barrier.clone(), log.clone())();
        a.join();
        b.join();
        let mut passed = log.take();
        passed.sort_unstable();
        assert_eq!(passed, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
        assert_eq!(barrier.waiting(), 0);
        assert!(!barrier.is_broken());
    });
}

#[test]
fn the_action_runs_before_any_thread_passes() {
    check(|fixture| {
        let barrier = Arc::new(Barrier::new(2));
        let log = Log::new();
        let work = |barrier: Arc<Barrier>, log: Log<&'static str>| {
            move || {
                let action = log.clone();
                let done = barrier.wait(ms(5), || {
                    // Longer than the others would wait: the deadline no longer counts.
                    pyt_sched::sleep(ms(50).unwrap()).unwrap();
                    action.push("action");
                    Ok::<_, ()>(())
                });
                assert!(done.is_ok());
                log.push("passed");
            }
        };
        let a = fixture.spawn("a", work(barrier.clone(), log.clone()));
        work(barrier, log.clone())();
        a.join();
        assert_eq!(log.take(), ["action", "passed", "passed"]);
    });
}

#[test]
fn a_failing_action_breaks_it_for_all() {
    check(|fixture| {
        let barrier = Arc::new(Barrier::new(2));
        let log = Log::new();
        let (other, other_log) = (barrier.clone(), log.clone());
        let a = fixture.spawn("a", move || other_log.push(other.wait(None, || Err(7))));
        log.push(barrier.wait(None, || Err(7)));
        a.join();
        let results = log.take();
        assert!(results.contains(&Err(BarrierError::Action(7))));
        assert!(results.contains(&Err(BarrierError::Broken)));
        assert!(barrier.is_broken());
        barrier.reset();
        assert!(!barrier.is_broken());
    });
}

#[test]
fn a_deadline_breaks_it_or_all_pass() {
    check(|fixture| {
        let barrier = Arc::new(Barrier::new(2));
        let log = Log::new();
        let (other, other_log) = (barrier.clone(), log.clone());
        let a = fixture.spawn("a", move || other_log.push(pass(&other, ms(1)).is_ok()));
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        log.push(pass(&barrier, ms(1)).is_ok());
        a.join();
        let passed = log.take();
        assert_eq!(passed[0], passed[1], "both or none");
        assert_eq!(barrier.is_broken(), !passed[0]);
        barrier.reset();
        let other = barrier.clone();
        let a = fixture.spawn("a", move || {
            pass(&other, None).unwrap();
        });
        pass(&barrier, None).unwrap();
        a.join();
    });
}

#[test]
fn a_reset_ends_all_waits_or_finds_them_passed() {
    check(|fixture| {
        let barrier = Arc::new(Barrier::new(2));
        let log = Log::new();
        let workers = [(); 2].map(|()| {
            let (barrier, log) = (barrier.clone(), log.clone());
            fixture.spawn("a", move || log.push(pass(&barrier, ms(1)).is_ok()))
        });
        barrier.reset();
        for worker in workers {
            worker.join();
        }
        let passed = log.take();
        assert_eq!(
            passed[0], passed[1],
            "a round passes as a whole, or not at all"
        );
        barrier.reset();
        assert_eq!(barrier.waiting(), 0);
        assert!(!barrier.is_broken());
    });
}

#[test]
fn an_abort_ends_all_waits() {
    check(|fixture| {
        let barrier = Arc::new(Barrier::new(3));
        let workers = [(); 2].map(|()| {
            let barrier = barrier.clone();
            fixture.spawn("a", move || {
                assert_eq!(pass(&barrier, None), Err(BarrierError::Broken));
            })
        });
        barrier.abort();
        for worker in workers {
            worker.join();
        }
        assert!(barrier.is_broken());
    });
}
