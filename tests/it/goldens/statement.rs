//! Reading a statement: resources, their lines with quantity, unit and cost, and the total.

/// One line of a statement.
pub struct Row {
    /// What it is called: `Duration (first 6B)`.
    pub label: String,
    /// The unit of its quantity: `GB-seconds`.
    pub unit: String,
    /// How much, in ten-thousandths; `None` where that depends on use.
    pub quantity: Option<u128>,
    /// Its cost in picodollars.
    pub cost: Option<i128>,
    /// The price of one unit in picodollars, and how many decimals were printed, where the quantity depends on use.
    pub price: Option<(i128, u32)>,
}

impl Row {
    /// Its label without the tier in brackets behind it.
    fn base(&self) -> &str {
        let tier = ["(first ", "(next ", "(over "].iter().find_map(|mark| self.label.to_lowercase().find(mark));
        tier.map_or(self.label.as_str(), |at| self.label[..at].trim_end())
    }

    /// Whether it is of a tier that is not the first.
    pub fn is_beyond(&self) -> bool {
        let label = self.label.to_lowercase();
        (label.contains("(next ") || label.contains("(over ")) && self.base() != self.label
    }
}

/// Lines of one resource with one name: the tiers of one item.
pub struct Group {
    /// Whose: `aws_sqs_queue.uploads`.
    pub resource: String,
    /// The heading below that, if there is one: `Standard`.
    pub part: String,
    pub lines: Vec<Row>,
}

impl Group {
    /// What its lines are called, without their tiers.
    pub fn base(&self) -> &str {
        self.lines[0].base()
    }
}

/// A statement.
pub struct Statement {
    pub groups: Vec<Group>,
    /// Its total in picodollars.
    total: Option<i128>,
}

impl Statement {
    /// Reads all lines before the total.
    pub fn read(text: &str) -> Statement {
        let mut statement = Statement { groups: Vec::new(), total: None };
        let (mut resource, mut part) = (String::new(), String::new());
        for line in text.lines() {
            let is_part = line.trim_start().starts_with(['├', '└', '│']);
            let is_deep = line.trim_start().starts_with('│') || line.starts_with("    ");
            let plain: String = line.chars().filter(|letter| !"├└│─".contains(*letter)).collect();
            let cells: Vec<&str> = plain.split("  ").map(str::trim).filter(|cell| !matches!(*cell, "" | "*")).collect();
            match cells.as_slice() {
                ["OVERALL TOTAL", total, ..] => {
                    statement.total = money(total);
                    break;
                }
                [heading] if !is_part && heading.contains("aws_") => {
                    (resource, part) = ((*heading).to_owned(), String::new());
                }
                [heading] => part = (*heading).to_owned(),
                [label, rest @ ..] => {
                    if !is_deep {
                        part.clear();
                    }
                    if let Some(row) = row(label, rest) {
                        statement.add(&resource, &part, row);
                    }
                }
                [] => {}
            }
        }
        statement
    }

    fn add(&mut self, resource: &str, part: &str, row: Row) {
        let last = self.groups.last_mut().filter(|last| {
            let alike = last.resource == resource && last.part == part && last.lines[0].unit == row.unit;
            alike && last.base() == row.base() && row.is_beyond()
        });
        match last {
            Some(group) => group.lines.push(row),
            None => {
                let (resource, part) = (resource.to_owned(), part.to_owned());
                self.groups.push(Group { resource, part, lines: vec![row] });
            }
        }
    }

    /// What its lines come to and what it says that they do, in picodollars, where these differ by more than the rounding of
    /// each line to the cent: then not all of them were read.
    pub fn lacks(&self) -> Option<(i128, i128)> {
        let lines = || self.groups.iter().flat_map(|group| &group.lines).filter_map(|line| line.cost);
        let (sum, total) = (lines().sum::<i128>(), self.total?);
        let slack = 5_000_000_000 * lines().count() as i128 + 5_000_000_000;
        ((sum - total).abs() > slack).then_some((sum, total))
    }
}

/// A line from its cells: quantity, unit and cost, or a sentence with the price.
fn row(label: &str, cells: &[&str]) -> Option<Row> {
    let label = label.to_owned();
    if let [sentence] = cells {
        let (_, price) = sentence.split_once("depends on usage: ")?;
        let (price, unit) = price.split_once(" per ")?;
        let decimals = price.split_once('.').map_or(0, |(_, part)| part.len() as u32);
        let price = Some((money(price)?, decimals));
        return Some(Row { label, unit: unit.to_owned(), quantity: None, cost: None, price });
    }
    let [quantity, unit, cost, ..] = cells else { return None };
    let plain = quantity.replace(',', "");
    let rest = plain.find('.').map_or(0, |point| plain.len().saturating_sub(point + 5));
    let quantity = decimal(&plain[..plain.len() - rest], 4).and_then(|parts| u128::try_from(parts).ok());
    Some(Row { label, unit: (*unit).to_owned(), quantity: Some(quantity?), cost: Some(money(cost)?), price: None })
}

/// Dollars as picodollars.
fn money(text: &str) -> Option<i128> {
    let text = text.trim_end_matches('*').trim().trim_start_matches('<');
    decimal(&text.strip_prefix('$')?.replace(',', ""), 12)
}

/// A decimal in units of 10⁻ᵖˡᵃᶜᵉˢ.
fn decimal(text: &str, places: usize) -> Option<i128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > places || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

/// The usage of resources, from the few lines of YAML in which it stands: name, and whole numbers by key.
pub fn usages(yaml: &str) -> Vec<(String, Vec<(String, u64)>)> {
    let mut usages: Vec<(String, Vec<(String, u64)>)> = Vec::new();
    for line in yaml.lines() {
        let (key, value) = line.split('#').next().unwrap_or_default().trim().split_once(':').unwrap_or_default();
        if key.contains('.') {
            usages.push((key.to_owned(), Vec::new()));
        } else if let (Some((_, usage)), Ok(number)) = (usages.last_mut(), value.trim().parse()) {
            usage.push((key.to_owned(), number));
        }
    }
    usages
}

/// A statement made up in the form of the real ones.
#[test]
fn a_statement_is_read() {
    let text = "
 Name                            Monthly Qty  Unit         Monthly Cost

 aws_lambda_function.one
 ├─ Requests                            0.25  1M requests         $0.05  *
 ├─ Duration (first 6B)        6,000,000,000  GB-seconds    $100,000.20  *
 └─ Duration (next 9B)                 1,000  GB-seconds          $0.02  *

 module.web.aws_instance.two[0]
 ├─ Instance usage (Linux/UNIX, on-demand, t3.micro)    730  hours    $7.59
 └─ root_block_device
    └─ Storage (general purpose SSD, gp2)                 8  GB       $0.80

 aws_sqs_queue.three
 └─ Requests    Monthly cost depends on usage: $0.40 per 1M requests

 OVERALL TOTAL                                           $100,008.66
";
    let read = Statement::read(text);
    let told: Vec<(&str, &str, &str, usize)> = read
        .groups
        .iter()
        .map(|group| (group.resource.as_str(), group.part.as_str(), group.base(), group.lines.len()))
        .collect();
    let expected = [
        ("aws_lambda_function.one", "", "Requests", 1),
        ("aws_lambda_function.one", "", "Duration", 2),
        ("module.web.aws_instance.two[0]", "", "Instance usage (Linux/UNIX, on-demand, t3.micro)", 1),
        ("module.web.aws_instance.two[0]", "root_block_device", "Storage (general purpose SSD, gp2)", 1),
        ("aws_sqs_queue.three", "", "Requests", 1),
    ];
    assert_eq!(told, expected);
    assert_eq!((read.groups[0].lines[0].quantity, read.groups[0].lines[0].cost), (Some(2_500), Some(50_000_000_000)));
    assert_eq!(read.groups[4].lines[0].price, Some((400_000_000_000, 2)));
    assert_eq!(read.lacks(), None);
    let short = Statement::read(&text.replace("$100,008.66", "$100,108.66"));
    assert_eq!(short.lacks(), Some((100_008_660_000_000_000, 100_108_660_000_000_000)));
    assert_eq!(usages("a.b:\n  requests: 5 # why\n"), [("a.b".to_owned(), vec![("requests".to_owned(), 5)])]);
}
