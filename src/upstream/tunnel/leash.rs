//! What ends a tunnel from outside. One task looks after all of them: ten thousand timers would be a load of their own.

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::task::yield_now;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::upstream::{Standing, StillAllowed};

/// How often it is asked whether a tunnel may go on. With the change log at most 250 ms behind, a session's end closes
/// its tunnels within a second.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How long the answer may take. It comes from memory; if it does not come, the answer is no.
const CHECK_PATIENCE: Duration = Duration::from_secs(2);
/// Most tunnels that are asked about in a row, at about a microsecond each, before others have their turn.
const TURN: usize = 128;

/// Every tunnel there is, and every answer that lasts.
#[derive(Default)]
pub(in crate::upstream) struct Leashes {
    held: Mutex<Vec<Weak<Leash>>>,
}

/// One of them.
pub(in crate::upstream) struct Leash {
    /// As long as there is one, somebody asks about it.
    _tended: Arc<Leashes>,
    still_allowed: StillAllowed,
    /// Where it leads.
    peer: IpAddr,
    /// An answer is on its way.
    asking: AtomicBool,
    end: OnceLock<Standing>,
    waker: AtomicWaker,
}

impl Leashes {
    /// None yet. A task looks after those to come.
    pub(in crate::upstream) fn tended() -> Arc<Self> {
        let leashes = Arc::default();
        tokio::spawn(tend(Arc::downgrade(&leashes)));
        leashes
    }

    /// One more, which leads to that address and lasts as long as whoever holds it.
    pub(in crate::upstream) fn take(self: &Arc<Self>, still_allowed: StillAllowed, peer: IpAddr) -> Arc<Leash> {
        let (asking, end, waker) = Default::default();
        let leash = Arc::new(Leash { _tended: Arc::clone(self), still_allowed, peer, asking, end, waker });
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&leash));
        leash
    }

    fn held(&self) -> Vec<Arc<Leash>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|leash| leash.strong_count() > 0);
        held.iter().filter_map(Weak::upgrade).collect()
    }

    async fn ask_all(&self) {
        for (index, leash) in self.held().into_iter().enumerate() {
            leash.ask().await;
            if index % TURN == TURN - 1 {
                yield_now().await;
            }
        }
    }
}

/// Asks about all of them again and again, for as long as there can be one.
async fn tend(leashes: Weak<Leashes>) {
    let mut ticks = interval(CHECK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(leashes) = leashes.upgrade() else { return };
        leashes.ask_all().await;
    }
}

impl Leash {
    /// Waits until it must end.
    pub(in crate::upstream) async fn ended(&self) -> Standing {
        poll_fn(|cx| {
            self.waker.register(cx.waker());
            self.end.get().map_or(Poll::Pending, |why| Poll::Ready(*why))
        })
        .await
    }

    /// Asks whether it may go on. What memory cannot tell is waited for aside: nobody else must wait for that.
    async fn ask(self: Arc<Self>) {
        if self.asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut answer = (self.still_allowed)(self.peer);
        match poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await {
            Poll::Ready(standing) => self.answered(standing),
            Poll::Pending => drop(tokio::spawn(async move {
                let standing = timeout(CHECK_PATIENCE, answer).await.unwrap_or(Standing::Forbidden);
                self.answered(standing);
            })),
        }
    }

    fn answered(&self, standing: Standing) {
        self.asking.store(false, Ordering::Release);
        if standing != Standing::Allowed {
            let _ = self.end.set(standing);
            self.waker.wake();
        }
    }
}
