//! What systemd is told, where it has started the program (`Type=notify`).

/// Tells that peers can register from now on.
pub(crate) fn ready(status: &str) {
    #[cfg(unix)]
    tell(&[
        sd_notify::NotifyState::Ready,
        sd_notify::NotifyState::Status(status),
    ]);
    #[cfg(not(unix))]
    let _ = status;
}

/// Tells that the program leaves on request.
pub(crate) fn stopping() {
    #[cfg(unix)]
    tell(&[sd_notify::NotifyState::Stopping]);
}

/// Without a supervisor nobody is told, and that is no fault.
#[cfg(unix)]
fn tell(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the supervisor named by NOTIFY_SOCKET cannot be told");
    }
}
