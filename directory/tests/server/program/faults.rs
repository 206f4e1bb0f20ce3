//! What somebody is told who starts a second server, or only asks. All else that is done wrongly is
//! told in the tables of the claim `bad-input`.

use tokio::time::timeout;

use super::{Installation, LIMIT, Process};

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
