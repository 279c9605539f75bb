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
