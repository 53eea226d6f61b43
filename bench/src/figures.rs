//! Many measurements in three figures.

use std::fmt;

/// The median of measurements, with the least and the most.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    sorted: Vec<f64>,
    unit: &'static str,
}

impl Figures {
    pub(crate) fn new(mut values: Vec<f64>, unit: &'static str) -> Self {
        assert!(!values.is_empty(), "nothing was measured");
        values.sort_by(f64::total_cmp);
        Self {
            sorted: values,
            unit,
        }
    }

    pub(crate) fn median(&self) -> f64 {
        self.sorted[self.sorted.len() / 2]
    }

    pub(crate) fn min(&self) -> f64 {
        self.sorted[0]
    }

    pub(crate) fn max(&self) -> f64 {
        self.sorted[self.sorted.len() - 1]
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} ({} to {})",
            short(self.median()),
            self.unit,
            short(self.min()),
            short(self.max())
        )
    }
}

/// Three digits that count.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
