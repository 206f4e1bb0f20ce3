//! How the process that receives is started.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use quibus_quic::Provider;

use crate::Outcome;
use crate::settings::Layout;

/// How the process that receives is started: this very program once more, with these words before
/// the four that [`Server::start`](crate::Server::start) takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerProgram(pub Vec<String>);

impl ServerProgram {
    /// Starts it; returns it with the addresses that it listens on.
    pub(crate) fn start(
        &self,
        folder: &Path,
        client: SocketAddr,
        provider: Provider,
        layout: Layout,
    ) -> Outcome<(Child, Vec<SocketAddr>)> {
        let mut server = Command::new(std::env::current_exe()?)
            .args(&self.0)
            .arg(folder)
            .arg(client.to_string())
            .arg(provider.name())
            .arg(layout.name())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = server.stdout.take().ok_or("the server has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let addresses = line.split(' ').map(|address| address.trim().parse());
        let addresses: Result<Vec<SocketAddr>, _> = addresses.collect();
        Ok((server, addresses.map_err(|_| "the server did not start")?))
    }
}
