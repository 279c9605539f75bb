//! What the grammar has and this version does not: refused by name, never read and ignored.

use crate::scenario::place::Place;

/// Keys and words of later versions, by the pattern of their place. The text says more than the name where it must.
const LATER: &[(&str, &str)] = &[("show", "")];

/// The pattern of a later version that a place falls under, with its own words if it has some.
pub(crate) fn find(place: &Place) -> Option<(&'static str, &'static str)> {
    LATER.iter().copied().find(|(pattern, _)| place.matches(pattern))
}

/// All of them, for `explain`.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    LATER.iter().copied()
}
