//! The first byte chooses the characteristic, the rest is its payload.
#![no_main]

use device_codec::{Characteristic, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, payload)) = data.split_first() else { return };
    let characteristic = Characteristic::ALL[usize::from(*choice) % Characteristic::ALL.len()];
    match decode(characteristic, payload) {
        Ok(measurements) => {
            for measurement in measurements {
                serde_json::to_string(&measurement).expect("a measurement is JSON");
            }
        }
        Err(error) => assert!(error.at() <= payload.len(), "{error}"),
    }
});
