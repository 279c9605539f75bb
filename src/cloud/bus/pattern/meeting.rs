//! Whether an event meets fields together: where their values lie, and that those from one array are of one element.

use std::collections::{BTreeMap, BTreeSet};
use std::ptr;

use serde_json::Value;

use crate::cloud::bus::pattern::Field;

/// An array on the way to a value, by its address, and which element the way goes through.
type Step = (usize, usize);

/// Values that are looked at before a search is given up. Without keys that hold dots none comes near.
const LOOKS_MAX: usize = 10_000_000;

/// Shows every value at a path, with the arrays that it lies in.
///
/// A path is keys joined with dots, and so is what leads to a value: `a.b` is the key `b` of `a`, and the key `a.b`. Arrays
/// are passed through. A text, number or word that stands in an array itself is tied to no element of it.
pub(super) fn visit<'e>(event: &'e Value, path: &str, show: &mut dyn FnMut(&'e Value, &[Step])) {
    down(event, path, &mut Vec::new(), show);
}

fn down<'e>(value: &'e Value, path: &str, steps: &mut Vec<Step>, show: &mut dyn FnMut(&'e Value, &[Step])) {
    match value {
        Value::Object(map) => {
            let ends = path.match_indices('.').map(|(end, _)| end).chain([path.len()]);
            for end in ends {
                let Some(inner) = map.get(&path[..end]) else { continue };
                match path.get(end + 1..) {
                    Some(rest) => down(inner, rest, steps, show),
                    None => arrive(inner, steps, show),
                }
            }
        }
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate().filter(|(_, item)| item.is_object() || item.is_array()) {
                steps.push((ptr::from_ref(value).addr(), index));
                down(item, path, steps, show);
                steps.pop();
            }
        }
        _ => {}
    }
}

fn arrive<'e>(value: &'e Value, steps: &mut Vec<Step>, show: &mut dyn FnMut(&'e Value, &[Step])) {
    match value {
        Value::Object(_) => {}
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                let is_array = item.is_array();
                if is_array {
                    steps.push((ptr::from_ref(value).addr(), index));
                }
                arrive(item, steps, show);
                if is_array {
                    steps.pop();
                }
            }
        }
        _ => show(value, steps),
    }
}

/// What a field finds in an event, when nobody asks about the others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Alone {
    has_value: bool,
    has_wanted: bool,
    /// Whether a value of it lies in an element of an array.
    is_in_array: bool,
}

impl Alone {
    pub(super) fn of(field: &Field, event: &Value) -> Alone {
        let mut alone = Alone::default();
        visit(event, &field.path, &mut |value, steps| {
            alone.has_value = true;
            alone.is_in_array |= !steps.is_empty();
            alone.has_wanted = alone.has_wanted || field.accepts(value);
        });
        alone
    }

    /// Whether the field is met if nothing binds it to an element.
    pub(super) fn is_met(&self, field: &Field) -> bool {
        self.has_wanted || (!self.has_value && field.may_be_absent())
    }

    /// Whether some element may meet it.
    fn can_be_met(&self, field: &Field) -> bool {
        self.has_wanted || ((!self.has_value || self.is_in_array) && field.may_be_absent())
    }
}

/// Whether an event meets all of these fields, which are in the order of their paths.
pub(super) fn meets(fields: &[&Field], event: &Value) -> bool {
    let mut bound = 0;
    let mut are_met = true;
    for field in fields {
        let alone = Alone::of(field, event);
        if !alone.can_be_met(field) {
            return false;
        }
        are_met &= alone.is_met(field);
        bound += usize::from(alone.is_in_array);
    }
    // Nothing binds a field but another.
    if bound < 2 { are_met } else { torn(fields, event).is_none() }
}

/// A value of a field, and the way to it.
struct Found {
    steps: Vec<Step>,
    is_wanted: bool,
}

/// What is chosen so far, as far as later fields may have to do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Chosen {
    steps: Vec<Step>,
    /// Whether the steps are one way from the outermost array inwards.
    is_way: bool,
}

impl Chosen {
    fn agrees(&self, steps: &[Step]) -> bool {
        let differs = |(array, index): &Step| self.steps.iter().any(|(own, at)| own == array && at != index);
        !steps.iter().any(differs)
    }

    /// With the steps to one more value, without those that no later field passes.
    fn and(&self, steps: &[Step], is_passed_later: impl Fn(usize) -> bool) -> Chosen {
        let keep = |steps: &[Step]| -> Vec<Step> {
            steps.iter().copied().filter(|(array, _)| is_passed_later(*array)).collect()
        };
        let (mut own, mut other) = (keep(&self.steps), keep(steps));
        if own.len() < other.len() {
            std::mem::swap(&mut own, &mut other);
        }
        if own.starts_with(&other) {
            return Chosen { is_way: self.is_way || own.is_empty(), steps: own };
        }
        own.append(&mut other);
        own.sort_unstable();
        own.dedup();
        Chosen { steps: own, is_way: false }
    }
}

/// The first field, by number, that no choice of elements meets together with those before it; `None` where one does.
///
/// Fields are taken in the order of their paths, and so is an absence: no value of the field lies in the elements that were
/// chosen for those before it (aws/event-ruler, NameState). What a choice means for later fields is kept, each once.
pub(super) fn torn(fields: &[&Field], event: &Value) -> Option<usize> {
    let found: Vec<Vec<Found>> = fields.iter().map(|field| values(field, event)).collect();
    let mut last_to_pass: BTreeMap<usize, usize> = BTreeMap::new();
    for (number, values) in found.iter().enumerate() {
        for (array, _) in values.iter().flat_map(|value| &value.steps) {
            last_to_pass.insert(*array, number);
        }
    }
    let mut looks = 0;
    let mut choices = BTreeSet::from([Chosen { steps: Vec::new(), is_way: true }]);
    for (number, (field, values)) in fields.iter().zip(&found).enumerate() {
        let is_passed_later = |array: usize| last_to_pass.get(&array).is_some_and(|last| *last > number);
        let mut next = BTreeSet::new();
        for chosen in &choices {
            let mut is_there = false;
            let mut take = |value: &Found| {
                looks += 1;
                is_there = true;
                if value.is_wanted {
                    next.insert(chosen.and(&value.steps, is_passed_later));
                }
            };
            if chosen.is_way {
                along(values, &chosen.steps, &mut take);
            } else {
                values.iter().filter(|value| chosen.agrees(&value.steps)).for_each(&mut take);
                looks += values.len();
            }
            if !is_there && field.may_be_absent() {
                next.insert(chosen.and(&[], is_passed_later));
            }
            if looks > LOOKS_MAX {
                return Some(number);
            }
        }
        if next.is_empty() {
            return Some(number);
        }
        choices = next;
    }
    None
}

/// The values of a field, in the order of the ways to them.
fn values(field: &Field, event: &Value) -> Vec<Found> {
    let mut found = Vec::new();
    visit(event, &field.path, &mut |value, steps| {
        found.push(Found { steps: steps.to_vec(), is_wanted: field.accepts(value) });
    });
    found.sort_by(|one, other| one.steps.cmp(&other.steps));
    found
}

/// Takes the values that agree with a way: those that leave it for another array, and those that go on from its end.
fn along(values: &[Found], way: &[Step], take: &mut dyn FnMut(&Found)) {
    let mut here = values;
    for (depth, (array, index)) in way.iter().enumerate() {
        let start = here.partition_point(|value| value.steps.get(depth).is_none_or(|step| step.0 < *array));
        let end = here.partition_point(|value| value.steps.get(depth).is_none_or(|step| step.0 <= *array));
        here[..start].iter().chain(&here[end..]).for_each(&mut *take);
        here = &here[start..end];
        let first = here.partition_point(|value| value.steps[depth].1 < *index);
        let past = here.partition_point(|value| value.steps[depth].1 <= *index);
        here = &here[first..past];
    }
    here.iter().for_each(take);
}

/// The fields, by number, that pass an array that this one passes, too.
pub(super) fn beside(fields: &[&Field], number: usize, event: &Value) -> Vec<usize> {
    let arrays = |field: &Field| -> BTreeSet<usize> {
        let mut arrays = BTreeSet::new();
        visit(event, &field.path, &mut |_, steps| arrays.extend(steps.iter().map(|(array, _)| *array)));
        arrays
    };
    let own = arrays(fields[number]);
    (0..fields.len()).filter(|other| *other == number || !arrays(fields[*other]).is_disjoint(&own)).collect()
}
