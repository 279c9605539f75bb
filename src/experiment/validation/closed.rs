//! Systems that are asked for by their parameters, where a closed form answers.

use serde_json::{Value, json};

use crate::experiment::validation::system::System;
use crate::ground::stats::theory::{Mg1, Mmc, Mmck};

/// What may be asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Servers; one where nothing is said.
    pub servers: Option<u32>,
    /// The load of each, above 0.
    pub rho: Option<f64>,
    /// The squared coefficient of variation of the service times, of `mg1`.
    pub scv: Option<f64>,
    /// Places in the system, of `mmck`.
    pub places: Option<u32>,
}

/// Where each closed form is from.
const ERLANG: &str = "Erlang 1917; Harchol-Balter, Performance Modeling and Design of Computer Systems, ch. 14";
const BIRTH_DEATH: &str = "birth-death chain; Gross and Harris, Fundamentals of Queueing Theory, 2.5";
const POLLACZEK: &str = "Pollaczek 1930 and Khinchine 1932; Harchol-Balter, ch. 23";

/// A system of a family with these parameters; services take a second on average.
///
/// # Errors
/// What is wrong with the parameters, as a sentence, and what would be right.
pub fn asked(family: &str, asked: Asked) -> Result<System, String> {
    let Asked { servers, rho, scv, places } = asked;
    let servers = servers.unwrap_or(1);
    let rho = rho.unwrap_or(0.9);
    if !(1..=100_000).contains(&servers) {
        return Err(format!("{servers} servers: from 1 to 100000"));
    }
    if !(rho.is_finite() && rho > 0.0) {
        return Err(format!("a load of {rho}: a number above 0, such as `--rho 0.9`"));
    }
    if family != "mmck" && rho >= 0.999_9 {
        return Err(format!("at a load of {rho} the line grows without end, or nearly: below 0.9999"));
    }
    let only = |wanted: &str, given: bool, of: &str| {
        if given && family != of { Err(format!("`{wanted}` is of `{of}`, and `{family}` has none")) } else { Ok(()) }
    };
    only("--scv", scv.is_some(), "mg1")?;
    only("--places", places.is_some(), "mmck")?;
    let rate = rho * f64::from(servers);
    match family {
        "mmc" => Ok(mmc(rate, servers)),
        "mg1" if servers != 1 => Err("`mg1` has one server: `--servers` is of `mmc` and `mmck`".to_owned()),
        "mg1" => {
            let scv = scv.unwrap_or(4.0);
            if !(0.0..=100.0).contains(&scv) {
                return Err(format!("a squared coefficient of variation of {scv}: from 0 to 100"));
            }
            Ok(mg1(rate, scv))
        }
        "mmck" => {
            let places = places.unwrap_or(servers);
            if !(servers..=1_000_000).contains(&places) {
                return Err(format!("{places} places: at least as many as servers, which are {servers}"));
            }
            Ok(mmck(rate, servers, places))
        }
        _ => Err(format!("`{family}` takes no parameters: `mmc`, `mmck` and `mg1` do")),
    }
}

/// Customers after which half a 95 % interval of the mean response time of M/M/1 is 1 % of it: 2 (z / 1 %)² (1 + ρ) / (1 − ρ)².
/// Source: Whitt, *Planning queueing simulations*, Management Science 35 (1989).
pub(super) fn customers(rho: f64, scv: f64) -> f64 {
    let z = 1.96_f64 / 0.01;
    let idle = 1.0 - rho;
    2.0 * z * z * (1.0 + rho) / (idle * idle) * (1.0 + scv) / 2.0
}

fn system(
    family: &str,
    title: String,
    source: &str,
    described: Value,
    expected: Vec<(&str, f64)>,
    customers: f64,
) -> System {
    System {
        id: format!("{family}-{}", title.replace([',', ' ', '/'], "-").replace("--", "-").to_lowercase()),
        family: family.to_owned(),
        title,
        source: source.to_owned(),
        described,
        expected: expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        times: Vec::new(),
        customers,
    }
}

fn described(rate: f64, service: Value, servers: u32, places: Option<u32>) -> Value {
    json!({
        "arrivals": { "process": "poisson", "rate": rate }, "service": service,
        "servers": servers, "capacity": places, "discipline": "fcfs",
    })
}

fn exponential() -> Value {
    json!({ "dist": "exponential", "mean": 1.0 })
}

fn mmc(rate: f64, servers: u32) -> System {
    let theory = Mmc { rate, service: 1.0, servers };
    let expected = vec![
        ("p_wait", theory.waits()),
        ("mean_wait", theory.mean_wait()),
        ("mean_sojourn", theory.mean_response()),
        ("mean_queue", theory.mean_in_line()),
        ("mean_in_system", theory.mean_in_system()),
        ("utilisation", theory.utilisation()),
        ("wait_p50", theory.wait_quantile(0.5)),
        ("wait_p90", theory.wait_quantile(0.9)),
        ("wait_p99", theory.wait_quantile(0.99)),
        ("sojourn_p50", theory.response_quantile(0.5)),
        ("sojourn_p90", theory.response_quantile(0.9)),
        ("sojourn_p99", theory.response_quantile(0.99)),
    ];
    let title = format!("M/M/{servers}, load {}", theory.utilisation());
    // Several servers forget faster than one: how much, the first run tells.
    let customers = customers(theory.utilisation(), 1.0) / f64::from(servers.min(10));
    system("mmc", title, ERLANG, described(rate, exponential(), servers, None), expected, customers)
}

fn mmck(rate: f64, servers: u32, places: u32) -> System {
    let theory = Mmck { rate, service: 1.0, servers, room: places };
    let expected = vec![
        ("loss_probability", theory.refused()),
        ("mean_wait", theory.mean_wait()),
        ("mean_sojourn", theory.mean_response()),
        ("mean_in_system", theory.mean_in_system()),
        ("utilisation", theory.utilisation()),
    ];
    let title = format!("M/M/{servers}/{places}, load {}", rate / f64::from(servers));
    system("mmck", title, BIRTH_DEATH, described(rate, exponential(), servers, Some(places)), expected, 500_000.0)
}

fn mg1(rate: f64, scv: f64) -> System {
    let theory = Mg1 { rate, service: 1.0, scv };
    let service = match scv {
        0.0 => json!({ "dist": "deterministic", "value": 1.0 }),
        1.0 => exponential(),
        _ => json!({ "dist": "lognormal", "mean": 1.0, "scv": scv }),
    };
    let expected = vec![
        ("mean_wait", theory.mean_wait()),
        ("mean_sojourn", theory.mean_response()),
        ("mean_queue", theory.mean_in_line()),
        ("mean_in_system", theory.mean_in_system()),
        ("utilisation", theory.utilisation()),
    ];
    let title = format!("M/G/1, squared coefficient of variation {scv}, load {rate}");
    system("mg1", title, POLLACZEK, described(rate, service, 1, None), expected, customers(rate, scv))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_steady_state_or_no_meaning_is_refused_with_a_sentence() {
        let why = |family, it| asked(family, it).expect_err("it is refused");
        let plain = Asked::default();
        assert!(why("mmc", Asked { rho: Some(1.0), ..plain }).contains("grows without end"));
        assert!(why("mmc", Asked { rho: Some(f64::NAN), ..plain }).contains("above 0"));
        assert!(why("mmc", Asked { scv: Some(2.0), ..plain }).contains("`mg1`"));
        assert!(why("mmck", Asked { servers: Some(5), places: Some(3), ..plain }).contains("at least"));
        assert!(why("tandem", plain).contains("`mmc`, `mmck` and `mg1`"));
    }

    /// M/M/1 at a load of 0.5: 460,992 customers, which the list of known systems has as 460,976.
    #[test]
    fn so_many_customers_are_needed_as_whitt_says() {
        assert!((customers(0.5, 1.0) - 460_976.0).abs() < 100.0);
        assert!((customers(0.99, 1.0) / customers(0.9, 1.0) - 104.7).abs() < 0.1);
    }
}
