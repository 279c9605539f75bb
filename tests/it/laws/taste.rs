//! A swarm's chance: every run has a taste of its own, which switches whole features off and weighs the rest wildly.
//!
//! Groce et al., *Swarm Testing*, ISSTA 2012: many runs that each leave features out find more than one that has all
//! of them, because features hide each other's faults.

use std::collections::BTreeMap;

use queuelab::ground::chance::{Key, Stream, below, unit};

/// The chance and the likings of one run.
pub struct Taste {
    chance: Stream,
    likings: BTreeMap<&'static str, f64>,
    favours: BTreeMap<&'static str, Vec<f64>>,
}

impl Taste {
    /// The taste of the `number`-th run of a seed.
    pub fn new(seed: u64, number: u32) -> Taste {
        let chance = Key::root(seed, number).named("swarm").stream();
        Taste { chance, likings: BTreeMap::new(), favours: BTreeMap::new() }
    }

    /// Whether a feature is used here. Of a whole run it is off two times of five, and always on once in eight.
    pub fn has(&mut self, feature: &'static str) -> bool {
        let chance = &mut self.chance;
        let liking = *self.likings.entry(feature).or_insert_with(|| match unit(chance) {
            roll if roll < 0.4 => 0.0,
            roll if roll < 0.525 => 1.0,
            _ => {
                let liking = unit(chance);
                liking * liking
            }
        });
        unit(chance) < liking
    }

    /// One of several: of a whole run half of them are left out, and the others weigh very differently.
    pub fn one<T: Copy>(&mut self, choice: &'static str, of: &[T]) -> T {
        let chance = &mut self.chance;
        let weights = self.favours.entry(choice).or_insert_with(|| {
            let mut weights: Vec<f64> =
                of.iter().map(|_| if unit(chance) < 0.5 { 0.0 } else { unit(chance) * unit(chance) }).collect();
            if weights.iter().sum::<f64>() == 0.0 {
                let only = below(chance, of.len() as u64) as usize;
                weights[only] = 1.0;
            }
            weights
        });
        assert_eq!(weights.len(), of.len(), "`{choice}` always has the same options");
        let mut roll = unit(chance) * weights.iter().sum::<f64>();
        let at = weights.iter().position(|weight| {
            roll -= weight;
            roll < 0.0
        });
        of[at.unwrap_or_else(|| weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0))]
    }

    /// A whole number, both ends included.
    pub fn number(&mut self, low: u64, high: u64) -> u64 {
        low + below(&mut self.chance, high - low + 1)
    }

    /// A whole number, small ones as likely as large ones: first the octave, then where in it.
    pub fn size(&mut self, low: u64, high: u64) -> u64 {
        let octaves = (high / low).ilog2();
        let first = low << self.number(0, u64::from(octaves));
        self.number(first, (2 * first).min(high).max(first))
    }

    /// A duration of so many milliseconds, as a file writes it.
    pub fn span(&mut self, low: u64, high: u64) -> String {
        format!("\"{}ms\"", self.size(low, high))
    }

    /// A law of durations whose mean is a span of so many milliseconds.
    pub fn law(&mut self, low: u64, high: u64) -> String {
        let mean = self.size(low, high);
        let scv = [0.1, 0.5, 1.0, 2.0, 6.0][self.number(0, 4) as usize];
        let (near, far) = (mean / 2 + 1, mean * 2);
        let kinds = [
            "constant",
            "exponential",
            "lognormal",
            "gamma",
            "weibull",
            "uniform",
            "erlang",
            "pareto",
            "hyperexponential",
            "values",
            "mixture",
        ];
        match self.one("law", &kinds) {
            "constant" => format!("\"{mean}ms\""),
            "exponential" => format!("{{ exponential = \"{mean}ms\" }}"),
            "lognormal" => format!("{{ lognormal = {{ mean = \"{mean}ms\", scv = {scv} }} }}"),
            "gamma" => format!("{{ gamma = {{ mean = \"{mean}ms\", scv = {scv} }} }}"),
            "weibull" => format!("{{ weibull = {{ mean = \"{mean}ms\", scv = {scv} }} }}"),
            "uniform" => format!("{{ uniform = {{ low = \"{near}ms\", high = \"{far}ms\" }} }}"),
            "erlang" => format!("{{ erlang = {{ shape = {}, mean = \"{mean}ms\" }} }}", self.number(1, 5)),
            "pareto" => format!("{{ pareto = {{ alpha = 1.5, low = \"{near}ms\", high = \"{}ms\" }} }}", far * 8),
            "hyperexponential" => {
                format!("{{ hyperexponential = {{ weights = [9, 1], means = [\"{near}ms\", \"{}ms\"] }} }}", far * 2)
            }
            "values" => {
                format!("{{ values = {{ of = [\"{near}ms\", \"{mean}ms\", \"{far}ms\"], weights = [1, 2, 1] }} }}")
            }
            _ => format!(
                "{{ mixture = [{{ weight = 3, of = \"{near}ms\" }}, {{ weight = 1, of = {{ exponential = \"{far}ms\" }} }}] }}"
            ),
        }
    }

    /// A law of small counts.
    pub fn counts(&mut self) -> String {
        match self.one("counts", &["constant", "geometric", "uniform", "values"]) {
            "constant" => format!("{}", self.number(2, 5)),
            "geometric" => "{ geometric = 2 }".to_owned(),
            "uniform" => "{ uniform = { low = 0, high = 4 } }".to_owned(),
            _ => "{ values = { of = [1, 7], weights = [8, 1] } }".to_owned(),
        }
    }

    /// A law of bytes, across the borders of what is billed.
    pub fn bytes(&mut self) -> String {
        match self.one("bytes", &["small", "uniform", "heavy"]) {
            "small" => format!("\"{}KiB\"", self.size(1, 300)),
            "uniform" => "{ uniform = { low = \"0B\", high = \"200KiB\" } }".to_owned(),
            _ => "{ lognormal = { mean = \"100KiB\", scv = 4 } }".to_owned(),
        }
    }
}
