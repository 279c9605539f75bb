//! The book that a scenario is billed from: bundled or a file, with own prices over it.

use crate::billing::{PriceBook, Profile};
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::run::{Billing, Prices};
use crate::scenario::files::Files;
use crate::scenario::place::Place;
use crate::scenario::source::{Loader, Source};

/// The book of a draft; where it can't be had, the bundled one, so that everything else can still be checked.
pub(crate) fn book(
    draft: &Prices,
    files: &mut Files,
    loader: &dyn Loader,
    complaints: &mut Vec<Complaint>,
) -> PriceBook {
    let place = Place::of(&["prices"]);
    let mut book = match draft.book.as_deref() {
        None => PriceBook::us_east_1(),
        Some(name) => named(name, &place.then("book"), files, loader, complaints).unwrap_or_else(PriceBook::us_east_1),
    };
    for (item, price) in &draft.own {
        if let Err(told) = book.own(item, price) {
            complaints.push(unpriced(&told, place.then("own").then(item)));
        }
    }
    let billing = match draft.billing {
        None | Some(Billing::Current) => Profile::Current,
        Some(Billing::Before202508) => Profile::Before202508,
        Some(Billing::Lambda2020) => Profile::Lambda2020,
    };
    book.with_billing(billing).with_free(draft.free_tier.unwrap_or(false))
}

fn named(
    name: &str,
    place: &Place,
    files: &mut Files,
    loader: &dyn Loader,
    complaints: &mut Vec<Complaint>,
) -> Option<PriceBook> {
    if let Some(book) = PriceBook::bundled(name) {
        return Some(book);
    }
    if !name.contains(['.', '/']) {
        let what = format!("no price book `{name}` is bundled");
        let advice = did_you_mean(name, PriceBook::BUNDLED).unwrap_or_default();
        complaints.push(
            Complaint::error("E501", place.clone(), what)
                .advise(format!("{advice}; a book of your own is a file, such as \"prices.toml\"")),
        );
        return None;
    }
    let bytes = files.bytes(name, place, loader, complaints)?.to_vec();
    let Ok(text) = String::from_utf8(bytes) else {
        complaints.push(
            Complaint::error("E501", place.clone(), format!("{name} is not UTF-8 text"))
                .advise("a price book is TOML or JSON"),
        );
        return None;
    };
    let flaws = match PriceBook::read(name, &text) {
        Ok(book) => return Some(book),
        Err(flaws) => flaws,
    };
    let source = Source::new(name, text);
    for flaw in flaws {
        let line = flaw.span.map(|span| format!(", line {}", source.position(span.start).0)).unwrap_or_default();
        let at = if flaw.at.is_empty() { String::new() } else { format!("{} ", flaw.at) };
        complaints.push(
            Complaint::error("E501", place.clone(), format!("{name}{line}: {at}{}", flaw.what)).advise_if(flaw.advice),
        );
    }
    None
}

/// The ground and the book tell what is the matter and what would be right in one sentence, with a colon between.
fn unpriced(told: &str, place: Place) -> Complaint {
    match told.rsplit_once(": ") {
        Some((what, advice)) => Complaint::error("E501", place, what).advise(advice),
        None => Complaint::error("E501", place, told).advise(
            "an own price names the book's item and its unit, `\"ec2.m5.large\" = \"$0.0960/h\"`, or a service of \
                 its own: `\"service.partner\" = \"$2/thousand\"`",
        ),
    }
}
