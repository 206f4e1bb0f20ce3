//! A directory and a context in a folder, as `quibus up` makes them.

use std::path::Path;
use std::sync::Arc;

use quibus::Identity;
use quibus::config::{Context, Contexts};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_directory::{Directory, DirectoryConfig, embed};
use quibus_quic::Quic;
use tempfile::TempDir;

use crate::program::Program;

/// A directory in this process, and a folder in which programs find it and a CA.
pub struct DevelopmentBus {
    home: TempDir,
    directory: Directory,
}

impl DevelopmentBus {
    const DIRECTORY: &str = "Directory.0";

    pub async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("dev");
        let ca = DevelopmentCa::create("dev", DevelopmentCa::VALID_FOR).unwrap();
        ca.replace(&folder).unwrap();
        let identity = Identity::Directory(Self::DIRECTORY.parse().unwrap());
        let issued = ca.issue(&identity, Validity::default()).unwrap();
        let wire = Quic::with(issued.credentials().unwrap()).listen("127.0.0.1:0");
        let config = DirectoryConfig::new(Self::DIRECTORY, Arc::new(wire));
        let directory = embed(config).await.unwrap();

        let file = folder.join(DevelopmentCa::CERTIFICATE_FILE);
        let mut context = Context::new("dev", vec![directory.address().to_owned()], file);
        context.authority = Some(folder);
        let contexts = Contexts::at(home.path().join("contexts"));
        contexts.save("dev", &context).unwrap();
        contexts.select("dev").unwrap();
        Self { home, directory }
    }

    /// Starts a program that finds this bus.
    pub fn program(&self, file: &str, words: &[&str]) -> Program {
        Program::start(file, words, self.home())
    }

    /// Runs a program to its good end; returns what it printed.
    pub async fn output(&self, file: &str, words: &[&str]) -> Vec<String> {
        self.program(file, words).rest().await
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Ends the directory.
    pub async fn stop(self) {
        self.directory.stop(crate::program::LIMIT).await.unwrap();
    }
}
