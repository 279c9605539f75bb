//! Runs, replications and comparisons: scenarios in, one result document out.

pub mod document;
