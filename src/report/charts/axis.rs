//! An axis: values to pixels, linear or logarithmic, with exactly the ticks that are asked for.

use crate::ground::maths;
use crate::report::numbers::Kind;

/// Values between two ends, and where they lie in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    log: bool,
    from: f64,
    to: f64,
    /// Where lines and labels stand.
    pub ticks: Vec<f64>,
}

/// Pixels between two labels, at least.
const APART: f64 = 46.0;

impl Axis {
    /// From zero to a round number that is not below `high`, over the pixels `from` to `to`.
    pub fn linear(high: f64, steps: usize, (from, to): (f64, f64)) -> Axis {
        let high = if high.is_finite() && high > 0.0 { high.clamp(1e-30, 1e30) } else { 1.0 };
        let step = round_step(high / steps.max(1) as f64);
        let count = (high / step - 1e-9).ceil().max(1.0);
        let ticks = (0..=count as usize).map(|tick| tick as f64 * step).collect();
        Axis { low: 0.0, high: count * step, log: false, from, to, ticks }
    }

    /// From a round number that is not above `low` to one that is not below `high`, with zero between them.
    pub fn around(low: f64, high: f64, steps: usize, (from, to): (f64, f64)) -> Axis {
        let bound = |value: f64| if value.is_finite() { value.clamp(-1e30, 1e30) } else { 0.0 };
        let (low, high) = (bound(low).min(0.0), bound(high).max(0.0));
        let range = if high - low > 0.0 { (high - low).max(1e-30) } else { 1.0 };
        let step = round_step(range / steps.max(1) as f64);
        let (first, mut last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        if last <= first {
            last = first + 1.0;
        }
        let ticks = (0..=(last - first) as usize).map(|tick| (first + tick as f64) * step).collect();
        Axis { low: first * step, high: last * step, log: false, from, to, ticks }
    }

    /// From zero to `length` exactly, with ticks at whole numbers of a unit of time.
    pub fn time(length: f64, (from, to): (f64, f64)) -> Axis {
        const STEPS: [f64; 20] = [
            1e-3, 1e-2, 0.1, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0,
            21_600.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0,
        ];
        let length = if length.is_finite() && length > 0.0 { length } else { 1.0 };
        let fits = |step: &&f64| length / **step <= 12.0;
        let step = STEPS.iter().find(fits).copied().unwrap_or_else(|| round_step(length / 8.0));
        let count = (length / step + 1e-9).floor() as usize;
        Axis { low: 0.0, high: length, log: false, from, to, ticks: (0..=count).map(|t| t as f64 * step).collect() }
    }

    /// Around `low` to `high`, both above zero, with ticks at round numbers of the kind.
    pub fn log(kind: Kind, low: f64, high: f64, (from, to): (f64, f64)) -> Axis {
        let possible = |value: f64| value.is_finite() && value > 0.0;
        let low = if possible(low) { low.clamp(1e-15, 1e15) } else { 1.0 };
        let high = if possible(high) { high.clamp(low, 1e16) } else { low };
        let rounds = round_values(kind);
        let below = rounds.iter().rev().find(|value| **value <= low * (1.0 + 1e-9)).copied().unwrap_or(low);
        let after = |value: &&f64| **value >= high * (1.0 - 1e-9) && **value > below;
        let above = rounds.iter().find(after).copied().unwrap_or(high * 10.0);
        let mut axis = Axis { low: below, high: above, log: true, from, to, ticks: Vec::new() };
        let within = |value: &&f64| **value >= below && **value <= above;
        for value in rounds.iter().filter(within) {
            let far = |tick: &f64| (axis.at(*value) - axis.at(*tick)).abs() >= APART;
            if axis.ticks.last().is_none_or(far) {
                axis.ticks.push(*value);
            }
        }
        axis
    }

    /// The same from its low end to exactly this value.
    pub fn ending(mut self, high: f64) -> Axis {
        if high.is_finite() && high > self.low {
            self.high = high;
            self.ticks.retain(|tick| *tick <= high);
        }
        self
    }

    /// The pixel of a value; what lies outside lies on the end.
    pub fn at(&self, value: f64) -> f64 {
        let (low, high) = (self.low, self.high);
        let value = if value.is_nan() { low } else { value.clamp(low, high) };
        let part = if self.log { maths::ln(value / low) / maths::ln(high / low) } else { (value - low) / (high - low) };
        self.from + part * (self.to - self.from)
    }

    /// Whether it is logarithmic.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// Its first and last pixel.
    pub fn ends(&self) -> (f64, f64) {
        (self.from, self.to)
    }
}

/// 1, 2 or 5 times a power of ten, not below `least`.
fn round_step(least: f64) -> f64 {
    let power = maths::pow(10.0, maths::log10(least).floor());
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Numbers that a person would put on a logarithmic axis, rising.
fn round_values(kind: Kind) -> Vec<f64> {
    let mut values = Vec::new();
    let decades = |from: i32, to: i32, steps: &'static [f64]| {
        (from..=to).flat_map(move |power| steps.iter().map(move |step| step * decade(power)))
    };
    match kind {
        // Beyond half a minute people count in minutes, hours and days.
        Kind::Duration => {
            values.extend(decades(-15, 0, &[1.0, 3.0]));
            values.extend([10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 10_800.0, 36_000.0, 86_400.0]);
            values.extend(decades(0, 12, &[3.0, 10.0]).map(|days| days * 86_400.0));
        }
        Kind::Share | Kind::Number => values.extend(decades(-15, 17, &[1.0])),
        Kind::Money | Kind::Rate => values.extend(decades(-15, 17, &[1.0, 3.0])),
    }
    values
}

/// A power of ten, as exact as a literal.
fn decade(power: i32) -> f64 {
    format!("1e{power}").parse().unwrap_or(1.0)
}

/// Moves labels apart that would overlap: each as near to where it would be as its neighbours allow, in its order
/// from top to bottom, `gap` pixels apart and inside `top` to `bottom` as far as there is room.
pub fn apart(wanted: &[f64], gap: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut places = wanted.to_vec();
    let mut least = top;
    for place in &order {
        places[*place] = places[*place].max(least);
        least = places[*place] + gap;
    }
    let mut most = bottom;
    for place in order.iter().rev() {
        places[*place] = places[*place].min(most);
        most = places[*place] - gap;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_axis_ends_on_a_round_number() {
        for (high, steps, expected) in
            [(38.0, 4, vec![0.0, 10.0, 20.0, 30.0, 40.0]), (1.0, 2, vec![0.0, 0.5, 1.0]), (0.0, 2, vec![0.0, 0.5, 1.0])]
        {
            assert_eq!(Axis::linear(high, steps, (0.0, 100.0)).ticks, expected);
        }
    }

    #[test]
    fn an_axis_around_zero_holds_both_sides() {
        assert_eq!(Axis::around(-3.0, 38.0, 4, (0.0, 100.0)).ticks, [-20.0, 0.0, 20.0, 40.0]);
        assert_eq!(Axis::around(-3.0, -1.0, 4, (0.0, 100.0)).ticks, [-3.0, -2.0, -1.0, 0.0]);
        for ends in [(0.0, 0.0), (f64::NAN, f64::INFINITY), (-1e300, 1e300), (5.0, 2.0), (-1e-300, 0.0)] {
            let axis = Axis::around(ends.0, ends.1, 5, (0.0, 100.0));
            assert!(axis.high > axis.low && axis.ticks.len() < 20 && axis.at(0.0).is_finite(), "{ends:?}: {axis:?}");
        }
    }

    #[test]
    fn an_axis_of_time_has_ticks_that_people_count_by() {
        let axis = Axis::time(28_800.0, (0.0, 800.0));
        assert_eq!(axis.ticks.len(), 9, "every hour of eight");
        assert_eq!(axis.at(3_600.0), 100.0);
        assert_eq!(Axis::time(3_600.0, (0.0, 800.0)).ticks[1], 300.0);
    }

    #[test]
    fn a_log_axis_is_even_in_ratios_and_clamps() {
        let axis = Axis::log(Kind::Number, 1.0, 1_000.0, (300.0, 0.0));
        assert_eq!(axis.ticks, [1.0, 10.0, 100.0, 1_000.0]);
        assert!((axis.at(10.0) - 200.0).abs() < 1e-9);
        assert_eq!(axis.at(0.0), 300.0);
        assert_eq!(axis.at(f64::INFINITY), 0.0);
        assert_eq!(axis.at(f64::NAN), 300.0);
    }

    #[test]
    fn no_axis_is_without_ends_whatever_it_is_made_of() {
        for low in [0.0, -1.0, 1e-300, 1e300, f64::NAN, f64::INFINITY] {
            for high in [0.0, -1.0, 1e-300, 1e300, f64::NAN, f64::INFINITY] {
                for kind in [Kind::Duration, Kind::Share, Kind::Money, Kind::Rate, Kind::Number] {
                    let axis = Axis::log(kind, low, high, (0.0, 500.0));
                    assert!(axis.low > 0.0 && axis.high > axis.low, "{low} {high} {axis:?}");
                    assert!(axis.at(1.0).is_finite() && axis.ticks.len() < 20);
                }
                assert!(Axis::linear(high, 4, (0.0, 9.0)).ticks.len() < 20);
                assert!(Axis::time(high, (0.0, 9.0)).ticks.len() < 20, "{high}");
            }
        }
    }

    #[test]
    fn labels_move_apart_and_stay_inside() {
        assert_eq!(apart(&[50.0, 50.0], 10.0, (0.0, 100.0)), [50.0, 60.0]);
        assert_eq!(apart(&[99.0, 98.0], 10.0, (0.0, 100.0)), [100.0, 90.0]);
        assert_eq!(apart(&[], 10.0, (0.0, 100.0)), [0.0; 0]);
    }
}
