//! A document that can be replayed.

use std::time::Duration;

use super::pattern::Pattern;

/// Between a command and how long it took.
const TIME: &str = " # ";

/// A document as a sequence of steps.
///
/// | in the document | means |
/// | --- | --- |
/// | a block of `sh` | its line is typed; what follows it in a block of `text` is all that it prints |
/// | `# 0.05 s` behind the command | how long it took when it was typed, until it had ended or printed that |
/// | `<!-- goes on -->` before it | it keeps running; the text is what it prints first |
/// | `<!-- ends with 3 -->` before it | its exit code, if that is not 0 |
/// | `<!-- meanwhile: COMMAND -->` before a block of `text` | what that command, which still runs, prints by now |
/// | `<!-- Ctrl-C: COMMAND -->` before a block of `text` | that command is stopped, and prints this |
///
/// In a text `…` stands for anything within its line. Blank lines and the width of gaps don't count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// In their order.
    pub steps: Vec<Step>,
}

/// Something that is done, and what is seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A command is typed.
    Type {
        /// The line of the document.
        line: usize,
        /// What is typed.
        command: String,
        /// Whether it keeps running.
        goes_on: bool,
        /// The exit code of one that ends.
        code: i32,
        /// What it prints.
        prints: Pattern,
        /// How long that took, as the document says. `None`: it does not.
        took: Option<Duration>,
    },
    /// Something that runs prints more.
    Meanwhile {
        /// The line of the document.
        line: usize,
        /// What was typed.
        command: String,
        /// What it prints.
        prints: Pattern,
    },
    /// Something that runs is stopped.
    Stop {
        /// The line of the document.
        line: usize,
        /// What was typed.
        command: String,
        /// What it still prints.
        prints: Pattern,
    },
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// With the line of what can't be understood.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reading = Reading::default();
        let mut lines = (1..).zip(text.lines());
        while let Some((number, line)) = lines.next() {
            if let Some(note) = line.strip_prefix("<!--") {
                let note = note.strip_suffix("-->").unwrap_or(note).trim();
                reading.note = Some((number, note.to_owned()));
                continue;
            }
            let Some(kind) = line.strip_prefix("```") else {
                continue;
            };
            let body = lines.by_ref().map(|(_, line)| line);
            let body: Vec<&str> = body.take_while(|line| *line != "```").collect();
            match kind {
                "sh" => reading.typed(number, &body)?,
                "text" => reading.printed(number, &body)?,
                _ => {}
            }
        }
        match reading.note {
            Some((line, note)) => Err(format!("line {line}: nothing follows `{note}`")),
            None => Ok(Self {
                steps: reading.steps,
            }),
        }
    }
}

#[derive(Default)]
struct Reading {
    steps: Vec<Step>,
    note: Option<(usize, String)>,
}

impl Reading {
    fn typed(&mut self, line: usize, body: &[&str]) -> Result<(), String> {
        let [typed] = body else {
            return Err(format!("line {line}: a block has one command"));
        };
        let (command, took) = match typed.split_once(TIME) {
            Some((command, time)) => {
                let took = seconds(time.trim());
                let took = took.ok_or_else(|| format!("line {line}: `{time}` is no time"))?;
                (command.trim_end(), Some(took))
            }
            None => (*typed, None),
        };
        let note = self.note.take().map(|(_, note)| note);
        let code = note.as_deref().and_then(|note| {
            let code = note.strip_prefix("ends with ")?;
            code.parse().ok()
        });
        let goes_on = note.as_deref() == Some("goes on");
        if let (Some(note), None, false) = (note, code, goes_on) {
            return Err(format!(
                "line {line}: `{note}` means nothing before a command"
            ));
        }
        self.steps.push(Step::Type {
            line,
            command: command.to_owned(),
            goes_on,
            code: code.unwrap_or(0),
            prints: Pattern::default(),
            took,
        });
        Ok(())
    }

    fn printed(&mut self, line: usize, body: &[&str]) -> Result<(), String> {
        let text = Pattern::new(body);
        let Some((_, note)) = self.note.take() else {
            return match self.steps.last_mut() {
                Some(Step::Type { prints, .. }) if prints.is_empty() => {
                    *prints = text;
                    Ok(())
                }
                _ => Err(format!("line {line}: nobody prints this")),
            };
        };
        let step = if let Some(command) = note.strip_prefix("meanwhile: ") {
            Step::Meanwhile {
                line,
                command: command.to_owned(),
                prints: text,
            }
        } else if let Some(command) = note.strip_prefix("Ctrl-C: ") {
            Step::Stop {
                line,
                command: command.to_owned(),
                prints: text,
            }
        } else {
            return Err(format!("line {line}: `{note}` means nothing before a text"));
        };
        self.steps.push(step);
        Ok(())
    }
}

/// A time as in `0.05 s`.
fn seconds(text: &str) -> Option<Duration> {
    let number = text.strip_suffix(" s")?.parse().ok()?;
    Duration::try_from_secs_f64(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_a_script() {
        let text = "# T\n<!-- goes on -->\n```sh\nquibus up  # 0.25 s\n```\nIt says\n\n```text\nok  CA  …\n```\n\
                    <!-- ends with 3 -->\n```sh\nquibus routes X\n```\n\
                    <!-- meanwhile: quibus up -->\n```text\nmore\n```\n\
                    <!-- Ctrl-C: quibus up -->\n```text\nstopped\n```\n```toml\nx = 1\n```\n";
        let steps = Document::read(text).unwrap().steps;
        let [typed, ended, meanwhile, stopped] = &steps[..] else {
            panic!("{steps:?}");
        };
        assert_eq!(
            *typed,
            Step::Type {
                line: 3,
                command: "quibus up".into(),
                goes_on: true,
                code: 0,
                prints: Pattern::new(&["ok CA …"]),
                took: Some(Duration::from_millis(250)),
            }
        );
        assert!(matches!(ended, Step::Type { code: 3, prints, .. } if prints.is_empty()));
        assert!(matches!(meanwhile, Step::Meanwhile { command, .. } if command == "quibus up"));
        assert!(matches!(stopped, Step::Stop { line: 20, .. }));
    }

    #[test]
    fn what_cannot_be_replayed_is_refused() {
        for wrong in [
            "```sh\none\ntwo\n```\n",
            "```sh\none  # soon\n```\n",
            "```sh\none  # -1 s\n```\n",
            "```text\nnobody said it\n```\n",
            "```sh\na\n```\n```text\nb\n```\n```text\nc\n```\n",
            "<!-- goes up -->\n```sh\na\n```\n",
            "<!-- meanwhile -->\n```text\na\n```\n",
            "<!-- goes on -->\n",
        ] {
            assert!(Document::read(wrong).is_err(), "{wrong}");
        }
    }
}
