//! Predictive scaling: machines that are there before the load comes, by what it was at the same hour before.

use crate::cloud::scaling::decide::{Bounds, Reason, Recommendation, Seen};
use crate::cloud::scaling::metric::Metric;
use crate::ground::time::{SECOND, SimTime, Span};

/// Raises the size to what the coming hour will need, and never lowers it.
///
/// EC2 Auto Scaling user guide, *Predictive scaling*: it wants 24 hours of history and uses up to 14 days, forecasts
/// hourly values every six hours, and at the start of an hour, or some time before, raises the desired capacity to the
/// forecast. How it forecasts is not published. Here it is a high quantile of the same hour of the week, or of the day
/// in the first week, which is assumed.
#[derive(Clone, Debug)]
pub struct Predictive {
    /// The load, or a figure of each worker, which is taken times the workers whose it is.
    pub metric: Metric,
    /// Of the load for one worker; above 0.
    pub per_worker: f64,
    /// How far back it looks: from one day to fourteen.
    pub history: Span,
    /// How long before the hour the size is raised; at most an hour.
    pub buffer: Span,
    /// Which quantile of the same hours: in (0, 1].
    pub quantile: f64,
    /// The share beyond the forecast up to which it may raise the maximum; `None`: the maximum holds.
    pub max_buffer: Option<f64>,
}

/// Mean loads by the hour since the start.
#[derive(Clone, Debug, Default)]
pub struct Loads(Vec<(f64, u32)>);

const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24;
const WEEK: u64 = 7 * DAY;
/// Hours from one forecast to the next.
const REFRESH: u64 = 6;

fn hour_of(at: SimTime) -> u64 {
    (at - SimTime::START).nanos() / HOUR
}

impl Loads {
    /// Counts a load that was seen at an instant into its hour; a look at a full hour sees the hour that ends.
    pub fn note(&mut self, at: SimTime, load: f64) {
        let hour = ((at - SimTime::START).nanos().saturating_sub(1) / HOUR) as usize;
        if self.0.len() <= hour {
            self.0.resize(hour + 1, (0.0, 0));
        }
        self.0[hour].0 += load;
        self.0[hour].1 += 1;
    }

    fn mean(&self, hour: u64) -> Option<f64> {
        let (sum, count) = *self.0.get(usize::try_from(hour).ok()?)?;
        (count > 0).then(|| sum / f64::from(count))
    }
}

impl Predictive {
    /// From one look at the metric to the next.
    pub const LOOK: Span = Span::from_secs(60);
    /// What it needs before it forecasts anything.
    pub const LEAST_HISTORY: Span = Span::from_nanos(DAY * HOUR);
    /// How far back it ever looks.
    pub const MOST_HISTORY: Span = Span::from_nanos(2 * WEEK * HOUR);

    /// The load to be ready for: of this hour, and of the next from `buffer` before it on. `None` as long as there is too
    /// little history.
    pub fn forecast(&self, loads: &Loads, now: SimTime) -> Option<f64> {
        let known = hour_of(now) / REFRESH * REFRESH;
        let of = |hour| self.forecast_of(loads, known, hour);
        match (of(hour_of(now)), of(hour_of(now + self.buffer))) {
            (Some(one), Some(next)) => Some(one.max(next)),
            (one, next) => one.or(next),
        }
    }

    /// The forecast of one hour, made when so many hours were known.
    fn forecast_of(&self, loads: &Loads, known: u64, hour: u64) -> Option<f64> {
        let from = known.saturating_sub(self.history.nanos() / HOUR);
        if known - from < DAY {
            return None;
        }
        let cycle = if known - from >= WEEK { WEEK } else { DAY };
        let mut same: Vec<f64> =
            (from..known).filter(|past| past % cycle == hour % cycle).filter_map(|past| loads.mean(past)).collect();
        same.sort_by(f64::total_cmp);
        let rank = (self.quantile * same.len() as f64).ceil() as usize;
        same.get(rank.max(1) - 1).copied()
    }

    /// At least as many workers as the forecast needs, and a maximum raised for them if it may be.
    pub fn recommend(&self, seen: &Seen) -> Recommendation {
        let Some(load) = seen.forecast else { return Recommendation::stay(seen, Reason::NoHistory) };
        let need = self.need(load);
        let max = match self.max_buffer {
            // 50 forecast and a buffer of 10 % make a maximum of 55 (the same page); it stays raised.
            Some(share) => seen.bounds.max.max(whole(f64::from(need) * (1.0 + share))),
            None => seen.bounds.max,
        };
        let why = Reason::Forecast { load, per_worker: self.per_worker };
        let bounds = Bounds { max, ..seen.bounds };
        Recommendation { desired: seen.desired.max(need), bounds, ..Recommendation::stay(seen, why) }
    }

    /// Workers for a load.
    pub fn need(&self, load: f64) -> u32 {
        whole(load / self.per_worker)
    }
}

/// Rounded up, as long as it is more than the noise of a division.
fn whole(exact: f64) -> u32 {
    (exact - 1e-9).ceil().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::metric::Reading;
    use crate::cloud::topology::NodeId;

    fn rule() -> Predictive {
        Predictive {
            metric: Metric { what: Reading::Visible, of: NodeId(0) },
            per_worker: 10.0,
            history: Predictive::MOST_HISTORY,
            buffer: Span::from_secs(300),
            quantile: 0.9,
            max_buffer: None,
        }
    }

    fn at(hours: u64, minutes: u64) -> SimTime {
        SimTime::from_nanos(hours * HOUR + minutes * 60 * SECOND)
    }

    /// A look a minute at a load that is the hour of the day on weekdays and 100 more at weekends.
    fn lived(hours: u64) -> Loads {
        let mut loads = Loads::default();
        for minute in 1..=hours * 60 {
            let hour = (minute - 1) / 60;
            let weekend = if hour / DAY % 7 >= 5 { 100.0 } else { 0.0 };
            loads.note(at(0, minute), (hour % DAY) as f64 + weekend);
        }
        loads
    }

    /// 24 h of history at the least; forecasts are made every six hours, of hours that have ended.
    #[test]
    fn nothing_is_forecast_of_less_than_a_day() {
        let rule = rule();
        assert_eq!(rule.forecast(&lived(23), at(23, 59)), None);
        assert_eq!(rule.forecast(&lived(24), at(24, 0)), Some(0.0));
        assert_eq!(rule.forecast(&lived(30), at(31, 0)), Some(7.0));
    }

    /// `SchedulingBufferTime`: 300 s before the hour counts, 301 s does not; and the hour that ends is not forgotten.
    #[test]
    fn the_next_hour_counts_from_its_buffer_on() {
        let (rule, loads) = (rule(), lived(48));
        let early = |seconds| rule.forecast(&loads, SimTime::from_nanos(56 * HOUR - seconds * SECOND));
        assert_eq!((early(301), early(300), early(0)), (Some(7.0), Some(8.0), Some(8.0)));
        // After 23 comes 0, and until then 23 is needed.
        assert_eq!(rule.forecast(&loads, at(71, 57)), Some(23.0));
        assert_eq!(rule.forecast(&loads, at(72, 0)), Some(0.0));
    }

    /// By the hour of the day within the first week, by the hour of the week after it.
    #[test]
    fn a_week_tells_weekends_apart() {
        let rule = rule();
        // The Monday after: the highest of seven same hours within the week, its own Monday after it.
        assert_eq!(rule.forecast(&lived(167), at(166, 0)), Some(122.0));
        assert_eq!(rule.forecast(&lived(168), at(168, 0)), Some(0.0));
        assert_eq!(rule.forecast(&lived(168), at(168 + 5 * DAY + 3, 0)), Some(103.0));
    }

    /// The user guide's own: a forecast of 50 and a buffer of 10 % make a maximum of 55.
    #[test]
    fn the_maximum_is_raised_by_the_buffer_beyond_the_forecast() {
        let seen = |max| Seen { forecast: Some(500.0), bounds: Bounds { min: 1, max }, ..Seen::nothing() };
        let raising = Predictive { max_buffer: Some(0.1), ..rule() };
        let asked = raising.recommend(&seen(40));
        assert_eq!((asked.desired, asked.bounds.max), (50, 55));
        assert_eq!(raising.recommend(&seen(55)).bounds.max, 55);
        assert_eq!(raising.recommend(&seen(60)).bounds.max, 60);
        assert_eq!(rule().recommend(&seen(40)).bounds.max, 40);
    }

    #[test]
    fn it_never_asks_for_fewer() {
        let seen = Seen { forecast: Some(20.0), desired: 7, ..Seen::nothing() };
        assert_eq!(rule().recommend(&seen).desired, 7);
        assert_eq!(rule().recommend(&Seen { forecast: None, ..seen }).why, Reason::NoHistory);
    }
}
