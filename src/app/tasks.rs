//! What goes on beside requests: following the change log, writing activity, sweeping what has run out.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::House;
use crate::listener::Certificates;
use crate::session::POLL_INTERVAL;
use crate::telemetry::{CertificateSource, Metrics};

const ACTIVITY_INTERVAL: Duration = Duration::from_secs(5);
/// Whoever was refused reads the reference out at once.
const DENIALS_INTERVAL: Duration = Duration::from_secs(1);
const SWEEP_INTERVAL: Duration = Duration::from_secs(300);
/// What it forgets is worth nothing after minutes: a signature for each session in use.
const TIDY_INTERVAL: Duration = Duration::from_secs(60);

/// How soon after its time a session is asked about.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// How soon a certificate that was put in the place of another is served, twice this at most.
const FILES_INTERVAL: Duration = Duration::from_secs(10);

/// Reads the files of certificates again when they have changed, until we stop. With or without a database.
pub(super) async fn look_at_files(
    certificates: Arc<Certificates>,
    metrics: Arc<Metrics>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut ticks = interval(FILES_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        let looked = Arc::clone(&certificates);
        if let Err(error) = spawn_blocking(move || looked.look()).await {
            tracing::error!(cause = %error, "cannot look at the files of certificates");
        }
        let first = certificates.of_files().iter().map(|(_, certificate)| certificate.ends_at().secs()).min();
        metrics.certificates.first_end(CertificateSource::File, first);
    }
}

/// Runs every task until we stop.
pub(super) async fn run(house: Arc<House>, mut stopped: watch::Receiver<bool>) {
    let follow = every(POLL_INTERVAL, "follow the change log", || house.changes.catch_up());
    let write = every(ACTIVITY_INTERVAL, "write the activity of sessions", || house.sessions.write_activity());
    let uses = every(ACTIVITY_INTERVAL, "write the last uses of tokens", || house.bearers.write_uses());
    let count = every(DENIALS_INTERVAL, "write refused requests to the audit log", || house.denials.write());
    let sweep = every(SWEEP_INTERVAL, "sweep what has run out", || async {
        house.bearers.sweep().await;
        house.sessions.sweep().await
    });
    let tidy = every(TIDY_INTERVAL, "tidy up", || async {
        house.gateway.forwarder.sweep().await;
        Ok::<_, std::convert::Infallible>(())
    });
    let refresh = every(REFRESH_INTERVAL, "fetch claims again", || house.login.refresh_due());
    let forget = every(SWEEP_INTERVAL, "forget what is kept no longer", || house.login.directory.sweep());
    tokio::select! {
        () = follow => {}
        () = write => {}
        () = uses => {}
        () = count => {}
        () = sweep => {}
        () = tidy => {}
        () = refresh => {}
        () = forget => {}
        () = reload(&house) => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

/// Takes in each change of the catalogue.
async fn reload(house: &House) {
    let mut catalogue = house.changes.catalogue();
    // What happened between the house's building and now.
    loop {
        catalogue.mark_unchanged();
        // Until it succeeds: what has been closed must not stay open because one read failed.
        while !house.reload().await {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        if catalogue.changed().await.is_err() {
            return;
        }
    }
}

/// Does `task` again and again. A failure is told once, until it succeeds again.
async fn every<E: Display, F: Future<Output = Result<(), E>>>(period: Duration, what: &str, task: impl Fn() -> F) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        match task().await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!("can {what} again");
            }
            Err(error) if !failing => {
                failing = true;
                tracing::error!(cause = %error, "cannot {what}");
            }
            Ok(()) | Err(_) => {}
        }
    }
}
