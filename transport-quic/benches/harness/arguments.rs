//! What may be asked for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use quibus_quic::Provider;
use quibus_yardstick::{Cell, Layout, Outcome, Settings, Side};

const HELP: &str = "\
cargo bench -p quibus-quic --features raw --bench bus|allocations|providers --
    [--quick] [--runs N] [--milliseconds N] [--cell NAME]... [--only raw|bus]
    [--layout one|split] [--decode] [--output json]";

/// The command line.
pub(super) struct Arguments {
    pub(super) task: Task,
    pub(super) settings: Settings,
    pub(super) json: bool,
}

/// What this process is to do.
pub(super) enum Task {
    Nothing(&'static str),
    Measure,
    Serve {
        folder: PathBuf,
        client: SocketAddr,
        provider: Provider,
        layout: Layout,
    },
}

impl Arguments {
    /// `cells` are those that the program can measure.
    pub(super) fn parse(mut words: impl Iterator<Item = String>, cells: &[Cell]) -> Outcome<Self> {
        let mut settings = Settings {
            runs: 7,
            time: Duration::from_millis(600),
            cells: Vec::new(),
            only: None,
            layout: Layout::One,
            decode: false,
        };
        let mut json = false;
        // Cargo says `--bench` when it benches; otherwise it tests that the program starts.
        let mut task = Task::Nothing("nothing is measured without --bench");
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value\n{HELP}"));
            match word.as_str() {
                "--bench" => task = Task::Measure,
                "--test" => {
                    task = Task::Nothing("nothing is measured in tests");
                    break;
                }
                "--server" => {
                    let folder = value()?.into();
                    let client = value()?.parse()?;
                    let provider = value()?.parse()?;
                    let layout = Layout::named(&value()?)?;
                    task = Task::Serve {
                        folder,
                        client,
                        provider,
                        layout,
                    };
                }
                "--quick" => (settings.runs, settings.time) = (1, Duration::from_millis(100)),
                "--runs" => settings.runs = value()?.parse::<usize>()?.clamp(1, 1_000),
                "--milliseconds" => {
                    let milliseconds = value()?.parse::<u64>()?.clamp(1, 600_000);
                    settings.time = Duration::from_millis(milliseconds);
                }
                "--cell" => settings.cells.push(Cell::named(&value()?, cells)?),
                "--only" => {
                    settings.only = Some(match value()?.as_str() {
                        "raw" => Side::Raw,
                        "bus" => Side::Bus,
                        other => return Err(format!("{other} is no side\n{HELP}").into()),
                    });
                }
                "--decode" => settings.decode = true,
                "--layout" => settings.layout = Layout::named(&value()?)?,
                "--output" if value()? == "json" => json = true,
                other => return Err(format!("{other} is not understood\n{HELP}").into()),
            }
        }
        if settings.cells.is_empty() {
            settings.cells = cells.to_vec();
        }
        Ok(Self {
            task,
            settings,
            json,
        })
    }
}
