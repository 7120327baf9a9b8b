//! The text that Prometheus reads, format 0.0.4.

use std::fmt::Write as _;

use super::number::{BOUNDS, Histogram};

/// What kind of number a family holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It grows.
    Counter,
    /// It rises and falls.
    Gauge,
    /// How long things took.
    Histogram,
}

/// Numbers of one name.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
}

/// The text so far.
pub(super) struct Text {
    text: String,
    family: Family,
}

impl Text {
    /// An empty one, about to tell of `family`.
    pub(super) fn new(family: Family) -> Self {
        let mut text = Self { text: String::with_capacity(16 * 1024), family };
        text.head();
        text
    }

    /// Goes on with another family.
    pub(super) fn family(&mut self, family: Family) {
        self.family = family;
        self.head();
    }

    fn head(&mut self) {
        let Family { name, kind, help, .. } = self.family;
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.push(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// One number, with a value for each label of the family.
    pub(super) fn sample(&mut self, values: &[&str], number: impl std::fmt::Display) {
        self.line("", values, None, number);
    }

    /// A histogram, with a value for each label of the family. One without observations is not told: most applications
    /// never answer in most ways.
    pub(super) fn histogram(&mut self, values: &[&str], histogram: &Histogram) {
        let cumulated = histogram.cumulated();
        let count = cumulated[BOUNDS.len()];
        if count == 0 {
            return;
        }
        for ((_, bound), number) in BOUNDS.iter().zip(cumulated) {
            self.line("_bucket", values, Some(bound), number);
        }
        self.line("_bucket", values, Some("+Inf"), count);
        self.line("_sum", values, None, histogram.sum().as_secs_f64());
        self.line("_count", values, None, count);
    }

    fn line(&mut self, suffix: &str, values: &[&str], bound: Option<&str>, number: impl std::fmt::Display) {
        debug_assert_eq!(values.len(), self.family.labels.len(), "{}", self.family.name);
        self.text.push_str(self.family.name);
        self.text.push_str(suffix);
        let labels = self.family.labels.iter().copied().zip(values.iter().copied());
        let mut separator = '{';
        for (label, value) in labels.chain(bound.map(|bound| ("le", bound))) {
            self.push(format_args!("{separator}{label}=\"{}\"", escaped(value)));
            separator = ',';
        }
        self.push(format_args!("{} {number}\n", if separator == ',' { "}" } else { "" }));
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _ = self.text.write_fmt(arguments);
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A label's value as it stands between quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_histogram_is_told_with_cumulated_buckets() {
        let family = Family { name: "t_seconds", kind: Kind::Histogram, labels: &["a"], help: "Help." };
        let histogram = Histogram::default();
        for millis in [0, 1, 2, 700, 60_000] {
            histogram.observe(Duration::from_millis(millis));
        }
        let mut text = Text::new(family);
        text.histogram(&["x"], &histogram);
        text.histogram(&["never"], &Histogram::default());
        let text = text.finish();
        let expected = [
            "# HELP t_seconds Help.\n# TYPE t_seconds histogram\n",
            "t_seconds_bucket{a=\"x\",le=\"0.0005\"} 1\n",
            "t_seconds_bucket{a=\"x\",le=\"0.001\"} 2\n",
            "t_seconds_bucket{a=\"x\",le=\"0.5\"} 3\n",
            "t_seconds_bucket{a=\"x\",le=\"1\"} 4\n",
            "t_seconds_bucket{a=\"x\",le=\"10\"} 4\n",
            "t_seconds_bucket{a=\"x\",le=\"+Inf\"} 5\n",
            "t_seconds_sum{a=\"x\"} 60.703\nt_seconds_count{a=\"x\"} 5\n",
        ];
        assert!(expected.iter().all(|line| text.contains(line)), "{text}");
        assert!(!text.contains("never"), "{text}");
    }

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        let family = Family { name: "t_total", kind: Kind::Counter, labels: &["a", "b"], help: "Help." };
        let mut text = Text::new(family);
        text.sample(&["\"} 9\nevil{x=\"\\", ""], 1);
        assert!(text.finish().ends_with("t_total{a=\"\\\"} 9\\nevil{x=\\\"\\\\\",b=\"\"} 1\n"));
    }
}
