//! Answers to what a run leaves open besides which thread goes on: given ones, and drawn ones.

use std::collections::HashMap;

use pyt_sched::controlled::{Decision, Pick, PickKind, Question, Strategy, ThreadNumber};

use crate::seed::{Hints, SeededRng};

/// Given answers; all others are 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(HashMap<(PickKind, ThreadNumber, u64), u32>);

impl Answers {
    pub(crate) fn new(picks: impl IntoIterator<Item = Pick>) -> Self {
        let key = |pick: Pick| ((pick.kind, pick.thread, pick.number), pick.answer);
        Self(picks.into_iter().map(key).collect())
    }

    pub(crate) fn to(&self, question: &Question) -> u32 {
        let key = (question.kind, question.thread, question.number);
        self.0.get(&key).copied().unwrap_or(0)
    }
}

/// A strategy whose answers are drawn: ready I/O and tasks in any order, time that leaps now and
/// then, and few faults, at places that may be anywhere in the run.
pub struct Drawing {
    inner: Box<dyn Strategy>,
    rng: SeededRng,
    length: u8,
    /// Out of so many questions of the clock's, one lets time pass; 0: none does.
    clock_rate: u64,
    faults: HashMap<PickKind, FaultPlan>,
}

/// When faults of a kind happen.
struct FaultPlan {
    /// How many questions are left out before the next one.
    left_out: u64,
    /// How many there are to be.
    left: u32,
}

/// The stream of random numbers, which is no strategy's.
const STREAM: u64 = 7;

/// What is assumed of the length of a run that is not known.
const USUAL_LENGTH: u8 = 8;

/// The rates of the clock that runs have by turns.
const CLOCK_RATES: [u64; 4] = [0, 2, 8, 32];

impl Drawing {
    /// Decides as `inner`, and draws answers from `seed`.
    #[must_use]
    pub fn over(inner: Box<dyn Strategy>, seed: u64) -> Self {
        let mut rng = SeededRng::new(seed, STREAM);
        let clock_rate = CLOCK_RATES[rng.index(CLOCK_RATES.len())];
        Self {
            inner,
            rng,
            length: Hints::of(seed).length,
            clock_rate,
            faults: HashMap::new(),
        }
    }

    /// Whether a fault happens now. In the run by which the others are measured there is none.
    fn has_fault(&mut self, kind: PickKind) -> bool {
        if self.length == 0 {
            return false;
        }
        if !self.faults.contains_key(&kind) {
            let left = if self.rng.below(4) == 0 { 2 } else { 1 };
            let left_out = self.gap();
            self.faults.insert(kind, FaultPlan { left_out, left });
        }
        let gap = self.gap();
        let Some(plan) = self.faults.get_mut(&kind) else {
            return false;
        };
        if plan.left == 0 {
            return false;
        }
        if plan.left_out > 0 {
            plan.left_out -= 1;
            return false;
        }
        plan.left -= 1;
        plan.left_out = gap;
        true
    }

    /// How many questions to leave out: few and many are as likely, up to the length of a run.
    fn gap(&mut self) -> u64 {
        let length = self.length.max(USUAL_LENGTH);
        let power = self.rng.below(u64::from(length) + 1);
        (1 << power) - 1 + self.rng.below(1 << power)
    }
}

impl Strategy for Drawing {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        self.inner.choose(decision)
    }

    fn answer(&mut self, question: &Question) -> u32 {
        let answers = u64::from(question.answers);
        let drawn = match question.kind {
            PickKind::Io if self.rng.below(2) == 0 => 0,
            PickKind::Io | PickKind::Task => self.rng.below(answers),
            PickKind::Clock if self.clock_rate == 0 || self.rng.below(self.clock_rate) != 0 => 0,
            kind if kind.is_fault() && !self.has_fault(kind) => 0,
            _ => 1 + self.rng.below(answers - 1),
        };
        u32::try_from(drawn).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::Random;

    fn asked(kind: PickKind, number: u64, answers: u32) -> Question {
        Question {
            kind,
            thread: 0,
            number,
            answers,
        }
    }

    fn drawing(seed: u64, length: u8) -> Drawing {
        let seed = Hints { member: 0, length }.write(seed);
        Drawing::over(Box::new(Random::new(seed)), seed)
    }

    #[test]
    fn a_run_has_few_faults_and_they_may_be_anywhere() {
        let mut places = std::collections::HashSet::new();
        for seed in 0..400 {
            let mut drawing = drawing(seed << 7, 8);
            let faults: Vec<u64> = (0..256)
                .filter(|&number| drawing.answer(&asked(PickKind::Gc, number, 2)) != 0)
                .collect();
            assert!(faults.len() <= 2, "{faults:?}");
            places.extend(faults);
        }
        assert!(places.contains(&0) && places.len() > 100, "{places:?}");
        assert!(places.iter().any(|&place| place > 128));
    }

    #[test]
    fn the_run_that_measures_has_no_fault() {
        for seed in 0..50 {
            let mut drawing = drawing(seed << 7, 0);
            for number in 0..100 {
                assert_eq!(drawing.answer(&asked(PickKind::Cancel, number, 4)), 0);
            }
        }
    }

    #[test]
    fn all_answers_are_drawn_and_the_same_ones_for_a_seed() {
        let draw = |seed| -> Vec<u32> {
            let mut drawing = drawing(seed, 8);
            (0..100)
                .map(|number| drawing.answer(&asked(PickKind::Io, number, 3)))
                .collect()
        };
        assert_eq!(draw(1 << 9), draw(1 << 9));
        assert!((0..3).all(|answer| draw(1 << 9).contains(&answer)));
    }
}
