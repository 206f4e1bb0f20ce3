//! The bus with each provider of cryptography; see `README.md`.

mod harness;

fn main() -> std::process::ExitCode {
    harness::run_providers()
}
