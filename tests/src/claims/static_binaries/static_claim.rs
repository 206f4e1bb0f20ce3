//! Building the released programs, looking at them, and running one where nothing else is.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::workspace;
use super::empty_root::EmptyRoot;
use super::linkage::Linkage;

/// The claim that the released programs need nothing but a kernel.
pub struct Static;

/// A build that takes longer hangs: from nothing it takes three minutes on two cores.
const BUILD_LIMIT: Duration = Duration::from_secs(1200);
/// A demo that takes longer hangs: it takes seconds.
const RUN_LIMIT: Duration = Duration::from_secs(120);
/// Bytes of one program (15 MB).
const MOST_BYTES: u64 = 15_000_000;
/// What a newcomer's service is, built as the programs are.
const SERVICE: &str = "hello_service";
/// Bytes of that (9 MB). It has a development CA in it, which a service without the feature `dev` has
/// not.
const MOST_SERVICE_BYTES: u64 = 9_000_000;

impl Claim for Static {
    fn name(&self) -> &'static str {
        "static"
    }

    fn summary(&self) -> &'static str {
        "the released programs are static, under 15 MB, and run in an empty root; a service is, \
         under 9 MB (builds first)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        workspace::runtime()?.block_on(tried(options))
    }
}

async fn tried(options: &Options) -> Result<Verdict, Untried> {
    let folder = tempfile::tempdir()?;
    release(folder.path(), None, &[]).await?;
    let mut faults = Vec::new();
    let mut programs: Vec<_> = fs::read_dir(folder.path())?.collect::<Result<_, _>>()?;
    programs.sort_by_key(fs::DirEntry::file_name);
    let mut figures = Vec::new();
    for program in &programs {
        let name = program.file_name().to_string_lossy().into_owned();
        let bytes = fs::read(program.path())?;
        faults.extend(faults_of(&name, &bytes, MOST_BYTES)?);
        faults.extend(faults_when_alone(&name, &program.path()).await?);
        figures.push(format!("{name} {:.1} MB", bytes.len() as f64 / 1e6));
    }
    let (megabytes, of_service) = service().await?;
    figures.push(format!("a service {megabytes:.1} MB"));
    faults.extend(of_service);
    if options.long {
        faults.extend(faults_when_built_again(folder.path()).await?);
    }
    faults.iter().for_each(|fault| println!("  {fault}"));
    Ok(Verdict {
        holds: faults.is_empty() && !programs.is_empty(),
        figure: figures.join(", "),
    })
}

/// The size of a service in MB, and what is wrong with it.
async fn service() -> Result<(f64, Vec<String>), Untried> {
    let folder = tempfile::tempdir()?;
    release(folder.path(), None, &[SERVICE]).await?;
    let program = folder.path().join(SERVICE);
    let bytes = fs::read(&program)?;
    let mut faults = faults_of(SERVICE, &bytes, MOST_SERVICE_BYTES)?;
    // Where nothing is, there are no settings: it has come so far as to look for them.
    let root = EmptyRoot::around(&program)?;
    let mut command = root.command(&[]);
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = workspace::finish(&mut command, RUN_LIMIT).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !said.contains("set QUIBUS_HOME") {
        faults.push(format!("{SERVICE} alone said {said:?}"));
    }
    Ok((bytes.len() as f64 / 1e6, faults))
}

/// Builds the programs, or these, into `folder`; with `target`, from nothing.
async fn release(folder: &Path, target: Option<&Path>, programs: &[&str]) -> Result<(), Untried> {
    let script = workspace::root().join(".ci/release");
    let mut command = Command::new(script);
    command.arg(folder).args(programs).stdin(Stdio::null());
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let status = workspace::finish(&mut command, BUILD_LIMIT).await?.status;
    if !status.success() {
        return Err(format!(".ci/release ended with {status}").into());
    }
    Ok(())
}

fn faults_of(name: &str, program: &[u8], most: u64) -> Result<Vec<String>, Untried> {
    let mut faults = Vec::new();
    let linkage = Linkage::read(program).map_err(|e| format!("reading {name}: {e}"))?;
    if !linkage.is_static() {
        faults.push(format!("{name} is not static: {linkage:?}"));
    }
    if program.len() as u64 > most {
        let bytes = program.len();
        faults.push(format!("{name} has {bytes} bytes, more than {most}"));
    }
    Ok(faults)
}

/// What goes wrong when a program is all there is.
async fn faults_when_alone(name: &str, program: &Path) -> Result<Vec<String>, Untried> {
    let root = EmptyRoot::around(program)?;
    let words: &[&str] = if name == "quibus" {
        &["demo"]
    } else {
        &["--version"]
    };
    let mut command = root.command(words);
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = workspace::finish(&mut command, RUN_LIMIT).await?;
    let said = String::from_utf8_lossy(&output.stdout);
    println!(
        "in a root folder with {:?}: {} {}",
        root.files()?,
        EmptyRoot::PROGRAM,
        words.join(" ")
    );
    said.lines().for_each(|line| println!("  | {line}"));
    if output.status.success() && !said.trim().is_empty() {
        return Ok(Vec::new());
    }
    let errors = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let status = output.status;
    Ok(vec![format!("{name} alone ended with {status}: {errors}")])
}

/// Where the same sources in another folder give other bytes.
async fn faults_when_built_again(first: &Path) -> Result<Vec<String>, Untried> {
    let (second, target) = (tempfile::tempdir()?, tempfile::tempdir()?);
    release(second.path(), Some(target.path()), &[]).await?;
    let mut faults = Vec::new();
    for program in fs::read_dir(first)? {
        let program = program?;
        let again = second.path().join(program.file_name());
        if fs::read(program.path())? != fs::read(again)? {
            faults.push(format!(
                "{:?} differs when built again",
                program.file_name()
            ));
        }
    }
    Ok(faults)
}
