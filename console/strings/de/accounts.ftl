# Personen, Anmeldung, Teams und Protokoll.

accounts-glass-offer = Patienten anderer Teams lassen sich mit einer Begründung öffnen.
accounts-glass-open = Mit Begründung öffnen
