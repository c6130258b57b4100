# Sources, refused messages, and the silent.

admin-search = Suchen
admin-more = Mehr
admin-copy = Kopieren
admin-copied = Kopiert
admin-never = nie
admin-nobody = niemandem zugeordnet
admin-what-to-do = Was zu tun ist:

# Sources
admin-sources-lead = Hubs in den Wohnungen und Hersteller, die Messungen senden. Jede Quelle hat einen eigenen Namen und ein eigenes Passwort.
admin-source-search = Name einer Quelle
admin-source-none = Es gibt noch keine Quelle.
admin-source-none-do = Fügen Sie unten den ersten Hub oder Hersteller hinzu; er erhält ein eigenes Passwort.
admin-source-none-found = Keine Quelle trägt das im Namen.
admin-sources-look = Bitte ansehen
admin-sources-fine = Liefern
admin-refused-waiting = { $n ->
    [0] Keine Nachricht ist in Quarantäne.
    [one] 1 Nachricht ist in Quarantäne: Grund ansehen
   *[other] { $n } Nachrichten sind in Quarantäne: Gründe ansehen
}
admin-hub = Hub
admin-vendor = Hersteller
admin-disabled = gesperrt
admin-online = verbunden
admin-offline = Verbindung verloren
admin-seen = zuletzt gesehen
admin-never-seen = noch nie verbunden
admin-or-more = { $n } oder mehr
admin-last-reading = Letzte Messung
admin-no-reading = noch keine Messung
admin-devices-n = { $n ->
    [0] kein Gerät
    [one] 1 Gerät
   *[other] { $n } Geräte
}
admin-refused-n = { $n ->
    [one] 1 abgelehnte Nachricht
   *[other] { $text } abgelehnte Nachrichten
}
admin-source-add = Quelle hinzufügen
admin-source-do-add = Hinzufügen und Passwort erzeugen
admin-source-id = Name der Quelle
admin-source-id-rule = Buchstaben, Ziffern und . _ : - ohne Leerzeichen. Er ist der Benutzername und steht in jedem Topic: nie der Name einer Person.
admin-source-bad-id = Ein Name hat 1 bis 64 Buchstaben, Ziffern oder . _ : - und keine Leerzeichen.
admin-source-kind = Was es ist
admin-kind-gateway = Hub in einer Wohnung
admin-kind-vendor = Cloud eines Herstellers
admin-source-made = { $id } ist hinzugefügt
admin-source-go-on = Ich habe das Passwort verwahrt, weiter
admin-secret-of = Passwort von { $id }
admin-secret-once = Kopieren Sie es jetzt: Es wird nur dieses eine Mal gezeigt und nirgends aufbewahrt.
admin-user-name = Benutzername
admin-password = Passwort
admin-try-it = Probieren Sie es von einem Rechner mit mosquitto-clients. Diese Zeile sendet ein Gewicht:
admin-line-visible = Auf einer Befehlszeile können andere auf diesem Rechner das Passwort sehen: gut zum Probieren, nicht für jeden Tag.
admin-no-door = Der MQTT-Zugang von Hearth läuft anderswo: Setzen Sie Rechner und Port in der Zeile ein.
admin-rotated = Es gibt ein neues Passwort
admin-rotated-now = Das alte gilt nicht mehr, und Verbindungen damit sind getrennt.
admin-says = Was sie über sich sagt
admin-said = Gesagt
admin-says-nothing-readable = Ihre Statusnachricht ist nicht lesbar.
admin-battery = Batterie
admin-journal = Wartet im Hub
admin-journal-n = { $n ->
    [0] nichts
    [one] 1 Messung
   *[other] { $n } Messungen
}
admin-clock = Uhr
admin-clock-right = richtig
admin-clock-ahead = { $s } s vor
admin-clock-behind = { $s } s nach
admin-refused = Abgelehnte Nachrichten
admin-refused-none = Keine. Alles, was sie sendet, ist lesbar.
admin-no-device = Über sie hat noch kein Gerät etwas gesendet.
admin-device = Gerät
admin-nobodys = Messungen ohne Person
admin-traffic = Verkehr
admin-last-seen = Zuletzt gesehen
admin-added = Hinzugefügt
admin-qos0 = Nachrichten mit QoS 0
admin-qos0-means = Bei QoS 0 wird nichts bestätigt und nichts ist zugesichert. Bitten Sie den Hersteller um QoS 1.
admin-unknown-fields = Unbekannte Felder
admin-unknown-fields-mean = Mit der Nachricht aufbewahrt, aber nicht verwendet. Auch ein Schreibfehler sieht so aus.
admin-change = Ändern
admin-rotate = Neues Passwort
admin-rotate-means = Das alte gilt sofort nicht mehr. Was es benutzt, ist getrennt, bis es das neue hat; was dort aufbewahrt ist, kommt dann.
admin-rotate-do = Neues Passwort erzeugen
admin-disable = Sperren
admin-disable-means = Sie kann sich nicht mehr verbinden. Alles Gesendete bleibt.
admin-disable-do = Diese Quelle sperren
admin-enable = Wieder zulassen
admin-try-it-summary = Eine Messung von Hand senden
admin-try-it-own = Setzen Sie das Passwort ein. Hat es niemand mehr, erzeugen Sie oben ein neues.

# Refused messages
admin-quarantine = Quarantäne
admin-quarantine-lead = Nachrichten, aus denen keine Messung werden konnte. Sie sind mit ihren Bytes aufbewahrt; nach einer Korrektur auf einer der Seiten können sie erneut eingespielt werden.
admin-ledger = { $received } empfangen = { $stored } gespeichert + { $duplicate } mehrfach gesendet + { $quarantined } in Quarantäne
admin-by-reason = Nach Grund
admin-all-reasons = Alle
admin-quarantine-empty = Nichts ist in Quarantäne.
admin-quarantine-empty-why = Eine Nachricht, die nicht lesbar ist, erscheint hier mit Grund, Stelle und Bytes.
admin-replay = Erneut einspielen
admin-replay-all = Alle diese erneut einspielen
admin-replay-means = Die aufbewahrten Bytes werden mit heutiger Version und heutigen Grenzen neu geprüft.
admin-replay-running = Wird eingespielt:
admin-replay-done = Eingespielt:
admin-replay-broken = Einspielen vorzeitig beendet:
admin-replay-counts = { $n } aufgenommen, { $stored } gespeichert, { $duplicate } waren schon da, { $refused } wieder abgelehnt.
admin-replay-busy = Es wird bereits eingespielt. Warten Sie, bis das beendet ist.
admin-replayed = Eingespielt
admin-replayed-stored = Es ist jetzt eine Messung.
admin-replayed-duplicate = Die Messung war schon da; hier bleibt nichts.
admin-replayed-refused = Sie wurde wieder abgelehnt, aus dem Grund unten.
admin-id-reused-note = Nichts wurde überschrieben: Die zuerst gekommene Messung gilt.
admin-from = Von
admin-topic = Topic
admin-arrived = Eingegangen
admin-sender-id = Kennung des Absenders
admin-where = Stelle
admin-code = Code
admin-bytes = Bytes
admin-no-text = Diese Bytes sind kein Text.
admin-hexadecimal = Hexadezimal

# The silent
admin-silent-title = Von wem wir nichts hören
admin-silent-lead = Personen, von denen eine erwartete Messung seit mehr als { $hours } Stunden fehlt, danach geordnet, wer es ändern kann.
admin-silent-n = { $n ->
    [one] Von 1 Person ist nichts zu hören.
   *[other] Von { $n } Personen ist nichts zu hören.
}
admin-silent-nobody = Wir hören von allen.
admin-silent-nobody-why = Eine Person erscheint hier, wenn eine erwartete Messung fehlt, mit der Ursache, soweit sie zu erkennen ist, und wen man anruft.
admin-whose-hearth = Für den Betrieb von Hearth
admin-whose-vendor = Für den Hersteller
admin-whose-team = Für das Team: Zuordnungen
admin-whose-device = Hub oder Gerät in der Wohnung
admin-whose-patient = Die Person misst nicht
admin-born = geboren { $date }
admin-last = zuletzt
admin-never-since = keine; zuerst erwartet
admin-look-source = Quelle ansehen
admin-look-devices = Gerät zuordnen
admin-why-no-device = Es ist kein Gerät zugeordnet: Es gibt nichts, womit gemessen wird.
admin-do-no-device = Ordnen Sie das Gerät zu, das die Person benutzt.
admin-why-down = Hearth selbst war in dieser Zeit { $span } außer Betrieb.
admin-do-down = Abwarten: Was Hubs aufbewahrt haben, kommt von selbst.
admin-why-unknown = Das Gerät ist unter { $source } zugeordnet, und diese Quelle gibt es nicht.
admin-do-unknown = Die Administration fügt die Quelle hinzu, oder die Zuordnung wird berichtigt.
admin-why-disabled = Die Quelle { $source } ist gesperrt.
admin-do-disabled = Die Administration lässt sie wieder zu.
admin-why-vendor = Von { $source } kommt für niemanden etwas; zuletzt gesehen { $when }.
admin-why-vendor-never = { $source } hat sich noch nie verbunden.
admin-do-vendor = Rufen Sie den Hersteller an, nicht die Personen.
admin-why-hub = Der Hub { $source } ist nicht verbunden; zuletzt gehört { $when }.
admin-why-hub-never = Der Hub { $source } hat sich noch nie verbunden.
admin-do-hub = Anrufen und fragen, ob der Hub Strom hat und das Internet geht. Messungen sind darin aufbewahrt und kommen dann.
admin-do-hub-never = Er wurde wohl nie eingerichtet: hinfahren oder gemeinsam am Telefon durchgehen.
admin-why-refused = Nachrichten von { $device } kommen an und werden abgelehnt: { $reason }.
admin-do-refused = Zeigen Sie die Nachricht dem Hersteller des Geräts.
admin-why-clock = Die Uhr von { $device } geht falsch: Was es sendet, ist so datiert, dass es nicht zählt.
admin-do-clock = Datum und Uhrzeit am Gerät stellen; eine neue Batterie setzt sie oft zurück.
admin-why-nobodys = Von { $device } kommen Messungen, die niemandem gehören: { $n ->
    [one] 1 Messung
   *[other] { $n } Messungen
}, vielleicht auf einem anderen Speicherplatz.
admin-do-nobodys = Sagen Sie, wem sie gehören; die Regeln beurteilen dann, was gewartet hat.
admin-why-battery = Die Batterie von { $device } stand zuletzt bei { $percent } %.
admin-do-battery = Um neue Batterien bitten.
admin-why-never = Alles ist eingerichtet, und es wurde noch nie gemessen.
admin-do-never = Anrufen und gemeinsam die erste Messung machen.
admin-why-not-measuring = Hub und Gerät arbeiten, soweit zu erkennen.
admin-do-not-measuring = Anrufen und fragen, wie es geht.
admin-weak = Geräte, um die man sich kümmern sollte
admin-weak-lead = Von den Personen ist vielleicht noch zu hören, aber nicht mehr lange oder nicht unter ihrem Namen.
admin-weak-nobodys = { $n ->
    [one] 1 Messung gehört niemandem.
   *[other] { $n } Messungen gehören niemandem.
}
admin-weak-battery = Batterie bei { $percent } %.
