//! What the demo found.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use indicatif::HumanCount;
use serde::Serialize;

use super::delivery::Delivery;
use super::peer_line::PeerLine;
use super::summary_line::SummaryLine;
use crate::human_table::HumanTable;
use crate::output_form::OutputForm;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// What the demo found. As JSON its shape is stable: fields are added, never changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoReport {
    /// What the links ran over.
    pub transport: String,
    /// How many measurements the stations published.
    pub measurements: u64,
    /// From the first event published to the last one delivered, in seconds.
    pub seconds: f64,
    /// What each peer sent and received.
    pub peers: Vec<PeerLine>,
    /// What each subscriber was owed, against what arrived.
    pub deliveries: Vec<Delivery>,
    /// What the archive answered.
    pub summaries: Vec<SummaryLine>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Printed<'r> {
    kind: &'static str,
    api_version: &'static str,
    holds: bool,
    #[serde(flatten)]
    report: &'r DemoReport,
}

impl DemoReport {
    /// Whether every measurement arrived exactly once wherever it was bound to and nowhere else,
    /// and the archive answered right.
    pub fn holds(&self) -> bool {
        let delivered = !self.deliveries.is_empty() && self.deliveries.iter().all(Delivery::holds);
        delivered && !self.summaries.is_empty() && self.summaries.iter().all(|line| line.correct)
    }

    /// The text for stdout, with colours that the stream takes out where they are not wanted.
    pub fn render(&self, form: OutputForm) -> String {
        match form {
            OutputForm::Text => {
                let tables = [
                    self.summary_table(),
                    self.peer_table(),
                    self.delivery_table(),
                ];
                format!("{}\n{}", tables.join("\n"), self.verdict())
            }
            OutputForm::Json => {
                let printed = Printed {
                    kind: "DemoReport",
                    api_version: "quibus/v1",
                    holds: self.holds(),
                    report: self,
                };
                // Strings, numbers and lists: nothing in a report can fail to be written.
                let json = serde_json::to_string_pretty(&printed).unwrap_or_default();
                format!("{json}\n")
            }
        }
    }

    fn summary_table(&self) -> String {
        let mut table = HumanTable::new(
            &["STATION"],
            &["MONTH", "HOURS", "MEAN °C", "MIN °C", "MAX °C"],
        );
        for line in &self.summaries {
            let degrees = |figure: Option<f64>| match figure {
                Some(celsius) => format!("{celsius:.1}"),
                None => "-".into(),
            };
            table.row([
                line.station.clone(),
                line.month.to_string(),
                line.count.map_or("-".into(), |count| count.to_string()),
                degrees(line.mean),
                degrees(line.min),
                degrees(line.max),
            ]);
        }
        table.render()
    }

    fn peer_table(&self) -> String {
        let mut table = HumanTable::new(&["PEER", "ROLE"], &["SENT", "RECEIVED", "PER SECOND"]);
        for line in &self.peers {
            let [sent, received, rate] = [line.sent, line.received, line.per_second].map(count);
            table.row([line.peer.clone(), line.role.clone(), sent, received, rate]);
        }
        table.render()
    }

    fn delivery_table(&self) -> String {
        let mut table = HumanTable::new(
            &["SUBSCRIBER", "BOUND TO"],
            &[
                "OWED",
                "ARRIVED",
                "MISSING",
                "DOUBLED",
                "MISROUTED",
                "DISORDERED",
                "ALTERED",
            ],
        );
        for d in &self.deliveries {
            let [owed, arrived] = [d.expected, d.received].map(count);
            let [missing, doubled, misrouted] = [d.missing, d.doubled, d.misrouted].map(count);
            let [disordered, altered] = [d.out_of_order, d.altered].map(count);
            let [peer, binding] = [d.peer.clone(), d.binding.clone()];
            table.row([
                peer, binding, owed, arrived, missing, doubled, misrouted, disordered, altered,
            ]);
        }
        table.render()
    }

    fn verdict(&self) -> String {
        if self.holds() {
            let measurements = count(self.measurements);
            let deliveries = count(self.deliveries.iter().map(|d| d.received).sum());
            return format!(
                "{GOOD}ok{GOOD:#} {measurements} measurements, {deliveries} deliveries in {:.2} s: \
                 each exactly once wherever it was bound to, and nowhere else\n",
                self.seconds,
            );
        }
        let mut text = format!("{BAD}FAILED{BAD:#}\n");
        for d in self.deliveries.iter().filter(|d| !d.holds()) {
            let examples = d.examples.join(", ");
            let _ = writeln!(
                text,
                "  {}: {} faults, first: {examples}",
                d.peer,
                d.faults()
            );
        }
        for line in self.summaries.iter().filter(|line| !line.correct) {
            let _ = writeln!(
                text,
                "  wrong summary of {} month {}",
                line.station, line.month
            );
        }
        text
    }
}

fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anstream::adapter::strip_str;

    use super::*;

    fn report() -> DemoReport {
        let delivery = |peer: &str, binding: &str, count| Delivery {
            peer: peer.into(),
            binding: binding.into(),
            expected: count,
            received: count,
            missing: 0,
            doubled: 0,
            misrouted: 0,
            out_of_order: 0,
            altered: 0,
            examples: Vec::new(),
        };
        let second = Duration::from_secs(1);
        DemoReport {
            transport: "quic".into(),
            measurements: 8_759,
            seconds: 1.25,
            peers: vec![
                PeerLine::new("Seattle.0", "station", 8_759, 0, second),
                PeerLine::new("Watcher.0", "wants everything", 0, 8_759, second),
            ],
            deliveries: vec![
                delivery("Watcher.0", "#", 8_759),
                delivery("Watcher.1", "Seattle.7", 744),
            ],
            summaries: vec![SummaryLine {
                station: "Seattle".into(),
                month: 7,
                count: Some(744),
                mean: Some(18.25),
                min: Some(13.0),
                max: Some(24.4),
                correct: true,
            }],
        }
    }

    fn failed() -> DemoReport {
        let mut report = report();
        report.deliveries[1].missing = 1;
        report.deliveries[1].doubled = 1;
        report.deliveries[1].examples =
            vec!["Seattle 4711 missing".into(), "Seattle 4712 doubled".into()];
        report.summaries[0] = SummaryLine {
            count: None,
            mean: None,
            min: None,
            max: None,
            correct: false,
            ..report.summaries[0].clone()
        };
        report
    }

    fn text(report: &DemoReport) -> String {
        strip_str(&report.render(OutputForm::Text)).to_string()
    }

    #[test]
    fn people_read_summaries_traffic_and_a_verdict() {
        insta::assert_snapshot!(text(&report()), @r"
        STATION  MONTH  HOURS  MEAN °C  MIN °C  MAX °C
        Seattle      7    744     18.2    13.0    24.4

        PEER       ROLE               SENT  RECEIVED  PER SECOND
        Seattle.0  station           8,759         0       8,759
        Watcher.0  wants everything      0     8,759       8,759

        SUBSCRIBER  BOUND TO    OWED  ARRIVED  MISSING  DOUBLED  MISROUTED  DISORDERED  ALTERED
        Watcher.0   #          8,759    8,759        0        0          0           0        0
        Watcher.1   Seattle.7    744      744        0        0          0           0        0

        ok 8,759 measurements, 9,503 deliveries in 1.25 s: each exactly once wherever it was bound to, and nowhere else
        ");
    }

    #[test]
    fn people_read_what_failed_and_where_to_begin() {
        insta::assert_snapshot!(text(&failed()), @r"
        STATION  MONTH  HOURS  MEAN °C  MIN °C  MAX °C
        Seattle      7      -        -       -       -

        PEER       ROLE               SENT  RECEIVED  PER SECOND
        Seattle.0  station           8,759         0       8,759
        Watcher.0  wants everything      0     8,759       8,759

        SUBSCRIBER  BOUND TO    OWED  ARRIVED  MISSING  DOUBLED  MISROUTED  DISORDERED  ALTERED
        Watcher.0   #          8,759    8,759        0        0          0           0        0
        Watcher.1   Seattle.7    744      744        1        1          0           0        0

        FAILED
          Watcher.1: 2 faults, first: Seattle 4711 missing, Seattle 4712 doubled
          wrong summary of Seattle month 7
        ");
    }

    #[test]
    fn scripts_read_a_stable_shape() {
        insta::assert_snapshot!(report().render(OutputForm::Json), @r##"
        {
          "kind": "DemoReport",
          "apiVersion": "quibus/v1",
          "holds": true,
          "transport": "quic",
          "measurements": 8759,
          "seconds": 1.25,
          "peers": [
            {
              "peer": "Seattle.0",
              "role": "station",
              "sent": 8759,
              "received": 0,
              "perSecond": 8759
            },
            {
              "peer": "Watcher.0",
              "role": "wants everything",
              "sent": 0,
              "received": 8759,
              "perSecond": 8759
            }
          ],
          "deliveries": [
            {
              "peer": "Watcher.0",
              "binding": "#",
              "expected": 8759,
              "received": 8759,
              "missing": 0,
              "doubled": 0,
              "misrouted": 0,
              "outOfOrder": 0,
              "altered": 0,
              "examples": []
            },
            {
              "peer": "Watcher.1",
              "binding": "Seattle.7",
              "expected": 744,
              "received": 744,
              "missing": 0,
              "doubled": 0,
              "misrouted": 0,
              "outOfOrder": 0,
              "altered": 0,
              "examples": []
            }
          ],
          "summaries": [
            {
              "station": "Seattle",
              "month": 7,
              "count": 744,
              "mean": 18.25,
              "min": 13.0,
              "max": 24.4,
              "correct": true
            }
          ]
        }
        "##);
    }

    #[test]
    fn every_fault_and_an_empty_report_end_as_not_holding() {
        assert!(report().holds());
        let changes: [fn(&mut DemoReport); 5] = [
            |report| report.deliveries[0].received -= 1,
            |report| report.deliveries[0].altered = 1,
            |report| report.summaries[0].correct = false,
            |report| report.deliveries.clear(),
            |report| report.summaries.clear(),
        ];
        for change in changes {
            let mut changed = report();
            change(&mut changed);
            assert!(!changed.holds(), "{changed:?}");
        }
    }
}
