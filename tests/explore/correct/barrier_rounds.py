# expect: silent
# outputs: 1
"""Three threads that no round of a barrier lets drift apart."""
import threading

PARTIES = 3
barrier = threading.Barrier(PARTIES)
done = [0] * PARTIES
leaders = []


def worker(me):
    for finished in (1, 2):
        done[me] = finished
        if barrier.wait() == 0:
            leaders.append(finished)
        assert min(done) >= finished
        barrier.wait()


threads = [threading.Thread(target=worker, args=(me,)) for me in range(PARTIES)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert leaders == [1, 2] and barrier.n_waiting == 0
print(done, leaders)
