//! Each real proxy, whole.

use super::journey;
use crate::kit::fronting::Fronting;

#[tokio::test]
async fn nginx_asks_before_it_forwards() {
    let mut world = journey::world().await;
    let nginx = Fronting::nginx(&world).await;
    journey::whole(&world, &nginx).await;
    journey::without_us(&mut world, &nginx).await;
}

#[tokio::test]
async fn caddy_asks_before_it_forwards() {
    let mut world = journey::world().await;
    let caddy = Fronting::caddy(&world).await;
    journey::whole(&world, &caddy).await;
    journey::without_us(&mut world, &caddy).await;
}

#[tokio::test]
async fn haproxy_asks_before_it_forwards() {
    let mut world = journey::world().await;
    let haproxy = Fronting::haproxy(&world).await;
    journey::whole(&world, &haproxy).await;
    journey::without_us(&mut world, &haproxy).await;
}

#[tokio::test]
async fn envoy_asks_before_it_forwards() {
    let mut world = journey::world().await;
    let envoy = Fronting::envoy(&world).await;
    journey::whole(&world, &envoy).await;
    journey::without_us(&mut world, &envoy).await;
}

#[tokio::test]
async fn traefik_asks_before_it_forwards() {
    let mut world = journey::world().await;
    let traefik = Fronting::traefik(&world).await;
    journey::all_but_subtleties(&world, &traefik).await;
    journey::without_us(&mut world, &traefik).await;
}
