# The patient’s own page.

own-title = Meine Messungen
own-ask = Bitte geben Sie den sechsstelligen Code ein, den Sie von Ihrem Team bekommen haben.
own-code = Code
own-open = Öffnen
own-ask-lost = Code verloren oder funktioniert er nicht mehr? Ihr Team gibt Ihnen einen neuen.
own-wrong = Dieser Code öffnet die Seite nicht. Prüfen Sie ihn und versuchen Sie es noch einmal; nach mehreren falschen Codes bleibt die Seite eine Weile geschlossen.
own-stale = Die Seite war zu lange offen. Bitte geben Sie den Code noch einmal ein.
own-repeat = Bitte messen Sie noch einmal: { $kind }
own-repeat-until = Am besten vor { $time }. Setzen Sie sich kurz ruhig hin und messen Sie dann wie immer.
own-agreed = Was vereinbart ist
own-programme = Programm: { $programmes }
own-measure = { $kind }: einmal am Tag messen, am besten morgens.
own-call = Ihr Team möchte Sie anrufen: { $time }
own-no-call = Zurzeit ist kein Anruf geplant.
own-not-watched = Niemand sieht diese Seite rund um die Uhr an. Wenn es Ihnen nicht gut geht, warten Sie nicht: Rufen Sie Ihre Praxis an, im Notfall den Notruf.
own-readings = Die letzten 30 Tage
own-no-readings = In diesen 30 Tagen ist keine Messung angekommen.
own-table = Alle Messungen mit Zeit
own-close = Seite schließen

# The card on the patient’s page, and what is handed over
own-card = Seite für die Person
own-card-lead = Ein Link und ein Code, mit denen die Person ihre Messungen und das Vereinbarte sieht. Ohne Konto.
own-card-none = Es gibt keinen Link.
own-card-open = Erstellt
own-card-until = Gültig bis { $date }.
own-card-used = Zuletzt geöffnet
own-card-unused = Noch nie geöffnet.
own-card-locked = { $n ->
    [one] 1 falscher Code in Folge; geschlossen bis
   *[other] { $n } falsche Codes in Folge; geschlossen bis
}
own-card-worn = Zu viele falsche Codes wurden versucht; der Link öffnet nichts mehr.
own-card-make = Link und Code erstellen
own-card-renew = Neuen Link und Code erstellen
own-card-revoke = Link zurückziehen
own-made = Link und Code für die Person
own-made-once = Beides wird nur dieses eine Mal gezeigt und nirgends aufbewahrt.
own-made-apart = Geben Sie beides getrennt weiter: den Link als Nachricht oder auf Papier, den Code am Telefon oder persönlich. Ein früherer Link gilt nicht mehr.
own-hand-lead = Auf dieser Seite sehen Sie Ihre Messungen und was mit Ihrem Team vereinbart ist. Öffnen Sie den Link und geben Sie den Code ein.
own-hand-link = Link
own-hand-code = Code
own-hand-until = Gültig bis { $date }.
own-copy-link = Link kopieren
own-back = Zurück zur Person
