//! Functions of probability that no machine offers: the normal law, and the incomplete gamma and beta.
//!
//! All rest on [`maths`] alone, so that they give the same bits everywhere.

use crate::ground::maths;

/// The share of a standard normal law at or below `z`.
pub fn normal_share(z: f64) -> f64 {
    0.5 * maths::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The point below which a share `p` of a standard normal law lies; `p` strictly between 0 and 1.
///
/// Relative error about 10⁻¹⁶. Source: M. J. Wichura, algorithm AS 241 (PPND16), *Applied Statistics* 37 (1988).
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_545,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&A, r) / polynomial(&B, r);
    }
    let r = (-maths::ln(if q < 0.0 { p } else { 1.0 - p })).sqrt();
    let z = if r <= 5.0 {
        polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6)
    } else {
        polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0)
    };
    if q < 0.0 { -z } else { z }
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The regularised lower incomplete gamma function P(`shape`, `x`): the share of a gamma law of that shape and
/// scale 1 at or below `x`. `shape` above 0.
///
/// By its series below `shape` + 1, by the continued fraction of its complement above.
/// Source: Abramowitz and Stegun, *Handbook of Mathematical Functions*, 6.5.29 and 6.5.31.
pub fn gamma_share(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = maths::exp(shape * maths::ln(x) - x - maths::ln_gamma(shape));
    if x < shape + 1.0 {
        let mut term = 1.0 / shape;
        let mut sum = term;
        let mut n = shape;
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        (front * sum).min(1.0)
    } else {
        (1.0 - front * gamma_fraction(shape, x)).max(0.0)
    }
}

/// The continued fraction of Γ(shape, x) · eˣ x^(−shape), by Lentz's method.
fn gamma_fraction(shape: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut value = d;
    for n in 1..200_000 {
        let n = f64::from(n);
        let a = -n * (n - shape);
        b += 2.0;
        d = 1.0 / away_from_zero(a * d + b);
        c = away_from_zero(b + a / c);
        value *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The point below which a share `p` of a gamma law of that shape and scale 1 lies; `p` strictly between 0 and 1.
///
/// Newton's steps from Wilson and Hilferty's guess, kept inside a bracket that only shrinks.
pub fn gamma_quantile(shape: f64, p: f64) -> f64 {
    let third = 1.0 / (9.0 * shape);
    let cube = 1.0 - third + normal_quantile(p) * third.sqrt();
    let mut x = shape * cube * cube * cube;
    // For a small shape the guess fails, and the first term of the series, x^shape / Γ(shape + 1), says nearly all.
    let head = maths::exp((maths::ln(p) + maths::ln_gamma(shape + 1.0)) / shape);
    if cube < 0.1 || shape < 0.5 {
        x = if head < shape { head } else { x.max(head.min(1.0)) };
    }
    if x <= 0.0 {
        // So small that it isn't a number any more.
        return 0.0;
    }
    let (mut low, mut high) = (0.0, f64::INFINITY);
    for _ in 0..200 {
        let error = gamma_share(shape, x) - p;
        if error < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let density = maths::exp((shape - 1.0) * maths::ln(x) - x - maths::ln_gamma(shape));
        let step = error / density;
        let newton = x - step;
        let next = if newton > low && newton < high {
            newton
        } else if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * x
        };
        if (next - x).abs() <= 1e-15 * x {
            return next;
        }
        x = next;
    }
    x
}

/// The regularised incomplete beta function I(`x`; `a`, `b`), for `x` in [0, 1], `a` and `b` above 0.
///
/// Source: Abramowitz and Stegun, *Handbook of Mathematical Functions*, 26.5.8, by Lentz's method, on the side
/// of the mean where the continued fraction converges fast.
pub fn beta_share(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_share_left(1.0 - x, b, a);
    }
    beta_share_left(x, a, b)
}

fn beta_share_left(x: f64, a: f64, b: f64) -> f64 {
    let front = maths::exp(
        maths::ln_gamma(a + b) - maths::ln_gamma(a) - maths::ln_gamma(b) + a * maths::ln(x) + b * maths::ln_1p(-x),
    );
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for n in 1..10_000 {
        let n = f64::from(n);
        let even = n * (b - n) * x / ((a + 2.0 * n - 1.0) * (a + 2.0 * n));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        value *= d * c;
        let odd = -(a + n) * (a + b + n) * x / ((a + 2.0 * n) * (a + 2.0 * n + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        value *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    front * value / a
}

const TINY: f64 = 1e-300;

/// What keeps Lentz's method from dividing by nothing.
fn away_from_zero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: f64, expected: f64, relative: f64) {
        assert!((found - expected).abs() <= relative * expected.abs(), "found {found}, expected {expected}");
    }

    /// Abramowitz and Stegun, table 26.5: the values of x for which Q(x) is 0.05, 0.025, 0.005 and 10⁻⁶.
    #[test]
    fn normal_quantiles_are_those_of_the_table() {
        assert_near(normal_quantile(0.95), 1.644_853_63, 1e-8);
        assert_near(normal_quantile(0.975), 1.959_963_98, 1e-8);
        assert_near(normal_quantile(0.995), 2.575_829_30, 1e-8);
        assert_near(normal_quantile(1.0 - 1e-6), 4.753_424, 1e-6);
        assert_near(normal_quantile(1e-12), -7.034_483_825, 1e-9);
        assert_eq!(normal_quantile(0.5), 0.0);
        for n in 1..200 {
            let p = f64::from(n) / 200.0;
            assert_near(normal_share(normal_quantile(p)), p, 1e-14);
        }
    }

    /// Erlang's law in full: P(3, x) = 1 − e^(−x) (1 + x + x²/2); and P(1/2, x) = erf √x.
    #[test]
    fn incomplete_gamma_agrees_where_it_is_elementary() {
        for n in 1..60 {
            let x = f64::from(n) * 0.25;
            assert_near(gamma_share(3.0, x), 1.0 - maths::exp(-x) * (1.0 + x + x * x / 2.0), 1e-12);
            assert_near(gamma_share(0.5, x), maths::erf(x.sqrt()), 1e-12);
            assert_near(gamma_share(1.0, x), -maths::exp_m1(-x), 1e-13);
        }
    }

    /// Chi-squared of 10 degrees of freedom is exceeded by 18.307 one time in twenty, of 1 by 6.6349 one time
    /// in a hundred, of 100 by 124.342 one time in twenty (Abramowitz and Stegun, table 26.8).
    #[test]
    fn gamma_quantiles_are_those_of_the_table() {
        assert_near(2.0 * gamma_quantile(5.0, 0.95), 18.307_04, 1e-6);
        assert_near(2.0 * gamma_quantile(0.5, 0.99), 6.634_90, 1e-6);
        assert_near(2.0 * gamma_quantile(50.0, 0.95), 124.342, 1e-5);
    }

    #[test]
    fn gamma_quantiles_undo_shares_of_all_shapes() {
        for shape in [0.01, 0.1, 0.3, 0.9, 1.0, 2.5, 30.0, 1_000.0, 1e6] {
            for p in [0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999_9] {
                let x = gamma_quantile(shape, p);
                if x > 1e-290 {
                    assert_near(gamma_share(shape, x), p, 1e-8);
                }
            }
        }
    }

    /// I(x; 2, 3) = 6x² − 8x³ + 3x⁴, and I(x; 1, b) = 1 − (1 − x)^b.
    #[test]
    fn incomplete_beta_agrees_where_it_is_elementary() {
        for n in 1..20 {
            let x = f64::from(n) / 20.0;
            assert_near(beta_share(x, 2.0, 3.0), x * x * (6.0 - 8.0 * x + 3.0 * x * x), 1e-13);
            assert_near(beta_share(x, 1.0, 7.5), 1.0 - maths::pow(1.0 - x, 7.5), 1e-13);
        }
    }
}
