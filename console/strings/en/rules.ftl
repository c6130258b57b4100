# Rules and their limits.

rules-lead = What Hearth watches for, in which version, and what it rests on. Limits are the rulebook’s, unless the clinic or a clinician for one patient has set another.
rules-none = No rulebook is in force.
rules-books = Rulebooks
rules-for = For everybody in the programme { $programme }.
rules-brought = Brought by other rulebooks.
rules-brings = Brings the rules of { $books } too.
rules-expected = { $n ->
    [one] Expected: { $kind }, once a day.
   *[other] Expected: { $kind }, { $n } times a day.
}
rules-expected-unset = { $kind }: how often is for the clinic to set.
rules-over = Over when
rules-urgency = Urgency
rules-due = due within { $span }
rules-ask = To ask
rules-basis = Basis
rules-written = As it is written
rules-limits = Limits
rules-who = Administrators set them for the clinic here; clinicians set them for one patient on the patient’s page.
rules-unset = not set
rules-unset-means = Rules that need it do not judge anybody until it is set.
rules-rulebook = the rulebook’s
rules-clinic = the clinic’s
rules-clinic-instead = the clinic’s; the rulebook says { $default }
rules-history = { $n ->
    [one] 1 change
   *[other] { $n } changes
}
rules-set-back = back to the rulebook’s
rules-from = in force from
rules-change = Change
rules-value = For the clinic
rules-range = from { $low } to { $high } { $unit }
rules-reason = Why
rules-change-means = It holds from now on, for every patient who has no value of their own. Earlier readings are not judged anew.
rules-concerns-nobody = It concerns nobody whom you see: nobody of them is in a programme with these rules.
rules-concerns = { $n ->
    [one] It concerns 1 person.
   *[other] It concerns { $n } people.
} { $changed ->
    [0] Nothing would be different for anybody.
    [one] Something would be different for 1 of them, over the last 90 days:
   *[other] Something would be different for { $changed } of them, over the last 90 days:
}
rules-concerns-first = There are more than can be looked at now: this is what it would change for the first { $n }.
rules-concerns-own = { $n ->
    [one] 1 more has a value of their own and keeps it.
   *[other] { $n } more have values of their own and keep them.
}
rules-do-change = Set it for the clinic
rules-back = Back to the rulebook’s
rules-want-value = Please give a value.
rules-want-reason = Please say why: it stands in the history.

# Conditions
rules-and = and
rules-or = or
rules-not = not
rules-plus = plus
rules-minus = minus
rules-not-set = { $name } (not set)
rules-otherwise = , otherwise{ " " }
rules-severity-when = { $severity } when { $when }
rules-more-than = more than { $limit }
rules-no-less-than = at least { $limit }
rules-less-than = less than { $limit }
rules-no-more-than = at most { $limit }
rules-rises = { $what } rises by { $by }{ $window }
rules-drops = { $what } falls by { $by }{ $window }
rules-changes = { $what } changes by { $by }{ $window }
rules-against = { " " }against the reading { $when }
rules-above = { $what } is above { $limit }
rules-at-least = { $what } is { $limit } or more
rules-below = { $what } is below { $limit }
rules-at-most = { $what } is { $limit } or less
rules-missing = no { $what } for { $span }
rules-onset = { $what } before it began
rules-count = the number of readings ({ $what }){ $window }
rules-mean = the mean { $what }{ $window }
rules-median = the median { $what }{ $window }
rules-lowest = the lowest { $what }{ $window }
rules-highest = the highest { $what }{ $window }
rules-within = { " " }within { $length }
rules-last = { " " }of the last { $n }
rules-ago = { $near } to { $far } before
rules-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}
rules-times = , { $n } times within { $window }
rules-holding = , for { $window }
rules-how-often = how often a reading is expected ({ $kind }), or “none”
