//! What queueing theory says of a single station: the yardstick for simulations, and for warnings before them.

use crate::ground::maths;

/// The chance that an arriving request is refused in M/M/c/c, or in M/G/c/c: Erlang's first formula.
///
/// `offered` is λ·S̄, dimensionless, at least 0. By the recurrence B(n) = a B(n−1) / (n + a B(n−1)), which does not
/// overflow. Source: Harchol-Balter, *Performance Modeling and Design of Computer Systems*, ch. 14.
///
/// ```
/// # use queuelab::ground::stats::theory::erlang_b;
/// assert!((erlang_b(10, 5.0) - 0.018_385).abs() < 1e-6);
/// ```
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |refused, n| offered * refused / (f64::from(n) + offered * refused))
}

/// The chance that an arriving request must wait in M/M/c: Erlang's second formula; 1 from `servers` on.
///
/// `offered` is λ·S̄, dimensionless, at least 0; `servers` at least 1. From Erlang's first by
/// C = B / (1 − ρ (1 − B)). Source: Harchol-Balter, ch. 14.
///
/// ```
/// # use queuelab::ground::stats::theory::erlang_c;
/// assert!((erlang_c(16, 12.8) - 0.3049).abs() < 1e-4);
/// ```
pub fn erlang_c(servers: u32, offered: f64) -> f64 {
    let utilisation = offered / f64::from(servers);
    if utilisation >= 1.0 {
        return 1.0;
    }
    let refused = erlang_b(servers, offered);
    refused / (1.0 - utilisation * (1.0 - refused))
}

/// M/M/c, first come first served: Poisson arrivals, exponential service, any room. All times are in the unit of
/// `service`; where the load is 1 or more, waits are infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    /// Arrivals in a unit of time.
    pub rate: f64,
    /// The mean service time.
    pub service: f64,
    /// Servers, at least 1.
    pub servers: u32,
}

impl Mmc {
    /// λ S̄: the servers busy on average.
    pub fn offered(self) -> f64 {
        self.rate * self.service
    }

    /// ρ = λ S̄ ÷ c.
    pub fn utilisation(self) -> f64 {
        self.offered() / f64::from(self.servers)
    }

    /// The chance that a request waits.
    pub fn waits(self) -> f64 {
        erlang_c(self.servers, self.offered())
    }

    /// The rate at which a wait of those who wait ends: c/S̄ − λ; they wait exponentially with it.
    fn relief(self) -> f64 {
        (f64::from(self.servers) / self.service - self.rate).max(0.0)
    }

    /// E W_q, waiting requests and others alike. Source: Harchol-Balter, ch. 14.
    pub fn mean_wait(self) -> f64 {
        self.waits() / self.relief()
    }

    /// E W, waiting and service.
    pub fn mean_response(self) -> f64 {
        self.mean_wait() + self.service
    }

    /// E L_q, by Little's law.
    pub fn mean_in_line(self) -> f64 {
        self.rate * self.mean_wait()
    }

    /// E L, by Little's law.
    pub fn mean_in_system(self) -> f64 {
        self.rate * self.mean_response()
    }

    /// P(W_q > t) = C e^(−(c/S̄ − λ) t).
    pub fn waits_beyond(self, t: f64) -> f64 {
        self.waits() * maths::exp(-self.relief() * t)
    }

    /// The smallest t with P(W_q > t) ≤ 1 − `p`: 0 where so few wait.
    pub fn wait_quantile(self, p: f64) -> f64 {
        (maths::ln(self.waits() / (1.0 - p)) / self.relief()).max(0.0)
    }

    /// P(W > t), for a request's wait and service together.
    ///
    /// The service alone, or a wait at rate θ = c/S̄ − λ and then a service at rate μ:
    /// (1 − C) e^(−μt) + C (θ e^(−μt) − μ e^(−θt)) / (θ − μ), and C (1 + μt) e^(−μt) where both rates are one.
    pub fn responds_beyond(self, t: f64) -> f64 {
        let (waits, relief, speed) = (self.waits(), self.relief(), 1.0 / self.service);
        let served = maths::exp(-speed * t);
        let apart = relief - speed;
        // (θ e^(−μt) − μ e^(−θt)) / (θ − μ) = e^(−μt) (1 + μ (1 − e^(−(θ−μ)t)) / (θ − μ)).
        let both = if (apart * t).abs() < 1e-12 { t } else { -maths::exp_m1(-apart * t) / apart };
        (1.0 - waits) * served + waits * served * (1.0 + speed * both)
    }

    /// The smallest t with P(W > t) ≤ 1 − `p`, for `p` in [0, 1).
    pub fn response_quantile(self, p: f64) -> f64 {
        if self.relief() == 0.0 {
            return f64::INFINITY;
        }
        let (mut low, mut high) = (0.0, self.service);
        while self.responds_beyond(high) > 1.0 - p {
            low = high;
            high *= 2.0;
        }
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return high;
            }
            if self.responds_beyond(middle) > 1.0 - p {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
}

/// M/M/c/K: as M/M/c, with room for K in the system, service included; who finds it full is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmck {
    /// Arrivals in a unit of time, the refused among them.
    pub rate: f64,
    /// The mean service time.
    pub service: f64,
    /// Servers, at least 1.
    pub servers: u32,
    /// Places in the system, at least as many as servers.
    pub room: u32,
}

impl Mmck {
    /// P(n in the system) for n from 0 to K: p(n) = p(n−1) · a ÷ min(n, c).
    /// Source: Gross and Harris, *Fundamentals of Queueing Theory*, 2.5.
    pub fn states(self) -> Vec<f64> {
        let offered = self.rate * self.service;
        let mut states = vec![1.0];
        let (mut weight, mut sum) = (1.0, 1.0);
        for n in 1..=self.room {
            weight *= offered / f64::from(n.min(self.servers));
            if weight > 1e200 {
                states.iter_mut().for_each(|state| *state /= weight);
                sum /= weight;
                weight = 1.0;
            }
            states.push(weight);
            sum += weight;
        }
        states.iter_mut().for_each(|state| *state /= sum);
        states
    }

    /// The share of arrivals refused.
    pub fn refused(self) -> f64 {
        self.states().last().copied().unwrap_or(1.0)
    }

    /// E L.
    pub fn mean_in_system(self) -> f64 {
        self.states().iter().enumerate().map(|(n, state)| n as f64 * state).sum()
    }

    /// E W of those let in, by Little's law.
    pub fn mean_response(self) -> f64 {
        self.mean_in_system() / (self.rate * (1.0 - self.refused()))
    }

    /// E W_q of those let in.
    pub fn mean_wait(self) -> f64 {
        self.mean_response() - self.service
    }

    /// The share of its servers busy.
    pub fn utilisation(self) -> f64 {
        self.rate * (1.0 - self.refused()) * self.service / f64::from(self.servers)
    }
}

/// M/G/1, first come first served: Poisson arrivals, one server, any law of service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1 {
    /// Arrivals in a unit of time.
    pub rate: f64,
    /// The mean service time.
    pub service: f64,
    /// Its squared coefficient of variation.
    pub scv: f64,
}

impl Mg1 {
    /// ρ = λ S̄.
    pub fn utilisation(self) -> f64 {
        self.rate * self.service
    }

    /// E W_q = ρ S̄ (1 + scv) ÷ (2 (1 − ρ)), infinite from a load of 1 on: Pollaczek and Khinchine's formula.
    /// Source: Harchol-Balter, ch. 23.
    pub fn mean_wait(self) -> f64 {
        let utilisation = self.utilisation();
        if utilisation >= 1.0 {
            return f64::INFINITY;
        }
        utilisation * self.service * (1.0 + self.scv) / (2.0 * (1.0 - utilisation))
    }

    /// E W.
    pub fn mean_response(self) -> f64 {
        self.mean_wait() + self.service
    }

    /// E L_q, by Little's law.
    pub fn mean_in_line(self) -> f64 {
        self.rate * self.mean_wait()
    }

    /// E L, by Little's law.
    pub fn mean_in_system(self) -> f64 {
        self.rate * self.mean_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: f64, expected: f64, relative: f64) {
        assert!((found - expected).abs() <= relative * expected.abs(), "found {found}, expected {expected}");
    }

    /// Traffic that so many lines carry at a loss: 15 lines 8.108 erlang at 1 % (erlang.com, manual of the
    /// calculator); 17 lines 9.65160 at 1 % and 12.4613 at 5 %, 25 lines 16.1245 at 1 % (Abstract Micro Systems,
    /// Erlang Library, `ErlbTrafFromBlockage`).
    #[test]
    fn erlang_b_is_that_of_the_traffic_calculators() {
        for (lines, erlangs, loss) in
            [(15, 8.108, 0.01), (17, 9.6516, 0.01), (17, 12.461_3, 0.05), (25, 16.124_5, 0.01)]
        {
            assert_near(erlang_b(lines, erlangs), loss, 1e-4);
        }
        assert_eq!(erlang_b(0, 3.0), 1.0);
        assert_eq!(erlang_b(5, 0.0), 0.0);
        // a^c / c! overflows long before.
        assert!(erlang_b(100_000, 99_000.0) < 0.01);
    }

    /// By hand: M/M/1 waits with ρ; M/M/2 with 2ρ²/(1 + ρ).
    #[test]
    fn erlang_c_by_hand() {
        assert_near(erlang_c(1, 0.7), 0.7, 1e-15);
        assert_near(erlang_c(2, 1.6), 2.0 * 0.64 / 1.8, 1e-15);
        assert_eq!(erlang_c(2, 2.0), 1.0);
        assert_eq!(erlang_c(3, 0.0), 0.0);
    }

    /// By hand: M/M/1 at ρ = 0.8 and S̄ = 10 ms responds in S̄/(1 − ρ) = 50 ms on average, exponentially: its
    /// median is 50 ln 2, its p99 50 ln 100; of the waits a fifth are 0 and the p99 is 50 ln 80.
    #[test]
    fn one_server_by_hand() {
        let station = Mmc { rate: 0.08, service: 10.0, servers: 1 };
        assert_near(station.mean_response(), 50.0, 1e-14);
        assert_near(station.mean_wait(), 40.0, 1e-14);
        assert_near(station.mean_in_system(), 4.0, 1e-14);
        assert_near(station.mean_in_line(), 3.2, 1e-14);
        assert_near(station.response_quantile(0.5), 50.0 * maths::ln(2.0), 1e-13);
        assert_near(station.response_quantile(0.99), 50.0 * maths::ln(100.0), 1e-13);
        assert_near(station.wait_quantile(0.99), 50.0 * maths::ln(80.0), 1e-13);
        assert_eq!(station.wait_quantile(0.2), 0.0);
        assert_near(station.waits_beyond(station.wait_quantile(0.99)), 0.01, 1e-12);
    }

    /// By hand: M/M/2 with ρ = 1/2 waits with 1/3, and a wait ends at the rate at which a service does (c/S̄ − λ =
    /// 1/S̄): P(W > t) = e^(−t) (1 + t/3) for S̄ = 1. Its mean is 4/3.
    #[test]
    fn two_servers_where_both_rates_are_one() {
        let station = Mmc { rate: 1.0, service: 1.0, servers: 2 };
        assert_near(station.responds_beyond(3.0), 2.0 * maths::exp(-3.0), 1e-14);
        assert_near(station.mean_response(), 4.0 / 3.0, 1e-14);
        let beside = Mmc { rate: 1.0 + 1e-9, ..station };
        assert_near(beside.responds_beyond(3.0), 2.0 * maths::exp(-3.0), 1e-8);
    }

    /// E W is the integral of P(W > t).
    #[test]
    fn the_mean_response_is_the_integral_of_its_tail() {
        for servers in [1, 3, 16] {
            let station = Mmc { rate: 0.9 * f64::from(servers), service: 1.0, servers };
            let step = 0.01;
            let integral: f64 = (0..30_000).map(|n| step * station.responds_beyond((f64::from(n) + 0.5) * step)).sum();
            assert_near(integral, station.mean_response(), 1e-5);
        }
    }

    #[test]
    fn an_overloaded_station_waits_for_ever() {
        let station = Mmc { rate: 2.0, service: 1.0, servers: 2 };
        assert_eq!(station.mean_wait(), f64::INFINITY);
        assert_eq!(station.response_quantile(0.5), f64::INFINITY);
        assert_eq!(Mg1 { rate: 1.0, service: 1.0, scv: 0.0 }.mean_wait(), f64::INFINITY);
    }

    /// By hand: M/M/1/2 with ρ = 1 is in each of its three states alike; M/M/c/c is Erlang's first formula.
    #[test]
    fn limited_room_by_hand() {
        let station = Mmck { rate: 1.0, service: 1.0, servers: 1, room: 2 };
        assert_near(station.refused(), 1.0 / 3.0, 1e-15);
        assert_near(station.mean_in_system(), 1.0, 1e-15);
        assert_near(station.mean_response(), 1.5, 1e-15);
        assert_near(station.mean_wait(), 0.5, 1e-14);
        assert_near(station.utilisation(), 2.0 / 3.0, 1e-15);
        let full = Mmck { rate: 7.0, service: 1.0, servers: 10, room: 10 };
        assert_near(full.refused(), erlang_b(10, 7.0), 1e-13);
        // Weights beyond what a float holds.
        let crowded = Mmck { rate: 900.0, service: 1.0, servers: 800, room: 5_000 };
        assert_near(crowded.refused(), 1.0 - 800.0 / 900.0, 1e-9);
    }

    /// M/D/1 waits half as long as M/M/1: ρ S̄ / (2 (1 − ρ)) = 0.8 · 10 ms / 0.4 = 20 ms.
    #[test]
    fn pollaczek_and_khinchine_by_hand() {
        let station = Mg1 { rate: 0.08, service: 10.0, scv: 0.0 };
        assert_near(station.mean_wait(), 20.0, 1e-14);
        assert_near(station.mean_response(), 30.0, 1e-14);
        assert_near(station.mean_in_line(), 1.6, 1e-14);
        assert_near(station.mean_in_system(), 2.4, 1e-14);
        let exponential = Mg1 { scv: 1.0, ..station };
        assert_near(exponential.mean_wait(), Mmc { rate: 0.08, service: 10.0, servers: 1 }.mean_wait(), 1e-14);
    }

    #[test]
    fn everybody_waits_where_more_comes_than_is_served() {
        assert_eq!((erlang_c(2, 2.0), erlang_c(2, 5.0)), (1.0, 1.0));
        assert!(erlang_c(2, 1.999) < 1.0);
    }
}
