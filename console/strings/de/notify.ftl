# Nachrichten: ihr Text, und die Seite, die sagt, wer sie bekommt.

notify-mail-waiting = { $count ->
    [one] Eine Aufgabe wartet
   *[other] { $count } Aufgaben warten
}
notify-mail-sign-in = Bitte melden Sie sich bei Hearth an.
notify-mail-test = Eine Probenachricht von Hearth
notify-mail-test-text = Dies ist eine Probe. Nachrichten von Hearth erreichen Sie hier.

notify-title = Nachrichten
notify-in-words = Wer benachrichtigt wird, in Worten
notify-not-configured = Nicht eingestellt: niemand erfährt von einer Aufgabe. Legen Sie unten Zeiten und Reihenfolge fest.
notify-default = Alle Programme ohne eigene Zeiten
notify-of-all = Alle Programme ohne eigene Zeiten
notify-say-once = { $severity }: { $first }, einmal.
notify-say-line = { $severity }: { $first }, noch einmal nach { $again } min, dann { $next } nach { $then } min, dann { $last } nach { $finally } min.
notify-say-line-short = { $severity }: { $first }, noch einmal nach { $again } min, dann { $last } nach { $then } min.
notify-say-outside = Außerhalb dieser Zeiten: Kritisches sofort an { $last }; alles andere wartet, bis sie beginnen.
notify-say-digest = Das Übrige: eine Nachricht am Tag um { $time }.
notify-say-no-digest = Das Übrige steht nur in der Liste.
notify-say-on-duty = alle im Dienst
notify-say-role = alle im Dienst ({ $role })
notify-role-viewer = Lesend
notify-role-coordinator = Koordination
notify-role-clinician = Ärztlich
notify-role-administrator = Verwaltung
notify-mon = Mo
notify-tue = Di
notify-wed = Mi
notify-thu = Do
notify-fri = Fr
notify-sat = Sa
notify-sun = So

notify-warn-not-configured = Niemand erfährt von neuen Aufgaben: Nachrichten sind nicht eingestellt.
notify-warn-no-way = Nachrichten per { $way } können nicht hinaus: das ist in der Konfigurationsdatei nicht eingerichtet.
notify-warn-nobody-on-duty = { $programme }: von den Ersten und Nächsten ist jetzt niemand im Dienst.
notify-warn-nobody-last = { $programme }: von den Letzten kann sich niemand anmelden.
notify-warn-unreachable = { $name } ist auf keinem eingerichteten Weg zu erreichen.
notify-warn-unattended = { $n ->
    [one] 1 offene Aufgabe des Teams { $team } steht auf keiner Liste: Niemand, der Aufgaben bearbeitet, gehört zu diesem Team. Die Verwaltung ordnet ihm jemanden zu.
   *[other] { $n } offene Aufgaben des Teams { $team } stehen auf keiner Liste: Niemand, der Aufgaben bearbeitet, gehört zu diesem Team. Die Verwaltung ordnet ihm jemanden zu.
}

notify-test = Probenachricht senden
notify-test-send = Senden
notify-test-sent = Die Probenachricht an { $name } wurde angenommen. Sehen Sie nach, ob sie ankam.
notify-test-failed = Die Probenachricht ging nicht hinaus: { $why }.
notify-test-nobody = Tragen Sie unten zuerst Personen ein.
notify-no-ways = Kein Weg ist eingerichtet. Schreiben Sie [smtp] oder [webhook] in die Konfigurationsdatei.
notify-person = Person
notify-way = Weg
notify-email = E-Mail
notify-webhook = Webhook

notify-dead = Aufgegebene Nachrichten
notify-recent = Die neuesten Nachrichten
notify-history = Was vorher galt
notify-when = Wann
notify-task = Aufgabe
notify-open = Öffnen
notify-state = Stand
notify-why = Warum
notify-state-waiting = wartet
notify-state-sent = gesendet
notify-state-dead = aufgegeben
notify-state-withdrawn = nicht mehr nötig
notify-attempts = { $count ->
    [one] 1 Versuch fehlgeschlagen
   *[other] { $count } Versuche fehlgeschlagen
}

notify-change = Ändern, wer benachrichtigt wird
notify-own-numbers = Jede Zeit hier legt Ihre Einrichtung fest; Hearth schlägt keine vor.
notify-own-cover = eigene Zeiten; leer gelten die oben
notify-people = Personen, die benachrichtigt werden können
notify-people-hint = Dienst: „Mon-Fri 08:00-17:00, Sat 09:00-12:00“; leer heißt immer. Frei: „2026-12-24, 2026-12-25“.
notify-user = Anmeldename
notify-name = Name
notify-role = Rolle
notify-language = Sprache
notify-duty = Im Dienst
notify-off = Freie Tage
notify-timezone = Zeitzone
notify-hours = Dienstzeiten (Mon-Fri 08:00-17:00, …)
notify-first = Zuerst (Anmeldenamen, @duty, @coordinator, …)
notify-next = Als Nächste
notify-last = Als Letzte
notify-from = Einzeln ab diesem Schweregrad
notify-times = Minuten bis zum nächsten Schritt, in Dienstzeiten; Kritisches rund um die Uhr
notify-accept-within = Noch einmal nach
notify-to-next = dann an die Nächsten nach
notify-to-last = dann an die Letzten nach
notify-digest-at = Tägliche Nachricht über das Übrige um
notify-reason = Warum (steht in der Geschichte)
notify-save = Speichern
notify-not-saved = { $count ->
    [one] Nicht gespeichert: ein Feld stimmt nicht.
   *[other] Nicht gespeichert: { $count } Felder stimmen nicht.
}
notify-wrong-reason = Bitte sagen Sie, warum.
notify-wrong-hours = Schreiben Sie „Mon-Fri 08:00-17:00“.
notify-wrong-date = Schreiben Sie „2026-12-24“.
notify-wrong-email = Das ist keine E-Mail-Adresse.
notify-wrong-who = Schreiben Sie Anmeldenamen, „@duty“ oder eine Rolle wie „@coordinator“.
notify-wrong-time = Schreiben Sie „07:30“.
notify-wrong-zone = Schreiben Sie eine Zone wie „Europe/Berlin“.
notify-wrong-value = Geben Sie eine ganze Zahl von Minuten an.
notify-wrong-twice = Diese Person steht schon in der Liste.
notify-wrong-no-hours = Geben Sie mindestens einen Zeitraum an.
notify-wrong-nobody-meant = Damit ist niemand aus der Liste gemeint.
notify-wrong-nobody-told = Nennen Sie mindestens eine Person oder Rolle.
notify-wrong-no-way = Wählen Sie mindestens einen Weg.
notify-wrong-no-times = Kritische und hohe Aufgaben brauchen alle drei Zeiten.
notify-wrong-zero-time = Mindestens je eine Minute.
