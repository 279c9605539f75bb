//! Results become tables, charts and files; everything here is a function of the result document.
//!
//! [`table()`] is what the terminal shows and [`markdown()`] the same for an issue; [`bill()`] explains every
//! dollar; [`csv::all`] and [`charts::all`] hand back files by name. Nothing here reads or writes a file.

pub mod bill;
pub mod charts;
pub mod csv;
pub mod finding;
pub mod numbers;
pub mod reading;
pub mod table;

#[cfg(test)]
mod specimen;

pub use bill::bill;
pub use table::{markdown, table};
