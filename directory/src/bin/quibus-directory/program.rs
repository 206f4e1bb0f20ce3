//! The life of a server: begin, serve, leave.

use std::io::{self, Write};
use std::sync::Arc;

use quibus::bus::Signals;
use quibus_directory::{DataFolder, Directory, DirectoryConfig, embed};
use quibus_quic::Quic;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::admin;
use crate::arguments::Arguments;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::health::{Health, Phase};
use crate::logging;
use crate::recorder::Recorder;
use crate::renewals::{self, Renewals};
use crate::settings::Settings;
use crate::supervisor;

/// Runs a server until it is asked to end, or checks whether it could.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let settings = Settings::new(arguments)?;
    if arguments.check {
        return check(&settings);
    }
    logging::begin(settings.log.format, settings.filter()?);
    let runtime = runtime().map_err(|error| {
        let text = format!(
            "threads cannot be started: {error}; allow more open files (`ulimit -n`, \
             LimitNOFILE=) and threads (`ulimit -u`, TasksMax=)"
        );
        Failure::new(ExitStatus::Failed, text)
    })?;
    runtime.block_on(live(&settings))
}

fn runtime() -> io::Result<Runtime> {
    Signals::check_room()?;
    Builder::new_multi_thread().enable_all().build()
}

/// Finds what is wrong without touching anything.
fn check(settings: &Settings) -> Result<(), Failure> {
    settings.filter()?;
    let data = settings.data()?;
    let (peer, credentials) = settings.credentials()?;
    let text = format!(
        "{peer} of {} would listen on {}, with its data in {}\n",
        credentials.id().environment(),
        settings.quic.listen.as_deref().unwrap_or_default(),
        data.display()
    );
    // Who does not read it has the status.
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(())
}

async fn live(settings: &Settings) -> Result<(), Failure> {
    let deaf = |error: io::Error| {
        let text = format!("signals cannot be awaited: {error}");
        Failure::new(ExitStatus::Failed, text)
    };
    let mut signals = Signals::listen().map_err(deaf)?;
    let mut hangups = Renewals::listen().map_err(deaf)?;
    let (peer, credentials) = settings.credentials()?;
    let data = Arc::new(DataFolder::open(settings.data()?, &peer)?);
    let health = Health::new(credentials.certificate().not_after());
    let pages = open_pages(settings, &health).await?;

    let quic = Arc::new(Quic::configured(settings.quic.with(credentials)));
    let mut config = DirectoryConfig::new(peer.as_str(), quic.clone());
    config.incarnation = Some(data.incarnation());
    config.data = Some(data.clone());
    config.advertised.clone_from(&settings.quic.advertise);
    config.times = settings.directory.times();
    config.quotas = settings.directory.quotas();
    config.barrier = settings.directory.barrier;
    config.probe = settings.directory.probe;
    config.timings = settings.bus.timings();
    config.memory_budget = settings.bus.budget();
    let starting = embed(config);
    let directory = tokio::select! {
        started = starting => Arc::new(started?),
        name = signals.next() => {
            tracing::info!(signal = name, "asked to end while starting");
            return Ok(());
        }
    };

    health.enter(Phase::Serving(directory.clone()));
    supervisor::ready(&format!("{peer} serves at {}", directory.address()));
    tracing::info!(%peer, address = directory.address(), incarnation = %directory.incarnation(),
        "serving");
    let name = loop {
        tokio::select! {
            name = signals.next() => break name,
            () = hangups.next() => renewals::renew(settings, &quic, &health),
        }
    };
    // The page before the line: who reads "leaving" and then asks must not hear "ready".
    health.enter(Phase::Stopping);
    tracing::info!(signal = name, "leaving");
    supervisor::stopping();
    let left = leave(settings, &directory, &mut signals).await;
    drop((pages, data));
    left
}

/// Says goodbye to everybody, unless it is asked a second time.
async fn leave(
    settings: &Settings,
    directory: &Directory,
    signals: &mut Signals,
) -> Result<(), Failure> {
    tokio::select! {
        left = directory.stop(settings.directory.stop_within) => match left {
            Ok(_) => {
                tracing::info!("left");
                Ok(())
            }
            Err(incomplete) => Err(Failure::new(ExitStatus::Failed, incomplete.to_string())),
        },
        name = signals.next() => {
            let text = format!("left at once on a second {name}; peers were perhaps not told");
            Err(Failure::new(ExitStatus::Failed, text))
        }
    }
}

/// The admin pages, open before there is anything to say on them but "starting".
async fn open_pages(
    settings: &Settings,
    health: &Arc<Health>,
) -> Result<Option<admin::Pages>, Failure> {
    let Some(address) = settings.admin else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let text = format!(
            "the admin address {address} cannot be listened on: {error}; free it, or put \
             directory.admin elsewhere"
        );
        Failure::new(ExitStatus::Address, text)
    })?;
    let bound = listener.local_addr().unwrap_or(address);
    tracing::info!(address = %bound, "admin pages at /livez, /readyz and /metrics");
    Ok(Some(admin::Pages::open(
        listener,
        health.clone(),
        Recorder::install(),
    )))
}
