//! Lines with gaps, cut here: SVG could do it, but the drawing library does not ask it to.

/// The dashes of a line through points: each again a line through points.
pub fn dashes(points: &[(f64, f64)], dash: f64, gap: f64) -> Vec<Vec<(f64, f64)>> {
    let mut dashes = Vec::new();
    let Some(first) = points.first() else { return dashes };
    let (mut current, mut solid, mut left) = (vec![*first], true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = (dx * dx + dy * dy).sqrt();
            if length < left {
                left -= length;
                break;
            }
            let part = left / length;
            from = (from.0 + dx * part, from.1 + dy * part);
            if solid {
                current.push(from);
                dashes.push(std::mem::take(&mut current));
            } else {
                current = vec![from];
            }
            solid = !solid;
            left = if solid { dash } else { gap };
        }
        if solid {
            current.push(to);
        }
    }
    if solid && current.len() > 1 {
        dashes.push(current);
    }
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_around_corners() {
        let corner = [(0.0, 0.0), (5.0, 0.0), (5.0, 5.0)];
        let expected =
            vec![vec![(0.0, 0.0), (3.0, 0.0)], vec![(4.0, 0.0), (5.0, 0.0), (5.0, 2.0)], vec![(5.0, 3.0), (5.0, 5.0)]];
        assert_eq!(dashes(&corner, 3.0, 1.0), expected);
    }

    #[test]
    fn no_line_has_no_dashes() {
        assert!(dashes(&[], 3.0, 1.0).is_empty());
        assert!(dashes(&[(1.0, 1.0)], 3.0, 1.0).is_empty());
        assert!(dashes(&[(1.0, 1.0), (1.0, 1.0)], 3.0, 1.0).len() <= 1);
    }
}
