//! One more server: a replica on the same database, or one whose database does not work.

use std::net::SocketAddr;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vestibule::app::{App, AppError, Options};
use vestibule::base::{Ambient, SystemChance};

use super::browser::Browser;
use super::world::{TestClock, eventually, settings};

/// A running server, built as production does.
pub struct Server {
    /// Where browsers reach it.
    pub address: SocketAddr,
    /// `/healthz` and `/readyz`.
    pub operations: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), AppError>>,
}

impl Server {
    /// Starts one; whether it becomes ready is for the test to see.
    pub async fn start(configuration: &str, clock: &TestClock) -> Self {
        let ambient = Ambient::new(clock.clone(), SystemChance::default());
        let app = App::bind(settings(configuration), Options::default(), ambient).await.expect("free ports");
        let (address, operations) = (app.addresses()[0], app.operations_address());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(app.run(async {
            let _ = stopped.await;
        }));
        Self { address, operations, stop, task }
    }

    /// What `/readyz` answers.
    pub async fn readiness(&self) -> u16 {
        Browser::new().fetch(&format!("http://{}/readyz", self.operations)).await.status.as_u16()
    }

    /// Waits until it is ready.
    pub async fn ready(&self) {
        eventually("the server is ready", async || self.readiness().await == 200).await;
    }

    /// Stops it in order.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.expect("the server does not panic").expect("the server stops in order");
    }
}
