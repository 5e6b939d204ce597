//! Rounds, medians and ratios.
//!
//! A shared machine drifts while it is measured. So contestants take turns, the order changes from
//! round to round, and a ratio is the median of the ratios of each round, not the ratio of two medians.

use std::time::Duration;

/// The times of some contestants, one of each in every round.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    seconds: Vec<Vec<f64>>,
}

/// The quartiles of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Samples {
    pub(crate) fn new(contestants: usize) -> Self {
        Self { seconds: vec![Vec::new(); contestants] }
    }

    pub(crate) fn push(&mut self, contestant: usize, time: Duration) {
        self.seconds[contestant].push(time.as_secs_f64());
    }

    /// The time of a contestant, in seconds.
    pub(crate) fn time(&self, contestant: usize) -> Spread {
        Spread::of(self.seconds[contestant].clone())
    }

    /// How many times as long as `floor` a contestant took.
    pub(crate) fn ratio(&self, contestant: usize, floor: usize) -> Spread {
        let pairs = self.seconds[contestant].iter().zip(&self.seconds[floor]);
        Spread::of(pairs.map(|(ours, floor)| ours / floor).collect())
    }
}

impl Spread {
    /// Of an empty series, not a number.
    pub(crate) fn of(mut series: Vec<f64>) -> Self {
        series.sort_by(f64::total_cmp);
        let at = |quarter: usize| {
            let last = series.len().saturating_sub(1);
            let (index, rest) = (last * quarter / 4, last * quarter % 4);
            let value = |index: usize| series.get(index).copied().unwrap_or(f64::NAN);
            let share = [0.0, 0.25, 0.5, 0.75][rest];
            value(index) + share * (value((index + 1).min(last)) - value(index))
        };
        Self { low: at(1), median: at(2), high: at(3) }
    }
}

/// The order of `contestants` in a round: forth, back, and with another first one each time.
pub(crate) fn order(round: usize, contestants: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..contestants).collect();
    order.rotate_left(round / 2 % contestants.max(1));
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Samples, Spread, order};

    #[test]
    fn quartiles_lie_between_neighbours() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 2.0, 5.0]);
        assert_eq!(spread, Spread { low: 2.0, median: 3.0, high: 4.0 });
        assert_eq!(Spread::of(vec![1.0, 2.0]), Spread { low: 1.25, median: 1.5, high: 1.75 });
        assert_eq!(Spread::of(vec![7.0]), Spread { low: 7.0, median: 7.0, high: 7.0 });
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let mut samples = Samples::new(2);
        // The machine was ten times slower in the second round, for both.
        for (ours, floor) in [(2, 1), (20, 10), (4, 2)] {
            samples.push(0, Duration::from_secs(ours));
            samples.push(1, Duration::from_secs(floor));
        }
        assert_eq!(samples.ratio(0, 1), Spread { low: 2.0, median: 2.0, high: 2.0 });
    }

    #[test]
    fn everyone_is_first_and_last_at_times() {
        let orders: Vec<_> = (0..6).map(|round| order(round, 3)).collect();
        for contestant in 0..3 {
            assert!(orders.iter().any(|order| order[0] == contestant));
            assert!(orders.iter().any(|order| order[2] == contestant));
        }
    }
}
