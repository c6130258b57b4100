//! GATT payload to measurement and back, a file per profile.
