# Words of every page.

common-span-moment = less than a minute
common-span-minutes = { $n } min
common-span-hours = { $n } h
common-span-hours-minutes = { $h } h { $m } min
common-span-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}
common-just-now = just now
common-ago = { $span } ago
common-in = in { $span }
common-due = due in { $span }
common-overdue = overdue by { $span }

common-critical = Critical
common-high = High
common-medium = Medium
common-low = Low

common-requested = nobody has it yet
common-accepted = accepted
common-in-progress = in progress
common-on-hold = on hold
common-completed = completed
common-cancelled = cancelled

common-advice-given = Advice given
common-medication-changed = Medication changed
common-visit-arranged = Visit arranged
common-emergency = Emergency services
common-measuring-error = Measuring error
common-no-action = No action needed
common-not-reached = Not reached

common-body-weight = Weight
common-blood-pressure = Blood pressure
common-glucose = Glucose
common-sensor-glucose = Sensor glucose
common-oxygen-saturation = Oxygen saturation
common-body-temperature = Temperature
common-heart-rate = Heart rate
common-body-composition = Body composition
common-bmi = BMI
common-height = Height
common-body-fat = Body fat
common-muscle-mass = Muscle mass
common-body-water = Body water
common-systolic = Systolic
common-diastolic = Diastolic
common-mean-pressure = Mean pressure
common-pulse = Pulse

common-heart-failure = Heart failure
common-hypertension = Hypertension
common-diabetes = Diabetes
common-copd = COPD

# Around every page.
common-pages = Pages
common-tasks = Tasks
common-patients = Patients
common-silent = Silent
common-devices = Devices
common-sources = Sources
common-rules = Rules
common-messages = Messages
common-people = People
common-audit = Audit
common-sign-out = Sign out
common-lost = The live connection is lost.
common-lost-detail = What you see may be out of date. Trying again.
common-skip = Skip to the content
common-not-emergency = Hearth is not an emergency service. In an emergency, call the emergency number.
common-back-to-tasks = Back to the tasks
