//! What lies between nodes: the time that each step on the way takes.

use crate::ground::distribution::Distribution;

/// The time from one node to the next, there and back. A client's own way to where its requests enter is no part of it.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Each way (nanoseconds); `None`: no time.
    pub hop: Option<Distribution>,
    /// Each way between nodes in different zones (nanoseconds); `None`: as any other.
    pub across: Option<Distribution>,
    /// Gateways through which what calls something outside goes; they are paid for as long as they stand.
    pub gateways: u32,
    /// Public addresses that are held.
    pub addresses: u32,
    /// Mean bytes of an answer to each kind of request, where what leaves for clients or another zone is on the bill.
    pub answers: Option<Vec<u64>>,
}
