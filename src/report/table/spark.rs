//! A series in a line of text.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A series as so many block characters, the tallest for its peak; the peak of the values that share a character
/// counts, so that a short burst is not averaged away.
pub fn sparkline(values: &[f64], characters: usize) -> String {
    let characters = characters.min(values.len());
    let peak = values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    (0..characters)
        .map(|place| {
            let from = place * values.len() / characters;
            let to = (place + 1) * values.len() / characters;
            let high = values[from..to].iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
            let step = if peak > 0.0 { (high / peak * 7.0).round() as usize } else { 0 };
            BLOCKS[step.min(7)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_a_full_block_and_nothing_the_lowest() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 3.5, 7.0], 5), "▁▂▃▅█");
    }

    #[test]
    fn a_burst_of_one_cell_is_seen_among_many() {
        let mut quiet = vec![0.0; 1_000];
        quiet[503] = 9.0;
        assert_eq!(sparkline(&quiet, 10), "▁▁▁▁▁█▁▁▁▁");
    }

    #[test]
    fn fewer_values_than_characters_are_not_stretched() {
        assert_eq!(sparkline(&[1.0, 1.0], 10), "██");
        assert_eq!(sparkline(&[], 10), "");
        assert_eq!(sparkline(&[f64::NAN, 0.0, f64::INFINITY], 3), "▁▁▁");
    }
}
