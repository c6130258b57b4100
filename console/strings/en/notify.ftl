# Telling people: the messages themselves, and the page that says who gets them.

notify-mail-waiting = { $count ->
    [one] A task is waiting
   *[other] { $count } tasks are waiting
}
notify-mail-sign-in = Please sign in to Hearth.
notify-mail-test = A test message from Hearth
notify-mail-test-text = This is a test. Messages from Hearth reach you here.

notify-title = Messages
notify-in-words = Who is told, in words
notify-not-configured = Not configured: nobody is told of any task. Set hours, lines and times below.
notify-default = All programmes without hours of their own
notify-of-all = All programmes without hours of their own
notify-say-once = { $severity }: { $first }, once.
notify-say-line = { $severity }: { $first }, once more after { $again } min, then { $next } after { $then } min, then { $last } after { $finally } min.
notify-say-line-short = { $severity }: { $first }, once more after { $again } min, then { $last } after { $then } min.
notify-say-outside = Outside these hours: critical at once to { $last }; everything else waits until they begin.
notify-say-digest = The rest: one message a day at { $time }.
notify-say-no-digest = The rest is only on the list.
notify-say-on-duty = everybody on duty
notify-say-role = every { $role } on duty
notify-role-viewer = viewer
notify-role-coordinator = coordinator
notify-role-clinician = clinician
notify-role-administrator = administrator
notify-mon = Mon
notify-tue = Tue
notify-wed = Wed
notify-thu = Thu
notify-fri = Fri
notify-sat = Sat
notify-sun = Sun

notify-warn-not-configured = Nobody is told of new tasks: messages are not configured.
notify-warn-no-way = { $way }: messages cannot leave, because it is not set up in the configuration file.
notify-warn-nobody-on-duty = { $programme }: nobody first or next in line is on duty now.
notify-warn-nobody-last = { $programme }: nobody last in line may sign in.
notify-warn-unreachable = { $name } cannot be reached by any way that is set up.
notify-warn-unattended = { $n ->
    [one] 1 open task of team { $team } stands on nobody’s list: nobody who works on tasks is in that team. An administrator puts somebody into it.
   *[other] { $n } open tasks of team { $team } stand on nobody’s list: nobody who works on tasks is in that team. An administrator puts somebody into it.
}

notify-test = Send a test message
notify-test-send = Send
notify-test-sent = The test message to { $name } was taken. Look whether it arrived.
notify-test-failed = The test message did not leave: { $why }.
notify-test-nobody = Enter people below first.
notify-no-ways = No way is set up. Write [smtp] or [webhook] into the configuration file.
notify-person = Person
notify-way = Way
notify-email = E-mail
notify-webhook = Webhook

notify-dead = Messages that were given up
notify-recent = The newest messages
notify-history = What was set before
notify-when = When
notify-task = Task
notify-open = Open
notify-state = State
notify-why = Why
notify-state-waiting = waiting
notify-state-sent = sent
notify-state-dead = given up
notify-state-withdrawn = not needed any more
notify-attempts = { $count ->
    [one] 1 attempt failed
   *[other] { $count } attempts failed
}

notify-change = Change who is told
notify-own-numbers = Every time here is your clinic’s own decision; Hearth suggests none.
notify-own-cover = hours of its own; leave empty for those above
notify-people = People who can be told
notify-people-hint = Duty: “Mon-Fri 08:00-17:00, Sat 09:00-12:00”; left empty, always. Off: “2026-12-24, 2026-12-25”.
notify-user = Sign-in name
notify-name = Name
notify-role = Role
notify-language = Language
notify-duty = On duty
notify-off = Days off
notify-timezone = Time zone
notify-hours = Hours of cover (Mon-Fri 08:00-17:00, …)
notify-first = First in line (sign-in names, @duty, @coordinator, …)
notify-next = Next in line
notify-last = Last in line
notify-from = One by one from this severity on
notify-times = Minutes until the next step, in hours of cover; critical around the clock
notify-accept-within = Sent again after
notify-to-next = then to the next after
notify-to-last = then to the last after
notify-digest-at = Daily message about the rest at
notify-reason = Why (stands in the history)
notify-save = Save
notify-not-saved = { $count ->
    [one] Not saved: one field is not as it should be.
   *[other] Not saved: { $count } fields are not as they should be.
}
notify-wrong-reason = Please say why.
notify-wrong-hours = Write “Mon-Fri 08:00-17:00”.
notify-wrong-date = Write “2026-12-24”.
notify-wrong-email = That is no e-mail address.
notify-wrong-who = Write sign-in names, “@duty” or a role such as “@coordinator”.
notify-wrong-time = Write “07:30”.
notify-wrong-zone = Write a zone such as “Europe/Berlin”.
notify-wrong-value = Give a whole number of minutes.
notify-wrong-twice = This person stands in the list already.
notify-wrong-no-hours = Give at least one stretch of hours.
notify-wrong-nobody-meant = Nobody in the list of people is meant by this.
notify-wrong-nobody-told = Name at least one person or role.
notify-wrong-no-way = Choose at least one way.
notify-wrong-no-times = Critical and high tasks need all three times.
notify-wrong-zero-time = At least one minute each.
