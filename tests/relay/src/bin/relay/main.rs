//! `relay`: forwards UDP through bad weather and prints what it did to it.

mod arguments;
mod table;

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser, error::ErrorKind};
use quibus_relay::{Direction, Relay};
use tokio::time::{Instant, interval_at};

use arguments::Arguments;

/// What `--seed` is taken from if it is not typed.
const SEED: &str = "QUIBUS_SEED";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let routes = arguments.routes().unwrap_or_else(|mistake| {
        let mut command = Arguments::command();
        command
            .error(ErrorKind::WrongNumberOfValues, mistake)
            .exit()
    });
    let mut seeds = fastrand::Rng::new();
    let seed = match arguments.seed {
        Some(seed) => seed,
        None => seed_of_environment()?.unwrap_or_else(|| seeds.u64(..)),
    };
    seeds.seed(seed);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| format!("cannot start threads: {cause}"))?;
    runtime.block_on(async {
        let mut relays = Vec::new();
        for (number, (listen, target)) in routes.into_iter().enumerate() {
            // Several targets are not to meet the same chances.
            let seed = if number == 0 { seed } else { seeds.u64(..) };
            let mut setup = Relay::to(target).listen(listen).seed(seed);
            for direction in Direction::BOTH {
                setup = setup.weather_of(direction, arguments.weather_of(direction));
            }
            relays.push(setup.start()?);
        }
        let printed = print_until_told_to_end(&relays, seed, arguments).await;
        match printed {
            // A reader that went away has read what it wanted.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            printed => Ok(printed?),
        }
    })
}

fn seed_of_environment() -> Result<Option<u64>, String> {
    let Ok(text) = env::var(SEED) else {
        return Ok(None);
    };
    let seed = text.parse();
    let seed = seed.map_err(|e| format!("{SEED} is `{text}`: {e}; set a number or nothing"))?;
    Ok(Some(seed))
}

async fn print_until_told_to_end(
    relays: &[Relay],
    seed: u64,
    arguments: &Arguments,
) -> io::Result<()> {
    let started = Instant::now();
    let mut end = std::pin::pin!(end()?);
    let mut out = io::stdout();
    writeln!(out, "seed {seed}")?;
    for relay in relays {
        writeln!(out, "{} -> {}", relay.address(), relay.target())?;
    }
    out.flush()?;
    let print = |out: &mut io::Stdout| {
        for relay in relays {
            write!(out, "\n{}", table::table(relay, started.elapsed()))?;
        }
        out.flush()
    };
    let mut prints = Beat::every(*arguments.every);
    let mut moves = Beat::every(
        arguments
            .change_addresses_every
            .map_or(Duration::ZERO, |t| *t),
    );
    loop {
        tokio::select! {
            ended = &mut end => {
                ended?;
                return print(&mut out);
            }
            () = prints.tick() => print(&mut out)?,
            () = moves.tick() => {
                for relay in relays {
                    relay.change_addresses().await?;
                }
            }
        }
    }
}

/// Something that happens now and then, or never.
struct Beat(Option<tokio::time::Interval>);

impl Beat {
    /// Zero: never.
    fn every(period: Duration) -> Self {
        let first = Instant::now().checked_add(period);
        let first = first.filter(|_| !period.is_zero());
        Self(first.map(|first| interval_at(first, period)))
    }

    async fn tick(&mut self) {
        match &mut self.0 {
            Some(interval) => drop(interval.tick().await),
            None => std::future::pending().await,
        }
    }
}

/// Lasts until Ctrl-C or SIGTERM, either of which is heard from the call on.
#[cfg(unix)]
fn end() -> io::Result<impl Future<Output = io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    })
}

/// Lasts until Ctrl-C.
#[cfg(not(unix))]
fn end() -> io::Result<impl Future<Output = io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
