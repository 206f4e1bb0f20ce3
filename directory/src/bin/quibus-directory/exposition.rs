//! The text that Prometheus reads.

use std::fmt::{Display, Write};

/// Metrics in Prometheus's text format, version 0.0.4.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    text: String,
}

/// What a metric can do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Exposition {
    pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// Begins a metric; its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A value of the metric begun last.
    pub(crate) fn sample<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        name: &str,
        labels: &[(K, V)],
        value: impl Display,
    ) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(key, value)| format!("{}=\"{}\"", fit(key.as_ref()), escaped(value.as_ref())))
            .collect();
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// A name as the format allows it: `messaging.client.sent` becomes `messaging_client_sent`.
pub(crate) fn fit(name: &str) -> String {
    let letter = |(at, letter): (usize, char)| match letter {
        '0'..='9' if at == 0 => '_',
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | ':' => letter,
        _ => '_',
    };
    name.chars().enumerate().map(letter).collect()
}

fn escaped(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    escaped.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_cannot_break_out_of_their_line() {
        let mut text = Exposition::default();
        text.family("peers", Kind::Gauge, "How many\nthere are.");
        text.sample("peers", &[("the.state", "a \"b\"\n\\")], 1.5);
        let expected = "# HELP peers How many\\nthere are.\n# TYPE peers gauge\n\
                        peers{the_state=\"a \\\"b\\\"\\n\\\\\"} 1.5\n";
        assert_eq!(text.into_text(), expected);
        assert_eq!(fit("7.a-b:c"), "__a_b:c");
    }
}
