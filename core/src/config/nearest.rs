//! What somebody may have meant.

/// The known word that is nearest to a mistyped one, if any is near enough to be meant.
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = typed.to_lowercase().replace('-', "_");
    let scored = known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&typed, word), word));
    // A third of the letters may be wrong; beyond that it is another word.
    let near = |(wrong, word): &(usize, &str)| *wrong <= word.len().max(typed.len()).div_ceil(3);
    scored.filter(near).min().map(|(_, word)| word)
}

/// Words in a row, for errors that have to list all.
pub(super) fn listed<'k>(known: impl IntoIterator<Item = &'k str>) -> String {
    known.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_missing_and_foreign_letters_find_the_word_and_other_words_do_not() {
        let known = ["send_timeout", "directories", "peer"];
        for (typed, meant) in [
            ("sned_timeout", Some("send_timeout")),
            ("send-timeout", Some("send_timeout")),
            ("Peer", Some("peer")),
            ("directory", Some("directories")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
    }
}
