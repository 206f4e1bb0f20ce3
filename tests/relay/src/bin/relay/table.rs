//! Counters for people.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use quibus_relay::Relay;

/// What a relay has counted since it started.
pub fn table(relay: &Relay, after: Duration) -> String {
    let counters = relay.counters();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "to target", "from target"]);
    let from_target = counters.from_target.rows();
    for ((name, to), (_, from)) in counters.to_target.rows().into_iter().zip(from_target) {
        table.add_row([name.to_owned(), to.to_string(), from.to_string()]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
        column.set_padding((2, 0));
    }
    format!(
        "{} -> {} after {:.1} s: clients {}, evicted {}, addresses changed {}\n{}\n",
        relay.address(),
        relay.target(),
        after.as_secs_f64(),
        counters.clients,
        counters.evicted,
        counters.addresses_changed,
        table.trim_fmt()
    )
}
