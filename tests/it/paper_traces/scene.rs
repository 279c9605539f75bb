//! A scenario in the making: what every model's translation writes into.

/// Stays at one pool, and what the traces call them.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The pool.
    pub pool: String,
    /// The stage of a visit.
    pub stage: String,
    /// What worker numbers follow: `w` of `w1`.
    pub prefix: String,
    /// The pool is one worker, whose whole name that is.
    pub alone: bool,
}

/// One request of a script.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub id: String,
    pub at: u64,
    /// Works that it brings, in nanoseconds.
    pub works: Vec<(String, u64)>,
    /// Visits at which a work fails.
    pub fails: Vec<(String, Vec<u64>)>,
    /// Its FIFO group.
    pub group: Option<String>,
}

/// A scenario and how to read its run.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    pub title: String,
    /// When the run ends.
    pub end: u64,
    /// Items and prices.
    pub own: Vec<(String, String)>,
    /// Works that all requests share, in nanoseconds.
    pub works: Vec<(String, u64)>,
    pub client: Option<String>,
    pub calls: Vec<Call>,
    pub faults: Vec<String>,
    /// The topology's nodes, as TOML below `[topology.traced]`.
    pub nodes: Vec<String>,
    pub stages: Vec<Stage>,
    /// By size of a machine, the traces' word; empty where it never changes.
    pub sizes: Vec<&'static str>,
    /// Its policies have alarms: decisions are told where one has gone off.
    pub alarms: bool,
    /// Its workers are pods, which the trace does not tell of one by one; an autoscaler is told of where it sees a sample.
    pub pods: bool,
    /// vCPUs and GB of a task, where workers are tasks.
    pub tasks: Option<(String, String)>,
    /// Its workers are a function's environments, which the trace does not tell of one by one.
    pub functions: bool,
    /// Where a rule starts machines: which others were started by hand, when and by number. What the rule does is told as
    /// decisions.
    pub started_by_hand: Option<Vec<(u64, u64)>>,
    /// What a policy keeps its metric at.
    pub target: Option<String>,
    /// The traces' word for a request that found no worker in service; `no_downstream` where a model has no other.
    pub nobody: Option<&'static str>,
}

/// A duration as a scenario writes it.
pub fn span(nanos: u64) -> String {
    match nanos {
        _ if nanos.is_multiple_of(1_000_000_000) => format!("{}s", nanos / 1_000_000_000),
        _ if nanos.is_multiple_of(1_000_000) => format!("{}ms", nanos / 1_000_000),
        _ => format!("{nanos}ns"),
    }
}

/// A list of steps.
pub fn steps(steps: &[String]) -> String {
    format!("steps = [{}]", steps.join(", "))
}

/// A step of work.
pub fn work(name: &str) -> String {
    format!("{{ work = {name:?} }}")
}

impl Scene {
    /// The price of a machine's hour, and the line that says so in a pool; nothing where the trace has none.
    pub fn platform(&mut self, kind: &str, hour: Option<&str>) -> String {
        let Some(hour) = hour else { return String::new() };
        self.price(&format!("ec2.{kind}"), &format!("${hour}/h"));
        format!("platform = {{ ec2 = {{ type = {kind:?} }} }}\n")
    }

    /// Sets a price.
    pub fn price(&mut self, item: &str, price: &str) {
        if !self.own.iter().any(|(known, _)| known == item) {
            self.own.push((item.to_owned(), price.to_owned()));
        }
    }

    /// A pool whose visits and workers have names of their own.
    pub fn pool(&mut self, pool: &str, stage: &str, prefix: &str, body: &str) {
        self.node("pool", pool, stage, prefix, body);
    }

    /// The same of a node that is something like a pool.
    pub fn node(&mut self, kind: &str, pool: &str, stage: &str, prefix: &str, body: &str) {
        self.nodes.push(format!("[topology.traced.{kind}.{pool}]\n{body}\n"));
        let [pool, stage, prefix] = [pool, stage, prefix].map(str::to_owned);
        self.stages.push(Stage { pool, stage, prefix, alone: false });
    }

    /// A pool of one worker, who has a name.
    pub fn worker(&mut self, name: &str, stage: &str, body: &str) {
        self.pool(name, stage, name, body);
        if let Some(stage) = self.stages.last_mut() {
            stage.alone = true;
        }
    }

    /// The pool of a worker, and its number there.
    pub fn hand(&self, name: &str) -> Result<(String, u64), String> {
        if let Some(stage) = self.stages.iter().find(|stage| stage.alone && stage.prefix == name) {
            return Ok((stage.pool.clone(), 1));
        }
        let numbered = self.stages.iter().filter(|stage| !stage.alone).find_map(|stage| {
            let number = name.strip_prefix(&stage.prefix)?.parse().ok()?;
            Some((stage.pool.clone(), number))
        });
        numbered.ok_or_else(|| format!("no worker is called `{name}`"))
    }

    /// The whole file.
    pub fn text(&self) -> String {
        let pairs = |pairs: &[(String, u64)], between: &str| {
            let pairs: Vec<String> = pairs.iter().map(|(name, nanos)| format!("{name} = {:?}", span(*nanos))).collect();
            pairs.join(between)
        };
        let mut text = format!(
            "title = {:?}\n[run]\ndefaults = \"textbook\"\nlength = {:?}\nreplications = 1\n",
            self.title,
            span(self.end)
        );
        if !self.own.is_empty() {
            let own: Vec<String> = self.own.iter().map(|(item, price)| format!("{item:?} = {price:?}")).collect();
            text += &format!("[prices.own]\n{}\n", own.join("\n"));
        }
        if !self.works.is_empty() {
            text += &format!("[work]\n{}\n", pairs(&self.works, "\n"));
        }
        if let Some(client) = &self.client {
            text += &format!("[workload.requests]\nclient = {client}\n");
        }
        if self.calls.is_empty() {
            // A scenario has somebody who asks; this one would come when all is over.
            let after = span(self.end + 1_000_000_000);
            text += &format!("[workload.requests]\narrivals = {{ scripted = [{{ at = {after:?} }}] }}\n");
        }
        for call in &self.calls {
            text += "[[workload.requests.arrivals.scripted]]\n";
            text += &format!("at = {:?}\nname = {:?}\n", span(call.at), call.id);
            if !call.works.is_empty() {
                text += &format!("work = {{ {} }}\n", pairs(&call.works, ", "));
            }
            if let Some(group) = &call.group {
                text += &format!("group = {group:?}\n");
            }
            let fails: Vec<String> = call.fails.iter().map(|(name, visits)| format!("{name} = {visits:?}")).collect();
            if !fails.is_empty() {
                text += &format!("fails = {{ {} }}\n", fails.join(", "));
            }
        }
        text + &self.faults.concat() + &self.nodes.concat()
    }
}
