//! Where the words of a line can stand so that they hide nothing that was measured.

/// A part of the picture: across in shares of its width, down in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// A straight piece of a line; a point where both ends are one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
}

/// What words may not cover.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    pub(super) strokes: Vec<Stroke>,
    pub(super) areas: Vec<Area>,
}

/// A horizontal line that wants to say what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) y: f64,
}

/// Where the words stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f64,
    /// the words' base line
    pub(super) y: f64,
    /// `x` is where they end
    pub(super) is_end: bool,
    pub(super) area: Area,
}

/// The narrowest plot, a telephone's, in pixels: what is free there is free in every wider one.
const NARROWEST: f64 = 250.0;
/// A letter's width at the size of labels, rather too much than too little.
const LETTER: f64 = 6.0;
/// Space that a dot needs beside the words.
const BESIDE: f64 = 4.0;
/// The picture's edges for words: below the bars of episodes, above the dates.
const EDGES: (f64, f64) = (8.0, 154.0);
/// Places that are tried from left to right.
const STEPS: i32 = 25;

/// How much of the width a text takes.
pub(super) fn width(text: &str) -> f64 {
    let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    ((f64::from(letters) * LETTER + 2.0 * BESIDE) / NARROWEST).min(1.0)
}

impl Area {
    fn meets(&self, other: &Area) -> bool {
        let across = self.left < other.right && other.left < self.right;
        across && self.top < other.bottom && other.top < self.bottom
    }

    fn is_crossed(&self, stroke: &Stroke) -> bool {
        let (a, b) = if stroke.from.0 <= stroke.to.0 { (stroke.from, stroke.to) } else { (stroke.to, stroke.from) };
        let (left, right) = (a.0.max(self.left), b.0.min(self.right));
        if left > right {
            return false;
        }
        let rise = if b.0 > a.0 { (b.1 - a.1) / (b.0 - a.0) } else { 0.0 };
        let at = |x: f64| a.1 + (x - a.0) * rise;
        let upright = b.0 <= a.0;
        let (one, other) = if upright { (a.1, b.1) } else { (at(left), at(right)) };
        one.min(other) < self.bottom && one.max(other) > self.top
    }
}

impl Taken {
    fn leaves(&self, area: &Area) -> bool {
        !self.strokes.iter().any(|s| area.is_crossed(s)) && !self.areas.iter().any(|a| area.meets(a))
    }
}

/// The free place for `text` that is nearest to where its line begins; above the line before below it.
pub(super) fn spot(text: &str, line: Line, taken: &Taken) -> Option<Spot> {
    let width = width(text);
    let last = 1.0 - width;
    let wanted = line.from.clamp(0.0, last);
    let steps = (0..=STEPS).map(|step| last * f64::from(step) / f64::from(STEPS));
    // It touches its line.
    let starts = std::iter::once(wanted).chain(steps).filter(|s| *s <= line.to && s + width >= line.from);
    let spots = starts.flat_map(|start| [(start, true), (start, false)]);
    let cost = |(start, above): &(f64, bool)| (start - wanted).abs() + if *above { 0.0 } else { 0.15 };
    let mut spots: Vec<(f64, bool)> = spots.collect();
    spots.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    spots.into_iter().map(|(start, above)| stand(start, width, above, line)).find(|spot| {
        let Area { top, bottom, .. } = spot.area;
        top >= EDGES.0 && bottom <= EDGES.1 && taken.leaves(&spot.area)
    })
}

fn stand(start: f64, width: f64, above: bool, line: Line) -> Spot {
    let (top, bottom) = if above { (line.y - 17.0, line.y + 1.0) } else { (line.y - 1.0, line.y + 16.0) };
    let is_end = start < line.from;
    Spot {
        x: if is_end { start + width } else { start },
        y: if above { line.y - 4.0 } else { line.y + 12.0 },
        is_end,
        area: Area { left: start, right: start + width, top, bottom },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "2.27 kg above";
    const LINE: Line = Line { from: 0.0, to: 1.0, y: 80.0 };

    fn dot(x: f64, y: f64) -> Stroke {
        Stroke { from: (x, y), to: (x, y) }
    }

    fn found(strokes: Vec<Stroke>, line: Line) -> Option<Spot> {
        spot(WORDS, line, &Taken { strokes, areas: Vec::new() })
    }

    #[test]
    fn words_stand_over_the_beginning_of_their_line_where_that_is_free() {
        let spot = found(vec![dot(0.1, 120.0)], LINE).unwrap();
        assert_eq!((spot.x, spot.y, spot.is_end), (0.0, 76.0, false));
    }

    #[test]
    fn words_make_way_for_points_and_for_what_joins_them() {
        let spot = found(vec![dot(0.1, 70.0)], LINE).unwrap();
        assert!(spot.area.left > 0.1 || spot.y > 80.0, "{spot:?}");
        let rising = Stroke { from: (0.0, 140.0), to: (1.0, 20.0) };
        let spot = found(vec![rising], LINE).unwrap();
        assert!(!spot.area.is_crossed(&rising));
        let fence: Vec<Stroke> = (0..12).map(|i| dot(f64::from(i) / 11.0, 70.0)).collect();
        assert_eq!(found(fence, LINE).map(|s| s.y), Some(92.0), "the other side of the line is free");
    }

    #[test]
    fn where_nothing_is_free_there_is_no_place() {
        let fence = |y: f64| (0..12).map(move |i| dot(f64::from(i) / 11.0, y));
        assert_eq!(found(fence(70.0).chain(fence(90.0)).collect(), LINE), None);
    }

    #[test]
    fn words_stay_in_the_picture_and_end_at_the_edge_where_their_line_is_short() {
        let spot = found(Vec::new(), Line { from: 0.9, ..LINE }).unwrap();
        assert!(spot.is_end && (spot.x - 1.0).abs() < 1e-9, "{spot:?}");
        let spot = found(Vec::new(), Line { y: 18.0, ..LINE }).unwrap();
        assert!(spot.y > 18.0, "there is no room above: {spot:?}");
    }

    #[test]
    fn words_do_not_cover_each_other() {
        let first = found(Vec::new(), LINE).unwrap();
        let taken = Taken { strokes: Vec::new(), areas: vec![first.area] };
        let second = spot(WORDS, Line { y: 75.0, ..LINE }, &taken).unwrap();
        assert!(!second.area.meets(&first.area));
    }
}
