//! Every law against its own formulas: moments, shares, quantiles, edges, refusals.

use super::*;
use crate::ground::chance::Key;

fn assert_near(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "found {found}, expected {expected}");
}

/// Laws in nanoseconds around a second, one at least of each family.
fn laws() -> Vec<(&'static str, Distribution)> {
    let exponential = |mean| Distribution::exponential(mean).unwrap();
    vec![
        ("exponential", exponential(1e9)),
        ("uniform", Distribution::uniform(500_000_000, 1_500_000_000).unwrap()),
        ("erlang of 3", Distribution::erlang(3, 1e9).unwrap()),
        ("erlang of 20", Distribution::erlang(20, 1e9).unwrap()),
        ("lognormal", Distribution::lognormal(&[Known::Mean(1e9), Known::Scv(2.0)]).unwrap()),
        ("gamma above shape 1", Distribution::gamma(&[Known::Mean(1e9), Known::Scv(0.4)]).unwrap()),
        ("gamma below shape 1", Distribution::gamma(&[Known::Mean(1e9), Known::Scv(2.5)]).unwrap()),
        ("weibull, rising hazard", Distribution::weibull(&[Known::Mean(1e9), Known::Scv(0.3)]).unwrap()),
        ("weibull, falling hazard", Distribution::weibull(&[Known::Mean(1e9), Known::Scv(3.0)]).unwrap()),
        ("pareto", Distribution::pareto(1.5, 0.4e9, 100e9).unwrap()),
        ("hyperexponential", Distribution::hyperexponential(&[0.9, 0.1], &[0.55e9, 5.45e9]).unwrap()),
        ("values", Distribution::values(&[10, 400, 60], &[0.7, 0.1, 0.2]).unwrap()),
        ("empirical", Distribution::empirical(vec![5, 1, 9, 9, 2]).unwrap()),
        ("geometric", Distribution::geometric(5.0).unwrap()),
        (
            "mixture",
            Distribution::mixture(vec![
                (3.0, Distribution::constant(2_000_000_000)),
                (1.0, exponential(8e9)),
                (0.0, exponential(1e12)),
            ])
            .unwrap(),
        ),
    ]
}

const DRAWS: u64 = 400_000;

/// The mean of 400,000 draws lies within 4.4 of its standard errors (an honest law strays once in 90,000), and
/// their share below each quantile within 4.4 of its own.
#[test]
fn draws_have_the_moments_and_quantiles_of_their_law() {
    for (name, law) in laws() {
        let key = Key::root(5, 0).named(name);
        let mut values: Vec<u64> = (0..DRAWS).map(|n| law.sample(&mut key.draw(n))).collect();
        values.sort_unstable();
        let n = DRAWS as f64;
        let mean = values.iter().map(|&value| u128::from(value)).sum::<u128>() as f64 / n;
        let error = (law.variance() / n).sqrt();
        assert!((mean - law.mean()).abs() < 4.4 * error, "{name}: mean {mean}, expected {} ± {error}", law.mean());
        for p in [0.05, 0.25, 0.5, 0.75, 0.9, 0.99] {
            let quantile = law.quantile(p);
            let expected = law.share(quantile);
            let below = values.partition_point(|&value| value as f64 <= quantile) as f64 / n;
            let error = (expected * (1.0 - expected) / n).sqrt();
            assert!((below - expected).abs() <= 4.4 * error, "{name}: {below} below p{p}, expected {expected}");
        }
    }
}

/// The sample variance has standard error √((μ₄ − σ⁴)/n), taken from the draws themselves; 4.4 of them. The
/// laws with a heavy tail are left out: there the fourth moment of a sample says nothing.
#[test]
fn draws_vary_as_their_law_says() {
    let heavy = ["lognormal", "pareto", "weibull, falling hazard"];
    for (name, law) in laws().into_iter().filter(|(name, _)| !heavy.contains(name)) {
        let mut stream = Key::root(6, 0).named(name).stream();
        let centred: Vec<f64> = (0..DRAWS).map(|_| law.sample(&mut stream) as f64 - law.mean()).collect();
        let n = DRAWS as f64;
        let second = centred.iter().map(|x| x * x).sum::<f64>() / n;
        let fourth = centred.iter().map(|x| x * x * x * x).sum::<f64>() / n;
        let error = ((fourth - second * second) / n).sqrt();
        assert!(
            (second - law.variance()).abs() < 4.4 * error,
            "{name}: variance {second}, expected {} ± {error}",
            law.variance()
        );
    }
}

/// At a continuous law's quantile exactly p lies below; at any law's at least p, and just before it less.
#[test]
fn quantiles_and_shares_undo_each_other() {
    for (name, law) in laws() {
        for p in [0.001, 0.1, 0.5, 0.7, 0.75, 0.9, 0.999] {
            let quantile = law.quantile(p);
            assert!(law.share(quantile * (1.0 + 1e-9)) >= p - 1e-9, "{name} at {p}");
            assert!(law.share(quantile * (1.0 - 1e-9) - 1e-9) <= p + 1e-9, "{name} at {p}");
        }
        assert_eq!(law.share(-1.0), 0.0, "{name}");
    }
}

/// The mean is the integral of 1 − share over all t: a check of formulas against formulas, by the midpoint
/// rule between thousandths of the law.
#[test]
fn means_are_the_integral_of_what_is_still_to_come() {
    for (name, law) in laws() {
        let most = law.quantile(1.0 - 1e-9);
        // Steps that grow, as most of a law lies near its beginning.
        let steps = 400_000;
        let at = |n: u32| most * (f64::from(n) / f64::from(steps)).powi(3);
        let mut integral = 0.0;
        for n in 0..steps {
            let (from, to) = (at(n), at(n + 1));
            integral += (to - from) * (1.0 - law.share(0.5 * (from + to)));
        }
        assert!((integral / law.mean() - 1.0).abs() < 2e-4, "{name}: {integral}, expected {}", law.mean());
    }
}

/// Mean 1 and scv 4 belong to the normal law with mean −ln(5)/2 and variance ln 5.
#[test]
fn lognormal_from_mean_and_scv() {
    let law = Distribution::lognormal(&[Known::Scv(4.0), Known::Mean(1e9)]).unwrap();
    assert_near(law.quantile(0.5), 1e9 / 5f64.sqrt(), 1e-12);
    assert_near(law.mean(), 1e9, 1e-12);
    assert_near(law.scv(), 4.0, 1e-12);
}

type FromKnown = fn(&[Known]) -> Result<Distribution, String>;
const FITTED: [(&str, FromKnown); 3] =
    [("lognormal", Distribution::lognormal), ("gamma", Distribution::gamma), ("weibull", Distribution::weibull)];

/// Each pair of figures of a law brings back the law.
#[test]
fn any_two_figures_settle_a_law() {
    for (name, build) in FITTED {
        for scv in [0.001, 0.09, 0.8, 1.0, 1.3, 2.0] {
            let law = build(&[Known::Mean(2e9), Known::Scv(scv)]).unwrap();
            let known = [
                Known::Mean(law.mean()),
                Known::Scv(law.scv()),
                Known::P50(law.quantile(0.5)),
                Known::P90(law.quantile(0.9)),
                Known::P95(law.quantile(0.95)),
                Known::P99(law.quantile(0.99)),
            ];
            for (n, &one) in known.iter().enumerate() {
                for &other in &known[n + 1..] {
                    // The median of a weibull law is above its mean where it hardly varies, and twice the same.
                    if name == "weibull" && matches!((one, other), (Known::Mean(_), Known::P50(_))) {
                        continue;
                    }
                    for pair in [[one, other], [other, one]] {
                        let found = build(&pair).unwrap_or_else(|why| panic!("{name} {pair:?}: {why}"));
                        assert_near(found.mean(), law.mean(), 1e-6);
                        assert_near(found.quantile(0.99), law.quantile(0.99), 1e-6);
                        assert_near(found.scv(), law.scv(), 1e-5);
                    }
                }
            }
        }
    }
}

/// Gamma and weibull of scv 1 are the exponential law.
#[test]
fn exponential_is_a_gamma_and_a_weibull_law() {
    let exponential = Distribution::exponential(3e9).unwrap();
    for build in [Distribution::gamma, Distribution::weibull] {
        let law = build(&[Known::Mean(3e9), Known::P95(exponential.quantile(0.95))]).unwrap();
        for p in [0.01, 0.5, 0.999] {
            assert_near(law.quantile(p), exponential.quantile(p), 1e-7);
        }
    }
}

#[test]
fn two_figures_that_contradict_each_other_are_refused() {
    for (name, build) in FITTED {
        let refusal = |known: &[Known]| build(known).unwrap_err();
        assert_eq!(
            refusal(&[Known::P50(2e9), Known::P95(1e9)]),
            "`p95` is below `p50`: a higher percentile can't be smaller"
        );
        assert!(refusal(&[Known::Mean(2e9), Known::P95(1e9)]).starts_with("`p95` is below `mean`"));
        let told = refusal(&[Known::Mean(1e9), Known::P95(9e9)]);
        assert!(told.contains(&format!("no `{name}` law has both: `p95` would be 9.000 times `mean`")), "{told}");
        assert!(refusal(&[Known::Mean(1e9)]).starts_with("`mean` alone does not settle a law"));
        assert!(refusal(&[]).starts_with("say any two of"));
        assert!(refusal(&[Known::P50(1.0), Known::P90(2.0), Known::P99(3.0)]).contains("here are 3"));
        assert!(refusal(&[Known::P50(1.0), Known::P50(2.0)]).starts_with("`p50` is said twice"));
        assert!(refusal(&[Known::Mean(1.0), Known::Scv(-1.0)]).contains("a number from 0"));
        assert!(refusal(&[Known::Mean(0.0), Known::Scv(1.0)]).contains("`mean` must be above zero"));
        assert!(refusal(&[Known::P50(f64::NAN), Known::P90(1.0)]).contains("`p50` must be above zero"));
        assert!(refusal(&[Known::Mean(1e9), Known::P50(2e9)]).contains("`p50` would be 2.000 times `mean`"));
    }
}

/// The most that a lognormal p95 can be is e^(z²/2) = 3.868 times the mean, z = 1.6449.
#[test]
fn lognormal_refuses_beyond_its_reach_and_only_there() {
    let at = |ratio: f64| Distribution::lognormal(&[Known::Mean(1e9), Known::P95(ratio * 1e9)]);
    assert!(at(3.867).is_ok());
    assert!(at(3.869).unwrap_err().ends_with("and is at most 3.868 times"));
    // The one of less spread: σ below z, where both have the figures.
    assert!(at(3.0).unwrap().scv() < maths_scv(1.6449));
}

fn maths_scv(sigma: f64) -> f64 {
    crate::ground::maths::exp_m1(sigma * sigma)
}

#[test]
fn what_does_not_vary_is_constant() {
    let constant = Some(7);
    for (_, build) in FITTED {
        assert_eq!(build(&[Known::Mean(7.0), Known::Scv(0.0)]).unwrap().constant_value(), constant);
        assert_eq!(build(&[Known::Mean(7.0), Known::P95(7.0)]).unwrap().constant_value(), constant);
        assert_eq!(build(&[Known::P50(7.0), Known::P95(7.0)]).unwrap().constant_value(), constant);
    }
    assert_eq!(Distribution::uniform(7, 7).unwrap().constant_value(), constant);
    assert_eq!(Distribution::values(&[7], &[2.0]).unwrap().constant_value(), constant);
    assert_eq!(Distribution::empirical(vec![7, 7]).unwrap().constant_value(), constant);
    assert_eq!(Distribution::pareto(1.0, 7.0, 7.0).unwrap().constant_value(), constant);
    assert_eq!(Distribution::geometric(1.0).unwrap().constant_value(), Some(1));
    let law = Distribution::constant(7);
    assert_eq!((law.mean(), law.variance(), law.scv(), law.quantile(0.3)), (7.0, 0.0, 0.0, 7.0));
    assert_eq!((law.share(6.9), law.share(7.0)), (0.0, 1.0));
    assert_eq!(Distribution::constant(0).scv(), 0.0);
}

/// Truncation would take half a unit of each draw: of a mean of 3 a sixth.
#[test]
fn small_values_are_rounded_not_cut() {
    let law = Distribution::exponential(3.0).unwrap();
    let mut stream = Key::root(8, 0).stream();
    let sum: u64 = (0..DRAWS).map(|_| law.sample(&mut stream)).sum();
    // Rounded half up, P(N ≥ n) = e^(−(n−½)/3), and the mean is their sum: e^(−1/6) ÷ (1 − e^(−1/3)) = 2.986.
    let exact = crate::ground::maths::exp(-1.0 / 6.0) / -crate::ground::maths::exp_m1(-1.0 / 3.0);
    assert!((sum as f64 / DRAWS as f64 - exact).abs() < 4.4 * 3.0 / (DRAWS as f64).sqrt());
    assert_eq!((whole(0.49), whole(0.5), whole(1.499), whole(f64::MAX)), (0, 1, 1, CEILING));
}

#[test]
fn nothing_exceeds_the_ceiling() {
    let law = Distribution::exponential(CEILING as f64).unwrap();
    let mut stream = Key::root(9, 0).stream();
    let values: Vec<u64> = (0..100).map(|_| law.sample(&mut stream)).collect();
    assert!(values.iter().all(|&value| value <= CEILING) && values.contains(&CEILING));
}

#[test]
fn parameters_that_no_law_has_are_refused() {
    let refused = |law: Result<Distribution, String>, part: &str| {
        let why = law.unwrap_err();
        assert!(why.contains(part), "{why}");
    };
    for mean in [0.0, -1.0, f64::NAN] {
        refused(Distribution::exponential(mean), "`mean` must be above zero");
        refused(Distribution::erlang(2, mean), "`mean` must be above zero");
    }
    refused(Distribution::exponential(f64::INFINITY), "beyond all bounds");
    refused(Distribution::erlang(0, 1.0), "at least 1");
    refused(Distribution::geometric(0.9), "at least 1");
    refused(Distribution::uniform(2, 1), "`high` is below `low`");
    refused(Distribution::uniform(0, CEILING + 1), "beyond all bounds");
    refused(Distribution::pareto(0.0, 1.0, 2.0), "`alpha`");
    refused(Distribution::pareto(1.0, 0.0, 2.0), "`low` must be above zero");
    refused(Distribution::pareto(1.0, 3.0, 2.0), "`high` is below `low`");
    refused(Distribution::hyperexponential(&[1.0], &[1.0, 2.0]), "as many `weights`");
    refused(Distribution::hyperexponential(&[1.0, 1.0], &[1.0, 0.0]), "each of `means`");
    refused(Distribution::values(&[], &[]), "at least one of `of`");
    refused(Distribution::values(&[CEILING + 1], &[1.0]), "beyond all bounds");
    refused(Distribution::empirical(vec![]), "no recorded values");
    refused(Distribution::mixture(vec![]), "at least one");
}

/// Both sides of the places where a law changes its way of drawing or its formula.
#[test]
fn laws_do_not_jump_where_their_method_changes() {
    let mut stream = Key::root(10, 0).stream();
    let near = [
        Distribution::erlang(5, 1e9).unwrap(),
        Distribution::erlang(6, 1e9).unwrap(),
        Distribution::gamma(&[Known::Mean(1e9), Known::Scv(1.001)]).unwrap(),
        Distribution::gamma(&[Known::Mean(1e9), Known::Scv(0.999)]).unwrap(),
    ];
    for law in near {
        let mean = (0..DRAWS).map(|_| law.sample(&mut stream) as f64).sum::<f64>() / DRAWS as f64;
        assert!((mean - 1e9).abs() < 4.4 * (law.variance() / DRAWS as f64).sqrt(), "{law:?}: {mean}");
    }
    // E X and E X² of a bounded Pareto law at α = 1 and 2, where the power becomes a logarithm.
    for alpha in [1.0, 2.0] {
        let moments = |alpha| {
            let law = Distribution::pareto(alpha, 1e3, 1e6).unwrap();
            (law.mean(), law.variance())
        };
        let (at, before, after) = (moments(alpha), moments(alpha - 1e-7), moments(alpha + 1e-7));
        assert_near(at.0, 0.5 * (before.0 + after.0), 1e-6);
        assert_near(at.1, 0.5 * (before.1 + after.1), 1e-6);
    }
}

#[test]
fn a_law_stays_two_words_long() {
    assert!(size_of::<Distribution>() <= 16);
}

/// A die: 35/12, and half of its numbers are at most 3.
#[test]
fn a_die_has_six_numbers() {
    let die = Distribution::uniform(1, 6).unwrap();
    assert_near(die.variance(), 35.0 / 12.0, 1e-12);
    assert_eq!((die.mean(), die.share(3.0), die.share(0.5), die.quantile(0.5)), (3.5, 0.5, 0.0, 3.0));
}

/// σ²/2 − 1.28155 σ + 0.5 = 0 has the roots 0.4802 and 2.0829: the smaller is meant, and both figures come back.
#[test]
fn a_lognormal_law_of_a_mean_and_a_quantile_has_both() {
    let law = Distribution::lognormal(&[Known::Mean(1e9), Known::P90(1.648_721e9)]).unwrap();
    assert_near(law.mean(), 1e9, 1e-6);
    assert_near(law.quantile(0.9), 1.648_721e9, 1e-5);
    // e^(σ²) − 1
    assert_near(law.scv(), 0.2594, 2e-3);
}
