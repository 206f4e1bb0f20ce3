//! Lines as a document shows them.

/// Stands for anything within its line.
const ANYTHING: char = '…';

/// Lines as a document shows them: `…` stands for anything within its line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern {
    lines: Vec<String>,
}

impl Pattern {
    pub(super) fn new(lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| plain(line));
        Self {
            lines: lines.filter(|line| !line.is_empty()).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// What is wrong with everything that was printed.
    pub(super) fn fault(&self, printed: &str) -> Option<String> {
        let printed: Vec<String> = printed.lines().map(plain).collect();
        let printed: Vec<_> = printed.iter().filter(|line| !line.is_empty()).collect();
        for (shown, line) in self.lines.iter().zip(&printed) {
            if !matches(shown, line) {
                return Some(format!("the document shows {shown:?}, printed is {line:?}"));
            }
        }
        match (self.lines.get(printed.len()), printed.get(self.lines.len())) {
            (Some(shown), _) => Some(format!("the document shows {shown:?}, nothing is printed")),
            (_, Some(line)) => Some(format!("the document does not show {line:?}")),
            (None, None) => None,
        }
    }
}

/// Without the width of gaps.
fn plain(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line that was printed is the one that is shown.
pub(super) fn matches(shown: &str, printed: &str) -> bool {
    let printed = plain(printed);
    let mut parts = shown.split(ANYTHING);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipsis_is_anything_and_gaps_have_any_width() {
        assert!(matches(
            "ok CA new, until …, in …",
            "ok  CA   new, until 2027, in /home/x"
        ));
        assert!(matches("…", "anything"));
        assert!(matches("a…", "a"));
        assert!(!matches("a…b", "ab c"));
        assert!(!matches("a…b…c", "a c"));
        assert!(!matches("ab", "abc"));
        assert!(!matches("ab…ba", "aba"));
    }

    #[test]
    fn every_difference_is_told() {
        let shown = Pattern::new(&["one", "", "two …"]);
        assert_eq!(shown.fault("one\n\ntwo 2\n"), None);
        for wrong in ["one\n", "one\ntwo 2\nthree\n", "two 2\none\n", ""] {
            assert!(shown.fault(wrong).is_some(), "{wrong:?}");
        }
    }
}
