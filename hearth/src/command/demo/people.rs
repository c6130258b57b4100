//! Who is in the demonstration: staff who sign in, sources, patients and what they wear.

use care::{
    Actor, Assignment, Change, Contact, Enrolment, Identifier, Patient, PatientId, PatientStatus, ProgrammeId, Role,
};
use chrono::{Datelike, NaiveDate};
use console::NewUser;
use firmware_sim::{Cohort, Credentials, Home, HomeKind, Login, Persona};
use rand::{SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde::Serialize;
use std::collections::BTreeSet;
use store::SourceKind;
use vitals::DeviceRef;

use crate::{
    failure::{Failure, chain},
    place::{OpenStore, operator},
};

/// Somebody who may sign in.
#[derive(Debug, Serialize)]
pub(super) struct SignIn {
    pub(super) name: &'static str,
    pub(super) password: String,
    pub(super) role: Role,
}

pub(super) const STAFF: [(&str, &str, Role); 4] = [
    ("coordinator", "Robin Clarke", Role::Coordinator),
    ("clinician", "Dr. Samira Haddad", Role::Clinician),
    ("admin", "Administrator", Role::Administrator),
    ("viewer", "Visitor", Role::Viewer),
];

/// No letters or digits that look alike, in groups that can be typed from a screen.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

fn failed(doing: &'static str) -> impl Fn(&dyn std::error::Error) -> Failure {
    move |error| Failure::expected(format!("{doing}: {}", chain(error)))
}

fn password() -> Result<String, Failure> {
    let mut rng = StdRng::try_from_os_rng().map_err(|error| failed("cannot make a password")(&error))?;
    let mut group = || (0..4).map(|_| LETTERS.choose(&mut rng).copied().map_or('a', char::from)).collect::<String>();
    Ok([group(), group(), group()].join("-"))
}

/// Makes the staff, or gives those who are there new passwords.
pub(super) async fn sign_ins(open: &OpenStore) -> Result<Vec<SignIn>, Failure> {
    let mut made = Vec::new();
    for (name, display_name, role) in STAFF {
        let password = password()?;
        if open.store.user(name).await?.is_some() {
            console::set_password(&open.store, name, password.clone(), &operator())
                .await
                .map_err(|error| failed("cannot set a password")(&error))?;
        } else {
            let new = NewUser {
                name: name.to_owned(),
                display_name: display_name.to_owned(),
                role,
                teams: BTreeSet::new(),
                password: password.clone(),
            };
            console::create_user(&open.store, new, &open.clock)
                .await
                .map_err(|error| failed("cannot add the demo's people")(&error))?;
        }
        made.push(SignIn { name, password, role });
    }
    Ok(made)
}

pub(super) fn admin() -> Actor {
    Actor("admin".to_owned())
}

/// Gives every source another secret.
pub(super) async fn rotate_sources(open: &OpenStore, cohort: &Cohort) -> Result<Credentials, Failure> {
    let mut credentials = Credentials::new();
    for home in cohort.homes() {
        let (password, digest) = console::new_secret().map_err(|error| failed("cannot make a secret")(&error))?;
        open.store.rotate_source(&home.source, digest, &admin()).await?;
        credentials.insert(home.source.clone(), Login { username: home.source.to_string(), password });
    }
    Ok(credentials)
}

/// Enters sources and patients.
pub(super) async fn enter(open: &OpenStore, cohort: &Cohort) -> Result<Credentials, Failure> {
    let people = cohort.homes().iter().map(|home| home.people.len()).sum::<usize>();
    let people = u32::try_from(people).unwrap_or(u32::MAX);
    let mut credentials = Credentials::new();
    for home in cohort.homes() {
        let (password, digest) = console::new_secret().map_err(|error| failed("cannot make a secret")(&error))?;
        let kind = match home.kind {
            HomeKind::Gateway => SourceKind::Gateway,
            HomeKind::Vendor => SourceKind::Vendor,
        };
        open.store.add_source(&home.source, kind, digest, &admin()).await?;
        credentials.insert(home.source.clone(), Login { username: home.source.to_string(), password });
        for person in &home.people {
            enter_person(open, home, person, people).await?;
        }
    }
    Ok(credentials)
}

async fn enter_person(open: &OpenStore, home: &Home, person: &Persona, people: u32) -> Result<(), Failure> {
    // The story's patient has number 0; he stands last, where nobody looks for him.
    let place = if person.number() == 0 { people } else { person.number() };
    let id = PatientId::new(&format!("p-{place:03}")).map_err(|error| failed("cannot name a patient")(&error))?;
    let programme =
        ProgrammeId::new(person.condition().programme()).map_err(|error| failed("cannot enrol a patient")(&error))?;
    let from = person.enrolled_at();
    let change = Change {
        profile: Some(profile(&id, person)),
        timezone: Some(person.timezone()),
        status: Some(PatientStatus::Active),
        enrolments: Some(vec![Enrolment { programme, from, until: None, entered_at: from }]),
        effective_from: from,
        reason: "enrolled".to_owned(),
    };
    let worn = person.kinds().iter().filter_map(|kind| home.device_for(person.number(), *kind));
    let assignments = worn
        .map(|(device, user)| Assignment {
            device: DeviceRef { source: home.source.clone(), device: device.id.clone() },
            user_slot: user.slot,
            patient: id.clone(),
            from,
            until: None,
        })
        .collect();
    open.store.add_patient(change, Vec::new(), assignments, &admin()).await?;
    Ok(())
}

/// Women and men by turns.
const FIRST: [&str; 24] = [
    "Agnes", "Bernard", "Carmen", "Dieter", "Edith", "Femi", "Greta", "Hassan", "Irene", "Jakob", "Karin", "Lorenzo",
    "Maud", "Nikolai", "Olga", "Peter", "Renate", "Samuel", "Theresa", "Umberto", "Vera", "Walter", "Yasmin", "Zoltan",
];
const LAST: [&str; 23] = [
    "Albrecht",
    "Bauer",
    "Castillo",
    "Dupont",
    "Eriksen",
    "Fischer",
    "Grant",
    "Hoffmann",
    "Ivanova",
    "Jensen",
    "Keller",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Palmer",
    "Quist",
    "Rossi",
    "Schneider",
    "Tanaka",
    "Ulrich",
    "Varga",
    "Weber",
];

/// The invented names of person `number` and of somebody to call about them.
fn names(number: u32) -> (String, Contact) {
    let pick = |names: &[&'static str], place: usize| -> &'static str {
        names.get(place % names.len().max(1)).copied().unwrap_or_default()
    };
    let place = usize::try_from(number).unwrap_or(0);
    let (first, last) = (place.wrapping_mul(5), place.wrapping_mul(7));
    // Women have the even places, and nobody is ten places from herself.
    let woman = pick(&FIRST, first.wrapping_add(10) & !1);
    let (relation, family) =
        if number.is_multiple_of(2) { ("daughter", last) } else { ("neighbour", last.wrapping_add(1)) };
    let name = format!("{} {}", pick(&FIRST, first), pick(&LAST, last));
    let contact = Contact {
        name: format!("{woman} {}", pick(&LAST, family)),
        phone: phone(number, 1),
        relation: relation.to_owned(),
    };
    (name, contact)
}

/// Telephone numbers are from the range that is kept for fiction.
fn phone(number: u32, offset: u32) -> String {
    format!("+44 20 7946 {:04}", number.wrapping_mul(2).wrapping_add(offset) % 1_000)
}

/// Somebody invented.
fn profile(id: &PatientId, person: &Persona) -> Patient {
    let number = person.number();
    let (name, contact) = names(number);
    let year = person.enrolled_at().year().saturating_sub(58).saturating_sub(i32::try_from(number % 31).unwrap_or(0));
    let birth_date = NaiveDate::from_yo_opt(year, (number.wrapping_mul(37) % 365).saturating_add(1));
    Patient {
        id: id.clone(),
        name,
        birth_date,
        timezone: person.timezone(),
        phone: phone(number, 0),
        contacts: vec![contact],
        language: "en".to_owned(),
        identifiers: vec![Identifier {
            system: "demo".to_owned(),
            value: format!("{:06}", 100_000_u32.wrapping_add(number)),
        }],
        teams: BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_their_own_contact() {
        for number in 0..1_000 {
            let (name, contact) = names(number);
            assert_ne!(name, contact.name, "{number}");
            let family = |name: &str| name.rsplit(' ').next().map(str::to_owned);
            let related = family(&name) == family(&contact.name);
            assert_eq!(related, contact.relation == "daughter", "{number}: {name}, {}", contact.name);
        }
    }
}
