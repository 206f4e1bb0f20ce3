//! What was asked for, in files, environment and flags.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;

use quibus::Identity;
use quibus::PeerId;
use quibus::bus::BusSettings;
use quibus::config::{Config, ConfigLoader, reference as lines};
use quibus_certs::Credentials;
use quibus_directory::{DirectorySettings, LogSettings};
use quibus_quic::QuicSettings;
use tracing_subscriber::EnvFilter;

use crate::arguments::Arguments;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;

/// Where peers look for a directory unless it is put elsewhere.
const LISTEN: &str = "0.0.0.0:7465";

/// Everything that can be set, read and found sound.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) bus: BusSettings,
    pub(crate) quic: QuicSettings,
    pub(crate) directory: DirectorySettings,
    pub(crate) log: LogSettings,
    /// Where the admin pages are.
    pub(crate) admin: Option<SocketAddr>,
    config: Config,
}

impl Settings {
    /// Those of this process.
    pub(crate) fn new(arguments: &Arguments) -> Result<Self, Failure> {
        let variables = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let loader = ConfigLoader::new().variables(variables);
        let loader = match &arguments.config {
            Some(file) => loader.file(file),
            None => loader.usual_file(),
        };
        Self::of(arguments.lay(loader).load()?)
    }

    fn of(config: Config) -> Result<Self, Failure> {
        let mut quic = QuicSettings::of(&config)?;
        quic.listen.get_or_insert_with(|| LISTEN.into());
        let directory = DirectorySettings::of(&config)?;
        Ok(Self {
            bus: BusSettings::of(&config)?,
            admin: admin(&directory, &config)?,
            log: config.section()?,
            quic,
            directory,
            config,
        })
    }

    /// What is to be logged.
    pub(crate) fn filter(&self) -> Result<EnvFilter, Failure> {
        let text = &self.log.filter;
        EnvFilter::builder().parse(text).map_err(|error| {
            let cure = format!("{error}; write a level, or levels as in \"info,quibus=debug\"");
            let value = format!("\"{text}\"");
            let fault = self.config.unfit("log", "filter", value, cure);
            Failure::new(ExitStatus::Usage, fault.to_string())
        })
    }

    /// The server's data folder.
    pub(crate) fn data(&self) -> Result<PathBuf, Failure> {
        let missing = || {
            let fault = self
                .config
                .missing("directory", "data", ", or give --data FOLDER");
            Failure::new(ExitStatus::Usage, fault.to_string())
        };
        self.directory.data.clone().ok_or_else(missing)
    }

    /// The server's certificate, key and CAs, and the name that the certificate gives it.
    pub(crate) fn credentials(&self) -> Result<(PeerId, Credentials), Failure> {
        let credentials = self.quic.credentials(&self.config)?;
        match credentials.id().identity() {
            Identity::Directory(peer) => Ok((peer.clone(), credentials)),
            other => {
                let text = format!(
                    "{}: quic.certificate proves {other}, and peers take the word of /directory/… \
                     only; make one with `quibus certs issue directory Directory.0`",
                    self.config.origin("quic", "certificate")
                );
                Err(Failure::new(ExitStatus::Identity, text))
            }
        }
    }
}

fn admin(directory: &DirectorySettings, config: &Config) -> Result<Option<SocketAddr>, Failure> {
    let text = &directory.admin;
    if text.is_empty() {
        return Ok(None);
    }
    let unfit = |complaint: &str| {
        let fault = config.unfit("directory", "admin", format!("\"{text}\""), complaint);
        Failure::new(ExitStatus::Usage, fault.to_string())
    };
    let address: SocketAddr = text
        .parse()
        .map_err(|_| unfit("it is an address with a port, as in \"127.0.0.1:7466\""))?;
    if !address.ip().is_loopback() && !directory.admin_beyond_loopback {
        return Err(unfit(
            "whoever reaches it may read there; take a loopback address, or set \
             directory.admin_beyond_loopback if that is meant",
        ));
    }
    Ok(Some(address))
}

/// A configuration file with everything that can be set.
pub(crate) fn reference() -> String {
    let sections = [
        lines::<BusSettings>(),
        lines::<QuicSettings>(),
        lines::<DirectorySettings>(),
        lines::<LogSettings>(),
    ];
    sections.join("\n")
}

#[cfg(test)]
mod tests {
    use quibus::config::Section;

    use super::*;

    const FILE: &str = include_str!("../../../../docs/quibus.toml");

    fn settings(text: &str) -> Result<Settings, String> {
        let config = ConfigLoader::new().text("quibus.toml", text).load();
        let settings = config.map_err(Failure::from).and_then(Settings::of);
        settings.map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_reference_file_is_what_the_types_say() {
        let cure =
            "`cargo run -p quibus-directory -- --reference > docs/quibus.toml` writes it anew";
        assert!(
            FILE == reference(),
            "docs/quibus.toml is not what the types say; {cure}"
        );
    }

    #[test]
    fn everything_that_can_be_set_fits_on_a_page_with_a_comment_each() {
        let lines: Vec<_> = FILE.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines.len() <= 60, "{} lines", lines.len());
        let keys = BusSettings::keys().len() + QuicSettings::keys().len();
        let keys = keys + DirectorySettings::keys().len() + LogSettings::keys().len();
        assert_eq!(lines.len(), keys + quibus::config::SECTIONS.len());
        for line in lines {
            let comment = line.rsplit_once(" # ").map(|(_, comment)| comment);
            assert!(
                comment.is_some_and(|comment| comment.ends_with('.')),
                "{line}"
            );
        }
    }

    #[test]
    fn the_reference_file_with_its_comments_taken_off_can_be_read() {
        let uncommented: String = FILE
            .lines()
            .map(|line| format!("{}\n", line.trim_start_matches("# ")))
            .collect();
        let read = settings(&uncommented).unwrap();
        assert_eq!(read.bus, BusSettings::default());
        assert_eq!(read.log, LogSettings::default());
        let said = DirectorySettings::default();
        assert_eq!(read.directory.barrier, said.barrier);
        assert!(read.directory.data.is_some() && read.quic.certificate.is_some());
    }

    #[test]
    fn the_admin_pages_are_for_this_machine_unless_it_is_said() {
        let admin = |line: &str| settings(&format!("[directory]\n{line}\n")).map(|read| read.admin);
        assert_eq!(admin(""), Ok(Some("127.0.0.1:7466".parse().unwrap())));
        assert_eq!(admin("admin = \"\""), Ok(None));
        assert_eq!(
            admin("admin = \"[::1]:1\""),
            Ok(Some("[::1]:1".parse().unwrap()))
        );
        let text = admin("admin = \"0.0.0.0:1\"").unwrap_err();
        assert!(text.contains("quibus.toml:2:1: directory.admin"), "{text}");
        let meant = admin("admin = \"0.0.0.0:1\"\nadmin_beyond_loopback = true");
        assert_eq!(meant, Ok(Some("0.0.0.0:1".parse().unwrap())));
    }
}
