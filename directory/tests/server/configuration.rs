//! A bus that its configuration tells where the directory is.

use quibus::Bus;
use quibus::bus::{MemoryTable, StartError};
use quibus::config::{Config, ConfigLoader};

use crate::town::{ADDRESS, Town};

fn config(text: &str) -> Config {
    let loader = ConfigLoader::new().text("quibus.toml", text);
    loader.load().expect("it can be read")
}

#[tokio::test(start_paused = true)]
async fn a_bus_takes_its_directories_and_its_instance_from_the_configuration() {
    let town = Town::new(1);
    let directory = town.directory().await;
    let said = config(&format!(
        "[bus]\ndirectories = [\"memory:nowhere\", \"{ADDRESS}\"]\ninstance = \"3\"\n"
    ));
    let shop = Bus::builder("Shop").shared_transport(town.net.transport_for("Shop.3"));
    let shop = shop.start_with(&said).await.expect("it starts");
    assert_eq!(shop.peer().as_str(), "Shop.3");
    assert_eq!(directory.peers().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_the_program_says_wins_over_the_configuration() {
    let town = Town::new(2);
    let _directory = town.directory().await;
    let said = config("[bus]\ndirectories = [\"memory:nowhere\"]\ninstance = \"3\"\n");
    let shop = town.bus("Shop.7").start_with(&said).await;
    assert_eq!(shop.expect("it starts").peer().as_str(), "Shop.7");
}

#[tokio::test(start_paused = true)]
async fn a_time_out_of_the_configuration_is_kept_to() {
    let town = Town::new(3);
    let said = config("[bus]\nregistration_timeout = \"1500ms\"\n");
    let error = town.bus("Shop.0").start_with(&said).await.unwrap_err();
    let kept = matches!(
        error,
        StartError::NoDirectory {
            within_ms: 1500,
            ..
        }
    );
    assert!(kept, "{error}");
}

fn budget_of(bus: &Bus) -> u64 {
    let memory = bus.memory();
    let budget = memory
        .items
        .iter()
        .find(|item| item.what == MemoryTable::BUDGET);
    budget.expect("it has one").bytes()
}

#[tokio::test(start_paused = true)]
async fn a_memory_budget_of_the_configuration_is_kept_to_unless_the_program_says_another() {
    let town = Town::new(5);
    let _directory = town.directory().await;
    let said = config("[bus]\nmemory_budget = \"64MiB\"\n");
    let shop = town.bus("Shop.0").start_with(&said).await.unwrap();
    let web = town.bus("Web.0").memory_budget(32 << 20);
    let web = web.start_with(&said).await.unwrap();
    let plain = town.bus("Bank.0").start_with(&config("")).await.unwrap();
    let by_default = budget_of(&plain);
    assert_eq!(budget_of(&shop) * 8, by_default);
    assert_eq!(budget_of(&web) * 16, by_default);

    let said = config("[bus]\nmemory_budget = \"15MiB\"\n");
    let error = town.bus("Far.0").start_with(&said).await.unwrap_err();
    let expected = "quibus.toml:2:1: bus.memory_budget cannot be \"15MiB\": two lanes need more; \
                    give at least \"16MiB\"";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_setting_is_an_error_of_the_start_with_its_place() {
    let town = Town::new(4);
    let said = config("[bus]\nsned_timeout = \"5s\"\n");
    let error = town.bus("Shop.0").start_with(&said).await.unwrap_err();
    let expected =
        "quibus.toml:2:1: unknown key of [bus] `sned_timeout`; did you mean `send_timeout`?";
    assert_eq!(error.to_string(), expected);
    let said = config("[bus]\nping_after = \"0s\"\n");
    let error = town.bus("Shop.0").start_with(&said).await.unwrap_err();
    let expected = "quibus.toml:2:1: bus.ping_after cannot be zero: it has to be more than that";
    assert_eq!(error.to_string(), expected);
}
