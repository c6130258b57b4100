# Sources, refused messages, and the silent.

admin-search = Search
admin-more = More
admin-copy = Copy
admin-copied = Copied
admin-never = never
admin-nobody = nobody’s
admin-what-to-do = What to do:

# Sources
admin-sources-lead = Home hubs and vendors that send readings. Each has a name and a password of its own.
admin-source-search = Name of a source
admin-source-none = There is no source yet.
admin-source-none-do = Add the first hub or vendor below; it gets a password of its own.
admin-source-none-found = No source has this in its name.
admin-sources-look = Want a look
admin-sources-fine = Deliver
admin-refused-waiting = { $n ->
    [0] No message is in quarantine.
    [one] 1 message is in quarantine: see why
   *[other] { $n } messages are in quarantine: see why
}
admin-hub = hub
admin-vendor = vendor
admin-disabled = disabled
admin-online = connected
admin-offline = connection lost
admin-seen = last seen
admin-never-seen = never connected
admin-or-more = { $n } or more
admin-last-reading = Last reading
admin-no-reading = no reading yet
admin-devices-n = { $n ->
    [0] no device
    [one] 1 device
   *[other] { $n } devices
}
admin-refused-n = { $n ->
    [one] 1 refused message
   *[other] { $text } refused messages
}
admin-source-add = Add a source
admin-source-do-add = Add and make a password
admin-source-id = Name of the source
admin-source-id-rule = Letters, digits and . _ : - without spaces. It is the user name and stands in every topic: never a patient’s name.
admin-source-bad-id = A name has 1 to 64 letters, digits or . _ : - and no spaces.
admin-source-kind = What it is
admin-kind-gateway = Hub in a patient’s home
admin-kind-vendor = Vendor’s cloud
admin-source-made = { $id } is added
admin-source-go-on = I have kept the password, go on
admin-secret-of = Password of { $id }
admin-secret-once = Copy it now: it is shown this once and kept nowhere.
admin-user-name = User name
admin-password = Password
admin-try-it = Try it from any machine with mosquitto-clients. This line sends one weight:
admin-line-visible = On a command line the password can be seen by others on that machine: fine for a trial, not for every day.
admin-no-door = Hearth’s MQTT endpoint runs elsewhere: put its host and port in the line.
admin-rotated = There is a new password
admin-rotated-now = The old one no longer works, and connections that used it are closed.
admin-says = What it says of itself
admin-said = Said
admin-says-nothing-readable = Its status message cannot be read.
admin-battery = Battery
admin-journal = Waiting in the hub
admin-journal-n = { $n ->
    [0] nothing
    [one] 1 reading
   *[other] { $n } readings
}
admin-clock = Clock
admin-clock-right = right
admin-clock-ahead = { $s } s ahead
admin-clock-behind = { $s } s behind
admin-refused = Refused messages
admin-refused-none = None. Everything it sends can be read.
admin-no-device = No device has sent anything through it yet.
admin-device = Device
admin-nobodys = Readings that are nobody’s
admin-traffic = Traffic
admin-last-seen = Last seen
admin-added = Added
admin-qos0 = Messages at QoS 0
admin-qos0-means = At QoS 0 nothing is acknowledged and nothing can be promised. Ask its maker for QoS 1.
admin-unknown-fields = Unknown fields
admin-unknown-fields-mean = Kept with the message and not used. A misspelt field looks like this too.
admin-change = Change
admin-rotate = New password
admin-rotate-means = The old one stops working at once. Whatever uses it is cut off until it has the new one; what it keeps arrives then.
admin-rotate-do = Make a new password
admin-disable = Disable
admin-disable-means = It can no longer connect. Everything it has sent stays.
admin-disable-do = Disable this source
admin-enable = Let it connect again
admin-try-it-summary = Send a reading by hand
admin-try-it-own = Put the password in. If nobody has it any more, make a new one above.

# Refused messages
admin-quarantine = Quarantine
admin-quarantine-lead = Messages that could not become readings. They are kept with their bytes; after a fix on either side they can be replayed.
admin-ledger = { $received } received = { $stored } stored + { $duplicate } sent again + { $quarantined } in quarantine
admin-by-reason = By reason
admin-all-reasons = All
admin-quarantine-empty = Nothing is in quarantine.
admin-quarantine-empty-why = A message that cannot be read appears here with the reason, the place and its bytes.
admin-replay = Replay
admin-replay-all = Replay all of these
admin-replay-means = The kept bytes go through admission again, with today’s version and limits.
admin-replay-running = Replaying:
admin-replay-done = Replayed:
admin-replay-broken = Replay stopped before its end:
admin-replay-counts = { $n } taken up, { $stored } stored, { $duplicate } were there already, { $refused } refused again.
admin-replay-busy = A replay is running already. Wait until it has ended.
admin-replayed = Replayed
admin-replayed-stored = It is a reading now.
admin-replayed-duplicate = The reading was there already; nothing is left here.
admin-replayed-refused = It was refused again, for the reason below.
admin-id-reused-note = Nothing was overwritten: the reading that came first stands.
admin-from = From
admin-topic = Topic
admin-arrived = Arrived
admin-sender-id = Sender’s id
admin-where = Where
admin-code = Code
admin-bytes = Bytes
admin-no-text = These bytes are no text.
admin-hexadecimal = Hexadecimal

# The silent
admin-silent-title = Whom we do not hear from
admin-silent-lead = Patients of whom an expected reading has been missing for more than { $hours } hours, by who can change it.
admin-silent-n = { $n ->
    [one] 1 patient is silent.
   *[other] { $n } patients are silent.
}
admin-silent-nobody = We hear from everybody.
admin-silent-nobody-why = A patient appears here when an expected reading is missing, with the cause as far as it can be seen and whom to call.
admin-whose-hearth = For whoever runs Hearth
admin-whose-vendor = For the vendor
admin-whose-team = For the care team: assignments
admin-whose-device = Hub or device in the home
admin-whose-patient = The patient does not measure
admin-born = born { $date }
admin-last = last
admin-never-since = none, expected since
admin-look-source = Look at the source
admin-look-devices = Assign a device
admin-why-no-device = No device is assigned: there is nothing to measure with.
admin-do-no-device = assign the device that the patient uses.
admin-why-down = Hearth itself was down for { $span } of this time.
admin-do-down = wait: what hubs have kept arrives by itself.
admin-why-unknown = The device is assigned under { $source }, and there is no such source.
admin-do-unknown = an administrator adds the source, or the assignment is corrected.
admin-why-disabled = The source { $source } is disabled.
admin-do-disabled = an administrator lets it connect again.
admin-why-vendor = Nothing of anybody comes from { $source }; last seen { $when }.
admin-why-vendor-never = { $source } has never connected.
admin-do-vendor = call the vendor, not the patients.
admin-why-hub = The hub { $source } is not connected; last heard { $when }.
admin-why-hub-never = The hub { $source } has never connected.
admin-do-hub = call and ask whether the hub has power and the internet works. Readings are kept in it and arrive then.
admin-do-hub-never = it was probably never set up: visit, or call and go through it together.
admin-why-refused = Messages of { $device } arrive and are refused: { $reason }.
admin-do-refused = show the message to whoever makes the device.
admin-why-clock = The clock of { $device } is wrong: what it sends is dated so that it does not count.
admin-do-clock = set date and time on the device; a new battery often resets them.
admin-why-nobodys = Readings come from { $device } that are nobody’s: { $n ->
    [one] 1 reading
   *[other] { $n } readings
}, perhaps under another user slot.
admin-do-nobodys = say whose they are; the rules then judge what was waiting.
admin-why-battery = The battery of { $device } was at { $percent } % when it was last heard.
admin-do-battery = ask for new batteries.
admin-why-never = Everything is in place, and nothing was ever measured.
admin-do-never = call and take the first measurement together.
admin-why-not-measuring = Hub and device work as far as can be seen.
admin-do-not-measuring = call and ask how they are.
admin-weak = Devices to look after
admin-weak-lead = Their patients may still be heard, but not for long, or not as themselves.
admin-weak-nobodys = { $n ->
    [one] 1 reading is nobody’s.
   *[other] { $n } readings are nobody’s.
}
admin-weak-battery = Battery at { $percent } %.
