//! Money and prices: `$900`, `$0.0416`; `$0.0960/h`, `$0.40/million`.

use super::decimal::{Kind, Product};
use crate::ground::money::{DOLLAR, Money};

const MONEY: Kind = Kind { name: "an amount of money", example: "$900" };
const PRICE: Kind = Kind { name: "a price", example: "$0.0960/h" };

/// A price for one of some unit, exact to the picodollar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPrice {
    /// What one unit costs.
    pub picodollars: u64,
    /// The unit's word as it was written: `h`, `million`, `GB`.
    pub unit: String,
}

/// An amount of dollars: `$900`, `$0.0416`.
pub fn money(text: &str) -> Result<Money, String> {
    let (picodollars, after) = dollars(MONEY, text)?;
    match after {
        "" => Ok(Money::from_picodollars(i128::from(picodollars))),
        _ => Err(MONEY.refuse(text, &format!("nothing may follow the number, and there is `{after}`"))),
    }
}

/// A price for one of some unit: `$0.0960/h`. Whether the unit is the right one is for whoever knows the book.
pub fn price(text: &str) -> Result<UnitPrice, String> {
    let (picodollars, after) = dollars(PRICE, text)?;
    let unit = match after.strip_prefix('/') {
        Some(unit) => unit,
        None if after.is_empty() => {
            return Err(PRICE.refuse(text, &format!("say for what, like `{text}/h` or `{text}/million`")));
        }
        None => return Err(PRICE.refuse(text, "write it like `$0.0960/h`")),
    };
    let is_word = unit.starts_with(|c: char| c.is_ascii_alphabetic())
        && unit.chars().all(|c| c.is_ascii_alphanumeric() || "-/".contains(c));
    if !is_word {
        return Err(PRICE.refuse(text, "a unit stands behind the `/`, like `$0.0960/h`"));
    }
    Ok(UnitPrice { picodollars, unit: unit.into() })
}

/// The picodollars at the beginning of a text, and what follows.
fn dollars(kind: Kind, text: &str) -> Result<(u64, &str), String> {
    kind.look_over(text)?;
    let Some(rest) = text.strip_prefix('$') else {
        let why = if text.starts_with(|c: char| c.is_ascii_digit()) {
            format!("dollars begin with their sign, `${}`", text.trim_end_matches('$'))
        } else {
            format!("write it in dollars, like `{}`", kind.example)
        };
        return Err(kind.refuse(text, &why));
    };
    let (number, after) = kind.number(text, rest)?;
    match number.times(DOLLAR as u64) {
        Product::Whole(picodollars) => match u64::try_from(picodollars) {
            Ok(picodollars) => Ok((picodollars, after)),
            Err(_) => Err(too_much(text)),
        },
        Product::NotWhole => Err(kind.refuse(text, "nothing is finer than a picodollar, 12 places after the point")),
        Product::TooLarge => Err(too_much(text)),
    }
}

fn too_much(text: &str) -> String {
    format!("`{text}` is too much: at most 18 million dollars can be said")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_to_the_picodollar() {
        for (text, shown) in [
            ("$900", "900"),
            ("$0.0416", "0.0416"),
            ("$0", "0"),
            ("$0.000000000001", "0.000000000001"),
            ("$1.50", "1.5"),
        ] {
            assert_eq!(money(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn prices_name_their_unit() {
        for (text, picodollars, unit) in [
            ("$0.0960/h", 96_000_000_000, "h"),
            ("$0.40/million", 400_000_000_000, "million"),
            ("$0.0000166667/GB-s", 16_666_700, "GB-s"),
            ("$0/h", 0, "h"),
        ] {
            assert_eq!(price(text), Ok(UnitPrice { picodollars, unit: unit.into() }), "{text}");
        }
    }

    #[test]
    fn what_is_no_money_is_answered() {
        for (text, answer) in [
            ("900", "`900` is not an amount of money: dollars begin with their sign, `$900`"),
            ("900$", "`900$` is not an amount of money: dollars begin with their sign, `$900`"),
            ("€900", "`€900` is not an amount of money: write it in dollars, like `$900`"),
            ("$-9", "`$-9` is not an amount of money: it can't be negative"),
            ("-$9", "`-$9` is not an amount of money: it can't be negative"),
            (
                "$1,000",
                "`$1,000` is not an amount of money: write a number with digits and at most one point, like `1234.5`",
            ),
            ("$9/h", "`$9/h` is not an amount of money: nothing may follow the number, and there is `/h`"),
            ("$", "`$` is not an amount of money: a number is missing; write it like `$900`"),
            (
                "$0.0000000000001",
                "`$0.0000000000001` is not an amount of money: nothing is finer than a picodollar, \
                 12 places after the point",
            ),
            ("$20000000", "`$20000000` is too much: at most 18 million dollars can be said"),
        ] {
            assert_eq!(money(text).unwrap_err(), answer, "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_answered() {
        for (text, answer) in [
            ("$0.096", "`$0.096` is not a price: say for what, like `$0.096/h` or `$0.096/million`"),
            ("0.096/h", "`0.096/h` is not a price: dollars begin with their sign, `$0.096/h`"),
            ("$0.096/", "`$0.096/` is not a price: a unit stands behind the `/`, like `$0.0960/h`"),
            ("$0.096 /h", "`$0.096 /h` is not a price: write it without spaces, `$0.096/h`"),
            ("$0.096h", "`$0.096h` is not a price: write it like `$0.0960/h`"),
            ("$-1/h", "`$-1/h` is not a price: it can't be negative"),
        ] {
            assert_eq!(price(text).unwrap_err(), answer, "{text}");
        }
    }
}
