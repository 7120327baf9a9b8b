//! How many connections each client has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::owner_of;

/// The connections of one listener, by client.
#[derive(Debug, Default)]
pub(super) struct Crowd(Mutex<HashMap<IpAddr, usize>>);

/// One connection's place in it.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Arc<Crowd>,
    client: IpAddr,
}

impl Crowd {
    /// A place for one more connection from `address`, unless there are `most` already.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Place> {
        let client = owner_of(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { crowd: Arc::clone(self), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_client_and_places_are_given_back() {
        let crowd = Arc::new(Crowd::default());
        let enter = |address: &str| crowd.enter(address.parse().unwrap(), 2);
        let (one, _two) = (enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap());
        assert!(enter("2001:db8::3").is_none());
        let _other = enter("2001:db8:0:1::1").unwrap();
        let _v4 = (enter("192.0.2.1").unwrap(), enter("::ffff:192.0.2.1").unwrap());
        assert!(enter("192.0.2.1").is_none() && enter("192.0.2.2").is_some());
        drop(one);
        assert!(enter("2001:db8::3").is_some());
        assert_eq!(crowd.0.lock().unwrap().len(), 3, "who has left takes no memory");
    }
}
