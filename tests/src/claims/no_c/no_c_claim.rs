//! Building behind the fence, failing behind it, and looking at the tree.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::workspace;
use super::crate_tree::{BANNED, banned_in, crates_in};
use super::fence::Fence;

/// The claim that rustc and a linker driver are all that a build needs.
pub struct NoC;

/// A build that takes longer hangs: from nothing it takes two minutes on two cores.
const LIMIT: Duration = Duration::from_secs(1200);

/// Systems whose trees are looked at, beside the one that the build runs on.
const TARGETS: &[&str] = &[
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
];

impl Claim for NoC {
    fn name(&self) -> &'static str {
        "no-c"
    }

    fn summary(&self) -> &'static str {
        "the workspace builds without a C compiler, assembler, cmake or protoc (builds first)"
    }

    fn run(&self, _: &Options) -> Result<Verdict, Untried> {
        workspace::runtime()?.block_on(tried())
    }
}

async fn tried() -> Result<Verdict, Untried> {
    let (toolchain, host) = toolchain().await?;
    let mut faults = Vec::new();
    let mut crates = 0;
    let others = TARGETS.iter().copied().filter(|target| *target != host);
    for target in std::iter::once(host.as_str()).chain(others) {
        let listing = tree(target).await?;
        crates = crates.max(crates_in(&listing));
        println!("{target}: {} crates in the tree", crates_in(&listing));
        let found = banned_in(&listing).into_iter();
        faults.extend(found.map(|name| format!("{name} is in the tree for {target}")));
    }
    let fence = Fence::build(&toolchain)?;
    let target = tempfile::tempdir()?;
    let all = ["build", "--workspace", "--all-targets", "--locked"];
    if !build(&fence, target.path(), &all, Stdio::inherit()).await? {
        faults.push("the workspace does not build behind the fence".into());
    }
    let calls = fence.calls()?;
    println!(
        "built behind the fence: {} calls of the linker driver, {} refused",
        calls.links,
        calls.refused.len()
    );
    faults.extend(calls.refused.iter().map(|call| format!("refused: {call}")));

    let ring = [
        "build",
        "-p",
        "quibus-quic-crypto",
        "--features",
        "ring",
        "--locked",
    ];
    // It fails, as it must; what it says of that would only look like a fault.
    let built = build(&fence, target.path(), &ring, Stdio::null()).await?;
    let stopped = fence.calls()?.refused.len() - calls.refused.len();
    let how = if built { "succeeds" } else { "fails" };
    println!("the counter-proof, a build with ring, {how} there: {stopped} calls refused");
    if built || stopped == 0 {
        faults.push("the fence has a hole: ring was built behind it".into());
    }
    faults.iter().for_each(|fault| println!("  {fault}"));
    Ok(Verdict {
        holds: faults.is_empty(),
        figure: format!(
            "{} calls of native tools but {} of the linker driver; none of {} banned crates among \
             {crates}",
            calls.refused.len(),
            calls.links,
            BANNED.len(),
        ),
    })
}

/// The folder of the toolchain's programs, past any proxies, and the system that it is for.
async fn toolchain() -> Result<(PathBuf, String), Untried> {
    let ask = async |words: &[&str]| -> Result<String, Untried> {
        let mut rustc = Command::new("rustc");
        rustc.args(words).stdout(Stdio::piped());
        let output = workspace::finish(&mut rustc, LIMIT).await?;
        Ok(String::from_utf8(output.stdout)?)
    };
    let root = ask(&["--print", "sysroot"]).await?;
    let version = ask(&["-vV"]).await?;
    let mut lines = version
        .lines()
        .filter_map(|line| line.strip_prefix("host: "));
    let host = lines.next().ok_or("rustc does not say what it runs on")?;
    Ok((Path::new(root.trim_end()).join("bin"), host.to_owned()))
}

/// What Cargo would build for a system, one crate a line.
async fn tree(target: &str) -> Result<String, Untried> {
    let words = "tree --workspace -e normal,build --prefix none --locked --target";
    let mut cargo = Command::new(workspace::cargo());
    cargo.args(words.split(' ')).arg(target);
    cargo
        .current_dir(workspace::root())
        .stderr(Stdio::inherit());
    cargo.stdin(Stdio::null()).stdout(Stdio::piped());
    let output = workspace::finish(&mut cargo, LIMIT).await?;
    if !output.status.success() {
        return Err(format!("`cargo {words} {target}` ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a build behind the fence succeeds.
async fn build(fence: &Fence, target: &Path, words: &[&str], says: Stdio) -> Result<bool, Untried> {
    let mut cargo = Command::new("cargo");
    fence.enclose(&mut cargo);
    cargo.args(words).arg("--target-dir").arg(target);
    // Nobody debugs it, and the folder is thrown away: half the time and a third of the space.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo.env("CARGO_INCREMENTAL", "0");
    cargo.current_dir(workspace::root()).stderr(says);
    let output = workspace::finish(cargo.stdin(Stdio::null()), LIMIT).await?;
    Ok(output.status.success())
}
