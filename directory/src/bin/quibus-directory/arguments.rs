//! The command line.

use std::path::PathBuf;

use clap::Parser;
use quibus::config::ConfigLoader;

use crate::exit_status::ExitStatus;

/// Serves a Quibus directory: who is there, and what they subscribe to.
///
/// What flags do not say, environment variables say, and what those do not, the configuration
/// file: QUIBUS_DIRECTORY__DATA is `data` under [directory], QUIBUS_QUIC__LISTEN is `listen` under
/// [quic]. `--reference` prints everything that can be set.
///
/// SIGTERM and Ctrl-C make it leave cleanly: peers are told and go on without it. A second one
/// makes it leave at once.
#[derive(Debug, Parser)]
#[command(name = "quibus-directory", version, after_help = ExitStatus::HELP)]
#[command(override_usage = "quibus-directory [OPTIONS]")]
pub(crate) struct Arguments {
    /// Configuration file [default: $QUIBUS_CONFIG, else quibus.toml if there is one here].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder that the server keeps for itself.
    #[arg(long, value_name = "FOLDER")]
    data: Option<String>,
    /// UDP address to listen on [default: 0.0.0.0:7465].
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// What peers are told to dial, if it is not what is listened on.
    #[arg(long, value_name = "HOST:PORT")]
    advertise: Option<String>,
    /// TCP address of /livez, /readyz and /metrics; "" for none [default: 127.0.0.1:7466].
    #[arg(long, value_name = "HOST:PORT")]
    admin: Option<String>,
    /// Certificate of the server (PEM); it names the server: /directory/NAME.
    #[arg(long, value_name = "FILE")]
    certificate: Option<String>,
    /// Its private key (PEM).
    #[arg(long, value_name = "FILE")]
    key: Option<String>,
    /// CA bundle that every certificate must come from (PEM).
    #[arg(long, value_name = "FILE")]
    ca: Option<String>,
    /// What is logged on stdout: a level, or "info,quibus=debug" [default: info].
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// How it is logged: text or json [default: text].
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Any other setting, such as directory.silent_after=5s; may be given several times.
    #[arg(long, value_name = "SECTION.KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Check configuration, certificate and key, and end.
    #[arg(long)]
    pub(crate) check: bool,
    /// Print a configuration file with everything that can be set, and end.
    #[arg(long)]
    pub(crate) reference: bool,
}

impl Arguments {
    /// Lays the flags above what else a configuration is made of.
    pub(crate) fn lay(&self, loader: ConfigLoader) -> ConfigLoader {
        let flags = [
            ("--data", "directory.data", &self.data),
            ("--listen", "quic.listen", &self.listen),
            ("--advertise", "quic.advertise", &self.advertise),
            ("--admin", "directory.admin", &self.admin),
            ("--certificate", "quic.certificate", &self.certificate),
            ("--key", "quic.key", &self.key),
            ("--ca", "quic.ca", &self.ca),
            ("--log", "log.filter", &self.log),
            ("--log-format", "log.format", &self.log_format),
        ];
        let given = flags
            .into_iter()
            .filter_map(|(flag, path, text)| Some((flag, path, text.as_ref()?)));
        let loader = given.fold(loader, |loader, (flag, path, text)| {
            loader.flag(flag, path, text)
        });
        self.set.iter().fold(loader, |loader, (path, text)| {
            loader.flag(format!("--set {path}"), path, text)
        })
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if path.contains('.') => Ok((path.trim().into(), value.into())),
        _ => Err("write it like directory.silent_after=5s".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_help_says_what_it_does_how_to_set_it_up_and_how_it_ends() {
        let help = Arguments::command().term_width(100).render_long_help();
        insta::assert_snapshot!(help.to_string());
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
