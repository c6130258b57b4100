# People, signing in, teams and the audit trail.

accounts-glass-offer = A patient of another team can be opened with a reason.
accounts-glass-open = Open with a reason
