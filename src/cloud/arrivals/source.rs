//! A source of births: one workload's arrivals, instant by instant.

use crate::cloud::arrivals::{Arrivals, Cell, Phase, Profile, Shape, Sine, Spread};
use crate::ground::chance::{Key, Stream, unit};
use crate::ground::distribution::Distribution;
use crate::ground::maths;
use crate::ground::time::{SECOND, SimTime, Span};

/// Where a source stands.
#[derive(Debug)]
pub struct Source<'a> {
    pattern: Pattern<'a>,
    chance: Stream,
    unit: Distribution,
    last: SimTime,
}

/// What a source remembers between two births.
#[derive(Debug)]
enum Pattern<'a> {
    /// Exponential gaps.
    Poisson { gap: Distribution },
    /// The next instant, and the distance to the one after.
    Even { next: SimTime, every: Span },
    /// Gaps of any law.
    Renewal { gap: &'a Distribution },
    /// A rate that follows points.
    Profile { profile: &'a Profile },
    /// A rate that swings.
    Sine { sine: &'a Sine },
    /// Two rates that take turns.
    Bursts { phases: [&'a Phase; 2], now: usize, until: SimTime },
    /// A list.
    Instants { times: &'a [super::Recorded], next: usize },
    /// Counted intervals.
    Counts { cells: &'a [Cell], at: usize, spread: Spread, left: Option<(u64, u64)>, carry: u64 },
    /// A closed group: nothing comes by itself.
    Users,
}

/// Half of `u64`: no instant later than this is ever planned.
const HORIZON: u64 = u64::MAX / 2;

impl<'a> Source<'a> {
    /// A source at the start of its time.
    pub fn new(arrivals: &'a Arrivals, key: Key) -> Source<'a> {
        let mut chance = key.named("arrivals").stream();
        let pattern = match arrivals {
            Arrivals::Poisson { rate } => Pattern::Poisson { gap: exponential(SECOND as f64 / rate) },
            Arrivals::Even { every, offset } => {
                Pattern::Even { next: SimTime::from_nanos(offset.nanos()), every: *every }
            }
            Arrivals::Renewal { gap } => Pattern::Renewal { gap },
            Arrivals::Profile(profile) => Pattern::Profile { profile },
            Arrivals::Sine(sine) => Pattern::Sine { sine },
            Arrivals::Bursts { calm, burst } => {
                let until = SimTime::START + Span::from_nanos(calm.lasts.sample(&mut chance));
                Pattern::Bursts { phases: [calm, burst], now: 0, until }
            }
            Arrivals::Users { .. } => Pattern::Users,
            Arrivals::Instants(times) => Pattern::Instants { times, next: 0 },
            Arrivals::Counts { cells, spread } => {
                Pattern::Counts { cells, at: 0, spread: *spread, left: None, carry: 0 }
            }
        };
        // In units of a billionth: precise enough for any gap, and drawn by the same sampler as all else.
        Source { pattern, chance, unit: exponential(UNIT), last: SimTime::START }
    }

    /// The instant of the next birth; `None` where no more will come.
    #[inline(always)]
    pub fn next_birth(&mut self) -> Option<SimTime> {
        let next = match &mut self.pattern {
            Pattern::Poisson { gap } => self.last.nanos() + gap.sample(&mut self.chance),
            _ => return self.next_other(),
        };
        self.last = SimTime::from_nanos(next);
        Some(self.last)
    }

    /// How long a member of a closed group thinks before it asks again.
    pub fn think(&mut self, law: &Distribution) -> u64 {
        law.sample(&mut self.chance)
    }

    #[inline(never)]
    fn next_other(&mut self) -> Option<SimTime> {
        let next = match &mut self.pattern {
            Pattern::Poisson { .. } | Pattern::Users => return None,
            Pattern::Even { next, every } => {
                let now = *next;
                *next = now + *every;
                now
            }
            Pattern::Renewal { gap } => self.last + Span::from_nanos(gap.sample(&mut self.chance)),
            Pattern::Profile { profile } => {
                let share = self.unit.sample(&mut self.chance) as f64 / UNIT;
                follow(profile, self.last, share)?
            }
            Pattern::Sine { sine } => {
                // Those of the highest rate, each kept as the present rate is to it (Lewis & Shedler, 1979).
                let most = sine.mean + sine.amplitude;
                let mut at = self.last;
                loop {
                    let share = self.unit.sample(&mut self.chance) as f64 / UNIT;
                    at = at.after(Span::from_nanos(nanos(share / most)));
                    if at.nanos() > HORIZON || unit(&mut self.chance) * most < rate_of(sine, at) {
                        break at;
                    }
                }
            }
            Pattern::Bursts { phases, now, until } => {
                let mut share = self.unit.sample(&mut self.chance) as f64 / UNIT;
                let mut at = self.last;
                loop {
                    let rate = phases[*now].rate;
                    let room = rate * (*until - at).seconds();
                    if share < room {
                        break at + Span::from_nanos(nanos(share / rate));
                    }
                    share -= room;
                    at = *until;
                    if at.nanos() > HORIZON {
                        return None;
                    }
                    *now = 1 - *now;
                    // A phase that lasts no time at all must not hold the clock for ever.
                    let lasts = phases[*now].lasts.sample(&mut self.chance).max(1);
                    *until = at + Span::from_nanos(lasts);
                }
            }
            Pattern::Instants { times, next } => {
                let at = times.get(*next)?.at;
                *next += 1;
                at
            }
            Pattern::Counts { cells, at, spread, left, carry } => loop {
                let cell = cells.get(*at)?;
                let width = (cell.to - cell.from).nanos();
                match spread {
                    Spread::Poisson => {
                        let share = self.unit.sample(&mut self.chance) as f64 / UNIT;
                        let mean = cell.thousandths as f64 / 1000.0;
                        let from = self.last.max(cell.from);
                        let next = from.nanos() as f64 + share / mean * width as f64;
                        if cell.thousandths > 0 && next < cell.to.nanos() as f64 {
                            break SimTime::from_nanos(from.nanos() + nanos_of(share / mean * width as f64));
                        }
                        // Without memory: what the law left over at the end of one cell is drawn anew in the next.
                        self.last = cell.to;
                        *at += 1;
                    }
                    Spread::Even => {
                        let (count, done) = left.unwrap_or_else(|| {
                            let whole = cell.thousandths + *carry;
                            *carry = whole % 1000;
                            (whole / 1000, 0)
                        });
                        if done < count {
                            *left = Some((count, done + 1));
                            let offset = u128::from(width) * u128::from(2 * done + 1) / u128::from(2 * count);
                            break cell.from + Span::from_nanos(offset as u64);
                        }
                        *left = None;
                        *at += 1;
                    }
                }
            },
        };
        if next.nanos() > HORIZON {
            return None;
        }
        self.last = next;
        Some(next)
    }
}

/// The rate of a swing at an instant.
fn rate_of(sine: &Sine, at: SimTime) -> f64 {
    // Of the place in the period, which stays exact however long a run lasts.
    let period = sine.period.nanos();
    let place = (at.nanos() % period + sine.phase.nanos() % period) as f64 / period as f64;
    sine.mean + sine.amplitude * maths::sin(std::f64::consts::TAU * place)
}

/// Units of the standard exponential law by which changing rates are followed.
const UNIT: f64 = 1e12;

fn exponential(mean: f64) -> Distribution {
    Distribution::exponential(mean).expect("rates are checked to be above 0 and finite")
}

fn nanos(seconds: f64) -> u64 {
    nanos_of(seconds * SECOND as f64)
}

fn nanos_of(nanos: f64) -> u64 {
    // A float beyond the range becomes the range's end.
    (nanos + 0.5) as u64
}

/// The instant by which the integral of the rate since `from` has grown by `share`.
///
/// Births of a Poisson process with a changing rate are those of a steady one in a time that runs as fast as the
/// rate (Çinlar, *Introduction to Stochastic Processes*, 1975, ch. 4.7); piece by piece the integral is a
/// quadratic that is solved exactly.
fn follow(profile: &Profile, from: SimTime, mut share: f64) -> Option<SimTime> {
    let mut at = from;
    // Rounds without any rate: a whole repetition of nothing never ends.
    let mut barren = 0;
    loop {
        let (rate, slope, until) = piece(profile, at);
        let width = (until - at).seconds();
        let room = if until == SimTime::NEVER {
            if rate <= 0.0 {
                return None;
            }
            f64::INFINITY
        } else {
            width * (rate + slope * width / 2.0)
        };
        if share < room {
            // rate·t + slope·t²/2 = share, solved without cancellation where the slope is small.
            let root = (rate * rate + 2.0 * slope * share).max(0.0).sqrt();
            return Some(at + Span::from_nanos(nanos(2.0 * share / (rate + root))));
        }
        if room > 0.0 {
            barren = 0;
        } else {
            barren += 1;
            if barren > 2 * profile.points.len() + 2 {
                return None;
            }
        }
        share -= room;
        at = until;
    }
}

/// The rate at an instant, its slope from there, and until when that holds.
fn piece(profile: &Profile, at: SimTime) -> (f64, f64, SimTime) {
    let (start, local, end) = match profile.repeat {
        Some(every) => {
            let local = at.nanos() % every.nanos();
            let start = at.nanos() - local;
            (start, local, SimTime::from_nanos(start) + every)
        }
        None => (0, at.nanos(), SimTime::NEVER),
    };
    let points = &profile.points;
    let next = points.partition_point(|&(point, _)| point.nanos() <= local);
    let until = points
        .get(next)
        .map_or(end, |&(point, _)| SimTime::from_nanos(start).after(Span::from_nanos(point.nanos())).min(end));
    let held = |rate| (rate, 0.0, until);
    match (next.checked_sub(1).map(|before| points[before]), points.get(next)) {
        (None, None) => held(0.0),
        (None, Some(&(_, rate))) | (Some((_, rate)), None) => held(rate),
        (Some((from, rate)), Some(&(to, target))) => match profile.shape {
            Shape::Steps => held(rate),
            Shape::Linear => {
                let slope = (target - rate) / (to - from).seconds();
                (rate + slope * (SimTime::from_nanos(local) - from).seconds(), slope, until)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::arrivals::Recorded;

    fn at(seconds: f64) -> SimTime {
        SimTime::from_nanos((seconds * 1e9) as u64)
    }

    fn births(arrivals: &Arrivals, until: f64) -> Vec<f64> {
        let mut source = Source::new(arrivals, Key::root(11, 0));
        std::iter::from_fn(|| source.next_birth()).map(SimTime::seconds).take_while(|&birth| birth < until).collect()
    }

    #[test]
    fn even_and_listed_births_come_when_they_should() {
        let even = Arrivals::Even { every: Span::from_secs(3), offset: Span::from_secs(1) };
        assert_eq!(births(&even, 10.0), [1.0, 4.0, 7.0]);
        let list = [2.5, 2.5, 9.0].map(|instant| Recorded { at: at(instant), ..Recorded::default() });
        assert_eq!(births(&Arrivals::Instants(list.to_vec()), 10.0), [2.5, 2.5, 9.0]);
    }

    /// Of 20,000 s at a mean of 5/s: Poisson(100,000), sd 316; five of them cover all but one honest run in a
    /// million, and the quarters of a rising and falling day likewise.
    #[test]
    fn a_profile_brings_as_many_as_its_area() {
        let profile = Profile {
            points: vec![(at(0.0), 0.0), (at(50.0), 10.0), (at(100.0), 0.0)],
            shape: Shape::Linear,
            repeat: Some(Span::from_secs(100)),
        };
        let births = births(&Arrivals::Profile(profile), 20_000.0);
        assert!((births.len() as f64 - 100_000.0).abs() < 1_600.0, "{}", births.len());
        // The first quarter of each round has 1/8 of the area: 25 · 5 / 2 = 62.5 of 500.
        let early = births.iter().filter(|&&birth| birth % 100.0 < 25.0).count() as f64;
        assert!((early - 12_500.0).abs() < 560.0, "{early}");
    }

    #[test]
    fn steps_hold_until_the_next_point_and_nothing_comes_at_rate_zero() {
        let profile = Profile {
            points: vec![(at(0.0), 0.0), (at(10.0), 50.0), (at(20.0), 0.0)],
            shape: Shape::Steps,
            repeat: None,
        };
        let births = births(&Arrivals::Profile(profile), 1e9);
        assert!(births.iter().all(|birth| (10.0..20.0).contains(birth)));
        // Poisson(500), sd 22.4, five of them.
        assert!((388..612).contains(&births.len()), "{}", births.len());
    }

    /// Calm 1/s for 90 s, burst 11/s for 10 s: 2 a second; over 50,000 s the switching adds to Poisson's sd of 316.
    /// Fixed phases keep it at that: five of them.
    #[test]
    fn bursts_take_turns() {
        let phase = |rate, seconds: u64| Phase { rate, lasts: Distribution::constant(seconds * SECOND) };
        let arrivals = Arrivals::Bursts { calm: phase(1.0, 90), burst: phase(11.0, 10) };
        let births = births(&arrivals, 50_000.0);
        assert!((births.len() as f64 - 100_000.0).abs() < 1_600.0, "{}", births.len());
    }

    /// 10/s ± 8/s in periods of 100 s: of 1,000 a period the rising half has 500 + 8 · 100/π = 754.6. Over 200 periods
    /// Poisson(200,000) has sd 447 and the half Poisson(150,930) sd 388: five of them.
    #[test]
    fn a_sine_brings_its_mean_and_most_of_it_in_the_first_half() {
        let sine = Sine { mean: 10.0, amplitude: 8.0, period: Span::from_secs(100), phase: Span::ZERO };
        let all = births(&Arrivals::Sine(sine), 20_000.0);
        assert!((all.len() as f64 - 200_000.0).abs() < 2_240.0, "{}", all.len());
        let first = |births: &[f64]| births.iter().filter(|&&birth| birth % 100.0 < 50.0).count() as f64;
        assert!((first(&all) - 150_930.0).abs() < 1_940.0, "{}", first(&all));
        // Half a period later the other half is the busy one.
        let late = births(&Arrivals::Sine(Sine { phase: Span::from_secs(50), ..sine }), 20_000.0);
        assert!((first(&late) - 49_070.0).abs() < 1_110.0, "{}", first(&late));
    }

    #[test]
    fn counted_intervals_bring_what_was_counted() {
        let cell = |from, to, thousandths| Cell { from: at(from), to: at(to), thousandths };
        let cells = vec![cell(0.0, 10.0, 2_500), cell(10.0, 20.0, 1_500), cell(60.0, 70.0, 5_000)];
        let even = births(&Arrivals::Counts { cells: cells.clone(), spread: Spread::Even }, 100.0);
        // 2.5 gives 2 and carries a half; 1.5 with it gives 2; 5 gives 5.
        assert_eq!(even, [2.5, 7.5, 12.5, 17.5, 61.0, 63.0, 65.0, 67.0, 69.0]);
        let busy: Vec<Cell> = (0..2_000).map(|n| cell(f64::from(n), f64::from(n + 1), 50_000)).collect();
        let births = births(&Arrivals::Counts { cells: busy, spread: Spread::Poisson }, 1e9);
        assert!((births.len() as f64 - 100_000.0).abs() < 1_600.0, "{}", births.len());
    }
}
