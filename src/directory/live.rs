//! What is live now, in memory, for doors that show it or decide by it.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Directory, StoreError};
use crate::identity::Catalogue;
use crate::policy::Snapshot;

/// What is live, and its policies compiled.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// All that is live.
    pub catalogue: Arc<Catalogue>,
    /// Its policies.
    pub policies: Arc<Snapshot>,
}

/// The latest of it that is known.
#[derive(Debug, Default)]
pub struct Current(ArcSwap<Live>);

impl Current {
    /// What is live.
    pub fn get(&self) -> Arc<Live> {
        self.0.load_full()
    }

    /// Takes in what is live now, unless something newer is known.
    pub fn take(&self, live: Live) {
        self.0.rcu(|known| {
            if known.catalogue.version > live.catalogue.version { Arc::clone(known) } else { Arc::new(live.clone()) }
        });
    }

    /// Reads what is live anew, after a change that was made by a door: whoever made it must see it at once.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn refresh(&self, directory: &Directory) -> Result<(), StoreError> {
        let catalogue = directory.catalogue().await?;
        let policies = Arc::new(Snapshot::compile_after(&self.get().policies, &catalogue));
        self.take(Live { catalogue: Arc::new(catalogue), policies });
        Ok(())
    }
}
