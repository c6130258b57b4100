# One patient: chart, devices, parameters, forms.

patient-mark-corrected = corrected later
patient-mark-set-aside = set aside: a repeat showed otherwise
patient-mark-copy = the same from another device, counted once
patient-mark-flagged = flagged
patient-mark-correction = a correction
patient-mark-late = arrived late
patient-mark-only-stored = only stored
patient-arrived = arrived { $time }
patient-flag-soft-limit = unusual value
patient-flag-clock-uncertain = time uncertain
patient-clock-unknown = clock not stated
patient-clock-device = the device’s clock
patient-clock-hub = the hub’s clock
patient-clock-vendor = the vendor’s clock
patient-clock-within = { $whose }, within { $span }
patient-limit-above = { $quantity } limit { $amount }, a rule holds above: { $by }
patient-limit-below = { $quantity } limit { $amount }, a rule holds below: { $by }
patient-band = Personal band { $low } to { $high }
patient-of-rulebook = rulebook
patient-of-clinic = clinic
patient-of-patient = this patient
patient-above-lowest = { $amount } above the lowest
patient-below-highest = { $amount } below the highest
patient-broken-line = Broken line: { $what }
patient-chart-title = { $name } in { $unit }
patient-chart-series = { $count ->
    [one] { $name }: 1 reading, { $newest }, { $time }.
   *[other] { $name }: { $count } readings, the newest { $newest }, { $time }.
}
patient-gap = Nothing came from { $from } to { $to }, though it was expected.
patient-gap-day = Nothing came on { $day }, though it was expected.
patient-episode-open = { $severity }: { $why }, since { $from }
patient-episode-over = { $severity }: { $why }, { $from } to { $until }
patient-nothing-here = nothing in this time
patient-no-reading = No reading in this time.
patient-no-reading-remedy = Readings appear here as soon as an assigned device sends one.
patient-days = { $n } days
patient-all = All
patient-how-much = How much is shown
patient-readings = Readings
patient-edit = Edit
patient-born = born { $date }, { $age } years
patient-phone = Telephone
patient-language = Language
patient-language-en = English
patient-language-de = German
patient-language-fr = French
patient-language-es = Spanish
patient-local-time = Local time
patient-contact = Contact
patient-since = since { $time }, by { $who }
patient-active = active
patient-paused = paused
patient-ended = ended
patient-active-means = Readings are expected and judged.
patient-paused-means = Readings are judged by value; none is expected.
patient-ended-means = Readings are only stored; open tasks stay.
patient-no-programme = none
patient-no-open-task = No open task.
patient-closed-tasks = Closed tasks
patient-as-table = The same as a table
patient-all-readings = { $n ->
    [one] The one reading
   *[other] All { $n } readings
}
patient-readings-of = Readings of { $name }
patient-newest-of = The newest { $n } of { $all }; all of them are in the API.
patient-measured = Measured
patient-what = What
patient-values = Values
patient-device = Device
patient-clock = Clock
patient-remarks = Remarks
patient-move = Move readings
patient-slot = slot { $n }
patient-not-theirs = Not theirs?
patient-adherence = Measured when expected
patient-nothing-expected = Nothing is expected of this patient.
patient-days-of = { $all ->
    [one] { $n } of 1 day
   *[other] { $n } of { $all } days
}
patient-calendar-title = { $name }: days on which it was measured
patient-none-missed = No expected day was missed.
patient-missed = { $more ->
    [0] Nothing on { $days }.
   *[other] Nothing on { $days }, and { $more } times before.
}
patient-programmes = Programmes
patient-change = Change
patient-no-programme-yet = Enrolled in no programme: readings are stored, no rule judges them.
patient-from = from { $time }
patient-until = until { $time }
patient-per-day = { $n ->
    [one] once a day
   *[other] { $n } times a day
}
patient-per-week = { $n ->
    [one] once a week
   *[other] { $n } times a week
}
patient-not-set = not set
patient-status-history = Paused, ended, active again
patient-episodes = Episodes
patient-still-holds = still holds
patient-set-by = set by { $who }, { $time }
patient-set-by-because = set by { $who }, { $time }: { $why }
patient-limits = Limits and whose they are
patient-parameter = Parameter
patient-value = Value
patient-set-by-whom = Whose
patient-change-what = Change: { $what }
patient-now-is = Now { $value }, { $whose }.
patient-now-not-set = Nobody has set it: rules that rest on it judge nothing.
patient-preview = What this changes
patient-new-value = Value for this patient
patient-range = Between { $low } and { $high } { $unit }.
patient-plain-number = A plain number.
patient-in-force-from = For readings measured from
patient-empty-now = (empty: from now on)
patient-why = Why
patient-show-changes = Show what this changes
patient-set-back = Set back to the clinic’s or the rulebook’s
patient-set-it = Set it
patient-leave-it = Leave it as it is
patient-history = History
patient-never-set = Nobody has ever set it.
patient-was-set-back = set back
patient-for-everybody = for every patient
patient-for-patient = for this patient
patient-a-value = a value
patient-a-reason = a reason
patient-a-name = a name
patient-a-device = a device
patient-wrong-date = Write the day as year-month-day.
patient-with = With { $what }:
patient-changes-nothing = Nothing changes: no episode of the last 90 days, no task.
patient-more-episodes = { $n ->
    [one] 1 more episode in the last 90 days
   *[other] { $n } more episodes in the last 90 days
}
patient-fewer-episodes = { $n ->
    [one] 1 fewer episode in the last 90 days
   *[other] { $n } fewer episodes in the last 90 days
}
patient-same-episodes = the same episodes in the last 90 days
patient-tasks-open = { $n ->
    [one] 1 task would open now
   *[other] { $n } tasks would open now
}
patient-tasks-go = { $n ->
    [one] 1 task would be cancelled
   *[other] { $n } tasks would be cancelled
}
patient-tasks-change = { $n ->
    [one] 1 task would say something else
   *[other] { $n } tasks would say something else
}
patient-no-task-changes = no task changes now
patient-would-open = would open
patient-would-go = would be cancelled
patient-would-change = would be written so
patient-would-be-over = its condition would no longer hold
patient-which-episodes = Which episodes
patient-would-be = would have been
patient-would-not-be = would not have been
patient-assign-one = Assign a device
patient-no-device = No device is assigned: nothing can arrive for this patient.
patient-end = End
patient-last-seen = last heard { $ago }
patient-never-seen = never heard
patient-battery = battery { $n } %
patient-assign-title = Assign a device
patient-end-title = End an assignment
patient-move-title = Move readings to somebody else
patient-assign-means = From its first moment on, readings of the device are this patient’s. What somebody else had of that time goes over too.
patient-end-means = Readings measured later are nobody’s until the device is assigned again. They are kept.
patient-move-means = A stretch of a device’s readings goes to the person whose they are. The rules judge both people anew; it can be moved back.
patient-slot-field = Slot of a shared device
patient-slot-empty = (empty: what no slot of its own takes)
patient-ends-at = From when on nobody’s
patient-first-moment = First moment
patient-last-moment = Until
patient-empty-open = (empty: on and on; this moment itself no longer)
patient-whose-are-they = Whose are they: name, record number or id
patient-empty-nobody = (empty: nobody’s)
patient-which-one = Several people fit. Whom do you mean?
patient-nobody-found = Nobody fits “{ $text }”. Try part of a name or a record number.
patient-do-it = Do it
patient-wrong-device = A device is written source/device.
patient-wrong-slot = A slot is a number from 0 to 254.
patient-wrong-time = Write the time as year-month-day, T, hours:minutes.
patient-ends-before = It ends before it begins.
patient-nothing-to-move = Nothing changes: it is so already.
patient-other-team = The device belongs to somebody of another team. Ask them, or open that patient with a reason first.
patient-new = New patient
patient-enter = Enter the patient
patient-edit-of = Edit { $name }
patient-save = Save
patient-who = Who they are
patient-reach = How to reach them
patient-name = Name
patient-birth-date = Date of birth
patient-id-system = Number of
patient-id-value = Number
patient-record-number = hospital record
patient-zone = Time zone, such as Europe/Berlin
patient-wrong-zone = There is no time zone “{ $zone }”. Write it like Europe/Berlin.
patient-language-hint = (code, such as en or de)
patient-relation = Who it is
patient-relation-hint = daughter, neighbour
patient-enrolled-from = Enrolled from
patient-first-device = First device
patient-device-hint = (may be left for later; offered are those whose readings are nobody’s)
patient-from-day = From
patient-until-day = Until
patient-status = Status
patient-status-from = Status holds from
patient-name-or-number = Name or number
patient-search = Search
patient-elsewhere = Patients of other teams are not shown here. Where care needs it, { $link }: that takes the whole record number or the id, and stands in the audit trail.
patient-elsewhere-open = open one with a reason
patient-nobody-matches = Nobody matches. Try part of a name or a record number.
patient-nobody-yet = There is no patient yet.
patient-nobody-yet-remedy = To watch somebody, { $link }, with the first device.
patient-enter-one = enter a patient
patient-nobody-yet-ask = Clinicians enter patients.
patient-number = Record number
patient-more = More
patient-from-rulebook = As the rulebooks have it
patient-rate = Write a rate such as 1 per day or 3 per week, or none.
patient-device-placeholder = source/device
