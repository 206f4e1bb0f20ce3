//! Times of the bus beside raw QUIC; see `README.md`.

mod harness;

fn main() -> std::process::ExitCode {
    harness::run(|| None)
}
