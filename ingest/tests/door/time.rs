//! Timers, in virtual time where nothing else moves.

use crate::world::{Hello, Raw, TOPIC, World, config, hello, weight};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

#[tokio::test]
async fn a_silent_client_is_closed_after_one_and_a_half_keep_alives() {
    for v5 in [false, true] {
        let world = World::new().await;
        let mut client = world.client(Hello { keep_alive: 60, ..hello(v5) }).await;
        tokio::time::pause();
        let began = Instant::now();
        assert_eq!(client.ends().await, v5.then_some(0x8D));
        let silent = began.elapsed();
        assert!(silent >= Duration::from_secs(89) && silent < Duration::from_secs(95), "{silent:?}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_ping_keeps_the_connection() {
    let world = World::new().await;
    let mut client = world.client(Hello { keep_alive: 60, ..hello(false) }).await;
    tokio::time::pause();
    for _ in 0..4 {
        tokio::time::advance(Duration::from_secs(80)).await;
        client.send(&[0xC0, 0]).await;
        assert_eq!(client.frame().await, Some((0xD0, vec![])));
    }
}

#[tokio::test]
async fn who_is_not_read_is_not_silent() {
    // One message in flight and a disk that takes its time: the socket is not read, and virtual time flies.
    let slow = config("[limits]\nin_flight = 1\n");
    let world = World::with(slow, Some(Duration::from_millis(300))).await;
    let mut client = world.client(Hello { keep_alive: 1, ..hello(true) }).await;
    client.publish(TOPIC, &weight("1"), 1, 1).await;
    world.until(async || world.metric("hearth_mqtt_waiting{why=\"commit\"}") == 1).await;
    tokio::time::pause();
    assert_eq!(client.puback().await, (1, 0));
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_closed() {
    let world = World::new().await;
    let mut client = Raw { stream: TcpStream::connect(world.addr).await.unwrap(), v5: false };
    world.until(async || world.metric("hearth_mqtt_connections") == 1).await;
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(client.ends().await, None);
    assert!(began.elapsed() >= Duration::from_secs(9));
}

#[tokio::test]
async fn repeated_refusals_are_answered_ever_more_slowly() {
    let world = World::new().await;
    let mut delays = Vec::new();
    for _ in 0..6 {
        let (_, _, code) = world.try_client(Hello { password: "wrong", ..hello(false) }).await;
        assert_eq!(code, 4);
    }
    tokio::time::pause();
    for _ in 0..8 {
        let began = Instant::now();
        let (_, _, code) = world.try_client(Hello { password: "wrong", ..hello(false) }).await;
        assert_eq!(code, 4);
        delays.push(began.elapsed());
    }
    assert!(delays[7] >= Duration::from_secs(5), "{delays:?}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_closed() {
    let world = World::new().await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = Raw { stream: socket.connect(world.addr).await.unwrap(), v5: false };
    client.send(&hello(false).bytes()).await;
    assert_eq!(client.frame().await, Some((0x20, vec![0, 0])));
    let (_kept, mut writer) = client.stream.into_split();
    tokio::spawn(async move {
        let pings = [0xC0, 0].repeat(32 * 1024);
        while tokio::io::AsyncWriteExt::write_all(&mut writer, &pings).await.is_ok() {}
    });
    world.until(async || world.metric("hearth_mqtt_waiting{why=\"client\"}") == 1).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(21)).await;
    world.until(async || world.metric("hearth_mqtt_closed_total{why=\"stuck\"}") == 1).await;
}
