"""paho-mqtt as a client of the endpoint. Reads the task as JSON from standard input, prints what happened as JSON."""

import json
import sys
import threading

import paho.mqtt.client as mqtt

TIMEOUT = 60
task = json.load(sys.stdin)
version = {4: mqtt.MQTTv311, 5: mqtt.MQTTv5}[task["protocol"]]
source = task["source"]


class Session:
    """One connection, with everything that happened on it."""

    def __init__(self, password, name):
        self.happened = threading.Condition()
        self.connack = self.disconnected = None
        self.subscribed = False
        self.pubacks = {}
        self.messages = []
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"paho-{name}", protocol=version,
                                  reconnect_on_failure=False)
        self.client.max_inflight_messages_set(50)
        self.client.username_pw_set(task["username"], password)
        self.client.on_connect = lambda c, u, flags, code, p: self.note("connack", code)
        self.client.on_disconnect = lambda c, u, flags, code, p: self.note(
            "disconnected", {"closed": code.value, "by_server": flags.is_disconnect_packet_from_server})
        self.client.on_subscribe = lambda c, u, mid, codes, p: self.note("subscribed", all(not x.is_failure for x in codes))
        self.client.on_publish = self.on_publish
        self.client.on_message = self.on_message
        self.client.connect(task["host"], task["port"], keepalive=30)
        self.client.loop_start()
        self.wait(lambda: self.connack is not None or self.disconnected is not None)

    def note(self, name, value):
        with self.happened:
            if not getattr(self, name):  # the first word counts
                setattr(self, name, value)
            self.happened.notify_all()

    def on_publish(self, client, userdata, mid, code, properties):
        with self.happened:
            self.pubacks[mid] = code
            self.happened.notify_all()

    def on_message(self, client, userdata, message):
        with self.happened:
            self.messages.append((message.topic, json.loads(message.payload)))
            self.happened.notify_all()

    def wait(self, condition):
        with self.happened:
            if not self.happened.wait_for(condition, TIMEOUT):
                sys.exit(f"timed out; connack {self.connack}, disconnected {self.disconnected}, "
                         f"{len(self.pubacks)} acknowledged, {len(self.messages)} messages")

    def of(self, level):
        return [payload for topic, payload in self.messages if topic.endswith("/" + level)]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def refused_connection():
    session = Session(task["password"][:-1] + "!", "wrong")
    session.close()
    return session.connack.value


def refused_publish(name, topic, payload):
    """The code of the PUBACK, or that of the end of the connection."""
    session = Session(task["password"], name)
    mid = session.client.publish(topic, payload, qos=1).mid
    session.wait(lambda: mid in session.pubacks or session.disconnected is not None)
    session.close()
    if mid in session.pubacks:
        return {"puback": session.pubacks[mid].value}
    return session.disconnected


session = Session(task["password"], "main")
session.client.subscribe([(f"hearth/v1/{source}/+/receipt", 1), (f"hearth/v1/{source}/+/prompt", 1)])
session.wait(lambda: session.subscribed)
sent = [session.client.publish(m["topic"], json.dumps(m["payload"]), qos=1).mid for m in task["messages"]]
session.wait(lambda: all(mid in session.pubacks for mid in sent))
session.wait(lambda: len(session.of("receipt")) >= len(sent))
session.wait(lambda: session.of("prompt"))
session.close()

print(json.dumps({
    "pubacks": [session.pubacks[mid].value for mid in sent],
    "receipts": session.of("receipt"),
    "prompts": session.of("prompt"),
    "wrong_password": refused_connection(),
    "foreign_topic": refused_publish("foreign", task["foreign_topic"], "{}"),
    "oversized": refused_publish("oversized", task["messages"][0]["topic"], "x" * task["oversized"]),
}))
