# Rules and their limits.

rules-lead = Worauf Hearth achtet, in welcher Version und worauf es beruht. Es gelten die Grenzen des Regelwerks, sofern die Klinik oder eine Ärztin, ein Arzt für eine Person keine anderen gesetzt hat.
rules-none = Kein Regelwerk ist in Kraft.
rules-books = Regelwerke
rules-for = Für alle im Programm { $programme }.
rules-brought = Wird von anderen Regelwerken eingebunden.
rules-brings = Bindet auch die Regeln von { $books } ein.
rules-expected = { $n ->
    [one] Erwartet: { $kind }, einmal am Tag.
   *[other] Erwartet: { $kind }, { $n }-mal am Tag.
}
rules-expected-unset = { $kind }: Wie oft, legt die Klinik fest.
rules-over = Vorbei, wenn
rules-urgency = Dringlichkeit
rules-due = fällig innerhalb von { $span }
rules-ask = Zu fragen
rules-basis = Grundlage
rules-written = Wie es geschrieben steht
rules-limits = Grenzen
rules-who = Die Administration setzt sie hier für die Klinik; Ärztinnen und Ärzte setzen sie für eine Person auf deren Seite.
rules-unset = nicht festgelegt
rules-unset-means = Regeln, die ihn brauchen, beurteilen niemanden, bis er festgelegt ist.
rules-rulebook = aus dem Regelwerk
rules-clinic = von der Klinik
rules-clinic-instead = von der Klinik; das Regelwerk sagt { $default }
rules-history = { $n ->
    [one] 1 Änderung
   *[other] { $n } Änderungen
}
rules-set-back = zurück auf das Regelwerk
rules-from = in Kraft ab
rules-change = Ändern
rules-value = Für die Klinik
rules-range = von { $low } bis { $high } { $unit }
rules-reason = Warum
rules-change-means = Es gilt ab jetzt, für alle Personen ohne eigenen Wert. Frühere Messungen werden nicht neu beurteilt.
rules-concerns-nobody = Es betrifft niemanden, den Sie sehen: Niemand davon ist in einem Programm mit diesen Regeln.
rules-concerns = { $n ->
    [one] Es betrifft 1 Person.
   *[other] Es betrifft { $n } Personen.
} { $changed ->
    [0] Für niemanden wäre etwas anders.
    [one] Für 1 davon wäre in den letzten 90 Tagen etwas anders:
   *[other] Für { $changed } davon wäre in den letzten 90 Tagen etwas anders:
}
rules-concerns-first = Es sind mehr, als sich jetzt ansehen lassen: Das würde sich für die ersten { $n } ändern.
rules-concerns-own = { $n ->
    [one] 1 weitere Person hat einen eigenen Wert und behält ihn.
   *[other] { $n } weitere Personen haben eigene Werte und behalten sie.
}
rules-do-change = Für die Klinik festlegen
rules-back = Zurück auf das Regelwerk
rules-want-value = Bitte geben Sie einen Wert an.
rules-want-reason = Bitte sagen Sie warum: Es steht im Verlauf.

# Conditions
rules-and = und
rules-or = oder
rules-not = nicht
rules-plus = plus
rules-minus = minus
rules-not-set = { $name } (nicht festgelegt)
rules-otherwise = , sonst{ " " }
rules-severity-when = { $severity }, wenn { $when }
rules-more-than = mehr als { $limit }
rules-no-less-than = mindestens { $limit }
rules-less-than = weniger als { $limit }
rules-no-more-than = höchstens { $limit }
rules-rises = { $what } steigt um { $by }{ $window }
rules-drops = { $what } fällt um { $by }{ $window }
rules-changes = { $what } ändert sich um { $by }{ $window }
rules-against = { " " }gegenüber der Messung { $when }
rules-above = { $what } ist über { $limit }
rules-at-least = { $what } ist { $limit } oder mehr
rules-below = { $what } ist unter { $limit }
rules-at-most = { $what } ist { $limit } oder weniger
rules-missing = keine Messung ({ $what }) seit { $span }
rules-onset = { $what } vor dem Beginn
rules-count = die Zahl der Messungen ({ $what }){ $window }
rules-mean = der Mittelwert { $what }{ $window }
rules-median = der Median { $what }{ $window }
rules-lowest = der Tiefstwert { $what }{ $window }
rules-highest = der Höchstwert { $what }{ $window }
rules-within = { " " }innerhalb von { $length }
rules-last = { " " }der letzten { $n }
rules-ago = { $near } bis { $far } davor
rules-days = { $n ->
    [one] 1 Tag
   *[other] { $n } Tagen
}
rules-times = , { $n }-mal innerhalb von { $window }
rules-holding = , seit { $window }
rules-how-often = wie oft eine Messung erwartet wird ({ $kind }), oder „none“
