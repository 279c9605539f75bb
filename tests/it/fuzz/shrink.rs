//! The least of a file that still shows what it showed.

use crate::fuzz::change::lines;

/// Tries at the most: a finding need not be the least of all to be read.
const TRIES: usize = 2_000;

/// As little of a file as can be found that still `shows` it.
pub fn shrunk(file: &[u8], shows: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let (mut file, mut tries) = (file.to_vec(), 0);
    let mut attempt = |smaller: &[u8]| {
        tries += 1;
        tries <= TRIES && shows(smaller)
    };
    // Lines first, many at once, then bytes.
    let mut many = lines(&file).len().next_power_of_two();
    while many > 0 {
        let mut at = 0;
        while at < lines(&file).len() {
            let places = lines(&file);
            let to = places[(at + many - 1).min(places.len() - 1)].1;
            let smaller = [&file[..places[at].0], &file[to..]].concat();
            if smaller.len() < file.len() && attempt(&smaller) {
                file = smaller;
            } else {
                at += many;
            }
        }
        many /= 2;
    }
    let mut many = file.len().next_power_of_two() / 2;
    while many > 0 {
        let mut at = 0;
        while at < file.len() {
            let smaller = [&file[..at], &file[(at + many).min(file.len())..]].concat();
            if attempt(&smaller) {
                file = smaller;
            } else {
                at += many;
            }
        }
        many /= 2;
    }
    file
}

#[test]
fn a_file_is_cut_down_to_what_matters() {
    let file = b"one\ntwo\nthree [bad] four\nfive\n".repeat(20);
    let shows = |file: &[u8]| file.windows(3).any(|three| three == b"bad");
    assert_eq!(shrunk(&file, shows), b"bad");
}
