//! The quantities of a scenario, read exactly: durations, rates, shares, money, prices and sizes.
//!
//! All are text: a decimal number with its unit, so that no unit can be forgotten. Everything is whole-number
//! arithmetic; a float appears only where a rate or a share is handed on. What can't be read is answered in a
//! sentence that says what would be right.

mod decimal;
mod money;
mod rate;
mod size;
mod span;

pub use money::{UnitPrice, money, price};
pub use rate::{Rate, exact_rate, gap, rate, share, show_rate};
pub use size::{show_size, size};
pub use span::{LONGEST, span};
