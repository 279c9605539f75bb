//! Metrics of CloudWatch that a scenario has, too: which they are is said by namespace, name and dimensions together.
//!
//! Sources: Amazon SQS developer guide, *Available CloudWatch metrics for Amazon SQS*; EC2 Auto Scaling user guide,
//! *CloudWatch metrics available for Amazon EC2 Auto Scaling*.

use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::taking::{Findings, Origin, Taking, written};

/// A metric as CloudWatch names it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub namespace: String,
    pub name: String,
    pub dimensions: Vec<(String, String)>,
    /// One value of those within a period.
    pub statistic: String,
    /// Seconds.
    pub period: u64,
    pub at: Origin,
}

/// In which form its values stand in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Number,
    /// CloudWatch has per cent.
    Share,
    /// CloudWatch has seconds.
    Time,
}

/// A metric of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub metric: Item,
    pub form: Form,
    /// The queue that it is of, by its own name.
    pub queue: Option<String>,
}

impl Form {
    /// A value in this form.
    pub fn item(self, value: f64, at: Origin) -> Item {
        let out = match self {
            Form::Number => Out::Bare(written(value)),
            Form::Share => Out::Text(format!("{}%", written(value))),
            Form::Time => Out::Text(format!("{}s", written(value))),
        };
        Item::new(out, at)
    }
}

/// Metrics of a queue, with their word.
const OF_QUEUES: [(&str, &str, Form); 4] = [
    ("ApproximateNumberOfMessagesVisible", "visible", Form::Number),
    ("ApproximateNumberOfMessagesNotVisible", "in-flight", Form::Number),
    ("ApproximateNumberOfMessagesDelayed", "delayed", Form::Number),
    ("ApproximateAgeOfOldestMessage", "oldest", Form::Time),
];
/// Metrics of a group.
const OF_GROUPS: [(&str, &str, &str, Form); 3] = [
    ("AWS/EC2", "CPUUtilization", "cpu", Form::Share),
    ("AWS/AutoScaling", "GroupInServiceInstances", "in-service", Form::Number),
    ("AWS/AutoScaling", "GroupDesiredCapacity", "desired", Form::Number),
];

impl Named {
    /// Takes the name of a metric out of a table that has it.
    pub fn take(table: &mut Taking, found: &mut Findings) -> Named {
        let text = |table: &mut Taking, key: &str, found: &mut Findings| {
            table.text(key, found).map(|(text, _)| text).unwrap_or_default()
        };
        let namespace = text(table, "Namespace", found);
        let name = text(table, "MetricName", found);
        let mut dimensions = Vec::new();
        for mut dimension in table.tables("Dimensions", found).unwrap_or_default() {
            dimensions.push((text(&mut dimension, "Name", found), text(&mut dimension, "Value", found)));
            dimension.finish(&["Name", "Value"], found);
        }
        Named { namespace, name, dimensions, statistic: "Average".to_owned(), period: 60, at: table.at.clone() }
    }

    /// The same metric in a scenario, for a pool that stands for a group.
    ///
    /// A group's own metrics are one value a minute, as are a queue's; of one value all statistics but the number of
    /// samples are the same.
    pub fn seen(&self, group: &str) -> Result<Seen, String> {
        let dimensions: Vec<(&str, &str)> =
            self.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let title = format!("{} {}", self.namespace, self.name);
        let found = match (self.namespace.as_str(), dimensions.as_slice()) {
            ("AWS/SQS", [("QueueName", queue)]) => OF_QUEUES
                .iter()
                .find(|(name, ..)| *name == self.name)
                .map(|(_, word, form)| (*word, *form, Some((*queue).to_owned()))),
            (namespace, [("AutoScalingGroupName", of)]) => {
                let known = OF_GROUPS.iter().find(|(space, name, ..)| *space == namespace && *name == self.name);
                if known.is_some() && *of != group {
                    return Err(format!(
                        "reads `{title}` of another group, `{of}`: name its pool, `{{ of = \"POOL\" }}`"
                    ));
                }
                known.map(|(_, _, word, form)| (*word, *form, None))
            }
            _ => None,
        };
        let Some((word, form, queue)) = found else {
            return Err(format!("reads `{title}`, which has no counterpart in a scenario"));
        };
        let fits = match self.statistic.as_str() {
            "Average" => true,
            "Sum" | "Minimum" | "Maximum" => word != "cpu" && self.period == 60,
            _ => false,
        };
        if !fits {
            let (statistic, period) = (&self.statistic, self.period);
            return Err(format!(
                "reads the {statistic} of `{title}` over {period} s, which no metric of a scenario is"
            ));
        }
        let metric = match &queue {
            Some(queue) => {
                let mut of = Keys::default();
                of.put("of", Some(Item::new(Out::Queue(queue.clone()), self.at.clone())));
                Item::choice(word, of.table(self.at.clone()))
            }
            None => Item::word(word, self.at.clone()),
        };
        Ok(Seen { metric, form, queue })
    }
}

/// What metric math divides: a formula that is recognised exactly, or none.
pub(super) struct Math {
    pub of: Named,
    pub to: Named,
    /// Whether the divisor is never taken to be less than 1.
    pub at_least_one: bool,
    /// Seconds between datapoints, where they are said.
    pub period: Option<(u64, Origin)>,
}

/// Takes the list of metrics and formulas of metric math, where it is one metric divided by another.
pub(super) fn math(tables: Vec<Taking>, found: &mut Findings) -> Result<Math, String> {
    let (mut metrics, mut formula, mut period, mut several) = (Vec::new(), None, None, false);
    for mut table in tables {
        let id = table.text("Id", found).map(|(id, _)| id).unwrap_or_default();
        table.describes(&["Label", "ReturnData"], found);
        period = table.count("Period", found).or(period);
        if let Some((text, _)) = table.text("Expression", found) {
            several |= formula.replace(text).is_some();
        }
        if let Some(mut stat) = table.table("MetricStat", found) {
            let statistic = stat.text("Stat", found);
            stat.describes(&["Unit"], found);
            period = stat.count("Period", found).or(period);
            if let Some(mut metric) = stat.table("Metric", found) {
                let mut named = Named::take(&mut metric, found);
                metric.finish(&["Namespace", "MetricName", "Dimensions"], found);
                named.statistic = statistic.map_or(named.statistic, |(statistic, _)| statistic);
                metrics.push((id, named));
            }
            stat.finish(&["Metric", "Stat", "Period"], found);
        }
        table.finish(&["Id", "Expression", "MetricStat", "Period"], found);
    }
    if several {
        return Err("has several formulas, and one that divides one metric by another is known here".to_owned());
    }
    let formula = formula.unwrap_or_default();
    let plain: String = formula.chars().filter(|letter| !letter.is_whitespace()).collect();
    let why = || format!("is the formula `{formula}`, which is not known here: one metric divided by another is");
    for (one, of) in &metrics {
        for (other, to) in metrics.iter().filter(|(other, _)| other != one) {
            let known = [
                (format!("{one}/{other}"), false),
                (format!("({one})/({other})"), false),
                (format!("{one}/MAX([{other},1])"), true),
                (format!("{one}/MAX([1,{other}])"), true),
                (format!("IF({other}>0,{one}/{other},{one})"), true),
            ];
            if let Some((_, at_least_one)) = known.iter().find(|(known, _)| *known == plain) {
                let period = period.clone();
                return Ok(Math { of: of.clone(), to: to.clone(), at_least_one: *at_least_one, period });
            }
        }
    }
    Err(why())
}
