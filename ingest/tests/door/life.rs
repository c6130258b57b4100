//! Wills, and the orderly stop.

use crate::world::{Hello, TOPIC, World, config, hello, weight};
use std::time::Duration;

const STATUS: &str = "hearth/v1/hub/status";
const OFFLINE: &str = r#"{"online":false}"#;

fn with_will(v5: bool, delay: u32) -> Hello {
    Hello { will: Some((STATUS, OFFLINE, delay)), ..hello(v5).lasting() }
}

async fn said(world: &World) -> bool {
    world.store.statuses().await.unwrap().iter().any(|status| status.payload == OFFLINE)
}

#[tokio::test]
async fn the_will_of_a_hub_that_vanishes_is_its_status() {
    for v5 in [false, true] {
        let world = World::new().await;
        let client = world.client(with_will(v5, 0)).await;
        drop(client);
        world.until(async || said(&world).await).await;
    }
}

#[tokio::test]
async fn who_says_goodbye_has_no_will_unless_it_asks_for_it() {
    let world = World::new().await;
    world.client(with_will(false, 0)).await.goodbye().await;
    let (client, ..) = world.try_client(with_will(true, 0)).await;
    client.goodbye().await;
    world.until(async || world.metric("hearth_mqtt_connections") == 0).await;
    assert!(!said(&world).await);
    let (mut client, ..) = world.try_client(with_will(true, 0)).await;
    client.send(&[0xE0, 1, 4]).await;
    world.until(async || said(&world).await).await;
}

#[tokio::test]
async fn a_delayed_will_is_not_said_for_who_comes_back_in_time() {
    let world = World::new().await;
    drop(world.client(with_will(true, 3_000)).await);
    world.until(async || world.metric("hearth_mqtt_connections") == 0).await;
    assert!(!said(&world).await);
    let (client, present, _) = world.try_client(with_will(true, 3_000)).await;
    assert!(present);
    client.goodbye().await;
    world.stop().await;
    assert!(!said(&world).await);
}

#[tokio::test]
async fn a_delayed_will_is_said_when_it_is_due() {
    let world = World::new().await;
    drop(world.client(with_will(true, 30)).await);
    world.until(async || world.metric("hearth_mqtt_connections") == 0).await;
    assert!(!said(&world).await);
    pass(31).await;
    world.until(async || said(&world).await).await;
}

/// Lets that much time pass at once.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_delayed_will_outlives_the_stop_and_the_kill_of_the_process() {
    for killed in [false, true] {
        let world = World::new().await;
        drop(world.client(with_will(true, 3_000)).await);
        world.until(async || world.metric("hearth_mqtt_connections") == 0).await;
        let world = if killed { world.crash().await } else { world.restart().await };
        assert!(!said(&world).await);
        pass(3_001).await;
        world.until(async || said(&world).await).await;
        world.until(async || world.store.wills().await.unwrap().is_empty()).await;
    }
}

#[tokio::test]
async fn a_hub_that_was_connected_when_the_process_ended_has_time_to_come_back() {
    for (v5, killed) in [(false, false), (false, true), (true, false), (true, true)] {
        let world = World::new().await;
        let hub = |id| Hello { id, clean: true, expiry: None, ..with_will(v5, 0) };
        let (stays, goes) = (world.client(hub("stays")).await, world.client(hub("goes")).await);
        let world = if killed { world.crash().await } else { world.restart().await };
        drop((stays, goes));
        assert_eq!(world.store.wills().await.unwrap().len(), 2);
        world.client(hub("goes")).await.goodbye().await;
        world.until(async || world.store.wills().await.unwrap().len() == 1).await;
        assert!(!said(&world).await);
        let back = world.client(hub("stays")).await;
        pass(61).await;
        back.goodbye().await;
        world.until(async || world.store.wills().await.unwrap().is_empty()).await;
        assert!(!said(&world).await, "both came back and said goodbye");

        let _gone = world.client(hub("stays")).await;
        let world = world.crash().await;
        pass(59).await;
        assert!(!said(&world).await);
        pass(2).await;
        world.until(async || said(&world).await).await;
    }
}

#[tokio::test]
async fn a_will_is_durable_before_its_connection_is_open_and_over_with_it() {
    let world = World::new().await;
    let client = world.client(with_will(false, 0)).await;
    assert_eq!(world.store.wills().await.unwrap().len(), 1);
    drop(client);
    world.until(async || said(&world).await).await;
    world.until(async || world.store.wills().await.unwrap().is_empty()).await;
    // A session that has no will any more forgets the one it had.
    drop(world.try_client(with_will(true, 3_000)).await);
    world.until(async || world.metric("hearth_mqtt_connections") == 0).await;
    let _client = world.try_client(hello(true).lasting()).await;
    assert!(world.store.wills().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_stop_acknowledges_what_was_read() {
    let world = World::with(config(""), Some(Duration::from_millis(50))).await;
    let mut client = world.client(hello(true)).await;
    client.publish(TOPIC, &weight("1"), 1, 1).await;
    client.publish(TOPIC, &weight("2"), 1, 2).await;
    // A ping that is answered says that what came before it was read.
    client.send(&[0xC0, 0]).await;
    assert_eq!(client.frame().await.unwrap().0, 0xD0);
    let stop = tokio::spawn(async move { world.stop().await });
    assert_eq!(client.puback().await, (1, 0));
    assert_eq!(client.puback().await, (2, 0));
    assert_eq!(client.ends().await, Some(0x8B));
    drop(client);
    assert_eq!(stop.await.unwrap(), [""; 0]);
}
