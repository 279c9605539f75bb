//! How a number out of its range is told.

use std::fmt::Display;

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::quantities::{Number, Whole};
use crate::scenario::place::Place;

/// Complaints about numbers, as they are found.
#[derive(Default)]
pub(super) struct Ranges {
    pub(super) complaints: Vec<Complaint>,
}

impl Ranges {
    /// A count from `low` to `high`.
    pub(super) fn within(&mut self, what: &str, number: Option<Whole>, low: u64, high: u64, place: Place) {
        if let Some(Whole(number)) = number
            && !(low..=high).contains(&number)
        {
            let bound = if number < low { format!("at least {low}") } else { format!("at most {high}") };
            self.complaints.push(Complaint::error("E201", place, format!("{number} {what}")).advise(bound));
        }
    }

    /// A duration above zero.
    pub(super) fn positive(&mut self, what: &str, span: Option<Span>, place: Place) {
        if span == Some(Span::ZERO) {
            self.complaints.push(
                Complaint::error("E201", place, format!("{what} of no time")).advise("give a duration above zero"),
            );
        }
    }

    /// A duration that is not so short that what it parts would stop the clock.
    pub(super) fn at_least(&mut self, what: &str, span: Option<Span>, least: Span, place: Place) {
        if let Some(span) = span.filter(|span| *span < least) {
            let what = format!("{what} of {span}");
            self.complaints.push(Complaint::error("E201", place, what).advise(format!("at least {least}")));
        }
    }

    /// A duration, no longer than that.
    pub(super) fn no_longer(&mut self, what: &str, span: Option<Span>, most: Span, place: Place) {
        if let Some(span) = span.filter(|span| *span > most) {
            let what = format!("{what} of {span}");
            self.complaints.push(Complaint::error("E201", place, what).advise(format!("at most {most}")));
        }
    }

    /// A number above zero.
    pub(super) fn above_zero(&mut self, what: &str, number: Option<Number>, place: Place) {
        if let Some(Number(number)) = number
            && !(number > 0.0 && number <= 1e12)
        {
            self.complaints.push(
                Complaint::error("E201", place, format!("{what} of {number}")).advise("give a number above zero"),
            );
        }
    }

    /// A lower and an upper one, which are `wrong` where they are exchanged.
    pub(super) fn ordered(
        &mut self,
        low: Option<(&str, &dyn Display)>,
        high: Option<(&str, &dyn Display)>,
        wrong: bool,
        place: &Place,
    ) {
        if let (Some((low, low_value)), Some((high, high_value)), true) = (low, high, wrong) {
            let what = format!("`{low}` is {low_value}, above `{high}`, which is {high_value}");
            let complaint =
                Complaint::error("E202", place.then(low), what).and(place.then(high), format!("`{high}` stands here"));
            self.complaints.push(complaint.advise("exchange them, or raise the upper one"));
        }
    }

    /// A lower one that is at most the upper one.
    pub(super) fn at_most<T: PartialOrd + Display>(
        &mut self,
        low: (&str, Option<T>),
        high: (&str, Option<T>),
        place: &Place,
    ) {
        if let (Some(low_value), Some(high_value)) = (&low.1, &high.1) {
            let wrong = low_value > high_value;
            self.ordered(Some((low.0, low_value)), Some((high.0, high_value)), wrong, place);
        }
    }
}
