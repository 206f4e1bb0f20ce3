//! How far the demo is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on stderr that fills as events arrive; nothing at all if nobody looks.
#[derive(Debug, Clone)]
pub struct Progress {
    bar: ProgressBar,
}

const TEMPLATE: &str = "{bar:40} {human_pos}/{human_len} deliveries, {per_sec}, {msg}";

/// How often a second the bar is drawn: more only flickers.
const DRAWN_PER_SECOND: u8 = 15;

impl Progress {
    /// An empty bar for so many deliveries.
    pub fn new(deliveries: u64, visible: bool) -> Self {
        let target = match visible {
            true => ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SECOND),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(deliveries), target);
        let style = ProgressStyle::with_template(TEMPLATE);
        // The template is a constant, and a test sees that it is one indicatif knows.
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// What is going on, in a word or two.
    pub fn say(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    /// What was last said to be going on.
    pub fn doing(&self) -> String {
        self.bar.message()
    }

    /// So many deliveries more.
    pub fn advance(&self, deliveries: u64) {
        self.bar.inc(deliveries);
    }

    /// Takes the bar off the screen: what is left is the report.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_one_that_the_bar_can_draw() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn a_bar_that_nobody_looks_at_counts_but_is_hidden() {
        let progress = Progress::new(10, false);
        progress.advance(3);
        assert!(progress.bar.is_hidden());
        assert_eq!(
            (progress.bar.position(), progress.bar.length()),
            (3, Some(10))
        );
    }
}
