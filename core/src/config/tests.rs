//! What somebody sees who writes a configuration, rightly or wrongly.

use std::time::Duration;

use super::{Config, ConfigError, ConfigLoader, reference, section};

section! {
    /// A section like the bus's own.
    struct Settings in "bus" {
        /// A list.
        directories: Vec<String> = Vec::new();
        /// A text.
        instance: String = "0".into();
        /// A duration.
        registration_timeout: Duration = Duration::from_secs(10);
        /// Another.
        send_timeout: Duration = Duration::from_secs(30);
        /// Another.
        ping_after: Duration = Duration::from_secs(1);
        /// Another.
        broken_after: Duration = Duration::from_secs(3);
    }
}

fn file(text: &str) -> ConfigLoader {
    ConfigLoader::new().text("quibus.toml", text)
}

fn variable(name: &str, text: &str) -> [(String, String); 1] {
    [(name.to_owned(), text.to_owned())]
}

/// What is wrong, once everything has been read.
fn complaint(loader: ConfigLoader) -> String {
    let read = loader
        .load()
        .and_then(|config| config.section::<Settings>());
    read.expect_err("it was taken").to_string()
}

fn origins(config: &Config) -> Vec<(String, String)> {
    let shown = config.show::<Settings>().unwrap();
    let given = shown
        .into_iter()
        .filter(|shown| shown.origin.to_string() != "default");
    given
        .map(|shown| (shown.key.to_owned(), shown.origin.to_string()))
        .collect()
}

#[test]
fn each_layer_wins_over_those_below_and_each_value_knows_where_it_came_from() {
    let loader = || {
        file("[bus]\nsend_timeout = \"1s\"\nping_after = \"2s\"\n  broken_after = \"4s\"\n")
            .text("more.toml", "bus.instance = \"7\"\n")
            .flag("--ping-after", "bus.ping_after", "9s")
            .variables(variable("QUIBUS_BUS__SEND_TIMEOUT", "3s"))
    };
    let config = loader().load().unwrap();
    let settings: Settings = config.section().unwrap();
    assert_eq!(settings.send_timeout, Duration::from_secs(3));
    assert_eq!(settings.ping_after, Duration::from_secs(9));
    assert_eq!(settings.broken_after, Duration::from_secs(4));
    assert_eq!(settings.instance, "7");
    assert_eq!(settings.registration_timeout, Duration::from_secs(10));
    let expected = [
        ("instance", "more.toml:1:5"),
        ("send_timeout", "QUIBUS_BUS__SEND_TIMEOUT"),
        ("ping_after", "--ping-after"),
        ("broken_after", "quibus.toml:4:3"),
    ];
    let expected = expected.map(|(key, origin)| (key.to_owned(), origin.to_owned()));
    assert_eq!(origins(&config), expected);
    let over = loader()
        .code("bus.ping_after", "1s")
        .flag("--more", "bus.ping_after", "8s");
    let settings: Settings = over.load().unwrap().section().unwrap();
    assert_eq!(settings.ping_after, Duration::from_secs(1));
}

#[test]
fn what_nobody_knows_is_named_with_its_place_and_what_was_meant() {
    for (text, expected) in [
        (
            "[bus]\nsned_timeout = \"5s\"\n",
            "quibus.toml:2:1: unknown key of [bus] `sned_timeout`; did you mean `send_timeout`?",
        ),
        (
            "\n[bsu]\n  instance = \"1\"\n",
            "quibus.toml:3:3: unknown section `bsu`; did you mean [bus]?",
        ),
        (
            "[shop]\nname = \"Corner\"\n",
            "quibus.toml:2:1: unknown section `shop`; there are bus, quic, directory, log",
        ),
        (
            "instance = \"1\"\n",
            "quibus.toml:1:1: unknown setting outside of any section `instance`; move it below \
             the line of its [section]",
        ),
        (
            "[bus]\nsend_timeout = 5\n",
            "quibus.toml:2:1: bus.send_timeout cannot be 5: a duration has a unit, as in \"5s\"",
        ),
        (
            "[bus]\ninstance = 7\n",
            "quibus.toml:2:1: bus.instance cannot be 7: it is a text, in quotation marks",
        ),
        (
            "[bus]\ndirectories = \"a:1\"\n",
            "quibus.toml:2:1: bus.directories cannot be \"a:1\": it is a list of texts, as in \
             [\"a\", \"b\"]",
        ),
        (
            "[bus.send_timeout]\nseconds = 5\n",
            "quibus.toml:1:6: bus.send_timeout cannot be a table: a duration has a unit, as in \
             \"5s\", \"250ms\" or \"1m 30s\"",
        ),
    ] {
        assert_eq!(complaint(file(text)), expected);
    }
}

#[test]
fn what_is_no_toml_is_placed() {
    let text = complaint(file("[bus]\nsend_timeout = \n"));
    assert!(text.starts_with("quibus.toml:2:16: "), "{text}");
    let text = complaint(file("[bus]\ninstance = \"1\"\ninstance = \"2\"\n"));
    assert!(
        text == "quibus.toml:3:1: duplicate key; keep one of the two",
        "{text}"
    );
    let text = complaint(file("[\n"));
    assert!(
        !text.contains('\n') && text.starts_with("quibus.toml:1:2: "),
        "{text}"
    );
}

#[test]
fn every_fault_is_told_at_once_a_line_each_in_the_order_of_the_file() {
    let text = complaint(file(
        "[bus]\nbroken_after = \"soon\"\nping = \"1s\"\ninstance = 1\n",
    ));
    let places: Vec<_> = text.lines().map(|line| &line[..15]).collect();
    let expected = ["quibus.toml:2:1", "quibus.toml:3:1", "quibus.toml:4:1"];
    assert_eq!(places, expected, "{text}");
}

#[test]
fn a_variable_that_is_almost_a_setting_is_refused_and_others_are_left_alone() {
    for (name, expected) in [
        (
            "QUIBUS_BUS__SENDTIMEOUT",
            "QUIBUS_BUS__SENDTIMEOUT: unknown key of [bus] `sendtimeout`; did you mean \
             `send_timeout`?",
        ),
        (
            "QUIBUS_BUS_SEND_TIMEOUT",
            "QUIBUS_BUS_SEND_TIMEOUT: unknown variable `QUIBUS_BUS_SEND_TIMEOUT`; two underscores \
             stand between section and key: QUIBUS_BUS__SEND_TIMEOUT",
        ),
        (
            "QUIBUS_BUSS__INSTANCE",
            "QUIBUS_BUSS__INSTANCE: unknown section `buss`; did you mean QUIBUS_BUS__INSTANCE?",
        ),
    ] {
        let loader = ConfigLoader::new().variables(variable(name, "1"));
        assert_eq!(complaint(loader), expected);
    }
    for name in [
        "QUIBUS_CONFIG",
        "QUIBUS_CONTEXT",
        "QUIBUS_HOME",
        "QUIBUS_CI_CACHE",
        "HOME",
    ] {
        let loader = ConfigLoader::new().variables(variable(name, "x"));
        assert!(loader.load().is_ok(), "{name}");
    }
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    let missing: ConfigError = ConfigLoader::new().file("no/such.toml").load().unwrap_err();
    let text = missing.to_string();
    assert!(text.starts_with("no/such.toml: cannot be read: "), "{text}");
    let variables = variable("QUIBUS_CONFIG", "no/such.toml");
    let named = ConfigLoader::new().variables(variables).usual_file().load();
    assert!(named.is_err());
}

#[test]
fn the_reference_says_every_key_with_its_default_and_reads_back_as_the_defaults() {
    let text = reference::<Settings>();
    assert!(text.contains("# send_timeout = \"30s\" "), "{text}");
    let uncommented = text.replace("\n# ", "\n");
    let config = file(&uncommented).load().unwrap();
    assert_eq!(config.section::<Settings>(), Ok(Settings::default()));
}
