//! The transcendental functions, the same to the last bit on every machine.
//!
//! The standard library leaves `ln`, `exp` and their kin to the platform, whose last bits differ; `libm` is
//! one implementation everywhere. No other file may call the inherent float methods. Square roots and the
//! four operations are exact everywhere and need no wrapper.

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// e to the power `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `base` to the power `exponent`.
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// The logarithm to base ten.
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// The sine of an angle in radians.
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// The cosine of an angle in radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// The angle of the point (x, y), in radians from −π to π.
#[inline]
pub fn atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}

/// The logarithm of the gamma function, for `x` above 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The error function.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// The complementary error function, 1 − erf.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// ln(1 + x), exact where `x` is small.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// eˣ − 1, exact where `x` is small.
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// e to the power `x`, at compile time, for the tables of samplers: within two units of the last place for
/// |x| below 40.
///
/// The exponent of two is split off, the rest goes through the power series.
pub(crate) const fn table_exp(x: f64) -> f64 {
    let twos = (x / LN_2) as i32;
    let rest = x - twos as f64 * LN_2;
    let mut sum = 0.0;
    let mut n = 24;
    while n > 0 {
        sum = (1.0 + sum) * rest / n as f64;
        n -= 1;
    }
    let mut value = 1.0 + sum;
    let mut left = twos;
    while left > 0 {
        value *= 2.0;
        left -= 1;
    }
    while left < 0 {
        value *= 0.5;
        left += 1;
    }
    value
}

/// The natural logarithm at compile time, for `x` above 0: ln m = 2 artanh((m − 1) / (m + 1)), once the
/// powers of two have been split off.
pub(crate) const fn table_ln(x: f64) -> f64 {
    let (mut mantissa, mut twos) = (x, 0);
    while mantissa > 1.5 {
        mantissa *= 0.5;
        twos += 1;
    }
    while mantissa < 0.75 {
        mantissa *= 2.0;
        twos -= 1;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let mut sum = 0.0;
    let mut n = 41;
    while n > 0 {
        sum = sum * s * s + 1.0 / n as f64;
        n -= 2;
    }
    2.0 * s * sum + twos as f64 * LN_2
}

/// The square root at compile time, for `x` from 0: Newton's iteration.
pub(crate) const fn table_sqrt(x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let mut root = if x > 1.0 { x } else { 1.0 };
    let mut n = 0;
    while n < 60 {
        root = 0.5 * (root + x / root);
        n += 1;
    }
    root
}

const LN_2: f64 = std::f64::consts::LN_2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compile_time_functions_agree_with_those_of_every_day() {
        let near = |found: f64, expected: f64| (found - expected).abs() <= 1e-15 * expected.abs().max(1.0);
        for n in 1..4_000 {
            let x = f64::from(n) * 0.01;
            assert!(near(table_ln(x), ln(x)), "ln {x}");
            assert!(near(table_sqrt(x), x.sqrt()), "sqrt {x}");
            assert!((table_exp(-x) / exp(-x) - 1.0).abs() < 1e-14, "exp -{x}");
        }
    }
}
