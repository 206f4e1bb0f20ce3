//! Commands and events of types that the tool has not compiled.

use tokio::time::Instant;

use super::*;

/// Data that two programs of the examples serve: who greets, and who tells the time.
struct Town {
    _home: tempfile::TempDir,
    home: std::path::PathBuf,
    bus: Program,
    greeter: Program,
    ticker: Program,
}

impl Town {
    async fn start() -> Self {
        let programs = built(&["hello_service", "ticker"]).await;
        let [service, ticker] = &programs[..] else {
            panic!("{programs:?}");
        };
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_owned();
        let (bus, _) = up(&home).await;
        let mut watching = Program::start(quibus(&["peers", "--watch"], &home));
        watching.until("Directory.0").await;
        let greeter = Program::start(command(service, &[], &home));
        watching.until("+ Greeter.0  up").await;
        let ticker = Program::start(command(ticker, &[], &home));
        watching.until("+ Clock.0  up").await;
        let town = Self {
            _home: folder,
            home,
            bus,
            greeter,
            ticker,
        };
        // Who is there may still be telling what its types look like.
        for name in ["Hello.Greet", "Time.Ticked"] {
            let end = Instant::now() + LIMIT;
            while town
                .typed(&["publish", name, "--raw", "08"])
                .await
                .2
                .contains("nobody has described")
            {
                assert!(Instant::now() < end, "{name} is never described");
            }
        }
        town
    }

    async fn typed(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        typed(arguments, &self.home).await
    }

    #[cfg(unix)]
    async fn stop(self) {
        self.greeter.stop("-TERM").await;
        self.ticker.stop("-TERM").await;
        assert_eq!(self.bus.stop("-INT").await, ["stopped"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_is_sent_as_json_and_whatever_becomes_of_it_is_said() {
    let town = Town::start().await;
    let sent = town
        .typed(&["send", "Hello.Greet", r#"{"name": "tool"}"#])
        .await;
    assert_eq!(sent, (Some(0), "\"Hello, tool!\"\n".into(), String::new()));
    let (code, shown, _) = town.typed(&["send", "Hello.Greet", "-o", "json"]).await;
    assert_eq!(code, Some(0));
    assert_eq!(
        shown,
        "{\"apiVersion\":\"quibus/v1\",\"kind\":\"Reply\",\"reply\":\"Hello, !\",\
         \"type\":\"Hello.Greet\"}\n"
    );
    // A name of one letter in protobuf.
    let raw = ["send", "Hello.Greet", "--raw", "0a0158"];
    assert_eq!(town.typed(&raw).await.1, "\"Hello, X!\"\n");
    let to = ["send", "Hello.Greet", "--to", "Nobody.0"];
    let (code, _, said) = town.typed(&to).await;
    assert_eq!(code, Some(3), "{said}");

    let (code, _, said) = town
        .typed(&["send", "Hello.Greet", r#"{"nmae": "x"}"#])
        .await;
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("no field nmae") && said.contains("mean name?"),
        "{said}"
    );
    let (code, _, said) = town.typed(&["send", "Hello.Grete"]).await;
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("did you mean Hello.Greet?"), "{said}");
    let (code, _, said) = town.typed(&["publish", "Hello.Greet"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("quibus send Hello.Greet"), "{said}");

    let (_, shown, _) = town.typed(&["peers"]).await;
    assert!(!shown.contains("Cli."), "the tool has left: {shown}");
    town.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn events_are_shown_as_they_happen_and_published_as_json() {
    let town = Town::start().await;
    let every = ["tail", "-n", "2", "-o", "json"];
    let (code, shown, said) = town.typed(&every).await;
    assert_eq!((code, shown.lines().count()), (Some(0), 2), "{said}");
    let first: serde_json::Value = serde_json::from_str(shown.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["sender"], &first["type"]),
        (&"Clock.0".into(), &"Time.Ticked".into())
    );
    assert_eq!(first["message"]["clock"], "Clock.0");

    let mine = ["tail", "Time.Ticked", "mine"];
    let mut tail = Program::start(quibus(&mine, &town.home));
    let event = r#"{"clock": "mine", "second": 7}"#;
    let end = Instant::now() + LIMIT;
    loop {
        let (code, shown, said) = town.typed(&["publish", "Time.Ticked", event]).await;
        match code {
            Some(0) => break assert_eq!(shown, "queued for 1 peer\n"),
            // Nobody listens to it yet.
            code => assert_eq!(code, Some(3), "{said}"),
        }
        assert!(Instant::now() < end, "nobody ever listens");
    }
    let lines = tail.until("Time.Ticked").await;
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert!(line.contains("  Cli."), "{line}");
    assert!(
        line.ends_with(r#"Time.Ticked  {"clock":"mine","second":7}"#),
        "{line}"
    );
    let id = tail.child.id().unwrap().to_string();
    let asked = Command::new("kill").args(["-INT", &id]).status().await;
    assert!(asked.unwrap().success());
    let status = timeout(LIMIT, tail.child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(130));

    let (code, _, said) = town.typed(&["tail", "Hello.Greet"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("is a command"), "{said}");
    let (_, shown, _) = town.typed(&["peers"]).await;
    assert!(!shown.contains("Cli."), "the tool has left: {shown}");
    town.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn who_listens_to_all_hears_what_is_described_later_as_well() {
    let programs = built(&["ticker"]).await;
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let (bus, _) = up(home).await;
    // What it says on stderr tells when it has looked at what there is.
    let both = [
        "-c",
        r#"exec "$0" tail -n 1 2>&1"#,
        env!("CARGO_BIN_EXE_quibus"),
    ];
    let mut tail = Program::start(command("sh", &both, home));
    tail.until("no event is described yet").await;
    let ticker = Program::start(command(&programs[0], &[], home));
    tail.until("listening to Time.Ticked").await;
    tail.until("  Clock.0  Time.Ticked  ").await;
    ticker.stop("-TERM").await;
    let status = timeout(LIMIT, tail.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(bus.stop("-INT").await, ["stopped"]);
}
