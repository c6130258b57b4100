# Eine Person: Verlauf, Geräte, Parameter, Formulare.

patient-mark-corrected = später korrigiert
patient-mark-set-aside = zurückgestellt: eine Wiederholung zeigte anderes
patient-mark-copy = dasselbe von einem anderen Gerät, einmal gezählt
patient-mark-flagged = mit Hinweis
patient-mark-correction = eine Korrektur
patient-mark-late = spät eingetroffen
patient-mark-only-stored = nur gespeichert
patient-arrived = eingetroffen { $time }
patient-flag-soft-limit = ungewöhnlicher Wert
patient-flag-clock-uncertain = Zeit unsicher
patient-clock-unknown = Uhr nicht angegeben
patient-clock-device = Uhr des Geräts
patient-clock-hub = Uhr der Basisstation
patient-clock-vendor = Uhr des Herstellers
patient-clock-within = { $whose }, auf { $span } genau
patient-limit-above = { $quantity }, Grenze { $amount }, eine Regel gilt darüber: { $by }
patient-limit-below = { $quantity }, Grenze { $amount }, eine Regel gilt darunter: { $by }
patient-band = Persönlicher Bereich { $low } bis { $high }
patient-of-rulebook = Regelwerk
patient-of-clinic = Klinik
patient-of-patient = diese Person
patient-above-lowest = { $amount } über dem niedrigsten Wert
patient-below-highest = { $amount } unter dem höchsten Wert
patient-broken-line = Gestrichelte Linie: { $what }
patient-chart-title = { $name } in { $unit }
patient-chart-series = { $count ->
    [one] { $name }: 1 Messung, { $newest }, { $time }.
   *[other] { $name }: { $count } Messungen, die neueste { $newest }, { $time }.
}
patient-gap = Vom { $from } bis { $to } kam nichts, obwohl es erwartet war.
patient-gap-day = Am { $day } kam nichts, obwohl es erwartet war.
patient-episode-open = { $severity }: { $why }, seit { $from }
patient-episode-over = { $severity }: { $why }, { $from } bis { $until }
patient-nothing-here = nichts in dieser Zeit
patient-no-reading = Keine Messung in dieser Zeit.
patient-no-reading-remedy = Messungen erscheinen hier, sobald ein zugeordnetes Gerät eine sendet.
patient-days = { $n } Tage
patient-all = Alles
patient-how-much = Wie viel gezeigt wird
patient-readings = Messungen
patient-edit = Bearbeiten
patient-born = geboren { $date }, { $age } Jahre
patient-phone = Telefon
patient-language = Sprache
patient-language-en = Englisch
patient-language-de = Deutsch
patient-language-fr = Französisch
patient-language-es = Spanisch
patient-local-time = Ortszeit
patient-contact = Kontakt
patient-since = seit { $time }, durch { $who }
patient-active = aktiv
patient-paused = pausiert
patient-ended = beendet
patient-active-means = Messungen werden erwartet und beurteilt.
patient-paused-means = Messungen werden nach ihrem Wert beurteilt; keine wird erwartet.
patient-ended-means = Messungen werden nur gespeichert; offene Aufgaben bleiben.
patient-no-programme = keines
patient-no-open-task = Keine offene Aufgabe.
patient-closed-tasks = Abgeschlossene Aufgaben
patient-as-table = Dasselbe als Tabelle
patient-all-readings = { $n ->
    [one] Die eine Messung
   *[other] Alle { $n } Messungen
}
patient-readings-of = Messungen: { $name }
patient-newest-of = Die neuesten { $n } von { $all }; alle stehen in der API.
patient-measured = Gemessen
patient-what = Was
patient-values = Werte
patient-device = Gerät
patient-clock = Uhr
patient-remarks = Bemerkungen
patient-move = Messungen umbuchen
patient-slot = Platz { $n }
patient-not-theirs = Von jemand anderem?
patient-adherence = Gemessen wie erwartet
patient-nothing-expected = Von dieser Person wird nichts erwartet.
patient-days-of = { $all ->
    [one] { $n } von 1 Tag
   *[other] { $n } von { $all } Tagen
}
patient-calendar-title = { $name }: Tage, an denen gemessen wurde
patient-none-missed = Kein erwarteter Tag wurde ausgelassen.
patient-missed = { $more ->
    [0] Nichts am { $days }.
   *[other] Nichts am { $days } und { $more } Mal davor.
}
patient-programmes = Programme
patient-change = Ändern
patient-no-programme-yet = In keinem Programm: Messungen werden gespeichert, keine Regel beurteilt sie.
patient-from = ab { $time }
patient-until = bis { $time }
patient-per-day = { $n ->
    [one] einmal am Tag
   *[other] { $n }-mal am Tag
}
patient-per-week = { $n ->
    [one] einmal in der Woche
   *[other] { $n }-mal in der Woche
}
patient-not-set = nicht gesetzt
patient-status-history = Pausiert, beendet, wieder aktiv
patient-episodes = Episoden
patient-still-holds = besteht noch
patient-set-by = gesetzt von { $who }, { $time }
patient-set-by-because = gesetzt von { $who }, { $time }: { $why }
patient-limits = Grenzen und wessen sie sind
patient-parameter = Parameter
patient-value = Wert
patient-set-by-whom = Wessen
patient-change-what = Ändern: { $what }
patient-now-is = Jetzt { $value }, { $whose }.
patient-now-not-set = Niemand hat ihn gesetzt: Regeln, die darauf beruhen, beurteilen nichts.
patient-preview = Was das ändert
patient-new-value = Wert für diese Person
patient-range = Zwischen { $low } und { $high } { $unit }.
patient-plain-number = Eine Zahl ohne Einheit.
patient-in-force-from = Für Messungen ab
patient-empty-now = (leer: ab jetzt)
patient-why = Warum
patient-show-changes = Zeigen, was das ändert
patient-set-back = Auf den Wert der Klinik oder des Regelwerks zurücksetzen
patient-set-it = Setzen
patient-leave-it = So lassen
patient-history = Verlauf
patient-never-set = Niemand hat ihn je gesetzt.
patient-was-set-back = zurückgesetzt
patient-for-everybody = für alle
patient-for-patient = für diese Person
patient-a-value = einen Wert
patient-a-reason = einen Grund
patient-a-name = einen Namen
patient-a-device = ein Gerät
patient-wrong-date = Schreiben Sie den Tag als Jahr-Monat-Tag.
patient-with = Mit { $what }:
patient-changes-nothing = Es ändert sich nichts: keine Episode der letzten 90 Tage, keine Aufgabe.
patient-more-episodes = { $n ->
    [one] 1 Episode mehr in den letzten 90 Tagen
   *[other] { $n } Episoden mehr in den letzten 90 Tagen
}
patient-fewer-episodes = { $n ->
    [one] 1 Episode weniger in den letzten 90 Tagen
   *[other] { $n } Episoden weniger in den letzten 90 Tagen
}
patient-same-episodes = dieselben Episoden in den letzten 90 Tagen
patient-tasks-open = { $n ->
    [one] 1 Aufgabe würde jetzt entstehen
   *[other] { $n } Aufgaben würden jetzt entstehen
}
patient-tasks-go = { $n ->
    [one] 1 Aufgabe würde zurückgenommen
   *[other] { $n } Aufgaben würden zurückgenommen
}
patient-tasks-change = { $n ->
    [one] 1 Aufgabe würde anders lauten
   *[other] { $n } Aufgaben würden anders lauten
}
patient-no-task-changes = keine Aufgabe ändert sich jetzt
patient-would-open = würde entstehen
patient-would-go = würde zurückgenommen
patient-would-change = würde so lauten
patient-would-be-over = ihre Bedingung würde nicht mehr gelten
patient-which-episodes = Welche Episoden
patient-would-be = wäre gewesen
patient-would-not-be = wäre nicht gewesen
patient-assign-one = Gerät zuordnen
patient-no-device = Kein Gerät ist zugeordnet: Für diese Person kann nichts eintreffen.
patient-end = Beenden
patient-last-seen = zuletzt gehört { $ago }
patient-never-seen = nie gehört
patient-battery = Batterie { $n } %
patient-assign-title = Gerät zuordnen
patient-end-title = Zuordnung beenden
patient-move-title = Messungen einer anderen Person geben
patient-assign-means = Ab dem ersten Moment gehören die Messungen des Geräts dieser Person. Was jemand anderes von dieser Zeit hatte, geht mit über.
patient-end-means = Spätere Messungen gehören niemandem, bis das Gerät wieder zugeordnet ist. Sie bleiben erhalten.
patient-move-means = Eine Strecke der Messungen eines Geräts geht an die Person, der sie gehören. Die Regeln beurteilen beide neu; es lässt sich zurückbuchen.
patient-slot-field = Platz auf einem geteilten Gerät
patient-slot-empty = (leer: was kein eigener Platz nimmt)
patient-ends-at = Ab wann niemandes
patient-first-moment = Erster Moment
patient-last-moment = Bis
patient-empty-open = (leer: immer weiter; dieser Moment selbst nicht mehr)
patient-whose-are-they = Wem gehören sie: Name, Aktennummer oder Kennung
patient-empty-nobody = (leer: niemandem)
patient-which-one = Mehrere passen. Wen meinen Sie?
patient-nobody-found = Niemand passt zu „{ $text }“. Versuchen Sie einen Teil des Namens oder eine Aktennummer.
patient-do-it = Ausführen
patient-wrong-device = Ein Gerät schreibt sich Quelle/Gerät.
patient-wrong-slot = Ein Platz ist eine Zahl von 0 bis 254.
patient-wrong-time = Schreiben Sie die Zeit als Jahr-Monat-Tag, T, Stunden:Minuten.
patient-ends-before = Es endet, bevor es beginnt.
patient-nothing-to-move = Es ändert sich nichts: Es ist schon so.
patient-other-team = Das Gerät gehört jemandem aus einem anderen Team. Fragen Sie dort nach, oder öffnen Sie diese Person zuerst mit einem Grund.
patient-new = Neue Person
patient-enter = Person eintragen
patient-edit-of = { $name } bearbeiten
patient-save = Speichern
patient-who = Wer sie sind
patient-reach = Wie Sie sie erreichen
patient-name = Name
patient-birth-date = Geburtsdatum
patient-id-system = Nummer bei
patient-id-value = Nummer
patient-record-number = Klinikakte
patient-zone = Zeitzone, etwa Europe/Berlin
patient-wrong-zone = Es gibt keine Zeitzone „{ $zone }“. Schreiben Sie sie wie Europe/Berlin.
patient-language-hint = (Kürzel, etwa en oder de)
patient-relation = Wer es ist
patient-relation-hint = Tochter, Nachbar
patient-enrolled-from = Eingeschrieben ab
patient-first-device = Erstes Gerät
patient-device-hint = (geht auch später; angeboten sind die, deren Messungen niemandem gehören)
patient-from-day = Ab
patient-until-day = Bis
patient-status = Status
patient-status-from = Status gilt ab
patient-name-or-number = Name oder Nummer
patient-search = Suchen
patient-elsewhere = Patienten anderer Teams sind hier nicht zu sehen. Wenn die Versorgung es verlangt, können Sie { $link }: Das braucht die ganze Aktennummer oder die ID und steht im Protokoll.
patient-elsewhere-open = jemanden mit Begründung öffnen
patient-nobody-matches = Niemand passt. Versuchen Sie einen Teil des Namens oder eine Aktennummer.
patient-nobody-yet = Es ist noch niemand eingetragen.
patient-nobody-yet-remedy = Um jemanden zu begleiten, { $link }, mit dem ersten Gerät.
patient-enter-one = tragen Sie eine Person ein
patient-nobody-yet-ask = Ärztliche Konten tragen Personen ein.
patient-number = Aktennummer
patient-more = Weiter
patient-from-rulebook = Wie die Regelwerke es haben
patient-rate = Schreiben Sie eine Häufigkeit wie 1 per day oder 3 per week, oder none.
patient-device-placeholder = Quelle/Gerät
