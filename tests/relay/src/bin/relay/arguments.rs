//! What is typed.

use std::net::{Ipv4Addr, SocketAddr};

use clap::{Parser, ValueEnum};
use quibus_relay::{Chance, Direction, Rate, Weather};

/// Relays of one process, each at most 257 sockets.
const MOST_TARGETS: usize = 64;

/// Forwards UDP through bad weather: what clients send to LISTEN goes to TO, and answers go back.
///
/// Every fault is counted. The counters are printed as a table now and then, and at the end
/// (Ctrl-C, SIGTERM). The same seed and the same packets at the same times meet the same fate.
#[derive(Debug, Parser)]
#[command(
    name = "relay",
    version,
    after_help = "Example: a link of 20 ms with 1% loss in front of a service at port 7465\n  \
                  relay --listen 127.0.0.1:7001 --to 127.0.0.1:7465 --loss 1% --delay 20ms"
)]
pub struct Arguments {
    /// Where packets go. Repeat it for several targets.
    #[arg(long, value_name = "ADDRESS", required = true)]
    to: Vec<SocketAddr>,

    /// Where clients send to, once for each --to, in the same order [default: free ports of
    /// 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<SocketAddr>,

    /// Seed of all chances [default: $QUIBUS_SEED, else random; it is printed].
    #[arg(long)]
    pub seed: Option<u64>,

    /// Which way the weather below comes from; the other way is clear.
    #[arg(long, value_enum, default_value_t = Side::Both)]
    only: Side,

    /// How many packets vanish, such as 1% or 0.01.
    #[arg(long, value_name = "CHANCE", default_value_t, help_heading = "Weather")]
    loss: Chance,

    /// How long every packet takes, such as 20ms.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "0s",
        help_heading = "Weather"
    )]
    delay: humantime::Duration,

    /// Up to how much longer, evenly distributed.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "0s",
        help_heading = "Weather"
    )]
    jitter: humantime::Duration,

    /// How many packets are held back, so that later ones overtake them.
    #[arg(long, value_name = "CHANCE", default_value_t, help_heading = "Weather")]
    reorder: Chance,

    /// How long they are held back.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "10ms",
        help_heading = "Weather"
    )]
    reorder_by: humantime::Duration,

    /// How many packets arrive twice.
    #[arg(long, value_name = "CHANCE", default_value_t, help_heading = "Weather")]
    duplicate: Chance,

    /// How many packets arrive with a byte changed.
    #[arg(long, value_name = "CHANCE", default_value_t, help_heading = "Weather")]
    corrupt: Chance,

    /// Bytes that pass in a second, such as 100MB. 50 ms of it may queue, the rest is dropped
    /// [default: no limit].
    #[arg(long, value_name = "BYTES", help_heading = "Weather")]
    rate: Option<Rate>,

    /// Nothing passes.
    #[arg(long, help_heading = "Weather")]
    cut: bool,

    /// How often targets see their clients come from other ports [default: never].
    #[arg(long, value_name = "TIME", help_heading = "Weather")]
    pub change_addresses_every: Option<humantime::Duration>,

    /// How often the counters are printed; 0s: at the end only.
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub every: humantime::Duration,
}

/// Directions that have the weather.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    /// From clients to targets and back.
    Both,
    /// From clients to targets.
    ToTarget,
    /// From targets to clients.
    FromTarget,
}

impl Arguments {
    /// Where each relay listens, and where it forwards to.
    ///
    /// # Errors
    /// If there are not as many of one as of the other, or too many.
    pub fn routes(&self) -> Result<Vec<(SocketAddr, SocketAddr)>, String> {
        let (targets, listens) = (self.to.len(), self.listen.len());
        if targets > MOST_TARGETS {
            return Err(format!(
                "{targets} times --to is more than the {MOST_TARGETS} that one process relays: \
                 start another"
            ));
        }
        if listens != 0 && listens != targets {
            return Err(format!(
                "{listens} times --listen and {targets} times --to do not match: name an address \
                 to listen on for each target, or none for free ports"
            ));
        }
        let free = std::iter::repeat(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let listens = self.listen.iter().copied().chain(free);
        Ok(listens.zip(self.to.iter().copied()).collect())
    }

    /// The weather of a direction.
    pub fn weather_of(&self, direction: Direction) -> Weather {
        let concerned = match self.only {
            Side::Both => true,
            Side::ToTarget => direction == Direction::ToTarget,
            Side::FromTarget => direction == Direction::FromTarget,
        };
        if !concerned {
            return Weather::CLEAR;
        }
        Weather {
            cut: self.cut,
            loss: self.loss,
            delay: *self.delay,
            jitter: *self.jitter,
            reorder: self.reorder,
            reorder_by: *self.reorder_by,
            duplicate: self.duplicate,
            corrupt: self.corrupt,
            rate: self.rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TO: [&str; 3] = ["relay", "--to", "127.0.0.1:7465"];

    fn typed(more: &[&str]) -> Result<Arguments, String> {
        let all = TO.iter().chain(more);
        Arguments::try_parse_from(all).map_err(|refused| refused.to_string())
    }

    #[test]
    fn every_fault_can_be_typed() {
        let arguments = typed(&[
            "--listen=127.0.0.1:7001",
            "--loss=1%",
            "--delay=20ms",
            "--jitter=5ms",
            "--reorder=0.5%",
            "--reorder-by=3ms",
            "--duplicate=0.1%",
            "--corrupt=0.01%",
            "--rate=100MB",
            "--seed=42",
            "--cut",
        ]);
        let arguments = arguments.unwrap();
        let ms = Duration::from_millis;
        let expected = Weather {
            cut: true,
            loss: Chance::of(0.01),
            delay: ms(20),
            jitter: ms(5),
            reorder: Chance::of(0.005),
            reorder_by: ms(3),
            duplicate: Chance::of(0.001),
            corrupt: Chance::of(0.0001),
            rate: Some(Rate::of(100_000_000.try_into().unwrap())),
        };
        for direction in Direction::BOTH {
            assert_eq!(arguments.weather_of(direction), expected);
        }
        let route = ("127.0.0.1:7001".parse(), "127.0.0.1:7465".parse());
        let route = (route.0.unwrap(), route.1.unwrap());
        assert_eq!(arguments.routes(), Ok(vec![route]));
        assert_eq!(arguments.seed, Some(42));
    }

    #[test]
    fn one_way_weather_leaves_the_other_way_clear() {
        let arguments = typed(&["--loss=1%", "--only=from-target"]).unwrap();
        assert_eq!(arguments.weather_of(Direction::ToTarget), Weather::CLEAR);
        let lossy = arguments.weather_of(Direction::FromTarget);
        assert_eq!(lossy.loss, Chance::of(0.01));
    }

    #[test]
    fn mistakes_are_told_with_what_to_type_instead() {
        for (mistake, cure) in [
            ("--loss=5", "a percentage such as 1%"),
            ("--rate=fast", "such as 100MB"),
            ("--delay=20", "time unit needed, for example 20sec or 20ms"),
            ("--only=up", "to-target, from-target"),
            ("--listen=localhost", "invalid socket address"),
        ] {
            let told = typed(&[mistake]).unwrap_err();
            assert!(told.contains(cure), "{told}");
        }
    }

    #[test]
    fn addresses_to_listen_on_are_for_each_target_or_for_none() {
        let second = "--to=127.0.0.1:7466";
        assert_eq!(typed(&[second]).unwrap().routes().unwrap().len(), 2);
        let one = typed(&[second, "--listen=127.0.0.1:7001"]).unwrap();
        let told = one.routes().unwrap_err();
        assert!(told.contains("1 times --listen and 2 times --to"), "{told}");
        let many = vec![second; MOST_TARGETS];
        assert!(
            typed(&many)
                .unwrap()
                .routes()
                .unwrap_err()
                .contains("65 times")
        );
    }
}
