//! End to end: every service, real brokers and stores, faults.
