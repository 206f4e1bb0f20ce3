//! Starting the two processes, and judging what they report.

use std::env;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use quibus::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_relay::{Relay, Weather};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::workspace;
use super::mover::{Moved, Report};
use super::{keeper, mover};

/// The claim that a body of a GiB passes through less than 64 MiB of memory on either side, and
/// that a long way does not make it crawl.
pub struct Body;

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;
/// Bytes of memory that neither process may ever have.
const MOST_MEMORY: u64 = 64 * MIB;
/// Starting takes a moment; more hangs.
const START: Duration = Duration::from_secs(20);
/// What the bodies may take, each way, before something hangs: 300 s a GiB.
const SLOWEST: u64 = GIB / 300;
/// Of each packet over the long way.
const DELAY: Duration = Duration::from_millis(200);
/// Bytes that go over the long way.
const FAR: u64 = 64 * MIB;
/// What they may take, each way. With 256 KiB a round trip they would take 102 s.
const FAR_WITHIN: f64 = 30.0;

impl Claim for Body {
    fn name(&self) -> &'static str {
        "body"
    }

    fn summary(&self) -> &'static str {
        "1 GiB passes between two processes through less than 64 MiB of memory in each, and \
         200 ms each way do not make it crawl"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let gib = if options.long { 8 } else { 1 };
        let runtime = workspace::runtime()?;
        let near = runtime.block_on(move_bodies(gib * GIB, None))?;
        tell("near", &near);
        let far = runtime.block_on(move_bodies(FAR, Some(DELAY)))?;
        tell("200 ms away", &far);
        Ok(judge(&near, gib * GIB, &far))
    }

    fn play(&self, part: &[String]) -> Result<(), Untried> {
        let runtime = workspace::runtime()?;
        match part {
            [role, folder] if role == keeper::NAME => {
                runtime.block_on(keeper::run(Path::new(folder)))
            }
            [role, folder, address, bytes] if role == mover::NAME => {
                let bytes = bytes.parse()?;
                runtime.block_on(mover::run(Path::new(folder), address, bytes))
            }
            other => Err(format!("there is no part {other:?} in this claim").into()),
        }
    }
}

fn tell(how_far: &str, report: &Report) {
    for (way, moved) in [("sent", &report.sent), ("fetched", &report.fetched)] {
        let Moved {
            bytes,
            as_it_was,
            seconds,
        } = moved;
        let arrived = if *as_it_was { "as it was" } else { "CHANGED" };
        let rate = *bytes as f64 / 1e6 / seconds;
        println!("{how_far}, {way}: {bytes} bytes, {arrived}, {seconds:.1} s, {rate:.0} MB/s");
    }
    println!(
        "{how_far}: at most {:.1} MiB (who sends and fetches; {:.1} before) and {:.1} MiB (the \
         other; {:.1} before)",
        mib(report.mover),
        mib(report.mover_before),
        mib(report.keeper),
        mib(report.keeper_before),
    );
}

fn judge(near: &Report, bytes: u64, far: &Report) -> Verdict {
    let whole = |moved: &Moved, bytes| moved.as_it_was && moved.bytes == bytes;
    let small = |peak: u64| peak < MOST_MEMORY;
    let both = |report: &Report, bytes| {
        whole(&report.sent, bytes)
            && whole(&report.fetched, bytes)
            && small(report.mover)
            && small(report.keeper)
    };
    let slower = far.sent.seconds.max(far.fetched.seconds);
    Verdict {
        holds: both(near, bytes) && both(far, FAR) && slower <= FAR_WITHIN,
        figure: format!(
            "{:.0} MiB each way through at most {:.1} MiB, allowed: {} MiB; {} MiB over 200 ms each \
             way in at most {slower:.1} s, allowed: {FAR_WITHIN:.0} s",
            mib(bytes),
            mib(near.mover.max(near.keeper).max(far.mover).max(far.keeper)),
            MOST_MEMORY / MIB,
            FAR / MIB,
        ),
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB as f64
}

async fn move_bodies(bytes: u64, delay: Option<Duration>) -> Result<Report, Untried> {
    let folder = tempfile::tempdir()?;
    certify(folder.path())?;
    let part = |role: &str| {
        let mut command = Command::new(env::current_exe()?);
        command.args(["body", "--part", role]);
        command.arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        Ok::<_, Untried>(command)
    };
    let mut keeper = part(keeper::NAME)?.kill_on_drop(true).spawn()?;
    let address = first_line(&mut keeper).await?;
    // In this process, so that its memory is nobody's who is measured.
    let relay = match delay {
        Some(delay) => {
            let weather = Weather {
                delay,
                ..Weather::CLEAR
            };
            Some(Relay::to(address.parse()?).weather(weather).start()?)
        }
        None => None,
    };
    let address = relay
        .as_ref()
        .map_or(address, |relay| relay.address().to_string());
    let mut mover = part(mover::NAME)?;
    mover.args([address, bytes.to_string()]);
    let limit = START + Duration::from_secs(2 * bytes.max(FAR * 8) / SLOWEST);
    let output = workspace::finish(&mut mover, limit).await?;
    if !output.status.success() {
        return Err(format!("the process that moves bodies ended with {}", output.status).into());
    }
    let report = serde_json::from_slice(&output.stdout);
    report.map_err(|e| format!("what it printed is no report: {e}").into())
}

/// Leaves certificates for both processes. They are fed by hand, as only directories are.
fn certify(folder: &Path) -> Result<(), Untried> {
    let ca = DevelopmentCa::create("claim", DevelopmentCa::VALID_FOR)?;
    for name in [keeper::NAME, mover::NAME] {
        let identity = Identity::Directory(PeerId::new(name)?);
        ca.issue(&identity, Validity::default())?.save(folder)?;
    }
    Ok(())
}

async fn first_line(child: &mut Child) -> Result<String, Untried> {
    let stdout = child.stdout.take().ok_or("its output is no pipe")?;
    let mut lines = BufReader::new(stdout).lines();
    let line = timeout(START, lines.next_line()).await;
    let line = line.map_err(|_| "the other process says nothing")??;
    line.ok_or_else(|| "the other process ended at once".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(bytes: u64) -> Report {
        let moved = || Moved {
            bytes,
            as_it_was: true,
            seconds: 1.0,
        };
        Report {
            sent: moved(),
            fetched: moved(),
            mover_before: MIB,
            mover: 40 * MIB,
            keeper_before: MIB,
            keeper: 41 * MIB,
        }
    }

    #[test]
    fn a_byte_less_another_content_and_too_much_memory_each_refute_the_claim() {
        let holds = |near, far| judge(&near, GIB, &far).holds;
        assert!(holds(report(GIB), report(FAR)));
        let refuted = |change: fn(&mut Report)| {
            let (mut near, mut far) = (report(GIB), report(FAR));
            change(&mut near);
            change(&mut far);
            !holds(near, report(FAR)) && !holds(report(GIB), far)
        };
        assert!(refuted(|report| report.sent.bytes -= 1));
        assert!(refuted(|report| report.sent.as_it_was = false));
        assert!(refuted(|report| report.fetched.as_it_was = false));
        assert!(refuted(|report| report.mover = MOST_MEMORY));
        assert!(refuted(|report| report.keeper = MOST_MEMORY));
        let mut crawled = report(FAR);
        crawled.fetched.seconds = FAR_WITHIN + 1.0;
        assert!(!holds(report(GIB), crawled));
    }
}
