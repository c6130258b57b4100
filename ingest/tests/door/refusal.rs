//! Who is not let in, and what is not taken.

use crate::world::{Hello, Raw, TOPIC, World, config, hello, packet, text, weight};
use sha2::{Digest, Sha256};
use store::SourceKind;
use tokio::net::TcpStream;
use vitals::SourceId;

async fn check(world: &World, hello: Hello, three: u8, five: u8) {
    for v5 in [false, true] {
        let (mut client, present, code) = world.try_client(Hello { v5, ..hello.clone() }).await;
        assert_eq!((present, code), (false, if v5 { five } else { three }), "{} v5={v5}", hello.user);
        assert!(client.frame().await.is_none());
    }
}

#[tokio::test]
async fn connect_is_refused_with_the_standard_s_code() {
    let world = World::new().await;
    world.add("off", SourceKind::Vendor).await;
    let off = SourceId::new("off").unwrap();
    world.store.set_source_disabled(&off, true, &care::Actor::hearth()).await.unwrap();
    let good = hello(false);
    check(&world, Hello { password: "wrong", ..good.clone() }, 4, 0x86).await;
    check(&world, Hello { user: "nobody", ..good.clone() }, 4, 0x86).await;
    check(&world, Hello { user: "not a source/#", ..good.clone() }, 4, 0x86).await;
    check(&world, Hello { user: "off", ..good.clone() }, 5, 0x87).await;
    check(&world, Hello { will: Some((TOPIC, "{}", 0)), ..good.clone() }, 5, 0x87).await;
    let (_, _, code) = world.try_client(Hello { id: "", clean: false, ..good }).await;
    assert_eq!(code, 2);
}

#[tokio::test]
async fn an_empty_client_id_gets_one() {
    let world = World::new().await;
    world.client(Hello { id: "", ..hello(false) }).await;
    let mut five = Raw { stream: TcpStream::connect(world.addr).await.unwrap(), v5: true };
    five.send(&Hello { id: "", ..hello(true) }.bytes()).await;
    let (_, body) = five.frame().await.unwrap();
    let properties = String::from_utf8_lossy(&body[3..]).into_owned();
    assert!(properties.contains("auto-"), "{properties}");
    // Maximum Packet Size is told; Receive Maximum (33) is not, or careless clients would be thrown out.
    assert!(body[3..].windows(5).any(|w| w == [39, 0, 0x10, 0, 0]), "{body:?}");
}

#[tokio::test]
async fn a_source_publishes_below_its_own_branch_only() {
    for topic in [
        "hearth/v1/other/scale/reading",
        "hearth/v1/hub/scale/receipt",
        "hearth/v1/hub/scale/prompt",
        "hearth/v1/other/status",
        "hearth/v2/hub/scale/reading",
        "weather",
    ] {
        let world = World::new().await;
        let mut five = world.client(hello(true)).await;
        five.publish(TOPIC, &weight("1"), 1, 1).await;
        five.publish(topic, &weight("2"), 1, 2).await;
        five.publish(topic, &weight("3"), 2, 3).await;
        five.publish(TOPIC, &weight("4"), 1, 4).await;
        assert_eq!(five.puback().await, (1, 0));
        assert_eq!(five.puback().await, (2, 0x87));
        assert_eq!(five.frame().await, Some((0x50, vec![0, 3, 0x87])));
        assert_eq!(five.puback().await, (4, 0));
        let mut three = world.client(hello(false)).await;
        three.publish(TOPIC, &weight("5"), 1, 1).await;
        three.publish(topic, &weight("6"), 1, 2).await;
        assert_eq!(three.puback().await, (1, 0), "what came before is acknowledged");
        assert_eq!(three.ends().await, None, "{topic}");
        assert_eq!(world.stored().await, 3);
    }
}

#[tokio::test]
async fn subscriptions_stay_below_the_own_branch() {
    let world = World::with(config("[limits]\nsubscriptions = 2\n"), None).await;
    let filters = ["hearth/v1/hub/#", "hearth/v1/other/#", "#", "hearth/v1/hub/+/prompt", "hearth/v1/hub/a/receipt"];
    let mut five = world.client(hello(true)).await;
    assert_eq!(five.subscribe(&filters).await, [1, 0x87, 0x87, 1, 0x87]);
    let mut three = world.client(hello(false)).await;
    assert_eq!(three.subscribe(&filters).await, [1, 0x80, 0x80, 1, 0x80]);
}

#[tokio::test]
async fn an_oversized_packet_is_refused_before_and_after_connect() {
    let world = World::new().await;
    let payload = "x".repeat(1 << 20);
    let mut five = world.client(hello(true)).await;
    let bytes = five.publish_bytes(TOPIC, &payload, 1, 1);
    five.send(&bytes).await;
    assert_eq!(five.ends().await, Some(0x95));
    let mut three = world.client(hello(false)).await;
    let bytes = three.publish_bytes(TOPIC, &payload, 1, 1);
    three.send(&bytes).await;
    assert_eq!(three.ends().await, None);
    let mut early = Raw { stream: TcpStream::connect(world.addr).await.unwrap(), v5: false };
    early.send(&packet(0x10, payload.as_bytes())[..16]).await;
    assert_eq!(early.ends().await, None);
}

#[tokio::test]
async fn a_packet_of_just_a_mebibyte_is_taken() {
    let world = World::new().await;
    let mut client = world.client(hello(true)).await;
    let overhead = client.publish_bytes(TOPIC, "", 1, 1).len() + 2;
    client.publish(TOPIC, &"x".repeat((1 << 20) - overhead), 1, 1).await;
    assert_eq!(client.puback().await, (1, 0));
}

#[tokio::test]
async fn a_changed_secret_and_a_disabled_source_end_their_connections() {
    let world = World::new().await;
    let hub = SourceId::new("hub").unwrap();
    let mut client = world.client(hello(true)).await;
    let other = Sha256::digest("another").into();
    world.store.rotate_source(&hub, other, &care::Actor::hearth()).await.unwrap();
    assert_eq!(client.ends().await, Some(0x87));
    check(&world, hello(false), 4, 0x86).await;
    let mut client = world.client(Hello { password: "another", ..hello(true) }).await;
    world.store.set_source_disabled(&hub, true, &care::Actor::hearth()).await.unwrap();
    assert_eq!(client.ends().await, Some(0x87));
    check(&world, Hello { password: "another", ..hello(false) }, 5, 0x87).await;
}

#[tokio::test]
async fn too_many_connections_of_one_source_are_refused() {
    let world = World::with(config("[limits]\nconnections_per_source = 1\n"), None).await;
    let _first = world.client(Hello { id: "a", ..hello(true) }).await;
    let (_, _, code) = world.try_client(Hello { id: "b", ..hello(true) }).await;
    assert_eq!(code, 0x97);
    let (_, _, code) = world.try_client(Hello { id: "b", ..hello(false) }).await;
    assert_eq!(code, 3);
}

#[tokio::test]
async fn nonsense_ends_its_own_connection_and_nothing_else() {
    let world = World::new().await;
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()[0]
    };
    for round in 0..200_u32 {
        let v5 = round % 2 == 0;
        let mut client = Raw { stream: TcpStream::connect(world.addr).await.unwrap(), v5 };
        if round % 4 < 2 {
            client.send(&hello(v5).bytes()).await;
            client.frame().await.unwrap();
        }
        let bytes: Vec<u8> = (0..64).map(|_| random()).collect();
        client.send(&packet(random(), &bytes)).await;
        drop(client);
    }
    for bytes in [&b"GET / HTTP/1.1\r\nHost: hearth\r\n\r\n"[..], &packet(0x10, &text("MQTT"))] {
        let mut client = Raw { stream: TcpStream::connect(world.addr).await.unwrap(), v5: false };
        client.send(bytes).await;
        while client.frame().await.is_some() {}
    }
    let mut client = world.client(Hello { id: "sane", ..hello(true) }).await;
    client.publish(TOPIC, &weight("1"), 1, 1).await;
    assert_eq!(client.puback().await, (1, 0));
    client.goodbye().await;
    world.until(async || world.metric("hearth_mqtt_connections") == 0).await;
}
