//! Simulated patients and device firmware, seeded.
