# Wörter jeder Seite.

common-span-moment = weniger als eine Minute
common-span-minutes = { $n } min
common-span-hours = { $n } h
common-span-hours-minutes = { $h } h { $m } min
common-span-days = { $n ->
    [one] 1 Tag
   *[other] { $n } Tagen
}
common-just-now = gerade eben
common-ago = vor { $span }
common-in = in { $span }
common-due = fällig in { $span }
common-overdue = seit { $span } überfällig

common-critical = Kritisch
common-high = Hoch
common-medium = Mittel
common-low = Niedrig

common-requested = noch bei niemandem
common-accepted = angenommen
common-in-progress = in Arbeit
common-on-hold = zurückgestellt
common-completed = erledigt
common-cancelled = verworfen

common-advice-given = Beraten
common-medication-changed = Medikation geändert
common-visit-arranged = Termin vereinbart
common-emergency = Rettungsdienst
common-measuring-error = Messfehler
common-no-action = Nichts nötig
common-not-reached = Nicht erreicht

common-body-weight = Gewicht
common-blood-pressure = Blutdruck
common-glucose = Glukose
common-sensor-glucose = Sensorglukose
common-oxygen-saturation = Sauerstoffsättigung
common-body-temperature = Temperatur
common-heart-rate = Herzfrequenz
common-body-composition = Körperzusammensetzung
common-bmi = BMI
common-height = Größe
common-body-fat = Körperfett
common-muscle-mass = Muskelmasse
common-body-water = Körperwasser
common-systolic = Systolisch
common-diastolic = Diastolisch
common-mean-pressure = Mitteldruck
common-pulse = Puls

common-heart-failure = Herzinsuffizienz
common-hypertension = Bluthochdruck
common-diabetes = Diabetes
common-copd = COPD

# Um jede Seite herum.
common-pages = Seiten
common-tasks = Aufgaben
common-patients = Patienten
common-silent = Stille
common-devices = Geräte
common-sources = Quellen
common-rules = Regeln
common-messages = Nachrichten
common-people = Personen
common-audit = Protokoll
common-sign-out = Abmelden
common-lost = Die Live-Verbindung ist abgebrochen.
common-lost-detail = Was Sie sehen, kann veraltet sein. Es wird weiter versucht.
common-skip = Zum Inhalt springen
common-not-emergency = Hearth ist kein Notdienst. Rufen Sie im Notfall die Notrufnummer.
common-back-to-tasks = Zurück zu den Aufgaben
