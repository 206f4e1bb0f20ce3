//! What was measured, for people and for scripts.

use quibus_yardstick::{Cell, Line};
use serde_json::json;

use super::bench::Subject;
use crate::human_table::HumanTable;
use crate::output_form::OutputForm;

/// What was measured of one cell: medians, and the ratios within the pairs, sorted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub(super) cell: Cell,
    pub(super) raw: Option<f64>,
    pub(super) bus: Option<f64>,
    pub(super) ratios: Vec<f64>,
}

impl Measured {
    pub(super) fn of(line: &Line) -> Self {
        Self {
            cell: line.cell,
            raw: line.raw(),
            bus: line.bus(),
            ratios: line.ratios(),
        }
    }

    fn median(&self) -> Option<f64> {
        self.ratios.get(self.ratios.len() / 2).copied()
    }
}

/// The text for stdout.
pub(super) fn render(subject: Subject, lines: Vec<Measured>, form: OutputForm) -> String {
    match form {
        OutputForm::Text => text(subject, &lines),
        OutputForm::Json => {
            let items = lines.iter().map(|line| {
                json!({
                    "name": line.cell.name,
                    "messageBytes": line.cell.len,
                    "unit": line.cell.unit,
                    "raw": line.raw,
                    "bus": line.bus,
                    "ratio": {
                        "min": line.ratios.first(),
                        "median": line.median(),
                        "max": line.ratios.last(),
                    },
                })
            });
            let report = json!({
                "kind": "BenchReport",
                "apiVersion": "quibus/v1",
                "subject": subject.word(),
                "items": items.collect::<Vec<_>>(),
            });
            format!("{report}\n")
        }
    }
}

fn text(subject: Subject, lines: &[Measured]) -> String {
    let mut table = HumanTable::new(&["WHAT"], &["RAW QUIC", "BUS", "RATIO", "LEAST", "MOST"]);
    for line in lines {
        let figure = |figure: Option<f64>| figure.map_or("-".into(), |it| line.cell.show(it));
        let ratio = |ratio: Option<f64>| ratio.map_or("-".into(), |it| format!("{it:.2}"));
        table.row([
            what(line.cell),
            figure(line.raw),
            figure(line.bus),
            ratio(line.median()),
            ratio(line.ratios.first().copied()),
            ratio(line.ratios.last().copied()),
        ]);
    }
    let better = match subject {
        Subject::Latency => "Times: less is better.",
        Subject::Throughput | Subject::Fanout => "Rates: more is better.",
    };
    format!(
        "{}\nTwo processes on loopback, one thread each. The ratio is bus to raw QUIC, with the same \
         socket, settings\nand certificates, in turn: the median, the least and the most of the \
         runs. {better}\n",
        table.render()
    )
}

fn what(cell: Cell) -> String {
    let words = match cell.name {
        "rr1" => "a command and its reply, of 128 B each",
        "rr64" => "commands of 128 B, 64 at once",
        "oneway-128" => "events of 128 B",
        "oneway-1k" => "events of 1 KiB",
        "oneway-64k" => "events of 64 KiB",
        "fanout-8" => "deliveries of events of 128 B to 8 peers",
        other => other,
    };
    words.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(name: &str, raw: f64, bus: f64, ratios: &[f64]) -> Measured {
        Measured {
            cell: Cell::named(name, Cell::ALL).unwrap(),
            raw: Some(raw),
            bus: Some(bus),
            ratios: ratios.into(),
        }
    }

    fn throughput(form: OutputForm) -> String {
        let lines = vec![
            measured("rr64", 691_000.0, 494_000.0, &[0.67, 0.72, 0.82]),
            measured("oneway-64k", 37_900.0, 38_300.0, &[0.99, 1.01, 1.04]),
        ];
        render(Subject::Throughput, lines, form)
    }

    #[test]
    fn people_read_a_table_and_what_it_means() {
        insta::assert_snapshot!(throughput(OutputForm::Text), @r##"
        WHAT                            RAW QUIC        BUS  RATIO  LEAST  MOST
        commands of 128 B, 64 at once  691.0 k/s  494.0 k/s   0.72   0.67  0.82
        events of 64 KiB                37.9 k/s   38.3 k/s   1.01   0.99  1.04

        Two processes on loopback, one thread each. The ratio is bus to raw QUIC, with the same socket, settings
        and certificates, in turn: the median, the least and the most of the runs. Rates: more is better.
        "##);
        let latency = vec![measured("rr1", 85.1, 88.2, &[1.02, 1.04, 1.13])];
        let text = render(Subject::Latency, latency, OutputForm::Text);
        insta::assert_snapshot!(text, @r##"
        WHAT                                    RAW QUIC      BUS  RATIO  LEAST  MOST
        a command and its reply, of 128 B each   85.1 µs  88.2 µs   1.04   1.02  1.13

        Two processes on loopback, one thread each. The ratio is bus to raw QUIC, with the same socket, settings
        and certificates, in turn: the median, the least and the most of the runs. Times: less is better.
        "##);
    }

    #[test]
    fn scripts_read_all_figures() {
        insta::assert_snapshot!(throughput(OutputForm::Json), @r##"{"apiVersion":"quibus/v1","items":[{"bus":494000.0,"messageBytes":128,"name":"rr64","ratio":{"max":0.82,"median":0.72,"min":0.67},"raw":691000.0,"unit":"/s"},{"bus":38300.0,"messageBytes":65536,"name":"oneway-64k","ratio":{"max":1.04,"median":1.01,"min":0.99},"raw":37900.0,"unit":"/s"}],"kind":"BenchReport","subject":"throughput"}"##);
    }
}
