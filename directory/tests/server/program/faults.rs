//! What somebody is told who has done something wrong: an exit code, and lines that name the
//! culprit and the cure.

use std::fmt::Write;
use std::fs;

use quibus::{Identity, PeerId};
use quibus_certs::issue::DevelopmentCa;
use tokio::process::Command;
use tokio::time::timeout;

use super::installation::CONFIGURATION;
use super::{Installation, LIMIT, Process};

/// Something that is wrong, and what is done to make it so.
struct Case {
    title: &'static str,
    arguments: &'static [&'static str],
    spoil: fn(&Installation, &mut Command),
}

fn case(
    title: &'static str,
    arguments: &'static [&'static str],
    spoil: fn(&Installation, &mut Command),
) -> Case {
    Case {
        title,
        arguments,
        spoil,
    }
}

/// The configuration with something added to its section `[directory]`.
fn with(installed: &Installation, line: &str) {
    let text = CONFIGURATION.replace("[log]", &format!("{line}\n[log]"));
    installed.configure(&text);
}

/// Runs the program to its end; returns what it says, without what differs from run to run.
async fn complaint(case: &Case) -> String {
    let installed = Installation::new();
    let mut command = installed.command(case.arguments);
    (case.spoil)(&installed, &mut command);
    let output = timeout(LIMIT, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{}: it does not end", case.title));
    let output = output.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let folder = installed.folder().display().to_string();
    let said = unnamed(&said.replace(&folder, "FOLDER"));
    let code = output.status.code().unwrap_or(-1);
    format!("{} -> {code}\n{said}\n", case.title)
}

/// Without the eight digits that tell one development CA from another.
fn unnamed(said: &str) -> String {
    const CA: &str = "development CA ";
    let parts = said
        .split_once(CA)
        .and_then(|(before, after)| Some((before, after.get(8..)?)));
    parts.map_or(said.to_owned(), |(before, after)| {
        format!("{before}{CA}NUMBER{after}")
    })
}

async fn complaints(cases: &[Case]) -> String {
    let mut all = String::new();
    for case in cases {
        let _ = write!(all, "{}", complaint(case).await);
    }
    all
}

#[tokio::test]
async fn a_wrong_configuration_is_named_with_file_line_and_column() {
    let cases = [
        case("no such file", &["--config", "nowhere.toml"], |_, _| {}),
        case("no TOML", &[], |installed, _| {
            installed.configure("[directory\n")
        }),
        case("a mistyped key", &[], |installed, _| {
            with(installed, "silent_afetr = \"3s\"")
        }),
        case("a mistyped section", &[], |installed, _| {
            installed.configure(&CONFIGURATION.replace("[directory]", "[diretcory]"));
        }),
        case("a key without a section", &[], |installed, _| {
            installed.configure(&format!("data = \"data\"\n{CONFIGURATION}"));
        }),
        case("a duration without a unit", &[], |installed, _| {
            with(installed, "barrier = 2")
        }),
        case("a number below zero", &[], |installed, _| {
            with(installed, "max_peers = -1")
        }),
        case("a directory for nobody", &[], |installed, _| {
            with(installed, "max_peers = 0\nsilent_after = \"0s\"");
        }),
        case("two faults at once", &[], |installed, _| {
            with(installed, "barier = \"2s\"\nprobe = \"soon\"");
        }),
        case(
            "an unknown provider",
            &["--set", "quic.provider=openssl"],
            |_, _| {},
        ),
        case(
            "a mistyped setting in a flag",
            &["--set", "directory.bariér=1s"],
            |_, _| {},
        ),
        case(
            "an admin address that is none",
            &["--admin", "localhost"],
            |_, _| {},
        ),
        case(
            "an admin address for everybody",
            &["--admin", "0.0.0.0:7466"],
            |_, _| {},
        ),
        case(
            "a log level that is none",
            &["--log", "quibus=loud"],
            |_, _| {},
        ),
        case(
            "a log format that is none",
            &["--log-format", "xml"],
            |_, _| {},
        ),
        case("a variable with one underscore", &[], |_, command| {
            command.env("QUIBUS_DIRECTORY_DATA", "data");
        }),
        case("a variable of no key", &[], |_, command| {
            command.env("QUIBUS_DIRECTORY__DATE", "data");
        }),
        case("no data folder", &[], |installed, _| {
            installed.configure(&CONFIGURATION.replace("data = \"data\"\n", ""));
        }),
    ];
    insta::assert_snapshot!(complaints(&cases).await);
}

#[tokio::test]
async fn a_wrong_command_line_is_explained() {
    let cases = [
        case("an unknown flag", &["--dta", "x"], |_, _| {}),
        case(
            "a setting without a value",
            &["--set", "directory.barrier"],
            |_, _| {},
        ),
        case("a word too many", &["start"], |_, _| {}),
    ];
    insta::assert_snapshot!(complaints(&cases).await);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named_with_its_file() {
    use std::os::unix::fs::PermissionsExt;
    let cases = [
        case(
            "no such certificate",
            &["--certificate", "nowhere.pem"],
            |_, _| {},
        ),
        case("a certificate that is not set", &[], |installed, _| {
            let text = CONFIGURATION.replace("certificate", "# certificate");
            installed.configure(&text);
        }),
        case("a key for everybody", &[], |installed, _| {
            let key = installed.file("directory-Directory.0.key");
            fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap();
        }),
        case(
            "the key of another",
            &["--key", "peer-Shop.0.key"],
            |installed, _| {
                issue(installed, "Shop.0");
            },
        ),
        case(
            "the certificate of a service",
            &[
                "--certificate",
                "peer-Shop.0.pem",
                "--key",
                "peer-Shop.0.key",
            ],
            |installed, _| issue(installed, "Shop.0"),
        ),
        case("the CA of another environment", &[], |installed, _| {
            let other = DevelopmentCa::create("other", DevelopmentCa::VALID_FOR).unwrap();
            fs::write(installed.file("ca.pem"), other.certificate_pem()).unwrap();
        }),
        case("no PEM", &[], |installed, _| {
            fs::write(installed.file("ca.pem"), "ca").unwrap();
        }),
    ];
    insta::assert_snapshot!(complaints(&cases).await);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_used_is_left_alone() {
    let cases = [
        case("a file", &["--data", "ca.pem"], |_, _| {}),
        case("the folder of another", &[], |installed, _| {
            fs::create_dir(installed.file("data")).unwrap();
            let boot = "quibus-directory 1\npeer Directory.1\nincarnation 7\n";
            fs::write(installed.file("data/boot"), boot).unwrap();
        }),
        case("a damaged folder", &[], |installed, _| {
            fs::create_dir(installed.file("data")).unwrap();
            fs::write(installed.file("data/boot"), "quibus-dir").unwrap();
        }),
    ];
    insta::assert_snapshot!(complaints(&cases).await);
}

#[tokio::test]
async fn a_second_server_in_one_folder_or_at_one_address_is_refused() {
    let installed = Installation::new();
    let mut first = Process::start(&installed, &[]).await;
    let address = first.serving().await;
    let admin = first.admin().to_string();
    let second = async |arguments: &[&str]| {
        let output = timeout(LIMIT, installed.command(arguments).output()).await;
        let output = output.expect("it does not end").unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let said = said.replace(&installed.folder().display().to_string(), "FOLDER");
        let said = said.replace(&address, "ADDRESS").replace(&admin, "ADMIN");
        format!("{} {said}", output.status.code().unwrap_or(-1))
    };
    let all = [
        second(&[]).await,
        second(&["--data", "other", "--listen", &address]).await,
        second(&["--data", "other", "--admin", &admin]).await,
    ];
    insta::assert_snapshot!(all.concat());
    // The first one is none the worse.
    assert_eq!(first.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_check_touches_nothing_and_says_what_would_be() {
    let installed = Installation::new();
    let checked = installed.command(&["--check"]).output().await.unwrap();
    assert_eq!(checked.status.code(), Some(0));
    let said = String::from_utf8(checked.stdout).unwrap();
    let expected = "Directory.0 of test would listen on 127.0.0.1:0, with its data in data\n";
    assert_eq!(said, expected);
    assert!(!installed.file("data").exists());
}

fn issue(installed: &Installation, name: &str) {
    let peer = Identity::Peer(PeerId::new(name).unwrap());
    installed.issue(&peer);
}
