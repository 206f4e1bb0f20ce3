//! The admin pages, and those who misuse them.

use tokio::net::TcpStream;

use super::{Installation, Process};

#[tokio::test]
async fn the_pages_answer_what_they_are_asked_and_refuse_the_rest() {
    let installed = Installation::new();
    let mut server = Process::start(&installed, &[]).await;
    server.serving().await;
    let answer = server.get("/livez").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "alive\n"));
    let answer = server.get("/readyz").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ready\n"));
    let answer = server.get("/").await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("/metrics"), "{answer:?}");
    let posted = "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(server.ask(posted).await.status, 405);
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(20_000));
    assert!([414, 431].contains(&server.ask(&long).await.status));
    let many = "X: y\r\n".repeat(100);
    let many = format!("GET /livez HTTP/1.1\r\nHost: x\r\n{many}\r\n");
    assert_eq!(server.ask(&many).await.status, 431);
    assert_eq!(server.ask("QUIC, please\r\n\r\n").await.status, 400);
}

#[tokio::test]
async fn the_metrics_say_what_runs_who_is_there_and_until_when() {
    let installed = Installation::new();
    let mut server = Process::start(&installed, &[]).await;
    server.serving().await;
    server.shows("quibus_directory_ready", "1").await;
    let version = format!(
        "quibus_build_info{{version=\"{}\"}}",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(server.metric(&version).await.as_deref(), Some("1"));
    let ends = server.metric("quibus_cert_expiry_timestamp_seconds").await;
    assert!(ends.unwrap().parse::<f64>().unwrap() > 1.7e9);
    let body = server.get("/metrics").await.body;
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit_once(' ').map(|(_, value)| value);
        assert!(
            value.is_some_and(|value| value.parse::<f64>().is_ok()),
            "{line}"
        );
    }
}

/// More than are let in at once: they are cut off when they have not asked in time.
#[tokio::test]
async fn clients_that_hold_connections_and_say_nothing_do_not_shut_out_others() {
    let installed = Installation::new();
    let mut server = Process::start(&installed, &[]).await;
    server.serving().await;
    let mut held = Vec::new();
    for _ in 0..40 {
        held.push(TcpStream::connect(server.admin()).await.unwrap());
    }
    assert_eq!(server.get("/livez").await.status, 200);
}
