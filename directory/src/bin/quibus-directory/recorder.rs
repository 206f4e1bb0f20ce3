//! Keeps what the bus counts, for whoever asks.
//!
//! The exporter of the `metrics` project brings 17 crates, sketches and a sweep of idle metrics;
//! a server with a few dozen series needs a map of atomics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{Counter, Gauge, Key, KeyName, Metadata, Recorder as Record, SharedString, Unit};

use crate::exposition::{Exposition, Kind, fit};
use crate::histogram::{ENDS, Histogram};

/// Most series that are kept. Beyond it new ones are counted and not kept: labels are not meant to
/// be without bounds, and a mistake about that must not eat the memory.
const MAX_SERIES: usize = 4096;

/// Keeps what the bus counts.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    series: BTreeMap<Series, Cell>,
    help: BTreeMap<String, String>,
    refused: u64,
}

/// A metric with its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    name: String,
    labels: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
enum Cell {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Histogram>),
}

impl Recorder {
    /// Makes a recorder that everything in this process reports to. Where there is one already,
    /// the new one stays empty.
    pub(crate) fn install() -> Arc<Self> {
        let recorder = Arc::new(Self::default());
        if metrics::set_global_recorder(recorder.clone()).is_err() {
            tracing::warn!(
                "somebody else records metrics; /metrics shows the directory's own only"
            );
        }
        recorder
    }

    /// Everything that was reported so far.
    pub(crate) fn render(&self, text: &mut Exposition) {
        let kept = self.kept();
        let mut last = "";
        for (series, cell) in &kept.series {
            if series.name != last {
                let help = kept.help.get(&series.name).map_or("", String::as_str);
                text.family(&series.name, cell.kind(), help);
                last = &series.name;
            }
            cell.render(series, text);
        }
        let name = "quibus_metrics_refused_total";
        text.family(name, Kind::Counter, "Series beyond the most that are kept.");
        text.sample::<&str, &str>(name, &[], kept.refused);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, name: &KeyName, help: &SharedString) {
        let mut kept = self.kept();
        if kept.help.len() < MAX_SERIES {
            kept.help.insert(fit(name.as_str()), help.to_string());
        }
    }

    /// The cell of a series, made by `new` if there is none yet.
    fn cell(&self, key: &Key, new: fn() -> Cell) -> Option<Cell> {
        let label = |label: &metrics::Label| (label.key().to_owned(), label.value().to_owned());
        let mut labels: Vec<_> = key.labels().map(label).collect();
        labels.sort();
        let series = Series {
            name: fit(key.name()),
            labels,
        };
        let mut kept = self.kept();
        if !kept.series.contains_key(&series) && kept.series.len() >= MAX_SERIES {
            kept.refused += 1;
            return None;
        }
        Some(kept.series.entry(series).or_insert_with(new).clone())
    }
}

impl Record for Recorder {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.cell(key, || Cell::Counter(Arc::default())) {
            Some(Cell::Counter(count)) => Counter::from_arc(count),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.cell(key, || Cell::Gauge(Arc::default())) {
            Some(Cell::Gauge(value)) => Gauge::from_arc(value),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        match self.cell(key, || Cell::Histogram(Arc::default())) {
            Some(Cell::Histogram(histogram)) => metrics::Histogram::from_arc(histogram),
            _ => metrics::Histogram::noop(),
        }
    }
}

impl Cell {
    fn kind(&self) -> Kind {
        match self {
            Self::Counter(_) => Kind::Counter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Histogram(_) => Kind::Histogram,
        }
    }

    fn render(&self, series: &Series, text: &mut Exposition) {
        let Series { name, labels } = series;
        match self {
            Self::Counter(count) => text.sample(name, labels, count.load(Ordering::Relaxed)),
            Self::Gauge(bits) => {
                text.sample(name, labels, f64::from_bits(bits.load(Ordering::Relaxed)));
            }
            Self::Histogram(histogram) => {
                let counts = histogram.cumulative();
                let ends = ENDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
                for (count, end) in counts.into_iter().zip(ends) {
                    let mut labels = labels.clone();
                    labels.push(("le".into(), end));
                    text.sample(&format!("{name}_bucket"), &labels, count);
                }
                text.sample(&format!("{name}_sum"), labels, histogram.sum());
                let all = counts[ENDS.len()];
                text.sample(&format!("{name}_count"), labels, all);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(recorder: &Recorder) -> String {
        let mut text = Exposition::default();
        recorder.render(&mut text);
        text.into_text()
    }

    #[test]
    fn what_is_reported_is_rendered_by_metric_with_its_help() {
        let recorder = Recorder::default();
        metrics::with_local_recorder(&recorder, || {
            metrics::describe_gauge!("quibus.queue", "Messages that wait.");
            metrics::gauge!("quibus.queue", "queue" => "audit").set(2.5);
            metrics::gauge!("quibus.queue", "queue" => "main").set(1.0);
            metrics::counter!("quibus_sent_total").increment(3);
            metrics::counter!("quibus_sent_total").increment(4);
        });
        insta::assert_snapshot!(rendered(&recorder), @r#"
        # HELP quibus_queue Messages that wait.
        # TYPE quibus_queue gauge
        quibus_queue{queue="audit"} 2.5
        quibus_queue{queue="main"} 1
        # HELP quibus_sent_total 
        # TYPE quibus_sent_total counter
        quibus_sent_total 7
        # HELP quibus_metrics_refused_total Series beyond the most that are kept.
        # TYPE quibus_metrics_refused_total counter
        quibus_metrics_refused_total 0
        "#);
    }

    #[test]
    fn a_histogram_ends_with_all_of_its_values() {
        let recorder = Recorder::default();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("wait").record(0.2);
            metrics::histogram!("wait").record(100.0);
        });
        let text = rendered(&recorder);
        for line in [
            "wait_bucket{le=\"0.1\"} 0",
            "wait_bucket{le=\"0.25\"} 1",
            "wait_bucket{le=\"60\"} 1",
            "wait_bucket{le=\"+Inf\"} 2",
            "wait_sum 100.2",
            "wait_count 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn series_without_bounds_are_refused_and_counted() {
        let recorder = Recorder::default();
        metrics::with_local_recorder(&recorder, || {
            for peer in 0..MAX_SERIES + 5 {
                metrics::gauge!("peer", "id" => peer.to_string()).set(1.0);
            }
        });
        let text = rendered(&recorder);
        assert!(text.ends_with("quibus_metrics_refused_total 5\n"));
        let kept = text.lines().filter(|line| line.starts_with("peer{"));
        assert_eq!(kept.count(), MAX_SERIES);
    }
}
