//! What a family's translation says: the scenario, and where each expected quantity stands in its result.

/// Reads a figure of one replication: `pool.a.wait.mean`, or with a topology `central/completion.mean`.
pub type Read<'a> = dyn Fn(&str) -> Option<f64> + 'a;

/// A quantity from the figures of one replication.
pub type Formula = Box<dyn Fn(&Read<'_>) -> Option<f64>>;

/// Where a quantity stands, by its name, or why it can't be told.
pub type Quantities = dyn Fn(&str) -> Result<Formula, String>;

/// A case as a scenario.
pub struct Plan {
    /// All of the file but its `[run]`.
    pub text: String,
    /// Requests a second, of all kinds.
    pub rate: f64,
    /// Topologies that it runs: each plays all of the requests.
    pub topologies: usize,
    /// Where its quantities stand.
    pub quantity: Box<Quantities>,
    /// How it is run, where not simply for long.
    pub course: Option<Course>,
}

/// A run of its own length.
pub struct Course {
    /// What else stands in its `[run]`.
    pub run: String,
    /// How often it must be played for means to be known to 1 %; `None`: as often as the others, and longer.
    pub replications: Option<u32>,
}

/// A figure as it stands there.
pub fn figure(name: impl Into<String>) -> Result<Formula, String> {
    let name = name.into();
    Ok(Box::new(move |read| read(&name)))
}

/// Something made of figures.
pub fn made(formula: impl Fn(&Read<'_>) -> Option<f64> + 'static) -> Result<Formula, String> {
    Ok(Box::new(formula))
}

/// A figure times a known number, and a known number more.
pub fn linear(name: impl Into<String>, times: f64, plus: f64) -> Result<Formula, String> {
    let name = name.into();
    made(move |read| Some(read(&name)? * times + plus))
}

/// A quantity that no figure tells.
pub fn untold(why: &str) -> Result<Formula, String> {
    Err(why.to_owned())
}

/// The quantities of one station, where `pool` is its pool.
pub fn station(pool: &str, quantity: &str) -> Result<Formula, String> {
    let of = |name: &str| figure(format!("pool.{pool}.{name}"));
    match quantity {
        "p_wait" => of("waits"),
        "mean_wait" => of("wait.mean"),
        "sd_wait" => of("wait.sd"),
        "mean_queue" => of("in-line"),
        "mean_in_system" => of("in-system"),
        "utilisation" => of("utilisation"),
        "throughput" => of("throughput"),
        "mean_servers_busy" => of("busy"),
        "mean_sojourn" => figure("completion.mean"),
        "loss_probability" => figure("lost"),
        _ => match (quantity.strip_prefix("wait_"), quantity.strip_prefix("sojourn_")) {
            (Some(percentile), _) if percentile.starts_with('p') => of(&format!("wait.{percentile}")),
            (_, Some(percentile)) if percentile.starts_with('p') => figure(format!("completion.{percentile}")),
            _ => untold("no figure of that kind"),
        },
    }
}
