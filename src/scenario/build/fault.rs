//! Trouble.

use crate::cloud::topology::{
    self, BrownOut, Clock, Crash, Fault, Harm, Link, NodeId, Outage, Poison, Reclaim, Stop, Throttle, When, WorkId,
};
use crate::ground::time::{SimTime, Span};
use crate::scenario::build::node::fraction;
use crate::scenario::build::{Builder, Ids, count};
use crate::scenario::draft::fault::{self, Course, Faults, Held};

impl Builder<'_> {
    /// The trouble of works: every topology meets it, whatever its nodes.
    pub(super) fn faults_of_works(&mut self, faults: &Faults) -> Vec<Fault> {
        let mut built = Vec::new();
        for (name, outage) in &faults.outage {
            if let Some(component) = &outage.component {
                let what = Harm::Outage(Outage::Component(self.work(component)));
                built.push(self.fault(name, outage.course(), what));
            }
        }
        for (name, slow) in faults.slow.iter().filter(|(_, slow)| slow.pool.is_none()) {
            let what = self.brown_out(slow, None);
            built.push(self.fault(name, slow.course(), what));
        }
        self.poisons(faults, &mut built);
        built
    }

    fn poisons(&mut self, faults: &Faults, built: &mut Vec<Fault>) {
        for (name, poison) in &faults.poison {
            let what = Harm::Poison(Poison { work: self.work(&poison.component), share: poison.share.0 });
            built.push(self.fault(name, poison.course(), what));
        }
    }

    fn brown_out(&mut self, slow: &fault::Slow, pool: Option<NodeId>) -> Harm {
        Harm::BrownOut(BrownOut {
            work: slow.component.as_ref().map(|name| self.work(name)),
            pool,
            worker: slow.worker.map(|number| count(number.0)),
            pace: fraction(slow.factor.0).inverse(),
        })
    }

    /// The trouble of one topology.
    pub(super) fn faults(&mut self, faults: &Faults, ids: &Ids<'_>) -> Vec<Fault> {
        let mut built = Vec::new();
        for (name, outage) in &faults.outage {
            let what = match (&outage.component, &outage.node) {
                (Some(component), _) => Harm::Outage(Outage::Component(self.work(component))),
                (None, Some(node)) => Harm::Outage(Outage::Node(self.id(ids, node))),
                (None, None) => continue,
            };
            built.push(self.fault(name, outage.course(), what));
        }
        for (name, crash) in &faults.crash {
            let pool = self.id(ids, &crash.pool);
            built.push(self.fault(name, crash.course(), Harm::Crash(self::crash(crash, pool))));
        }
        for (name, stop) in &faults.stop {
            let (pool, worker) = (self.id(ids, &stop.pool), stop.worker.map(|number| count(number.0)));
            built.push(self.fault(name, stop.course(), Harm::Stop(Stop { pool, worker })));
        }
        for (name, reclaim) in &faults.reclaim {
            let what = Harm::Reclaim(Reclaim {
                pool: self.id(ids, &reclaim.pool),
                worker: reclaim.worker.map(|number| count(number.0)),
                share: reclaim.share.map(|share| share.0),
                notice: reclaim.notice.map_or(Span::from_secs(120), |time| time.0),
            });
            built.push(self.fault(name, reclaim.course(), what));
        }
        for (name, zone) in &faults.zone {
            let Some(place) = ids.zones.iter().position(|known| *known == zone.zone) else { continue };
            built.push(self.fault(name, zone.course(), Harm::Zone(place as u16)));
        }
        for (name, slow) in &faults.slow {
            let pool = slow.pool.as_ref().map(|pool| self.id(ids, pool));
            let what = self.brown_out(slow, pool);
            built.push(self.fault(name, slow.course(), what));
        }
        self.poisons(faults, &mut built);
        for (name, throttle) in &faults.throttle {
            let what = Harm::Throttle(Throttle { node: self.id(ids, &throttle.node), share: throttle.share.0 });
            built.push(self.fault(name, throttle.course(), what));
        }
        for (name, link) in &faults.link {
            let what = Harm::Link(Link {
                from: self.id(ids, &link.from),
                to: self.id(ids, &link.to),
                delay: self.some_law(&link.delay).filter(|law| law.constant_value() != Some(0)),
                loss: link.loss.map_or(0.0, |share| share.0),
            });
            built.push(self.fault(name, link.course(), what));
        }
        built
    }

    fn work(&mut self, name: &str) -> WorkId {
        self.sight.works.id(name).unwrap_or_else(|| {
            self.slip(format!("work `{name}` was not found"));
            Default::default()
        })
    }

    fn fault(&mut self, name: &str, course: Course<'_>, what: Harm) -> Fault {
        let when = match (course.at, course.every) {
            (Some(at), _) => When::At(at.times.iter().map(|time| SimTime::START + *time).collect()),
            (None, Some(every)) => When::Every(self.law(every)),
            (None, None) => When::At(Vec::new()),
        };
        Fault {
            name: name.to_owned(),
            when,
            lasts: course.lasts.map(|law| self.law(law)),
            held: match (course.held, &what) {
                (Some(said), _) => held(said),
                (None, Harm::BrownOut(_)) => topology::Held::Resume,
                (None, Harm::Poison(_) | Harm::Throttle(_)) => topology::Held::Finish,
                (None, _) => topology::Held::Lost,
            },
            moves: course.moves == Some(true),
            what,
        }
    }
}

fn crash(draft: &fault::Crash, pool: NodeId) -> Crash {
    Crash {
        pool,
        worker: draft.worker.map(|number| count(number.0)),
        clock: match draft.clock {
            None | Some(fault::Clock::Up) => Clock::Up,
            Some(fault::Clock::Busy) => Clock::Busy,
        },
        repairers: draft.repairers.map(|number| count(number.0)),
    }
}

pub(super) fn held(draft: Held) -> topology::Held {
    match draft {
        Held::Finish => topology::Held::Finish,
        Held::Lost => topology::Held::Lost,
        Held::Back => topology::Held::Back,
        Held::Resume => topology::Held::Resume,
        Held::Restart => topology::Held::Restart,
        Held::Redraw => topology::Held::Redraw,
    }
}
