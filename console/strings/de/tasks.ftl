# Die Aufgabenliste.
tasks-title = Wer braucht einen Anruf?
tasks-operators-title = Aufgaben für den Betrieb
tasks-now = Jetzt
tasks-today = Heute
tasks-later = Später
tasks-on-hold = Zurückgestellt
tasks-count-muted = { $n } zurückgestellt
tasks-count-silent = { $n } ohne Messwerte
tasks-count-quiet = { $n ->
    [one] 1 hält ohne Aufgabe an
   *[other] { $n } halten ohne Aufgabe an
}

# Filter.
tasks-which = Welche Aufgaben
tasks-all = Alle offenen
tasks-mine = Meine
tasks-nobodys = Noch bei niemandem
tasks-overdue = Überfällig
tasks-muted = Zurückgestellt
tasks-operators = Für den Betrieb
tasks-of = von { $name }
tasks-team = Team { $name }
tasks-searched = „{ $text }“
tasks-narrow = Dringlichkeit, Programm, Team
tasks-by-severity = Nach Dringlichkeit
tasks-by-programme = Nach Programm
tasks-by-team = Nach Team
tasks-only = Nur:
tasks-without = Ohne: { $what }
tasks-found = { $n ->
    [one] 1 Aufgabe
   *[other] { $n } Aufgaben
}
tasks-search = Name oder Fallnummer
tasks-find = Suchen
tasks-more = Mehr zeigen, { $n } weitere

# Wo nichts ist.
tasks-none = Niemand braucht einen Anruf.
tasks-none-detail = Eine Aufgabe erscheint hier von selbst, sobald ein Messwert – oder ein fehlender – sie verlangt. Um jemanden zu betreuen, { $link } und ordnen Sie ein Gerät zu.
tasks-none-link = legen Sie einen Patienten an
tasks-none-mine = Sie haben keine offene Aufgabe.
tasks-see-nobodys = Zeigen, was noch niemand hat
tasks-none-free = Jede offene Aufgabe ist bei jemandem.
tasks-none-such = Keine offene Aufgabe passt dazu.
tasks-show-all = Alle zeigen

# Eine Zeile.
tasks-behind = Nach einer Änderung von { $name }.
tasks-behind-because = Nach einer Änderung von { $name }: „{ $why }“
tasks-born = geb. { $date }
tasks-select = { $name } auswählen
tasks-accept = Annehmen
tasks-accept-whose = Aufgabe von { $name } annehmen
tasks-you = Sie
tasks-nobody = niemand
tasks-automation = ein Programm
tasks-unconfirmed = nicht durch eine zweite Messung bestätigt
tasks-attempts = { $n ->
    [one] einmal nicht erreicht
   *[other] { $n }-mal nicht erreicht
}
tasks-over = gilt nicht mehr seit { $since }
tasks-unwatched = wird nicht mehr beobachtet seit { $since }
tasks-no-due = ohne Frist
tasks-waits-until = wartet bis { $time }
tasks-new = neu
tasks-waiting = wartet seit { $span }

# Live.
tasks-show-one = 1 neue Aufgabe zeigen
tasks-show-many = 0 neue Aufgaben zeigen
tasks-tidy = Liste aufräumen
tasks-changed = Jemand hat diese Aufgabe gerade geändert. Laden Sie die Seite neu, um es zu sehen.
tasks-push = Eine Aufgabe wartet.
tasks-push-on = Bescheid geben, wenn eine Aufgabe kommt, während ich nicht hinsehe
tasks-push-off = Nicht mehr Bescheid geben, wenn eine Aufgabe kommt, während ich nicht hinsehe

# Mehrere auf einmal.
tasks-assign-to = Die ausgewählten Aufgaben übergeben an
tasks-assign = Übergeben
tasks-assigned-some = { $done } von { $all } Aufgaben wurden an { $name } übergeben. Die erste, bei der es nicht ging: { $why }

# Episoden ohne Aufgabe.
tasks-quiet-title = Hält ohne Aufgabe an
tasks-quiet-lead = Diese Zustände halten an, ohne dass eine Aufgabe dazu offen ist: Jemand hat sie erledigt, oder sie begannen, lange bevor sie bekannt wurden. Eine neue Aufgabe entsteht, wenn es schlimmer wird oder wieder geschieht.
tasks-quiet-none = Nichts hält ohne Aufgabe an.
tasks-quiet-more = Mehr zeigen
tasks-holds-since = begann { $since } und hält an
tasks-settled = erledigt { $at }: { $outcome }
tasks-dropped = Aufgabe verworfen { $at }

# Eine Aufgabe.
tasks-for-operators = Für den Betrieb
tasks-names-nobody = Eine Regel konnte nicht ausgewertet werden. Diese Aufgabe nennt keinen Patienten.
tasks-since = Entstanden { $at }
tasks-over-stays = Der Zustand endete { $since }. Die Aufgabe bleibt, bis jemand sie abschließt.
tasks-unwatched-stays = Die Beobachtung endete { $since }: Niemand kann sagen, ob der Zustand anhält. Die Aufgabe bleibt, bis jemand sie abschließt.
tasks-basis = Grundlage: { $basis }.
tasks-rule = Regel { $rule }, { $version }
tasks-days = { $n } Tage
tasks-call = { $phone } anrufen
tasks-no-phone = Keine Telefonnummer bekannt. { $link }
tasks-no-phone-link = Eine eintragen
tasks-language = Sprache
tasks-local-time = Ortszeit
tasks-contact = Kontakt
tasks-also-open = Ebenfalls offen
tasks-last-contacts = Letzte Kontakte
tasks-no-contacts = Dies ist die erste Aufgabe zu diesem Patienten.
tasks-english = Englisch
tasks-german = Deutsch
tasks-french = Französisch
tasks-spanish = Spanisch
tasks-italian = Italienisch
tasks-polish = Polnisch
tasks-turkish = Türkisch
tasks-arabic = Arabisch
tasks-russian = Russisch
tasks-vietnamese = Vietnamesisch

# Was getan werden kann.
tasks-owner = Zuständig: { $who }
tasks-viewer = Mit Leserechten können Sie diese Aufgabe ansehen, aber nicht bearbeiten.
tasks-accept-it = Annehmen: Ich übernehme das
tasks-start = Beginnen: Ich bin dabei
tasks-take-over = Übernehmen
tasks-take-up = Jetzt wieder aufnehmen
tasks-ask = Was zu fragen ist
tasks-yes = Ja
tasks-no = Nein
tasks-not-asked = Nicht gefragt
tasks-outcome = Ergebnis
tasks-choose = Bitte wählen
tasks-note = Notiz
tasks-follow-up = Falls es anhält, nicht wieder vor …
tasks-follow-up-detail = Bis dahin entsteht keine neue Aufgabe zu diesem Zustand, außer es wird schlimmer.
tasks-complete = Abschließen
tasks-only-note = Nur notieren
tasks-later-title = Später wieder anrufen
tasks-reached-nobody = Ich habe angerufen und niemanden erreicht
tasks-until = Bis
tasks-in-1h = in 1 Stunde
tasks-in-4h = in 4 Stunden
tasks-tomorrow = morgen 10:00
tasks-or-at = Oder zu einem eigenen Zeitpunkt:
tasks-date = Datum
tasks-time = Uhrzeit
tasks-their-time = Nach der Uhr des Patienten, { $zone }.
tasks-hold = Bis dahin warten
tasks-hand-over = Übergeben
tasks-to = An
tasks-word = Ein Wort dazu
tasks-note-title = Notiz hinzufügen
tasks-add-note = Notiz speichern
tasks-complete-now = Abschließen
tasks-cancel-title = Verwerfen
tasks-why-cancel = Warum ist sie nicht nötig?
tasks-cancel = Aufgabe verwerfen
tasks-answered-yes = { $question } Ja.
tasks-answered-no = { $question } Nein.

# Was nicht ging.
tasks-gone = Diese Aufgabe gibt es nicht mehr.
tasks-taken = { $name } hat diese Aufgabe: { $status }. Unten steht, was geschehen ist.
tasks-not-possible = Das geht nicht mehr: Die Aufgabe ist { $status }.
tasks-missing-note = Bitte schreiben Sie eine Notiz; hier wird sie gebraucht.
tasks-missing-outcome = Bitte wählen Sie ein Ergebnis.
tasks-missing-until = Bitte wählen Sie, bis wann die Aufgabe wartet.
tasks-missing-owner = Bitte wählen Sie, an wen die Aufgabe geht.
tasks-unreadable-time = Dieses Datum oder diese Uhrzeit ist nicht lesbar.
tasks-past = Dieser Zeitpunkt ist vorbei; bitte wählen Sie einen späteren.

# Was geschah.
tasks-timeline = Was geschah
tasks-timeline-empty = Mit dieser Aufgabe wurde noch nichts getan.
tasks-did-accept = { $name } hat sie angenommen.
tasks-did-start = { $name } hat damit begonnen.
tasks-did-hold = { $name } lässt sie bis { $until } warten.
tasks-did-miss = { $name } hat niemanden erreicht und versucht es { $until } wieder.
tasks-did-assign = { $name } hat sie an { $to } übergeben.
tasks-did-take-over = { $name } hat sie übernommen.
tasks-did-complete = { $name } hat sie abgeschlossen: { $outcome }.
tasks-did-complete-until = { $name } hat sie abgeschlossen: { $outcome }; nicht wieder vor { $until }.
tasks-did-cancel = { $name } hat sie verworfen.
tasks-did-note = { $name } hat notiert:
tasks-did-create = Die Aufgabe wurde angelegt.
tasks-did-join = Es geschah wieder und kam zu dieser Aufgabe.
tasks-did-worsen = Es wurde schlimmer.
tasks-did-clear = Der Zustand endete.
tasks-did-go-on = Der Zustand hält an.
tasks-did-return = Sie kam zurück.
tasks-did-retract = Spätere Daten nahmen etwas zurück.
tasks-did-take-back = Die Aufgabe wurde zurückgezogen.
tasks-did-unwatch = Der Zustand wird nicht mehr beobachtet.
tasks-did-other = { $name }: { $what }.

# Tasten.
tasks-keys = Tasten
tasks-keys-on = Einzelne Tasten wirken
tasks-close = Schließen
tasks-key-move = nächste und vorige Aufgabe
tasks-key-open = Aufgabe öffnen
tasks-key-accept = annehmen oder übernehmen
tasks-key-note = eine Notiz schreiben
tasks-key-complete = Ergebnis wählen
tasks-key-hold = später wieder anrufen
tasks-key-select = Aufgabe zum Übergeben auswählen
tasks-key-up = zurück zur Liste
tasks-key-search = suchen
tasks-key-leave = ein Feld verlassen
tasks-key-help = diese Tasten
tasks-fault-title = Regel { $rule } ließ sich nicht auswerten
tasks-fault-basis = Eine Regel, die scheitert, ist keine Stille
