//! Whether the broker lets Hearth do what it must, tried before a start: `hearth check`.
//!
//! Nothing is taken from a running Hearth: the trial subscribes in a group of its own, and what it publishes is for a
//! source that nobody is.

use super::{filters, options, refusal};
use crate::config::BrokerConfig;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, Filter, Packet, PubAckReason};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};
use std::time::Duration;
use vitals::{DeviceId, DeviceRef, SourceId};
use wire::{Channel, Topic};

/// Source and device of what the trial publishes, and its text.
const NOBODY: &str = "hearth-check";

impl BrokerConfig {
    /// Connects as Hearth would, and as nobody; says everything that Hearth or the truth of `{source}` would miss there.
    /// Each of the two may take as long as `within`.
    pub async fn trial(&self, within: Duration) -> Vec<String> {
        let broker = format!("the broker {}:{}", self.host, self.port);
        let mut found = match tokio::time::timeout(within, self.as_hearth()).await {
            Ok(Ok(found)) => found,
            Ok(Err(why)) => return vec![format!("{broker} {why}")],
            Err(_) => {
                let seconds = within.as_secs();
                return vec![format!(
                    "{broker} does not answer within {seconds} s; is it an MQTT 5 broker, and with TLS?"
                )];
            }
        };
        // No answer is no welcome either.
        if let Ok(Ok(())) = tokio::time::timeout(within, self.as_nobody()).await {
            found.push(
                "lets anybody without a user name write to every source's topics; forbid it (mosquitto: allow_anonymous false, and the rules of deploy/mosquitto.acl)".to_owned(),
            );
        }
        found.into_iter().map(|why| format!("{broker} {why}")).collect()
    }

    /// What Hearth may not; the error is why it does not get so far.
    async fn as_hearth(&self) -> Result<Vec<String>, String> {
        let mut talk = Talk::begin(options(self, &format!("{}-check", self.client_id)).map_err(|e| e.to_string())?);
        let [receipt, prompt] = [Channel::Receipt, Channel::Prompt].map(topic);
        let mut wanted = filters(&format!("{}-check", self.group));
        wanted.extend(receipt.clone());
        let mut found: Vec<String> = talk.subscribe(&wanted).await?.into_iter().collect();
        let mut written = false;
        for (what, topic) in [("prompts", prompt), ("receipts", receipt)] {
            let Some(topic) = topic else { continue };
            let reason = match talk.publish(&topic).await {
                Ok(reason) => reason,
                // A broker that grants too little may hang up here; why is said already.
                Err(_) if !found.is_empty() => return Ok(found),
                Err(why) => return Err(why),
            };
            written = taken(reason);
            if !written {
                found.push(format!(
                    "does not let Hearth's user write {what} ({reason:?} for {topic}); allow it (deploy/mosquitto.acl shows how)"
                ));
            }
        }
        // The receipt comes back to whoever may read it; rules of mosquitto act there and not on the subscription.
        if written && found.is_empty() && !talk.hears().await? {
            found.push(format!(
                "does not let Hearth's user read what sources publish; allow it to read {} (deploy/mosquitto.acl shows how)",
                Topic::EVERYTHING
            ));
        }
        Ok(found)
    }

    /// Goes well where somebody without a user name may write below a source's branch, on a topic that Hearth does not
    /// listen to.
    async fn as_nobody(&self) -> Result<(), String> {
        let nobody = BrokerConfig { username: None, password: None, ..self.clone() };
        let mut talk = Talk::begin(options(&nobody, &format!("{}-nobody", self.client_id)).map_err(|e| e.to_string())?);
        let Some(topic) = topic(Channel::Reading) else { return Err("no topic".to_owned()) };
        let reason = talk.publish(&format!("{topic}/{NOBODY}")).await?;
        if taken(reason) { Ok(()) } else { Err(format!("{reason:?}")) }
    }
}

fn topic(channel: Channel) -> Option<String> {
    let device = DeviceRef { source: SourceId::new(NOBODY).ok()?, device: DeviceId::new(NOBODY).ok()? };
    Some(Topic::device(device, channel).to_string())
}

fn taken(reason: PubAckReason) -> bool {
    matches!(reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers)
}

/// One connection, a question at a time.
struct Talk {
    client: AsyncClient,
    events: EventLoop,
    /// the topics of what came of the trial's own
    heard: Vec<String>,
}

impl Talk {
    fn begin(mut options: MqttOptions) -> Self {
        options.set_clean_start(true).set_manual_acks(true);
        let (client, events) = AsyncClient::new(options, 16);
        Self { client, events, heard: Vec::new() }
    }

    /// What the broker says next.
    async fn next(&mut self) -> Result<Packet, String> {
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(packet)) => {
                    if let Packet::Publish(publish) = &packet
                        && publish.payload == NOBODY
                    {
                        self.heard.push(String::from_utf8_lossy(&publish.topic).into_owned());
                    }
                    return Ok(packet);
                }
                Ok(Event::Outgoing(_)) => {}
                Err(error) => return Err(said(&error)),
            }
        }
    }

    /// Why not all of it is granted.
    async fn subscribe(&mut self, wanted: &[String]) -> Result<Option<String>, String> {
        let all = wanted.iter().map(|filter| Filter::new(filter.clone(), QoS::AtLeastOnce));
        self.client.try_subscribe_many(all).map_err(|error| error.to_string())?;
        loop {
            if let Packet::SubAck(answer) = self.next().await? {
                let why = refusal(wanted, &answer.return_codes);
                return Ok(why.map(|why| why.trim_start_matches("the broker ").to_owned()));
            }
        }
    }

    async fn publish(&mut self, topic: &str) -> Result<PubAckReason, String> {
        self.client.try_publish(topic, QoS::AtLeastOnce, false, NOBODY).map_err(|error| error.to_string())?;
        loop {
            if let Packet::PubAck(answer) = self.next().await? {
                return Ok(answer.reason);
            }
        }
    }

    /// Whether what was published last comes back: it does before the answer to a question that is asked after it.
    async fn hears(&mut self) -> Result<bool, String> {
        let status = SourceId::new(NOBODY).ok().map(|source| Topic::Status { source }.to_string());
        self.subscribe(&status.into_iter().collect::<Vec<_>>()).await?;
        Ok(!self.heard.is_empty())
    }
}

/// Why there is no connection, with the remedy.
fn said(error: &ConnectionError) -> String {
    let refused = match error {
        ConnectionError::ConnectionRefused(code)
        | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => Some(*code),
        _ => None,
    };
    match refused {
        Some(code @ (ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized)) => {
            format!("refuses the user name or password ({code:?}); write in [mqtt.broker] those that it knows")
        }
        Some(code) => format!("refuses the connection ({code:?}); Hearth speaks MQTT 5 there"),
        None => {
            format!("cannot be reached: {error}; look at `host`, `port` and `ca` in [mqtt.broker], and whether it runs")
        }
    }
}

#[cfg(test)]
mod tests;
