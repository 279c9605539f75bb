//! Runs, replications and comparisons: scenarios in, one result document out.

mod assemble;
mod compare;
mod decisions;
pub mod document;
mod each;
mod figures;
mod gather;
mod goals;
mod limits;
mod outcome;
mod pace;
mod recorder;
pub mod regret;
pub mod replay;
mod replicate;
mod run;
pub mod sensitivity;
mod series;
mod snapshots;
mod theory;
mod trace;
#[cfg(test)]
mod trial;
pub mod validation;
mod warm_up;
mod warnings;
pub mod why;

pub use limits::{Excess, Limits};
pub use recorder::{Kind, Passed, Place, Recorder};
pub use run::{Found, Options, Progress, RunError, Timing, run};
pub use trace::Tracer;
