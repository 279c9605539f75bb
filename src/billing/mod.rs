//! Usage becomes money: counted in whole units, priced once, after the provider's own rounding.
//!
//! A [`Meter`] counts what a run uses, a usage list says what was used elsewhere; [`invoice`] multiplies either
//! by the prices of a [`PriceBook`]. Nothing here knows of latency, and no price is known where usage is counted.

mod allowance;
mod capacity;
mod charges;
mod flaw;
mod invoice;
mod meter;
mod prices;
mod profile;
mod rate;
pub(crate) mod storage;
mod tree;
mod units;
mod usage;
mod usage_list;

pub use allowance::Allowance;
pub use capacity::{Capacity, Hour};
pub use flaw::Flaw;
pub use invoice::{Line, MONTH, MONTHLY, Quantity, idle_share, invoice, invoice_of, monthly, total};
pub use meter::Meter;
pub use prices::{Item, MissingPrice, PriceBook, Tier, check, missing};
pub use profile::Profile;
pub use rate::Rate;
pub use usage::{Machines, NodeUsage, Real, Usage, Used};
pub use usage_list::{Format, UsageList};
