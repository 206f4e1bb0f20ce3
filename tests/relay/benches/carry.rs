//! What the relay carries, and how late it is: plain QUIC one way with and without it, and packets
//! through a delay.
//!
//! Everything runs in one process with as many threads as there are processors, so the relay
//! shares them with both ends.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use quibus::id::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_quic::QuicConfig;
use quibus_quic::raw::{Bounds, RawEndpoint, send_one_way};
use quibus_relay::{Chance, Relay, Weather};
use tokio::net::UdpSocket;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const RUNS: usize = 5;
const TIME: Duration = Duration::from_secs(1);
/// Of a message.
const LEN: usize = 64 << 10;
/// Packets whose lateness is measured.
const PACKETS: u32 = 1_000;
const DELAY: Duration = Duration::from_millis(5);

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // Tasks of the runtime, so that no thread of its own measures.
    runtime.block_on(async { tokio::spawn(measure()).await? })
}

async fn measure() -> Outcome<()> {
    let pair = Pair::new().await?;
    let calm = Weather::CLEAR;
    let unclear = Weather {
        delay: Duration::from_millis(1),
        duplicate: Chance::of(0.001),
        ..calm
    };
    println!(
        "QUIC one way, {} KiB a message, best and median of {RUNS}:",
        LEN >> 10
    );
    let (mut direct, mut clear, mut delayed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        direct.push(pair.carry(None).await?);
        clear.push(pair.carry(Some(calm)).await?);
        delayed.push(pair.carry(Some(unclear)).await?);
    }
    print("without the relay", direct);
    print("through it, clear", clear);
    print("through it, 1 ms and copies", delayed);
    println!("\n{PACKETS} packets through a delay of {DELAY:?}, later than that by:");
    let late = lateness().await?;
    for (name, at) in [("least", 0), ("median", 50), ("p99", 99), ("most", 100)] {
        let index = (late.len() - 1) * at / 100;
        println!("  {name:8}{:>8.0} µs", late[index].as_secs_f64() * 1e6);
    }
    Ok(())
}

/// Payload in MB/s, and packets that the relay forwarded per second.
type Carried = (f64, f64);

fn print(what: &str, mut runs: Vec<Carried>) {
    runs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let [best, median] = [0, RUNS / 2].map(|index| runs[index]);
    let packets = if median.1 == 0.0 {
        String::new()
    } else {
        format!("{:>10.0} packets/s", median.1)
    };
    println!("  {what:28}{:>8.0} {:>8.0} MB/s{packets}", best.0, median.0);
}

struct Pair {
    client: RawEndpoint,
    server: RawEndpoint,
    peer: PeerId,
}

impl Pair {
    async fn new() -> Outcome<Self> {
        let ca = DevelopmentCa::create("bench", DevelopmentCa::VALID_FOR)?;
        let config = |peer: &PeerId| -> Outcome<QuicConfig> {
            let issued = ca.issue(&Identity::Peer(peer.clone()), Validity::default())?;
            let mut config = QuicConfig::new(issued.credentials()?);
            config.listen = Some("127.0.0.1:0".to_owned());
            Ok(config)
        };
        let (client, server) = (PeerId::new("Bench.0")?, PeerId::new("Bench.1")?);
        Ok(Self {
            client: RawEndpoint::bind(&config(&client)?).await?,
            server: RawEndpoint::bind(&config(&server)?).await?,
            peer: server,
        })
    }

    async fn carry(&self, weather: Option<Weather>) -> Outcome<Carried> {
        let relay = match weather {
            Some(weather) => Some(Relay::to(self.server.address()).weather(weather).start()?),
            None => None,
        };
        let address = relay.as_ref().map_or(self.server.address(), Relay::address);
        let link = self.client.connect(address, &self.peer).await?;
        let began = Instant::now();
        let sent = send_one_way(&[link], LEN, Bounds::new(TIME, u64::MAX)).await?;
        let seconds = began.elapsed().as_secs_f64();
        let packets = relay.map_or(0, |relay| {
            let counters = relay.counters();
            counters.to_target.forwarded + counters.from_target.forwarded
        });
        let bytes = sent as f64 * LEN as f64;
        Ok((bytes / 1e6 / seconds, packets as f64 / seconds))
    }
}

/// How much later than they should packets come, sorted.
async fn lateness() -> Outcome<Vec<Duration>> {
    let delayed = Weather {
        delay: DELAY,
        ..Weather::CLEAR
    };
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let (client, target) = (UdpSocket::bind(free).await?, UdpSocket::bind(free).await?);
    let relay = Relay::to(target.local_addr()?).weather(delayed).start()?;
    let mut late = Vec::new();
    let mut datagram = [0; 8];
    for packet in 0..PACKETS {
        // At any phase of the timer's millisecond.
        let phase = Duration::from_micros(u64::from(packet) * 37 % 1_000);
        let from = Instant::now();
        while from.elapsed() < phase {
            std::hint::spin_loop();
        }
        let sent = Instant::now();
        client
            .send_to(&packet.to_be_bytes(), relay.address())
            .await?;
        target.recv_from(&mut datagram).await?;
        late.push(sent.elapsed().saturating_sub(DELAY));
    }
    late.sort();
    Ok(late)
}
