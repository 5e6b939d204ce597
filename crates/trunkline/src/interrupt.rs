use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use trunkline_migrate::Interrupt;

/// Turns Ctrl-C and SIGTERM into a request to stop; a second one ends the process at once.
pub(crate) fn listen() -> Interrupt {
    listen_and_say("stopping: what runs is cancelled (again: end at once)")
}

/// The same with other words on standard error.
pub(crate) fn listen_and_say(words: &'static str) -> Interrupt {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        for asked_before in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asked_before {
                std::process::exit(130);
            }
            eprintln!("\n{words}");
            let _ = sender.send(true);
        }
    });
    Interrupt::new(receiver)
}
