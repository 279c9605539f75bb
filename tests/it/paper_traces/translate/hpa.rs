//! Pods whose metric is given, sized by the horizontal pod autoscaler.

use super::super::scene::{Scene, span};
use super::super::trace::{Table, plain};

pub fn hpa(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    let min = inputs.count("min")?.unwrap_or(1);
    let max = inputs.count("max")?.unwrap_or(u64::from(u32::MAX));
    let initial = inputs.count("initial")?.unwrap_or(min);
    if inputs.get("behaviour").is_some_and(|rules| !rules.is_null()) {
        return Err("rules of behaviour".to_owned());
    }
    let word = match inputs.must_text("metric_kind")?.as_str() {
        "utilisation" => "utilisation",
        "average_value" => "average-value",
        other => return Err(format!("metrics of the kind `{other}`")),
    };
    let mut points = Vec::new();
    for sample in inputs.tables("samples")? {
        let value = sample.get("value").and_then(plain).ok_or("a sample without a value")?;
        points.push(format!("[{:?}, {value}]", span(sample.must_nanos("at_s")?)));
        sample.all_read()?;
    }
    let recorded = format!("{{ recorded = {{ points = [{}] }} }}", points.join(", "));
    let target = inputs.must_text("target")?;
    let platform = inputs.text("pod_price_per_hour")?.map_or(String::new(), |hour| {
        format!("platform = {{ machine = {{ price = \"${hour}/h\", minimum = \"0s\" }} }}\n")
    });
    let sync = span(inputs.nanos("sync_s")?.unwrap_or(15_000_000_000));
    let stabilisation = span(inputs.nanos("stabilisation_s")?.unwrap_or(300_000_000_000));
    scene.pods = true;
    let body = format!(
        "steps = []\nworkers = {initial}\n{platform}scaling.hpa = {{ min = {min}, max = {max}, sync = {sync:?}, \
         stabilisation = {stabilisation:?}, metrics = [{{ {word} = {{ metric = {recorded}, target = {target} }} }}] }}\n"
    );
    scene.pool("w", "work", "w", &body);
    Ok(())
}
