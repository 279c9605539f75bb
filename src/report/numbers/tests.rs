//! Both sides of every boundary at which a figure is written differently.

use super::*;
use Kind::{Duration, Money, Number, Rate, Share};

fn between(kind: Kind, value: f64, low: f64, high: f64) -> String {
    with_interval(kind, Some(value), Some(low), Some(high))
}

#[test]
fn a_duration_is_written_in_the_unit_that_reads_best() {
    let table = [
        (0.0, "0 s"),
        (1e-9, "1.00 ns"),
        (9.994e-7, "999 ns"),
        (9.996e-7, "1.00 µs"),
        (9.994e-4, "999 µs"),
        (9.996e-4, "1.00 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (9.994, "9.99 s"),
        (9.996, "10.0 s"),
        (99.94, "99.9 s"),
        (99.96, "100 s"),
        (599.4, "599 s"),
        (599.6, "9.99 min"),
        (7_169.0, "119 min"),
        (7_171.0, "1.99 h"),
        (7_200.0, "2.00 h"),
        (258_000.0, "71.7 h"),
        (259_200.0, "3.00 d"),
        (-0.0142, "−14.2 ms"),
    ];
    for (seconds, expected) in table {
        assert_eq!(value(Duration, Some(seconds)), expected, "{seconds}");
    }
}

#[test]
fn a_share_keeps_the_digits_of_what_is_rarer() {
    let table = [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.177, "17.7 %"),
        (0.003, "0.3 %"),
        (0.000_34, "0.034 %"),
        (0.999_66, "99.966 %"),
        (0.997, "99.7 %"),
        (0.5, "50 %"),
        (0.000_001, "0.0001 %"),
        (0.000_000_9, "<0.0001 %"),
        (1.25, "125 %"),
    ];
    for (share, expected) in table {
        assert_eq!(value(Share, Some(share)), expected, "{share}");
    }
}

#[test]
fn money_has_cents_from_a_dollar_and_none_from_a_hundred() {
    let table = [
        (0.0, "$0"),
        (0.0257, "$0.0257"),
        (0.999_4, "$0.999"),
        (0.999_6, "$1.00"),
        (12.344, "$12.34"),
        (12.346, "$12.35"),
        (99.994, "$99.99"),
        (99.996, "$100"),
        (1_234_567.4, "$1,234,567"),
        (-3.5, "−$3.50"),
    ];
    for (dollars, expected) in table {
        assert_eq!(value(Money, Some(dollars)), expected, "{dollars}");
    }
}

#[test]
fn a_rate_is_of_seconds_minutes_hours_or_days() {
    let table = [
        (0.0, "0/day"),
        (1.0, "1.00/s"),
        (0.9994, "0.999/s"),
        (0.999, "59.9/min"),
        (0.5, "30.0/min"),
        (1.0 / 60.0, "1.00/min"),
        (0.5 / 60.0, "30.0/h"),
        (1.0 / 86_400.0, "1.00/day"),
        (12_345.0, "12,300/s"),
    ];
    for (rate, expected) in table {
        assert_eq!(value(Rate, Some(rate)), expected, "{rate}");
    }
}

#[test]
fn an_interval_says_how_many_digits_a_value_has() {
    let table = [
        (Duration, 93.14, 90.2, 96.08, "93.1 s ± 2.9"),
        (Duration, 93.14, 93.02, 93.26, "93.14 s ± 0.12"),
        (Duration, 93.14, 62.1, 124.2, "93 s ± 31"),
        (Duration, 93.14, 90.16, 96.12, "93 s ± 3"),
        (Duration, 93.14, 90.19, 96.09, "93 s ± 3"),
        (Duration, 0.81, 0.78, 0.84, "810 ms ± 30"),
        (Share, 0.0213, 0.0192, 0.0234, "2.13 % ± 0.21"),
        (Share, 0.0, -0.001, 0.001, "0.00 % ± 0.10"),
        (Money, 841.2, 829.2, 853.2, "$841 ± 12"),
        (Money, 93.14, 90.2, 96.08, "$93 ± 3"),
        (Money, 12.345, 12.295, 12.395, "$12.35 ± 0.05"),
        (Number, 1_290.0, 1_040.0, 1_540.0, "1,290 ± 250"),
        (Number, 1_294.0, -9_000.0, 11_588.0, "1,000 ± 10,000"),
    ];
    for (kind, value, low, high, expected) in table {
        assert_eq!(between(kind, value, low, high), expected);
    }
}

#[test]
fn digits_end_somewhere_however_narrow_the_interval() {
    assert_eq!(between(Duration, 93.123_456, 93.123_455, 93.123_457), "93.123 s ± <0.001");
    assert_eq!(between(Number, 12_345.0, 12_344.9, 12_345.1), "12,345 ± <1");
}

#[test]
fn an_interval_is_written_out_where_its_halves_differ_by_more_than_a_twentieth() {
    assert_eq!(between(Duration, 93.1, 91.2, 96.0), "93.1 s [91.2, 96.0]");
    assert_eq!(between(Duration, 10.0, 9.0, 11.04), "10.0 s ± 1.0");
    assert_eq!(between(Duration, 10.0, 9.0, 11.06), "10.0 s [9.0, 11.1]");
    assert_eq!(between(Share, 0.01, -0.005, 0.02), "1.0 % [−0.5, 2.0]");
}

#[test]
fn what_was_not_measured_is_not_written_as_a_number() {
    assert_eq!(value(Duration, None), NOTHING);
    assert_eq!(value(Duration, Some(f64::NAN)), NOTHING);
    assert_eq!(value(Duration, Some(f64::INFINITY)), "∞");
    assert_eq!(value(Duration, Some(f64::NEG_INFINITY)), "−∞");
    assert_eq!(with_interval(Duration, Some(2.0), Some(1.0), Some(f64::INFINITY)), "2.00 s");
    assert_eq!(with_interval(Duration, Some(2.0), Some(2.0), Some(2.0)), "2.00 s");
}

#[test]
fn absurd_values_are_short_too() {
    for kind in [Duration, Share, Money, Rate, Number] {
        for extreme in [1e-300, 5e-324, 1e-12, 1e12, 1e15, 1e300, f64::MAX] {
            for sign in [1.0, -1.0] {
                let alone = value(kind, Some(sign * extreme));
                let wide =
                    between(kind, sign * extreme, sign * extreme - extreme / 3.0, sign * extreme + extreme / 3.0);
                for text in [&alone, &wide, &tick(kind, extreme)] {
                    assert!(text.chars().count() <= 36, "{text}");
                }
            }
        }
    }
}

#[test]
fn a_difference_has_its_sign_and_shares_differ_by_points() {
    let of = |value: f64, half: f64| Difference {
        of: String::new(),
        from: String::new(),
        to: String::new(),
        value: Some(value),
        low: Some(value - half),
        high: Some(value + half),
        unit: String::new(),
        confidence: 0.95,
        narrowed: None,
    };
    assert_eq!(difference(Duration, &of(41.0, 2.1)), "+41.0 s ± 2.1");
    assert_eq!(difference(Duration, &of(-14.2, 2.0)), "−14.2 s ± 2.0");
    assert_eq!(difference(Share, &of(-0.0213, 0.002)), "−2.13 pp ± 0.20");
    assert_eq!(difference(Money, &of(-388.0, 12.0)), "−$388 ± 12");
    assert_eq!(difference(Money, &of(388.0, 12.0)), "+$388 ± 12");
    assert_eq!(difference(Duration, &of(0.0, 0.0)), "0 s");
}

#[test]
fn zero_is_inside_or_outside() {
    assert_eq!(excludes_zero(Some(0.1), Some(0.2)), Some(true));
    assert_eq!(excludes_zero(Some(-0.2), Some(-0.1)), Some(true));
    assert_eq!(excludes_zero(Some(0.0), Some(0.2)), Some(false));
    assert_eq!(excludes_zero(Some(-0.2), Some(0.0)), Some(false));
    assert_eq!(excludes_zero(None, Some(0.2)), None);
}

#[test]
fn spans_are_written_as_people_say_them() {
    let table = [
        (28_800.0, "8 h"),
        (1_800.0, "30 min"),
        (9_000.0, "2 h 30 min"),
        (90.0, "1 min 30 s"),
        (59.0, "59.0 s"),
        (90.5, "90.5 s"),
        (172_800.0, "2 d"),
        (100_000.0, "27 h 46 min 40 s"),
        (f64::INFINITY, "∞"),
    ];
    for (seconds, expected) in table {
        assert_eq!(span(seconds), expected, "{seconds}");
    }
}

#[test]
fn thousands_stand_apart() {
    let table =
        [("0", "0"), ("999", "999"), ("1000", "1,000"), ("1234567.891", "1,234,567.891"), ("-81234", "−81,234")];
    for (decimal, expected) in table {
        assert_eq!(grouped(decimal), expected);
    }
    assert_eq!(grouped("1e9"), "1e9");
    assert_eq!(grouped(""), "");
}

#[test]
fn ticks_have_no_idle_zeros() {
    assert_eq!(tick(Duration, 0.1), "100 ms");
    assert_eq!(tick(Duration, 30.0), "30 s");
    assert_eq!(tick(Duration, 300.0), "5 min");
    assert_eq!(tick(Duration, 90.0), "90 s");
    assert_eq!(tick(Duration, 7_200.0), "2 h");
    assert_eq!(tick(Duration, 0.75), "750 ms");
    assert_eq!(tick(Share, 0.000_1), "0.01 %");
    assert_eq!(tick(Money, 1_250.0), "$1,250");
    assert_eq!(tick(Money, 25_000.0), "$25k");
    assert_eq!(tick(Number, 1_000_000.0), "1M");
    assert_eq!(tick(Number, 0.0), "0");
}

#[test]
fn a_name_says_whether_a_plain_number_is_a_share() {
    assert_eq!(Kind::of("lost.timed-out", "1"), Share);
    assert_eq!(Kind::of("cost.wasted", "1"), Share);
    assert_eq!(Kind::of("workers.ready", "1"), Number);
    assert_eq!(Kind::of("lost", "1/s"), Rate);
    assert_eq!(Kind::of("completion.p99.9", "s"), Duration);
}

/// A share that may be nothing, or everything, is told by its other end; a nearly even one by its longer side.
#[test]
fn rare_shares_are_short() {
    let of = |value: f64, low: f64, high: f64| {
        let (value, low, high) = (Some(value), Some(low), Some(high));
        figure(Kind::Share, &Figure { value, low, high, unit: "1".into() })
    };
    assert_eq!(of(0.000_05, 0.0, 0.000_13), "0.005 % [≤ 0.013]");
    assert_eq!(of(0.000_10, 0.000_03, 0.000_19), "0.010 % ± 0.009");
    assert_eq!(of(0.999_95, 0.999_87, 1.0), "99.995 % [≥ 99.987]");
    assert_eq!(of(0.0, 0.0, 0.003_7), "0 % [≤ 0.37]".replace("0 %", "0.00 %"));
}
