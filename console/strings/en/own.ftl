# The patient’s own page.

own-title = My readings
own-ask = Please type the six-digit code that your care team gave you.
own-code = Code
own-open = Open
own-ask-lost = Lost the code, or does it no longer work? Ask your care team for a new one.
own-wrong = This code does not open the page. Check it and try again; after several wrong codes the page stays closed for a while.
own-stale = The page was open for too long. Please type the code again.
own-repeat = Please measure once more: { $kind }
own-repeat-until = Best before { $time }. Sit quietly for a moment first, then measure as always.
own-agreed = What was agreed
own-programme = Programme: { $programmes }
own-measure = { $kind }: measure once a day, best in the morning.
own-call = Your care team plans to call you: { $time }
own-no-call = No call is planned at the moment.
own-not-watched = Nobody watches this page around the clock. If you feel unwell, do not wait: call your practice, and in an emergency the emergency number.
own-readings = The last 30 days
own-no-readings = No reading has arrived in these 30 days.
own-table = Every reading with its time
own-close = Close the page

# The card on the patient’s page, and what is handed over
own-card = Page for the patient
own-card-lead = A link and a code with which the patient sees their own readings and what was agreed. No account.
own-card-none = There is no link.
own-card-open = Made
own-card-until = Valid until { $date }.
own-card-used = Last opened
own-card-unused = Never opened yet.
own-card-locked = { $n ->
    [one] 1 wrong code in a row; closed until
   *[other] { $n } wrong codes in a row; closed until
}
own-card-worn = Too many wrong codes were tried; the link no longer opens anything.
own-card-make = Make a link and a code
own-card-renew = Make a new link and code
own-card-revoke = Revoke the link
own-made = Link and code for the patient
own-made-once = Both are shown this once and kept nowhere.
own-made-apart = Give them apart: the link by message or on paper, the code by telephone or in person. A link made before no longer works.
own-hand-lead = On this page you see your own measurements and what was agreed with your care team. Open the link and type the code.
own-hand-link = Link
own-hand-code = Code
own-hand-until = Valid until { $date }.
own-copy-link = Copy the link
own-back = Back to the patient
