//! An alarm: whether a metric is beyond its limit at enough of the newest datapoints, some of which may be missing.

use std::collections::VecDeque;

use crate::ground::time::SimTime;

/// On which side of a limit a metric must be, and at how many of how many datapoints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// On which side of the limit …
    pub when: Side,
    /// … and the limit.
    pub limit: f64,
    /// At how many of how many datapoints.
    pub window: Window,
    /// What a missing datapoint means.
    pub missing: Missing,
}

/// A side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Greater.
    Above,
    /// As great or greater.
    AtLeast,
    /// Less.
    Below,
    /// As little or less.
    AtMost,
}

/// M of N: so many of so many datapoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Datapoints beyond the limit; at least 1.
    pub points: u16,
    /// Of the newest so many; at least `points`.
    pub of: u16,
}

/// What a missing datapoint means for an alarm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// Nothing: without any datapoint there is not enough data.
    #[default]
    Missing,
    /// The alarm stays as it is.
    Ignore,
    /// As if it were beyond the limit.
    Breaching,
    /// As if it were not.
    NotBreaching,
}

/// What an alarm says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// There is not enough data to say anything.
    #[default]
    InsufficientData,
    /// The metric is where it should be.
    Ok,
    /// The metric is beyond the limit.
    Alarm,
}

impl Side {
    /// Whether a value is beyond a limit. A billionth is the noise of division, and counts as equal.
    pub fn is_beyond(self, value: f64, limit: f64) -> bool {
        let same = (value - limit).abs() <= 1e-9 * limit.abs().max(value.abs());
        match self {
            Side::Above => value > limit && !same,
            Side::AtLeast => value > limit || same,
            Side::Below => value < limit && !same,
            Side::AtMost => value < limit || same,
        }
    }

    /// Whether it watches for too much, and not for too little.
    pub fn is_high(self) -> bool {
        matches!(self, Side::Above | Side::AtLeast)
    }
}

impl Window {
    /// Every one of the newest `points`.
    pub fn all(points: u16) -> Window {
        Window { points, of: points }
    }

    /// How many datapoints are read back, to have enough where some are missing: five for three (Amazon CloudWatch user
    /// guide, *Configuring how alarms treat missing data*), and so two more than are needed; how many more for others
    /// is nowhere said.
    pub fn range(self) -> usize {
        usize::from(self.of) + 2
    }
}

impl Condition {
    /// What the alarm says of the datapoints in range, newest first, `None` where one is missing.
    ///
    /// By the tables of the Amazon CloudWatch user guide, *Configuring how alarms treat missing data*: where enough
    /// datapoints are there the newest of them decide, however old; where not, the missing ones count as `missing`
    /// says. An alarm that knows only breaching datapoints goes off early if the oldest of them is old enough, which
    /// the guide calls premature.
    pub fn judge(&self, range: impl Iterator<Item = Option<f64>>, state: State) -> State {
        let (needed, wanted) = (usize::from(self.window.points), usize::from(self.window.of));
        let (mut beyond, mut within, mut oldest) = (0, 0, 0);
        for (age, value) in range.take(self.window.range()).enumerate() {
            let Some(value) = value else { continue };
            if self.when.is_beyond(value, self.limit) {
                beyond += 1;
            } else {
                within += 1;
            }
            oldest = age + 1;
            // Whatever the others say, and however many are missing, these are enough.
            if beyond >= needed {
                return State::Alarm;
            }
            if within > wanted - needed {
                return State::Ok;
            }
        }
        match (self.missing, beyond + within) {
            (Missing::Missing, 0) => State::InsufficientData,
            (Missing::Ignore, 0) => state,
            (Missing::Breaching, _) => State::Alarm,
            (Missing::NotBreaching, _) => State::Ok,
            (Missing::Missing, _) if within == 0 && oldest >= needed => State::Alarm,
            (Missing::Missing | Missing::Ignore, _) if within == 0 => state,
            (Missing::Missing | Missing::Ignore, _) => State::Ok,
        }
    }
}

/// A sample of a metric: one of those that a datapoint is the mean of, and often the only one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Its value; `None` where there is none.
    pub value: Option<f64>,
    /// Messages free to be received (or requests in line) at the metric's node.
    pub visible: u64,
    /// Messages in flight (or requests in service) there.
    pub in_flight: u64,
    /// When a controller can see it.
    pub published: SimTime,
}

/// Samples on their way beyond which the oldest are forgotten: a delay of a day, a look a minute.
const UNSEEN_MAX: usize = 1_440;

/// The newest samples of a metric, enough for as many datapoints as its alarms read back.
#[derive(Clone, Debug)]
pub struct History {
    newest_first: VecDeque<Sample>,
    kept: usize,
    per: usize,
}

impl Default for History {
    /// For one datapoint of one sample.
    fn default() -> History {
        History::of(1, 1)
    }
}

impl History {
    /// Without a sample yet, for so many datapoints of so many samples each.
    pub fn of(datapoints: usize, per: usize) -> History {
        History { newest_first: VecDeque::new(), kept: datapoints.saturating_mul(per), per: per.max(1) }
    }

    /// Another sample; the oldest goes where enough others can be seen by now.
    pub fn push(&mut self, point: Sample, now: SimTime) {
        self.newest_first.push_front(point);
        let unseen = self.newest_first.iter().take_while(|point| point.published > now).count();
        self.newest_first.truncate((unseen.min(UNSEEN_MAX) + self.kept).max(1));
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.newest_first.clear();
    }

    /// The newest that can be seen by now.
    pub fn newest(&self, now: SimTime) -> Option<&Sample> {
        self.newest_first.iter().find(|point| point.published <= now)
    }

    /// The datapoints from the newest that can be seen back. Each is the mean of its samples that are there; one that comes
    /// later than a newer one is missing until then.
    pub fn values(&self, now: SimTime) -> impl Iterator<Item = Option<f64>> + '_ {
        let unseen = self.newest_first.iter().take_while(|point| point.published > now).count();
        let datapoints = (unseen..self.newest_first.len()).step_by(self.per);
        datapoints.map(move |begin| {
            if self.per == 1 {
                return self.newest_first.get(begin).filter(|point| point.published <= now)?.value;
            }
            let samples = self.newest_first.range(begin..(begin + self.per).min(self.newest_first.len()));
            let there = samples.filter(|point| point.published <= now).filter_map(|point| point.value);
            let (sum, count) = there.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
            // The mean of one is that one, to the last bit.
            (count > 0).then(|| if count == 1 { sum } else { sum / f64::from(count) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oldest first as the guide writes them: `0` is within the limit, `X` beyond it, `-` is missing.
    fn judged(points: &str, window: Window, missing: Missing, state: State) -> State {
        let condition = Condition { when: Side::Above, limit: 0.5, window, missing };
        let values = points.chars().rev().map(|point| match point {
            '0' => Some(0.0),
            'X' => Some(1.0),
            _ => None,
        });
        condition.judge(values, state)
    }

    const TREATMENTS: [Missing; 4] = [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];

    /// Amazon CloudWatch user guide, *Configuring how CloudWatch alarms treat missing data*: both tables, every row, in
    /// the order missing, ignore, breaching, not breaching. `=` is the state before.
    #[test]
    fn missing_data_is_treated_as_the_guide_s_tables_say() {
        let three = Window::all(3);
        let two = Window { points: 2, of: 3 };
        for (window, points, expected) in [
            (three, "0-X-X", "OOOO"),
            (three, "0----", "OOOO"),
            (three, "-----", "I=AO"),
            (three, "0XX-X", "AAAA"),
            (three, "--X--", "A=AO"),
            (two, "0-X-X", "AAAA"),
            (two, "00X0X", "AAAA"),
            (two, "0-X--", "OOAO"),
            (two, "----0", "OOAO"),
            (two, "---X-", "A=AO"),
        ] {
            for (missing, expected) in TREATMENTS.into_iter().zip(expected.chars()) {
                for before in [State::InsufficientData, State::Ok, State::Alarm] {
                    let expected = match expected {
                        'O' => State::Ok,
                        'A' => State::Alarm,
                        'I' => State::InsufficientData,
                        _ => before,
                    };
                    assert_eq!(judged(points, window, missing, before), expected, "{points} {missing:?} {before:?}");
                }
            }
        }
    }

    /// The same page on alarms that go off early: three datapoints, of which the oldest breaching one must be old enough.
    #[test]
    fn it_goes_off_early_only_when_the_breach_is_old_enough() {
        for (points, off) in [("----X", false), ("---X-", false), ("--X--", true)] {
            let state = judged(points, Window::all(3), Missing::Missing, State::Ok);
            assert_eq!(state == State::Alarm, off, "{points}");
        }
    }

    #[test]
    fn a_value_at_the_limit_counts_where_its_side_says_so() {
        let counts = |side: Side| [0.7, 0.8, 0.9].map(|value| side.is_beyond(value, 0.8));
        assert_eq!(counts(Side::Above), [false, false, true]);
        assert_eq!(counts(Side::AtLeast), [false, true, true]);
        assert_eq!(counts(Side::Below), [true, false, false]);
        assert_eq!(counts(Side::AtMost), [true, true, false]);
        // 70 % of 0.3 is a little less than 0.21 in binary.
        assert!(!Side::Below.is_beyond(0.7 * 0.3, 0.21));
    }

    #[test]
    fn what_is_not_published_yet_is_not_seen() {
        let at = |second: u64| SimTime::from_nanos(second * 1_000_000_000);
        let mut history = History::of(3, 1);
        for second in [60, 120, 180, 240] {
            let point = Sample { value: Some(second as f64), visible: 0, in_flight: 0, published: at(second + 30) };
            history.push(point, at(second));
        }
        assert_eq!(history.newest(at(240)).and_then(|point| point.value), Some(180.0));
        assert_eq!(history.values(at(240)).collect::<Vec<_>>(), [Some(180.0), Some(120.0), Some(60.0)]);
        assert_eq!(history.newest(at(89)), None);
    }

    /// Three datapoints of two samples each, and one more sample for another: the window slides by a sample. A sample that
    /// is missing is left out of its mean.
    #[test]
    fn a_datapoint_is_the_mean_of_the_newest_samples() {
        let at = |second: u64| SimTime::from_nanos(second * 1_000_000_000);
        let mut history = History::of(3, 2);
        for (second, value) in [(60, Some(1.0)), (120, Some(3.0)), (180, None), (240, Some(8.0)), (300, Some(4.0))] {
            history.push(Sample { value, visible: 0, in_flight: 0, published: at(second) }, at(second));
        }
        assert_eq!(history.values(at(300)).collect::<Vec<_>>(), [Some(6.0), Some(3.0), Some(1.0)]);
        history.push(Sample { value: None, visible: 0, in_flight: 0, published: at(360) }, at(360));
        assert_eq!(history.values(at(360)).collect::<Vec<_>>(), [Some(4.0), Some(8.0), Some(2.0)]);
    }
}
