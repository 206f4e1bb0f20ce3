//! Aligned columns for people.

use comfy_table::{CellAlignment, Table, presets};

/// A table whose columns line up whatever is in the cells.
///
/// Cells come from outside: what could move the cursor or colour the screen is escaped before
/// widths are measured.
#[derive(Debug)]
pub struct HumanTable {
    table: Table,
}

/// Where the text of a column stands.
const NUMBERS: CellAlignment = CellAlignment::Right;

impl HumanTable {
    /// An empty table: names of text columns first, then names of number columns.
    pub fn new(texts: &[&str], numbers: &[&str]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(texts.iter().chain(numbers));
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if index >= texts.len() {
                column.set_cell_alignment(NUMBERS);
            }
        }
        Self { table }
    }

    /// Adds a row; a cell for each column.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.table.add_row(cells.map(|cell| printable(&cell)));
    }

    /// The lines, without blanks at their ends, each ended by a newline.
    pub fn render(&self) -> String {
        self.table
            .lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
    }
}

fn printable(text: &str) -> String {
    let escaped = text.chars().map(|c| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_left_and_numbers_right() {
        let mut table = HumanTable::new(&["PEER"], &["SENT"]);
        table.row(["Seattle.0".into(), "8,759".into()]);
        table.row(["A.0".into(), "7".into()]);
        insta::assert_snapshot!(table.render(), @r"
        PEER        SENT
        Seattle.0  8,759
        A.0            7
        ");
    }

    #[test]
    fn what_could_play_with_the_terminal_is_shown_as_text_and_columns_still_line_up() {
        let mut table = HumanTable::new(&["PEER", "ROLE"], &[]);
        table.row(["\u{1b}[31m\r\n".into(), "x".into()]);
        table.row(["Zürich.0".into(), "y".into()]);
        insta::assert_snapshot!(table.render(), @r"
        PEER            ROLE
        \u{1b}[31m\r\n  x
        Zürich.0        y
        ");
    }
}
