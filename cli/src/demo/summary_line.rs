//! What the archive answered about a month, against what it had to.

use std::collections::BTreeMap;

use quibus_examples::weather::MonthFigures;
use serde::Serialize;

use super::plan::Plan;

/// What the archive answered about one month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SummaryLine {
    /// The station.
    pub station: String,
    /// Month, 1 to 12.
    pub month: u32,
    /// How many temperatures; `None`, as all figures, if there was no answer.
    pub count: Option<u32>,
    /// Their mean in °C.
    pub mean: Option<f64>,
    /// The lowest in °C.
    pub min: Option<f64>,
    /// The highest in °C.
    pub max: Option<f64>,
    /// Whether the answer is what the measurements say.
    pub correct: bool,
}

impl SummaryLine {
    /// A line for each month of the plan. The archive takes a station's events in the order they
    /// were sent, so that its sums are the very same, to the last bit.
    pub fn judge(plan: &Plan, answers: &BTreeMap<(String, u32), MonthFigures>) -> Vec<Self> {
        let months = plan.figures().into_iter();
        let lines = months.map(|((station, month), figures)| {
            let answer = answers.get(&(station.clone(), month));
            Self {
                station,
                month,
                count: answer.map(|answer| answer.count),
                mean: answer.map(|answer| answer.mean),
                min: answer.map(|answer| answer.min),
                max: answer.map(|answer| answer.max),
                correct: answer == Some(&figures),
            }
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_answers_are_correct_and_wrong_or_missing_ones_are_not() {
        let plan = Plan::of_all_stations().unwrap();
        let mut answers = plan.figures();
        assert!(
            SummaryLine::judge(&plan, &answers)
                .iter()
                .all(|line| line.correct)
        );

        answers.get_mut(&("Seattle".into(), 3)).unwrap().mean += 1e-12;
        answers.remove(&("SanFrancisco".into(), 12));
        let lines = SummaryLine::judge(&plan, &answers);
        let wrong = lines.iter().filter(|line| !line.correct);
        let wrong: Vec<_> = wrong
            .map(|line| (line.station.as_str(), line.month))
            .collect();
        assert_eq!(wrong, [("SanFrancisco", 12), ("Seattle", 3)]);
        assert_eq!(lines.len(), 24);
    }
}
