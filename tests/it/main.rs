//! All integration tests in one binary: one link, and one place to share what they need.

mod assumptions;
mod cli;
mod complaints;
mod decide;
mod expected;
mod fuzz;
mod goldens;
mod import;
mod laws;
mod paper_traces;
mod patterns;
mod recorded;
mod scenarios;
mod theory;
mod tidy;
mod vectors;
