//! The one UDP socket of a transport.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use quibus::transport::BindError;
use socket2::{Domain, Protocol, Socket, Type};

/// Thousands of packets were lost on loopback with the system's default of 208 KiB, none with
/// this.
const BUFFER: usize = 4 * 1024 * 1024;

/// Opens the socket that `listen` asks for: `None` is a free port on every interface.
pub(crate) async fn bind(listen: Option<&str>) -> Result<UdpSocket, BindError> {
    let Some(listen) = listen else {
        // A machine without IPv6 refuses the first.
        return open((Ipv6Addr::UNSPECIFIED, 0).into())
            .or_else(|_| open((Ipv4Addr::UNSPECIFIED, 0).into()))
            .map_err(|error| failure("any address", &error));
    };
    let mut addresses =
        tokio::net::lookup_host(listen)
            .await
            .map_err(|error| BindError::Address {
                address: listen.to_owned(),
                reason: format!("{error}; write address:port, for instance 127.0.0.1:7000"),
            })?;
    let address = addresses.next().ok_or_else(|| BindError::Address {
        address: listen.to_owned(),
        reason: "the name has no address".to_owned(),
    })?;
    open(address).map_err(|error| failure(listen, &error))
}

/// Whether a socket bound to `local` can send to `remote`, and the form of `remote` it takes.
pub(crate) fn reachable(local: SocketAddr, remote: SocketAddr) -> bool {
    match (local.ip(), remote.ip()) {
        (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => true,
        (IpAddr::V6(local), IpAddr::V4(_)) => local.is_unspecified(),
        (IpAddr::V4(_), IpAddr::V6(_)) => false,
    }
}

fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    ask_for_buffers(&socket);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// A system that grants less is slower and loses more, but works.
fn ask_for_buffers(socket: &Socket) {
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    let receive = socket.recv_buffer_size().unwrap_or(0);
    let send = socket.send_buffer_size().unwrap_or(0);
    if receive.min(send) < BUFFER {
        tracing::warn!(
            receive,
            send,
            asked = BUFFER,
            "the system grants smaller socket buffers: expect lost packets under load; raise \
             net.core.rmem_max and net.core.wmem_max"
        );
    } else {
        tracing::debug!(receive, send, "socket buffers");
    }
}

/// The socket buffers that this system grants to a transport, in bytes: to receive, and to send.
/// It asks for 4 MiB each; with less, bursts are lost.
///
/// # Errors
/// If no UDP socket can be opened.
pub fn granted_buffers() -> io::Result<(usize, usize)> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    Ok((socket.recv_buffer_size()?, socket.send_buffer_size()?))
}

fn failure(listen: &str, error: &io::Error) -> BindError {
    let cure = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another process (or another bus of this one) listens there: stop it, or choose \
             another port; port 0 takes a free one"
        }
        io::ErrorKind::AddrNotAvailable => "no interface of this machine has that address",
        io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege: choose a higher one",
        _ => "check the address",
    };
    BindError::Address {
        address: listen.to_owned(),
        reason: format!("{error}; {cure}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_occupied_port_is_named_with_its_cure() {
        let first = bind(Some("127.0.0.1:0")).await.unwrap();
        let address = first.local_addr().unwrap().to_string();
        let text = bind(Some(&address)).await.unwrap_err().to_string();
        assert!(
            text.contains(&address) && text.contains("another port"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn an_address_without_a_port_is_refused_with_an_example() {
        let text = bind(Some("localhost")).await.unwrap_err().to_string();
        assert!(
            text.contains("localhost") && text.contains("127.0.0.1:7000"),
            "{text}"
        );
    }

    #[test]
    fn a_socket_on_every_interface_reaches_both_families_and_others_only_their_own() {
        let every: SocketAddr = "[::]:1".parse().unwrap();
        let v4: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let v6: SocketAddr = "[::1]:1".parse().unwrap();
        assert!(reachable(every, v4) && reachable(every, v6));
        assert!(reachable(v4, v4) && !reachable(v4, v6));
        assert!(!reachable(v6, v4));
    }
}
