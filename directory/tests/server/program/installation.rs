//! What somebody has who has just installed a directory server.

use std::path::{Path, PathBuf};

use quibus::config::{Config, ConfigLoader};
use quibus::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use tempfile::TempDir;
use tokio::process::Command;

/// A folder with certificates and a configuration file.
pub(super) struct Installation {
    folder: TempDir,
    ca: DevelopmentCa,
}

impl Installation {
    pub(super) fn new() -> Self {
        let installed = Self {
            folder: tempfile::tempdir().unwrap(),
            ca: DevelopmentCa::create("test", DevelopmentCa::VALID_FOR).unwrap(),
        };
        installed.issue(&Identity::Directory(peer("Directory.0")));
        installed.configure(CONFIGURATION);
        installed
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the configuration file.
    pub(super) fn configure(&self, text: &str) {
        std::fs::write(self.file("quibus.toml"), text).unwrap();
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a certificate with its key.
    pub(super) fn issue(&self, identity: &Identity) {
        let issued = self.ca.issue(identity, Validity::default()).unwrap();
        issued.save(self.folder.path()).unwrap();
    }

    /// The program, started in the folder, with nothing of this process's environment.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quibus-directory"));
        command
            .args(arguments)
            .env_clear()
            .current_dir(self.folder.path())
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// What a service of this name reads from its own configuration file.
    pub(super) fn service(&self, name: &str, directory: &str) -> Config {
        self.issue(&Identity::Peer(peer(name)));
        let text = format!(
            "[bus]\ndirectories = [\"{directory}\"]\n\
             [quic]\nlisten = \"127.0.0.1:0\"\nca = \"ca.pem\"\n\
             certificate = \"peer-{name}.pem\"\nkey = \"peer-{name}.key\"\n"
        );
        let loader = ConfigLoader::new().text(self.file("service.toml"), text);
        loader.load().unwrap()
    }
}

/// Ports are free ones, so that tests run beside each other.
pub(super) const CONFIGURATION: &str = "\
[quic]
listen = \"127.0.0.1:0\"
certificate = \"directory-Directory.0.pem\"
key = \"directory-Directory.0.key\"
ca = \"ca.pem\"
[directory]
data = \"data\"
admin = \"127.0.0.1:0\"
[log]
format = \"json\"
";

fn peer(name: &str) -> PeerId {
    PeerId::new(name).unwrap()
}
