//! Times of the clock and the calendar: five fields, as `cron` reads them.
//!
//! A run has no date. It begins on a Monday, the 1st of January, at 0:00, of a year of 365 days.

use std::ops::RangeInclusive;

use crate::ground::time::{SECOND, SimTime, Span};

/// More instants than anybody means in one run.
const INSTANTS_MAX: usize = 100_000;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const LENGTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The five fields, as sets of allowed values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Where both days are restricted, either suffices: so `cron` has always read it.
    either_day: bool,
}

impl Cron {
    /// Reads `minute hour day-of-month month day-of-week`.
    pub fn read(text: &str) -> Result<Cron, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(format!(
                "{text:?} has {} fields; five are needed: minute, hour, day of month, month, day of week",
                fields.len()
            ));
        };
        let mut weekdays = field(weekday, "day of week", 0..=7, &DAYS, 0)?;
        weekdays |= weekdays >> 7 & 1;
        Ok(Cron {
            minutes: field(minute, "minute", 0..=59, &[], 0)?,
            hours: field(hour, "hour", 0..=23, &[], 0)?,
            days: field(day, "day of month", 1..=31, &[], 0)?,
            months: field(month, "month", 1..=12, &MONTHS, 1)?,
            weekdays,
            either_day: !day.starts_with('*') && !weekday.starts_with('*') && *day != "?" && *weekday != "?",
        })
    }

    /// Reads the six fields of EventBridge: `minute hour day-of-month month day-of-week year`, where the days of the week
    /// count from 1, which is Sunday, and one of the two days is `?` (Amazon EventBridge user guide, *Cron expressions*).
    pub fn of_provider(text: &str) -> Result<Cron, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday, year] = fields.as_slice() else {
            return Err(format!(
                "{text:?} has {} fields; six are needed: minute, hour, day of month, month, day of week, year",
                fields.len()
            ));
        };
        if (*day == "?") == (*weekday == "?") {
            return Err(format!("of the two days, `{day}` and `{weekday}`, exactly one is `?`"));
        }
        if *year != "*" {
            return Err(format!("a run has no date, so that the year is `*` and not `{year}`"));
        }
        let named = |part: &str| DAYS.iter().any(|day| day.eq_ignore_ascii_case(part));
        let letters = |part: &str| part.contains(['L', 'W', '#']) && !named(part);
        let special = |field: &&&str| field.split([',', '-', '/']).any(letters);
        if let Some(field) = [day, weekday].into_iter().find(|field| special(field)) {
            return Err(format!("`{field}`: `L`, `W` and `#` are not simulated"));
        }
        let weekdays = field(weekday, "day of week", 1..=7, &DAYS, 1)? >> 1;
        Ok(Cron {
            minutes: field(minute, "minute", 0..=59, &[], 0)?,
            hours: field(hour, "hour", 0..=23, &[], 0)?,
            days: field(day, "day of month", 1..=31, &[], 0)?,
            months: field(month, "month", 1..=12, &MONTHS, 1)?,
            weekdays,
            either_day: false,
        })
    }

    /// Its instants from 0 up to and including `until`.
    pub fn instants(&self, until: Span) -> Result<Vec<SimTime>, String> {
        let mut found = Vec::new();
        let last_minute = until.nanos() / (60 * SECOND);
        for day in 0..=last_minute / 1_440 {
            if !self.is_day(day) {
                continue;
            }
            for minute in (0..1_440)
                .filter(|minute| self.minutes >> (minute % 60) & 1 == 1 && self.hours >> (minute / 60) & 1 == 1)
            {
                let minute = day * 1_440 + minute;
                if minute <= last_minute {
                    found.push(SimTime::from_nanos(minute * 60 * SECOND));
                }
            }
            if found.len() > INSTANTS_MAX {
                return Err(format!("that is more than {INSTANTS_MAX} times in one run"));
            }
        }
        Ok(found)
    }

    fn is_day(&self, day: u64) -> bool {
        let mut of_month = day % 365;
        let mut month = 0;
        while of_month >= LENGTHS[month] {
            of_month -= LENGTHS[month];
            month += 1;
        }
        let by_month_day = self.days >> (of_month + 1) & 1 == 1;
        let by_weekday = self.weekdays >> ((day + 1) % 7) & 1 == 1;
        let fits = if self.either_day { by_month_day || by_weekday } else { by_month_day && by_weekday };
        fits && self.months >> (month + 1) & 1 == 1
    }
}

fn field(text: &str, what: &str, range: RangeInclusive<u64>, names: &[&str], first_name: u64) -> Result<u64, String> {
    let value = |word: &str| -> Result<u64, String> {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(word)).map(|at| at as u64 + first_name);
        named
            .or_else(|| word.parse().ok())
            .filter(|value| range.contains(value))
            .ok_or_else(|| format!("`{word}` is no {what}; it goes from {} to {}", range.start(), range.end()))
    };
    let mut set = 0;
    for part in text.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => {
                (span, step.parse().ok().filter(|step| *step > 0).ok_or_else(|| format!("`{step}` is no step"))?)
            }
            None => (part, 1u64),
        };
        let (low, high) = match span.split_once('-') {
            _ if span == "*" || span == "?" => (*range.start(), *range.end()),
            Some((low, high)) => (value(low)?, value(high)?),
            None if part.contains('/') => (value(span)?, *range.end()),
            None => (value(span)?, value(span)?),
        };
        if low > high {
            return Err(format!("`{span}` runs backwards"));
        }
        let mut at = low;
        while at <= high {
            set |= 1 << at;
            at = at.saturating_add(step);
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(cron: &str, days: u64) -> Vec<u64> {
        let until = Span::from_secs(days * 86_400 - 1);
        Cron::read(cron).unwrap().instants(until).unwrap().iter().map(|at| at.nanos() / (3_600 * SECOND)).collect()
    }

    #[test]
    fn a_run_begins_on_a_monday_the_first_of_january() {
        assert_eq!(hours("0 8 * * *", 2), [8, 32]);
        assert_eq!(hours("0 8 * * mon-fri", 8), [8, 32, 56, 80, 104, 176]);
        assert_eq!(hours("0 0 1 2 *", 60), [31 * 24]);
        assert_eq!(hours("0 */6 * * 7", 7), [144, 150, 156, 162]);
        // The 3rd, or a Monday.
        assert_eq!(hours("0 0 3 * 1", 7), [0, 48]);
    }

    /// Amazon EventBridge user guide, *Cron expressions*: `0 10 * * ? *` is 10:00 each day, `15 12 * * ? *` a quarter past
    /// noon, `0 18 ? * MON-FRI *` 18:00 from Monday to Friday, `0 8 1 * ? *` 8:00 on the first of each month; 1 is Sunday.
    #[test]
    fn the_providers_six_fields_are_read() {
        let hours = |cron: &str, days: u64| -> Vec<u64> {
            let until = Span::from_secs(days * 86_400 - 1);
            let times = Cron::of_provider(cron).unwrap().instants(until).unwrap();
            times.iter().map(|at| at.nanos() / (3_600 * SECOND)).collect()
        };
        assert_eq!(hours("0 10 * * ? *", 2), [10, 34]);
        assert_eq!(hours("0 18 ? * MON-FRI *", 8), [18, 42, 66, 90, 114, 186]);
        assert_eq!(hours("0 8 1 * ? *", 40), [8, 31 * 24 + 8]);
        assert_eq!(hours("0 0 ? * 2 *", 8), [0, 168]);
        assert_eq!(hours("0 0 ? * 1,WED *", 7), [48, 144]);
        for wrong in
            ["0 3 * * *", "0 3 * * * *", "0 3 ? * ? *", "0 3 L * ? *", "0 3 ? * 0 *", "0 3 ? * 2#1 *", "0 3 * * ? 2030"]
        {
            assert!(Cron::of_provider(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "a * * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "* * 0 * *",
            "* * * foo *",
        ] {
            assert!(Cron::read(wrong).is_err(), "{wrong}");
        }
    }
}
