//! Patients, assignments, programmes, episodes, and tasks as a state machine.
