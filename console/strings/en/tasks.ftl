# The list of tasks.
tasks-title = Who needs a call?
tasks-operators-title = Operators’ tasks
tasks-now = Now
tasks-today = Today
tasks-later = Later
tasks-on-hold = On hold
tasks-count-muted = { $n } on hold
tasks-count-silent = { $n } silent
tasks-count-quiet = { $n ->
    [one] 1 holds without a task
   *[other] { $n } hold without a task
}

# Filters.
tasks-which = Which tasks
tasks-all = All open
tasks-mine = Mine
tasks-nobodys = Nobody’s yet
tasks-overdue = Overdue
tasks-muted = On hold
tasks-operators = For operators
tasks-of = { $name }’s
tasks-team = Team { $name }
tasks-searched = “{ $text }”
tasks-narrow = Severity, programme, team
tasks-by-severity = By severity
tasks-by-programme = By programme
tasks-by-team = By team
tasks-only = Only:
tasks-without = Without: { $what }
tasks-found = { $n ->
    [one] 1 task
   *[other] { $n } tasks
}
tasks-search = Name or record number
tasks-find = Find
tasks-more = { $n ->
    [one] Show more, 1 is left
   *[other] Show more, { $n } are left
}

# Where there is nothing.
tasks-none = Nobody needs a call.
tasks-none-detail = A task appears here by itself as soon as a reading, or a missing one, asks for it. To watch somebody, { $link } and assign a device.
tasks-none-link = enter a patient
tasks-none-mine = You have no open task.
tasks-see-nobodys = See what nobody has yet
tasks-none-free = Every open task has an owner.
tasks-none-such = No open task is like that.
tasks-show-all = Show all

# A row.
tasks-behind = After a change by { $name }.
tasks-behind-because = After a change by { $name }: “{ $why }”
tasks-born = born { $date }
tasks-select = Select { $name }
tasks-accept = Accept
tasks-accept-whose = Accept the task of { $name }
tasks-you = you
tasks-nobody = nobody
tasks-automation = a program
tasks-unconfirmed = not confirmed by a second reading
tasks-attempts = { $n ->
    [one] not reached once
   *[other] not reached { $n } times
}
tasks-over = no longer holds since { $since }
tasks-unwatched = no longer watched since { $since }
tasks-no-due = no due time
tasks-waits-until = waits until { $time }
tasks-new = new
tasks-waiting = waiting { $span }

# Live.
tasks-show-one = Show 1 new task
tasks-show-many = Show 0 new tasks
tasks-tidy = Tidy the list
tasks-changed = Somebody changed this task just now. Reload the page to see it.
tasks-push = A task is waiting.
tasks-push-on = Tell me when a task comes while I am not looking
tasks-push-off = Do not tell me when a task comes while I am not looking

# Several at once.
tasks-assign-to = Give the chosen tasks to
tasks-assign = Assign
tasks-assigned-some = { $done } of { $all } tasks were given to { $name }. The first that was not: { $why }

# Episodes without a task.
tasks-quiet-title = Holding without a task
tasks-quiet-lead = These conditions still hold, and no task of theirs is open: somebody settled them, or they began before they were found out about. A new task opens when they get worse or happen again.
tasks-quiet-none = Nothing holds without a task.
tasks-quiet-more = Show more
tasks-holds-since = began { $since }, and holds
tasks-settled = settled { $at }: { $outcome }
tasks-dropped = task dropped { $at }

# A task.
tasks-for-operators = For operators
tasks-names-nobody = A rule could not be evaluated. This task names no patient.
tasks-since = Opened { $at }
tasks-over-stays = The condition ended { $since }. The task stays until a person completes it.
tasks-unwatched-stays = Watching ended { $since }: nobody can say whether the condition holds. The task stays until a person completes it.
tasks-basis = Basis: { $basis }.
tasks-rule = Rule { $rule }, { $version }
tasks-days = { $n } days
tasks-call = Call { $phone }
tasks-no-phone = No telephone number is known. { $link }
tasks-no-phone-link = Add one
tasks-language = Language
tasks-local-time = Local time
tasks-contact = Contact
tasks-also-open = Also open
tasks-last-contacts = Last contacts
tasks-no-contacts = This is the first task of this patient.
tasks-english = English
tasks-german = German
tasks-french = French
tasks-spanish = Spanish
tasks-italian = Italian
tasks-polish = Polish
tasks-turkish = Turkish
tasks-arabic = Arabic
tasks-russian = Russian
tasks-vietnamese = Vietnamese

# What can be done.
tasks-owner = Owner: { $who }
tasks-viewer = As viewer you can read this task but not work it.
tasks-accept-it = Accept: I take it
tasks-start = Start: I am at it
tasks-take-over = Take it over
tasks-take-up = Take it up now
tasks-ask = What to ask
tasks-yes = Yes
tasks-no = No
tasks-not-asked = Not asked
tasks-outcome = Outcome
tasks-choose = Choose
tasks-note = Note
tasks-follow-up = If it goes on, not again before …
tasks-follow-up-detail = Until then no new task of this condition opens, unless it gets worse.
tasks-complete = Complete
tasks-only-note = Only note it down
tasks-later-title = Call again later
tasks-reached-nobody = I called and reached nobody
tasks-until = Until
tasks-in-1h = in 1 hour
tasks-in-4h = in 4 hours
tasks-tomorrow = tomorrow 10:00
tasks-or-at = Or at a time of its own:
tasks-date = Date
tasks-time = Time
tasks-their-time = On the patient’s clock, { $zone }.
tasks-hold = Wait until then
tasks-hand-over = Hand over
tasks-to = To
tasks-word = A word to them
tasks-note-title = Add a note
tasks-add-note = Add the note
tasks-complete-now = Complete it
tasks-cancel-title = Cancel
tasks-why-cancel = Why is it not needed?
tasks-cancel = Cancel the task
tasks-answered-yes = { $question } Yes.
tasks-answered-no = { $question } No.

# What was wrong.
tasks-gone = This task is not there any more.
tasks-taken = { $name } has this task: { $status }. Look at what happened below.
tasks-not-possible = This is not possible any more: the task is { $status }.
tasks-missing-note = Please write a note: it is needed for this.
tasks-missing-outcome = Please choose an outcome.
tasks-missing-until = Please choose until when the task waits.
tasks-missing-owner = Please choose whom the task goes to.
tasks-unreadable-time = This date or time cannot be read.
tasks-past = This time is past; please choose a later one.

# What happened.
tasks-timeline = What happened
tasks-timeline-empty = Nothing has been done with this task yet.
tasks-did-accept = { $name } accepted it.
tasks-did-start = { $name } began with it.
tasks-did-hold = { $name } let it wait until { $until }.
tasks-did-miss = { $name } reached nobody and tries again { $until }.
tasks-did-assign = { $name } handed it to { $to }.
tasks-did-take-over = { $name } took it over.
tasks-did-complete = { $name } completed it: { $outcome }.
tasks-did-complete-until = { $name } completed it: { $outcome }; not again before { $until }.
tasks-did-cancel = { $name } cancelled it.
tasks-did-note = { $name } noted:
tasks-did-create = The task was opened.
tasks-did-join = It happened again and joined this task.
tasks-did-worsen = It got worse.
tasks-did-clear = The condition ended.
tasks-did-go-on = The condition goes on.
tasks-did-return = It came back.
tasks-did-retract = Later data took something back.
tasks-did-take-back = The task was taken back.
tasks-did-unwatch = Nobody watches the condition any more.
tasks-did-other = { $name }: { $what }.

# Keys.
tasks-keys = Keys
tasks-keys-on = Single keys act
tasks-close = Close
tasks-key-move = next and previous task
tasks-key-open = open the task
tasks-key-accept = accept it, or take it over
tasks-key-note = write a note
tasks-key-complete = choose the outcome
tasks-key-hold = call again later
tasks-key-select = select a task for assigning
tasks-key-up = back to the list
tasks-key-search = search
tasks-key-leave = leave a field
tasks-key-help = these keys
tasks-fault-title = Rule { $rule } could not be evaluated
tasks-fault-basis = A rule that fails is not silence
