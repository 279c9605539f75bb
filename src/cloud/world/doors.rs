//! Balancers: they choose a worker, start new ones slowly, give up waiting for answers, and cut off whoever goes.

use crate::cloud::balancing::choose;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Holder, Node, Phase};
use crate::cloud::request::{Job, Role};
use crate::cloud::topology::{Held, NodeId};
use crate::cloud::world::{World, not_a};
use crate::engine::{Context, Observer};
use crate::ground::chance::{Stream, unit};
use crate::ground::time::SimTime;

/// After so many workers that were passed over the next one is taken, however new it is: time must go on.
const PASSED_OVER: u32 = 1_000;

impl World<'_> {
    /// A balancer gives a job to a worker.
    pub(super) fn route<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, node: NodeId) {
        let nodes = &mut self.nodes;
        let Node::Balancer(balancer) = &mut nodes[node.index()] else { not_a("balancer") };
        if balancer.away > 0 {
            return self.fail(cx, id, Loss::Down);
        }
        if self.is_throttled(node) {
            return self.fail(cx, id, Loss::Throttled);
        }
        let Node::Balancer(balancer) = &mut self.nodes[node.index()] else { not_a("balancer") };
        if let Some(why) = balancer.gate.is_some().then(|| self.turned_away(cx.now(), node)).flatten() {
            return self.fail(cx, id, why);
        }
        let Node::Balancer(balancer) = &self.nodes[node.index()] else { not_a("balancer") };
        if let &[only] = balancer.plan.to.as_slice()
            && self.is_function(only)
        {
            return self.invokes(cx, id, node, only);
        }
        let nodes = &mut self.nodes;
        let Node::Balancer(balancer) = &mut nodes[node.index()] else { not_a("balancer") };
        let (plan, ties, idle) = (balancer.plan, balancer.plan.ties, balancer.idle);
        // Taken out while the workers are looked at, and put back below.
        let mut turn = std::mem::take(&mut balancer.turn);
        let mut chance = balancer.chance.clone();
        let known = if plan.sticky.is_some() { self.known_worker(id, node, cx.now()) } else { None };
        let nodes = &mut self.nodes;
        let standing = |to: &NodeId| match &nodes[to.index()] {
            Node::Pool(pool) => pool.standing.as_ref().unwrap_or_else(|| not_a("pool behind a balancer")),
            _ => not_a("pool"),
        };
        let mut passed = 0;
        let target = loop {
            if known.is_some() {
                break known;
            }
            let target = match plan.to.as_slice() {
                [only] => choose(&plan.routing, ties, &[standing(only)], &mut turn, &mut chance),
                several => {
                    let standings: Vec<_> = several.iter().map(standing).collect();
                    choose(&plan.routing, ties, &standings, &mut turn, &mut chance)
                }
            };
            let Some(chosen) = target.filter(|_| plan.slow_start.is_some() && passed < PASSED_OVER) else {
                break target;
            };
            if !is_passed_over(&nodes[plan.to[chosen.pool].index()], chosen.place, cx.now(), &mut chance) {
                break target;
            }
            passed += 1;
        };
        if let Node::Balancer(balancer) = &mut nodes[node.index()] {
            balancer.turn = turn;
            balancer.chance = chance;
        }
        let Some(target) = target else {
            let mut wanted = plan.to.iter().enumerate().filter(|&(place, _)| plan.routing.may_choose(place));
            // Who finds out by checks knows only that nobody is registered: 503.
            let away = plan.health_check.is_none() && wanted.all(|(_, &to)| self.pool(to).is_broken());
            return self.fail(cx, id, if away { Loss::Down } else { Loss::NoWorker });
        };
        let request = self.requests[self.jobs[id].request];
        let bytes = self.bytes_through(&request);
        cx.tell(Fact::Routed { who: request.who(), balancer: node, bytes });
        if plan.sticky.is_some() {
            self.remembers_worker(id, node, target, cx.now());
        }
        let to = plan.to[target.pool];
        self.jobs[id].pool = to;
        if !self.lets_in(cx, id, to) {
            return;
        }
        if let Some(row) = idle {
            let stamp = self.jobs[id].stamp;
            self.set_timer(cx, row, id, stamp);
        }
        let worker = self.pool(to).at_place(target.place);
        if self.network.is_some() && self.is_under_way_to(cx, id, node, to, worker) {
            return;
        }
        if plan.health_check.is_none() || !self.finds_nobody(cx, id, to, worker) {
            self.enter_at(cx, id, to, worker);
        }
    }

    /// A balancer invokes the function behind it, and waits for the answer, whoever it is for.
    fn invokes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, door: NodeId, to: NodeId) {
        let Node::Balancer(balancer) = &self.nodes[door.index()] else { not_a("balancer") };
        let idle = balancer.idle;
        let request = self.requests[self.jobs[id].request];
        let bytes = self.bytes_through(&request);
        cx.tell(Fact::Routed { who: request.who(), balancer: door, bytes });
        self.jobs[id].pool = to;
        if let Some(row) = idle {
            let stamp = self.jobs[id].stamp;
            self.set_timer(cx, row, id, stamp);
        }
        if self.network.is_none() || !self.is_under_way_to_function(cx, id, door, to) {
            self.admits(cx, id, to);
        }
    }

    /// A balancer has had no answer for too long, and gives up: 504. Whoever works on it does not notice.
    pub(super) fn answer_stays_away<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let Job { role, request, attempt, .. } = self.jobs[id];
        let why = Loss::GatewayTimeout;
        match role {
            Role::Root => {
                let goes_on = self.goes_on_as_twin(id);
                self.becomes_stray(id);
                if !goes_on {
                    self.attempt_failed(cx, request, attempt, why);
                }
            }
            Role::Call => {
                let parent = self.kin[id as usize].parent;
                if self.goes_on_as_other_call(id) {
                    self.becomes_stray(id);
                } else {
                    // It strays with all others of its step.
                    self.jobs[id].stamp = 0;
                    self.call_failed(cx, parent, why);
                }
            }
            Role::Branch => {
                self.branch_is_over(cx, Holder::Job(id), true);
                self.becomes_stray(id);
                self.branch_lost(cx, request, attempt, why);
            }
            Role::Stray | Role::Delivery | Role::Event | Role::Carried => (),
        }
    }

    fn becomes_stray(&mut self, id: u32) {
        self.jobs[id].stamp = 0;
        self.strays(id);
    }

    /// The delay of a worker that goes is over: what it still holds is cut off, 502, and it is gone.
    pub(super) fn is_deregistered<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let pool = self.pool_mut(id);
        let kept = pool.registry.as_mut().is_some_and(|registry| registry.lets_go(number));
        let Some(index) = pool.numbered(number).filter(|_| kept) else { return };
        if self.pool(id).workers[index as usize].phase == Phase::Draining {
            self.empty(cx, id, index, Held::Lost, Loss::BadGateway);
            self.goes_if_done(cx, id, index);
        }
    }
}

/// Whether the worker that a balancer chose is passed over, because its share still grows.
fn is_passed_over(node: &Node<'_>, place: u32, now: SimTime, chance: &mut Stream) -> bool {
    let Node::Pool(pool) = node else { return false };
    let Some(registry) = pool.registry.as_ref().filter(|registry| registry.is_slow()) else { return false };
    let share = registry.share(pool.workers[pool.at_place(place) as usize].number, now);
    share < 1.0 && unit(chance) >= share
}
