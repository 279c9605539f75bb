//! Results become tables, charts and files; everything here is a function of the result document.
//!
//! | asked for | by |
//! |---|---|
//! | what the terminal shows | [`table()`]; [`markdown()`] for an issue or a review |
//! | where the time of a request went | [`times`] |
//! | every dollar explained | [`bill()`]; [`why::why`] for what rounding and idle time added |
//! | files for spreadsheets and notebooks | [`csv::all`] |
//! | pictures, light and dark | [`charts::all`] |
//! | why a figure is what it is | [`table::causes`], [`charts::of_causes`] |
//! | simulated values beside exact ones | [`table::validation`] |
//! | which assumption matters | [`sensitivity::table`] and [`charts::of_sensitivity`] |
//! | what a controller would have decided | [`decide::answer`] |
//!
//! Nothing here reads or writes a file, and the same document gives the same bytes. Two rules hold in all of them:
//! a figure has no more digits than its interval supports ([`numbers`]), and no latency stands without the share
//! of requests that were lost.

pub mod bill;
pub mod charts;
pub mod csv;
pub mod decide;
pub mod finding;
pub mod numbers;
pub mod reading;
pub mod sensitivity;
pub mod table;
pub mod why;

#[cfg(test)]
mod specimen;

pub use bill::bill;
pub use table::{markdown, table, times};
