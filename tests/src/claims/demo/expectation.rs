//! What must be in the demo's report, worked out from the files of measurements alone.

use std::collections::BTreeMap;

use super::report::{Delivery, Report};

/// Each station's file and the months in it.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    months: BTreeMap<(String, u32), Figures>,
}

/// The temperatures of one month at one station.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// How many.
    pub count: u64,
    /// Their sum in °C.
    pub sum: f64,
    /// The lowest in °C.
    pub min: f64,
    /// The highest in °C.
    pub max: f64,
}

impl Expectation {
    /// Takes a station's file: one line of titles, then a date that begins with year and month,
    /// and a temperature in °F, in whichever order. `None` if a line is something else.
    pub fn add(&mut self, station: &str, file: &str) -> Option<()> {
        for line in file.lines().skip(1) {
            let (left, right) = line.split_once(',')?;
            let (date, temp) = if left.contains('/') {
                (left, right)
            } else {
                (right, left)
            };
            let month = date.split('/').nth(1)?.parse().ok()?;
            let celsius = (temp.parse::<f64>().ok()? - 32.0) * 5.0 / 9.0;
            let figures = self.months.entry((station.to_owned(), month));
            let figures = figures.or_insert(Figures {
                count: 0,
                sum: 0.0,
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
            });
            figures.count += 1;
            figures.sum += celsius;
            figures.min = figures.min.min(celsius);
            figures.max = figures.max.max(celsius);
        }
        Some(())
    }

    /// How many measurements match a binding key of station and month.
    pub fn matching(&self, binding: &str) -> u64 {
        let parts: Vec<&str> = binding.split('.').collect();
        let fits = |(station, month): &(String, u32)| match parts.as_slice() {
            ["#"] | ["*", "#"] => true,
            [s, "#"] => s == station,
            [s, m] => (*s == "*" || s == station) && (*m == "*" || *m == month.to_string()),
            _ => false,
        };
        self.months
            .iter()
            .filter(|(key, _)| fits(key))
            .map(|(_, figures)| figures.count)
            .sum()
    }

    /// Everything in a report that is not as it must be, a sentence each.
    pub fn faults_of(&self, report: &Report) -> Vec<String> {
        let mut faults = Vec::new();
        if report.kind != "DemoReport" || report.transport != "quic" {
            faults.push(format!("a {} over {}", report.kind, report.transport));
        }
        if !report.holds {
            faults.push("the demo says itself that it failed".into());
        }
        let total = self.matching("#");
        if report.measurements != total {
            faults.push(format!(
                "{} measurements, the files have {total}",
                report.measurements
            ));
        }
        let sent: u64 = self
            .stations()
            .map(|station| sent_by(report, station))
            .sum();
        if sent != total {
            faults.push(format!(
                "the stations sent {sent} measurements, not {total}"
            ));
        }
        faults.extend(
            report
                .deliveries
                .iter()
                .filter_map(|delivery| self.fault_in(delivery)),
        );
        faults.extend(self.faults_of_coverage(report));
        faults.extend(self.faults_of_summaries(report));
        faults
    }

    fn stations(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = self.months.keys().map(|(name, _)| name.as_str()).collect();
        names.dedup();
        names.into_iter()
    }

    fn fault_in(&self, delivery: &Delivery) -> Option<String> {
        let owed = self.matching(&delivery.binding);
        let clean = [
            delivery.missing,
            delivery.doubled,
            delivery.misrouted,
            delivery.out_of_order,
            delivery.altered,
        ] == [0; 5];
        if clean && owed > 0 && (delivery.expected, delivery.received) == (owed, owed) {
            return None;
        }
        Some(format!("of {owed} measurements by the files: {delivery:?}"))
    }

    /// One subscriber of everything, one of a single station, one of a single station and month.
    fn faults_of_coverage(&self, report: &Report) -> Vec<String> {
        let any = |names: &[String]| report.deliveries.iter().any(|d| names.contains(&d.binding));
        let everything = ["#", "*.#", "*.*"].map(str::to_owned).to_vec();
        let stations = self
            .stations()
            .flat_map(|s| [format!("{s}.*"), format!("{s}.#")])
            .collect();
        let months = self
            .months
            .keys()
            .map(|(s, m)| format!("{s}.{m}"))
            .collect();
        let kinds: [(&str, Vec<String>); 3] = [
            ("everything", everything),
            ("a single station", stations),
            ("a single station and month", months),
        ];
        let lacking = kinds.iter().filter(|(_, bindings)| !any(bindings));
        lacking
            .map(|(what, _)| format!("nobody subscribed to {what}"))
            .collect()
    }

    fn faults_of_summaries(&self, report: &Report) -> Vec<String> {
        let mut faults = Vec::new();
        for ((station, month), figures) in &self.months {
            let mut found = report
                .summaries
                .iter()
                .filter(|s| s.station == *station && s.month == *month);
            let (Some(summary), None) = (found.next(), found.next()) else {
                faults.push(format!(
                    "not exactly one summary of {station} in month {month}"
                ));
                continue;
            };
            let mean = figures.sum / figures.count as f64;
            let pairs = [
                (summary.mean, mean),
                (summary.min, figures.min),
                (summary.max, figures.max),
            ];
            // The same sums in another order or with another constant differ in the last bits.
            let close = pairs.iter().all(|(a, b)| (a - b).abs() < 1e-9);
            if !close || summary.count != figures.count {
                faults.push(format!(
                    "by the files {figures:?}, mean {mean}: {summary:?}"
                ));
            }
        }
        faults
    }
}

fn sent_by(report: &Report, station: &str) -> u64 {
    let service = format!("{station}.");
    let peers = report
        .peers
        .iter()
        .filter(|peer| peer.peer.starts_with(&service));
    peers.map(|peer| peer.sent).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn expectation() -> Expectation {
        let mut expectation = Expectation::default();
        let north = "date,temp\n2010/01/01 00:00,32\n2010/01/01 01:00,50\n2010/02/01 00:00,14";
        expectation.add("North", north).unwrap();
        expectation
            .add("South", "temp,date\n212,2010/01/01 00:00:00\n")
            .unwrap();
        expectation
    }

    fn delivery(binding: &str, count: u64) -> Value {
        json!({ "peer": "X.0", "binding": binding, "expected": count, "received": count,
            "missing": 0, "doubled": 0, "misrouted": 0, "outOfOrder": 0, "altered": 0 })
    }

    fn summary(station: &str, month: u32, count: u64, figures: [f64; 3]) -> Value {
        let [mean, min, max] = figures;
        json!({ "station": station, "month": month, "count": count,
            "mean": mean, "min": min, "max": max })
    }

    fn good() -> Value {
        json!({
            "kind": "DemoReport", "holds": true, "transport": "quic",
            "measurements": 4, "seconds": 0.5,
            "peers": [{ "peer": "North.0", "sent": 3, "received": 0 },
                { "peer": "South.0", "sent": 1, "received": 0 }],
            "deliveries": [delivery("#", 4), delivery("North.*", 3), delivery("South.1", 1)],
            "summaries": [summary("North", 1, 2, [5.0, 0.0, 10.0]),
                summary("North", 2, 1, [-10.0; 3]), summary("South", 1, 1, [100.0; 3])],
        })
    }

    fn faults(report: Value) -> Vec<String> {
        expectation().faults_of(&serde_json::from_value(report).unwrap())
    }

    #[test]
    fn a_report_that_agrees_with_the_files_has_no_fault() {
        assert_eq!(faults(good()), [""; 0]);
    }

    #[test]
    fn each_planted_fault_is_found() {
        for (place, value) in [
            ("/kind", json!("Other")),
            ("/holds", json!(false)),
            ("/transport", json!("memory")),
            ("/measurements", json!(3)),
            ("/peers/0/sent", json!(2)),
            ("/deliveries/0/received", json!(3)),
            ("/deliveries/0/expected", json!(3)),
            ("/deliveries/1/binding", json!("South.*")),
            ("/deliveries/1/missing", json!(1)),
            ("/deliveries/1/doubled", json!(1)),
            ("/deliveries/2/misrouted", json!(1)),
            ("/deliveries/2/outOfOrder", json!(1)),
            ("/deliveries/2/altered", json!(1)),
            ("/deliveries", json!([])),
            ("/summaries/0/count", json!(3)),
            ("/summaries/0/mean", json!(5.1)),
            ("/summaries/1/min", json!(0.0)),
            ("/summaries/2/max", json!(99.0)),
            ("/summaries/2/month", json!(2)),
            ("/summaries", json!([])),
        ] {
            let mut report = good();
            *report.pointer_mut(place).unwrap() = value.clone();
            assert_ne!(faults(report), [""; 0], "{place} = {value} went unnoticed");
        }
    }

    #[test]
    fn a_report_that_leaves_a_kind_of_subscriber_out_is_at_fault() {
        for (left_out, what) in [
            (0, "everything"),
            (1, "a single station"),
            (2, "a single station and month"),
        ] {
            let mut report = good();
            report["deliveries"]
                .as_array_mut()
                .unwrap()
                .remove(left_out);
            assert_eq!(faults(report), [format!("nobody subscribed to {what}")]);
        }
    }

    #[test]
    fn a_file_that_is_no_list_of_temperatures_expects_nothing() {
        assert_eq!(
            Expectation::default().add("X", "date,temp\nyesterday,warm"),
            None
        );
    }
}
