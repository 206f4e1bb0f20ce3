//! Sowing the faults, and asking the doctor.

use std::fs;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::companion::Companion;
use super::super::ground::{Ground, Table};
use super::super::programs::{Form, Programs};
use super::super::workspace;
use super::feigned;
use super::judge::{self, Diagnosis};

/// The claim that `quibus doctor` finds what is wrong, and nothing where nothing is.
pub struct Doctor;

const FAULTS: &str = include_str!("faults.toml");
/// Whoever takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// Files that a process may hold open at once, from many down to none left for a socket.
const FILES: std::ops::RangeInclusive<u32> = 9..=16;

impl Claim for Doctor {
    fn name(&self) -> &'static str {
        "doctor"
    }

    fn summary(&self) -> &'static str {
        "`quibus doctor` finds each of the seeded faults with its cure, and nothing where nothing is \
         wrong (builds first)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        workspace::runtime()?.block_on(tried(options))
    }

    fn play(&self, part: &[String]) -> Result<(), Untried> {
        workspace::runtime()?.block_on(feigned::run(part))
    }
}

async fn tried(options: &Options) -> Result<Verdict, Untried> {
    let packages = ["quibus-cli", "quibus-directory", "quibus-examples"];
    let programs = Programs::build(&packages, Form::AsThisOne).await?;
    let mut ground = Ground::prepare(programs).await?;
    sow(&mut ground).await?;
    let table = Table::read(FAULTS)?;
    let (mut found, mut wrong) = (0, 0);
    let mut tell = |title: &str, said: &str, faults: &[String]| {
        if options.long || !faults.is_empty() {
            println!("{title}: {said}");
        }
        faults.iter().for_each(|fault| println!("  WRONG: {fault}"));
        match faults.is_empty() {
            true => found += 1,
            false => wrong += 1,
        }
    };
    for case in &table.cases {
        let output = ground.meet(case).await?;
        let (said, faults) = match Diagnosis::read(&output) {
            Ok(diagnosis) => (
                diagnosis.line(),
                judge::faults_of(case, &output, &diagnosis),
            ),
            Err(fault) => (String::new(), vec![fault]),
        };
        tell(&case.title, &said, &faults);
    }
    let starved = starved(&ground).await?;
    tell("no file left for a socket", "", &starved);
    let healthy = healthy(&ground).await?;
    tell("a bus on which nothing is wrong", "", &healthy);
    Ok(Verdict {
        holds: wrong == 0,
        figure: format!(
            "{} seeded faults and one healthy bus: {found} judged rightly, {wrong} wrongly",
            table.cases.len() + 1
        ),
    })
}

/// Directories whose clock or version is another, and one of whose peers is frozen.
async fn sow(ground: &mut Ground) -> Result<(), Untried> {
    let ours = env!("CARGO_PKG_VERSION");
    for (word, ahead, version) in [
        ("{tomorrow}", "86400", ours),
        ("{soon}", "30", ours),
        ("{newer}", "0", "9.9.9"),
    ] {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["doctor", "--part", ahead, version])
            .current_dir(ground.folder());
        let feigned = Companion::start("a feigned directory", command)?;
        let address = feigned.line_with("127.0.0.1:").await?;
        ground.take_in(word, address, feigned);
    }
    let frozen = ground.directory("{frozen}", ".", "ca.pem").await?;
    let watching = ground.greeter(&frozen).await?;
    ground.signal_last("-STOP").await?;
    watching.line_with("silent, was up").await?;
    Ok(())
}

/// What goes wrong where a process may not open one more file: the one that no socket is left for is
/// looked for, as how many files a process needs for itself is not known here.
async fn starved(ground: &Ground) -> Result<Vec<String>, Untried> {
    let program = ground.programs().file("quibus")?.display().to_string();
    for files in FILES.rev() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -n \"$1\"; exec \"$2\" doctor -o json", "sh"])
            .args([&files.to_string(), &program])
            .env("QUIBUS_HOME", "home")
            .current_dir(ground.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = workspace::finish(&mut command, LIMIT).await?;
        match Diagnosis::read(&output) {
            Ok(diagnosis) if diagnosis.finds("UDP buffers", "no UDP socket can be opened") => {
                return Ok(Vec::new());
            }
            Ok(_) => {}
            Err(fault) => return Ok(vec![format!("with {files} files {fault}")]),
        }
    }
    Ok(vec!["it opens sockets whatever the limit".into()])
}

/// What goes wrong beside `quibus up` and a service, where all is well.
async fn healthy(ground: &Ground) -> Result<Vec<String>, Untried> {
    let home = tempfile::tempdir()?;
    let command = |program: &str| -> Result<Command, Untried> {
        let mut command = Command::new(ground.programs().file(program)?);
        command
            .env_clear()
            .env("QUIBUS_HOME", home.path())
            .current_dir(home.path());
        Ok(command)
    };
    let mut up = command("quibus")?;
    up.args(["up", "--listen", "127.0.0.1:0"]);
    let up = Companion::start("quibus up", up)?;
    up.line_with("Stop with Ctrl-C").await?;
    let mut watch = command("quibus")?;
    watch.args(["peers", "--watch"]);
    let watching = Companion::start("quibus peers", watch)?;
    watching.line_with("Directory.0").await?;
    let _service = Companion::start("hello_service", command("hello_service")?)?;
    watching.line_with("+ Greeter.0").await?;

    let mut doctor = command("quibus")?;
    doctor.args(["doctor", "-o", "json"]);
    doctor.stdin(Stdio::null());
    doctor.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output: Output = workspace::finish(&mut doctor, LIMIT).await?;
    let diagnosis = Diagnosis::read(&output)?;
    let mut faults = Vec::new();
    if !output.status.success() || diagnosis.count() > 0 {
        faults.push(format!("{}: {}", output.status, diagnosis.line()));
    }
    faults.extend(diagnosis.fault_about_buffers(granted()?));
    Ok(faults)
}

/// Bytes of the socket buffers that the kernel grants at the most, as it says itself; it counts what
/// it needs for its own books, which doubles them.
fn granted() -> Result<u64, Untried> {
    let read = |name: &str| -> Result<u64, Untried> {
        let text = fs::read_to_string(format!("/proc/sys/net/core/{name}"))?;
        Ok(text.trim().parse()?)
    };
    Ok(2 * read("rmem_max")?.min(read("wmem_max")?))
}
