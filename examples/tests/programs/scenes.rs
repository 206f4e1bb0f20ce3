//! The programs, one scene after the other.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::development_bus::DevelopmentBus;
use crate::program::{LIMIT, Program};
use crate::readme::shown_for;

const CHAT: &str = env!("CARGO_BIN_EXE_chat");
const ECHO: &str = env!("CARGO_BIN_EXE_echo");
const TOUR: &str = env!("CARGO_BIN_EXE_tour");
const WEATHER: &str = env!("CARGO_BIN_EXE_weather");

#[tokio::test]
async fn hello_greets() {
    let folder = tempfile::tempdir().unwrap();
    let hello = Program::start(env!("CARGO_BIN_EXE_hello"), &[], folder.path());
    assert_eq!(hello.rest().await, shown_for("hello"));
}

#[tokio::test]
async fn the_tour_prints_what_the_readme_shows() {
    let bus = DevelopmentBus::start().await;
    for stop in [
        "typed-error",
        "routing",
        "state-and-layers",
        "subscribe",
        "body",
        "serde-types",
    ] {
        let printed = bus.output(TOUR, &[stop]).await;
        assert_eq!(printed, shown_for(&format!("tour {stop}")), "{stop}");
    }
    bus.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn quickstart_handles_its_own_command_and_the_event_that_it_wants() {
    let bus = DevelopmentBus::start().await;
    let mut quickstart = bus.program(env!("CARGO_BIN_EXE_quickstart"), &[]);
    for shown in shown_for("quickstart") {
        assert_eq!(quickstart.line().await, shown);
    }
    assert_eq!(quickstart.stop().await, [""; 0]);
    bus.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn echo_says_everything_back_also_by_http() {
    let bus = DevelopmentBus::start().await;
    let mut gateway = bus.program(env!("CARGO_BIN_EXE_gateway"), &["127.0.0.1:0"]);
    let address = gateway.line().await;
    let unavailable = post(&address, "hello").await;
    assert!(unavailable.starts_with("HTTP/1.1 503 "), "{unavailable}");

    let mut service = bus.program(ECHO, &["serve"]);
    assert_eq!(service.line().await, shown_for("echo serve")[0]);
    let words = ["say", "good", "morning"];
    assert_eq!(
        bus.output(ECHO, &words).await,
        shown_for("echo say good morning")
    );

    let answer = post(&address, "good evening").await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\ngood evening"),
        "{answer}"
    );
    let refused = post(&address, "a text of more than twenty bytes").await;
    assert!(
        refused.starts_with("HTTP/1.1 413 ") && refused.contains("is too long"),
        "{refused}"
    );
    gateway.stop().await;
    service.stop().await;
    bus.stop().await;
}

/// The whole answer to a `POST` of this text.
async fn post(address: &str, text: &str) -> String {
    let host = address
        .strip_prefix("http://")
        .and_then(|rest| rest.strip_suffix("/echo"));
    let host = host.unwrap_or_else(|| panic!("{address} is no address of the gateway"));
    let request = format!(
        "POST /echo HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: text/plain\r\n\
         content-length: {}\r\n\r\n{text}",
        text.len()
    );
    let mut answer = String::new();
    let exchange = async {
        let mut connection = TcpStream::connect(host).await?;
        connection.write_all(request.as_bytes()).await?;
        connection.read_to_string(&mut answer).await
    };
    timeout(LIMIT, exchange).await.unwrap().unwrap();
    answer
}

#[cfg(unix)]
#[tokio::test]
async fn a_chat_tells_who_comes_what_is_said_and_who_goes() {
    let bus = DevelopmentBus::start().await;
    let mut server = bus.program(CHAT, &["serve"]);
    assert_eq!(server.line().await, shown_for("chat serve")[0]);
    let mut ann = bus.program(CHAT, &["join", "ann", "news", "general"]);
    assert_eq!(ann.line().await, "in #news, #general");
    let mut bob = bus.program(CHAT, &["join", "bob", "general"]);
    assert_eq!(bob.line().await, "in #general");

    let shown = shown_for("chat join ann news general");
    assert_eq!(
        [shown[0].as_str(), &shown[1]],
        ["in #news, #general", "bob joined"]
    );
    assert_eq!(ann.line().await, shown[1]);
    bob.type_line("hello?").await;
    assert_eq!(
        bob.line().await,
        "say where: /send CHANNEL TEXT, or /default CHANNEL"
    );
    // Bob does not listen to the news, but may say some.
    bob.type_line("/send news I am here").await;
    bob.type_line("/default general").await;
    bob.type_line("anybody?").await;
    for line in &shown[2..4] {
        assert_eq!(ann.line().await, *line);
    }
    ann.type_line("/send news so I hear").await;
    ann.type_line("/send general I am").await;
    assert_eq!(bob.line().await, "[#general] ann: I am");
    bob.type_line("/exit").await;
    assert_eq!(bob.rest().await, [""; 0]);
    assert_eq!(ann.line().await, shown[4]);
    assert_eq!(ann.rest().await, [""; 0]);
    server.stop().await;
    bus.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn collectors_have_every_measurement_of_their_station_and_no_other() {
    let bus = DevelopmentBus::start().await;
    let mut collectors = Vec::new();
    for station in ["Seattle", "SanFrancisco"] {
        let mut collector = bus.program(WEATHER, &["collect", station]);
        assert_eq!(
            collector.line().await,
            format!("Collector.{station} is live")
        );
        collectors.push(collector);
    }
    for station in ["Seattle", "SanFrancisco"] {
        let measured = bus.output(WEATHER, &["measure", station]).await;
        assert_eq!(measured, [format!("{station} measured, 8759 collected")]);
    }
    let july = bus.output(WEATHER, &["ask", "Seattle", "7"]).await;
    assert_eq!(july, shown_for("weather ask Seattle 7"));
    for collector in collectors {
        assert_eq!(collector.stop().await, [""; 0]);
    }
    bus.stop().await;
}

#[tokio::test]
async fn a_program_without_a_bus_says_what_to_start_and_one_called_wrongly_how_to_call_it() {
    let home = tempfile::tempdir().unwrap();
    for (file, words, cure) in [
        (ECHO, &["say", "hello"][..], "quibus up"),
        (TOUR, &["nowhere"], "usage: tour typed-error"),
        (WEATHER, &["measure", "Berlin"], "there are Seattle"),
    ] {
        let said = complaint(file, words, home.path()).await;
        assert!(said.contains(cure), "{said}");
    }
}

async fn complaint(file: &str, words: &[&str], home: &std::path::Path) -> String {
    let program = tokio::process::Command::new(file)
        .args(words)
        .env("QUIBUS_HOME", home)
        .env_remove("QUIBUS_CONTEXT")
        .env_remove("QUIBUS_CONFIG")
        .current_dir(home)
        .kill_on_drop(true)
        .output();
    let output = timeout(LIMIT, program).await.unwrap().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}
