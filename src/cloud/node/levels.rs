//! What a pool follows over time.

use crate::cloud::node::track::Track;

/// What a pool follows over time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Levels {
    /// Requests in line.
    pub line: Track,
    /// Slots that are taken.
    pub busy: Track,
    /// Slots of the workers in service.
    pub slots: Track,
    /// Workers wanted.
    pub desired: Track,
    /// Workers asked for and not yet running.
    pub pending: Track,
    /// Workers running and not yet in service.
    pub booting: Track,
    /// Workers in service.
    pub ready: Track,
    /// Workers that have failed and whose machines stay.
    pub failed: Track,
    /// Workers that end what they hold and then go.
    pub draining: Track,
    /// Machines that lie in the warm pool, or are on their way there.
    pub warm: Track,
    /// Machines that somebody has stopped, or is stopping.
    pub off: Track,
    /// 1 while it is away.
    pub absent: Track,
    /// 1 while somebody waits at one worker and a slot of another is free; kept only behind a balancer.
    pub lopsided: Track,
}
